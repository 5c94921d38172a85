/* SPDX-License-Identifier: Apache-2.0 */
/* DTLS handshake and records over memory. The recipes and their traps: protocol.md 5.2, 5.3, 5.5.
 */
#include "gateway/dtls.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/hmac.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/rnd.h"
#include "common/str.h"
#include "gateway/dtls_io.h"
#include "gateway/dtls_record.h"

#define COOKIE_LEN 32
#define COOKIE_KEY_MS 60000 /* a cookie is good for one to two of these */
#define SEND_FRAGMENT_MAX                                                                          \
	4096 /* our records are packets: bounds the write buffer, which is as long as it may get   \
	      */
#define LISTEN_MTU 1500
#define SESSION_CONTEXT "x"     /* sessions are made and taken by one context: any text will do */
#define SESSION_TIMEOUT_S 86400 /* from the moment of the handshake that it is made for */

struct dtls_leg {
	struct dtls *dtls;
	SSL *ssl;                   /* NULL: not wanted any more */
	struct dtls_record *record; /* NULL: OpenSSL opens and seals */
	struct dtls_io io;
	const char *cipher;      /* NULL: ask OpenSSL */
	struct dtls_terms terms; /* the secret is wiped when the handshake is through */
	bool key_used;           /* the client went on with its pre-shared key */
	bool fed;                /* a datagram came since the last read */
	bool resting;
	bool stays; /* with OpenSSL, as its suite is none of ours */
};

struct dtls {
	SSL_CTX *ctx;
	BIO_METHOD *bio_method;
	dtls_room_fn room;
	void *arg;
	struct dtls_leg *listener;
	uint64_t keys_ms;               /* when the cookie key was made */
	uint8_t keys[2][COOKIE_LEN];    /* current, previous */
	uint8_t plain[DTLS_RECORD_MAX]; /* what OpenSSL opened */
};

/* ---- cookies and keys ---- */

static struct dtls_leg *
leg_of(SSL *ssl)
{
	return SSL_get_app_data(ssl);
}

static void
keys_rotate(struct dtls *dtls)
{
	uint64_t now_ms = clock_mono_ms();

	if (now_ms - dtls->keys_ms < COOKIE_KEY_MS)
		return;
	memcpy(dtls->keys[1], dtls->keys[0], COOKIE_LEN);
	rnd_fill(dtls->keys[0], COOKIE_LEN);
	dtls->keys_ms = now_ms;
}

static bool
cookie_make(const struct dtls_io *io, const uint8_t *key, uint8_t *cookie)
{
	unsigned len = 0;

	return HMAC(EVP_sha256(), key, COOKIE_LEN, (const uint8_t *)&io->flow, sizeof(io->flow),
		   cookie, &len) != NULL;
}

static int
on_cookie_generate(SSL *ssl, unsigned char *cookie, unsigned *len)
{
	const struct dtls_leg *leg = leg_of(ssl);

	*len = COOKIE_LEN;
	return cookie_make(&leg->io, leg->dtls->keys[0], cookie) ? 1 : 0;
}

static int
on_cookie_verify(SSL *ssl, const unsigned char *cookie, unsigned len)
{
	const struct dtls_leg *leg = leg_of(ssl);
	uint8_t expect[COOKIE_LEN];

	if (len != COOKIE_LEN)
		return 0;
	for (size_t i = 0; i < 2; i++) {
		if (cookie_make(&leg->io, leg->dtls->keys[i], expect) &&
		    str_eq_secret(expect, cookie, COOKIE_LEN))
			return 1;
	}
	return 0;
}

/* The identity is the constant "psk" and says nothing: the session was found by its App-ID. */
static unsigned
on_psk(SSL *ssl, const char *identity, unsigned char *psk, unsigned max_len)
{
	struct dtls_leg *leg = leg_of(ssl);

	(void)identity;
	leg->key_used = true;
	if (leg->terms.mode != DTLS_PSK || max_len < DTLS_PSK_LEN)
		return 0;
	memcpy(psk, leg->terms.secret, DTLS_PSK_LEN);
	return DTLS_PSK_LEN;
}

static const SSL_CIPHER *
cipher_find(SSL *ssl, const char *name)
{
	STACK_OF(SSL_CIPHER) *ciphers = SSL_get_ciphers(ssl);

	for (int i = 0; i < sk_SSL_CIPHER_num(ciphers); i++)
		if (strcmp(SSL_CIPHER_get_name(sk_SSL_CIPHER_value(ciphers, i)), name) == 0)
			return sk_SSL_CIPHER_value(ciphers, i);
	return NULL;
}

/* The session that the client pretends to resume. */
static SSL_SESSION *
session_make(SSL *ssl, const struct dtls_terms *terms, const unsigned char *id, unsigned len)
{
	SSL_SESSION *session = SSL_SESSION_new();
	const SSL_CIPHER *cipher = cipher_find(ssl, terms->ciphers);

	if (session != NULL && cipher != NULL &&
	    SSL_SESSION_set_protocol_version(session, DTLS1_2_VERSION) == 1 &&
	    SSL_SESSION_set_cipher(session, cipher) == 1 &&
	    SSL_SESSION_set1_master_key(session, terms->secret, DTLS_MASTER_LEN) == 1 &&
	    SSL_SESSION_set1_id(session, id, len) == 1 &&
	    SSL_SESSION_set1_id_context(session, (const uint8_t *)SESSION_CONTEXT, 1) == 1) {
		SSL_SESSION_set_timeout(session, SESSION_TIMEOUT_S);
		return session;
	}
	SSL_SESSION_free(session);
	return NULL;
}

/* The leg exists because its hello named the session id of its channel: there is one session to
 * find. */
static SSL_SESSION *
on_session(SSL *ssl, const unsigned char *id, int len, int *copy)
{
	const struct dtls_leg *leg = leg_of(ssl);

	*copy = 0;
	if (leg->terms.mode != DTLS_RESUMED)
		return NULL;
	return session_make(ssl, &leg->terms, id, (unsigned)len);
}

/* ---- the worker's part ---- */

static SSL_CTX *
ctx_new(void)
{
	SSL_CTX *ctx = SSL_CTX_new(DTLS_server_method());

	if (ctx == NULL)
		return NULL;
	if (SSL_CTX_set_min_proto_version(ctx, DTLS1_2_VERSION) != 1 ||
	    SSL_CTX_set_max_proto_version(ctx, DTLS1_2_VERSION) != 1 ||
	    SSL_CTX_set_session_id_context(ctx, (const uint8_t *)SESSION_CONTEXT, 1) != 1 ||
	    SSL_CTX_set_max_send_fragment(ctx, SEND_FRAGMENT_MAX) != 1) {
		SSL_CTX_free(ctx);
		return NULL;
	}
	SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_NO_QUERY_MTU | SSL_OP_COOKIE_EXCHANGE |
				     SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
	/* Also what on_session() returns is not to be kept: there are secrets in it. */
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_get_cb(ctx, on_session);
	SSL_CTX_set_read_ahead(ctx, 1);
	SSL_CTX_set_psk_server_callback(ctx, on_psk);
	SSL_CTX_set_cookie_generate_cb(ctx, on_cookie_generate);
	SSL_CTX_set_cookie_verify_cb(ctx, on_cookie_verify);
	return ctx;
}

struct dtls *
dtls_new(dtls_room_fn room, void *arg)
{
	struct dtls *dtls = calloc(1, sizeof(*dtls));

	if (dtls == NULL)
		return NULL;
	dtls->room = room;
	dtls->arg = arg;
	dtls->keys_ms = clock_mono_ms();
	rnd_fill(dtls->keys, sizeof(dtls->keys));
	dtls->ctx = ctx_new();
	dtls->bio_method = dtls_io_method_new();
	if (dtls->ctx == NULL || dtls->bio_method == NULL) {
		dtls_free(dtls);
		return NULL;
	}
	return dtls;
}

void
dtls_free(struct dtls *dtls)
{
	if (dtls == NULL)
		return;
	dtls_leg_free(dtls->listener);
	SSL_CTX_free(dtls->ctx);
	BIO_meth_free(dtls->bio_method);
	str_wipe(dtls->keys, sizeof(dtls->keys));
	free(dtls);
}

/* ---- legs ---- */

static struct dtls_leg *
leg_new(struct dtls *dtls)
{
	struct dtls_leg *leg = calloc(1, sizeof(*leg));
	BIO *bio;

	if (leg == NULL)
		return NULL;
	leg->dtls = dtls;
	leg->io.room = dtls->room;
	leg->io.arg = dtls->arg;
	leg->ssl = SSL_new(dtls->ctx);
	bio = BIO_new(dtls->bio_method);
	if (leg->ssl == NULL || bio == NULL) {
		BIO_free(bio);
		dtls_leg_free(leg);
		return NULL;
	}
	BIO_set_data(bio, &leg->io);
	SSL_set_bio(leg->ssl, bio, bio);
	SSL_set_app_data(leg->ssl, leg);
	DTLS_set_link_mtu(leg->ssl, LISTEN_MTU);
	SSL_set_accept_state(leg->ssl);
	return leg;
}

void
dtls_leg_free(struct dtls_leg *leg)
{
	if (leg == NULL)
		return;
	SSL_free(leg->ssl);
	dtls_record_free(leg->record);
	str_wipe(&leg->terms, sizeof(leg->terms));
	free(leg);
}

static void
io_feed(struct dtls_io *io, uint8_t *data, size_t len)
{
	io->in = data;
	io->in_len = len;
}

enum err
dtls_listen(struct dtls *dtls, const struct udp_flow *flow, const uint8_t *data, size_t len,
    struct dtls_leg **out)
{
	struct dtls_leg *listener = dtls->listener;
	BIO_ADDR *unused;
	int got;

	if (listener == NULL)
		listener = dtls->listener = leg_new(dtls);
	unused = BIO_ADDR_new();
	if (listener == NULL || unused == NULL) {
		BIO_ADDR_free(unused);
		return ERR_NOMEM;
	}
	keys_rotate(dtls);
	listener->io.flow = *flow;
	io_feed(&listener->io, (uint8_t *)(uintptr_t)data, len); /* OpenSSL only reads it */
	ERR_clear_error();
	got = DTLSv1_listen(listener->ssl, unused);
	BIO_ADDR_free(unused);
	listener->io.in = NULL;
	if (got == 0)
		return ERR_AGAIN;
	/* Proven (or unusable after an error): the object is spent either way. */
	dtls->listener = NULL;
	if (got < 0) {
		dtls_leg_free(listener);
		return ERR_CRYPTO;
	}
	*out = listener;
	return ERR_OK;
}

/* A handshake that resumed nothing proved nothing. */
static bool
leg_keeps_terms(const struct dtls_leg *leg)
{
	return leg->terms.mode != DTLS_RESUMED ||
	       (SSL_session_reused(leg->ssl) == 1 &&
		   strcmp(SSL_get_cipher_name(leg->ssl), leg->terms.ciphers) == 0);
}

/* One step of the handshake with what was fed. */
static enum err
leg_handshake(struct dtls_leg *leg)
{
	int ret, why;

	ERR_clear_error();
	ret = SSL_do_handshake(leg->ssl);
	if (ret == 1) {
		str_wipe(leg->terms.secret, sizeof(leg->terms.secret));
		return leg_keeps_terms(leg) ? ERR_OK : ERR_CRYPTO;
	}
	why = SSL_get_error(leg->ssl, ret);
	return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? ERR_OK : ERR_CRYPTO;
}

enum err
dtls_leg_start(struct dtls_leg *leg, const struct dtls_terms *terms, unsigned link_mtu)
{
	leg->terms = *terms;
	ERR_clear_error();
	if (SSL_set_cipher_list(leg->ssl, terms->ciphers) != 1)
		return ERR_CRYPTO;
	/* Clients that offer it do not have it in the session that they resume. */
	if (terms->mode == DTLS_RESUMED)
		SSL_set_options(leg->ssl, SSL_OP_NO_EXTENDED_MASTER_SECRET);
	DTLS_set_link_mtu(leg->ssl, (long)link_mtu);
	/* No SSL_set_accept_state() here: it would throw away the hello that was taken. */
	return leg_handshake(leg);
}

static void
leg_wake(struct dtls_leg *leg)
{
	if (leg->resting && SSL_alloc_buffers(leg->ssl) == 1)
		leg->resting = false;
}

enum err
dtls_leg_feed(struct dtls_leg *leg, uint8_t *data, size_t len)
{
	io_feed(&leg->io, data, len);
	if (leg->record != NULL)
		return ERR_OK;
	leg->fed = true;
	leg_wake(leg);
	if (leg->resting)
		return ERR_OK; /* no memory now: as if the datagram was lost */
	if (!SSL_is_init_finished(leg->ssl))
		return leg_handshake(leg);
	return ERR_OK;
}

/* ---- records by OpenSSL ---- */

/*
 * The client sent a record with data, which OpenSSL found authentic: it is through with the
 * handshake, so nothing of that will have to be sent again, and the datagram was that one record,
 * so OpenSSL holds nothing back. From here we go on alone.
 */
static void
leg_take_over(struct dtls_leg *leg)
{
	enum err err;

	leg->cipher = SSL_get_cipher_name(leg->ssl);
	err = dtls_record_new(leg->ssl, &leg->io.start, &leg->record);
	if (err != ERR_OK) {
		leg->stays = err == ERR_UNSUPPORTED;
		return;
	}
	SSL_free(leg->ssl);
	leg->ssl = NULL;
}

/* Of a datagram that OpenSSL took something from. That a record in it may be forged does not
 * matter: it only makes the leg wait for a newer one. */
static void
note_seen(struct dtls_leg *leg, const uint8_t *data, size_t len)
{
	struct dtls_head head;

	while (dtls_head_read(data, len, &head) == ERR_OK) {
		if (head.epoch == DTLS_RECORD_EPOCH && head.seq > leg->io.start.rx_seq)
			leg->io.start.rx_seq = head.seq;
		data += DTLS_RECORD_HEAD + head.len;
		len -= DTLS_RECORD_HEAD + head.len;
	}
}

/*
 * The error queue must be empty before a call whose failure is to be understood (SSL_get_error(3)),
 * but emptying it for each record costs more than the look-up of its channel: it is done once a
 * datagram, and after every failure.
 */
static enum err
openssl_read(struct dtls_leg *leg, uint8_t **data, size_t *len)
{
	const uint8_t *in = leg->io.in;
	size_t in_len = leg->io.in_len;
	bool alone = false;
	struct dtls_head head;
	int ret, why;

	if (leg->resting || !SSL_is_init_finished(leg->ssl))
		return ERR_AGAIN;
	if (leg->fed)
		ERR_clear_error();
	else if (SSL_has_pending(leg->ssl) != 1)
		return ERR_AGAIN;
	leg->fed = false;
	if (in != NULL && !leg->stays && dtls_head_read(in, in_len, &head) == ERR_OK)
		alone = head.type == DTLS_TYPE_DATA && head.epoch == DTLS_RECORD_EPOCH &&
			head.len + DTLS_RECORD_HEAD == in_len;
	*data = leg->dtls->plain;
	ret = SSL_read_ex(leg->ssl, *data, DTLS_RECORD_MAX, len);
	if (ret == 1) {
		if (in != NULL && !leg->stays)
			note_seen(leg, in, in_len);
		/* Not with one that comes late: we know of none behind it whether they came. */
		if (alone && leg->io.in == NULL && SSL_has_pending(leg->ssl) == 0 &&
		    head.seq == leg->io.start.rx_seq)
			leg_take_over(leg);
		return ERR_OK;
	}
	why = SSL_get_error(leg->ssl, ret);
	ERR_clear_error();
	if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE)
		return ERR_AGAIN;
	return why == SSL_ERROR_ZERO_RETURN ? ERR_CLOSED : ERR_CRYPTO;
}

static enum err
openssl_write(struct dtls_leg *leg, const uint8_t *data, size_t len)
{
	size_t written;

	leg_wake(leg);
	if (leg->resting || !SSL_is_init_finished(leg->ssl))
		return ERR_BADSTATE;
	if (SSL_write_ex(leg->ssl, data, len, &written) == 1)
		return ERR_OK;
	ERR_clear_error();
	return ERR_CRYPTO;
}

/* ---- records by ourselves ---- */

static enum err
record_write(struct dtls_leg *leg, uint8_t type, const uint8_t *data, size_t len)
{
	size_t sealed = dtls_record_sealed_len(leg->record, len);
	uint8_t *room;

	if (len > DTLS_RECORD_MAX)
		return ERR_RANGE;
	room = leg->io.room(leg->io.arg, &leg->io.flow, sealed);
	if (room == NULL)
		return ERR_OK; /* as if it was lost */
	return dtls_record_seal(leg->record, type, data, len, room);
}

/* Alerts (RFC 5246 7.2): level and description. A warning other than the end changes nothing. */
static enum err
take_alert(const uint8_t *alert, size_t len)
{
	if (len != 2)
		return ERR_AGAIN;
	if (alert[1] == SSL3_AD_CLOSE_NOTIFY)
		return ERR_CLOSED;
	return alert[0] == SSL3_AL_FATAL ? ERR_CRYPTO : ERR_AGAIN;
}

/* A client that wants new keys makes a new leg; to one that asks in this one we say no (RFC 5246
 * 7.2.2). What else comes of a handshake is the repetition of one that is done. */
static void
take_handshake(struct dtls_leg *leg, const uint8_t *message, size_t len)
{
	static const uint8_t refusal[2] = {SSL3_AL_WARNING, SSL_AD_NO_RENEGOTIATION};

	if (len > 0 && message[0] == SSL3_MT_CLIENT_HELLO)
		(void)record_write(leg, DTLS_TYPE_ALERT, refusal, sizeof(refusal));
}

static enum err
record_read(struct dtls_leg *leg, uint8_t **data, size_t *len)
{
	struct dtls_io *io = &leg->io;
	struct dtls_head head;
	enum err err;

	while (io->in != NULL && dtls_head_read(io->in, io->in_len, &head) == ERR_OK) {
		uint8_t *at = io->in;

		io->in += DTLS_RECORD_HEAD + head.len;
		io->in_len -= DTLS_RECORD_HEAD + head.len;
		if (dtls_record_open(leg->record, at, &head, data, len) != ERR_OK)
			continue;
		if (head.type == DTLS_TYPE_DATA)
			return ERR_OK;
		if (head.type == DTLS_TYPE_HANDSHAKE)
			take_handshake(leg, *data, *len);
		if (head.type != DTLS_TYPE_ALERT)
			continue;
		err = take_alert(*data, *len);
		if (err != ERR_AGAIN)
			return err;
	}
	io->in = NULL;
	return ERR_AGAIN;
}

/* ---- records ---- */

enum err
dtls_leg_read(struct dtls_leg *leg, uint8_t **data, size_t *len)
{
	return leg->record != NULL ? record_read(leg, data, len) : openssl_read(leg, data, len);
}

enum err
dtls_leg_write(struct dtls_leg *leg, const uint8_t *data, size_t len)
{
	return leg->record != NULL ? record_write(leg, DTLS_TYPE_DATA, data, len)
				   : openssl_write(leg, data, len);
}

void
dtls_leg_close(struct dtls_leg *leg)
{
	static const uint8_t goodbye[2] = {SSL3_AL_WARNING, SSL3_AD_CLOSE_NOTIFY};

	if (leg->record != NULL) {
		(void)record_write(leg, DTLS_TYPE_ALERT, goodbye, sizeof(goodbye));
		return;
	}
	leg_wake(leg);
	if (leg->resting || !SSL_is_init_finished(leg->ssl))
		return;
	ERR_clear_error();
	(void)SSL_shutdown(leg->ssl);
}

bool
dtls_leg_is_up(const struct dtls_leg *leg)
{
	return leg->record != NULL || SSL_is_init_finished(leg->ssl);
}

bool
dtls_leg_doubts_key(const struct dtls_leg *leg)
{
	return leg->key_used && !dtls_leg_is_up(leg);
}

enum err
dtls_leg_tick(struct dtls_leg *leg)
{
	if (leg->record != NULL)
		return ERR_OK;
	ERR_clear_error();
	return DTLSv1_handle_timeout(leg->ssl) < 0 ? ERR_TIMEOUT : ERR_OK;
}

void
dtls_leg_rest(struct dtls_leg *leg)
{
	/* Refused while a record is half read or written, and then it is simply tried again later.
	 */
	if (leg->record == NULL && !leg->resting && SSL_is_init_finished(leg->ssl) &&
	    SSL_free_buffers(leg->ssl) == 1)
		leg->resting = true;
}

const struct udp_flow *
dtls_leg_flow(const struct dtls_leg *leg)
{
	return &leg->io.flow;
}

const char *
dtls_leg_version(const struct dtls_leg *leg)
{
	return leg->ssl == NULL ? "DTLSv1.2" : SSL_get_version(leg->ssl);
}

const char *
dtls_leg_cipher(const struct dtls_leg *leg)
{
	return leg->cipher != NULL ? leg->cipher : SSL_get_cipher_name(leg->ssl);
}
