/* SPDX-License-Identifier: Apache-2.0 */
/* common/log.c: one line per event, escaping, levels, errno; clock and random sources; the rate
 * limiter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/rnd.h"

static const struct log_config quiet = {.level = LOG_INFO, .to_stderr = true};

/* What `say` writes to stderr, as text. */
static const char *
capture(void (*say)(void))
{
	static char text[65536];
	int saved = dup(STDERR_FILENO);
	int fds[2];
	ssize_t n;

	assert_int_equal(pipe(fds), 0);
	assert_true(dup2(fds[1], STDERR_FILENO) >= 0);
	close(fds[1]);
	say();
	assert_true(dup2(saved, STDERR_FILENO) >= 0);
	close(saved);
	n = read(fds[0], text, sizeof(text) - 1);
	close(fds[0]);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void
say_plain(void)
{
	errno = ENOENT;
	log_info("user %s: %m", "bob");
	if (errno != ENOENT)
		errno = 0;
}

static void
test_format(UNUSED void **state)
{
	unsigned y, mon, d, h, min, s, ms;
	const char *line;
	int used = 0;
	long pid;

	log_init("auth", &quiet);
	line = capture(say_plain);
	assert_int_equal(errno, ENOENT);
	if (sscanf(line, "%4u-%2u-%2uT%2u:%2u:%2u.%3uZ info auth[%ld]: %n", &y, &mon, &d, &h, &min,
		&s, &ms, &pid, &used) != 8)
		fail_msg("expected the documented head, got \"%s\"", line);
	assert_int_equal(pid, getpid());
	assert_string_equal(line + used, "user bob: No such file or directory\n");
}

static void
say_control(void)
{
	log_info("a\nb\x1b[2J\x7f\xc2\x9b\xff\xe2\x80\xae|caf\xc3\xa9");
}

static void
test_escaping(UNUSED void **state)
{
	const char *line = strstr(capture(say_control), "]: ");

	assert_non_null(line);
	assert_string_equal(
	    line + 3, "a\\x0ab\\x1b[2J\\x7f\\xc2\\x9b\\xff\\xe2\\x80\\xae|caf\xc3\xa9\n");
}

static void
say_long(void)
{
	static char text[9000];

	memset(text, 'x', sizeof(text) - 1);
	log_info("%s", text);
	memset(text, '\n', sizeof(text) - 1);
	log_info("%s", text);
}

static void
test_long_lines_are_cut(UNUSED void **state)
{
	const char *text = capture(say_long);
	const char *end = strchr(text, '\n');

	assert_non_null(end);
	assert_in_range(end - text, 2000, 2200);
	assert_memory_equal(end - 3, "...", 3);
	text = end + 1;
	end = strchr(text, '\n');
	assert_non_null(end);
	assert_in_range(end - text, 4000, 4096);
	assert_memory_equal(end - 4, "\\x0a", 4);
	assert_string_equal(end, "\n");
}

static void
say_levels(void)
{
	log_debug("no");
	log_notice("yes");
}

static void
test_levels(UNUSED void **state)
{
	const struct log_config none = {.level = LOG_DEBUG};

	assert_true(log_enabled(LOG_INFO));
	assert_false(log_enabled(LOG_DEBUG));
	assert_null(strstr(capture(say_levels), "no\n"));
	assert_non_null(strstr(capture(say_levels), " notice auth["));
	log_configure(&none);
	assert_false(log_enabled(LOG_ERR)); /* nobody wants one */
	assert_string_equal(capture(say_levels), "");
	log_configure(&quiet);
}

static void
say_to_journal(void)
{
	char stream[64];
	struct stat st;

	assert_int_equal(fstat(STDERR_FILENO, &st), 0);
	snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	log_init("auth", &quiet);
	log_event(LOGMSG_113008, "bob");
	setenv("JOURNAL_STREAM", "1:2", 1); /* somebody else's */
	log_init("auth", &quiet);
	log_event(LOGMSG_113008, "bob");
}

static void
test_journal(UNUSED void **state)
{
	char first[128];
	const char *text = capture(say_to_journal);

	snprintf(first, sizeof(first),
	    "<6>info auth[%ld]: %%ASA-6-113008: AAA transaction status ACCEPT : user = bob\n2",
	    (long)getpid());
	if (strncmp(text, first, strlen(first)) != 0)
		fail_msg("expected \"%s\", got \"%s\"", first, text);
	unsetenv("JOURNAL_STREAM");
}

static void
test_die(UNUSED void **state)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		close(STDERR_FILENO);
		alarm(10);
		die("bye");
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
}

static uint64_t now_ms;

static uint64_t
fake_ms(void)
{
	return now_ms;
}

static time_t
fake_sec(void)
{
	return 1234567890;
}

static void
test_limit(UNUSED void **state)
{
	struct log_limit limit = {.burst = 2, .interval_sec = 10};
	unsigned suppressed;

	clock_set_source(fake_ms, fake_sec);
	assert_int_equal(clock_wall_sec(), 1234567890);
	now_ms = 100000;
	assert_true(log_limit_ok(&limit, &suppressed));
	assert_int_equal(suppressed, 0);
	assert_true(log_limit_ok(&limit, &suppressed));
	for (int i = 0; i < 5; i++)
		assert_false(log_limit_ok(&limit, &suppressed));
	now_ms += 9999;
	assert_false(log_limit_ok(&limit, &suppressed));
	now_ms += 1;
	assert_true(log_limit_ok(&limit, &suppressed));
	assert_int_equal(suppressed, 6);
	assert_true(log_limit_ok(&limit, &suppressed));
	assert_int_equal(suppressed, 0);
	assert_false(log_limit_ok(&limit, &suppressed));
	clock_set_source(NULL, NULL);
	assert_true(clock_mono_ms() > 0);
	assert_true(clock_wall_sec() > 1234567890);
}

static void
fill_seven(void *dst, size_t len)
{
	memset(dst, 7, len);
}

static void
test_random(UNUSED void **state)
{
	static const uint8_t zero[64];
	uint8_t a[64] = {0}, b[64] = {0};

	rnd_fill(a, sizeof(a));
	rnd_fill(b, sizeof(b));
	assert_memory_not_equal(a, zero, sizeof(a));
	assert_memory_not_equal(a, b, sizeof(a));
	rnd_fill(NULL, 0);
	rnd_set_source(fill_seven);
	assert_true(rnd_u64() == 0x0707070707070707);
	rnd_set_source(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_format),
	    cmocka_unit_test(test_escaping),
	    cmocka_unit_test(test_long_lines_are_cut),
	    cmocka_unit_test(test_levels),
	    cmocka_unit_test(test_journal),
	    cmocka_unit_test(test_die),
	    cmocka_unit_test(test_limit),
	    cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
