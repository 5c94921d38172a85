/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Moderation of wake-ups, as a network card does it with its interrupts: while a worker has much
 * to do it lets packets gather for some tens of microseconds before it reads them, so that one turn
 * of its loop pays for many, and the runs that it joins get long. A worker with little to do never
 * waits (docs/performance.md has what it brings).
 *
 * There is one pace for each worker thread; the state is the thread's.
 */
#ifndef GATEWAY_PACE_H
#define GATEWAY_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes are counted as packets of this size. */
#define PACE_PACKET 1400

/* Before a socket or a queue is read: wait if that pays. */
void pace_wait(void);
/* So many packets were read at that time (clock_mono_ms()). more: others may be there already, so
 * the next pace_wait() does not wait. */
void pace_count(uint64_t now_ms, size_t packets, bool more);

#endif
