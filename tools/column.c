/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ASA's session layout. A line holds one or two pairs: label in 13 columns, colon, value; the
 * second pair begins 23 columns after the first value. A pair that does not fit beside its
 * neighbour gets a line of its own, and one without a value is left out.
 */
#include "tools/column.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/ip.h"
#include "common/str.h"
#include "conf/value_text.h"

#define LABEL_WIDTH 13
#define VALUE_WIDTH 23
#define TEXT_MAX 256
#define INDENT 2 /* of a tunnel's lines */

/* A pair to print. value may be empty. */
struct pair {
	const char *label;
	const char *value;
};

/* Characters, not bytes: names may be UTF-8. */
static int
width(const char *text)
{
	uint32_t code;
	int n = 0;

	for (size_t len; *text != '\0'; text += len, n++) {
		len = str_utf8(text, &code);
		if (len == 0)
			len = 1;
	}
	return n;
}

static void
put_line(struct buf *out, int indent, struct pair pair)
{
	if (pair.value[0] != '\0')
		buf_printf(out, "%*s%-*s: %s\n", indent, "", LABEL_WIDTH, pair.label, pair.value);
}

static void
put_pairs(struct buf *out, int indent, struct pair left, struct pair right)
{
	int pad = VALUE_WIDTH - width(left.value);

	if (left.value[0] == '\0' || right.value[0] == '\0' || pad < 1) {
		put_line(out, indent, left);
		put_line(out, indent, right);
		return;
	}
	buf_printf(out, "%*s%-*s: %s%*s%-*s: %s\n", indent, "", LABEL_WIDTH, left.label, left.value,
	    pad, "", LABEL_WIDTH, right.label, right.value);
}

/* Two counters on a line. */
static void
put_counts(struct buf *out, int indent, const char *left, uint64_t a, const char *right, uint64_t b)
{
	char x[24], y[24];

	snprintf(x, sizeof(x), "%" PRIu64, a);
	snprintf(y, sizeof(y), "%" PRIu64, b);
	put_pairs(out, indent, (struct pair){left, x}, (struct pair){right, y});
}

/* A text from outside, fit for a terminal. */
struct text {
	char s[TEXT_MAX];
};

static struct text
clean(const char *from)
{
	struct text text;

	str_printable(text.s, sizeof(text.s), from);
	return text;
}

/* Text of an address; empty if there is none. */
static struct text
address(const ProtobufCBinaryData *bytes)
{
	struct text text = {""};
	struct ip_addr addr;

	if (ip_from_bytes(bytes->data, bytes->len, &addr) == ERR_OK)
		ip_str(&addr, text.s);
	return text;
}

static struct text
number(uint64_t n)
{
	struct text text;

	snprintf(text.s, sizeof(text.s), "%" PRIu64, n);
	return text;
}

static struct text
duration(uint64_t seconds)
{
	struct text text;

	str_duration(text.s, sizeof(text.s), seconds);
	return text;
}

/* What OpenSSL's cipher names contain; the first row that matches and has the word wins. */
static const struct {
	const char *part;
	const char *encryption;
	const char *hashing;
} cipher_parts[] = {
    {"AES_256_GCM", "AES-GCM-256", NULL},
    {"AES_128_GCM", "AES-GCM-128", NULL},
    {"AES256-GCM", "AES-GCM-256", NULL},
    {"AES128-GCM", "AES-GCM-128", NULL},
    {"AES_128_CCM", "AES-CCM-128", NULL},
    {"AES256-CCM", "AES-CCM-256", NULL},
    {"AES128-CCM", "AES-CCM-128", NULL},
    {"CHACHA20", "CHACHA20-POLY1305", NULL},
    {"AES256", "AES256", NULL},
    {"AES128", "AES128", NULL},
    {"DES-CBC3", "3DES", NULL},
    {"SHA512", NULL, "SHA512"},
    {"SHA384", NULL, "SHA384"},
    {"SHA256", NULL, "SHA256"},
    {"SHA", NULL, "SHA1"},
    /* TLS 1.2 names without a hash: the one that the key derivation uses. */
    {"POLY1305", NULL, "SHA256"},
    {"CCM", NULL, "SHA256"},
};

const char *
column_encryption(const char *cipher)
{
	for (size_t i = 0; i < ARRAY_LEN(cipher_parts); i++)
		if (cipher_parts[i].encryption != NULL && strstr(cipher, cipher_parts[i].part))
			return cipher_parts[i].encryption;
	return cipher[0] != '\0' ? cipher : "none";
}

const char *
column_hashing(const char *cipher)
{
	for (size_t i = 0; i < ARRAY_LEN(cipher_parts); i++)
		if (cipher_parts[i].hashing != NULL && strstr(cipher, cipher_parts[i].part))
			return cipher_parts[i].hashing;
	return cipher[0] != '\0' ? cipher : "none";
}

/* The two kinds of tunnel beside the parent. */
struct kind {
	Ipc__Channel channel;
	const char *name;
	const char *client_type;
	const char *src_port;
	const char *dst_port;
};

static const struct kind kinds[] = {
    {IPC__CHANNEL__CHANNEL_TLS, "SSL-Tunnel", "SSL VPN Client", "TCP Src Port", "TCP Dst Port"},
    {IPC__CHANNEL__CHANNEL_DTLS, "DTLS-Tunnel", "DTLS VPN Client", "UDP Src Port", "UDP Dst Port"},
};

/* The n-th tunnel of a kind that is up; NULL: there are fewer. */
static const Ipc__CtlTunnel *
tunnel_find(const Ipc__CtlSession *session, const struct kind *kind, size_t n)
{
	for (size_t i = 0; i < session->n_tunnel; i++) {
		const Ipc__CtlTunnel *tunnel = session->tunnel[i];

		if (tunnel->channel == kind->channel && tunnel->up && n-- == 0)
			return tunnel;
	}
	return NULL;
}

static size_t
tunnel_count(const Ipc__CtlSession *session, const struct kind *kind)
{
	size_t n = 0;

	while (tunnel_find(session, kind, n) != NULL)
		n++;
	return n;
}

/* "AnyConnect-Parent SSL-Tunnel DTLS-Tunnel": what is up. */
static void
put_protocol(struct buf *out, const Ipc__CtlSession *session)
{
	buf_printf(out, "%-*s: AnyConnect-Parent", LABEL_WIDTH, "Protocol");
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (tunnel_count(session, &kinds[i]) > 0)
			buf_printf(out, " %s", kinds[i].name);
	buf_puts(out, "\n");
}

/* "AnyConnect-Parent: (1)none  SSL-Tunnel: (1)AES-GCM-256": a word for each tunnel's cipher. */
static void
put_cipher_words(struct buf *out, const char *label, const Ipc__CtlSession *session,
    const char *(*word)(const char *cipher))
{
	buf_printf(out, "%-*s: AnyConnect-Parent: (1)none", LABEL_WIDTH, label);
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		const Ipc__CtlTunnel *first = tunnel_find(session, &kinds[i], 0);

		if (first != NULL)
			buf_printf(out, "  %s: (%zu)%s", kinds[i].name,
			    tunnel_count(session, &kinds[i]), clean(word(first->cipher)).s);
	}
	buf_puts(out, "\n");
}

/* Bytes, and in the detailed view packets and drops. Tx is towards the client. */
static void
put_stats(struct buf *out, int indent, const Ipc__ChannelStats *stats, bool packets)
{
	static const Ipc__ChannelStats none = IPC__CHANNEL_STATS__INIT;

	if (stats == NULL)
		stats = &none;
	put_counts(out, indent, "Bytes Tx", stats->tx_bytes, "Bytes Rx", stats->rx_bytes);
	if (!packets)
		return;
	put_counts(out, indent, "Pkts Tx", stats->tx_packets, "Pkts Rx", stats->rx_packets);
	put_counts(out, indent, "Pkts Tx Drop", stats->tx_drops, "Pkts Rx Drop", stats->rx_drops);
}

/* "10:14:19 EDT Wed Mar 25 2020" */
static struct text
login_time(int64_t seconds)
{
	time_t when = (time_t)seconds;
	struct text text = {""};
	struct tm tm;

	if (localtime_r(&when, &tm) != NULL)
		strftime(text.s, sizeof(text.s), "%H:%M:%S %Z %a %b %-d %Y", &tm);
	return text;
}

static void
put_summary(struct buf *out, const Ipc__CtlSession *session, bool detail)
{
	put_pairs(out, 0, (struct pair){"Username", clean(session->username).s},
	    (struct pair){"Index", number(session->index).s});
	put_pairs(out, 0, (struct pair){"Assigned IP", address(&session->ipv4).s},
	    (struct pair){"Public IP", address(&session->public_ip).s});
	put_line(out, 0, (struct pair){"Assigned IPv6", address(&session->ipv6).s});
	put_protocol(out, session);
	put_line(out, 0, (struct pair){"License", "AnyConnect Premium"});
	put_cipher_words(out, "Encryption", session, column_encryption);
	put_cipher_words(out, "Hashing", session, column_hashing);
	put_stats(out, 0, session->total, detail);
	put_pairs(out, 0, (struct pair){"Group Policy", clean(session->group_policy).s},
	    (struct pair){"Tunnel Group", clean(session->tunnel_group).s});
	put_line(out, 0, (struct pair){"Login Time", login_time(session->login_time).s});
	put_line(out, 0, (struct pair){"Duration", duration(session->duration).s});
	put_line(out, 0, (struct pair){"Inactivity", duration(session->inactivity).s});
	put_pairs(out, 0, (struct pair){"VLAN Mapping", "N/A"}, (struct pair){"VLAN", "none"});
	put_line(out, 0, (struct pair){"Audt Sess ID", clean(session->audit_session_id).s});
	put_line(out, 0, (struct pair){"Security Grp", "none"});
}

/* A limit and what is left of it, in minutes; nothing when there is none. */
static void
put_timeout(
    struct buf *out, const char *label, uint32_t limit, const char *left_label, uint32_t left)
{
	char a[32], b[32];

	if (limit == 0)
		return;
	snprintf(a, sizeof(a), "%u Minutes", limit / 60);
	snprintf(b, sizeof(b), "%u Minutes", left / 60);
	put_pairs(out, INDENT, (struct pair){label, a}, (struct pair){left_label, b});
}

static void
put_timeouts(struct buf *out, const Ipc__CtlSession *session)
{
	put_timeout(
	    out, "Conn Time Out", session->session_timeout, "Conn TO Left", session->session_left);
	put_timeout(
	    out, "Idle Time Out", session->idle_timeout, "Idle TO Left", session->idle_left);
}

/* The agent, and the version unless the agent tells it itself. */
static struct text
client_version(const Ipc__CtlSession *session)
{
	bool told = strstr(session->client_agent, session->client_version) != NULL;
	struct text text = {""};
	struct buf buf;

	buf_init(&buf, 2UL * TEXT_MAX);
	buf_puts(&buf, clean(session->client_agent).s);
	if (!told)
		buf_printf(&buf, "%s%s", buf.len > 0 ? " " : "", clean(session->client_version).s);
	str_printable(text.s, sizeof(text.s), buf_cstr(&buf));
	buf_fini(&buf);
	return text;
}

static void
put_parent(struct buf *out, const Ipc__CtlSession *session)
{
	char id[32], src[16], dst[16];

	snprintf(id, sizeof(id), "%u.%u", session->index, session->parent_id);
	snprintf(src, sizeof(src), "%u", session->parent_client_port);
	snprintf(dst, sizeof(dst), "%u", session->parent_server_port);
	buf_puts(out, "\nAnyConnect-Parent:\n");
	put_line(out, INDENT, (struct pair){"Tunnel ID", id});
	put_line(out, INDENT, (struct pair){"Public IP", address(&session->public_ip).s});
	put_pairs(
	    out, INDENT, (struct pair){"Encryption", "none"}, (struct pair){"Hashing", "none"});
	put_pairs(
	    out, INDENT, (struct pair){"TCP Src Port", src}, (struct pair){"TCP Dst Port", dst});
	put_line(out, INDENT, (struct pair){"Auth Mode", clean(session->auth_mode).s});
	put_timeouts(out, session);
	put_line(out, INDENT, (struct pair){"Client OS", clean(session->client_os).s});
	put_line(out, INDENT, (struct pair){"Client OS Ver", clean(session->client_os_version).s});
	put_line(out, INDENT, (struct pair){"Client Type", "AnyConnect"});
	put_line(out, INDENT, (struct pair){"Client Ver", client_version(session).s});
	/* The parent is the login: it carries no packets. */
	put_stats(out, INDENT, NULL, true);
}

/* The device-id word as the tunnels' lines write it. */
static const char *
os_name(const char *device_os)
{
	return strcmp(device_os, "win") == 0 ? "Windows" : device_os;
}

/* One line when one list serves both families. */
static void
put_filters(struct buf *out, const Ipc__CtlSession *session)
{
	put_line(out, INDENT, (struct pair){"Filter Name", clean(session->filter_name).s});
	if (strcmp(session->ipv6_filter_name, session->filter_name) != 0)
		put_line(
		    out, INDENT, (struct pair){"IPv6 Filter", clean(session->ipv6_filter_name).s});
}

static void
put_tunnel(struct buf *out, const Ipc__CtlSession *session, const struct kind *kind,
    const Ipc__CtlTunnel *tunnel)
{
	const ProtobufCBinaryData *public_ip =
	    tunnel->client_ip.len > 0 ? &tunnel->client_ip : &session->public_ip;
	char id[32], src[16], dst[16];

	snprintf(id, sizeof(id), "%u.%u", session->index, tunnel->id);
	snprintf(src, sizeof(src), "%u", tunnel->client_port);
	snprintf(dst, sizeof(dst), "%u", tunnel->server_port);
	buf_printf(out, "\n%s:\n", kind->name);
	put_line(out, INDENT, (struct pair){"Tunnel ID", id});
	put_pairs(out, INDENT, (struct pair){"Assigned IP", address(&session->ipv4).s},
	    (struct pair){"Public IP", address(public_ip).s});
	put_line(out, INDENT, (struct pair){"Assigned IPv6", address(&session->ipv6).s});
	put_pairs(out, INDENT,
	    (struct pair){"Encryption", clean(column_encryption(tunnel->cipher)).s},
	    (struct pair){"Hashing", clean(column_hashing(tunnel->cipher)).s});
	put_line(out, INDENT, (struct pair){"Ciphersuite", clean(tunnel->cipher).s});
	put_pairs(out, INDENT, (struct pair){"Encapsulation", clean(tunnel->version).s},
	    (struct pair){kind->src_port, src});
	put_pairs(out, INDENT, (struct pair){kind->dst_port, dst},
	    (struct pair){"Auth Mode", clean(session->auth_mode).s});
	put_timeouts(out, session);
	put_line(out, INDENT, (struct pair){"Client OS", clean(os_name(session->client_os)).s});
	put_line(out, INDENT, (struct pair){"Client Type", kind->client_type});
	put_line(out, INDENT, (struct pair){"Client Ver", client_version(session).s});
	put_stats(out, INDENT, tunnel->stats, true);
	put_filters(out, session);
}

static void
put_tunnels(struct buf *out, const Ipc__CtlSession *session)
{
	buf_puts(out, "\nAnyConnect-Parent Tunnels: 1\n");
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		size_t count = tunnel_count(session, &kinds[i]);

		if (count > 0)
			buf_printf(out, "%s Tunnels: %zu\n", kinds[i].name, count);
	}
	put_parent(out, session);
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		const Ipc__CtlTunnel *tunnel;

		for (size_t n = 0; (tunnel = tunnel_find(session, &kinds[i], n)) != NULL; n++)
			put_tunnel(out, session, &kinds[i], tunnel);
	}
}

void
column_heading(struct buf *out, bool detail)
{
	buf_printf(out, "Session Type: AnyConnect%s\n\n", detail ? " Detailed" : "");
}

/* What an ASA does not tell: there are attributes only when they were asked for. Values are longer
 * than the texts above. */
static void
put_policy(struct buf *out, const Ipc__CtlSession *session)
{
	if (session->n_attribute == 0)
		return;
	buf_puts(out, "\nPolicy:\n");
	for (size_t i = 0; i < session->n_attribute; i++) {
		const Ipc__CtlAttribute *attribute = session->attribute[i];

		value_text_printable(out, attribute->name);
		buf_puts(out, ": ");
		value_text_printable(out, attribute->value);
		buf_printf(out, " (%s)\n", clean(attribute->source).s);
	}
}

void
column_session(struct buf *out, const Ipc__CtlSession *session, bool detail)
{
	put_summary(out, session, detail);
	if (detail)
		put_tunnels(out, session);
	put_policy(out, session);
	buf_puts(out, "\n");
}

void
column_nothing(struct buf *out)
{
	buf_puts(out, "INFO: There are presently no active sessions\n");
}
