/* SPDX-License-Identifier: Apache-2.0 */
/* An inner IPv4 UDP packet with correct checksums. Pure. */
#ifndef TESTS_LOAD_PACKET_H
#define TESTS_LOAD_PACKET_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

#define LOAD_PACKET_MAX 1500

/* Fill out (LOAD_PACKET_MAX bytes) with a packet of size bytes of payload; returns its length. */
size_t load_packet_make(
    uint8_t *out, uint32_t from, uint16_t port, const struct sockaddr_in *to, size_t size);

#endif
