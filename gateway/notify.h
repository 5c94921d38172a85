/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the service manager is told: sd_notify(3), for Type=notify with a watchdog. Without a
 * service manager (no NOTIFY_SOCKET) nothing happens. Only the parent tells: the others' words
 * would not count (NotifyAccess=main).
 */
#ifndef GATEWAY_NOTIFY_H
#define GATEWAY_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/loop.h"

struct notify;

/*
 * From now on the loop tells that it lives, twice in each period that the service manager asks for
 * (WATCHDOG_USEC), if it asks. NULL: memory.
 */
struct notify *notify_new(struct loop *loop) MUST_USE;
/* NULL is fine. */
void notify_free(struct notify *notify);
/*
 * The length of the watchdog's period in microseconds, 0: there is none. Who is silent for so long
 * is taken to hang.
 */
uint64_t notify_watchdog_usec(const struct notify *notify);
/* Every process serves, with the configuration of this generation. At start, and again after one
 * was lost. */
void notify_serving(struct notify *notify, uint64_t generation);
/* A process was lost, and is being restarted. Before the first notify_serving(): starts still. name
 * is kept, not copied. */
void notify_lost(struct notify *notify, const char *name);
/* A reload begins, and has ended: generation is that of the configuration in use. */
void notify_reloading(struct notify *notify);
void notify_reloaded(struct notify *notify, bool used, uint64_t generation);
/* The way down begins; nothing is told afterwards. */
void notify_stopping(struct notify *notify, bool end_sessions);

#endif
