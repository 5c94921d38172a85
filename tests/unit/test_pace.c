/* SPDX-License-Identifier: Apache-2.0 */
/* gateway/pace.c: who waits and who never does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <time.h>

#include "common/attr.h"
#include "gateway/pace.h"

static unsigned waits;
static long waited_ns;

/* Instead of the C library's. */
int
nanosleep(const struct timespec *request, UNUSED struct timespec *left)
{
	waits++;
	waited_ns = request->tv_nsec;
	return 0;
}

/* Turns of a worker, one each millisecond. Returns how many of them waited. */
static unsigned
run(uint64_t *now_ms, unsigned turns, size_t packets, bool more)
{
	waits = 0;
	for (unsigned i = 0; i < turns; i++) {
		pace_wait();
		pace_count(++*now_ms, packets, more);
	}
	return waits;
}

static void
test_pace(UNUSED void **state)
{
	uint64_t now_ms = 1000000;

	/* A ping, a call, a slow download. */
	assert_int_equal(run(&now_ms, 100, 1, false), 0);
	assert_int_equal(run(&now_ms, 100, 20, false), 0);
	/* Load: from the next window on each turn waits, and not for long. */
	assert_in_range(run(&now_ms, 100, 200, false), 90, 99);
	assert_in_range(waited_ns, 1, 200000);
	/* There is more already: no turn waits, load or not. */
	(void)run(&now_ms, 1, 200, true);
	assert_int_equal(run(&now_ms, 100, 200, true), 0);
	/* It is over: a few turns, and nobody waits any more. */
	(void)run(&now_ms, 4, 1, false);
	assert_int_equal(run(&now_ms, 100, 1, false), 0);
	/* After an hour of silence the first packet finds no old load. */
	assert_in_range(run(&now_ms, 10, 200, false), 5, 9);
	now_ms += 3600000;
	(void)run(&now_ms, 1, 1, false);
	assert_int_equal(run(&now_ms, 10, 1, false), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_pace)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
