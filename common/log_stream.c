/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A line leaves the queue when it was sent whole; one during which the connection broke is sent
 * again on the next. What was in the kernel's buffers when a collector died is lost, as the
 * protocol has no acknowledgements.
 */
#include "common/log_stream.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CONNECT_MS 5000
#define SEND_MS 5000
#define RETRY_FIRST_SEC 1
#define RETRY_MAX_SEC 30
#define FAREWELL_SEC 1
#define HEAD_SIZE 16 /* "4711 " */

struct line {
	struct line *next;
	size_t len;
	char bytes[];
};

struct log_stream {
	struct ip_endpoint to;
	bool counted;
	unsigned queue_max;
	int fd;               /* the thread's */
	pthread_mutex_t lock; /* covers the rest */
	pthread_cond_t wake;
	struct line *first, **last;
	unsigned len;
	bool ending;
	struct timespec deadline; /* when ending */
};

/* Threads that are still there after their stream was freed. */
static pthread_mutex_t leaving_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t leaving_none = PTHREAD_COND_INITIALIZER;
static unsigned leaving;

static struct timespec
from_now(time_t seconds)
{
	struct timespec at;

	clock_gettime(CLOCK_REALTIME, &at);
	at.tv_sec += seconds;
	return at;
}

/* ---- the connection ---- */

static bool
wait_for(int fd, short events, int timeout_ms)
{
	struct pollfd pfd = {.fd = fd, .events = events};
	int ready;

	do
		ready = poll(&pfd, 1, timeout_ms);
	while (ready < 0 && errno == EINTR);
	return ready == 1 && (pfd.revents & events) != 0;
}

static int
connect_to(const struct ip_endpoint *to)
{
	struct sockaddr_storage sa;
	socklen_t len = ip_to_sockaddr(to, &sa);
	int fd = socket(sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int error = 0;
	socklen_t error_len = sizeof(error);

	if (fd < 0)
		return -1;
	if (connect(fd, (struct sockaddr *)&sa, len) == 0)
		return fd;
	if (errno == EINPROGRESS && wait_for(fd, POLLOUT, CONNECT_MS) &&
	    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &error_len) == 0 && error == 0)
		return fd;
	close(fd);
	return -1;
}

static void
hang_up(struct log_stream *stream)
{
	if (stream->fd >= 0)
		close(stream->fd);
	stream->fd = -1;
}

/* Collectors say nothing: whatever can be read is the end of the connection. */
static bool
is_gone(int fd)
{
	char bytes[256];
	ssize_t n;

	do
		n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	while (n > 0);
	return n == 0 || (errno != EAGAIN && errno != EINTR);
}

static bool
send_all(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n > 0) {
			bytes += n;
			len -= (size_t)n;
		} else if (n < 0 && errno == EAGAIN) {
			if (!wait_for(fd, POLLOUT, SEND_MS))
				return false;
		} else if (n == 0 || errno != EINTR) {
			return false;
		}
	}
	return true;
}

/* ---- the thread ---- */

/* With the lock. */
static bool
is_late(const struct log_stream *stream)
{
	struct timespec now;

	if (!stream->ending)
		return false;
	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec > stream->deadline.tv_sec ||
	       (now.tv_sec == stream->deadline.tv_sec && now.tv_nsec >= stream->deadline.tv_nsec);
}

/* The oldest line, which stays queued; NULL: the stream was freed, and all is sent or too late. */
static struct line *
next_line(struct log_stream *stream)
{
	struct line *line;

	pthread_mutex_lock(&stream->lock);
	while (stream->first == NULL && !stream->ending)
		pthread_cond_wait(&stream->wake, &stream->lock);
	line = is_late(stream) ? NULL : stream->first;
	pthread_mutex_unlock(&stream->lock);
	return line;
}

static void
take_line(struct log_stream *stream)
{
	struct line *line;

	pthread_mutex_lock(&stream->lock);
	line = stream->first;
	stream->first = line->next;
	if (stream->first == NULL)
		stream->last = &stream->first;
	stream->len--;
	pthread_mutex_unlock(&stream->lock);
	free(line);
}

/* False: freed, and nobody answers. */
static bool
pause_for(struct log_stream *stream, time_t seconds)
{
	struct timespec until = from_now(seconds);
	bool ending;

	pthread_mutex_lock(&stream->lock);
	while (!stream->ending &&
	       pthread_cond_timedwait(&stream->wake, &stream->lock, &until) != ETIMEDOUT)
		;
	ending = stream->ending;
	pthread_mutex_unlock(&stream->lock);
	return !ending;
}

static bool
be_connected(struct log_stream *stream)
{
	time_t retry = RETRY_FIRST_SEC;

	if (stream->fd >= 0 && is_gone(stream->fd))
		hang_up(stream);
	while (stream->fd < 0) {
		stream->fd = connect_to(&stream->to);
		if (stream->fd < 0 && !pause_for(stream, retry))
			return false;
		retry = retry * 2 > RETRY_MAX_SEC ? RETRY_MAX_SEC : retry * 2;
	}
	return true;
}

static void
stream_destroy(struct log_stream *stream)
{
	hang_up(stream);
	while (stream->first != NULL)
		take_line(stream);
	pthread_cond_destroy(&stream->wake);
	pthread_mutex_destroy(&stream->lock);
	free(stream);
}

static void *
thread_main(void *arg)
{
	struct log_stream *stream = arg;
	struct line *line;

	while ((line = next_line(stream)) != NULL && be_connected(stream)) {
		if (send_all(stream->fd, line->bytes, line->len))
			take_line(stream);
		else
			hang_up(stream);
	}
	/* Without a line the stream was freed; with one, too: only then be_connected() gives up. */
	stream_destroy(stream);
	pthread_mutex_lock(&leaving_lock);
	leaving--;
	pthread_cond_broadcast(&leaving_none);
	pthread_mutex_unlock(&leaving_lock);
	return NULL;
}

/* ---- for everybody ---- */

static bool
start_thread(struct log_stream *stream)
{
	pthread_t thread;
	sigset_t all, before;
	int error;

	/* Signals belong to the main thread. */
	sigfillset(&all);
	sigdelset(&all, SIGSYS); /* tells what the sandbox refused */
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&thread, NULL, thread_main, stream);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (error == 0)
		pthread_detach(thread);
	return error == 0;
}

struct log_stream *
log_stream_new(const struct ip_endpoint *to, bool counted, unsigned queue_max)
{
	struct log_stream *stream = calloc(1, sizeof(*stream));

	if (stream == NULL)
		return NULL;
	stream->to = *to;
	stream->counted = counted;
	stream->queue_max = queue_max;
	stream->fd = -1;
	stream->last = &stream->first;
	pthread_mutex_init(&stream->lock, NULL);
	pthread_cond_init(&stream->wake, NULL);
	if (start_thread(stream))
		return stream;
	stream_destroy(stream);
	return NULL;
}

void
log_stream_free(struct log_stream *stream)
{
	if (stream == NULL)
		return;
	pthread_mutex_lock(&leaving_lock);
	leaving++;
	pthread_mutex_unlock(&leaving_lock);
	pthread_mutex_lock(&stream->lock);
	stream->ending = true;
	stream->deadline = from_now(FAREWELL_SEC);
	pthread_cond_broadcast(&stream->wake);
	pthread_mutex_unlock(&stream->lock);
}

static struct line *
line_new(const struct log_stream *stream, const char *text, size_t len)
{
	char head[HEAD_SIZE];
	size_t head_len = 0;
	struct line *line;

	if (stream->counted)
		head_len = (size_t)snprintf(head, sizeof(head), "%zu ", len);
	line = malloc(sizeof(*line) + head_len + len + 1);
	if (line == NULL)
		return NULL;
	line->next = NULL;
	memcpy(line->bytes, head, head_len);
	memcpy(line->bytes + head_len, text, len);
	line->len = head_len + len;
	if (!stream->counted)
		line->bytes[line->len++] = '\n';
	return line;
}

bool
log_stream_put(struct log_stream *stream, const char *text, size_t len)
{
	struct line *line = line_new(stream, text, len);
	bool full;

	if (line == NULL)
		return false;
	pthread_mutex_lock(&stream->lock);
	full = stream->len >= stream->queue_max;
	if (!full) {
		*stream->last = line;
		stream->last = &line->next;
		stream->len++;
		pthread_cond_signal(&stream->wake);
	}
	pthread_mutex_unlock(&stream->lock);
	if (full)
		free(line);
	return !full;
}

void
log_stream_drain(void)
{
	struct timespec until = from_now(FAREWELL_SEC);

	pthread_mutex_lock(&leaving_lock);
	while (leaving > 0 &&
	       pthread_cond_timedwait(&leaving_none, &leaving_lock, &until) != ETIMEDOUT)
		;
	pthread_mutex_unlock(&leaving_lock);
}
