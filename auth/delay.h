/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Replies that have to wait before they are looked at (auth/threat.h). There are never more than
 * DELAY_MAX; their passwords are wiped.
 */
#ifndef AUTH_DELAY_H
#define AUTH_DELAY_H

#include "common/attr.h"
#include "common/err.h"
#include "common/ipc.pb-c.h"
#include "common/loop.h"

#define DELAY_MAX 1024

struct delay_line;

/* The time is over. reply is freed afterwards; arg is what was given with it. */
typedef void (*delay_fn)(Ipc__AuthReply *reply, void *arg);

/* NULL: memory. */
struct delay_line *delay_new(struct loop *loop) MUST_USE;
/* Forgets what waits, whose arg is freed. NULL is fine. */
void delay_free(struct delay_line *line);
/* Keep a copy for so many milliseconds, then call fn. arg: of malloc(), fn's to free. ERR_LIMIT:
 * too many wait; ERR_NOMEM: arg is still the caller's in both cases. */
enum err delay_add(struct delay_line *line, const Ipc__AuthReply *reply, unsigned ms, delay_fn fn,
    void *arg) MUST_USE;

#endif
