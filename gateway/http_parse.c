/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The HTTP/1.1 request parser. It looks at the whole head first and cuts it into strings only when
 * everything is well-formed, so a refused request leaves the bytes as they were. What two parsers
 * might read differently (folded lines, blanks before a colon, two lengths, bare CR) is refused.
 */
#include "gateway/http_parse.h"

#include <string.h>

#include "common/str.h"

#define METHOD_MAX 16

/* A piece of the head: [start, end) in the caller's buffer. */
struct span {
	size_t start;
	size_t end;
};

struct parts {
	struct span method;
	struct span target;
	struct span names[HTTP_HEADERS_MAX];
	struct span values[HTTP_HEADERS_MAX];
	size_t len;
	bool http10;
};

static bool
is_token_char(unsigned char c)
{
	if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'))
		return true;
	return c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL;
}

static bool
is_token(const char *data, const struct span *span)
{
	for (size_t i = span->start; i < span->end; i++)
		if (!is_token_char((unsigned char)data[i]))
			return false;
	return span->end > span->start;
}

/* Visible characters and bytes above ASCII; `blanks` allows space and tab too. */
static bool
is_text(const char *data, const struct span *span, bool blanks)
{
	for (size_t i = span->start; i < span->end; i++) {
		unsigned char c = (unsigned char)data[i];

		if (c == 127 || c < ' ' || c == ' ')
			if (!blanks || (c != ' ' && c != '\t'))
				return false;
	}
	return true;
}

static void
span_trim(const char *data, struct span *span)
{
	while (span->start < span->end && (data[span->start] == ' ' || data[span->start] == '\t'))
		span->start++;
	while (
	    span->end > span->start && (data[span->end - 1] == ' ' || data[span->end - 1] == '\t'))
		span->end--;
}

/* The next line, without its LF or CRLF; false when there is none. */
static bool
next_line(const char *data, size_t len, size_t *pos, struct span *line)
{
	const char *lf = *pos < len ? memchr(data + *pos, '\n', len - *pos) : NULL;

	if (lf == NULL)
		return false;
	line->start = *pos;
	line->end = (size_t)(lf - data);
	*pos = line->end + 1;
	if (line->end > line->start && data[line->end - 1] == '\r')
		line->end--;
	return true;
}

static enum err
parse_version(const char *data, const struct span *version, bool *http10)
{
	size_t len = version->end - version->start;
	const char *s = data + version->start;

	if (len < 5 || memcmp(s, "HTTP/", 5) != 0)
		return ERR_SYNTAX;
	if (len != 8 || memcmp(s, "HTTP/1.", 7) != 0 || (s[7] != '0' && s[7] != '1'))
		return ERR_RANGE;
	*http10 = s[7] == '0';
	return ERR_OK;
}

static enum err
parse_request_line(const char *data, const struct span *line, struct parts *out)
{
	const char *start = data + line->start;
	size_t len = line->end - line->start;
	const char *first = memchr(start, ' ', len);
	const char *last = memrchr(start, ' ', len);
	struct span version;

	if (first == NULL || first == last)
		return ERR_SYNTAX;
	out->method = (struct span){line->start, (size_t)(first - data)};
	out->target = (struct span){out->method.end + 1, (size_t)(last - data)};
	version = (struct span){out->target.end + 1, line->end};
	if (!is_token(data, &out->method) || out->method.end - out->method.start > METHOD_MAX)
		return ERR_SYNTAX;
	if (out->target.start == out->target.end || !is_text(data, &out->target, false))
		return ERR_SYNTAX;
	return parse_version(data, &version, &out->http10);
}

static enum err
parse_header_line(const char *data, const struct span *line, struct parts *out)
{
	const char *colon = memchr(data + line->start, ':', line->end - line->start);
	struct span name, value;

	if (colon == NULL)
		return ERR_SYNTAX;
	name = (struct span){line->start, (size_t)(colon - data)};
	value = (struct span){name.end + 1, line->end};
	span_trim(data, &value);
	if (!is_token(data, &name) || !is_text(data, &value, true))
		return ERR_SYNTAX;
	if (out->len == HTTP_HEADERS_MAX)
		return ERR_LIMIT;
	out->names[out->len] = name;
	out->values[out->len] = value;
	out->len++;
	return ERR_OK;
}

/* Find the pieces of the head without touching it. */
static enum err
find_parts(const char *data, size_t len, struct parts *parts, size_t *head_len)
{
	struct span line;
	size_t pos = 0;
	enum err err;

	/* An empty line before the request is to be overlooked (RFC 9112 2.2). */
	do {
		if (!next_line(data, len, &pos, &line))
			return ERR_AGAIN;
	} while (line.start == line.end);
	err = parse_request_line(data, &line, parts);
	while (err == ERR_OK) {
		if (!next_line(data, len, &pos, &line))
			return ERR_AGAIN;
		if (line.start == line.end)
			break;
		err = parse_header_line(data, &line, parts);
	}
	*head_len = pos;
	return err;
}

static bool
span_is(const char *data, const struct span *span, const char *word)
{
	size_t len = strlen(word);

	return span->end - span->start == len && strncasecmp(data + span->start, word, len) == 0;
}

/* True if a comma-separated list contains the word. */
static bool
list_has(const char *data, const struct span *list, const char *word)
{
	size_t pos = list->start;

	while (pos < list->end) {
		const char *comma = memchr(data + pos, ',', list->end - pos);
		struct span item = {pos, comma != NULL ? (size_t)(comma - data) : list->end};

		pos = item.end + 1;
		span_trim(data, &item);
		if (span_is(data, &item, word))
			return true;
	}
	return false;
}

static enum err
parse_length(const char *data, const struct span *value, size_t *out)
{
	char text[24];
	uint64_t number;

	if (str_copy_n(text, sizeof text, data + value->start, value->end - value->start) != ERR_OK)
		return ERR_SYNTAX;
	switch (str_to_u64(text, 0, HTTP_BODY_MAX, &number)) {
	case ERR_OK:
		*out = (size_t)number;
		return ERR_OK;
	case ERR_RANGE:
		return ERR_FULL;
	default:
		return ERR_SYNTAX;
	}
}

/* What the headers say about the body and the connection. */
static enum err
read_framing(const char *data, const struct parts *parts, struct http_request *out)
{
	bool has_length = false;
	size_t length;

	out->keep_alive = !parts->http10;
	for (size_t i = 0; i < parts->len; i++) {
		const struct span *name = &parts->names[i];
		const struct span *value = &parts->values[i];

		if (span_is(data, name, "transfer-encoding"))
			return ERR_UNSUPPORTED;
		if (span_is(data, name, "content-length")) {
			enum err err = parse_length(data, value, &length);

			if (err != ERR_OK)
				return err;
			if (has_length && length != out->content_length)
				return ERR_SYNTAX;
			has_length = true;
			out->content_length = length;
		}
		if (span_is(data, name, "connection")) {
			if (list_has(data, value, "close"))
				out->keep_alive = false;
			else if (list_has(data, value, "keep-alive"))
				out->keep_alive = true;
		}
	}
	return ERR_OK;
}

static const char *
cut(char *data, const struct span *span)
{
	data[span->end] = '\0';
	return data + span->start;
}

enum err
http_parse(char *data, size_t len, struct http_request *out)
{
	struct http_request request = {0};
	struct parts parts = {0};
	size_t seen = len < HTTP_HEAD_MAX ? len : HTTP_HEAD_MAX;
	enum err err = find_parts(data, seen, &parts, &request.head_len);

	if (err == ERR_AGAIN && len >= HTTP_HEAD_MAX)
		return ERR_LIMIT;
	if (err == ERR_OK)
		err = read_framing(data, &parts, &request);
	if (err != ERR_OK)
		return err;
	request.method = cut(data, &parts.method);
	request.target = cut(data, &parts.target);
	request.http10 = parts.http10;
	request.headers_len = parts.len;
	for (size_t i = 0; i < parts.len; i++) {
		request.headers[i].name = cut(data, &parts.names[i]);
		request.headers[i].value = cut(data, &parts.values[i]);
	}
	*out = request;
	return ERR_OK;
}

const char *
http_header(const struct http_request *request, const char *name)
{
	for (size_t i = 0; i < request->headers_len; i++)
		if (str_ieq(request->headers[i].name, name))
			return request->headers[i].value;
	return NULL;
}

/* One "name=value" of a Cookie header: does it have that name, and where is the value? */
static const char *
cookie_value(const char *pair, size_t len, const char *name, size_t *value_len)
{
	size_t name_len = strlen(name);

	if (len <= name_len || memcmp(pair, name, name_len) != 0 || pair[name_len] != '=')
		return NULL;
	*value_len = len - name_len - 1;
	return pair + name_len + 1;
}

bool
http_list_has(const char *list, char separator, const char *word)
{
	char item[64];

	while (list != NULL && *list != '\0') {
		const char *end = strchr(list, separator);
		size_t len = end != NULL ? (size_t)(end - list) : strlen(list);
		const char *start = list;

		for (; len > 0 && *start == ' '; len--)
			start++;
		while (len > 0 && start[len - 1] == ' ')
			len--;
		if (str_copy_n(item, sizeof(item), start, len) == ERR_OK && str_ieq(item, word))
			return true;
		list = end != NULL ? end + 1 : NULL;
	}
	return false;
}

enum err
http_cookie(const struct http_request *request, const char *name, char *dst, size_t dst_size)
{
	for (size_t i = 0; i < request->headers_len; i++) {
		const char *p = request->headers[i].value;

		if (!str_ieq(request->headers[i].name, "cookie"))
			continue;
		while (*p != '\0') {
			const char *value;
			size_t len, value_len;

			p += strspn(p, " \t;");
			len = strcspn(p, ";");
			value = cookie_value(p, len, name, &value_len);
			if (value != NULL)
				return str_copy_n(dst, dst_size, value, value_len);
			p += len;
		}
	}
	return ERR_NOTFOUND;
}
