/* SPDX-License-Identifier: Apache-2.0 */
/* Lines to a collector over TCP: a bounded queue, and a thread that connects and sends. */
#ifndef COMMON_LOG_STREAM_H
#define COMMON_LOG_STREAM_H

#include <stdbool.h>
#include <stddef.h>

#include "common/attr.h"
#include "common/ip.h"

struct log_stream;

/* counted: octet counting of RFC 6587, else a newline behind each line. NULL: memory or threads. */
struct log_stream *log_stream_new(
    const struct ip_endpoint *to, bool counted, unsigned queue_max) MUST_USE;
/* Its thread goes on for up to a second while it can send, then it is gone. NULL is fine. */
void log_stream_free(struct log_stream *stream);
/* From any thread, never waits. False: the queue is full, or memory is out. */
bool log_stream_put(struct log_stream *stream, const char *line, size_t len);
/* Wait until the threads of all that were freed are gone: a second at most. */
void log_stream_drain(void);

#endif
