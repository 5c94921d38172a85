/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UDP to a RADIUS server. An identifier has 8 bits, so one socket carries 256 requests; when all
 * are in use another is opened. The kernel gives each a random port, and sockets are replaced after
 * a while: who does not see the traffic has to guess port, identifier and authenticator.
 * Identifiers go round, so that a late answer seldom meets another request.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "auth/radius_parts.h"
#include "common/clock.h"
#include "common/rnd.h"

#define READ_MAX 64                 /* datagrams in one turn of the loop */
#define RECEIVE_BUFFER (512 * 1024) /* for the answers to 256 requests at once */

static void
sock_free(void *arg)
{
	free(arg);
}

/* A loop up the stack may still read from it: it is freed later. */
static void
sock_close(struct radius_socket *sock)
{
	struct radius_server *server = sock->server;

	DL_DELETE(server->sockets[sock->lane], sock);
	radius_dues_part(&sock->client->dues, &sock->idle);
	event_free(sock->event);
	close(sock->fd);
	sock->fd = -1;
	loop_defer(sock->client->loop, sock_free, sock);
}

static void
on_idle(struct radius_due *due)
{
	sock_close(CONTAINER_OF(due, struct radius_socket, idle));
}

static void
on_readable(UNUSED evutil_socket_t fd, UNUSED short what, void *arg)
{
	struct radius_socket *sock = arg;
	uint8_t data[RADIUS_PACKET_MAX + 1];

	for (unsigned i = 0; i < READ_MAX && sock->fd >= 0; i++) {
		ssize_t n = recv(sock->fd, data, sizeof(data), 0);

		if (n >= 0)
			radius_call_receive(sock, data, (size_t)n);
		else if (errno == EAGAIN)
			break;
		/* Else an ICMP error: no answer yet. The next retransmission will tell. */
	}
}

static enum err
open_fd(struct radius_socket *sock, const struct ip_endpoint *to)
{
	const int room = RECEIVE_BUFFER;
	struct sockaddr_storage ss;
	socklen_t len = ip_to_sockaddr(to, &ss);

	sock->fd = socket(ss.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (sock->fd < 0)
		return ERR_SYS;
	(void)setsockopt(sock->fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	if (connect(sock->fd, (const struct sockaddr *)&ss, len) != 0)
		return ERR_SYS;
	sock->event = event_new(
	    loop_base(sock->client->loop), sock->fd, EV_READ | EV_PERSIST, on_readable, sock);
	return sock->event != NULL && event_add(sock->event, NULL) == 0 ? ERR_OK : ERR_NOMEM;
}

static enum err
sock_open(struct radius_server *server, enum radius_lane lane, struct radius_socket **out)
{
	const struct ip_endpoint to = {.addr = server->addr, .port = server->set.ports[lane]};
	struct radius_socket *sock = calloc(1, sizeof(*sock));
	char text[IP_STR_MAX];
	enum err err;

	if (sock == NULL)
		return ERR_NOMEM;
	sock->client = server->client;
	sock->server = server;
	sock->lane = lane;
	sock->next_id = (uint8_t)rnd_u64();
	sock->retire_ms = clock_mono_ms() + RADIUS_SOCKET_AGE_MS;
	sock->idle.fn = on_idle;
	err = open_fd(sock, &to);
	if (err == ERR_OK)
		err = radius_dues_join(&server->client->dues);
	if (err == ERR_OK) {
		DL_PREPEND(server->sockets[lane], sock);
		*out = sock;
		return ERR_OK;
	}
	log_debug("no socket to the RADIUS server %s: %m", ip_endpoint_str(&to, text));
	if (sock->event != NULL)
		event_free(sock->event);
	if (sock->fd >= 0)
		close(sock->fd);
	free(sock);
	return err;
}

enum err
radius_socket_take(struct radius_server *server, struct radius_call *call)
{
	uint64_t now = clock_mono_ms();
	struct radius_socket *sock;
	enum err err;

	DL_FOREACH (server->sockets[call->lane], sock)
		if (sock->used < RADIUS_IDS && now < sock->retire_ms)
			break;
	if (sock == NULL) {
		err = sock_open(server, call->lane, &sock);
		if (err != ERR_OK)
			return err;
	}
	while (sock->calls[sock->next_id] != NULL)
		sock->next_id++;
	radius_due_clear(&server->client->dues, &sock->idle);
	call->socket = sock;
	call->id = sock->next_id++;
	sock->calls[call->id] = call;
	sock->used++;
	return ERR_OK;
}

void
radius_socket_give_back(struct radius_call *call)
{
	struct radius_socket *sock = call->socket;

	if (sock == NULL)
		return;
	call->socket = NULL;
	sock->calls[call->id] = NULL;
	sock->used--;
	if (sock->used == 0)
		radius_due_set(&sock->client->dues, &sock->idle, RADIUS_SOCKET_IDLE_MS);
}

enum err
radius_socket_send(struct radius_call *call)
{
	/* The error of an earlier datagram (port unreachable) is told instead of sending. */
	for (unsigned i = 0; i < 2; i++) {
		if (send(call->socket->fd, call->wire, call->wire_len, MSG_NOSIGNAL) >= 0)
			return ERR_OK;
		if (errno == EAGAIN || errno == ENOBUFS)
			return ERR_AGAIN;
	}
	return ERR_SYS;
}

void
radius_socket_close_all(struct radius_server *server)
{
	struct radius_socket *sock, *tmp;

	for (unsigned i = 0; i < RADIUS_LANES; i++)
		DL_FOREACH_SAFE (server->sockets[i], sock, tmp)
			sock_close(sock);
}
