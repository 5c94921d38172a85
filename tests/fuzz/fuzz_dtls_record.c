/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz gateway/dtls_record.c: a client that has the keys and may seal what it likes under any
 * sequence number, and strangers who have not. Steps: what it is (even: a sealed record, odd: bytes
 * as they are), for a record its sequence number (two bytes) and type, a length of two bytes, the
 * bytes. What was sealed opens as it was, each number once, and none that is behind the window;
 * what was not sealed never opens.
 */
/* For coverage.sh: gateway/dtls_record.c:dtls_head,window,full,dtls_record_new,dtls_record_open */
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "gateway/aead.h"
#include "gateway/dtls_record.h"

#define STEPS 10
#define VERSION 0xfefd
#define DATAGRAM_MAX 65536
#define SURE 448 /* so far behind the newest a record is still taken */
#define FIRST 2  /* spent by the handshake */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static SSL *server; /* of one handshake, for all inputs */

static void
must(bool ok)
{
	if (!ok)
		abort();
}

static SSL *
end_new(const SSL_METHOD *method, bool serves)
{
	SSL_CTX *ctx = SSL_CTX_new(method);
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = X509_new();
	SSL *ssl;

	must(ctx != NULL && key != NULL && cert != NULL);
	X509_gmtime_adj(X509_getm_notBefore(cert), 0);
	X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
	must(X509_set_pubkey(cert, key) == 1 && X509_sign(cert, key, EVP_sha256()) > 0);
	if (serves)
		must(SSL_CTX_use_certificate(ctx, cert) == 1 &&
		     SSL_CTX_use_PrivateKey(ctx, key) == 1);
	SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION);
	ssl = SSL_new(ctx);
	must(ssl != NULL);
	SSL_CTX_free(ctx);
	X509_free(cert);
	EVP_PKEY_free(key);
	return ssl;
}

/* TLS 1.2 makes the keys that DTLS 1.2 would. */
static void
handshake(void)
{
	SSL *client = end_new(TLS_client_method(), false);
	BIO *left, *right;

	server = end_new(TLS_server_method(), true);
	must(BIO_new_bio_pair(&left, 65536, &right, 65536) == 1);
	SSL_set_bio(client, left, left);
	SSL_set_bio(server, right, right);
	SSL_set_connect_state(client);
	SSL_set_accept_state(server);
	for (int i = 0; i < STEPS; i++) {
		(void)SSL_do_handshake(client);
		(void)SSL_do_handshake(server);
	}
	must(SSL_is_init_finished(server) == 1);
	SSL_free(client);
	ERR_clear_error();
}

static struct dtls_record *record;
static struct aead12 tx, unused;
static struct aead_suite suite;
static uint8_t datagram[DATAGRAM_MAX];
static uint8_t taken[8192]; /* a bit for each sequence number */
static uint64_t top;

/* What opens a client's records can seal them, too. */
static void
client_init(void)
{
	static const uint8_t nonce[AEAD_NONCE_LEN];

	must(aead_suite_of(SSL_get_current_cipher(server), &suite));
	must(aead12_init(server, &suite, nonce, &tx, &unused) == ERR_OK);
	must(EVP_CipherInit_ex(tx.ctx, NULL, NULL, NULL, NULL, 1) == 1);
	tx.seals = true;
}

/* Into datagram; its length. */
static size_t
client_seal(uint8_t type, uint64_t seq, const uint8_t *text, size_t len)
{
	uint64_t full = (uint64_t)DTLS_RECORD_EPOCH << 48 | seq;
	size_t body_len = suite.nonce_len + len + AEAD_TAG_LEN;

	datagram[0] = type;
	aead_put(datagram + 1, VERSION, 2);
	aead_put(datagram + 3, full, 8);
	aead_put(datagram + 11, body_len, 2);
	memcpy(datagram + DTLS_RECORD_HEAD + suite.nonce_len, text, len);
	must(aead12_run(&tx, type, VERSION, full, datagram + DTLS_RECORD_HEAD, body_len) >= 0);
	return DTLS_RECORD_HEAD + body_len;
}

static enum err
open_datagram(size_t len, uint8_t **plain, size_t *plain_len)
{
	struct dtls_head head;
	enum err err = dtls_head_read(datagram, len, &head);

	if (err == ERR_OK)
		err = dtls_record_open(record, datagram, &head, plain, plain_len);
	if (err == ERR_OK)
		must(*plain > datagram && *plain + *plain_len <= datagram + len);
	return err;
}

/* ---- one input ---- */

static bool
is_taken(uint64_t seq)
{
	return (taken[seq / 8] >> seq % 8 & 1) != 0;
}

static void
honest(uint64_t seq, uint8_t type, const uint8_t *bytes, size_t n)
{
	size_t len = client_seal(type, seq, bytes, n);
	size_t plain_len = 0;
	uint8_t *plain = NULL;

	if (open_datagram(len, &plain, &plain_len) != ERR_OK) {
		must(n > DTLS_RECORD_MAX || seq <= FIRST || seq + SURE <= top || is_taken(seq));
		return;
	}
	must(seq > FIRST && !is_taken(seq));
	must(plain_len == n && memcmp(plain, bytes, n) == 0);
	taken[seq / 8] |= (uint8_t)(1U << seq % 8);
	top = seq > top ? seq : top;
}

static void
stranger(const uint8_t *bytes, size_t n)
{
	size_t plain_len = 0;
	uint8_t *plain = NULL;

	memcpy(datagram, bytes, n);
	must(open_datagram(n, &plain, &plain_len) != ERR_OK);
}

static void
step(struct cur *cur)
{
	bool sealed = (cur_u8(cur) & 1) == 0;
	uint64_t seq = sealed ? cur_u16(cur) : 0;
	uint8_t type = sealed ? cur_u8(cur) : 0;
	size_t n = cur_u16(cur) % (DTLS_RECORD_MAX + 300);
	const uint8_t *bytes;

	if (n > cur->left)
		n = cur->left;
	bytes = cur_take(cur, n);
	if (cur->err != ERR_OK || bytes == NULL)
		return;
	if (sealed)
		honest(seq, type, bytes, n);
	else
		stranger(bytes, n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct dtls_record_start start = {.rx_seq = FIRST};
	struct cur cur;

	if (server == NULL)
		handshake();
	memset(taken, 0, sizeof(taken));
	top = FIRST;
	client_init();
	must(dtls_record_new(server, &start, &record) == ERR_OK);
	cur_init(&cur, data, size);
	while (cur.err == ERR_OK && cur.left > 0)
		step(&cur);
	dtls_record_free(record);
	aead12_fini(&tx);
	aead12_fini(&unused);
	ERR_clear_error();
	return 0;
}
