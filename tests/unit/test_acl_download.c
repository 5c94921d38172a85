/* SPDX-License-Identifier: Apache-2.0 */
/* conf/acl_download.c: lines of RADIUS servers as access lists, masks of either kind, what is
 * refused and with which words. */
#include "tests/unit/conf_help.h"

#include "conf/acl.h"
#include "conf/acl_download.h"
#include "conf/row.h"

#define LISTS                                                                                      \
	"object-groups = ( { name = \"G\"; type = \"network\"; members = [ \"network-object host " \
	"10.1.1.1\", \"network-object host 10.1.1.2\" ]; } );\n"

static struct conf *conf;

static int
setup(void **state)
{
	(void)state;
	conf = help_load_fine("group-policies.conf",
	    "group-policies = ( { name = \"Staff\"; } );\n"
	    "ip-local-pools = ( { name = \"POOL\"; range = "
	    "\"192.168.100.1-192.168.100.200\"; } );\n" LISTS);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	conf_unref(conf);
	return 0;
}

/* One line, and what becomes of it: its text in the list, or a part of the reason. */
static const struct {
	enum acl_masks masks;
	const char *line;
	const char *text;
	const char *why;
} cases[] = {
    {ACL_MASKS_STANDARD, "permit ip any any", "permit ip any any", NULL},
    {ACL_MASKS_STANDARD, "  deny   ip any\tany  log ", "deny ip any any log", NULL},
    {ACL_MASKS_STANDARD, "extended permit tcp any host 10.1.1.1 eq 443",
	"permit tcp any host 10.1.1.1 eq 443", NULL},
    {ACL_MASKS_STANDARD, "permit tcp any 10.0.0.0 255.255.255.0 eq www",
	"permit tcp any 10.0.0.0 255.255.255.0 eq www", NULL},
    {ACL_MASKS_STANDARD, "permit ip any 10.0.0.0 0.0.0.255", NULL, "is no network"},
    {ACL_MASKS_STANDARD, "remark  as it is  0.0.0.255 \x01", "remark  as it is  0.0.0.255 ?", NULL},
    {ACL_MASKS_STANDARD, "permit ip any6 host 2001:db8::1", "permit ip any6 host 2001:db8::1",
	NULL},
    {ACL_MASKS_STANDARD, "permit tcp any6 2001:db8::/32 range 80 90",
	"permit tcp any6 2001:db8::/32 range 80 90", NULL},
    {ACL_MASKS_STANDARD, "permit tcp any object-group G eq 80",
	"permit tcp any object-group G eq 80", NULL},
    {ACL_MASKS_STANDARD, "permit tcp any object-group X eq 80", NULL, "X"},
    {ACL_MASKS_STANDARD, "permit icmp any any echo", "permit icmp any any echo", NULL},
    {ACL_MASKS_WILDCARD, "permit tcp 10.1.0.0 0.0.255.255 10.0.0.0 0.0.0.255 eq 80",
	"permit tcp 10.1.0.0 255.255.0.0 10.0.0.0 255.255.255.0 eq 80", NULL},
    {ACL_MASKS_WILDCARD, "permit ip any 10.1.1.1 0.0.0.0", "permit ip any 10.1.1.1 255.255.255.255",
	NULL},
    {ACL_MASKS_WILDCARD, "permit ip any 0.0.0.0 255.255.255.255", "permit ip any 0.0.0.0 0.0.0.0",
	NULL},
    {ACL_MASKS_WILDCARD, "permit ip any 10.0.0.0 255.255.255.0", NULL, "is no network"},
    {ACL_MASKS_WILDCARD, "permit ip any 10.0.0.0 0.0.255.1", NULL, "is no network"},
    {ACL_MASKS_WILDCARD, "permit ip host 10.0.0.0 host 10.1.1.1",
	"permit ip host 10.0.0.0 host 10.1.1.1", NULL},
    {ACL_MASKS_AUTO, "permit ip any 10.0.0.0 0.0.0.255", "permit ip any 10.0.0.0 255.255.255.0",
	NULL},
    {ACL_MASKS_AUTO, "permit ip any 10.0.0.0 255.255.255.0", "permit ip any 10.0.0.0 255.255.255.0",
	NULL},
    {ACL_MASKS_AUTO, "permit ip any 10.1.1.1 255.255.255.255",
	"permit ip any 10.1.1.1 255.255.255.255", NULL},
    {ACL_MASKS_AUTO, "permit ip any 10.1.1.1 0.0.0.0", "permit ip any 10.1.1.1 255.255.255.255",
	NULL},
    {ACL_MASKS_AUTO, "permit ip any 0.0.0.0 0.0.0.0", "permit ip any 0.0.0.0 0.0.0.0", NULL},
    {ACL_MASKS_AUTO, "permit ip any 10.0.0.0 255.0.255.0", NULL, "is no network"},
    {ACL_MASKS_STANDARD, "", NULL, "rule 1 \"\": is empty"},
    {ACL_MASKS_STANDARD, "extended", NULL, "begin the rule with permit or deny"},
    {ACL_MASKS_STANDARD, "allow ip any any", NULL, "\"allow\" is no action"},
    {ACL_MASKS_STANDARD, "permit tcp any", NULL, "destination"},
    {ACL_MASKS_STANDARD, "permit tcp any host", NULL, "no address"},
    {ACL_MASKS_STANDARD, "permit ip any host 10.1.1.1 eq 80", NULL, "one word too many"},
    {ACL_MASKS_STANDARD, "permit tcp any 10.0.0.0", NULL, "needs a netmask"},
};

static void
lines_become_rules(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char *line = (char *)cases[i].line;
		struct conf_object *list;
		char *const *rules;
		struct buf why;

		buf_init(&why, 4096);
		enum err err = acl_download(conf, "L", &line, 1, cases[i].masks, &list, &why);
		if (cases[i].why != NULL) {
			if (err != ERR_SYNTAX || strstr(buf_cstr(&why), cases[i].why) == NULL)
				fail_msg("\"%s\": expected \"%s\", got %s: \"%s\"", line,
				    cases[i].why, err_str(err), buf_cstr(&why));
			assert_null(list);
		} else if (err != ERR_OK) {
			fail_msg("\"%s\": expected a rule, got: %s", line, buf_cstr(&why));
		} else {
			assert_int_equal(conf_list(list, ACL_RULES, &rules), 1);
			assert_string_equal(rules[0], cases[i].text);
		}
		row_object_free(list);
		buf_fini(&why);
	}
}

static void
it_is_a_list_like_others(void **state)
{
	char *lines[] = {(char *)"remark first", (char *)"permit tcp any object-group G",
	    (char *)"deny ip any any"};
	struct conf_object *list;
	struct buf why;
	struct acl acl;

	(void)state;
	buf_init(&why, 4096);
	assert_int_equal(acl_download(conf, "#ACSACL#-IP-A b-1", lines, ARRAY_LEN(lines),
			     ACL_MASKS_STANDARD, &list, &why),
	    ERR_OK);
	assert_int_equal(list->kind, CONF_ACCESS_LIST);
	assert_string_equal(conf_str(list, ACL_NAME), "#ACSACL#-IP-A b-1");
	assert_string_equal(conf_str(list, ACL_TYPE), "extended");
	assert_int_equal(acl_compile(conf, list, &acl, &why), ERR_OK);
	assert_int_equal(acl.len, 3);
	assert_int_equal(acl.entries[0].line, 2);
	assert_int_equal(acl.entries[2].line, 3);
	acl_fini(&acl);
	row_object_free(list);
	/* No lines: nothing passes. */
	assert_int_equal(acl_download(conf, "L", NULL, 0, ACL_MASKS_AUTO, &list, &why), ERR_OK);
	assert_int_equal(acl_compile(conf, list, &acl, &why), ERR_OK);
	assert_int_equal(acl.len, 0);
	acl_fini(&acl);
	row_object_free(list);
	buf_fini(&why);
}

static void
every_bad_line_is_told(void **state)
{
	char *lines[] = {(char *)"permit ip any any", (char *)"nonsense", (char *)"deny ip any any",
	    (char *)"permit tcp any\x1b[2J"};
	char *many[20];
	struct conf_object *list;
	struct buf why;
	size_t told = 0;

	(void)state;
	buf_init(&why, 8192);
	assert_int_equal(
	    acl_download(conf, "L", lines, 4, ACL_MASKS_STANDARD, &list, &why), ERR_SYNTAX);
	assert_non_null(strstr(buf_cstr(&why), "rule 2 \"nonsense\": "));
	assert_non_null(strstr(buf_cstr(&why), "\nrule 4 \"permit tcp any?[2J\": "));
	assert_null(strchr(buf_cstr(&why), '\x1b'));
	buf_reset(&why);
	/* Not more than a few. */
	for (size_t i = 0; i < ARRAY_LEN(many); i++)
		many[i] = (char *)"nonsense";
	assert_int_equal(
	    acl_download(conf, "L", many, ARRAY_LEN(many), ACL_MASKS_STANDARD, &list, &why),
	    ERR_SYNTAX);
	for (const char *p = buf_cstr(&why); p != NULL; p = strchr(p + 1, '\n'))
		told++;
	assert_int_equal(told, 8);
	buf_fini(&why);
}

static void
limits(void **state)
{
	static char line[1200];
	char *lines[] = {line};
	struct conf_object *list;
	struct buf why;

	(void)state;
	memset(line, 'x', sizeof(line) - 1);
	buf_init(&why, 8192);
	assert_int_equal(
	    acl_download(conf, "L", lines, 1, ACL_MASKS_STANDARD, &list, &why), ERR_SYNTAX);
	assert_non_null(strstr(buf_cstr(&why), "longer than"));
	assert_int_equal(
	    acl_download(conf, "L", lines, 16385, ACL_MASKS_STANDARD, &list, &why), ERR_LIMIT);
	buf_fini(&why);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lines_become_rules),
	    cmocka_unit_test(it_is_a_list_like_others),
	    cmocka_unit_test(every_bad_line_is_told),
	    cmocka_unit_test(limits),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
