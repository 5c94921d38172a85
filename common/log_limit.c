/* SPDX-License-Identifier: Apache-2.0 */
/* The rate limiter of one kind of line (common/log.h). Windows of a fixed length: simple, and at
 * worst twice as many lines as allowed around the edge of two. */
#include "common/clock.h"
#include "common/log.h"

bool
log_limit_ok(struct log_limit *limit, unsigned *suppressed)
{
	uint64_t now_ms = clock_mono_ms();

	*suppressed = 0;
	if (now_ms - limit->window_ms >= (uint64_t)limit->interval_sec * 1000) {
		limit->window_ms = now_ms;
		limit->used = 0;
		*suppressed = limit->suppressed;
		limit->suppressed = 0;
	}
	if (limit->used >= limit->burst) {
		limit->suppressed++;
		return false;
	}
	limit->used++;
	return true;
}
