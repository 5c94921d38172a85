/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a connection does until its tunnel is up, as "debug aggregate-auth ssl" and "xml" show it:
 * TLS handshake, HTTP requests and answers, the messages of the login, CONNECT. Each function costs
 * one load and one branch while nobody debugs. Cookies, passwords and keys are left out.
 */
#ifndef GATEWAY_TRACE_CONN_H
#define GATEWAY_TRACE_CONN_H

#include "common/buf.h"
#include "common/err.h"
#include "common/trace.h"
#include "gateway/http_parse.h"
#include "gateway/tls_stream.h"

void trace_conn_show_ready(const struct tls_stream *stream);
void trace_conn_show_failed(const struct tls_stream *stream, enum err why);
void trace_conn_show_request(const struct tls_stream *stream, const struct http_request *request);
void trace_conn_show_answer(
    const struct tls_stream *stream, struct buf *head, const char *username);
void trace_conn_show_xml(const struct tls_stream *stream, const char *what, const void *data,
    size_t len, enum err parsed);

/* Lines of a head as a trace shows them: pure, for those above and for tests. what: the words in
 * front of each header. wanted: the level whose headers are put, 1 or 2 (those that say little). */
void trace_conn_put_headers(
    struct buf *out, const char *what, const struct http_request *request, unsigned wanted);
void trace_conn_put_head(struct buf *out, const char *what, const char *head, unsigned wanted);

/* The handshake is done: a new connection. */
static inline void
trace_conn_ready(const struct tls_stream *stream)
{
	if (trace_wanted(IPC__TRACE_KIND__TRACE_NONE, 1))
		trace_conn_show_ready(stream);
}

/* It failed. */
static inline void
trace_conn_failed(const struct tls_stream *stream, enum err why)
{
	if (trace_wanted(TRACE_SSL, 1))
		trace_conn_show_failed(stream, why);
}

static inline void
trace_conn_request(const struct tls_stream *stream, const struct http_request *request)
{
	if (trace_wanted(TRACE_SSL, 1))
		trace_conn_show_request(stream, request);
}

/* The head of an answer; username "" if it is not known. */
static inline void
trace_conn_answer(const struct tls_stream *stream, struct buf *head, const char *username)
{
	if (trace_wanted(TRACE_SSL, 1))
		trace_conn_show_answer(stream, head, username);
}

/* The client's message, and what xml_parse() said of it. */
static inline void
trace_conn_received(
    const struct tls_stream *stream, const struct http_request *request, enum err parsed)
{
	if (trace_wanted(TRACE_XML, 1))
		trace_conn_show_xml(stream, "Received XML message below from the client",
		    request->body, request->content_length, parsed);
}

/* Ours. */
static inline void
trace_conn_generated(const struct tls_stream *stream, const struct buf *xml)
{
	if (trace_wanted(TRACE_XML, 1))
		trace_conn_show_xml(
		    stream, "Generated XML message below", xml->data, xml->len, ERR_OK);
}

#endif
