/* SPDX-License-Identifier: Apache-2.0 */
/* common/ring.c: order, wrap, full and empty, and no lost wake-up between two threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>

#include "common/ring.h"

#define SIZE 4096

static bool
readable(const struct ring *ring, int timeout_ms)
{
	struct pollfd pollfd = {.fd = ring_fd(ring), .events = POLLIN};

	return poll(&pollfd, 1, timeout_ms) == 1;
}

static void
put(struct ring *ring, const char *text)
{
	uint8_t *dst = ring_reserve(ring, strlen(text) + 10);

	assert_non_null(dst);
	memcpy(dst, text, strlen(text));
	ring_commit(ring, strlen(text));
}

static void
expect(struct ring *ring, const char *text)
{
	size_t len;
	const uint8_t *data = ring_peek(ring, &len);

	assert_non_null(data);
	assert_int_equal(len, strlen(text));
	assert_memory_equal(data, text, len);
	ring_pop(ring);
}

static void
test_order(UNUSED void **state)
{
	struct ring *ring = ring_new(SIZE);
	size_t len;

	assert_non_null(ring);
	assert_null(ring_peek(ring, &len));
	put(ring, "one");
	put(ring, "");
	put(ring, "three");
	expect(ring, "one");
	expect(ring, "");
	expect(ring, "three");
	assert_null(ring_peek(ring, &len));
	ring_free(ring);
	ring_free(NULL);
}

static void
test_full_and_wrap(UNUSED void **state)
{
	struct ring *ring = ring_new(SIZE);
	uint8_t next_in = 0, next_out = 0;
	size_t len;

	for (int round = 0; round < 100; round++) {
		size_t records = 0;
		uint8_t *dst;

		/* 997 bytes never divide the ring: the end of the memory is met at many offsets. */
		while ((dst = ring_reserve(ring, 997)) != NULL) {
			memset(dst, next_in++, 997);
			ring_commit(ring, 997);
			records++;
		}
		assert_in_range(records, 3, 4);
		for (; records > 0; records--) {
			const uint8_t *data = ring_peek(ring, &len);

			assert_non_null(data);
			assert_int_equal(len, 997);
			assert_int_equal(data[0], next_out);
			assert_int_equal(data[996], next_out++);
			ring_pop(ring);
		}
		assert_null(ring_peek(ring, &len));
	}
	ring_free(ring);
}

static void
test_reservation_may_be_dropped(UNUSED void **state)
{
	struct ring *ring = ring_new(SIZE);
	size_t len;

	for (int i = 0; i < 1000; i++)
		assert_non_null(ring_reserve(ring, SIZE / 4));
	assert_null(ring_peek(ring, &len));
	put(ring, "x");
	expect(ring, "x");
	ring_free(ring);
}

static void
test_kicks_only_a_sleeper(UNUSED void **state)
{
	struct ring *ring = ring_new(SIZE);
	size_t len;

	ring_kick(ring);
	assert_false(readable(ring, 0)); /* nothing committed */
	put(ring, "a");
	assert_false(readable(ring, 0));
	ring_kick(ring);
	assert_true(readable(ring, 0));
	ring_ack(ring);
	put(ring, "b");
	ring_kick(ring);
	assert_false(readable(ring, 0)); /* the consumer is still at it */
	expect(ring, "a");
	expect(ring, "b");
	assert_null(ring_peek(ring, &len));
	put(ring, "c");
	ring_kick(ring);
	assert_true(readable(ring, 0));
	ring_ack(ring);
	expect(ring, "c");
	ring_free(ring);
}

#define RECORDS 50000U

static void *
produce(void *arg)
{
	struct ring *ring = arg;

	for (uint32_t i = 0; i < RECORDS;) {
		size_t len = sizeof(i) + i % 200;
		uint8_t *dst = ring_reserve(ring, 300);

		if (dst == NULL) {
			ring_kick(ring);
			sched_yield();
			continue;
		}
		memset(dst, (uint8_t)i, len);
		memcpy(dst, &i, sizeof(i));
		ring_commit(ring, len);
		if (i++ % 7 == 0)
			ring_kick(ring);
	}
	ring_kick(ring);
	return NULL;
}

/* Sleeps only when the ring said so: a lost wake-up ends in poll's time-out. */
static void
test_two_threads(UNUSED void **state)
{
	struct ring *ring = ring_new(SIZE);
	uint32_t expected = 0;
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, produce, ring), 0);
	while (expected < RECORDS) {
		const uint8_t *data;
		size_t len;

		if (!readable(ring, 20000))
			fail_msg("record %u: expected a wake-up within 20 s, got none", expected);
		ring_ack(ring);
		while ((data = ring_peek(ring, &len)) != NULL) {
			uint32_t i;

			memcpy(&i, data, sizeof(i));
			assert_int_equal(i, expected);
			assert_int_equal(len, sizeof(i) + i % 200);
			if (len > sizeof(i))
				assert_int_equal(data[len - 1], (uint8_t)i);
			expected++;
			ring_pop(ring);
		}
	}
	assert_int_equal(pthread_join(thread, NULL), 0);
	ring_free(ring);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_order),
	    cmocka_unit_test(test_full_and_wrap),
	    cmocka_unit_test(test_reservation_may_be_dropped),
	    cmocka_unit_test(test_kicks_only_a_sleeper),
	    cmocka_unit_test(test_two_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
