/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One TCP connection from accept to close, as long as it has no tunnel: handshake and request
 * deadlines, byte limits, HTTP requests to their handlers (http_route.c), answers back. A
 * successful CONNECT takes the stream away.
 */
#ifndef GATEWAY_CONN_H
#define GATEWAY_CONN_H

#include <stddef.h>

#include "common/attr.h"
#include "common/buf.h"
#include "gateway/http_parse.h"
#include "gateway/tls_stream.h"
#include "gateway/worker.h"

struct conn;

/* Listen on the worker's TCP sockets. NULL: memory. */
struct conns *conns_new(struct worker *worker) MUST_USE;
/* Close every connection. */
void conns_free(struct conns *conns);
/* Accept from now on; called when there is a certificate to show (conns_new accepts at once if
 * there is one already). */
void conns_start_accepting(struct conns *conns);
/* The worker has another configuration; what is above a lowered limit stays. */
void conns_limits_changed(struct conns *conns);
/*
 * Stop accepting and give up what is still in its handshake: the first step of an orderly stop. On
 * the thread of the worker, because a handshake that waits for pki must end where it began.
 */
void conns_stop_accepting(struct conns *conns);

struct worker *conn_worker(const struct conn *conn);
struct tls_stream *conn_stream(const struct conn *conn);
/* Fill the facts that the connection itself knows (addresses, TLS, SNI, and headers of the
 * request). Borrowed strings: valid while both live. */
void conn_facts(
    const struct conn *conn, const struct http_request *request, Ipc__ClientFacts *facts);

/*
 * Send an answer; headers: extra header lines, each ended by CRLF, or NULL. The connection then
 * waits for the next request, or closes if `close` or the client wants it.
 */
void conn_reply(struct conn *conn, int status, const char *content_type, const char *headers,
    const void *body, size_t body_len, bool close);

/* Refuse a request with a status (400, ...): a log line with the reason, the status in words to the
 * client, and the connection ends. */
void conn_refuse(struct conn *conn, int status, const char *why);

/*
 * Where the gateway hides (hide-gateway), a client that has not shown that it belongs here is
 * answered 404, whatever it asks: what its handlers say with conn_reply() becomes that, too.
 */
bool conn_is_hidden(const struct conn *conn);
/* It belongs here if it asks for a group-url: with this URL or, if that is "", with its request; or
 * by a name of ours. */
void conn_ask_url(struct conn *conn, const char *url);
/* It belongs here: auth knows it. */
void conn_know(struct conn *conn);

/*
 * A handler that answers later keeps a reference; conn_reply() through a dead connection does
 * nothing. The handler's answer may find the client gone: conn_is_open().
 */
struct conn *conn_ref(struct conn *conn);
void conn_unref(struct conn *conn);
bool conn_is_open(const struct conn *conn);

/* CONNECT succeeded: the stream is the caller's from here, the connection dissolves. */
struct tls_stream *conn_take_stream(struct conn *conn) MUST_USE;

/* Count a refused login; true when the limit of this connection is reached. */
bool conn_login_refused(struct conn *conn);

#endif
