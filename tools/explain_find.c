/* SPDX-License-Identifier: Apache-2.0 */
/* Ask the daemon's functions about one login, and sort what each source of a policy says. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/cert_name.h"
#include "conf/row.h"
#include "conf/username.h"
#include "conf/value_text.h"
#include "tools/explain.h"

/* ---- which rule ---- */

const char *
explain_rule_name(enum resolve_rule rule)
{
	static const char *const names[] = {
	    [RESOLVE_CERTIFICATE_MAP] = "certificate-map",
	    [RESOLVE_GROUP_URL] = "group-url",
	    [RESOLVE_GROUP_ALIAS] = "group-alias",
	    [RESOLVE_ALIAS_PATH] = "alias-path",
	    [RESOLVE_DEFAULT] = "default",
	};

	return names[rule];
}

void
explain_step_text(const struct resolve_step *step, struct buf *out)
{
	const struct conf_object *object = step->object;

	if (object == NULL)
		return;
	switch (object->kind) {
	case CONF_GROUP_URL:
		buf_puts(out, conf_str(object, GU_URL));
		break;
	case CONF_GROUP_ALIAS:
		buf_puts(out, conf_str(object, GA_NAME));
		break;
	default:
		buf_printf(
		    out, "%s %" PRId64, conf_str(object, CGM_MAP), conf_int(object, CGM_SEQUENCE));
		break;
	}
}

const struct resolve_step *
explain_decisive(const struct explain *explain)
{
	return &explain->trace.steps[explain->trace.len - 1];
}

static void
find_group(struct explain *explain)
{
	const struct explain_query *query = explain->query;
	struct resolve_input input = {
	    .url = query->group_url != NULL ? query->group_url : "",
	    .host = "",
	    .path = "",
	    .select = query->alias != NULL ? query->alias : "",
	    .certificate = query->names,
	};

	resolve_group(explain->conf, &input, &explain->choice, &explain->trace);
	(void)conf_group_closed(explain->conf, explain->choice.group, &explain->closed);
}

/* ---- what it asks for ---- */

static bool
is_pre_filled(const struct explain *explain, unsigned setting)
{
	const char *word = conf_str(conf_sub(explain->choice.group, TG_WEBVPN), setting);

	return strcmp(word, "none") != 0 &&
	       (explain->methods.certificate || explain->methods.multiple);
}

static void
find_methods(struct explain *explain)
{
	explain->methods = conf_methods(explain->choice.group);
	explain->by_certificate = !explain->methods.aaa || is_pre_filled(explain, TGW_PRE_FILL);
}

size_t
explain_asks(const struct explain *explain, const char *out[EXPLAIN_ASKS_MAX])
{
	const struct conf_methods *methods = &explain->methods;
	char *const *list;
	size_t len = 0;

	if (methods->certificate || methods->multiple)
		out[len++] = "certificate";
	if (methods->multiple)
		out[len++] = "second-certificate";
	if (!methods->aaa)
		return len;
	if (!explain->by_certificate)
		out[len++] = "username";
	out[len++] = "password";
	if (conf_list(conf_sub(explain->choice.group, TG_GENERAL), TGG_SECONDARY_SERVER_GROUP,
		&list) == 0)
		return len;
	if (!is_pre_filled(explain, TGW_SECONDARY_PRE_FILL))
		out[len++] = "secondary_username";
	out[len++] = "secondary_password";
	return len;
}

/* ---- who ---- */

/* The one certificate stands for both of two: explain-policy is given no more. */
static bool
name_of_certificate(struct explain *explain)
{
	const struct cert_pair pair = {explain->query->names, explain->query->names};

	return cert_name_user(explain->conf, explain->choice.group, &pair, false, explain->username,
		   sizeof(explain->username)) == ERR_OK;
}

static void
find_user(struct explain *explain)
{
	const char *typed = explain->query->user;

	if (typed != NULL)
		explain->username_ok = username_strip(explain->conf, explain->choice.group, typed,
					   explain->username, sizeof(explain->username)) == ERR_OK;
	else if (explain->by_certificate && explain->query->names != NULL)
		explain->username_ok = name_of_certificate(explain);
	else
		return;
	if (!explain->username_ok)
		explain->username[0] = '\0';
	else if (explain_is_local(explain))
		explain->user = conf_find(explain->conf, CONF_USERNAME, explain->username);
}

bool
explain_has_user(const struct explain *explain)
{
	return explain->query->user != NULL ||
	       (explain->by_certificate && explain->query->names != NULL);
}

/* Is LOCAL asked for the password? */
static bool
asks_local(const struct explain *explain)
{
	struct explain_servers servers;

	return explain_servers(explain, EXPLAIN_AUTHENTICATION, &servers) && servers.local;
}

/* Must LOCAL know the user, and does not? */
static bool
is_unauthorized(const struct explain *explain)
{
	struct explain_servers servers;

	if (explain_servers(explain, EXPLAIN_AUTHORIZATION, &servers) && !servers.local)
		return false;
	return explain->user == NULL &&
	       conf_bool(conf_sub(explain->choice.group, TG_GENERAL), TGG_AUTHORIZATION_REQUIRED);
}

/* What LOCAL has against the user, before any password. */
static void
ask_local(const struct explain *explain, struct explain_answer *out)
{
	if (!explain->username_ok) {
		out->reason = "bad-name";
		out->text = explain->query->user != NULL
				? "the user name is too long, or nothing is left of it"
				: "there is no user name in the certificate";
	} else if (is_unauthorized(explain)) {
		out->reason = "unknown-user";
		out->text = "LOCAL does not know the user, and authorization-required is set";
	} else if (!asks_local(explain)) {
		return;
	} else if (explain->user == NULL) {
		out->reason = "unknown-user";
		out->text = "LOCAL does not know the user";
	} else if (conf_str(explain->user, USER_PASSWORD) == NULL) {
		out->reason = "no-password";
		out->text = "the user has no password, so that no password fits";
	}
}

/* Does it depend on somebody whom only the daemon asks? */
static bool
needs_servers(const struct explain *explain)
{
	const struct conf_object *general = conf_sub(explain->choice.group, TG_GENERAL);
	struct explain_servers servers;

	for (enum explain_purpose p = EXPLAIN_AUTHENTICATION; p < EXPLAIN_AUTHORIZATION; p++)
		if (explain_servers(explain, p, &servers) && !servers.local)
			return true;
	return explain_servers(explain, EXPLAIN_AUTHORIZATION, &servers) && !servers.local &&
	       conf_bool(general, TGG_AUTHORIZATION_REQUIRED);
}

/* As the daemon asks: the group, LOCAL, and only then the policy. */
void
explain_verdict(const struct explain *explain, struct explain_answer *out)
{
	static const char *const reasons[] = {
	    [JUDGE_OK] = "ok",
	    [JUDGE_CLOSED] = "closed",
	    [JUDGE_GROUP_LOCK] = "group-lock",
	    [JUDGE_NO_PROTOCOL] = "no-protocol",
	    [JUDGE_NO_LOGINS] = "no-logins",
	    [JUDGE_HOURS] = "hours",
	};

	const struct explain_problem *problem = explain_refusal(explain);

	out->policy_reason = reasons[explain->verdict];
	out->policy_text = judge_text(explain->verdict);
	out->reason = out->policy_reason;
	out->text = out->policy_text;
	if (explain->verdict != JUDGE_CLOSED && explain_has_user(explain))
		ask_local(explain, out);
	if (problem != NULL && strcmp(out->reason, "ok") == 0) {
		out->reason = explain_problem_word(problem->problem);
		out->text = explain_problem_text(problem->problem);
	}
	out->allowed = strcmp(out->reason, "ok") == 0;
	if (out->allowed && needs_servers(explain))
		out->text = "the login is allowed, if the servers accept the user";
}

/* ---- what he gets ---- */

static struct explain_source
source_of(const struct inherit *inherit, size_t at, const struct conf_value *value)
{
	if (at >= inherit->sources_len)
		return (struct explain_source){.kind = "default", .name = "", .value = value};
	return (struct explain_source){
	    .kind = inherit->source_kind[at],
	    .name = inherit->source_name[at],
	    .value = value,
	    .origin = value->origin,
	};
}

static struct explain_attribute *
attribute_add(struct explain *explain, enum conf_gp_attributes attribute)
{
	struct explain_attribute *out = &explain->attributes[explain->attributes_len++];

	out->attribute = attribute;
	out->name = conf_setting_name(CONF_GP_ATTRIBUTES, attribute);
	return out;
}

static bool
is_word(const struct inherit *inherit, enum conf_gp_attributes attribute, const char *word)
{
	const char *value = inherit_str(inherit, attribute);

	return value != NULL && strcmp(value, word) == 0;
}

/* Settings of the client's proxy, which its method switches off. */
static bool
is_proxy(enum conf_gp_attributes attribute)
{
	return attribute > GPA_MSIE_PROXY_METHOD && attribute <= GPA_MSIE_PROXY_LOCKDOWN;
}

/* Why an attribute that somebody set changes nothing; NULL: it does. */
static const char *
without_effect(const struct inherit *inherit, enum conf_gp_attributes attribute)
{
	if (inherit->value[attribute]->state != CONF_SET)
		return NULL;
	if (attribute == GPA_ANYCONNECT_SSL_REKEY_TIME &&
	    is_word(inherit, GPA_ANYCONNECT_SSL_REKEY_METHOD, "none"))
		return "anyconnect-ssl-rekey-method is none";
	if (is_proxy(attribute) && is_word(inherit, GPA_MSIE_PROXY_METHOD, "no-modify"))
		return "msie-proxy-method is no-modify";
	if (attribute == GPA_SPLIT_TUNNEL_NETWORK_LIST &&
	    is_word(inherit, GPA_SPLIT_TUNNEL_POLICY, "tunnelall") &&
	    is_word(inherit, GPA_IPV6_SPLIT_TUNNEL_POLICY, "tunnelall"))
		return "the split-tunnel policies are tunnelall";
	return NULL;
}

/* What else decides about an attribute. */
static void
note_add(const struct explain *explain, struct explain_attribute *out)
{
	const struct inherit *inherit = &explain->inherit;
	const struct conf_object *webvpn =
	    conf_sub(conf_root(explain->conf, CONF_TUNNEL_GROUPS), TGS_WEBVPN);
	const char *why = without_effect(inherit, out->attribute);

	if (why != NULL)
		snprintf(out->note, sizeof(out->note), "without effect: %s", why);
	else if (out->attribute == GPA_VPN_IDLE_TIMEOUT && out->from.seconds == 0 &&
		 inherit_int(inherit, out->attribute) == 0)
		snprintf(out->note, sizeof(out->note),
		    "webvpn default-idle-timeout applies: %" PRId64 " seconds",
		    conf_int(webvpn, WV_DEFAULT_IDLE_TIMEOUT));
	else if (out->attribute == GPA_IPV6_VPN_FILTER &&
		 inherit->value[out->attribute]->state == CONF_ABSENT &&
		 inherit_str(inherit, GPA_VPN_FILTER) != NULL)
		snprintf(out->note, sizeof(out->note), "vpn-filter applies to IPv6 too");
}

static void
add_plain(struct explain *explain, enum conf_gp_attributes attribute)
{
	const struct inherit *inherit = &explain->inherit;
	struct explain_attribute *out = attribute_add(explain, attribute);
	size_t from = inherit->from[attribute], begin = from + 1;
	const char *origin;
	uint32_t seconds = 0;

	if (value_text_seconds(inherit, attribute, &seconds, &from, &origin))
		begin = from;
	out->from = source_of(inherit, from, inherit->value[attribute]);
	out->from.seconds = seconds;
	if (seconds > 0)
		out->from.origin = (struct conf_origin){.file = origin};
	for (size_t i = begin; i < inherit->sources_len; i++) {
		const struct conf_value *value = conf_value(inherit->source[i], attribute);

		if (value->state != CONF_ABSENT)
			out->overrides[out->overrides_len++] = source_of(inherit, i, value);
	}
	note_add(explain, out);
}

/* ---- anyconnect-custom, each type by itself ---- */

static const struct conf_object *
custom_find(const struct inherit *inherit, size_t source, const char *type)
{
	struct conf_object *const *customs;
	size_t len = conf_subs(inherit->source[source], GPA_ANYCONNECT_CUSTOM, &customs);

	for (size_t i = 0; i < len; i++)
		if (strcmp(conf_str(customs[i], CU_TYPE), type) == 0)
			return customs[i];
	return NULL;
}

static struct explain_source
source_of_custom(const struct inherit *inherit, size_t at, const struct conf_object *custom)
{
	struct explain_source source =
	    source_of(inherit, at, conf_value(inherit->source[at], GPA_ANYCONNECT_CUSTOM));

	source.custom = custom;
	if (custom != NULL) {
		source.value = conf_value(custom, CU_VALUE);
		source.origin = custom->origin;
	}
	return source;
}

/* The first that speaks of a type, or of all types by "none", decides. */
static void
add_custom_type(struct explain *explain, const char *type)
{
	const struct inherit *inherit = &explain->inherit;
	struct explain_attribute *out = attribute_add(explain, GPA_ANYCONNECT_CUSTOM);
	bool decided = false;

	out->type = type;
	for (size_t i = 0; i < inherit->sources_len; i++) {
		const struct conf_object *custom = custom_find(inherit, i, type);
		bool none =
		    conf_value(inherit->source[i], GPA_ANYCONNECT_CUSTOM)->state == CONF_NONE;

		if (custom == NULL && !none)
			continue;
		if (decided)
			out->overrides[out->overrides_len++] = source_of_custom(inherit, i, custom);
		else
			out->from = source_of_custom(inherit, i, custom);
		decided = true;
	}
}

static bool
has_type(const struct explain *explain, const char *type)
{
	for (size_t i = 0; i < explain->attributes_len; i++)
		if (explain->attributes[i].type != NULL &&
		    strcmp(explain->attributes[i].type, type) == 0)
			return true;
	return false;
}

static void
add_custom(struct explain *explain)
{
	const struct inherit *inherit = &explain->inherit;
	size_t before = explain->attributes_len;

	for (size_t i = 0; i < inherit->sources_len; i++) {
		struct conf_object *const *customs;
		size_t len = conf_subs(inherit->source[i], GPA_ANYCONNECT_CUSTOM, &customs);

		for (size_t k = 0; k < len; k++)
			if (!has_type(explain, conf_str(customs[k], CU_TYPE)) &&
			    explain->attributes_len < EXPLAIN_ATTRIBUTES_MAX)
				add_custom_type(explain, conf_str(customs[k], CU_TYPE));
	}
	if (explain->attributes_len == before)
		add_plain(explain, GPA_ANYCONNECT_CUSTOM);
}

static void
find_attributes(struct explain *explain)
{
	for (enum conf_gp_attributes a = 0; a < GPA_COUNT; a++)
		if (a == GPA_ANYCONNECT_CUSTOM)
			add_custom(explain);
		else
			add_plain(explain, a);
}

struct explain *
explain_new(const struct conf *conf, const struct explain_query *query)
{
	struct explain *explain = calloc(1, sizeof(*explain));

	if (explain == NULL)
		return NULL;
	explain->conf = conf;
	explain->query = query;
	buf_init(&explain->closed, 1024);
	find_group(explain);
	find_methods(explain);
	find_user(explain);
	if (explain_inherit(explain) != ERR_OK) {
		explain_free(explain);
		return NULL;
	}
	explain->verdict = judge_login(conf, explain->choice.group, &explain->inherit, query->when);
	find_attributes(explain);
	return explain;
}

void
explain_free(struct explain *explain)
{
	if (explain == NULL)
		return;
	row_object_free(explain->authorization.attributes);
	row_object_free(explain->authentication.attributes);
	buf_fini(&explain->closed);
	free(explain);
}
