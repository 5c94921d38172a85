/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP/1.1 requests (RFC 9112), as far as VPN clients need them. Pure parser with limits: head 16
 * KB, body 256 KB, 64 headers, no transfer encodings, no pipelining (protocol.md 1.2).
 */
#ifndef GATEWAY_HTTP_PARSE_H
#define GATEWAY_HTTP_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/err.h"

#define HTTP_HEAD_MAX 16384
#define HTTP_BODY_MAX 262144
#define HTTP_HEADERS_MAX 64

struct http_header {
	const char *name;  /* NUL-terminated, in the request's own storage */
	const char *value; /* NUL-terminated, blanks at both ends removed */
};

/* A parsed head. All strings point into the caller's buffer, which the parser has cut with NULs. */
struct http_request {
	const char *method;
	const char *target; /* as sent: "/GROUP?x", or the authority of a CONNECT */
	bool http10;
	bool keep_alive;
	struct http_header headers[HTTP_HEADERS_MAX];
	size_t headers_len;
	size_t head_len;       /* bytes of the head, the empty line included */
	size_t content_length; /* 0 when absent */
	const uint8_t *body;   /* content_length bytes; set by conn.c once they are there */
};

/*
 * Parse a head at the start of data[0..len). ERR_AGAIN: no empty line yet. ERR_LIMIT: too long or
 * too many headers. ERR_FULL: too big a body announced. ERR_SYNTAX: malformed. ERR_UNSUPPORTED:
 * transfer-encoding; ERR_RANGE: not HTTP/1.x. Writes NULs into data on success only.
 */
enum err http_parse(char *data, size_t len, struct http_request *out) MUST_USE;
/* First value of a header, case-insensitive; NULL if absent. */
const char *http_header(const struct http_request *request, const char *name);
/* Is word one of the items of a list, the value of a header? Case-insensitive; blanks around items
 * do not count. NULL is an empty list. */
bool http_list_has(const char *list, char separator, const char *word);
/* Value of a cookie copied to dst; ERR_NOTFOUND, ERR_LIMIT. */
enum err http_cookie(
    const struct http_request *request, const char *name, char *dst, size_t dst_size) MUST_USE;

#endif
