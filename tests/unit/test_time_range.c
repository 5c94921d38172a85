/* SPDX-License-Identifier: Apache-2.0 */
/* Time ranges: the words, and whether a moment is within, in two zones. */
#include <stdio.h>
#include <stdlib.h>

#include "conf/time_range.h"
#include "tests/unit/conf_world.h"

static const struct {
	const char *text;
	enum err err;
	struct time_periodic out;
} periodics[] = {
    {"weekdays 8:00 to 18:00", ERR_OK, {0x3e, 0, 480, 0, 1080}},
    {"weekend 08:00 to 18:00", ERR_OK, {0x41, 0, 480, 0, 1080}},
    {"daily 0:00 to 23:59", ERR_OK, {0x7f, 0, 0, 0, 1439}},
    {"Monday Friday 8:00 to 12:00", ERR_OK, {0x22, 0, 480, 0, 720}},
    {"sunday 8:00 TO 8:00", ERR_OK, {0x01, 0, 480, 0, 480}},
    {" Friday\t20:00  to Monday 6:00 ", ERR_OK, {0, 5, 1200, 1, 360}},
    {"Monday 8:00 to Monday 6:00", ERR_OK, {0, 1, 480, 1, 360}},
    {"Monday Monday 8:00 to 9:00", ERR_OK, {0x02, 0, 480, 0, 540}},
    {"", ERR_SYNTAX, {0}},
    {"8:00 to 18:00", ERR_SYNTAX, {0}},
    {"weekdays", ERR_SYNTAX, {0}},
    {"weekdays 8:00", ERR_SYNTAX, {0}},
    {"weekdays 8:00 to", ERR_SYNTAX, {0}},
    {"weekdays 8:00 until 18:00", ERR_SYNTAX, {0}},
    {"weekdays 8:00 to 18:00 daily", ERR_SYNTAX, {0}},
    {"weekdays monday 8:00 to 18:00", ERR_SYNTAX, {0}},
    {"weekdays 8:00 to Monday 18:00", ERR_SYNTAX, {0}},
    {"Monday Tuesday 8:00 to Friday 18:00", ERR_SYNTAX, {0}},
    {"daily 8 to 18", ERR_SYNTAX, {0}},
    {"daily 8:0 to 18:00", ERR_SYNTAX, {0}},
    {"daily 008:00 to 18:00", ERR_SYNTAX, {0}},
    {"daily :00 to 18:00", ERR_SYNTAX, {0}},
    {"daily -1:00 to 18:00", ERR_SYNTAX, {0}},
    {"daily 24:00 to 24:00", ERR_RANGE, {0}},
    {"daily 8:60 to 18:00", ERR_RANGE, {0}},
    {"daily 22:00 to 6:00", ERR_RANGE, {0}}, /* must say on which day it ends */
    {"Mon 8:00 to 9:00", ERR_SYNTAX, {0}},
    {"sunday sunday sunday sunday sunday sunday sunday sunday sunday sunday sunday sunday sunday "
     "sunday sunday 8:00 to 9:00",
	ERR_SYNTAX, {0}},
};

static void
test_periodic(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(periodics); i++) {
		const struct time_periodic *want = &periodics[i].out;
		struct time_periodic got;
		enum err err = time_periodic_parse(periodics[i].text, &got);

		if (err != periodics[i].err)
			fail_msg("FAIL: '%s', expected %s, got %s", periodics[i].text,
			    err_str(periodics[i].err), err_str(err));
		if (err != ERR_OK)
			continue;
		if (got.days != want->days || got.start_day != want->start_day ||
		    got.start_min != want->start_min || got.end_day != want->end_day ||
		    got.end_min != want->end_min)
			fail_msg("FAIL: '%s', got days %#x %d+%d to %d+%d", periodics[i].text,
			    got.days, got.start_day, got.start_min, got.end_day, got.end_min);
	}
}

/* A moment of local time. */
static time_t
at(int year, int month, int day, int hour, int min, int sec)
{
	struct tm tm = {.tm_year = year - 1900,
	    .tm_mon = month - 1,
	    .tm_mday = day,
	    .tm_hour = hour,
	    .tm_min = min,
	    .tm_sec = sec,
	    .tm_isdst = -1};

	return mktime(&tm);
}

static const struct {
	const char *text;
	enum err err;
	int start[5], end[5]; /* year 0: open */
} absolutes[] = {
    {"start 08:00 1 January 2026 end 18:30 31 December 2027", ERR_OK, {2026, 1, 1, 8, 0},
	{2027, 12, 31, 18, 30}},
    {"start 8:00 01 JANUARY 2026", ERR_OK, {2026, 1, 1, 8, 0}, {0}},
    {"end 18:00 29 february 2028", ERR_OK, {0}, {2028, 2, 29, 18, 0}},
    {"start 8:00 1 May 2026 end 8:00 1 May 2026", ERR_OK, {2026, 5, 1, 8, 0}, {2026, 5, 1, 8, 0}},
    {"", ERR_SYNTAX, {0}, {0}},
    {"start", ERR_SYNTAX, {0}, {0}},
    {"start 8:00", ERR_SYNTAX, {0}, {0}},
    {"start 8:00 1 January", ERR_SYNTAX, {0}, {0}},
    {"start 8:00 1 Jan 2026", ERR_SYNTAX, {0}, {0}},
    {"start 8:00 January 1 2026", ERR_SYNTAX, {0}, {0}},
    {"end 8:00 1 May 2026 start 8:00 1 May 2025", ERR_SYNTAX, {0}, {0}},
    {"start 8:00 1 May 2026 start 8:00 1 May 2026", ERR_SYNTAX, {0}, {0}},
    {"8:00 1 May 2026", ERR_SYNTAX, {0}, {0}},
    {"start 8:00 29 February 2026", ERR_RANGE, {0}, {0}},
    {"start 8:00 31 April 2026", ERR_RANGE, {0}, {0}},
    {"start 8:00 32 May 2026", ERR_RANGE, {0}, {0}},
    {"start 8:00 0 May 2026", ERR_RANGE, {0}, {0}},
    {"start 25:00 1 May 2026", ERR_RANGE, {0}, {0}},
    {"start 8:00 1 May 1992", ERR_RANGE, {0}, {0}},
    {"start 8:00 1 May 99999999999999999999", ERR_SYNTAX, {0}, {0}},
    {"start 8:01 1 May 2026 end 8:00 1 May 2026", ERR_RANGE, {0}, {0}},
};

static void
test_absolute(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(absolutes); i++) {
		const int *s = absolutes[i].start, *e = absolutes[i].end;
		time_t start, end;
		enum err err = time_absolute_parse(absolutes[i].text, &start, &end);

		if (err != absolutes[i].err)
			fail_msg("FAIL: '%s', expected %s, got %s", absolutes[i].text,
			    err_str(absolutes[i].err), err_str(err));
		if (err != ERR_OK)
			continue;
		if (start != (s[0] != 0 ? at(s[0], s[1], s[2], s[3], s[4], 0) : -1) ||
		    end != (e[0] != 0 ? at(e[0], e[1], e[2], e[3], e[4], 0) : -1))
			fail_msg("FAIL: '%s', got %lld to %lld", absolutes[i].text,
			    (long long)start, (long long)end);
	}
}

static const char ranges[] =
    "group-policies = ( );\n"
    "time-ranges = (\n"
    " { name = \"work\"; periodic = [ \"weekdays 8:00 to 18:00\", \"Saturday 9:00 to 12:00\" ]; "
    "},\n"
    " { name = \"weekend\"; periodic = [ \"Friday 20:00 to Monday 6:00\" ]; },\n"
    " { name = \"mid\"; periodic = [ \"Tuesday 20:00 to Thursday 6:00\" ]; },\n"
    " { name = \"year\"; absolute = \"start 08:00 1 January 2026 end 18:00 31 December 2026\"; "
    "},\n"
    " { name = \"both\"; absolute = \"start 08:00 1 July 2026\"; periodic = \"daily 9:00 to "
    "9:00\"; },\n"
    " { name = \"always\"; } );\n";

/* 6 July 2026 is a Monday. */
static const struct {
	const char *range;
	int when[6];
	bool holds;
} moments[] = {
    {"work", {2026, 7, 6, 7, 59, 59}, false},
    {"work", {2026, 7, 6, 8, 0, 0}, true},
    {"work", {2026, 7, 6, 18, 0, 59}, true}, /* the last minute counts */
    {"work", {2026, 7, 6, 18, 1, 0}, false},
    {"work", {2026, 7, 4, 8, 30, 0}, false}, /* Saturday */
    {"work", {2026, 7, 4, 9, 30, 0}, true},
    {"work", {2026, 7, 5, 9, 30, 0}, false}, /* Sunday */
    {"weekend", {2026, 7, 3, 19, 59, 59}, false},
    {"weekend", {2026, 7, 3, 20, 0, 0}, true},
    {"weekend", {2026, 7, 4, 0, 0, 0}, true},
    {"weekend", {2026, 7, 5, 23, 59, 59}, true},
    {"weekend", {2026, 7, 6, 6, 0, 59}, true},
    {"weekend", {2026, 7, 6, 6, 1, 0}, false},
    {"weekend", {2026, 7, 8, 12, 0, 0}, false},
    {"mid", {2026, 7, 7, 19, 59, 0}, false},
    {"mid", {2026, 7, 7, 20, 0, 0}, true},
    {"mid", {2026, 7, 8, 3, 0, 0}, true},
    {"mid", {2026, 7, 9, 6, 0, 0}, true},
    {"mid", {2026, 7, 9, 6, 1, 0}, false},
    {"mid", {2026, 7, 5, 3, 0, 0}, false},
    {"year", {2025, 12, 31, 23, 0, 0}, false},
    {"year", {2026, 1, 1, 7, 59, 59}, false},
    {"year", {2026, 1, 1, 8, 0, 0}, true},
    {"year", {2026, 12, 31, 18, 0, 59}, true},
    {"year", {2026, 12, 31, 18, 1, 0}, false},
    {"both", {2026, 6, 30, 9, 0, 0}, false},
    {"both", {2026, 7, 2, 9, 0, 30}, true},
    {"both", {2026, 7, 2, 9, 1, 0}, false},
    {"always", {2026, 7, 2, 9, 1, 0}, true},
};

static void
zone_set(const char *zone)
{
	assert_int_equal(setenv("TZ", zone, 1), 0);
	tzset();
}

static void
test_holds(void **state)
{
	static const char *const zones[] = {"UTC0", "EST5EDT,M3.2.0,M11.1.0", "ABC-13"};
	const struct conf_world_file files[] = {{"group-policies.conf", ranges},
	    {"tunnel-groups.conf", "tunnel-groups = ( { name = \"T\"; } );\n"}};
	struct conf *conf = conf_world(files, ARRAY_LEN(files));

	(void)state;
	for (size_t z = 0; z < ARRAY_LEN(zones); z++) {
		zone_set(zones[z]);
		for (size_t i = 0; i < ARRAY_LEN(moments); i++) {
			const int *w = moments[i].when;
			const struct conf_object *range =
			    conf_find(conf, CONF_TIME_RANGE, moments[i].range);

			assert_non_null(range);
			bool got = time_range_holds(range, at(w[0], w[1], w[2], w[3], w[4], w[5]));
			if (got != moments[i].holds)
				fail_msg("FAIL: %s at %d-%d-%d %d:%d:%d in %s, expected %d, got %d",
				    moments[i].range, w[0], w[1], w[2], w[3], w[4], w[5], zones[z],
				    moments[i].holds, got);
		}
	}
	zone_set("UTC0");
	conf_unref(conf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_periodic),
	    cmocka_unit_test(test_absolute),
	    cmocka_unit_test(test_holds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
