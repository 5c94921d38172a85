/* SPDX-License-Identifier: Apache-2.0 */
/* Changing one user leaves every other byte of users.conf as it was. */
#include <stdio.h>
#include <stdlib.h>

#include "conf/users_text.h"
#include "tests/unit/conf_help.h"

static const struct {
	const char *before;
	const char *user;
	const char *set; /* after users_text_set with hash "H" */
	bool added;
	const char *deleted; /* after users_text_delete; NULL: ERR_NOTFOUND */
} cases[] = {
    {"", "bob", "usernames = (\n\t{ name = \"bob\"; password = \"H\"; }\n);\n", true, NULL},
    {"# mine", "bob", "# mine\nusernames = (\n\t{ name = \"bob\"; password = \"H\"; }\n);\n", true,
	NULL},
    {"usernames = (\n);\n", "bob", "usernames = (\n\t{ name = \"bob\"; password = \"H\"; }\n);\n",
	true, NULL},
    {"usernames = ( );", "a\"b\\c",
	"usernames = ( \n\t{ name = \"a\\\"b\\\\c\"; password = \"H\"; }\n);", true, NULL},
    {"usernames = ( { name = \"bob\"; password = \"x\"; } );\n", "bob",
	"usernames = ( { name = \"bob\"; password = \"H\"; } );\n", false, "usernames = (  );\n"},
    /* comments and attributes stay, whatever they say */
    {"usernames: ( # { name = \"bob\" }\n"
     "  { name = \"al\"; password = \"x\"; attributes = { name = \"bob\"; }; }, // first\n"
     "  { /* , */ password = \"y\" \"z\" /* old */; name = \"b\" \"ob\"; } # last\n"
     "  );\n",
	"bob",
	"usernames: ( # { name = \"bob\" }\n"
	"  { name = \"al\"; password = \"x\"; attributes = { name = \"bob\"; }; }, // first\n"
	"  { /* , */ password = \"H\" /* old */; name = \"b\" \"ob\"; } # last\n"
	"  );\n",
	false,
	"usernames: ( # { name = \"bob\" }\n"
	"  { name = \"al\"; password = \"x\"; attributes = { name = \"bob\"; }; } // first\n"
	"   # last\n"
	"  );\n"},
    {"usernames = (\n"
     "  { name = \"al\"; password = \"x\"; }, # first\n"
     "  { name = \"bob\"; password = \"y\"; } # last\n"
     "  );\n",
	"carol",
	"usernames = (\n"
	"  { name = \"al\"; password = \"x\"; }, # first\n"
	"  { name = \"bob\"; password = \"y\"; }, # last\n"
	"\t{ name = \"carol\"; password = \"H\"; }\n"
	"  );\n",
	true, NULL},
    {"usernames = (\n"
     "  { name = \"al\"; password = \"x\"; },\n"
     "  { name = \"bob\"; password = \"y\"; }\n"
     ");\n",
	"al",
	"usernames = (\n"
	"  { name = \"al\"; password = \"H\"; },\n"
	"  { name = \"bob\"; password = \"y\"; }\n"
	");\n",
	false,
	"usernames = (\n"
	"  { name = \"bob\"; password = \"y\"; }\n"
	");\n"},
    {"usernames = ( { name = \"bob\"; attributes = { }; } );\n", "bob",
	"usernames = ( { name = \"bob\"; password = \"H\"; attributes = { }; } );\n", false,
	"usernames = (  );\n"},
    {"usernames = ( { name = \"b\" \"ob\" } );\n", "bob",
	"usernames = ( { name = \"b\" \"ob\"; password = \"H\" } );\n", false,
	"usernames = (  );\n"},
    {"usernames = ( { name = \"al\"; password = \"x\"; } /* the comma: */ , { name = \"b\"; "
     "password = \"y\"; } );\n",
	"al",
	"usernames = ( { name = \"al\"; password = \"H\"; } /* the comma: */ , { name = \"b\"; "
	"password = \"y\"; } );\n",
	false, "usernames = (  /* the comma: */  { name = \"b\"; password = \"y\"; } );\n"},
};

static void
everything_else_stays(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		size_t len = strlen(cases[i].before);
		bool added = !cases[i].added;
		struct buf out;

		buf_init(&out, 65536);
		assert_int_equal(
		    users_text_set(cases[i].before, len, cases[i].user, "H", &out, &added), ERR_OK);
		assert_string_equal(buf_cstr(&out), cases[i].set);
		assert_int_equal(added, cases[i].added);
		buf_reset(&out);
		enum err err = users_text_delete(cases[i].before, len, cases[i].user, &out);
		assert_int_equal(err, cases[i].deleted != NULL ? ERR_OK : ERR_NOTFOUND);
		if (cases[i].deleted != NULL)
			assert_string_equal(buf_cstr(&out), cases[i].deleted);
		buf_fini(&out);
	}
}

static void
what_was_written_can_be_read(void **state)
{
	static const char *const users[] = {"al", "bo\"b\\", "J\303\266rg", "carol x"};
	struct buf text, out;
	struct conf_errors errors;
	bool added;

	(void)state;
	buf_init(&text, 65536);
	conf_errors_init(&errors);
	for (size_t i = 0; i < ARRAY_LEN(users); i++) {
		buf_init(&out, 65536);
		assert_int_equal(
		    users_text_set(buf_cstr(&text), text.len, users[i], HELP_HASH, &out, &added),
		    ERR_OK);
		buf_fini(&text);
		text = out;
		if (conf_check_text("users.conf", buf_cstr(&text), text.len, &errors) != ERR_OK)
			fail_msg("expected a valid file, got: %s", buf_cstr(&errors.text));
	}
	struct conf *conf = help_load_fine("users.conf", buf_cstr(&text));
	for (size_t i = 0; i < ARRAY_LEN(users); i++) {
		const struct conf_object *user = conf_find(conf, CONF_USERNAME, users[i]);

		assert_non_null(user);
		assert_string_equal(conf_str(user, USER_PASSWORD), HELP_HASH);
	}
	conf_unref(conf);
	for (size_t i = 0; i < ARRAY_LEN(users); i++) {
		buf_init(&out, 65536);
		assert_int_equal(
		    users_text_delete(buf_cstr(&text), text.len, users[i], &out), ERR_OK);
		buf_fini(&text);
		text = out;
		assert_int_equal(
		    conf_check_text("users.conf", buf_cstr(&text), text.len, &errors), ERR_OK);
	}
	assert_string_equal(buf_cstr(&text), "usernames = (\n);\n");
	buf_fini(&text);
	conf_errors_fini(&errors);
}

static void
a_strange_text_is_refused(void **state)
{
	static const char *const texts[] = {"usernames = 5;", "usernames = ( 5 );",
	    "usernames = ( { name = \"bob\"; );", "usernames = (", "usernames = ( {",
	    "usernames = ( { name = \"bob\"; password = 5; } );"};
	bool added;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct buf out;

		buf_init(&out, 65536);
		assert_int_equal(
		    users_text_set(texts[i], strlen(texts[i]), "bob", "H", &out, &added),
		    ERR_SYNTAX);
		buf_fini(&out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(everything_else_stays),
	    cmocka_unit_test(what_was_written_can_be_read),
	    cmocka_unit_test(a_strange_text_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
