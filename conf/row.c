/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The walker: one group of a file against one table. What is wrong is said and left at its default,
 * so that one run finds everything; a configuration with an error is never used.
 */
#include "conf/row.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "conf/errors.h"
#include "conf/row_unknown.h"

#define ROW_STRING_MAX 255
#define ROW_QUOTE_MAX 64 /* of a value in an error */

static const struct row_kind *const kinds[CONF_KIND_COUNT] = {
    [CONF_GATEWAY] = &rows_gateway,
    [CONF_TUNNEL_GROUPS] = &rows_group,
    [CONF_GROUP_POLICIES] = &rows_policy,
    [CONF_AAA] = &rows_aaa,
    [CONF_USERS] = &rows_user,
    [CONF_PKI] = &rows_pki,
    [CONF_LISTENER] = &rows_gateway_listener,
    [CONF_TUN] = &rows_gateway_tun,
    [CONF_PROCESS_USERS] = &rows_gateway_users,
    [CONF_LIMITS] = &rows_gateway_limits,
    [CONF_LOGGING] = &rows_gateway_logging,
    [CONF_LOG_HOST] = &rows_logging_host,
    [CONF_LOG_LIST] = &rows_logging_list,
    [CONF_CONTROL] = &rows_gateway_control,
    [CONF_SSL] = &rows_gateway_ssl,
    [CONF_THREAT] = &rows_threat,
    [CONF_THREAT_SERVICE] = &rows_threat_service,
    [CONF_THREAT_SPRAYING] = &rows_threat_spraying,
    [CONF_WEBVPN] = &rows_group_webvpn,
    [CONF_CERTIFICATE_GROUP_MAP] = &rows_group_certificate_group_map,
    [CONF_CUSTOM_ATTR] = &rows_group_custom_attr,
    [CONF_CUSTOM_DATA] = &rows_group_custom_data,
    [CONF_CERTIFICATE_MAP] = &rows_group_certificate_map,
    [CONF_TUNNEL_GROUP] = &rows_group_tunnel_group,
    [CONF_TG_GENERAL] = &rows_group_general,
    [CONF_TG_WEBVPN] = &rows_group_webvpn_attributes,
    [CONF_TG_MULTIPLE] = &rows_group_multiple,
    [CONF_GROUP_ALIAS] = &rows_group_alias,
    [CONF_GROUP_URL] = &rows_group_url,
    [CONF_GROUP_POLICY] = &rows_policy_group_policy,
    [CONF_GP_ATTRIBUTES] = &rows_policy_attributes,
    [CONF_CUSTOM] = &rows_policy_custom,
    [CONF_IP_LOCAL_POOL] = &rows_policy_pool,
    [CONF_IPV6_LOCAL_POOL] = &rows_policy_pool6,
    [CONF_ACCESS_LIST] = &rows_acl_access_list,
    [CONF_OBJECT] = &rows_acl_object,
    [CONF_OBJECT_GROUP] = &rows_acl_object_group,
    [CONF_TIME_RANGE] = &rows_acl_time_range,
    [CONF_AAA_SERVER_GROUP] = &rows_aaa_server_group,
    [CONF_AAA_HOST] = &rows_aaa_host,
    [CONF_SDI_MESSAGE] = &rows_aaa_sdi_message,
    [CONF_USERNAME] = &rows_user_username,
    [CONF_TRUSTPOINT] = &rows_pki_trustpoint,
    [CONF_SSL_TRUST_POINT] = &rows_pki_ssl_trust_point,
};

/* One setting of one object, while it is being filled. */
struct place {
	const char *file;
	struct conf_object *object;
	unsigned setting;
	const struct row *row;
	struct conf_value *value;
	struct conf_errors *errors;
};

static struct conf_object *object_new(const struct place *parent, size_t index, size_t room,
    const char *file, enum conf_kind kind, const struct node *group, struct conf_errors *errors);

const struct row_kind *
row_kind(enum conf_kind kind)
{
	return kinds[kind];
}

static void
complain(const struct place *place, const char *what)
{
	errors_setting(place->errors, place->object, place->setting, "%s", what);
}

static void
wrong_type(const struct place *place, const char *wanted, const struct node *node)
{
	errors_setting(place->errors, place->object, place->setting, "must be %s, not %s", wanted,
	    file_type_name(node->type));
}

/* The subject of a complaint about a text: the text in quotes, or a word for it when it is secret.
 */
static const char *
quoted(const struct row *row, const char *text, char dst[ROW_QUOTE_MAX + 16])
{
	if (row->secret)
		return "the text";
	snprintf(dst, ROW_QUOTE_MAX + 16, "\"%.*s%s\"", ROW_QUOTE_MAX, text,
	    strlen(text) > ROW_QUOTE_MAX ? "..." : "");
	return dst;
}

/* Position among the words, -1: none. */
static int64_t
word_index(const char *const *words, const char *text)
{
	for (int64_t i = 0; words[i] != NULL; i++)
		if (strcmp(words[i], text) == 0)
			return i;
	return -1;
}

static void
complain_word(const struct place *place, const char *text)
{
	const char *why = row_unknown_word(row_kind(place->object->kind), place->row, text);
	char quote[ROW_QUOTE_MAX + 16];
	struct buf list;

	if (why != NULL) {
		errors_setting(place->errors, place->object, place->setting,
		    "%s is not supported: %s", quoted(place->row, text, quote), why);
		return;
	}
	buf_init(&list, 512);
	for (const char *const *word = place->row->words; *word != NULL; word++)
		buf_printf(&list, "%s%s", list.len > 0 ? ", " : "", *word);
	errors_setting(place->errors, place->object, place->setting, "%s is not known; use %s%s",
	    quoted(place->row, text, quote), place->row->words[1] != NULL ? "one of " : "",
	    buf_cstr(&list));
	buf_fini(&list);
}

/* Length, words and syntax of one string. Complains and returns false if one is wrong. */
static bool
text_is_fine(const struct place *place, const char *text)
{
	const struct row *row = place->row;
	size_t len = strlen(text), min = row->min > 0 ? (size_t)row->min : 1;
	size_t max = row->max > 0 ? (size_t)row->max : ROW_STRING_MAX;
	char quote[ROW_QUOTE_MAX + 16];

	if (len == 0) {
		complain(place, row->none ? "is empty; write a value or \"none\"" : "is empty");
		return false;
	}
	if (len < min || len > max) {
		errors_setting(place->errors, place->object, place->setting,
		    "%s is %zu bytes long; use %zu to %zu", quoted(row, text, quote), len, min,
		    max);
		return false;
	}
	if (row->words != NULL && word_index(row->words, text) < 0) {
		complain_word(place, text);
		return false;
	}
	const char *wrong = row->syntax != NULL ? row->syntax(text) : NULL;
	if (wrong == NULL)
		return true;
	errors_setting(
	    place->errors, place->object, place->setting, "%s %s", quoted(row, text, quote), wrong);
	return false;
}

static void
set_bool(const struct place *place, const struct node *node)
{
	if (node->type != NODE_BOOL) {
		wrong_type(place, "true or false", node);
		return;
	}
	place->value->num = node->num;
	place->value->state = CONF_SET;
}

static void
set_int(const struct place *place, const struct node *node)
{
	const struct row *row = place->row;
	char wanted[96];

	snprintf(wanted, sizeof(wanted), "a number from %lld to %lld%s", (long long)row->min,
	    (long long)row->max, row->none ? " or \"none\"" : "");
	if (node->type != NODE_INT) {
		wrong_type(place, wanted, node);
		return;
	}
	if (node->num < row->min || node->num > row->max) {
		errors_setting(place->errors, place->object, place->setting,
		    "%lld is out of range; use %lld to %lld%s", (long long)node->num,
		    (long long)row->min, (long long)row->max, row->none ? " or \"none\"" : "");
		return;
	}
	place->value->num = node->num;
	place->value->state = CONF_SET;
}

static void
set_string(const struct place *place, const struct node *node)
{
	if (node->type != NODE_STRING) {
		wrong_type(place, "a text in quotes", node);
		return;
	}
	if (!text_is_fine(place, node->str))
		return;
	free(place->value->str);
	place->value->str = errors_strdup(place->errors, node->str);
	if (place->row->type == ROW_ENUM)
		place->value->num = word_index(place->row->words, node->str);
	place->value->state = CONF_SET;
}

static void
list_free(struct conf_value *value)
{
	for (size_t i = 0; i < value->len && value->list != NULL; i++) {
		str_wipe(value->list[i], strlen(value->list[i]));
		free(value->list[i]);
	}
	free(value->list);
	value->list = NULL;
	value->len = 0;
}

/* Add one string of a list, which must be new in it unless the row says otherwise. */
static void
list_add(const struct place *place, const char *text)
{
	struct conf_value *value = place->value;
	char quote[ROW_QUOTE_MAX + 16];

	for (size_t i = 0; !place->row->repeats && i < value->len; i++) {
		if (strcmp(value->list[i], text) == 0) {
			errors_setting(place->errors, place->object, place->setting,
			    "%s is there twice; name it once", quoted(place->row, text, quote));
			return;
		}
	}
	value->list[value->len] = errors_strdup(place->errors, text);
	if (value->list[value->len] != NULL)
		value->len++;
}

static void
set_strings(const struct place *place, const struct node *node)
{
	const struct row *row = place->row;
	struct conf_value *value = place->value;
	const struct node *items = node->type == NODE_LIST ? node->children : node;
	size_t len = node->type == NODE_LIST ? node->len : 1;

	if (node->type != NODE_LIST && node->type != NODE_STRING) {
		wrong_type(place, "a list of texts [ \"..\", \"..\" ]", node);
		return;
	}
	if (len == 0) {
		complain(place, row->none ? "is empty; name something or write \"none\""
					  : "is empty; name at least one");
		return;
	}
	if (row->max_count > 0 && len > row->max_count) {
		errors_setting(place->errors, place->object, place->setting,
		    "has %zu entries; at most %zu are possible", len, row->max_count);
		return;
	}
	list_free(value);
	value->list = errors_calloc(place->errors, len, sizeof(*value->list));
	if (value->list == NULL)
		return;
	for (size_t i = 0; i < len; i++) {
		if (items[i].type != NODE_STRING)
			wrong_type(place, "a list of texts [ \"..\", \"..\" ]", &items[i]);
		else if (text_is_fine(place, items[i].str))
			list_add(place, items[i].str);
	}
	value->state = CONF_SET;
}

/* A sub-object, from a group or (NULL) of defaults only. */
static void
set_object(const struct place *place, const struct node *node)
{
	struct conf_value *value = place->value;

	if (node != NULL && node->type != NODE_GROUP) {
		wrong_type(place, "a group { name = value; .. }", node);
		return;
	}
	value->objects = errors_calloc(place->errors, 1, sizeof(struct conf_object *));
	if (value->objects == NULL)
		return;
	value->objects[0] =
	    object_new(place, 0, 0, place->file, place->row->kind, node, place->errors);
	value->len = value->objects[0] != NULL ? 1 : 0;
	if (node != NULL)
		value->state = CONF_SET;
}

static void
set_objects(const struct place *place, const struct node *node)
{
	struct conf_value *value = place->value;

	if (node->type != NODE_LIST) {
		wrong_type(place, "a list of groups ( { .. }, { .. } )", node);
		return;
	}
	if (place->row->max_count > 0 && node->len > place->row->max_count) {
		errors_setting(place->errors, place->object, place->setting,
		    "has %zu entries; at most %zu are possible", node->len, place->row->max_count);
		return;
	}
	if (place->row->required && node->len == 0)
		complain(place, "is empty; at least one is needed");
	value->state = CONF_SET;
	value->objects = errors_calloc(place->errors, node->len, sizeof(struct conf_object *));
	if (value->objects == NULL)
		return;
	for (size_t i = 0; i < node->len; i++) {
		if (node->children[i].type != NODE_GROUP) {
			wrong_type(
			    place, "a list of groups ( { .. }, { .. } )", &node->children[i]);
			continue;
		}
		struct conf_object *child = object_new(
		    place, i, 0, place->file, place->row->kind, &node->children[i], place->errors);
		if (child == NULL)
			return;
		value->objects[value->len++] = child;
	}
}

static bool
node_is_none(const struct node *node)
{
	const struct node *item =
	    node->type == NODE_LIST && node->len == 1 ? &node->children[0] : node;

	return item->type == NODE_STRING && strcmp(item->str, "none") == 0;
}

/* "none": nothing, and nothing from elsewhere. */
static void
set_none(struct conf_value *value)
{
	free(value->str);
	value->str = NULL;
	list_free(value);
	value->num = 0;
	value->state = CONF_NONE;
}

static void (*const setters[])(const struct place *, const struct node *) = {
    [ROW_BOOL] = set_bool,
    [ROW_INT] = set_int,
    [ROW_ENUM] = set_string,
    [ROW_STRING] = set_string,
    [ROW_STRINGS] = set_strings,
    [ROW_OBJECT] = set_object,
    [ROW_OBJECTS] = set_objects,
};

/* What the setting is while nothing sets it. */
static void
set_default(const struct place *place)
{
	const struct row *row = place->row;
	struct conf_value *value = place->value;

	value->num = row->def;
	if (row->def_text == NULL)
		return;
	if (row->type == ROW_STRINGS) {
		value->list = errors_calloc(place->errors, 1, sizeof(*value->list));
		if (value->list != NULL)
			list_add(place, row->def_text);
		return;
	}
	value->str = errors_strdup(place->errors, row->def_text);
	if (row->type == ROW_ENUM)
		value->num = word_index(row->words, row->def_text);
}

static const struct node *
find_member(const struct node *group, const char *name)
{
	for (size_t i = 0; group != NULL && i < group->len; i++)
		if (strcmp(group->children[i].name, name) == 0)
			return &group->children[i];
	return NULL;
}

static void
fill_setting(const struct place *place, const struct node *group)
{
	const struct row *row = place->row;
	const struct node *member = find_member(group, row->name);

	place->value->origin.file = place->file;
	set_default(place);
	if (member != NULL) {
		place->value->origin.line = member->line;
		if (row->none && node_is_none(member))
			set_none(place->value);
		else
			setters[row->type](place, member);
	} else if (row->required && group != NULL) {
		errors_setting(place->errors, place->object, place->setting,
		    "is missing; it is required: %s", row->help);
	}
	if (row->type == ROW_OBJECT && place->value->objects == NULL)
		set_object(place, NULL);
}

/* room: bytes behind the object that are freed with it. */
static struct conf_object *
object_new(const struct place *parent, size_t index, size_t room, const char *file,
    enum conf_kind kind, const struct node *group, struct conf_errors *errors)
{
	const struct row_kind *table = kinds[kind];
	struct conf_object *object = errors_calloc(errors, 1, sizeof(*object) + room);

	if (object == NULL)
		return NULL;
	object->kind = kind;
	object->origin.file = file;
	object->origin.line = group != NULL ? group->line : 0;
	if (parent != NULL) {
		object->parent = parent->object;
		object->parent_setting = parent->setting;
		object->parent_index = index;
		if (group == NULL)
			object->origin.line = parent->object->origin.line;
	}
	object->values = errors_calloc(errors, table->len, sizeof(*object->values));
	if (object->values == NULL) {
		free(object);
		return NULL;
	}
	for (size_t i = 0; group != NULL && i < group->len; i++)
		if (row_find(table, group->children[i].name) == table->len)
			row_unknown_setting(errors, object, &group->children[i]);
	for (unsigned i = 0; i < table->len; i++) {
		struct place place = {
		    .file = file,
		    .object = object,
		    .setting = i,
		    .row = &table->rows[i],
		    .value = &object->values[i],
		    .errors = errors,
		};

		fill_setting(&place, group);
	}
	return object;
}

struct conf_object *
row_object(
    const char *file, enum conf_kind kind, const struct node *group, struct conf_errors *errors)
{
	return object_new(NULL, 0, 0, file, kind, group, errors);
}

struct conf_object *
row_object_room(
    const char *file, enum conf_kind kind, size_t room, char **at, struct conf_errors *errors)
{
	struct conf_object *object = object_new(NULL, 0, room, file, kind, NULL, errors);

	if (object != NULL)
		*at = (char *)(object + 1);
	return object;
}

enum err
row_append(struct conf_object *parent, unsigned setting, struct conf_object *child)
{
	struct conf_value *value = &parent->values[setting];
	struct conf_object **objects =
	    realloc(value->objects, (value->len + 1) * sizeof(struct conf_object *));

	if (objects == NULL) {
		row_object_free(child);
		return ERR_NOMEM;
	}
	child->parent = parent;
	child->parent_setting = setting;
	child->parent_index = value->len;
	objects[value->len++] = child;
	value->objects = objects;
	return ERR_OK;
}

static void
value_fini(struct conf_value *value)
{
	if (value->str != NULL)
		str_wipe(value->str, strlen(value->str));
	free(value->str);
	if (value->list != NULL)
		list_free(value);
	for (size_t i = 0; i < value->len && value->objects != NULL; i++)
		row_object_free(value->objects[i]);
	free(value->objects);
}

/* ---- a setting that no file has ---- */

/* What the text would be in a file of the row's type. ERR_SYNTAX: no such value. */
static enum err
text_node(const struct row *row, char *text, struct node *node)
{
	const struct node string = {.type = NODE_STRING, .str = text};
	bool yes = strcmp(text, "true") == 0;

	*node = string;
	if (row->none && node_is_none(node))
		return ERR_OK;
	if (row->type == ROW_BOOL) {
		*node = (struct node){.type = NODE_BOOL, .num = yes};
		return yes || strcmp(text, "false") == 0 ? ERR_OK : ERR_SYNTAX;
	}
	if (row->type == ROW_INT) {
		uint64_t num = 0;
		enum err err = str_to_u64(text, 0, INT64_MAX, &num);

		*node = (struct node){.type = NODE_INT, .num = (int64_t)num};
		return err;
	}
	return ERR_OK;
}

/* The node of all texts; items has room for them when the row is a list. */
static enum err
texts_node(
    const struct row *row, char *const *texts, size_t len, struct node *items, struct node *out)
{
	enum err err = ERR_OK;

	if (row->type == ROW_OBJECT || row->type == ROW_OBJECTS || len == 0 ||
	    (row->type != ROW_STRINGS && len != 1))
		return ERR_SYNTAX;
	for (size_t i = 0; i < len && err == ERR_OK; i++)
		err = text_node(row, texts[i], &items[i]);
	*out = items[0];
	if (row->type == ROW_STRINGS)
		*out = (struct node){.type = NODE_LIST, .children = items, .len = len};
	return err;
}

/* What a setting was before anything was written. */
static void
clear(const struct place *place)
{
	struct conf_origin origin = place->value->origin;

	value_fini(place->value);
	*place->value = (struct conf_value){.origin = origin};
	set_default(place);
	if (place->row->type == ROW_OBJECT)
		set_object(place, NULL);
}

enum err
row_set_texts(struct conf_object *object, unsigned setting, char *const *texts, size_t len,
    struct conf_errors *errors)
{
	struct place place = {
	    .file = object->origin.file,
	    .object = object,
	    .setting = setting,
	    .row = &kinds[object->kind]->rows[setting],
	    .value = &object->values[setting],
	    .errors = errors,
	};
	struct node *items = errors_calloc(errors, len, sizeof(*items)), node;
	unsigned before = errors->count;

	if (items == NULL)
		return ERR_NOMEM;
	clear(&place);
	if (texts_node(place.row, texts, len, items, &node) != ERR_OK)
		complain(&place, "is not a value of its type");
	else if (place.row->none && node_is_none(&node))
		set_none(place.value);
	else
		setters[place.row->type](&place, &node);
	free(items);
	if (errors->count == before)
		return ERR_OK;
	clear(&place);
	return errors->out_of_memory ? ERR_NOMEM : ERR_SYNTAX;
}

void
row_object_free(struct conf_object *object)
{
	if (object == NULL)
		return;
	for (size_t i = 0; i < kinds[object->kind]->len; i++)
		value_fini(&object->values[i]);
	free(object->values);
	free(object);
}
