/* SPDX-License-Identifier: Apache-2.0 */
/* Time, replaceable in tests (style P17). */
#ifndef COMMON_CLOCK_H
#define COMMON_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Milliseconds that never go back, also counted while the machine sleeps (CLOCK_BOOTTIME). */
uint64_t clock_mono_ms(void);
/* Seconds since 1970 by the wall clock. */
time_t clock_wall_sec(void);
/* Tests: replace both sources; NULL restores the real clock. */
void clock_set_source(uint64_t (*mono_ms)(void), time_t (*wall_sec)(void));

#endif
