/* SPDX-License-Identifier: Apache-2.0 */
/* One way to write each type of row. */
#include "conf/value_text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "conf/row.h"

/* The source that a server's words are; its values have what they came in as origin. */
#define SERVERS "aaa-server-group"

void
value_text_printable(struct buf *out, const char *text)
{
	size_t size = strlen(text) + 1;
	char *printable = malloc(size);

	if (printable == NULL) {
		out->err = ERR_NOMEM;
		return;
	}
	str_printable(printable, size, text);
	buf_puts(out, printable);
	free(printable);
}

void
value_text_quoted(struct buf *out, const char *text)
{
	static const char special[] = "\n\r\t\"\\";
	static const char letters[] = "nrt\"\\";
	struct buf escaped;

	buf_init(&escaped, 2 * strlen(text) + 1);
	for (const char *p = text; *p != '\0'; p++) {
		const char *found = strchr(special, *p);

		if (found != NULL)
			buf_printf(&escaped, "\\%c", letters[found - special]);
		else
			buf_put_u8(&escaped, (uint8_t)*p);
	}
	buf_puts(out, "\"");
	value_text_printable(out, buf_cstr(&escaped));
	buf_puts(out, "\"");
	if (escaped.err != ERR_OK)
		out->err = escaped.err;
	buf_fini(&escaped);
}

static void
put_list(char *const *list, size_t len, struct buf *out)
{
	if (len == 0)
		buf_puts(out, "none");
	for (size_t i = 0; i < len; i++) {
		if (i > 0)
			buf_puts(out, ", ");
		value_text_printable(out, list[i]);
	}
}

static void
put_text(const struct row *row, const char *text, struct buf *out)
{
	if (text == NULL)
		buf_puts(out, "none");
	else if (row->type == ROW_ENUM)
		buf_puts(out, text);
	else
		value_text_quoted(out, text);
}

void
value_text(enum conf_kind kind, unsigned setting, const struct conf_value *value, struct buf *out)
{
	const struct row *row = &row_kind(kind)->rows[setting];
	/* A number that is not there is none: 0 is no value of theirs then. */
	bool no_number = row->type == ROW_INT && row->none && value->num == 0;

	if (value->state == CONF_NONE || (value->state == CONF_ABSENT && no_number)) {
		buf_puts(out, "none");
		return;
	}
	switch (row->type) {
	case ROW_BOOL:
		buf_puts(out, value->num != 0 ? "true" : "false");
		break;
	case ROW_INT:
		buf_printf(out, "%" PRId64, value->num);
		break;
	case ROW_STRINGS:
		put_list(value->list, value->list != NULL ? value->len : 0, out);
		break;
	default:
		put_text(row, value->str, out);
		break;
	}
}

enum err
value_text_custom(const struct conf *conf, const struct inherit_custom *custom, struct buf *out)
{
	struct buf value;
	enum err err;

	buf_init(&value, out->max);
	err = inherit_custom_value(conf, custom, &value);
	if (err == ERR_OK)
		value_text_quoted(out, buf_cstr(&value));
	buf_fini(&value);
	return err != ERR_OK ? err : out->err;
}

void
value_text_source(
    const struct inherit *inherit, size_t from, const struct conf_value *value, struct buf *out)
{
	if (from >= inherit->sources_len) {
		buf_puts(out, "default");
		return;
	}
	buf_printf(out, "%s ", inherit->source_kind[from]);
	value_text_printable(out, inherit->source_name[from]);
	if (strcmp(inherit->source_kind[from], SERVERS) == 0 && value != NULL &&
	    value->origin.file[0] != '\0') {
		buf_puts(out, ", ");
		value_text_printable(out, value->origin.file);
	}
}

bool
value_text_seconds(const struct inherit *inherit, enum conf_gp_attributes attribute,
    uint32_t *seconds, size_t *from, const char **origin)
{
	if (attribute == GPA_VPN_IDLE_TIMEOUT && inherit->idle_sec > 0) {
		*seconds = inherit->idle_sec;
		*from = inherit->idle_from;
		*origin = "Idle-Timeout (28)";
		return true;
	}
	if (attribute == GPA_VPN_SESSION_TIMEOUT && inherit->session_sec > 0) {
		*seconds = inherit->session_sec;
		*from = inherit->session_from;
		*origin = "Session-Timeout (27)";
		return true;
	}
	return false;
}
