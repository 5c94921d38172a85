/* SPDX-License-Identifier: Apache-2.0 */
/* Inner packets: what the data path must know of an IP packet before it moves it. Pure. */
#ifndef GATEWAY_INNER_H
#define GATEWAY_INNER_H

#include <stddef.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/err.h"
#include "common/ip.h"

struct inner {
	uint8_t version; /* 4 or 6 */
	size_t len;      /* of the packet by its own header: what lies behind is not part of it */
	const uint8_t *src; /* 4 or 16 bytes, borrowed */
	const uint8_t *dst;
};

/* ERR_SYNTAX: not an IPv4 or IPv6 packet, or shorter than its header says. */
enum err inner_parse(const uint8_t *pkt, size_t len, struct inner *out) MUST_USE;
#endif
