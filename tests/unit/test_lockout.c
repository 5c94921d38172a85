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
			bool locked = lockout_judge(
			    lockout, conf, "alice", NULL, rows[i].attempts[at] == '+');

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
		assert_false(lockout_judge(lockout, conf, user, NULL, false));
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
	assert_true(lockout_judge(lockout, conf, "alice", NULL, true));
	/* One more, and the counting went on where it was. */
	fail_times(lockout, conf, "bob", 1);
	assert_true(lockout_judge(lockout, conf, "bob", NULL, true));
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
	assert_true(lockout_judge(lockout, conf, "alice", NULL, true));
	now += 1;
	/* A wrong one after the time is the first again. */
	fail_times(lockout, conf, "alice", 1);
	expect(lockout, conf, "alice=1 ");
	fail_times(lockout, conf, "alice", 1);
	now -= 100000; /* a clock that was set back unlocks nobody */
	assert_true(lockout_judge(lockout, conf, "alice", NULL, true));
	/* Without the setting nobody is locked. */
	assert_false(lockout_judge(lockout, off, "alice", NULL, true));
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

/* ---- places ---- */

#define EXEMPT                                                                                     \
	"listeners = ( { address = \"0.0.0.0\"; } );\ntun = { ipv4-address = "                     \
	"\"192.168.100.254/24\"; };\nthreat-detection = { exceptions = [ \"198.51.100.0/24\" ]; "  \
	"};\n"
#define DAY 86400

static const char home[] = "192.0.2.1", attacker[] = "203.0.113.66", office[] = "198.51.100.7";

static struct conf *
make_places_conf(const char *more)
{
	char aaa[256];
	const struct world_file files[] = {
	    {"gateway.conf", EXEMPT}, {"users.conf", USERS}, {"aaa.conf", aaa}};

	snprintf(aaa, sizeof(aaa), "local-authentication-attempts-max-fail = 3; %s", more);
	return world_conf(files, 3);
}

/* As in test_table(): attempts of a user from an address. */
static void
attempts_from(struct lockout *lockout, const struct conf *conf, const char *user,
    const char *address, const char *attempts, const char *answers)
{
	struct ip_addr from;

	assert_int_equal(ip_parse(address, &from), ERR_OK);
	for (size_t at = 0; attempts[at] != '\0'; at++)
		if (lockout_judge(lockout, conf, user, &from, attempts[at] == '+') !=
		    (answers[at] == 'L'))
			fail_msg("%s from %s, attempt %zu of %s: expected %c", user, address, at,
			    attempts, answers[at]);
}

/* Whoever is known somewhere is not locked out there by others, but by himself, and only there. */
static void
test_known_place(void **state)
{
	struct conf *conf = make_places_conf("");
	struct lockout *lockout = open_dir();

	(void)state;
	attempts_from(lockout, conf, "alice", home, "+", ".");
	attempts_from(lockout, conf, "alice", attacker, "----+", "...LL");
	attempts_from(lockout, conf, "alice", home, "+--+", "....");
	expect(lockout, conf, "alice=3 locked for a while ");
	attempts_from(lockout, conf, "alice", attacker, "+", "L");
	/* A restart forgets no place, no count and no lock. */
	attempts_from(lockout, conf, "alice", home, "--", "..");
	lockout_free(lockout);
	lockout = open_dir();
	attempts_from(lockout, conf, "alice", home, "-+", ".L");
	attempts_from(lockout, conf, "alice", "192.0.2.2", "+", "L");
	assert_int_equal(lockout_clear(lockout, "alice", "admin"), 1);
	attempts_from(lockout, conf, "alice", attacker, "---", "...");
	attempts_from(lockout, conf, "alice", home, "+", ".");
	lockout_free(lockout);
	conf_unref(conf);
}

/* An IPv6 place is a /64; one is known for so many days. */
static void
test_place_ends(void **state)
{
	struct conf *conf = make_places_conf("local-lockout-known-days = 7;");
	struct conf *never = make_places_conf("local-lockout-known-days = 0;");
	struct lockout *lockout = lockout_new(-1);

	(void)state;
	attempts_from(lockout, conf, "alice", "2001:db8::1", "+", ".");
	attempts_from(lockout, conf, "alice", attacker, "---", "...");
	attempts_from(lockout, conf, "alice", "2001:db8::ffff:9", "+", ".");
	attempts_from(lockout, conf, "alice", "2001:db8:0:1::1", "+", "L");
	now += 6 * DAY;
	attempts_from(lockout, conf, "alice", attacker, "---", "...");
	attempts_from(lockout, conf, "alice", "2001:db8::1", "+", "."); /* known for seven more */
	now += 6 * DAY;
	attempts_from(lockout, conf, "alice", attacker, "---", "...");
	attempts_from(lockout, conf, "alice", "2001:db8::1", "+", ".");
	now += 8 * DAY;
	attempts_from(lockout, conf, "alice", attacker, "---", "...");
	attempts_from(lockout, conf, "alice", "2001:db8::1", "+", "L");
	lockout_free(lockout);
	lockout = lockout_new(-1);
	attempts_from(lockout, never, "bob", home, "+", ".");
	attempts_from(lockout, never, "bob", attacker, "---", "...");
	attempts_from(lockout, never, "bob", home, "+", "L");
	lockout_free(lockout);
	conf_unref(conf);
	conf_unref(never);
}

/* However many places a user has been at, some are kept, those of late. */
static void
test_many_places(void **state)
{
	struct conf *conf = make_places_conf("");
	struct lockout *lockout = lockout_new(-1);
	char from[32];

	(void)state;
	for (int i = 1; i <= 20; i++) {
		snprintf(from, sizeof(from), "192.0.2.%d", i);
		attempts_from(lockout, conf, "alice", from, "+", ".");
		now++;
	}
	attempts_from(lockout, conf, "alice", attacker, "---", "...");
	attempts_from(lockout, conf, "alice", "192.0.2.20", "+", ".");
	attempts_from(lockout, conf, "alice", "192.0.2.13", "+", ".");
	attempts_from(lockout, conf, "alice", "192.0.2.12", "+", "L");
	lockout_free(lockout);
	conf_unref(conf);
}

/* The exceptions of threat-detection are such places for everybody, each with a count. */
static void
test_exceptions(void **state)
{
	struct conf *conf = make_places_conf("");
	struct lockout *lockout = lockout_new(-1);

	(void)state;
	attempts_from(lockout, conf, "alice", attacker, "---", "...");
	attempts_from(lockout, conf, "alice", office, "--+---+", "......L");
	attempts_from(lockout, conf, "alice", "198.51.100.8", "+", ".");
	attempts_from(lockout, conf, "bob", office, "+", ".");
	lockout_free(lockout);
	conf_unref(conf);
}

#define MANY                                                                                       \
	"usernames = ( { name = \"u0\"; }, { name = \"u1\"; }, { name = \"u2\"; }, { name = "      \
	"\"u3\"; }, { name = \"u4\"; }, { name = \"u5\"; }, { name = \"u6\"; } );\n"

/* One source locks so many users and no more, and has no guesses more for that. */
static void
test_locker(void **state)
{
	static const struct world_file files[] = {{"gateway.conf", EXEMPT}, {"users.conf", MANY},
	    {"aaa.conf", "local-authentication-attempts-max-fail = 2;"}};
	struct conf *conf = world_conf(files, 3);
	struct lockout *lockout = open_dir();
	char user[16];

	(void)state;
	attempts_from(lockout, conf, "u6", attacker, "+", "."); /* who is known there */
	for (int i = 0; i < LOCKOUT_SOURCE_USERS; i++) {
		snprintf(user, sizeof(user), "u%d", i);
		attempts_from(lockout, conf, user, attacker, "--", "..");
	}
	attempts_from(lockout, conf, "u5", attacker, "---+", "LLLL");
	attempts_from(lockout, conf, "u6", attacker, "-+", "..");
	attempts_from(lockout, conf, "u5", home, "-+", "..");
	lockout_free(lockout);
	lockout = open_dir();
	attempts_from(lockout, conf, "u5", attacker, "+", "L");
	/* When one of them is free, it may go on. */
	assert_int_equal(lockout_clear(lockout, "u3", "admin"), 1);
	attempts_from(lockout, conf, "u5", attacker, "-", ".");
	now += 600;
	attempts_from(lockout, conf, "u0", attacker, "-+", "..");
	lockout_free(lockout);
	conf_unref(conf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_table),
	    cmocka_unit_test_setup_teardown(test_restart, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_known_place, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_place_ends, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_many_places, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_exceptions, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_locker, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_time, setup, teardown),
	    cmocka_unit_test(test_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
