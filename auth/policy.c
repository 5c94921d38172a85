/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tunnel policy message: a table for the plain attributes, and the two kinds that need work:
 * addresses and the networks of split tunneling.
 */
#include "auth/policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/ip.h"
#include "common/log.h"
#include "conf/acl.h"

#define MINUTE 60U

/* A growing array of strings that are ours. */
struct strings {
	char **items;
	size_t len;
	size_t cap;
};

struct addrs {
	ProtobufCBinaryData *items;
	struct ip_addr *values; /* what the items point into */
	size_t len;
};

struct policy {
	Ipc__TunnelPolicy msg;
	struct addrs dns;
	struct addrs wins;
	struct strings include, exclude, include6, exclude6;
};

static uint32_t
minutes(const struct inherit *inherit, enum conf_gp_attributes attribute)
{
	int64_t value = inherit_int(inherit, attribute);

	if (value < 0)
		return 0;
	return value > UINT32_MAX / MINUTE ? UINT32_MAX : (uint32_t)value * MINUTE;
}

void
policy_limits(const struct conf *conf, const struct inherit *inherit, struct policy_limits *out)
{
	const struct conf_object *root = conf_root(conf, CONF_TUNNEL_GROUPS);

	out->idle_sec = minutes(inherit, GPA_VPN_IDLE_TIMEOUT);
	if (out->idle_sec == 0)
		out->idle_sec =
		    (uint32_t)conf_int(conf_sub(root, TGS_WEBVPN), WV_DEFAULT_IDLE_TIMEOUT);
	out->session_sec = minutes(inherit, GPA_VPN_SESSION_TIMEOUT);
	out->logins = (uint32_t)inherit_int(inherit, GPA_VPN_SIMULTANEOUS_LOGINS);
}

bool
policy_has_ssl_client(const struct inherit *inherit)
{
	char *const *words;
	size_t len = inherit_list(inherit, GPA_VPN_TUNNEL_PROTOCOL, &words);

	for (size_t i = 0; i < len; i++)
		if (strcmp(words[i], "ssl-client") == 0)
			return true;
	return false;
}

static enum err
strings_add(struct strings *strings, const char *text)
{
	char *copy;

	if (strings->len == strings->cap) {
		size_t cap = strings->cap == 0 ? 8 : strings->cap * 2;
		char **items = realloc(strings->items, cap * sizeof(*items));

		if (items == NULL)
			return ERR_NOMEM;
		strings->items = items;
		strings->cap = cap;
	}
	copy = strdup(text);
	if (copy == NULL)
		return ERR_NOMEM;
	strings->items[strings->len++] = copy;
	return ERR_OK;
}

static void
strings_clear(struct strings *strings)
{
	while (strings->len > 0)
		free(strings->items[--strings->len]);
}

static void
strings_free(struct strings *strings)
{
	strings_clear(strings);
	free(strings->items);
}

static enum err
addrs_read(const struct inherit *inherit, enum conf_gp_attributes attribute, struct addrs *out)
{
	char *const *list;
	size_t len = inherit_list(inherit, attribute, &list);

	if (len == 0)
		return ERR_OK;
	out->items = calloc(len, sizeof(*out->items));
	out->values = calloc(len, sizeof(*out->values));
	if (out->items == NULL || out->values == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < len; i++) {
		struct ip_addr *value = &out->values[out->len];

		if (ip_parse(list[i], value) != ERR_OK)
			continue;
		out->items[out->len].data = value->bytes;
		out->items[out->len].len = ip_len(value);
		out->len++;
	}
	return ERR_OK;
}

static enum err
network_add(struct strings *v4, struct strings *v6, const struct ip_prefix *prefix)
{
	char text[2 * IP_STR_MAX], addr[IP_STR_MAX], mask[IP_STR_MAX];

	if (prefix->addr.family == 6)
		return v6 == NULL ? ERR_OK : strings_add(v6, ip_prefix_str(prefix, text));
	if (v4 == NULL)
		return ERR_OK;
	/* AnyConnect wants dotted masks here (protocol.md 4.2). */
	snprintf(text, sizeof(text), "%s/%s", ip_str(&prefix->addr, addr),
	    ip_mask_str(prefix->len, mask));
	return strings_add(v4, text);
}

/* What a split-tunnel policy makes of the networks of its family. */
enum split { SPLIT_NONE, SPLIT_INCLUDE, SPLIT_EXCLUDE };

static enum split
split_of(const struct inherit *inherit, enum conf_gp_attributes attribute)
{
	const char *word = inherit_str(inherit, attribute);

	if (word != NULL && strcmp(word, "tunnelspecified") == 0)
		return SPLIT_INCLUDE;
	if (word != NULL && strcmp(word, "excludespecified") == 0)
		return SPLIT_EXCLUDE;
	return SPLIT_NONE;
}

static struct strings *
split_list(enum split split, struct strings *include, struct strings *exclude)
{
	if (split == SPLIT_NONE)
		return NULL;
	return split == SPLIT_INCLUDE ? include : exclude;
}

/*
 * The permitted networks of the access list. "permit any" in a list of what to tunnel means
 * everything, and everything is what a client tunnels when it is told no network at all; in a list
 * of what to leave out it is a network of its own.
 */
static enum err
networks_read(
    struct policy *policy, const struct conf_object *acl, enum split split4, enum split split6)
{
	static const struct ip_prefix all4 = {.addr = {.family = 4}},
				      all6 = {.addr = {.family = 6}};
	struct strings *v4 = split_list(split4, &policy->include, &policy->exclude);
	struct strings *v6 = split_list(split6, &policy->include6, &policy->exclude6);
	char *const *rules;
	size_t len = conf_list(acl, ACL_RULES, &rules);
	bool any = false;
	enum err err = ERR_OK;

	for (size_t i = 0; i < len && err == ERR_OK; i++) {
		struct acl_rule rule;

		if (acl_rule_parse(rules[i], &rule) != ERR_OK || !rule.permit)
			continue;
		any = any || rule.any;
		if (!rule.any)
			err = network_add(v4, v6, &rule.prefix);
	}
	if (!any || err != ERR_OK)
		return err;
	strings_clear(&policy->include);
	strings_clear(&policy->include6);
	err = network_add(split4 == SPLIT_EXCLUDE ? v4 : NULL, NULL, &all4);
	if (err == ERR_OK)
		err = network_add(NULL, split6 == SPLIT_EXCLUDE ? v6 : NULL, &all6);
	return err;
}

static enum err
split_read(struct policy *policy, const struct conf *conf, const struct inherit *inherit)
{
	const char *name = inherit_str(inherit, GPA_SPLIT_TUNNEL_NETWORK_LIST);
	enum split split4 = split_of(inherit, GPA_SPLIT_TUNNEL_POLICY);
	enum split split6 = split_of(inherit, GPA_IPV6_SPLIT_TUNNEL_POLICY);
	const struct conf_object *acl;

	if (name == NULL || (split4 == SPLIT_NONE && split6 == SPLIT_NONE))
		return ERR_OK;
	acl = conf_find(conf, CONF_ACCESS_LIST, name);
	return acl == NULL ? ERR_OK : networks_read(policy, acl, split4, split6);
}

/* ---- the plain attributes ---- */

enum unit { UNIT_NUMBER, UNIT_MINUTES, UNIT_BOOL, UNIT_TEXT };

struct row {
	enum conf_gp_attributes attribute;
	enum unit unit;
	size_t offset; /* in the message */
};

#define ROW(attribute, unit, field)                                                                \
	{                                                                                          \
		attribute, unit, offsetof(Ipc__TunnelPolicy, field)                                \
	}

static const struct row rows[] = {
    ROW(GPA_BANNER, UNIT_TEXT, banner),
    ROW(GPA_DEFAULT_DOMAIN, UNIT_TEXT, default_domain),
    ROW(GPA_SPLIT_TUNNEL_ALL_DNS, UNIT_BOOL, tunnel_all_dns),
    ROW(GPA_CLIENT_BYPASS_PROTOCOL, UNIT_BOOL, client_bypass_protocol),
    ROW(GPA_ANYCONNECT_MTU, UNIT_NUMBER, mtu),
    ROW(GPA_ANYCONNECT_DPD_CLIENT, UNIT_NUMBER, dpd_client),
    ROW(GPA_ANYCONNECT_DPD_GATEWAY, UNIT_NUMBER, dpd_gateway),
    ROW(GPA_ANYCONNECT_SSL_KEEPALIVE, UNIT_NUMBER, keepalive),
    ROW(GPA_ANYCONNECT_SSL_DTLS, UNIT_BOOL, dtls),
    ROW(GPA_ANYCONNECT_SSL_REKEY_TIME, UNIT_MINUTES, rekey_time),
    ROW(GPA_VPN_SESSION_ALERT_INTERVAL, UNIT_MINUTES, alert_interval),
    ROW(GPA_SMARTCARD_REMOVAL_DISCONNECT, UNIT_BOOL, smartcard_removal_disconnect),
};

static void
row_apply(const struct row *row, const struct inherit *inherit, Ipc__TunnelPolicy *msg)
{
	void *field = (char *)msg + row->offset;
	const char *text;

	switch (row->unit) {
	case UNIT_NUMBER:
		*(uint32_t *)field = (uint32_t)inherit_int(inherit, row->attribute);
		break;
	case UNIT_MINUTES:
		*(uint32_t *)field = minutes(inherit, row->attribute);
		break;
	case UNIT_BOOL:
		*(protobuf_c_boolean *)field = inherit_bool(inherit, row->attribute);
		break;
	case UNIT_TEXT:
		text = inherit_str(inherit, row->attribute);
		*(const char **)field = text != NULL ? text : "";
		break;
	}
}

static void
point_at_lists(struct policy *policy, const struct inherit *inherit)
{
	Ipc__TunnelPolicy *msg = &policy->msg;
	char *const *domains;

	msg->n_dns = policy->dns.len;
	msg->dns = policy->dns.items;
	msg->n_wins = policy->wins.len;
	msg->wins = policy->wins.items;
	msg->n_split_dns = inherit_list(inherit, GPA_SPLIT_DNS, &domains);
	msg->split_dns = msg->n_split_dns > 0 ? (char **)domains : NULL;
	msg->n_split_include = policy->include.len;
	msg->split_include = policy->include.items;
	msg->n_split_exclude = policy->exclude.len;
	msg->split_exclude = policy->exclude.items;
	msg->n_split_include6 = policy->include6.len;
	msg->split_include6 = policy->include6.items;
	msg->n_split_exclude6 = policy->exclude6.len;
	msg->split_exclude6 = policy->exclude6.items;
}

struct policy *
policy_new(const struct conf *conf, const struct inherit *inherit)
{
	struct policy *policy = calloc(1, sizeof(*policy));
	struct policy_limits limits;
	const char *method;

	if (policy == NULL)
		return NULL;
	ipc__tunnel_policy__init(&policy->msg);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		row_apply(&rows[i], inherit, &policy->msg);
	method = inherit_str(inherit, GPA_ANYCONNECT_SSL_REKEY_METHOD);
	if (method != NULL && strcmp(method, "none") != 0)
		policy->msg.rekey_method = (char *)method;
	else
		policy->msg.rekey_time = 0;
	policy_limits(conf, inherit, &limits);
	policy->msg.idle_timeout = limits.idle_sec;
	policy->msg.disconnected_timeout = limits.idle_sec;
	policy->msg.session_timeout = limits.session_sec;
	if (addrs_read(inherit, GPA_DNS_SERVER, &policy->dns) != ERR_OK ||
	    addrs_read(inherit, GPA_WINS_SERVER, &policy->wins) != ERR_OK ||
	    split_read(policy, conf, inherit) != ERR_OK) {
		policy_free(policy);
		return NULL;
	}
	point_at_lists(policy, inherit);
	return policy;
}

void
policy_free(struct policy *policy)
{
	if (policy == NULL)
		return;
	free(policy->dns.items);
	free(policy->dns.values);
	free(policy->wins.items);
	free(policy->wins.values);
	strings_free(&policy->include);
	strings_free(&policy->exclude);
	strings_free(&policy->include6);
	strings_free(&policy->exclude6);
	free(policy);
}

Ipc__TunnelPolicy *
policy_msg(struct policy *policy)
{
	return &policy->msg;
}
