/* SPDX-License-Identifier: Apache-2.0 */
/* Values of attributes, typed for JSON, and from that as text for people. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "conf/row.h"
#include "conf/value_text.h"
#include "tools/explain.h"

#define VALUE_MAX (4U << 20)

json_t *
explain_text_json(const char *text)
{
	json_t *out = json_string(text);
	char *printable;
	size_t size = strlen(text) + 1;

	if (out != NULL)
		return out;
	/* Not UTF-8: it came from the command line. */
	printable = malloc(size);
	if (printable == NULL)
		return NULL;
	str_printable(printable, size, text);
	out = json_string(printable);
	free(printable);
	return out;
}

/* The value of a custom attribute that is in force is the one that the daemon would send. */
static enum err
custom_value(const struct explain *explain, const struct explain_source *source, struct buf *out)
{
	struct inherit_custom custom = {
	    .type = conf_str(source->custom, CU_TYPE), .custom = source->custom};

	return inherit_custom_value(explain->conf, &custom, out);
}

static json_t *
list_json(char *const *list, size_t len)
{
	json_t *out = json_array();

	for (size_t i = 0; out != NULL && i < len; i++)
		if (json_array_append_new(out, explain_text_json(list[i])) != 0) {
			json_decref(out);
			return NULL;
		}
	return out;
}

static json_t *
plain_json(const struct row *row, const struct conf_value *value)
{
	switch (row->type) {
	case ROW_BOOL:
		return json_boolean(value->num != 0);
	case ROW_INT:
		/* A number that is not there is none: 0 is no value of theirs then. */
		return value->state == CONF_ABSENT && row->none && value->num == 0
			   ? json_null()
			   : json_integer(value->num);
	case ROW_STRINGS:
		return value->len == 0 ? json_null() : list_json(value->list, value->len);
	default:
		return value->str != NULL ? explain_text_json(value->str) : json_null();
	}
}

json_t *
explain_value_json(const struct explain *explain, enum conf_gp_attributes attribute,
    const struct explain_source *source)
{
	const struct row *row = &row_kind(CONF_GP_ATTRIBUTES)->rows[attribute];
	json_t *out;
	struct buf text;

	if (source->seconds > 0)
		return json_sprintf("%" PRIu32 " seconds", source->seconds);
	if (source->value->state == CONF_NONE)
		return json_null();
	if (source->custom == NULL)
		return plain_json(row, source->value);
	buf_init(&text, VALUE_MAX);
	out = custom_value(explain, source, &text) == ERR_OK ? explain_text_json(buf_cstr(&text))
							     : NULL;
	buf_fini(&text);
	return out;
}

void
explain_value_text(const struct explain *explain, enum conf_gp_attributes attribute,
    const struct explain_source *source, struct buf *out)
{
	struct buf text;

	if (source->seconds > 0) {
		buf_printf(out, "%" PRIu32 " seconds", source->seconds);
		return;
	}
	if (source->custom == NULL || source->value->state == CONF_NONE) {
		value_text(CONF_GP_ATTRIBUTES, attribute, source->value, out);
		return;
	}
	buf_init(&text, VALUE_MAX);
	if (custom_value(explain, source, &text) == ERR_OK)
		value_text_quoted(out, buf_cstr(&text));
	else
		out->err = ERR_NOMEM;
	buf_fini(&text);
}
