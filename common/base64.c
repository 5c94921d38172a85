/* SPDX-License-Identifier: Apache-2.0 */
/* Four characters to three bytes; one or two '=' may end the last group. */
#include "common/base64.h"

#include <stdbool.h>
#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Four characters are there. */
static enum err
put_group(const struct base64 *base64, struct buf *out)
{
	/* What the padding cuts off must be zero: one value, one text. */
	if ((base64->bits & ((1U << (8 * base64->pads)) - 1)) != 0)
		return ERR_SYNTAX;
	for (unsigned i = 0; i < 3 - base64->pads; i++)
		buf_put_u8(out, (uint8_t)(base64->bits >> (16 - 8 * i)));
	return out->err;
}

static enum err
feed_char(struct base64 *base64, char c, struct buf *out)
{
	const char *found = c != '\0' ? strchr(alphabet, c) : NULL;

	if (c == '=' && base64->count >= 2)
		base64->pads++;
	else if (found == NULL || base64->pads > 0)
		return ERR_SYNTAX;
	base64->bits = base64->bits << 6 | (found != NULL ? (uint32_t)(found - alphabet) : 0);
	if (++base64->count < 4)
		return ERR_OK;
	base64->count = 0;
	return put_group(base64, out);
}

enum err
base64_feed(struct base64 *base64, const char *text, size_t len, struct buf *out)
{
	enum err err = ERR_OK;

	for (size_t i = 0; i < len && err == ERR_OK; i++)
		if (!is_blank(text[i]))
			err = feed_char(base64, text[i], out);
	return err;
}

enum err
base64_end(const struct base64 *base64)
{
	return base64->count == 0 ? ERR_OK : ERR_SYNTAX;
}
