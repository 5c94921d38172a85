/* SPDX-License-Identifier: Apache-2.0 */
/* Words to settings, by the rows. Everything is judged as conf/row.c would judge it. */
#include "tools/import_row.h"

#include <string.h>

#include "common/str.h"
#include "conf/syntax.h"
#include "tools/import_parts.h"

#define SPELLED_MAX 6    /* words that a setting's name is made of, at most */
#define STRING_MAX 255   /* of a row that does not say */
#define JOINED_MAX 16384 /* a line put together */

const char *
import_row_name(enum conf_kind kind, unsigned setting)
{
	return row_kind(kind)->rows[setting].name;
}

const char *
import_row_join(struct buf *buf, char *const *words, size_t len)
{
	buf_reset(buf);
	for (size_t i = 0; i < len; i++)
		buf_printf(buf, "%s%s", i > 0 ? " " : "", words[i]);
	return buf_cstr(buf);
}

void
import_row_orphan(struct import_line *line)
{
	import_not_supported(line, "belongs to a line above that was not converted");
}

/* What is wrong with a text, as the end of a sentence; NULL: nothing. */
static const char *
text_wrong(const struct row *row, const char *text)
{
	size_t max = row->max > 0 ? (size_t)row->max : STRING_MAX;

	if (row->words != NULL) {
		for (const char *const *word = row->words; *word != NULL; word++)
			if (strcmp(*word, text) == 0)
				return NULL;
		return "is a word that has no meaning here";
	}
	if (text[0] == '\0')
		return "is empty";
	if (strlen(text) > max)
		return "is too long";
	return row->syntax != NULL ? row->syntax(text) : NULL;
}

static bool
text_fits(struct import_line *line, const struct row *row, const char *text)
{
	const char *why = text_wrong(row, text);

	if (why == NULL)
		return true;
	if (row->secret)
		import_not_supported(line, "%s: the text %s", row->name, why);
	else
		import_not_supported(line, "%s: \"%.64s\" %s", row->name, text, why);
	return false;
}

bool
import_row_fits(struct import_line *line, enum conf_kind kind, unsigned setting, const char *text)
{
	return text_fits(line, &row_kind(kind)->rows[setting], text);
}

/* enable, disable, or nothing behind the name. */
static bool
set_bool(struct import *import, struct import_line *line, struct node *object,
    const struct row *row, char *const *words, size_t len)
{
	bool value = len == 0 || str_ieq(words[0], "enable");

	if (len > 1 || (!value && !str_ieq(words[0], "disable") && !str_ieq(words[0], "none"))) {
		import_not_supported(line, "%s takes enable or disable", row->name);
		return false;
	}
	import_set_bool(import, object, row->name, value);
	return true;
}

static bool
set_int(struct import *import, struct import_line *line, struct node *object, const struct row *row,
    char *const *words, size_t len)
{
	uint64_t value = 0;

	if (len != 1 ||
	    str_to_u64(words[0], (uint64_t)row->min, (uint64_t)row->max, &value) != ERR_OK) {
		import_not_supported(line, "%s is one number, %lld to %lld, here", row->name,
		    (long long)row->min, (long long)row->max);
		return false;
	}
	import_set_int(import, object, row->name, (long)value);
	return true;
}

/* Entries of lists that the ASA separates with commas or semicolons as well as with blanks. */
static void
split_into(struct import *import, struct node *object, const char *name, const char *text)
{
	char piece[STRING_MAX + 1];

	while (*text != '\0') {
		size_t len = strcspn(text, ",;");

		if (len > 0 && str_copy_n(piece, sizeof(piece), text, len) == ERR_OK)
			import_add_str(import, object, name, piece);
		text += len + (text[len] != '\0' ? 1 : 0);
	}
}

static bool
pieces_fit(struct import_line *line, const struct row *row, const char *text)
{
	char piece[STRING_MAX + 1];

	while (*text != '\0') {
		size_t len = strcspn(text, ",;");

		if (len > 0 && (str_copy_n(piece, sizeof(piece), text, len) != ERR_OK ||
				   !text_fits(line, row, piece)))
			return false;
		text += len + (text[len] != '\0' ? 1 : 0);
	}
	return true;
}

/* Lists of hosts and domains. */
static bool
is_split(const struct row *row)
{
	return strcmp(row->name, "split-dns") == 0 ||
	       strcmp(row->name, "msie-proxy-except-list") == 0;
}

/* The address behind a name, where addresses are wanted. */
static const char *
address_of(const struct import *import, const struct row *row, const char *word)
{
	bool addresses =
	    row->syntax == syntax_ip || row->syntax == syntax_ip4 || row->syntax == syntax_framed4;

	return addresses ? import_name(import, word) : word;
}

static bool
set_strings(struct import *import, struct import_line *line, struct node *object,
    const struct row *row, char *const *words, size_t len)
{
	if (len == 0 || (row->max_count > 0 && len > row->max_count)) {
		import_not_supported(line, "%s takes 1 to %zu entries", row->name, row->max_count);
		return false;
	}
	for (size_t i = 0; i < len; i++)
		if (is_split(row) ? !pieces_fit(line, row, words[i])
				  : !text_fits(line, row, address_of(import, row, words[i])))
			return false;
	import_unset(object, row->name);
	for (size_t i = 0; i < len; i++) {
		if (is_split(row))
			split_into(import, object, row->name, words[i]);
		else
			import_add_str(
			    import, object, row->name, address_of(import, row, words[i]));
	}
	return true;
}

static bool
set_string(struct import *import, struct import_line *line, struct node *object,
    const struct row *row, char *const *words, size_t len)
{
	struct buf text;

	buf_init(&text, JOINED_MAX);
	for (size_t i = 0; i < len; i++)
		buf_printf(&text, "%s%s", i > 0 ? " " : "", address_of(import, row, words[i]));
	const char *value = buf_cstr(&text);
	bool fits = text_fits(line, row, value);
	if (fits)
		import_set_str(import, object, row->name, value);
	buf_wipe(&text);
	return fits;
}

static bool
set_value(struct import *import, struct import_line *line, struct node *object,
    const struct row *row, char *const *words, size_t len)
{
	bool is_word = row->type == ROW_ENUM && len == 1 && text_wrong(row, words[0]) == NULL;

	if (row->none && !is_word && len == 1 && str_ieq(words[0], "none")) {
		import_set_str(import, object, row->name, "none");
		return true;
	}
	switch (row->type) {
	case ROW_BOOL:
		return set_bool(import, line, object, row, words, len);
	case ROW_INT:
		return set_int(import, line, object, row, words, len);
	case ROW_STRINGS:
		return set_strings(import, line, object, row, words, len);
	case ROW_ENUM:
	case ROW_STRING:
		return set_string(import, line, object, row, words, len);
	case ROW_OBJECT:
	case ROW_OBJECTS:
		break;
	}
	import_not_supported(line, "%s is not written in this way", row->name);
	return false;
}

bool
import_row_set(struct import *import, struct import_line *line, struct node *object,
    enum conf_kind kind, unsigned setting, char *const *words, size_t len)
{
	const struct row *row = &row_kind(kind)->rows[setting];

	if (object == NULL) {
		import_row_orphan(line);
		return false;
	}
	if (len > 1 && strcmp(words[0], "value") == 0) {
		words++;
		len--;
	}
	if (!set_value(import, line, object, row, words, len))
		return false;
	import_converted(line, "%s", row->name);
	return true;
}

/* The line's words with the old spelling of the first ones replaced; false: too many. */
static size_t
spell(const struct import_line *line, const struct import_row_spelling *spellings, size_t len,
    struct buf *storage, char **out, size_t max)
{
	const char *to = NULL;
	size_t used = 0, n = 0;

	for (size_t i = 0; i < len; i++) {
		size_t from_len = strlen(spellings[i].from), words = 1;

		for (const char *p = spellings[i].from; *p != '\0'; p++)
			words += *p == ' ';
		if (words > used && strncmp(line->text, spellings[i].from, from_len) == 0 &&
		    (line->text[from_len] == ' ' || line->text[from_len] == '\0')) {
			to = spellings[i].to;
			used = words;
		}
	}
	if (to != NULL) {
		buf_puts(storage, to);
		buf_put_u8(storage, '\0');
		if (storage->err != ERR_OK)
			return 0;
		char *p = (char *)storage->data;
		for (;;) {
			char *end = strchr(p, ' ');

			if (n < max)
				out[n++] = p;
			if (end == NULL)
				break;
			*end = '\0';
			p = end + 1;
		}
	}
	for (size_t i = used; i < line->len && n < max; i++)
		out[n++] = line->words[i];
	return n;
}

/* Does the name begin with what the first n words spell? All of it: *exact. */
static bool
spells(const char *name, char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(words[i]);

		if (i > 0 && *name++ != '-')
			return false;
		if (strncmp(name, words[i], len) != 0)
			return false;
		name += len;
	}
	return *name == '\0';
}

/* Longest first: how many words spell a row; *setting is which. 0: none. */
static size_t
find_row(enum conf_kind kind, char *const *words, size_t len, unsigned *setting)
{
	const struct row_kind *table = row_kind(kind);

	for (size_t n = len < SPELLED_MAX ? len : SPELLED_MAX; n > 0; n--)
		for (size_t i = 0; i < table->len; i++)
			if (spells(table->rows[i].name, words, n)) {
				*setting = (unsigned)i;
				return n;
			}
	return 0;
}

static size_t
find_refused(enum conf_kind kind, char *const *words, size_t len, const char **why)
{
	const struct row_kind *table = row_kind(kind);

	for (size_t n = len < SPELLED_MAX ? len : SPELLED_MAX; n > 0; n--)
		for (size_t i = 0; i < table->refused_len; i++)
			if (spells(table->refused[i].name, words, n)) {
				*why = table->refused[i].why;
				return n;
			}
	return 0;
}

/* A refused setting that asks for nothing: "vlan none", "anyconnect ask none default webvpn". */
static bool
asks_for_nothing(char *const *words, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (str_ieq(words[i], "none") || str_ieq(words[i], "disable"))
			return true;
	return false;
}

bool
import_row_line(struct import *import, struct import_line *line, struct node *object,
    enum conf_kind kind, const struct import_row_spelling *spellings, size_t spellings_len)
{
	char *words[IMPORT_WORDS_MAX + SPELLED_MAX];
	struct buf storage;
	unsigned setting = 0;
	const char *why = "";
	bool known = true;

	buf_init(&storage, 256);
	size_t len = spell(line, spellings, spellings_len, &storage, words, ARRAY_LEN(words));
	size_t refused = find_refused(kind, words, len, &why);
	size_t row = find_row(kind, words, len, &setting);
	if (row > refused) {
		import_row_set(import, line, object, kind, setting, words + row, len - row);
	} else if (refused > 0) {
		if (asks_for_nothing(words + refused, len - refused))
			import_not_needed(line, "it is never done here");
		else
			import_not_supported(line, "%s", why);
	} else {
		known = false;
	}
	buf_fini(&storage);
	return known;
}

/* import_tree.c gives out the first member of its items. */
static const struct import_item *
item_of(const struct node *node)
{
	const void *item = node;

	return item;
}

struct node *
import_row_child(const struct node *object, const char *name)
{
	struct import_item *found = object != NULL ? import_item_find(item_of(object), name) : NULL;

	return found != NULL ? &found->node : NULL;
}

size_t
import_row_len(const struct node *list)
{
	return list != NULL ? item_of(list)->len : 0;
}

struct node *
import_row_at(const struct node *list, size_t index)
{
	return &item_of(list)->items[index]->node;
}

void
import_row_drop(struct node *list, size_t index)
{
	void *item = list;

	import_item_remove(item, index);
}

static void
copy_list(struct import *import, struct node *to, const struct node *list)
{
	import_unset(to, list->name);
	for (size_t i = 0; i < import_row_len(list); i++) {
		const struct node *entry = import_row_at(list, i);

		if (entry->type == NODE_GROUP)
			import_row_copy(import, import_append(import, to, list->name), entry);
		else if (entry->str != NULL)
			import_add_str(import, to, list->name, entry->str);
	}
}

/* Depth: attributes hold lists of groups of texts, and no more. */
void
import_row_copy(struct import *import, struct node *to, const struct node *from)
{
	for (size_t i = 0; i < import_row_len(from); i++) {
		const struct node *child = import_row_at(from, i);

		if (child->type == NODE_STRING)
			import_set_str(import, to, child->name, child->str);
		else if (child->type == NODE_INT)
			import_set_int(import, to, child->name, (long)child->num);
		else if (child->type == NODE_BOOL)
			import_set_bool(import, to, child->name, child->num != 0);
		else if (child->type == NODE_LIST)
			copy_list(import, to, child);
	}
}

const char *
import_row_object_name(const struct node *object)
{
	const char *name = object != NULL ? import_get_str(object, "name") : NULL;

	return name != NULL ? name : "";
}

/* The number of a group is of no other use. */
void
import_row_mark(struct node *object)
{
	if (object != NULL)
		object->num = 1;
}

bool
import_row_is_marked(const struct node *object)
{
	return object != NULL && object->num != 0;
}

void
import_row_file(struct import *import, const char *name, const struct buf *data)
{
	for (size_t i = 0; i < import->pems_len; i++) {
		struct import_pem *pem = &import->pems[i];
		struct buf both;

		if (pem->name == NULL || strcmp(pem->name, name) != 0)
			continue;
		buf_init(&both, pem->data.len + data->len);
		buf_put(&both, pem->data.data, pem->data.len);
		buf_put(&both, data->data, data->len);
		import->out_of_memory = import->out_of_memory || both.err != ERR_OK;
		buf_wipe(&pem->data);
		pem->data = both;
		return;
	}
	import_file(import, name, data->data, data->len, false);
}
