/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The memory BIO of a TLS stream. It never blocks and never fails for lack of input: an empty side
 * means "retry", the end of the connection is tls_stream.c's business.
 */
#include "gateway/tls_bio.h"

#include <openssl/bio.h>
#include <openssl/ssl3.h>
#include <pthread.h>
#include <string.h>

/* Sent bytes are cut off the front of the output only when so many have gathered: memmove is not
 * free. */
#define COMPACT_MIN 65536

#define RECORD_HEAD 5 /* type, version, length */

static BIO_METHOD *method;
static pthread_once_t method_once = PTHREAD_ONCE_INIT;

static int
bio_read(BIO *b, char *dst, size_t len, size_t *done)
{
	struct tls_bio *bio = BIO_get_data(b);
	size_t n = len < bio->in_len ? len : bio->in_len;

	BIO_clear_retry_flags(b);
	if (n == 0) {
		BIO_set_retry_read(b);
		return 0;
	}
	memcpy(dst, bio->in, n);
	bio->in += n;
	bio->in_len -= n;
	*done = n;
	return 1;
}

uint8_t *
tls_bio_room(struct tls_bio *bio, size_t n)
{
	if (bio->out_off >= COMPACT_MIN) {
		buf_consume(&bio->out, bio->out_off);
		bio->out_off = 0;
	}
	return buf_reserve(&bio->out, n);
}

void
tls_bio_added(struct tls_bio *bio, size_t n)
{
	buf_added(&bio->out, n);
}

/* Remember the nonce of our newest record: whoever goes on behind OpenSSL goes on behind that.
 * After the handshake OpenSSL writes record by record. */
static void
note_sent(struct tls_bio *bio, const uint8_t *src, size_t len)
{
	bio->nonce_known = len >= RECORD_HEAD + sizeof(bio->nonce) &&
			   src[0] == SSL3_RT_APPLICATION_DATA &&
			   (size_t)(src[3] << 8 | src[4]) == len - RECORD_HEAD;
	if (bio->nonce_known)
		memcpy(bio->nonce, src + RECORD_HEAD, sizeof(bio->nonce));
}

static int
bio_write(BIO *b, const char *src, size_t len, size_t *done)
{
	struct tls_bio *bio = BIO_get_data(b);
	uint8_t *room;

	BIO_clear_retry_flags(b);
	room = tls_bio_room(bio, len);
	if (room == NULL)
		return 0;
	memcpy(room, src, len);
	tls_bio_added(bio, len);
	note_sent(bio, room, len);
	*done = len;
	return 1;
}

static long
bio_ctrl(BIO *b UNUSED, int cmd, long num UNUSED, void *ptr UNUSED)
{
	return cmd == BIO_CTRL_FLUSH ? 1 : 0;
}

static void
method_make(void)
{
	int type = BIO_get_new_index();

	if (type < 0)
		return;
	method = BIO_meth_new(type | BIO_TYPE_SOURCE_SINK, "sekisho stream");
	if (method == NULL)
		return;
	BIO_meth_set_read_ex(method, bio_read);
	BIO_meth_set_write_ex(method, bio_write);
	BIO_meth_set_ctrl(method, bio_ctrl);
}

void
tls_bio_init(struct tls_bio *bio, size_t max)
{
	memset(bio, 0, sizeof *bio);
	buf_init(&bio->out, max);
}

void
tls_bio_fini(struct tls_bio *bio)
{
	buf_fini(&bio->out);
	bio->out_off = 0;
	bio->in_len = 0;
}

BIO *
tls_bio_new(struct tls_bio *bio)
{
	BIO *b;

	pthread_once(&method_once, method_make);
	b = method != NULL ? BIO_new(method) : NULL;
	if (b == NULL)
		return NULL;
	BIO_set_data(b, bio);
	BIO_set_init(b, 1);
	return b;
}

size_t
tls_bio_queued(const struct tls_bio *bio)
{
	return bio->out.len - bio->out_off;
}

void
tls_bio_sent(struct tls_bio *bio, size_t n)
{
	bio->out_off += n;
	if (bio->out_off >= bio->out.len) {
		buf_reset(&bio->out);
		bio->out_off = 0;
	}
}
