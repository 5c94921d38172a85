/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For the tests of TLS and of what stands on it: a worker with a channel to a pki that the test
 * plays itself, with a real key, and an OpenSSL client on a socketpair. Everything runs on one
 * thread.
 */
#ifndef TESTS_UNIT_TLS_HELP_H
#define TESTS_UNIT_TLS_HELP_H

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/ipc.h"
#include "common/loop.h"
#include "gateway/tls.h"
#include "gateway/worker.h"
#include "pki/key.h"
#include "pki/trust.h"

#define BED_KEY 5 /* pki's handle for the key of the bed; those of more identities follow */

/* One more identity, behind the default one. */
struct bed_identity {
	struct key *key;
	struct trust_chain chain;
	const char *trustpoint;
	const char *domains[4];
	size_t domains_len;
};

struct bed {
	struct worker worker;
	struct loop *loop;
	struct ipc *pki; /* the other end: we play pki */
	struct key *key;
	struct trust_chain chain;
	struct bed_identity *more; /* the caller's */
	size_t more_len;
	uint32_t order_key;
	bool mute;        /* pki keeps requests to itself */
	uint32_t pending; /* the one it kept */
	uint8_t order[1024];
	size_t order_len;
	Ipc__SignOp order_op;
	unsigned signed_count;
	bool garbage;                  /* pki answers nonsense */
	ProtobufCBinaryData client_ca; /* a CA's name that it tells, if there is one */
	SSL_CTX *client_ctx;
	SSL *client;
	int client_fd;
};

/* ---- a key and its certificate ---- */

static inline EVP_PKEY *
make_key(bool rsa)
{
	EVP_PKEY *pkey = rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");

	assert_non_null(pkey);
	return pkey;
}

static inline char *
pem_of(EVP_PKEY *pkey, X509 *cert, size_t *len)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *data, *copy;
	long n;

	if (cert != NULL)
		assert_int_equal(PEM_write_bio_X509(bio, cert), 1);
	else
		assert_int_equal(PEM_write_bio_PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL), 1);
	n = BIO_get_mem_data(bio, &data);
	copy = malloc((size_t)n);
	memcpy(copy, data, (size_t)n);
	*len = (size_t)n;
	BIO_free(bio);
	return copy;
}

static inline void
make_pair(bool rsa, struct key **key_out, struct trust_chain *chain_out)
{
	EVP_PKEY *pkey = make_key(rsa);
	X509 *cert = X509_new();
	char *pem;
	size_t len;

	X509_set_version(cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	X509_gmtime_adj(X509_getm_notBefore(cert), -60);
	X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC,
	    (const unsigned char *)"gate.test", -1, -1, 0);
	X509_set_issuer_name(cert, X509_get_subject_name(cert));
	X509_set_pubkey(cert, pkey);
	assert_true(X509_sign(cert, pkey, EVP_sha256()) > 0);
	pem = pem_of(pkey, NULL, &len);
	assert_int_equal(key_load(pem, len, key_out), ERR_OK);
	free(pem);
	pem = pem_of(NULL, cert, &len);
	assert_int_equal(trust_chain_parse(pem, len, chain_out), ERR_OK);
	free(pem);
	assert_true(key_matches(*key_out, chain_out->leaf));
	X509_free(cert);
	EVP_PKEY_free(pkey);
}

static inline void
make_identity(struct bed *bed, bool rsa)
{
	make_pair(rsa, &bed->key, &bed->chain);
}

/* ---- pki's side of the channel ---- */

static inline void
answer_order(struct bed *bed, uint32_t id)
{
	Ipc__KeySigned reply = IPC__KEY_SIGNED__INIT;
	uint8_t signature[KEY_DATA_MAX];
	size_t len = 0;
	const struct key *key =
	    bed->order_key == BED_KEY ? bed->key : bed->more[bed->order_key - BED_KEY - 1].key;

	assert_int_equal(
	    key_sign(key, bed->order_op, bed->order, bed->order_len, signature, &len), ERR_OK);
	if (bed->garbage)
		len = 7;
	bed->signed_count++;
	reply.signature.data = signature;
	reply.signature.len = len;
	assert_int_equal(
	    ipc_reply(bed->pki, id, IPC__MSG_TYPE__MSG_KEY_SIGNED, &reply.base), ERR_OK);
}

static inline void
handle_sign(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	struct bed *bed = arg;
	const Ipc__KeySign *order = (const Ipc__KeySign *)msg;

	(void)ipc, (void)fd;
	assert_in_range(order->key, BED_KEY, BED_KEY + bed->more_len);
	bed->order_key = order->key;
	bed->order_op = order->op;
	bed->order_len = order->data.len;
	assert_true(order->data.len <= sizeof bed->order);
	memcpy(bed->order, order->data.data, order->data.len);
	bed->pending = id;
	if (!bed->mute)
		answer_order(bed, id);
}

static inline void
handle_list(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	struct bed *bed = arg;
	Ipc__KeyListReply reply = IPC__KEY_LIST_REPLY__INIT;
	Ipc__Identity rows[8], *list[8];
	ProtobufCBinaryData ders[8];
	char name[] = "gate";

	(void)msg, (void)fd;
	assert_true(bed->more_len < ARRAY_LEN(rows));
	for (uint32_t i = 0; i <= bed->more_len; i++) {
		const struct bed_identity *more = i > 0 ? &bed->more[i - 1] : NULL;
		const struct trust_chain *chain = more != NULL ? &more->chain : &bed->chain;

		ders[i] = (ProtobufCBinaryData){chain->der_len[0], chain->der[0]};
		ipc__identity__init(&rows[i]);
		rows[i].key = BED_KEY + i;
		rows[i].trustpoint = more != NULL ? (char *)(uintptr_t)more->trustpoint : name;
		rows[i].certificate = &ders[i];
		rows[i].n_certificate = 1;
		rows[i].domain = more != NULL ? (char **)(uintptr_t)more->domains : NULL;
		rows[i].n_domain = more != NULL ? more->domains_len : 0;
		list[i] = &rows[i];
	}
	reply.identity = list;
	reply.n_identity = bed->more_len + 1;
	reply.client_ca = &bed->client_ca;
	reply.n_client_ca = bed->client_ca.len > 0 ? 1 : 0;
	assert_int_equal(
	    ipc_reply(ipc, id, IPC__MSG_TYPE__MSG_KEY_LIST_REPLY, &reply.base), ERR_OK);
}

static const struct ipc_row pki_rows[] = {
    {.type = IPC__MSG_TYPE__MSG_KEY_LIST, .handle = handle_list, .request = true},
    {.type = IPC__MSG_TYPE__MSG_KEY_SIGN, .handle = handle_sign, .request = true},
};

static inline void
on_channel_closed(struct ipc *ipc, const char *why, void *arg)
{
	struct bed *bed = arg;

	(void)why;
	if (bed->worker.pki == ipc)
		bed->worker.pki = NULL;
	if (bed->pki == ipc)
		bed->pki = NULL;
	ipc_free(ipc);
}

/* ---- the test bed ---- */

static inline void
turn(struct bed *bed)
{
	assert_true(event_base_loop(loop_base(bed->loop), EVLOOP_NONBLOCK) >= 0);
}

static inline void
turns(struct bed *bed, unsigned n)
{
	while (n-- > 0)
		turn(bed);
}

static inline void
bed_init(struct bed *bed, bool rsa)
{
	struct ipc_config ours = {"pki", NULL, 0, on_channel_closed, bed};
	struct ipc_config theirs = {
	    "gateway", pki_rows, ARRAY_LEN(pki_rows), on_channel_closed, bed};
	int fds[2];

	memset(bed, 0, sizeof *bed);
	make_identity(bed, rsa);
	bed->loop = loop_new();
	assert_non_null(bed->loop);
	bed->worker.loop = bed->loop;
	assert_int_equal(ipc_pair(fds), ERR_OK);
	bed->worker.pki = ipc_new(bed->loop, fds[0], &ours);
	bed->pki = ipc_new(bed->loop, fds[1], &theirs);
	assert_non_null(bed->worker.pki);
	assert_non_null(bed->pki);
	bed->worker.tls = tls_new(&bed->worker);
	assert_non_null(bed->worker.tls);
	assert_false(tls_is_ready(bed->worker.tls));
	tls_learn_identities(bed->worker.tls);
	for (unsigned i = 0; i < 100 && !tls_is_ready(bed->worker.tls); i++)
		turn(bed);
	assert_true(tls_is_ready(bed->worker.tls));
	bed->client_fd = -1;
}

/* A client with its own SSL on one end of a socketpair; returns the other. */
static inline int
bed_client(struct bed *bed, int version)
{
	int fds[2];

	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
	bed->client_ctx = SSL_CTX_new(TLS_client_method());
	SSL_CTX_set_min_proto_version(bed->client_ctx, version);
	SSL_CTX_set_max_proto_version(bed->client_ctx, version);
	bed->client = SSL_new(bed->client_ctx);
	bed->client_fd = fds[0];
	SSL_set_fd(bed->client, fds[0]);
	SSL_set_connect_state(bed->client);
	SSL_set_tlsext_host_name(bed->client, "vpn.example");
	SSL_set_mode(
	    bed->client, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	return fds[1];
}

static inline bool
client_handshake(struct bed *bed)
{
	int ret = SSL_do_handshake(bed->client);

	ERR_clear_error();
	return ret == 1;
}

static inline void
client_free(struct bed *bed)
{
	SSL_free(bed->client);
	SSL_CTX_free(bed->client_ctx);
	if (bed->client_fd >= 0)
		close(bed->client_fd);
	bed->client = NULL;
	bed->client_ctx = NULL;
	bed->client_fd = -1;
}

static inline void
bed_fini(struct bed *bed)
{
	client_free(bed);
	turns(bed, 3);
	ipc_free(bed->worker.pki);
	ipc_free(bed->pki);
	loop_free(bed->loop);
	tls_free(bed->worker.tls);
	key_free(bed->key);
	trust_chain_fini(&bed->chain);
}

/* All that the client can read now, appended to dst; the sizes of its records in lens. */
static inline size_t
client_read(struct bed *bed, uint8_t *dst, size_t size, size_t *lens, size_t lens_max)
{
	size_t total = 0, n = 0;

	for (;;) {
		int got = SSL_read(bed->client, dst + total, (int)(size - total));

		if (got <= 0)
			break;
		if (n < lens_max)
			lens[n] = (size_t)got;
		n++;
		total += (size_t)got;
	}
	ERR_clear_error();
	return total;
}

#endif
