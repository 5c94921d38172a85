/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration while it is being built: settings by their names, checked against the rows of
 * conf/ as they are set. A value that the daemon would refuse is not set, and the line that brought
 * it says so; so what is written can be read.
 */
#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "conf/row.h"
#include "conf/write.h"
#include "tools/import_parts.h"

#define TREE_QUOTE_MAX 64

struct import_item *
import_item_of(struct node *node)
{
	return (struct import_item *)(void *)((char *)node - offsetof(struct import_item, node));
}

static void
item_free(struct import_item *item)
{
	if (item == NULL)
		return;
	for (size_t i = 0; i < item->len; i++)
		item_free(item->items[i]);
	free(item->items);
	if (item->node.str != NULL)
		str_wipe(item->node.str, strlen(item->node.str));
	free(item->node.str);
	free(item->node.name);
	free(item);
}

void
import_tree_free(struct import *import)
{
	for (size_t i = 0; i < ARRAY_LEN(import->roots); i++)
		item_free(import->roots[i]);
	item_free(import->lost);
}

static struct import_item *
item_new(struct import *import, enum node_type type, enum conf_kind kind, const char *name)
{
	struct import_item *item = calloc(1, sizeof(*item));

	if (item == NULL) {
		import->out_of_memory = true;
		return NULL;
	}
	item->node.type = type;
	item->kind = kind;
	item->node.line = import->line != NULL ? import->line->number : 0;
	if (name != NULL && (item->node.name = import_strdup(import, name)) == NULL) {
		item_free(item);
		return NULL;
	}
	return item;
}

/* Add to a group or list; takes the child. NULL: memory is out. */
static struct import_item *
item_add(struct import *import, struct import_item *parent, struct import_item *child)
{
	if (child == NULL)
		return NULL;
	if (parent->len == parent->cap) {
		size_t cap = parent->cap > 0 ? 2 * parent->cap : 4;
		struct import_item **items =
		    realloc(parent->items, cap * sizeof(struct import_item *));

		if (items == NULL) {
			import->out_of_memory = true;
			item_free(child);
			return NULL;
		}
		parent->items = items;
		parent->cap = cap;
	}
	parent->items[parent->len++] = child;
	return child;
}

struct import_item *
import_item_find(const struct import_item *group, const char *setting)
{
	for (size_t i = 0; i < group->len; i++)
		if (group->items[i]->node.name != NULL &&
		    strcmp(group->items[i]->node.name, setting) == 0)
			return group->items[i];
	return NULL;
}

void
import_item_remove(struct import_item *parent, size_t index)
{
	item_free(parent->items[index]);
	parent->len--;
	memmove(&parent->items[index], &parent->items[index + 1],
	    (parent->len - index) * sizeof(struct import_item *));
}

const char *
import_item_name(const struct import_item *item)
{
	const struct import_item *name = import_item_find(item, "name");

	return name != NULL && name->node.str != NULL ? name->node.str : "";
}

/* ---- rows ---- */

static const struct row *
row_find(enum conf_kind kind, const char *setting)
{
	const struct row_kind *table = row_kind(kind);

	for (size_t i = 0; i < table->len; i++)
		if (strcmp(table->rows[i].name, setting) == 0)
			return &table->rows[i];
	return NULL;
}

/* The row of a setting, of one of two types. A setting that is not in the table is a bug of ours:
 * said as one, so that nothing is written. */
static const struct row *
row_for(struct import *import, const struct import_item *object, const char *setting,
    enum row_type type, enum row_type or_type)
{
	const struct row *row;

	static const struct row mark = {.name = "mark", .type = ROW_BOOL};

	if (object == &import->spare)
		return NULL;
	if (setting[0] == '.')
		return &mark;
	row = row_find(object->kind, setting);
	if (row != NULL && (row->type == type || row->type == or_type))
		return row;
	import_complain(import, import->line != NULL ? import->line->number : 0,
	    "internal error: the setting %s %s", setting,
	    row == NULL ? "is unknown" : "has another type");
	return NULL;
}

static void
refuse(struct import *import, const char *what)
{
	if (import->line != NULL)
		import_not_supported(import->line, "%s", what);
	else
		import_complain(import, 0, "internal error: %s", what);
}

/* Would the daemon take the text? If not, the present line says why. */
static bool
text_fits(struct import *import, const struct row *row, const char *text)
{
	size_t len = strlen(text), max = row->max > 0 ? (size_t)row->max : 255;
	const char *wrong = NULL;
	struct buf what;

	if (row->none && strcmp(text, "none") == 0)
		return true;
	buf_init(&what, 1024);
	if (len == 0)
		wrong = "is empty";
	else if (len > max || (row->min > 0 && len < (size_t)row->min))
		wrong = "is too long or too short";
	else if (row->syntax != NULL)
		wrong = row->syntax(text);
	if (wrong == NULL && row->words != NULL) {
		size_t i = 0;

		while (row->words[i] != NULL && strcmp(row->words[i], text) != 0)
			i++;
		if (row->words[i] == NULL)
			wrong = "is not known here; set it by hand";
	}
	if (wrong != NULL) {
		if (row->secret)
			buf_printf(&what, "%s: the text %s", row->name, wrong);
		else
			buf_printf(
			    &what, "%s: \"%.*s\" %s", row->name, TREE_QUOTE_MAX, text, wrong);
		refuse(import, buf_cstr(&what));
	}
	buf_fini(&what);
	return wrong == NULL;
}

/* ---- objects ---- */

struct node *
import_root(struct import *import, enum conf_kind root)
{
	if (import->roots[root] == NULL)
		import->roots[root] = item_new(import, NODE_GROUP, root, NULL);
	return import->roots[root] != NULL ? &import->roots[root]->node : &import->spare.node;
}

/* The file and the list of a kind of named objects. NULL: it has none, which is a bug. */
static const struct row *
list_row(enum conf_kind kind, enum conf_kind *root)
{
	for (unsigned i = CONF_GATEWAY; i <= CONF_PKI; i++) {
		const struct row_kind *table = row_kind(i);

		*root = i;
		for (size_t k = 0; k < table->len; k++)
			if (table->rows[k].type == ROW_OBJECTS && table->rows[k].kind == kind)
				return &table->rows[k];
	}
	return NULL;
}

struct import_item *
import_item_list(const struct import *import, enum conf_kind kind)
{
	enum conf_kind root;
	const struct row *row = list_row(kind, &root);

	if (row == NULL || import->roots[root] == NULL)
		return NULL;
	return import_item_find(import->roots[root], row->name);
}

struct node *
import_find(struct import *import, enum conf_kind kind, const char *name)
{
	struct import_item *list = import_item_list(import, kind);

	for (size_t i = 0; list != NULL && i < list->len; i++)
		if (strcmp(import_item_name(list->items[i]), name) == 0)
			return &list->items[i]->node;
	return NULL;
}

struct node *
import_named(struct import *import, enum conf_kind kind, const char *name)
{
	struct node *object = import_find(import, kind, name);
	enum conf_kind root;
	const struct row *row = list_row(kind, &root);

	if (object != NULL || row == NULL)
		return object != NULL ? object : &import->spare.node;
	object = import_append(import, import_root(import, root), row->name);
	import_set_str(import, object, "name", name);
	return object;
}

/* The list of a setting, made if it is not there. */
static struct import_item *
list_of(struct import *import, struct import_item *object, const struct row *row)
{
	struct import_item *list = import_item_find(object, row->name);

	if (list != NULL && list->node.type == NODE_LIST)
		return list;
	if (list != NULL) /* "none", or one text alone */
		import_unset(&object->node, row->name);
	return item_add(import, object, item_new(import, NODE_LIST, object->kind, row->name));
}

/* Where objects go that are too many. */
static struct import_item *
lost_list(struct import *import)
{
	if (import->lost == NULL)
		import->lost = item_new(import, NODE_LIST, CONF_GATEWAY, NULL);
	return import->lost;
}

struct node *
import_append(struct import *import, struct node *object, const char *setting)
{
	struct import_item *item = import_item_of(object);
	const struct row *row = row_for(import, item, setting, ROW_OBJECTS, ROW_OBJECTS);
	struct import_item *list = row != NULL ? list_of(import, item, row) : NULL;

	if (list != NULL && row->max_count > 0 && list->len >= row->max_count) {
		struct buf what;

		buf_init(&what, 256);
		buf_printf(&what, "there are more than %zu of %s", row->max_count, row->name);
		refuse(import, buf_cstr(&what));
		buf_fini(&what);
		list = lost_list(import);
	}
	struct import_item *child =
	    list != NULL ? item_add(import, list, item_new(import, NODE_GROUP, row->kind, NULL))
			 : NULL;
	return child != NULL ? &child->node : &import->spare.node;
}

struct node *
import_sub(struct import *import, struct node *object, const char *setting)
{
	struct import_item *item = import_item_of(object);
	const struct row *row = row_for(import, item, setting, ROW_OBJECT, ROW_OBJECT);
	struct import_item *sub = row != NULL ? import_item_find(item, setting) : NULL;

	if (row != NULL && sub == NULL)
		sub = item_add(import, item, item_new(import, NODE_GROUP, row->kind, setting));
	return sub != NULL ? &sub->node : &import->spare.node;
}

/* ---- values ---- */

/* The setting as a new, empty value in place of what was there. NULL: memory is out. */
static struct import_item *
replace(struct import *import, struct import_item *object, const char *setting, enum node_type type)
{
	import_unset(&object->node, setting);
	return item_add(import, object, item_new(import, type, object->kind, setting));
}

void
import_unset(struct node *object, const char *setting)
{
	struct import_item *item = import_item_of(object);

	for (size_t i = item->len; i > 0; i--)
		if (item->items[i - 1]->node.name != NULL &&
		    strcmp(item->items[i - 1]->node.name, setting) == 0)
			import_item_remove(item, i - 1);
}

void
import_set_str(struct import *import, struct node *object, const char *setting, const char *value)
{
	struct import_item *item = import_item_of(object);
	const struct row *row = item == &import->spare ? NULL : row_find(item->kind, setting);

	if (row != NULL && row->type == ROW_STRINGS && strcmp(value, "none") != 0) {
		import_unset(object, setting);
		import_add_str(import, object, setting, value);
		return;
	}
	/* A number, a list of texts or of objects may be "none". */
	if (row == NULL || !row->none || strcmp(value, "none") != 0)
		row = row_for(import, item, setting, ROW_STRING, ROW_ENUM);
	if (row == NULL || !text_fits(import, row, value))
		return;
	struct import_item *child = replace(import, item, setting, NODE_STRING);
	if (child != NULL)
		child->node.str = import_strdup(import, value);
}

void
import_set_int(struct import *import, struct node *object, const char *setting, long value)
{
	struct import_item *item = import_item_of(object);
	const struct row *row = row_for(import, item, setting, ROW_INT, ROW_INT);
	struct buf what;

	if (row == NULL)
		return;
	if (value < row->min || value > row->max) {
		buf_init(&what, 256);
		buf_printf(&what, "%s: %ld is out of range; %lld to %lld are possible", setting,
		    value, (long long)row->min, (long long)row->max);
		refuse(import, buf_cstr(&what));
		buf_fini(&what);
		return;
	}
	struct import_item *child = replace(import, item, setting, NODE_INT);
	if (child != NULL)
		child->node.num = value;
}

void
import_set_bool(struct import *import, struct node *object, const char *setting, bool value)
{
	struct import_item *item = import_item_of(object);
	const struct row *row = row_for(import, item, setting, ROW_BOOL, ROW_BOOL);
	struct import_item *child = row != NULL ? replace(import, item, setting, NODE_BOOL) : NULL;

	if (child != NULL)
		child->node.num = value;
}

void
import_set_list(
    struct import *import, struct node *object, const char *setting, char *const *words, size_t len)
{
	import_unset(object, setting);
	for (size_t i = 0; i < len; i++)
		import_add_str(import, object, setting, words[i]);
}

void
import_add_str(struct import *import, struct node *object, const char *setting, const char *value)
{
	struct import_item *item = import_item_of(object);
	const struct row *row = row_for(import, item, setting, ROW_STRINGS, ROW_STRINGS);

	if (row == NULL || !text_fits(import, row, value))
		return;
	struct import_item *list = list_of(import, item, row);
	if (list == NULL)
		return;
	for (size_t i = 0; !row->repeats && i < list->len; i++)
		if (strcmp(list->items[i]->node.str, value) == 0)
			return;
	if (row->max_count > 0 && list->len >= row->max_count) {
		struct buf what;

		buf_init(&what, 256);
		buf_printf(
		    &what, "%s: more than %zu; those behind are left out", setting, row->max_count);
		refuse(import, buf_cstr(&what));
		buf_fini(&what);
		return;
	}
	struct import_item *child = item_new(import, NODE_STRING, item->kind, NULL);
	if (child != NULL && (child->node.str = import_strdup(import, value)) == NULL) {
		item_free(child);
		return;
	}
	(void)item_add(import, list, child);
}

const char *
import_get_str(const struct node *object, const char *setting)
{
	const void *item = (const char *)object - offsetof(struct import_item, node);
	const struct import_item *child = import_item_find(item, setting);

	return child != NULL && child->node.type == NODE_STRING ? child->node.str : NULL;
}

void
import_file(struct import *import, const char *name, const void *data, size_t len, bool secret)
{
	struct import_pem *pems =
	    realloc(import->pems, (import->pems_len + 1) * sizeof(*import->pems));

	if (pems == NULL) {
		import->out_of_memory = true;
		return;
	}
	import->pems = pems;
	struct import_pem *pem = &pems[import->pems_len];
	pem->secret = secret;
	pem->name = import_strdup(import, name);
	buf_init(&pem->data, len);
	buf_put(&pem->data, data, len);
	if (pem->data.err != ERR_OK)
		import->out_of_memory = true;
	import->pems_len++;
}

/* ---- to a tree that can be written ---- */

static bool flatten(const struct import_item *item, struct node *out);

static bool
flatten_child(const struct import_item *child, struct node *out)
{
	struct node *node = &out->children[out->len++];

	return flatten(child, node);
}

/* Settings come in the order of their table, whatever order the input had. */
static bool
flatten_group(const struct import_item *item, struct node *out)
{
	const struct row_kind *table = row_kind(item->kind);
	bool fine = true;

	for (size_t i = 0; i < table->len && fine; i++) {
		const struct import_item *child = import_item_find(item, table->rows[i].name);

		if (child != NULL)
			fine = flatten_child(child, out);
	}
	return fine;
}

static bool
flatten(const struct import_item *item, struct node *out)
{
	bool fine = true;

	out->type = item->node.type;
	out->num = item->node.num;
	if (item->node.name != NULL && (out->name = strdup(item->node.name)) == NULL)
		return false;
	if (item->node.str != NULL && (out->str = strdup(item->node.str)) == NULL)
		return false;
	if (item->len == 0)
		return true;
	out->children = calloc(item->len, sizeof(*out->children));
	if (out->children == NULL)
		return false;
	if (item->node.type == NODE_GROUP)
		return flatten_group(item, out);
	for (size_t i = 0; i < item->len && fine; i++)
		fine = flatten_child(item->items[i], out);
	return fine;
}

enum err
import_text(const struct import *import, enum conf_kind root, struct buf *out)
{
	struct node *node;
	enum err err = ERR_NOMEM;

	if (import->roots[root] == NULL)
		return ERR_OK;
	node = calloc(1, sizeof(*node));
	if (node != NULL && flatten(import->roots[root], node))
		err = write_conf(node, out);
	file_free(node);
	return err;
}
