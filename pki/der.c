/* SPDX-License-Identifier: Apache-2.0 */
/* Elements of DER: definite lengths in their shortest form, tags of one byte. */
#include "pki/der.h"

#include <string.h>

bool
der_is(const struct cur *cur, uint8_t tag)
{
	return cur->err == ERR_OK && cur->left > 0 && cur->p[0] == tag;
}

/* A length, of at most 4 bytes. */
static size_t
take_len(struct cur *cur)
{
	uint8_t first = cur_u8(cur);
	size_t len = 0;

	if (first < 0x80)
		return first;
	if (first < 0x81 || first > 0x84) {
		cur->err = ERR_SYNTAX;
		return 0;
	}
	for (unsigned i = 0; i < first - 0x80U; i++)
		len = len << 8 | cur_u8(cur);
	if (len < 0x80 || len >> 8 * (first - 0x81U) == 0)
		cur->err = ERR_SYNTAX;
	return len;
}

struct cur
der_take(struct cur *cur, uint8_t tag, struct cur *whole)
{
	struct cur begin = *cur;
	struct cur content;

	if (cur->err == ERR_OK && !der_is(cur, tag))
		cur->err = ERR_SYNTAX;
	cur_skip(cur, 1);
	content = cur_sub(cur, take_len(cur));
	if (cur->err != ERR_OK)
		return (struct cur){.err = cur->err};
	if (whole != NULL)
		*whole = (struct cur){.p = begin.p, .left = begin.left - cur->left};
	return content;
}

bool
der_done(const struct cur *cur)
{
	return cur->err == ERR_OK && cur->left == 0;
}

bool
der_equal(const struct cur *cur, const void *data, size_t len)
{
	return cur->p != NULL && cur->left == len && memcmp(cur->p, data, len) == 0;
}
