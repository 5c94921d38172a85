/* SPDX-License-Identifier: Apache-2.0 */
/* Which tunnel group a client is in (asa.md 3), as a table; with and without the list. */
#include "tests/unit/auth_help.h"

#include "auth/group.h"

#define GROUPS(list)                                                                               \
	"webvpn = { tunnel-group-list = " list "; };\n"                                            \
	"tunnel-groups = (\n"                                                                      \
	" { name = \"Staff\"; webvpn-attributes = { group-alias = ( { name = \"Our Staff\"; } "    \
	");\n"                                                                                     \
	"    group-url = ( { url = \"https://gw.example.com/Staff\"; },\n"                         \
	"     { url = \"https://staff.example.com:8443/\"; } ); }; },\n"                           \
	" { name = \"Eng\"; webvpn-attributes = { group-alias = ( { name = \"eng\"; },\n"          \
	"    { name = \"off\"; enable = false; } );\n"                                             \
	"    group-url = ( { url = \"https://gw.example.com/ENG/\"; },\n"                          \
	"     { url = \"https://gw.example.com/OFF\"; enable = false; },\n"                        \
	"     { url = \"https://[2001:db8::1]/six\"; } ); }; } );\n"

struct row {
	const char *url, *host, *path, *select;
	const char *group, *alias;
	bool list;
};

static const struct row listed[] = {
    /* group-url: no list */
    {"https://gw.example.com/Staff", "", "", "", "Staff", "Our Staff", false},
    {"https://GW.Example.COM/sTAFF/", "", "", "", "Staff", "Our Staff", false},
    {"https://gw.example.com:443/Staff", "", "", "", "Staff", "Our Staff", false},
    {"gw.example.com/Staff", "", "", "", "Staff", "Our Staff", false},
    {"https://gw.example.com/Staff?secret=1", "", "", "", "Staff", "Our Staff", false},
    {"https://gw/ENG", "", "", "", "Eng", "eng", false}, /* another name of ours */
    {"https://192.0.2.1:4443/eng", "", "", "", "Eng", "eng", false},
    {"https://[2001:db8::1]/six", "", "", "", "Eng", "eng", false},
    {"https://staff.example.com:8443", "", "", "", "Staff", "Our Staff", false},
    {"", "gw.example.com", "/ENG", "", "Eng", "eng",
	false}, /* no group-access: the request counts */
    {"https://gw.example.com/Staff", "", "", "eng", "Staff", "Our Staff",
	false}, /* URL beats choice */
    /* a host without a path must be the very host and port */
    {"https://staff.example.com/", "", "", "", "Staff", "Our Staff", true},
    {"https://other.example.com:8443/", "", "", "", "Staff", "Our Staff", true},
    /* disabled ones */
    {"https://gw.example.com/OFF", "", "", "", "Staff", "Our Staff", true},
    {"https://gw.example.com/", "", "", "off", "Staff", "Our Staff", true},
    /* alias chosen, alias as path */
    {"https://gw.example.com/", "", "", "eng", "Eng", "eng", true},
    {"https://gw.example.com/", "", "", "ENG", "Eng", "eng", true},
    {"https://gw.example.com/", "", "", "our staff", "Staff", "Our Staff", true},
    {"https://gw.example.com/our%20staff", "", "", "", "Staff", "Our Staff", true},
    {"https://gw.example.com/our%20staff", "", "", "eng", "Eng", "eng", true},
    /* default: DefaultWEBVPNGroup has no alias, so the first of the list */
    {"https://gw.example.com/", "", "", "", "Staff", "Our Staff", true},
    {"https://gw.example.com/", "", "", "nonsense", "Staff", "Our Staff", true},
    {"https://gw.example.com/nonsense", "", "", "", "Staff", "Our Staff", true},
    {"", "", "", "", "Staff", "Our Staff", true},
    /* hostile */
    {"ftp://gw.example.com/Staff", "", "", "", "Staff", "Our Staff", true},
    {"https://gw.example.com:99999/ENG", "", "", "", "Staff", "Our Staff", true},
    {"https://gw.example.com:/ENG", "", "", "", "Eng", "eng", false},
    {"https://]:[/x", "", "", "", "Staff", "Our Staff", true},
    {"://", "", "", "", "Staff", "Our Staff", true},
    {"https://gw.example.com/%zz%00%e", "", "", "", "Staff", "Our Staff", true},
    {"/", "", "", "", "Staff", "Our Staff", true},
};

static const struct row unlisted[] = {
    {"https://gw.example.com/", "", "", "", "DefaultWEBVPNGroup", NULL, false},
    {"https://gw.example.com/", "", "", "eng", "Eng", "eng", false},
    {"https://gw.example.com/ENG", "", "", "", "Eng", "eng", false},
    {"https://gw.example.com/nonsense", "", "", "nonsense", "DefaultWEBVPNGroup", NULL, false},
};

static void
run(const char *groups, const struct row *rows, size_t len)
{
	const struct world_file files[] = {
	    {"tunnel-groups.conf", groups},
	    {"users.conf",
		"usernames = ( { name = \"alice\"; password = \"" HELP_HASH "\"; } );\n"},
	    {"group-policies.conf", "group-policies = ( );\n"},
	};
	struct conf *conf = world_conf(files, ARRAY_LEN(files));

	for (size_t i = 0; i < len; i++) {
		const struct row *row = &rows[i];
		struct group_choice choice;

		group_resolve(conf, row->url, row->host, row->path, row->select, &choice);
		const char *name = conf_str(choice.group, TG_NAME);
		bool alias_ok = row->alias == NULL
				    ? choice.alias == NULL
				    : choice.alias != NULL && strcmp(choice.alias, row->alias) == 0;
		if (strcmp(name, row->group) != 0 || !alias_ok || choice.list != row->list)
			fail_msg("FAIL: url '%s' path '%s' select '%s': expected %s/%s list %d, "
				 "got %s/%s list %d",
			    row->url, row->path, row->select, row->group, row->alias, row->list,
			    name, choice.alias, choice.list);
	}
	conf_unref(conf);
}

static void
test_listed(void **state)
{
	(void)state;
	run(GROUPS("true"), listed, ARRAY_LEN(listed));
}

static void
test_unlisted(void **state)
{
	(void)state;
	run(GROUPS("false"), unlisted, ARRAY_LEN(unlisted));
}

static void
test_long(void **state)
{
	static char url[4096];
	struct conf *conf = world_conf(NULL, 0);
	struct group_choice choice;

	(void)state;
	memset(url, 'a', sizeof(url) - 1);
	memcpy(url, "https://", 8);
	group_resolve(conf, url, url, url, url, &choice);
	assert_string_equal(conf_str(choice.group, TG_NAME), "Staff");
	url[20] = '/';
	group_resolve(conf, url, url, url, url, &choice);
	assert_string_equal(conf_str(choice.group, TG_NAME), "Staff");
	conf_unref(conf);
}

static void
test_aliases(void **state)
{
	struct conf *conf = world_conf(NULL, 0);
	const char *names[8];

	(void)state;
	assert_int_equal(group_aliases(conf, names, 8), 2);
	assert_string_equal(names[0], "staff");
	assert_string_equal(names[1], "partners");
	names[1] = NULL;
	assert_int_equal(group_aliases(conf, names, 1), 2);
	assert_null(names[1]);
	conf_unref(conf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_listed),
	    cmocka_unit_test(test_unlisted),
	    cmocka_unit_test(test_long),
	    cmocka_unit_test(test_aliases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
