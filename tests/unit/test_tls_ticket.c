/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Session tickets at gateway/tls.c, TLS 1.2 and 1.3: taken by another worker with the same keys
 * and without a signature, for as long as the keys and the certificates are the same, and never
 * where clients are asked for a certificate.
 */
#include "tests/unit/tls_help.h"

#include <signal.h>

#include "gateway/tls_stream.h"
#include "gateway/tls_ticket.h"

static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

struct ticket_bed {
	struct bed tls;
	struct worker other; /* a second worker beside that of the bed */
	struct tls_stream *stream;
	unsigned ready;
	bool resumed;
	char hash[41];
};

/* ---- the owner of the stream ---- */

static void
on_ready(struct tls_stream *stream, void *arg)
{
	struct ticket_bed *bed = arg;

	bed->ready++;
	bed->resumed = tls_stream_is_resumed(stream);
	tls_stream_cert_hash(stream, bed->hash);
}

static void
on_data(UNUSED struct tls_stream *stream, UNUSED const uint8_t *data, UNUSED size_t len,
    UNUSED void *arg)
{
}

static void
on_closed(struct tls_stream *stream, UNUSED enum err why, void *arg)
{
	struct ticket_bed *bed = arg;

	tls_stream_close(stream);
	bed->stream = NULL;
}

static const struct tls_stream_ops ops = {
    .on_ready = on_ready,
    .on_data = on_data,
    .on_closed = on_closed,
};

/* ---- keys ---- */

/* The keys of two hours, as auth sends them: number `hour` first. */
static void
tell_keys(struct worker *worker, uint8_t hour)
{
	uint8_t bytes[2][3][32];
	Ipc__TicketKeys msg = IPC__TICKET_KEYS__INIT;
	Ipc__TicketKey row[2], *rows[] = {&row[0], &row[1]};

	for (uint8_t i = 0; i < 2; i++) {
		for (uint8_t k = 0; k < 3; k++)
			memset(bytes[i][k], (hour - i) * 3 + k, 32);
		ipc__ticket_key__init(&row[i]);
		row[i].name = (ProtobufCBinaryData){16, bytes[i][0]};
		row[i].cipher = (ProtobufCBinaryData){32, bytes[i][1]};
		row[i].mac = (ProtobufCBinaryData){32, bytes[i][2]};
	}
	msg.n_key = 2;
	msg.key = rows;
	assert_int_equal(tls_take_ticket_keys(worker->tls, &msg), ERR_OK);
	for (size_t i = 0; i < 32; i++)
		assert_int_equal(bytes[0][1][i] | bytes[0][2][i] | bytes[1][1][i], 0);
}

/* ---- the bed ---- */

static void
learn(struct ticket_bed *bed, struct worker *worker)
{
	tls_learn_identities(worker->tls);
	turns(&bed->tls, 10);
	assert_true(tls_is_ready(worker->tls));
}

static struct ticket_bed *
bed_new(void)
{
	struct ticket_bed *bed = calloc(1, sizeof *bed);

	assert_non_null(bed);
	bed_init(&bed->tls, true);
	bed->other = bed->tls.worker;
	bed->other.tls = tls_new(&bed->other);
	assert_non_null(bed->other.tls);
	learn(bed, &bed->other);
	tell_keys(&bed->tls.worker, 10);
	tell_keys(&bed->other, 10);
	return bed;
}

static void
bed_free(struct ticket_bed *bed)
{
	turns(&bed->tls, 3);
	tls_free(bed->other.tls);
	bed_fini(&bed->tls);
	free(bed);
}

/*
 * A connection to a worker that offers a session and lives for the handshake only. Returns the
 * session that it has at the end, with a ticket or without.
 */
static SSL_SESSION *
visit(struct ticket_bed *bed, struct worker *worker, int version, SSL_SESSION *offer,
    const char *sigalgs)
{
	struct ip_endpoint endpoint = {
	    .addr = {.family = 4, .bytes = {192, 0, 2, 1}}, .port = 4711};
	int fd = bed_client(&bed->tls, version);
	SSL_SESSION *session;
	uint8_t bytes[64];
	bool done = false;

	bed->ready = 0;
	bed->tls.signed_count = 0;
	if (sigalgs != NULL)
		assert_int_equal(SSL_set1_sigalgs_list(bed->tls.client, sigalgs), 1);
	if (offer != NULL)
		assert_int_equal(SSL_set_session(bed->tls.client, offer), 1);
	bed->stream = tls_stream_accept(worker, fd, &endpoint, &endpoint, &ops, bed);
	assert_non_null(bed->stream);
	for (unsigned i = 0; i < 200 && (!done || bed->ready == 0); i++) {
		done = client_handshake(&bed->tls);
		turn(&bed->tls);
	}
	assert_true(done);
	turns(&bed->tls, 3);
	assert_int_equal(client_read(&bed->tls, bytes, sizeof bytes, NULL, 0), 0);
	assert_int_equal(bed->resumed, SSL_session_reused(bed->tls.client));
	/* No signature is what a ticket is for. */
	assert_int_equal(bed->tls.signed_count, bed->resumed ? 0 : 1);
	session = SSL_get1_session(bed->tls.client);
	/* Data before the handshake is over could be sent twice by anybody: never. */
	assert_int_equal(SSL_SESSION_get_max_early_data(session), 0);
	SSL_shutdown(bed->tls.client);
	if (bed->stream != NULL)
		tls_stream_close(bed->stream);
	turns(&bed->tls, 3);
	client_free(&bed->tls);
	return session;
}

/* Is a session good at that worker? */
static bool
is_taken(struct ticket_bed *bed, struct worker *worker, int version, SSL_SESSION *session)
{
	SSL_SESSION_free(visit(bed, worker, version, session, NULL));
	return bed->resumed;
}

static SSL_SESSION *
first_visit(struct ticket_bed *bed, int version)
{
	SSL_SESSION *session = visit(bed, &bed->tls.worker, version, NULL, NULL);

	assert_false(bed->resumed);
	assert_true(SSL_SESSION_has_ticket(session));
	return session;
}

/* ---- tests ---- */

static void
test_other_worker(UNUSED void **state)
{
	struct ticket_bed *bed = bed_new();

	for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
		SSL_SESSION *session = first_visit(bed, versions[i]), *next;
		char hash[41];

		assert_true(SSL_SESSION_get_ticket_lifetime_hint(session) <= 3600);
		memcpy(hash, bed->hash, sizeof hash);
		assert_int_equal(strlen(hash), 40);
		next = visit(bed, &bed->other, versions[i], session, NULL);
		assert_true(bed->resumed);
		assert_string_equal(bed->hash, hash);
		/* and what a resumed connection leads to is good again */
		assert_true(is_taken(bed, &bed->tls.worker, versions[i], next));
		assert_string_equal(bed->hash, hash);
		SSL_SESSION_free(session);
		SSL_SESSION_free(next);
	}
	bed_free(bed);
}

static void
test_rotation(UNUSED void **state)
{
	struct ticket_bed *bed = bed_new();

	for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
		SSL_SESSION *session, *renewed;

		tell_keys(&bed->tls.worker, 10);
		session = first_visit(bed, versions[i]);
		tell_keys(&bed->other, 11);
		renewed = visit(bed, &bed->other, versions[i], session, NULL);
		assert_true(bed->resumed);
		tell_keys(&bed->other, 12);
		assert_false(is_taken(bed, &bed->other, versions[i], session));
		/* it was renewed with the key of its hour */
		assert_true(is_taken(bed, &bed->other, versions[i], renewed));
		tell_keys(&bed->other, 20);
		assert_false(is_taken(bed, &bed->other, versions[i], renewed));
		SSL_SESSION_free(session);
		SSL_SESSION_free(renewed);
	}
	bed_free(bed);
}

/* Before auth has told its keys a worker knows its own tickets, and nobody else does. */
static void
test_own_key(UNUSED void **state)
{
	struct ticket_bed *bed = bed_new();

	for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
		struct worker fresh = bed->tls.worker;
		SSL_SESSION *session;

		fresh.tls = tls_new(&fresh);
		assert_non_null(fresh.tls);
		learn(bed, &fresh);
		session = visit(bed, &fresh, versions[i], NULL, NULL);
		assert_true(is_taken(bed, &fresh, versions[i], session));
		assert_false(is_taken(bed, &bed->other, versions[i], session));
		SSL_SESSION_free(session);
		tls_free(fresh.tls);
	}
	bed_free(bed);
}

/* Where a client may have to show a certificate, every handshake is a whole one. */
static void
test_client_certificates(UNUSED void **state)
{
	struct ticket_bed *bed = bed_new();

	for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
		SSL_SESSION *session = first_visit(bed, versions[i]), *next;

		assert_true(tls_want_certificates(bed->other.tls, true));
		learn(bed, &bed->other);
		next = visit(bed, &bed->other, versions[i], session, NULL);
		assert_false(bed->resumed);
		assert_false(SSL_SESSION_has_ticket(next));
		SSL_SESSION_free(next);
		assert_true(tls_want_certificates(bed->other.tls, false));
		learn(bed, &bed->other);
		assert_true(is_taken(bed, &bed->other, versions[i], session));
		SSL_SESSION_free(session);
	}
	bed_free(bed);
}

/* Tickets end with the certificate that was shown. */
static void
test_other_certificate(UNUSED void **state)
{
	struct ticket_bed *bed = bed_new();

	for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
		SSL_SESSION *session = first_visit(bed, versions[i]);

		key_free(bed->tls.key);
		trust_chain_fini(&bed->tls.chain);
		make_identity(&bed->tls, true);
		learn(bed, &bed->other);
		assert_false(is_taken(bed, &bed->other, versions[i], session));
		learn(bed, &bed->tls.worker);
		SSL_SESSION_free(session);
	}
	bed_free(bed);
}

/* Of two certificates for one name, the one that was shown is the one that a login is told of. */
static void
test_two_certificates(UNUSED void **state)
{
	struct bed_identity more[] = {
	    {.trustpoint = "rsa", .domains = {"vpn.example"}, .domains_len = 1},
	    {.trustpoint = "ec", .domains = {"vpn.example"}, .domains_len = 1},
	};
	static const char *const sigalgs[] = {"RSA-PSS+SHA256", "ECDSA+SHA256"};
	struct ticket_bed *bed = bed_new();

	make_pair(true, &more[0].key, &more[0].chain);
	make_pair(false, &more[1].key, &more[1].chain);
	bed->tls.more = more;
	bed->tls.more_len = ARRAY_LEN(more);
	learn(bed, &bed->tls.worker);
	learn(bed, &bed->other);
	for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
		char hash[2][41];

		for (size_t k = 0; k < 2; k++) {
			SSL_SESSION *session =
			    visit(bed, &bed->tls.worker, versions[i], NULL, sigalgs[k]);

			memcpy(hash[k], bed->hash, sizeof hash[k]);
			assert_true(is_taken(bed, &bed->other, versions[i], session));
			assert_string_equal(bed->hash, hash[k]);
			SSL_SESSION_free(session);
		}
		assert_string_not_equal(hash[0], hash[1]);
	}
	for (size_t k = 0; k < ARRAY_LEN(more); k++) {
		key_free(more[k].key);
		trust_chain_fini(&more[k].chain);
	}
	bed_free(bed);
}

static void
test_malformed_keys(UNUSED void **state)
{
	static const struct {
		size_t keys, name, cipher, mac;
		enum err err;
	} rows[] = {
	    {0, 16, 32, 32, ERR_RANGE},
	    {1, 16, 32, 32, ERR_OK},
	    {2, 16, 32, 32, ERR_OK},
	    {3, 16, 32, 32, ERR_RANGE},
	    {1, 15, 32, 32, ERR_RANGE},
	    {1, 17, 32, 32, ERR_RANGE},
	    {1, 16, 0, 32, ERR_RANGE},
	    {1, 16, 33, 32, ERR_RANGE},
	    {2, 16, 32, 31, ERR_RANGE},
	    {2, 16, 32, 64, ERR_RANGE},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct tls_tickets tickets, before;
		uint8_t bytes[64] = {7};
		Ipc__TicketKeys msg = IPC__TICKET_KEYS__INIT;
		Ipc__TicketKey row[3], *list[] = {&row[0], &row[1], &row[2]};

		assert_int_equal(tls_tickets_init(&tickets), ERR_OK);
		before = tickets;
		for (size_t k = 0; k < 3; k++) {
			/* only the last of them is what the row says */
			bool last = k + 1 >= rows[i].keys;

			ipc__ticket_key__init(&row[k]);
			row[k].name = (ProtobufCBinaryData){last ? rows[i].name : 16, bytes};
			row[k].cipher = (ProtobufCBinaryData){last ? rows[i].cipher : 32, bytes};
			row[k].mac = (ProtobufCBinaryData){last ? rows[i].mac : 32, bytes};
		}
		msg.n_key = rows[i].keys;
		msg.key = list;
		assert_int_equal(tls_tickets_take(&tickets, &msg), rows[i].err);
		if (rows[i].err != ERR_OK)
			assert_memory_equal(&tickets, &before, sizeof tickets);
		else
			assert_int_equal(tickets.len, rows[i].keys);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_other_worker),
	    cmocka_unit_test(test_rotation),
	    cmocka_unit_test(test_own_key),
	    cmocka_unit_test(test_client_certificates),
	    cmocka_unit_test(test_other_certificate),
	    cmocka_unit_test(test_two_certificates),
	    cmocka_unit_test(test_malformed_keys),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
