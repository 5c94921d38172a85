/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The record layer of an established DTLS 1.2 leg with an AEAD suite (RFC 6347 4.1; AES-GCM: RFC
 * 5288, ChaCha20-Poly1305: RFC 7905). OpenSSL makes the handshake; from the first record of the
 * client on, records are opened where they were received and sealed where they are sent from, with
 * no call but the one of the cipher. Suites without AEAD stay with OpenSSL.
 */
#ifndef GATEWAY_DTLS_RECORD_H
#define GATEWAY_DTLS_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/err.h"

#define DTLS_RECORD_HEAD 13
#define DTLS_RECORD_MAX 16384 /* plaintext of one record */
#define DTLS_RECORD_EPOCH 1   /* of everything behind the one handshake that a leg has */

/* Content types. */
#define DTLS_TYPE_ALERT 21
#define DTLS_TYPE_HANDSHAKE 22
#define DTLS_TYPE_DATA 23

struct dtls_record;
struct ssl_st;

/* A record's head. */
struct dtls_head {
	uint8_t type;
	uint16_t version;
	uint16_t epoch;
	uint64_t seq; /* 48 bits */
	size_t len;   /* of what follows the head */
};

/* Where OpenSSL's record layer stopped. */
struct dtls_record_start {
	uint64_t rx_seq;     /* of the client's newest record: it and all before it are spent */
	uint64_t tx_seq;     /* of our newest record */
	uint8_t tx_nonce[8]; /* AES-GCM: its explicit nonce; ours go on behind it */
};

/* The record at the beginning of a datagram. ERR_SYNTAX: it is not whole. */
enum err dtls_head_read(const uint8_t *data, size_t len, struct dtls_head *out) MUST_USE;

/* Take over from a handshake that is through. ERR_UNSUPPORTED: not an AEAD suite; ERR_CRYPTO,
 * ERR_NOMEM. The SSL is not touched again. */
enum err dtls_record_new(
    struct ssl_st *ssl, const struct dtls_record_start *start, struct dtls_record **out) MUST_USE;
void dtls_record_free(struct dtls_record *record);

/*
 * Open a record of the client, head included, in place: *plain points into it. ERR_CRYPTO: forged
 * or damaged, of another epoch or version, too long, or seen before: to be forgotten.
 */
enum err dtls_record_open(struct dtls_record *record, uint8_t *data, const struct dtls_head *head,
    uint8_t **plain, size_t *len) MUST_USE;

/* Length of the record that so much plaintext becomes. */
size_t dtls_record_sealed_len(const struct dtls_record *record, size_t len);
/* Seal data into dst, dtls_record_sealed_len() bytes. ERR_RANGE: too long; ERR_LIMIT: out of
 * sequence numbers; ERR_CRYPTO. With these two dst is all zeros: it may be sent already. */
enum err dtls_record_seal(struct dtls_record *record, uint8_t type, const uint8_t *data, size_t len,
    uint8_t *dst) MUST_USE;

#endif
