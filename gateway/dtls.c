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

#define COOKIE_LEN 32
#define COOKIE_KEY_MS 60000 /* a cookie is good for one to two of these */
#define SEND_FRAGMENT_MAX                                                                          \
	4096 /* our records are packets: bounds the write buffer, which is as long as it may get   \
	      */
#define LISTEN_MTU 1500
#define SESSION_CONTEXT "x"     /* sessions are made and taken by one context: any text will do */
#define SESSION_TIMEOUT_S 86400 /* from the moment of the handshake that it is made for */

/* What the BIO of an SSL reads from and writes to. */
struct io {
	struct dtls *dtls;
	struct udp_flow flow;
	const uint8_t *in; /* the datagram that is being fed; NULL: none */
	size_t in_len;
};

struct dtls_leg {
	SSL *ssl;
	struct io io;
	struct dtls_terms terms; /* the secret is wiped when the handshake is through */
	bool key_used;           /* the client went on with its pre-shared key */
	bool fed;                /* a datagram came since the last read */
	bool resting;
};

struct dtls {
	SSL_CTX *ctx;
	BIO_METHOD *bio_method;
	dtls_send_fn send;
	void *arg;
	struct dtls_leg *listener;
	uint64_t keys_ms;            /* when the cookie key was made */
	uint8_t keys[2][COOKIE_LEN]; /* current, previous */
};

/* ---- the BIO: one datagram in, datagrams out ---- */

static int
bio_read(BIO *bio, char *dst, int size)
{
	struct io *io = BIO_get_data(bio);
	size_t n;

	BIO_clear_retry_flags(bio);
	if (io->in == NULL || size <= 0) {
		BIO_set_retry_read(bio);
		return -1;
	}
	n = io->in_len < (size_t)size ? io->in_len : (size_t)size;
	memcpy(dst, io->in, n);
	io->in = NULL;
	return (int)n;
}

static int
bio_write(BIO *bio, const char *data, int len)
{
	struct io *io = BIO_get_data(bio);

	BIO_clear_retry_flags(bio);
	if (len > 0)
		io->dtls->send(io->dtls->arg, &io->flow, (const uint8_t *)data, (size_t)len);
	return len;
}

static long
bio_ctrl(BIO *bio, int cmd, long num, void *ptr)
{
	const struct io *io = BIO_get_data(bio);

	(void)num, (void)ptr;
	switch (cmd) {
	case BIO_CTRL_FLUSH:
		return 1;
	case BIO_CTRL_DGRAM_GET_MTU_OVERHEAD:
		return io->flow.family == 4 ? 28 : 48;
	default:
		return 0;
	}
}

static int
bio_create(BIO *bio)
{
	BIO_set_init(bio, 1);
	return 1;
}

static BIO_METHOD *
bio_method_new(void)
{
	BIO_METHOD *method =
	    BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "sekisho-dtls");

	if (method == NULL)
		return NULL;
	if (BIO_meth_set_read(method, bio_read) != 1 ||
	    BIO_meth_set_write(method, bio_write) != 1 ||
	    BIO_meth_set_ctrl(method, bio_ctrl) != 1 ||
	    BIO_meth_set_create(method, bio_create) != 1) {
		BIO_meth_free(method);
		return NULL;
	}
	return method;
}

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
cookie_make(const struct io *io, const uint8_t *key, uint8_t *cookie)
{
	unsigned len = 0;

	return HMAC(EVP_sha256(), key, COOKIE_LEN, (const uint8_t *)&io->flow, sizeof(io->flow),
		   cookie, &len) != NULL;
}

static int
on_cookie_generate(SSL *ssl, unsigned char *cookie, unsigned *len)
{
	const struct io *io = &leg_of(ssl)->io;

	*len = COOKIE_LEN;
	return cookie_make(io, io->dtls->keys[0], cookie) ? 1 : 0;
}

static int
on_cookie_verify(SSL *ssl, const unsigned char *cookie, unsigned len)
{
	const struct io *io = &leg_of(ssl)->io;
	uint8_t expect[COOKIE_LEN];

	if (len != COOKIE_LEN)
		return 0;
	for (size_t i = 0; i < 2; i++) {
		if (cookie_make(io, io->dtls->keys[i], expect) &&
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
dtls_new(dtls_send_fn send, void *arg)
{
	struct dtls *dtls = calloc(1, sizeof(*dtls));

	if (dtls == NULL)
		return NULL;
	dtls->send = send;
	dtls->arg = arg;
	dtls->keys_ms = clock_mono_ms();
	rnd_fill(dtls->keys, sizeof(dtls->keys));
	dtls->ctx = ctx_new();
	dtls->bio_method = bio_method_new();
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
	leg->io.dtls = dtls;
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
	str_wipe(&leg->terms, sizeof(leg->terms));
	free(leg);
}

static void
io_feed(struct io *io, const uint8_t *data, size_t len)
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
	io_feed(&listener->io, data, len);
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
dtls_leg_feed(struct dtls_leg *leg, const uint8_t *data, size_t len)
{
	io_feed(&leg->io, data, len);
	leg->fed = true;
	leg_wake(leg);
	if (leg->resting)
		return ERR_OK; /* no memory now: as if the datagram was lost */
	if (!SSL_is_init_finished(leg->ssl))
		return leg_handshake(leg);
	return ERR_OK;
}

/*
 * The error queue must be empty before a call whose failure is to be understood (SSL_get_error(3)),
 * but emptying it for each record costs more than the look-up of its channel: it is done once a
 * datagram, and after every failure.
 */
enum err
dtls_leg_read(struct dtls_leg *leg, uint8_t *dst, size_t dst_size, size_t *len)
{
	int ret, why;

	if (leg->resting || !SSL_is_init_finished(leg->ssl))
		return ERR_AGAIN;
	if (leg->fed)
		ERR_clear_error();
	else if (SSL_has_pending(leg->ssl) != 1)
		return ERR_AGAIN;
	leg->fed = false;
	ret = SSL_read_ex(leg->ssl, dst, dst_size, len);
	if (ret == 1)
		return ERR_OK;
	why = SSL_get_error(leg->ssl, ret);
	ERR_clear_error();
	if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE)
		return ERR_AGAIN;
	return why == SSL_ERROR_ZERO_RETURN ? ERR_CLOSED : ERR_CRYPTO;
}

enum err
dtls_leg_write(struct dtls_leg *leg, const uint8_t *data, size_t len)
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

void
dtls_leg_close(struct dtls_leg *leg)
{
	leg_wake(leg);
	if (leg->resting || !SSL_is_init_finished(leg->ssl))
		return;
	ERR_clear_error();
	(void)SSL_shutdown(leg->ssl);
}

bool
dtls_leg_is_up(const struct dtls_leg *leg)
{
	return SSL_is_init_finished(leg->ssl);
}

bool
dtls_leg_doubts_key(const struct dtls_leg *leg)
{
	return leg->key_used && !SSL_is_init_finished(leg->ssl);
}

enum err
dtls_leg_tick(struct dtls_leg *leg)
{
	ERR_clear_error();
	return DTLSv1_handle_timeout(leg->ssl) < 0 ? ERR_TIMEOUT : ERR_OK;
}

void
dtls_leg_rest(struct dtls_leg *leg)
{
	/* Refused while a record is half read or written, and then it is simply tried again later.
	 */
	if (!leg->resting && SSL_is_init_finished(leg->ssl) && SSL_free_buffers(leg->ssl) == 1)
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
	return SSL_get_version(leg->ssl);
}

const char *
dtls_leg_cipher(const struct dtls_leg *leg)
{
	return SSL_get_cipher_name(leg->ssl);
}
