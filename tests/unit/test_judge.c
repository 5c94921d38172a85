/* SPDX-License-Identifier: Apache-2.0 */
/* What refuses a login whose password is right, and in which order. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "conf/judge.h"
#include "tests/unit/conf_world.h"

#define MONDAY_NOON 1783339200 /* 6 July 2026, 12:00 UTC */

static const char groups[] = "tunnel-groups = ( { name = \"Open\"; }, { name = \"Other\"; },\n"
			     "  { name = \"Closed\"; general-attributes = { "
			     "authentication-server-group = \"ISE\"; }; } );\n";

#define ISE "aaa-server-groups = ( { name = \"ISE\"; hosts = ( { address = \"192.0.2.1\"; } ); } );"

static const struct {
	const char *group;
	const char *attributes; /* of DfltGrpPolicy */
	enum judge_verdict verdict;
} rows[] = {
    {"Open", "", JUDGE_OK},
    {"Closed", "", JUDGE_CLOSED},
    {"Open", "group-lock = \"Open\";", JUDGE_OK},
    {"Open", "group-lock = \"none\";", JUDGE_OK},
    {"Open", "group-lock = \"Other\";", JUDGE_GROUP_LOCK},
    {"Open", "vpn-tunnel-protocol = [ \"ikev2\", \"ssl-client\" ];", JUDGE_OK},
    {"Open", "vpn-tunnel-protocol = [ \"ikev2\", \"ssl-clientless\" ];", JUDGE_NO_PROTOCOL},
    {"Open", "vpn-simultaneous-logins = 1;", JUDGE_OK},
    {"Open", "vpn-simultaneous-logins = 0;", JUDGE_NO_LOGINS},
    {"Open", "vpn-access-hours = \"work\";", JUDGE_OK},
    {"Open", "vpn-access-hours = \"night\";", JUDGE_HOURS},
    {"Open", "vpn-access-hours = \"none\";", JUDGE_OK},
    /* the order */
    {"Closed", "group-lock = \"Other\"; vpn-tunnel-protocol = [ \"ikev2\" ];", JUDGE_CLOSED},
    {"Open", "group-lock = \"Other\"; vpn-tunnel-protocol = [ \"ikev2\" ];", JUDGE_GROUP_LOCK},
    {"Open", "vpn-tunnel-protocol = [ \"ikev2\" ]; vpn-simultaneous-logins = 0;",
	JUDGE_NO_PROTOCOL},
    {"Open", "vpn-simultaneous-logins = 0; vpn-access-hours = \"night\";", JUDGE_NO_LOGINS},
};

static void
test_judge(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char policies[1024];

		snprintf(policies, sizeof(policies),
		    "group-policies = ( { name = \"DfltGrpPolicy\"; attributes = { %s }; } );\n"
		    "time-ranges = ( { name = \"work\"; periodic = \"daily 8:00 to 17:00\"; },\n"
		    "  { name = \"night\"; periodic = \"daily 20:00 to 23:00\"; } );\n",
		    rows[i].attributes);
		const struct conf_world_file files[] = {{"tunnel-groups.conf", groups},
		    {"group-policies.conf", policies}, {"aaa.conf", ISE}};
		struct conf *conf = conf_world(files, ARRAY_LEN(files));
		const struct conf_object *group = conf_find(conf, CONF_TUNNEL_GROUP, rows[i].group);
		struct inherit inherit;

		inherit_merge(conf, group, NULL, NULL, &inherit);
		enum judge_verdict got = judge_login(conf, group, &inherit, MONDAY_NOON);
		if (got != rows[i].verdict)
			fail_msg("FAIL: %s with '%s', expected '%s', got '%s'", rows[i].group,
			    rows[i].attributes, judge_text(rows[i].verdict), judge_text(got));
		conf_unref(conf);
	}
}

/* What is known before anybody is. */
static void
test_group(void **state)
{
	static const struct {
		const char *general;    /* of the tunnel group */
		const char *attributes; /* of DfltGrpPolicy */
		const char *user;       /* attributes of one of the users */
		enum judge_verdict verdict;
	} cases[] = {
	    {"", "", "", JUDGE_OK},
	    {"authentication-server-group = \"KEYLESS\";", "", "", JUDGE_CLOSED},
	    {"authentication-server-group = \"KEYLESS\";", "", "vpn-group-policy = \"Other\";",
		JUDGE_CLOSED},
	    {"", "vpn-simultaneous-logins = 0;", "", JUDGE_NO_LOGINS},
	    {"", "vpn-tunnel-protocol = [ \"ikev2\" ];", "", JUDGE_NO_PROTOCOL},
	    {"", "vpn-access-hours = \"night\";", "", JUDGE_HOURS},
	    {"", "vpn-access-hours = \"work\";", "", JUDGE_OK},
	    {"", "group-lock = \"Elsewhere\";", "", JUDGE_GROUP_LOCK},
	    {"default-group-policy = \"Other\";", "vpn-simultaneous-logins = 0;", "",
		JUDGE_NO_LOGINS},
	    {"default-group-policy = \"Open\";", "vpn-simultaneous-logins = 0;", "", JUDGE_OK},
	    /* One user may be another matter. */
	    {"", "vpn-simultaneous-logins = 0;", "vpn-simultaneous-logins = 1;", JUDGE_OK},
	    {"", "vpn-simultaneous-logins = 0;", "vpn-group-policy = \"Open\";", JUDGE_OK},
	    {"", "vpn-access-hours = \"night\";", "vpn-access-hours = \"none\";", JUDGE_OK},
	    {"", "vpn-simultaneous-logins = 0;", "vpn-idle-timeout = 5;", JUDGE_NO_LOGINS},
	    /* Servers may say so of any. */
	    {"authentication-server-group = \"ISE\";", "vpn-simultaneous-logins = 0;", "",
		JUDGE_OK},
	    {"authorization-server-group = \"ISE\";", "vpn-simultaneous-logins = 0;", "", JUDGE_OK},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char group[512], policies[1024], users[512];

		snprintf(group, sizeof(group),
		    "tunnel-groups = ( { name = \"Elsewhere\"; }, { name = \"G\"; "
		    "general-attributes = { %s }; } );\n",
		    cases[i].general);
		snprintf(policies, sizeof(policies),
		    "group-policies = ( { name = \"DfltGrpPolicy\"; attributes = { %s }; }, { name "
		    "= \"Other\"; }, { name = \"Open\"; attributes = { vpn-simultaneous-logins = "
		    "3; "
		    "}; } );\n"
		    "time-ranges = ( { name = \"work\"; periodic = \"daily 8:00 to 17:00\"; },\n"
		    "  { name = \"night\"; periodic = \"daily 20:00 to 23:00\"; } );\n",
		    cases[i].attributes);
		snprintf(users, sizeof(users),
		    "usernames = ( { name = \"a\"; }, { name = \"b\"; attributes = { %s }; } );\n",
		    cases[i].user);
		const struct conf_world_file files[] = {{"tunnel-groups.conf", group},
		    {"group-policies.conf", policies}, {"users.conf", users},
		    {"aaa.conf",
			"aaa-server-groups = ( { name = \"KEYLESS\"; hosts = ( { address = "
			"\"192.0.2.1\"; } ); }, { name = \"ISE\"; hosts = ( { address = "
			"\"192.0.2.1\"; key = \"secret\"; } ); } );"}};
		struct conf *conf = conf_world(files, ARRAY_LEN(files));
		enum judge_verdict got =
		    judge_group(conf, conf_find(conf, CONF_TUNNEL_GROUP, "G"), MONDAY_NOON);

		if (got != cases[i].verdict)
			fail_msg("FAIL: case %zu, expected '%s', got '%s'", i,
			    judge_text(cases[i].verdict), judge_text(got));
		conf_unref(conf);
	}
}

static void
test_text(void **state)
{
	(void)state;
	for (enum judge_verdict v = JUDGE_OK; v <= JUDGE_HOURS; v++)
		assert_string_not_equal(judge_text(v), "unknown");
	assert_string_equal(judge_text(JUDGE_HOURS + 1), "unknown");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_judge),
	    cmocka_unit_test(test_group),
	    cmocka_unit_test(test_text),
	};

	if (setenv("TZ", "UTC0", 1) != 0)
		return 1;
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
