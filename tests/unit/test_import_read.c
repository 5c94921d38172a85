/* SPDX-License-Identifier: Apache-2.0 */
/* Text to lines and words: line ends, margins, quotes, what a terminal leaves, what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/import_help.h"

static struct import *
read_text(const char *text, size_t len)
{
	struct import *import = calloc(1, sizeof(*import));

	assert_non_null(import);
	buf_init(&import->errors, 65536);
	import->name = strdup("in.cfg");
	import_read(import, text, len);
	return import;
}

/* "number indent word|word|.." a line. */
static void
put_lines(const struct import *import, struct buf *out)
{
	for (size_t i = 0; i < import->lines_len; i++) {
		const struct import_line *line = import->lines[i];

		buf_printf(out, "%d %u ", line->number, line->indent);
		for (size_t k = 0; k < line->len; k++)
			buf_printf(out, "%s%s", k > 0 ? "|" : "", line->words[k]);
		buf_puts(out, line->fate == IMPORT_BLANK ? " (blank)\n" : "\n");
	}
}

static void
test_lines(UNUSED void **state)
{
	static const struct {
		const char *text;
		const char *lines;
		bool flat;
	} rows[] = {
	    {"", "", true},
	    {"a b", "1 0 a|b\n", true},
	    {"a  b \n c\n", "1 0 a|b\n2 1 c\n", false},
	    {"a\r\n b\r\n", "1 0 a\n2 1 b\n", false},
	    {"a\n\tb\n", "1 0 a\n2 1 b\n", false},
	    {"a\n!\n ! x\n: Saved\n\nb\n",
		"1 0 a\n2 0 ! (blank)\n3 1 !|x (blank)\n4 0 :|Saved (blank)\n5 0  (blank)\n6 0 b\n",
		true},
	    {"  a\n   b\n  c\n", "1 0 a\n2 1 b\n3 0 c\n", false},
	    {"\xef\xbb\xbf"
	     "a\n",
		"1 0 a\n", true},
	    {"d \"two words\" \"\" \"open\n", "1 0 d|two words||\"open\n", true},
	    {"d a\"b c\"d \"x\"y\n", "1 0 d|a\"b|c\"d|\"x\"y\n", true},
	    {"<--- More --->\r              \r b\n", "1 0 b\n", true},
	    {"a\n<--- More --->\r              \r b\n", "1 0 a\n2 1 b\n", false},
	    {"a\n<--- More --->               b\n", "1 0 a\n2 1 b\n", false},
	    {"a caf\xe9\n", "1 0 a|caf\xc3\xa9\n", true},
	    {"a caf\xc3\xa9 \xe2\x80\xae\n", "1 0 a|caf\xc3\xa9|?\n", true},
	    {"a\xc2\xa0"
	     "b\n",
		"1 0 a|b\n", true},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct import *import = read_text(rows[i].text, strlen(rows[i].text));
		struct buf out;

		buf_init(&out, 4096);
		put_lines(import, &out);
		assert_string_equal(buf_cstr(&out), rows[i].lines);
		assert_string_equal(import_errors(import), "");
		assert_int_equal(import->flat, rows[i].flat);
		buf_fini(&out);
		import_free(import);
	}
}

static void
test_rest(UNUSED void **state)
{
	struct import *import = read_text("a  \"b c\"   d  e", 15);
	const struct import_line *line = import->lines[0];

	assert_int_equal(line->len, 4);
	assert_string_equal(line->text, "a  \"b c\"   d  e");
	assert_string_equal(line->rest[1], "\"b c\"   d  e");
	assert_string_equal(line->rest[2], "d  e");
	import_free(import);
}

static void
test_refused(UNUSED void **state)
{
	static const struct {
		const char *text;
		size_t len;
		const char *error;
	} rows[] = {
	    {"a\nb\0c\n", 6, "in.cfg:2: a zero byte; "},
	    {"a\n\x1b[0mb\n", 8, "in.cfg:2: a control character; "},
	    {"a\nb\x7f\n", 5, "in.cfg:2: a control character; "},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct import *import = read_text(rows[i].text, rows[i].len);

		assert_memory_equal(import_errors(import), rows[i].error, strlen(rows[i].error));
		import_free(import);
	}
}

static void
test_limits(UNUSED void **state)
{
	struct buf text;

	buf_init(&text, 4 * 1024 * 1024);
	for (size_t i = 0; i < 400; i++)
		buf_puts(&text, "w ");
	buf_puts(&text, "end\n");
	struct import *import = read_text(buf_cstr(&text), text.len);
	assert_int_equal(import->lines[0]->len, IMPORT_WORDS_MAX);
	const char *last = import->lines[0]->words[IMPORT_WORDS_MAX - 1];
	assert_string_equal(last + strlen(last) - 5, "w end");
	import_free(import);

	buf_reset(&text);
	buf_puts(&text, "a\n");
	for (size_t i = 0; i <= IMPORT_LINE_MAX; i++)
		buf_put_u8(&text, 'x');
	import = read_text(buf_cstr(&text), text.len);
	assert_string_equal(
	    import_errors(import), "in.cfg:2: the line is longer than 65536 bytes\n");
	import_free(import);

	buf_reset(&text);
	for (size_t i = 0; i <= IMPORT_LINES_MAX; i++)
		buf_put_u8(&text, '\n');
	import = read_text(buf_cstr(&text), text.len);
	assert_string_equal(import_errors(import), "in.cfg: has more than 1000000 lines\n");
	import_free(import);
	buf_fini(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lines),
	    cmocka_unit_test(test_rest),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
