/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a filter sees of an inner packet: the flow that it belongs to, as its client sees it, so
 * that packets of both directions give the same. Pure.
 *
 * Sources: RFC 791, 8200 (headers), 1858 and 3128 (fragments that hide ports), 792 and 4443 (ICMP).
 */
#ifndef GATEWAY_FILTER_FLOW_H
#define GATEWAY_FILTER_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/attr.h"

enum filter_direction {
	FILTER_FROM_CLIENT,
	FILTER_TO_CLIENT,
};

/* An address as numbers, for ranges; an IPv4 address is lo. */
struct filter_addr {
	uint64_t hi;
	uint64_t lo;
};

/* For ICMP the ports are the type and the code; an echo reply has the type of the request. */
struct filter_flow {
	struct filter_addr client;
	struct filter_addr peer;
	uint16_t client_port; /* 0 where there are none */
	uint16_t peer_port;
	uint16_t id;    /* of an echo, else 0 */
	uint8_t family; /* 4 or 6 */
	uint8_t proto;
	bool later; /* a fragment that is not the first: nothing is known of its ports */
	bool about; /* the packet is an ICMP error about a packet of this flow */
};

/*
 * Read a packet that inner_parse() accepted; len as it says there. False: it must not pass,
 * whatever a filter permits: headers cut short, fragments made to hide their ports, a route of the
 * sender's own, an ICMP error about somebody else's packet.
 */
bool filter_flow_read(const uint8_t *pkt, size_t len, enum filter_direction direction,
    struct filter_flow *out) MUST_USE;

#endif
