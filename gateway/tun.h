/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One queue of the tun device, in batches. A packet that is read may be a run to be cut
 * (tun_gso.h), and what is written may leave as a run of joined packets (tun_join.h): tun_flush()
 * ends a batch.
 */
#ifndef GATEWAY_TUN_H
#define GATEWAY_TUN_H

#include <linux/virtio_net.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/err.h"

#define TUN_HEADROOM                                                                               \
	8 /* writable bytes before each packet that was read: for a channel's frame head */
#define TUN_BATCH 64
/* A batch with so many bytes in runs is full: 42 packets of 1428 bytes. The socket of a client may
 * hold no more than 90 datagrams (212992 bytes, the kernel's default), and what is sent beyond that
 * in one go is lost (docs/performance.md). */
#define TUN_BATCH_RUNS 60000
#define TUN_READ_MAX (65535 + 10)

struct tun;

struct tun_pkt {
	struct virtio_net_hdr vnet;
	uint8_t *data; /* borrowed until the next read */
	size_t len;
};

/* Set up a queue (IFF_MULTI_QUEUE | IFF_VNET_HDR | IFF_NO_PI, non-blocking) with at most the given
 * offloads (offload.h); all queues of a device want the same. Borrows fd. NULL:
 * memory or ioctl. */
struct tun *tun_new(int fd, unsigned offload) MUST_USE;
void tun_free(struct tun *tun);
/* What of the wanted the kernel has: OFFLOAD_TSO, OFFLOAD_USO. */
unsigned tun_offload(const struct tun *tun);
/* Read what is there, up to max packets (TUN_BATCH is a good max), or until TUN_BATCH_RUNS bytes of
 * runs; 0: nothing. */
size_t tun_read_batch(struct tun *tun, struct tun_pkt *out, size_t max);
/* A read found that the interface was removed: nothing comes and goes here any more. */
bool tun_is_lost(const struct tun *tun);
/* Hand the kernel a packet (checked by inner_parse(), exactly as long as it says). Copied or
 * written at once. */
void tun_write(struct tun *tun, const uint8_t *pkt, size_t len);
void tun_flush(struct tun *tun);
/* Packets that the kernel refused. */
uint64_t tun_write_drops(const struct tun *tun);

#endif
