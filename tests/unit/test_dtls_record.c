/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gateway/dtls_record.c against OpenSSL's client, record for record both ways, for every AEAD suite
 * and every kind of length; then what it must refuse. The leg under test took over from OpenSSL in
 * the usual way.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <string.h>

#include "common/str.h"
#include "gateway/dtls.h"
#include "gateway/dtls_record.h"

#define DATAGRAM_MAX 17000
#define HANDSHAKE_STEPS 20

static const char *const suites[] = {
    "PSK-AES128-GCM-SHA256",
    "PSK-AES256-GCM-SHA384",
    "PSK-CHACHA20-POLY1305",
};

static struct udp_flow flow = {.peer = {10, 0, 0, 1}, .family = 4, .port = 4000};

/* What the leg sent last. */
static uint8_t sent[DATAGRAM_MAX];
static size_t sent_len;

struct pair {
	SSL_CTX *ctx;
	SSL *client;
	BIO *in, *out;
	struct dtls *dtls;
	struct dtls_leg *leg;
};

static unsigned
on_psk(UNUSED SSL *ssl, UNUSED const char *hint, char *identity, UNUSED unsigned max_identity,
    unsigned char *psk, UNUSED unsigned max_psk)
{
	memcpy(identity, "psk", 4);
	memset(psk, 3, DTLS_PSK_LEN);
	return DTLS_PSK_LEN;
}

/* Everything that the leg sends goes to the client at once, when the next is asked for. */
static void
deliver(struct pair *p)
{
	if (sent_len > 0)
		assert_int_equal(BIO_write(p->in, sent, (int)sent_len), sent_len);
	sent_len = 0;
}

static uint8_t *
on_room(void *arg, UNUSED const struct udp_flow *to, size_t len)
{
	deliver(arg);
	assert_true(len <= sizeof(sent));
	sent_len = len;
	return sent;
}

/* The client's next record; 0: none. */
static size_t
next_record(struct pair *p, uint8_t *dst)
{
	int n = BIO_read(p->out, dst, DTLS_RECORD_HEAD);
	size_t len;

	if (n <= 0)
		return 0;
	assert_int_equal(n, DTLS_RECORD_HEAD);
	len = (size_t)(dst[11] << 8 | dst[12]);
	if (len > 0)
		assert_int_equal(BIO_read(p->out, dst + DTLS_RECORD_HEAD, (int)len), len);
	return DTLS_RECORD_HEAD + len;
}

static void
take_handshake(struct pair *p, const struct dtls_terms *terms)
{
	static uint8_t data[DATAGRAM_MAX];
	size_t len;
	enum err err;

	while ((len = next_record(p, data)) > 0) {
		if (p->leg != NULL) {
			assert_int_equal(dtls_leg_feed(p->leg, data, len), ERR_OK);
			continue;
		}
		err = dtls_listen(p->dtls, &flow, data, len, &p->leg);
		if (err == ERR_OK)
			err = dtls_leg_start(p->leg, terms, 1500);
		assert_true(err == ERR_OK || err == ERR_AGAIN);
	}
	deliver(p);
}

/* A record of the client reaches the leg and comes out of it whole. */
static void
up(struct pair *p, const uint8_t *data, size_t len)
{
	static uint8_t record[DATAGRAM_MAX];
	uint8_t *plain;
	size_t record_len, got;

	assert_int_equal(SSL_write(p->client, data, (int)len), len);
	record_len = next_record(p, record);
	assert_int_equal(dtls_leg_feed(p->leg, record, record_len), ERR_OK);
	assert_int_equal(dtls_leg_read(p->leg, &plain, &got), ERR_OK);
	assert_int_equal(got, len);
	assert_memory_equal(plain, data, len);
	assert_int_equal(dtls_leg_read(p->leg, &plain, &got), ERR_AGAIN);
}

/* As far as the handshake: OpenSSL still has the leg. */
static void
pair_connect(struct pair *p, const char *suite)
{
	struct dtls_terms terms = {.mode = DTLS_PSK};

	memset(p, 0, sizeof(*p));
	sent_len = 0;
	memset(terms.secret, 3, DTLS_PSK_LEN);
	assert_int_equal(str_copy(terms.ciphers, sizeof(terms.ciphers), suite), ERR_OK);
	p->dtls = dtls_new(on_room, p);
	p->ctx = SSL_CTX_new(DTLS_client_method());
	assert_int_equal(SSL_CTX_set_cipher_list(p->ctx, suite), 1);
	SSL_CTX_set_psk_client_callback(p->ctx, on_psk);
	SSL_CTX_set_options(p->ctx, SSL_OP_NO_QUERY_MTU);
	p->client = SSL_new(p->ctx);
	p->in = BIO_new(BIO_s_mem());
	p->out = BIO_new(BIO_s_mem());
	BIO_set_mem_eof_return(p->in, -1);
	SSL_set_bio(p->client, p->in, p->out);
	SSL_set_mtu(p->client, DATAGRAM_MAX);
	SSL_set_connect_state(p->client);
	for (int i = 0; i < HANDSHAKE_STEPS && !SSL_is_init_finished(p->client); i++) {
		(void)SSL_do_handshake(p->client);
		take_handshake(p, &terms);
	}
	assert_true(SSL_is_init_finished(p->client));
	assert_string_equal(dtls_leg_cipher(p->leg), suite);
}

static void
pair_init(struct pair *p, const char *suite)
{
	pair_connect(p, suite);
	/* The leg sends before and after it takes over: sequence numbers and nonces go on. */
	assert_int_equal(dtls_leg_write(p->leg, (const uint8_t *)"before", 6), ERR_OK);
	up(p, (const uint8_t *)"first", 5);
	assert_string_equal(dtls_leg_cipher(p->leg), suite);
	assert_string_equal(dtls_leg_version(p->leg), "DTLSv1.2");
}

static void
pair_fini(struct pair *p)
{
	dtls_leg_free(p->leg);
	dtls_free(p->dtls);
	SSL_free(p->client);
	SSL_CTX_free(p->ctx);
}

/* What the leg seals, the client opens. */
static void
down(struct pair *p, const uint8_t *data, size_t len)
{
	static uint8_t got[DATAGRAM_MAX];

	assert_int_equal(dtls_leg_write(p->leg, data, len), ERR_OK);
	deliver(p);
	assert_int_equal(SSL_read(p->client, got, sizeof(got)), len);
	assert_memory_equal(got, data, len);
}

static void
test_against_openssl(UNUSED void **state)
{
	static const size_t lengths[] = {1, 2, 15, 16, 17, 31, 32, 33, 63, 64, 65, 100, 255, 256,
	    257, 1000, 1399, 1400, 9000, 16383, 16384};
	static uint8_t data[DTLS_RECORD_MAX], got[100];

	for (size_t s = 0; s < ARRAY_LEN(suites); s++) {
		struct pair p;

		pair_init(&p, suites[s]);
		deliver(&p);
		assert_int_equal(SSL_read(p.client, got, sizeof(got)), 6);
		assert_memory_equal(got, "before", 6);
		for (size_t i = 0; i < 50 * ARRAY_LEN(lengths); i++) {
			size_t len = lengths[i % ARRAY_LEN(lengths)];

			assert_int_equal(RAND_bytes(data, (int)len), 1);
			up(&p, data, len);
			down(&p, data, len);
			if (i % 7 == 0) /* the two directions do not go in step */
				down(&p, data, len);
		}
		assert_int_equal(dtls_leg_write(p.leg, data, DTLS_RECORD_MAX + 1), ERR_RANGE);
		pair_fini(&p);
	}
}

/* No nonce is used twice, also not across the moment when the leg takes over. */
static void
test_nonces_count_up(UNUSED void **state)
{
	uint8_t last[16] = {0}, now[16];
	struct pair p;

	pair_init(&p, "PSK-AES256-GCM-SHA384");
	for (int i = 0; i < 300; i++) {
		if (i > 0)
			assert_int_equal(dtls_leg_write(p.leg, (const uint8_t *)"x", 1), ERR_OK);
		/* Sequence number with epoch, explicit nonce: big endian, one more each. */
		memcpy(now, sent + 3, 8);
		memcpy(now + 8, sent + DTLS_RECORD_HEAD, 8);
		for (int part = 0; part < 16 && i > 0; part += 8) {
			for (int at = part + 7; at >= part && ++last[at] == 0; at--)
				;
			assert_memory_equal(last + part, now + part, 8);
		}
		memcpy(last, now, sizeof(last));
	}
	pair_fini(&p);
}

static enum err
feed_copy(struct pair *p, const uint8_t *record, size_t len)
{
	static uint8_t copy[DATAGRAM_MAX];
	uint8_t *plain;
	size_t got;

	memcpy(copy, record, len);
	assert_int_equal(dtls_leg_feed(p->leg, copy, len), ERR_OK);
	return dtls_leg_read(p->leg, &plain, &got);
}

/* Each bit of a record counts, and a forged one does not spoil what comes after it. */
static void
test_forged(UNUSED void **state)
{
	uint8_t record[200], forged[200];

	for (size_t s = 0; s < ARRAY_LEN(suites); s++) {
		struct pair p;
		size_t len;

		pair_init(&p, suites[s]);
		assert_int_equal(SSL_write(p.client, "payload", 7), 7);
		len = next_record(&p, record);
		for (size_t bit = 0; bit < len * 8; bit++) {
			memcpy(forged, record, len);
			forged[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_int_equal(feed_copy(&p, forged, len), ERR_AGAIN);
		}
		for (size_t cut = 0; cut < len; cut++)
			assert_int_equal(feed_copy(&p, record, cut), ERR_AGAIN);
		assert_int_equal(feed_copy(&p, record, len), ERR_OK);
		assert_int_equal(feed_copy(&p, record, len), ERR_AGAIN);
		pair_fini(&p);
	}
}

/* Late records are taken, once, as long as the window reaches; older ones and those from before
 * the take-over are not. */
static void
test_window(UNUSED void **state)
{
	enum { COUNT = 1000, REACH = 448 };
	static uint8_t records[COUNT][100];
	size_t len = 0;
	struct pair p;

	pair_init(&p, "PSK-AES256-GCM-SHA384");
	for (size_t i = 0; i < COUNT; i++) {
		assert_int_equal(SSL_write(p.client, "p", 1), 1);
		len = next_record(&p, records[i]);
	}
	for (size_t i = 0; i < 100; i += 2)
		assert_int_equal(feed_copy(&p, records[i], len), ERR_OK);
	for (size_t i = 0; i < 100; i++)
		assert_int_equal(feed_copy(&p, records[i], len), i % 2 == 1 ? ERR_OK : ERR_AGAIN);
	/* Backwards, and a jump that is longer than the window. */
	for (size_t i = 200; i-- > 100;)
		assert_int_equal(feed_copy(&p, records[i], len), ERR_OK);
	assert_int_equal(feed_copy(&p, records[COUNT - 1], len), ERR_OK);
	for (size_t i = 0; i < COUNT - 1; i++) {
		bool old = COUNT - 1 - i >= REACH;

		if (feed_copy(&p, records[i], len) != (old ? ERR_AGAIN : ERR_OK))
			fail_msg("record %zu of %d: expected %s", i, COUNT,
			    old ? "to be too old" : "to be taken");
	}
	for (size_t i = 0; i < COUNT; i++)
		assert_int_equal(feed_copy(&p, records[i], len), ERR_AGAIN);
	pair_fini(&p);
}

/* Several records in a datagram, and one that is forged among them. */
static void
test_many_in_one(UNUSED void **state)
{
	uint8_t datagram[2000], *plain;
	size_t len = 0, got, second = 0;
	struct pair p;

	pair_init(&p, "PSK-CHACHA20-POLY1305");
	for (int i = 0; i < 4; i++) {
		assert_int_equal(SSL_write(p.client, "abcd", i + 1), i + 1);
		if (i == 1)
			second = len;
		len += next_record(&p, datagram + len);
	}
	datagram[second + DTLS_RECORD_HEAD] ^= 1;
	assert_int_equal(dtls_leg_feed(p.leg, datagram, len), ERR_OK);
	for (size_t expect = 1; expect <= 4; expect++) {
		if (expect == 2)
			continue;
		assert_int_equal(dtls_leg_read(p.leg, &plain, &got), ERR_OK);
		assert_int_equal(got, expect);
		assert_memory_equal(plain, "abcd", got);
	}
	assert_int_equal(dtls_leg_read(p.leg, &plain, &got), ERR_AGAIN);
	pair_fini(&p);
}

/* What OpenSSL opened is not opened again, wherever the leg takes over: not with the first record
 * if that comes late, behind two in one datagram. */
static void
test_take_over_forgets_nothing(UNUSED void **state)
{
	uint8_t late[100], datagram[200], *plain;
	size_t late_len, first, len, got;
	struct pair p;

	pair_connect(&p, "PSK-AES256-GCM-SHA384");
	assert_int_equal(SSL_write(p.client, "late", 4), 4);
	late_len = next_record(&p, late);
	assert_int_equal(SSL_write(p.client, "one", 3), 3);
	first = next_record(&p, datagram);
	assert_int_equal(SSL_write(p.client, "two", 3), 3);
	len = first + next_record(&p, datagram + first);
	assert_int_equal(dtls_leg_feed(p.leg, datagram, len), ERR_OK);
	for (int i = 0; i < 2; i++)
		assert_int_equal(dtls_leg_read(p.leg, &plain, &got), ERR_OK);
	assert_int_equal(dtls_leg_read(p.leg, &plain, &got), ERR_AGAIN);
	(void)feed_copy(&p, late, late_len);
	assert_int_equal(feed_copy(&p, datagram, first), ERR_AGAIN);
	assert_int_equal(feed_copy(&p, datagram + first, len - first), ERR_AGAIN);
	up(&p, (const uint8_t *)"next", 4);
	up(&p, (const uint8_t *)"and one more", 12);
	pair_fini(&p);
}

/* What cannot be sealed leaves nothing of itself behind: whoever gave the room may send it. */
static void
test_seal_fails(UNUSED void **state)
{
	static const uint8_t zeros[100];
	struct dtls_record_start start = {.tx_seq = (UINT64_C(1) << 48) - 2};
	struct dtls_record *record = NULL;
	uint8_t room[100];
	struct pair p;
	size_t len;

	pair_connect(&p, "PSK-CHACHA20-POLY1305");
	assert_int_equal(dtls_record_new(p.client, &start, &record), ERR_OK);
	len = dtls_record_sealed_len(record, 6);
	memset(room, 0, sizeof(room));
	assert_int_equal(
	    dtls_record_seal(record, DTLS_TYPE_DATA, (const uint8_t *)"secret", 6, room), ERR_OK);
	assert_memory_not_equal(room, zeros, len);
	memset(room, 0x55, len);
	assert_int_equal(
	    dtls_record_seal(record, DTLS_TYPE_DATA, (const uint8_t *)"secret", 6, room),
	    ERR_LIMIT);
	assert_memory_equal(room, zeros, sizeof(room));
	dtls_record_free(record);
	pair_fini(&p);
}

/* Alerts: the end in both directions. */
static void
test_close(UNUSED void **state)
{
	uint8_t record[200], byte;
	struct pair p;
	size_t len;

	for (size_t s = 0; s < ARRAY_LEN(suites); s++) {
		pair_init(&p, suites[s]);
		(void)SSL_shutdown(p.client);
		len = next_record(&p, record);
		assert_int_equal(feed_copy(&p, record, len), ERR_CLOSED);
		pair_fini(&p);

		pair_init(&p, suites[s]);
		dtls_leg_close(p.leg);
		deliver(&p);
		assert_int_equal(SSL_read(p.client, record, sizeof(record)), 6);
		assert_int_equal(SSL_read(p.client, &byte, 1), 0);
		assert_int_equal(SSL_get_error(p.client, 0), SSL_ERROR_ZERO_RETURN);
		pair_fini(&p);
	}
}

/* A client that wants a new handshake within the old is told no, and the leg goes on. */
static void
test_renegotiation(UNUSED void **state)
{
	uint8_t record[1000];
	struct pair p;
	size_t len;

	pair_init(&p, "PSK-AES256-GCM-SHA384");
	deliver(&p);
	assert_int_equal(SSL_read(p.client, record, sizeof(record)), 6);
	assert_int_equal(SSL_renegotiate(p.client), 1);
	(void)SSL_do_handshake(p.client);
	len = next_record(&p, record);
	assert_int_equal(record[0], DTLS_TYPE_HANDSHAKE);
	assert_int_equal(feed_copy(&p, record, len), ERR_AGAIN);
	assert_int_equal(sent[0], DTLS_TYPE_ALERT);
	assert_true(sent_len > 0 && sent_len < len);
	/* What follows it is a record like any other. */
	assert_int_equal(dtls_leg_write(p.leg, (const uint8_t *)"go on", 5), ERR_OK);
	pair_fini(&p);
}

static void
test_heads(UNUSED void **state)
{
	uint8_t head[20] = {23, 0xfe, 0xfd, 0, 1, 1, 2, 3, 4, 5, 6, 0, 7};
	struct dtls_head got;

	for (size_t len = 0; len < sizeof(head); len++)
		assert_int_equal(dtls_head_read(head, len, &got), ERR_SYNTAX);
	assert_int_equal(dtls_head_read(head, sizeof(head), &got), ERR_OK);
	assert_int_equal(got.type, 23);
	assert_int_equal(got.version, 0xfefd);
	assert_int_equal(got.epoch, 1);
	assert_true(got.seq == UINT64_C(0x010203040506));
	assert_int_equal(got.len, 7);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_against_openssl),
	    cmocka_unit_test(test_nonces_count_up),
	    cmocka_unit_test(test_forged),
	    cmocka_unit_test(test_window),
	    cmocka_unit_test(test_many_in_one),
	    cmocka_unit_test(test_take_over_forgets_nothing),
	    cmocka_unit_test(test_seal_fails),
	    cmocka_unit_test(test_close),
	    cmocka_unit_test(test_renegotiation),
	    cmocka_unit_test(test_heads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
