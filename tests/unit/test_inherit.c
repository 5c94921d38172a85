/* SPDX-License-Identifier: Apache-2.0 */
/* Group-policy attributes: the order of the sources, none that stops it, and where each value came
 * from. */
#include <stdio.h>
#include <stdlib.h>

#include "conf/inherit.h"
#include "tests/unit/conf_world.h"

static const char policies[] =
    "group-policies = (\n"
    "  { name = \"DfltGrpPolicy\"; attributes = { banner = \"dflt\"; dns-server = \"10.0.0.1\";\n"
    "      vpn-idle-timeout = 10; default-domain = \"dflt.example\"; anyconnect-mtu = 1000; }; },\n"
    "  { name = \"Staff\"; attributes = { banner = \"staff\"; vpn-idle-timeout = \"none\";\n"
    "      default-domain = \"staff.example\"; }; },\n"
    "  { name = \"Boss\"; attributes = { default-domain = \"boss.example\"; }; }\n"
    ");\n"
    "ip-local-pools = ( { name = \"POOL\"; range = \"10.0.0.1-10.0.0.9\"; } );";

/* The same policies, and a user with attributes. */
static struct conf *
load(const char *user_attributes)
{
	struct texts texts = {0};
	struct conf_errors errors;
	struct buf slice, users;

	buf_init(&users, 8192);
	buf_printf(&users,
	    "usernames = ( { name = \"alice\"; password = \"" HELP_HASH
	    "\"; attributes = { %s }; } );",
	    user_attributes);
	for (size_t i = 0; i < ARRAY_LEN(help_files); i++) {
		const char *text = strcmp(help_files[i].name, "users.conf") == 0 ? buf_cstr(&users)
				   : strcmp(help_files[i].name, "group-policies.conf") == 0
				       ? policies
				       : help_files[i].text;
		assert_int_equal(
		    texts_add(&texts, help_files[i].type, help_files[i].name, text, strlen(text)),
		    ERR_OK);
	}
	buf_init(&slice, 1 << 20);
	assert_int_equal(slice_pack(&texts, help_wants, NULL, &slice), ERR_OK);
	conf_errors_init(&errors);
	struct conf *conf = conf_from_slice(slice.data, slice.len, &errors);
	if (conf == NULL)
		fail_msg("expected no error, got: %s", buf_cstr(&errors.text));
	conf_errors_fini(&errors);
	buf_fini(&slice);
	buf_fini(&users);
	texts_fini(&texts);
	return conf;
}

/* The origin of an attribute: "username alice", "group-policy Staff" or "default". */
static void
expect_from(const struct inherit *inherit, enum conf_gp_attributes attribute, const char *wanted)
{
	size_t from = inherit->from[attribute];
	char got[128] = "default";

	if (from < inherit->sources_len)
		snprintf(got, sizeof(got), "%s %s", inherit->source_kind[from],
		    inherit->source_name[from]);
	assert_string_equal(got, wanted);
}

static void
the_tunnel_group_names_the_policy(void **state)
{
	struct conf *conf = load("");
	struct inherit inherit;
	char *const *list;

	(void)state;
	inherit_merge(conf, conf_find(conf, CONF_TUNNEL_GROUP, "Staff"), NULL, NULL, &inherit);
	assert_string_equal(inherit.group_policy, "Staff");
	assert_string_equal(inherit_str(&inherit, GPA_BANNER), "staff");
	expect_from(&inherit, GPA_BANNER, "group-policy Staff");
	assert_int_equal(inherit_list(&inherit, GPA_DNS_SERVER, &list), 1);
	assert_string_equal(list[0], "10.0.0.1");
	expect_from(&inherit, GPA_DNS_SERVER, "group-policy DfltGrpPolicy");
	/* none is a value */
	assert_int_equal(inherit_int(&inherit, GPA_VPN_IDLE_TIMEOUT), 0);
	expect_from(&inherit, GPA_VPN_IDLE_TIMEOUT, "group-policy Staff");
	/* nobody says anything */
	assert_int_equal(inherit_int(&inherit, GPA_VPN_SIMULTANEOUS_LOGINS), 3);
	assert_true(inherit_bool(&inherit, GPA_ANYCONNECT_SSL_DTLS));
	expect_from(&inherit, GPA_VPN_SIMULTANEOUS_LOGINS, "default");
	assert_int_equal(inherit_list(&inherit, GPA_SPLIT_DNS, &list), 0);

	inherit_merge(
	    conf, conf_find(conf, CONF_TUNNEL_GROUP, "DefaultWEBVPNGroup"), NULL, NULL, &inherit);
	assert_string_equal(inherit.group_policy, "DfltGrpPolicy");
	assert_int_equal(inherit.sources_len, 1);
	assert_string_equal(inherit_str(&inherit, GPA_BANNER), "dflt");
	conf_unref(conf);
}

static void
the_user_comes_first(void **state)
{
	struct conf *conf = load("vpn-group-policy = \"Boss\"; dns-server = \"none\"; "
				 "vpn-simultaneous-logins = 0; anyconnect-ssl-dtls = false;");
	const struct conf_object *group = conf_find(conf, CONF_TUNNEL_GROUP, "Staff");
	const struct conf_object *alice = conf_find(conf, CONF_USERNAME, "alice");
	struct inherit inherit;
	char *const *list;

	(void)state;
	inherit_merge(conf, group, alice, NULL, &inherit);
	assert_string_equal(inherit.group_policy, "Boss");
	assert_int_equal(inherit.sources_len, 4);
	assert_int_equal(inherit_list(&inherit, GPA_DNS_SERVER, &list), 0);
	expect_from(&inherit, GPA_DNS_SERVER, "username alice");
	assert_int_equal(inherit_int(&inherit, GPA_VPN_SIMULTANEOUS_LOGINS), 0);
	assert_false(inherit_bool(&inherit, GPA_ANYCONNECT_SSL_DTLS));
	assert_string_equal(inherit_str(&inherit, GPA_DEFAULT_DOMAIN), "boss.example");
	expect_from(&inherit, GPA_DEFAULT_DOMAIN, "group-policy Boss");
	expect_from(&inherit, GPA_BANNER, "group-policy Staff");
	expect_from(&inherit, GPA_ANYCONNECT_MTU, "group-policy DfltGrpPolicy");

	/* A policy that AAA names beats the user's own; one that does not exist is ignored. */
	inherit_merge(conf, group, alice, "Staff", &inherit);
	assert_string_equal(inherit.group_policy, "Staff");
	inherit_merge(conf, group, alice, "Nobody", &inherit);
	assert_string_equal(inherit.group_policy, "Boss");
	inherit_merge(conf, group, NULL, "Boss", &inherit);
	assert_string_equal(inherit.group_policy, "Boss");
	conf_unref(conf);
}

/* ---- what several attributes together say ---- */

#define CUSTOM(list) "anyconnect-custom = (" list ");"

static const char custom_groups[] =
    "webvpn = { anyconnect-custom-attr = ( { type = \"A\"; }, { type = \"B\"; }, { type = \"C\"; "
    "} );\n"
    "  anyconnect-custom-data = ( { type = \"A\"; name = \"LIST\"; value = "
    "\"a.example,b.example\"; "
    "},\n"
    "    { type = \"B\"; name = \"LIST\"; value = \"other\"; } ); };\n"
    "tunnel-groups = ( { name = \"T\"; general-attributes = { default-group-policy = \"P\";\n"
    "    address-pool = [ \"P1\", \"P2\" ]; ipv6-address-pool = \"P6\"; }; } );\n";

/* Policies P and DfltGrpPolicy with these attributes. */
static struct conf *
load_two(const char *policy, const char *dflt)
{
	static const char rest[] =
	    "ip-local-pools = ( { name = \"P1\"; range = \"10.0.0.1-10.0.0.9\"; },\n"
	    "  { name = \"P2\"; range = \"10.0.1.1-10.0.1.9\"; },\n"
	    "  { name = \"P3\"; range = \"10.0.2.1-10.0.2.9\"; } );\n"
	    "ipv6-local-pools = ( { name = \"P6\"; prefix = \"fd00::1/64\"; size = 9; } );\n"
	    "access-lists = ( { name = \"F4\"; type = \"extended\"; rules = \"permit ip any any\"; "
	    "},\n"
	    "  { name = \"F6\"; type = \"extended\"; rules = \"permit ip any any\"; } );\n";
	struct buf text;

	buf_init(&text, 8192);
	buf_printf(&text,
	    "group-policies = ( { name = \"P\"; attributes = { %s }; },\n"
	    "  { name = \"DfltGrpPolicy\"; attributes = { %s }; } );\n%s",
	    policy, dflt, rest);
	const struct conf_world_file files[] = {
	    {"tunnel-groups.conf", custom_groups}, {"group-policies.conf", buf_cstr(&text)}};
	struct conf *conf = conf_world(files, ARRAY_LEN(files));
	buf_fini(&text);
	return conf;
}

static const struct {
	const char *policy, *dflt;
	const char *wanted; /* "TYPE=VALUE@SOURCE" of each */
} customs[] = {
    {"", "", ""},
    {CUSTOM("{ type = \"A\"; value = \"x\"; }"), "", "A=x@0 "},
    {"", CUSTOM("{ type = \"A\"; value = \"x\"; }"), "A=x@1 "},
    {CUSTOM("{ type = \"A\"; value = \"x\"; }"), CUSTOM("{ type = \"A\"; value = \"y\"; }"),
	"A=x@0 "},
    {CUSTOM("{ type = \"A\"; value = \"x\"; }"), CUSTOM("{ type = \"B\"; value = \"y\"; }"),
	"A=x@0 B=y@1 "},
    {CUSTOM("{ type = \"A\"; value = \"none\"; }"),
	CUSTOM("{ type = \"B\"; value = \"y\"; }, { type = \"A\"; value = \"z\"; }"), "B=y@1 "},
    {"anyconnect-custom = \"none\";", CUSTOM("{ type = \"A\"; value = \"x\"; }"), ""},
    {CUSTOM("{ type = \"A\"; value = [ \"LIST\", \"c.example\" ]; }"), "",
	"A=a.example,b.example,c.example@0 "},
    {CUSTOM("{ type = \"B\"; value = \"LIST\"; }, { type = \"C\"; value = \"LIST\"; }"), "",
	"B=other@0 C=LIST@0 "},
};

static void
each_custom_type_inherits_by_itself(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(customs); i++) {
		struct conf *conf = load_two(customs[i].policy, customs[i].dflt);
		struct inherit_custom list[INHERIT_CUSTOM_MAX];
		struct inherit inherit;
		struct buf got, value;

		buf_init(&got, 4096);
		buf_init(&value, 4096);
		inherit_merge(conf, conf_find(conf, CONF_TUNNEL_GROUP, "T"), NULL, NULL, &inherit);
		size_t len = inherit_custom(&inherit, list, ARRAY_LEN(list));
		for (size_t k = 0; k < len; k++) {
			assert_int_equal(inherit_custom_value(conf, &list[k], &value), ERR_OK);
			buf_printf(
			    &got, "%s=%s@%zu ", list[k].type, buf_cstr(&value), list[k].from);
		}
		assert_string_equal(buf_cstr(&got), customs[i].wanted);
		if (len > 0)
			assert_int_equal(inherit_custom(&inherit, list, 1), 1);
		buf_fini(&got);
		buf_fini(&value);
		conf_unref(conf);
	}
}

static void
a_value_that_does_not_fit_is_an_error(void **state)
{
	struct conf *conf = load_two(CUSTOM("{ type = \"A\"; value = \"LIST\"; }"), "");
	struct inherit_custom list[1];
	struct inherit inherit;
	struct buf value;

	(void)state;
	inherit_merge(conf, conf_find(conf, CONF_TUNNEL_GROUP, "T"), NULL, NULL, &inherit);
	assert_int_equal(inherit_custom(&inherit, list, 1), 1);
	buf_init(&value, 4);
	assert_int_equal(inherit_custom_value(conf, &list[0], &value), ERR_LIMIT);
	buf_fini(&value);
	conf_unref(conf);
}

static const struct {
	const char *policy, *dflt;
	const char *pools4, *pools6; /* the policy's, a bar, the tunnel group's */
	const char *filter4, *filter6;
	bool own6;
} together[] = {
    {"", "", "|P1 P2 ", "|P6 ", NULL, NULL, false},
    {"address-pools = \"P3\";", "address-pools = \"P1\";", "P3 |P1 P2 ", "|P6 ", NULL, NULL, false},
    {"address-pools = \"none\";", "address-pools = \"P1\";", "|P1 P2 ", "|P6 ", NULL, NULL, false},
    {"", "address-pools = [ \"P3\", \"P1\" ]; ipv6-address-pools = \"P6\";", "P3 P1 |P1 P2 ",
	"P6 |P6 ", NULL, NULL, false},
    {"vpn-filter = \"F4\";", "", "|P1 P2 ", "|P6 ", "F4", "F4", false},
    {"vpn-filter = \"F4\"; ipv6-vpn-filter = \"F6\";", "", "|P1 P2 ", "|P6 ", "F4", "F6", true},
    {"vpn-filter = \"F4\"; ipv6-vpn-filter = \"none\";", "", "|P1 P2 ", "|P6 ", "F4", NULL, true},
    {"ipv6-vpn-filter = \"F6\";", "", "|P1 P2 ", "|P6 ", NULL, "F6", true},
    {"vpn-filter = \"none\";", "vpn-filter = \"F4\"; ipv6-vpn-filter = \"F6\";", "|P1 P2 ", "|P6 ",
	NULL, "F6", true},
};

static void
expect_pools(const struct inherit *inherit, const struct conf_object *group, unsigned family,
    const char *wanted)
{
	const char *names[INHERIT_POOLS_MAX];
	size_t from_policy, len = inherit_pools(inherit, group, family, names, &from_policy);
	struct buf got;

	buf_init(&got, 512);
	for (size_t i = 0; i <= len; i++) {
		if (i == from_policy)
			buf_puts(&got, "|");
		if (i < len)
			buf_printf(&got, "%s ", names[i]);
	}
	assert_string_equal(buf_cstr(&got), wanted);
	buf_fini(&got);
}

static void
expect_filter(const struct inherit *inherit, unsigned family, const char *wanted, bool own)
{
	enum conf_gp_attributes attribute;
	const char *got = inherit_filter(inherit, family, &attribute);

	assert_int_equal(attribute, own ? GPA_IPV6_VPN_FILTER : GPA_VPN_FILTER);
	if (wanted == NULL)
		assert_null(got);
	else
		assert_string_equal(got, wanted);
}

static void
pools_and_filters(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(together); i++) {
		struct conf *conf = load_two(together[i].policy, together[i].dflt);
		const struct conf_object *group = conf_find(conf, CONF_TUNNEL_GROUP, "T");
		struct inherit inherit;

		inherit_merge(conf, group, NULL, NULL, &inherit);
		expect_pools(&inherit, group, 4, together[i].pools4);
		expect_pools(&inherit, group, 6, together[i].pools6);
		expect_filter(&inherit, 4, together[i].filter4, false);
		expect_filter(&inherit, 6, together[i].filter6, together[i].own6);
		conf_unref(conf);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_tunnel_group_names_the_policy),
	    cmocka_unit_test(the_user_comes_first),
	    cmocka_unit_test(each_custom_type_inherits_by_itself),
	    cmocka_unit_test(a_value_that_does_not_fit_is_an_error),
	    cmocka_unit_test(pools_and_filters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
