/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Joining of packets that a client sent one by one: segments of a TCP stream, or UDP datagrams of
 * one size, become one packet with a virtio net head, which costs the kernel one walk instead of
 * many. What leaves the gateway after the kernel has cut it again is, byte for byte, what went in;
 * only the id of an IPv4 packet that may not be fragmented, which means nothing (RFC 6864 4.1), may
 * count up. Pure.
 */
#ifndef GATEWAY_TUN_JOIN_H
#define GATEWAY_TUN_JOIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/tun_gso.h"

/* What joining needs to know of a packet. */
struct join_pkt {
	const uint8_t *data;
	size_t len;
	size_t l4;       /* offset of the transport header */
	size_t head_len; /* of all headers */
	uint32_t key;    /* equal for packets of one flow */
	uint8_t protocol;
};

/* A run of packets of one flow. buf has room for the virtio head in front of the packet. */
struct join {
	size_t len; /* of the packet; 0: empty */
	size_t l4;
	size_t head_len;
	size_t seg; /* payload of the first packet */
	uint32_t key;
	uint32_t next_seq; /* TCP */
	unsigned count;
	uint8_t protocol;
	bool closed; /* a shorter packet or PSH ended the run */
	uint8_t buf[GSO_VNET_LEN + GSO_PACKET_MAX];
};

enum join_verdict {
	JOIN_TAKEN,
	JOIN_OTHER,   /* another flow: says nothing about this packet */
	JOIN_NOT_YET, /* this flow, but the run must be written first; the packet may begin the next
			 one */
};

/*
 * May this packet (exactly as long as its IP header says) be part of a run: plain TCP data, or a
 * UDP datagram, without IP options or extension headers, no fragment, with correct checksums? It is
 * borrowed.
 */
bool join_parse(const uint8_t *pkt, size_t len, struct join_pkt *out);
/* Offer a packet that join_parse() accepted. An empty run takes anything. Copied. */
enum join_verdict join_add(struct join *join, const struct join_pkt *pkt);
/*
 * Must this packet, of whatever kind, not overtake the run: has it the same addresses, protocol and
 * ports, as far as they can be told? It is exactly as long as its IP header says.
 */
bool join_same_flow(const struct join *join, const uint8_t *pkt, size_t len);
/* Finish the run and empty it: *data points to head and packet in buf, *len counts both. */
void join_take(struct join *join, const uint8_t **data, size_t *len);

#endif
