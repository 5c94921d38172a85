/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The worker's UDP sockets, one for each listener, shared by all clients, so that batches span
 * clients (design 3).
 *
 * Sending gathers datagrams in one arena; neighbours of equal size to the same client become one
 * UDP_SEGMENT message. Receiving takes many messages at once, each of which may be a run of
 * datagrams of one client (UDP_GRO). Where the kernel lacks either, the same calls work without it.
 */
#ifndef GATEWAY_UDP_H
#define GATEWAY_UDP_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/err.h"
#include "common/ip.h"

struct udp;

/*
 * Who talks to which of our addresses. A plain value without padding, so that it can be hashed and
 * compared as bytes; always start from zero. The local address matters when a listener is bound to
 * the wildcard: answers must leave with the address that the client spoke to.
 */
struct udp_flow {
	uint8_t peer[16]; /* IPv4: the first four bytes */
	uint8_t local[16];
	uint32_t scope;   /* interface of an IPv6 link-local peer, else 0 */
	uint16_t port;    /* of the peer, host order */
	uint8_t family;   /* 4 or 6 */
	uint8_t listener; /* index */
};

/* Datagrams of one client: segments of seg bytes each, the last may be shorter. */
struct udp_rx {
	struct udp_flow flow;
	uint8_t *data; /* borrowed until the next udp_rx_batch() */
	size_t len;
	size_t seg;
};

/* Borrows the descriptors (-1: no UDP on this listener). NULL: memory. */
struct udp *udp_new(const int *fds, size_t len) MUST_USE;
void udp_free(struct udp *udp);
/* Use no more than the given offloads (offload.h) from here on; returns what of them is in use:
 * OFFLOAD_UDP_GSO, OFFLOAD_UDP_GRO. */
unsigned udp_offload(struct udp *udp, unsigned wanted);

/* Read a batch from a listener's socket into at most max entries; 0 when there is nothing. */
size_t udp_rx_batch(struct udp *udp, size_t listener, struct udp_rx *out, size_t max);
#define UDP_RX_BATCH 16

/*
 * Queue a datagram: where its len bytes are to be written, before the next call. It leaves at
 * udp_flush(), or earlier when the arena is full. NULL: no such datagram can be.
 */
uint8_t *udp_room(struct udp *udp, const struct udp_flow *flow, size_t len) MUST_USE;
void udp_flush(struct udp *udp);
/* Datagrams that the kernel did not take, since the start. */
uint64_t udp_tx_drops(const struct udp *udp);

bool udp_flow_eq(const struct udp_flow *a, const struct udp_flow *b);
/* The peer's address and port. */
void udp_flow_peer(const struct udp_flow *flow, struct ip_endpoint *out);

#endif
