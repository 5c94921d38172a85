/* SPDX-License-Identifier: Apache-2.0 */
/* common/buf.c: the buffer's limits and the sticky errors of buffer and cursor. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <unistd.h>

#include "common/buf.h"

static void
test_build(UNUSED void **state)
{
	static const uint8_t expected[] = {1, 2, 3, 4, 5, 6, 7, 'a', 'b', '-', '4', '2'};
	struct buf buf;

	buf_init(&buf, 100);
	buf_put_u8(&buf, 1);
	buf_put_u16(&buf, 0x0203);
	buf_put_u32(&buf, 0x04050607);
	buf_puts(&buf, "ab");
	buf_printf(&buf, "-%d", 42);
	assert_int_equal(buf.err, ERR_OK);
	assert_int_equal(buf.len, sizeof(expected));
	assert_memory_equal(buf.data, expected, sizeof(expected));
	buf_fini(&buf);
	assert_int_equal(buf.len, 0);
	assert_int_equal(buf.max, 100);
}

static void
test_hex(UNUSED void **state)
{
	struct buf buf;

	buf_init(&buf, 8);
	buf_put_hex(&buf, "\x01\xfe", 2, false);
	buf_put_hex(&buf, "\x01\xfe", 2, true);
	assert_string_equal(buf_cstr(&buf), "01fe01FE");
	buf_put_hex(&buf, "x", 1, true);
	assert_int_equal(buf.err, ERR_LIMIT);
	buf_fini(&buf);
}

static void
test_limit_is_exact_and_sticky(UNUSED void **state)
{
	struct buf buf;

	buf_init(&buf, 5);
	buf_puts(&buf, "12345");
	assert_int_equal(buf.err, ERR_OK);
	assert_string_equal(buf_cstr(&buf), "12345");
	buf_put_u8(&buf, '6');
	assert_int_equal(buf.err, ERR_LIMIT);
	assert_int_equal(buf.len, 5);
	assert_string_equal(buf_cstr(&buf), "");
	buf_consume(&buf, 5);
	buf_puts(&buf, "x");
	assert_int_equal(buf.len, 0);
	buf_reset(&buf);
	buf_puts(&buf, "ok");
	assert_string_equal(buf_cstr(&buf), "ok");
	buf_reset(&buf);
	buf_printf(&buf, "%s", "123456");
	assert_int_equal(buf.err, ERR_LIMIT);
	assert_int_equal(buf.len, 0);
	buf_fini(&buf);
}

static void
test_grow_and_consume(UNUSED void **state)
{
	struct buf buf;

	buf_init(&buf, 100000);
	for (int i = 0; i < 20000; i++)
		buf_printf(&buf, "%05d", i);
	assert_int_equal(buf.err, ERR_OK);
	assert_int_equal(buf.len, 100000);
	assert_memory_equal(buf.data + 5 * 12345, "12345", 5);
	buf_consume(&buf, 5 * 12345);
	assert_memory_equal(buf.data, "1234512346", 10);
	buf_consume(&buf, SIZE_MAX);
	assert_int_equal(buf.len, 0);
	buf_wipe(&buf);
	assert_null(buf.data);
}

static void
test_reserve(UNUSED void **state)
{
	struct buf buf;
	uint8_t *room;

	buf_init(&buf, SIZE_MAX);
	room = buf_reserve(&buf, 1000);
	assert_non_null(room);
	memset(room, 'x', 1000);
	buf_added(&buf, 999);
	assert_int_equal(strlen(buf_cstr(&buf)), 999);
	assert_null(buf_reserve(&buf, SIZE_MAX));
	assert_int_equal(buf.err, ERR_LIMIT);
	buf_fini(&buf);
}

static void
test_empty_cstr(UNUSED void **state)
{
	struct buf buf;

	buf_init(&buf, 0);
	assert_string_equal(buf_cstr(&buf), "");
	assert_int_equal(buf.err, ERR_OK);
	buf_put(&buf, NULL, 0);
	assert_int_equal(buf.err, ERR_OK);
	buf_fini(&buf);
}

static void
test_cursor(UNUSED void **state)
{
	static const uint8_t data[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
	uint8_t copy[2];
	struct cur cur, sub;

	cur_init(&cur, data, sizeof(data));
	assert_int_equal(cur_u8(&cur), 1);
	assert_int_equal(cur_u16(&cur), 0x0203);
	assert_int_equal(cur_u24(&cur), 0x040506);
	assert_int_equal(cur_u32(&cur), 0x0708090a);
	sub = cur_sub(&cur, 2);
	assert_int_equal(cur_u16(&sub), 0x0b0c);
	assert_int_equal(cur_u8(&sub), 0);
	assert_int_equal(sub.err, ERR_SYNTAX);
	cur_copy(&cur, copy, sizeof(copy), 2);
	assert_memory_equal(copy, "\x0d\x0e", 2);
	cur_skip(&cur, 1);
	assert_int_equal(cur.err, ERR_OK);
	assert_int_equal(cur.left, 0);
}

static void
test_cursor_errors_stick(UNUSED void **state)
{
	uint8_t copy[2] = {7, 7};
	struct cur cur, sub;

	cur_init(&cur, "abc", 3);
	assert_int_equal(cur_u32(&cur), 0);
	assert_int_equal(cur.err, ERR_SYNTAX);
	assert_int_equal(cur_u8(&cur), 0); /* although there are bytes */
	assert_null(cur_take(&cur, 0));
	cur_init(&cur, "abc", 3);
	cur_copy(&cur, copy, sizeof(copy), 3);
	assert_int_equal(cur.err, ERR_LIMIT);
	assert_int_equal(copy[0], 7);
	cur_init(&cur, "abc", 3);
	sub = cur_sub(&cur, 4);
	assert_int_equal(sub.err, ERR_SYNTAX);
	assert_int_equal(sub.left, 0);
	cur_init(&cur, NULL, 0);
	cur_skip(&cur, 0);
	assert_int_equal(cur.err, ERR_OK);
	cur_skip(&cur, SIZE_MAX);
	assert_int_equal(cur.err, ERR_SYNTAX);
}

/* What is written comes out, to the last byte; a descriptor that is none is an error. */
static void
test_write(void **state)
{
	char out[8] = {0};
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(buf_write(ends[1], "kept", 4), ERR_OK);
	assert_int_equal(buf_write(ends[1], "", 0), ERR_OK);
	assert_int_equal(read(ends[0], out, sizeof(out)), 4);
	assert_string_equal(out, "kept");
	close(ends[0]);
	close(ends[1]);
	assert_int_equal(buf_write(ends[1], "lost", 4), ERR_SYS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_build),
	    cmocka_unit_test(test_write),
	    cmocka_unit_test(test_hex),
	    cmocka_unit_test(test_limit_is_exact_and_sticky),
	    cmocka_unit_test(test_grow_and_consume),
	    cmocka_unit_test(test_reserve),
	    cmocka_unit_test(test_empty_cstr),
	    cmocka_unit_test(test_cursor),
	    cmocka_unit_test(test_cursor_errors_stick),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
