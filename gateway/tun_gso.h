/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Segmentation at the tun device, in software (design 3): a read may bring up to 64 KB of one flow
 * with a virtio net head that tells how to cut it; a write may give the kernel a run of TCP
 * segments as one packet. Pure.
 */
#ifndef GATEWAY_TUN_GSO_H
#define GATEWAY_TUN_GSO_H

#include <linux/virtio_net.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/err.h"

#define GSO_VNET_LEN 10 /* sizeof(struct virtio_net_hdr), the legacy head without num_buffers */
#define GSO_PACKET_MAX 65535

/* ---- cutting ---- */

/* The packets of one read, cut on demand. Fields are the module's own. */
struct gso_split {
	const uint8_t *pkt;
	size_t len;
	size_t head_len; /* IP and transport headers, repeated in each packet */
	size_t l4;       /* offset of the transport header */
	size_t seg;      /* payload bytes of each packet */
	size_t off;      /* payload already handed out */
	size_t
	    csum_at; /* offset of a checksum to be completed in a packet that is not cut; 0: none */
	size_t csum_start;
	unsigned index;
	uint8_t type; /* VIRTIO_NET_HDR_GSO_x without the ECN bit */
	bool done;
};

/* ERR_SYNTAX: head and packet do not fit each other. ERR_UNSUPPORTED: a kind of GSO that was not
 * asked for. */
enum err gso_split_init(struct gso_split *split, const struct virtio_net_hdr *vnet,
    const uint8_t *pkt, size_t len) MUST_USE;
/* True if the packet goes out as it came: no cutting, no checksum to be filled in. */
bool gso_split_is_plain(const struct gso_split *split);
/* Length of the longest packet that will come out. */
size_t gso_split_largest(const struct gso_split *split);
/* Build the next packet in dst; its length, 0 when there are no more. dst_size >=
 * gso_split_largest(). */
size_t gso_split_next(struct gso_split *split, uint8_t *dst, size_t dst_size);

/* ---- joining ---- */

/* A run of TCP segments of one flow. buf has room for the virtio head in front of the packet. */
struct gso_join {
	size_t len; /* of the packet; 0: empty */
	size_t head_len;
	size_t l4;
	size_t seg; /* payload of the first segment */
	uint32_t next_seq;
	unsigned count;
	bool closed; /* a shorter segment or PSH ended the run */
	uint8_t buf[GSO_VNET_LEN + GSO_PACKET_MAX];
};

enum gso_verdict {
	GSO_JOINED,  /* taken in */
	GSO_OTHER,   /* another flow: says nothing about this packet */
	GSO_NOT_YET, /* this flow, but the run must be written first; the packet may begin the next
			run */
	GSO_NEVER,   /* not for joining at all (no TCP payload, options, bad checksum, ...) */
};

/* Facts about a packet that joining needs. */
struct gso_tcp {
	size_t len; /* of the packet */
	size_t head_len;
	size_t l4;
};

/* Is this packet (exactly as long as its header says) a TCP segment that may be joined? */
bool gso_tcp_parse(const uint8_t *pkt, size_t len, struct gso_tcp *out);
/* Offer a packet that gso_tcp_parse() accepted. An empty join takes anything. */
enum gso_verdict gso_join_add(struct gso_join *join, const uint8_t *pkt, const struct gso_tcp *tcp);
/* Do packet and run have the same addresses, protocol and ports? The packet is valid IP; it need
 * not be TCP. */
bool gso_join_same_flow(const struct gso_join *join, const uint8_t *pkt, size_t len);
/* Finish the run and empty the join: *data points to head and packet in buf, *len counts both. */
void gso_join_take(struct gso_join *join, const uint8_t **data, size_t *len);

/* Internet checksum of len bytes added to sum, wide words: what the data path can afford. */
uint32_t gso_csum(uint32_t sum, const uint8_t *data, size_t len);

#endif
