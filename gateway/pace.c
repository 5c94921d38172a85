/* SPDX-License-Identifier: Apache-2.0 */
/* When to wait: from so many packets in a millisecond on, measured over the last few. */
#include "gateway/pace.h"

#include <sys/prctl.h>
#include <time.h>

#define BUSY_PER_MS 50 /* packets: 0.5 Gbit/s of large ones, and far above what is interactive */
#define WAIT_NS 50000  /* brings what 100 us do, and 30 us do not */
#define SLACK_NS 1000  /* the kernel may be late by that much: 50 us by default (prctl(2)) */
#define WINDOW_MS 2    /* how long is measured */

static _Thread_local struct {
	uint64_t since_ms; /* beginning of the window */
	size_t packets;    /* in it */
	bool prepared;     /* the thread's timer slack is set */
	bool busy;         /* by the last window that is over */
	bool more;
} pace;

void
pace_wait(void)
{
	struct timespec wait = {.tv_nsec = WAIT_NS};

	if (!pace.busy || pace.more)
		return;
	if (!pace.prepared) {
		(void)prctl(PR_SET_TIMERSLACK, SLACK_NS, 0, 0, 0);
		pace.prepared = true;
	}
	/* Woken early by a signal is good enough. */
	(void)nanosleep(&wait, NULL);
}

void
pace_count(uint64_t now_ms, size_t packets, bool more)
{
	uint64_t span_ms = now_ms - pace.since_ms;

	pace.more = more;
	pace.packets += packets;
	if (span_ms < WINDOW_MS)
		return;
	pace.busy = pace.packets >= span_ms * BUSY_PER_MS;
	pace.since_ms = now_ms;
	pace.packets = 0;
}
