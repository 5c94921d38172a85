/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens with their places, and numbers that libconfig would cut. */
#include <stdio.h>
#include <stdlib.h>

#include "conf/lex.h"
#include "tests/unit/conf_help.h"

/* Every token as "type:line:text", one letter for the type. */
static const struct {
	const char *text;
	size_t len; /* 0: strlen */
	const char *tokens;
} cases[] = {
    {"", 0, ""},
    {"a = 5;", 0, "N1a P1= #15 P1;"},
    {"a-b_c*:0x1F,-5L", 0, "N1a-b_c* P1: #10x1F P1, #1-5L"},
    {"1.5e+3-2 +.5", 0, "#11.5e+3 #1-2 #1+.5"},
    {"# x \"\n// y\n/* z\n*/ a", 0, "N4a"},
    {"\"a\\\"b\"\n\"\\\\\"c", 0, "S1\"a\\\"b\" S2\"\\\\\" N2c"},
    {"\"two\nlines\" x", 0, "S1\"two\nlines\" N2x"},
    {"\"@include\" # @include\n/* @ */", 0, "S1\"@include\""},
    {" @include \"x\"", 0, "@1@ N1include S1\"x\""},
    {"a \"x", 0, "N1a U1\"x"},
    {"a /* x", 0, "N1a U1 /* x"},
    {"a /", 0, "N1a ?1/"},
    {"\"x\\", 0, "U1\"x\\"},
    {"a\0b", 3, "N1a 01\0"},
    {"\"a\0b\"", 5, "01\"a"},
    {"()[]{}", 0, "P1( P1) P1[ P1] P1{ P1}"},
};

static void
texts_are_cut_into_tokens(void **state)
{
	static const char letters[] = ".N#SP@0U?";

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		size_t len = cases[i].len > 0 ? cases[i].len : strlen(cases[i].text);
		struct lex_token token;
		struct lex lex;
		struct buf got;

		buf_init(&got, 4096);
		lex_init(&lex, cases[i].text, len);
		for (token = lex_next(&lex); token.type != LEX_END; token = lex_next(&lex)) {
			buf_printf(&got, "%s%c%d", got.len > 0 ? " " : "", letters[token.type],
			    token.line);
			buf_put(&got, token.text, token.len);
			if (token.type == LEX_NUL)
				break;
		}
		assert_string_equal(buf_cstr(&got), cases[i].tokens);
		buf_fini(&got);
	}
}

static struct lex_token
first(const char *text)
{
	struct lex lex;

	lex_init(&lex, text, strlen(text));
	return lex_next(&lex);
}

static void
numbers_that_do_not_fit_are_found(void **state)
{
	static const char *const fit[] = {"0", "2147483647", "-2147483648", "0x7fffffff", "010",
	    "2147483648L", "9223372036854775807L", "-5LL", "0x7fffffffffffffffL", "1e99", "5.5",
	    "-.5", "5.", "1.5E-3"};
	static const char *const wrong[] = {
	    "10.0.0.1", "5x", "0x", "-", "+-5", "5LLL", "1e", ".e5", "0x1G", "-0x5", "5l", "5.5L"};
	static const char *const too_big[] = {"2147483648", "-2147483649", "0x80000000",
	    "4294967297", "9223372036854775808L", "99999999999999999999999999999999999999999999"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(fit); i++) {
		struct lex_token token = first(fit[i]);

		if (lex_number_check(&token) != ERR_OK)
			fail_msg("%s, expected to fit", fit[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(too_big); i++) {
		struct lex_token token = first(too_big[i]);

		if (lex_number_check(&token) != ERR_RANGE)
			fail_msg("%s, expected not to fit", too_big[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct lex_token token = first(wrong[i]);

		if (lex_number_check(&token) != ERR_SYNTAX)
			fail_msg("%s, expected to be no number", wrong[i]);
	}
}

static void
escapes_are_resolved(void **state)
{
	struct lex_token token = first("\"a\\n\\r\\t\\f\\\\\\\"\\x41\\q\\x4\\xzz\"");
	struct buf got;

	(void)state;
	buf_init(&got, 256);
	lex_string(&token, &got);
	assert_string_equal(buf_cstr(&got), "a\n\r\t\f\\\"A\\q\\x4\\xzz");
	buf_fini(&got);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(texts_are_cut_into_tokens),
	    cmocka_unit_test(numbers_that_do_not_fit_are_found),
	    cmocka_unit_test(escapes_are_resolved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
