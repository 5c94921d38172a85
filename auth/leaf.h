/* SPDX-License-Identifier: Apache-2.0 */
/* The certificate of a client's TLS connection, as what a login is bound to. A plain value. */
#ifndef AUTH_LEAF_H
#define AUTH_LEAF_H

#include <stdbool.h>
#include <stdint.h>

#include "common/ipc.pb-c.h"

#define LEAF_SIZE 32

/* SHA-256 of the DER of a leaf certificate; known false: there is none. */
struct leaf {
	bool known;
	uint8_t sha256[LEAF_SIZE];
};

/*
 * Of the certificate that the gateway saw in the handshake. That the client has its key is proven
 * by that handshake alone: auth believes the gateway here.
 */
void leaf_read(const Ipc__ClientFacts *facts, struct leaf *out);
/* The same certificate, and there is one? */
bool leaf_eq(const struct leaf *a, const struct leaf *b);

#endif
