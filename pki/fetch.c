/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A request's way: in line, a name looked up, one address after the other tried, asked, ended. What
 * libevent's callbacks find is only noted there; fetch_step() acts on it from the top of the loop,
 * so nothing is freed under libevent's feet and nobody is called back from within his own call.
 */
#include "pki/fetch.h"

#include <assert.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/dns.h>
#include <event2/http.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "common/ip.h"
#include "common/str.h"
#include "pki/fetch_name.h"
#include "pki/fetch_url.h"

#define HEAD_MAX 16384 /* bytes */
#define WHY_SIZE 96
#define ANSWER_MAX (1U << 30) /* bytes: what callers may allow */
#define STATUS_OK 200
#define STATUS_CONTINUE 100

enum fetch_state {
	FETCH_IN_LINE,
	FETCH_RESOLVING,
	FETCH_ASKING,  /* connecting, or the request is sent */
	FETCH_NEXT,    /* this address does not answer: try another one */
	FETCH_ENDED,   /* err and why are set, done is to be called */
	FETCH_DROPPED, /* nobody waits: memory only */
};

TAILQ_HEAD(fetches, fetch);

struct fetcher {
	struct loop *loop;
	struct evdns_base *dns;
	struct fetches line;
	size_t line_len;
	struct fetches under_way;
	size_t under_way_len;
};

struct fetch {
	TAILQ_ENTRY(fetch) next; /* in the fetcher's line or under_way */
	struct fetcher *fetcher;
	enum fetch_state state;
	bool in_line;  /* in which of the two lists */
	bool step_due; /* a deferred fetch_step() holds us */
	struct fetch_url url;
	char *content_type;
	void *body;
	size_t body_len;
	size_t answer_max;
	struct event *timer;
	struct fetch_name *question;
	uint8_t family; /* that was asked for last; 0: none */
	struct ip_addr addrs[FETCH_NAME_ADDRS_MAX];
	size_t addrs_len;
	size_t addrs_tried;
	struct evhttp_connection *con;
	size_t received;   /* bytes on this connection */
	bool connected;    /* this address took the connection */
	int connect_errno; /* why it did not */
	struct evbuffer *answer;
	enum err err;
	char why[WHY_SIZE];
	fetch_done_fn done;
	void *arg;
};

/* ---- what ended, and what comes next ---- */

static void fetch_step(void *arg);

static void
defer_step(struct fetch *fetch)
{
	if (fetch->step_due)
		return;
	fetch->step_due = true;
	loop_defer(fetch->fetcher->loop, fetch_step, fetch);
}

/* The first outcome counts. */
static void
settle(struct fetch *fetch, enum err err, const char *why)
{
	if (fetch->state == FETCH_ENDED)
		return;
	fetch->state = FETCH_ENDED;
	fetch->err = err;
	(void)str_copy(fetch->why, sizeof(fetch->why), why);
	defer_step(fetch);
}

static void
on_timeout(UNUSED evutil_socket_t fd, UNUSED short what, void *arg)
{
	struct fetch *fetch = arg;

	if (fetch->state == FETCH_IN_LINE)
		settle(fetch, ERR_TIMEOUT, "timed out in line behind other requests");
	else if (fetch->state == FETCH_RESOLVING)
		settle(fetch, ERR_TIMEOUT, "no nameserver answered in time");
	else if (!fetch->connected)
		settle(fetch, ERR_TIMEOUT, "no connection in time");
	else
		settle(fetch, ERR_TIMEOUT, "no answer in time");
}

/* ---- HTTP ---- */

/* Before the body is read: an error page is of no use. */
static int
on_header(struct evhttp_request *req, void *arg)
{
	struct fetch *fetch = arg;
	int status = evhttp_request_get_response_code(req);
	char why[WHY_SIZE];

	if (status == STATUS_OK || status == STATUS_CONTINUE)
		return 0;
	(void)snprintf(why, sizeof(why), "HTTP status %d", status);
	settle(fetch, ERR_SYS, why);
	return -1;
}

/* libevent puts the request into the socket's buffer as soon as there is a connection. */
static void
on_sending(UNUSED struct evbuffer *out, UNUSED const struct evbuffer_cb_info *info, void *arg)
{
	((struct fetch *)arg)->connected = true;
}

/*
 * libevent counts the bytes of head and body, but not what lies between chunks: that may take as
 * much room again as the answer.
 */
static void
on_receiving(UNUSED struct evbuffer *in, const struct evbuffer_cb_info *info, void *arg)
{
	struct fetch *fetch = arg;

	fetch->received += info->n_added;
	if (fetch->received > HEAD_MAX + 2 * fetch->answer_max)
		settle(fetch, ERR_LIMIT, "the answer is too big");
}

/* Called before on_answer(), except when a connection was refused. */
static void
on_error(enum evhttp_request_error error, void *arg)
{
	struct fetch *fetch = arg;

	if (!fetch->connected) {
		fetch->connect_errno = errno;
		return;
	}
	switch (error) {
	case EVREQ_HTTP_TIMEOUT:
		settle(fetch, ERR_TIMEOUT, "no answer in time");
		break;
	case EVREQ_HTTP_DATA_TOO_LONG:
		settle(fetch, ERR_LIMIT, "the answer is too big, or its chunks are malformed");
		break;
	case EVREQ_HTTP_INVALID_HEADER:
		settle(fetch, ERR_SYS, "the answer is not HTTP, or its head is too big");
		break;
	case EVREQ_HTTP_EOF:
	case EVREQ_HTTP_BUFFER_ERROR:
	case EVREQ_HTTP_REQUEST_CANCEL:
		settle(fetch, ERR_SYS, "the connection was closed before the answer was complete");
		break;
	}
}

static void
on_answer(struct evhttp_request *req, void *arg)
{
	struct fetch *fetch = arg;

	if (fetch->state != FETCH_ASKING)
		return;
	if (!fetch->connected) {
		fetch->state = FETCH_NEXT;
		defer_step(fetch);
	} else if (req == NULL || evhttp_request_get_response_code(req) != STATUS_OK)
		settle(fetch, ERR_SYS, "no answer");
	else if (evbuffer_add_buffer(fetch->answer, evhttp_request_get_input_buffer(req)) != 0)
		settle(fetch, ERR_NOMEM, "out of memory");
	else
		settle(fetch, ERR_OK, "");
}

static struct evhttp_request *
make_request(struct fetch *fetch)
{
	struct evhttp_request *req = evhttp_request_new(on_answer, fetch);
	struct evkeyvalq *headers;
	struct evbuffer *out;

	if (req == NULL)
		return NULL;
	out = evhttp_request_get_output_buffer(req);
	evhttp_request_set_header_cb(req, on_header);
	evhttp_request_set_error_cb(req, on_error);
	headers = evhttp_request_get_output_headers(req);
	if (evhttp_add_header(headers, "Host", fetch->url.authority) != 0 ||
	    evhttp_add_header(headers, "Connection", "close") != 0 ||
	    (fetch->content_type != NULL &&
		evhttp_add_header(headers, "Content-Type", fetch->content_type) != 0) ||
	    evbuffer_add(out, fetch->body, fetch->body_len) != 0) {
		evhttp_request_free(req);
		return NULL;
	}
	return req;
}

static void
close_connection(struct fetch *fetch)
{
	struct evhttp_connection *con = fetch->con;
	struct bufferevent *bev;

	if (con == NULL)
		return;
	fetch->con = NULL;
	/* libevent keeps a connection's buffers for another turn of the loop. */
	bev = evhttp_connection_get_bufferevent(con);
	(void)evbuffer_remove_cb(bufferevent_get_output(bev), on_sending, fetch);
	(void)evbuffer_remove_cb(bufferevent_get_input(bev), on_receiving, fetch);
	evhttp_connection_free(con);
}

/*
 * A connection for one request. libevent gets an address in text and its family: with both it
 * neither asks a nameserver nor looks which families the host has.
 */
static enum err
open_connection(struct fetch *fetch, const struct ip_addr *addr)
{
	/* Ours is the timer that counts. */
	static const struct timeval never = {.tv_sec = 86400};
	char text[IP_STR_MAX];
	struct evhttp_connection *con = evhttp_connection_base_new(loop_base(fetch->fetcher->loop),
	    fetch->fetcher->dns, ip_str(addr, text), fetch->url.port);
	struct bufferevent *bev;

	if (con == NULL)
		return ERR_NOMEM;
	fetch->con = con;
	fetch->connected = false;
	fetch->connect_errno = ECONNREFUSED;
	fetch->received = 0;
	evhttp_connection_set_family(con, addr->family == 4 ? AF_INET : AF_INET6);
	evhttp_connection_set_timeout_tv(con, &never);
	evhttp_connection_set_max_headers_size(con, HEAD_MAX);
	evhttp_connection_set_max_body_size(con, (ev_ssize_t)fetch->answer_max);
	bev = evhttp_connection_get_bufferevent(con);
	if (evbuffer_add_cb(bufferevent_get_output(bev), on_sending, fetch) != NULL &&
	    evbuffer_add_cb(bufferevent_get_input(bev), on_receiving, fetch) != NULL)
		return ERR_OK;
	close_connection(fetch);
	return ERR_NOMEM;
}

static void
ask(struct fetch *fetch, const struct ip_addr *addr)
{
	struct evhttp_request *req = make_request(fetch);

	fetch->state = FETCH_ASKING;
	if (req == NULL || open_connection(fetch, addr) != ERR_OK) {
		if (req != NULL)
			evhttp_request_free(req);
		settle(fetch, ERR_NOMEM, "out of memory");
		return;
	}
	/* The request is the connection's from here on, also when this fails. */
	if (evhttp_make_request(fetch->con, req,
		fetch->content_type == NULL ? EVHTTP_REQ_GET : EVHTTP_REQ_POST,
		fetch->url.target) != 0)
		settle(fetch, ERR_SYS, "the request cannot be sent");
}

/* ---- addresses ---- */

static void on_name(const struct ip_addr *addrs, size_t len, const char *why, void *arg);

/* IPv6 is asked for when IPv4 leads nowhere: one question in the usual case. */
static void
resolve(struct fetch *fetch, uint8_t family)
{
	fetch->state = FETCH_RESOLVING;
	fetch->family = family;
	fetch->question =
	    fetch_name_ask(fetch->fetcher->dns, fetch->url.host, family, on_name, fetch);
	if (fetch->question == NULL)
		settle(fetch, ERR_SYS, "name lookup: cannot ask a nameserver");
}

static void
try_next(struct fetch *fetch)
{
	char why[WHY_SIZE];

	if (fetch->addrs_tried < fetch->addrs_len)
		ask(fetch, &fetch->addrs[fetch->addrs_tried++]);
	else if (fetch->family == 4)
		resolve(fetch, 6);
	else {
		(void)snprintf(
		    why, sizeof(why), "cannot connect: %s", strerror(fetch->connect_errno));
		settle(fetch, ERR_SYS, why);
	}
}

static void
on_name(const struct ip_addr *addrs, size_t len, const char *why, void *arg)
{
	struct fetch *fetch = arg;
	char text[WHY_SIZE];

	fetch->question = NULL;
	if (fetch->state != FETCH_RESOLVING)
		return;
	if (len == 0 && fetch->family == 6 && fetch->addrs_len == 0) {
		(void)snprintf(text, sizeof(text), "name lookup: %s", why);
		settle(fetch, ERR_SYS, text);
		return;
	}
	if (len > 0) {
		memcpy(fetch->addrs, addrs, len * sizeof(*addrs));
		fetch->addrs_len = len;
		fetch->addrs_tried = 0;
	}
	try_next(fetch);
}

static void
start(struct fetch *fetch)
{
	if (fetch->url.addr.family != 0) {
		fetch->addrs[0] = fetch->url.addr;
		fetch->addrs_len = 1;
	} else
		fetch->addrs_len = fetch_name_hosts(fetch->url.host, fetch->addrs);
	if (fetch->addrs_len > 0)
		try_next(fetch);
	else if (fetch_name_can_ask(fetch->fetcher->dns))
		resolve(fetch, 4);
	else
		settle(fetch, ERR_SYS, "name lookup: this system has no nameserver");
}

/* ---- the line ---- */

static bool
may_start(const struct fetcher *fetcher, const struct fetch *fetch)
{
	const struct fetch *other;
	size_t same = 0;

	if (fetch->state == FETCH_ENDED)
		return false;
	TAILQ_FOREACH(other, &fetcher->under_way, next)
	if (str_ieq(other->url.authority, fetch->url.authority))
		same++;
	return same < FETCH_AT_ONE_SERVER_MAX;
}

static void
start_those_in_line(struct fetcher *fetcher)
{
	struct fetch *fetch = TAILQ_FIRST(&fetcher->line), *next;

	for (; fetch != NULL && fetcher->under_way_len < FETCH_AT_ONCE_MAX; fetch = next) {
		next = TAILQ_NEXT(fetch, next);
		if (!may_start(fetcher, fetch))
			continue;
		TAILQ_REMOVE(&fetcher->line, fetch, next);
		fetcher->line_len--;
		TAILQ_INSERT_TAIL(&fetcher->under_way, fetch, next);
		fetcher->under_way_len++;
		fetch->in_line = false;
		start(fetch);
	}
}

static void
leave(struct fetch *fetch)
{
	struct fetcher *fetcher = fetch->fetcher;

	assert(fetcher != NULL);
	if (fetch->in_line) {
		TAILQ_REMOVE(&fetcher->line, fetch, next);
		fetcher->line_len--;
	} else {
		TAILQ_REMOVE(&fetcher->under_way, fetch, next);
		fetcher->under_way_len--;
	}
	fetch->fetcher = NULL;
}

/* ---- life ---- */

static void
free_memory(struct fetch *fetch)
{
	if (fetch->answer != NULL)
		evbuffer_free(fetch->answer);
	free(fetch->content_type);
	free(fetch->body);
	free(fetch);
}

/* No event reaches us any more. */
static void
silence(struct fetch *fetch)
{
	close_connection(fetch);
	fetch_name_cancel(fetch->question);
	fetch->question = NULL;
	if (fetch->timer != NULL)
		event_free(fetch->timer);
	fetch->timer = NULL;
}

/* Nobody waits for it. A step that is due frees it then. */
static void
drop(struct fetch *fetch)
{
	silence(fetch);
	leave(fetch);
	fetch->state = FETCH_DROPPED;
	if (!fetch->step_due)
		free_memory(fetch);
}

/* Whoever is called may free the fetcher. */
static void
deliver(struct fetch *fetch)
{
	struct fetcher *fetcher = fetch->fetcher;
	size_t len = evbuffer_get_length(fetch->answer);
	const unsigned char none[1] = {0};
	const unsigned char *body = len == 0 ? none : evbuffer_pullup(fetch->answer, -1);

	silence(fetch);
	leave(fetch);
	start_those_in_line(fetcher);
	if (body == NULL)
		fetch->done(ERR_NOMEM, NULL, 0, "out of memory", fetch->arg);
	else if (fetch->err == ERR_OK)
		fetch->done(ERR_OK, body, len, fetch->why, fetch->arg);
	else
		fetch->done(fetch->err, NULL, 0, fetch->why, fetch->arg);
	free_memory(fetch);
}

static void
fetch_step(void *arg)
{
	struct fetch *fetch = arg;

	fetch->step_due = false;
	if (fetch->state == FETCH_DROPPED)
		free_memory(fetch);
	else if (fetch->state == FETCH_ENDED)
		deliver(fetch);
	else if (fetch->state == FETCH_NEXT) {
		close_connection(fetch);
		try_next(fetch);
	}
}

void
fetch_prepare(void)
{
	fetch_name_prepare();
}

struct fetcher *
fetcher_new(struct loop *loop)
{
	struct fetcher *fetcher = calloc(1, sizeof(*fetcher));

	if (fetcher == NULL)
		return NULL;
	fetcher->loop = loop;
	TAILQ_INIT(&fetcher->line);
	TAILQ_INIT(&fetcher->under_way);
	fetcher->dns = fetch_name_open(loop);
	if (fetcher->dns == NULL) {
		free(fetcher);
		return NULL;
	}
	return fetcher;
}

static void
drop_all(struct fetches *fetches)
{
	struct fetch *next;

	for (struct fetch *fetch = TAILQ_FIRST(fetches); fetch != NULL; fetch = next) {
		next = TAILQ_NEXT(fetch, next);
		drop(fetch);
	}
}

void
fetcher_free(struct fetcher *fetcher)
{
	if (fetcher == NULL)
		return;
	drop_all(&fetcher->line);
	drop_all(&fetcher->under_way);
	fetch_name_close(fetcher->dns);
	free(fetcher);
}

/* The caller's texts and our timer. */
static enum err
take_request(struct fetch *fetch, const struct fetch_request *request)
{
	const struct timeval tv = {
	    .tv_sec = request->timeout_ms / 1000,
	    .tv_usec = (suseconds_t)(request->timeout_ms % 1000) * 1000,
	};

	fetch->answer_max = request->answer_max;
	fetch->body_len = request->content_type == NULL ? 0 : request->body_len;
	fetch->body = malloc(fetch->body_len + 1);
	fetch->answer = evbuffer_new();
	fetch->timer = evtimer_new(loop_base(fetch->fetcher->loop), on_timeout, fetch);
	if (request->content_type != NULL) {
		fetch->content_type = strdup(request->content_type);
		if (fetch->content_type == NULL)
			return ERR_NOMEM;
	}
	if (fetch->body == NULL || fetch->answer == NULL || fetch->timer == NULL ||
	    evtimer_add(fetch->timer, &tv) != 0)
		return ERR_NOMEM;
	if (fetch->body_len > 0)
		memcpy(fetch->body, request->body, fetch->body_len);
	return ERR_OK;
}

struct fetch *
fetch_begin(
    struct fetcher *fetcher, const struct fetch_request *request, fetch_done_fn done, void *arg)
{
	struct fetch *fetch;

	if (fetcher->line_len >= FETCH_QUEUE_MAX || request->answer_max > ANSWER_MAX)
		return NULL;
	fetch = calloc(1, sizeof(*fetch));
	if (fetch == NULL)
		return NULL;
	fetch->fetcher = fetcher;
	fetch->done = done;
	fetch->arg = arg;
	if (fetch_url_parse(request->url, &fetch->url) != ERR_OK ||
	    take_request(fetch, request) != ERR_OK) {
		silence(fetch);
		free_memory(fetch);
		return NULL;
	}
	fetch->in_line = true;
	TAILQ_INSERT_TAIL(&fetcher->line, fetch, next);
	fetcher->line_len++;
	start_those_in_line(fetcher);
	return fetch;
}

void
fetch_cancel(struct fetch *fetch)
{
	struct fetcher *fetcher;

	/* Without a fetcher its end is being told right now. */
	if (fetch == NULL || fetch->fetcher == NULL)
		return;
	fetcher = fetch->fetcher;
	drop(fetch);
	start_those_in_line(fetcher);
}
