/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP answers and the few places of their XML that a client's login needs. Finds words, checks no
 * grammar: both servers are known to write what this reads. */
#include "tests/load/load_http.h"

#include <stdio.h>
#include <string.h>

#define BODY_MAX 1000000

static const char *
find(const char *p, size_t len, const char *word)
{
	return memmem(p, len, word, strlen(word));
}

struct load_text
load_http_header(const struct load_answer *answer, const char *name, size_t n)
{
	const char *p = answer->head, *end = p + answer->head_len;
	size_t name_len = strlen(name);

	while (p < end) {
		const char *eol = find(p, (size_t)(end - p), "\r\n");
		const char *value = p + name_len + 1;

		if (eol == NULL)
			break;
		if ((size_t)(eol - p) > name_len && p[name_len] == ':' &&
		    strncasecmp(p, name, name_len) == 0 && n-- == 0) {
			while (value < eol && *value == ' ')
				value++;
			return (struct load_text){value, (size_t)(eol - value)};
		}
		p = eol + 2;
	}
	return (struct load_text){NULL, 0};
}

/* Three digits after "HTTP/1.x ". */
static int
status_of(const char *p, size_t len)
{
	int status = 0;

	if (len < 12 || memcmp(p, "HTTP/1.", 7) != 0)
		return -1;
	for (size_t i = 9; i < 12; i++) {
		if (p[i] < '0' || p[i] > '9')
			return -1;
		status = status * 10 + (p[i] - '0');
	}
	return status;
}

static size_t
length_of(const struct load_answer *answer)
{
	struct load_text text = load_http_header(answer, "Content-Length", 0);
	size_t value = 0;

	for (size_t i = 0; i < text.len && text.p[i] >= '0' && text.p[i] <= '9'; i++) {
		value = value * 10 + (size_t)(text.p[i] - '0');
		if (value > BODY_MAX)
			break;
	}
	return value;
}

enum err
load_http_answer(const void *data, size_t len, bool has_body, struct load_answer *out)
{
	const char *p = data, *end = len == 0 ? NULL : find(p, len, "\r\n\r\n"), *eol;

	if (end == NULL)
		return len > BODY_MAX ? ERR_SYNTAX : ERR_AGAIN;
	*out = (struct load_answer){.status = status_of(p, len)};
	if (out->status < 0)
		return ERR_SYNTAX;
	eol = find(p, len, "\r\n");
	out->head = eol + 2;
	out->head_len = eol == end ? 0 : (size_t)(end + 2 - out->head);
	out->body = end + 4;
	if (has_body || out->status != 200)
		out->body_len = length_of(out);
	out->total = (size_t)(out->body - p) + out->body_len;
	if (out->body_len > BODY_MAX)
		return ERR_SYNTAX;
	return out->total > len ? ERR_AGAIN : ERR_OK;
}

struct load_text
load_xml_tag(struct load_text xml, const char *name, size_t *at)
{
	size_t name_len = strlen(name);

	while (*at < xml.len) {
		const char *p = memchr(xml.p + *at, '<', xml.len - *at), *end;
		size_t left;

		if (p == NULL)
			break;
		left = xml.len - (size_t)(p - xml.p);
		end = memchr(p, '>', left);
		if (end == NULL)
			break;
		*at = (size_t)(end + 1 - xml.p);
		if (left > name_len + 1 && memcmp(p + 1, name, name_len) == 0 &&
		    strchr(" \t\r\n/>", p[name_len + 1]) != NULL)
			return (struct load_text){p, (size_t)(end + 1 - p)};
	}
	return (struct load_text){NULL, 0};
}

struct load_text
load_xml_element(struct load_text xml, const char *name, bool whole)
{
	size_t at = 0, inside;
	struct load_text tag = load_xml_tag(xml, name, &at);
	char close[64];

	if (tag.p == NULL)
		return (struct load_text){NULL, 0};
	inside = at;
	(void)snprintf(close, sizeof(close), "</%s", name);
	while (at < xml.len) {
		const char *p = find(xml.p + at, xml.len - at, close), *end;

		if (p == NULL)
			break;
		end = memchr(p, '>', xml.len - (size_t)(p - xml.p));
		if (end == NULL)
			break;
		if (whole)
			return (struct load_text){tag.p, (size_t)(end + 1 - tag.p)};
		return (struct load_text){xml.p + inside, (size_t)(p - xml.p) - inside};
	}
	return (struct load_text){NULL, 0};
}

struct load_text
load_xml_attribute(struct load_text tag, const char *name)
{
	size_t name_len = strlen(name);

	for (size_t i = 1; i + name_len + 2 < tag.len; i++) {
		const char *value = tag.p + i + name_len + 2, *end;

		if (tag.p[i - 1] != ' ' || memcmp(tag.p + i, name, name_len) != 0 ||
		    tag.p[i + name_len] != '=' || (value[-1] != '"' && value[-1] != '\''))
			continue;
		end = memchr(value, value[-1], tag.len - (size_t)(value - tag.p));
		if (end != NULL)
			return (struct load_text){value, (size_t)(end - value)};
	}
	return (struct load_text){NULL, 0};
}

void
load_xml_put(struct buf *out, const char *text)
{
	for (; *text != '\0'; text++) {
		switch (*text) {
		case '<':
			buf_puts(out, "&lt;");
			break;
		case '>':
			buf_puts(out, "&gt;");
			break;
		case '&':
			buf_puts(out, "&amp;");
			break;
		default:
			buf_put_u8(out, (uint8_t)*text);
		}
	}
}
