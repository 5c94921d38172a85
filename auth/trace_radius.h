/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RADIUS packets as "debug radius" shows them: each attribute with its name and value. Passwords,
 * keys, authenticators and whatever is not known are told by their length alone.
 */
#ifndef AUTH_TRACE_RADIUS_H
#define AUTH_TRACE_RADIUS_H

#include <stddef.h>
#include <stdint.h>

#include "auth/radius_packet.h"
#include "common/buf.h"
#include "common/trace.h"

/* The attributes of a packet that is whole (sealed by us, or opened), one a line. Pure. */
void trace_radius_put(struct buf *out, const struct radius_packet *packet);

void trace_radius_show(const char *what, const struct ip_addr *server, const uint8_t *wire,
    size_t len, const uint8_t *request, size_t request_len);

/* A packet went to a server, or came from there. request: what it answers, or NULL: it tells whose
 * it is. */
static inline void
trace_radius(const char *what, const struct ip_addr *server, const uint8_t *wire, size_t len,
    const uint8_t *request, size_t request_len)
{
	if (trace_wanted(TRACE_RADIUS, 1))
		trace_radius_show(what, server, wire, len, request, request_len);
}

#endif
