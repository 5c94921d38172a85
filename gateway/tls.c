/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The TLS policy and the certificate of one worker. The context is built anew each time pki tells
 * its identities, and replaces the old one only when it is complete; handshakes that run keep the
 * old one alive.
 */
#include "gateway/tls.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdlib.h>

#include "common/ipc.h"
#include "common/log.h"
#include "common/str.h"
#include "gateway/conn.h"
#include "gateway/tls_key.h"

#define LIST_TIMEOUT_MS 10000
#define CHAIN_MAX 10

/* Forward secret AEAD suites, the fastest first; Secure Client and openconnect have had them since
 * TLS 1.2. */
#define SUITES_TLS12                                                                               \
	"ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"                               \
	"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"                               \
	"ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"
#define SUITES_TLS13 "TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256"
#define GROUPS "X25519:P-256:P-384"

struct tls {
	struct worker *worker;
	SSL_CTX *ctx; /* NULL until pki has told an identity */
	char cert_hash[41];
	struct tls_key_op *key_op; /* of the handshake that runs at this moment */
	bool asking;               /* a KEY_LIST is under way */
	uint8_t *gulp;
	uint8_t plain[16384];
};

struct tls *
tls_new(struct worker *worker)
{
	struct tls *tls = calloc(1, sizeof *tls);

	if (tls == NULL)
		return NULL;
	tls->worker = worker;
	tls->gulp = malloc(TLS_GULP);
	if (tls->gulp == NULL) {
		free(tls);
		return NULL;
	}
	return tls;
}

void
tls_free(struct tls *tls)
{
	if (tls == NULL)
		return;
	SSL_CTX_free(tls->ctx);
	str_wipe(tls->plain, sizeof tls->plain);
	free(tls->gulp);
	free(tls);
}

/* Take the server name as the client sent it: it selects nothing, but belongs to the client's
 * facts. */
static int
on_server_name(SSL *ssl UNUSED, int *alert UNUSED, void *arg UNUSED)
{
	return SSL_TLSEXT_ERR_OK;
}

static SSL_CTX *
context_new(void)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	if (ctx == NULL)
		return NULL;
	/* No resumption: clients of this kind never ask for it, and a session cache is memory per
	 * stranger. */
	SSL_CTX_set_options(ctx, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
				     SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE |
				     SSL_OP_PRIORITIZE_CHACHA);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	/* Buffers are given back by tls_stream.c when a stream is quiet: SSL_MODE_RELEASE_BUFFERS
	 * would do it after every record. */
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
	SSL_CTX_set_tlsext_servername_callback(ctx, on_server_name);
	if (SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1 ||
	    SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION) != 1 ||
	    SSL_CTX_set_num_tickets(ctx, 0) != 1 ||
	    SSL_CTX_set_cipher_list(ctx, SUITES_TLS12) != 1 ||
	    SSL_CTX_set_ciphersuites(ctx, SUITES_TLS13) != 1 ||
	    SSL_CTX_set1_groups_list(ctx, GROUPS) != 1) {
		SSL_CTX_free(ctx);
		return NULL;
	}
	return ctx;
}

static X509 *
certificate_decode(const ProtobufCBinaryData *der)
{
	const unsigned char *p = der->data;
	X509 *cert = d2i_X509(NULL, &p, (long)der->len);

	if (cert != NULL && p != der->data + der->len) {
		X509_free(cert);
		return NULL;
	}
	return cert;
}

static enum err
use_leaf(struct tls *tls, SSL_CTX *ctx, const Ipc__Identity *identity)
{
	X509 *leaf = certificate_decode(&identity->certificate[0]);
	EVP_PKEY *key = NULL;
	enum err err = ERR_CRYPTO;

	if (leaf == NULL || X509_get0_pubkey(leaf) == NULL)
		goto out;
	key = tls_key_new(X509_get0_pubkey(leaf), identity->key, &tls->key_op);
	if (key != NULL && SSL_CTX_use_certificate(ctx, leaf) == 1 &&
	    SSL_CTX_use_PrivateKey(ctx, key) == 1)
		err = ERR_OK;
out:
	EVP_PKEY_free(key);
	X509_free(leaf);
	return err;
}

static enum err
use_chain(SSL_CTX *ctx, const Ipc__Identity *identity)
{
	for (size_t i = 1; i < identity->n_certificate; i++) {
		X509 *cert = certificate_decode(&identity->certificate[i]);

		if (cert == NULL || SSL_CTX_add0_chain_cert(ctx, cert) != 1) {
			X509_free(cert);
			return ERR_CRYPTO;
		}
	}
	return ERR_OK;
}

static enum err
hash_certificate(const ProtobufCBinaryData *der, char dst[41])
{
	static const char digits[] = "0123456789ABCDEF";
	unsigned char md[20];

	if (EVP_Digest(der->data, der->len, md, NULL, EVP_sha1(), NULL) != 1)
		return ERR_CRYPTO;
	for (size_t i = 0; i < sizeof md; i++) {
		dst[2 * i] = digits[md[i] >> 4];
		dst[2 * i + 1] = digits[md[i] & 15];
	}
	dst[40] = '\0';
	return ERR_OK;
}

/* Show this identity from the next handshake on. */
static enum err
use_identity(struct tls *tls, const Ipc__Identity *identity)
{
	SSL_CTX *ctx;
	char hash[41];
	enum err err;

	if (identity->n_certificate == 0 || identity->n_certificate > CHAIN_MAX)
		return ERR_RANGE;
	ctx = context_new();
	if (ctx == NULL)
		return ERR_CRYPTO;
	err = use_leaf(tls, ctx, identity);
	if (err == ERR_OK)
		err = use_chain(ctx, identity);
	if (err == ERR_OK)
		err = hash_certificate(&identity->certificate[0], hash);
	if (err != ERR_OK) {
		SSL_CTX_free(ctx);
		return err;
	}
	SSL_CTX_free(tls->ctx);
	tls->ctx = ctx;
	(void)str_copy(tls->cert_hash, sizeof tls->cert_hash, hash);
	return ERR_OK;
}

static void
on_key_list(enum err err, const ProtobufCMessage *msg, void *arg)
{
	struct tls *tls = arg;
	const Ipc__KeyListReply *reply = (const Ipc__KeyListReply *)msg;

	tls->asking = false;
	if (err == ERR_CLOSED)
		return; /* a new channel will come, and a new question with it */
	if (err == ERR_OK && reply->n_identity == 0)
		err = ERR_NOTFOUND;
	if (err == ERR_OK)
		err = use_identity(tls, reply->identity[0]);
	ERR_clear_error();
	if (err != ERR_OK) {
		log_err("worker %u: no certificate from pki: %s", tls->worker->index, err_str(err));
		if (err == ERR_TIMEOUT)
			tls_learn_identities(tls);
		return;
	}
	log_debug("worker %u: certificate %s of trustpoint %s", tls->worker->index, tls->cert_hash,
	    reply->identity[0]->trustpoint);
	if (tls->worker->conns != NULL)
		conns_start_accepting(tls->worker->conns);
}

void
tls_learn_identities(struct tls *tls)
{
	Ipc__KeyList msg = IPC__KEY_LIST__INIT;
	enum err err;

	if (tls->asking || tls->worker->pki == NULL)
		return;
	err = ipc_request(tls->worker->pki, IPC__MSG_TYPE__MSG_KEY_LIST, &msg.base,
	    IPC__MSG_TYPE__MSG_KEY_LIST_REPLY, LIST_TIMEOUT_MS, on_key_list, tls, NULL);
	if (err != ERR_OK)
		log_err("worker %u: cannot ask pki: %s", tls->worker->index, err_str(err));
	else
		tls->asking = true;
}

bool
tls_is_ready(const struct tls *tls)
{
	return tls->ctx != NULL;
}

SSL *
tls_ssl_new(struct tls *tls)
{
	SSL *ssl;

	if (tls->ctx == NULL)
		return NULL;
	ssl = SSL_new(tls->ctx);
	if (ssl != NULL)
		SSL_set_accept_state(ssl);
	ERR_clear_error();
	return ssl;
}

void
tls_cert_hash(const struct tls *tls, char dst[41])
{
	(void)str_copy(dst, 41, tls->cert_hash);
}

uint8_t *
tls_gulp(struct tls *tls)
{
	return tls->gulp;
}

uint8_t *
tls_plain(struct tls *tls)
{
	return tls->plain;
}

void
tls_set_key_op(struct tls *tls, struct tls_key_op *op)
{
	tls->key_op = op;
}
