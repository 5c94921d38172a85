/* SPDX-License-Identifier: Apache-2.0 */
/* "SKC1", then for each text: type (1 byte), name length (2), name, text length (4), text. To the
 * end, no more. */
#include "conf/slice.h"

#include <string.h>

#include "common/str.h"

#define SLICE_NAME_MAX 1024

static const uint8_t magic[4] = {'S', 'K', 'C', '1'};

enum err
slice_pack(const struct texts *texts, slice_wants_fn wants, void *arg, struct buf *out)
{
	buf_put(out, magic, sizeof(magic));
	for (size_t i = 0; i < texts->len; i++) {
		const struct text *text = &texts->items[i];
		size_t name_len = strlen(text->name);

		if (!wants(text, arg))
			continue;
		if (name_len >= SLICE_NAME_MAX)
			return ERR_LIMIT;
		buf_put_u8(out, (uint8_t)text->type);
		buf_put_u16(out, (uint16_t)name_len);
		buf_put(out, text->name, name_len);
		buf_put_u32(out, (uint32_t)text->data.len);
		buf_put(out, text->data.data, text->data.len);
	}
	return out->err;
}

static enum err
unpack_text(struct cur *cur, struct texts *texts)
{
	char name[SLICE_NAME_MAX];
	unsigned type = cur_u8(cur);
	size_t name_len = cur_u16(cur);
	const uint8_t *name_bytes = cur_take(cur, name_len);
	size_t len = cur_u32(cur);
	const uint8_t *data = cur_take(cur, len);

	if (cur->err != ERR_OK)
		return cur->err;
	if (type >= TEXTS_TYPE_COUNT)
		return ERR_SYNTAX;
	enum err err = str_copy_n(name, sizeof(name), (const char *)name_bytes, name_len);
	if (err != ERR_OK)
		return err;
	return texts_add(texts, type, name, data, len);
}

enum err
slice_unpack(const void *data, size_t len, struct texts *texts)
{
	enum err err = ERR_OK;
	struct cur cur;

	*texts = (struct texts){0};
	cur_init(&cur, data, len);
	const uint8_t *head = cur_take(&cur, sizeof(magic));
	if (head == NULL || memcmp(head, magic, sizeof(magic)) != 0)
		return ERR_SYNTAX;
	while (cur.left > 0 && err == ERR_OK)
		err = unpack_text(&cur, texts);
	if (err != ERR_OK)
		texts_fini(texts);
	return err;
}
