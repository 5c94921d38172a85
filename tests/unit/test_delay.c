/* SPDX-License-Identifier: Apache-2.0 */
/* auth/delay.c: replies that wait, each for its own time, and no more than so many. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/delay.h"
#include "common/clock.h"

static struct loop *loop;
static struct delay_line *line;
static char trace[256];
static unsigned outstanding;

static int
setup(UNUSED void **state)
{
	trace[0] = '\0';
	outstanding = 0;
	loop = loop_new();
	line = loop != NULL ? delay_new(loop) : NULL;
	return line == NULL;
}

static int
teardown(UNUSED void **state)
{
	delay_free(line);
	loop_free(loop);
	return 0;
}

/* "handle:password=name after at least so long" */
struct waiting {
	char name;
	uint64_t due_ms;
};

static void
on_over(Ipc__AuthReply *reply, void *arg)
{
	struct waiting *waiting = arg;
	size_t used = strlen(trace);

	assert_true(clock_mono_ms() >= waiting->due_ms);
	assert_int_equal(reply->n_field, 1);
	snprintf(trace + used, sizeof(trace) - used, "%s:%.*s=%c ", reply->handle,
	    (int)reply->field[0]->value.len, reply->field[0]->value.data, waiting->name);
	free(waiting);
	if (--outstanding == 0)
		loop_stop(loop);
}

static enum err
add(const char *handle, const char *password, unsigned ms, char name)
{
	struct waiting *waiting = malloc(sizeof(*waiting));
	Ipc__AuthReply reply = IPC__AUTH_REPLY__INIT;
	Ipc__Field field = IPC__FIELD__INIT, *fields[] = {&field};
	char *handle_copy = strdup(handle), *password_copy = strdup(password);
	enum err err;

	assert_true(waiting != NULL && handle_copy != NULL && password_copy != NULL);
	/* libevent's clock is a coarse one. */
	*waiting = (struct waiting){name, clock_mono_ms() + ms / 2};
	reply.handle = handle_copy;
	field.name = (char *)(uintptr_t) "password";
	field.value.data = (uint8_t *)password_copy;
	field.value.len = strlen(password);
	reply.field = fields;
	reply.n_field = 1;
	err = delay_add(line, &reply, ms, on_over, waiting);
	if (err == ERR_OK)
		outstanding++;
	else
		free(waiting);
	/* What waits is a copy. */
	memset(password_copy, 'x', strlen(password));
	memset(handle_copy, 'x', strlen(handle));
	free(password_copy);
	free(handle_copy);
	return err;
}

static void
test_each_its_time(UNUSED void **state)
{
	assert_int_equal(add("long", "one", 120, 'a'), ERR_OK);
	assert_int_equal(add("short", "", 5, 'b'), ERR_OK);
	assert_int_equal(add("between", "three", 60, 'c'), ERR_OK);
	assert_string_equal(trace, "");
	loop_run(loop);
	assert_string_equal(trace, "short:=b between:three=c long:one=a ");
}

static void
test_limit(UNUSED void **state)
{
	for (unsigned i = 0; i < DELAY_MAX - 1; i++)
		assert_int_equal(add("later", "x", 3600000, 'x'), ERR_OK);
	assert_int_equal(add("now", "y", 1, 'y'), ERR_OK);
	assert_int_equal(add("full", "z", 1, 'z'), ERR_LIMIT);
	outstanding = 1;
	loop_run(loop);
	assert_string_equal(trace, "now:y=y ");
	/* There is room again; the end forgets those that wait. */
	assert_int_equal(add("again", "z", 3600000, 'z'), ERR_OK);
	assert_int_equal(add("full", "z", 1, 'z'), ERR_LIMIT);
	delay_free(NULL);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {TEST(test_each_its_time), TEST(test_limit)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
