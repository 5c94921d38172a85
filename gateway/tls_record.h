/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The record layer of an established tunnel over TLS 1.3 (RFC 8446 5) or TLS 1.2 (RFC 5246 6,
 * AES-GCM: RFC 5288, ChaCha20-Poly1305: RFC 7905). OpenSSL makes the handshake and serves the
 * login; when the stream becomes a tunnel, records are opened where they were received and sealed
 * where they are sent from, with nothing allocated or locked for one. What a client can say besides
 * data - alerts, new keys, a wish for a new handshake - is answered here.
 */
#ifndef GATEWAY_TLS_RECORD_H
#define GATEWAY_TLS_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/err.h"
#include "gateway/aead.h"

#define TLS_RECORD_HEAD 5
#define TLS_RECORD_MAX 16384 /* plaintext of one record */

struct ssl_st;
struct tls_bio;
struct tls_record;

/* What was seen of OpenSSL's record layer. To be wiped: in TLS 1.3 the secrets are all that the
 * keys are made of. */
struct tls_record_start {
	uint64_t rx_seq; /* records under the keys that are in force; so is the next one's number */
	uint64_t tx_seq;
	size_t rx_secret_len; /* 0: not known */
	size_t tx_secret_len;
	uint8_t rx_secret[AEAD_SECRET_MAX];
	uint8_t tx_secret[AEAD_SECRET_MAX];
	bool renewed; /* the keys are not the first ones any more */
};

/* A record that was opened. */
struct tls_opened {
	const uint8_t *data; /* in place */
	size_t len;          /* 0: it was for this layer */
	size_t taken;        /* length of the record */
	bool rekey;          /* the client renewed its keys, or wanted to */
};

/* For SSL_CTX_set_keylog_callback(): the SSL's app data is its struct tls_record_start, or NULL. */
void tls_record_keylog(const struct ssl_st *ssl, const char *line);
/* From SSL_set_msg_callback(), for every message from the first one on. */
void tls_record_note(
    struct tls_record_start *start, bool sent, int type, const void *message, size_t len);

/*
 * Take over from OpenSSL, whose SSL is not needed any more then. bio: where answers and sealed
 * records go; borrowed. ERR_UNSUPPORTED: OpenSSL has to go on, as the suite is none of ours or
 * something is under way. ERR_CRYPTO, ERR_NOMEM.
 */
enum err tls_record_new(struct ssl_st *ssl, const struct tls_record_start *start,
    struct tls_bio *bio, struct tls_record **out) MUST_USE;
void tls_record_free(struct tls_record *record);

/*
 * Open the record at the beginning of data, in place. ERR_AGAIN: it is not whole, nothing was
 * changed. ERR_CLOSED: close_notify. ERR_CRYPTO: forged, or against the protocol, or a fatal alert:
 * tls_record_reason() says what, and the client is told if that is for us to do. ERR_NOMEM,
 * ERR_LIMIT: there is no room for an answer.
 */
enum err tls_record_open(
    struct tls_record *record, uint8_t *data, size_t len, struct tls_opened *out) MUST_USE;
/* One record of data. ERR_RANGE: too long. ERR_LIMIT, ERR_NOMEM: no room, or no number left;
 * ERR_CRYPTO. */
enum err tls_record_seal(struct tls_record *record, const uint8_t *data, size_t len) MUST_USE;
/* close_notify. Nothing may be sealed after it. */
void tls_record_close(struct tls_record *record);
/* TLS 1.3: new keys for what we send, and the client is asked for the same. ERR_UNSUPPORTED,
 * others as for tls_record_seal(). */
enum err tls_record_rekey(struct tls_record *record) MUST_USE;
bool tls_record_can_rekey(const struct tls_record *record);
/* OpenSSL's words for what went wrong, "" if nothing did. Static storage. */
const char *tls_record_reason(const struct tls_record *record);

#endif
