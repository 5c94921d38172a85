/* SPDX-License-Identifier: Apache-2.0 */
/* One socket for each family. */
#include "auth/coa_socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "auth/radius_packet.h"
#include "common/log.h"

#define READ_MAX 32 /* datagrams in one turn of the loop */
#define FAMILIES 2

struct coa_socket {
	struct {
		int fd; /* -1: none */
		struct event *event;
	} of[FAMILIES]; /* IPv4, IPv6 */
	uint16_t port;
	coa_datagram_fn fn;
	void *arg;
};

/* Room for either kind of control message. */
union control {
	struct cmsghdr align;
	char room[CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

static void
path_read(struct msghdr *msg, struct coa_path *path)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c != NULL; c = CMSG_NXTHDR(msg, c)) {
		struct in_pktinfo info4;
		struct in6_pktinfo info6;

		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			memcpy(&info4, CMSG_DATA(c), sizeof(info4));
			if (ip_from_bytes(&info4.ipi_spec_dst, 4, &path->to) != ERR_OK)
				path->to.family = 0;
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			memcpy(&info6, CMSG_DATA(c), sizeof(info6));
			path->interface = info6.ipi6_ifindex;
			if (ip_from_bytes(&info6.ipi6_addr, 16, &path->to) != ERR_OK)
				path->to.family = 0;
		}
	}
}

static void
on_readable(evutil_socket_t fd, UNUSED short what, void *arg)
{
	struct coa_socket *sock = arg;
	uint8_t data[RADIUS_PACKET_MAX + 1];

	for (unsigned i = 0; i < READ_MAX; i++) {
		struct sockaddr_storage from;
		union control control;
		struct iovec iov = {.iov_base = data, .iov_len = sizeof(data)};
		struct msghdr msg = {
		    .msg_name = &from,
		    .msg_namelen = sizeof(from),
		    .msg_iov = &iov,
		    .msg_iovlen = 1,
		    .msg_control = &control,
		    .msg_controllen = sizeof(control),
		};
		struct coa_path path = {.interface = 0};
		ssize_t n = recvmsg(fd, &msg, 0);

		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0 || ip_from_sockaddr((const struct sockaddr *)&from, &path.from) != ERR_OK)
			continue;
		path_read(&msg, &path);
		sock->fn(&path, sock->port, data, (size_t)n, sock->arg);
	}
}

static int
open_fd(int family, uint16_t port)
{
	const int on = 1;
	struct sockaddr_storage ss = {.ss_family = (sa_family_t)family};
	int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(struct sockaddr_in);
	int result;

	if (fd < 0)
		return -1;
	if (family == AF_INET6) {
		((struct sockaddr_in6 *)&ss)->sin6_port = htons(port);
		len = sizeof(struct sockaddr_in6);
		result = setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) |
			 setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on));
	} else {
		((struct sockaddr_in *)&ss)->sin_port = htons(port);
		result = setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on));
	}
	if (result == 0 && bind(fd, (const struct sockaddr *)&ss, len) == 0)
		return fd;
	int why = errno;
	close(fd);
	errno = why;
	return -1;
}

enum err
coa_socket_open(
    struct loop *loop, uint16_t port, coa_datagram_fn fn, void *arg, struct coa_socket **out)
{
	static const int families[FAMILIES] = {AF_INET, AF_INET6};
	struct coa_socket *sock = calloc(1, sizeof(*sock));
	bool any = false, whole = true;
	int why = 0;

	if (sock == NULL)
		return ERR_NOMEM;
	sock->port = port;
	sock->fn = fn;
	sock->arg = arg;
	for (size_t i = 0; i < FAMILIES; i++) {
		int fd = sock->of[i].fd = open_fd(families[i], port);

		if (fd < 0) {
			why = errno;
			continue;
		}
		any = true;
		sock->of[i].event =
		    event_new(loop_base(loop), fd, EV_READ | EV_PERSIST, on_readable, sock);
		whole =
		    whole && sock->of[i].event != NULL && event_add(sock->of[i].event, NULL) == 0;
	}
	if (any && whole) {
		*out = sock;
		return ERR_OK;
	}
	coa_socket_close(sock);
	errno = why;
	return whole ? ERR_SYS : ERR_NOMEM;
}

void
coa_socket_close(struct coa_socket *sock)
{
	if (sock == NULL)
		return;
	for (size_t i = 0; i < FAMILIES; i++) {
		if (sock->of[i].event != NULL)
			event_free(sock->of[i].event);
		if (sock->of[i].fd >= 0)
			close(sock->of[i].fd);
	}
	free(sock);
}

/* The source address of what is sent. */
static void
source_put(struct msghdr *msg, union control *control, const struct coa_path *path)
{
	bool six = path->to.family == 6;
	struct in_pktinfo info4 = {0};
	struct in6_pktinfo info6 = {.ipi6_ifindex = path->interface};
	struct cmsghdr *c;

	if (path->to.family == 0)
		return;
	memcpy(&info4.ipi_spec_dst, path->to.bytes, 4);
	memcpy(&info6.ipi6_addr, path->to.bytes, 16);
	memset(control, 0, sizeof(*control));
	msg->msg_control = control;
	msg->msg_controllen = six ? CMSG_SPACE(sizeof(info6)) : CMSG_SPACE(sizeof(info4));
	c = CMSG_FIRSTHDR(msg);
	c->cmsg_level = six ? IPPROTO_IPV6 : IPPROTO_IP;
	c->cmsg_type = six ? IPV6_PKTINFO : IP_PKTINFO;
	c->cmsg_len = six ? CMSG_LEN(sizeof(info6)) : CMSG_LEN(sizeof(info4));
	if (six)
		memcpy(CMSG_DATA(c), &info6, sizeof(info6));
	else
		memcpy(CMSG_DATA(c), &info4, sizeof(info4));
}

void
coa_socket_send(
    const struct coa_socket *sock, const struct coa_path *path, const void *data, size_t len)
{
	int fd = sock->of[path->from.addr.family == 6].fd;
	struct sockaddr_storage to;
	union control control;
	struct iovec iov = {.iov_base = (void *)data, .iov_len = len};
	struct msghdr msg = {.msg_name = &to, .msg_iov = &iov, .msg_iovlen = 1};
	char text[IP_STR_MAX];

	msg.msg_namelen = ip_to_sockaddr(&path->from, &to);
	if (to.ss_family == AF_INET6)
		((struct sockaddr_in6 *)&to)->sin6_scope_id = path->interface;
	source_put(&msg, &control, path);
	if (fd >= 0 && sendmsg(fd, &msg, 0) < 0)
		log_debug("no answer to %s: %m", ip_endpoint_str(&path->from, text));
}
