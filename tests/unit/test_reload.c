/* SPDX-License-Identifier: Apache-2.0 */
/* gateway/reload.c: every way that a reload can go, told step by step; the real steps are replaced
 * by a diary. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "common/log.h"
#include "gateway/reload.h"

static struct reload *reload;
static char diary[1024];
static char answered[4096];
static uint64_t generation;
static const char *load_error;
static const char *load_warning;
static bool adopt_fails;
static int absent; /* the child that is not there, -1: all are */

static PRINTF_LIKE(1, 2) void note(const char *fmt, ...)
{
	size_t used = strlen(diary);
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(diary + used, sizeof(diary) - used, fmt, ap);
	va_end(ap);
}

static bool
on_load(uint64_t *out, struct buf *errors, struct buf *warnings, UNUSED void *arg)
{
	note("load ");
	*out = ++generation;
	if (load_warning != NULL)
		buf_puts(warnings, load_warning);
	if (load_error == NULL)
		return true;
	buf_puts(errors, load_error);
	return false;
}

static bool
on_prepare(enum reload_child child, UNUSED void *arg)
{
	note("prepare%u ", child);
	return absent != (int)child;
}

static bool
on_adopt(struct buf *errors, UNUSED void *arg)
{
	note("adopt ");
	if (adopt_fails)
		buf_puts(errors, "no route\n");
	return !adopt_fails;
}

static void
on_commit(enum reload_child child, UNUSED void *arg)
{
	note("commit%u ", child);
}

static void
on_abort(enum reload_child child, UNUSED void *arg)
{
	note("abort%u ", child);
}

static void
on_finish(bool used, UNUSED void *arg)
{
	note("%s ", used ? "used" : "unused");
}

static void
on_timer(bool on, UNUSED void *arg)
{
	note("%s ", on ? "(" : ")");
}

static void
on_answer(uint32_t id, bool ok, const char *text, UNUSED void *arg)
{
	note("%s%u ", ok ? "yes" : "no", id);
	(void)snprintf(answered, sizeof(answered), "%s", text);
}

static const struct reload_ops ops = {
    .load = on_load,
    .prepare = on_prepare,
    .adopt = on_adopt,
    .commit = on_commit,
    .abort = on_abort,
    .finish = on_finish,
    .timer = on_timer,
    .answer = on_answer,
};

static int
setup(UNUSED void **state)
{
	static const struct log_config quiet = {.level = LOG_ERR};

	log_init("test", &quiet);
	diary[0] = answered[0] = '\0';
	generation = 100;
	load_error = load_warning = NULL;
	adopt_fails = false;
	absent = -1;
	reload = reload_new(&ops);
	return reload == NULL ? -1 : 0;
}

static int
teardown(UNUSED void **state)
{
	reload_free(reload);
	return 0;
}

static void
say(enum reload_child child, bool ok, uint64_t about)
{
	Ipc__RoleConfigResult result = IPC__ROLE_CONFIG_RESULT__INIT;

	result.ok = ok;
	result.error = (char *)(uintptr_t) "it is too big";
	result.generation = about;
	reload_result(reload, child, &result);
}

static void
expect_diary(const char *text)
{
	assert_string_equal(diary, text);
	diary[0] = '\0';
}

#define BEGIN "( load prepare0 prepare1 prepare2 "
#define COMMIT "adopt commit0 commit1 commit2 ) used "

static void
test_all_ready(UNUSED void **state)
{
	load_warning = "warning: old\n";
	reload_ask(reload, 7);
	expect_diary(BEGIN);
	say(RELOAD_GATEWAY, true, 101);
	say(RELOAD_PKI, true, 101);
	say(RELOAD_PKI, true, 101); /* twice is not two */
	expect_diary("");
	say(RELOAD_AUTH, true, 101);
	expect_diary(COMMIT "yes7 ");
	assert_string_equal(answered, "warning: old\nconfiguration reloaded (generation 101)");
	say(RELOAD_AUTH, true, 101);
	say(RELOAD_AUTH, false, 101);
	reload_lost(reload, RELOAD_AUTH);
	reload_timeout(reload);
	expect_diary("");
}

static void
test_bad_files(UNUSED void **state)
{
	load_error = "a.conf:1: x: wrong\nb.conf:2: y: wrong\n";
	reload_ask(reload, 7);
	expect_diary("( load ) unused no7 ");
	assert_string_equal(answered, "a.conf:1: x: wrong\nb.conf:2: y: wrong\n"
				      "configuration not reloaded: 2 errors; the old one stays");
}

static void
test_child_refuses(UNUSED void **state)
{
	reload_ask(reload, 7);
	say(RELOAD_PKI, true, 101);
	say(RELOAD_AUTH, false, 101);
	expect_diary(BEGIN "abort0 abort1 abort2 ) unused no7 ");
	assert_non_null(strstr(answered, "auth cannot use it: it is too big\n"));
	say(RELOAD_GATEWAY, true, 101); /* too late */
	expect_diary("");
}

static void
test_child_absent(UNUSED void **state)
{
	absent = RELOAD_AUTH;
	reload_ask(reload, 7);
	expect_diary("( load prepare0 prepare1 abort0 ) unused no7 ");
	assert_non_null(strstr(answered, "auth is being restarted"));
}

/* It died before it was ready, or although it was: in both cases nothing changes. */
static void
test_child_dies(UNUSED void **state)
{
	reload_ask(reload, 0);
	reload_lost(reload, RELOAD_AUTH);
	expect_diary(BEGIN "abort0 abort2 ) unused ");
	reload_lost(reload, RELOAD_AUTH);
	expect_diary("");
	reload_ask(reload, 7);
	say(RELOAD_PKI, true, 102);
	reload_lost(reload, RELOAD_PKI);
	expect_diary(BEGIN "abort1 abort2 ) unused no7 ");
	assert_non_null(strstr(answered, "pki went away"));
}

static void
test_timeout(UNUSED void **state)
{
	reload_ask(reload, 7);
	say(RELOAD_PKI, true, 101);
	reload_timeout(reload);
	expect_diary(BEGIN "abort0 abort1 abort2 ) unused no7 ");
	assert_null(strstr(answered, "pki"));
	assert_non_null(strstr(answered, "auth was not ready"));
	assert_non_null(strstr(answered, "gateway was not ready"));
	assert_non_null(strstr(answered, "2 errors"));
}

static void
test_last_step_fails(UNUSED void **state)
{
	adopt_fails = true;
	reload_ask(reload, 7);
	for (unsigned i = 0; i < RELOAD_CHILDREN; i++)
		say(i, true, 101);
	expect_diary(BEGIN "adopt abort0 abort1 abort2 ) unused no7 ");
	assert_non_null(strstr(answered, "no route\n"));
}

/* An answer to a reload that was given up does not count for the next one. */
static void
test_late_answer(UNUSED void **state)
{
	reload_ask(reload, 0);
	reload_timeout(reload);
	reload_ask(reload, 0);
	diary[0] = '\0';
	for (unsigned i = 0; i < RELOAD_CHILDREN; i++)
		say(i, true, 101);
	expect_diary("");
	for (unsigned i = 0; i < RELOAD_CHILDREN; i++)
		say(i, true, 102);
	expect_diary(COMMIT);
}

/* Wishes during a reload make one more, which answers them. */
static void
test_one_at_a_time(UNUSED void **state)
{
	reload_ask(reload, 7);
	reload_ask(reload, 0);
	reload_ask(reload, 8);
	reload_ask(reload, 9);
	expect_diary(BEGIN);
	for (unsigned i = 0; i < RELOAD_CHILDREN; i++)
		say(i, true, 101);
	expect_diary(COMMIT "yes7 " BEGIN);
	for (unsigned i = 0; i < RELOAD_CHILDREN; i++)
		say(i, true, 102);
	expect_diary(COMMIT "yes8 yes9 ");
	assert_string_equal(answered, "configuration reloaded (generation 102)");
}

static void
test_wish_after_failure(UNUSED void **state)
{
	reload_ask(reload, 7);
	reload_ask(reload, 8);
	load_error = "x:1: y\n";
	reload_lost(reload, RELOAD_GATEWAY);
	expect_diary(BEGIN "abort0 abort1 ) unused no7 ( load ) unused no8 ");
	load_error = NULL;
	reload_ask(reload, 0);
	expect_diary(BEGIN);
}

static void
test_askers(UNUSED void **state)
{
	reload_ask(reload, 7);
	reload_ask(reload, 8);
	reload_forget_askers(reload);
	reload_lost(reload, RELOAD_AUTH);
	assert_null(strstr(diary, "no7"));
	assert_null(strstr(diary, "no8"));
	for (uint32_t id = 1; id <= 40; id++)
		reload_ask(reload, id);
	assert_non_null(strstr(diary, "no33 no34 "));
	assert_null(strstr(diary, "no32 "));
	assert_string_equal(answered, "too many reloads are waited for; try again");
}

/* More lines than a message holds: the answer says where they are. */
static void
test_long_errors(UNUSED void **state)
{
	static char lines[100001];

	memset(lines, 'x', sizeof(lines) - 1);
	for (size_t i = 99; i < sizeof(lines) - 1; i += 100)
		lines[i] = '\n';
	load_error = lines;
	reload_ask(reload, 7);
	assert_string_equal(answered, "too many lines for an answer: see the log\n"
				      "configuration not reloaded: 1000 errors; the old one stays");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_all_ready, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_bad_files, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_child_refuses, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_child_absent, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_child_dies, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_timeout, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_last_step_fails, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_late_answer, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_one_at_a_time, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_wish_after_failure, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_askers, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_long_errors, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
