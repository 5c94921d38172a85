/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS over one non-blocking TCP socket. One readable event is one recv() into the worker's buffer,
 * from which OpenSSL takes record after record; partial records stay inside OpenSSL. Sealed records
 * gather in the stream's output until the turn ends. A tunnel has its records opened where they
 * were received (tls_record.h) and no SSL any more; a partial one is held until the next bytes
 * come. While the handshake waits for pki, and while the owner pauses, what was read already is
 * held here.
 *
 * A stream ends in two steps: broken (nothing more is read or written, on_closed tells the owner)
 * and closed (the owner has let go, the memory goes at the top of the loop).
 */
#include "gateway/tls_stream.h"

#include <errno.h>
#include <event2/event_struct.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/clock.h"
#include "common/str.h"
#include "gateway/budget.h"
#include "gateway/pace.h"
#include "gateway/tls.h"
#include "gateway/tls_bio.h"
#include "gateway/tls_key.h"
#include "gateway/tls_record.h"

#define OUT_LIMIT 1048576           /* queued bytes beyond which the client is given up */
#define OUT_MAX (OUT_LIMIT + 65536) /* room for what OpenSSL adds of its own */
/* A turn with fewer records is quiet: the stream's buffers are given back. */
#define BUSY_RECORDS 4
#define GULP_HANDSHAKE 16384
/* A client may renew its keys so many times at once, and once in that time for long: each costs us
 * more than it costs the client. */
#define REKEY_BURST 8
#define REKEY_SPACING_MS 10000

struct tls_stream {
	struct worker *worker;
	int fd;
	SSL *ssl;                      /* NULL: not wanted any more */
	struct tls_record_start start; /* as far as OpenSSL has come */
	struct tls_record *record;     /* NULL: OpenSSL opens and seals */
	const char *version, *cipher;  /* NULL: ask OpenSSL */
	struct tls_bio bio;
	struct tls_key_op *key_op; /* NULL after the handshake */
	struct tls_stream_ops ops;
	void *arg;
	struct event read_event;
	struct event write_event;
	struct budget_entry turn; /* until the handshake is done */
	struct buf held;          /* received, not yet opened */
	struct ip_endpoint client;
	struct ip_endpoint server;
	const char *reason;
	bool lively; /* not quiet: buffers are kept */
	unsigned turn_records;
	size_t opened;            /* records, ever */
	unsigned rekeys;          /* of the client */
	uint64_t rekeys_until_ms; /* the time for which they would do, at their spacing */
	enum err doom; /* breaks at the next event: something failed where no callback is allowed */
	bool ready;
	bool paused;
	bool partial;  /* what is held is the beginning of a record of a tunnel */
	bool stuck;    /* the socket is full: write_event waits */
	bool deferred; /* a flush at the end of the turn is under way */
	bool broken;
	bool closed;
};

static bool
is_dead(const struct tls_stream *stream)
{
	return stream->broken || stream->closed;
}

/* Nothing is read or written any more; tell the owner, if there still is one. */
static void
stream_break(struct tls_stream *stream, enum err why)
{
	if (is_dead(stream))
		return;
	stream->broken = true;
	event_del(&stream->read_event);
	event_del(&stream->write_event);
	stream->ops.on_closed(stream, why, stream->arg);
}

/* The same from within a call of the owner: it hears of it from the loop. */
static void
stream_doom(struct tls_stream *stream, enum err why)
{
	if (is_dead(stream) || stream->doom != ERR_OK)
		return;
	stream->doom = why;
	event_active(&stream->read_event, EV_READ, 0);
}

/* Remember what OpenSSL says about a failure. */
static void
note_reason(struct tls_stream *stream)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());
	unsigned long code;

	stream->reason = reason != NULL ? reason : "protocol error";
	/* What failed for want of memory calls itself many things at the end. */
	while ((code = ERR_get_error()) != 0)
		if (ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE)
			stream->reason = "malloc failure";
}

/* Give back the buffers of a stream that moves little: an idle session is to cost no memory (design
 * 3). */
static void
settle(struct tls_stream *stream)
{
	if (stream->turn_records >= BUSY_RECORDS)
		stream->lively = true;
	if (!stream->lively && stream->ready && !stream->stuck &&
	    tls_bio_queued(&stream->bio) == 0) {
		if (stream->ssl != NULL)
			(void)SSL_free_buffers(stream->ssl);
		if (stream->held.len == 0)
			buf_fini(&stream->held);
		buf_fini(&stream->bio.out);
	}
	stream->turn_records = 0;
}

/* ERR_OK: all is gone. ERR_AGAIN: the socket is full. */
static enum err
send_queued(struct tls_stream *stream)
{
	size_t left;

	while ((left = tls_bio_queued(&stream->bio)) > 0) {
		ssize_t n = send(
		    stream->fd, stream->bio.out.data + stream->bio.out_off, left, MSG_NOSIGNAL);

		if (n > 0)
			tls_bio_sent(&stream->bio, (size_t)n);
		else if (n < 0 && (errno == EAGAIN))
			return ERR_AGAIN;
		else if (n == 0 || errno != EINTR)
			return ERR_SYS;
	}
	return ERR_OK;
}

enum err
tls_stream_flush(struct tls_stream *stream)
{
	enum err err;

	if (is_dead(stream) || stream->doom != ERR_OK)
		return ERR_CLOSED;
	if (stream->stuck)
		return ERR_AGAIN;
	err = send_queued(stream);
	if (err == ERR_AGAIN) {
		stream->stuck = true;
		if (event_add(&stream->write_event, NULL) != 0)
			err = ERR_NOMEM;
	}
	if (err != ERR_OK && err != ERR_AGAIN)
		stream_doom(stream, err);
	return err;
}

static void
on_turn_end(void *arg)
{
	struct tls_stream *stream = arg;

	stream->deferred = false;
	if (is_dead(stream))
		return;
	if (tls_stream_flush(stream) == ERR_OK)
		settle(stream);
}

/* Have what was sealed leave at the end of this turn. */
static void
flush_later(struct tls_stream *stream)
{
	if (stream->deferred)
		return;
	stream->deferred = true;
	loop_defer(stream->worker->loop, on_turn_end, stream);
}

static void
on_writable(UNUSED evutil_socket_t fd, UNUSED short what, void *arg)
{
	struct tls_stream *stream = arg;

	stream->stuck = false;
	if (tls_stream_flush(stream) != ERR_OK)
		return;
	if (stream->ops.on_drain != NULL)
		stream->ops.on_drain(stream, stream->arg);
	if (!is_dead(stream))
		flush_later(stream);
}

/* The client renews its keys, or tries to. OpenSSL would work through a flood of that in one call:
 * the rest of the input is taken away from it. */
static void
count_rekey(struct tls_stream *stream)
{
	uint64_t now_ms = clock_mono_ms();

	stream->rekeys++;
	if (stream->rekeys_until_ms < now_ms)
		stream->rekeys_until_ms = now_ms;
	stream->rekeys_until_ms += REKEY_SPACING_MS;
	if (stream->rekeys_until_ms <= now_ms + REKEY_BURST * REKEY_SPACING_MS)
		return;
	stream->reason = "too many rekeys";
	stream->bio.in_len = 0;
	stream_doom(stream, ERR_LIMIT);
}

/* TLS 1.3: the client's KeyUpdate. TLS 1.2: a renegotiation, seen by the alert that refuses it. */
static void
on_message(int sent, UNUSED int version, int type, const void *message, size_t len, UNUSED SSL *ssl,
    void *arg)
{
	const uint8_t *bytes = message;
	struct tls_stream *stream = arg;

	tls_record_note(&stream->start, sent != 0, type, message, len);
	if (sent == 0 && type == SSL3_RT_HANDSHAKE && len > 0 && bytes[0] == SSL3_MT_KEY_UPDATE)
		count_rekey(stream);
	if (sent != 0 && type == SSL3_RT_ALERT && len == 2 && bytes[1] == SSL_AD_NO_RENEGOTIATION)
		count_rekey(stream);
}

static void on_signed(void *arg);

static enum err
handshake_done(struct tls_stream *stream)
{
	/* From here on SSL_read() and SSL_write() must not start jobs. */
	SSL_clear_mode(stream->ssl, SSL_MODE_ASYNC | SSL_MODE_RELEASE_BUFFERS);
	free(stream->key_op);
	stream->key_op = NULL;
	/* An OCSP answer that was shown is not needed any more. */
	(void)SSL_set_tlsext_status_ocsp_resp(stream->ssl, NULL, 0);
	stream->ready = true;
	if (stream->ops.on_ready != NULL)
		stream->ops.on_ready(stream, stream->arg);
	return ERR_OK;
}

/* One step of the handshake. ERR_OK: it is done. ERR_AGAIN: it waits for bytes or for pki. */
static enum err
handshake(struct tls_stream *stream)
{
	struct tls *tls = stream->worker->tls;
	int ret, why;

	tls_set_key_op(tls, stream->key_op);
	ret = SSL_do_handshake(stream->ssl);
	why = SSL_get_error(stream->ssl, ret);
	tls_set_key_op(tls, NULL);
	if (ret == 1) {
		flush_later(stream);
		return handshake_done(stream);
	}
	if (why == SSL_ERROR_WANT_READ) {
		/* One signature is all that a handshake needs: what the client's certificate makes
		 * of the rest is not for the small stack of a job. */
		if (stream->key_op->state == TLS_KEY_IDLE && stream->key_op->signature_len > 0)
			SSL_clear_mode(stream->ssl, SSL_MODE_ASYNC);
		flush_later(stream);
		return ERR_AGAIN;
	}
	if (why == SSL_ERROR_WANT_ASYNC && stream->key_op->state == TLS_KEY_WANTED &&
	    tls_key_request(stream->key_op, stream->worker->pki, on_signed, stream) == ERR_OK) {
		budget_hold(stream->worker->budget);
		return ERR_AGAIN;
	}
	if (why == SSL_ERROR_WANT_ASYNC && stream->key_op->state == TLS_KEY_SENT)
		return ERR_AGAIN;
	if (why == SSL_ERROR_WANT_ASYNC)
		stream->reason = "no key";
	else
		note_reason(stream);
	ERR_clear_error();
	(void)send_queued(stream); /* the alert */
	return ERR_CRYPTO;
}

/* Open one record and hand it over. ERR_AGAIN: there is no whole one. */
static enum err
read_record(struct tls_stream *stream)
{
	uint8_t *plain = tls_plain(stream->worker->tls);
	int n = SSL_read(stream->ssl, plain, TLS_RECORD_MAX);

	if (n > 0) {
		bool secret = stream->ops.secret;

		stream->turn_records++;
		stream->opened++;
		stream->ops.on_data(stream, plain, (size_t)n, stream->arg);
		if (secret)
			str_wipe(plain, (size_t)n);
		return ERR_OK;
	}
	switch (SSL_get_error(stream->ssl, n)) {
	case SSL_ERROR_WANT_READ:
		return ERR_AGAIN;
	case SSL_ERROR_ZERO_RETURN:
		return ERR_CLOSED;
	default:
		note_reason(stream);
		return ERR_CRYPTO;
	}
}

/* The same for a tunnel. */
static enum err
open_record(struct tls_stream *stream)
{
	struct tls_bio *bio = &stream->bio;
	struct tls_opened opened;
	enum err err = tls_record_open(stream->record, bio->in, bio->in_len, &opened);

	if (err == ERR_CRYPTO)
		stream->reason = tls_record_reason(stream->record);
	if (err != ERR_OK)
		return err;
	bio->in += opened.taken;
	bio->in_len -= opened.taken;
	stream->turn_records++;
	stream->opened++;
	if (opened.rekey)
		count_rekey(stream);
	if (opened.len > 0)
		stream->ops.on_data(stream, opened.data, opened.len, stream->arg);
	return ERR_OK;
}

/* True while the handshake waits for pki: OpenSSL may not be given bytes then. */
static bool
is_signing(const struct tls_stream *stream)
{
	return stream->key_op != NULL && stream->key_op->state == TLS_KEY_SENT;
}

/* Keep what was not opened. A tunnel keeps the memory for it too, until it is quiet. */
static enum err
hold_rest(struct tls_stream *stream)
{
	const uint8_t *rest = stream->bio.in;
	size_t len = stream->bio.in_len;

	stream->bio.in_len = 0;
	if (len == 0 && stream->record != NULL)
		buf_reset(&stream->held);
	else if (len == 0)
		buf_fini(&stream->held);
	if (len == 0)
		return ERR_OK;
	if (stream->held.len > 0) /* rest is the end of it */
		buf_consume(&stream->held, stream->held.len - len);
	else
		buf_put(&stream->held, rest, len);
	return stream->held.err;
}

/* Work through what the BIO holds, as far as the owner and the handshake let it. */
static void
pump(struct tls_stream *stream)
{
	enum err err = ERR_OK;
	enum err held;

	ERR_clear_error();
	while (err == ERR_OK && !is_dead(stream) && !is_signing(stream)) {
		if (!stream->ready)
			err = handshake(stream);
		else if (stream->paused || stream->doom != ERR_OK)
			break;
		else
			err = stream->record != NULL ? open_record(stream) : read_record(stream);
	}
	if (is_dead(stream))
		return;
	/* What OpenSSL answered by itself: a warning. */
	if (tls_bio_queued(&stream->bio) > 0)
		flush_later(stream);
	stream->partial = stream->record != NULL && err == ERR_AGAIN;
	held = hold_rest(stream);
	if (held != ERR_OK)
		err = held;
	if (stream->ready && stream->ops.on_batch_end != NULL)
		stream->ops.on_batch_end(stream, stream->arg);
	if (err != ERR_OK && err != ERR_AGAIN) {
		if (err == ERR_CRYPTO && !is_dead(stream))
			(void)send_queued(stream); /* the alert */
		stream_break(stream, err);
		return;
	}
	if (!is_dead(stream) && !stream->deferred)
		settle(stream);
}

/* What is held can be gone on with. */
static bool
has_held(const struct tls_stream *stream)
{
	return stream->held.len > 0 && !stream->partial;
}

/* Read the socket when, and only when, what comes can be gone on with. */
static void
watch(struct tls_stream *stream)
{
	if (is_dead(stream) || stream->doom != ERR_OK)
		return;
	if (stream->paused || is_signing(stream) || has_held(stream))
		event_del(&stream->read_event);
	else if (event_add(&stream->read_event, NULL) != 0)
		stream_break(stream, ERR_NOMEM);
}

static void
pump_held(struct tls_stream *stream)
{
	stream->bio.in = stream->held.data;
	stream->bio.in_len = stream->held.len;
	pump(stream);
	watch(stream);
}

static size_t
gulp_size(const struct tls_stream *stream)
{
	if (!stream->ready)
		return GULP_HANDSHAKE;
	if (stream->ops.gulp_max > 0 && stream->ops.gulp_max < TLS_GULP)
		return stream->ops.gulp_max;
	return TLS_GULP;
}

static void
receive(struct tls_stream *stream)
{
	uint8_t *gulp = tls_gulp(stream->worker->tls);
	size_t size = gulp_size(stream);
	size_t kept = stream->partial ? stream->held.len : 0; /* far less than size */
	bool tunnel = size == TLS_GULP;
	size_t before;
	ssize_t n;

	if (tunnel)
		pace_wait();
	n = recv(stream->fd, gulp + kept, size - kept, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		stream_break(stream, n == 0 ? ERR_CLOSED : ERR_SYS);
		return;
	}
	if (kept > 0) {
		memcpy(gulp, stream->held.data, kept);
		buf_reset(&stream->held);
	}
	stream->bio.in = gulp;
	stream->bio.in_len = kept + (size_t)n;
	before = stream->opened;
	pump(stream);
	if (tunnel)
		pace_count(clock_mono_ms(), 1 + stream->opened - before, (size_t)n == size - kept);
	watch(stream);
}

/* A handshake has its turn: with what was held back for it, or with what the socket has. */
static void
on_turn(void *arg)
{
	struct tls_stream *stream = arg;

	if (is_dead(stream) || stream->doom != ERR_OK)
		return;
	if (stream->key_op->state == TLS_KEY_IDLE && stream->held.len == 0)
		receive(stream);
	else
		pump_held(stream);
	watch(stream);
}

/* A handshake could go on. It is not looked at again before its turn. */
static void
turn_wait(struct tls_stream *stream)
{
	event_del(&stream->read_event);
	budget_wait(stream->worker->budget, &stream->turn, on_turn, stream);
}

static void
on_signed(void *arg)
{
	struct tls_stream *stream = arg;

	budget_release(stream->worker->budget);
	if (!is_dead(stream))
		turn_wait(stream);
}

static void
on_readable(UNUSED evutil_socket_t fd, UNUSED short what, void *arg)
{
	struct tls_stream *stream = arg;

	if (stream->doom != ERR_OK)
		stream_break(stream, stream->doom);
	else if (stream->paused || is_signing(stream))
		watch(stream);
	else if (!stream->ready)
		turn_wait(stream);
	else if (has_held(stream))
		pump_held(stream);
	else
		receive(stream);
}

static void
stream_free(void *arg)
{
	struct tls_stream *stream = arg;

	SSL_free(stream->ssl);
	tls_record_free(stream->record);
	str_wipe(&stream->start, sizeof stream->start);
	tls_bio_fini(&stream->bio);
	buf_wipe(&stream->held);
	free(stream->key_op);
	close(stream->fd);
	free(stream);
}

static enum err
attach_ssl(struct tls_stream *stream)
{
	BIO *bio;

	stream->key_op = calloc(1, sizeof *stream->key_op);
	stream->ssl = tls_ssl_new(stream->worker->tls);
	bio = tls_bio_new(&stream->bio);
	if (stream->key_op == NULL || stream->ssl == NULL || bio == NULL) {
		BIO_free(bio);
		return ERR_NOMEM;
	}
	SSL_set_bio(stream->ssl, bio, bio);
	SSL_set_app_data(stream->ssl, &stream->start);
	SSL_set_msg_callback(stream->ssl, on_message);
	SSL_set_msg_callback_arg(stream->ssl, stream);
	/* Whoever lets his handshake lie is to cost little. */
	SSL_set_mode(stream->ssl, SSL_MODE_ASYNC | SSL_MODE_RELEASE_BUFFERS);
	return ERR_OK;
}

struct tls_stream *
tls_stream_accept(struct worker *worker, int fd, const struct ip_endpoint *client,
    const struct ip_endpoint *server, const struct tls_stream_ops *ops, void *arg)
{
	struct tls_stream *stream = calloc(1, sizeof *stream);
	struct event_base *base = loop_base(worker->loop);

	if (stream == NULL) {
		close(fd);
		return NULL;
	}
	stream->worker = worker;
	stream->fd = fd;
	stream->client = *client;
	stream->server = *server;
	stream->reason = "";
	tls_bio_init(&stream->bio, OUT_MAX);
	buf_init(&stream->held, TLS_GULP);
	if (attach_ssl(stream) != ERR_OK ||
	    event_assign(
		&stream->read_event, base, fd, EV_READ | EV_PERSIST, on_readable, stream) != 0 ||
	    event_assign(&stream->write_event, base, fd, EV_WRITE, on_writable, stream) != 0 ||
	    event_add(&stream->read_event, NULL) != 0) {
		stream_free(stream);
		return NULL;
	}
	tls_stream_set_ops(stream, ops, arg);
	return stream;
}

void
tls_stream_rest(struct tls_stream *stream)
{
	stream->lively = false;
	settle(stream);
}

/* OpenSSL has done its part, if nothing of it is still under way. */
static void
take_over(struct tls_stream *stream)
{
	const char *version, *cipher;
	enum err err;

	if (stream->ssl == NULL || !stream->ready || is_dead(stream) || stream->doom != ERR_OK)
		return;
	version = SSL_get_version(stream->ssl);
	cipher = SSL_get_cipher_name(stream->ssl);
	err = tls_record_new(stream->ssl, &stream->start, &stream->bio, &stream->record);
	if (err != ERR_OK)
		return;
	str_wipe(&stream->start, sizeof stream->start);
	stream->version = version;
	stream->cipher = cipher;
	SSL_free(stream->ssl);
	stream->ssl = NULL;
}

void
tls_stream_set_ops(struct tls_stream *stream, const struct tls_stream_ops *ops, void *arg)
{
	stream->ops = *ops;
	stream->arg = arg;
	if (ops->tunnel)
		take_over(stream);
	if (stream->ssl == NULL)
		return;
	if (ops->secret)
		SSL_set_options(stream->ssl, SSL_OP_CLEANSE_PLAINTEXT);
	else
		SSL_clear_options(stream->ssl, SSL_OP_CLEANSE_PLAINTEXT);
}

/* Seal one record into the output. */
static enum err
seal(struct tls_stream *stream, const void *data, size_t len)
{
	enum err err;

	if (stream->record != NULL) {
		err = tls_record_seal(stream->record, data, len);
		if (err != ERR_OK)
			stream->reason = err_str(err);
		return err;
	}
	if (SSL_write(stream->ssl, data, (int)len) == (int)len)
		return ERR_OK;
	note_reason(stream);
	return ERR_CRYPTO;
}

enum err
tls_stream_write(struct tls_stream *stream, const void *data, size_t len)
{
	enum err err;

	if (is_dead(stream) || stream->doom != ERR_OK)
		return ERR_CLOSED;
	if (!stream->ready)
		return ERR_BADSTATE;
	if (len == 0 || len > TLS_RECORD_MAX)
		return ERR_RANGE;
	if (tls_bio_queued(&stream->bio) + len > OUT_LIMIT) {
		stream_doom(stream, ERR_LIMIT);
		return ERR_LIMIT;
	}
	err = seal(stream, data, len);
	if (err != ERR_OK) {
		stream_doom(stream, err);
		return err;
	}
	stream->turn_records++;
	flush_later(stream);
	return ERR_OK;
}

enum err
tls_stream_write_all(struct tls_stream *stream, const void *data, size_t len)
{
	const uint8_t *p = data;
	enum err err = ERR_OK;

	while (len > 0 && err == ERR_OK) {
		size_t n = len < TLS_RECORD_MAX ? len : TLS_RECORD_MAX;

		err = tls_stream_write(stream, p, n);
		p += n;
		len -= n;
	}
	return err;
}

size_t
tls_stream_queued(const struct tls_stream *stream)
{
	return tls_bio_queued(&stream->bio);
}

void
tls_stream_pause(struct tls_stream *stream, bool pause)
{
	if (is_dead(stream) || stream->paused == pause)
		return;
	stream->paused = pause;
	/* What is held is given out from the loop, never from within this call. */
	if (!pause && has_held(stream))
		event_active(&stream->read_event, EV_READ, 0);
	else
		watch(stream);
}

/* close_notify. */
static void
say_end(struct tls_stream *stream)
{
	if (stream->record != NULL) {
		tls_record_close(stream->record);
		return;
	}
	(void)SSL_shutdown(stream->ssl);
	ERR_clear_error();
}

void
tls_stream_end(struct tls_stream *stream)
{
	if (!stream->ready || tls_stream_flush(stream) != ERR_OK)
		return;
	say_end(stream);
	if (send_queued(stream) == ERR_OK)
		(void)shutdown(stream->fd, SHUT_WR);
}

/* A paused job must come to its end before its SSL is freed: let it fail. */
static void
abort_handshake(struct tls_stream *stream)
{
	struct tls *tls = stream->worker->tls;
	int ret;

	if (stream->key_op == NULL || stream->key_op->state == TLS_KEY_IDLE)
		return;
	if (is_signing(stream))
		budget_release(stream->worker->budget);
	tls_key_cancel(stream->key_op);
	tls_set_key_op(tls, stream->key_op);
	do
		ret = SSL_do_handshake(stream->ssl);
	while (ret != 1 && SSL_get_error(stream->ssl, ret) == SSL_ERROR_WANT_ASYNC);
	tls_set_key_op(tls, NULL);
	ERR_clear_error();
}

void
tls_stream_close(struct tls_stream *stream)
{
	if (stream->closed)
		return;
	stream->closed = true;
	budget_leave(&stream->turn);
	event_del(&stream->read_event);
	event_del(&stream->write_event);
	abort_handshake(stream);
	if (!stream->broken && stream->doom == ERR_OK && stream->ready) {
		say_end(stream);
		(void)send_queued(stream);
	}
	loop_defer(stream->worker->loop, stream_free, stream);
}

const struct ip_endpoint *
tls_stream_client(const struct tls_stream *stream)
{
	return &stream->client;
}

const struct ip_endpoint *
tls_stream_server(const struct tls_stream *stream)
{
	return &stream->server;
}

const char *
tls_stream_version(const struct tls_stream *stream)
{
	if (stream->version != NULL)
		return stream->version;
	return stream->ready ? SSL_get_version(stream->ssl) : "";
}

const char *
tls_stream_cipher(const struct tls_stream *stream)
{
	if (stream->cipher != NULL)
		return stream->cipher;
	return stream->ready ? SSL_get_cipher_name(stream->ssl) : "";
}

bool
tls_stream_is_resumed(const struct tls_stream *stream)
{
	return stream->ssl != NULL && SSL_session_reused(stream->ssl) == 1;
}

const char *
tls_stream_sni(const struct tls_stream *stream)
{
	const char *name =
	    stream->ssl != NULL ? SSL_get_servername(stream->ssl, TLSEXT_NAMETYPE_host_name) : NULL;

	return name != NULL ? name : "";
}

const char *
tls_stream_trustpoint(const struct tls_stream *stream)
{
	return stream->ssl != NULL ? tls_trustpoint(stream->ssl) : "";
}

enum err
tls_stream_chain(const struct tls_stream *stream, struct tls_chain *out)
{
	*out = (struct tls_chain){0};
	return stream->ssl != NULL ? tls_chain_take(stream->ssl, out) : ERR_OK;
}

void
tls_stream_cert_hash(const struct tls_stream *stream, char dst[41])
{
	dst[0] = '\0';
	if (stream->ssl != NULL)
		tls_cert_hash(stream->ssl, dst);
}

enum err
tls_stream_export(struct tls_stream *stream, const char *label, uint8_t *out, size_t out_len)
{
	if (!stream->ready || stream->ssl == NULL ||
	    SSL_export_keying_material(
		stream->ssl, out, out_len, label, strlen(label), NULL, 0, 0) != 1) {
		ERR_clear_error();
		return ERR_CRYPTO;
	}
	return ERR_OK;
}

bool
tls_stream_can_rekey(const struct tls_stream *stream)
{
	if (stream->record != NULL)
		return tls_record_can_rekey(stream->record);
	return stream->ready && SSL_version(stream->ssl) >= TLS1_3_VERSION;
}

static enum err
renew_keys(struct tls_stream *stream)
{
	if (stream->record != NULL)
		return tls_record_rekey(stream->record);
	ERR_clear_error();
	if (SSL_key_update(stream->ssl, SSL_KEY_UPDATE_REQUESTED) == 1 &&
	    SSL_do_handshake(stream->ssl) == 1)
		return ERR_OK;
	note_reason(stream);
	return ERR_CRYPTO;
}

enum err
tls_stream_rekey(struct tls_stream *stream)
{
	enum err err;

	if (is_dead(stream) || stream->doom != ERR_OK)
		return ERR_CLOSED;
	if (!tls_stream_can_rekey(stream))
		return ERR_UNSUPPORTED;
	err = renew_keys(stream);
	if (err == ERR_OK)
		flush_later(stream);
	else
		stream_doom(stream, err);
	return err;
}

unsigned
tls_stream_rekeys(const struct tls_stream *stream)
{
	return stream->rekeys;
}

unsigned
tls_stream_mss(const struct tls_stream *stream)
{
	int mss = 0;
	socklen_t len = sizeof mss;

	if (getsockopt(stream->fd, IPPROTO_TCP, TCP_MAXSEG, &mss, &len) != 0 || mss < 0)
		return 0;
	return (unsigned)mss;
}

const char *
tls_stream_reason(const struct tls_stream *stream)
{
	return stream->reason;
}
