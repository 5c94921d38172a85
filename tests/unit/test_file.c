/* SPDX-License-Identifier: Apache-2.0 */
/* libconfig text to the tree, and what is refused before libconfig sees it. */
#include <stdio.h>
#include <stdlib.h>

#include "conf/file.h"
#include "tests/unit/conf_help.h"

static void
a_text_becomes_a_tree(void **state)
{
	static const char text[] = "a = 5; b = -7L\nc = true;\n"
				   "l = ( { x = \"1\" \"2\"; }, [ \"y\" ], \"\", 1.5 ); # end";
	struct conf_errors errors;
	struct node *root;

	(void)state;
	conf_errors_init(&errors);
	assert_int_equal(file_parse("x.conf", text, strlen(text), &errors, &root), ERR_OK);
	assert_int_equal(root->len, 4);
	assert_int_equal(root->children[0].num, 5);
	assert_int_equal(root->children[1].num, -7);
	assert_int_equal(root->children[2].type, NODE_BOOL);
	assert_int_equal(root->children[2].line, 2);
	const struct node *list = &root->children[3];
	assert_string_equal(list->name, "l");
	assert_int_equal(list->type, NODE_LIST);
	assert_int_equal(list->len, 4);
	assert_int_equal(list->children[0].type, NODE_GROUP);
	assert_string_equal(list->children[0].children[0].str, "12");
	assert_int_equal(list->children[1].type, NODE_LIST);
	assert_string_equal(list->children[2].str, "");
	assert_int_equal(list->children[3].type, NODE_FLOAT);
	assert_int_equal(list->children[3].line, 3);
	file_free(root);
	file_free(NULL);
	conf_errors_fini(&errors);
}

static const struct {
	const char *text;
	size_t len; /* 0: strlen */
	const char *errors;
} cases[] = {
    {"a = 1;\0b = 2;", 13, "x.conf:1: a zero byte; a configuration file is plain text\n"},
    {"a = 1;\na = 2;", 0, "x.conf:2: this setting is there twice in its group; keep one\n"},
    {"a = [ 1, \"2\" ];", 0,
	"x.conf:1: an array [ ] holds values of one type; put texts in quotes\n"},
    {"a = ;", 0,
	"x.conf:1: expected a value: a number, true, false, or a text in quotes, got \";\"\n"},
};

static void
bad_texts_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		size_t len = cases[i].len > 0 ? cases[i].len : strlen(cases[i].text);
		struct conf_errors errors;
		struct node *root;

		conf_errors_init(&errors);
		assert_int_not_equal(
		    file_parse("x.conf", cases[i].text, len, &errors, &root), ERR_OK);
		assert_null(root);
		assert_string_equal(buf_cstr(&errors.text), cases[i].errors);
		conf_errors_fini(&errors);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_text_becomes_a_tree),
	    cmocka_unit_test(bad_texts_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
