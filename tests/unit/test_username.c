/* SPDX-License-Identifier: Apache-2.0 */
/* strip-realm and strip-group (asa.md 1.1), for each delimiter. */
#include <stdio.h>

#include "conf/username.h"
#include "tests/unit/conf_world.h"

static struct conf *
load(const char *delimiter)
{
	char text[512];

	snprintf(text, sizeof(text),
	    "%s%s%s\n"
	    "tunnel-groups = ( { name = \"plain\"; },\n"
	    "  { name = \"realm\"; general-attributes = { strip-realm = true; }; },\n"
	    "  { name = \"group\"; general-attributes = { strip-group = %s; }; },\n"
	    "  { name = \"both\"; general-attributes = { strip-realm = true; strip-group = %s; "
	    "}; } );\n",
	    delimiter[0] != '\0' ? "group-delimiter = \"" : "", delimiter,
	    delimiter[0] != '\0' ? "\";" : "", delimiter[0] != '\0' ? "true" : "false",
	    delimiter[0] != '\0' ? "true" : "false");
	const struct conf_world_file files[] = {
	    {"tunnel-groups.conf", text}, {"group-policies.conf", "group-policies = ( );\n"}};
	return conf_world(files, ARRAY_LEN(files));
}

static const struct {
	const char *delimiter, *group, *name;
	const char *want; /* NULL: nothing is left */
} rows[] = {
    {"", "plain", "jane@corp.example#VPN", "jane@corp.example#VPN"},
    {"", "group", "jane#VPN", "jane#VPN"},
    {"", "realm", "jane@corp.example", "jane"},
    {"", "realm", "jane", "jane"},
    {"", "realm", "jane@a@b", "jane@a"},
    {"", "realm", "jane@", "jane"},
    {"", "realm", "@corp.example", NULL},
    {"#", "plain", "jane#VPN", "jane#VPN"},
    {"#", "group", "jane#VPN", "jane"},
    {"#", "group", "jane@corp.example#VPN", "jane@corp.example"},
    {"#", "group", "ja#ne#VPN", "ja#ne"},
    {"#", "group", "jane!VPN", "jane!VPN"},
    {"#", "group", "#VPN", NULL},
    {"#", "both", "jane@corp.example#VPN", "jane"},
    {"#", "both", "jane#VPN", "jane"},
    {"#", "both", "jane@corp.example", "jane"},
    {"#", "both", "@#", NULL},
    {"!", "group", "jane!VPN", "jane"},
    {"@", "group", "jane@VPN", "jane"},
    {"@", "both", "jane@corp.example@VPN", "jane"},
    {"@", "both", "jane@corp.example", "jane"},
};

static void
test_strip(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct conf *conf = load(rows[i].delimiter);
		const struct conf_object *group = conf_find(conf, CONF_TUNNEL_GROUP, rows[i].group);
		char out[65] = "";
		enum err err = username_strip(conf, group, rows[i].name, out, sizeof(out));

		if (rows[i].want == NULL ? err != ERR_SYNTAX
					 : err != ERR_OK || strcmp(out, rows[i].want) != 0)
			fail_msg("FAIL: '%s' in %s with '%s', expected '%s', got '%s' (%s)",
			    rows[i].name, rows[i].group, rows[i].delimiter, rows[i].want, out,
			    err_str(err));
		conf_unref(conf);
	}
}

static void
test_limits(void **state)
{
	struct conf *conf = load("#");
	const struct conf_object *group = conf_find(conf, CONF_TUNNEL_GROUP, "both");
	char out[5];

	(void)state;
	assert_int_equal(username_strip(conf, group, "jane", out, sizeof(out)), ERR_OK);
	/* What is cut away counts too: a name longer than any user's is nobody's. */
	assert_int_equal(username_strip(conf, group, "jan@x", out, sizeof(out)), ERR_LIMIT);
	assert_int_equal(username_strip(conf, group, "", out, sizeof(out)), ERR_SYNTAX);
	conf_unref(conf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_strip),
	    cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
