/* SPDX-License-Identifier: Apache-2.0 */
/* gateway/dtls.c: real handshakes in memory against OpenSSL's client, and what strangers can and
 * cannot cause. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/ssl.h>
#include <string.h>

#include "common/str.h"
#include "gateway/dtls.h"
#include "gateway/dtls_match.h"
#include "gateway/dtls_offer.h"

#define DATAGRAMS 64

/* Datagrams under way, oldest first. */
struct wire {
	uint8_t data[DATAGRAMS][2048];
	size_t len[DATAGRAMS];
	size_t head, tail;
};

static struct wire to_client, to_server;
static struct udp_flow flow = {.peer = {10, 0, 0, 1}, .family = 4, .port = 4000};
static struct udp_flow other_flow = {.peer = {10, 0, 0, 1}, .family = 4, .port = 4001};
static uint8_t client_psk[DTLS_PSK_LEN];

static void
wire_put(struct wire *wire, const uint8_t *data, size_t len)
{
	size_t at = wire->tail++ % DATAGRAMS;

	assert_true(len <= sizeof(wire->data[at]));
	memcpy(wire->data[at], data, len);
	wire->len[at] = len;
}

static bool
wire_get(struct wire *wire, uint8_t **data, size_t *len)
{
	*data = NULL;
	*len = 0;
	if (wire->head == wire->tail)
		return false;
	*data = wire->data[wire->head % DATAGRAMS];
	*len = wire->len[wire->head++ % DATAGRAMS];
	return true;
}

static uint8_t *
on_send(UNUSED void *arg, UNUSED const struct udp_flow *to, size_t len)
{
	size_t at = to_client.tail++ % DATAGRAMS;

	assert_true(len <= sizeof(to_client.data[at]));
	to_client.len[at] = len;
	return to_client.data[at];
}

/* ---- a client ---- */

static unsigned
on_client_psk(UNUSED SSL *ssl, UNUSED const char *hint, char *identity, unsigned max_identity,
    unsigned char *psk, UNUSED unsigned max_psk)
{
	assert_true(max_identity > 4);
	memcpy(identity, "psk", 4);
	memcpy(psk, client_psk, sizeof(client_psk));
	return sizeof(client_psk);
}

/* With memory BIOs one write is one datagram as long as they are emptied after each step. */
struct client {
	SSL_CTX *ctx;
	SSL *ssl;
	BIO *in, *out;
};

static void
client_init_with(struct client *c, const char *ciphers)
{
	c->ctx = SSL_CTX_new(DTLS_client_method());
	assert_non_null(c->ctx);
	assert_int_equal(SSL_CTX_set_cipher_list(c->ctx, ciphers), 1);
	SSL_CTX_set_psk_client_callback(c->ctx, on_client_psk);
	SSL_CTX_set_options(c->ctx, SSL_OP_NO_QUERY_MTU);
	c->ssl = SSL_new(c->ctx);
	c->in = BIO_new(BIO_s_mem());
	c->out = BIO_new(BIO_s_mem());
	BIO_set_mem_eof_return(c->in, -1);
	SSL_set_bio(c->ssl, c->in, c->out);
	SSL_set_mtu(c->ssl, 1400);
	SSL_set_connect_state(c->ssl);
}

static void
client_init(struct client *c)
{
	client_init_with(c, "PSK-AES256-GCM-SHA384");
}

/* Pretend to have had a session with that suite, id and master secret (protocol.md 5.3). */
static void
client_inject(struct client *c, const char *suite, uint8_t id_byte, uint8_t master_byte)
{
	STACK_OF(SSL_CIPHER) *ciphers = SSL_get_ciphers(c->ssl);
	SSL_SESSION *session = SSL_SESSION_new();
	uint8_t id[32], master[DTLS_MASTER_LEN];
	const SSL_CIPHER *cipher = NULL;

	memset(id, id_byte, sizeof(id));
	memset(master, master_byte, sizeof(master));
	for (int i = 0; i < sk_SSL_CIPHER_num(ciphers); i++)
		if (strcmp(SSL_CIPHER_get_name(sk_SSL_CIPHER_value(ciphers, i)), suite) == 0)
			cipher = sk_SSL_CIPHER_value(ciphers, i);
	assert_non_null(cipher);
	assert_int_equal(SSL_SESSION_set_protocol_version(session, DTLS1_2_VERSION), 1);
	assert_int_equal(SSL_SESSION_set_cipher(session, cipher), 1);
	assert_int_equal(SSL_SESSION_set1_master_key(session, master, sizeof(master)), 1);
	assert_int_equal(SSL_SESSION_set1_id(session, id, sizeof(id)), 1);
	assert_int_equal(SSL_set_session(c->ssl, session), 1);
	SSL_SESSION_free(session);
}

static void
client_fini(struct client *c)
{
	SSL_free(c->ssl);
	SSL_CTX_free(c->ctx);
	to_client.head = to_client.tail = to_server.head = to_server.tail = 0;
}

static void
client_flush(struct client *c)
{
	uint8_t bytes[4096];
	int n = BIO_read(c->out, bytes, sizeof(bytes));
	size_t off = 0;

	/* Records of one flight are sent one by one. */
	while (n > 0 && off + 13 <= (size_t)n) {
		size_t len = 13 + (size_t)(bytes[off + 11] << 8 | bytes[off + 12]);

		wire_put(&to_server, bytes + off, len);
		off += len;
	}
}

static void
client_step(struct client *c)
{
	uint8_t *data = NULL;
	size_t len = 0;

	do {
		(void)SSL_do_handshake(c->ssl);
		client_flush(c);
		if (!wire_get(&to_client, &data, &len))
			return;
		assert_int_equal(BIO_write(c->in, data, (int)len), len);
	} while (true);
}

/* Run the handshake; returns the leg, or NULL when it failed. */
static struct dtls_leg *
handshake(struct dtls *dtls, struct client *c, const struct dtls_terms *terms)
{
	struct dtls_leg *leg = NULL;

	for (int i = 0; i < 20; i++) {
		uint8_t *data;
		size_t len;

		client_step(c);
		while (wire_get(&to_server, &data, &len)) {
			enum err err;

			if (leg == NULL) {
				err = dtls_listen(dtls, &flow, data, len, &leg);
				if (err == ERR_AGAIN)
					continue;
				if (err == ERR_OK)
					err = dtls_leg_start(leg, terms, 1500);
			} else {
				err = dtls_leg_feed(leg, data, len);
			}
			if (err != ERR_OK) {
				dtls_leg_free(leg);
				return NULL;
			}
		}
		if (leg != NULL && dtls_leg_is_up(leg) && SSL_is_init_finished(c->ssl))
			return leg;
	}
	dtls_leg_free(leg);
	return NULL;
}

/* ---- tests ---- */

static struct dtls_terms
terms_psk(uint8_t byte)
{
	struct dtls_terms terms = {
	    .mode = DTLS_PSK, .ciphers = "PSK-AES256-GCM-SHA384:PSK-CHACHA20-POLY1305"};

	memset(terms.secret, byte, DTLS_PSK_LEN);
	return terms;
}

static struct dtls_terms
terms_resumed(const char *suite, uint8_t byte)
{
	struct dtls_terms terms = {.mode = DTLS_RESUMED};

	assert_int_equal(str_copy(terms.ciphers, sizeof(terms.ciphers), suite), ERR_OK);
	memset(terms.secret, byte, DTLS_MASTER_LEN);
	return terms;
}

static struct dtls *
server(void)
{
	struct dtls *dtls = dtls_new(on_send, NULL);

	assert_non_null(dtls);
	return dtls;
}

static void
test_handshake_and_data(UNUSED void **state)
{
	struct dtls_terms psk = terms_psk(7);
	uint8_t got[2048], mtu_probe[1391], *plain;
	struct dtls *dtls = server();
	struct dtls_leg *leg;
	struct client c;
	uint8_t *data = NULL;
	size_t len = 0;

	memset(client_psk, 7, sizeof(client_psk));
	client_init(&c);
	leg = handshake(dtls, &c, &psk);
	assert_non_null(leg);
	assert_string_equal(dtls_leg_version(leg), "DTLSv1.2");
	assert_string_equal(dtls_leg_cipher(leg), "PSK-AES256-GCM-SHA384");
	assert_true(udp_flow_eq(dtls_leg_flow(leg), &flow));

	for (int round = 0; round < 3; round++) {
		/* Up, then down, and buffers given back in between. */
		assert_int_equal(SSL_write(c.ssl, "\x00packet", 7), 7);
		client_flush(&c);
		assert_true(wire_get(&to_server, &data, &len));
		assert_int_equal(dtls_leg_feed(leg, data, len), ERR_OK);
		assert_int_equal(dtls_leg_read(leg, &plain, &len), ERR_OK);
		assert_int_equal(len, 7);
		assert_memory_equal(plain, "\x00packet", 7);
		assert_int_equal(dtls_leg_read(leg, &plain, &len), ERR_AGAIN);
		dtls_leg_rest(leg);
		assert_int_equal(dtls_leg_write(leg, (const uint8_t *)"\x04pong", 5), ERR_OK);
		dtls_leg_rest(leg);
		assert_true(wire_get(&to_client, &data, &len));
		assert_int_equal(BIO_write(c.in, data, (int)len), len);
		assert_int_equal(SSL_read(c.ssl, got, sizeof(got)), 5);
		assert_memory_equal(got, "\x04pong", 5);
	}
	/* The largest packet is one datagram that fits the link: IP and UDP heads, record, type
	 * byte. */
	memset(mtu_probe, 1, sizeof(mtu_probe));
	assert_int_equal(dtls_leg_write(leg, mtu_probe, sizeof(mtu_probe)), ERR_OK);
	assert_true(wire_get(&to_client, &data, &len));
	assert_int_equal(len, sizeof(mtu_probe) + DTLS_OVERHEAD);
	assert_false(wire_get(&to_client, &data, &len));
	dtls_leg_free(leg);
	client_fini(&c);
	dtls_free(dtls);
}

static void
test_close_notify(UNUSED void **state)
{
	struct dtls_terms psk = terms_psk(0);
	uint8_t *plain;
	struct dtls *dtls = server();
	struct dtls_leg *leg;
	struct client c;
	uint8_t *data = NULL;
	size_t len = 0;

	memset(client_psk, 0, sizeof(client_psk));
	client_init(&c);
	leg = handshake(dtls, &c, &psk);
	assert_non_null(leg);
	(void)SSL_shutdown(c.ssl);
	client_flush(&c);
	assert_true(wire_get(&to_server, &data, &len));
	assert_int_equal(dtls_leg_feed(leg, data, len), ERR_OK);
	assert_int_equal(dtls_leg_read(leg, &plain, &len), ERR_CLOSED);
	dtls_leg_free(leg);
	client_fini(&c);
	dtls_free(dtls);
}

static void
test_wrong_key(UNUSED void **state)
{
	struct dtls_terms psk = terms_psk(1);
	struct dtls *dtls = server();
	struct client c;

	memset(client_psk, 2, sizeof(client_psk));
	client_init(&c);
	assert_null(handshake(dtls, &c, &psk));
	client_fini(&c);
	dtls_free(dtls);
}

/* Bytes from elsewhere neither end the leg nor come out of it. */
static void
test_noise(UNUSED void **state)
{
	struct dtls_terms psk = terms_psk(0);
	uint8_t *plain, noise[100], again[100];
	struct dtls *dtls = server();
	struct dtls_leg *leg;
	struct client c;
	uint8_t *data = NULL;
	size_t len = 0;

	memset(client_psk, 0, sizeof(client_psk));
	client_init(&c);
	leg = handshake(dtls, &c, &psk);
	assert_non_null(leg);
	for (unsigned type = 0; type < 256; type++) {
		memset(noise, (int)type, sizeof(noise));
		memcpy(noise + 1, "\xfe\xfd\x00\x01\x00\x00\x00\x00\x00\xff\x00\x57", 12);
		assert_int_equal(dtls_leg_feed(leg, noise, sizeof(noise)), ERR_OK);
		assert_int_equal(dtls_leg_read(leg, &plain, &len), ERR_AGAIN);
	}
	assert_int_equal(SSL_write(c.ssl, "still", 5), 5);
	client_flush(&c);
	assert_true(wire_get(&to_server, &data, &len));
	/* Damaged on the way, then whole; then replayed. */
	memcpy(noise, data, len);
	noise[len - 1] ^= 1;
	assert_int_equal(dtls_leg_feed(leg, noise, len), ERR_OK);
	assert_int_equal(dtls_leg_read(leg, &plain, &len), ERR_AGAIN);
	len = 13 + (size_t)data[12];
	memcpy(again, data, len); /* it is opened in place */
	assert_int_equal(dtls_leg_feed(leg, data, len), ERR_OK);
	assert_int_equal(dtls_leg_read(leg, &plain, &len), ERR_OK);
	assert_int_equal(len, 5);
	len = 13 + (size_t)again[12];
	assert_int_equal(dtls_leg_feed(leg, again, len), ERR_OK);
	assert_int_equal(dtls_leg_read(leg, &plain, &len), ERR_AGAIN);
	dtls_leg_free(leg);
	client_fini(&c);
	dtls_free(dtls);
}

/* INV-6: the first hello gets an answer that is smaller than itself; a cookie is good for its own
 * address only. */
static void
test_cookies(UNUSED void **state)
{
	struct dtls *dtls = server();
	struct dtls_leg *leg = NULL;
	struct client c;
	uint8_t *data = NULL, *answer = NULL;
	uint8_t hello[512];
	size_t len = 0, answer_len = 0;

	client_init(&c);
	client_step(&c);
	assert_true(wire_get(&to_server, &data, &len));
	for (int i = 0; i < 3; i++) {
		assert_int_equal(dtls_listen(dtls, &flow, data, len, &leg), ERR_AGAIN);
		assert_true(wire_get(&to_client, &answer, &answer_len));
		assert_true(answer_len <= len);
		assert_false(wire_get(&to_client, &answer, &answer_len));
	}
	assert_int_equal(
	    BIO_write(c.in, to_client.data[0], (int)to_client.len[0]), to_client.len[0]);
	client_step(&c);
	assert_true(wire_get(&to_server, &data, &len));
	memcpy(hello, data, len);
	assert_int_equal(dtls_listen(dtls, &other_flow, hello, len, &leg), ERR_AGAIN);
	/* And a forged one. */
	hello[13 + 12 + 2 + 32 + 1 + 1 + 5] ^= 1;
	assert_int_equal(dtls_listen(dtls, &flow, hello, len, &leg), ERR_AGAIN);
	hello[13 + 12 + 2 + 32 + 1 + 1 + 5] ^= 1;
	assert_int_equal(dtls_listen(dtls, &flow, hello, len, &leg), ERR_OK);
	dtls_leg_free(leg);
	client_fini(&c);
	dtls_free(dtls);
}

/* A hello cut anywhere does no harm to the next client. */
static void
test_listener_survives(UNUSED void **state)
{
	struct dtls_terms psk = terms_psk(0);
	uint8_t copy[512];
	struct dtls *dtls = server();
	struct dtls_leg *leg = NULL;
	struct client c;
	uint8_t *data = NULL;
	size_t len = 0;

	memset(client_psk, 0, sizeof(client_psk));
	client_init(&c);
	client_step(&c);
	assert_true(wire_get(&to_server, &data, &len));
	memcpy(copy, data, len);
	for (size_t cut = 1; cut < len; cut++)
		assert_int_not_equal(dtls_listen(dtls, &flow, copy, cut, &leg), ERR_OK);
	for (size_t at = 0; at < len; at++) {
		copy[at] ^= 0xff;
		assert_int_not_equal(dtls_listen(dtls, &flow, copy, len, &leg), ERR_OK);
		copy[at] ^= 0xff;
	}
	client_fini(&c);
	client_init(&c);
	leg = handshake(dtls, &c, &psk);
	assert_non_null(leg);
	dtls_leg_free(leg);
	client_fini(&c);
	dtls_free(dtls);
}

/* Every suite, with no extended master secret although the client offers it, and by resumption. */
static void
test_injected_sessions(UNUSED void **state)
{
	static const struct {
		const char *suite;
		unsigned block;
	} rows[] = {
	    {"ECDHE-RSA-AES256-GCM-SHA384", 0},
	    {"ECDHE-RSA-AES128-GCM-SHA256", 0},
	    {"AES256-GCM-SHA384", 0},
	    {"AES128-GCM-SHA256", 0},
	    {"DHE-RSA-AES256-SHA", 16},
	    {"DHE-RSA-AES128-SHA", 16},
	    {"AES256-SHA", 16},
	    {"AES128-SHA", 16},
	};

	for (size_t i = 0; i < 2 * ARRAY_LEN(rows); i++) {
		const char *suite = rows[i / 2].suite;
		struct dtls_suite kind = {.block = rows[i / 2].block};
		struct dtls_terms terms = terms_resumed(suite, 9);
		uint8_t *plain, packet[1500] = {0};
		size_t len = 0, largest = 1 + dtls_offer_mtu(&kind, 1500 - 28);
		struct dtls *dtls = server();
		struct dtls_leg *leg;
		struct client c;
		uint8_t *data = NULL;

		client_init_with(&c, suite);
		client_inject(&c, suite, 5, 9);
		if (i % 2 == 1)
			SSL_set_options(c.ssl, SSL_OP_NO_ENCRYPT_THEN_MAC);
		leg = handshake(dtls, &c, &terms);
		if (leg == NULL)
			fail_msg("%s: expected a handshake, got none", suite);
		assert_string_equal(dtls_leg_cipher(leg), suite);
		assert_int_equal(SSL_session_reused(c.ssl), 1);
		assert_int_equal(SSL_write(c.ssl, "up", 2), 2);
		client_flush(&c);
		assert_true(wire_get(&to_server, &data, &len));
		assert_int_equal(dtls_leg_feed(leg, data, len), ERR_OK);
		assert_int_equal(dtls_leg_read(leg, &plain, &len), ERR_OK);
		assert_memory_equal(plain, "up", 2);
		/* The largest packet fits into a datagram of an Ethernet, whichever way it is
		 * sealed. */
		assert_int_equal(dtls_leg_write(leg, packet, largest), ERR_OK);
		assert_true(wire_get(&to_client, &data, &len));
		if (len > 1500 - 28)
			fail_msg("%s: expected at most 1472 bytes, got %zu", suite, len);
		dtls_leg_free(leg);
		client_fini(&c);
		dtls_free(dtls);
	}
}

/* Knowing the session id is not enough, and nothing else than a resumption is taken. */
static void
test_not_resumed(UNUSED void **state)
{
	static const struct {
		const char *what, *suite, *list;
		bool inject;
		uint8_t master;
	} rows[] = {
	    {"another master secret", "AES256-GCM-SHA384", "AES256-GCM-SHA384", true, 8},
	    {"another suite", "AES256-GCM-SHA384", "AES128-GCM-SHA256", true, 9},
	    {"a full handshake", "AES256-GCM-SHA384", "AES256-GCM-SHA384", false, 9},
	    {"a pre-shared key", "AES256-GCM-SHA384", "PSK-AES256-GCM-SHA384", false, 9},
	    {"no such suite", "NONE-AT-ALL", "AES256-GCM-SHA384", true, 9},
	};

	memset(client_psk, 9, sizeof(client_psk));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct dtls_terms terms = terms_resumed(rows[i].suite, 9);
		struct dtls *dtls = server();
		struct client c;

		client_init_with(&c, rows[i].list);
		if (rows[i].inject)
			client_inject(&c, rows[i].list, 5, rows[i].master);
		if (handshake(dtls, &c, &terms) != NULL)
			fail_msg("%s: expected no leg, got one", rows[i].what);
		client_fini(&c);
		dtls_free(dtls);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_handshake_and_data),
	    cmocka_unit_test(test_close_notify),
	    cmocka_unit_test(test_wrong_key),
	    cmocka_unit_test(test_noise),
	    cmocka_unit_test(test_cookies),
	    cmocka_unit_test(test_listener_survives),
	    cmocka_unit_test(test_injected_sessions),
	    cmocka_unit_test(test_not_resumed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
