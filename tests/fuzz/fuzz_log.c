/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz what a log line becomes of a hostile name in it: escaped, then in every format. None has a
 * byte that ends a line or moves a cursor, the JSON is one object with that text, and the quotes of
 * key=value close. The first byte says how much room there is, the second has the format's flags.
 */
/* For coverage.sh: common/log_line.c */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "common/attr.h"
#include "common/log_line.h"
#include "common/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_bytes(const char *text)
{
	for (size_t len; *text != '\0'; text += len) {
		uint32_t code;

		len = str_utf8(text, &code);
		/* A line that is too long may end within a character. */
		if (len == 0 && strlen(text) < 4)
			return;
		if (len == 0 || str_is_control(code))
			abort();
	}
}

static void
check_json(const char *line, const char *text)
{
	const char *start = strchr(line, '{');
	json_t *json = json_loads(start != NULL ? start : line, 0, NULL);
	const char *msg = json_string_value(json_object_get(json, "msg"));

	/* What does not fit is cut at the end. */
	if (msg == NULL || strncmp(msg, text, strlen(msg)) != 0)
		abort();
	json_decref(json);
}

/* Behind msg= there is one quoted text and nothing else. */
static void
check_quotes(const char *line)
{
	const char *at = strstr(line, " msg=\"");

	if (at == NULL)
		abort();
	for (at += strlen(" msg=\""); *at != '"' && *at != '\0'; at++)
		if (*at == '\\' && *++at == '\0')
			abort();
	if (strcmp(at, "\"") != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char text[LOG_TEXT_SIZE], out[LOG_LINE_SIZE];
	struct log_line line = {.process = "auth", .pid = 4711, .host = "gw", .facility = 160};
	char *raw;

	if (size < 2)
		return 0;
	raw = strndup((const char *)data + 2, size - 2);
	if (raw == NULL)
		abort();
	if (log_escape(text, 1 + (size_t)data[0] * 15, raw) != strlen(text))
		abort();
	check_bytes(text);
	line.severity = data[1] % 8;
	line.id = data[1] & 8 ? 113015 : 0;
	line.journal = (data[1] & 16) != 0;
	line.session = data[1] & 32 ? 0x1000 : 0;
	line.audit_id = data[1] & 64 ? "c0000201000010006923" : NULL;
	line.text = text;
	for (unsigned format = 0; format < LOG_FORMATS; format++) {
		if (log_line(format, &line, out, sizeof(out)) != strlen(out))
			abort();
		check_bytes(out);
		if (format == LOG_FORMAT_JSON)
			check_json(out, text);
		else if (format == LOG_FORMAT_KEY_VALUE)
			check_quotes(out);
	}
	free(raw);
	return 0;
}
