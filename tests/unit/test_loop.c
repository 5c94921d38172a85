/* SPDX-License-Identifier: Apache-2.0 */
/* common/loop.c: deferred calls, posts from other threads, stop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <string.h>

#include "common/loop.h"

#define LETTER(c) ((void *)(uintptr_t)(c))

static struct loop *loop;
static char trace[64];

static int
setup(UNUSED void **state)
{
	trace[0] = '\0';
	loop = loop_new();
	return loop == NULL;
}

static int
teardown(UNUSED void **state)
{
	loop_free(loop);
	return 0;
}

static void
note(void *arg)
{
	size_t len = strlen(trace);

	assert_in_range(len, 0, sizeof(trace) - 2);
	trace[len] = (char)(uintptr_t)arg;
	trace[len + 1] = '\0';
}

static void
stop(UNUSED void *arg)
{
	loop_stop(loop);
}

static void
on_event(UNUSED evutil_socket_t fd, UNUSED short what, UNUSED void *arg)
{
	note(LETTER('['));
	loop_defer(loop, note, LETTER('1'));
	loop_defer(loop, note, LETTER('2'));
	loop_defer(loop, stop, NULL);
	note(LETTER(']'));
}

static void
test_defer_runs_after_the_callback(UNUSED void **state)
{
	static const struct timeval now = {0, 0};

	assert_int_equal(event_base_once(loop_base(loop), -1, EV_TIMEOUT, on_event, NULL, &now), 0);
	loop_run(loop);
	assert_string_equal(trace, "[]12");
}

static void
defer_more(UNUSED void *arg)
{
	note(LETTER('a'));
	loop_defer(loop, note, LETTER('b'));
	note(LETTER('c'));
}

static void
test_free_runs_what_is_deferred(UNUSED void **state)
{
	struct loop *other = loop_new();
	struct loop *saved = loop;

	loop = other;
	loop_defer(other, defer_more, NULL);
	loop_free(other);
	loop = saved;
	assert_string_equal(trace, "acb");
	loop_free(NULL);
}

static void
test_stop_before_run(UNUSED void **state)
{
	loop_stop(loop);
	loop_run(loop);
	assert_int_equal(loop_post(loop, note, LETTER('x')), ERR_CLOSED);
	assert_string_equal(trace, "");
}

static void
stop_and_note(UNUSED void *arg)
{
	note(LETTER('s'));
	loop_stop(loop);
}

static void
test_accepted_posts_are_honoured(UNUSED void **state)
{
	assert_int_equal(loop_post(loop, stop_and_note, NULL), ERR_OK);
	assert_int_equal(loop_post(loop, note, LETTER('p')), ERR_OK);
	loop_defer(loop, stop_and_note, NULL);
	loop_run(loop);
	assert_non_null(strchr(trace, 'p'));
	assert_int_equal(loop_post(loop, note, LETTER('q')), ERR_CLOSED);
}

#define POSTS 2000
#define THREADS 3

static unsigned counted;

static void
count(UNUSED void *arg)
{
	/* No atomics: it is always the loop's thread. */
	if (++counted == POSTS * THREADS)
		loop_stop(loop);
}

static void *
post_many(UNUSED void *arg)
{
	for (int i = 0; i < POSTS; i++)
		if (loop_post(loop, count, NULL) != ERR_OK)
			return loop;
	return NULL;
}

static void
test_posts_from_threads(UNUSED void **state)
{
	pthread_t threads[THREADS];
	void *result;

	counted = 0;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, post_many, NULL), 0);
	loop_run(loop);
	assert_int_equal(counted, POSTS * THREADS);
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], &result), 0);
		assert_null(result);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_defer_runs_after_the_callback, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_free_runs_what_is_deferred, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_stop_before_run, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_accepted_posts_are_honoured, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_posts_from_threads, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
