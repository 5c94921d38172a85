/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of standard access lists. */
#include <stdio.h>
#include <stdlib.h>

#include "conf/acl.h"
#include "tests/unit/conf_help.h"

static const struct {
	const char *text;
	enum err err;
	bool permit;
	const char *network; /* NULL: any */
} cases[] = {
    {"permit 10.0.0.0 255.0.0.0", ERR_OK, true, "10.0.0.0/8"},
    {"deny 10.1.0.0 255.255.0.0", ERR_OK, false, "10.1.0.0/16"},
    {"permit 10.0.0.0/8", ERR_OK, true, "10.0.0.0/8"},
    {"permit host 10.1.2.3", ERR_OK, true, "10.1.2.3/32"},
    {"  permit\thost   2001:db8::1 ", ERR_OK, true, "2001:db8::1/128"},
    {"permit 2001:db8::/32", ERR_OK, true, "2001:db8::/32"},
    {"permit 0.0.0.0 0.0.0.0", ERR_OK, true, "0.0.0.0/0"},
    {"permit ::/0", ERR_OK, true, "::/0"},
    {"permit any", ERR_OK, true, NULL},
    {"deny any", ERR_OK, false, NULL},
    {"permit 10.0.0.1 255.0.0.0", ERR_RANGE, false, NULL},
    {"permit 2001:db8::1/32", ERR_RANGE, false, NULL},
    {"permit 10.0.0.0 255.0.255.0", ERR_RANGE, false, NULL},
    {"permit 10.0.0.0/33", ERR_SYNTAX, false, NULL},
    {"permit 10.0.0.0", ERR_SYNTAX, false, NULL},
    {"permit 10.0.0.0/8 255.0.0.0", ERR_SYNTAX, false, NULL},
    {"permit 10.0.0.0 255.0.0.0 log", ERR_SYNTAX, false, NULL},
    {"permit host", ERR_SYNTAX, false, NULL},
    {"permit host 10.0.0.0/8", ERR_SYNTAX, false, NULL},
    {"permit any any", ERR_SYNTAX, false, NULL},
    {"allow any", ERR_SYNTAX, false, NULL},
    {"PERMIT any", ERR_SYNTAX, false, NULL},
    {"permit", ERR_SYNTAX, false, NULL},
    {"", ERR_SYNTAX, false, NULL},
    {" ", ERR_SYNTAX, false, NULL},
};

static void
rules_are_parsed(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct acl_rule rule;
		char text[IP_STR_MAX];
		enum err err = acl_rule_parse(cases[i].text, &rule);

		/* Which of the two errors a bad prefix earns is ip.c's business. */
		if (cases[i].err == ERR_OK ? err != ERR_OK : err != ERR_RANGE && err != ERR_SYNTAX)
			fail_msg("\"%s\", expected %s, got %s", cases[i].text,
			    err_str(cases[i].err), err_str(err));
		if (err != ERR_OK)
			continue;
		assert_int_equal(rule.permit, cases[i].permit);
		assert_int_equal(rule.any, cases[i].network == NULL);
		if (cases[i].network != NULL)
			assert_string_equal(ip_prefix_str(&rule.prefix, text), cases[i].network);
	}
}

static void
a_long_rule_is_refused(void **state)
{
	char text[4096];
	struct acl_rule rule;

	(void)state;
	memset(text, ' ', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	memcpy(text, "permit any", 10);
	assert_int_equal(acl_rule_parse(text, &rule), ERR_SYNTAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rules_are_parsed),
	    cmocka_unit_test(a_long_rule_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
