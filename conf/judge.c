/* SPDX-License-Identifier: Apache-2.0 */
/* The policy's own grounds to refuse a login, in the order of judge.h. */
#include "conf/judge.h"

#include <string.h>

#include "conf/time_range.h"

static bool
is_closed(const struct conf *conf, const struct conf_object *tunnel_group)
{
	struct buf why;
	bool closed;

	buf_init(&why, 1024);
	closed = conf_group_closed(conf, tunnel_group, &why);
	buf_fini(&why);
	return closed;
}

static bool
is_locked_elsewhere(const struct conf_object *tunnel_group, const struct inherit *inherit)
{
	const char *lock = inherit_str(inherit, GPA_GROUP_LOCK);
	const char *name = conf_str(tunnel_group, TG_NAME);

	return lock != NULL && (name == NULL || strcmp(lock, name) != 0);
}

static bool
has_ssl_client(const struct inherit *inherit)
{
	char *const *protocols;
	size_t len = inherit_list(inherit, GPA_VPN_TUNNEL_PROTOCOL, &protocols);

	for (size_t i = 0; i < len; i++)
		if (strcmp(protocols[i], "ssl-client") == 0)
			return true;
	return false;
}

static bool
is_within_hours(const struct conf *conf, const struct inherit *inherit, time_t when)
{
	const char *name = inherit_str(inherit, GPA_VPN_ACCESS_HOURS);
	const struct conf_object *range;

	if (name == NULL)
		return true;
	range = conf_find(conf, CONF_TIME_RANGE, name);
	return range != NULL && time_range_holds(range, when);
}

bool
judge_authorized(const struct conf_object *tunnel_group, const struct conf_object *user)
{
	const struct conf_object *general = conf_sub(tunnel_group, TG_GENERAL);
	char *const *servers;
	size_t len = conf_list(general, TGG_AUTHORIZATION_SERVER_GROUP, &servers);

	if (user != NULL || !conf_bool(general, TGG_AUTHORIZATION_REQUIRED))
		return true;
	/* Without servers, LOCAL's word is asked for where there is nobody else's. */
	if (len == 0)
		return conf_methods(tunnel_group).aaa;
	return false;
}

enum judge_verdict
judge_login(const struct conf *conf, const struct conf_object *tunnel_group,
    const struct inherit *inherit, time_t when)
{
	if (is_closed(conf, tunnel_group))
		return JUDGE_CLOSED;
	if (is_locked_elsewhere(tunnel_group, inherit))
		return JUDGE_GROUP_LOCK;
	if (!has_ssl_client(inherit))
		return JUDGE_NO_PROTOCOL;
	if (inherit_int(inherit, GPA_VPN_SIMULTANEOUS_LOGINS) == 0)
		return JUDGE_NO_LOGINS;
	if (!is_within_hours(conf, inherit, when))
		return JUDGE_HOURS;
	return JUDGE_OK;
}

/* May servers say of a user what the group's policy does not? */
static bool
has_servers(const struct conf_object *tunnel_group)
{
	static const unsigned settings[] = {TGG_AUTHENTICATION_SERVER_GROUP,
	    TGG_SECONDARY_SERVER_GROUP, TGG_AUTHORIZATION_SERVER_GROUP};
	const struct conf_object *general = conf_sub(tunnel_group, TG_GENERAL);

	for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
		char *const *servers;
		size_t len = conf_list(general, settings[i], &servers);

		for (size_t k = 0; k < len; k++)
			if (strcmp(servers[k], "LOCAL") != 0)
				return true;
	}
	return false;
}

/* Does an entry say anything that judge_login() looks at? */
static bool
is_special(const struct conf_object *user)
{
	static const unsigned settings[] = {GPA_VPN_GROUP_POLICY, GPA_GROUP_LOCK,
	    GPA_VPN_TUNNEL_PROTOCOL, GPA_VPN_SIMULTANEOUS_LOGINS, GPA_VPN_ACCESS_HOURS};
	const struct conf_object *attributes = conf_sub(user, USER_ATTRIBUTES);

	for (size_t i = 0; attributes != NULL && i < ARRAY_LEN(settings); i++)
		if (conf_value(attributes, settings[i])->state != CONF_ABSENT)
			return true;
	return false;
}

enum judge_verdict
judge_group(const struct conf *conf, const struct conf_object *tunnel_group, time_t when)
{
	const struct conf_object *const *users;
	enum judge_verdict verdict;
	struct inherit inherit;
	size_t len;

	inherit_merge(conf, tunnel_group, NULL, NULL, &inherit);
	verdict = judge_login(conf, tunnel_group, &inherit, when);
	if (verdict == JUDGE_OK || verdict == JUDGE_CLOSED)
		return verdict;
	if (has_servers(tunnel_group))
		return JUDGE_OK;
	len = conf_objects(conf, CONF_USERNAME, &users);
	for (size_t i = 0; i < len; i++)
		if (is_special(users[i]))
			return JUDGE_OK;
	return verdict;
}

const char *
judge_text(enum judge_verdict verdict)
{
	static const char *const texts[] = {
	    [JUDGE_OK] = "the login is allowed",
	    [JUDGE_CLOSED] = "the tunnel-group asks for something that nobody can check",
	    [JUDGE_GROUP_LOCK] = "the user is locked to another tunnel-group",
	    [JUDGE_NO_PROTOCOL] = "vpn-tunnel-protocol lacks ssl-client",
	    [JUDGE_NO_LOGINS] = "vpn-simultaneous-logins is 0",
	    [JUDGE_HOURS] = "the time is outside vpn-access-hours",
	};

	return (size_t)verdict < ARRAY_LEN(texts) ? texts[verdict] : "unknown";
}
