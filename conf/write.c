/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A tree as libconfig text: a setting a line, tabs, short lists of texts on one line. Escapes are
 * those that lex.c and libconfig 1.5 both know.
 */
#include "conf/write.h"

#include <inttypes.h>
#include <string.h>

#define WRITE_PIECE_MAX 80 /* bytes of a string on one line */
#define WRITE_LINE_MAX 70  /* bytes of a list on one line */

static void write_value(const struct node *node, unsigned depth, struct buf *out);

static void
indent(unsigned depth, struct buf *out)
{
	for (; depth > 0; depth--)
		buf_put_u8(out, '\t');
}

static void
write_byte(unsigned char c, struct buf *out)
{
	static const char from[] = "\n\r\t\f\\\"", to[] = "nrtf\\\"";
	const char *found = c != '\0' ? strchr(from, c) : NULL;

	if (found != NULL)
		buf_printf(out, "\\%c", to[found - from]);
	else if (c < ' ' || c == 0x7f)
		buf_printf(out, "\\x%02x", c);
	else
		buf_put_u8(out, c);
}

/* A cut must not part the bytes of a character, for the reader's eyes. */
static bool
may_cut(const char *text, size_t at)
{
	return ((unsigned char)text[at] & 0xc0) != 0x80;
}

static void
write_string(const char *text, unsigned depth, struct buf *out)
{
	size_t piece = 0;

	buf_put_u8(out, '"');
	for (size_t i = 0; text[i] != '\0'; i++, piece++) {
		if (piece >= WRITE_PIECE_MAX && may_cut(text, i)) {
			buf_puts(out, "\"\n");
			indent(depth + 1, out);
			buf_put_u8(out, '"');
			piece = 0;
		}
		write_byte((unsigned char)text[i], out);
	}
	buf_put_u8(out, '"');
}

static void
write_members(const struct node *group, unsigned depth, struct buf *out)
{
	for (size_t i = 0; i < group->len; i++) {
		const struct node *member = &group->children[i];

		indent(depth, out);
		buf_printf(out, "%s = ", member->name);
		write_value(member, depth, out);
		buf_puts(out, ";\n");
	}
}

/* An array [ ] holds texts only; everything else goes into a list ( ). */
static bool
is_texts(const struct node *list)
{
	for (size_t i = 0; i < list->len; i++)
		if (list->children[i].type != NODE_STRING)
			return false;
	return list->len > 0;
}

static bool
fits_line(const struct node *list)
{
	size_t len = 0;

	for (size_t i = 0; i < list->len; i++) {
		const struct node *item = &list->children[i];

		if (item->type == NODE_GROUP || item->type == NODE_LIST)
			return false;
		len += item->type == NODE_STRING ? strlen(item->str) + 4 : 22;
	}
	return len <= WRITE_LINE_MAX;
}

static void
write_list(const struct node *list, unsigned depth, struct buf *out)
{
	bool texts = is_texts(list), one_line = fits_line(list);

	buf_put_u8(out, texts ? '[' : '(');
	for (size_t i = 0; i < list->len; i++) {
		buf_puts(out, i > 0 ? "," : "");
		if (one_line) {
			buf_put_u8(out, ' ');
		} else {
			buf_put_u8(out, '\n');
			indent(depth + 1, out);
		}
		write_value(&list->children[i], depth + 1, out);
	}
	if (one_line) {
		buf_put_u8(out, ' ');
	} else {
		buf_put_u8(out, '\n');
		indent(depth, out);
	}
	buf_put_u8(out, texts ? ']' : ')');
}

static void
write_value(const struct node *node, unsigned depth, struct buf *out)
{
	switch (node->type) {
	case NODE_GROUP:
		buf_puts(out, "{\n");
		write_members(node, depth + 1, out);
		indent(depth, out);
		buf_put_u8(out, '}');
		break;
	case NODE_LIST:
		write_list(node, depth, out);
		break;
	case NODE_BOOL:
		buf_puts(out, node->num != 0 ? "true" : "false");
		break;
	case NODE_INT:
		buf_printf(out, "%" PRId64 "%s", node->num,
		    node->num < INT32_MIN || node->num > INT32_MAX ? "L" : "");
		break;
	case NODE_FLOAT: /* its value is not kept: no setting has one */
		buf_puts(out, "0.0");
		break;
	case NODE_STRING:
		write_string(node->str, depth, out);
		break;
	}
}

enum err
write_conf(const struct node *root, struct buf *out)
{
	write_members(root, 0, out);
	return out->err;
}
