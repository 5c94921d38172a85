/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One table says what is taken from an answer and how (asa.md 6.3, 6.4). Its order is that of
 * precedence: of two rows that give the same attribute a value, the upper one counts; rows of lists
 * add to them.
 */
#include "auth/radius_profile_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/str.h"

#define TEXT_SIZE RADIUS_PROFILE_TEXT_SIZE
#define INACL RADIUS_PROFILE_INACL
#define ACES_MAX RADIUS_PROFILE_ACES_MAX
#define VALUES_MAX 64 /* of an attribute; the rows of group-policies.conf take no more */
#define NAME_MAX_LEN 64
#define BANNER_SIZE 3999 /* the longest banner of a group policy, and its end */

static const char *
origin_of(const struct radius_profile_row *row, char out[TEXT_SIZE])
{
	if (row->vendor == 0)
		snprintf(out, TEXT_SIZE, "%s (%u)", row->name, row->type);
	else
		snprintf(out, TEXT_SIZE, "%s (%" PRIu32 "/%u)", row->name, row->vendor, row->type);
	return out;
}

static void
note(struct radius_profile_reading *reading, const struct radius_profile_row *row, const char *text)
{
	char origin[TEXT_SIZE];

	if (reading->notes != NULL)
		buf_printf(reading->notes, "%s %s\n", origin_of(row, origin), text);
}

/* ---- into the profile ---- */

/* One more text of a repeated field. ERR_NOMEM. */
static enum err
texts_add(char ***texts, size_t *len, const char *text)
{
	char **grown = realloc(*texts, (*len + 1) * sizeof(*grown));
	char *copy;

	if (grown == NULL)
		return ERR_NOMEM;
	*texts = grown;
	copy = strdup(text);
	if (copy == NULL)
		return ERR_NOMEM;
	grown[(*len)++] = copy;
	return ERR_OK;
}

/* A text field that still has its default. */
static void
text_set(struct radius_profile_reading *reading, char **field, const char *text)
{
	char *copy = strdup(text);

	if (copy == NULL)
		reading->err = ERR_NOMEM;
	else
		*field = copy;
}

static Ipc__AaaAttr *
attr_find(const struct radius_profile_reading *reading, const char *name)
{
	for (size_t i = 0; i < reading->profile->n_attr; i++)
		if (strcmp(reading->profile->attr[i]->name, name) == 0)
			return reading->profile->attr[i];
	return NULL;
}

static Ipc__AaaAttr *
attr_new(struct radius_profile_reading *reading, const struct radius_profile_row *row)
{
	Ipc__AaaProfile *profile = reading->profile;
	Ipc__AaaAttr **grown =
	    realloc(profile->attr, (profile->n_attr + 1) * sizeof(*profile->attr));
	Ipc__AaaAttr *attr = grown != NULL ? malloc(sizeof(*attr)) : NULL;
	char origin[TEXT_SIZE];

	if (grown != NULL)
		profile->attr = grown;
	if (attr == NULL) {
		reading->err = ERR_NOMEM;
		return NULL;
	}
	ipc__aaa_attr__init(attr);
	profile->attr[profile->n_attr++] = attr;
	text_set(reading, &attr->name, row->attribute);
	text_set(reading, &attr->origin, origin_of(row, origin));
	return attr;
}

static void
list_add(
    struct radius_profile_reading *reading, const struct radius_profile_row *row, const char *value)
{
	Ipc__AaaAttr *attr = attr_find(reading, row->attribute);

	if (attr == NULL)
		attr = attr_new(reading, row);
	if (reading->err != ERR_OK)
		return;
	if (attr->n_value == VALUES_MAX)
		note(reading, row, "has too many values");
	else
		reading->err = texts_add(&attr->value, &attr->n_value, value);
}

static void
value_set(
    struct radius_profile_reading *reading, const struct radius_profile_row *row, const char *value)
{
	if (attr_find(reading, row->attribute) != NULL)
		note(reading, row, "is not used: the attribute has a value already");
	else
		list_add(reading, row, value);
}

static void
number_set(
    struct radius_profile_reading *reading, const struct radius_profile_row *row, uint32_t number)
{
	char text[16];

	snprintf(text, sizeof(text), "%" PRIu32, number);
	value_set(reading, row, text);
}

/* ---- out of the packet ---- */

static bool
number_of(struct radius_profile_reading *reading, const struct radius_profile_row *row,
    const struct radius_attr *attr, uint32_t *out)
{
	if (radius_attr_u32(attr, out) == ERR_OK)
		return true;
	note(reading, row, "is not a number of four bytes");
	return false;
}

/* ---- how rows are read ---- */

static void
read_number(struct radius_profile_reading *reading, const struct radius_profile_row *row,
    const struct radius_attr *attr)
{
	uint32_t number;

	if (number_of(reading, row, attr, &number))
		number_set(reading, row, number);
}

/* 0 switches it off. */
static void
read_interval(struct radius_profile_reading *reading, const struct radius_profile_row *row,
    const struct radius_attr *attr)
{
	uint32_t number;

	if (!number_of(reading, row, attr, &number))
		return;
	if (number == 0)
		value_set(reading, row, "none");
	else
		number_set(reading, row, number);
}

static void
read_word(struct radius_profile_reading *reading, const struct radius_profile_row *row,
    const struct radius_attr *attr)
{
	uint32_t number;

	if (!number_of(reading, row, attr, &number))
		return;
	for (uint32_t i = 0; row->words[i] != NULL; i++) {
		if (i == number && row->words[i][0] != '\0') {
			value_set(reading, row, row->words[i]);
			return;
		}
	}
	note(reading, row, "has a value without a meaning");
}

static void
read_text(struct radius_profile_reading *reading, const struct radius_profile_row *row,
    const struct radius_attr *attr)
{
	char text[TEXT_SIZE];

	radius_profile_text(attr, text);
	if (text[0] == '\0')
		note(reading, row, "is empty");
	else
		value_set(reading, row, text);
}

/* Names between blanks, commas, semicolons or line breaks. */
static void
read_names(struct radius_profile_reading *reading, const struct radius_profile_row *row,
    const struct radius_attr *attr)
{
	struct cur cur;
	bool any = false;

	cur_init(&cur, attr->value, attr->len);
	while (cur.left > 0) {
		struct radius_attr piece = {.value = cur.p};
		char text[TEXT_SIZE];

		while (cur.left > 0 && strchr(" \t\r\n,;", *cur.p) == NULL) {
			cur_skip(&cur, 1);
			piece.len++;
		}
		cur_skip(&cur, cur.left > 0 ? 1 : 0);
		radius_profile_text(&piece, text);
		if (text[0] == '\0')
			continue;
		list_add(reading, row, text);
		any = true;
	}
	if (!any)
		note(reading, row, "is empty");
}

static void
read_address(struct radius_profile_reading *reading, const struct radius_profile_row *row,
    const struct radius_attr *attr)
{
	static const uint8_t zero[4];
	char text[IP_STR_MAX];
	struct ip_addr addr;

	if (attr->len != 4 || ip_from_bytes(attr->value, attr->len, &addr) != ERR_OK)
		note(reading, row, "is not an IPv4 address");
	else if (memcmp(addr.bytes, zero, sizeof(zero)) != 0)
		list_add(reading, row, ip_str(&addr, text));
}

static void
read_banner(struct radius_profile_reading *reading, const struct radius_profile_row *row,
    const struct radius_attr *attr)
{
	(void)row;
	buf_put(&reading->banner, attr->value, attr->len);
}

/* Protocols that nobody can log in with here stand for each other: what counts is whether
 * ssl-client is among them. */
static void
read_protocols(struct radius_profile_reading *reading, const struct radius_profile_row *row,
    const struct radius_attr *attr)
{
	static const struct {
		uint32_t bits;
		const char *word;
	} protocols[] = {
	    {4, "ikev1"},
	    {64, "ikev2"},
	    {1 | 2 | 8, "l2tp-ipsec"},
	    {32, "ssl-client"},
	    {16, "ssl-clientless"},
	};
	uint32_t bits;

	if (!number_of(reading, row, attr, &bits))
		return;
	if (attr_find(reading, row->attribute) != NULL || bits == 0 || bits > 127) {
		note(reading, row, "has a value without a meaning");
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(protocols); i++)
		if ((bits & protocols[i].bits) != 0)
			list_add(reading, row, protocols[i].word);
}

/* RFC 2865 5.8: 255.255.255.254 and .255 leave the choice to us, or to the client. */
static void
read_framed4(struct radius_profile_reading *reading, const struct radius_profile_row *row,
    const struct radius_attr *attr)
{
	char text[2 * IP_STR_MAX], addr_text[IP_STR_MAX], mask_text[IP_STR_MAX];
	struct ip_addr addr, mask;
	struct radius_attr found;
	uint32_t number;
	uint8_t len = 32;

	if (!number_of(reading, row, attr, &number) || number >= 0xfffffffe || number == 0)
		return;
	if (ip_from_bytes(attr->value, attr->len, &addr) != ERR_OK)
		return;
	if (radius_find(reading->packet, 0, RADIUS_FRAMED_IP_NETMASK, &found) &&
	    (found.len != 4 || ip_from_bytes(found.value, found.len, &mask) != ERR_OK ||
		ip_mask_len(&mask, &len) != ERR_OK || len == 0)) {
		note(reading, row, "comes with a Framed-IP-Netmask that is none");
		len = 32;
	}
	snprintf(
	    text, sizeof(text), "%s %s", ip_str(&addr, addr_text), ip_mask_str(len, mask_text));
	value_set(reading, row, text);
}

/* Framed-IPv6-Prefix: a reserved byte, a length, and as many bytes as there are bits to tell (RFC
 * 3162 2.3). */
static bool
prefix6_of(const struct radius_attr *attr, struct ip_prefix *out)
{
	struct cur cur;

	*out = (struct ip_prefix){.addr.family = 6};
	cur_init(&cur, attr->value, attr->len);
	cur_skip(&cur, 1);
	out->len = cur_u8(&cur);
	if (cur.err != ERR_OK || out->len == 0 || out->len > 128 ||
	    cur.left < ((size_t)out->len + 7) / 8)
		return false;
	cur_copy(&cur, out->addr.bytes, sizeof(out->addr.bytes), cur.left);
	return cur.err == ERR_OK;
}

static void
framed6_set(struct radius_profile_reading *reading, const struct radius_profile_row *row,
    const struct ip_addr *addr, uint8_t len)
{
	char text[2 * IP_STR_MAX], addr_text[IP_STR_MAX];

	snprintf(text, sizeof(text), "%s/%u", ip_str(addr, addr_text), len);
	value_set(reading, row, text);
}

static void
read_framed6(struct radius_profile_reading *reading, const struct radius_profile_row *row,
    const struct radius_attr *attr)
{
	struct ip_prefix prefix;
	struct radius_attr found;
	struct ip_addr addr;
	uint8_t len = 128;

	if (attr->len != 16 || ip_from_bytes(attr->value, attr->len, &addr) != ERR_OK ||
	    addr.family != 6) {
		note(reading, row, "is not an IPv6 address");
		return;
	}
	if (radius_find(reading->packet, 0, RADIUS_FRAMED_IPV6_PREFIX, &found) &&
	    prefix6_of(&found, &prefix) && ip_in_prefix(&addr, &prefix))
		len = prefix.len;
	framed6_set(reading, row, &addr, len);
}

static void
read_prefix6(struct radius_profile_reading *reading, const struct radius_profile_row *row,
    const struct radius_attr *attr)
{
	struct radius_attr interface;
	struct ip_prefix prefix;

	if (radius_find(reading->packet, 0, RADIUS_FRAMED_IPV6_ADDRESS, &interface))
		return;
	if (!prefix6_of(attr, &prefix)) {
		note(reading, row, "is not an IPv6 prefix");
		return;
	}
	if (prefix.len <= 64 &&
	    radius_find(reading->packet, 0, RADIUS_FRAMED_INTERFACE_ID, &interface) &&
	    interface.len == 8) {
		memcpy(prefix.addr.bytes + 8, interface.value, 8);
	} else if (prefix.len != 128) {
		note(reading, row, "comes without a Framed-Interface-Id: it is not an address");
		return;
	}
	framed6_set(reading, row, &prefix.addr, prefix.len);
}

static void
read_idle(struct radius_profile_reading *reading, const struct radius_profile_row *row,
    const struct radius_attr *attr)
{
	if (reading->profile->idle_timeout == 0)
		(void)number_of(reading, row, attr, &reading->profile->idle_timeout);
}

static void
read_session(struct radius_profile_reading *reading, const struct radius_profile_row *row,
    const struct radius_attr *attr)
{
	if (reading->profile->session_timeout == 0)
		(void)number_of(reading, row, attr, &reading->profile->session_timeout);
}

static void
read_user_name(struct radius_profile_reading *reading, const struct radius_profile_row *row,
    const struct radius_attr *attr)
{
	char text[TEXT_SIZE];

	(void)row;
	radius_profile_text(attr, text);
	if (reading->profile->user_name[0] == '\0' && text[0] != '\0')
		text_set(reading, &reading->profile->user_name, text);
}

/* ---- the group policy ---- */

static void
policy_set(
    struct radius_profile_reading *reading, const struct radius_profile_row *row, const char *name)
{
	char origin[TEXT_SIZE];

	if (reading->profile->group_policy[0] != '\0' || name[0] == '\0')
		return;
	text_set(reading, &reading->profile->group_policy, name);
	text_set(reading, &reading->profile->group_policy_origin, origin_of(row, origin));
}

/* The name in "OU=GP" and "OU=GP;", cut in place; NULL: neither of them. */
static const char *
organisation_of(char *text)
{
	if (!str_istarts(text, "ou="))
		return NULL;
	text += 3;
	text[strcspn(text, ";")] = '\0';
	return text;
}

static void
read_policy(struct radius_profile_reading *reading, const struct radius_profile_row *row,
    const struct radius_attr *attr)
{
	char text[TEXT_SIZE];
	const char *name;

	radius_profile_text(attr, text);
	name = organisation_of(text);
	if (name == NULL)
		name = text;
	if (name[0] == '\0')
		note(reading, row, "is empty");
	policy_set(reading, row, name);
}

static void
read_class(struct radius_profile_reading *reading, const struct radius_profile_row *row,
    const struct radius_attr *attr)
{
	Ipc__AaaProfile *profile = reading->profile;
	ProtobufCBinaryData *grown =
	    realloc(profile->class_value, (profile->n_class_value + 1) * sizeof(*grown));
	char text[TEXT_SIZE];
	const char *name;
	uint8_t *copy = NULL;

	if (grown != NULL) {
		profile->class_value = grown;
		copy = malloc(attr->len > 0 ? attr->len : 1);
	}
	if (copy == NULL) {
		reading->err = ERR_NOMEM;
		return;
	}
	memcpy(copy, attr->value, attr->len);
	grown[profile->n_class_value++] = (ProtobufCBinaryData){attr->len, copy};
	radius_profile_text(attr, text);
	name = organisation_of(text);
	if (name != NULL)
		policy_set(reading, row, name);
}

/* Without "OU=" it is a server's own mark more often than a name: "CACS:0ac5df51...", or binary. */
static void
read_plain_class(struct radius_profile_reading *reading, const struct radius_profile_row *row,
    const struct radius_attr *attr)
{
	char text[TEXT_SIZE];
	size_t len;

	radius_profile_text(attr, text);
	len = strlen(text);
	if (len == 0 || len > NAME_MAX_LEN || len != attr->len ||
	    memcmp(text, attr->value, len) != 0 || strpbrk(text, ":=/") != NULL || text[0] == ' ' ||
	    text[len - 1] == ' ')
		return;
	policy_set(reading, row, text);
}

/* ---- av-pairs ---- */

/* The number before the "=", and what is behind it. A line that has none goes behind all others,
 * whole: it is no rule, so that there will be no session, rather than one without this line. */
static const char *
ace_split(const char *pair, uint64_t *number)
{
	const char *start = pair + sizeof(INACL) - 1;
	size_t len = strspn(start, "0123456789");
	char digits[24];

	*number = UINT64_MAX;
	if (len == 0 || start[len] != '=')
		return pair;
	if (str_copy_n(digits, sizeof(digits), start, len) != ERR_OK ||
	    str_to_u64(digits, 0, UINT64_MAX, number) != ERR_OK)
		*number = UINT64_MAX; /* as large as it gets */
	return start + len + 1;
}

static void
add_ace(struct radius_profile_reading *reading, const char *pair)
{
	Ipc__AaaProfile *profile = reading->profile;
	size_t at = profile->n_ace;
	uint64_t number;
	const char *text = ace_split(pair, &number);
	char *last;

	if (at == ACES_MAX) {
		reading->err = ERR_LIMIT;
		return;
	}
	reading->err = texts_add(&profile->ace, &profile->n_ace, text);
	if (reading->err != ERR_OK)
		return;
	last = profile->ace[at];
	for (; at > 0 && reading->ace_number[at - 1] > number; at--) {
		profile->ace[at] = profile->ace[at - 1];
		reading->ace_number[at] = reading->ace_number[at - 1];
	}
	profile->ace[at] = last;
	reading->ace_number[at] = number;
}

static void
read_avpair(struct radius_profile_reading *reading, const struct radius_profile_row *row,
    const struct radius_attr *attr)
{
	static const char defined[] = "ACS:CiscoSecure-Defined-ACL=";
	char text[TEXT_SIZE];

	radius_profile_text(attr, text);
	if (str_istarts(text, INACL)) {
		add_ace(reading, text);
	} else if (str_istarts(text, defined)) {
		if (text[sizeof(defined) - 1] == '\0')
			add_ace(reading, text); /* no rule either */
		else if (reading->profile->dacl[0] != '\0')
			note(reading, row, "names another ACL to download: it is not used");
		else
			text_set(reading, &reading->profile->dacl, text + sizeof(defined) - 1);
	} else if (str_istarts(text, "url-redirect") || str_istarts(text, "ip:outacl") ||
		   str_istarts(text, "ipv6:")) {
		char what[TEXT_SIZE + 32];

		text[strcspn(text, "=")] = '\0';
		snprintf(what, sizeof(what), "%s is not applied", text);
		note(reading, row, what);
	}
}

/* ---- the table ---- */

static const char *const booleans[] = {"false", "true", NULL};
static const char *const split_policies[] = {
    "tunnelall", "tunnelspecified", "excludespecified", NULL};
static const char *const proxy_methods[] = {
    "", "no-modify", "no-proxy", "auto-detect", "use-server", NULL};
static const char *const rekey_methods[] = {"none", "ssl", "new-tunnel", NULL};

#define ASA RADIUS_VENDOR_ALTIGA

const struct radius_profile_row radius_profile_rows[] = {
    {0, RADIUS_USER_NAME, "User-Name", read_user_name, NULL, NULL},
    {ASA, 25, "Group-Policy", read_policy, NULL, NULL},
    {0, RADIUS_CLASS, "Class", read_class, NULL, NULL},
    {0, RADIUS_CLASS, "Class", read_plain_class, NULL, NULL},
    {0, RADIUS_IDLE_TIMEOUT, "Idle-Timeout", read_idle, NULL, NULL},
    {0, RADIUS_SESSION_TIMEOUT, "Session-Timeout", read_session, NULL, NULL},
    {0, RADIUS_FRAMED_IP_ADDRESS, "Framed-IP-Address", read_framed4, "vpn-framed-ip-address", NULL},
    {0, RADIUS_FRAMED_IPV6_ADDRESS, "Framed-IPv6-Address", read_framed6, "vpn-framed-ipv6-address",
	NULL},
    {0, RADIUS_FRAMED_IPV6_PREFIX, "Framed-IPv6-Prefix", read_prefix6, "vpn-framed-ipv6-address",
	NULL},
    {ASA, 1, "Access-Hours", read_text, "vpn-access-hours", NULL},
    {ASA, 2, "Simultaneous-Logins", read_number, "vpn-simultaneous-logins", NULL},
    {ASA, 5, "Primary-DNS", read_address, "dns-server", NULL},
    {ASA, 6, "Secondary-DNS", read_address, "dns-server", NULL},
    {ASA, 7, "Primary-WINS", read_address, "wins-server", NULL},
    {ASA, 8, "Secondary-WINS", read_address, "wins-server", NULL},
    {ASA, 11, "Tunneling-Protocols", read_protocols, "vpn-tunnel-protocol", NULL},
    {ASA, 15, "Banner1", read_banner, "banner", NULL},
    {ASA, 36, "Banner2", read_banner, "banner", NULL},
    {ASA, 27, "IPsec-Split-Tunnel-List", read_text, "split-tunnel-network-list", NULL},
    {ASA, 28, "IPsec-Default-Domain", read_text, "default-domain", NULL},
    {ASA, 29, "IPsec-Split-DNS-Names", read_names, "split-dns", NULL},
    {ASA, 50, "Authenticated-User-Idle-Timeout", read_number, "vpn-idle-timeout", NULL},
    {ASA, 55, "IPsec-Split-Tunneling-Policy", read_word, "split-tunnel-policy", split_policies},
    {ASA, 80, "IE-Proxy-Server", read_text, "msie-proxy-server", NULL},
    {ASA, 81, "IE-Proxy-Server-Policy", read_word, "msie-proxy-method", proxy_methods},
    {ASA, 82, "IE-Proxy-Exception-List", read_names, "msie-proxy-except-list", NULL},
    {ASA, 83, "IE-Proxy-Bypass-Local", read_word, "msie-proxy-local-bypass", booleans},
    {ASA, 133, "IE-Proxy-PAC-URL", read_text, "msie-proxy-pac-url", NULL},
    {ASA, 85, "Tunnel-Group-Lock", read_text, "group-lock", NULL},
    {ASA, 86, "Access-List-Inbound", read_text, "vpn-filter", NULL},
    {0, RADIUS_FILTER_ID, "Filter-Id", read_text, "vpn-filter", NULL},
    {ASA, 219, "IPv6-VPN-Filter", read_text, "ipv6-vpn-filter", NULL},
    {ASA, 107, "SVC-Keepalive", read_interval, "anyconnect-ssl-keepalive", NULL},
    {ASA, 108, "SVC-DPD-Interval-Client", read_interval, "anyconnect-dpd-interval-client", NULL},
    {ASA, 109, "SVC-DPD-Interval-Gateway", read_interval, "anyconnect-dpd-interval-gateway", NULL},
    {ASA, 110, "SVC-Rekey-Time", read_interval, "anyconnect-ssl-rekey-time", NULL},
    {ASA, 111, "SVC-Rekey-Method", read_word, "anyconnect-ssl-rekey-method", rekey_methods},
    {ASA, 123, "SVC-DTLS", read_word, "anyconnect-ssl-dtls", booleans},
    {ASA, 125, "SVC-MTU", read_number, "anyconnect-mtu", NULL},
    {ASA, 148, "Idle-Timeout-Alert-Interval", read_interval, "vpn-idle-timeout-alert-interval",
	NULL},
    {ASA, 149, "Session-Timeout-Alert-Interval", read_interval,
	"vpn-session-timeout-alert-interval", NULL},
    {ASA, 217, "Address-Pools", read_names, "address-pools", NULL},
    {ASA, 218, "IPv6-Address-Pools", read_names, "ipv6-address-pools", NULL},
    {ASA, 225, "Smart-Card-Removal-Disconnect", read_word, "smartcard-removal-disconnect",
	booleans},
    {RADIUS_VENDOR_CISCO, 1, "cisco-av-pair", read_avpair, NULL, NULL},
    {0, 0, NULL, NULL, NULL, NULL},
};

/* Both pieces, then made printable: a character may have been cut in two between them. */
void
radius_profile_rows_end(struct radius_profile_reading *reading)
{
	const struct radius_profile_row *row = radius_profile_rows;
	char text[BANNER_SIZE];

	while (row->read != read_banner)
		row++;
	if (reading->banner.len == 0)
		return;
	radius_profile_lines(&reading->banner, text, sizeof(text));
	value_set(reading, row, text);
}
