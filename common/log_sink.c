/* SPDX-License-Identifier: Apache-2.0 */
/* Datagrams leave at once. The sinks of TCP are in log_stream.c. */
#include "common/log_sink.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/log_stream.h"

struct log_sink {
	struct log_sink_config config;
	pthread_mutex_t lock; /* covers a new socket in the place of fd */
	int fd;
	struct log_stream *stream; /* TCP */
	atomic_uint lost;
};

/* -1: errno tells. */
static int
open_unix(const char *path)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int fd;

	memcpy(sa.sun_path, path, strnlen(path, sizeof(sa.sun_path) - 1));
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&sa, sizeof(sa)) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static int
open_udp(const struct ip_endpoint *to)
{
	struct sockaddr_storage sa;
	socklen_t len = ip_to_sockaddr(to, &sa);
	int fd = socket(sa.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, (struct sockaddr *)&sa, len) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static int
open_socket(const struct log_sink_config *config)
{
	return config->transport == LOG_UNIX ? open_unix(config->path) : open_udp(&config->to);
}

struct log_sink *
log_sink_new(const struct log_sink_config *config)
{
	struct log_sink *sink = calloc(1, sizeof(*sink));

	if (sink == NULL)
		return NULL;
	sink->config = *config;
	sink->fd = -1;
	if (config->transport == LOG_TCP) {
		sink->stream = log_stream_new(&config->to, config->counted, config->queue_max);
		if (sink->stream == NULL) {
			free(sink);
			return NULL;
		}
	} else {
		sink->fd = open_socket(config);
	}
	pthread_mutex_init(&sink->lock, NULL);
	return sink;
}

void
log_sink_free(struct log_sink *sink)
{
	if (sink == NULL)
		return;
	log_stream_free(sink->stream);
	if (sink->fd >= 0)
		close(sink->fd);
	pthread_mutex_destroy(&sink->lock);
	free(sink);
}

bool
log_sink_is(const struct log_sink *sink, const struct log_sink_config *config)
{
	const struct log_sink_config *have = &sink->config;

	if (have->transport != config->transport)
		return false;
	if (config->transport == LOG_UNIX)
		return strcmp(have->path, config->path) == 0;
	return ip_eq(&have->to.addr, &config->to.addr) && have->to.port == config->to.port &&
	       have->counted == config->counted && have->queue_max == config->queue_max;
}

static bool
send_line(int fd, const char *line, size_t len)
{
	return fd >= 0 && send(fd, line, len, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

/* The daemon at the other end was restarted, or the socket was not there before. Few lines ever
 * come here, so that all of them take the lock costs nothing. */
static bool
send_again(struct log_sink *sink, const char *line, size_t len)
{
	int fd = open_socket(&sink->config);

	if (fd < 0)
		return false;
	if (sink->fd >= 0)
		close(sink->fd);
	sink->fd = fd;
	return send_line(fd, line, len);
}

static bool
put_datagram(struct log_sink *sink, const char *line, size_t len)
{
	bool sent;

	pthread_mutex_lock(&sink->lock);
	sent = send_line(sink->fd, line, len);
	if (!sent && errno == ECONNREFUSED && sink->config.transport == LOG_UDP)
		sent = send_line(sink->fd, line, len); /* that was about the one before */
	else if (!sent && errno != EAGAIN && errno != ENOBUFS)
		sent = send_again(sink, line, len);
	pthread_mutex_unlock(&sink->lock);
	return sent;
}

bool
log_sink_try(struct log_sink *sink, const char *line, size_t len)
{
	if (sink->stream != NULL)
		return log_stream_put(sink->stream, line, len);
	return put_datagram(sink, line, len);
}

void
log_sink_put(struct log_sink *sink, const char *line, size_t len)
{
	if (!log_sink_try(sink, line, len))
		atomic_fetch_add(&sink->lost, 1);
}

unsigned
log_sink_lost(struct log_sink *sink)
{
	return atomic_load(&sink->lost);
}

void
log_sink_told(struct log_sink *sink, unsigned lost)
{
	atomic_fetch_sub(&sink->lost, lost);
}

void
log_sink_drain(void)
{
	log_stream_drain();
}
