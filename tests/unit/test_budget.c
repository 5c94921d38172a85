/* SPDX-License-Identifier: Apache-2.0 */
/* gateway/budget.c: handshakes wait in one queue, and others get their turn however many wait. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <event2/event.h>
#include <string.h>
#include <time.h>

#include "gateway/budget.h"

static struct loop *loop;
static struct budget *budget;
static char trace[128];

static int
setup(UNUSED void **state)
{
	trace[0] = '\0';
	loop = loop_new();
	budget = loop != NULL ? budget_new(loop) : NULL;
	return budget == NULL;
}

static int
teardown(UNUSED void **state)
{
	budget_free(budget);
	loop_free(loop);
	return 0;
}

static void
note(char c)
{
	size_t len = strlen(trace);

	assert_in_range(len, 0, sizeof(trace) - 2);
	trace[len] = c;
	trace[len + 1] = '\0';
}

/* One that waits. */
struct waiter {
	struct budget_entry entry;
	char name;
	unsigned again;        /* times that it will wait once more */
	unsigned busy_ms;      /* what it costs */
	struct waiter *leaves; /* whom it sends away */
};

static void
on_turn(void *arg)
{
	struct waiter *waiter = arg;
	clock_t end = clock() + (clock_t)(waiter->busy_ms * (CLOCKS_PER_SEC / 1000));

	note(waiter->name);
	while (clock() < end)
		;
	if (waiter->leaves != NULL)
		budget_leave(&waiter->leaves->entry);
	if (waiter->again-- > 0)
		budget_wait(budget, &waiter->entry, on_turn, waiter);
	else
		waiter->again = 0;
}

static void
turns(void)
{
	struct timeval at_once = {0};

	/* Whoever is due has come and gone when this comes twice. */
	for (int i = 0; i < 200; i++) {
		(void)event_base_loopexit(loop_base(loop), &at_once);
		(void)event_base_loop(loop_base(loop), 0);
	}
}

static void
test_order(UNUSED void **state)
{
	struct waiter a = {.name = 'a'}, b = {.name = 'b'}, c = {.name = 'c', .again = 1};

	budget_wait(budget, &a.entry, on_turn, &a);
	budget_wait(budget, &c.entry, on_turn, &c);
	budget_wait(budget, &b.entry, on_turn, &b);
	budget_wait(budget, &a.entry, on_turn, &a); /* keeps its place */
	assert_string_equal(trace, "");             /* in a later turn */
	turns();
	assert_string_equal(trace, "acbc");
}

static void
test_leave(UNUSED void **state)
{
	struct waiter a = {.name = 'a'}, b = {.name = 'b'}, c = {.name = 'c'};

	a.leaves = &c;
	budget_wait(budget, &a.entry, on_turn, &a);
	budget_wait(budget, &b.entry, on_turn, &b);
	budget_wait(budget, &c.entry, on_turn, &c);
	budget_leave(&b.entry);
	budget_leave(&b.entry); /* it does not wait any more */
	turns();
	assert_string_equal(trace, "a");
	budget_wait(budget, &b.entry, on_turn, &b);
	turns();
	assert_string_equal(trace, "ab");
}

static void
test_none(UNUSED void **state)
{
	struct waiter a = {.name = 'a'};

	budget_wait(NULL, &a.entry, on_turn, &a);
	assert_string_equal(trace, "a");
	assert_false(budget_is_short(NULL));
	budget_hold(NULL);
	budget_release(NULL);
}

/* A turn of the loop works on the queue for a millisecond: others come between. */
static void
on_other(UNUSED evutil_socket_t fd, UNUSED short what, void *arg)
{
	static const struct timeval at_once = {0};

	if (strlen(trace) < sizeof(trace) / 2) {
		note('.');
		event_add(*(struct event **)arg, &at_once);
	}
}

static void
test_share(UNUSED void **state)
{
	static const struct timeval at_once = {0};
	struct event *other = NULL;
	struct waiter waiters[6];

	other = evtimer_new(loop_base(loop), on_other, &other);
	assert_non_null(other);
	for (size_t i = 0; i < ARRAY_LEN(waiters); i++) {
		waiters[i] = (struct waiter){.name = (char)('a' + i), .busy_ms = 3};
		budget_wait(budget, &waiters[i].entry, on_turn, &waiters[i]);
	}
	event_add(other, &at_once);
	turns();
	event_free(other);
	/* Not one of them has another right behind it. */
	for (size_t i = 0; i + 1 < ARRAY_LEN(waiters); i++) {
		const char *at = strchr(trace, waiters[i].name);

		assert_non_null(at);
		if (at[1] != '.')
			fail_msg("expected somebody else behind each, got %s", trace);
	}
}

static void
test_short(UNUSED void **state)
{
	struct waiter waiters[64];
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(waiters); i++)
		waiters[i] = (struct waiter){.name = 'x'};
	for (; n < ARRAY_LEN(waiters) - 2; n++)
		budget_wait(budget, &waiters[n].entry, on_turn, &waiters[n]);
	budget_hold(budget);
	assert_false(budget_is_short(budget));
	budget_hold(budget);
	assert_true(budget_is_short(budget));
	budget_release(budget);
	assert_false(budget_is_short(budget));
	budget_wait(budget, &waiters[n].entry, on_turn, &waiters[n]);
	assert_true(budget_is_short(budget));
	budget_release(budget);
	turns();
	assert_int_equal(strlen(trace), n + 1);
	assert_false(budget_is_short(budget));
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_order),
	    TEST(test_leave),
	    TEST(test_none),
	    TEST(test_share),
	    TEST(test_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
