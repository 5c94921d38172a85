/* SPDX-License-Identifier: Apache-2.0 */
/* Group-policy attributes to the tunnel's policy: one row per attribute, and the split lists. */
#include "tests/unit/auth_help.h"

#include "auth/policy.h"

struct built {
	struct conf *conf;
	struct inherit inherit;
	struct policy *policy;
	Ipc__TunnelPolicy *msg;
};

/* The policy of alice in Staff, whose group policy has these attributes. */
static void
build(struct built *built, const char *attributes, const char *lists)
{
	static char text[4096];
	const struct world_file files[] = {
	    {"group-policies.conf", text},
	    {"tunnel-groups.conf", "tunnel-groups = ( { name = \"Staff\"; general-attributes = { "
				   "default-group-policy = \"Staff\"; }; } );\n"},
	    {"users.conf",
		"usernames = ( { name = \"alice\"; password = \"" HELP_HASH "\"; } );\n"},
	};

	snprintf(text, sizeof(text),
	    "group-policies = ( { name = \"Staff\"; attributes = { %s }; } );\naccess-lists = ( %s "
	    ");\n",
	    attributes, lists);
	built->conf = world_conf(files, ARRAY_LEN(files));
	inherit_merge(built->conf, conf_find(built->conf, CONF_TUNNEL_GROUP, "Staff"),
	    conf_find(built->conf, CONF_USERNAME, "alice"), NULL, &built->inherit);
	built->policy = policy_new(built->conf, &built->inherit);
	assert_non_null(built->policy);
	built->msg = policy_msg(built->policy);
}

static void
drop(struct built *built)
{
	policy_free(built->policy);
	conf_unref(built->conf);
}

static void
test_defaults(void **state)
{
	struct built b;

	(void)state;
	build(&b, "", "");
	assert_string_equal(b.msg->banner, "");
	assert_string_equal(b.msg->default_domain, "");
	assert_string_equal(b.msg->rekey_method, "");
	assert_int_equal(b.msg->n_dns, 0);
	assert_int_equal(b.msg->n_split_include, 0);
	assert_int_equal(b.msg->n_split_exclude, 0);
	assert_int_equal(b.msg->mtu, 1406);
	assert_int_equal(b.msg->dpd_client, 30);
	assert_int_equal(b.msg->dpd_gateway, 30);
	assert_int_equal(b.msg->keepalive, 20);
	assert_int_equal(b.msg->idle_timeout, 1800);
	assert_int_equal(b.msg->disconnected_timeout, 1800);
	assert_int_equal(b.msg->session_timeout, 0);
	assert_int_equal(b.msg->alert_interval, 60);
	assert_int_equal(b.msg->rekey_time, 0);
	assert_true(b.msg->dtls);
	assert_true(b.msg->smartcard_removal_disconnect);
	assert_false(b.msg->tunnel_all_dns);
	assert_false(b.msg->client_bypass_protocol);
	assert_string_equal(b.msg->gateway_fqdn, "");
	assert_string_equal(b.msg->msie_proxy_method, "");
	assert_true(b.msg->msie_proxy_lockdown); /* whatever the method is, as on an ASA */
	assert_false(b.msg->disable_always_on);
	assert_false(b.msg->routing_filtering_ignore);
	assert_false(b.msg->df_bit_ignore);
	assert_int_equal(b.msg->filter4, 0);
	assert_int_equal(b.msg->filter6, 0);
	assert_int_equal(b.msg->n_custom_attr, 0);
	drop(&b);
}

static void
test_numbers(void **state)
{
	static const struct {
		const char *attribute;
		size_t offset;
		uint32_t value;
	} cases[] = {
	    {"anyconnect-mtu = 1200;", offsetof(Ipc__TunnelPolicy, mtu), 1200},
	    {"anyconnect-dpd-interval-client = 300;", offsetof(Ipc__TunnelPolicy, dpd_client), 300},
	    {"anyconnect-dpd-interval-client = \"none\";", offsetof(Ipc__TunnelPolicy, dpd_client),
		0},
	    {"anyconnect-dpd-interval-gateway = 5;", offsetof(Ipc__TunnelPolicy, dpd_gateway), 5},
	    {"anyconnect-mobile-dpd-interval = 900;", offsetof(Ipc__TunnelPolicy, dpd_mobile), 900},
	    {"", offsetof(Ipc__TunnelPolicy, dpd_mobile), 0},
	    {"anyconnect-ssl-keepalive = \"none\";", offsetof(Ipc__TunnelPolicy, keepalive), 0},
	    {"vpn-idle-timeout = 7;", offsetof(Ipc__TunnelPolicy, idle_timeout), 420},
	    {"vpn-idle-timeout = \"none\";", offsetof(Ipc__TunnelPolicy, idle_timeout), 1800},
	    {"vpn-session-timeout = 60;", offsetof(Ipc__TunnelPolicy, session_timeout), 3600},
	    {"vpn-session-timeout = 35791394;", offsetof(Ipc__TunnelPolicy, session_timeout),
		2147483640},
	    {"vpn-session-timeout-alert-interval = 5;", offsetof(Ipc__TunnelPolicy, alert_interval),
		300},
	    {"", offsetof(Ipc__TunnelPolicy, idle_alert_interval), 0},
	    {"vpn-idle-timeout-alert-interval = 5;",
		offsetof(Ipc__TunnelPolicy, idle_alert_interval), 300},
	    {"vpn-idle-timeout-alert-interval = \"none\";",
		offsetof(Ipc__TunnelPolicy, idle_alert_interval), 0},
	    {"anyconnect-ssl-rekey-time = 10; anyconnect-ssl-rekey-method = \"ssl\";",
		offsetof(Ipc__TunnelPolicy, rekey_time), 600},
	    {"anyconnect-ssl-rekey-time = 10;", offsetof(Ipc__TunnelPolicy, rekey_time), 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct built b;

		build(&b, cases[i].attribute, "");
		uint32_t have = *(uint32_t *)((char *)b.msg + cases[i].offset);
		if (have != cases[i].value)
			fail_msg("FAIL: %s expected %u, got %u", cases[i].attribute, cases[i].value,
			    have);
		drop(&b);
	}
}

static void
test_others(void **state)
{
	struct built b;

	(void)state;
	build(&b,
	    "banner = \"Welcome\"; default-domain = \"corp.example\"; split-dns = [ \"a.example\", "
	    "\"b.example\" ];"
	    "dns-server = [ \"10.0.0.53\", \"fd00::53\" ]; wins-server = [ \"10.0.0.42\" ];"
	    "split-tunnel-policy = \"tunnelspecified\"; split-tunnel-network-list = \"L\";"
	    "split-tunnel-all-dns = true; client-bypass-protocol = true; anyconnect-ssl-dtls = "
	    "false;"
	    "smartcard-removal-disconnect = false; anyconnect-ssl-rekey-time = 30;"
	    "anyconnect-ssl-rekey-method = \"new-tunnel\";",
	    "{ name = \"L\"; rules = [ \"permit 10.0.0.0 255.0.0.0\" ]; }");
	assert_string_equal(b.msg->banner, "Welcome");
	assert_string_equal(b.msg->default_domain, "corp.example");
	assert_int_equal(b.msg->n_split_dns, 2);
	assert_string_equal(b.msg->split_dns[1], "b.example");
	assert_int_equal(b.msg->n_dns, 2);
	assert_int_equal(b.msg->dns[0].len, 4);
	assert_memory_equal(b.msg->dns[0].data, "\x0a\0\0\x35", 4);
	assert_int_equal(b.msg->dns[1].len, 16);
	assert_int_equal(b.msg->n_wins, 1);
	assert_true(b.msg->tunnel_all_dns);
	assert_true(b.msg->client_bypass_protocol);
	assert_false(b.msg->dtls);
	assert_false(b.msg->smartcard_removal_disconnect);
	assert_int_equal(b.msg->rekey_time, 1800);
	assert_string_equal(b.msg->rekey_method, "new-tunnel");
	drop(&b);
}

static void
test_client_settings(void **state)
{
	struct built b;

	(void)state;
	build(&b,
	    "gateway-fqdn = \"gw7.example.com\"; always-on-vpn = \"disable\";"
	    "anyconnect-routing-filtering-ignore = true; anyconnect-ssl-df-bit-ignore = true;",
	    "");
	assert_string_equal(b.msg->gateway_fqdn, "gw7.example.com");
	assert_true(b.msg->disable_always_on);
	assert_true(b.msg->routing_filtering_ignore);
	assert_true(b.msg->df_bit_ignore);
	drop(&b);
}

#define PROXY                                                                                      \
	"msie-proxy-server = \"proxy.example:3128\"; msie-proxy-except-list = [ \"a.example\", "   \
	"\"b.example\" ]; msie-proxy-local-bypass = true; msie-proxy-lockdown = false; "           \
	"msie-proxy-pac-url = \"http://p.example/p.pac\";"

static void
test_proxy(void **state)
{
	static const char *const methods[] = {
	    "no-proxy", "auto-detect", "use-server", "use-pac-url"};
	struct built b;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
		char attributes[512];

		snprintf(attributes, sizeof(attributes), "msie-proxy-method = \"%s\"; " PROXY,
		    methods[i]);
		build(&b, attributes, "");
		assert_string_equal(b.msg->msie_proxy_method, methods[i]);
		assert_string_equal(b.msg->msie_proxy_server, "proxy.example:3128");
		assert_int_equal(b.msg->n_msie_proxy_except, 2);
		assert_string_equal(b.msg->msie_proxy_except[1], "b.example");
		assert_true(b.msg->msie_proxy_local_bypass);
		assert_false(b.msg->msie_proxy_lockdown);
		assert_string_equal(b.msg->msie_proxy_pac_url, "http://p.example/p.pac");
		drop(&b);
	}
	/* Nothing is said of a proxy that is not to change. */
	build(&b, "msie-proxy-method = \"no-modify\"; " PROXY, "");
	assert_string_equal(b.msg->msie_proxy_method, "");
	assert_string_equal(b.msg->msie_proxy_server, "");
	assert_int_equal(b.msg->n_msie_proxy_except, 0);
	assert_false(b.msg->msie_proxy_local_bypass);
	assert_string_equal(b.msg->msie_proxy_pac_url, "");
	drop(&b);
	build(&b, "msie-proxy-method = \"auto-detect\";", "");
	assert_true(b.msg->msie_proxy_lockdown);
	drop(&b);
}

static void
test_custom(void **state)
{
	const struct world_file files[] = {
	    {"group-policies.conf", "group-policies = ( { name = \"Staff\"; attributes = { "
				    "anyconnect-custom = ( { type "
				    "= \"dynamic-split-exclude-domains\"; value = [ \"list1\", "
				    "\"list2\" ]; }, { type = "
				    "\"DeferredUpdateAllowed\"; value = \"true\"; } ); }; } );\n"},
	    {"tunnel-groups.conf",
		"webvpn = { anyconnect-custom-attr = ( { type = \"dynamic-split-exclude-domains\"; "
		"}, { type = \"DeferredUpdateAllowed\"; } ); anyconnect-custom-data = ( { type = "
		"\"dynamic-split-exclude-domains\"; name = \"list1\"; value = "
		"\"a.example,b.example\"; "
		"}, { type = \"dynamic-split-exclude-domains\"; name = \"list2\"; value = "
		"\"c.example\"; } ); };\n"
		"tunnel-groups = ( { name = \"Staff\"; general-attributes = { default-group-policy "
		"= "
		"\"Staff\"; }; } );\n"},
	    {"users.conf", "usernames = ( { name = \"alice\"; } );\n"},
	};
	struct conf *conf = world_conf(files, ARRAY_LEN(files));
	struct inherit inherit;

	(void)state;
	inherit_merge(conf, conf_find(conf, CONF_TUNNEL_GROUP, "Staff"),
	    conf_find(conf, CONF_USERNAME, "alice"), NULL, &inherit);
	struct policy *policy = policy_new(conf, &inherit);
	assert_non_null(policy);
	const Ipc__TunnelPolicy *msg = policy_msg(policy);
	assert_int_equal(msg->n_custom_attr, 2);
	for (size_t i = 0; i < 2; i++) {
		const Ipc__CustomAttr *attr = msg->custom_attr[i];
		bool split = strcmp(attr->type, "dynamic-split-exclude-domains") == 0;

		assert_true(split || strcmp(attr->type, "DeferredUpdateAllowed") == 0);
		assert_string_equal(attr->value, split ? "a.example,b.example,c.example" : "true");
	}
	policy_free(policy);
	conf_unref(conf);
}

#define LIST                                                                                       \
	"{ name = \"L\"; rules = [ \"permit 10.0.0.0 255.0.0.0\", \"deny 10.1.0.0 255.255.0.0\","  \
	" \"permit host 192.0.2.7\", \"permit 2001:db8::/32\" ]; }"
#define EXTENDED                                                                                   \
	"{ name = \"L\"; type = \"extended\"; rules = [ \"remark lists\", \"permit ip 10.0.0.0 "   \
	"255.0.0.0 any\", \"permit ip object-group G any\", \"permit ip host 10.9.9.9 any "        \
	"inactive\" ]; } );\nobject-groups = ( { name = \"G\"; members = [ \"network-object "      \
	"2001:db8:1::/48\", \"network-object object O\" ]; } );\nobjects = ( { name = \"O\"; "     \
	"value = \"range 192.0.2.1 192.0.2.2\"; }"
#define ANY4                                                                                       \
	"{ name = \"L\"; rules = [ \"permit 10.0.0.0 255.0.0.0\", \"permit any4\", \"permit "      \
	"2001:db8::/32\" ]; }"
#define LOCAL "{ name = \"L\"; rules = [ \"permit host 0.0.0.0\" ]; }"
#define ANY "{ name = \"L\"; rules = [ \"permit 10.0.0.0 255.0.0.0\", \"permit any\" ]; }"

static void
join(char *dst, size_t size, size_t len, char **texts)
{
	dst[0] = '\0';
	for (size_t i = 0; i < len; i++) {
		size_t at = strlen(dst);

		snprintf(dst + at, size - at, "%s%s", i > 0 ? " " : "", texts[i]);
	}
}

static void
expect_list(const char *what, const char *expected, size_t len, char **texts)
{
	char have[512];

	join(have, sizeof(have), len, texts);
	if (strcmp(have, expected) != 0)
		fail_msg("FAIL: %s, expected '%s', got '%s'", what, expected, have);
}

static void
test_split(void **state)
{
	static const struct {
		const char *policy4, *policy6, *list;
		const char *include, *exclude, *include6, *exclude6;
	} cases[] = {
	    {"tunnelall", "tunnelall", LIST, "", "", "", ""},
	    {"tunnelspecified", "tunnelall", LIST, "10.0.0.0/255.0.0.0 192.0.2.7/255.255.255.255",
		"", "", ""},
	    {"tunnelspecified", "tunnelspecified", LIST,
		"10.0.0.0/255.0.0.0 192.0.2.7/255.255.255.255", "", "2001:db8::/32", ""},
	    {"tunnelall", "tunnelspecified", LIST, "", "", "2001:db8::/32", ""},
	    {"excludespecified", "tunnelspecified", LIST, "",
		"10.0.0.0/255.0.0.0 192.0.2.7/255.255.255.255", "2001:db8::/32", ""},
	    {"excludespecified", "excludespecified", LIST, "",
		"10.0.0.0/255.0.0.0 192.0.2.7/255.255.255.255", "", "2001:db8::/32"},
	    {"tunnelspecified", "tunnelspecified", ANY, "", "", "", ""},
	    {"excludespecified", "excludespecified", ANY, "", "10.0.0.0/255.0.0.0 0.0.0.0/0.0.0.0",
		"", "::/0"},
	    {"tunnelspecified", "tunnelspecified", EXTENDED,
		"10.0.0.0/255.0.0.0 192.0.2.1/255.255.255.255 192.0.2.2/255.255.255.255", "",
		"2001:db8:1::/48", ""},
	    /* Everything of IPv4 says nothing of IPv6. */
	    {"tunnelspecified", "tunnelspecified", ANY4, "", "", "2001:db8::/32", ""},
	    {"excludespecified", "tunnelspecified", ANY4, "", "10.0.0.0/255.0.0.0 0.0.0.0/0.0.0.0",
		"2001:db8::/32", ""},
	    /* What the ASA writes for the client's local network. */
	    {"excludespecified", "tunnelall", LOCAL, "", "0.0.0.0/255.255.255.255", "", ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct built b;
		char attributes[256];

		snprintf(attributes, sizeof(attributes),
		    "split-tunnel-policy = \"%s\"; ipv6-split-tunnel-policy = \"%s\"; "
		    "split-tunnel-network-list = \"L\";",
		    cases[i].policy4, cases[i].policy6);
		build(&b, attributes, cases[i].list);
		expect_list(
		    "include", cases[i].include, b.msg->n_split_include, b.msg->split_include);
		expect_list(
		    "exclude", cases[i].exclude, b.msg->n_split_exclude, b.msg->split_exclude);
		expect_list(
		    "include6", cases[i].include6, b.msg->n_split_include6, b.msg->split_include6);
		expect_list(
		    "exclude6", cases[i].exclude6, b.msg->n_split_exclude6, b.msg->split_exclude6);
		drop(&b);
	}
}

/* A full message must survive the trip. */
static void
test_packs(void **state)
{
	struct built b;
	uint8_t bytes[4096];

	(void)state;
	build(&b,
	    "split-tunnel-policy = \"tunnelspecified\"; split-tunnel-network-list = \"L\"; "
	    "split-dns = [ \"a\" ];",
	    LIST);
	assert_true(ipc__tunnel_policy__get_packed_size(b.msg) < sizeof(bytes));
	size_t len = ipc__tunnel_policy__pack(b.msg, bytes);
	Ipc__TunnelPolicy *copy = ipc__tunnel_policy__unpack(NULL, len, bytes);
	assert_non_null(copy);
	assert_int_equal(copy->n_split_include, 2);
	ipc__tunnel_policy__free_unpacked(copy, NULL);
	drop(&b);
}

/* What a server says in seconds is taken to the second, and 0 is no word of his. */
static void
test_seconds(void **state)
{
	struct policy_limits limits;
	struct policy *policy;
	struct built b;

	(void)state;
	build(&b, "vpn-idle-timeout = 7; vpn-session-timeout = 9;", "");
	policy_limits(b.conf, &b.inherit, &limits);
	assert_int_equal(limits.idle_sec, 420);
	assert_int_equal(limits.session_sec, 540);
	b.inherit.idle_sec = 61;
	b.inherit.session_sec = 3601;
	policy_limits(b.conf, &b.inherit, &limits);
	assert_int_equal(limits.idle_sec, 61);
	assert_int_equal(limits.session_sec, 3601);
	policy = policy_new(b.conf, &b.inherit);
	assert_non_null(policy);
	assert_int_equal(policy_msg(policy)->idle_timeout, 61);
	assert_int_equal(policy_msg(policy)->disconnected_timeout, 61);
	assert_int_equal(policy_msg(policy)->session_timeout, 3601);
	policy_free(policy);
	drop(&b);
	/* also in place of none */
	build(&b, "vpn-idle-timeout = \"none\";", "");
	b.inherit.session_sec = 30;
	policy_limits(b.conf, &b.inherit, &limits);
	assert_int_equal(limits.idle_sec, 1800);
	assert_int_equal(limits.session_sec, 30);
	drop(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_seconds),
	    cmocka_unit_test(test_defaults),
	    cmocka_unit_test(test_numbers),
	    cmocka_unit_test(test_others),
	    cmocka_unit_test(test_client_settings),
	    cmocka_unit_test(test_proxy),
	    cmocka_unit_test(test_custom),
	    cmocka_unit_test(test_split),
	    cmocka_unit_test(test_packs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
