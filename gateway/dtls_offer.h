/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which kind of DTLS a client and the gateway agree on in the CONNECT: the client's lists of
 * suites, the administrator's (dtls-ciphers of gateway.conf), and the choice, which is the
 * gateway's (protocol.md 5.1 to 5.4). Pure.
 */
#ifndef GATEWAY_DTLS_OFFER_H
#define GATEWAY_DTLS_OFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/err.h"
#include "gateway/dtls.h"
#include "gateway/http_parse.h"

/* A suite that can be put into force without a handshake of its own. */
struct dtls_suite {
	const char *header; /* of the request that lists it, and of the answer that names it */
	const char *word;   /* its name there */
	const char *name;   /* OpenSSL's */
	unsigned block;     /* bytes of a cipher block (CBC); 0: AEAD */
};

/* What a client listed. Holds a secret: wipe it. */
struct dtls_offer {
	bool psk;        /* PSK-NEGOTIATE */
	bool any;        /* it listed something */
	bool has_master; /* a master secret of the right form */
	uint8_t master[DTLS_MASTER_LEN];
	uint32_t suites; /* a bit for each suite of the table */
};

void dtls_offer_read(const struct http_request *request, struct dtls_offer *out);
/*
 * Choose by the administrator's list of OpenSSL's names, best first; len 0: the default list.
 * *suite is set in DTLS_RESUMED and else NULL. terms->secret is set in DTLS_RESUMED only: a
 * pre-shared key is the caller's to export. ERR_NOTFOUND: nothing fits (terms->mode is DTLS_NONE).
 */
enum err dtls_offer_choose(const struct dtls_offer *offer, char *const *names, size_t len,
    struct dtls_terms *terms, const struct dtls_suite **suite) MUST_USE;
/* Why nothing fits, for the log: the end of a sentence. Static storage. */
const char *dtls_offer_lack(const struct dtls_offer *offer);
/* Bytes of the largest inner packet in a datagram with room for udp_len bytes. suite NULL: any
 * suite of the pre-shared key, or none yet. udp_len: 100 and more. */
unsigned dtls_offer_mtu(const struct dtls_suite *suite, unsigned udp_len);

#endif
