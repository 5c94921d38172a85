/* SPDX-License-Identifier: Apache-2.0 */
/* Trees written and read again: every type, every byte, every depth. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/attr.h"
#include "conf/errors.h"
#include "conf/write.h"

static struct node *
parse(const char *text, size_t len)
{
	struct conf_errors errors;
	struct node *node = NULL;

	conf_errors_init(&errors);
	if (file_parse("test.conf", text, len, &errors, &node) != ERR_OK)
		fail_msg("%s in: %s", buf_cstr(&errors.text), text);
	conf_errors_fini(&errors);
	return node;
}

static void
expect_equal(const struct node *a, const struct node *b)
{
	assert_int_equal(a->type, b->type);
	assert_int_equal(a->name != NULL, b->name != NULL);
	if (a->name != NULL)
		assert_string_equal(a->name, b->name);
	if (a->type != NODE_FLOAT)
		assert_int_equal(a->num, b->num);
	if (a->type == NODE_STRING)
		assert_string_equal(a->str, b->str);
	assert_int_equal(a->len, b->len);
	for (size_t i = 0; i < a->len; i++)
		expect_equal(&a->children[i], &b->children[i]);
}

static void
expect_same_again(const struct node *root)
{
	struct buf text;

	buf_init(&text, 1024 * 1024);
	assert_int_equal(write_conf(root, &text), ERR_OK);
	struct node *again = parse(buf_cstr(&text), text.len);
	expect_equal(root, again);
	file_free(again);
	buf_fini(&text);
}

static void
test_texts_come_back(UNUSED void **state)
{
	static const char *const texts[] = {
	    "",
	    "a = 1;",
	    "a = -2147483648; b = 2147483647; c = 2147483648L; d = -9223372036854775807L;",
	    "a = 0x10; t = true; f = false; g = 1.5;",
	    "a = ( ); b = [ ]; c = { };",
	    "a = [ \"x\" ]; b = ( 1, \"x\", true, { c = ( ( 1 ), [ 2 ] ); } );",
	    "name-with_dashes* = \"quo\\\"te, back\\\\slash, tab\\t, line\\n, return\\r, "
	    "form\\f\";",
	    "a = \"\\x01\\x7f\\x1b\"; b = \"gr\xc3\xbc\xc3\x9f\"; c = \"one \" \"two\";",
	    "a = \"# no comment // none /* either */\"; b = \"@include\";",
	    "a = { b = { c = { d = ( { e = \"deep\"; } ); }; }; };",
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct node *root = parse(texts[i], strlen(texts[i]));

		expect_same_again(root);
		file_free(root);
	}
}

static void
test_every_byte(UNUSED void **state)
{
	char text[600];
	size_t len = 0;

	for (int round = 0; round < 2; round++)
		for (int c = 1; c < 256; c++)
			text[len++] = (char)c;
	text[len] = '\0';
	struct node child = {.type = NODE_STRING, .name = (char[]){"a"}, .str = text};
	struct node root = {.type = NODE_GROUP, .children = &child, .len = 1};

	expect_same_again(&root);
}

/* Cut wherever a line ends, also behind a backslash and in the middle of a hexadecimal escape. */
static void
test_long_texts(UNUSED void **state)
{
	char text[400];
	struct node child = {.type = NODE_STRING, .name = (char[]){"a"}, .str = text};
	struct node root = {.type = NODE_GROUP, .children = &child, .len = 1};

	for (size_t len = 60; len < sizeof(text) - 1; len++) {
		memset(text, 'x', len);
		text[len] = '\0';
		for (size_t i = len % 7; i + 3 < len; i += 5) {
			text[i] = '\\';
			text[i + 1] = '\x02';
			text[i + 2] = '"';
		}
		expect_same_again(&root);
	}
}

static void
test_layout(UNUSED void **state)
{
	static const char wanted[] = "a = (\n"
				     "\t{\n"
				     "\t\tname = \"x\";\n"
				     "\t\tlist = [ \"p\", \"q\" ];\n"
				     "\t}\n"
				     ");\n"
				     "n = 5;\n";
	struct node *root = parse(wanted, strlen(wanted));
	struct buf text;

	buf_init(&text, 4096);
	assert_int_equal(write_conf(root, &text), ERR_OK);
	assert_string_equal(buf_cstr(&text), wanted);
	buf_fini(&text);
	file_free(root);
}

static void
test_limit(UNUSED void **state)
{
	static const char long_text[] = "a = \"0123456789012345678901234567890123456789\";";
	struct node *root = parse(long_text, strlen(long_text));
	struct buf text;

	buf_init(&text, 10);
	assert_int_equal(write_conf(root, &text), ERR_LIMIT);
	buf_fini(&text);
	file_free(root);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_texts_come_back),
	    cmocka_unit_test(test_every_byte),
	    cmocka_unit_test(test_long_texts),
	    cmocka_unit_test(test_layout),
	    cmocka_unit_test(test_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
