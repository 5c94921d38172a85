/* SPDX-License-Identifier: Apache-2.0 */
/* Opening sockets. Every failure is logged here, with the address that it is about. */
#include "gateway/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/ip.h"
#include "common/log.h"
#include "common/priv.h"
#include "common/str.h"

#define TCP_BACKLOG 1024
#define CONTROL_BACKLOG 16
#define UDP_BUFFER (4 * 1024 * 1024)

struct option {
	int level;
	int name;
	const char *text;
	bool ipv6_only; /* meaningless on an IPv4 socket */
};

static const struct option socket_options[] = {
    {SOL_SOCKET, SO_REUSEADDR, "SO_REUSEADDR", false},
    {SOL_SOCKET, SO_REUSEPORT, "SO_REUSEPORT", false},
    {IPPROTO_IPV6, IPV6_V6ONLY, "IPV6_V6ONLY", true},
};

static int
socket_bound(const struct conf_object *listener, int type, uint16_t port)
{
	struct ip_endpoint ep = {.port = port};
	struct sockaddr_storage sa;
	char text[IP_STR_MAX];
	const char *step = "bind";
	socklen_t sa_len;
	int fd, on = 1;

	if (ip_parse(conf_str(listener, LI_ADDRESS), &ep.addr) != ERR_OK)
		return -1;
	sa_len = ip_to_sockaddr(&ep, &sa);
	fd = socket(sa.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		log_err("cannot open a socket for %s: %m", ip_endpoint_str(&ep, text));
		return -1;
	}
	for (size_t i = 0; i < ARRAY_LEN(socket_options); i++) {
		const struct option *opt = &socket_options[i];

		if (opt->ipv6_only && ep.addr.family != 6)
			continue;
		step = opt->text;
		if (setsockopt(fd, opt->level, opt->name, &on, sizeof(on)) < 0)
			goto out;
	}
	step = "bind";
	if (bind(fd, (struct sockaddr *)&sa, sa_len) < 0)
		goto out;
	return fd;
out:
	log_err("cannot listen on %s %s (%s): %m", type == SOCK_STREAM ? "TCP" : "UDP",
	    ip_endpoint_str(&ep, text), step);
	close(fd);
	return -1;
}

int
listen_tcp(const struct conf_object *listener)
{
	int fd = socket_bound(listener, SOCK_STREAM, (uint16_t)conf_int(listener, LI_PORT));

	if (fd >= 0 && listen(fd, TCP_BACKLOG) < 0) {
		log_err("cannot listen on %s: %m", conf_str(listener, LI_ADDRESS));
		close(fd);
		return -1;
	}
	return fd;
}

uint16_t
listen_dtls_port(const struct conf_object *listener)
{
	if (conf_value(listener, LI_DTLS_PORT)->state == CONF_ABSENT)
		return (uint16_t)conf_int(listener, LI_PORT);
	return (uint16_t)conf_int(listener, LI_DTLS_PORT);
}

/* Replies must leave with the address that the client spoke to, also when bound to the wildcard. */
static enum err
want_packet_info(int fd)
{
	int on = 1, family = 0;
	socklen_t len = sizeof(family);

	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &len) < 0)
		return ERR_SYS;
	if (family == AF_INET)
		return setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on)) < 0 ? ERR_SYS
										   : ERR_OK;
	return setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on)) < 0 ? ERR_SYS
										   : ERR_OK;
}

enum err
listen_udp(const struct conf_object *listener, int *fd_out)
{
	uint16_t port = listen_dtls_port(listener);
	int size = UDP_BUFFER, fd;

	*fd_out = -1;
	if (port == 0)
		return ERR_OK;
	fd = socket_bound(listener, SOCK_DGRAM, port);
	if (fd < 0)
		return ERR_SYS;
	if (want_packet_info(fd) != ERR_OK) {
		log_err("cannot get packet information on %s: %m", conf_str(listener, LI_ADDRESS));
		close(fd);
		return ERR_SYS;
	}
	/* Bursts of GSO batches need room; without CAP_NET_ADMIN the system's limit has to do. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		log_info("UDP receive buffer stays at the system's size: %m");
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) < 0)
		log_info("UDP send buffer stays at the system's size: %m");
	*fd_out = fd;
	return ERR_OK;
}

/* A socket that nobody listens on any more may be replaced; one that answers belongs to another
 * daemon. */
static bool
is_in_use(const struct sockaddr_un *sa)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	bool answered;

	if (fd < 0)
		return false;
	answered = connect(fd, (const struct sockaddr *)sa, sizeof(*sa)) == 0;
	close(fd);
	return answered;
}

static enum err
make_parent_directory(const char *path)
{
	char copy[PATH_MAX];
	const char *dir;

	if (str_copy(copy, sizeof(copy), path) != ERR_OK)
		return ERR_LIMIT;
	dir = dirname(copy);
	if (mkdir(dir, 0755) < 0 && errno != EEXIST) {
		log_err("cannot create %s: %m", dir);
		return ERR_SYS;
	}
	return ERR_OK;
}

int
listen_control(const struct conf_object *control)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	const char *path = conf_str(control, CTL_PATH);
	const char *group = conf_str(control, CTL_GROUP);
	mode_t old_umask;
	gid_t gid;
	int fd, bound;

	if (priv_group(group, &gid) != ERR_OK) {
		log_err("control-socket.group: there is no group %s", group);
		return -1;
	}
	if (str_copy(sa.sun_path, sizeof(sa.sun_path), path) != ERR_OK) {
		log_err("control-socket.path is longer than %zu bytes", sizeof(sa.sun_path) - 1);
		return -1;
	}
	if (make_parent_directory(path) != ERR_OK)
		return -1;
	if (is_in_use(&sa)) {
		log_err("another sekishod answers on %s", path);
		return -1;
	}
	(void)unlink(path);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	/* Created closed to everybody, then opened to the group: no moment in which others could
	 * connect. */
	old_umask = umask(0177);
	bound = fd < 0 ? -1 : bind(fd, (struct sockaddr *)&sa, sizeof(sa));
	umask(old_umask);
	if (bound < 0 || chown(path, 0, gid) < 0 || chmod(path, 0660) < 0 ||
	    listen(fd, CONTROL_BACKLOG) < 0) {
		log_err("cannot open control socket %s: %m", path);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return fd;
}
