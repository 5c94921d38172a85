/* SPDX-License-Identifier: Apache-2.0 */
/* A binary heap and a timer for its first element. */
#include "auth/radius_due.h"

#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "common/clock.h"
#include "common/log.h"

#define CAP_MIN 64
#define RUN_MAX 1024 /* in one turn of the loop */

static void
put(struct radius_dues *dues, size_t place, struct radius_due *due)
{
	dues->heap[place] = due;
	due->place = place;
}

static void
sift_up(struct radius_dues *dues, size_t place)
{
	struct radius_due *due = dues->heap[place];

	while (place > 1 && dues->heap[place / 2]->at_ms > due->at_ms) {
		put(dues, place, dues->heap[place / 2]);
		place /= 2;
	}
	put(dues, place, due);
}

static void
sift_down(struct radius_dues *dues, size_t place)
{
	struct radius_due *due = dues->heap[place];

	for (;;) {
		size_t child = place * 2;

		if (child < dues->len && dues->heap[child + 1]->at_ms < dues->heap[child]->at_ms)
			child++;
		if (child > dues->len || dues->heap[child]->at_ms >= due->at_ms)
			break;
		put(dues, place, dues->heap[child]);
		place = child;
	}
	put(dues, place, due);
}

static void
drop(struct radius_dues *dues, struct radius_due *due)
{
	struct radius_due *last = dues->heap[dues->len--];
	size_t place = due->place;

	due->place = 0;
	if (last == due)
		return;
	put(dues, place, last);
	sift_up(dues, place);
	sift_down(dues, last->place);
}

/* Have the loop wake us for the first one. */
static void
arm(struct radius_dues *dues)
{
	uint64_t now = clock_mono_ms();
	struct timeval after = {0};

	if (dues->len == 0) {
		event_del(dues->timer);
		return;
	}
	if (dues->heap[1]->at_ms > now) {
		uint64_t ms = dues->heap[1]->at_ms - now;

		after.tv_sec = (time_t)(ms / 1000);
		after.tv_usec = (suseconds_t)(ms % 1000 * 1000);
	}
	if (event_add(dues->timer, &after) != 0)
		log_err("no timer for RADIUS requests");
}

void
radius_dues_run(struct radius_dues *dues)
{
	uint64_t now = clock_mono_ms();

	for (unsigned i = 0; i < RUN_MAX && dues->len > 0 && dues->heap[1]->at_ms <= now; i++) {
		struct radius_due *due = dues->heap[1];

		drop(dues, due);
		due->fn(due);
	}
	if (dues->timer != NULL) /* else it was the end of all */
		arm(dues);
}

static void
on_timer(UNUSED evutil_socket_t fd, UNUSED short what, void *arg)
{
	radius_dues_run(arg);
}

enum err
radius_dues_init(struct radius_dues *dues, struct loop *loop)
{
	*dues = (struct radius_dues){0};
	dues->timer = evtimer_new(loop_base(loop), on_timer, dues);
	return dues->timer != NULL ? ERR_OK : ERR_NOMEM;
}

void
radius_dues_fini(struct radius_dues *dues)
{
	if (dues->timer != NULL)
		event_free(dues->timer);
	free(dues->heap);
	*dues = (struct radius_dues){0};
}

enum err
radius_dues_join(struct radius_dues *dues)
{
	if (dues->owners + 1 >= dues->cap) {
		size_t cap = dues->cap < CAP_MIN ? CAP_MIN : dues->cap * 2;
		struct radius_due **heap = reallocarray(dues->heap, cap, sizeof(*heap));

		if (heap == NULL)
			return ERR_NOMEM;
		dues->heap = heap;
		dues->cap = cap;
	}
	dues->owners++;
	return ERR_OK;
}

void
radius_dues_part(struct radius_dues *dues, struct radius_due *due)
{
	radius_due_clear(dues, due);
	dues->owners--;
}

void
radius_due_set(struct radius_dues *dues, struct radius_due *due, uint64_t after_ms)
{
	if (due->place != 0)
		drop(dues, due);
	due->at_ms = clock_mono_ms() + after_ms;
	put(dues, ++dues->len, due);
	sift_up(dues, due->place);
	if (due->place == 1)
		arm(dues);
}

void
radius_due_clear(struct radius_dues *dues, struct radius_due *due)
{
	if (due->place != 0)
		drop(dues, due);
}
