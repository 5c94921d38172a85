/* SPDX-License-Identifier: Apache-2.0 */
/* auth/lockout.c: who is locked out when, what a restart keeps, and the lines 113006 and 113007. */
#include "tests/unit/auth_help.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "auth/lockout.h"
#include "common/clock.h"

#define USERS                                                                                      \
	"usernames = ( { name = \"alice\"; password = \"" HELP_HASH "\"; },\n"                     \
	" { name = \"bob\"; password = \"" HELP_HASH "\"; } );\n"

static time_t now = 1700000000;
static uint64_t now_ms;
static char dir[64];

static time_t
fake_sec(void)
{
	return now;
}

static uint64_t
fake_ms(void)
{
	return now_ms;
}

static struct conf *
make_conf(const char *aaa)
{
	const struct world_file files[] = {{"users.conf", USERS}, {"aaa.conf", aaa}};

	return world_conf(files, aaa[0] != '\0' ? 2 : 1); /* the file may be missing */
}

static struct lockout *
open_dir(void)
{
	struct lockout *lockout = lockout_new(open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC));

	assert_non_null(lockout);
	return lockout;
}

static int
setup(void **state)
{
	(void)state;
	clock_set_source(fake_ms, fake_sec);
	snprintf(dir, sizeof(dir), "/tmp/test_lockout.XXXXXX");
	return mkdtemp(dir) != NULL ? 0 : -1;
}

static int
teardown(void **state)
{
	char command[128];

	(void)state;
	clock_set_source(NULL, NULL);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command); /* NOLINT(cert-env33-c): a directory of our own */
}

struct seen {
	char text[256];
};

static void
on_entry(const struct lockout_entry *entry, void *arg)
{
	struct seen *seen = arg;
	size_t used = strlen(seen->text);

	snprintf(seen->text + used, sizeof(seen->text) - used, "%s=%u%s%s ", entry->username,
	    entry->failures, entry->locked ? " locked" : "",
	    entry->until != 0 ? " for a while" : "");
}

static void
expect(struct lockout *lockout, const struct conf *conf, const char *text)
{
	struct seen seen = {{0}};

	lockout_each(lockout, conf, on_entry, &seen);
	assert_string_equal(seen.text, text);
}

/* Each character is an attempt: '+' right, '-' wrong; the answer: 'L' locked, '.' judged. */
static void
test_table(void **state)
{
	static const struct {
		const char *aaa, *attempts, *answers, *left;
	} rows[] = {
	    {"", "----------", "..........", ""},
	    {"local-authentication-attempts-max-fail = 3;", "--+--+--", "........", "alice=2 "},
	    {"local-authentication-attempts-max-fail = 3;", "---+-", "...LL",
		"alice=3 locked for a while "},
	    {"local-authentication-attempts-max-fail = 1;", "+-+", "..L",
		"alice=1 locked for a while "},
	    {"local-authentication-attempts-max-fail = 2; local-lockout-minutes = 0;", "--+", "..L",
		"alice=2 locked "},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct lockout *lockout = lockout_new(-1);
		struct conf *conf = make_conf(rows[i].aaa);

		for (size_t at = 0; rows[i].attempts[at] != '\0'; at++) {
			bool locked =
			    lockout_judge(lockout, conf, "alice", rows[i].attempts[at] == '+');

			if (locked != (rows[i].answers[at] == 'L'))
				fail_msg("row %zu, attempt %zu: expected %c", i, at,
				    rows[i].answers[at]);
		}
		expect(lockout, conf, rows[i].left);
		lockout_free(lockout);
		conf_unref(conf);
	}
}

static void
fail_times(struct lockout *lockout, const struct conf *conf, const char *user, unsigned times)
{
	while (times-- > 0)
		assert_false(lockout_judge(lockout, conf, user, false));
}

static void
test_restart(void **state)
{
	struct conf *conf = make_conf("local-authentication-attempts-max-fail = 2;");
	struct lockout *lockout = open_dir();

	(void)state;
	fail_times(lockout, conf, "alice", 2);
	fail_times(lockout, conf, "bob", 1);
	lockout_free(lockout);
	lockout = open_dir();
	expect(lockout, conf, "alice=2 locked for a while bob=1 ");
	assert_true(lockout_judge(lockout, conf, "alice", true));
	/* One more, and the counting went on where it was. */
	fail_times(lockout, conf, "bob", 1);
	assert_true(lockout_judge(lockout, conf, "bob", true));
	assert_int_equal(lockout_clear(lockout, "alice", "admin"), 1);
	assert_int_equal(lockout_clear(lockout, "alice", "admin"), 0);
	lockout_free(lockout);
	lockout = open_dir();
	expect(lockout, conf, "bob=2 locked for a while ");
	assert_int_equal(lockout_clear(lockout, NULL, "admin"), 1);
	lockout_free(lockout);
	lockout = open_dir();
	expect(lockout, conf, "");
	lockout_free(lockout);
	conf_unref(conf);
}

static void
test_time(void **state)
{
	struct conf *conf = make_conf("local-authentication-attempts-max-fail = 2;");
	struct conf *off = make_conf("");
	struct lockout *lockout = lockout_new(-1);

	(void)state;
	fail_times(lockout, conf, "alice", 2);
	now += 599;
	assert_true(lockout_judge(lockout, conf, "alice", true));
	now += 1;
	/* A wrong one after the time is the first again. */
	fail_times(lockout, conf, "alice", 1);
	expect(lockout, conf, "alice=1 ");
	fail_times(lockout, conf, "alice", 1);
	now -= 100000; /* a clock that was set back unlocks nobody */
	assert_true(lockout_judge(lockout, conf, "alice", true));
	/* Without the setting nobody is locked. */
	assert_false(lockout_judge(lockout, off, "alice", true));
	lockout_free(lockout);
	conf_unref(conf);
	conf_unref(off);
}

/* The lines, and users that users.conf has no more. */
static void
test_log(void **state)
{
	static const struct world_file one[] = {
	    {"users.conf", "usernames = ( { name = \"alice\"; } );\n"},
	    {"aaa.conf", "local-authentication-attempts-max-fail = 2;"}};
	struct conf *conf = make_conf(one[1].text);
	struct conf *fewer = world_conf(one, 2);
	struct lockout *lockout = lockout_new(-1);
	const char *text;
	FILE *file = tmpfile();
	int saved = dup(STDERR_FILENO);
	char lines[1024] = {0};

	(void)state;
	assert_non_null(file);
	assert_true(dup2(fileno(file), STDERR_FILENO) >= 0);
	fail_times(lockout, conf, "bob", 2);
	fail_times(lockout, fewer, "alice", 1);
	lockout_clear(lockout, NULL, "root");
	assert_true(dup2(saved, STDERR_FILENO) >= 0);
	close(saved);
	rewind(file);
	assert_true(fread(lines, 1, sizeof(lines) - 1, file) > 0);
	fclose(file);
	text = strstr(lines, "%ASA-6-113006: User bob locked out on exceeding 2 successive failed "
			     "authentication attempts\n");
	assert_non_null(text);
	assert_null(strstr(lines, "113007")); /* bob is gone, alice was never locked */
	lockout_free(lockout);
	conf_unref(conf);
	conf_unref(fewer);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_table),
	    cmocka_unit_test_setup_teardown(test_restart, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_time, setup, teardown),
	    cmocka_unit_test(test_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
