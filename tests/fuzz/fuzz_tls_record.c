/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz gateway/tls_record.c: a client that finished its handshake and may seal what it likes, of
 * any type, and may send bytes that are no record at all. The first byte chooses the version; then
 * come steps: what it is (even: a record with the type that follows in TLS 1.2, in TLS 1.3 inside;
 * odd: bytes as they are), a length of two bytes, the bytes.
 */
/* For coverage.sh: gateway/tls_record.c */
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "gateway/tls_bio.h"
#include "gateway/tls_record.h"

#define STEPS 10
#define WIRE_MAX 40000
#define OUT_MAX 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* One for each version, made once. */
struct base {
	SSL *server;
	struct tls_bio bio;
	struct tls_record_start start;
	struct aead_suite suite;
};

struct client {
	bool is_13;
	struct aead12 tx12, unused;
	struct aead13 tx13;
	uint64_t seq;
};

static void
must(bool ok)
{
	if (!ok)
		abort();
}

static void
on_message(int sent, int version, int type, const void *message, size_t len, SSL *ssl, void *arg)
{
	(void)version, (void)ssl;
	tls_record_note(arg, sent != 0, type, message, len);
}

static SSL_CTX *
server_ctx_new(int version)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = X509_new();

	must(ctx != NULL && key != NULL && cert != NULL);
	X509_gmtime_adj(X509_getm_notBefore(cert), 0);
	X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
	must(X509_set_pubkey(cert, key) == 1 && X509_sign(cert, key, EVP_sha256()) > 0);
	must(SSL_CTX_use_certificate(ctx, cert) == 1 && SSL_CTX_use_PrivateKey(ctx, key) == 1);
	SSL_CTX_set_max_proto_version(ctx, version);
	SSL_CTX_set_keylog_callback(ctx, tls_record_keylog);
	X509_free(cert);
	EVP_PKEY_free(key);
	return ctx;
}

static void
base_make(struct base *base, int version)
{
	static uint8_t wire[WIRE_MAX];
	SSL_CTX *server_ctx = server_ctx_new(version),
		*client_ctx = SSL_CTX_new(TLS_client_method());
	SSL *client = SSL_new(client_ctx);
	BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem()), *bio;

	base->server = SSL_new(server_ctx);
	tls_bio_init(&base->bio, OUT_MAX);
	bio = tls_bio_new(&base->bio);
	must(client != NULL && in != NULL && out != NULL && bio != NULL);
	SSL_set_bio(client, in, out);
	SSL_set_connect_state(client);
	SSL_set_bio(base->server, bio, bio);
	SSL_set_app_data(base->server, &base->start);
	SSL_set_msg_callback(base->server, on_message);
	SSL_set_msg_callback_arg(base->server, &base->start);
	SSL_set_accept_state(base->server);
	BIO_set_mem_eof_return(in, -1);
	for (int i = 0; i < STEPS; i++) {
		int n;

		(void)SSL_do_handshake(client);
		n = BIO_read(out, wire, sizeof(wire));
		base->bio.in = wire;
		base->bio.in_len = n > 0 ? (size_t)n : 0;
		(void)SSL_do_handshake(base->server);
		(void)BIO_write(in, base->bio.out.data, (int)base->bio.out.len);
		buf_reset(&base->bio.out);
	}
	must(SSL_write(base->server, "answer", 6) == 6);
	must(aead_suite_of(SSL_get_current_cipher(base->server), &base->suite));
	SSL_free(client);
	SSL_CTX_free(client_ctx);
	SSL_CTX_free(server_ctx);
	ERR_clear_error();
}

static void
client_init(struct client *client, struct base *base, bool is_13)
{
	static const uint8_t nonce[AEAD_NONCE_LEN];

	memset(client, 0, sizeof(*client));
	client->is_13 = is_13;
	client->seq = base->start.rx_seq;
	if (is_13) {
		must(aead13_init(&client->tx13, &base->suite, base->start.rx_secret, true) ==
		     ERR_OK);
		return;
	}
	/* What opens a client's records can seal them, too. */
	must(aead12_init(base->server, &base->suite, nonce, &client->tx12, &client->unused) ==
	     ERR_OK);
	must(EVP_CipherInit_ex(client->tx12.ctx, NULL, NULL, NULL, NULL, 1) == 1);
	client->tx12.seals = true;
}

/* A record around text, of which the last byte is the type. Its length on the wire. */
static size_t
client_seal(
    struct client *client, const struct base *base, const uint8_t *text, size_t len, uint8_t *dst)
{
	size_t nonce_len = client->is_13 ? 0 : base->suite.nonce_len;
	uint8_t type = !client->is_13 && len > 0 ? text[--len] : SSL3_RT_APPLICATION_DATA;
	size_t body_len = nonce_len + len + AEAD_TAG_LEN;

	dst[0] = type;
	aead_put(dst + 1, 0x0303, 2);
	aead_put(dst + 3, body_len, 2);
	memcpy(dst + TLS_RECORD_HEAD + nonce_len, text, len);
	if (client->is_13)
		must(aead13_seal(&client->tx13, client->seq++, dst, dst + TLS_RECORD_HEAD, len));
	else
		must(aead12_run(&client->tx12, type, 0x0303, client->seq++, dst + TLS_RECORD_HEAD,
			 body_len) >= 0);
	return TLS_RECORD_HEAD + body_len;
}

/* Open what is there. ERR_AGAIN: the connection goes on. */
static enum err
feed(struct tls_record *record, struct client *client, const struct base *base, uint8_t *wire,
    size_t *len)
{
	struct tls_opened opened;
	enum err err;
	size_t at = 0;

	while ((err = tls_record_open(record, wire + at, *len - at, &opened)) == ERR_OK) {
		must(opened.taken >= TLS_RECORD_HEAD && opened.taken <= *len - at);
		must(opened.len <= TLS_RECORD_MAX);
		must(opened.len == 0 || (opened.data > wire + at &&
					    opened.data + opened.len <= wire + at + opened.taken));
		must(opened.len == 0 || !opened.rekey);
		at += opened.taken;
		if (opened.rekey && client->is_13) {
			must(aead13_renew(&client->tx13, &base->suite, true) == ERR_OK);
			client->seq = 0;
		}
	}
	must((err == ERR_CRYPTO) == (tls_record_reason(record)[0] != '\0'));
	memmove(wire, wire + at, *len - at);
	*len -= at;
	return err;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct base bases[2];
	static uint8_t wire[2 * WIRE_MAX];
	struct tls_record *record;
	struct client client;
	struct base *base;
	struct tls_bio out;
	size_t len = 0;
	struct cur cur;
	bool is_13;

	if (bases[0].server == NULL) {
		base_make(&bases[0], TLS1_2_VERSION);
		base_make(&bases[1], TLS1_3_VERSION);
	}
	cur_init(&cur, data, size);
	is_13 = cur_u8(&cur) & 1;
	base = &bases[is_13];
	tls_bio_init(&out, OUT_MAX);
	out.nonce_known = true;
	must(tls_record_new(base->server, &base->start, &out, &record) == ERR_OK);
	client_init(&client, base, is_13);
	while (cur.err == ERR_OK && cur.left > 0) {
		bool sealed = (cur_u8(&cur) & 1) == 0;
		size_t n = cur_u16(&cur) % (TLS_RECORD_MAX + 300);
		const uint8_t *bytes = cur_take(&cur, n < cur.left ? n : cur.left);

		n = bytes != NULL ? (size_t)(data + size - cur.left - bytes) : 0;
		if (sealed && n > 0)
			len += client_seal(&client, base, bytes, n, wire + len);
		else if (n > 0)
			memcpy(wire + len, bytes, n);
		len += sealed ? 0 : n;
		if (feed(record, &client, base, wire, &len) != ERR_AGAIN)
			break;
	}
	tls_record_close(record);
	tls_record_free(record);
	aead12_fini(&client.tx12);
	aead12_fini(&client.unused);
	aead13_fini(&client.tx13);
	tls_bio_fini(&out);
	ERR_clear_error();
	return 0;
}
