/* SPDX-License-Identifier: Apache-2.0 */
/* gateway/past_keys.c: which keys are tried in which order, and which are forgotten when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "gateway/past_keys.h"

#define KEEP_MS 100000

/* A tunnel with the key that consists of this byte comes up at that time; the keys to try, as
 * text. */
static const char *
enter_at(struct past_keys *past, uint64_t session, char byte, uint64_t now_ms)
{
	static char text[PAST_KEYS_MAX + 1];
	uint8_t key[DTLS_PSK_LEN], out[PAST_KEYS_MAX][DTLS_PSK_LEN];
	size_t len;

	memset(key, byte, sizeof(key));
	len = past_keys_enter(past, session, key, out, now_ms);
	assert_true(len >= 1 && len <= PAST_KEYS_MAX);
	for (size_t i = 0; i < len; i++)
		text[i] = (char)out[i][DTLS_PSK_LEN - 1];
	text[len] = '\0';
	return text;
}

static void
worked(struct past_keys *past, uint64_t session, char byte)
{
	uint8_t key[DTLS_PSK_LEN];

	memset(key, byte, sizeof(key));
	past_keys_worked(past, session, key);
}

/* A client that exports the key anew each time: the newest first, the oldest next. */
static void
test_newest_first(UNUSED void **state)
{
	static const char *const expect[] = {"a", "ba", "cab", "dabc", "eacd", "fade"};
	struct past_keys *past = past_keys_new(KEEP_MS);

	for (size_t i = 0; i < ARRAY_LEN(expect); i++) {
		assert_string_equal(enter_at(past, 1, (char)('a' + i), 0), expect[i]);
		worked(past, 1, (char)('a' + i));
	}
	past_keys_free(past);
}

/* A client that keeps its first key, or its second one. */
static void
test_what_worked_stays(UNUSED void **state)
{
	struct past_keys *past = past_keys_new(KEEP_MS);

	(void)enter_at(past, 1, 'a', 0);
	(void)enter_at(past, 1, 'b', 0);
	worked(past, 1, 'a');
	assert_string_equal(enter_at(past, 1, 'c', 0), "abc");
	for (char c = 'd'; c < 'z'; c++)
		assert_int_equal(enter_at(past, 1, c, 0)[0], 'a');
	(void)enter_at(past, 2, 'a', 0);
	(void)enter_at(past, 2, 'b', 0);
	(void)enter_at(past, 2, 'c', 0);
	worked(past, 2, 'b');
	for (char c = 'd'; c < 'z'; c++)
		assert_int_equal(enter_at(past, 2, c, 0)[0], 'b');
	/* The client was started anew: its newest key works, and so it goes on. */
	(void)enter_at(past, 2, 'Y', 0);
	worked(past, 2, 'Y');
	assert_int_equal(enter_at(past, 2, 'Z', 0)[0], 'Z');
	/* A key that is not there is nothing. */
	worked(past, 2, '?');
	worked(past, 77, 'Z');
	past_keys_free(past);
}

static void
test_forgotten(UNUSED void **state)
{
	struct past_keys *past = past_keys_new(KEEP_MS);

	(void)enter_at(past, 1, 'a', 0);
	(void)enter_at(past, 2, 'a', 0);
	(void)enter_at(past, 3, 'a', 0);
	past_keys_forget(past, 1);
	past_keys_leave(past, 2, 50000);
	/* The third has its tunnel all the time. */
	assert_string_equal(enter_at(past, 9, 'x', 149999), "x");
	assert_string_equal(enter_at(past, 2, 'b', 149999), "ba");
	past_keys_leave(past, 2, 200000);
	past_keys_leave(past, 2, 200000);
	past_keys_leave(past, 99, 200000);
	assert_string_equal(enter_at(past, 9, 'y', 300000), "yx");
	assert_string_equal(enter_at(past, 1, 'b', 300000), "b");
	assert_string_equal(enter_at(past, 2, 'c', 300000), "c");
	assert_string_equal(enter_at(past, 3, 'b', 300000), "ba");
	/* A successor comes before its predecessor leaves: still a tunnel. */
	past_keys_leave(past, 3, 300000);
	assert_string_equal(enter_at(past, 3, 'c', 900000), "cab");
	past_keys_free(past);
}

static void
test_without_a_memory(UNUSED void **state)
{
	assert_string_equal(enter_at(NULL, 1, 'a', 0), "a");
	worked(NULL, 1, 'a');
	past_keys_leave(NULL, 1, 0);
	past_keys_forget(NULL, 1);
	past_keys_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_newest_first),
	    cmocka_unit_test(test_what_worked_stays),
	    cmocka_unit_test(test_forgotten),
	    cmocka_unit_test(test_without_a_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
