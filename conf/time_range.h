/* SPDX-License-Identifier: Apache-2.0 */
/* Time ranges in the ASA's words. Pure; times are the zone of the process (TZ). */
#ifndef CONF_TIME_RANGE_H
#define CONF_TIME_RANGE_H

#include <stdbool.h>
#include <time.h>

#include "common/attr.h"
#include "common/err.h"
#include "conf/conf.h"

/* What "periodic" says: from a minute of the week to another, on days whose bit is set. */
struct time_periodic {
	unsigned days; /* bit 0: Sunday; 0: from start_day to end_day */
	int start_day; /* 0-6 when days is 0 */
	int start_min; /* minutes of the day */
	int end_day;
	int end_min;
};

/* "weekdays 8:00 to 18:00", "daily 22:00 to 23:30", "Monday Friday 8:00 to 12:00", "Friday 20:00 to
 * Monday 6:00". ERR_SYNTAX, ERR_RANGE. */
enum err time_periodic_parse(const char *text, struct time_periodic *out) MUST_USE;
/* "start 08:00 1 January 2026 end 18:00 31 December 2026"; -1: open at that end. ERR_SYNTAX,
 * ERR_RANGE. */
enum err time_absolute_parse(const char *text, time_t *start, time_t *end) MUST_USE;
/* Is the moment within the CONF_TIME_RANGE? The last minute counts, as on the ASA. */
bool time_range_holds(const struct conf_object *range, time_t when);

#endif
