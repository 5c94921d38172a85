/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tunnel policy message: a table for the plain attributes, and the kinds that need work:
 * addresses, the networks of split tunneling, custom attributes.
 */
#include "auth/policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/ip.h"
#include "common/log.h"
#include "conf/acl.h"

#define MINUTE 60U
#define WHY_MAX 1024
#define CUSTOM_MAX (INHERIT_SOURCES_MAX * 32) /* as many as each source may have */
#define CUSTOM_VALUE_MAX 65536

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
	Ipc__CustomAttr **custom; /* values are ours */
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
	if (inherit->idle_sec > 0) /* a server says seconds (asa.md 6.4) */
		out->idle_sec = inherit->idle_sec;
	if (out->idle_sec == 0)
		out->idle_sec =
		    (uint32_t)conf_int(conf_sub(root, TGS_WEBVPN), WV_DEFAULT_IDLE_TIMEOUT);
	out->session_sec = minutes(inherit, GPA_VPN_SESSION_TIMEOUT);
	if (inherit->session_sec > 0)
		out->session_sec = inherit->session_sec;
	out->logins = (uint32_t)inherit_int(inherit, GPA_VPN_SIMULTANEOUS_LOGINS);
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
strings_free(struct strings *strings)
{
	while (strings->len > 0)
		free(strings->items[--strings->len]);
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
network_add(struct strings *out, const struct ip_prefix *prefix)
{
	char text[2 * IP_STR_MAX], addr[IP_STR_MAX], mask[IP_STR_MAX];

	if (prefix->addr.family == 6)
		return strings_add(out, ip_prefix_str(prefix, text));
	/* AnyConnect wants dotted masks here (protocol.md 4.2). */
	snprintf(text, sizeof(text), "%s/%s", ip_str(&prefix->addr, addr),
	    ip_mask_str(prefix->len, mask));
	return strings_add(out, text);
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

/* Everything of one family: what "any" permits, or a prefix of length 0. */
static bool
is_all(const struct acl_network *network, uint8_t family)
{
	return network->permit && (network->any || (network->prefix.len == 0 &&
						       network->prefix.addr.family == family));
}

/*
 * The permitted networks of one family. Everything, in a list of what to tunnel, is what a client
 * tunnels when it is told no network at all; in a list of what to leave out it is a network of its
 * own.
 */
static enum err
networks_read(
    struct strings *out, const struct acl_networks *networks, uint8_t family, enum split split)
{
	const struct ip_prefix everything = {.addr = {.family = family}};
	bool all = false;
	enum err err = ERR_OK;

	for (size_t i = 0; i < networks->len; i++)
		all = all || is_all(&networks->items[i], family);
	if (all && split == SPLIT_INCLUDE)
		return ERR_OK;
	for (size_t i = 0; i < networks->len && err == ERR_OK; i++)
		if (networks->items[i].permit && networks->items[i].prefix.len > 0 &&
		    networks->items[i].prefix.addr.family == family)
			err = network_add(out, &networks->items[i].prefix);
	return all && err == ERR_OK ? network_add(out, &everything) : err;
}

static enum err
split_lists(struct policy *policy, const struct acl_networks *networks, enum split split4,
    enum split split6)
{
	enum err err = ERR_OK;

	if (split4 != SPLIT_NONE)
		err = networks_read(split4 == SPLIT_INCLUDE ? &policy->include : &policy->exclude,
		    networks, 4, split4);
	if (split6 != SPLIT_NONE && err == ERR_OK)
		err = networks_read(split6 == SPLIT_INCLUDE ? &policy->include6 : &policy->exclude6,
		    networks, 6, split6);
	return err;
}

static enum err
split_read(struct policy *policy, const struct conf *conf, const struct inherit *inherit)
{
	const char *name = inherit_str(inherit, GPA_SPLIT_TUNNEL_NETWORK_LIST);
	enum split split4 = split_of(inherit, GPA_SPLIT_TUNNEL_POLICY);
	enum split split6 = split_of(inherit, GPA_IPV6_SPLIT_TUNNEL_POLICY);
	const struct conf_object *acl;
	struct acl_networks networks;
	struct buf why;

	if (name == NULL || (split4 == SPLIT_NONE && split6 == SPLIT_NONE))
		return ERR_OK;
	acl = conf_find(conf, CONF_ACCESS_LIST, name);
	if (acl == NULL)
		return ERR_OK;
	buf_init(&why, WHY_MAX);
	enum err err = acl_networks(conf, acl, &networks, &why);
	if (err == ERR_OK)
		err = split_lists(policy, &networks, split4, split6);
	else
		log_err("access list %s: %s", name, buf_cstr(&why));
	acl_networks_fini(&networks);
	buf_fini(&why);
	return err;
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
    ROW(GPA_ANYCONNECT_MOBILE_DPD, UNIT_NUMBER, dpd_mobile),
    ROW(GPA_ANYCONNECT_SSL_KEEPALIVE, UNIT_NUMBER, keepalive),
    ROW(GPA_ANYCONNECT_SSL_DTLS, UNIT_BOOL, dtls),
    ROW(GPA_ANYCONNECT_SSL_REKEY_TIME, UNIT_MINUTES, rekey_time),
    ROW(GPA_VPN_SESSION_ALERT_INTERVAL, UNIT_MINUTES, alert_interval),
    ROW(GPA_SMARTCARD_REMOVAL_DISCONNECT, UNIT_BOOL, smartcard_removal_disconnect),
    ROW(GPA_GATEWAY_FQDN, UNIT_TEXT, gateway_fqdn),
    ROW(GPA_MSIE_PROXY_LOCKDOWN, UNIT_BOOL, msie_proxy_lockdown),
    ROW(GPA_ANYCONNECT_ROUTING_FILTERING_IGNORE, UNIT_BOOL, routing_filtering_ignore),
    ROW(GPA_ANYCONNECT_SSL_DF_BIT_IGNORE, UNIT_BOOL, df_bit_ignore),
};

/* Only when the method says that the client's proxy is to change. */
static const struct row proxy_rows[] = {
    ROW(GPA_MSIE_PROXY_METHOD, UNIT_TEXT, msie_proxy_method),
    ROW(GPA_MSIE_PROXY_SERVER, UNIT_TEXT, msie_proxy_server),
    ROW(GPA_MSIE_PROXY_LOCAL_BYPASS, UNIT_BOOL, msie_proxy_local_bypass),
    ROW(GPA_MSIE_PROXY_PAC_URL, UNIT_TEXT, msie_proxy_pac_url),
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

static bool
is_word(const struct inherit *inherit, enum conf_gp_attributes attribute, const char *word)
{
	const char *text = inherit_str(inherit, attribute);

	return text != NULL && strcmp(text, word) == 0;
}

static void
proxy_apply(const struct inherit *inherit, Ipc__TunnelPolicy *msg)
{
	char *const *except;

	if (is_word(inherit, GPA_MSIE_PROXY_METHOD, "no-modify"))
		return;
	for (size_t i = 0; i < ARRAY_LEN(proxy_rows); i++)
		row_apply(&proxy_rows[i], inherit, msg);
	msg->n_msie_proxy_except = inherit_list(inherit, GPA_MSIE_PROXY_EXCEPT_LIST, &except);
	msg->msie_proxy_except = msg->n_msie_proxy_except > 0 ? (char **)except : NULL;
}

/* ---- custom attributes ---- */

static enum err
custom_add(struct policy *policy, const struct conf *conf, const struct inherit_custom *custom)
{
	Ipc__TunnelPolicy *msg = &policy->msg;
	Ipc__CustomAttr *attr = malloc(sizeof(*attr));
	struct buf value;

	if (attr == NULL)
		return ERR_NOMEM;
	ipc__custom_attr__init(attr);
	buf_init(&value, CUSTOM_VALUE_MAX);
	enum err err = inherit_custom_value(conf, custom, &value);
	if (err == ERR_OK)
		err = value.err;
	attr->type = (char *)custom->type;
	attr->value = err == ERR_OK ? strdup(buf_cstr(&value)) : NULL;
	buf_fini(&value);
	if (attr->value == NULL) {
		free(attr);
		return err == ERR_OK ? ERR_NOMEM : err;
	}
	policy->custom[msg->n_custom_attr++] = attr;
	return ERR_OK;
}

static enum err
custom_read(struct policy *policy, const struct conf *conf, const struct inherit *inherit)
{
	struct inherit_custom *customs = calloc(CUSTOM_MAX, sizeof(*customs));
	enum err err = ERR_OK;
	size_t len = 0;

	policy->custom = calloc(CUSTOM_MAX, sizeof(policy->custom[0]));
	if (customs == NULL || policy->custom == NULL)
		err = ERR_NOMEM;
	else
		len = inherit_custom(inherit, customs, CUSTOM_MAX);
	for (size_t i = 0; i < len && err == ERR_OK; i++) {
		err = custom_add(policy, conf, &customs[i]);
		if (err != ERR_OK)
			log_err("anyconnect-custom %s: %s", customs[i].type, err_str(err));
	}
	policy->msg.custom_attr = policy->custom;
	free(customs);
	return err;
}

static void
custom_free(struct policy *policy)
{
	for (size_t i = 0; i < policy->msg.n_custom_attr; i++) {
		free(policy->custom[i]->value);
		free(policy->custom[i]);
	}
	free(policy->custom);
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
	proxy_apply(inherit, &policy->msg);
	policy->msg.disable_always_on = is_word(inherit, GPA_ALWAYS_ON_VPN, "disable");
	method = inherit_str(inherit, GPA_ANYCONNECT_SSL_REKEY_METHOD);
	if (method != NULL && strcmp(method, "none") != 0)
		policy->msg.rekey_method = (char *)method;
	else
		policy->msg.rekey_time = 0;
	policy_limits(conf, inherit, &limits);
	policy->msg.idle_timeout = limits.idle_sec;
	policy->msg.disconnected_timeout = limits.idle_sec;
	policy->msg.session_timeout = limits.session_sec;
	/* Said only where the administrator says it: that clients know it is not certain. */
	if (inherit->value[GPA_VPN_IDLE_ALERT_INTERVAL]->state == CONF_SET)
		policy->msg.idle_alert_interval = minutes(inherit, GPA_VPN_IDLE_ALERT_INTERVAL);
	if (addrs_read(inherit, GPA_DNS_SERVER, &policy->dns) != ERR_OK ||
	    addrs_read(inherit, GPA_WINS_SERVER, &policy->wins) != ERR_OK ||
	    split_read(policy, conf, inherit) != ERR_OK ||
	    custom_read(policy, conf, inherit) != ERR_OK) {
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
	custom_free(policy);
	free(policy);
}

Ipc__TunnelPolicy *
policy_msg(struct policy *policy)
{
	return &policy->msg;
}
