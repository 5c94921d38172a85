/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Things that are to happen at a time, thousands of them behind one event of the loop: a heap by
 * time. It goes by common/clock.h, so that a test can move the time.
 */
#ifndef AUTH_RADIUS_DUE_H
#define AUTH_RADIUS_DUE_H

#include <stddef.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/err.h"
#include "common/loop.h"

struct radius_due;
typedef void (*radius_due_fn)(struct radius_due *due);

/* One of them, part of what it is for. Zero it, set fn. */
struct radius_due {
	uint64_t at_ms;
	size_t place; /* in the heap, from 1; 0: not set */
	radius_due_fn fn;
};

struct radius_dues {
	struct radius_due **heap; /* [1..len] */
	size_t len;
	size_t cap;
	size_t owners;
	struct event *timer;
};

/* ERR_NOMEM. */
enum err radius_dues_init(struct radius_dues *dues, struct loop *loop) MUST_USE;
void radius_dues_fini(struct radius_dues *dues);
/* Before a radius_due is used: makes sure that there is room when it is set. ERR_NOMEM. */
enum err radius_dues_join(struct radius_dues *dues) MUST_USE;
/* It is not used any more. */
void radius_dues_part(struct radius_dues *dues, struct radius_due *due);
/* Call fn once, on the loop, in so many milliseconds; a time set before is forgotten. */
void radius_due_set(struct radius_dues *dues, struct radius_due *due, uint64_t after_ms);
void radius_due_clear(struct radius_dues *dues, struct radius_due *due);
/* Call what is due by now. For the loop, and for tests that move the clock. */
void radius_dues_run(struct radius_dues *dues);

#endif
