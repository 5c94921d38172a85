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
#include "gateway/worker.h"

#define TLS_GULP 262144 /* bytes that one read of a socket may bring */

struct ssl_st;
struct tls;
struct tls_key_op;
struct tls_stream;

/* Contexts without identities yet. NULL: memory or OpenSSL. */
struct tls *tls_new(struct worker *worker) MUST_USE;
void tls_free(struct tls *tls);
/* Ask pki for the identities and load them; called when the channel to pki is (again) there. */
void tls_learn_identities(struct tls *tls);
/* True once there is a certificate to show: until then connections are accepted and wait in the
 * backlog. */
bool tls_is_ready(const struct tls *tls);
/* A new server-side SSL with no BIO. NULL: memory or not ready. */
struct ssl_st *tls_ssl_new(struct tls *tls) MUST_USE;
/* SHA-1 of the DER of the certificate shown, upper-case hex (40 digits and NUL), for
 * <server-cert-hash>. */
void tls_cert_hash(const struct tls *tls, char dst[41]);

/* What tls_stream.c shares between the streams of the worker. */

/* Receive buffer of TLS_GULP bytes, and one of 16384 for an opened record: used within one callback
 * only. */
uint8_t *tls_gulp(struct tls *tls);
uint8_t *tls_plain(struct tls *tls);
/* Around each SSL_do_handshake(): whose signature a key operation is. NULL afterwards. */
void tls_set_key_op(struct tls *tls, struct tls_key_op *op);

#endif
