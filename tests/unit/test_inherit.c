/* SPDX-License-Identifier: Apache-2.0 */
/* Group-policy attributes: the order of the sources, none that stops it, and where each value came
 * from. */
#include <stdio.h>
#include <stdlib.h>

#include "conf/inherit.h"
#include "tests/unit/conf_help.h"

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_tunnel_group_names_the_policy),
	    cmocka_unit_test(the_user_comes_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
