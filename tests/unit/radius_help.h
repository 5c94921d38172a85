/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests of the RADIUS client: servers on the loopback in the test's own event loop, and a clock
 * that the test moves. Nothing here waits for real time.
 */
#ifndef TESTS_UNIT_RADIUS_HELP_H
#define TESTS_UNIT_RADIUS_HELP_H

#include "tests/unit/conf_help.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "auth/radius_parts.h"
#include "common/clock.h"
#include "common/str.h"

#define HELP_HELD_MAX 1024
#define HELP_KEY "secret"

/* A request that a server has got. */
struct help_held {
	struct ip_endpoint from;
	struct radius_packet packet;
};

struct help_server {
	int fd;
	struct event *event;
	struct ip_endpoint at;
	bool answers; /* else it keeps what comes */
	bool is_unsigned;
	enum radius_code code; /* what it says */
	const char *key;
	unsigned got;
	struct help_held *held;
	size_t held_len;
};

static uint64_t help_now_ms;
static struct loop *help_loop;

static inline uint64_t
help_mono(void)
{
	return help_now_ms;
}

static inline time_t
help_wall(void)
{
	return 1700000000 + (time_t)(help_now_ms / 1000);
}

static inline int
help_socket(const struct ip_endpoint *at)
{
	struct sockaddr_storage ss;
	socklen_t len = ip_to_sockaddr(at, &ss);
	int fd = socket(ss.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int room = 4 << 20;

	assert_true(fd >= 0);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	assert_int_equal(bind(fd, (struct sockaddr *)&ss, len), 0);
	return fd;
}

static inline void
help_send(int fd, const struct ip_endpoint *to, const void *data, size_t len)
{
	struct sockaddr_storage ss;
	socklen_t ss_len = ip_to_sockaddr(to, &ss);

	assert_int_equal(sendto(fd, data, len, 0, (struct sockaddr *)&ss, ss_len), len);
}

/* The genuine answer to a request. */
static inline void
help_make_answer(
    const struct help_server *server, const struct help_held *held, struct radius_packet *out)
{
	struct secret *key = secret_new(server->key, strlen(server->key));
	struct radius_request answer;

	radius_request_init(&answer, server->code);
	radius_put_str(&answer, RADIUS_REPLY_MESSAGE, "hello");
	assert_int_equal(
	    radius_seal_answer(&answer, &held->packet, key, !server->is_unsigned, out), ERR_OK);
	radius_request_fini(&answer);
	secret_free(key);
}

static inline void
help_answer(struct help_server *server, const struct help_held *held)
{
	static struct radius_packet answer;

	help_make_answer(server, held, &answer);
	help_send(server->fd, &held->from, answer.data, answer.len);
}

/* All that was kept, the last one first. */
static inline void
help_answer_all(struct help_server *server)
{
	while (server->held_len > 0)
		help_answer(server, &server->held[--server->held_len]);
}

static inline void
help_on_request(evutil_socket_t fd, short what, void *arg)
{
	struct help_server *server = arg;
	struct sockaddr_storage ss;
	socklen_t ss_len = sizeof(ss);
	struct help_held *held;
	ssize_t n;

	(void)what;
	for (;;) {
		assert_true(server->held_len < HELP_HELD_MAX);
		held = &server->held[server->held_len];
		n = recvfrom(fd, held->packet.data, sizeof(held->packet.data), 0,
		    (struct sockaddr *)&ss, &ss_len);
		if (n < 0)
			return;
		held->packet.len = (size_t)n;
		assert_int_equal(ip_from_sockaddr((struct sockaddr *)&ss, &held->from), ERR_OK);
		server->got++;
		if (server->answers)
			help_answer(server, held);
		else
			server->held_len++;
	}
}

static inline void
help_server_start(struct help_server *server, const char *addr)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	*server = (struct help_server){.code = RADIUS_ACCESS_ACCEPT, .key = HELP_KEY};
	server->held = calloc(HELP_HELD_MAX, sizeof(*server->held));
	assert_non_null(server->held);
	assert_int_equal(ip_parse(addr, &server->at.addr), ERR_OK);
	server->fd = help_socket(&server->at);
	assert_int_equal(getsockname(server->fd, (struct sockaddr *)&ss, &len), 0);
	assert_int_equal(ip_from_sockaddr((struct sockaddr *)&ss, &server->at), ERR_OK);
	server->event = event_new(
	    loop_base(help_loop), server->fd, EV_READ | EV_PERSIST, help_on_request, server);
	assert_non_null(server->event);
	assert_int_equal(event_add(server->event, NULL), 0);
}

static inline void
help_server_stop(struct help_server *server)
{
	event_free(server->event);
	close(server->fd);
	free(server->held);
}

/* Let everything happen that can without time passing: the loopback delivers at once. */
static inline void
help_pump(void)
{
	for (unsigned i = 0; i < 40; i++)
		event_base_loop(loop_base(help_loop), EVLOOP_NONBLOCK);
}

static inline void
help_pass(struct radius_client *client, unsigned seconds)
{
	for (unsigned i = 0; i < seconds * 2; i++) {
		help_now_ms += 500;
		radius_dues_run(&client->dues);
		help_pump();
	}
}

#endif
