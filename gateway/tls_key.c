/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key methods behind tls_key.h. What runs inside the ASYNC job (its stack is small) only copies
 * bytes and pauses; everything else happens outside of it.
 */
/* RSA_METHOD and EC_KEY_METHOD are the way to an external key that works with OpenSSL 3.0 and needs
 * no provider. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "gateway/tls_key.h"

#include <openssl/async.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/str.h"

#define SIGN_TIMEOUT_MS 10000

/* What an RSA or EC_KEY object of ours carries. */
struct remote {
	uint32_t handle;
	struct tls_key_op **current;
};

static pthread_once_t methods_once = PTHREAD_ONCE_INIT;
static RSA_METHOD *rsa_method;
static EC_KEY_METHOD *ec_method;
static int rsa_index = -1;
static int ec_index = -1;

/* Runs inside the job. The signature's length, 0 if there is none. */
static size_t
remote_sign(const struct remote *remote, Ipc__SignOp op, const uint8_t *data, size_t len,
    uint8_t *signature, size_t max)
{
	struct tls_key_op *key_op = remote != NULL ? *remote->current : NULL;
	size_t n = 0;

	if (key_op == NULL || key_op->state != TLS_KEY_IDLE || len > sizeof key_op->data ||
	    ASYNC_get_current_job() == NULL)
		return 0;
	key_op->key = remote->handle;
	key_op->op = op;
	memcpy(key_op->data, data, len);
	key_op->data_len = len;
	key_op->state = TLS_KEY_WANTED;
	while (key_op->state == TLS_KEY_WANTED || key_op->state == TLS_KEY_SENT) {
		if (ASYNC_pause_job() == 0)
			return 0;
	}
	if (key_op->state == TLS_KEY_DONE && key_op->signature_len <= max) {
		n = key_op->signature_len;
		memcpy(signature, key_op->signature, n);
		key_op->state = TLS_KEY_IDLE;
	}
	return n;
}

static int
rsa_priv_enc(int len, const unsigned char *from, unsigned char *to, RSA *rsa, int padding)
{
	size_t size = (size_t)RSA_size(rsa);
	size_t n;
	Ipc__SignOp op;

	if (padding == RSA_PKCS1_PADDING)
		op = IPC__SIGN_OP__SIGN_RSA_PKCS1;
	else if (padding == RSA_NO_PADDING)
		op = IPC__SIGN_OP__SIGN_RSA_NOPAD;
	else
		return -1;
	if (len < 0)
		return -1;
	n = remote_sign(RSA_get_ex_data(rsa, rsa_index), op, from, (size_t)len, to, size);
	return n == size ? (int)n : -1;
}

/* Key transport (TLS_RSA_*) has no forward secrecy: never offered, and refused here too. */
static int
rsa_priv_dec(int len UNUSED, const unsigned char *from UNUSED, unsigned char *to UNUSED,
    RSA *rsa UNUSED, int padding UNUSED)
{
	return -1;
}

static int
ec_sign(int type UNUSED, const unsigned char *digest, int len, unsigned char *signature,
    unsigned int *signature_len, const BIGNUM *kinv UNUSED, const BIGNUM *r UNUSED, EC_KEY *key)
{
	size_t n;

	if (len < 0)
		return 0;
	n = remote_sign(EC_KEY_get_ex_data(key, ec_index), IPC__SIGN_OP__SIGN_ECDSA, digest,
	    (size_t)len, signature, (size_t)ECDSA_size(key));
	*signature_len = (unsigned int)n;
	return n > 0;
}

static void
remote_free(void *parent UNUSED, void *ptr, CRYPTO_EX_DATA *ad UNUSED, int index UNUSED,
    long argl UNUSED, void *argp UNUSED)
{
	free(ptr);
}

static void
methods_make(void)
{
	rsa_index = RSA_get_ex_new_index(0, NULL, NULL, NULL, remote_free);
	ec_index = EC_KEY_get_ex_new_index(0, NULL, NULL, NULL, remote_free);
	rsa_method = RSA_meth_dup(RSA_PKCS1_OpenSSL());
	if (rsa_method != NULL) {
		RSA_meth_set_priv_enc(rsa_method, rsa_priv_enc);
		RSA_meth_set_priv_dec(rsa_method, rsa_priv_dec);
		RSA_meth_set_flags(rsa_method, RSA_FLAG_EXT_PKEY);
	}
	ec_method = EC_KEY_METHOD_new(EC_KEY_OpenSSL());
	if (ec_method != NULL)
		EC_KEY_METHOD_set_sign(ec_method, ec_sign, NULL, NULL);
}

static EVP_PKEY *
rsa_key_new(EVP_PKEY *public, struct remote *remote)
{
	const RSA *theirs = EVP_PKEY_get0_RSA(public);
	BIGNUM *n = NULL, *e = NULL;
	EVP_PKEY *key = NULL;
	RSA *rsa = NULL;

	if (theirs == NULL || RSA_size(theirs) > TLS_KEY_DATA_MAX || rsa_method == NULL)
		return NULL;
	rsa = RSA_new();
	n = BN_dup(RSA_get0_n(theirs));
	e = BN_dup(RSA_get0_e(theirs));
	if (rsa == NULL || n == NULL || e == NULL || RSA_set0_key(rsa, n, e, NULL) != 1)
		goto out;
	n = e = NULL;
	key = EVP_PKEY_new();
	if (key == NULL || RSA_set_method(rsa, rsa_method) != 1 ||
	    EVP_PKEY_assign_RSA(key, rsa) != 1) {
		EVP_PKEY_free(key);
		key = NULL;
		goto out;
	}
	if (RSA_set_ex_data(rsa, rsa_index, remote) != 1) {
		EVP_PKEY_free(key);
		return NULL;
	}
	return key;
out:
	RSA_free(rsa);
	BN_free(n);
	BN_free(e);
	return key;
}

static EVP_PKEY *
ec_key_new(EVP_PKEY *public, struct remote *remote)
{
	const EC_KEY *theirs = EVP_PKEY_get0_EC_KEY(public);
	EVP_PKEY *key;
	EC_KEY *ec;

	if (theirs == NULL || ec_method == NULL)
		return NULL;
	ec = EC_KEY_dup(theirs);
	key = EVP_PKEY_new();
	if (ec == NULL || key == NULL || EC_KEY_set_method(ec, ec_method) != 1 ||
	    EVP_PKEY_assign_EC_KEY(key, ec) != 1) {
		EC_KEY_free(ec);
		EVP_PKEY_free(key);
		return NULL;
	}
	if (EC_KEY_set_ex_data(ec, ec_index, remote) != 1) {
		EVP_PKEY_free(key);
		return NULL;
	}
	return key;
}

EVP_PKEY *
tls_key_new(EVP_PKEY *public, uint32_t handle, struct tls_key_op **current)
{
	struct remote *remote;
	EVP_PKEY *key = NULL;

	pthread_once(&methods_once, methods_make);
	remote = malloc(sizeof *remote);
	if (remote == NULL || rsa_index < 0 || ec_index < 0) {
		free(remote);
		return NULL;
	}
	remote->handle = handle;
	remote->current = current;
	if (EVP_PKEY_get_base_id(public) == EVP_PKEY_RSA)
		key = rsa_key_new(public, remote);
	else if (EVP_PKEY_get_base_id(public) == EVP_PKEY_EC)
		key = ec_key_new(public, remote);
	if (key == NULL)
		free(remote);
	return key;
}

static void
on_signed(enum err err, const ProtobufCMessage *msg, void *arg)
{
	struct tls_key_op *op = arg;
	const Ipc__KeySigned *answer = (const Ipc__KeySigned *)msg;

	op->ipc = NULL;
	op->state = TLS_KEY_FAILED;
	if (err == ERR_OK && answer->signature.len > 0 &&
	    answer->signature.len <= sizeof op->signature) {
		memcpy(op->signature, answer->signature.data, answer->signature.len);
		op->signature_len = answer->signature.len;
		op->state = TLS_KEY_DONE;
	}
	op->done(op->arg);
}

enum err
tls_key_request(struct tls_key_op *op, struct ipc *pki, tls_key_done_fn done, void *arg)
{
	Ipc__KeySign msg = IPC__KEY_SIGN__INIT;
	enum err err;

	msg.key = op->key;
	msg.op = op->op;
	msg.data.data = op->data;
	msg.data.len = op->data_len;
	op->done = done;
	op->arg = arg;
	op->ipc = pki;
	op->state = TLS_KEY_SENT;
	err = pki == NULL ? ERR_CLOSED
			  : ipc_request(pki, IPC__MSG_TYPE__MSG_KEY_SIGN, &msg.base,
				IPC__MSG_TYPE__MSG_KEY_SIGNED, SIGN_TIMEOUT_MS, on_signed, op,
				&op->request);
	if (err != ERR_OK) {
		op->ipc = NULL;
		op->state = TLS_KEY_FAILED;
	}
	return err;
}

void
tls_key_cancel(struct tls_key_op *op)
{
	if (op->state == TLS_KEY_SENT)
		ipc_cancel(op->ipc, op->request);
	op->ipc = NULL;
	op->state = TLS_KEY_FAILED;
}
