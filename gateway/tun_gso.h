/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Segmentation at the tun device, in software (design 3): a read may bring up to 64 KB of one flow
 * with a virtio net head that tells how to cut it. The other direction is tun_join.h. Pure.
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
#define GSO_UDP_L4 5 /* VIRTIO_NET_HDR_GSO_UDP_L4; missing in older headers */

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

/* Total length in the IP header, and its checksum. l4: length of that header, with extensions. */
void gso_ip_set_len(uint8_t *pkt, size_t l4, size_t len);

#endif
