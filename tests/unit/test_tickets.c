/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of session tickets at auth: one more each hour, two at most, the newest first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "auth/tickets.h"

#define HOUR_MS TICKETS_PERIOD_MS
#define START_MS 123456

/* What a worker was told. */
struct told {
	size_t len;
	uint8_t name[2][16];
	uint8_t rest[2][64];
};

static enum err
on_send(const Ipc__TicketKeys *msg, void *arg)
{
	struct told *told = arg;

	memset(told, 0, sizeof *told);
	assert_in_range(msg->n_key, 1, 2);
	told->len = msg->n_key;
	for (size_t i = 0; i < msg->n_key; i++) {
		assert_int_equal(msg->key[i]->name.len, 16);
		assert_int_equal(msg->key[i]->cipher.len, 32);
		assert_int_equal(msg->key[i]->mac.len, 32);
		memcpy(told->name[i], msg->key[i]->name.data, 16);
		memcpy(told->rest[i], msg->key[i]->cipher.data, 32);
		memcpy(told->rest[i] + 32, msg->key[i]->mac.data, 32);
	}
	return ERR_OK;
}

static void
test_rotation(UNUSED void **state)
{
	struct tickets *tickets = tickets_new(START_MS);
	struct told before, told;

	assert_non_null(tickets);
	assert_int_equal(tickets_tell(tickets, on_send, &before), ERR_OK);
	assert_int_equal(before.len, 1);
	assert_memory_not_equal(before.rest[0], before.rest[0] + 32, 32);
	assert_false(tickets_tick(tickets, START_MS + HOUR_MS - 1));
	for (uint64_t hour = 1; hour < 4; hour++) {
		assert_true(tickets_tick(tickets, START_MS + hour * HOUR_MS));
		assert_false(tickets_tick(tickets, START_MS + hour * HOUR_MS + 1));
		assert_int_equal(tickets_tell(tickets, on_send, &told), ERR_OK);
		assert_int_equal(told.len, 2);
		assert_memory_equal(told.name[1], before.name[0], 16);
		assert_memory_equal(told.rest[1], before.rest[0], 64);
		assert_memory_not_equal(told.name[0], before.name[0], 16);
		assert_memory_not_equal(told.rest[0], before.rest[0], 32);
		assert_memory_not_equal(told.rest[0] + 32, before.rest[0] + 32, 32);
		before = told;
	}
	tickets_free(tickets);
	tickets_free(NULL);
}

static enum err
on_fail(UNUSED const Ipc__TicketKeys *msg, UNUSED void *arg)
{
	return ERR_CLOSED;
}

static void
test_error_passed_on(UNUSED void **state)
{
	struct tickets *tickets = tickets_new(START_MS);

	assert_non_null(tickets);
	assert_int_equal(tickets_tell(tickets, on_fail, NULL), ERR_CLOSED);
	tickets_free(tickets);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rotation),
	    cmocka_unit_test(test_error_passed_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
