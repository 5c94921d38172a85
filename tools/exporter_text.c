/* SPDX-License-Identifier: Apache-2.0 */
/* Line by line: what differs between the two formats is in the lines that begin with '#'. */
#include "tools/exporter_text.h"

#include <string.h>

#define UP_NAME "sekisho_up"

bool
exporter_text_wants_openmetrics(const char *accept)
{
	return accept != NULL && strstr(accept, "application/openmetrics-text") != NULL;
}

static bool
starts(const char *line, size_t len, const char *prefix)
{
	size_t prefix_len = strlen(prefix);

	return len >= prefix_len && memcmp(line, prefix, prefix_len) == 0;
}

/* The family that a line "# TYPE name type" is about, as the older format names it. */
struct family {
	char suffix[8]; /* "_total", "_info" or nothing */
	const char *type;
};

static struct family
family_of(const char *type, size_t len)
{
	if (starts(type, len, "counter"))
		return (struct family){"_total", "counter"};
	if (starts(type, len, "info"))
		return (struct family){"_info", "gauge"};
	if (starts(type, len, "histogram"))
		return (struct family){"", "histogram"};
	return (struct family){"", "gauge"};
}

/* "# WORD name rest": where the name and the rest begin. */
struct head {
	const char *name;
	size_t name_len;
	const char *rest;
	size_t rest_len;
};

static struct head
head_of(const char *line, size_t len)
{
	struct head head = {.name = line + strlen("# TYPE ")};
	const char *end = line + len;
	const char *space = memchr(head.name, ' ', (size_t)(end - head.name));

	head.name_len = (size_t)((space != NULL ? space : end) - head.name);
	head.rest = space != NULL ? space + 1 : end;
	head.rest_len = (size_t)(end - head.rest);
	return head;
}

static void
put_head(struct buf *out, const char *word, const struct head *head, const struct family *family)
{
	buf_printf(out, "# %s %.*s%s ", word, (int)head->name_len, head->name, family->suffix);
}

/* One line of OpenMetrics in the older format. */
static void
put_older(struct buf *out, struct family *family, const char *line, size_t len)
{
	struct head head;

	if (starts(line, len, "# TYPE ")) {
		head = head_of(line, len);
		*family = family_of(head.rest, head.rest_len);
		put_head(out, "TYPE", &head, family);
		buf_printf(out, "%s\n", family->type);
	} else if (starts(line, len, "# HELP ")) {
		head = head_of(line, len);
		put_head(out, "HELP", &head, family);
		buf_printf(out, "%.*s\n", (int)head.rest_len, head.rest);
	} else if (!starts(line, len, "#")) {
		buf_put(out, line, len);
		buf_puts(out, "\n");
	}
}

void
exporter_text_write(struct buf *out, bool up, const char *text, bool openmetrics)
{
	struct family family = {.type = "gauge"};

	buf_puts(out, "# TYPE " UP_NAME " gauge\n");
	buf_puts(out, "# HELP " UP_NAME " Whether the daemon answers.\n");
	buf_printf(out, UP_NAME " %d\n", up);
	if (openmetrics) {
		buf_puts(out, text[0] != '\0' ? text : "# EOF\n");
		return;
	}
	while (*text != '\0') {
		size_t len = strcspn(text, "\n");

		if (len > 0)
			put_older(out, &family, text, len);
		text += len + (text[len] == '\n' ? 1 : 0);
	}
}
