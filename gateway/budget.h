/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How much of a worker's time strangers get. The handshakes that could go on wait in one queue, and
 * each turn of the loop works on it for a millisecond at most: the packets of those who are logged
 * in are never behind more than that, however many handshakes there are. What waits is bounded, as
 * nothing is accepted while the queue is long: then the flood waits in the kernel, which drops what
 * is too much.
 */
#ifndef GATEWAY_BUDGET_H
#define GATEWAY_BUDGET_H

#include <stdbool.h>
#include <sys/queue.h>

#include "common/attr.h"
#include "common/loop.h"

struct budget;

/* A place in the queue. Embedded in what waits; zero is one that does not. */
struct budget_entry {
	TAILQ_ENTRY(budget_entry) next;
	struct budget *budget; /* NULL: does not wait */
	loop_fn fn;
	void *arg;
};

/* NULL: memory. */
struct budget *budget_new(struct loop *loop) MUST_USE;
/* Nothing may wait any more. NULL is fine. */
void budget_free(struct budget *budget);
/* Have fn(arg) called once when it is its turn, in a later turn of the loop. One that waits already
 * keeps its place. Without a budget (NULL) it is called at once. */
void budget_wait(struct budget *budget, struct budget_entry *entry, loop_fn fn, void *arg);
/* Wait no more. */
void budget_leave(struct budget_entry *entry);
/* One handshake more, or less, waits for pki: it counts as one that waits here. */
void budget_hold(struct budget *budget);
void budget_release(struct budget *budget);
/* Does none wait, neither here nor for pki? */
bool budget_is_idle(const struct budget *budget);
/* Do too many wait to let others in? */
bool budget_is_short(const struct budget *budget);

#endif
