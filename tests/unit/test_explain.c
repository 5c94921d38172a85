/* SPDX-License-Identifier: Apache-2.0 */
/* What explain-policy says in words and as JSON, for one configuration that has all of it. The
 * decisions are tested elsewhere: test_policy_model, test_explain_daemon. */
#include <stdlib.h>
#include <time.h>

#include "tests/unit/conf_world.h"
#include "tools/explain.h"

#define MONDAY_NOON 1783339200 /* 6 July 2026, 12:00 UTC */

static const char groups[] =
    "webvpn = { tunnel-group-list = true; default-idle-timeout = 90;\n"
    "  certificate-group-map = ( { map = \"M\"; sequence = 7; tunnel-group = \"Staff\"; } );\n"
    "  anyconnect-custom-attr = ( { type = \"T1\"; }, { type = \"T2\"; } );\n"
    "  anyconnect-custom-data = ( { type = \"T1\"; name = \"D\"; value = \"a,b\"; } ); };\n"
    "group-delimiter = \"#\";\n"
    "certificate-maps = ( { name = \"M\"; sequence = 7; criteria = \"subject-name attr cn eq "
    "jane\"; } );\n"
    "tunnel-groups = (\n"
    "  { name = \"Staff\";\n"
    "    general-attributes = { default-group-policy = \"Staff\"; address-pool = \"POOL\";\n"
    "      strip-realm = true; strip-group = true; };\n"
    "    webvpn-attributes = { group-alias = ( { name = \"The Staff\"; } );\n"
    "      group-url = ( { url = \"https://gw.example.com/staff\"; } ); }; },\n"
    "  { name = \"Shut\"; general-attributes = { authentication-server-group = \"ISE\"; };\n"
    "      webvpn-attributes = { group-alias = ( { name = \"shut\"; } ); }; },\n"
    "  { name = \"Rad\"; general-attributes = { authentication-server-group = [ \"RAD\", "
    "\"LOCAL\" ];\n"
    "      accounting-server-group = \"RAD\"; };\n"
    "      webvpn-attributes = { group-alias = ( { name = \"rad\"; } ); }; } );\n";

static const char policies[] =
    "group-policies = (\n"
    "  { name = \"DfltGrpPolicy\"; attributes = { banner = \"dflt\"; dns-server = [ \"10.0.0.1\", "
    "\"10.0.0.2\" ];\n"
    "      vpn-filter = \"F\"; vpn-access-hours = \"night\"; }; },\n"
    "  { name = \"Staff\"; attributes = {\n"
    "      banner = \"two\\nlines \\\"and\\\" more\";\n"
    "      vpn-idle-timeout = \"none\"; vpn-access-hours = \"none\";\n"
    "      anyconnect-ssl-rekey-time = 5;\n"
    "      msie-proxy-server = \"p.example:1\";\n"
    "      split-tunnel-network-list = \"nets\";\n"
    "      anyconnect-custom = ( { type = \"T1\"; value = [ \"D\", \"c\" ]; } ); }; } );\n"
    "ip-local-pools = ( { name = \"POOL\"; range = \"10.9.0.1-10.9.0.9\"; },\n"
    "  { name = \"OWN\"; range = \"10.9.1.1-10.9.1.9\"; } );\n"
    "access-lists = ( { name = \"F\"; type = \"extended\"; rules = \"permit ip any any\"; },\n"
    "  { name = \"nets\"; rules = \"permit 10.0.0.0 255.0.0.0\"; } );\n"
    "time-ranges = ( { name = \"night\"; periodic = \"daily 20:00 to 23:00\"; } );\n";

static const char users[] =
    "usernames = ( { name = \"jane\"; password = \"" HELP_HASH "\"; attributes = {\n"
    "    banner = \"none\"; address-pools = \"OWN\";\n"
    "    vpn-framed-ip-address = \"192.168.100.7 255.255.255.0\";\n"
    "    anyconnect-custom = ( { type = \"T1\"; value = \"none\"; }, { type = \"T2\"; value = "
    "\"x\"; } ); }; },\n"
    "  { name = \"nopass\"; } );\n";

static struct conf *conf;

static int
setup(void **state)
{
	const struct conf_world_file files[] = {
	    {"tunnel-groups.conf", groups},
	    {"group-policies.conf", policies},
	    {"users.conf", users},
	    {"aaa.conf", "aaa-server-groups = ( { name = \"ISE\"; hosts = ( { address = "
			 "\"192.0.2.1\"; } ); }, "
			 "{ name = \"RAD\"; hosts = ( { address = \"192.0.2.2\"; key = \"k\"; }, "
			 "{ address = \"192.0.2.3\"; } ); } );"},
	};

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

/* ---- text ---- */

static struct buf text;

static const char *
say(const struct explain_query *query)
{
	struct explain *explain = explain_new(conf, query);

	assert_non_null(explain);
	buf_reset(&text);
	explain_text(explain, &text);
	assert_int_equal(text.err, ERR_OK);
	explain_free(explain);
	assert_null(strstr(buf_cstr(&text), HELP_HASH));
	return buf_cstr(&text);
}

static void
expect(const char *said, const char *wanted)
{
	if (strstr(said, wanted) == NULL)
		fail_msg("FAIL: expected '%s', got:\n%s", wanted, said);
}

static void
test_staff(void **state)
{
	const char *said = say(&(struct explain_query){.group_url = "https://gw.example.com/staff/",
	    .user = "jane@corp.example#VPN",
	    .when = MONDAY_NOON});

	(void)state;
	expect(said, "Tunnel-group:    Staff (tunnel-groups.conf:8)\n");
	expect(said, "Chosen by:       group-url https://gw.example.com/staff "
		     "(tunnel-groups.conf:12): host, port and path are equal\n");
	expect(said, "Tried before:    certificate-map: no certificate\n");
	expect(said, "Login asks for:  user name and password\n"
		     "                 TLS asks for a certificate, and does without one\n");
	expect(said, "User:            jane@corp.example#VPN, without realm and group jane "
		     "(users.conf:1)\n");
	expect(said, "Group-policy:    Staff\n");
	expect(said, "Verdict:         allowed at 2026-07-06 12:00: the login is allowed\n");
	expect(said, "none  from username jane (users.conf:2)\n");
	expect(said, "overrides \"two\\nlines \\\"and\\\" more\"  from group-policy Staff "
		     "(group-policies.conf:5)\n");
	expect(said, "overrides \"dflt\"  from group-policy DfltGrpPolicy "
		     "(group-policies.conf:2)\n");
	expect(said, "10.0.0.1, 10.0.0.2  from group-policy DfltGrpPolicy "
		     "(group-policies.conf:2)\n");
	expect(said, "webvpn default-idle-timeout applies: 90 seconds\n");
	expect(said, "without effect: anyconnect-ssl-rekey-method is none\n");
	expect(said, "without effect: msie-proxy-method is no-modify\n");
	expect(said, "without effect: the split-tunnel policies are tunnelall\n");
	expect(said, "vpn-filter applies to IPv6 too\n");
	expect(said, "anyconnect-custom T1                 none  from username jane");
	expect(said, "overrides \"a,b,c\"  from group-policy Staff (group-policies.conf:10)\n");
	expect(said, "anyconnect-custom T2                 \"x\"  from username jane");
	expect(said, "IPv4 address                         192.168.100.7 255.255.255.0, the user's "
		     "own; while somebody has it: OWN (group-policy), then POOL (tunnel-group)\n");
	expect(said, "IPv6 address                         none: there is no pool\n");
	expect(said, "IPv4 filter                          access-list F (vpn-filter)\n");
	expect(said, "IPv6 filter                          access-list F (vpn-filter)\n");
}

static void
test_others(void **state)
{
	Ipc__CertNames names = IPC__CERT_NAMES__INIT;
	Ipc__CertAttr attr = {.tag = (char *)"cn", .value = (char *)"JANE"};
	Ipc__CertAttr *attrs[] = {&attr};

	(void)state;
	const char *said = say(&(struct explain_query){.when = MONDAY_NOON});
	expect(said,
	    "Chosen by:       default: the first of the list, as DefaultWEBVPNGroup is not "
	    "in it\n");
	expect(said, "with the list of tunnel-groups: \"The Staff\" (selected) \"shut\" \"rad\"\n");
	expect(said, "User:            anybody without attributes of his own\n");

	said = say(&(struct explain_query){.alias = "SHUT", .when = MONDAY_NOON});
	expect(said, "Tunnel-group:    Shut (tunnel-groups.conf:13)\n");
	expect(said, "closed: authentication-server-group ISE has no host with a key; every login "
		     "is refused\n");
	expect(said, "Verdict:         refused at 2026-07-06 12:00: the tunnel-group asks for "
		     "something that nobody can check\n");

	said = say(&(struct explain_query){
	    .group_url = "https://x/staff", .user = "\033[2Jbob", .when = MONDAY_NOON});
	expect(said, "User:            ?[2Jbob\n                 LOCAL does not know him");
	expect(said, "refused at 2026-07-06 12:00: LOCAL does not know the user\n"
		     "                 the policy alone: the login is allowed\n");

	said = say(&(struct explain_query){
	    .group_url = "https://x/staff", .user = "nopass", .when = MONDAY_NOON});
	expect(said, "the user has no password, so that no password fits\n");
	said = say(&(struct explain_query){
	    .group_url = "https://x/staff", .user = "@corp", .when = MONDAY_NOON});
	expect(said, "the user name is too long, or nothing is left of it\n");

	names.subject = attrs;
	names.n_subject = 1;
	names.subject_name = (char *)"cn=JANE";
	names.issuer_name = (char *)"cn=CA";
	said = say(&(struct explain_query){.names = &names, .when = MONDAY_NOON});
	expect(said, "Chosen by:       certificate-map M 7 (tunnel-groups.conf:2): all criteria "
		     "hold\n");
	expect(said, "Certificate:     cn=JANE, issued by cn=CA\n"
		     "                 not verified here;");
}

static void
test_said(void **state)
{
	static const char *const fine[] = {"group-policy=Staff", "idle-timeout=90",
	    "vpn-idle-timeout=7", "dns-server=10.0.0.8", "dns-server=10.0.0.9", "accept",
	    "vpn-simultaneous-logins=many", "address-pools=GONE"};
	static const char *const denied[] = {"vpn-filter=GONE"};
	struct explain_query query = {.alias = "rad", .user = "jane", .when = MONDAY_NOON};

	(void)state;
	const char *said = say(&query);
	expect(said, "Authentication:  aaa-server-group RAD (aaa.conf:1): 192.0.2.2, 192.0.2.3 "
		     "without a key; if none answers LOCAL\n");
	expect(said, "Accounting:      aaa-server-group RAD (aaa.conf:1)");
	expect(said, "users.conf does not count; this is the policy of a user whom an aaa-server "
		     "knows\n");
	expect(said, "refused at 2026-07-06 12:00: the time is outside vpn-access-hours\n");
	query.aaa = fine;
	query.aaa_len = ARRAY_LEN(fine);
	said = say(&query);
	expect(said, "Group-policy:    Staff\n");
	expect(said, "allowed at 2026-07-06 12:00: the login is allowed, if the servers accept the "
		     "user\n");
	expect(said,
	    "vpn-idle-timeout                     90 seconds  from aaa-server-group RAD "
	    "(Idle-Timeout (28))\n"
	    "                                       overrides 7  from aaa-server-group RAD "
	    "(--aaa)\n");
	expect(said, "10.0.0.8, 10.0.0.9  from aaa-server-group RAD (--aaa)\n");
	expect(said, "vpn-simultaneous-logins: \"many\" is no valid value, and is left out\n");
	expect(said, "address-pools: \"GONE\" is no pool, and is left out\n");
	query.aaa = denied;
	query.aaa_len = 1;
	query.when += 9 * 3600; /* within the hours */
	said = say(&query);
	expect(said,
	    "refused at 2026-07-06 21:00: is no access list that can be used: the login is "
	    "refused\n");
	/* nobody authorizes, and LOCAL says nothing by RADIUS */
	said = say(&(struct explain_query){.alias = "The Staff",
	    .user = "jane",
	    .when = MONDAY_NOON,
	    .aaa = denied,
	    .aaa_len = 1});
	expect(said, "no aaa-server says what --aaa says: it does not count\n");
	expect(said, "Verdict:         allowed");
	assert_true(explain_said_is_fine("accept"));
	assert_true(explain_said_is_fine("session-timeout=1"));
	assert_false(explain_said_is_fine("session-timeout=0"));
	assert_false(explain_said_is_fine("idle-timeout=x"));
	assert_false(explain_said_is_fine("vpn-group-policy=Staff"));
	assert_false(explain_said_is_fine("anyconnect-custom=x"));
	assert_false(explain_said_is_fine("banner"));
	assert_false(explain_said_is_fine(""));
}

/* ---- JSON ---- */

static json_t *
ask(const struct explain_query *query)
{
	struct explain *explain = explain_new(conf, query);
	json_t *document = explain_json(explain);

	assert_non_null(document);
	explain_free(explain);
	return document;
}

/* Every key that the manual promises, and none more. */
static void
expect_keys(const json_t *object, const char *const *keys, size_t len)
{
	assert_true(json_is_object(object));
	for (size_t i = 0; i < len; i++)
		if (json_object_get(object, keys[i]) == NULL)
			fail_msg("FAIL: key %s, expected, got none", keys[i]);
	assert_int_equal(json_object_size(object), len);
}

#define KEYS(object, ...)                                                                          \
	do {                                                                                       \
		static const char *const keys[] = {__VA_ARGS__};                                   \
		expect_keys(object, keys, ARRAY_LEN(keys));                                        \
	} while (0)

static void
test_keys(void **state)
{
	Ipc__CertNames names = IPC__CERT_NAMES__INIT;
	json_t *document = ask(&(struct explain_query){.group_url = "https://gw.example.com/staff",
	    .user = "jane",
	    .names = &names,
	    .when = MONDAY_NOON});
	const json_t *attribute = json_array_get(json_object_get(document, "attributes"), 0);
	const json_t *ipv4 = json_object_get(document, "ipv4");

	(void)state;
	KEYS(document, "tunnel_group", "chosen_by", "tried", "tried_dropped", "certificate",
	    "login", "servers", "user", "problems", "unheard", "group_policy", "time", "verdict",
	    "attributes", "ipv4", "ipv6");
	KEYS(json_object_get(document, "servers"), "authentication", "secondary", "authorization",
	    "authorization_required", "accounting");
	KEYS(json_object_get(json_object_get(document, "servers"), "authentication"),
	    "server_group", "hosts", "local", "local_fallback");
	KEYS(json_object_get(document, "tunnel_group"), "name", "alias", "settled", "file", "line");
	KEYS(json_object_get(document, "chosen_by"), "rule", "object", "file", "line", "why");
	KEYS(json_array_get(json_object_get(document, "tried"), 0), "rule", "object", "file",
	    "line", "why");
	KEYS(json_object_get(document, "certificate"), "subject_name", "issuer_name", "serial",
	    "alt_subject_name", "extended_key_usage", "verified");
	KEYS(json_object_get(document, "login"), "authentication", "asks", "group_list",
	    "tls_certificate", "closed", "closed_why");
	KEYS(json_object_get(document, "user"), "typed", "name", "local", "has_password", "file",
	    "line");
	KEYS(json_object_get(document, "verdict"), "allowed", "reason", "text", "policy");
	KEYS(attribute, "name", "type", "value", "source", "source_name", "file", "line", "note",
	    "overrides");
	KEYS(json_array_get(json_object_get(attribute, "overrides"), 0), "value", "source",
	    "source_name", "file", "line");
	KEYS(ipv4, "framed", "pools", "filter");
	KEYS(json_array_get(json_object_get(ipv4, "pools"), 0), "name", "source");
	KEYS(json_object_get(ipv4, "filter"), "access_list", "attribute");
	assert_true(
	    json_is_false(json_object_get(json_object_get(document, "certificate"), "verified")));
	json_decref(document);
}

/* Texts of the command line that are not UTF-8 do not break the document. */
static void
test_not_utf8(void **state)
{
	json_t *document = ask(&(struct explain_query){.user = "j\xffne", .when = MONDAY_NOON});
	const json_t *user = json_object_get(document, "user");

	(void)state;
	assert_string_equal(json_string_value(json_object_get(user, "typed")), "j?ne");
	assert_true(json_is_false(json_object_get(user, "local")));
	assert_true(json_is_null(json_object_get(document, "certificate")));
	json_decref(document);
	document = ask(&(struct explain_query){.when = MONDAY_NOON});
	assert_true(json_is_null(json_object_get(document, "user")));
	json_decref(document);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_staff, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_others, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_said, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_keys, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_not_utf8, setup, teardown),
	};

	if (setenv("TZ", "UTC0", 1) != 0)
		return 1;
	tzset();
	buf_init(&text, 1 << 20);
	int status = cmocka_run_group_tests(tests, NULL, NULL);
	buf_fini(&text);
	return status;
}
