/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libevent glue: one loop per thread. Adds the reap queue (style P12): what callbacks may still
 * hold is freed only when the loop has come back to its top.
 */
#ifndef COMMON_LOOP_H
#define COMMON_LOOP_H

#include <event2/event.h>

#include "common/attr.h"
#include "common/err.h"

struct loop;

typedef void (*loop_fn)(void *arg);

/* A loop of its own; NULL when memory is out. Only loop_post() may be called from other threads. */
struct loop *loop_new(void) MUST_USE;
/* Run what is deferred, then free. */
void loop_free(struct loop *loop);
struct event_base *loop_base(struct loop *loop);
/* Dispatch until loop_stop(). */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);
/* Call fn(arg) once, from the top of this loop: for frees. Cannot fail (memory is reserved or the
 * process ends). */
void loop_defer(struct loop *loop, loop_fn fn, void *arg);
/*
 * From any thread: call fn(arg) on the loop's thread. Control traffic only, takes a lock. ERR_OK:
 * it will be called, at the latest when loop_run() ends. ERR_CLOSED: loop_run() has ended, fn will
 * not be called and arg stays yours.
 */
enum err loop_post(struct loop *loop, loop_fn fn, void *arg) MUST_USE;

#endif
