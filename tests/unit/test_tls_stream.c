/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The TLS stream against an OpenSSL client on a socketpair: handshakes whose signature comes from a
 * peer at the other end of a channel, record boundaries, batching, back-pressure, and every way to
 * die.
 */
#include "tests/unit/tls_help.h"

#include <signal.h>

#include "common/clock.h"
#include "gateway/tls_stream.h"

#define TURNS_MAX 20000

/* What the stream's owner has heard. */
struct heard {
	unsigned ready;
	unsigned batches;
	unsigned drains;
	unsigned closed;
	enum err why;
	size_t records;
	size_t record_len[64];
	uint8_t data[400000];
	size_t data_len;
	size_t pause_after; /* pause when so many records came */
	bool close_in_data;
};

/* Is the stream a tunnel, whose records are not OpenSSL's affair? What is seen of it is the same.
 */
static bool as_tunnel;

/* The bed with a stream in it. */
struct stream_bed {
	struct bed tls;
	struct tls_stream *stream;
	struct heard heard;
};

/* ---- the owner of the stream ---- */

static void
on_ready(struct tls_stream *stream, void *arg)
{
	struct stream_bed *bed = arg;

	(void)stream;
	bed->heard.ready++;
}

static void
on_data(struct tls_stream *stream, const uint8_t *data, size_t len, void *arg)
{
	struct stream_bed *bed = arg;
	struct heard *heard = &bed->heard;

	assert_int_equal(heard->closed, 0);
	assert_true(heard->data_len + len <= sizeof heard->data);
	memcpy(heard->data + heard->data_len, data, len);
	heard->data_len += len;
	if (heard->records < 64)
		heard->record_len[heard->records] = len;
	heard->records++;
	if (heard->pause_after > 0 && heard->records == heard->pause_after)
		tls_stream_pause(stream, true);
	if (heard->close_in_data) {
		tls_stream_close(stream);
		bed->stream = NULL;
	}
}

static void
on_batch_end(struct tls_stream *stream, void *arg)
{
	struct stream_bed *bed = arg;

	(void)stream;
	bed->heard.batches++;
}

static void
on_drain(struct tls_stream *stream, void *arg)
{
	struct stream_bed *bed = arg;

	(void)stream;
	bed->heard.drains++;
}

static void
on_closed(struct tls_stream *stream, enum err why, void *arg)
{
	struct stream_bed *bed = arg;

	assert_ptr_equal(stream, bed->stream);
	bed->heard.closed++;
	bed->heard.why = why;
	tls_stream_close(stream);
	bed->stream = NULL;
}

static const struct tls_stream_ops ops = {
    .on_ready = on_ready,
    .on_data = on_data,
    .on_batch_end = on_batch_end,
    .on_drain = on_drain,
    .on_closed = on_closed,
};

static const struct tls_stream_ops tunnel_ops = {
    .on_data = on_data,
    .on_batch_end = on_batch_end,
    .on_drain = on_drain,
    .on_closed = on_closed,
    .tunnel = true,
};

/* ---- the test bed ---- */

static struct stream_bed *
bed_new(bool rsa)
{
	struct stream_bed *bed = calloc(1, sizeof *bed);

	assert_non_null(bed);
	bed_init(&bed->tls, rsa);
	return bed;
}

static void
bed_connect(struct stream_bed *bed, int version)
{
	struct ip_endpoint endpoint = {
	    .addr = {.family = 4, .bytes = {192, 0, 2, 1}}, .port = 4711};
	int fd = bed_client(&bed->tls, version);

	bed->stream = tls_stream_accept(&bed->tls.worker, fd, &endpoint, &endpoint, &ops, bed);
	assert_non_null(bed->stream);
}

/* As with the answer to CONNECT: OpenSSL writes something, and then it is over for it. */
static void
make_tunnel(struct stream_bed *bed)
{
	const char *version = tls_stream_version(bed->stream);
	const char *cipher = tls_stream_cipher(bed->stream);
	uint8_t got[10];

	assert_int_equal(tls_stream_write(bed->stream, "answer", 6), ERR_OK);
	assert_string_equal(tls_stream_sni(bed->stream), "vpn.example");
	tls_stream_set_ops(bed->stream, &tunnel_ops, bed);
	assert_string_equal(tls_stream_sni(bed->stream), ""); /* it has forgotten */
	assert_string_equal(tls_stream_version(bed->stream), version);
	assert_string_equal(tls_stream_cipher(bed->stream), cipher);
	turns(&bed->tls, 2);
	assert_int_equal(client_read(&bed->tls, got, sizeof got, NULL, 0), 6);
}

static void
handshake(struct stream_bed *bed)
{
	bool done = false;

	for (unsigned i = 0; i < 200 && (!done || bed->heard.ready == 0); i++) {
		done = client_handshake(&bed->tls);
		turn(&bed->tls);
	}
	assert_true(done);
	assert_int_equal(bed->heard.ready, 1);
	if (as_tunnel)
		make_tunnel(bed);
}

static void
bed_free(struct stream_bed *bed)
{
	if (bed->stream != NULL)
		tls_stream_close(bed->stream);
	bed_fini(&bed->tls);
	free(bed);
}

/* ---- tests ---- */

static void
check_handshake(bool rsa, int version, const char *name)
{
	struct stream_bed *bed = bed_new(rsa);
	uint8_t ours[32], theirs[32];
	char hash[41];

	bed_connect(bed, version);
	assert_string_equal(tls_stream_version(bed->stream), "");
	handshake(bed);
	assert_int_equal(bed->tls.signed_count, 1);
	assert_string_equal(tls_stream_version(bed->stream), name);
	assert_string_equal(tls_stream_cipher(bed->stream), SSL_get_cipher_name(bed->tls.client));
	assert_non_null(strstr(tls_stream_cipher(bed->stream), "AES256-GCM") != NULL
			    ? "yes"
			    : strstr(tls_stream_cipher(bed->stream), "AES_256_GCM"));
	assert_string_equal(tls_stream_sni(bed->stream), "vpn.example");
	assert_int_equal(
	    tls_stream_export(bed->stream, "EXPORTER-openconnect-psk", ours, 32), ERR_OK);
	assert_int_equal(SSL_export_keying_material(bed->tls.client, theirs, 32,
			     "EXPORTER-openconnect-psk", 24, NULL, 0, 0),
	    1);
	assert_memory_equal(ours, theirs, 32);
	tls_stream_cert_hash(bed->stream, hash);
	assert_int_equal(strlen(hash), 40);
	bed_free(bed);
}

static void
test_handshakes(void **state)
{
	(void)state;
	check_handshake(true, TLS1_3_VERSION, "TLSv1.3");
	check_handshake(true, TLS1_2_VERSION, "TLSv1.2");
	check_handshake(false, TLS1_3_VERSION, "TLSv1.3");
	check_handshake(false, TLS1_2_VERSION, "TLSv1.2");
}

static void
test_old_versions_refused(void **state)
{
	struct stream_bed *bed = bed_new(true);

	(void)state;
	bed_connect(bed, TLS1_1_VERSION);
	SSL_set_security_level(bed->tls.client, 0);
	for (unsigned i = 0; i < 20; i++) {
		assert_false(client_handshake(&bed->tls));
		turn(&bed->tls);
	}
	assert_int_equal(bed->heard.closed, 1);
	assert_int_equal(bed->heard.why, ERR_CRYPTO);
	assert_int_equal(bed->heard.ready, 0);
	bed_free(bed);
}

/* Each write is one record, several leave together, and both ends see the same boundaries. */
static void
test_record_boundaries(void **state)
{
	static const size_t sizes[] = {1, 8, 1400, 16384, 2, 700};
	struct stream_bed *bed = bed_new(true);
	static uint8_t data[40000], got[40000];
	size_t lens[8] = {0}, pos = 0;

	(void)state;
	for (size_t i = 0; i < sizeof data; i++)
		data[i] = (uint8_t)(i * 7);
	bed_connect(bed, TLS1_3_VERSION);
	handshake(bed);
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		assert_int_equal(tls_stream_write(bed->stream, data + pos, sizes[i]), ERR_OK);
		pos += sizes[i];
	}
	assert_true(tls_stream_queued(bed->stream) > pos);
	assert_int_equal(client_read(&bed->tls, got, sizeof got, lens, 8),
	    0); /* nothing leaves before the turn ends */
	turn(&bed->tls);
	assert_int_equal(tls_stream_queued(bed->stream), 0);
	assert_int_equal(client_read(&bed->tls, got, sizeof got, lens, 8), pos);
	assert_memory_equal(got, data, pos);
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
		assert_int_equal(lens[i], sizes[i]);
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
		assert_int_equal(SSL_write(bed->tls.client, data, (int)sizes[i]), sizes[i]);
	bed->heard.batches = 0;
	turns(&bed->tls, 3);
	assert_int_equal(bed->heard.records, ARRAY_LEN(sizes));
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
		assert_int_equal(bed->heard.record_len[i], sizes[i]);
	assert_int_equal(bed->heard.batches, 1);
	assert_int_equal(tls_stream_write(bed->stream, data, 0), ERR_RANGE);
	assert_int_equal(tls_stream_write(bed->stream, data, 16385), ERR_RANGE);
	assert_int_equal(tls_stream_write_all(bed->stream, data, 40000), ERR_OK);
	assert_int_equal(tls_stream_flush(bed->stream), ERR_OK);
	assert_int_equal(client_read(&bed->tls, got, sizeof got, lens, 8), 40000);
	assert_int_equal(lens[2], 40000 - 2 * 16384);
	bed_free(bed);
}

/* A record that comes in pieces is one on_data. */
static void
test_split_record(void **state)
{
	struct stream_bed *bed = bed_new(false);
	BIO *out = BIO_new(BIO_s_mem());
	uint8_t data[3000] = {1, 2, 3};
	char *sealed;
	long len;

	(void)state;
	bed_connect(bed, TLS1_2_VERSION);
	handshake(bed);
	BIO_up_ref(out);
	SSL_set0_wbio(bed->tls.client, out);
	assert_int_equal(SSL_write(bed->tls.client, data, sizeof data), sizeof data);
	len = BIO_get_mem_data(out, &sealed);
	for (long i = 0; i < len; i += 100) {
		size_t n = (size_t)(len - i < 100 ? len - i : 100);

		assert_int_equal(bed->heard.records, 0);
		assert_int_equal(write(bed->tls.client_fd, sealed + i, n), n);
		turn(&bed->tls);
	}
	assert_int_equal(bed->heard.records, 1);
	assert_int_equal(bed->heard.record_len[0], sizeof data);
	BIO_free(out);
	bed_free(bed);
}

static void
test_pause(void **state)
{
	struct stream_bed *bed = bed_new(true);
	uint8_t data[500] = {9};

	(void)state;
	bed_connect(bed, TLS1_3_VERSION);
	handshake(bed);
	bed->heard.pause_after = 3;
	for (unsigned i = 0; i < 10; i++)
		assert_int_equal(SSL_write(bed->tls.client, data, sizeof data), sizeof data);
	turns(&bed->tls, 5);
	assert_int_equal(bed->heard.records, 3);
	tls_stream_pause(bed->stream, false);
	assert_int_equal(bed->heard.records, 3); /* never from within the call */
	bed->heard.pause_after = 6;
	turns(&bed->tls, 5);
	assert_int_equal(bed->heard.records, 6);
	tls_stream_pause(bed->stream, false);
	turns(&bed->tls, 5);
	assert_int_equal(bed->heard.records, 10);
	assert_int_equal(SSL_write(bed->tls.client, data, 10), 10);
	turns(&bed->tls, 3);
	assert_int_equal(bed->heard.records, 11);
	bed_free(bed);
}

/* While pki takes its time, the stream waits, and what the client sends meanwhile is not lost. */
static void
test_slow_pki(void **state)
{
	struct stream_bed *bed = bed_new(true);

	(void)state;
	bed->tls.mute = true;
	bed_connect(bed, TLS1_3_VERSION);
	assert_false(client_handshake(&bed->tls));
	turns(&bed->tls, 10);
	assert_true(bed->tls.pending != 0);
	assert_int_equal(bed->heard.ready, 0);
	bed->tls.mute = false;
	answer_order(&bed->tls, bed->tls.pending);
	handshake(bed);
	assert_int_equal(bed->tls.signed_count, 1);
	bed_free(bed);
}

static void
test_close_while_signing(void **state)
{
	struct stream_bed *bed = bed_new(false);

	(void)state;
	bed->tls.mute = true;
	bed_connect(bed, TLS1_3_VERSION);
	assert_false(client_handshake(&bed->tls));
	turns(&bed->tls, 10);
	assert_true(bed->tls.pending != 0);
	tls_stream_close(bed->stream);
	bed->stream = NULL;
	turns(&bed->tls, 3);
	answer_order(&bed->tls, bed->tls.pending); /* too late: dropped */
	turns(&bed->tls, 3);
	assert_int_equal(bed->heard.closed, 0);
	bed_free(bed);
}

static void
test_pki_dies_while_signing(void **state)
{
	struct stream_bed *bed = bed_new(true);

	(void)state;
	bed->tls.mute = true;
	bed_connect(bed, TLS1_2_VERSION);
	assert_false(client_handshake(&bed->tls));
	turns(&bed->tls, 10);
	assert_true(bed->tls.pending != 0);
	ipc_free(bed->tls.pki);
	bed->tls.pki = NULL;
	turns(&bed->tls, 5);
	assert_int_equal(bed->heard.closed, 1);
	assert_int_equal(bed->heard.why, ERR_CRYPTO);
	client_free(&bed->tls);
	bed_connect(bed, TLS1_2_VERSION); /* without pki a handshake fails at once */
	for (unsigned i = 0; i < 10; i++) {
		assert_false(client_handshake(&bed->tls));
		turn(&bed->tls);
	}
	assert_int_equal(bed->heard.closed, 2);
	bed_free(bed);
}

static void
test_bad_signature(void **state)
{
	struct stream_bed *bed = bed_new(true);

	(void)state;
	bed->tls.garbage = true;
	bed_connect(bed, TLS1_3_VERSION);
	for (unsigned i = 0; i < 20; i++) {
		assert_false(client_handshake(&bed->tls));
		turn(&bed->tls);
	}
	assert_int_equal(bed->heard.ready, 0);
	assert_int_equal(bed->heard.closed, 1);
	bed_free(bed);
}

static void
test_garbage_instead_of_hello(void **state)
{
	static const char *const junk[] = {
	    "GET / HTTP/1.0\r\n\r\n", "\x16\x03\x01\xff\xff xxxxxxx"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(junk); i++) {
		struct stream_bed *bed = bed_new(false);

		bed_connect(bed, TLS1_3_VERSION);
		assert_true(write(bed->tls.client_fd, junk[i], strlen(junk[i])) > 0);
		turns(&bed->tls, 3);
		assert_int_equal(bed->heard.closed, 1);
		assert_int_equal(bed->heard.why, ERR_CRYPTO);
		bed_free(bed);
	}
}

/* Output beyond the socket: back-pressure, drain, and the end of one that never reads. */
static void
test_output(void **state)
{
	struct stream_bed *bed = bed_new(true);
	static uint8_t data[16384];
	static uint8_t got[2000000];
	size_t sent = 0, received = 0;
	enum err err = ERR_OK;

	(void)state;
	bed_connect(bed, TLS1_3_VERSION);
	handshake(bed);
	while (tls_stream_queued(bed->stream) < 300000) {
		assert_int_equal(tls_stream_write(bed->stream, data, sizeof data), ERR_OK);
		sent += sizeof data;
		(void)tls_stream_flush(bed->stream);
	}
	assert_int_equal(tls_stream_flush(bed->stream), ERR_AGAIN);
	for (unsigned i = 0; i < 1000 && received < sent; i++) {
		received += client_read(&bed->tls, got, sizeof got, NULL, 0);
		turn(&bed->tls);
	}
	assert_int_equal(received, sent);
	assert_int_equal(tls_stream_queued(bed->stream), 0);
	assert_int_equal(bed->heard.drains, 1);
	for (unsigned i = 0; i < 1000 && err == ERR_OK; i++) {
		err = tls_stream_write(bed->stream, data, sizeof data);
		(void)tls_stream_flush(bed->stream);
	}
	assert_int_equal(err, ERR_LIMIT);
	assert_int_equal(bed->heard.closed, 0); /* not from within the call */
	assert_int_equal(tls_stream_write(bed->stream, data, 1), ERR_CLOSED);
	turns(&bed->tls, 2);
	assert_int_equal(bed->heard.closed, 1);
	assert_int_equal(bed->heard.why, ERR_LIMIT);
	bed_free(bed);
}

static void
test_close_by_client(void **state)
{
	struct stream_bed *bed = bed_new(true);

	(void)state;
	bed_connect(bed, TLS1_3_VERSION);
	handshake(bed);
	SSL_shutdown(bed->tls.client);
	turns(&bed->tls, 3);
	assert_int_equal(bed->heard.closed, 1);
	assert_int_equal(bed->heard.why, ERR_CLOSED);
	client_free(&bed->tls);
	bed->heard.ready = 0;
	bed_connect(bed, TLS1_3_VERSION);
	handshake(bed);
	client_free(&bed->tls); /* without close_notify */
	turns(&bed->tls, 3);
	assert_int_equal(bed->heard.closed, 2);
	bed_free(bed);
}

/* What was written before a close arrives, then close_notify. */
static void
test_close_by_owner(void **state)
{
	struct stream_bed *bed = bed_new(true);
	uint8_t got[100];

	(void)state;
	bed_connect(bed, TLS1_3_VERSION);
	handshake(bed);
	assert_int_equal(tls_stream_write(bed->stream, "bye", 3), ERR_OK);
	tls_stream_close(bed->stream);
	bed->stream = NULL;
	turns(&bed->tls, 2);
	assert_int_equal(SSL_read(bed->tls.client, got, sizeof got), 3);
	assert_int_equal(SSL_read(bed->tls.client, got, sizeof got), 0);
	assert_int_equal(
	    SSL_get_shutdown(bed->tls.client) & SSL_RECEIVED_SHUTDOWN, SSL_RECEIVED_SHUTDOWN);
	assert_int_equal(bed->heard.closed, 0);
	bed_free(bed);
}

/* An owner that closes in the middle of a batch hears nothing more. */
static void
test_close_in_data(void **state)
{
	struct stream_bed *bed = bed_new(true);

	(void)state;
	bed_connect(bed, TLS1_3_VERSION);
	handshake(bed);
	bed->heard.close_in_data = true;
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(SSL_write(bed->tls.client, "x", 1), 1);
	bed->heard.batches = 0;
	turns(&bed->tls, 3);
	assert_int_equal(bed->heard.records, 1);
	assert_int_equal(bed->heard.batches, 0);
	assert_int_equal(bed->heard.closed, 0);
	bed_free(bed);
}

/* The owner changes between two records of one batch. */
static void
on_first(struct tls_stream *stream, const uint8_t *data, size_t len, void *arg)
{
	struct stream_bed *bed = arg;

	(void)data;
	assert_int_equal(len, 5);
	tls_stream_set_ops(stream, &ops, bed);
}

static void
test_change_of_owner(void **state)
{
	static const struct tls_stream_ops first = {
	    .on_data = on_first, .on_closed = on_closed, .secret = true};
	struct stream_bed *bed = bed_new(true);

	(void)state;
	bed_connect(bed, TLS1_3_VERSION);
	handshake(bed);
	tls_stream_set_ops(bed->stream, &first, bed);
	assert_int_equal(SSL_write(bed->tls.client, "first", 5), 5);
	assert_int_equal(SSL_write(bed->tls.client, "second", 6), 6);
	turns(&bed->tls, 3);
	assert_int_equal(bed->heard.records, 1);
	assert_memory_equal(bed->heard.data, "second", 6);
	bed_free(bed);
}

/* The stream becomes a tunnel in the middle of a batch, of which the last record is cut. */
static void
on_connect(struct tls_stream *stream, const uint8_t *data, size_t len, void *arg)
{
	(void)data;
	assert_int_equal(len, 7);
	assert_int_equal(tls_stream_write(stream, "answer", 6), ERR_OK);
	tls_stream_set_ops(stream, &tunnel_ops, arg);
	assert_string_equal(tls_stream_sni(stream), "");
}

static void
check_take_over(int version)
{
	static const struct tls_stream_ops first = {
	    .on_data = on_connect, .on_closed = on_closed, .secret = true};
	struct stream_bed *bed = bed_new(false);
	BIO *out = BIO_new(BIO_s_mem());
	uint8_t got[10];
	char *sealed;
	size_t len;

	bed_connect(bed, version);
	handshake(bed);
	tls_stream_set_ops(bed->stream, &first, bed);
	BIO_up_ref(out);
	SSL_set0_wbio(bed->tls.client, out);
	assert_int_equal(SSL_write(bed->tls.client, "CONNECT", 7), 7);
	assert_int_equal(SSL_write(bed->tls.client, "one", 3), 3);
	assert_int_equal(SSL_write(bed->tls.client, "three", 5), 5);
	len = (size_t)BIO_get_mem_data(out, &sealed);
	assert_int_equal(write(bed->tls.client_fd, sealed, len - 1), len - 1);
	turns(&bed->tls, 3);
	assert_int_equal(bed->heard.records, 1);
	assert_int_equal(write(bed->tls.client_fd, sealed + len - 1, 1), 1);
	turns(&bed->tls, 3);
	assert_int_equal(bed->heard.records, 2);
	assert_memory_equal(bed->heard.data, "onethree", 8);
	assert_int_equal(client_read(&bed->tls, got, sizeof got, NULL, 0), 6);
	BIO_free(out);
	bed_free(bed);
}

static void
test_take_over(void **state)
{
	(void)state;
	check_take_over(TLS1_3_VERSION);
	check_take_over(TLS1_2_VERSION);
}

/* Three records in two pieces, cut at every place. */
static void
test_cut_anywhere(void **state)
{
	struct stream_bed *bed = bed_new(false);
	BIO *out = BIO_new(BIO_s_mem());
	size_t len = 1;
	char *sealed;

	(void)state;
	bed_connect(bed, TLS1_3_VERSION);
	handshake(bed);
	BIO_up_ref(out);
	SSL_set0_wbio(bed->tls.client, out);
	for (size_t cut = 1; cut <= len; cut++) {
		for (int n = 0; n < 3; n++)
			assert_int_equal(SSL_write(bed->tls.client, &"abcdef"[2 * n], 2), 2);
		len = (size_t)BIO_get_mem_data(out, &sealed);
		bed->heard.records = bed->heard.data_len = 0;
		assert_int_equal(write(bed->tls.client_fd, sealed, cut), cut);
		turn(&bed->tls);
		assert_int_equal(bed->heard.records, cut * 3 / len);
		assert_true(cut == len || write(bed->tls.client_fd, sealed + cut, len - cut) > 0);
		turn(&bed->tls);
		assert_int_equal(bed->heard.records, 3);
		assert_int_equal(bed->heard.data_len, 6);
		assert_memory_equal(bed->heard.data, "abcdef", 6);
		assert_int_equal(BIO_reset(out), 1);
	}
	BIO_free(out);
	bed_free(bed);
}

/* A record that is not the client's: it is told, and that is the end. */
static void
test_forged(void **state)
{
	static const uint8_t junk[100] = {23, 3, 3, 0, 50};
	static const int versions[] = {TLS1_3_VERSION, TLS1_2_VERSION};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
		struct stream_bed *bed = bed_new(false);
		uint8_t got[10];

		bed_connect(bed, versions[i]);
		handshake(bed);
		assert_int_equal(write(bed->tls.client_fd, junk, sizeof junk), sizeof junk);
		turns(&bed->tls, 3);
		assert_int_equal(bed->heard.closed, 1);
		assert_int_equal(bed->heard.why, ERR_CRYPTO);
		assert_true(SSL_read(bed->tls.client, got, sizeof got) <= 0);
		assert_int_equal(ERR_GET_REASON(ERR_peek_last_error()),
		    SSL_AD_REASON_OFFSET + SSL_AD_BAD_RECORD_MAC);
		bed_free(bed);
	}
}

/* ---- new keys ---- */

static uint64_t mono_ms;

static uint64_t
fake_mono(void)
{
	return mono_ms;
}

/* Data both ways: with the wrong keys it would end the connection. */
static void
check_talk(struct stream_bed *bed)
{
	uint8_t data[100] = {7}, got[200];
	size_t before = bed->heard.data_len, len;

	assert_int_equal(SSL_write(bed->tls.client, data, sizeof data), sizeof data);
	turns(&bed->tls, 3);
	assert_int_equal(bed->heard.data_len, before + sizeof data);
	assert_int_equal(tls_stream_write(bed->stream, data, sizeof data), ERR_OK);
	turns(&bed->tls, 3);
	assert_int_equal(client_read(&bed->tls, got, sizeof got, &len, 1), sizeof data);
}

static void
client_rekey(struct stream_bed *bed)
{
	assert_int_equal(SSL_key_update(bed->tls.client, SSL_KEY_UPDATE_REQUESTED), 1);
	assert_int_equal(SSL_do_handshake(bed->tls.client), 1);
}

/* More often than the shortest time of a policy has it, for ever. */
static void
test_client_rekeys(void **state)
{
	struct stream_bed *bed = bed_new(true);

	(void)state;
	mono_ms = 1000;
	clock_set_source(fake_mono, NULL);
	bed_connect(bed, TLS1_3_VERSION);
	handshake(bed);
	for (unsigned i = 0; i < 40; i++) {
		mono_ms += 10000;
		client_rekey(bed);
		turns(&bed->tls, 3);
		check_talk(bed);
		assert_int_equal(tls_stream_rekeys(bed->stream), i + 1);
	}
	clock_set_source(NULL, NULL);
	bed_free(bed);
}

static void
test_we_rekey(void **state)
{
	struct stream_bed *bed = bed_new(false);

	(void)state;
	bed_connect(bed, TLS1_3_VERSION);
	assert_false(tls_stream_can_rekey(bed->stream));
	assert_int_equal(tls_stream_rekey(bed->stream), ERR_UNSUPPORTED);
	handshake(bed);
	assert_true(tls_stream_can_rekey(bed->stream));
	for (unsigned i = 0; i < 5; i++) {
		uint8_t got[10];
		size_t len;

		assert_int_equal(tls_stream_rekey(bed->stream), ERR_OK);
		turns(&bed->tls, 3);
		/* The client hears of it when it reads, and does the same. */
		assert_int_equal(client_read(&bed->tls, got, sizeof got, &len, 1), 0);
		check_talk(bed);
		assert_int_equal(tls_stream_rekeys(bed->stream), i + 1);
	}
	bed_free(bed);
}

static void
test_rekey_flood(void **state)
{
	struct stream_bed *bed = bed_new(true);
	uint8_t data[10] = {0};

	(void)state;
	mono_ms = 1000;
	clock_set_source(fake_mono, NULL);
	bed_connect(bed, TLS1_3_VERSION);
	handshake(bed);
	for (unsigned i = 0; i < 8; i++)
		client_rekey(bed);
	check_talk(bed);
	assert_int_equal(tls_stream_rekeys(bed->stream), 8);
	/* All of these come with one read; only the first of them is looked at. */
	for (unsigned i = 0; i < 20; i++)
		client_rekey(bed);
	assert_int_equal(SSL_write(bed->tls.client, data, sizeof data), sizeof data);
	bed->heard.data_len = 0;
	turn(&bed->tls);
	if (bed->stream != NULL)
		assert_int_equal(tls_stream_rekeys(bed->stream), 9);
	turns(&bed->tls, 3);
	assert_int_equal(bed->heard.closed, 1);
	assert_int_equal(bed->heard.why, ERR_LIMIT);
	assert_int_equal(bed->heard.data_len, 0);
	clock_set_source(NULL, NULL);
	bed_free(bed);
}

/* TLS 1.2 has nothing but renegotiation for this: it is refused, and costs no signature. */
static void
test_renegotiation_is_refused(void **state)
{
	struct stream_bed *bed = bed_new(true);

	(void)state;
	bed_connect(bed, TLS1_2_VERSION);
	handshake(bed);
	check_talk(bed);
	assert_false(tls_stream_can_rekey(bed->stream));
	assert_int_equal(tls_stream_rekey(bed->stream), ERR_UNSUPPORTED);
	assert_int_equal(SSL_renegotiate(bed->tls.client), 1);
	assert_int_equal(SSL_do_handshake(bed->tls.client), -1);
	turns(&bed->tls, 3);
	assert_int_equal(bed->heard.closed, 0);
	assert_int_equal(tls_stream_rekeys(bed->stream), 1);
	ERR_clear_error();
	assert_int_equal(SSL_do_handshake(bed->tls.client), -1);
	assert_int_equal(ERR_GET_REASON(ERR_peek_error()), SSL_R_NO_RENEGOTIATION);
	assert_int_equal(bed->tls.signed_count, 1);
	bed_free(bed);
}

/* A million bytes each way, through small socket buffers. */
static void
test_bulk(void **state)
{
	struct stream_bed *bed = bed_new(true);
	static uint8_t block[1400], got[65536];
	size_t up = 0, down = 0, up_sent = 0, down_sent = 0;

	(void)state;
	bed_connect(bed, TLS1_2_VERSION);
	handshake(bed);
	for (unsigned i = 0; i < TURNS_MAX && (up < 1000000 || down < 1000000); i++) {
		while (up_sent < 1000000 + sizeof block &&
		       SSL_write(bed->tls.client, block, sizeof block) == (int)sizeof block)
			up_sent += sizeof block;
		ERR_clear_error();
		while (
		    down_sent < 1000000 + sizeof block && tls_stream_queued(bed->stream) < 100000) {
			assert_int_equal(
			    tls_stream_write(bed->stream, block, sizeof block), ERR_OK);
			down_sent += sizeof block;
		}
		turn(&bed->tls);
		up += bed->heard.data_len;
		bed->heard.data_len = 0;
		down += client_read(&bed->tls, got, sizeof got, NULL, 0);
	}
	assert_true(up >= 1000000);
	assert_true(down >= 1000000);
	bed_free(bed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_handshakes),
	    cmocka_unit_test(test_old_versions_refused),
	    cmocka_unit_test(test_slow_pki),
	    cmocka_unit_test(test_close_while_signing),
	    cmocka_unit_test(test_pki_dies_while_signing),
	    cmocka_unit_test(test_bad_signature),
	    cmocka_unit_test(test_garbage_instead_of_hello),
	    cmocka_unit_test(test_change_of_owner),
	    cmocka_unit_test(test_take_over),
	};
	/* By OpenSSL's records and by our own. */
	const struct CMUnitTest both[] = {
	    cmocka_unit_test(test_record_boundaries),
	    cmocka_unit_test(test_split_record),
	    cmocka_unit_test(test_cut_anywhere),
	    cmocka_unit_test(test_forged),
	    cmocka_unit_test(test_pause),
	    cmocka_unit_test(test_output),
	    cmocka_unit_test(test_close_by_client),
	    cmocka_unit_test(test_close_by_owner),
	    cmocka_unit_test(test_close_in_data),
	    cmocka_unit_test(test_client_rekeys),
	    cmocka_unit_test(test_we_rekey),
	    cmocka_unit_test(test_rekey_flood),
	    cmocka_unit_test(test_renegotiation_is_refused),
	    cmocka_unit_test(test_bulk),
	};
	int failed;

	signal(SIGPIPE, SIG_IGN); /* the client may write to a stream that has gone */
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	failed += cmocka_run_group_tests_name("OpenSSL's records", both, NULL, NULL);
	as_tunnel = true;
	failed += cmocka_run_group_tests_name("records of a tunnel", both, NULL, NULL);
	return failed;
}
