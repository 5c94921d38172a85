/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who debugs, and what he sees: administrators on the control socket subscribe to kinds of events
 * (common/trace.h), perhaps of one user or one address only. The processes are told the union of
 * what is wanted; each event that comes goes to those whom it is for, line by line.
 *
 * Nobody knows the user at the beginning of a login. For who watches one user, the events of a
 * connection are held back, bounded in bytes, number and age, until a login on it names a user:
 * then they are shown, in order, or forgotten. With them go those of earlier connections of the
 * same address on which nobody was named: clients come again with a certificate.
 */
#ifndef AUTH_TRACE_DESK_H
#define AUTH_TRACE_DESK_H

#include <stdbool.h>
#include <stddef.h>

#include "common/attr.h"
#include "common/err.h"
#include "common/ip.h"
#include "common/ipc.pb-c.h"

#define TRACE_DESK_WATCHERS_MAX 8     /* less than callers of the control socket: others get in */
#define TRACE_DESK_VISITS_MAX 256     /* connections whose user is watched for */
#define TRACE_DESK_VISIT_BYTES 131072 /* held back of one of them .. */
#define TRACE_DESK_BYTES 2097152      /* .. and of all */
#define TRACE_DESK_AGE_SEC 300

struct trace_desk;

/* Tell the processes what is wanted from now on; the message is borrowed. */
typedef void (*trace_desk_tell_fn)(const Ipc__TraceWatch *watch, void *arg);
/* A line for a watcher, printable, without its end. False: he is too slow, it is left out. */
typedef bool (*trace_desk_line_fn)(const char *line, void *arg);

/* NULL: memory. */
struct trace_desk *trace_desk_new(trace_desk_tell_fn tell, void *arg) MUST_USE;
void trace_desk_free(struct trace_desk *desk);

/*
 * Somebody watches from now on, until trace_desk_leave() with the same arg. ERR_FULL: too many do;
 * ERR_SYNTAX: no kind, an unknown one, a level that is none, or an address that is none; ERR_NOMEM.
 */
enum err trace_desk_join(struct trace_desk *desk, const Ipc__CtlTrace *request,
    trace_desk_line_fn line, void *arg) MUST_USE;
/* He is gone. One that never came is fine. */
void trace_desk_leave(struct trace_desk *desk, const void *arg);
/* Does anybody watch? */
bool trace_desk_is_watched(const struct trace_desk *desk);
/* What is wanted now, for a process that is new; fn is called once, within. */
void trace_desk_tell(const struct trace_desk *desk, trace_desk_tell_fn fn, void *arg);

/* An event of any process, of which nothing is believed. */
void trace_desk_take(struct trace_desk *desk, const Ipc__Trace *trace);
/* Forget what was held back too long. */
void trace_desk_tick(struct trace_desk *desk);
/* Bytes that are held back. */
size_t trace_desk_held(const struct trace_desk *desk);

#endif
