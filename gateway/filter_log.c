/* SPDX-License-Identifier: Apache-2.0 */
/* Log lines of filters: 106102 and 106103. */
#include "gateway/filter_log.h"

#include <endian.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "common/ip.h"

#define PROTO_TEXT_MAX 8

static void
proto_text(uint8_t proto, char *dst)
{
	static const struct {
		uint8_t proto;
		const char *name;
	} names[] = {
	    {IPPROTO_TCP, "tcp"},
	    {IPPROTO_UDP, "udp"},
	    {IPPROTO_ICMP, "icmp"},
	    {IPPROTO_ICMPV6, "icmp6"},
	};

	(void)snprintf(dst, PROTO_TEXT_MAX, "%u", proto);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (names[i].proto == proto)
			(void)snprintf(dst, PROTO_TEXT_MAX, "%s", names[i].name);
}

/* One end of a flow as a line names it. */
struct end {
	const char *interface;
	char addr[IP_STR_MAX];
	unsigned port;
};

static void
end_fill(struct end *end, const char *interface, const struct filter_addr *addr, uint8_t family,
    unsigned port)
{
	struct ip_addr ip = {.family = family};
	uint64_t words[2] = {htobe64(addr->hi), htobe64(addr->lo)};
	uint32_t word = htobe32((uint32_t)addr->lo);

	if (family == 4)
		memcpy(ip.bytes, &word, sizeof(word));
	else
		memcpy(ip.bytes, words, sizeof(words));
	(void)ip_str(&ip, end->addr);
	end->interface = interface;
	end->port = port;
}

static bool
is_icmp(uint8_t proto)
{
	return proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6;
}

void
filter_log_first(struct log_limit *limit, const struct filter *filter,
    const struct filter_verdict *verdict, const char *user, enum filter_direction direction,
    const struct filter_flow *flow)
{
	/* Where an ASA has its hash codes: what tells the filter and the rule apart from others. */
	unsigned code = (unsigned)(filter->id >> 32), line = verdict->line->line, suppressed;
	bool in = direction == FILTER_FROM_CLIENT;
	struct end client, peer;
	const struct end *from = in ? &client : &peer, *to = in ? &peer : &client;
	char proto[PROTO_TEXT_MAX];

	if (!log_limit_ok(limit, &suppressed))
		return;
	if (suppressed > 0)
		log_notice("%u lines about filters were not written", suppressed);
	proto_text(flow->proto, proto);
	end_fill(&client, "outside", &flow->client, flow->family, flow->client_port);
	end_fill(&peer, "inside", &flow->peer, flow->family, flow->peer_port);
	if (is_icmp(flow->proto)) {
		/* No ports, but the type in the place of the destination's. */
		client.port = in ? 0 : flow->client_port;
		peer.port = in ? flow->client_port : 0;
	}
	if (verdict->permit)
		log_event(LOGMSG_106102, filter->name, proto, user, from->interface, from->addr,
		    from->port, to->interface, to->addr, to->port, code, line);
	else
		log_event(LOGMSG_106103, filter->name, proto, user, from->interface, from->addr,
		    from->port, to->interface, to->addr, to->port, code, line);
}
