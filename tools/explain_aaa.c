/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is asked about a user, and what would come of answers that the caller of explain-policy makes
 * up: they become attributes by the code of the daemon, in its order of authorities.
 */
#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "conf/row.h"
#include "conf/row_unknown.h"
#include "tools/explain.h"

#define GROUP_POLICY "group-policy"
#define IDLE "idle-timeout"
#define SESSION "session-timeout"
#define ACCEPT "accept"

/* ---- who is asked ---- */

static const struct {
	enum explain_purpose purpose;
	unsigned setting;
} settings[] = {
    {EXPLAIN_AUTHENTICATION, TGG_AUTHENTICATION_SERVER_GROUP},
    {EXPLAIN_SECONDARY, TGG_SECONDARY_SERVER_GROUP},
    {EXPLAIN_AUTHORIZATION, TGG_AUTHORIZATION_SERVER_GROUP},
};

bool
explain_servers(
    const struct explain *explain, enum explain_purpose purpose, struct explain_servers *out)
{
	const struct conf_object *general = conf_sub(explain->choice.group, TG_GENERAL);
	const char *accounting = conf_str(general, TGG_ACCOUNTING_SERVER_GROUP);
	char *const *list = NULL;
	size_t len = 0;

	*out = (struct explain_servers){0};
	for (size_t i = 0; i < ARRAY_LEN(settings); i++)
		if (settings[i].purpose == purpose)
			len = conf_list(general, settings[i].setting, &list);
	if (purpose == EXPLAIN_ACCOUNTING && accounting != NULL)
		out->group = conf_find(explain->conf, CONF_AAA_SERVER_GROUP, accounting);
	/* Without aaa nobody asks for a password. */
	if (len == 0 || (purpose < EXPLAIN_AUTHORIZATION && !explain->methods.aaa))
		return out->group != NULL;
	out->local = strcmp(list[0], "LOCAL") == 0;
	out->fallback = len > 1;
	if (!out->local)
		out->group = conf_find(explain->conf, CONF_AAA_SERVER_GROUP, list[0]);
	return out->local || out->group != NULL;
}

/* The server whose word about a user's attributes counts, of the two that check passwords. */
static enum explain_purpose
speaker(const struct explain *explain)
{
	const struct conf_object *general = conf_sub(explain->choice.group, TG_GENERAL);
	struct explain_servers servers;
	bool secondary = strcmp(conf_str(general, TGG_ATTR_FROM_SERVER), "secondary") == 0;

	return secondary && explain_servers(explain, EXPLAIN_SECONDARY, &servers)
		   ? EXPLAIN_SECONDARY
		   : EXPLAIN_AUTHENTICATION;
}

bool
explain_is_local(const struct explain *explain)
{
	struct explain_servers servers;
	bool authorization = explain_servers(explain, EXPLAIN_AUTHORIZATION, &servers);

	if (authorization && servers.local)
		return true;
	if (!explain->methods.aaa)
		return !authorization; /* a certificate alone */
	return explain_servers(explain, speaker(explain), &servers) && servers.local;
}

/* ---- made-up answers ---- */

/* The part behind the name, which is one of these words or of an attribute; NULL: it is not. */
static const char *
value_of(const char *text, const char *name)
{
	size_t len = strlen(name);

	return strncmp(text, name, len) == 0 && text[len] == '=' ? text + len + 1 : NULL;
}

static unsigned
attribute_of(const char *text, const char **value)
{
	const struct row_kind *table = row_kind(CONF_GP_ATTRIBUTES);

	for (unsigned i = 0; i < table->len; i++) {
		*value = value_of(text, table->rows[i].name);
		if (*value != NULL && i != GPA_VPN_GROUP_POLICY && i != GPA_ANYCONNECT_CUSTOM)
			return i;
	}
	return GPA_COUNT;
}

static bool
read_seconds(const char *text, const char *name, uint32_t *out)
{
	const char *value = value_of(text, name);
	uint64_t seconds;

	if (value == NULL || str_to_u64(value, 1, UINT32_MAX, &seconds) != ERR_OK)
		return false;
	*out = (uint32_t)seconds;
	return true;
}

bool
explain_said_is_fine(const char *text)
{
	const char *value;
	uint32_t seconds;

	return strcmp(text, ACCEPT) == 0 || value_of(text, GROUP_POLICY) != NULL ||
	       read_seconds(text, IDLE, &seconds) || read_seconds(text, SESSION, &seconds) ||
	       attribute_of(text, &value) < GPA_COUNT;
}

/* One attribute; several of a name are one list. What does not fit is more than a list holds. */
static void
add_value(struct explain_said *said, unsigned attribute, const char *value, const char *option)
{
	Ipc__AaaAttr *attr = &said->attrs[attribute];

	if (attr->n_value == 0) {
		ipc__aaa_attr__init(attr);
		attr->name = (char *)conf_setting_name(CONF_GP_ATTRIBUTES, attribute);
		attr->origin = (char *)option;
		attr->value = said->values[attribute];
		said->refs[said->profile.n_attr++] = attr;
	}
	if (attr->n_value < EXPLAIN_VALUES_MAX)
		attr->value[attr->n_value++] = (char *)value;
}

static void
add_text(struct explain_said *said, const char *text, const char *option)
{
	Ipc__AaaProfile *profile = &said->profile;
	const char *value = value_of(text, GROUP_POLICY);
	unsigned attribute;

	if (value != NULL) {
		profile->group_policy = (char *)value;
		profile->group_policy_origin = (char *)option;
		return;
	}
	if (read_seconds(text, IDLE, &profile->idle_timeout) ||
	    read_seconds(text, SESSION, &profile->session_timeout))
		return;
	attribute = attribute_of(text, &value);
	if (attribute < GPA_COUNT)
		add_value(said, attribute, value, option);
}

static void
on_problem(enum aaa_problem problem, const char *name, const char *value, void *arg)
{
	struct explain *explain = arg;
	struct explain_problem *out = &explain->problems[explain->problems_len];

	if (explain->problems_len == EXPLAIN_PROBLEMS_MAX)
		return;
	out->problem = problem;
	(void)str_copy(out->name, sizeof(out->name), name);
	(void)str_copy(out->value, sizeof(out->value), value);
	explain->problems_len++;
}

static enum err
hear(struct explain *explain, struct explain_said *said, enum explain_purpose purpose,
    const char *const *texts, size_t len, const char *option)
{
	struct explain_servers servers;

	if (len == 0)
		return ERR_OK;
	if (!explain_servers(explain, purpose, &servers) || servers.group == NULL) {
		explain->unheard = option;
		return ERR_OK;
	}
	ipc__aaa_profile__init(&said->profile);
	said->profile.server_group = (char *)conf_str(servers.group, ASG_NAME);
	said->profile.attr = said->refs;
	for (size_t i = 0; i < len; i++)
		add_text(said, texts[i], option);
	said->attributes = aaa_attributes_new(explain->conf, &said->profile, on_problem, explain);
	return said->attributes != NULL ? ERR_OK : ERR_NOMEM;
}

static size_t
own_said(const struct explain_said *said, struct inherit_own *out)
{
	if (said->attributes == NULL)
		return 0;
	*out = (struct inherit_own){
	    .attributes = said->attributes,
	    .kind = "aaa-server-group",
	    .name = said->profile.server_group,
	    .group_policy =
		said->profile.group_policy[0] != '\0' ? said->profile.group_policy : NULL,
	    .idle_sec = said->profile.idle_timeout,
	    .session_sec = said->profile.session_timeout,
	};
	return 1;
}

enum err
explain_inherit(struct explain *explain)
{
	const struct explain_query *query = explain->query;
	struct inherit_own own[INHERIT_OWN_MAX];
	size_t len;
	enum err err = hear(explain, &explain->authorization, EXPLAIN_AUTHORIZATION,
	    query->authorization, query->authorization_len, "--authorization");

	if (err == ERR_OK)
		err = hear(explain, &explain->authentication, speaker(explain), query->aaa,
		    query->aaa_len, "--aaa");
	if (err != ERR_OK)
		return err;
	len = own_said(&explain->authorization, own);
	if (explain->user != NULL)
		own[len++] = inherit_own_user(explain->user);
	len += own_said(&explain->authentication, own + len);
	inherit_login(explain->conf, explain->choice.group, own, len, &explain->inherit);
	return ERR_OK;
}

const char *
explain_problem_text(enum aaa_problem problem)
{
	static const char *const texts[] = {
	    [AAA_INVALID] = "is no valid value, and is left out",
	    [AAA_NO_ACL] = "is no access list that can be used: the login is refused",
	    [AAA_NO_POOL] = "is no pool, and is left out",
	    [AAA_NO_POLICY] = "is no group-policy: as if none was named",
	    [AAA_NO_HOURS] = "is no time-range: the login is refused",
	};

	return texts[problem];
}

const char *
explain_problem_word(enum aaa_problem problem)
{
	static const char *const words[] = {
	    [AAA_INVALID] = "invalid",
	    [AAA_NO_ACL] = "no-access-list",
	    [AAA_NO_POOL] = "no-pool",
	    [AAA_NO_POLICY] = "no-group-policy",
	    [AAA_NO_HOURS] = "no-time-range",
	};

	return words[problem];
}

const struct explain_problem *
explain_refusal(const struct explain *explain)
{
	for (size_t i = 0; i < explain->problems_len; i++)
		if (explain->problems[i].problem == AAA_NO_ACL ||
		    explain->problems[i].problem == AAA_NO_HOURS)
			return &explain->problems[i];
	return NULL;
}
