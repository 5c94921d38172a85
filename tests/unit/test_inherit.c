/* SPDX-License-Identifier: Apache-2.0 */
/* Group-policy attributes: the order of the sources, none that stops it, and where each value came
 * from. */
#include <stdio.h>
#include <stdlib.h>

#include "conf/inherit.h"
#include "conf/row.h"
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

/* ---- several authorities ---- */

static uint32_t seed = 1;

static uint32_t
rnd(uint32_t n)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % n;
}

/* An authority with random words, some of them "none", and its own seconds. */
static struct conf_object *
random_own(struct inherit_own *own, const char *name)
{
	static const char *const policies_of[] = {NULL, "Gone", "Staff", "Boss"};
	static char five[] = "5", none[] = "none", text[] = "own", *texts[] = {five, none, text};
	static const struct {
		enum conf_gp_attributes attribute;
		size_t text;
	} words[] = {{GPA_VPN_IDLE_TIMEOUT, 0}, {GPA_VPN_IDLE_TIMEOUT, 1},
	    {GPA_VPN_SESSION_TIMEOUT, 0}, {GPA_BANNER, 2}, {GPA_BANNER, 1},
	    {GPA_VPN_SIMULTANEOUS_LOGINS, 0}};
	struct conf_object *object = NULL;
	struct conf_errors errors;
	char *at;

	*own = (struct inherit_own){.kind = "aaa-server-group", .name = name};
	own->group_policy = policies_of[rnd(ARRAY_LEN(policies_of))];
	if (rnd(8) == 0)
		return NULL; /* it is not there */
	conf_errors_init(&errors);
	object = row_object_room("test", CONF_GP_ATTRIBUTES, 1, &at, &errors);
	assert_non_null(object);
	for (uint32_t n = rnd(4); n > 0; n--) {
		size_t word = rnd(ARRAY_LEN(words));

		assert_int_equal(row_set_texts(object, words[word].attribute,
				     &texts[words[word].text], 1, &errors),
		    ERR_OK);
	}
	conf_errors_fini(&errors);
	own->attributes = object;
	own->idle_sec = rnd(2) * (1 + rnd(100));
	own->session_sec = rnd(2) * (1 + rnd(100));
	return object;
}

/* What somebody says of an attribute, by the order of asa.md 1.3, written down plainly. */
struct model {
	const struct conf_object *chain[8];
	size_t len;
	const char *policy;
};

static void
model_policy(const struct conf *conf, const char *name, struct model *model)
{
	const struct conf_object *policy =
	    name != NULL ? conf_find(conf, CONF_GROUP_POLICY, name) : NULL;

	if (policy == NULL)
		return;
	if (model->policy == NULL)
		model->policy = conf_str(policy, GP_NAME);
	model->chain[model->len++] = conf_sub(policy, GP_ATTRIBUTES);
}

static void
model_make(const struct conf *conf, const struct inherit_own *own, size_t len, struct model *model)
{
	*model = (struct model){0};
	for (size_t i = 0; i < len; i++)
		if (own[i].attributes != NULL)
			model->chain[model->len++] = own[i].attributes;
	for (size_t i = 0; i < len && model->policy == NULL; i++)
		model_policy(conf, own[i].group_policy, model);
	model_policy(conf, "Staff", model); /* the tunnel group's */
	model_policy(conf, "DfltGrpPolicy", model);
}

/* Who of the chain has an attribute first. */
static const struct conf_object *
model_who(const struct model *model, enum conf_gp_attributes attribute)
{
	for (size_t i = 0; i < model->len; i++)
		if (conf_value(model->chain[i], attribute)->state != CONF_ABSENT)
			return model->chain[i];
	return NULL;
}

/* The first who has seconds, unless one before him has the attribute. */
static uint32_t
model_seconds(const struct inherit_own *own, size_t len, enum conf_gp_attributes attribute,
    const struct conf_object **who)
{
	*who = NULL;
	for (size_t i = 0; i < len; i++) {
		uint32_t seconds =
		    attribute == GPA_VPN_IDLE_TIMEOUT ? own[i].idle_sec : own[i].session_sec;

		if (own[i].attributes == NULL)
			continue;
		*who = own[i].attributes;
		if (seconds > 0)
			return seconds;
		if (conf_value(own[i].attributes, attribute)->state != CONF_ABSENT)
			return 0;
	}
	return 0;
}

static void
compare(const struct inherit *inherit, const struct model *model, const struct inherit_own *own,
    size_t len)
{
	const struct conf_object *who;

	assert_string_equal(inherit->group_policy, model->policy);
	for (enum conf_gp_attributes a = 0; a < GPA_COUNT; a++) {
		who = model_who(model, a);
		if (who == NULL) {
			assert_int_equal(inherit->from[a], inherit->sources_len);
			continue;
		}
		assert_ptr_equal(inherit->value[a], conf_value(who, a));
		assert_ptr_equal(inherit->source[inherit->from[a]], who);
	}
	assert_int_equal(inherit->idle_sec, model_seconds(own, len, GPA_VPN_IDLE_TIMEOUT, &who));
	if (inherit->idle_sec > 0)
		assert_ptr_equal(inherit->source[inherit->idle_from], who);
	assert_int_equal(
	    inherit->session_sec, model_seconds(own, len, GPA_VPN_SESSION_TIMEOUT, &who));
	if (inherit->session_sec > 0)
		assert_ptr_equal(inherit->source[inherit->session_from], who);
}

static void
the_first_authority_that_speaks_counts(void **state)
{
	struct conf *conf = load("");
	const struct conf_object *group = conf_find(conf, CONF_TUNNEL_GROUP, "Staff");

	(void)state;
	for (unsigned round = 0; round < 20000; round++) {
		struct inherit_own own[INHERIT_OWN_MAX];
		struct conf_object *objects[INHERIT_OWN_MAX] = {NULL};
		size_t len = rnd(INHERIT_OWN_MAX + 1);
		struct inherit inherit;
		struct model model;

		for (size_t i = 0; i < len; i++)
			objects[i] = random_own(&own[i], i == 0 ? "FIRST" : "OTHER");
		inherit_login(conf, group, own, len, &inherit);
		model_make(conf, own, len, &model);
		compare(&inherit, &model, own, len);
		for (size_t i = 0; i < len; i++)
			row_object_free(objects[i]);
	}
	conf_unref(conf);
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
	    cmocka_unit_test(the_first_authority_that_speaks_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
