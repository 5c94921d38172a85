/* SPDX-License-Identifier: Apache-2.0 */
/*
 * First look at a datagram from an unknown address: is it a DTLS ClientHello, and whose
 * (protocol.md 5.5)? Pure, reads without allocating anything, because whoever sends it has proven
 * nothing (INV-6).
 */
#ifndef GATEWAY_DTLS_MATCH_H
#define GATEWAY_DTLS_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/err.h"

#define DTLS_RANDOM_LEN 32
#define DTLS_APP_ID_LEN 32

/* Pointers are into the datagram. */
struct dtls_hello {
	const uint8_t *random; /* DTLS_RANDOM_LEN bytes */
	const uint8_t *session_id;
	size_t session_id_len; /* 0 to 32 */
	size_t cookie_len;
};

/*
 * ERR_NOTFOUND: some other record. ERR_SYNTAX: meant to be a ClientHello, but cut, fragmented, or
 * with an all-zero random (a client bug, protocol.md 5.5).
 */
enum err dtls_match_hello(const uint8_t *data, size_t len, struct dtls_hello *out) MUST_USE;

#endif
