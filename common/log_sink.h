/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a line goes that leaves the process by a socket: a unix datagram socket (/dev/log), UDP or
 * TCP. Putting a line never waits: a datagram that the kernel has no room for is lost and counted;
 * lines for TCP wait in a bounded queue that a thread of the sink's own sends and that outlasts a
 * collector that is away.
 */
#ifndef COMMON_LOG_SINK_H
#define COMMON_LOG_SINK_H

#include <stdbool.h>
#include <stddef.h>

#include "common/attr.h"
#include "common/ip.h"

enum log_transport { LOG_UNIX, LOG_UDP, LOG_TCP, LOG_TRANSPORTS };

#define LOG_PATH_SIZE 108 /* what a struct sockaddr_un holds */

struct log_sink_config {
	enum log_transport transport;
	char path[LOG_PATH_SIZE]; /* unix */
	struct ip_endpoint to;    /* UDP, TCP */
	/* TCP: each line is preceded by its length (RFC 6587 3.4.1); else followed by a newline. */
	bool counted;
	unsigned queue_max; /* TCP: lines */
};

struct log_sink;

/* Opens the socket; TCP connects later, by itself. NULL: memory, threads or descriptors. A unix
 * socket that is not there yet is tried again with each line, as far as the file system is in
 * reach. */
struct log_sink *log_sink_new(const struct log_sink_config *config) MUST_USE;
/* TCP: what is queued is still sent if that is quick; this does not wait for it. NULL is fine. */
void log_sink_free(struct log_sink *sink);
/* Would log_sink_new() make the same again? */
bool log_sink_is(const struct log_sink *sink, const struct log_sink_config *config);
/* Without newline. From any thread. */
void log_sink_put(struct log_sink *sink, const char *line, size_t len);
/* The same for a line that is not counted when it is lost. */
bool log_sink_try(struct log_sink *sink, const char *line, size_t len);
/* Lines that were lost, and that nobody at the other end was told of. */
unsigned log_sink_lost(struct log_sink *sink);
void log_sink_told(struct log_sink *sink, unsigned lost);
/* End of the process: wait up to a second for what freed TCP sinks still send. */
void log_sink_drain(void);

#endif
