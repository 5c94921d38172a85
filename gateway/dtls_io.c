/* SPDX-License-Identifier: Apache-2.0 */
/* The memory BIO of a DTLS leg: one datagram in, datagrams out. */
#include "gateway/dtls_io.h"

#include <openssl/bio.h>
#include <string.h>

#include "common/attr.h"

static int
bio_read(BIO *bio, char *dst, int size)
{
	struct dtls_io *io = BIO_get_data(bio);
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

/* Remember where our records are: ours go on behind OpenSSL's. */
static void
note_sent(struct dtls_io *io, const uint8_t *data, size_t len)
{
	struct dtls_head head;

	while (dtls_head_read(data, len, &head) == ERR_OK) {
		if (head.epoch == DTLS_RECORD_EPOCH) {
			io->start.tx_seq = head.seq;
			if (head.len >= sizeof(io->start.tx_nonce))
				memcpy(io->start.tx_nonce, data + DTLS_RECORD_HEAD,
				    sizeof(io->start.tx_nonce));
		}
		data += DTLS_RECORD_HEAD + head.len;
		len -= DTLS_RECORD_HEAD + head.len;
	}
}

static int
bio_write(BIO *bio, const char *data, int len)
{
	struct dtls_io *io = BIO_get_data(bio);
	uint8_t *room;

	BIO_clear_retry_flags(bio);
	if (len <= 0)
		return len;
	note_sent(io, (const uint8_t *)data, (size_t)len);
	room = io->room(io->arg, &io->flow, (size_t)len);
	if (room != NULL)
		memcpy(room, data, (size_t)len);
	return len;
}

static long
bio_ctrl(BIO *bio, int cmd, long num, void *ptr)
{
	const struct dtls_io *io = BIO_get_data(bio);

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

BIO_METHOD *
dtls_io_method_new(void)
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
