/* SPDX-License-Identifier: Apache-2.0 */
/* What servers say of a user as attributes: the rows of a file judge each value, names must exist,
 * problems are told, and a random profile gives what a naive reading of it gives. */
#include <stdio.h>
#include <stdlib.h>

#include "conf/aaa_attributes.h"
#include "conf/inherit.h"
#include "conf/row.h"
#include "conf/value_text.h"
#include "tests/unit/conf_world.h"

static const char policies[] =
    "group-policies = ( { name = \"Staff\"; attributes = { banner = \"staff\"; }; } );\n"
    "ip-local-pools = ( { name = \"POOL\"; range = \"192.168.100.1-192.168.100.99\"; },\n"
    "  { name = \"P2\"; range = \"192.168.100.101-192.168.100.200\"; } );\n"
    "ipv6-local-pools = ( { name = \"P6\"; prefix = \"fd00:100::10/64\"; size = 16; } );\n"
    "access-lists = ( { name = \"EXT\"; type = \"extended\"; rules = \"permit ip any any\"; },\n"
    "  { name = \"STD\"; rules = \"permit 10.0.0.0 255.0.0.0\"; } );\n"
    "time-ranges = ( { name = \"night\"; periodic = \"daily 20:00 to 23:00\"; } );\n";

static struct conf *conf;

static int
setup(void **state)
{
	const struct conf_world_file files[] = {{"group-policies.conf", policies}};

	(void)state;
	conf = conf_world(files, ARRAY_LEN(files));
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	conf_unref(conf);
	return 0;
}

/* ---- profiles ---- */

#define ATTRS_MAX 200
#define VALUES_MAX 80

struct profile {
	Ipc__AaaProfile msg;
	Ipc__AaaAttr attrs[ATTRS_MAX];
	Ipc__AaaAttr *refs[ATTRS_MAX];
	char *values[ATTRS_MAX][VALUES_MAX];
};

static struct profile profile;

static void
profile_init(void)
{
	static char group[] = "RAD";

	ipc__aaa_profile__init(&profile.msg);
	profile.msg.server_group = group;
	profile.msg.attr = profile.refs;
}

static void
profile_add(const char *name, const char *value, const char *origin)
{
	size_t at = profile.msg.n_attr++;
	Ipc__AaaAttr *attr = profile.refs[at] = &profile.attrs[at];

	ipc__aaa_attr__init(attr);
	attr->name = (char *)name;
	attr->origin = (char *)origin;
	attr->value = profile.values[at];
	profile.values[at][0] = (char *)value;
	attr->n_value = value != NULL ? 1 : 0;
}

static void
profile_more(const char *value)
{
	Ipc__AaaAttr *attr = profile.refs[profile.msg.n_attr - 1];

	attr->value[attr->n_value++] = (char *)value;
}

/* ---- problems, one line each ---- */

static struct buf told;

static void
on_problem(enum aaa_problem problem, const char *name, const char *value, void *arg)
{
	static const char *const words[] = {
	    "invalid", "no-acl", "no-pool", "no-policy", "no-hours"};

	assert_ptr_equal(arg, &told);
	buf_printf(&told, "%s %s %s\n", words[problem], name, value);
}

static struct conf_object *
build(void)
{
	struct conf_object *object;

	buf_reset(&told);
	object = aaa_attributes_new(conf, &profile.msg, on_problem, &told);
	assert_non_null(object);
	assert_int_equal(object->kind, CONF_GP_ATTRIBUTES);
	return object;
}

/* ---- one value of one attribute ---- */

#define LONG65 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

/* Values separated by "|". got: as value_text() writes it, NULL: not set. */
static const struct {
	const char *name;
	const char *values;
	const char *got;
	const char *problems;
} cases[] = {
    {"banner", "hello\nthere", "\"hello\\nthere\"", ""},
    {"banner", "none", "none", ""},
    {"banner", "", NULL, "invalid banner \n"},
    {"banner", "bell\a", NULL, "invalid banner bell\a\n"},
    {"dns-server", "10.0.0.1|2001:db8::1", "10.0.0.1, 2001:db8::1", ""},
    {"dns-server", "none", "none", ""},
    {"dns-server", "10.0.0.1|x", NULL, "invalid dns-server 10.0.0.1 x\n"},
    {"dns-server", "10.0.0.1|10.0.0.1", NULL, "invalid dns-server 10.0.0.1 10.0.0.1\n"},
    {"dns-server", "1.1.1.1|1.1.1.2|1.1.1.3|1.1.1.4|1.1.1.5|1.1.1.6|1.1.1.7|1.1.1.8|1.1.1.9", NULL,
	"invalid dns-server 1.1.1.1 1.1.1.2 1.1.1.3 1.1.1.4 1.1.1.5 1.1.1.6 1.1.1.7 1.1.1.8 "
	"1.1.1.9\n"},
    {"wins-server", "10.0.0.1", "10.0.0.1", ""},
    {"wins-server", "2001:db8::1", NULL, "invalid wins-server 2001:db8::1\n"},
    {"default-domain", "corp.example", "\"corp.example\"", ""},
    {"default-domain", "a b", NULL, "invalid default-domain a b\n"},
    {"split-tunnel-policy", "tunnelspecified", "tunnelspecified", ""},
    {"split-tunnel-policy", "sideways", NULL, "invalid split-tunnel-policy sideways\n"},
    {"ipv6-split-tunnel-policy", "excludespecified", "excludespecified", ""},
    {"split-tunnel-network-list", "STD", "\"STD\"", ""},
    {"split-tunnel-network-list", "EXT", "\"EXT\"", ""},
    {"split-tunnel-network-list", "Gone", NULL, "no-acl split-tunnel-network-list Gone\n"},
    {"split-dns", "a.example|b.example", "a.example, b.example", ""},
    {"split-tunnel-all-dns", "true", "true", ""},
    {"split-tunnel-all-dns", "yes", NULL, "invalid split-tunnel-all-dns yes\n"},
    {"client-bypass-protocol", "false", "false", ""},
    {"vpn-simultaneous-logins", "0", "0", ""},
    {"vpn-simultaneous-logins", "2147483647", "2147483647", ""},
    {"vpn-simultaneous-logins", "2147483648", NULL, "invalid vpn-simultaneous-logins 2147483648\n"},
    {"vpn-simultaneous-logins", "-1", NULL, "invalid vpn-simultaneous-logins -1\n"},
    {"vpn-simultaneous-logins", "none", NULL, "invalid vpn-simultaneous-logins none\n"},
    {"vpn-simultaneous-logins", "99999999999999999999", NULL,
	"invalid vpn-simultaneous-logins 99999999999999999999\n"},
    {"vpn-idle-timeout", "30", "30", ""},
    {"vpn-idle-timeout", "none", "none", ""},
    {"vpn-idle-timeout", "0", NULL, "invalid vpn-idle-timeout 0\n"},
    {"vpn-idle-timeout", "0x10", NULL, "invalid vpn-idle-timeout 0x10\n"},
    {"vpn-idle-timeout", " 5", NULL, "invalid vpn-idle-timeout  5\n"},
    {"vpn-idle-timeout", "5|6", NULL, "invalid vpn-idle-timeout 5 6\n"},
    {"vpn-idle-timeout-alert-interval", "30", "30", ""},
    {"vpn-session-timeout", "35791394", "35791394", ""},
    {"vpn-session-timeout", "35791395", NULL, "invalid vpn-session-timeout 35791395\n"},
    {"vpn-session-timeout-alert-interval", "30", "30", ""},
    {"vpn-session-timeout-alert-interval", "31", NULL,
	"invalid vpn-session-timeout-alert-interval 31\n"},
    {"vpn-tunnel-protocol", "ikev2|ssl-client", "ikev2, ssl-client", ""},
    {"vpn-tunnel-protocol", "pptp", NULL, "invalid vpn-tunnel-protocol pptp\n"},
    {"group-lock", "Staff", "\"Staff\"", ""},
    {"group-lock", "Gone", "\"Gone\"", ""}, /* it locks him out, which is what it says */
    {"group-lock", "none", "none", ""},
    {"group-lock", LONG65, NULL, "invalid group-lock " LONG65 "\n"},
    {"address-pools", "P2|POOL", "P2, POOL", ""},
    {"address-pools", "Gone|POOL", "POOL", "no-pool address-pools Gone\n"},
    {"address-pools", "Gone", NULL, "no-pool address-pools Gone\n"},
    {"address-pools", "P6", NULL, "no-pool address-pools P6\n"},
    {"ipv6-address-pools", "P6", "P6", ""},
    {"ipv6-address-pools", "POOL", NULL, "no-pool ipv6-address-pools POOL\n"},
    {"smartcard-removal-disconnect", "false", "false", ""},
    {"vpn-access-hours", "night", "\"night\"", ""},
    {"vpn-access-hours", "none", "none", ""},
    {"vpn-access-hours", "Gone", NULL, "no-hours vpn-access-hours Gone\n"},
    {"vpn-access-hours", "night|night", NULL, "no-hours vpn-access-hours night night\n"},
    {"vpn-filter", "EXT", "\"EXT\"", ""},
    {"vpn-filter", "none", "none", ""},
    {"vpn-filter", "STD", NULL, "no-acl vpn-filter STD\n"},
    {"vpn-filter", "", NULL, "no-acl vpn-filter \n"},
    {"vpn-filter", "EXT|EXT", NULL, "no-acl vpn-filter EXT EXT\n"}, /* never no filter at all */
    {"ipv6-vpn-filter", "EXT", "\"EXT\"", ""},
    {"ipv6-vpn-filter", "Gone", NULL, "no-acl ipv6-vpn-filter Gone\n"},
    {"gateway-fqdn", "gw.example.com", "\"gw.example.com\"", ""},
    {"msie-proxy-method", "use-server", "use-server", ""},
    {"msie-proxy-server", "proxy.example:8080", "\"proxy.example:8080\"", ""},
    {"msie-proxy-except-list", "*.example.com|10.0.0.1", "*.example.com, 10.0.0.1", ""},
    {"msie-proxy-local-bypass", "true", "true", ""},
    {"msie-proxy-pac-url", "http://pac.example/p.pac", "\"http://pac.example/p.pac\"", ""},
    {"msie-proxy-lockdown", "false", "false", ""},
    {"anyconnect-custom", "x", NULL, "invalid anyconnect-custom x\n"},
    {"always-on-vpn", "disable", "disable", ""},
    {"anyconnect-routing-filtering-ignore", "true", "true", ""},
    {"anyconnect-ssl-df-bit-ignore", "true", "true", ""},
    {"anyconnect-mtu", "1300", "1300", ""},
    {"anyconnect-mtu", "256", NULL, "invalid anyconnect-mtu 256\n"},
    {"anyconnect-dpd-interval-gateway", "none", "none", ""},
    {"anyconnect-dpd-interval-client", "3600", "3600", ""},
    {"anyconnect-mobile-dpd-interval", "300", "300", ""},
    {"anyconnect-ssl-keepalive", "14", NULL, "invalid anyconnect-ssl-keepalive 14\n"},
    {"anyconnect-ssl-keepalive", "15", "15", ""},
    {"anyconnect-ssl-dtls", "false", "false", ""},
    {"anyconnect-ssl-rekey-time", "4", "4", ""},
    {"anyconnect-ssl-rekey-method", "new-tunnel", "new-tunnel", ""},
    {"vpn-group-policy", "Staff", NULL, "invalid vpn-group-policy Staff\n"},
    {"vpn-framed-ip-address", "192.168.100.7 255.255.255.0", "\"192.168.100.7 255.255.255.0\"", ""},
    {"vpn-framed-ip-address", "0.0.0.0 255.255.255.0", NULL,
	"invalid vpn-framed-ip-address 0.0.0.0 255.255.255.0\n"},
    {"vpn-framed-ipv6-address", "fd00:100::7/64", "\"fd00:100::7/64\"", ""},
    {"vpn-framed-ipv6-address", "fd00:100::7", NULL,
	"invalid vpn-framed-ipv6-address fd00:100::7\n"},
    {"no-such-attribute", "1", NULL, "invalid no-such-attribute 1\n"},
    {"", "1", NULL, "invalid  1\n"},
    {"banner", NULL, NULL, "invalid banner \n"},
};

static unsigned
attribute_of(const char *name)
{
	unsigned attribute = 0;

	while (attribute < GPA_COUNT &&
	       strcmp(conf_setting_name(CONF_GP_ATTRIBUTES, attribute), name) != 0)
		attribute++;
	return attribute;
}

static void
each_value_is_judged_by_its_row(void **state)
{
	bool seen[GPA_COUNT] = {false};
	unsigned failed = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char values[512] = "", *rest = values, *value;
		unsigned attribute = attribute_of(cases[i].name);
		struct buf got;

		profile_init();
		profile_add(cases[i].name, NULL, "Some-Attribute (1)");
		if (cases[i].values != NULL) {
			snprintf(values, sizeof(values), "%s", cases[i].values);
			while ((value = strsep(&rest, "|")) != NULL)
				profile_more(value);
		}
		struct conf_object *object = build();
		buf_init(&got, 4096);
		for (unsigned a = 0; a < GPA_COUNT; a++) {
			const struct conf_value *its = conf_value(object, a);

			if (a != attribute || cases[i].got == NULL) {
				if (its->state != CONF_ABSENT)
					buf_printf(&got, "%u ", a);
				continue;
			}
			seen[a] = true;
			value_text(CONF_GP_ATTRIBUTES, a, its, &got);
			assert_string_equal(its->origin.file, "Some-Attribute (1)");
			if (its->state == CONF_ABSENT)
				buf_puts(&got, " absent");
		}
		const char *wanted = cases[i].got != NULL ? cases[i].got : "";
		if (strcmp(buf_cstr(&got), wanted) != 0 ||
		    strcmp(buf_cstr(&told), cases[i].problems) != 0) {
			print_error("FAIL: case %zu (%s), expected %s and %sgot %s and %s\n", i,
			    cases[i].name, wanted, cases[i].problems, buf_cstr(&got),
			    buf_cstr(&told));
			failed++;
		}
		buf_fini(&got);
		row_object_free(object);
	}
	assert_int_equal(failed, 0);
	for (unsigned a = 0; a < GPA_COUNT; a++) /* a new attribute needs a line above */
		if (!seen[a] && a != GPA_ANYCONNECT_CUSTOM && a != GPA_VPN_GROUP_POLICY)
			fail_msg("%s has no case", conf_setting_name(CONF_GP_ATTRIBUTES, a));
}

static void
a_refused_value_leaves_the_default(void **state)
{

	(void)state;
	profile_init();
	profile_add("vpn-simultaneous-logins", "many", "x");
	profile_add("vpn-tunnel-protocol", "pptp", "x");
	profile_add("split-tunnel-policy", "some", "x");
	struct conf_object *object = build();
	char *const *list;

	assert_int_equal(conf_int(object, GPA_VPN_SIMULTANEOUS_LOGINS), 3);
	assert_int_equal(conf_list(object, GPA_VPN_TUNNEL_PROTOCOL, &list), 1);
	assert_string_equal(list[0], "ssl-client");
	assert_string_equal(conf_str(object, GPA_SPLIT_TUNNEL_POLICY), "tunnelall");
	row_object_free(object);
}

static void
the_group_policy_must_exist(void **state)
{

	(void)state;
	profile_init();
	profile.msg.group_policy = (char *)"Staff";
	profile.msg.group_policy_origin = (char *)"Class (25)";
	struct conf_object *object = build();
	assert_string_equal(conf_str(object, GPA_VPN_GROUP_POLICY), "Staff");
	assert_string_equal(conf_value(object, GPA_VPN_GROUP_POLICY)->origin.file, "Class (25)");
	assert_string_equal(buf_cstr(&told), "");
	row_object_free(object);

	profile.msg.group_policy = (char *)"Gone";
	object = build();
	assert_null(conf_str(object, GPA_VPN_GROUP_POLICY));
	assert_string_equal(buf_cstr(&told), "no-policy vpn-group-policy Gone\n");
	row_object_free(object);
}

/* The object outlives the profile that it was made of. */
static void
origins_are_kept(void **state)
{
	char origin[400], name[] = "banner", value[] = "hi";

	(void)state;
	memset(origin, 'o', sizeof(origin) - 1);
	origin[sizeof(origin) - 1] = '\0';
	profile_init();
	profile_add(name, value, origin);
	profile_add("anyconnect-mtu", "1200", "SVC-MTU (3076/125)");
	struct conf_object *object = build();
	memset(origin, 'x', sizeof(origin) - 1);
	memset(value, 'x', 2);
	assert_int_equal(strlen(conf_value(object, GPA_BANNER)->origin.file), 127);
	assert_int_equal(strspn(conf_value(object, GPA_BANNER)->origin.file, "o"), 127);
	assert_string_equal(conf_str(object, GPA_BANNER), "hi");
	assert_string_equal(
	    conf_value(object, GPA_ANYCONNECT_MTU)->origin.file, "SVC-MTU (3076/125)");
	row_object_free(object);
}

static void
the_first_of_two_counts(void **state)
{

	(void)state;
	profile_init();
	profile_add("vpn-filter", "EXT", "Filter-Id (11)");
	profile_add("vpn-filter", "none", "Access-List-Inbound (3076/86)");
	struct conf_object *object = build();
	assert_string_equal(conf_str(object, GPA_VPN_FILTER), "EXT");
	assert_string_equal(buf_cstr(&told), "invalid vpn-filter none\n");
	row_object_free(object);
}

static void
many_and_much_is_no_harm(void **state)
{
	char *huge = malloc(200001);

	(void)state;
	assert_non_null(huge);
	memset(huge, 'a', 200000);
	huge[200000] = '\0';
	profile_init();
	for (size_t i = 0; i < ATTRS_MAX; i++) {
		profile_add(i % 3 == 0
				? huge
				: conf_setting_name(CONF_GP_ATTRIBUTES, (unsigned)(i % GPA_COUNT)),
		    i % 2 == 0 ? huge : "1", huge);
		for (size_t k = 1; k < VALUES_MAX && i % 5 == 0; k++)
			profile_more("2");
	}
	struct conf_object *object = build();
	row_object_free(object);
	/* nobody listens */
	object = aaa_attributes_new(conf, &profile.msg, NULL, NULL);
	assert_non_null(object);
	row_object_free(object);
	free(huge);
}

/* ---- a naive model ---- */

static uint32_t seed = 1;

static uint32_t
rnd(uint32_t n)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % n;
}

/* Everything that the model knows about: valid and bad values, by attribute. */
static const struct {
	const char *name;
	const char *value;
	bool good;
} words[] = {
    {"vpn-idle-timeout", "5", true},
    {"vpn-idle-timeout", "none", true},
    {"vpn-idle-timeout", "x", false},
    {"banner", "one", true},
    {"banner", "", false},
    {"vpn-filter", "EXT", true},
    {"vpn-filter", "STD", false},
    {"split-tunnel-network-list", "STD", true},
    {"split-tunnel-network-list", "Gone", false},
    {"anyconnect-ssl-dtls", "true", true},
    {"anyconnect-ssl-dtls", "1", false},
    {"address-pools", "POOL", true},
    {"address-pools", "P6", false},
    {"vpn-access-hours", "night", true},
    {"vpn-access-hours", "day", false},
};

static void
a_random_profile_is_what_a_naive_reading_gives(void **state)
{
	(void)state;
	for (unsigned round = 0; round < 3000; round++) {
		const char *model[GPA_COUNT] = {NULL};
		unsigned bad = 0;

		profile_init();
		for (uint32_t n = rnd(12); n > 0; n--) {
			size_t at = rnd(ARRAY_LEN(words));
			unsigned attribute = attribute_of(words[at].name);

			profile_add(words[at].name, words[at].value, words[at].name);
			if (words[at].good && model[attribute] == NULL)
				model[attribute] = words[at].value;
			else
				bad++;
		}
		struct conf_object *object = build();
		for (unsigned a = 0; a < GPA_COUNT; a++) {
			const struct conf_value *value = conf_value(object, a);
			struct buf got;

			if (model[a] == NULL) {
				assert_int_equal(value->state, CONF_ABSENT);
				continue;
			}
			buf_init(&got, 256);
			value_text(CONF_GP_ATTRIBUTES, a, value, &got);
			if (strstr(buf_cstr(&got), model[a]) == NULL)
				fail_msg("round %u: expected %s, got %s", round, model[a],
				    buf_cstr(&got));
			buf_fini(&got);
			assert_int_equal(
			    value->state, strcmp(model[a], "none") == 0 ? CONF_NONE : CONF_SET);
		}
		unsigned lines = 0;
		for (const char *p = buf_cstr(&told); *p != '\0'; p++)
			lines += *p == '\n';
		assert_int_equal(lines, bad);
		row_object_free(object);
	}
}

/* ---- from there to the merged policy ---- */

static void
seconds_are_told_with_their_attribute(void **state)
{
	struct inherit inherit;
	const char *origin;
	uint32_t seconds;
	struct buf text;
	size_t from;

	(void)state;
	profile_init();
	profile_add("dns-server", "10.0.0.1", "Primary-DNS (3076/5)");
	struct conf_object *object = build();
	const struct inherit_own own = {
	    .attributes = object, .kind = "aaa-server-group", .name = "RAD", .idle_sec = 90};

	inherit_login(conf, conf_find(conf, CONF_TUNNEL_GROUP, "Staff"), &own, 1, &inherit);
	assert_true(value_text_seconds(&inherit, GPA_VPN_IDLE_TIMEOUT, &seconds, &from, &origin));
	assert_int_equal(seconds, 90);
	assert_int_equal(from, 0);
	assert_string_equal(origin, "Idle-Timeout (28)");
	assert_false(
	    value_text_seconds(&inherit, GPA_VPN_SESSION_TIMEOUT, &seconds, &from, &origin));
	buf_init(&text, 256);
	value_text_source(
	    &inherit, inherit.from[GPA_DNS_SERVER], inherit.value[GPA_DNS_SERVER], &text);
	buf_puts(&text, "|");
	value_text_source(&inherit, inherit.from[GPA_BANNER], inherit.value[GPA_BANNER], &text);
	buf_puts(&text, "|");
	value_text_source(
	    &inherit, inherit.from[GPA_SPLIT_DNS], inherit.value[GPA_SPLIT_DNS], &text);
	assert_string_equal(buf_cstr(&text),
	    "aaa-server-group RAD, Primary-DNS (3076/5)|group-policy Staff|default");
	buf_fini(&text);
	row_object_free(object);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_value_is_judged_by_its_row),
	    cmocka_unit_test(a_refused_value_leaves_the_default),
	    cmocka_unit_test(the_group_policy_must_exist),
	    cmocka_unit_test(origins_are_kept),
	    cmocka_unit_test(the_first_of_two_counts),
	    cmocka_unit_test(many_and_much_is_no_harm),
	    cmocka_unit_test(a_random_profile_is_what_a_naive_reading_gives),
	    cmocka_unit_test(seconds_are_told_with_their_attribute),
	};

	buf_init(&told, 1 << 20);
	int failed = cmocka_run_group_tests(tests, setup, teardown);
	buf_fini(&told);
	return failed;
}
