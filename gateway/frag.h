/* SPDX-License-Identifier: Apache-2.0 */
/*
 * IPv4 fragmentation (RFC 791) of packets that are larger than a client's MTU and may be
 * fragmented: hosts that send without "don't fragment" need not understand being told that their
 * packet was too big. A policy may have that bit ignored. Pure.
 */
#ifndef GATEWAY_FRAG_H
#define GATEWAY_FRAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct frag {
	const uint8_t *pkt;
	size_t len;
	size_t mtu;
	size_t off; /* payload already handed out */
	uint16_t id;
};

/* May this packet be cut for this MTU: IPv4, no options, "don't fragment" not set or to be
 * ignored? len as its header says. */
bool frag_is_allowed(const uint8_t *pkt, size_t len, size_t mtu, bool ignore_df);
/*
 * Begin to cut a packet that frag_is_allowed(). id: for the pieces of a packet that had "don't
 * fragment" set, whose own identification need not be unique (RFC 6864 4.1).
 */
void frag_init(struct frag *frag, const uint8_t *pkt, size_t len, size_t mtu, uint16_t id);
/* The next piece in dst, which has room for mtu bytes; its length, 0 when there are no more. */
size_t frag_next(struct frag *frag, uint8_t *dst);

#endif
