/* SPDX-License-Identifier: Apache-2.0 */
/* auth/radius_due: against a list that is searched from end to end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "auth/radius_due.h"
#include "common/clock.h"

#define ITEMS 500
#define STEPS 20000

static struct item {
	struct radius_due due;
	bool set;
	uint64_t at;
	unsigned fired;
} items[ITEMS];
static struct radius_dues dues;
static uint64_t now, fired_at;

static uint64_t
mono(void)
{
	return now;
}

static time_t
wall(void)
{
	return 0;
}

static void
on_due(struct radius_due *due)
{
	struct item *item = CONTAINER_OF(due, struct item, due);

	assert_true(item->set);
	assert_true(item->at <= now);
	assert_true(item->at >= fired_at); /* in order */
	fired_at = item->at;
	item->set = false;
	item->fired++;
}

static void
check_all(void)
{
	for (size_t i = 0; i < ITEMS; i++) {
		assert_int_equal(items[i].set, items[i].due.place != 0);
		assert_true(!items[i].set || items[i].at > now);
	}
}

static void
step(void)
{
	struct item *item = &items[(size_t)rand() % ITEMS];
	unsigned what = (unsigned)rand() % 10;

	if (what < 6) {
		uint64_t after = 1 + (uint64_t)rand() % 200;

		radius_due_set(&dues, &item->due, after);
		item->set = true;
		item->at = now + after;
	} else if (what < 8) {
		radius_due_clear(&dues, &item->due);
		item->set = false;
	} else {
		now += (uint64_t)rand() % 5;
		fired_at = 0;
		radius_dues_run(&dues);
		check_all();
	}
}

static void
test_model(void **state)
{
	struct loop *loop = loop_new();
	unsigned fired = 0;

	(void)state;
	clock_set_source(mono, wall);
	srand(1);
	assert_non_null(loop);
	assert_int_equal(radius_dues_init(&dues, loop), ERR_OK);
	for (size_t i = 0; i < ITEMS; i++) {
		items[i].due.fn = on_due;
		assert_int_equal(radius_dues_join(&dues), ERR_OK);
	}
	for (unsigned i = 0; i < STEPS; i++)
		step();
	for (size_t i = 0; i < ITEMS; i++) {
		fired += items[i].fired;
		radius_dues_part(&dues, &items[i].due);
	}
	assert_true(fired > 1000);
	assert_int_equal(dues.len, 0);
	assert_int_equal(dues.owners, 0);
	radius_dues_fini(&dues);
	loop_free(loop);
	clock_set_source(NULL, NULL);
}

/* By the loop itself, in real time, also what is due at once. */
static void
test_loop(void **state)
{
	struct loop *loop = loop_new();

	(void)state;
	assert_non_null(loop);
	assert_int_equal(radius_dues_init(&dues, loop), ERR_OK);
	items[0] = items[1] = (struct item){.due.fn = on_due, .set = true};
	fired_at = 0;
	now = UINT64_MAX;
	assert_int_equal(radius_dues_join(&dues), ERR_OK);
	assert_int_equal(radius_dues_join(&dues), ERR_OK);
	radius_due_set(&dues, &items[0].due, 20);
	radius_due_set(&dues, &items[1].due, 0);
	while (items[0].fired == 0)
		event_base_loop(loop_base(loop), EVLOOP_ONCE);
	assert_int_equal(items[1].fired, 1);
	radius_dues_part(&dues, &items[0].due);
	radius_dues_part(&dues, &items[1].due);
	radius_dues_fini(&dues);
	loop_free(loop);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_model),
	    cmocka_unit_test(test_loop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
