/* SPDX-License-Identifier: Apache-2.0 */
/* common/base64.c: whole, in pieces, and everything that is no base64. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/base64.h"

/* Decode in pieces of `step` characters. */
static enum err
decode(const char *text, size_t step, struct buf *out)
{
	struct base64 base64 = {0};
	size_t len = strlen(text);
	enum err err = ERR_OK;

	buf_reset(out);
	for (size_t at = 0; at < len && err == ERR_OK; at += step)
		err = base64_feed(&base64, text + at, len - at < step ? len - at : step, out);
	return err == ERR_OK ? base64_end(&base64) : err;
}

/* RFC 4648 section 10, and blanks as clients put them. */
static void
test_good(UNUSED void **state)
{
	static const struct {
		const char *text, *bytes;
	} rows[] = {
	    {"", ""},
	    {" \r\n\t", ""},
	    {"Zg==", "f"},
	    {"Zm8=", "fo"},
	    {"Zm9v", "foo"},
	    {"Zm9vYg==", "foob"},
	    {"Zm9vYmE=", "fooba"},
	    {"Zm9vYmFy", "foobar"},
	    {"\n Zm9v\nYm\r\nFy\t\n", "foobar"},
	    {"Z g = =\n", "f"},
	    {"+/+/", "\xfb\xff\xbf"},
	};
	struct buf out;

	buf_init(&out, 64);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		for (size_t step = 1; step < 8; step++) {
			enum err err = decode(rows[i].text, step, &out);

			if (err != ERR_OK || strcmp(buf_cstr(&out), rows[i].bytes) != 0)
				fail_msg("row %zu in steps of %zu, expected '%s', got %s, '%s'", i,
				    step, rows[i].bytes, err_str(err), buf_cstr(&out));
		}
	buf_fini(&out);
}

static void
test_bad(UNUSED void **state)
{
	static const char *const rows[] = {
	    "Z",
	    "Zg",
	    "Zg=",
	    "Zm9",
	    "Zm9vZ", /* cut */
	    "=",
	    "Z===",
	    "====",
	    "Zg===",
	    "Zm9v=", /* padding where there is none */
	    "Zg==Zg==",
	    "Zg==Zm9v",
	    "Zg=v",
	    "Zm8=v", /* more behind it */
	    "Zh==",
	    "Zm9=",
	    "Z/==", /* bits behind the last byte */
	    "Zm9*",
	    "Zm-v",
	    "Zm_v",
	    "Zm\x80v",
	    "Zm\x0bv",
	    "Zm9v.",
	    "-----BEGIN PKCS7-----",
	};
	struct buf out;

	buf_init(&out, 64);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		for (size_t step = 1; step < 8; step++) {
			enum err err = decode(rows[i], step, &out);

			if (err != ERR_SYNTAX)
				fail_msg("'%s' in steps of %zu, expected %s, got %s", rows[i], step,
				    err_str(ERR_SYNTAX), err_str(err));
		}
	buf_fini(&out);
}

static void
test_nul(UNUSED void **state)
{
	struct base64 base64 = {0};
	struct buf out;

	buf_init(&out, 64);
	assert_int_equal(base64_feed(&base64, "Zm\0v", 4, &out), ERR_SYNTAX);
	buf_fini(&out);
}

static void
test_limit(UNUSED void **state)
{
	struct buf out;

	buf_init(&out, 6);
	assert_int_equal(decode("Zm9vYmFy", 8, &out), ERR_OK);
	assert_int_equal(decode("Zm9vYmFyZg==", 8, &out), ERR_LIMIT);
	buf_fini(&out);
	buf_init(&out, 0);
	assert_int_equal(decode("Zg==", 8, &out), ERR_LIMIT);
	buf_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_good),
	    cmocka_unit_test(test_bad),
	    cmocka_unit_test(test_nul),
	    cmocka_unit_test(test_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
