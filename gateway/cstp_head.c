/* SPDX-License-Identifier: Apache-2.0 */
/* Headers of CONNECT: tables for what is simply a value, functions for what is a list. */
#include "gateway/cstp_head.h"

#include <stddef.h>
#include <string.h>

#include "common/ip.h"
#include "common/str.h"
#include "gateway/xml_reply.h"

#define LINK_MTU_DEFAULT 1500
#define LINK_MTU_MAX 65535
#define LINK_MIN_IPV4                                                                              \
	800 /* what clients say below that is an error of theirs (protocol.md 4.4)                 \
	     */
#define LINK_MIN_IPV6 1280
#define HEAD_IPV4 20
#define HEAD_IPV6 40
#define HEAD_TCP_MAX 32 /* with time stamps */
#define HEAD_UDP 8
#define REKEY_NEVER 31536000u /* a year in seconds; 2^31 is too much for some clients */
#define LINE_MAX_LEN 65000    /* some clients take no longer header (protocol.md 4.2) */

/* ---- the request ---- */

static unsigned
number_or_zero(const struct http_request *request, const char *name)
{
	const char *value = http_header(request, name);
	uint64_t number;

	if (value == NULL || str_to_u64(value, 1, LINK_MTU_MAX, &number) != ERR_OK)
		return 0;
	return (unsigned)number;
}

static void
read_families(const struct http_request *request, struct cstp_request *out)
{
	const char *types = http_header(request, "X-CSTP-Address-Type");
	const char *full = http_header(request, "X-CSTP-Full-IPv6-Capability");

	out->want_ipv4 = types == NULL || http_list_has(types, ',', "IPv4");
	out->want_ipv6 = full != NULL && str_ieq(full, "true") &&
			 (types == NULL || http_list_has(types, ',', "IPv6"));
	if (!out->want_ipv4 && !out->want_ipv6)
		out->want_ipv4 = true;
	out->again = http_header(request, "X-CSTP-Address") != NULL;
}

enum err
cstp_head_read(const struct http_request *request, struct cstp_request *out)
{
	const char *hostname = http_header(request, "X-CSTP-Hostname");
	const char *license = http_header(request, "X-CSTP-License");

	*out = (struct cstp_request){0};
	if (http_cookie(request, "webvpn", out->token, sizeof(out->token)) != ERR_OK ||
	    out->token[0] == '\0')
		return ERR_NOTFOUND;
	if (hostname != NULL)
		str_printable(out->hostname, sizeof(out->hostname), hostname);
	read_families(request, out);
	out->mobile = (license != NULL && str_ieq(license, "mobile")) ||
		      http_header(request, "X-AnyConnect-Identifier-Platform") != NULL;
	dtls_offer_read(request, &out->dtls);
	out->base_mtu = number_or_zero(request, "X-CSTP-Base-MTU");
	out->mtu = number_or_zero(request, "X-CSTP-MTU");
	return ERR_OK;
}

/* ---- the MTU ---- */

static unsigned
lower(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

unsigned
cstp_head_mtu(const struct cstp_request *request, const struct dtls_suite *suite, unsigned family,
    unsigned mss, unsigned policy_mtu, unsigned tun_mtu, unsigned *link_mtu)
{
	unsigned head = family == 4 ? HEAD_IPV4 : HEAD_IPV6;
	unsigned sane = family == 4 ? LINK_MIN_IPV4 : LINK_MIN_IPV6;
	unsigned link = request->base_mtu >= sane ? request->base_mtu : LINK_MTU_DEFAULT;
	unsigned mtu;

	/* The connection's segments bound the path: a client may not know of a narrow link in the
	 * middle. */
	if (mss > 0 && mss + head + HEAD_TCP_MAX >= sane)
		link = lower(link, mss + head + HEAD_TCP_MAX);
	mtu = lower(dtls_offer_mtu(suite, link - head - HEAD_UDP), tun_mtu);
	if (policy_mtu > 0)
		mtu = lower(mtu, policy_mtu);
	/* A client that comes back over IPv6 may have set its device up over IPv4, for packets that
	 * are larger by the difference of the heads, and lets it be. */
	if (request->mtu >= sane && request->again && family == 6)
		mtu = lower(mtu, request->mtu + HEAD_IPV6 - HEAD_IPV4);
	else if (request->mtu >= sane)
		mtu = lower(mtu, request->mtu);
	*link_mtu = link;
	return mtu;
}

/* ---- the answer ---- */

/* A value as it may stand in a header line: whatever could end the line is left out, whoever wrote
 * it. */
static void
put_text(struct buf *out, const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text >= 0x20 && *text != 0x7f)
			buf_put_u8(out, (uint8_t)*text);
}

static void
put_header(struct buf *out, const char *name, const char *value)
{
	buf_puts(out, name);
	buf_puts(out, ": ");
	put_text(out, value);
	buf_puts(out, "\r\n");
}

static void
put_headers(struct buf *out, const char *name, char *const *values, size_t len)
{
	for (size_t i = 0; i < len; i++)
		put_header(out, name, values[i]);
}

static void
put_bool(struct buf *out, const char *name, bool value)
{
	put_header(out, name, value ? "true" : "false");
}

/* name4 or name6 by the family of each; NULL: that family has no such header. */
static void
put_addresses(struct buf *out, const char *name4, const char *name6,
    const ProtobufCBinaryData *list, size_t len)
{
	char text[IP_STR_MAX];
	struct ip_addr addr;

	for (size_t i = 0; i < len; i++) {
		const char *name;

		if (ip_from_bytes(list[i].data, list[i].len, &addr) != ERR_OK)
			continue;
		name = addr.family == 4 ? name4 : name6;
		if (name != NULL)
			put_header(out, name, ip_str(&addr, text));
	}
}

/* Numbers of the policy. Zero is left out, or has a word of its own. */
static const struct number_row {
	const char *name;
	size_t offset;
	const char *zero;
} number_rows[] = {
    {"X-CSTP-DPD", offsetof(Ipc__TunnelPolicy, dpd_client), NULL},
    {"X-CSTP-Keepalive", offsetof(Ipc__TunnelPolicy, keepalive), NULL},
    {"X-CSTP-Idle-Timeout", offsetof(Ipc__TunnelPolicy, idle_timeout), "none"},
    {"X-CSTP-Session-Timeout", offsetof(Ipc__TunnelPolicy, session_timeout), "none"},
    {"X-CSTP-Session-Timeout-Remaining", offsetof(Ipc__TunnelPolicy, session_remaining), "none"},
    {"X-CSTP-Session-Timeout-Alert-Interval", offsetof(Ipc__TunnelPolicy, alert_interval), NULL},
    /* Named after the one above: no record of an ASA that sends it was found. */
    {"X-CSTP-Idle-Timeout-Alert-Interval", offsetof(Ipc__TunnelPolicy, idle_alert_interval), NULL},
    {"X-CSTP-Disconnected-Timeout", offsetof(Ipc__TunnelPolicy, disconnected_timeout), "none"},
};

static const struct number_row dtls_rows[] = {
    {"X-DTLS-DPD", offsetof(Ipc__TunnelPolicy, dpd_client), NULL},
    {"X-DTLS-Keepalive", offsetof(Ipc__TunnelPolicy, keepalive), NULL},
};

static void
put_numbers(
    struct buf *out, const Ipc__TunnelPolicy *policy, const struct number_row *rows, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		uint32_t value;

		memcpy(&value, (const char *)policy + rows[i].offset, sizeof(value));
		if (value > 0)
			buf_printf(out, "%s: %u\r\n", rows[i].name, value);
		else if (rows[i].zero != NULL)
			put_header(out, rows[i].name, rows[i].zero);
	}
}

/* Clients decode %XX; everything but plain text is coded, line ends included. */
static void
put_banner(struct buf *out, const char *banner)
{
	static const char digits[] = "0123456789ABCDEF";

	if (*banner == '\0')
		return;
	buf_puts(out, "X-CSTP-Banner: ");
	for (; *banner != '\0'; banner++) {
		uint8_t c = (uint8_t)*banner;

		if (c > 0x20 && c < 0x7f && c != '%') {
			buf_put_u8(out, c);
			continue;
		}
		buf_put_u8(out, '%');
		buf_put_u8(out, (uint8_t)digits[c >> 4]);
		buf_put_u8(out, (uint8_t)digits[c & 15]);
	}
	buf_puts(out, "\r\n");
}

static void
put_own_addresses(struct buf *out, const Ipc__SessionOpened *opened)
{
	char text[IP_STR_MAX];
	struct ip_addr addr;

	put_addresses(out, "X-CSTP-Address", NULL, &opened->ipv4, opened->ipv4.len > 0);
	put_addresses(out, "X-CSTP-Netmask", NULL, &opened->ipv4_mask, opened->ipv4_mask.len > 0);
	if (ip_from_bytes(opened->ipv6.data, opened->ipv6.len, &addr) == ERR_OK && addr.family == 6)
		buf_printf(
		    out, "X-CSTP-Address-IP6: %s/%u\r\n", ip_str(&addr, text), opened->ipv6_prefix);
}

static void
put_networks(struct buf *out, const Ipc__TunnelPolicy *policy)
{
	put_addresses(out, "X-CSTP-DNS", "X-CSTP-DNS-IP6", policy->dns, policy->n_dns);
	put_addresses(out, "X-CSTP-NBNS", NULL, policy->wins, policy->n_wins);
	if (*policy->default_domain != '\0')
		put_header(out, "X-CSTP-Default-Domain", policy->default_domain);
	put_headers(out, "X-CSTP-Split-DNS", policy->split_dns, policy->n_split_dns);
	put_headers(out, "X-CSTP-Split-Include", policy->split_include, policy->n_split_include);
	put_headers(out, "X-CSTP-Split-Exclude", policy->split_exclude, policy->n_split_exclude);
	put_headers(
	    out, "X-CSTP-Split-Include-IP6", policy->split_include6, policy->n_split_include6);
	put_headers(
	    out, "X-CSTP-Split-Exclude-IP6", policy->split_exclude6, policy->n_split_exclude6);
	put_bool(out, "X-CSTP-Tunnel-All-DNS", policy->tunnel_all_dns);
	put_bool(out, "X-CSTP-Client-Bypass-Protocol", policy->client_bypass_protocol);
}

/*
 * Settings of the browser's proxy. Lockdown and PAC-URL are as an ASA writes them; no public record
 * shows the others, which are named after the ASA's commands.
 */
static void
put_proxy(struct buf *out, const Ipc__TunnelPolicy *policy)
{
	const char *method = policy->msie_proxy_method;

	put_bool(out, "X-CSTP-MSIE-Proxy-Lockdown", policy->msie_proxy_lockdown);
	if (*method == '\0' || strcmp(method, "no-modify") == 0)
		return;
	put_header(out, "X-CSTP-MSIE-Proxy-Method", method);
	if (strcmp(method, "use-pac-url") == 0 && *policy->msie_proxy_pac_url != '\0')
		put_header(out, "X-CSTP-MSIE-Proxy-PAC-URL", policy->msie_proxy_pac_url);
	if (strcmp(method, "use-server") != 0 || *policy->msie_proxy_server == '\0')
		return;
	put_header(out, "X-CSTP-MSIE-Proxy-Server", policy->msie_proxy_server);
	put_headers(out, "X-CSTP-MSIE-Proxy-Exception", policy->msie_proxy_except,
	    policy->n_msie_proxy_except);
	put_bool(out, "X-CSTP-MSIE-Proxy-Bypass-Local", policy->msie_proxy_local_bypass);
}

/* Our name, under which a client that roams looks for us again. */
static void
put_name(struct buf *out, const Ipc__TunnelPolicy *policy)
{
	if (*policy->gateway_fqdn == '\0')
		return;
	put_header(out, "X-CSTP-Hostname", policy->gateway_fqdn);
	put_bool(out, "X-CSTP-DynDNS", true);
}

/* Custom attributes once more: a client that reconnects has seen no complete message. Phones have
 * no use for them (protocol.md 4.3). */
static void
put_post_auth(struct buf *out, const Ipc__TunnelPolicy *policy, const struct cstp_answer *answer)
{
	struct buf xml;

	if (policy->n_custom_attr == 0 || answer->mobile)
		return;
	buf_init(&xml, LINE_MAX_LEN);
	if (xml_reply_post_auth(policy->custom_attr, policy->n_custom_attr, &xml) == ERR_OK)
		put_header(out, "X-CSTP-Post-Auth-XML", buf_cstr(&xml));
	buf_fini(&xml);
}

/*
 * Before TLS 1.3 "ssl" would be renegotiation, which is never done: those clients build a new
 * tunnel. With TLS 1.3 some refuse a connection whose keys are not renewed (protocol.md 6.4): they
 * hear of a time that none lives to see. For DTLS nothing is said: a new tunnel renews its keys,
 * too.
 */
static void
put_rekey(struct buf *out, const Ipc__TunnelPolicy *policy, bool can_rekey)
{
	bool wanted = policy->rekey_time > 0 && *policy->rekey_method != '\0';

	if (!wanted && !can_rekey)
		return;
	buf_printf(out, "X-CSTP-Rekey-Time: %u\r\n", wanted ? policy->rekey_time : REKEY_NEVER);
	if (!wanted)
		put_header(out, "X-CSTP-Rekey-Method", "ssl");
	else if (strcmp(policy->rekey_method, "ssl") == 0 && !can_rekey)
		put_header(out, "X-CSTP-Rekey-Method", "new-tunnel");
	else
		put_header(out, "X-CSTP-Rekey-Method", policy->rekey_method);
}

static void
put_dtls(struct buf *out, const Ipc__TunnelPolicy *policy, const struct cstp_answer *answer)
{
	const struct dtls_suite *suite = answer->dtls_suite;

	put_header(out, suite != NULL ? "X-DTLS-Session-ID" : "X-DTLS-App-ID", answer->app_id);
	buf_printf(out, "X-DTLS-Port: %u\r\n", answer->dtls_port);
	if (suite != NULL)
		put_header(out, suite->header, suite->word);
	else
		put_header(out, "X-DTLS-CipherSuite", "PSK-NEGOTIATE");
	buf_printf(out, "X-DTLS-MTU: %u\r\n", answer->mtu);
	put_numbers(out, policy, dtls_rows, ARRAY_LEN(dtls_rows));
}

void
cstp_head_write(struct buf *out, const Ipc__SessionOpened *opened, const struct cstp_answer *answer)
{
	const Ipc__TunnelPolicy *policy = opened->policy;

	buf_puts(out, "HTTP/1.1 200 CONNECTED\r\n");
	put_header(out, "X-CSTP-Version", "1");
	put_own_addresses(out, opened);
	put_networks(out, policy);
	buf_printf(out, "X-CSTP-MTU: %u\r\n", answer->mtu);
	buf_printf(out, "X-CSTP-Base-MTU: %u\r\n", answer->link_mtu);
	put_numbers(out, policy, number_rows, ARRAY_LEN(number_rows));
	put_rekey(out, policy, answer->can_rekey);
	put_bool(out, "X-CSTP-Keep", true);
	put_bool(out, "X-CSTP-TCP-Keepalive", true);
	put_bool(out, "X-CSTP-Smartcard-Removal-Disconnect", policy->smartcard_removal_disconnect);
	put_bool(out, "X-CSTP-Routing-Filtering-Ignore", policy->routing_filtering_ignore);
	put_bool(out, "X-CSTP-Disable-Always-On-VPN", policy->disable_always_on);
	put_proxy(out, policy);
	put_name(out, policy);
	put_header(out, "X-CSTP-License", "accept");
	put_banner(out, policy->banner);
	put_post_auth(out, policy, answer);
	if (answer->dtls)
		put_dtls(out, policy, answer);
	buf_puts(out, "\r\n");
}

void
cstp_head_reason(struct buf *out, const char *reason)
{
	put_header(out, "X-Reason", reason);
}
