/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS of one worker: contexts and policy (TLS 1.2 and 1.3), the certificates, whose private keys
 * live in pki: the handshake pauses while pki signs (OpenSSL ASYNC jobs) and the worker goes on
 * with its other work.
 */
#ifndef GATEWAY_TLS_H
#define GATEWAY_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/err.h"
#include "common/ipc.pb-c.h"
#include "gateway/worker.h"

#define TLS_GULP 262144       /* bytes that one read of a socket may bring */
#define TLS_CHAIN_MAX 10      /* certificates of a client that are looked at */
#define TLS_CHAIN_BYTES 24576 /* of all that a client shows; more fails the handshake */

struct ssl_st;
struct tls;
struct tls_key_op;
struct tls_stream;

/* Contexts without identities yet. NULL: memory or OpenSSL. */
struct tls *tls_new(struct worker *worker) MUST_USE;
void tls_free(struct tls *tls);
/* Ask pki for the identities and load them; called when the channel to pki is (again) there. */
void tls_learn_identities(struct tls *tls);
/*
 * Ask clients for a certificate, or do not; it counts once the identities are learnt anew. True:
 * that is a change.
 */
bool tls_want_certificates(struct tls *tls, bool want);
/* Session tickets are made and taken with auth's keys from now on (gateway/tls_ticket.h).
 * ERR_RANGE: malformed, those before stay. */
enum err tls_take_ticket_keys(struct tls *tls, Ipc__TicketKeys *msg) MUST_USE;
/* Is there an identity that is shown to those who ask for this name? */
bool tls_has_name(const struct tls *tls, const char *name);
/* True once there is a certificate to show: until then connections are accepted and wait in the
 * backlog. */
bool tls_is_ready(const struct tls *tls);
/* A new server-side SSL with no BIO. NULL: memory or not ready. */
struct ssl_st *tls_ssl_new(struct tls *tls) MUST_USE;
/* SHA-1 of the DER of the certificate that this connection was shown (a resumed one: that the first
 * was), upper-case hex (40 digits and NUL), for <server-cert-hash>; "" if there is none. */
void tls_cert_hash(const struct ssl_st *ssl, char dst[41]);

/* The trustpoint of that certificate, as long as the connection lives; "" if there is none. */
const char *tls_trustpoint(const struct ssl_st *ssl);

/* The certificates that a client showed, in DER, its own first. Possession of that one's key is
 * proven, nothing else is: they are judged by pki. Plain value; tls_chain_fini() after use. */
struct tls_chain {
	uint8_t *der[TLS_CHAIN_MAX];
	size_t der_len[TLS_CHAIN_MAX];
	size_t len; /* 0: it showed none */
};
/* Encode what OpenSSL keeps of the handshake. ERR_NOMEM. */
enum err tls_chain_take(const struct ssl_st *ssl, struct tls_chain *out) MUST_USE;
void tls_chain_fini(struct tls_chain *chain);

/* What tls_stream.c shares between the streams of the worker. */

/* Receive buffer of TLS_GULP bytes, and one of 16384 for an opened record: used within one callback
 * only. */
uint8_t *tls_gulp(struct tls *tls);
uint8_t *tls_plain(struct tls *tls);
/* Around each SSL_do_handshake(): whose signature a key operation is. NULL afterwards. */
void tls_set_key_op(struct tls *tls, struct tls_key_op *op);

#endif
