/* SPDX-License-Identifier: Apache-2.0 */
/* Reading "name=value&name=value". Values may be secrets: they are decoded where they stay, and
 * nowhere else. */
#include "gateway/legacy_form.h"

#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/str.h"

#define NAME_MAX_LEN 63
#define SPECIALS 4

struct reader {
	struct cur cur;
	struct xml_request *request;
	unsigned seen; /* bits of the special names */
};

/* Where a value goes. */
struct place {
	char *text;
	size_t size;
	size_t *len; /* NULL: nobody asks */
};

/* ---- characters ---- */

static enum err
hex_digit(struct cur *cur, uint8_t *value)
{
	uint8_t c = cur_u8(cur);

	if (cur->err != ERR_OK)
		return ERR_SYNTAX;
	if (c >= '0' && c <= '9')
		*value = (uint8_t)(c - '0');
	else if (c >= 'a' && c <= 'f')
		*value = (uint8_t)(c - 'a' + 10);
	else if (c >= 'A' && c <= 'F')
		*value = (uint8_t)(c - 'A' + 10);
	else
		return ERR_SYNTAX;
	return ERR_OK;
}

/* The next byte, decoded. What must be encoded is an error where it is not. */
static enum err
decode(struct cur *cur, char *out)
{
	uint8_t c = cur_u8(cur), high = 0, low = 0;

	if (c == '+') {
		c = ' ';
	} else if (c == '%') {
		if (hex_digit(cur, &high) != ERR_OK || hex_digit(cur, &low) != ERR_OK)
			return ERR_SYNTAX;
		c = (uint8_t)(high << 4 | low);
	} else if (c <= ' ' || c == 0x7f) {
		return ERR_SYNTAX;
	}
	*out = (char)c;
	return c != '\0' ? ERR_OK : ERR_SYNTAX;
}

/* UTF-8 of characters that XML 1.0 has: what came another way must not be more than that. */
static bool
is_text(const char *text)
{
	while (*text != '\0') {
		uint32_t code;
		size_t len = str_utf8(text, &code);

		if (len == 0 || code == 0xfffe || code == 0xffff)
			return false;
		if (code < ' ' && code != '\t' && code != '\n' && code != '\r')
			return false;
		text += len;
	}
	return true;
}

/* ---- names and values ---- */

/* Up to '&', '=' where it ends a name, or the end. */
static enum err
read_text(struct cur *cur, bool name, const struct place *to)
{
	size_t len = 0;

	while (cur->left > 0 && *cur->p != '&' && !(name && *cur->p == '=')) {
		enum err err;

		if (len + 1 == to->size)
			return ERR_LIMIT;
		err = decode(cur, &to->text[len++]);
		if (err != ERR_OK)
			return err;
	}
	to->text[len] = '\0';
	if (to->len != NULL)
		*to->len = len;
	return is_text(to->text) ? ERR_OK : ERR_SYNTAX;
}

/* Only what could be the name of an XML element is one. */
static bool
is_name(const char *name)
{
	static const char letters[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";

	return name[0] != '\0' && name[strspn(name, letters)] == '\0';
}

/* A name with a place of its own. False: it has none. */
static bool
special_place(struct reader *reader, const char *name, unsigned *bit, struct place *to)
{
	struct xml_request *request = reader->request;
	const struct {
		const char *name;
		struct place place;
	} rows[SPECIALS] = {
	    {LEGACY_FORM_HANDLE, {request->handle, sizeof(request->handle), NULL}},
	    {LEGACY_FORM_CONFIG_HASH, {request->config_hash, sizeof(request->config_hash), NULL}},
	    {LEGACY_FORM_TUNNEL_GROUP,
		{request->tunnel_group, sizeof(request->tunnel_group), NULL}},
	    {"group_list", {request->group_select, sizeof(request->group_select), NULL}},
	};

	for (unsigned i = 0; i < SPECIALS; i++)
		if (str_ieq(rows[i].name, name)) {
			*bit = 1U << i;
			*to = rows[i].place;
			return true;
		}
	return false;
}

static enum err
field_place(struct xml_request *request, const char *name, struct place *to)
{
	struct xml_field *field;

	for (size_t i = 0; i < request->fields_len; i++)
		if (str_ieq(request->fields[i].name, name))
			return ERR_SYNTAX;
	if (request->fields_len == XML_FIELDS_MAX)
		return ERR_LIMIT;
	field = &request->fields[request->fields_len++];
	*to = (struct place){field->value, sizeof(field->value), &field->value_len};
	return str_copy(field->name, sizeof(field->name), name);
}

static enum err
read_pair(struct reader *reader)
{
	char name[NAME_MAX_LEN + 1];
	struct place to = {name, sizeof(name), NULL};
	unsigned bit = 0;
	enum err err = read_text(&reader->cur, true, &to);

	if (err != ERR_OK)
		return err;
	if (!is_name(name) || reader->cur.left == 0 || *reader->cur.p != '=')
		return ERR_SYNTAX;
	cur_skip(&reader->cur, 1);
	if (!special_place(reader, name, &bit, &to))
		err = field_place(reader->request, name, &to);
	else if ((reader->seen & bit) != 0)
		err = ERR_SYNTAX;
	reader->seen |= bit;
	return err == ERR_OK ? read_text(&reader->cur, false, &to) : err;
}

static enum err
read_pairs(struct reader *reader)
{
	for (;;) {
		enum err err = read_pair(reader);

		if (err != ERR_OK || reader->cur.left == 0)
			return err;
		cur_skip(&reader->cur, 1); /* the '&' that ended it: another pair must follow */
	}
}

enum err
legacy_form_parse(const char *data, size_t len, struct xml_request **out)
{
	struct reader reader = {.seen = 0};
	enum err err;

	if (len > LEGACY_FORM_MAX)
		return ERR_LIMIT;
	reader.request = calloc(1, sizeof(*reader.request));
	if (reader.request == NULL)
		return ERR_NOMEM;
	reader.request->type = XML_TYPE_AUTH_REPLY;
	reader.request->fields = calloc(XML_FIELDS_MAX, sizeof(*reader.request->fields));
	cur_init(&reader.cur, data, len);
	err = reader.request->fields != NULL ? read_pairs(&reader) : ERR_NOMEM;
	if (err != ERR_OK) {
		xml_request_free(reader.request);
		return err;
	}
	*out = reader.request;
	return ERR_OK;
}
