/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration as others see it: references, look-up, values, and the slices of the roles. */
#include "conf/conf.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "conf/errors.h"
#include "conf/parts.h"
#include "conf/row.h"
#include "conf/slice.h"

#define CONF_ERRORS_MAX 262144

void
conf_errors_init(struct conf_errors *errors)
{
	*errors = (struct conf_errors){0};
	buf_init(&errors->text, CONF_ERRORS_MAX);
	buf_init(&errors->warnings, CONF_ERRORS_MAX);
}

void
conf_errors_fini(struct conf_errors *errors)
{
	buf_fini(&errors->text);
	buf_fini(&errors->warnings);
	errors->count = 0;
	errors->warnings_count = 0;
	errors->out_of_memory = false;
}

struct conf *
conf_ref(struct conf *conf)
{
	atomic_fetch_add_explicit(&conf->refs, 1, memory_order_relaxed);
	return conf;
}

void
conf_unref(struct conf *conf)
{
	if (conf == NULL || atomic_fetch_sub_explicit(&conf->refs, 1, memory_order_acq_rel) != 1)
		return;
	for (size_t i = 0; i < ARRAY_LEN(conf->roots); i++)
		row_object_free(conf->roots[i]);
	for (size_t i = 0; i < ARRAY_LEN(conf->index); i++) {
		free(conf->index[i].all);
		free(conf->index[i].by_name);
	}
	texts_fini(&conf->texts);
	free(conf);
}

static const struct parts_file *
file_by_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(parts_files); i++)
		if (strcmp(parts_files[i].name, name) == 0)
			return &parts_files[i];
	return NULL;
}

static bool
role_may_see(const struct text *text, void *arg)
{
	unsigned role = 1u << *(const Ipc__RoleId *)arg;

	if (text->type == TEXTS_PEM)
		return role == 1u << IPC__ROLE_ID__ROLE_PKI;
	const struct parts_file *file = file_by_name(text->name);
	return file != NULL && (file->role_mask & role) != 0;
}

enum err
conf_slice(const struct conf *conf, Ipc__RoleId role, struct buf *out)
{
	return slice_pack(&conf->texts, role_may_see, &role, out);
}

struct conf *
conf_from_slice(const void *data, size_t len, struct conf_errors *errors)
{
	struct conf *conf = parts_new(errors);

	if (conf == NULL)
		return NULL;
	enum err err = slice_unpack(data, len, &conf->texts);
	if (err != ERR_OK)
		errors_add(errors, "slice", 0, NULL, "cannot be read: %s", err_str(err));
	for (size_t i = 0; i < conf->texts.len; i++)
		if (conf->texts.items[i].type == TEXTS_CONF &&
		    file_by_name(conf->texts.items[i].name) == NULL)
			errors_add(errors, "slice", 0, NULL, "\"%.64s\" is no file of ours",
			    conf->texts.items[i].name);
	if (errors->count == 0)
		parts_build(conf, errors);
	if (errors->count == 0 && conf->roots[CONF_GATEWAY] == NULL)
		errors_add(errors, "slice", 0, NULL, "gateway.conf is not in it");
	return parts_finish(conf, errors);
}

struct conf *
conf_read_slice(const void *data, size_t len, struct buf *why)
{
	struct conf_errors errors;
	struct conf *conf;

	conf_errors_init(&errors);
	conf = conf_from_slice(data, len, &errors);
	if (conf == NULL)
		buf_puts(why, buf_cstr(&errors.text));
	conf_errors_fini(&errors);
	return conf;
}

struct conf *
conf_take_slice(const void *data, size_t len)
{
	struct conf *conf;
	struct buf why;

	buf_init(&why, CONF_ERRORS_MAX);
	conf = conf_read_slice(data, len, &why);
	if (conf == NULL)
		die("the configuration handed over is not valid: %s", buf_cstr(&why));
	buf_fini(&why);
	return conf;
}

enum err
conf_check_text(const char *file, const char *text, size_t len, struct conf_errors *errors)
{
	if (file_by_name(file) == NULL)
		return ERR_NOTFOUND;
	struct conf *conf = parts_new(errors);
	if (conf == NULL)
		return ERR_NOMEM;
	enum err err = texts_add(&conf->texts, TEXTS_CONF, file, text, len);
	if (err != ERR_OK) {
		errors_add(errors, file, 0, NULL, "%s", err_str(err));
		conf_unref(conf);
		return err;
	}
	parts_build(conf, errors);
	conf = parts_finish(conf, errors);
	err = conf != NULL ? ERR_OK : ERR_SYNTAX;
	conf_unref(conf);
	return err;
}

const struct conf_object *
conf_root(const struct conf *conf, enum conf_kind root)
{
	return root < PARTS_ROOT_COUNT ? conf->roots[root] : NULL;
}

static int
compare_name(const void *name, const void *object)
{
	return strcmp(name, parts_name(*(const struct conf_object *const *)object));
}

const struct conf_object *
conf_find(const struct conf *conf, enum conf_kind kind, const char *name)
{
	const struct parts_index *index = &conf->index[kind];

	if (index->by_name_len == 0)
		return NULL;
	const struct conf_object *const *found = bsearch(
	    name, index->by_name, index->by_name_len, sizeof(*index->by_name), compare_name);
	return found != NULL ? *found : NULL;
}

size_t
conf_objects(const struct conf *conf, enum conf_kind kind, const struct conf_object *const **out)
{
	*out = conf->index[kind].all;
	return conf->index[kind].all_len;
}

const char *
conf_file_content(const struct conf *conf, const char *path, size_t *len)
{
	const struct text *text = texts_find(&conf->texts, TEXTS_PEM, path);

	*len = text != NULL ? text->data.len : 0;
	return text != NULL && text->data.len > 0 ? (const char *)text->data.data : NULL;
}

const struct conf_value *
conf_value(const struct conf_object *object, unsigned setting)
{
	assert(setting < row_kind(object->kind)->len);
	return &object->values[setting];
}

bool
conf_bool(const struct conf_object *object, unsigned setting)
{
	return conf_value(object, setting)->num != 0;
}

int64_t
conf_int(const struct conf_object *object, unsigned setting)
{
	return conf_value(object, setting)->num;
}

const char *
conf_str(const struct conf_object *object, unsigned setting)
{
	return conf_value(object, setting)->str;
}

size_t
conf_list(const struct conf_object *object, unsigned setting, char *const **out)
{
	const struct conf_value *value = conf_value(object, setting);

	*out = value->list;
	return value->list != NULL ? value->len : 0;
}

const struct conf_object *
conf_sub(const struct conf_object *object, unsigned setting)
{
	return conf_value(object, setting)->objects[0];
}

size_t
conf_subs(const struct conf_object *object, unsigned setting, struct conf_object *const **out)
{
	const struct conf_value *value = conf_value(object, setting);

	*out = value->objects;
	return value->objects != NULL ? value->len : 0;
}

const char *
conf_setting_name(enum conf_kind kind, unsigned setting)
{
	assert(setting < row_kind(kind)->len);
	return row_kind(kind)->rows[setting].name;
}
