/* SPDX-License-Identifier: Apache-2.0 */
/* common/str.c and common/err.c: copies, numbers, hexadecimal, comparison, printable text,
 * durations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "common/err.h"
#include "common/str.h"

static void
test_err_str(UNUSED void **state)
{
	for (int i = 0; i < ERR_COUNT; i++)
		assert_string_not_equal(err_str((enum err)i), "unknown error");
	assert_string_equal(err_str(ERR_COUNT), "unknown error");
}

static void
test_copy(UNUSED void **state)
{
	char dst[4];

	assert_int_equal(str_copy(dst, sizeof(dst), "abc"), ERR_OK);
	assert_string_equal(dst, "abc");
	assert_int_equal(str_copy(dst, sizeof(dst), "abcd"), ERR_LIMIT);
	assert_string_equal(dst, "abc");
	assert_int_equal(str_copy(dst, 0, ""), ERR_LIMIT);
	assert_int_equal(str_copy_n(dst, sizeof(dst), "xyz", 2), ERR_OK);
	assert_string_equal(dst, "xy");
	assert_int_equal(str_copy_n(dst, sizeof(dst), "x\0z", 3), ERR_SYNTAX);
	assert_string_equal(dst, "");
	assert_int_equal(str_copy_n(dst, sizeof(dst), NULL, 0), ERR_OK);
	assert_string_equal(dst, "");
}

static void
test_numbers(UNUSED void **state)
{
	static const struct {
		const char *text;
		uint64_t min, max;
		enum err err;
		uint64_t value;
	} rows[] = {
	    {"0", 0, 10, ERR_OK, 0},
	    {"10", 0, 10, ERR_OK, 10},
	    {"007", 0, 10, ERR_OK, 7},
	    {"11", 0, 10, ERR_RANGE, 0},
	    {"1", 2, 10, ERR_RANGE, 0},
	    {"18446744073709551615", 0, UINT64_MAX, ERR_OK, UINT64_MAX},
	    {"18446744073709551616", 0, UINT64_MAX, ERR_RANGE, 0},
	    {"99999999999999999999999", 0, UINT64_MAX, ERR_RANGE, 0},
	    {"", 0, 10, ERR_SYNTAX, 0},
	    {"-1", 0, 10, ERR_SYNTAX, 0},
	    {"+1", 0, 10, ERR_SYNTAX, 0},
	    {" 1", 0, 10, ERR_SYNTAX, 0},
	    {"1 ", 0, 10, ERR_SYNTAX, 0},
	    {"0x1", 0, 10, ERR_SYNTAX, 0},
	    {"99999999999999999999999x", 0, 10, ERR_SYNTAX, 0},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint64_t out = 4711;
		enum err err = str_to_u64(rows[i].text, rows[i].min, rows[i].max, &out);
		uint64_t expected = rows[i].err == ERR_OK ? rows[i].value : 4711;

		if (err != rows[i].err || out != expected)
			fail_msg("\"%s\": expected %s %llu, got %s %llu", rows[i].text,
			    err_str(rows[i].err), (unsigned long long)expected, err_str(err),
			    (unsigned long long)out);
	}
}

static void
test_hex(UNUSED void **state)
{
	static const char *const bad[] = {"", "00f", "00ff0", "00fg", "00 f", "00ff00"};
	uint8_t out[2];
	char text[5];

	assert_int_equal(str_unhex("0aFf", out, 2), ERR_OK);
	assert_memory_equal(out, "\x0a\xff", 2);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (str_unhex(bad[i], out, 2) != ERR_SYNTAX)
			fail_msg("\"%s\": expected a syntax error", bad[i]);
	str_hex(text, "\x00\xab", 2);
	assert_string_equal(text, "00ab");
	assert_int_equal(str_unhex("", out, 0), ERR_OK);
}

static void
test_compare(UNUSED void **state)
{
	assert_true(str_ieq("Content-Length", "content-LENGTH"));
	assert_false(str_ieq("abc", "abcd"));
	assert_false(str_ieq("abcd", "abc"));
	assert_false(str_ieq("@", "`")); /* differ by 0x20, are no letters */
	assert_true(str_istarts("webvpn=1", "WEBVPN="));
	assert_false(str_istarts("web", "webvpn"));
	assert_true(str_eq_secret("same", "same", 4));
	assert_false(str_eq_secret("same", "samf", 4));
	assert_true(str_eq_secret("", "", 0));
}

static void
test_wipe(UNUSED void **state)
{
	char secret[] = "secret";

	str_wipe(secret, sizeof(secret));
	assert_memory_equal(secret, "\0\0\0\0\0\0", sizeof(secret));
	str_wipe(NULL, 0);
}

static void
test_printable(UNUSED void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
	    {"plain", "plain"},
	    {"a\nb\rc\td", "a?b?c?d"},
	    {"\x1b[31mred\x7f", "?[31mred?"},
	    {"caf\xc3\xa9 \xe5\x85\xb3\xe6\x89\x80 \xf0\x9f\x9a\xa7",
		"caf\xc3\xa9 \xe5\x85\xb3\xe6\x89\x80 \xf0\x9f\x9a\xa7"},
	    {"\xc2\x9b"
	     "31m",
		"?31m"}, /* C1 CSI */
	    {"\xe2\x80\xae"
	     "abc",
		"?abc"},                  /* right-to-left override */
	    {"\xc0\xaf", "??"},           /* overlong */
	    {"\xed\xa0\x80", "???"},      /* surrogate */
	    {"\xf4\x90\x80\x80", "????"}, /* beyond U+10FFFF */
	    {"\xe5\x85", "??"},           /* cut short */
	    {"\xff\xfe", "??"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char dst[64];

		str_printable(dst, sizeof(dst), rows[i].in);
		if (strcmp(dst, rows[i].out) != 0)
			fail_msg("row %zu: expected \"%s\", got \"%s\"", i, rows[i].out, dst);
	}
}

static void
test_printable_bounds(UNUSED void **state)
{
	char dst[6];

	str_printable(dst, sizeof(dst), "1234567");
	assert_string_equal(dst, "12345");
	/* A character of three bytes is not cut in two. */
	str_printable(dst, sizeof(dst), "123\xe5\x85\xb3");
	assert_string_equal(dst, "123");
	str_printable(dst, 1, "x");
	assert_string_equal(dst, "");
}

static void
test_duration(UNUSED void **state)
{
	char text[32];

	str_duration(text, sizeof(text), 0);
	assert_string_equal(text, "0h:00m:00s");
	str_duration(text, sizeof(text), 23 * 60 + 58);
	assert_string_equal(text, "0h:23m:58s");
	str_duration(text, sizeof(text), 86400 + 12 * 3600 + 33 * 60 + 7);
	assert_string_equal(text, "1d 12h:33m:07s");
	str_duration(text, sizeof(text), UINT64_MAX);
	assert_string_equal(text, "213503982334601d 7h:00m:15s");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_err_str),
	    cmocka_unit_test(test_copy),
	    cmocka_unit_test(test_numbers),
	    cmocka_unit_test(test_hex),
	    cmocka_unit_test(test_compare),
	    cmocka_unit_test(test_wipe),
	    cmocka_unit_test(test_printable),
	    cmocka_unit_test(test_printable_bounds),
	    cmocka_unit_test(test_duration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
