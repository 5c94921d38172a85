/* SPDX-License-Identifier: Apache-2.0 */
/* The order of authorities: the authorization server, LOCAL, the authentication server (asa.md
 * 1.3). Only one of the first two is ever there. */
#include "auth/gain.h"

#include <assert.h>
#include <string.h>

#include "auth/radius_profile.h"
#include "common/log.h"
#include "conf/aaa_attributes.h"
#include "conf/row.h"

/* ---- problems ---- */

struct reader {
	const struct gain_who *who;
	const char *group_policy; /* for the log: which will probably be in force */
	bool denied;
};

static void
on_problem(enum aaa_problem problem, const char *name, const char *value, void *arg)
{
	struct reader *reader = arg;
	const struct gain_who *who = reader->who;

	switch (problem) {
	case AAA_INVALID:
		log_event(LOGMSG_113036, reader->group_policy, who->username, who->ip, name);
		log_warn(
		    "AAA parameter %s of user %s: \"%s\" is left out", name, who->username, value);
		break;
	case AAA_NO_ACL:
		log_event(LOGMSG_113030, reader->group_policy, who->username, who->ip, value);
		reader->denied = true;
		break;
	case AAA_NO_HOURS:
		log_warn("Group <%s> User <%s> IP <%s> login refused: the time-range %s from AAA "
			 "does not exist",
		    reader->group_policy, who->username, who->ip, value);
		reader->denied = true;
		break;
	case AAA_NO_POOL:
		log_warn("Group <%s> User <%s> IP <%s> the address pool %s from AAA does not exist "
			 "and is ignored",
		    reader->group_policy, who->username, who->ip, value);
		break;
	case AAA_NO_POLICY:
		log_warn("Group <%s> User <%s> IP <%s> the group policy %s from AAA does not exist "
			 "and is ignored",
		    reader->group_policy, who->username, who->ip, value);
		break;
	}
}

static const char *
likely_policy(const struct conf *conf, const struct gain_who *who, const Ipc__AaaProfile *profile)
{
	const char *name =
	    conf_str(conf_sub(who->tunnel_group, TG_GENERAL), TGG_DEFAULT_GROUP_POLICY);

	if (profile->group_policy[0] != '\0' &&
	    conf_find(conf, CONF_GROUP_POLICY, profile->group_policy) != NULL)
		return profile->group_policy;
	return name != NULL ? name : "DfltGrpPolicy";
}

/* ---- profiles ---- */

void
gain_add(struct gain *gain, Ipc__AaaProfile *profile)
{
	if (profile == NULL)
		return;
	assert(gain->len < GAIN_PROFILES_MAX);
	gain->profiles[gain->len++] = profile;
}

enum err
gain_read(struct gain *gain, const struct conf *conf, const struct gain_who *who)
{
	struct reader reader = {.who = who};

	for (size_t i = 0; i < gain->len; i++) {
		reader.group_policy = likely_policy(conf, who, gain->profiles[i]);
		gain->attributes[i] =
		    aaa_attributes_new(conf, gain->profiles[i], on_problem, &reader);
		if (gain->attributes[i] == NULL)
			return ERR_NOMEM;
	}
	return reader.denied ? ERR_DENIED : ERR_OK;
}

void
gain_fini(struct gain *gain)
{
	for (size_t i = 0; i < GAIN_PROFILES_MAX; i++) {
		row_object_free(gain->attributes[i]);
		radius_profile_free(gain->profiles[i]);
	}
	*gain = (struct gain){0};
}

/* ---- the policy ---- */

static struct inherit_own
own_profile(const Ipc__AaaProfile *profile, const struct conf_object *attributes)
{
	return (struct inherit_own){
	    .attributes = attributes,
	    .kind = "aaa-server-group",
	    .name = profile->server_group,
	    .group_policy = profile->group_policy[0] != '\0' ? profile->group_policy : NULL,
	    .idle_sec = profile->idle_timeout,
	    .session_sec = profile->session_timeout,
	};
}

static size_t
own_profiles(const struct gain *gain, bool authorization, struct inherit_own *out)
{
	size_t len = 0;

	for (size_t i = 0; i < gain->len; i++)
		if (gain->profiles[i] != NULL && gain->profiles[i]->authorization == authorization)
			out[len++] = own_profile(gain->profiles[i], gain->attributes[i]);
	return len;
}

static size_t
own_all(const struct gain *gain, const struct conf *conf, const char *username,
    struct inherit_own out[INHERIT_OWN_MAX])
{
	const struct conf_object *user =
	    gain->local ? conf_find(conf, CONF_USERNAME, username) : NULL;
	size_t len = own_profiles(gain, true, out);

	if (user != NULL)
		out[len++] = inherit_own_user(user);
	return len + own_profiles(gain, false, out + len);
}

void
gain_inherit(const struct gain *gain, const struct conf *conf,
    const struct conf_object *tunnel_group, const char *username, struct inherit *out)
{
	struct inherit_own own[INHERIT_OWN_MAX];
	size_t len = own_all(gain, conf, username, own);

	inherit_login(conf, tunnel_group, own, len, out);
}

bool
gain_names_policy(const struct gain *gain, const struct conf *conf, const char *username,
    const char *group_policy)
{
	struct inherit_own own[INHERIT_OWN_MAX];
	size_t len = own_all(gain, conf, username, own);

	for (size_t i = 0; i < len; i++)
		if (own[i].group_policy != NULL && strcmp(own[i].group_policy, group_policy) == 0)
			return true;
	return false;
}
