/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For test_fetch.c: an HTTP server on 127.0.0.1 that answers by path, well or badly, and a
 * nameserver with a few names, both in the loop of the test; and how the tests begin.
 */
#ifndef TESTS_UNIT_FETCH_HELP_H
#define TESTS_UNIT_FETCH_HELP_H

#include <dirent.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/dns.h>
#include <event2/dns_struct.h>
#include <event2/listener.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>
#include <unistd.h>

#include "common/ip.h"
#include "common/loop.h"
#include "pki/fetch.h"
#include "pki/fetch_name.h"

#define ANSWER_MAX 4096
#define LONG_MS 30000 /* ends a test that hangs */
#define SHORT_MS 150

/* ---- the server ---- */

enum deed {
	REPLY,       /* and keep the connection open */
	REPLY_CLOSE, /* and close */
	ECHO,        /* the request comes back as the body */
	HOLD,        /* never answer */
	BARRIER,     /* answer when `wanted` requests wait here */
	ENDLESS,     /* the reply to '|', then what is behind it, again and again */
	DRIBBLE,     /* one byte from time to time, without end */
};

struct page {
	const char *path;
	enum deed deed;
	const char *reply;
	/* What the fetch must give. */
	enum err err;
	const char *body;
	const char *why;
};

#define OK_HEAD "HTTP/1.1 200 OK\r\n"
#define CHUNKED "Transfer-Encoding: chunked\r\n\r\n"
#define BROKEN "closed before"
#define NO_HTTP "not HTTP"

static const struct page pages[] = {
    {"/length", REPLY, OK_HEAD "Content-Length: 5\r\n\r\nhello", ERR_OK, "hello", ""},
    {"/empty", REPLY, OK_HEAD "Content-Length: 0\r\n\r\n", ERR_OK, "", ""},
    {"/until-end", REPLY_CLOSE, OK_HEAD "\r\nhello", ERR_OK, "hello", ""},
    {"/old", REPLY_CLOSE, "HTTP/1.0 200 OK\r\n\r\nhello", ERR_OK, "hello", ""},
    {"/chunks", REPLY, OK_HEAD CHUNKED "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n", ERR_OK, "hello", ""},
    {"/continue", REPLY, "HTTP/1.1 100 Continue\r\n\r\n" OK_HEAD "Content-Length: 2\r\n\r\nhi",
	ERR_OK, "hi", ""},
    {"/404", REPLY, "HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nhello", ERR_SYS, NULL,
	"HTTP status 404"},
    {"/503", REPLY, "HTTP/1.1 503 Busy\r\nContent-Length: 99999999\r\n\r\n", ERR_SYS, NULL,
	"HTTP status 503"},
    {"/204", REPLY, "HTTP/1.1 204 Nothing\r\n\r\n", ERR_SYS, NULL, "HTTP status 204"},
    {"/206", REPLY, "HTTP/1.1 206 Part\r\nContent-Length: 2\r\n\r\nhi", ERR_SYS, NULL,
	"HTTP status 206"},
    {"/302", REPLY, "HTTP/1.1 302 Found\r\nLocation: /length\r\nContent-Length: 0\r\n\r\n", ERR_SYS,
	NULL, "HTTP status 302"},
    {"/big-length", REPLY, OK_HEAD "Content-Length: 4097\r\n\r\n", ERR_LIMIT, NULL, "too big"},
    {"/huge-length", REPLY, OK_HEAD "Content-Length: 9223372036854775807\r\n\r\nhello", ERR_LIMIT,
	NULL, "too big"},
    {"/big-chunk", REPLY, OK_HEAD CHUNKED "1001\r\n", ERR_LIMIT, NULL, "too big"},
    {"/endless", ENDLESS, OK_HEAD "\r\n|hello", ERR_LIMIT, NULL, "too big"},
    {"/endless-chunks", ENDLESS, OK_HEAD CHUNKED "|5\r\nhello\r\n", ERR_LIMIT, NULL, "too big"},
    {"/endless-chunk-line", ENDLESS, OK_HEAD CHUNKED "|00000000", ERR_LIMIT, NULL, "too big"},
    {"/endless-trailer", ENDLESS, OK_HEAD CHUNKED "0\r\n|X-Name: value\r\n", ERR_LIMIT, NULL,
	"too big"},
    {"/endless-continue", ENDLESS, "|HTTP/1.1 100 Continue\r\n\r\n", ERR_LIMIT, NULL, "too big"},
    {"/endless-first-line", ENDLESS, "|HTTP/1.1 ", ERR_SYS, NULL, NO_HTTP},
    {"/endless-head", ENDLESS, OK_HEAD "|X-Name: value\r\n", ERR_SYS, NULL, NO_HTTP},
    {"/endless-head-line", ENDLESS, OK_HEAD "|X-Name ", ERR_SYS, NULL, NO_HTTP},
    {"/closed-at-once", REPLY_CLOSE, "", ERR_SYS, NULL, BROKEN},
    {"/closed-in-head", REPLY_CLOSE, OK_HEAD "Content-Le", ERR_SYS, NULL, BROKEN},
    {"/closed-in-body", REPLY_CLOSE, OK_HEAD "Content-Length: 5\r\n\r\nhell", ERR_SYS, NULL,
	BROKEN},
    {"/closed-in-chunk", REPLY_CLOSE, OK_HEAD CHUNKED "5\r\nhell", ERR_SYS, NULL, BROKEN},
    {"/closed-between-chunks", REPLY_CLOSE, OK_HEAD CHUNKED "5\r\nhello\r\n", ERR_SYS, NULL,
	BROKEN},
    {"/garbage", REPLY, "SSH-2.0-server\r\n\r\n", ERR_SYS, NULL, NO_HTTP},
    {"/bad-status", REPLY, "HTTP/1.1 OK 200\r\n\r\n", ERR_SYS, NULL, ""},
    {"/bad-length", REPLY_CLOSE, OK_HEAD "Content-Length: -1\r\n\r\nhello", ERR_SYS, NULL, ""},
    {"/bad-chunk", REPLY_CLOSE, OK_HEAD CHUNKED "zz\r\n", ERR_LIMIT, NULL, "malformed"},
    {"/hold", HOLD, NULL, ERR_TIMEOUT, NULL, "no answer in time"},
    {"/dribble", DRIBBLE, OK_HEAD "Content-Length: 4000\r\n\r\n", ERR_TIMEOUT, NULL,
	"no answer in time"},
};

static const struct page page_echo = {.path = "/echo", .deed = ECHO};
static const struct page page_barrier = {.path = "/barrier", .deed = BARRIER};

struct server;

struct client {
	LIST_ENTRY(client) next;
	struct server *server;
	struct bufferevent *bev;
	struct event *tick;
	const struct page *page;
	bool closing;
	bool waits;
};

struct server {
	struct evconnlistener *listener;
	uint16_t port;
	LIST_HEAD(, client) clients;
	size_t now;  /* connections */
	size_t seen; /* requests */
};

static struct loop *loop;
static struct server first, second;
static size_t wanted, waiting; /* at the barrier, of both servers */
static size_t at_barrier;      /* connections when it opened for the first time */

static void
client_free(struct client *client)
{
	LIST_REMOVE(client, next);
	client->server->now--;
	if (client->waits)
		waiting--;
	if (client->tick != NULL)
		event_free(client->tick);
	bufferevent_free(client->bev);
	free(client);
}

static void
say_n(struct client *client, const char *text, size_t len)
{
	assert_int_equal(bufferevent_write(client->bev, text, len), 0);
}

static void
say(struct client *client, const char *text)
{
	say_n(client, text, strlen(text));
}

static void
on_tick(UNUSED evutil_socket_t fd, UNUSED short what, void *arg)
{
	say(arg, "x");
}

static const struct page *
page_find(const char *request)
{
	const char *path = strchr(request, ' ') + 1;
	size_t len = strcspn(path, " ?");

	for (size_t i = 0; i < ARRAY_LEN(pages); i++)
		if (strlen(pages[i].path) == len && strncmp(pages[i].path, path, len) == 0)
			return &pages[i];
	return strlen(page_barrier.path) == len && strncmp(path, page_barrier.path, len) == 0
		   ? &page_barrier
		   : &page_echo;
}

static void
let_go(struct server *server)
{
	struct client *client;

	LIST_FOREACH(client, &server->clients, next)
	if (client->waits) {
		client->waits = false;
		waiting--;
		say(client, pages[0].reply);
	}
}

static void
barrier(void)
{
	if (++waiting < wanted)
		return;
	if (at_barrier == 0)
		at_barrier = first.now + second.now;
	let_go(&first);
	let_go(&second);
}

static void
echo(struct client *client, const char *request)
{
	char head[128];

	(void)snprintf(head, sizeof(head), OK_HEAD "Content-Length: %zu\r\n\r\n", strlen(request));
	say(client, head);
	say(client, request);
}

static void
act(struct client *client, const char *request)
{
	static const struct timeval pause = {.tv_usec = 5000};

	client->page = page_find(request);
	client->server->seen++;
	if (client->page->reply != NULL)
		say_n(client, client->page->reply, strcspn(client->page->reply, "|"));
	switch (client->page->deed) {
	case REPLY:
	case HOLD:
		break;
	case ENDLESS:
		say(client, strchr(client->page->reply, '|') + 1);
		break;
	case REPLY_CLOSE:
		client->closing = true;
		if (*client->page->reply == '\0')
			client_free(client);
		break;
	case ECHO:
		echo(client, request);
		break;
	case BARRIER:
		client->waits = true;
		barrier();
		break;
	case DRIBBLE:
		client->tick = event_new(loop_base(loop), -1, EV_PERSIST, on_tick, client);
		assert_int_equal(event_add(client->tick, &pause), 0);
		break;
	}
}

static void
on_server_read(struct bufferevent *bev, void *arg)
{
	struct client *client = arg;
	char text[4096] = "";
	const char *head, *length;
	size_t body;

	if (client->page != NULL)
		return;
	assert_true(evbuffer_copyout(bufferevent_get_input(bev), text, sizeof(text) - 1) > 0);
	head = strstr(text, "\r\n\r\n");
	length = strstr(text, "Content-Length: ");
	body = length == NULL ? 0 : strtoul(length + strlen("Content-Length: "), NULL, 10);
	if (head != NULL && strlen(head + 4) >= body)
		act(client, text);
}

static void
on_server_written(UNUSED struct bufferevent *bev, void *arg)
{
	struct client *client = arg;

	if (client->closing)
		client_free(client);
	else if (client->page != NULL && client->page->deed == ENDLESS)
		say(client, strchr(client->page->reply, '|') + 1);
}

static void
on_server_event(UNUSED struct bufferevent *bev, UNUSED short what, void *arg)
{
	client_free(arg);
}

static void
on_server_accept(UNUSED struct evconnlistener *listener, evutil_socket_t fd,
    UNUSED struct sockaddr *from, UNUSED int len, void *arg)
{
	struct server *server = arg;
	struct client *client = calloc(1, sizeof(*client));

	assert_non_null(client);
	client->server = server;
	client->bev = bufferevent_socket_new(loop_base(loop), fd, BEV_OPT_CLOSE_ON_FREE);
	bufferevent_setcb(client->bev, on_server_read, on_server_written, on_server_event, client);
	bufferevent_enable(client->bev, EV_READ | EV_WRITE);
	LIST_INSERT_HEAD(&server->clients, client, next);
	server->now++;
}

/* False: this host has no such address. */
static bool
server_open(struct server *server, const char *addr)
{
	struct ip_endpoint at = {.port = 0};
	struct sockaddr_storage ss;
	socklen_t len;

	assert_int_equal(ip_parse(addr, &at.addr), ERR_OK);
	len = ip_to_sockaddr(&at, &ss);
	*server = (struct server){.now = 0};
	LIST_INIT(&server->clients);
	server->listener = evconnlistener_new_bind(loop_base(loop), on_server_accept, server,
	    LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE, 256, (struct sockaddr *)&ss, (int)len);
	if (server->listener == NULL)
		return false;
	len = sizeof(ss);
	assert_int_equal(
	    getsockname(evconnlistener_get_fd(server->listener), (struct sockaddr *)&ss, &len), 0);
	assert_int_equal(ip_from_sockaddr((struct sockaddr *)&ss, &at), ERR_OK);
	server->port = at.port;
	return true;
}

static void
server_close(struct server *server)
{
	while (!LIST_EMPTY(&server->clients))
		client_free(LIST_FIRST(&server->clients));
	if (server->listener != NULL)
		evconnlistener_free(server->listener);
	server->listener = NULL;
}

/* ---- the nameserver ---- */

static const struct zone {
	const char *name;
	bool silent;
	uint8_t v4[2][4];
	int v4_len;
	bool v6; /* ::1 */
} zones[] = {
    {.name = "good.test", .v4 = {{127, 0, 0, 1}}, .v4_len = 1},
    /* Nobody listens on the first. */
    {.name = "two.test", .v4 = {{127, 0, 0, 2}, {127, 0, 0, 1}}, .v4_len = 2},
    {.name = "bad.test", .v4 = {{127, 0, 0, 2}}, .v4_len = 1},
    {.name = "six.test", .v6 = true},
    {.name = "both.test", .v4 = {{127, 0, 0, 2}}, .v4_len = 1, .v6 = true},
    {.name = "nothing.test"},
    {.name = "silent.test", .silent = true},
};

static struct evdns_server_port *nameserver;
static uint16_t nameserver_port;

static int
zone_answer(struct evdns_server_request *req, const struct evdns_server_question *question)
{
	static const uint8_t one[16] = {[15] = 1};
	const struct zone *zone = NULL;

	for (size_t i = 0; i < ARRAY_LEN(zones); i++)
		if (strcasecmp(zones[i].name, question->name) == 0)
			zone = &zones[i];
	if (zone == NULL)
		return evdns_server_request_respond(req, DNS_ERR_NOTEXIST);
	if (zone->silent)
		return evdns_server_request_drop(req);
	if (question->type == EVDNS_TYPE_A && zone->v4_len > 0)
		evdns_server_request_add_a_reply(req, question->name, zone->v4_len, zone->v4, 60);
	if (question->type == EVDNS_TYPE_AAAA && zone->v6)
		evdns_server_request_add_aaaa_reply(req, question->name, 1, one, 60);
	return evdns_server_request_respond(req, DNS_ERR_NONE);
}

static void
on_question(struct evdns_server_request *req, UNUSED void *arg)
{
	assert_int_equal(req->nquestions, 1);
	assert_int_equal(zone_answer(req, req->questions[0]), 0);
}

static void
nameserver_open(void)
{
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(sin);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&sin, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sin, &len), 0);
	nameserver_port = ntohs(sin.sin_port);
	nameserver = evdns_add_server_port_with_base(loop_base(loop), fd, 0, on_question, NULL);
	assert_non_null(nameserver);
}

/* ---- the tests' world ---- */

static struct fetcher *fetcher;

/* A fetcher that knows our nameserver (or none) and these hosts. */
static void
fetcher_again(bool names, const char *hosts)
{
	char conf[256];

	(void)snprintf(conf, sizeof(conf),
	    "# ours\nnameserver 127.0.0.1:%u\nsearch far.test test # end\noptions ndots:1 x\n",
	    nameserver_port);
	fetch_name_read(names ? conf : "search test\n;nameserver 127.0.0.1\n", hosts);
	fetcher_free(fetcher);
	fetcher = fetcher_new(loop);
	assert_non_null(fetcher);
}

static size_t
open_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	size_t n = 0;

	assert_non_null(dir);
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n;
}

static size_t files_before;

static int
setup(UNUSED void **state)
{
	files_before = open_files();
	loop = loop_new();
	assert_non_null(loop);
	nameserver_open();
	assert_true(server_open(&first, "127.0.0.1"));
	assert_true(server_open(&second, "127.0.0.1"));
	fetcher = NULL;
	fetcher_again(true, NULL);
	return 0;
}

static int
teardown(UNUSED void **state)
{
	fetcher_free(fetcher);
	server_close(&first);
	server_close(&second);
	evdns_close_server_port(nameserver);
	loop_free(loop);
	fetch_name_read(NULL, NULL);
	assert_int_equal(open_files(), files_before);
	return 0;
}

/* ---- one request ---- */

struct result {
	struct fetch *fetch;
	bool ended;
	enum err err;
	char body[512];
	size_t len;
	char why[128];
};

static bool in_begin;
static unsigned running; /* results that are to come before the loop stops */

static void
on_done(enum err err, const void *body, size_t len, const char *why, void *arg)
{
	struct result *result = arg;

	assert_false(in_begin);
	assert_false(result->ended);
	assert_in_range(len, 0, sizeof(result->body) - 1);
	result->ended = true;
	result->err = err;
	result->len = len;
	if (err == ERR_OK)
		memcpy(result->body, body, len);
	else
		assert_null(body);
	(void)snprintf(result->why, sizeof(result->why), "%s", why);
	assert_true(running > 0);
	if (--running == 0)
		loop_stop(loop);
}

static struct fetch *
begin_with(const struct fetch_request *request, struct result *result)
{
	*result = (struct result){.ended = false};
	in_begin = true;
	result->fetch = fetch_begin(fetcher, request, on_done, result);
	in_begin = false;
	return result->fetch;
}

/* Get host:port/path; host "" is the first server's address. */
static void
begin(struct result *result, const char *host, const struct server *server, const char *path,
    unsigned ms)
{
	char url[512];
	struct fetch_request request = {.url = url, .answer_max = ANSWER_MAX, .timeout_ms = ms};

	(void)snprintf(url, sizeof(url), "http://%s:%u%s", *host == '\0' ? "127.0.0.1" : host,
	    server->port, path);
	assert_non_null(begin_with(&request, result));
}

static void
run(unsigned results)
{
	running = results;
	loop_run(loop);
	assert_int_equal(running, 0);
}

static void
expect(const struct result *result, enum err err, const char *body, const char *why)
{
	if (!result->ended || result->err != err || strstr(result->why, why) == NULL)
		fail_msg("expected %s and \"%s\", got %s and \"%s\"", err_str(err), why,
		    err_str(result->err), result->why);
	if (body != NULL)
		assert_string_equal(result->body, body);
}

#endif
