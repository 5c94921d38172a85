/* SPDX-License-Identifier: Apache-2.0 */
/* libevent's HTTP server with limits, and the list of those who wait. */
#include "tools/exporter_http.h"

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "common/buf.h"
#include "common/log.h"
#include "tools/exporter_fetch.h"
#include "tools/exporter_text.h"

#define HEADERS_MAX 8192
#define BODY_MAX 1024 /* nobody has a reason to send one */
#define TIMEOUT_SEC 15
#define PAGE                                                                                       \
	"<html><head><title>Sekisho</title></head><body><a "                                       \
	"href=\"/metrics\">Metrics</a></body></html>\n"

struct waiter {
	struct exporter_http *http;
	struct evhttp_request *request;
	struct waiter *prev, *next;
};

struct exporter_http {
	struct loop *loop;
	const char *socket;
	struct evhttp *server;
	struct exporter_fetch *fetch; /* NULL: none is under way */
	struct waiter *waiters;
	unsigned waiters_len;
	bool away; /* the daemon, as the log knows */
};

/* ---- requests ---- */

/* The analyser does not follow utlist's lists. */
/* NOLINTBEGIN(clang-analyzer-unix.Malloc) */

static void
waiter_remove(struct waiter *waiter)
{
	DL_DELETE(waiter->http->waiters, waiter);
	waiter->http->waiters_len--;
	free(waiter);
}

/* He has hung up, and his request goes with the connection. */
static void
on_hangup(struct evhttp_connection *connection, void *arg)
{
	(void)connection;
	waiter_remove(arg);
}

static void
put_header(struct evhttp_request *request, const char *name, const char *value)
{
	(void)evhttp_add_header(evhttp_request_get_output_headers(request), name, value);
}

static void
reply(struct evhttp_request *request, int status, const char *type, const void *body, size_t len)
{
	struct evbuffer *out = evhttp_request_get_output_buffer(request);

	put_header(request, "Content-Type", type);
	put_header(request, "Vary", "Accept");
	put_header(request, "X-Content-Type-Options", "nosniff");
	if (evbuffer_add(out, body, len) != 0)
		status = HTTP_INTERNAL;
	evhttp_send_reply(request, status, NULL, NULL);
}

static void
refuse(struct evhttp_request *request, int status, const char *text)
{
	reply(request, status, "text/plain; charset=utf-8", text, strlen(text));
}

static void
answer(struct evhttp_request *request, const char *text)
{
	bool openmetrics = exporter_text_wants_openmetrics(
	    evhttp_find_header(evhttp_request_get_input_headers(request), "Accept"));
	struct buf out;

	buf_init(&out, 2 * EXPORTER_TEXT_MAX);
	exporter_text_write(&out, text != NULL, text != NULL ? text : "", openmetrics);
	if (out.err == ERR_OK)
		reply(request, HTTP_OK, openmetrics ? EXPORTER_OPENMETRICS : EXPORTER_PROMETHEUS,
		    out.data, out.len);
	else
		refuse(request, HTTP_INTERNAL, "out of memory\n");
	buf_fini(&out);
}

/* One line when it goes and one when it is back. */
static void
note_daemon(struct exporter_http *http, const char *why)
{
	if (why != NULL && !http->away)
		log_warn("no metrics from the daemon: %s", why);
	else if (why == NULL && http->away)
		log_notice("the daemon is back");
	http->away = why != NULL;
}

static void
on_fetched(const char *text, const char *why, void *arg)
{
	struct exporter_http *http = arg;
	struct waiter *waiter;

	http->fetch = NULL;
	note_daemon(http, why);
	while ((waiter = http->waiters) != NULL) {
		struct evhttp_request *request = waiter->request;

		evhttp_connection_set_closecb(evhttp_request_get_connection(request), NULL, NULL);
		waiter_remove(waiter);
		answer(request, text);
	}
}

static void
on_metrics(struct evhttp_request *request, void *arg)
{
	struct exporter_http *http = arg;
	struct waiter *waiter = NULL;

	if (http->waiters_len < EXPORTER_WAITING_MAX)
		waiter = calloc(1, sizeof(*waiter));
	if (waiter != NULL && http->fetch == NULL)
		http->fetch = exporter_fetch_begin(http->loop, http->socket, on_fetched, http);
	if (waiter == NULL || http->fetch == NULL) {
		free(waiter);
		refuse(request, HTTP_SERVUNAVAIL, "too many requests at one time\n");
		return;
	}
	*waiter = (struct waiter){.http = http, .request = request};
	DL_APPEND(http->waiters, waiter);
	http->waiters_len++;
	evhttp_connection_set_closecb(evhttp_request_get_connection(request), on_hangup, waiter);
}

static void
on_root(struct evhttp_request *request, void *arg)
{
	(void)arg;
	reply(request, HTTP_OK, "text/html; charset=utf-8", PAGE, strlen(PAGE));
}

static void
on_other(struct evhttp_request *request, void *arg)
{
	(void)arg;
	refuse(request, HTTP_NOTFOUND, "there is only /metrics\n");
}

/* ---- accepting ---- */

static void
on_resume(UNUSED evutil_socket_t fd, UNUSED short what, void *arg)
{
	evconnlistener_enable(arg);
}

/* No descriptors, mostly: without a pause this comes again at once, for as long as others hold on
 * to their connections. */
static void
on_accept_error(struct evconnlistener *listener, void *arg)
{
	static const struct timeval pause = {.tv_sec = 1};

	(void)arg;
	log_warn("cannot accept, trying again in a second: %m");
	if (event_base_once(evconnlistener_get_base(listener), -1, EV_TIMEOUT, on_resume, listener,
		&pause) == 0)
		evconnlistener_disable(listener);
}

static bool
accept_from(struct evhttp *server, int fd)
{
	struct evhttp_bound_socket *bound = evhttp_accept_socket_with_handle(server, fd);

	if (bound == NULL)
		return false;
	evconnlistener_set_error_cb(evhttp_bound_socket_get_listener(bound), on_accept_error);
	return true;
}

/* ---- life ---- */

struct exporter_http *
exporter_http_new(struct loop *loop, int fd, const char *socket)
{
	struct exporter_http *http = calloc(1, sizeof(*http));

	if (http == NULL)
		return NULL;
	http->loop = loop;
	http->socket = socket;
	http->server = evhttp_new(loop_base(loop));
	if (http->server == NULL) {
		free(http);
		return NULL;
	}
	evhttp_set_allowed_methods(http->server, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD);
	evhttp_set_max_headers_size(http->server, HEADERS_MAX);
	evhttp_set_max_body_size(http->server, BODY_MAX);
	evhttp_set_timeout(http->server, TIMEOUT_SEC);
	evhttp_set_gencb(http->server, on_other, NULL);
	if (evhttp_set_cb(http->server, "/metrics", on_metrics, http) != 0 ||
	    evhttp_set_cb(http->server, "/", on_root, NULL) != 0 ||
	    !accept_from(http->server, fd)) {
		exporter_http_free(http);
		return NULL;
	}
	return http;
}

void
exporter_http_free(struct exporter_http *http)
{
	struct waiter *waiter;

	if (http == NULL)
		return;
	exporter_fetch_cancel(http->fetch);
	while ((waiter = http->waiters) != NULL) {
		evhttp_connection_set_closecb(
		    evhttp_request_get_connection(waiter->request), NULL, NULL);
		waiter_remove(waiter);
	}
	evhttp_free(http->server);
	free(http);
}

/* NOLINTEND(clang-analyzer-unix.Malloc) */
