/* SPDX-License-Identifier: Apache-2.0 */
/* Time from the kernel, or from a test. */
#include "common/clock.h"

#include <stddef.h>

static uint64_t (*mono_source)(void);
static time_t (*wall_source)(void);

uint64_t
clock_mono_ms(void)
{
	struct timespec ts;

	if (mono_source != NULL)
		return mono_source();
	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

time_t
clock_wall_sec(void)
{
	return wall_source != NULL ? wall_source() : time(NULL);
}

void
clock_set_source(uint64_t (*mono_ms)(void), time_t (*wall_sec)(void))
{
	mono_source = mono_ms;
	wall_source = wall_sec;
}
