/* SPDX-License-Identifier: Apache-2.0 */
/* What libconfig would parse passes; what it would not is said in words. */
#include <stdio.h>
#include <stdlib.h>

#include "conf/grammar.h"
#include "tests/unit/conf_help.h"

static const char *const fine[] = {
    "",
    "# only a comment",
    "a = 5",
    "a : 5, b = TRUE; c = \"x\" \"y\" d = 1.5",
    "g = { };",
    "g = { a = 1; h : { b = [ ]; }, };",
    "l = ( ); l2 = ( 1, \"x\" \"y\", ( ), [ 1, 2 ], { a = 1 } );",
    "a = -0; b = 0xFFL; c = -5LL;",
};

static const struct {
	const char *text;
	const char *error; /* behind "x.conf:" */
} bad[] = {
    {"a = 1;\n\n  @include \"/etc/passwd\"\n",
	"3: \"@\": @include is not possible here; write the settings into this file\n"},
    {"a = @include \"x\"",
	"1: \"@\": @include is not possible here; write the settings into this file\n"},
    {"a = 1;\nb = 4294967297;", "2: the number 4294967297 is too big\n"},
    {"a = 10.0.0.1;", "1: \"10.0.0.1\" is not a number; put texts in quotes\n"},
    {"a = \"x\\x00y\";", "1: a zero byte; a configuration file is plain text\n"},
    {"a = 1;\nb = \"x;\n", "2: a text or comment begins here and never ends\n"},
    {"a = 1;\n/* x;\n", "1: a text or comment begins here and never ends\n"},
    {"5 = a;", "1: expected a setting's name, got \"5\"\n"},
    {"a = 1;;", "1: expected a setting's name, got \";\"\n"},
    {"a = 1; }", "1: expected a setting's name, got \"}\"\n"},
    {"a = 1; $", "1: expected a setting's name, got \"$\"\n"},
    {"a 5;", "1: expected \"=\" behind the setting's name, got \"5\"\n"},
    {"a { }", "1: expected \"=\" behind the setting's name, got \"{\"\n"},
    {"a \"secret\"", "1: expected \"=\" behind the setting's name, got a text in quotes\n"},
    {"a.b = 1;", "1: expected \"=\" behind the setting's name, got \".b\"\n"},
    {"a = yes;", "1: expected a value: a number, true, false, or a text in quotes, got \"yes\"\n"},
    {"a =", "1: expected a value: a number, true, false, or a text in quotes, got the end of the "
	    "file\n"},
    {"a = ( 1, );", "1: expected a value: a number, true, false, or a text in quotes, got \")\"\n"},
    {"a = ( { }\n{ } );", "2: expected \",\" or \")\", got \"{\"\n"},
    {"a = [ 1 )", "1: expected \",\" or \"]\", got \")\"\n"},
    {"a = [ ( ) ]", "1: expected a value: a number, true, false, or a text in quotes, got \"(\"\n"},
    {"g = {\n a = 1;\n", "3: expected a setting or the \"}\" of line 1's \"{\", got the end of the "
			 "file\n"},
    {"g = {\n a = 1;\n); ", "3: expected a setting or the \"}\" of line 1's \"{\", got \")\"\n"},
    {"a = ((((((((((((((((((((1))))))))))))))))))));", "1: groups or lists are nested too deep\n"},
};

static void
what_libconfig_parses_passes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(fine); i++) {
		struct conf_errors errors;

		conf_errors_init(&errors);
		if (!grammar_check("x.conf", fine[i], strlen(fine[i]), &errors))
			fail_msg(
			    "\"%s\", expected to pass, got: %s", fine[i], buf_cstr(&errors.text));
		conf_errors_fini(&errors);
	}
}

static void
what_it_does_not_is_said_in_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct conf_errors errors;
		char wanted[256];

		conf_errors_init(&errors);
		snprintf(wanted, sizeof(wanted), "x.conf:%s", bad[i].error);
		assert_false(grammar_check("x.conf", bad[i].text, strlen(bad[i].text), &errors));
		assert_string_equal(buf_cstr(&errors.text), wanted);
		conf_errors_fini(&errors);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_libconfig_parses_passes),
	    cmocka_unit_test(what_it_does_not_is_said_in_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
