/* SPDX-License-Identifier: Apache-2.0 */
/* "Packet too big" for both families (RFC 1191, RFC 4443 3.2), built from the packet that was too
 * big. Pure. */
#ifndef GATEWAY_ICMP_H
#define GATEWAY_ICMP_H

#include <stddef.h>
#include <stdint.h>

/*
 * Write the whole IP packet to dst; its length, or 0 when none may be sent (malformed packet, an
 * ICMP error itself, a later fragment, no unicast sender) or dst is too small. 1280 bytes are
 * enough.
 *
 * It is sent in the name of the packet's destination: the kernel takes packets from a tun device
 * only if their source is routed there, which the gateway's own addresses are not.
 */
size_t icmp_too_big(uint8_t *dst, size_t dst_size, const uint8_t *pkt, size_t len, unsigned mtu);

#endif
