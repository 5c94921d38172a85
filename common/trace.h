/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Debug traces: what a process tells an administrator who runs sekisho-debug, and nobody else. Each
 * thread that traces has a state of its own: what is wanted (told by auth, MSG_TRACE_WATCH), and
 * where events go (a message to auth). While nothing is wanted, a trace point costs one load and
 * one branch.
 *
 * Events are bounded in size and rate; what is too much is counted and told, never waited for.
 * Whoever makes an event leaves the secrets out of it.
 */
#ifndef COMMON_TRACE_H
#define COMMON_TRACE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/buf.h"
#include "common/ip.h"
#include "common/ipc.pb-c.h"

#define TRACE_TEXT_MAX 32768   /* bytes of one event; what is longer is cut, and says so */
#define TRACE_NAME_MAX 256     /* of a user name, its end included */
#define TRACE_EVENTS_SEC 500   /* events of a thread within one second .. */
#define TRACE_BYTES_SEC 524288 /* .. and bytes of them */
#define TRACE_ADDRESSES_MAX 16 /* of a watch */
#define TRACE_LEVEL_MAX 255
#define TRACE_KINDS (IPC__TRACE_KIND__TRACE_RADIUS + 1)

/* Short names for the kinds. */
#define TRACE_XML IPC__TRACE_KIND__TRACE_XML
#define TRACE_SSL IPC__TRACE_KIND__TRACE_SSL
#define TRACE_CA IPC__TRACE_KIND__TRACE_CA
#define TRACE_RADIUS IPC__TRACE_KIND__TRACE_RADIUS

/* Where an event goes; borrowed. False: it cannot be taken now, and counts as left out. */
typedef bool (*trace_emit_fn)(const Ipc__Trace *trace, void *arg);

/* This thread's events go there from now on; nothing is wanted yet. */
void trace_start(trace_emit_fn emit, void *arg);
/* Nothing is wanted any more; there is nowhere to go. */
void trace_stop(void);
/* What is wanted from now on, in place of what was; unknown kinds and odd addresses are passed
 * over. NULL: nothing. */
void trace_watch(const Ipc__TraceWatch *watch);

/* Level wanted of each kind, 0: none. Of TRACE_NONE: 1 while anything is wanted. */
extern _Thread_local uint8_t trace_levels[TRACE_KINDS];

/* Does somebody want such events? Guards everything that an event would cost. */
static inline bool
trace_wanted(Ipc__TraceKind kind, unsigned level)
{
	return __builtin_expect(trace_levels[kind] >= level, 0);
}

/*
 * The connection that this thread works for from here on, where whoever traces does not know it;
 * NULL: none. Copied.
 */
void trace_set_subject(const struct ip_endpoint *client);
/* The one that was set; family 0: none. Borrowed. */
const struct ip_endpoint *trace_subject(void);

/*
 * An event, if it is wanted of this client. trace_text(): lines, in which nothing of a client may
 * begin another. trace_event(): one line, made printable. client NULL: the subject. Only addresses
 * are compared: a port of 0 belongs to no connection.
 */
void trace_text(
    Ipc__TraceKind kind, unsigned level, const struct ip_endpoint *client, const char *text);
void trace_event(Ipc__TraceKind kind, unsigned level, const struct ip_endpoint *client,
    const char *fmt, ...) PRINTF_LIKE(4, 5);
/* The same of a user. */
void trace_user_text(Ipc__TraceKind kind, unsigned level, const struct ip_endpoint *client,
    const char *username, const char *text);
/* This connection's user is known now: decides who may see what it did before, too. "": a new
 * connection begins. */
void trace_user(const struct ip_endpoint *client, const char *username);

/* A trace point of one line: the arguments are looked at only if it is wanted. */
#define trace_note(kind, level, ...)                                                               \
	do {                                                                                       \
		if (trace_wanted(kind, level))                                                     \
			trace_event(kind, level, __VA_ARGS__);                                     \
	} while (0)

/* Bytes of a name or a number of a certificate, never longer than this, printable, for the line of
 * an event. */
const char *trace_printable(char dst[TRACE_NAME_MAX], const char *text);

#endif
