/* SPDX-License-Identifier: Apache-2.0 */
/* aaa.conf, and what tunnel groups say of its server groups. */
#include "conf/check.h"

#include <stdio.h>
#include <string.h>

#include "common/ip.h"
#include "conf/errors.h"
#include "conf/sdi_text.h"

static const unsigned server_settings[] = {
    TGG_AUTHENTICATION_SERVER_GROUP,
    TGG_SECONDARY_SERVER_GROUP,
    TGG_AUTHORIZATION_SERVER_GROUP,
};

/* ---- who is named ---- */

/* aaa.conf may be missing, which is to have no servers; in a slice without group-policies.conf it
 * is not missed. */
static bool
knows_servers(const struct conf *conf)
{
	return conf_root(conf, CONF_AAA) != NULL || conf_root(conf, CONF_GROUP_POLICIES) != NULL;
}

static void
check_name(const struct conf *conf, const struct conf_object *general, unsigned setting,
    const char *name, const char *more, struct conf_errors *errors)
{
	struct buf known;

	if (!knows_servers(conf) || conf_find(conf, CONF_AAA_SERVER_GROUP, name) != NULL)
		return;
	buf_init(&known, 512);
	check_put_names(conf, CONF_AAA_SERVER_GROUP, &known);
	errors_setting(errors, general, setting,
	    "\"%.64s\" is not in aaa-server-groups of aaa.conf%s%s", name, buf_cstr(&known), more);
	buf_fini(&known);
}

/* "GROUP", "LOCAL", "GROUP LOCAL": LOCAL is for when no server of the group answers. */
static void
check_servers(const struct conf *conf, const struct conf_object *general, unsigned setting,
    struct conf_errors *errors)
{
	char *const *list;
	size_t len = conf_list(general, setting, &list);

	for (size_t i = 0; i < len; i++) {
		if (i > 0 && strcmp(list[i], "LOCAL") != 0)
			errors_setting(errors, general, setting,
			    "\"%.64s\" cannot be the second; only LOCAL can follow a server group",
			    list[i]);
		if (strcmp(list[i], "LOCAL") != 0)
			check_name(
			    conf, general, setting, list[i], "; LOCAL is users.conf", errors);
	}
}

static void
check_general(
    const struct conf *conf, const struct conf_object *general, struct conf_errors *errors)
{
	const char *accounting = conf_str(general, TGG_ACCOUNTING_SERVER_GROUP);

	for (size_t i = 0; i < ARRAY_LEN(server_settings); i++)
		check_servers(conf, general, server_settings[i], errors);
	if (accounting != NULL)
		check_name(conf, general, TGG_ACCOUNTING_SERVER_GROUP, accounting, "", errors);
}

/* ---- server groups ---- */

static bool
same_address(const struct conf_object *one, const struct conf_object *two)
{
	const char *a = conf_str(one, AH_ADDRESS), *b = conf_str(two, AH_ADDRESS);
	struct ip_addr first, second;

	return a != NULL && b != NULL && ip_parse(a, &first) == ERR_OK &&
	       ip_parse(b, &second) == ERR_OK && ip_eq(&first, &second);
}

static void
check_twice(struct conf_object *const *hosts, size_t len, struct conf_errors *errors)
{
	for (size_t i = 0; i < len; i++)
		for (size_t k = 0; k < i; k++)
			if (same_address(hosts[k], hosts[i])) {
				errors_setting(errors, hosts[i], AH_ADDRESS,
				    "%s is there twice, first in line %d; a server is known by its "
				    "address: use it once in a group",
				    conf_str(hosts[i], AH_ADDRESS), hosts[k]->origin.line);
				break;
			}
}

static bool
same_key(const struct conf_object *one, const struct conf_object *two)
{
	const char *a = conf_str(one, AH_KEY), *b = conf_str(two, AH_KEY);

	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* Requests from a host that two groups have, to the port that both have, could be signed with the
 * key of either. */
static void
check_shared_port(
    const struct conf_object *first, const struct conf_object *second, struct conf_errors *errors)
{
	struct conf_object *const *a, *const *b;
	size_t a_len = conf_subs(first, ASG_HOSTS, &a), b_len = conf_subs(second, ASG_HOSTS, &b);

	for (size_t i = 0; i < b_len; i++)
		for (size_t k = 0; k < a_len; k++)
			if (same_address(a[k], b[i]) && !same_key(a[k], b[i]))
				errors_setting(errors, second, ASG_DYNAMIC_AUTHORIZATION_PORT,
				    "is %lld for the group of line %d too, which knows %s by "
				    "another key; use another port",
				    (long long)conf_int(second, ASG_DYNAMIC_AUTHORIZATION_PORT),
				    first->origin.line, conf_str(b[i], AH_ADDRESS));
}

static void
check_ports(const struct conf *conf, struct conf_errors *errors)
{
	const struct conf_object *const *groups;
	size_t len = conf_objects(conf, CONF_AAA_SERVER_GROUP, &groups);

	for (size_t i = 0; i < len; i++)
		for (size_t k = 0; k < i; k++)
			if (conf_bool(groups[i], ASG_DYNAMIC_AUTHORIZATION) &&
			    conf_bool(groups[k], ASG_DYNAMIC_AUTHORIZATION) &&
			    conf_int(groups[i], ASG_DYNAMIC_AUTHORIZATION_PORT) ==
				conf_int(groups[k], ASG_DYNAMIC_AUTHORIZATION_PORT))
				check_shared_port(groups[k], groups[i], errors);
}

/* ---- texts of a token server ---- */

static const struct conf_object *
message_of(const struct conf_object *host, enum sdi_code code)
{
	struct conf_object *const *messages;
	size_t len = conf_subs(host, AH_SDI_MESSAGES, &messages);

	for (size_t i = 0; i < len; i++) {
		const char *its = conf_str(messages[i], SDI_CODE);

		if (its != NULL && strcmp(its, sdi_text_name(code)) == 0)
			return messages[i];
	}
	return NULL;
}

/* The text of a code hides that of a later one which contains it. Only what is written here can be
 * at fault: the usual texts do not. */
static void
check_hidden(const struct conf_object *host, enum sdi_code one, enum sdi_code two,
    struct conf_errors *errors)
{
	const struct conf_object *first = message_of(host, one), *second = message_of(host, two);

	if (strstr(sdi_text(host, two), sdi_text(host, one)) == NULL)
		return;
	if (first != NULL)
		errors_setting(errors, first, SDI_TEXT,
		    "\"%.64s\" of %s is part of \"%.64s\" of %s, which would never be found; use a "
		    "longer text",
		    sdi_text(host, one), sdi_text_name(one), sdi_text(host, two),
		    sdi_text_name(two));
	else if (second != NULL)
		errors_setting(errors, second, SDI_TEXT,
		    "\"%.64s\" of %s contains \"%.64s\" of %s, which is looked for before it; use "
		    "another text",
		    sdi_text(host, two), sdi_text_name(two), sdi_text(host, one),
		    sdi_text_name(one));
}

static void
check_host(
    UNUSED const struct conf *conf, const struct conf_object *host, struct conf_errors *errors)
{
	struct check_same same = {0};
	struct conf_object *const *messages;
	size_t len = conf_subs(host, AH_SDI_MESSAGES, &messages);

	for (size_t i = 0; i < len; i++)
		if (conf_str(messages[i], SDI_CODE) != NULL)
			check_same_add(
			    &same, conf_str(messages[i], SDI_CODE), messages[i], SDI_CODE, errors);
	check_same_report(&same, "a code has one text; remove one", errors);
	for (enum sdi_code two = 0; len > 0 && two < SDI_CODES; two++)
		for (enum sdi_code one = 0; one < two; one++)
			check_hidden(host, one, two, errors);
}

static void
check_server_group(
    UNUSED const struct conf *conf, const struct conf_object *group, struct conf_errors *errors)
{
	struct conf_object *const *hosts;
	size_t len = conf_subs(group, ASG_HOSTS, &hosts);

	check_twice(hosts, len, errors);
}

void
check_aaa(const struct conf *conf, struct conf_errors *errors)
{
	check_each(conf, CONF_TG_GENERAL, check_general, errors);
	check_each(conf, CONF_AAA_SERVER_GROUP, check_server_group, errors);
	check_each(conf, CONF_AAA_HOST, check_host, errors);
	check_ports(conf, errors);
}

/* ---- what can be written and will not work ---- */

static void
warn_host(
    UNUSED const struct conf *conf, const struct conf_object *host, struct conf_errors *errors)
{
	const char *address = conf_str(host, AH_ADDRESS);

	if (address == NULL)
		return;
	if (conf_str(host, AH_KEY) == NULL)
		errors_warn(errors, host, "%s has no key; it cannot be asked", address);
	if (conf_value(host, AH_RETRY_INTERVAL)->state == CONF_SET &&
	    conf_int(host, AH_RETRY_INTERVAL) > conf_int(host, AH_TIMEOUT))
		errors_warn(errors, host,
		    "retry-interval %lld is longer than the timeout %lld; each request is sent "
		    "once",
		    (long long)conf_int(host, AH_RETRY_INTERVAL),
		    (long long)conf_int(host, AH_TIMEOUT));
	if (!conf_bool(host, AH_REQUIRE_MESSAGE_AUTHENTICATOR))
		errors_warn(errors, host,
		    "answers of %s without a Message-Authenticator are believed, which somebody "
		    "in between can forge (CVE-2024-3596); make the server send it, then set "
		    "require-message-authenticator to true",
		    address);
}

static void
warn_server_group(
    UNUSED const struct conf *conf, const struct conf_object *group, struct conf_errors *errors)
{
	struct conf_object *const *hosts;
	size_t len = conf_subs(group, ASG_HOSTS, &hosts);

	for (size_t i = 0; i < len; i++)
		if (conf_str(hosts[i], AH_ADDRESS) != NULL && conf_str(hosts[i], AH_KEY) != NULL)
			return;
	errors_warn(errors, group, "no host with a key; nobody can be asked");
}

/* Can some host of a server group do MS-CHAPv2? Without hosts nobody can tell. */
static bool
is_capable(const struct conf_object *group)
{
	struct conf_object *const *hosts;
	size_t len = conf_subs(group, ASG_HOSTS, &hosts);

	for (size_t i = 0; i < len; i++)
		if (conf_bool(hosts[i], AH_MSCHAPV2_CAPABLE))
			return true;
	return len == 0;
}

static void
warn_tunnel_group(
    const struct conf *conf, const struct conf_object *tunnel_group, struct conf_errors *errors)
{
	const struct conf_object *general = conf_sub(tunnel_group, TG_GENERAL);
	char *const *list;
	size_t len = conf_list(general, TGG_AUTHENTICATION_SERVER_GROUP, &list);
	const struct conf_object *group =
	    len > 0 ? conf_find(conf, CONF_AAA_SERVER_GROUP, list[0]) : NULL;

	if (conf_bool(general, TGG_PASSWORD_MANAGEMENT) && knows_servers(conf)) {
		if (group == NULL)
			errors_warn(errors, tunnel_group,
			    "password-management does nothing without an aaa-server-group");
		else if (!is_capable(group))
			errors_warn(errors, tunnel_group,
			    "password-management does nothing: no server of %s is "
			    "mschapv2-capable",
			    list[0]);
	}
	if (conf_list(general, TGG_SECONDARY_SERVER_GROUP, &list) > 0)
		return;
	if (strcmp(conf_str(general, TGG_ATTR_FROM_SERVER), "secondary") == 0 ||
	    strcmp(conf_str(general, TGG_SESSION_USERNAME), "secondary") == 0)
		errors_warn(errors, tunnel_group,
		    "there is no second server and no second user name: "
		    "authentication-attr-from-server and authenticated-session-username do "
		    "nothing without secondary-authentication-server-group");
}

void
check_aaa_warnings(const struct conf *conf, struct conf_errors *errors)
{
	check_each(conf, CONF_TUNNEL_GROUP, warn_tunnel_group, errors);
	check_each(conf, CONF_AAA_SERVER_GROUP, warn_server_group, errors);
	check_each(conf, CONF_AAA_HOST, warn_host, errors);
}
