/* SPDX-License-Identifier: Apache-2.0 */
/* ClientHello to session id, before any state. Field order: RFC 6347 4.1, 4.2.2, 4.2.1. */
#include "gateway/dtls_match.h"

#include "common/buf.h"

#define CONTENT_HANDSHAKE 22
#define HANDSHAKE_CLIENT_HELLO 1
#define SESSION_ID_MAX 32

/* Record head: handshake, one of the DTLS versions, epoch 0. Returns a cursor over the fragment. */
static enum err
record_open(struct cur *cur, struct cur *fragment)
{
	uint8_t type = cur_u8(cur);
	uint16_t version = cur_u16(cur);
	uint16_t epoch = cur_u16(cur);

	if (cur->err != ERR_OK || type != CONTENT_HANDSHAKE || epoch != 0)
		return ERR_NOTFOUND;
	if (version != 0xfeff && version != 0xfefd && version != 0x0100)
		return ERR_NOTFOUND;
	cur_skip(cur, 6); /* sequence number */
	*fragment = cur_sub(cur, cur_u16(cur));
	return cur->err == ERR_OK ? ERR_OK : ERR_SYNTAX;
}

/* Handshake head: a ClientHello, whole in this record. */
static enum err
handshake_open(struct cur *cur)
{
	uint8_t type = cur_u8(cur);
	uint32_t len = cur_u24(cur), fragment_offset, fragment_len;

	if (cur->err != ERR_OK)
		return ERR_SYNTAX;
	if (type != HANDSHAKE_CLIENT_HELLO)
		return ERR_NOTFOUND;
	cur_skip(cur, 2); /* message sequence */
	fragment_offset = cur_u24(cur);
	fragment_len = cur_u24(cur);
	if (cur->err != ERR_OK || fragment_offset != 0 || fragment_len != len || len > cur->left)
		return ERR_SYNTAX;
	return ERR_OK;
}

static bool
is_zero(const uint8_t *p, size_t len)
{
	uint8_t any = 0;

	for (size_t i = 0; i < len; i++)
		any |= p[i];
	return any == 0;
}

enum err
dtls_match_hello(const uint8_t *data, size_t len, struct dtls_hello *out)
{
	struct cur datagram, cur;
	struct dtls_hello hello;
	enum err err;

	cur_init(&datagram, data, len);
	err = record_open(&datagram, &cur);
	if (err == ERR_OK)
		err = handshake_open(&cur);
	if (err != ERR_OK)
		return err;
	cur_skip(&cur, 2); /* client version: OpenSSL judges it */
	hello.random = cur_take(&cur, DTLS_RANDOM_LEN);
	hello.session_id_len = cur_u8(&cur);
	hello.session_id = cur_take(&cur, hello.session_id_len);
	hello.cookie_len = cur_u8(&cur);
	cur_skip(&cur, hello.cookie_len);
	if (cur.err != ERR_OK || hello.session_id_len > SESSION_ID_MAX)
		return ERR_SYNTAX;
	if (is_zero(hello.random, DTLS_RANDOM_LEN))
		return ERR_SYNTAX;
	*out = hello;
	return ERR_OK;
}
