/* SPDX-License-Identifier: Apache-2.0 */
/* A client's connection: TCP, TLS, reading and writing, its end. What is said over it is in
 * load_login.c and load_tunnel.c. */
#include "tests/load/load_client.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/attr.h"
#include "tests/load/load_dtls.h"
#include "tests/load/load_login.h"
#include "tests/load/load_mint.h"
#include "tests/load/load_tunnel.h"

#define OUT_MAX 262144
#define IN_MAX 262144
#define LOGIN_SECONDS 60
#define LEAVE_SECONDS 5

static void
login_free(struct load_login *login)
{
	if (login == NULL)
		return;
	buf_fini(&login->in);
	for (size_t i = 0; i < LOAD_COOKIES; i++)
		free(login->cookie[i]);
	free(login->token);
	free(login);
}

void
load_client_free(struct load_client *client)
{
	load_dtls_free(client->dtls);
	if (client->readable != NULL)
		event_free(client->readable);
	if (client->writable != NULL)
		event_free(client->writable);
	if (client->timer != NULL)
		event_free(client->timer);
	SSL_free(client->ssl);
	if (client->fd >= 0)
		(void)close(client->fd);
	login_free(client->login);
	buf_fini(&client->out);
	buf_fini(&client->part);
	free(client);
}

void
load_client_fail(struct load_client *client, const char *reason)
{
	client->load->on_gone(client, client->leaving ? NULL : reason);
	load_client_free(client);
}

static void
set_timer(struct load_client *client, time_t seconds)
{
	struct timeval tv = {.tv_sec = seconds};

	(void)event_add(client->timer, &tv);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	static const char *const steps[] = {
	    "timeout: tcp", "timeout: tls", "timeout: login", "timeout: connect", "timeout: dtls"};
	struct load_client *client = arg;

	(void)fd;
	(void)what;
	load_client_fail(client, steps[client->step]);
}

void
load_client_lap(struct load_client *client, enum load_span span)
{
	uint64_t now = load_now_us();

	load_stats_add(&client->load->stats, span, now - client->login->step_us);
	client->login->step_us = now;
}

void
load_client_is_up(struct load_client *client)
{
	struct load_stats *stats = &client->load->stats;

	if (client->up)
		return;
	client->up = true;
	stats->logins++;
	load_stats_add(stats, LOAD_TOTAL, load_now_us() - client->login->began_us);
	login_free(client->login);
	client->login = NULL;
	(void)event_del(client->timer);
	client->load->on_up(client);
}

/* A reason for the table: what OpenSSL says, or the socket. */
static void
fail_ssl(struct load_client *client, const char *where, int status)
{
	char text[LOAD_REASON_LEN];
	int code = SSL_get_error(client->ssl, status);
	unsigned long error = ERR_peek_error();

	if (code == SSL_ERROR_ZERO_RETURN)
		(void)snprintf(text, sizeof(text), "%s: closed by the server", where);
	else if (error != 0)
		(void)snprintf(text, sizeof(text), "%s: %s", where, ERR_reason_error_string(error));
	else
		(void)snprintf(text, sizeof(text), "%s: %s", where, strerror(errno));
	load_client_fail(client, text);
}

/* False: the client is gone. */
static bool
flush(struct load_client *client)
{
	while (client->out.len > 0) {
		int n;

		ERR_clear_error();
		n = SSL_write(client->ssl, client->out.data, (int)client->out.len);
		if (n > 0) {
			buf_consume(&client->out, (size_t)n);
			continue;
		}
		if (SSL_get_error(client->ssl, n) == SSL_ERROR_WANT_WRITE) {
			(void)event_add(client->writable, NULL);
			return true;
		}
		fail_ssl(client, "write", n);
		return false;
	}
	buf_fini(&client->out);
	return true;
}

void
load_client_write(struct load_client *client, const void *data, size_t len)
{
	int n = -1;

	if (client->out.len == 0) {
		ERR_clear_error();
		n = SSL_write(client->ssl, data, (int)len);
		if (n > 0)
			return;
	}
	/* An error of the connection shows when it is read. */
	buf_put(&client->out, data, len);
	(void)event_add(client->writable, NULL);
}

static bool
handle(struct load_client *client, const uint8_t *data, size_t len)
{
	if (client->step == LOAD_AT_TUNNEL)
		return load_tunnel_input(client, data, len);
	buf_put(&client->login->in, data, len);
	return load_login_input(client);
}

static void
read_some(struct load_client *client)
{
	static uint8_t scratch[16384];

	for (unsigned i = 0; i < 64; i++) {
		int n;

		ERR_clear_error();
		n = SSL_read(client->ssl, scratch, sizeof(scratch));
		if (n > 0) {
			if (!client->leaving && !handle(client, scratch, (size_t)n))
				return;
			continue;
		}
		if (SSL_get_error(client->ssl, n) != SSL_ERROR_WANT_READ) {
			fail_ssl(client, client->step == LOAD_AT_TUNNEL ? "tunnel" : "login", n);
			return;
		}
		return;
	}
	if (SSL_has_pending(client->ssl))
		event_active(client->readable, EV_READ, 0);
}

static void
handshake(struct load_client *client)
{
	int status;

	ERR_clear_error();
	status = SSL_do_handshake(client->ssl);
	if (status == 1) {
		load_client_lap(client, LOAD_TLS);
		client->step = LOAD_AT_LOGIN;
		load_login_begin(client);
		return;
	}
	switch (SSL_get_error(client->ssl, status)) {
	case SSL_ERROR_WANT_READ:
		break;
	case SSL_ERROR_WANT_WRITE:
		(void)event_add(client->writable, NULL);
		break;
	default:
		fail_ssl(client, "handshake", status);
	}
}

static void
tcp_done(struct load_client *client)
{
	char text[LOAD_REASON_LEN];
	int error = 0;
	socklen_t len = sizeof(error);

	(void)getsockopt(client->fd, SOL_SOCKET, SO_ERROR, &error, &len);
	if (error != 0) {
		(void)snprintf(text, sizeof(text), "tcp: %s", strerror(error));
		load_client_fail(client, text);
		return;
	}
	load_client_lap(client, LOAD_TCP);
	client->step = LOAD_AT_TLS;
	(void)event_add(client->readable, NULL);
	handshake(client);
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct load_client *client = arg;

	(void)fd;
	(void)what;
	if (client->step == LOAD_AT_TLS)
		handshake(client);
	else
		read_some(client);
}

static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct load_client *client = arg;

	(void)fd;
	(void)what;
	if (client->step == LOAD_AT_TCP)
		tcp_done(client);
	else if (client->step == LOAD_AT_TLS)
		handshake(client);
	else
		(void)flush(client);
}

static int
bind_source(const struct load *load, uint32_t number, int fd)
{
	const struct load_options *opt = load->opt;
	struct sockaddr_in from = {.sin_family = AF_INET};
	int one = 1;

	if (opt->source_count == 0)
		return 0;
	from.sin_addr.s_addr = htonl(opt->source_first + number % opt->source_count);
	(void)setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one));
	return bind(fd, (const struct sockaddr *)&from, sizeof(from));
}

static bool
open_socket(struct load_client *client)
{
	const struct load_options *opt = client->load->opt;
	int one = 1;

	client->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (client->fd < 0 || bind_source(client->load, client->number, client->fd) != 0)
		return false;
	(void)setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return connect(client->fd, (const struct sockaddr *)&opt->server, sizeof(opt->server)) ==
		   0 ||
	       errno == EINPROGRESS;
}

static bool
open_tls(struct load_client *client)
{
	struct load *load = client->load;

	client->ssl = SSL_new(load->tls);
	return client->ssl != NULL && SSL_set_fd(client->ssl, client->fd) == 1 &&
	       SSL_set_tlsext_host_name(client->ssl, load->opt->name) == 1 &&
	       (load->mint == NULL ||
		   load_mint_use(load->mint, client->ssl, client->number % load->opt->users));
}

static bool
open_events(struct load_client *client)
{
	struct event_base *base = client->load->base;

	client->readable = event_new(base, client->fd, EV_READ | EV_PERSIST, on_readable, client);
	client->writable = event_new(base, client->fd, EV_WRITE, on_writable, client);
	client->timer = event_new(base, -1, 0, on_timer, client);
	if (client->readable == NULL || client->writable == NULL || client->timer == NULL)
		return false;
	set_timer(client, LOGIN_SECONDS);
	return event_add(client->writable, NULL) == 0;
}

struct load_client *
load_client_start(struct load *load)
{
	struct load_client *client = calloc(1, sizeof(*client));

	if (client == NULL)
		return NULL;
	client->load = load;
	client->number = load->opt->first + load->started++;
	client->fd = -1;
	buf_init(&client->out, OUT_MAX);
	buf_init(&client->part, OUT_MAX);
	client->login = calloc(1, sizeof(*client->login));
	if (client->login != NULL) {
		buf_init(&client->login->in, IN_MAX);
		client->login->began_us = client->login->step_us = load_now_us();
		if (open_socket(client) && open_tls(client) && open_events(client)) {
			SSL_set_connect_state(client->ssl);
			return client;
		}
	}
	perror("load: a client");
	load_client_free(client);
	return NULL;
}

void
load_client_leave(struct load_client *client)
{
	client->leaving = true;
	if (client->step == LOAD_AT_TUNNEL) {
		load_tunnel_goodbye(client);
		ERR_clear_error();
		(void)SSL_shutdown(client->ssl);
	}
	(void)shutdown(client->fd, SHUT_WR);
	set_timer(client, LEAVE_SECONDS);
}
