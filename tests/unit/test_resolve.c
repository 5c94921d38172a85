/* SPDX-License-Identifier: Apache-2.0 */
/* Which tunnel group a client is in (asa.md 3), as a table; with and without the list. */
#include "conf/resolve.h"
#include "tests/unit/conf_world.h"

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

/* What the daemon's other tests use too. */
#define SMALL                                                                                      \
	"webvpn = { tunnel-group-list = true; };\n"                                                \
	"tunnel-groups = (\n"                                                                      \
	" { name = \"Staff\"; webvpn-attributes = { group-alias = ( { name = \"staff\"; } ); }; "  \
	"},\n"                                                                                     \
	" { name = \"Partners\"; webvpn-attributes = { group-alias = (\n"                          \
	"    { name = \"partners\"; }, { name = \"hidden\"; enable = false; } ); }; } );\n"

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

static struct conf *
load(const char *groups)
{
	const struct conf_world_file files[] = {
	    {"tunnel-groups.conf", groups},
	    {"group-policies.conf", "group-policies = ( );\n"},
	};

	return conf_world(files, ARRAY_LEN(files));
}

static void
run(const char *groups, const struct row *rows, size_t len)
{
	struct conf *conf = load(groups);

	for (size_t i = 0; i < len; i++) {
		const struct row *row = &rows[i];
		struct resolve_choice choice;

		struct resolve_input input = {
		    .url = row->url, .host = row->host, .path = row->path, .select = row->select};

		resolve_group(conf, &input, &choice, NULL);
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
	struct conf *conf = load(SMALL);
	struct resolve_input input = {.url = url, .host = url, .path = url, .select = url};
	struct resolve_choice choice;

	(void)state;
	memset(url, 'a', sizeof(url) - 1);
	memcpy(url, "https://", 8);
	resolve_group(conf, &input, &choice, NULL);
	assert_string_equal(conf_str(choice.group, TG_NAME), "Staff");
	url[20] = '/';
	resolve_group(conf, &input, &choice, NULL);
	assert_string_equal(conf_str(choice.group, TG_NAME), "Staff");
	conf_unref(conf);
}

static void
test_aliases(void **state)
{
	struct conf *conf = load(SMALL);
	const char *names[8];

	(void)state;
	assert_int_equal(resolve_aliases(conf, names, 8), 2);
	assert_string_equal(names[0], "staff");
	assert_string_equal(names[1], "partners");
	names[1] = NULL;
	assert_int_equal(resolve_aliases(conf, names, 1), 2);
	assert_null(names[1]);
	conf_unref(conf);
}

/* ---- certificate maps ---- */

#define MAPPED(preference)                                                                         \
	"webvpn = { tunnel-group-list = true; tunnel-group-preference = \"" preference "\";\n"     \
	"  certificate-group-map = (\n"                                                            \
	"    { map = \"M\"; sequence = 20; tunnel-group = \"Eng\"; },\n"                           \
	"    { map = \"N\"; sequence = 10; tunnel-group = \"Boss\"; },\n"                          \
	"    { map = \"M\"; sequence = 10; tunnel-group = \"Staff\"; } ); };\n"                    \
	"certificate-maps = (\n"                                                                   \
	"  { name = \"M\"; sequence = 10; criteria = [ \"subject-name attr ou eq Staff\" ]; },\n"  \
	"  { name = \"M\"; sequence = 20; criteria = [ \"subject-name attr o eq Corp\" ]; },\n"    \
	"  { name = \"N\"; sequence = 10; criteria = [ \"subject-name attr ou eq Staff\",\n"       \
	"    \"subject-name attr cn co boss\" ]; } );\n"                                           \
	"tunnel-groups = ( { name = \"Staff\"; }, { name = \"Eng\"; webvpn-attributes = {\n"       \
	"    group-alias = ( { name = \"eng\"; } ); }; }, { name = \"Boss\"; },\n"                 \
	"  { name = \"Url\"; webvpn-attributes = { group-alias = ( { name = \"url\"; } );\n"       \
	"    group-url = ( { url = \"https://gw.example.com/off\"; enable = false; },\n"           \
	"      { url = \"https://gw.example.com/url\"; } ); }; } );\n"

/* Names of a certificate that has a common name, and a unit and organisation if they are not "". */
struct names {
	Ipc__CertNames msg;
	Ipc__CertAttr attrs[3];
	Ipc__CertAttr *refs[3];
};

static void
names_make(struct names *names, const char *cn, const char *ou, const char *o)
{
	const char *const values[][2] = {{"cn", cn}, {"ou", ou}, {"o", o}};

	ipc__cert_names__init(&names->msg);
	names->msg.subject = names->refs;
	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		if (values[i][1][0] == '\0')
			continue;
		ipc__cert_attr__init(&names->attrs[i]);
		names->attrs[i].tag = (char *)values[i][0];
		names->attrs[i].value = (char *)values[i][1];
		names->refs[names->msg.n_subject++] = &names->attrs[i];
	}
}

static const struct mapped {
	const char *ou, *o, *cn; /* cn "": no certificate */
	const char *url, *select;
	const char *by_map, *by_url; /* the group with either preference */
	enum resolve_rule rule_by_map, rule_by_url;
	bool settled;
} mapped[] = {
    {"Staff", "Corp", "jane", "https://gw.example.com/", "", "Staff", "Staff",
	RESOLVE_CERTIFICATE_MAP, RESOLVE_CERTIFICATE_MAP, true},
    /* equal numbers: file order */
    {"Staff", "Corp", "the boss", "https://gw.example.com/", "", "Boss", "Boss",
	RESOLVE_CERTIFICATE_MAP, RESOLVE_CERTIFICATE_MAP, true},
    {"Other", "Corp", "jane", "https://gw.example.com/", "url", "Eng", "Eng",
	RESOLVE_CERTIFICATE_MAP, RESOLVE_CERTIFICATE_MAP, true},
    /* both fit */
    {"Staff", "", "jane", "https://gw.example.com/url", "", "Staff", "Url", RESOLVE_CERTIFICATE_MAP,
	RESOLVE_GROUP_URL, true},
    {"Staff", "", "jane", "https://gw.example.com/off", "", "Staff", "Staff",
	RESOLVE_CERTIFICATE_MAP, RESOLVE_CERTIFICATE_MAP, true},
    /* none fits: on to the next rule */
    {"Other", "", "jane", "https://gw.example.com/url", "", "Url", "Url", RESOLVE_GROUP_URL,
	RESOLVE_GROUP_URL, true},
    {"Other", "", "jane", "https://gw.example.com/", "eng", "Eng", "Eng", RESOLVE_GROUP_ALIAS,
	RESOLVE_GROUP_ALIAS, false},
    {"Other", "", "jane", "https://gw.example.com/", "", "Eng", "Eng", RESOLVE_DEFAULT,
	RESOLVE_DEFAULT, false},
    {"", "", "", "https://gw.example.com/eng", "", "Eng", "Eng", RESOLVE_ALIAS_PATH,
	RESOLVE_ALIAS_PATH, false},
    {"", "", "", "https://gw.example.com/url", "eng", "Url", "Url", RESOLVE_GROUP_URL,
	RESOLVE_GROUP_URL, true},
};

static void
expect_choice(const struct mapped *row, const struct resolve_choice *choice, const char *group,
    enum resolve_rule rule)
{
	const char *name = conf_str(choice->group, TG_NAME);

	if (strcmp(name, group) != 0 || choice->rule != rule || choice->settled != row->settled ||
	    choice->list == row->settled)
		fail_msg("FAIL: ou '%s' o '%s' cn '%s' url '%s' select '%s': expected %s by rule "
			 "%d settled %d, got %s by rule %d settled %d list %d",
		    row->ou, row->o, row->cn, row->url, row->select, group, rule, row->settled,
		    name, choice->rule, choice->settled, choice->list);
}

static void
test_mapped(void **state)
{
	struct conf *by_map = load(MAPPED("certificate-map"));
	struct conf *by_url = load(MAPPED("group-url"));

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(mapped); i++) {
		const struct mapped *row = &mapped[i];
		struct resolve_input input = {
		    .url = row->url, .host = "", .path = "", .select = row->select};
		struct resolve_choice choice;
		struct names names;

		names_make(&names, row->cn, row->ou, row->o);
		if (row->cn[0] != '\0')
			input.certificate = &names.msg;
		resolve_group(by_map, &input, &choice, NULL);
		expect_choice(row, &choice, row->by_map, row->rule_by_map);
		resolve_group(by_url, &input, &choice, NULL);
		expect_choice(row, &choice, row->by_url, row->rule_by_url);
	}
	conf_unref(by_map);
	conf_unref(by_url);
}

/* ---- the trace ---- */

static void
expect_step(const struct resolve_trace *trace, size_t at, enum resolve_rule rule, bool matched,
    int line, const char *why)
{
	assert_true(at < trace->len);
	const struct resolve_step *step = &trace->steps[at];
	int got = step->object != NULL ? step->object->origin.line : 0;

	if (step->rule != rule || step->matched != matched || got != line ||
	    strcmp(step->why, why) != 0)
		fail_msg("FAIL: step %zu, expected rule %d matched %d line %d '%s', got rule %d "
			 "matched %d line %d '%s'",
		    at, rule, matched, line, why, step->rule, step->matched, got, step->why);
}

static void
test_trace_of_maps(void **state)
{
	struct conf *conf = load(MAPPED("certificate-map"));
	struct resolve_input input = {
	    .url = "https://gw.example.com/none", .host = "", .path = "", .select = ""};
	struct resolve_choice choice;
	struct resolve_trace trace;
	struct names names;

	(void)state;
	names_make(&names, "jane", "", "Corp");
	input.certificate = &names.msg;
	resolve_group(conf, &input, &choice, &trace);
	assert_int_equal(trace.len, 3);
	expect_step(&trace, 0, RESOLVE_CERTIFICATE_MAP, false, 4, "a criterion does not hold");
	expect_step(&trace, 1, RESOLVE_CERTIFICATE_MAP, false, 5, "a criterion does not hold");
	expect_step(&trace, 2, RESOLVE_CERTIFICATE_MAP, true, 3, "all criteria hold");

	names_make(&names, "jane", "", "");
	resolve_group(conf, &input, &choice, &trace);
	assert_int_equal(trace.len, 9);
	expect_step(&trace, 3, RESOLVE_GROUP_URL, false, 14, "disabled");
	expect_step(&trace, 4, RESOLVE_GROUP_URL, false, 15, "another host, port or path");
	expect_step(&trace, 5, RESOLVE_GROUP_ALIAS, false, 0, "none was chosen");
	expect_step(&trace, 6, RESOLVE_ALIAS_PATH, false, 12, "another name");
	expect_step(&trace, 7, RESOLVE_ALIAS_PATH, false, 13, "another name");
	expect_step(&trace, 8, RESOLVE_DEFAULT, true, 0,
	    "the first of the list, as DefaultWEBVPNGroup is not in it");

	input.certificate = NULL;
	input.url = "https://gw/url";
	resolve_group(conf, &input, &choice, &trace);
	assert_int_equal(trace.len, 4);
	expect_step(&trace, 0, RESOLVE_CERTIFICATE_MAP, false, 0, "no certificate");
	expect_step(&trace, 3, RESOLVE_GROUP_URL, true, 15,
	    "the path is equal; the host is another name of this gateway");
	conf_unref(conf);
}

static void
test_trace_of_alias(void **state)
{
	struct conf *conf = load(SMALL);
	struct resolve_input input = {.url = "/", .host = "", .path = "", .select = "HIDDEN"};
	struct resolve_choice choice;
	struct resolve_trace trace;

	(void)state;
	resolve_group(conf, &input, &choice, &trace);
	assert_int_equal(trace.len, 6);
	expect_step(&trace, 1, RESOLVE_GROUP_ALIAS, false, 3, "another name");
	expect_step(&trace, 2, RESOLVE_GROUP_ALIAS, false, 5, "another name");
	expect_step(&trace, 3, RESOLVE_GROUP_ALIAS, false, 5, "disabled");
	expect_step(&trace, 4, RESOLVE_ALIAS_PATH, false, 0, "the URL has no path");
	input.select = "";
	input.url = "ftp://gw/partners";
	resolve_group(conf, &input, &choice, &trace);
	expect_step(&trace, 1, RESOLVE_GROUP_URL, false, 0, "the client's URL cannot be read");
	assert_int_equal(trace.len, 4);
	conf_unref(conf);
}

/* More than there is room for: the rule that decides is kept. */
static void
test_trace_is_full(void **state)
{
	struct resolve_input input = {
	    .url = "https://gw.example.com/last", .host = "", .path = "", .select = ""};
	struct resolve_choice choice;
	struct resolve_trace trace;
	struct buf groups;

	(void)state;
	buf_init(&groups, 1 << 20);
	buf_puts(&groups, "tunnel-groups = (\n");
	for (unsigned i = 0; i < 300; i++)
		buf_printf(&groups,
		    "{ name = \"g%u\"; webvpn-attributes = { group-url = (\n"
		    "  { url = \"https://gw.example.com/u%u\"; } ); }; },\n",
		    i, i);
	buf_puts(&groups, "{ name = \"last\"; webvpn-attributes = { group-url = (\n"
			  "  { url = \"https://gw.example.com/last\"; } ); }; } );\n");
	struct conf *conf = load(buf_cstr(&groups));
	resolve_group(conf, &input, &choice, &trace);
	assert_string_equal(conf_str(choice.group, TG_NAME), "last");
	assert_int_equal(trace.len, RESOLVE_STEPS_MAX);
	assert_int_equal(trace.dropped, 1 + 301 - RESOLVE_STEPS_MAX);
	expect_step(&trace, RESOLVE_STEPS_MAX - 1, RESOLVE_GROUP_URL, true, 603,
	    "host, port and path are equal");
	conf_unref(conf);
	buf_fini(&groups);
}

/* DefaultRAGroup is for another protocol: it is there, and nobody gets into it unasked. */
static void
test_built_in(void **state)
{
	struct resolve_input input = {.url = "/", .host = "", .path = "", .select = ""};
	struct conf *conf = load("tunnel-groups = ( { name = \"DefaultRAGroup\"; } );\n");
	struct resolve_choice choice;

	(void)state;
	resolve_group(conf, &input, &choice, NULL);
	assert_string_equal(conf_str(choice.group, TG_NAME), "DefaultWEBVPNGroup");
	assert_int_equal(choice.rule, RESOLVE_DEFAULT);
	assert_false(choice.settled);
	assert_non_null(conf_find(conf, CONF_TUNNEL_GROUP, "DefaultRAGroup"));
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
	    cmocka_unit_test(test_mapped),
	    cmocka_unit_test(test_trace_of_maps),
	    cmocka_unit_test(test_trace_of_alias),
	    cmocka_unit_test(test_trace_is_full),
	    cmocka_unit_test(test_built_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
