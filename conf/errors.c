/* SPDX-License-Identifier: Apache-2.0 */
/* The lines of struct conf_errors. The text is bounded: what does not fit is counted only. */
#include "conf/errors.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "conf/parts.h"
#include "conf/row.h"

#define ERRORS_LINE_MAX 1024

/* One line into text: "file:line: subject: what". */
static void PRINTF_LIKE(5, 0) put_line(
    struct buf *text, const char *file, int line, const char *subject, const char *fmt, va_list ap)
{
	char what[ERRORS_LINE_MAX], clean[ERRORS_LINE_MAX];

	vsnprintf(what, sizeof(what), fmt, ap);
	str_printable(clean, sizeof(clean), what);
	/* A buffer that is full would lose what it holds. */
	if (text->max - text->len < 2 * ERRORS_LINE_MAX)
		return;
	buf_puts(text, file);
	if (line > 0)
		buf_printf(text, ":%d", line);
	if (subject != NULL && subject[0] != '\0')
		buf_printf(text, ": %s", subject);
	buf_printf(text, ": %s\n", clean);
}

static void PRINTF_LIKE(5, 0) add_line(struct conf_errors *errors, const char *file, int line,
    const char *setting, const char *fmt, va_list ap)
{
	errors->count++;
	put_line(&errors->text, file, line, setting, fmt, ap);
}

void
errors_add(struct conf_errors *errors, const char *file, int line, const char *setting,
    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_line(errors, file, line, setting, fmt, ap);
	va_end(ap);
}

/* "tunnel-groups[0].webvpn-attributes" into path. */
static void
object_path(const struct conf_object *object, struct buf *path)
{
	if (object->parent == NULL)
		return;
	object_path(object->parent, path);
	const struct row *row = &row_kind(object->parent->kind)->rows[object->parent_setting];

	buf_printf(path, "%s%s", path->len > 0 ? "." : "", row->name);
	if (row->type == ROW_OBJECTS)
		buf_printf(path, "[%zu]", object->parent_index);
}

void
errors_setting(struct conf_errors *errors, const struct conf_object *object, unsigned setting,
    const char *fmt, ...)
{
	const struct conf_value *value = &object->values[setting];
	int line = value->origin.line > 0 ? value->origin.line : object->origin.line;
	struct buf path;
	va_list ap;

	buf_init(&path, ERRORS_LINE_MAX / 2);
	object_path(object, &path);
	buf_printf(
	    &path, "%s%s", path.len > 0 ? "." : "", conf_setting_name(object->kind, setting));
	va_start(ap, fmt);
	add_line(errors, object->origin.file, line, buf_cstr(&path), fmt, ap);
	va_end(ap);
	buf_fini(&path);
}

void
errors_object(
    struct conf_errors *errors, const struct conf_object *object, int line, const char *fmt, ...)
{
	struct buf path;
	va_list ap;

	buf_init(&path, ERRORS_LINE_MAX / 2);
	object_path(object, &path);
	va_start(ap, fmt);
	add_line(errors, object->origin.file, line, buf_cstr(&path), fmt, ap);
	va_end(ap);
	buf_fini(&path);
}

void
errors_warn(struct conf_errors *errors, const struct conf_object *object, const char *fmt, ...)
{
	char clean[ERRORS_LINE_MAX / 4];
	const char *name = parts_name(object);
	struct buf path;
	va_list ap;

	buf_init(&path, ERRORS_LINE_MAX / 2);
	object_path(object, &path);
	if (name != NULL) {
		str_printable(clean, sizeof(clean), name);
		buf_printf(&path, " (%s)", clean);
	}
	errors->warnings_count++;
	va_start(ap, fmt);
	put_line(
	    &errors->warnings, object->origin.file, object->origin.line, buf_cstr(&path), fmt, ap);
	va_end(ap);
	buf_fini(&path);
}

static void
out_of_memory(struct conf_errors *errors)
{
	if (!errors->out_of_memory)
		errors_add(errors, "configuration", 0, NULL, "out of memory");
	errors->out_of_memory = true;
}

void *
errors_calloc(struct conf_errors *errors, size_t count, size_t size)
{
	void *p = calloc(count > 0 ? count : 1, size);

	if (p == NULL)
		out_of_memory(errors);
	return p;
}

char *
errors_strdup(struct conf_errors *errors, const char *text)
{
	char *copy = strdup(text);

	if (copy == NULL)
		out_of_memory(errors);
	return copy;
}
