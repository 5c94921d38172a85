/* SPDX-License-Identifier: Apache-2.0 */
/* From a packet to its flow: IPv4 options, IPv6 extension headers, fragments, ports, ICMP. */
#include "gateway/filter_flow.h"

#include <endian.h>
#include <netinet/in.h>
#include <string.h>

#include "common/be.h"

#define IPV4_HEAD 20
#define IPV6_HEAD 40
#define TCP_HEAD 20
#define UDP_HEAD 8
#define SCTP_HEAD 12
#define ICMP_HEAD 8
#define QUOTED_PORTS 4 /* what an ICMP error must quote of a transport header */
#define EXTENSIONS_MAX 8
#define OPTION_END 0
#define OPTION_NOP 1
#define OPTION_LOOSE_ROUTE 131
#define OPTION_STRICT_ROUTE 137
#define NO_ICMP_TYPE 256 /* fits entries for every type, and no others */

/* A packet taken apart as far as its transport header. */
struct layers {
	const uint8_t *src; /* 4 or 16 bytes */
	const uint8_t *dst;
	const uint8_t *l4;
	size_t l4_len;
	uint8_t family;
	uint8_t proto;
	bool later;
};

/* ---- IPv4 ---- */

/* No option that sends the packet elsewhere than to its destination. */
static bool
options_ok(const uint8_t *pkt, size_t head)
{
	size_t at = IPV4_HEAD;

	while (at < head && pkt[at] != OPTION_END) {
		if (pkt[at] == OPTION_NOP) {
			at++;
			continue;
		}
		if (pkt[at] == OPTION_LOOSE_ROUTE || pkt[at] == OPTION_STRICT_ROUTE ||
		    at + 1 >= head || pkt[at + 1] < 2)
			return false;
		at += pkt[at + 1];
	}
	return true;
}

/* A fragment that begins within the TCP header is made to change what was judged (RFC 3128). */
static bool
offset_ok(const struct layers *layers, unsigned offset)
{
	return offset != 1 || layers->proto != IPPROTO_TCP;
}

static bool
layers_ipv4(const uint8_t *pkt, size_t len, struct layers *out)
{
	size_t head = len >= IPV4_HEAD ? (size_t)(pkt[0] & 0x0f) * 4 : 0;
	unsigned offset;

	if (head < IPV4_HEAD || head > len || (head > IPV4_HEAD && !options_ok(pkt, head)))
		return false;
	offset = be_get16(pkt + 6) & 0x1fff;
	*out = (struct layers){
	    .src = pkt + 12,
	    .dst = pkt + 16,
	    .l4 = pkt + head,
	    .l4_len = len - head,
	    .family = 4,
	    .proto = pkt[9],
	    .later = offset != 0,
	};
	return offset_ok(out, offset);
}

/* ---- IPv6 ---- */

/* Length of an extension header of that type at p; 0: it is none that may be passed over. */
static size_t
extension_len(uint8_t type, const uint8_t *p)
{
	switch (type) {
	case IPPROTO_HOPOPTS:
	case IPPROTO_DSTOPTS:
	case IPPROTO_ROUTING:
		return ((size_t)p[1] + 1) * 8;
	case IPPROTO_FRAGMENT:
		return 8;
	case IPPROTO_AH:
		return ((size_t)p[1] + 2) * 4;
	default:
		return 0;
	}
}

static bool
is_extension(uint8_t type)
{
	static const uint8_t p[2] = {0};

	return extension_len(type, p) > 0;
}

/* Pass over one extension header; false: cut short, or with a route of the sender's own. */
static bool
extension_pass(struct layers *layers)
{
	const uint8_t *p = layers->l4;
	uint8_t type = layers->proto;
	unsigned offset = 0;
	size_t len;

	if (layers->l4_len < 8)
		return false;
	len = extension_len(type, p);
	if (len > layers->l4_len || (type == IPPROTO_ROUTING && p[3] != 0))
		return false;
	if (type == IPPROTO_FRAGMENT)
		offset = be_get16(p + 2) >> 3;
	layers->proto = p[0];
	layers->l4 += len;
	layers->l4_len -= len;
	layers->later = offset != 0;
	return offset_ok(layers, offset);
}

static bool
layers_ipv6(const uint8_t *pkt, size_t len, struct layers *out)
{
	if (len < IPV6_HEAD)
		return false;
	*out = (struct layers){
	    .src = pkt + 8,
	    .dst = pkt + 24,
	    .l4 = pkt + IPV6_HEAD,
	    .l4_len = len - IPV6_HEAD,
	    .family = 6,
	    .proto = pkt[6],
	};
	/* A chain that is too long ends with a header whose number is then the protocol. */
	for (int i = 0; i < EXTENSIONS_MAX && !out->later && is_extension(out->proto); i++)
		if (!extension_pass(out))
			return false;
	return true;
}

static bool
layers_read(const uint8_t *pkt, size_t len, struct layers *out)
{
	if (len == 0)
		return false;
	if (pkt[0] >> 4 == 4)
		return layers_ipv4(pkt, len, out);
	return pkt[0] >> 4 == 6 && layers_ipv6(pkt, len, out);
}

/* ---- the flow ---- */

static struct filter_addr
addr_read(const uint8_t *bytes, uint8_t family)
{
	struct filter_addr addr = {0};
	uint32_t word;

	if (family == 4) {
		memcpy(&word, bytes, sizeof(word));
		addr.lo = be32toh(word);
		return addr;
	}
	memcpy(&addr, bytes, sizeof(addr));
	addr.hi = be64toh(addr.hi);
	addr.lo = be64toh(addr.lo);
	return addr;
}

static void
flow_begin(const struct layers *layers, enum filter_direction direction, struct filter_flow *out)
{
	bool from_client = direction == FILTER_FROM_CLIENT;

	*out = (struct filter_flow){
	    .client = addr_read(from_client ? layers->src : layers->dst, layers->family),
	    .peer = addr_read(from_client ? layers->dst : layers->src, layers->family),
	    .family = layers->family,
	    .proto = layers->proto,
	    .later = layers->later,
	};
}

/* quoted: in an ICMP error, which need not hold the whole header. */
static bool
ports_read(const struct layers *layers, enum filter_direction direction, bool quoted, size_t head,
    struct filter_flow *out)
{
	bool from_client = direction == FILTER_FROM_CLIENT;

	if (layers->l4_len < (quoted ? QUOTED_PORTS : head))
		return false;
	out->client_port = be_get16(layers->l4 + (from_client ? 0 : 2));
	out->peer_port = be_get16(layers->l4 + (from_client ? 2 : 0));
	return true;
}

struct icmp_types {
	uint8_t proto;
	uint8_t echo;
	uint8_t echo_reply;
	uint8_t errors[5]; /* ended by 0 */
};

/* Unreachable, (too big), time exceeded, parameter problem. */
static const struct icmp_types icmp4 = {IPPROTO_ICMP, 8, 0, {3, 11, 12}};
static const struct icmp_types icmp6 = {IPPROTO_ICMPV6, 128, 129, {1, 2, 3, 4}};

static bool
is_error(const struct icmp_types *types, uint8_t type)
{
	for (size_t i = 0; types->errors[i] != 0; i++)
		if (types->errors[i] == type)
			return true;
	return false;
}

static bool
echo_read(const struct layers *layers, const struct icmp_types *types, struct filter_flow *out)
{
	uint8_t type = layers->l4[0];

	out->client_port = type;
	out->peer_port = layers->l4[1];
	if (type != types->echo && type != types->echo_reply)
		return true;
	out->client_port = types->echo;
	out->id = be_get16(layers->l4 + 4);
	return true;
}

static bool
quoted_read(const struct layers *layers, enum filter_direction direction, struct filter_flow *out)
{
	const struct icmp_types *types = layers->family == 4 ? &icmp4 : &icmp6;

	flow_begin(layers, direction, out);
	if (layers->later)
		return true;
	if (layers->proto == IPPROTO_TCP || layers->proto == IPPROTO_UDP ||
	    layers->proto == IPPROTO_SCTP)
		return ports_read(layers, direction, true, 0, out);
	if (layers->proto != types->proto)
		return true;
	/* There are no errors about errors (RFC 1122 3.2.2). */
	return layers->l4_len >= ICMP_HEAD && !is_error(types, layers->l4[0]) &&
	       echo_read(layers, types, out);
}

/*
 * An ICMP error belongs to the flow of the packet that it quotes, which went the other way, and it
 * goes to (or comes from) the client of that flow.
 */
static bool
error_read(const struct layers *layers, enum filter_direction direction, struct filter_flow *out)
{
	struct filter_addr client = out->client;
	struct layers quoted;

	if (!layers_read(layers->l4 + ICMP_HEAD, layers->l4_len - ICMP_HEAD, &quoted) ||
	    quoted.family != layers->family)
		return false;
	direction = direction == FILTER_FROM_CLIENT ? FILTER_TO_CLIENT : FILTER_FROM_CLIENT;
	if (!quoted_read(&quoted, direction, out))
		return false;
	out->about = true;
	return out->client.hi == client.hi && out->client.lo == client.lo;
}

static bool
icmp_read(const struct layers *layers, enum filter_direction direction, struct filter_flow *out)
{
	const struct icmp_types *types = layers->family == 4 ? &icmp4 : &icmp6;

	if (layers->proto != types->proto) {
		/* The other family's, which means nothing here. */
		out->client_port = out->peer_port = NO_ICMP_TYPE;
		return true;
	}
	if (layers->l4_len < ICMP_HEAD)
		return false;
	if (is_error(types, layers->l4[0]))
		return error_read(layers, direction, out);
	return echo_read(layers, types, out);
}

bool
filter_flow_read(
    const uint8_t *pkt, size_t len, enum filter_direction direction, struct filter_flow *out)
{
	struct layers layers;

	if (!layers_read(pkt, len, &layers))
		return false;
	flow_begin(&layers, direction, out);
	if (layers.later)
		return true;
	switch (layers.proto) {
	case IPPROTO_TCP:
		return ports_read(&layers, direction, false, TCP_HEAD, out);
	case IPPROTO_UDP:
		return ports_read(&layers, direction, false, UDP_HEAD, out);
	case IPPROTO_SCTP:
		return ports_read(&layers, direction, false, SCTP_HEAD, out);
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return icmp_read(&layers, direction, out);
	default:
		return true;
	}
}
