/* SPDX-License-Identifier: Apache-2.0 */
/* common/handover.c: what a child does with a configuration that it is handed at run time, up to
 * the parent's word. The test is the parent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/handover.h"
#include "common/log.h"
#include "common/loop.h"

static struct loop *loop;
static struct ipc *child, *parent;
static struct handover handover;
static unsigned made, dropped; /* so many things were */
static char result[256];       /* the last answer */

static void *
on_make(const void *slice, size_t len, uint64_t generation, struct buf *why, void *arg)
{
	char *text;

	assert_ptr_equal(arg, &handover);
	if (len >= 3 && memcmp(slice, "bad", 3) == 0) {
		buf_puts(why, "x.conf:1: bad");
		return NULL;
	}
	text = calloc(1, len + 32);
	assert_non_null(text);
	(void)snprintf(text, len + 32, "%.*s %llu", (int)len, (const char *)slice,
	    (unsigned long long)generation);
	made++;
	return text;
}

static void
on_drop(void *what, void *arg)
{
	assert_ptr_equal(arg, &handover);
	free(what);
	dropped++;
}

static void
on_config(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	(void)id, (void)arg;
	handover_receive(&handover, ipc, (const Ipc__RoleConfig *)msg, fd);
}

static void
on_result(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	const Ipc__RoleConfigResult *got = (const Ipc__RoleConfigResult *)msg;

	(void)ipc, (void)id, (void)fd, (void)arg;
	(void)snprintf(result, sizeof(result), "%s %llu %s", got->ok ? "yes" : "no",
	    (unsigned long long)got->generation, got->error);
}

static void
on_closed(struct ipc *ipc, const char *why, void *arg)
{
	(void)ipc, (void)arg;
	fail_msg("channel closed: %s", why);
}

static const struct ipc_row child_rows[] = {
    {.type = IPC__MSG_TYPE__MSG_ROLE_CONFIG, .handle = on_config, .wants_fd = true},
};
static const struct ipc_row parent_rows[] = {
    {.type = IPC__MSG_TYPE__MSG_ROLE_CONFIG_RESULT, .handle = on_result},
};

static int
setup(UNUSED void **state)
{
	struct ipc_config ours = {"parent", child_rows, ARRAY_LEN(child_rows), on_closed, NULL};
	struct ipc_config theirs = {"child", parent_rows, ARRAY_LEN(parent_rows), on_closed, NULL};
	static const struct log_config quiet = {.level = LOG_ERR};
	int fds[2];

	log_init("test", &quiet);
	handover = (struct handover){.ops = {.make = on_make, .drop = on_drop, .arg = &handover}};
	made = dropped = 0;
	result[0] = '\0';
	loop = loop_new();
	if (loop == NULL || ipc_pair(fds) != ERR_OK)
		return -1;
	child = ipc_new(loop, fds[0], &ours);
	parent = ipc_new(loop, fds[1], &theirs);
	return child == NULL || parent == NULL;
}

static int
teardown(UNUSED void **state)
{
	handover_fini(&handover);
	ipc_free(child);
	ipc_free(parent);
	loop_free(loop);
	return 0;
}

/* Hand over a text; returns the child's answer. */
static const char *
hand(const char *text, uint64_t generation)
{
	Ipc__RoleConfig msg = IPC__ROLE_CONFIG__INIT;
	int fd = memfd_create("test", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	msg.generation = generation;
	assert_int_equal(
	    ipc_send_fd(parent, IPC__MSG_TYPE__MSG_ROLE_CONFIG, &msg.base, fd), ERR_OK);
	close(fd);
	result[0] = '\0';
	for (unsigned i = 0; i < 100 && result[0] == '\0'; i++)
		assert_true(event_base_loop(loop_base(loop), EVLOOP_NONBLOCK) >= 0);
	return result;
}

static char *
decide(uint64_t generation, bool use)
{
	Ipc__RoleCommit msg = IPC__ROLE_COMMIT__INIT;

	msg.generation = generation;
	msg.use = use;
	msg.log_level = LOG_WARNING;
	msg.log_stderr = true;
	return handover_commit(&handover, &msg);
}

static void
test_use(UNUSED void **state)
{
	char *text;

	assert_string_equal(hand("one", 5), "yes 5 ");
	assert_false(log_enabled(LOG_WARNING));
	text = decide(5, true);
	assert_string_equal(text, "one 5");
	assert_true(log_enabled(LOG_WARNING));
	free(text);
	/* There is nothing left to use. */
	assert_null(decide(5, true));
	assert_int_equal(dropped, 0);
}

static void
test_forget(UNUSED void **state)
{
	assert_string_equal(hand("one", 5), "yes 5 ");
	assert_null(decide(5, false));
	assert_int_equal(dropped, 1);
	assert_null(decide(5, true));
	assert_false(log_enabled(LOG_WARNING));
}

static void
test_bad(UNUSED void **state)
{
	assert_string_equal(hand("bad", 5), "no 5 x.conf:1: bad");
	assert_null(decide(5, true));
	assert_string_equal(hand("", 6), "no 6 cannot read what was handed over: "
					 "system call failed");
	assert_int_equal(made, 0);
}

/* A word about another one than the last is not about this one. */
static void
test_generations(UNUSED void **state)
{
	char *text;

	assert_string_equal(hand("one", 5), "yes 5 ");
	assert_string_equal(hand("two", 6), "yes 6 ");
	assert_int_equal(dropped, 1);
	assert_null(decide(5, true));
	assert_null(decide(5, false));
	text = decide(6, true);
	assert_string_equal(text, "two 6");
	free(text);
}

static void
test_end(UNUSED void **state)
{
	assert_string_equal(hand("one", 5), "yes 5 ");
	handover_fini(&handover);
	assert_int_equal(dropped, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_use, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_forget, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_bad, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_generations, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_end, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
