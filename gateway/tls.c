/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The TLS policy and the certificates of one worker. The contexts, the default one and one for each
 * server name that has identities of its own, are built anew each time pki tells its identities,
 * and replace the old ones only when they are complete. The others hang on the default one, which
 * handshakes that run keep alive.
 */
#include "gateway/tls.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/ipc.h"
#include "common/log.h"
#include "common/str.h"
#include "gateway/conn.h"
#include "gateway/tls_key.h"
#include "gateway/tls_policy.h"
#include "gateway/tls_record.h"
#include "gateway/tls_sni.h"
#include "gateway/tls_ticket.h"

#define LIST_TIMEOUT_MS 10000
#define CHAIN_MAX 10
#define CLIENT_KEY_BITS_MAX 8192

struct tls {
	struct worker *worker;
	SSL_CTX *ctx;              /* the default one; NULL until pki has told an identity */
	struct tls_key_op *key_op; /* of the handshake that runs at this moment */
	bool asking;               /* a KEY_LIST is under way */
	bool again;                /* and its answer may be out of date */
	bool want_certificates;
	struct tls_tickets tickets;
	uint8_t *gulp;
	uint8_t plain[16384];
};

/* ---- what hangs on OpenSSL's objects ---- */

static pthread_once_t indexes_once = PTHREAD_ONCE_INIT;
static int sni_index = -1;        /* of a default context: its struct tls_sni */
static int trustpoint_index = -1; /* of a certificate of ours: the name of its trustpoint */
static int staple_index = -1;     /* .. its struct staple, if there is one */

/* What its responder says of a certificate of ours. */
struct staple {
	size_t len;
	uint8_t der[];
};

static void
free_sni(void *parent UNUSED, void *ptr, CRYPTO_EX_DATA *ad UNUSED, int index UNUSED,
    long argl UNUSED, void *argp UNUSED)
{
	tls_sni_free(ptr);
}

static void
free_plain(void *parent UNUSED, void *ptr, CRYPTO_EX_DATA *ad UNUSED, int index UNUSED,
    long argl UNUSED, void *argp UNUSED)
{
	free(ptr);
}

static void
make_indexes(void)
{
	sni_index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, free_sni);
	trustpoint_index = X509_get_ex_new_index(0, NULL, NULL, NULL, free_plain);
	staple_index = X509_get_ex_new_index(0, NULL, NULL, NULL, free_plain);
}

struct tls *
tls_new(struct worker *worker)
{
	struct tls *tls;

	pthread_once(&indexes_once, make_indexes);
	if (sni_index < 0 || trustpoint_index < 0 || staple_index < 0)
		return NULL;
	tls = calloc(1, sizeof *tls);
	if (tls == NULL)
		return NULL;
	tls->worker = worker;
	tls->gulp = malloc(TLS_GULP);
	if (tls->gulp == NULL || tls_tickets_init(&tls->tickets) != ERR_OK) {
		tls_free(tls);
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
	tls_tickets_wipe(&tls->tickets);
	free(tls->gulp);
	free(tls);
}

/* ---- contexts ---- */

/*
 * The client has said which server it wants: show that one's certificates. This runs in the job of
 * the handshake, whose stack is small. Only the default context has a table: what was selected once
 * stays when a second hello follows.
 */
static int
on_server_name(SSL *ssl, int *alert UNUSED, void *arg)
{
	const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
	const struct tls_sni *sni = arg;
	SSL_CTX *ctx = name != NULL && sni != NULL ? tls_sni_find(sni, name) : NULL;

	if (ctx != NULL && SSL_set_SSL_CTX(ssl, ctx) == NULL)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	return SSL_TLSEXT_ERR_OK;
}

/* The client wants to see what the responder says of the certificate that it is shown. The answer
 * is OpenSSL's to free; tls_stream.c has it do so when the handshake is over. */
static int
on_status(SSL *ssl, UNUSED void *arg)
{
	const X509 *cert = SSL_get_certificate(ssl);
	const struct staple *staple = cert != NULL ? X509_get_ex_data(cert, staple_index) : NULL;
	uint8_t *copy = staple != NULL ? OPENSSL_memdup(staple->der, staple->len) : NULL;

	if (copy == NULL)
		return SSL_TLSEXT_ERR_NOACK;
	(void)SSL_set_tlsext_status_ocsp_resp(ssl, copy, (long)staple->len);
	return SSL_TLSEXT_ERR_OK;
}

/*
 * Whatever a client shows is fine here: the handshake proves that it has the key, and who is to be
 * believed is for pki to say when a login asks. So no trust, and no path building on hostile input,
 * in this process. Only a key whose signature would keep this thread busy is not waited for.
 */
static int
accept_any(X509_STORE_CTX *store, void *arg UNUSED)
{
	const X509 *cert = X509_STORE_CTX_get0_cert(store);
	EVP_PKEY *key = cert != NULL ? X509_get0_pubkey(cert) : NULL;

	return key != NULL && EVP_PKEY_get_bits(key) <= CLIENT_KEY_BITS_MAX;
}

/* Names that help a client to choose; one that does not parse is left out. */
static STACK_OF(X509_NAME) * ca_names(const Ipc__KeyListReply *reply)
{
	STACK_OF(X509_NAME) *names = sk_X509_NAME_new_null();

	for (size_t i = 0; names != NULL && i < reply->n_client_ca; i++) {
		const unsigned char *p = reply->client_ca[i].data;
		X509_NAME *name = d2i_X509_NAME(NULL, &p, (long)reply->client_ca[i].len);

		if (name != NULL && sk_X509_NAME_push(names, name) <= 0)
			X509_NAME_free(name);
	}
	return names;
}

/*
 * Ask for a certificate; none is fine too. There are no tickets here: a resumed connection would
 * have lost the client's chain, and one that showed none could not show one any more.
 */
static enum err
ask_for_certificate(SSL_CTX *ctx, const Ipc__KeyListReply *reply)
{
	STACK_OF(X509_NAME) *names = ca_names(reply);

	if (names == NULL)
		return ERR_NOMEM;
	SSL_CTX_set_client_CA_list(ctx, names);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_cert_verify_callback(ctx, accept_any, NULL);
	SSL_CTX_set_max_cert_list(ctx, TLS_CHAIN_BYTES);
	return ERR_OK;
}

/*
 * What tickets are bound to: all certificates of ours. With any other there is a full handshake,
 * so a certificate that was replaced is never relied on for longer than the replacing takes.
 */
static enum err
give_tickets(struct tls *tls, SSL_CTX *ctx, const Ipc__KeyListReply *reply)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	bool ok = md != NULL && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1;

	for (size_t i = 0; ok && i < reply->n_identity; i++)
		for (size_t k = 0; ok && k < reply->identity[i]->n_certificate; k++) {
			const ProtobufCBinaryData *der = &reply->identity[i]->certificate[k];

			ok = EVP_DigestUpdate(md, der->data, der->len) == 1;
		}
	ok = ok && EVP_DigestFinal_ex(md, digest, &len) == 1;
	EVP_MD_CTX_free(md);
	return ok ? tls_tickets_use(&tls->tickets, ctx, digest, len) : ERR_CRYPTO;
}

static SSL_CTX *
context_new(const struct conf *conf)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	if (ctx == NULL)
		return NULL;
	/* No session cache, which is memory per stranger, and tickets only where give_tickets()
	 * says so. */
	SSL_CTX_set_options(ctx, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
				     SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE |
				     SSL_OP_PRIORITIZE_CHACHA);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	/* Buffers are given back by tls_stream.c when a stream is quiet: SSL_MODE_RELEASE_BUFFERS
	 * would do it after every record. */
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
	SSL_CTX_set_tlsext_servername_callback(ctx, on_server_name);
	SSL_CTX_set_tlsext_status_cb(ctx, on_status);
	/* No log: the only way to the secrets from which a tunnel goes on without OpenSSL. */
	SSL_CTX_set_keylog_callback(ctx, tls_record_keylog);
	if (SSL_CTX_set_num_tickets(ctx, 0) != 1 || tls_policy_apply(ctx, conf) != ERR_OK) {
		SSL_CTX_free(ctx);
		return NULL;
	}
	return ctx;
}

/* Remember whose it is, for the log. */
static enum err
name_certificate(X509 *cert, const char *trustpoint)
{
	char *name = strdup(trustpoint);

	if (name != NULL && X509_set_ex_data(cert, trustpoint_index, name) == 1)
		return ERR_OK;
	free(name);
	return ERR_NOMEM;
}

static enum err
staple_to(X509 *cert, const ProtobufCBinaryData *der)
{
	struct staple *staple;

	if (der->len == 0)
		return ERR_OK;
	staple = malloc(sizeof(*staple) + der->len);
	if (staple == NULL)
		return ERR_NOMEM;
	staple->len = der->len;
	memcpy(staple->der, der->data, der->len);
	if (X509_set_ex_data(cert, staple_index, staple) == 1)
		return ERR_OK;
	free(staple);
	return ERR_NOMEM;
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
	if (key != NULL && name_certificate(leaf, identity->trustpoint) == ERR_OK &&
	    staple_to(leaf, &identity->ocsp) == ERR_OK && SSL_CTX_use_certificate(ctx, leaf) == 1 &&
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

/* Add an identity to those that a context can show: OpenSSL takes the one that suits the client. */
static enum err
use_identity(struct tls *tls, SSL_CTX *ctx, const Ipc__Identity *identity)
{
	enum err err;

	if (identity->n_certificate == 0 || identity->n_certificate > CHAIN_MAX)
		return ERR_RANGE;
	err = use_leaf(tls, ctx, identity);
	return err == ERR_OK ? use_chain(ctx, identity) : err;
}

/* Contexts differ in nothing but their certificates. */
static SSL_CTX *
context_for(struct tls *tls, const Ipc__KeyListReply *reply)
{
	SSL_CTX *ctx = context_new(tls->worker->conf);
	enum err err;

	if (ctx == NULL)
		return NULL;
	err = tls->want_certificates ? ask_for_certificate(ctx, reply)
				     : give_tickets(tls, ctx, reply);
	if (err != ERR_OK) {
		SSL_CTX_free(ctx);
		return NULL;
	}
	return ctx;
}

bool
tls_has_name(const struct tls *tls, const char *name)
{
	const struct tls_sni *sni =
	    tls->ctx != NULL ? SSL_CTX_get_ex_data(tls->ctx, sni_index) : NULL;

	return sni != NULL && tls_sni_find(sni, name) != NULL;
}

/* The context for a server name; made if this is its first identity. */
static SSL_CTX *
context_of_name(
    struct tls *tls, const Ipc__KeyListReply *reply, struct tls_sni *sni, const char *domain)
{
	SSL_CTX *ctx = tls_sni_get(sni, domain);

	if (ctx != NULL)
		return ctx;
	ctx = context_for(tls, reply);
	if (ctx != NULL && tls_sni_add(sni, domain, ctx) != ERR_OK) {
		SSL_CTX_free(ctx);
		return NULL;
	}
	return ctx;
}

static enum err
use_names(struct tls *tls, const Ipc__KeyListReply *reply, struct tls_sni *sni)
{
	enum err err = ERR_OK;

	for (size_t i = 0; i < reply->n_identity; i++) {
		const Ipc__Identity *identity = reply->identity[i];

		for (size_t k = 0; k < identity->n_domain && err == ERR_OK; k++) {
			SSL_CTX *ctx = context_of_name(tls, reply, sni, identity->domain[k]);

			err = ctx == NULL ? ERR_CRYPTO : use_identity(tls, ctx, identity);
		}
	}
	return err;
}

/* Show these identities from the next handshake on. */
static enum err
use_identities(struct tls *tls, const Ipc__KeyListReply *reply)
{
	struct tls_sni *sni = tls_sni_new();
	SSL_CTX *ctx = context_for(tls, reply);
	enum err err = ERR_CRYPTO;

	if (ctx == NULL || sni == NULL || SSL_CTX_set_ex_data(ctx, sni_index, sni) != 1) {
		tls_sni_free(sni);
		SSL_CTX_free(ctx);
		return err;
	}
	SSL_CTX_set_tlsext_servername_arg(ctx, sni);
	err = use_identity(tls, ctx, reply->identity[0]);
	if (err == ERR_OK)
		err = use_names(tls, reply, sni);
	if (err != ERR_OK) {
		SSL_CTX_free(ctx);
		return err;
	}
	SSL_CTX_free(tls->ctx);
	tls->ctx = ctx;
	return ERR_OK;
}

static void
on_key_list(enum err err, const ProtobufCMessage *msg, void *arg)
{
	struct tls *tls = arg;
	const Ipc__KeyListReply *reply = (const Ipc__KeyListReply *)msg;
	bool again = tls->again;

	tls->asking = tls->again = false;
	if (err == ERR_CLOSED)
		return; /* a new channel will come, and a new question with it */
	if (err == ERR_OK && reply->n_identity == 0)
		err = ERR_NOTFOUND;
	if (err == ERR_OK)
		err = use_identities(tls, reply);
	ERR_clear_error();
	if (again || err == ERR_TIMEOUT)
		tls_learn_identities(tls);
	if (err != ERR_OK) {
		log_err("worker %u: no certificate from pki: %s", tls->worker->index, err_str(err));
		return;
	}
	log_debug("worker %u: key %u of trustpoint %s, %zu identities in all, clients %s for a "
		  "certificate",
	    tls->worker->index, reply->identity[0]->key, reply->identity[0]->trustpoint,
	    reply->n_identity, tls->want_certificates ? "are asked" : "are not asked");
	if (tls->worker->conns != NULL)
		conns_start_accepting(tls->worker->conns);
}

void
tls_learn_identities(struct tls *tls)
{
	Ipc__KeyList msg = IPC__KEY_LIST__INIT;
	enum err err;

	if (tls->asking)
		tls->again = true;
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

bool
tls_want_certificates(struct tls *tls, bool want)
{
	bool changed = tls->want_certificates != want;

	tls->want_certificates = want;
	return changed;
}

const char *
tls_trustpoint(const SSL *ssl)
{
	const X509 *cert = SSL_get_certificate(ssl);
	const char *name = cert != NULL ? X509_get_ex_data(cert, trustpoint_index) : NULL;

	return name != NULL ? name : "";
}

void
tls_cert_hash(const SSL *ssl, char dst[41])
{
	static const char digits[] = "0123456789ABCDEF";
	const X509 *cert = SSL_get_certificate(ssl);
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned len = 20;

	if (!tls_tickets_cert_sha1(ssl, md) &&
	    (cert == NULL || X509_digest(cert, EVP_sha1(), md, &len) != 1 || len != 20))
		len = 0;
	for (unsigned i = 0; i < len; i++) {
		dst[2 * i] = digits[md[i] >> 4];
		dst[2 * i + 1] = digits[md[i] & 15];
	}
	dst[2 * len] = '\0';
}

/* ---- what the client showed ---- */

static enum err
chain_add(struct tls_chain *chain, X509 *cert)
{
	unsigned char *der = NULL;
	int len = i2d_X509(cert, &der);

	if (len <= 0)
		return ERR_NOMEM;
	chain->der[chain->len] = der;
	chain->der_len[chain->len++] = (size_t)len;
	return ERR_OK;
}

enum err
tls_chain_take(const SSL *ssl, struct tls_chain *out)
{
	/* On this side of a connection the chain does not have the client's own certificate in it.
	 */
	STACK_OF(X509) *issuers = SSL_get_peer_cert_chain(ssl);
	X509 *leaf = SSL_get0_peer_certificate(ssl);
	struct tls_chain chain = {0};
	enum err err;

	*out = chain;
	if (leaf == NULL)
		return ERR_OK;
	err = chain_add(&chain, leaf);
	for (int i = 0; err == ERR_OK && i < sk_X509_num(issuers) && chain.len < TLS_CHAIN_MAX; i++)
		err = chain_add(&chain, sk_X509_value(issuers, i));
	ERR_clear_error();
	if (err == ERR_OK)
		*out = chain;
	else
		tls_chain_fini(&chain);
	return err;
}

void
tls_chain_fini(struct tls_chain *chain)
{
	for (size_t i = 0; i < chain->len; i++)
		OPENSSL_free(chain->der[i]);
	*chain = (struct tls_chain){0};
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

enum err
tls_take_ticket_keys(struct tls *tls, Ipc__TicketKeys *msg)
{
	return tls_tickets_take(&tls->tickets, msg);
}

void
tls_set_key_op(struct tls *tls, struct tls_key_op *op)
{
	tls->key_op = op;
}
