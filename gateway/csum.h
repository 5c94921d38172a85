/* SPDX-License-Identifier: Apache-2.0 */
/* Internet checksums (RFC 1071) at the speed that the packet path needs. Pure. */
#ifndef GATEWAY_CSUM_H
#define GATEWAY_CSUM_H

#include <stddef.h>
#include <stdint.h>

/*
 * The sum of len bytes added to sum, not folded. The bytes that sum came from were of an even
 * number. At most 64 KB in all.
 */
uint32_t csum_add(uint32_t sum, const uint8_t *data, size_t len);
/* A sum in 16 bits; its complement is what a header holds. */
uint16_t csum_fold(uint32_t sum);
/* Sum of the pseudo header of an IPv4 or IPv6 packet: addresses, protocol, length of the transport
 * part (RFC 9293 3.1, RFC 8200 8.1). The packet has its whole IP header. */
uint32_t csum_pseudo(const uint8_t *pkt, uint8_t protocol, size_t l4_len);

#endif
