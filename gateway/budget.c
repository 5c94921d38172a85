/* SPDX-License-Identifier: Apache-2.0 */
/* The queue of handshakes, and the clock that ends a turn's share. */
#include "gateway/budget.h"

#include <event2/event.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#define SLICE_NS 1000000
/* Some fifty milliseconds of work: far below any client's patience. */
#define WAITING_MAX 64

struct budget {
	struct event *turn;
	TAILQ_HEAD(budget_queue, budget_entry) waiting;
	unsigned len;
	unsigned held; /* wait for pki, and hold the stack of a job meanwhile */
};

/* Not common/clock.h: a share is far below its milliseconds. */
static uint64_t
now_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* A timer that is due at once comes after the next look at all sockets. */
static void
turn_add(struct budget *budget)
{
	static const struct timeval at_once = {0};

	(void)event_add(budget->turn, &at_once);
}

static void
on_turn(UNUSED evutil_socket_t fd, UNUSED short what, void *arg)
{
	struct budget *budget = arg;
	uint64_t end_ns = now_ns() + SLICE_NS;
	struct budget_entry *entry;

	while ((entry = TAILQ_FIRST(&budget->waiting)) != NULL && now_ns() < end_ns) {
		budget_leave(entry);
		entry->fn(entry->arg);
	}
	if (entry != NULL)
		turn_add(budget);
}

struct budget *
budget_new(struct loop *loop)
{
	struct budget *budget = calloc(1, sizeof(*budget));

	if (budget == NULL)
		return NULL;
	TAILQ_INIT(&budget->waiting);
	budget->turn = event_new(loop_base(loop), -1, 0, on_turn, budget);
	if (budget->turn == NULL) {
		free(budget);
		return NULL;
	}
	return budget;
}

void
budget_free(struct budget *budget)
{
	if (budget == NULL)
		return;
	event_free(budget->turn);
	free(budget);
}

void
budget_wait(struct budget *budget, struct budget_entry *entry, loop_fn fn, void *arg)
{
	if (entry->budget != NULL)
		return;
	if (budget == NULL) {
		fn(arg);
		return;
	}
	entry->budget = budget;
	entry->fn = fn;
	entry->arg = arg;
	TAILQ_INSERT_TAIL(&budget->waiting, entry, next);
	if (budget->len++ == 0)
		turn_add(budget);
}

void
budget_leave(struct budget_entry *entry)
{
	struct budget *budget = entry->budget;

	if (budget == NULL)
		return;
	entry->budget = NULL;
	TAILQ_REMOVE(&budget->waiting, entry, next);
	budget->len--;
}

void
budget_hold(struct budget *budget)
{
	if (budget != NULL)
		budget->held++;
}

void
budget_release(struct budget *budget)
{
	if (budget != NULL)
		budget->held--;
}

bool
budget_is_idle(const struct budget *budget)
{
	return budget != NULL && budget->len == 0 && budget->held == 0;
}

bool
budget_is_short(const struct budget *budget)
{
	return budget != NULL && budget->len + budget->held >= WAITING_MAX;
}
