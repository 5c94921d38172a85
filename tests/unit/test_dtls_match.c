/* SPDX-License-Identifier: Apache-2.0 */
/* gateway/dtls_match.c: hellos as clients send them, cut at every length, and every field out of
 * place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "gateway/dtls_match.h"

/* Record head, handshake head, version, random, session id of 32, cookie of 4, one suite, null
 * compression. */
#define HELLO_LEN (13 + 12 + 2 + 32 + 1 + 32 + 1 + 4 + 2 + 2 + 2)

static void
hello_make(uint8_t *p)
{
	size_t body = HELLO_LEN - 25;

	memset(p, 0, HELLO_LEN);
	p[0] = 22;
	p[1] = 0xfe;
	p[2] = 0xff;
	p[12] = (uint8_t)(HELLO_LEN - 13);
	p[13] = 1;
	p[16] = (uint8_t)body;
	p[24] = (uint8_t)body;
	p[25] = 0xfe;
	p[26] = 0xfd;
	memset(p + 27, 0xaa, 32);
	p[59] = 32;
	memset(p + 60, 0xbb, 32);
	p[92] = 4;
	memset(p + 93, 0xcc, 4);
	p[98] = 2;
	p[100] = 0xa9;
	p[101] = 1;
}

static void
test_good(UNUSED void **state)
{
	uint8_t data[HELLO_LEN];
	struct dtls_hello hello;

	hello_make(data);
	assert_int_equal(dtls_match_hello(data, sizeof(data), &hello), ERR_OK);
	assert_ptr_equal(hello.random, data + 27);
	assert_ptr_equal(hello.session_id, data + 60);
	assert_int_equal(hello.session_id_len, 32);
	assert_int_equal(hello.cookie_len, 4);
}

static void
test_other_versions(UNUSED void **state)
{
	uint8_t data[HELLO_LEN];
	struct dtls_hello hello;

	hello_make(data);
	data[2] = 0xfd;
	assert_int_equal(dtls_match_hello(data, sizeof(data), &hello), ERR_OK);
	data[1] = 0x01;
	data[2] = 0x00;
	assert_int_equal(dtls_match_hello(data, sizeof(data), &hello), ERR_OK);
	data[1] = 0x03;
	data[2] = 0x03;
	assert_int_equal(dtls_match_hello(data, sizeof(data), &hello), ERR_NOTFOUND);
}

static void
test_cut_at_every_length(UNUSED void **state)
{
	uint8_t data[HELLO_LEN];
	struct dtls_hello hello;

	hello_make(data);
	for (size_t len = 0; len < sizeof(data); len++)
		if (dtls_match_hello(data, len, &hello) == ERR_OK)
			fail_msg(
			    "%zu of %d bytes: expected a refusal, got a hello", len, HELLO_LEN);
}

static void
test_one_byte_wrong(UNUSED void **state)
{
	static const struct {
		const char *what;
		size_t at;
		uint8_t value;
		enum err err;
	} rows[] = {
	    {"content type application data", 0, 23, ERR_NOTFOUND},
	    {"content type alert", 0, 21, ERR_NOTFOUND},
	    {"epoch 1", 4, 1, ERR_NOTFOUND},
	    {"server hello", 13, 2, ERR_NOTFOUND},
	    {"second fragment", 21, 1, ERR_SYNTAX},
	    {"first fragment of two", 16, 200, ERR_SYNTAX},
	    {"longer than the record", 12, 20, ERR_SYNTAX},
	    {"session id of 33", 59, 33, ERR_SYNTAX},
	    {"session id past the end", 59, 255, ERR_SYNTAX},
	    {"cookie past the end", 92, 200, ERR_SYNTAX},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint8_t data[HELLO_LEN];
		struct dtls_hello hello;
		enum err err;

		hello_make(data);
		data[rows[i].at] = rows[i].value;
		err = dtls_match_hello(data, sizeof(data), &hello);
		if (err != rows[i].err)
			fail_msg("%s: expected \"%s\", got \"%s\"", rows[i].what,
			    err_str(rows[i].err), err_str(err));
	}
}

static void
test_zero_random(UNUSED void **state)
{
	uint8_t data[HELLO_LEN];
	struct dtls_hello hello;

	hello_make(data);
	memset(data + 27, 0, 32);
	assert_int_equal(dtls_match_hello(data, sizeof(data), &hello), ERR_SYNTAX);
	data[58] = 1;
	assert_int_equal(dtls_match_hello(data, sizeof(data), &hello), ERR_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_good),
	    cmocka_unit_test(test_other_versions),
	    cmocka_unit_test(test_cut_at_every_length),
	    cmocka_unit_test(test_one_byte_wrong),
	    cmocka_unit_test(test_zero_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
