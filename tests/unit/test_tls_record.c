/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gateway/tls_record.c against OpenSSL's client, byte for byte both ways: every suite of both
 * versions, every kind of handshake before it, every kind of length; then what a client can do
 * besides data, and what must be refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <string.h>

#include "common/str.h"
#include "gateway/tls_bio.h"
#include "gateway/tls_record.h"

#define STEPS 20
#define WIRE_MAX 40000
#define KEY_RECORDS_MAX (1 << 24) /* as tls_record.c has it */

static EVP_PKEY *key;
static X509 *cert;

/* How two come together. */
struct meeting {
	int version;
	const char *suite;
	unsigned tickets;    /* of TLS 1.3 */
	bool certificate;    /* the client shows one */
	const char *groups;  /* the server's; NULL: the usual. Others than the client's first make a
				second hello */
	bool resumed;        /* it is their second time */
	unsigned sent, read; /* records that OpenSSL has handled on the server's side */
};

struct pair {
	SSL_CTX *server_ctx, *client_ctx;
	SSL *server, *client;
	BIO *in, *out; /* the client's */
	struct tls_bio bio;
	struct tls_record_start start;
	struct tls_record *record;
	uint8_t wire[WIRE_MAX]; /* what the client sent */
	size_t wire_len;
};

static SSL_SESSION *ticket; /* that the client got last */

static int
on_ticket(UNUSED SSL *ssl, SSL_SESSION *session)
{
	SSL_SESSION_free(ticket);
	ticket = session;
	return 1;
}

static int
accept_any(UNUSED X509_STORE_CTX *store, UNUSED void *arg)
{
	return 1;
}

static void
on_message(int sent, UNUSED int version, int type, const void *message, size_t len, UNUSED SSL *ssl,
    void *arg)
{
	tls_record_note(arg, sent != 0, type, message, len);
}

static void
make_identity(void)
{
	key = EVP_EC_gen("P-256");
	cert = X509_new();
	assert_non_null(key);
	assert_non_null(cert);
	X509_gmtime_adj(X509_getm_notBefore(cert), 0);
	X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
	assert_int_equal(X509_set_pubkey(cert, key), 1);
	assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
}

static SSL_CTX *
ctx_new(const SSL_METHOD *method, const struct meeting *meeting)
{
	SSL_CTX *ctx = SSL_CTX_new(method);

	SSL_CTX_set_min_proto_version(ctx, meeting->version);
	SSL_CTX_set_max_proto_version(ctx, meeting->version);
	SSL_CTX_set_security_level(ctx, 0);
	if (meeting->version == TLS1_3_VERSION)
		assert_int_equal(SSL_CTX_set_ciphersuites(ctx, meeting->suite), 1);
	else
		assert_int_equal(SSL_CTX_set_cipher_list(ctx, meeting->suite), 1);
	assert_int_equal(SSL_CTX_use_certificate(ctx, cert), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(ctx, key), 1);
	return ctx;
}

static void
ctxs_make(struct pair *p, const struct meeting *meeting)
{
	p->server_ctx = ctx_new(TLS_server_method(), meeting);
	p->client_ctx = ctx_new(TLS_client_method(), meeting);
	SSL_CTX_set_num_tickets(p->server_ctx, meeting->tickets);
	SSL_CTX_set_session_id_context(p->server_ctx, (const uint8_t *)"x", 1);
	SSL_CTX_set_options(p->server_ctx, SSL_OP_NO_RENEGOTIATION);
	SSL_CTX_set_keylog_callback(p->server_ctx, tls_record_keylog);
	if (meeting->certificate) {
		SSL_CTX_set_verify(p->server_ctx, SSL_VERIFY_PEER, NULL);
		SSL_CTX_set_cert_verify_callback(p->server_ctx, accept_any, NULL);
	}
	if (meeting->groups != NULL) {
		assert_int_equal(SSL_CTX_set1_groups_list(p->server_ctx, meeting->groups), 1);
		assert_int_equal(SSL_CTX_set1_groups_list(p->client_ctx, "X25519:P-384:P-256"), 1);
	}
	SSL_CTX_set_session_cache_mode(
	    p->client_ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(p->client_ctx, on_ticket);
}

/* What the server sealed goes to the client. */
static void
deliver(struct pair *p)
{
	size_t len = tls_bio_queued(&p->bio);

	if (len > 0)
		assert_int_equal(BIO_write(p->in, p->bio.out.data + p->bio.out_off, (int)len), len);
	tls_bio_sent(&p->bio, len);
}

/* What the client sent is on the wire, behind what is there. */
static void
collect(struct pair *p)
{
	int n;

	while ((n = BIO_read(p->out, p->wire + p->wire_len, (int)(WIRE_MAX - p->wire_len))) > 0)
		p->wire_len += (size_t)n;
}

static void
connect_pair(struct pair *p)
{
	BIO *bio;

	p->server = SSL_new(p->server_ctx);
	p->client = SSL_new(p->client_ctx);
	tls_bio_init(&p->bio, 1 << 20);
	bio = tls_bio_new(&p->bio);
	SSL_set_bio(p->server, bio, bio);
	SSL_set_app_data(p->server, &p->start);
	SSL_set_msg_callback(p->server, on_message);
	SSL_set_msg_callback_arg(p->server, &p->start);
	SSL_set_accept_state(p->server);
	p->in = BIO_new(BIO_s_mem());
	p->out = BIO_new(BIO_s_mem());
	BIO_set_mem_eof_return(p->in, -1);
	SSL_set_bio(p->client, p->in, p->out);
	SSL_set_connect_state(p->client);
	if (ticket != NULL)
		assert_int_equal(SSL_set_session(p->client, ticket), 1);
	for (int i = 0; i < STEPS; i++) {
		(void)SSL_do_handshake(p->client);
		collect(p);
		p->bio.in = p->wire;
		p->bio.in_len = p->wire_len;
		(void)SSL_do_handshake(p->server);
		assert_int_equal(p->bio.in_len, 0);
		p->wire_len = 0;
		deliver(p);
	}
	assert_true(SSL_is_init_finished(p->client));
	assert_true(SSL_is_init_finished(p->server));
}

static void
connections_free(struct pair *p)
{
	tls_record_free(p->record);
	SSL_free(p->server);
	SSL_free(p->client);
	tls_bio_fini(&p->bio);
	memset(&p->start, 0, sizeof(p->start));
	p->record = NULL;
}

/* The client reads just that. */
static void
expect_at_client(struct pair *p, const void *data, size_t len)
{
	static uint8_t got[TLS_RECORD_MAX];

	deliver(p);
	assert_int_equal(SSL_read(p->client, got, sizeof(got)), len);
	assert_memory_equal(got, data, len);
}

/* Records that OpenSSL still has to do with. */
static void
by_openssl(struct pair *p, const struct meeting *meeting)
{
	uint8_t byte;

	for (unsigned i = 0; i < meeting->sent; i++) {
		assert_int_equal(SSL_write(p->server, "before", 6), 6);
		expect_at_client(p, "before", 6);
	}
	for (unsigned i = 0; i < meeting->read; i++) {
		assert_int_equal(SSL_write(p->client, "x", 1), 1);
		collect(p);
		p->bio.in = p->wire;
		p->bio.in_len = p->wire_len;
		assert_int_equal(SSL_read(p->server, &byte, 1), 1);
		p->wire_len = 0;
	}
}

static void
pair_connect(struct pair *p, const struct meeting *meeting)
{
	char byte;

	memset(p, 0, sizeof(*p));
	SSL_SESSION_free(ticket);
	ticket = NULL;
	ctxs_make(p, meeting);
	connect_pair(p);
	if (meeting->resumed) {
		assert_int_equal(SSL_read(p->client, &byte, 1), -1); /* takes the tickets */
		assert_non_null(ticket);
		SSL_shutdown(p->client);
		connections_free(p);
		connect_pair(p);
		assert_int_equal(SSL_session_reused(p->server), 1);
	}
	by_openssl(p, meeting);
	ERR_clear_error();
}

static void
pair_init(struct pair *p, const struct meeting *meeting)
{
	pair_connect(p, meeting);
	assert_int_equal(tls_record_new(p->server, &p->start, &p->bio, &p->record), ERR_OK);
	SSL_free(p->server);
	p->server = NULL;
}

static void
pair_fini(struct pair *p)
{
	connections_free(p);
	SSL_CTX_free(p->server_ctx);
	SSL_CTX_free(p->client_ctx);
	ERR_clear_error();
}

/* The next record on the wire, opened in a copy. */
static enum err
open_next(struct pair *p, struct tls_opened *opened)
{
	static uint8_t copy[WIRE_MAX];
	enum err err;

	collect(p);
	memcpy(copy, p->wire, p->wire_len);
	err = tls_record_open(p->record, copy, p->wire_len, opened);
	if (err == ERR_AGAIN)
		assert_memory_equal(copy, p->wire, p->wire_len);
	memmove(p->wire, p->wire + opened->taken, p->wire_len - opened->taken);
	p->wire_len -= opened->taken;
	return err;
}

static void
up(struct pair *p, const uint8_t *data, size_t len)
{
	struct tls_opened opened;

	assert_int_equal(SSL_write(p->client, data, (int)len), len);
	assert_int_equal(open_next(p, &opened), ERR_OK);
	assert_int_equal(opened.len, len);
	assert_false(opened.rekey);
	assert_memory_equal(opened.data, data, len);
	assert_int_equal(p->wire_len, 0);
}

static void
down(struct pair *p, const uint8_t *data, size_t len)
{
	assert_int_equal(tls_record_seal(p->record, data, len), ERR_OK);
	expect_at_client(p, data, len);
}

static void
both_ways(struct pair *p, unsigned rounds)
{
	static const size_t lengths[] = {1, 2, 15, 16, 17, 31, 32, 33, 63, 64, 65, 100, 255, 256,
	    257, 287, 288, 289, 1000, 1399, 1400, 9000, 16383, 16384};
	static uint8_t data[TLS_RECORD_MAX];

	for (size_t i = 0; i < rounds * ARRAY_LEN(lengths); i++) {
		size_t len = lengths[i % ARRAY_LEN(lengths)];

		assert_int_equal(RAND_bytes(data, (int)len), 1);
		up(p, data, len);
		down(p, data, len);
		if (i % 7 == 0) /* the two directions do not go in step */
			down(p, data, len);
	}
}

static const char *const suites_13[] = {
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
};

static const char *const suites_12[] = {
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
};

/* Each suite of both versions once, with a record of data in each direction before. */
#define SUITES (ARRAY_LEN(suites_13) + ARRAY_LEN(suites_12))

static struct meeting
meeting_of(size_t i)
{
	bool is_13 = i < ARRAY_LEN(suites_13);

	return (struct meeting){
	    .version = is_13 ? TLS1_3_VERSION : TLS1_2_VERSION,
	    .suite = is_13 ? suites_13[i] : suites_12[i - ARRAY_LEN(suites_13)],
	    .sent = 1,
	    .read = 1,
	};
}

static void
test_suites(UNUSED void **state)
{
	static struct pair p;

	for (size_t i = 0; i < SUITES; i++) {
		struct meeting meeting = meeting_of(i);

		pair_init(&p, &meeting);
		both_ways(&p, 40);
		pair_fini(&p);
	}
}

/* Whatever the handshake was, and whatever OpenSSL did after it: the numbers go on. */
static void
test_handshakes(UNUSED void **state)
{
	static const unsigned tickets[] = {0, 1, 2, 5};
	static struct pair p;
	unsigned count = 0;

	for (size_t i = 0; i < SUITES; i++)
		for (unsigned way = 0; way < 4 * 2 * 2 * 2; way++) {
			struct meeting meeting = meeting_of(i);

			meeting.tickets = tickets[way & 3];
			meeting.certificate = (way & 4) != 0;
			meeting.groups = (way & 8) != 0 ? "P-384:P-256" : NULL;
			meeting.resumed = (way & 16) != 0;
			meeting.sent = 1 + count % 5;
			meeting.read = count++ % 4;
			if (meeting.resumed && meeting.tickets == 0)
				meeting.tickets = 1;
			pair_init(&p, &meeting);
			both_ways(&p, 1);
			pair_fini(&p);
		}
	assert_int_equal(count, SUITES * 32);
}

/* Nothing is taken from a record that is not whole, wherever it is cut. */
static void
test_cuts(UNUSED void **state)
{
	static struct pair p;
	struct tls_opened opened;

	for (size_t i = 0; i < SUITES; i++) {
		struct meeting meeting = meeting_of(i);
		size_t len, whole = 0;

		pair_init(&p, &meeting);
		for (int n = 1; n <= 3; n++)
			assert_int_equal(SSL_write(p.client, "abcdefgh", n), n);
		collect(&p);
		len = p.wire_len;
		for (p.wire_len = 0; p.wire_len < len; p.wire_len++) {
			enum err err = open_next(&p, &opened);

			if (err == ERR_AGAIN)
				continue;
			assert_int_equal(err, ERR_OK);
			assert_int_equal(opened.len, ++whole);
			assert_memory_equal(opened.data, "abcdefgh", whole);
			/* What is behind the record moved to the front. */
			memmove(p.wire, p.wire + opened.taken, len - opened.taken);
			len -= opened.taken;
			p.wire_len = 0;
		}
		assert_int_equal(whole, 2); /* the third is cut by one byte */
		p.wire_len = len;
		assert_int_equal(open_next(&p, &opened), ERR_OK);
		assert_int_equal(opened.len, 3);
		pair_fini(&p);
	}
}

/* The client reads a fatal alert. */
static void
expect_alert(struct pair *p, int description)
{
	uint8_t byte;

	deliver(p);
	ERR_clear_error();
	assert_true(SSL_read(p->client, &byte, 1) <= 0);
	assert_int_equal(SSL_get_error(p->client, 0), SSL_ERROR_SSL);
	assert_int_equal(ERR_GET_REASON(ERR_peek_last_error()), SSL_AD_REASON_OFFSET + description);
	ERR_clear_error();
}

/* Each bit of a record counts. */
static void
test_forged(UNUSED void **state)
{
	static struct pair p;
	static uint8_t forged[200];

	for (size_t i = 0; i < SUITES; i++) {
		struct meeting meeting = meeting_of(i);
		struct tls_opened opened;

		pair_init(&p, &meeting);
		assert_int_equal(SSL_write(p.client, "payload", 7), 7);
		collect(&p);
		for (size_t bit = 0; bit < p.wire_len * 8; bit++) {
			enum err err;

			memcpy(forged, p.wire, p.wire_len);
			forged[bit / 8] ^= (uint8_t)(1 << bit % 8);
			err = tls_record_open(p.record, forged, p.wire_len, &opened);
			if (bit / 8 == 3 || bit / 8 == 4) /* of the length */
				assert_true(err == ERR_CRYPTO || err == ERR_AGAIN);
			else
				assert_int_equal(err, ERR_CRYPTO);
		}
		assert_string_equal(
		    tls_record_reason(p.record), "decryption failed or bad record mac");
		/* Each was answered with an alert: the first says what. */
		expect_alert(&p,
		    i < ARRAY_LEN(suites_13) ? SSL_AD_UNEXPECTED_MESSAGE : SSL_AD_BAD_RECORD_MAC);
		assert_int_equal(open_next(&p, &opened), ERR_OK);
		assert_int_equal(opened.len, 7);
		pair_fini(&p);

		pair_init(&p, &meeting);
		assert_int_equal(SSL_write(p.client, "payload", 7), 7);
		collect(&p);
		p.wire[p.wire_len - 1] ^= 1;
		assert_int_equal(open_next(&p, &opened), ERR_CRYPTO);
		expect_alert(&p, SSL_AD_BAD_RECORD_MAC);
		pair_fini(&p);
	}
}

/* A record that was there before is not taken again. */
static void
test_replayed(UNUSED void **state)
{
	static struct pair p;
	static uint8_t copy[100];

	for (size_t i = 0; i < SUITES; i++) {
		struct meeting meeting = meeting_of(i);
		struct tls_opened opened;
		size_t len;

		pair_init(&p, &meeting);
		assert_int_equal(SSL_write(p.client, "payload", 7), 7);
		collect(&p);
		len = p.wire_len;
		memcpy(copy, p.wire, len);
		assert_int_equal(open_next(&p, &opened), ERR_OK);
		assert_int_equal(tls_record_open(p.record, copy, len, &opened), ERR_CRYPTO);
		pair_fini(&p);
	}
}

/* The explicit nonces of AES-GCM count up from OpenSSL's. */
static void
test_nonces_count_up(UNUSED void **state)
{
	struct meeting meeting = meeting_of(ARRAY_LEN(suites_13) + 1);
	static struct pair p;
	uint8_t last[8];

	pair_connect(&p, &meeting);
	assert_true(p.bio.nonce_known);
	memcpy(last, p.bio.nonce, sizeof(last));
	assert_int_equal(tls_record_new(p.server, &p.start, &p.bio, &p.record), ERR_OK);
	for (int i = 0; i < 300; i++) {
		const uint8_t *sealed;

		assert_int_equal(tls_record_seal(p.record, (const uint8_t *)"x", 1), ERR_OK);
		sealed = p.bio.out.data + p.bio.out_off;
		for (int at = 7; at >= 0 && ++last[at] == 0; at--)
			;
		assert_memory_equal(last, sealed + TLS_RECORD_HEAD, sizeof(last));
		expect_at_client(&p, "x", 1);
	}
	pair_fini(&p);
}

static void
test_close(UNUSED void **state)
{
	static struct pair p;

	for (size_t i = 0; i < SUITES; i++) {
		struct meeting meeting = meeting_of(i);
		struct tls_opened opened;
		uint8_t byte;

		pair_init(&p, &meeting);
		(void)SSL_shutdown(p.client);
		assert_int_equal(open_next(&p, &opened), ERR_CLOSED);
		assert_string_equal(tls_record_reason(p.record), "");
		pair_fini(&p);

		pair_init(&p, &meeting);
		down(&p, (const uint8_t *)"last", 4);
		tls_record_close(p.record);
		deliver(&p);
		assert_int_equal(SSL_read(p.client, &byte, 1), 0);
		assert_int_equal(SSL_get_error(p.client, 0), SSL_ERROR_ZERO_RETURN);
		pair_fini(&p);
	}
}

/* ---- new keys ---- */

static void
client_renews(struct pair *p, int request)
{
	struct tls_opened opened;

	assert_int_equal(SSL_key_update(p->client, request), 1);
	assert_int_equal(SSL_do_handshake(p->client), 1);
	assert_int_equal(open_next(p, &opened), ERR_OK);
	assert_int_equal(opened.len, 0);
	assert_true(opened.rekey);
}

static void
test_key_updates(UNUSED void **state)
{
	static struct pair p;

	for (size_t i = 0; i < ARRAY_LEN(suites_13); i++) {
		struct meeting meeting = meeting_of(i);
		struct tls_opened opened;

		pair_init(&p, &meeting);
		assert_true(tls_record_can_rekey(p.record));
		for (int n = 0; n < 20; n++) {
			client_renews(&p, SSL_KEY_UPDATE_NOT_REQUESTED);
			assert_int_equal(tls_bio_queued(&p.bio), 0);
			both_ways(&p, 1);
			client_renews(&p, SSL_KEY_UPDATE_REQUESTED);
			assert_true(tls_bio_queued(&p.bio) > 0);
			both_ways(&p, 1);
			assert_int_equal(tls_record_rekey(p.record), ERR_OK);
			down(&p, (const uint8_t *)"new", 3); /* the client answers that one, too */
			assert_int_equal(SSL_write(p.client, "me too", 6), 6);
			assert_int_equal(open_next(&p, &opened), ERR_OK);
			assert_true(opened.rekey);
			assert_int_equal(open_next(&p, &opened), ERR_OK);
			assert_int_equal(opened.len, 6);
		}
		pair_fini(&p);
	}
}

static void
test_no_rekey_before_13(UNUSED void **state)
{
	struct meeting meeting = meeting_of(ARRAY_LEN(suites_13));
	static struct pair p;
	struct tls_opened opened;

	pair_init(&p, &meeting);
	assert_false(tls_record_can_rekey(p.record));
	assert_int_equal(tls_record_rekey(p.record), ERR_UNSUPPORTED);
	/* A new handshake within the old is refused, and the connection goes on. */
	assert_int_equal(SSL_renegotiate(p.client), 1);
	(void)SSL_do_handshake(p.client);
	assert_int_equal(open_next(&p, &opened), ERR_OK);
	assert_int_equal(opened.len, 0);
	assert_true(opened.rekey);
	assert_int_equal(
	    p.bio.out.data[p.bio.out_off], SSL3_RT_ALERT); /* in TLS 1.2 it is in the clear */
	assert_int_equal(tls_record_seal(p.record, (const uint8_t *)"go on", 5), ERR_OK);
	pair_fini(&p);
}

/* ---- a client of our own, which does what OpenSSL's does not ---- */

struct rogue {
	struct pair *p;
	struct aead_suite suite;
	bool is_13;
	struct aead13 tx13;
	struct aead12 tx12, unused;
	uint64_t seq;
};

static void
rogue_init(struct rogue *rogue, struct pair *p, size_t suite)
{
	struct meeting meeting = meeting_of(suite);

	memset(rogue, 0, sizeof(*rogue));
	rogue->p = p;
	rogue->is_13 = meeting.version == TLS1_3_VERSION;
	pair_connect(p, &meeting);
	rogue->seq = p->start.rx_seq;
	assert_true(aead_suite_of(SSL_get_current_cipher(p->server), &rogue->suite));
	if (rogue->is_13) {
		assert_int_equal(
		    aead13_init(&rogue->tx13, &rogue->suite, p->start.rx_secret, true), ERR_OK);
	} else {
		/* What opens a client's records can seal them, too. */
		assert_int_equal(aead12_init(p->server, &rogue->suite, p->bio.nonce, &rogue->tx12,
				     &rogue->unused),
		    ERR_OK);
		assert_int_equal(EVP_CipherInit_ex(rogue->tx12.ctx, NULL, NULL, NULL, NULL, 1), 1);
		rogue->tx12.seals = true;
	}
	assert_int_equal(tls_record_new(p->server, &p->start, &p->bio, &p->record), ERR_OK);
}

static void
rogue_fini(struct rogue *rogue)
{
	aead13_fini(&rogue->tx13);
	aead12_fini(&rogue->tx12);
	aead12_fini(&rogue->unused);
	pair_fini(rogue->p);
}

/* Seal text as it is, and have it opened. type: of a record of TLS 1.2; in TLS 1.3 it is in the
 * text. */
static enum err
rogue_sends_type(
    struct rogue *rogue, uint8_t type, const void *text, size_t len, struct tls_opened *opened)
{
	size_t nonce_len = rogue->is_13 ? 0 : rogue->suite.nonce_len;
	size_t body_len = nonce_len + len + AEAD_TAG_LEN;
	uint8_t *wire = rogue->p->wire, *body = wire + TLS_RECORD_HEAD;

	memcpy(wire, (const uint8_t[]){type, 3, 3}, 3);
	aead_put(wire + 3, body_len, 2);
	if (len > 0)
		memcpy(body + nonce_len, text, len);
	if (rogue->is_13)
		assert_true(aead13_seal(&rogue->tx13, rogue->seq++, wire, body, len));
	else
		assert_true(
		    aead12_run(&rogue->tx12, type, 0x0303, rogue->seq++, body, body_len) >= 0);
	return tls_record_open(rogue->p->record, wire, TLS_RECORD_HEAD + body_len, opened);
}

static enum err
rogue_sends(struct rogue *rogue, const void *text, size_t len, struct tls_opened *opened)
{
	return rogue_sends_type(rogue, SSL3_RT_APPLICATION_DATA, text, len, opened);
}

static void
test_padding(UNUSED void **state)
{
	static struct pair p;
	static uint8_t text[TLS_RECORD_MAX + 2];
	struct tls_opened opened;
	struct rogue rogue;

	rogue_init(&rogue, &p, 1);
	memcpy(text, (const uint8_t[]){'a', 'b', 'c', 23}, 4);
	for (size_t len = 4; len <= TLS_RECORD_MAX + 1; len += len < 40 ? 1 : 1111) {
		assert_int_equal(rogue_sends(&rogue, text, len, &opened), ERR_OK);
		assert_int_equal(opened.len, 3);
		assert_memory_equal(opened.data, "abc", 3);
	}
	assert_int_equal(rogue_sends(&rogue, text, TLS_RECORD_MAX + 1, &opened), ERR_OK);
	assert_int_equal(rogue_sends(&rogue, text, TLS_RECORD_MAX + 2, &opened), ERR_CRYPTO);
	expect_alert(&p, SSL_AD_RECORD_OVERFLOW);
	rogue_fini(&rogue);
}

/* Records of which one alone ends the connection. */
static const struct {
	const char *text;
	size_t len;
	int alert; /* -1: it was an alert itself */
	const char *reason;
} ends[] = {
    {"", 0, SSL_AD_BAD_RECORD_MAC, "decryption failed or bad record mac"},
    {"\0", 1, SSL_AD_UNEXPECTED_MESSAGE, "bad record type"},
    {"abc\0\0\0\0\0", 8, SSL_AD_UNEXPECTED_MESSAGE, "unexpected record"}, /* type 'c' */
    {"\x01\x14", 2, SSL_AD_UNEXPECTED_MESSAGE, "unexpected record"},      /* change cipher spec */
    {"\x16", 1, SSL_AD_UNEXPECTED_MESSAGE, "unexpected message"},
    {"\x18\0\0\x01\x02\x16", 6, SSL_AD_ILLEGAL_PARAMETER, "bad key update"},
    {"\x18\0\0\x02\x01\x16", 6, SSL_AD_UNEXPECTED_MESSAGE, "unexpected message"},
    {"\x18\0\0\x01\x16", 5, SSL_AD_UNEXPECTED_MESSAGE, "unexpected message"},
    {"\x18\0\0\x01\0\0\x16", 7, SSL_AD_UNEXPECTED_MESSAGE, "unexpected message"},
    {"\x18\0\0\x01\0\x18\0\0\x01\0\x16", 11, SSL_AD_UNEXPECTED_MESSAGE, "unexpected message"},
    {"\x01\0\0\x01\0\x16", 6, SSL_AD_UNEXPECTED_MESSAGE, "unexpected message"}, /* a hello */
    {"\x0b\0\0\0\x16", 5, SSL_AD_UNEXPECTED_MESSAGE, "unexpected message"},     /* a certificate */
    {"\x15", 1, SSL_AD_UNEXPECTED_MESSAGE, "invalid alert"},
    {"\x01\0\0\x15", 4, SSL_AD_UNEXPECTED_MESSAGE, "invalid alert"},
    {"\x02\x14\x15", 3, -1, "sslv3 alert bad record mac"},
    {"\x01\x14\x15", 3, -1, "sslv3 alert bad record mac"}, /* levels mean nothing */
    {"\x02\x50\x15", 3, -1, "tlsv1 alert internal error"},
    {"\x02\xfe\x15", 3, -1, "protocol error"},
};

static void
test_ends(UNUSED void **state)
{
	static struct pair p;

	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		struct tls_opened opened;
		struct rogue rogue;

		rogue_init(&rogue, &p, 1);
		assert_int_equal(
		    rogue_sends(&rogue, ends[i].text, ends[i].len, &opened), ERR_CRYPTO);
		assert_string_equal(tls_record_reason(p.record), ends[i].reason);
		if (ends[i].alert < 0)
			assert_int_equal(tls_bio_queued(&p.bio), 0);
		else
			expect_alert(&p, ends[i].alert);
		rogue_fini(&rogue);
	}
}

/* The same in TLS 1.2. */
static const struct {
	uint8_t type;
	const char *text;
	size_t len;
	int alert;
	const char *reason;
} ends_12[] = {
    {22, "", 0, SSL_AD_UNEXPECTED_MESSAGE, "unexpected message"},
    {22,
	"\x01\0\0\x03"
	"ab",
	6, SSL_AD_UNEXPECTED_MESSAGE, "unexpected message"}, /* cut */
    {22,
	"\x01\0\0\x01"
	"ab",
	6, SSL_AD_UNEXPECTED_MESSAGE, "unexpected message"},
    {22, "\x0b\0\0\0", 4, SSL_AD_UNEXPECTED_MESSAGE, "unexpected message"}, /* a certificate */
    {22, "\x14\0\0\0", 4, SSL_AD_UNEXPECTED_MESSAGE, "unexpected message"}, /* Finished */
    {21, "", 0, SSL_AD_UNEXPECTED_MESSAGE, "invalid alert"},
    {21, "\x01", 1, SSL_AD_UNEXPECTED_MESSAGE, "invalid alert"},
    {21, "\x01\0\0", 3, SSL_AD_UNEXPECTED_MESSAGE, "invalid alert"},
    {21, "\x03\0", 2, SSL_AD_ILLEGAL_PARAMETER, "unknown alert type"},
    {21, "\x02\x14", 2, -1, "sslv3 alert bad record mac"},
    {20, "\x01", 1, SSL_AD_UNEXPECTED_MESSAGE, "bad record type"},
    {24, "\x01", 1, SSL_AD_UNEXPECTED_MESSAGE, "bad record type"}, /* a heartbeat */
};

static void
test_ends_12(UNUSED void **state)
{
	static struct pair p;

	for (size_t i = 0; i < ARRAY_LEN(ends_12); i++)
		for (size_t suite = ARRAY_LEN(suites_13); suite < SUITES; suite++) {
			struct tls_opened opened;
			struct rogue rogue;

			rogue_init(&rogue, &p, suite);
			assert_int_equal(rogue_sends_type(&rogue, ends_12[i].type, ends_12[i].text,
					     ends_12[i].len, &opened),
			    ERR_CRYPTO);
			assert_string_equal(tls_record_reason(p.record), ends_12[i].reason);
			if (ends_12[i].alert < 0)
				assert_int_equal(tls_bio_queued(&p.bio), 0);
			else
				expect_alert(&p, ends_12[i].alert);
			rogue_fini(&rogue);
		}
}

/* Warnings of TLS 1.2 and records without data are borne for a while; a hello as often as it comes
 * is for the stream to count. */
static void
test_borne_12(UNUSED void **state)
{
	static struct pair p;

	for (size_t suite = ARRAY_LEN(suites_13); suite < SUITES; suite++) {
		struct tls_opened opened;
		struct rogue rogue;

		rogue_init(&rogue, &p, suite);
		for (int again = 0; again < 2; again++) {
			for (int i = 0; i < 4; i++)
				assert_int_equal(
				    rogue_sends_type(&rogue, 21, "\x01\x64", 2, &opened), ERR_OK);
			for (int i = 0; i < 32; i++)
				assert_int_equal(rogue_sends(&rogue, "", 0, &opened), ERR_OK);
			for (int i = 0; i < 10; i++) {
				assert_int_equal(rogue_sends_type(&rogue, 22,
						     "\x01\0\0\x02"
						     "ab",
						     6, &opened),
				    ERR_OK);
				assert_true(opened.rekey);
				assert_int_equal(opened.len, 0);
			}
			assert_int_equal(rogue_sends(&rogue, "data", 4, &opened), ERR_OK);
			assert_int_equal(opened.len, 4);
			assert_false(opened.rekey);
		}
		assert_int_equal(rogue_sends_type(&rogue, 21, "\x01\0", 2, &opened), ERR_CLOSED);
		rogue_fini(&rogue);
	}
}

/* Heads that are wrong, before anything else of the record is there. */
static void
test_heads(UNUSED void **state)
{
	static const struct {
		uint8_t head[TLS_RECORD_HEAD];
		int alert;
	} heads[] = {
	    {{20, 3, 3, 0, 1}, SSL_AD_UNEXPECTED_MESSAGE},
	    {{21, 3, 3, 0, 2}, SSL_AD_UNEXPECTED_MESSAGE}, /* in TLS 1.3 never in the clear */
	    {{22, 3, 3, 0, 9}, SSL_AD_UNEXPECTED_MESSAGE},
	    {{0, 0, 0, 0, 0}, SSL_AD_UNEXPECTED_MESSAGE},
	    {{23, 3, 1, 0, 40}, SSL_AD_PROTOCOL_VERSION},
	    {{23, 3, 4, 0, 40}, SSL_AD_PROTOCOL_VERSION},
	    {{23, 3, 3, 0x41, 1}, SSL_AD_RECORD_OVERFLOW},
	    {{23, 3, 3, 0xff, 0xff}, SSL_AD_RECORD_OVERFLOW},
	};
	static struct pair p;

	for (size_t i = 0; i < ARRAY_LEN(heads); i++) {
		struct meeting meeting = meeting_of(0);
		struct tls_opened opened;
		uint8_t head[TLS_RECORD_HEAD];

		pair_init(&p, &meeting);
		memcpy(head, heads[i].head, sizeof(head));
		for (size_t len = 0; len < sizeof(head); len++)
			assert_int_equal(tls_record_open(p.record, head, len, &opened), ERR_AGAIN);
		assert_int_equal(
		    tls_record_open(p.record, head, sizeof(head), &opened), ERR_CRYPTO);
		expect_alert(&p, heads[i].alert);
		pair_fini(&p);
	}
}

/* Records that say nothing are borne for a while. */
static void
test_empty(UNUSED void **state)
{
	static const struct {
		const char *text;
		size_t len;
		unsigned borne;
	} rows[] = {
	    {"\x17", 1, 32},        /* no data */
	    {"\x17\0\0\0", 4, 32},  /* nothing but padding */
	    {"\x01\x5a\x15", 3, 4}, /* user_canceled */
	};
	static struct pair p;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct tls_opened opened;
		struct rogue rogue;

		rogue_init(&rogue, &p, 1);
		for (int again = 0; again < 2; again++) {
			for (unsigned n = 0; n < rows[i].borne; n++) {
				assert_int_equal(
				    rogue_sends(&rogue, rows[i].text, rows[i].len, &opened),
				    ERR_OK);
				assert_int_equal(opened.len, 0);
			}
			if (again == 0)
				assert_int_equal(rogue_sends(&rogue, "x\x17", 2, &opened), ERR_OK);
		}
		assert_int_equal(
		    rogue_sends(&rogue, rows[i].text, rows[i].len, &opened), ERR_CRYPTO);
		expect_alert(&p, SSL_AD_UNEXPECTED_MESSAGE);
		rogue_fini(&rogue);
	}
}

/* A key is not used for more records than AES-GCM is good for. */
static void
test_key_wears_out(UNUSED void **state)
{
	struct meeting meeting = meeting_of(0);
	static struct pair p;
	struct tls_record_start theirs;
	struct tls_record *client;
	struct tls_opened opened;
	struct tls_bio none;
	static const bool rekeys[] = {false, true, false, false};

	pair_connect(&p, &meeting);
	p.start.tx_seq = KEY_RECORDS_MAX - 1;
	theirs = p.start;
	memcpy(theirs.rx_secret, p.start.tx_secret, sizeof(theirs.rx_secret));
	theirs.rx_seq = p.start.tx_seq;
	tls_bio_init(&none, 1000);
	assert_int_equal(tls_record_new(p.server, &p.start, &p.bio, &p.record), ERR_OK);
	assert_int_equal(tls_record_new(p.server, &theirs, &none, &client), ERR_OK);
	for (int i = 0; i < 3; i++)
		assert_int_equal(tls_record_seal(p.record, (const uint8_t *)"data", 4), ERR_OK);
	for (size_t i = 0; i < ARRAY_LEN(rekeys); i++) {
		assert_int_equal(tls_record_open(client, p.bio.out.data + p.bio.out_off,
				     tls_bio_queued(&p.bio), &opened),
		    ERR_OK);
		assert_int_equal(opened.rekey, rekeys[i]);
		assert_int_equal(opened.len, rekeys[i] ? 0 : 4);
		tls_bio_sent(&p.bio, opened.taken);
	}
	assert_int_equal(tls_bio_queued(&p.bio), 0);
	assert_int_equal(tls_bio_queued(&none), 0); /* it was not asked for the same */
	tls_record_free(client);
	tls_bio_fini(&none);
	pair_fini(&p);
}

/* ---- where OpenSSL has to go on ---- */

static enum err
try(struct pair *p)
{
	enum err err = tls_record_new(p->server, &p->start, &p->bio, &p->record);

	assert_true((err == ERR_OK) == (p->record != NULL));
	return err;
}

static void
test_stays_with_openssl(UNUSED void **state)
{
	static const struct meeting others[] = {
	    {.version = TLS1_3_VERSION, .suite = "TLS_AES_128_CCM_SHA256", .sent = 1},
	    {.version = TLS1_2_VERSION, .suite = "ECDHE-ECDSA-AES256-SHA384", .sent = 1},
	    {.version = TLS1_2_VERSION, .suite = "ECDHE-ECDSA-AES128-SHA", .sent = 1},
	    {.version = TLS1_2_VERSION, .suite = "ECDHE-ECDSA-AES128-CCM", .sent = 1},
	    /* It has sent nothing yet: the nonce of its last record is not known. */
	    {.version = TLS1_2_VERSION, .suite = "ECDHE-ECDSA-AES128-GCM-SHA256"},
	};
	static struct pair p;
	struct meeting meeting = meeting_of(0);
	uint8_t byte;

	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		pair_connect(&p, &others[i]);
		assert_int_equal(try(&p), ERR_UNSUPPORTED);
		pair_fini(&p);
	}
	/* The keys were renewed already. */
	pair_connect(&p, &meeting);
	assert_int_equal(SSL_key_update(p.server, SSL_KEY_UPDATE_NOT_REQUESTED), 1);
	assert_int_equal(try(&p), ERR_UNSUPPORTED);
	assert_int_equal(SSL_do_handshake(p.server), 1);
	assert_int_equal(try(&p), ERR_UNSUPPORTED);
	pair_fini(&p);
	/* The secrets are not known. */
	pair_connect(&p, &meeting);
	p.start.tx_secret_len = 0;
	assert_int_equal(try(&p), ERR_UNSUPPORTED);
	pair_fini(&p);
	/* The end is near. */
	pair_connect(&p, &meeting);
	(void)SSL_shutdown(p.server);
	assert_int_equal(try(&p), ERR_UNSUPPORTED);
	pair_fini(&p);
	/* A part of what was opened was not read yet. */
	pair_connect(&p, &meeting);
	assert_int_equal(SSL_write(p.client, "xy", 2), 2);
	collect(&p);
	p.bio.in = p.wire;
	p.bio.in_len = p.wire_len;
	assert_int_equal(SSL_read(p.server, &byte, 1), 1);
	assert_int_equal(try(&p), ERR_UNSUPPORTED);
	pair_fini(&p);
}

/* OpenSSL has taken the beginning of a record: wherever that ends, it is noticed. */
static void
test_half_a_record(UNUSED void **state)
{
	static struct pair p;
	uint8_t byte;

	for (size_t i = 0; i < SUITES; i++) {
		struct meeting meeting = meeting_of(i);
		size_t len = 1;

		for (size_t cut = 0; cut <= len; cut++) {
			pair_connect(&p, &meeting);
			assert_int_equal(SSL_write(p.client, "x", 1), 1);
			collect(&p);
			len = p.wire_len;
			p.bio.in = p.wire;
			p.bio.in_len = cut;
			assert_int_equal(SSL_read(p.server, &byte, 1) == 1, cut == len);
			if (try(&p) != (cut == 0 || cut == len ? ERR_OK : ERR_UNSUPPORTED))
				fail_msg("suite %zu, cut %zu of %zu", i, cut, len);
			pair_fini(&p);
		}
	}
}

static void
test_too_much(UNUSED void **state)
{
	static uint8_t data[TLS_RECORD_MAX + 1];
	struct meeting meeting = meeting_of(0);
	static struct pair p;
	enum err err = ERR_OK;
	size_t queued;

	pair_init(&p, &meeting);
	assert_int_equal(tls_record_seal(p.record, data, sizeof(data)), ERR_RANGE);
	while (err == ERR_OK) {
		queued = tls_bio_queued(&p.bio);
		err = tls_record_seal(p.record, data, TLS_RECORD_MAX);
	}
	assert_int_equal(err, ERR_LIMIT);
	assert_int_equal(tls_bio_queued(&p.bio), queued);
	assert_true(queued > (1 << 20) - 2 * TLS_RECORD_MAX && queued <= 1 << 20);
	pair_fini(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_suites),
	    cmocka_unit_test(test_handshakes),
	    cmocka_unit_test(test_cuts),
	    cmocka_unit_test(test_forged),
	    cmocka_unit_test(test_replayed),
	    cmocka_unit_test(test_nonces_count_up),
	    cmocka_unit_test(test_close),
	    cmocka_unit_test(test_key_updates),
	    cmocka_unit_test(test_no_rekey_before_13),
	    cmocka_unit_test(test_padding),
	    cmocka_unit_test(test_ends),
	    cmocka_unit_test(test_ends_12),
	    cmocka_unit_test(test_borne_12),
	    cmocka_unit_test(test_heads),
	    cmocka_unit_test(test_empty),
	    cmocka_unit_test(test_key_wears_out),
	    cmocka_unit_test(test_stays_with_openssl),
	    cmocka_unit_test(test_half_a_record),
	    cmocka_unit_test(test_too_much),
	};
	int failed;

	make_identity();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	SSL_SESSION_free(ticket);
	X509_free(cert);
	EVP_PKEY_free(key);
	return failed;
}
