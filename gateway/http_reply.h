/* SPDX-License-Identifier: Apache-2.0 */
/* The head of an HTTP answer: status line, and the headers that every answer of ours carries. Pure.
 */
#ifndef GATEWAY_HTTP_REPLY_H
#define GATEWAY_HTTP_REPLY_H

#include <stdbool.h>
#include <stddef.h>

#include "common/buf.h"

struct http_reply {
	int status;
	const char *content_type; /* NULL: none */
	const char *headers;      /* more lines, each with CRLF; NULL: none */
	size_t body_len;
	bool close;
};

/* Longest head that http_reply_head() makes, without `headers`. */
#define HTTP_REPLY_HEAD_MAX 1024

/* Append the head, its empty line included. Errors stick to out. */
void http_reply_head(struct buf *out, const struct http_reply *reply);
/* The words of a status: "Not Found". */
const char *http_reply_reason(int status);

#endif
