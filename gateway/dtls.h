/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DTLS 1.2 over UDP sockets that belong to somebody else: datagrams are fed in, and what OpenSSL
 * writes goes to a callback. Its keys come from the CONNECT's TLS connection, in one of two ways:
 * a pre-shared key that both sides export from it (PSK-NEGOTIATE, protocol.md 5.2), or a master
 * secret that the client sent over it, which makes the handshake the resumption of a session that
 * never was (5.3).
 *
 * Records are opened and sealed by dtls_record.h as soon as the client has sent the first one with
 * data: from then on nothing of the handshake can be wanted again, and the leg lets go of OpenSSL's
 * objects. Only suites without AEAD stay with OpenSSL to the end.
 *
 * A client proves its address with a cookie before anything is kept of it: dtls_listen() answers
 * from one object of the worker that serves all comers (INV-6).
 */
#ifndef GATEWAY_DTLS_H
#define GATEWAY_DTLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/err.h"
#include "gateway/udp.h"

#define DTLS_PSK_LEN 32
#define DTLS_PSK_LABEL "EXPORTER-openconnect-psk"
#define DTLS_OVERHEAD 37 /* of a record with AES-GCM: head 13, nonce 8, tag 16 */

#define DTLS_MASTER_LEN 48
#define DTLS_CIPHERS_MAX 128

enum dtls_mode {
	DTLS_NONE,
	DTLS_PSK,
	DTLS_RESUMED,
};

/* What a client and the gateway agreed on in the CONNECT. Holds a secret: wipe it. */
struct dtls_terms {
	enum dtls_mode mode;
	char ciphers[DTLS_CIPHERS_MAX];  /* OpenSSL's names, ours first: DTLS_RESUMED has one */
	uint8_t secret[DTLS_MASTER_LEN]; /* DTLS_PSK: the first DTLS_PSK_LEN bytes */
};

struct dtls;
struct dtls_leg;

/*
 * Room for a datagram of len bytes, which is written before the next call and then leaves; NULL: it
 * cannot be sent.
 */
typedef uint8_t *(*dtls_room_fn)(void *arg, const struct udp_flow *flow, size_t len);

/* The worker's part. NULL: memory or OpenSSL. */
struct dtls *dtls_new(dtls_room_fn room, void *arg) MUST_USE;
void dtls_free(struct dtls *dtls);

/*
 * A ClientHello that is known to belong to a session. ERR_AGAIN: the client was asked for a cookie,
 * nothing is kept. ERR_OK: its cookie is good, *out is a leg that has taken the datagram: call
 * dtls_leg_start(). ERR_CRYPTO, ERR_NOMEM.
 */
enum err dtls_listen(struct dtls *dtls, const struct udp_flow *flow, const uint8_t *data,
    size_t len, struct dtls_leg **out) MUST_USE;
/* Begin the handshake on these terms (copied); link_mtu is that of the IP path. As dtls_leg_feed().
 */
enum err dtls_leg_start(
    struct dtls_leg *leg, const struct dtls_terms *terms, unsigned link_mtu) MUST_USE;
void dtls_leg_free(struct dtls_leg *leg);

/*
 * Give a datagram to the leg; while the handshake lasts this takes it a step on. ERR_OK (also for
 * datagrams that mean nothing); ERR_CRYPTO: the handshake failed, or led to something else than
 * the terms. Then read what is in it: it is opened where it is.
 */
enum err dtls_leg_feed(struct dtls_leg *leg, uint8_t *data, size_t len) MUST_USE;
/*
 * Plaintext of the next record, the caller's to change until the next call. ERR_AGAIN: no more;
 * ERR_CLOSED: the client closed the leg; ERR_CRYPTO.
 */
enum err dtls_leg_read(struct dtls_leg *leg, uint8_t **data, size_t *len) MUST_USE;
/* Seal data as one record and send it. ERR_BADSTATE before the handshake is done, ERR_CRYPTO,
 * ERR_RANGE, ERR_LIMIT. */
enum err dtls_leg_write(struct dtls_leg *leg, const uint8_t *data, size_t len) MUST_USE;
/* Send close_notify. */
void dtls_leg_close(struct dtls_leg *leg);

bool dtls_leg_is_up(const struct dtls_leg *leg);
/* DTLS_PSK: the client has used its key, and the handshake did not succeed by that: it may be
 * another key. */
bool dtls_leg_doubts_key(const struct dtls_leg *leg);
/* Retransmissions: to be called several times a second while the handshake lasts. ERR_TIMEOUT: too
 * many. */
enum err dtls_leg_tick(struct dtls_leg *leg) MUST_USE;
/* Give OpenSSL's record buffers back while nothing moves (33 KB otherwise); they return by
 * themselves. */
void dtls_leg_rest(struct dtls_leg *leg);

const struct udp_flow *dtls_leg_flow(const struct dtls_leg *leg);
/* "DTLSv1.2" and OpenSSL's cipher name. Static storage. */
const char *dtls_leg_version(const struct dtls_leg *leg);
const char *dtls_leg_cipher(const struct dtls_leg *leg);

#endif
