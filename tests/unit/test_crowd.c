/* SPDX-License-Identifier: Apache-2.0 */
/* Who gives way, and how the time of strangers is shared out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <time.h>

#include "common/attr.h"
#include "common/loop.h"
#include "gateway/budget.h"
#include "gateway/crowd.h"

static struct crowd crowd;

static struct ip_addr
address(uint8_t net, uint8_t host)
{
	return (struct ip_addr){.family = 4, .bytes = {198, 18, net, host}};
}

static void
add(struct crowd_entry *entry, uint8_t net, uint8_t host)
{
	struct ip_addr from = address(net, host);

	crowd_add(&crowd, entry, &from);
}

/* The oldest of the prefix that has most; those who have asked for something last. */
static void
test_worst(UNUSED void **state)
{
	struct crowd_entry entries[8];

	crowd_init(&crowd);
	assert_null(crowd_worst(&crowd));
	for (uint8_t i = 0; i < 4; i++)
		add(&entries[i], i, 1);
	assert_ptr_equal(crowd_worst(&crowd), &entries[0]); /* all alike: the oldest */
	add(&entries[4], 2, 77);
	assert_ptr_equal(crowd_worst(&crowd), &entries[2]); /* one /24 has two */
	crowd_remove(&crowd, &entries[2]);
	assert_ptr_equal(crowd_worst(&crowd), &entries[0]);
	crowd_know(&crowd, &entries[0]);
	crowd_know(&crowd, &entries[0]);
	assert_ptr_equal(crowd_worst(&crowd), &entries[1]);
	/* Once the known have more than their part of the room, one of them goes. */
	crowd_know(&crowd, &entries[1]);
	crowd_know(&crowd, &entries[3]);
	assert_int_equal(crowd.strangers_len, 1);
	assert_ptr_equal(crowd_worst(&crowd), &entries[0]);
	crowd_remove(&crowd, &entries[4]);
	assert_ptr_equal(crowd_worst(&crowd), &entries[0]);
	crowd_remove(&crowd, &entries[0]);
	crowd_remove(&crowd, &entries[1]);
	crowd_remove(&crowd, &entries[3]);
	assert_null(crowd_worst(&crowd));
	for (size_t i = 0; i < CROWD_PREFIXES; i++)
		assert_int_equal(crowd.prefixes[i], 0);
}

/* IPv6: a /64 is one. */
static void
test_prefix6(UNUSED void **state)
{
	struct ip_addr a = {.family = 6, .bytes = {0x20, 1, 0xd, 0xb8, 0, 0, 0, 1, 9}};
	struct ip_addr b = {.family = 6, .bytes = {0x20, 1, 0xd, 0xb8, 0, 0, 0, 2, 9}};
	struct ip_addr c = {.family = 6, .bytes = {0x20, 1, 0xd, 0xb8, 0, 0, 0, 2, 8}};
	struct crowd_entry entries[3];

	crowd_init(&crowd);
	crowd_add(&crowd, &entries[0], &a);
	crowd_add(&crowd, &entries[1], &b);
	crowd_add(&crowd, &entries[2], &c);
	assert_ptr_equal(crowd_worst(&crowd), &entries[1]);
}

/* A crowd of many prefixes cannot make one honest client of its own prefix go before it. */
static void
test_honest_stays(UNUSED void **state)
{
	static struct crowd_entry entries[1000];
	struct crowd_entry honest;

	crowd_init(&crowd);
	for (size_t i = 0; i < 500; i++)
		add(&entries[i], (uint8_t)(i % 50), (uint8_t)i);
	add(&honest, 200, 1);
	for (size_t i = 500; i < 1000; i++)
		add(&entries[i], (uint8_t)(i % 50), (uint8_t)i);
	for (size_t i = 0; i < 900; i++) {
		struct crowd_entry *worst = crowd_worst(&crowd);

		assert_ptr_not_equal(worst, &honest);
		crowd_remove(&crowd, worst);
	}
}

/* ---- budget ---- */

#define WORKERS 200

static struct {
	struct loop *loop;
	struct budget *budget;
	struct budget_entry entries[WORKERS];
	unsigned done;
	unsigned turns;
	unsigned longest; /* most that were done in one turn of the loop */
	unsigned in_turn;
} bench;

/* A third of a millisecond of work. */
static void
work(UNUSED void *arg)
{
	struct timespec begin, now;

	(void)clock_gettime(CLOCK_MONOTONIC, &begin);
	do
		(void)clock_gettime(CLOCK_MONOTONIC, &now);
	while ((now.tv_sec - begin.tv_sec) * 1000000000 + now.tv_nsec - begin.tv_nsec < 330000);
	bench.done++;
	if (++bench.in_turn > bench.longest)
		bench.longest = bench.in_turn;
}

/* What a logged-in client's packets are: something that is always there to do. */
static void
on_packet(evutil_socket_t fd, UNUSED short what, UNUSED void *arg)
{
	bench.turns++;
	bench.in_turn = 0;
	if (bench.done == WORKERS - 1)
		loop_stop(bench.loop);
	(void)fd;
}

static void
test_budget(UNUSED void **state)
{
	int fds[2];
	struct event *event;

	bench.loop = loop_new();
	bench.budget = budget_new(bench.loop);
	assert_int_equal(evutil_socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	assert_int_equal(send(fds[1], "x", 1, 0), 1); /* never read: always readable */
	event = event_new(loop_base(bench.loop), fds[0], EV_READ | EV_PERSIST, on_packet, NULL);
	assert_int_equal(event_add(event, NULL), 0);
	assert_false(budget_is_short(NULL));
	assert_false(budget_is_short(bench.budget));
	for (size_t i = 0; i < WORKERS; i++) {
		budget_wait(bench.budget, &bench.entries[i], work, NULL);
		budget_wait(bench.budget, &bench.entries[i], work, NULL); /* keeps its place */
	}
	assert_true(budget_is_short(bench.budget));
	assert_int_equal(bench.done, 0);
	budget_leave(&bench.entries[100]);
	budget_leave(&bench.entries[100]);
	loop_run(bench.loop);
	assert_int_equal(bench.done, WORKERS - 1);
	assert_in_range(bench.longest, 1, 4); /* a millisecond, and the one that passes it */
	assert_false(budget_is_short(bench.budget));
	/* Without a budget nobody waits. */
	bench.done = 0;
	budget_wait(NULL, &bench.entries[0], work, NULL);
	assert_int_equal(bench.done, 1);
	event_free(event);
	(void)evutil_closesocket(fds[0]);
	(void)evutil_closesocket(fds[1]);
	budget_free(bench.budget);
	budget_free(NULL);
	loop_free(bench.loop);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_worst),
	    cmocka_unit_test(test_prefix6),
	    cmocka_unit_test(test_honest_stays),
	    cmocka_unit_test(test_budget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
