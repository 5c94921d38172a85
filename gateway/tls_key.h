/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private keys that live in pki. OpenSSL sees an ordinary RSA or EC key with the public half only;
 * when a handshake needs a signature, its ASYNC job writes down what is to be signed and pauses.
 * tls_stream.c then asks pki and resumes the handshake with the answer.
 */
#ifndef GATEWAY_TLS_KEY_H
#define GATEWAY_TLS_KEY_H

#include <stddef.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/err.h"
#include "common/ipc.h"

#define TLS_KEY_DATA_MAX 1024 /* an RSA modulus of 8192 bits */

struct evp_pkey_st;

enum tls_key_state {
	TLS_KEY_IDLE,   /* the handshake has asked for nothing */
	TLS_KEY_WANTED, /* it has paused for a signature that nobody was asked for yet */
	TLS_KEY_SENT,   /* pki was asked */
	TLS_KEY_DONE,   /* the signature is there */
	TLS_KEY_FAILED  /* there will be none */
};

typedef void (*tls_key_done_fn)(void *arg);

/* One handshake's signature: lives from accept to the end of the handshake. */
struct tls_key_op {
	enum tls_key_state state;
	uint32_t key;
	Ipc__SignOp op;
	uint8_t data[TLS_KEY_DATA_MAX];
	size_t data_len;
	uint8_t signature[TLS_KEY_DATA_MAX];
	size_t signature_len;
	struct ipc *ipc; /* TLS_KEY_SENT: asked here, under this id */
	uint32_t request;
	tls_key_done_fn done;
	void *arg;
};

/*
 * A key object for the public key `public` whose private operation is pki's `handle`. *current
 * names, during each SSL_do_handshake(), the operation of that handshake; it must outlive the key.
 * NULL: neither RSA nor EC, or memory.
 */
struct evp_pkey_st *tls_key_new(
    struct evp_pkey_st *public, uint32_t handle, struct tls_key_op **current) MUST_USE;

/*
 * Ask pki for a wanted signature. done(arg) is called once, never from within this call, unless
 * tls_key_cancel() comes first; the state is then DONE or FAILED. An error leaves the state FAILED.
 */
enum err tls_key_request(
    struct tls_key_op *op, struct ipc *pki, tls_key_done_fn done, void *arg) MUST_USE;
/* Give up: no call of done follows, the state is FAILED. */
void tls_key_cancel(struct tls_key_op *op);

#endif
