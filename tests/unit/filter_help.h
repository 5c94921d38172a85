/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For the tests of filters: packets built from a description, entries as auth sends them, and a
 * simple model of what a filter permits, which knows the description only.
 */
#ifndef TESTS_UNIT_FILTER_HELP_H
#define TESTS_UNIT_FILTER_HELP_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "common/attr.h"
#include "common/ipc.pb-c.h"

/* A packet of a client's flow. */
struct help_pkt {
	bool v6;
	bool to_client;
	uint8_t proto;
	uint8_t client[16]; /* 4 or 16 bytes */
	uint8_t peer[16];
	uint16_t client_port; /* ICMP: the type, as it stands in the packet */
	uint16_t peer_port;   /* ICMP: the code */
	uint16_t id;          /* of an echo */
	uint16_t fragment;    /* offset in eights */
	bool more;            /* fragments follow */
	size_t data;          /* bytes behind the transport header; of a later fragment, all */
	const struct help_pkt *quoted; /* ICMP errors */
	size_t quoted_len;             /* 0: all of it */
};

#define HELP_PKT_MAX 2048

static inline void
help_put16(uint8_t *p, size_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline bool
help_is_icmp(const struct help_pkt *pkt)
{
	return pkt->proto == (pkt->v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
}

static size_t help_build(uint8_t *dst, const struct help_pkt *pkt);

static inline size_t
help_build_icmp(uint8_t *l4, const struct help_pkt *pkt)
{
	static uint8_t whole[HELP_PKT_MAX];
	size_t len;

	l4[0] = (uint8_t)pkt->client_port;
	l4[1] = (uint8_t)pkt->peer_port;
	help_put16(l4 + 4, pkt->id);
	if (pkt->quoted == NULL)
		return 8;
	len = help_build(whole, pkt->quoted);
	if (pkt->quoted_len > 0 && pkt->quoted_len < len)
		len = pkt->quoted_len;
	memcpy(l4 + 8, whole, len);
	return 8 + len;
}

/* The transport header; its length. */
static inline size_t
help_build_l4(uint8_t *l4, const struct help_pkt *pkt)
{
	if (pkt->fragment != 0)
		return 0;
	if (help_is_icmp(pkt))
		return help_build_icmp(l4, pkt);
	if (pkt->proto != IPPROTO_TCP && pkt->proto != IPPROTO_UDP && pkt->proto != IPPROTO_SCTP)
		return 0;
	help_put16(l4 + (pkt->to_client ? 2 : 0), pkt->client_port);
	help_put16(l4 + (pkt->to_client ? 0 : 2), pkt->peer_port);
	if (pkt->proto == IPPROTO_UDP) {
		help_put16(l4 + 4, 8 + pkt->data);
		return 8;
	}
	if (pkt->proto == IPPROTO_SCTP)
		return 12;
	l4[12] = 0x50;
	return 20;
}

/* An IPv6 packet gets a fragment header where the description needs one. */
static inline size_t
help_build6(uint8_t *dst, const struct help_pkt *pkt)
{
	bool cut = pkt->fragment != 0 || pkt->more;
	uint8_t *l4 = dst + 40 + (cut ? 8 : 0);
	size_t len = (cut ? 8 : 0) + pkt->data;

	dst[0] = 0x60;
	dst[6] = cut ? IPPROTO_FRAGMENT : pkt->proto;
	dst[7] = 64;
	memcpy(dst + 8, pkt->to_client ? pkt->peer : pkt->client, 16);
	memcpy(dst + 24, pkt->to_client ? pkt->client : pkt->peer, 16);
	if (cut) {
		dst[40] = pkt->proto;
		help_put16(dst + 42, (size_t)pkt->fragment << 3 | pkt->more);
	}
	len += help_build_l4(l4, pkt);
	help_put16(dst + 4, len);
	return 40 + len;
}

/* Build it in dst (HELP_PKT_MAX bytes); its length. Checksums are left out: no filter looks. */
static inline size_t
help_build(uint8_t *dst, const struct help_pkt *pkt)
{
	size_t len;

	memset(dst, 0, HELP_PKT_MAX);
	if (pkt->v6)
		return help_build6(dst, pkt);
	dst[0] = 0x45;
	dst[8] = 64;
	dst[9] = pkt->proto;
	help_put16(dst + 6, (pkt->more ? 0x2000U : 0) | pkt->fragment);
	memcpy(dst + 12, pkt->to_client ? pkt->peer : pkt->client, 4);
	memcpy(dst + 16, pkt->to_client ? pkt->client : pkt->peer, 4);
	len = 20 + help_build_l4(dst + 20, pkt) + pkt->data;
	help_put16(dst + 2, len);
	return len;
}

/* ---- entries ---- */

/* An entry with room for its addresses. */
struct help_entry {
	Ipc__FilterEntry msg;
	uint8_t addrs[4][16]; /* source first and last, destination first and last */
};

/* Any address, any port, any protocol; what else it says is the caller's. */
static inline void
help_entry_init(struct help_entry *entry, bool permit, uint32_t line)
{
	ipc__filter_entry__init(&entry->msg);
	entry->msg.permit = permit;
	entry->msg.line = line;
	entry->msg.proto = entry->msg.icmp_type = entry->msg.icmp_code = -1;
	entry->msg.src_port_last = entry->msg.dst_port_last = 65535;
}

/* len 4 or 16. */
static inline void
help_entry_net(
    struct help_entry *entry, bool dst, const uint8_t *first, const uint8_t *last, size_t len)
{
	uint8_t(*addrs)[16] = &entry->addrs[dst ? 2 : 0];
	ProtobufCBinaryData from = {len, addrs[0]}, to = {len, addrs[1]};

	memcpy(addrs[0], first, len);
	memcpy(addrs[1], last, len);
	if (dst) {
		entry->msg.dst_first = from;
		entry->msg.dst_last = to;
	} else {
		entry->msg.src_first = from;
		entry->msg.src_last = to;
	}
}

/* ---- the model ---- */

static inline bool
help_in_net(const ProtobufCBinaryData *first, const ProtobufCBinaryData *last, const uint8_t *addr,
    size_t len)
{
	if (first->len == 0)
		return true;
	return first->len == len && memcmp(addr, first->data, len) >= 0 &&
	       memcmp(addr, last->data, len) <= 0;
}

/* The type by which an ICMP packet is judged. */
static inline int
help_type(const struct help_pkt *pkt)
{
	int type = pkt->client_port;

	if (!pkt->v6 && type == 0)
		return 8;
	return pkt->v6 && type == 129 ? 128 : type;
}

static inline bool
help_ports_fit(const Ipc__FilterEntry *entry, const struct help_pkt *pkt)
{
	if (help_is_icmp(pkt))
		return entry->proto < 0 ||
		       ((entry->icmp_type < 0 || entry->icmp_type == help_type(pkt)) &&
			   (entry->icmp_code < 0 || entry->icmp_code == pkt->peer_port));
	return pkt->client_port >= entry->src_port_first &&
	       pkt->client_port <= entry->src_port_last &&
	       pkt->peer_port >= entry->dst_port_first && pkt->peer_port <= entry->dst_port_last;
}

static inline bool
help_names_ports(const Ipc__FilterEntry *entry)
{
	return entry->icmp_type >= 0 || entry->src_port_first > 0 || entry->dst_port_first > 0 ||
	       entry->src_port_last < 65535 || entry->dst_port_last < 65535;
}

static inline bool
help_fits(const Ipc__FilterEntry *entry, const struct help_pkt *pkt)
{
	size_t len = pkt->v6 ? 16 : 4;

	if (entry->proto >= 0 && entry->proto != pkt->proto)
		return false;
	if (!help_in_net(&entry->src_first, &entry->src_last, pkt->client, len) ||
	    !help_in_net(&entry->dst_first, &entry->dst_last, pkt->peer, len))
		return false;
	if (pkt->fragment != 0)
		return entry->permit || !help_names_ports(entry);
	return help_ports_fit(entry, pkt);
}

/* May it pass? *line: the rule that says so, 0 for none. */
static inline bool
help_permits(
    Ipc__FilterEntry *const *entries, size_t len, const struct help_pkt *pkt, uint32_t *line)
{
	const struct help_pkt *judged = pkt->quoted != NULL ? pkt->quoted : pkt;

	*line = 0;
	for (size_t i = 0; i < len; i++) {
		if (!help_fits(entries[i], judged))
			continue;
		*line = entries[i]->line;
		return entries[i]->permit;
	}
	return false;
}

#endif
