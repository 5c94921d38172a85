/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The memory BIO between OpenSSL and tls_stream.c: what the socket brought is read out of a
 * borrowed piece of memory, what is sealed is appended to the stream's output, so that many records
 * leave with one send (design 3).
 */
#ifndef GATEWAY_TLS_BIO_H
#define GATEWAY_TLS_BIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/buf.h"

struct bio_st;

/* Both directions of one stream. Open: tls_stream.c points `in` at what it received and drains
 * `out`. */
struct tls_bio {
	uint8_t *in;
	size_t in_len;
	struct buf out;
	size_t out_off; /* bytes at the front of out that the socket has taken */
	/* What OpenSSL wrote last was one record of data; in TLS 1.2 with AES-GCM it begins with
	 * this. */
	bool nonce_known;
	uint8_t nonce[8];
};

/* out never grows above max bytes. */
void tls_bio_init(struct tls_bio *bio, size_t max);
void tls_bio_fini(struct tls_bio *bio);
/* The OpenSSL side; it borrows bio. NULL: memory. */
struct bio_st *tls_bio_new(struct tls_bio *bio) MUST_USE;
/* Room for n more bytes of output behind what is there, NULL if it would grow above its maximum
 * (out.err says why). What of it was used is told by tls_bio_added(). */
uint8_t *tls_bio_room(struct tls_bio *bio, size_t n) MUST_USE;
void tls_bio_added(struct tls_bio *bio, size_t n);
/* Sealed bytes that the socket has not taken. */
size_t tls_bio_queued(const struct tls_bio *bio);
/* The socket took n of them. */
void tls_bio_sent(struct tls_bio *bio, size_t n);

#endif
