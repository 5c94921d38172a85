/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One connection's life: handshake, then request after request, each collected, routed and answered
 * before the next is looked at. Every state has a deadline. The listeners are in conns.c.
 */
#include "gateway/conn.h"

#include <event2/event_struct.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/metric.h"
#include "common/str.h"
#include "gateway/asset.h"
#include "gateway/conns.h"
#include "gateway/cstp.h"
#include "gateway/doors.h"
#include "gateway/http_reply.h"
#include "gateway/http_route.h"
#include "gateway/legacy_login.h"
#include "gateway/signin.h"
#include "gateway/tls.h"
#include "gateway/tls_event.h"
#include "gateway/trace_conn.h"

#define REQUESTS_MAX 16
#define LINGER_MS 2000
#define LINGER_BYTES_MAX (HTTP_BODY_MAX + HTTP_HEAD_MAX)
#define RECORD_MAX 16384
#define GULP 16384 /* what a stranger may make us hold at once */

enum conn_state {
	CONN_HANDSHAKE,
	CONN_IDLE,      /* between requests */
	CONN_REQUEST,   /* a request has begun to arrive */
	CONN_ANSWERING, /* a handler has it; the stream is paused */
	CONN_LINGER,    /* the last answer is out: what still comes is thrown away until the client
			   closes */
	CONN_CLOSED
};

struct conn {
	struct conns_entry entry; /* in the worker's list */
	struct conns *conns;      /* NULL once closed */
	struct worker *worker;
	struct tls_stream *stream; /* NULL once closed */
	struct event timer;
	uint64_t begin_ms;     /* when it was accepted */
	uint64_t login_end_ms; /* when all this must be over */
	enum conn_state state;
	unsigned refs;
	unsigned requests;
	unsigned refused;
	size_t lingered;
	bool head_only; /* a HEAD request: no body in the answer */
	bool last;      /* close after the answer */
	bool logged;    /* its handshake and its end are */
	bool known;     /* has shown that it belongs here */
	struct buf head;
	struct buf body;
	struct http_request *request; /* its head is there; strings point into head */
	char path[HTTP_PATH_MAX];
};

static int64_t
limit(const struct conn *conn, unsigned setting)
{
	return conf_int(conf_sub(conf_root(conn->worker->conf, CONF_GATEWAY), GW_LIMITS), setting);
}

/* ---- states and deadlines ---- */

static void
timer_set(struct conn *conn, uint64_t ms)
{
	uint64_t now = clock_mono_ms();
	uint64_t left = conn->login_end_ms > now ? conn->login_end_ms - now : 0;
	struct timeval tv;

	if (ms > left)
		ms = left;
	tv.tv_sec = (time_t)(ms / 1000);
	tv.tv_usec = (suseconds_t)(ms % 1000 * 1000);
	evtimer_add(&conn->timer, &tv);
}

static void
conn_enter(struct conn *conn, enum conn_state state)
{
	uint64_t request_ms = (uint64_t)limit(conn, LIM_REQUEST_TIMEOUT) * 1000;

	conn->state = state;
	switch (state) {
	case CONN_HANDSHAKE:
		timer_set(conn, (uint64_t)limit(conn, LIM_HANDSHAKE_TIMEOUT) * 1000);
		break;
	case CONN_IDLE:
		/* The first request follows the handshake at once; before the next a user types. */
		timer_set(conn, conn->requests == 0 ? request_ms : UINT64_MAX);
		break;
	case CONN_REQUEST:
		timer_set(conn, request_ms);
		break;
	case CONN_ANSWERING:
		timer_set(conn, UINT64_MAX);
		break;
	case CONN_LINGER:
		timer_set(conn, LINGER_MS);
		break;
	case CONN_CLOSED:
		event_del(&conn->timer);
		break;
	}
}

/* Forget the request. What it holds may be a password or a token. */
static void
request_clear(struct conn *conn)
{
	buf_wipe(&conn->head);
	buf_wipe(&conn->body);
	free(conn->request);
	conn->request = NULL;
	conn->path[0] = '\0';
	conn->head_only = false;
}

struct conn *
conn_ref(struct conn *conn)
{
	conn->refs++;
	return conn;
}

void
conn_unref(struct conn *conn)
{
	if (conn == NULL || --conn->refs > 0)
		return;
	request_clear(conn);
	free(conn);
}

bool
conn_is_open(const struct conn *conn)
{
	return conn->state != CONN_CLOSED;
}

/* Leave the worker's list; the stream is somebody else's by now. */
static void
dissolve(struct conn *conn)
{
	struct conns *conns = conn->conns;

	conn_enter(conn, CONN_CLOSED);
	conn->conns = NULL;
	conn->stream = NULL;
	conns_remove(conns, &conn->entry);
	conn_unref(conn);
}

void
conn_close(struct conn *conn)
{
	if (!conn_is_open(conn))
		return;
	if (conn->logged && conn->state != CONN_HANDSHAKE)
		tls_event_end(conn->stream);
	tls_stream_close(conn->stream);
	dissolve(conn);
}

struct tls_stream *
conn_take_stream(struct conn *conn)
{
	struct tls_stream *stream = conn->stream;

	dissolve(conn);
	tls_stream_pause(stream, false);
	return stream;
}

bool
conn_is_handshaking(const struct conn *conn)
{
	return conn->state == CONN_HANDSHAKE;
}

/* ---- where the gateway hides ---- */

bool
conn_is_hidden(const struct conn *conn)
{
	return !conn->known &&
	       conf_bool(conf_root(conn->worker->conf, CONF_GATEWAY), GW_HIDE_GATEWAY);
}

void
conn_know(struct conn *conn)
{
	conn->known = true;
}

void
conn_ask_url(struct conn *conn, const char *url)
{
	const struct worker *worker = conn->worker;
	const char *host = http_header(conn->request, "Host");
	const char *sni = tls_stream_sni(conn->stream);
	const struct resolve_input input = {
	    .url = url,
	    .host = host != NULL ? host : "",
	    .path = conn->path,
	    .select = "",
	};

	conn->known = conn->known || doors_fit(worker->doors, &input) ||
		      doors_have_name(worker->doors, sni) ||
		      (sni[0] != '\0' && tls_has_name(worker->tls, sni));
}

/* What may still show that it belongs here, by what auth says of a handle or a token. */
static bool
may_show(enum http_action action)
{
	return action == HTTP_ACTION_SIGNIN || action == HTTP_ACTION_TUNNEL ||
	       action == HTTP_ACTION_LOGOUT;
}

/* ---- answers ---- */

/* The answer is written: on to the next request, or to the end. */
static void
answer_done(struct conn *conn, bool close, bool rest_may_come)
{
	if (close && !rest_may_come) {
		conn_close(conn);
		return;
	}
	request_clear(conn);
	/* Closing while the client still sends would reset the connection and eat the answer. */
	conn_enter(conn, close ? CONN_LINGER : CONN_IDLE);
	if (close)
		tls_stream_end(conn->stream);
	tls_stream_pause(conn->stream, false);
}

static void
answer_send(struct conn *conn, const struct http_reply *reply, const void *body, bool rest_may_come)
{
	struct buf out;
	enum err err;

	buf_init(&out, HTTP_REPLY_HEAD_MAX + HTTP_HEAD_MAX + reply->body_len);
	http_reply_head(&out, reply);
	trace_conn_answer(conn->stream, &out, "");
	if (!conn->head_only)
		buf_put(&out, body, reply->body_len);
	err = out.err;
	if (err == ERR_OK)
		err = tls_stream_write_all(conn->stream, out.data, out.len);
	buf_wipe(&out);
	if (err != ERR_OK)
		conn_close(conn);
	else
		answer_done(conn, reply->close, rest_may_come);
}

/* Refuse a request with a status, and tell the log why. fatal: what follows cannot be trusted to be
 * a request. Whoever the gateway hides from gets the same for everything. */
static void
refuse(struct conn *conn, int wanted, const char *why, bool fatal)
{
	bool hidden = conn_is_hidden(conn), end = fatal || hidden;
	int status = hidden ? 404 : wanted;
	const char *reason = http_reply_reason(status);
	char client[IP_STR_MAX];
	struct http_reply reply = {
	    .status = status,
	    .content_type = "text/plain; charset=utf-8",
	    .body_len = strlen(reason),
	    .close = end || conn->last,
	};

	if (conns_may_log(conn->conns))
		log_warn("client %s: %s %s refused: %d, %s",
		    ip_endpoint_str(tls_stream_client(conn->stream), client),
		    conn->request != NULL ? conn->request->method : "request",
		    conn->path[0] != '\0' ? conn->path : "-", status, why);
	answer_send(conn, &reply, reason, end);
}

void
conn_reply(struct conn *conn, int status, const char *content_type, const char *headers,
    const void *body, size_t body_len, bool close)
{
	struct http_reply reply = {
	    .status = status,
	    .content_type = content_type,
	    .headers = headers,
	    .body_len = body_len,
	    .close = close || conn->last,
	};

	if (conn->state != CONN_ANSWERING)
		return;
	if (conn_is_hidden(conn))
		refuse(conn, status, "hidden", true);
	else
		answer_send(conn, &reply, body, false);
}

void
conn_refuse(struct conn *conn, int status, const char *why)
{
	if (conn->state == CONN_ANSWERING)
		refuse(conn, status, why, true);
}

bool
conn_login_refused(struct conn *conn)
{
	conn->refused++;
	return conn->refused >= (unsigned)limit(conn, LIM_LOGIN_ATTEMPTS);
}

/* ---- requests ---- */

static void
answer_page(struct conn *conn, const struct http_request *request UNUSED)
{
	static const char page[] =
	    "<!DOCTYPE html>\n<html lang=\"en\"><head><title>VPN gateway</title></head>\n"
	    "<body><p>This is a VPN gateway. Connect with Cisco Secure Client or "
	    "openconnect.</p></body></html>\n";

	conn_reply(conn, 200, "text/html; charset=utf-8", NULL, page, sizeof page - 1, false);
}

static void
answer_asset(struct conn *conn, const struct http_request *request UNUSED)
{
	const struct asset *asset = asset_find(conn->path);

	if (asset == NULL)
		refuse(conn, 404, "no such path", false);
	else
		conn_reply(
		    conn, 200, asset->content_type, NULL, asset->body, strlen(asset->body), false);
}

typedef void (*handler_fn)(struct conn *conn, const struct http_request *request);

static const handler_fn handlers[] = {
    [HTTP_ACTION_SIGNIN] = signin_post,
    [HTTP_ACTION_TUNNEL] = cstp_connect,
    [HTTP_ACTION_PAGE] = answer_page,
    [HTTP_ACTION_ASSET] = answer_asset,
    [HTTP_ACTION_LOGOUT] = signin_logout,
    [HTTP_ACTION_LEGACY_INIT] = legacy_login_init,
    [HTTP_ACTION_LEGACY_REPLY] = legacy_login_reply,
    [HTTP_ACTION_PHONE_INIT] = legacy_login_phone,
    [HTTP_ACTION_PHONE_REPLY] = legacy_login_phone_reply,
};

static const char *
route_reason(int status)
{
	switch (status) {
	case 400:
		return "malformed: a login without XML";
	case 404:
		return "no such path";
	case 415:
		return "no form";
	default:
		return "method not allowed";
	}
}

/* The request is complete: hand it to its handler. */
static void
dispatch(struct conn *conn)
{
	struct http_request *request = conn->request;
	enum http_action action;
	int status = 500;

	conn->requests++;
	conns_know(conn->conns, &conn->entry);
	conn->head_only = strcmp(request->method, "HEAD") == 0;
	conn->last = !request->keep_alive || conn->requests >= REQUESTS_MAX;
	conn_enter(conn, CONN_ANSWERING);
	trace_conn_request(conn->stream, request);
	tls_stream_pause(conn->stream, true);
	action = http_route(request,
	    conf_bool(conf_root(conn->worker->conf, CONF_GATEWAY), GW_LEGACY_LOGIN), &status);
	if (action == HTTP_ACTION_NONE)
		refuse(conn, status, route_reason(status), false);
	else if (conn_is_hidden(conn) && !may_show(action))
		refuse(conn, 404, "hidden", true);
	else
		handlers[action](conn, request);
}

/* Bytes behind a request: an empty line is harmless (protocol.md 4.1), anything else would be
 * pipelining. */
static bool
only_newlines(const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (data[i] != '\r' && data[i] != '\n')
			return false;
	return true;
}

static void
collect_body(struct conn *conn)
{
	struct http_request *request = conn->request;
	size_t want = request->content_length;

	if (conn->body.err != ERR_OK) {
		refuse(conn, 413, "body too big", true);
		return;
	}
	if (conn->body.len < want)
		return;
	if (!only_newlines(conn->body.data + want, conn->body.len - want)) {
		refuse(conn, 400, "malformed: bytes behind the request", true);
		return;
	}
	conn->body.len = want;
	request->body = (const uint8_t *)buf_cstr(&conn->body); /* with a NUL behind it */
	dispatch(conn);
}

/* The answer to a head that the parser refused. */
static void
refuse_head(struct conn *conn, enum err err)
{
	static const struct {
		enum err err;
		int status;
		const char *why;
	} rows[] = {
	    {ERR_LIMIT, 431, "head too long"},
	    {ERR_FULL, 413, "body too big"},
	    {ERR_UNSUPPORTED, 501, "transfer encoding"},
	    {ERR_RANGE, 505, "not HTTP/1"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].err == err) {
			refuse(conn, rows[i].status, rows[i].why, true);
			return;
		}
	refuse(conn, 400, "malformed head", true);
}

static void
head_done(struct conn *conn)
{
	struct http_request *request = conn->request;
	const char *expect = http_header(request, "Expect");
	static const char proceed[] = "HTTP/1.1 100 Continue\r\n\r\n";

	if (http_route_path(request->target, conn->path, sizeof conn->path) != ERR_OK)
		conn->path[0] = '\0';
	if (conn_is_hidden(conn))
		conn_ask_url(conn, "");
	buf_put(
	    &conn->body, conn->head.data + request->head_len, conn->head.len - request->head_len);
	if (expect != NULL && str_ieq(expect, "100-continue") && !request->http10 &&
	    conn->body.len < request->content_length && !conn_is_hidden(conn) &&
	    tls_stream_write(conn->stream, proceed, sizeof proceed - 1) != ERR_OK) {
		conn_close(conn);
		return;
	}
	collect_body(conn);
}

static void
collect_head(struct conn *conn)
{
	struct http_request *request;
	enum err err = conn->head.err;

	request = calloc(1, sizeof *request);
	if (request == NULL || err == ERR_NOMEM) {
		conns_no_memory(conn->conns);
		free(request);
		conn_close(conn);
		return;
	}
	if (err == ERR_OK)
		err = http_parse((char *)conn->head.data, conn->head.len, request);
	if (err == ERR_OK) {
		conn->request = request;
		head_done(conn);
		return;
	}
	free(request);
	if (err != ERR_AGAIN)
		refuse_head(conn, err);
	else if (only_newlines(conn->head.data, conn->head.len))
		buf_reset(&conn->head); /* between requests: costs nothing, counts for nothing */
}

static void
take_bytes(struct conn *conn, const uint8_t *data, size_t len)
{
	switch (conn->state) {
	case CONN_IDLE:
		conn_enter(conn, CONN_REQUEST);
		__attribute__((fallthrough));
	case CONN_REQUEST:
		if (conn->request != NULL) {
			buf_put(&conn->body, data, len);
			if (conn->body.err == ERR_NOMEM)
				conns_no_memory(conn->conns);
			collect_body(conn);
		} else {
			buf_put(&conn->head, data, len);
			collect_head(conn);
		}
		break;
	case CONN_LINGER:
		conn->lingered += len;
		if (conn->lingered > LINGER_BYTES_MAX)
			conn_close(conn);
		break;
	default: /* the stream is paused or not ready */
		break;
	}
}

/* ---- events ---- */

static void
count_handshake(const struct conn *conn, const struct tls_stream *stream)
{
	bool is_13 = strcmp(tls_stream_version(stream), "TLSv1.3") == 0;

	metric_count((is_13 ? METRIC_TLS13_FULL : METRIC_TLS12_FULL) +
		     (unsigned)tls_stream_is_resumed(stream));
	metric_observe_fixed(METRIC_HANDSHAKE_MS, clock_mono_ms() - conn->begin_ms);
}

static void
count_failure(enum err why)
{
	switch (why) {
	case ERR_CLOSED:
	case ERR_SYS: /* reset */
		metric_count(METRIC_HANDSHAKE_CLOSED);
		break;
	case ERR_TIMEOUT:
		metric_count(METRIC_HANDSHAKE_TIMEOUT);
		break;
	case ERR_CRYPTO:
		metric_count(METRIC_HANDSHAKE_PROTOCOL);
		break;
	default:
		metric_count(METRIC_HANDSHAKE_OTHER);
		break;
	}
}

static void
on_ready(struct tls_stream *stream, void *arg)
{
	struct conn *conn = arg;

	count_handshake(conn, stream);
	trace_conn_ready(stream);
	if (conn->logged)
		tls_event_ready(stream);
	conn_enter(conn, CONN_IDLE);
}

static void
on_data(struct tls_stream *stream UNUSED, const uint8_t *data, size_t len, void *arg)
{
	struct conn *conn = conn_ref(arg);

	take_bytes(conn, data, len);
	/* Our own reference keeps it; the analyser does not count. */
	conn_unref(conn); /* NOLINT(clang-analyzer-unix.Malloc) */
}

static void
on_closed(struct tls_stream *stream, enum err why, void *arg)
{
	struct conn *conn = arg;

	/* OpenSSL has no code of its own for it. */
	if (why == ERR_NOMEM || strstr(tls_stream_reason(stream), "malloc failure") != NULL)
		conns_no_memory(conn->conns);
	if (conn->state == CONN_HANDSHAKE) {
		count_failure(why);
		trace_conn_failed(stream, why);
	}
	if (conn->state == CONN_HANDSHAKE && conn->logged)
		tls_event_failed(stream, why);
	conn_close(conn);
}

static const struct tls_stream_ops ops = {
    .on_ready = on_ready,
    .on_data = on_data,
    .on_closed = on_closed,
    .gulp_max = GULP,
    .secret = true,
};

static void
on_timer(UNUSED evutil_socket_t fd, UNUSED short what, void *arg)
{
	struct conn *conn = arg;

	if (conn->state == CONN_REQUEST)
		refuse(conn, 408, "request not complete in time", true);
	else if (conn->state == CONN_HANDSHAKE)
		on_closed(conn->stream, ERR_TIMEOUT, conn);
	else
		conn_close(conn);
}

enum err
conn_accept(struct conns *conns, struct worker *worker, int fd, const struct ip_endpoint *client,
    const struct ip_endpoint *server)
{
	struct conn *conn = calloc(1, sizeof *conn);

	if (conn == NULL) {
		conns_close_fd(fd);
		return ERR_NOMEM;
	}
	conn->refs = 1;
	conn->conns = conns;
	conn->worker = worker;
	conn->entry.conn = conn;
	/* One record more than the limits: the parsers see that they are passed. */
	buf_init(&conn->head, HTTP_HEAD_MAX + RECORD_MAX + 1);
	buf_init(&conn->body, HTTP_BODY_MAX + HTTP_HEAD_MAX + RECORD_MAX + 1);
	conn->begin_ms = clock_mono_ms();
	conn->login_end_ms = conn->begin_ms + (uint64_t)limit(conn, LIM_LOGIN_TIMEOUT) * 1000;
	conn->stream = tls_stream_accept(worker, fd, client, server, &ops, conn);
	if (conn->stream == NULL) {
		conn_unref(conn);
		return ERR_NOMEM;
	}
	/* All of its lines or none. */
	conn->logged = log_enabled(LOG_INFO) && conns_may_log(conns);
	if (conn->logged)
		tls_event_begin(client);
	evtimer_assign(&conn->timer, loop_base(worker->loop), on_timer, conn);
	conns_add(conns, &conn->entry, &client->addr);
	conn_enter(conn, CONN_HANDSHAKE);
	return ERR_OK;
}

/* ---- what handlers ask ---- */

struct worker *
conn_worker(const struct conn *conn)
{
	return conn->worker;
}

struct tls_stream *
conn_stream(const struct conn *conn)
{
	return conn->stream;
}

static char *
borrow(const char *s)
{
	return s != NULL ? (char *)(uintptr_t)s : (char *)(uintptr_t) "";
}

static void
put_endpoint(const struct ip_endpoint *endpoint, ProtobufCBinaryData *ip, uint32_t *port)
{
	ip->data = (uint8_t *)(uintptr_t)endpoint->addr.bytes;
	ip->len = ip_len(&endpoint->addr);
	*port = endpoint->port;
}

void
conn_facts(const struct conn *conn, const struct http_request *request, Ipc__ClientFacts *facts)
{
	put_endpoint(tls_stream_client(conn->stream), &facts->client_ip, &facts->client_port);
	put_endpoint(tls_stream_server(conn->stream), &facts->server_ip, &facts->server_port);
	facts->user_agent = borrow(http_header(request, "User-Agent"));
	facts->host = borrow(http_header(request, "Host"));
	facts->path = borrow(conn->path);
	facts->sni = borrow(tls_stream_sni(conn->stream));
	facts->tls_version = borrow(tls_stream_version(conn->stream));
	facts->tls_cipher = borrow(tls_stream_cipher(conn->stream));
}
