/* SPDX-License-Identifier: Apache-2.0 */
/* The frame codec of the TLS channel: heads, reassembly, splitting. */
#include "gateway/cstp_parse.h"

#include <string.h>

static const uint8_t magic[4] = {'S', 'T', 'F', 1};

void
cstp_reader_init(struct cstp_reader *reader)
{
	*reader = (struct cstp_reader){0};
	buf_init(&reader->partial, CSTP_HEAD_LEN + CSTP_PAYLOAD_MAX);
}

void
cstp_reader_fini(struct cstp_reader *reader)
{
	buf_fini(&reader->partial);
}

/* Check as much of a head as is there, so that rubbish is refused at its first byte. */
static enum err
head_check(const uint8_t *p, size_t len, size_t *payload_len)
{
	struct cur cur;

	if (memcmp(p, magic, len < sizeof(magic) ? len : sizeof(magic)) != 0)
		return ERR_SYNTAX;
	if (len < CSTP_HEAD_LEN)
		return ERR_AGAIN;
	cur_init(&cur, p + sizeof(magic), CSTP_HEAD_LEN - sizeof(magic));
	*payload_len = cur_u16(&cur);
	cur_skip(&cur, 1);
	if (cur_u8(&cur) != 0)
		return ERR_SYNTAX;
	return *payload_len > CSTP_PAYLOAD_MAX ? ERR_LIMIT : ERR_OK;
}

static void
frame_at(const uint8_t *p, size_t payload_len, struct cstp_frame *out)
{
	out->type = p[6];
	out->payload = p + CSTP_HEAD_LEN;
	out->len = payload_len;
}

/* Move up to n bytes from data behind what is there already. */
static enum err
partial_add(struct cstp_reader *reader, struct cur *data, size_t n)
{
	if (n > data->left)
		n = data->left;
	buf_put(&reader->partial, cur_take(data, n), n);
	return reader->partial.err;
}

/* The frame began in an earlier record: complete its head, then its payload. */
static enum err
read_partial(struct cstp_reader *reader, struct cur *data, struct cstp_frame *out)
{
	size_t payload_len = 0;
	enum err err;

	if (reader->partial.len < CSTP_HEAD_LEN) {
		err = partial_add(reader, data, CSTP_HEAD_LEN - reader->partial.len);
		if (err != ERR_OK)
			return err;
	}
	err = head_check(reader->partial.data, reader->partial.len, &payload_len);
	if (err != ERR_OK)
		return err;
	err = partial_add(reader, data, CSTP_HEAD_LEN + payload_len - reader->partial.len);
	if (err != ERR_OK)
		return err;
	if (reader->partial.len < CSTP_HEAD_LEN + payload_len)
		return ERR_AGAIN;
	frame_at(reader->partial.data, payload_len, out);
	reader->give_back = reader->partial.len;
	return ERR_OK;
}

/* Old clients leave a line end behind the headers of CONNECT (protocol.md 4.1). */
static void
skip_line_ends(struct cstp_reader *reader, struct cur *data)
{
	while (!reader->begun && data->left > 0 && (*data->p == '\r' || *data->p == '\n'))
		cur_skip(data, 1);
	if (data->left > 0)
		reader->begun = true;
}

enum err
cstp_read(struct cstp_reader *reader, struct cur *data, struct cstp_frame *out)
{
	size_t payload_len = 0;
	enum err err;

	if (reader->give_back > 0) {
		reader->give_back = 0;
		buf_fini(&reader->partial);
	}
	skip_line_ends(reader, data);
	if (data->left == 0)
		return ERR_AGAIN;
	if (reader->partial.len > 0)
		return read_partial(reader, data, out);

	err = head_check(data->p, data->left, &payload_len);
	if (err == ERR_OK && data->left >= CSTP_HEAD_LEN + payload_len) {
		frame_at(cur_take(data, CSTP_HEAD_LEN + payload_len), payload_len, out);
		return ERR_OK;
	}
	if (err != ERR_OK && err != ERR_AGAIN)
		return err;
	err = partial_add(reader, data, data->left);
	return err == ERR_OK ? ERR_AGAIN : err;
}

void
cstp_head_put(uint8_t *dst, enum cstp_type type, size_t len)
{
	memcpy(dst, magic, sizeof(magic));
	dst[4] = (uint8_t)(len >> 8);
	dst[5] = (uint8_t)len;
	dst[6] = (uint8_t)type;
	dst[7] = 0;
}
