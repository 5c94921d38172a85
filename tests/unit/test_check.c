/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bad configurations and the exact lines that they earn: references, duplicates, overlaps, pairs
 * (check.c, check_pool.c). INV-5 begins here: no address is in two pools.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/conf_help.h"

struct bad {
	const char *file;
	const char *text;
	const char *errors; /* "": the configuration is fine */
};

#define LISTENERS "listeners = ( { address = \"0.0.0.0\"; } );\n"
#define GATEWAY LISTENERS "tun = { ipv4-address = \"192.168.100.254/24\"; };\n"
#define POOLS(text) "group-policies = ( { name = \"Staff\"; } );\nip-local-pools = (\n" text ");\n"
#define POOL_ALONE "  { name = \"POOL\"; range = \"10.1.0.10-10.1.0.20\"; }\n"
#define POOL "  { name = \"POOL\"; range = \"10.1.0.10-10.1.0.20\"; },\n"
#define GROUP(text) "tunnel-groups = ( { name = \"Staff\";\n" text " } );\n"
#define WEBVPN(text) GROUP("webvpn-attributes = {\n" text " };")
#define ATTRIBUTES(text)                                                                           \
	"group-policies = ( { name = \"Staff\"; attributes = {\n" text " }; } );\n"                \
	"ip-local-pools = ( { name = \"POOL\"; range = \"10.1.0.10-10.1.0.20\"; } );\n"

static const struct bad cases[] = {
    /* listeners */
    {"gateway.conf",
	"listeners = ( { address = \"192.0.2.1\"; },\n"
	"  { address = \"192.0.2.1\"; port = 443; } );\ntun = { };\n",
	"gateway.conf:2: listeners[1].address: 192.0.2.1 port 443 is there twice, first in line 1; "
	"remove one\n"},
    {"gateway.conf",
	"listeners = ( { address = \"::1\"; port = 1; dtls-port = 3; },\n"
	"  { address = \"0:0::1\"; port = 2; dtls-port = 3; } );\ntun = { };\n",
	"gateway.conf:2: listeners[1].dtls-port: 0:0::1 port 3 is there twice, first in line 1; "
	"use "
	"another or 0\n"},
    {"gateway.conf",
	"listeners = ( { address = \"::1\"; port = 1; dtls-port = 0; },\n"
	"  { address = \"::1\"; port = 2; dtls-port = 0; } );\ntun = { };\n",
	""},
    /* references */
    {"tunnel-groups.conf", GROUP("general-attributes = { address-pool = [ \"POOL\", \"PUL\" ]; };"),
	"tunnel-groups.conf:2: tunnel-groups[0].general-attributes.address-pool: \"PUL\" is not in "
	"ip-local-pools of group-policies.conf; known: POOL\n"},
    {"tunnel-groups.conf", GROUP("general-attributes = { ipv6-address-pool = \"POOL\"; };"),
	"tunnel-groups.conf:2: tunnel-groups[0].general-attributes.ipv6-address-pool: \"POOL\" is "
	"not in ipv6-local-pools of group-policies.conf\n"},
    {"tunnel-groups.conf", GROUP("general-attributes = { default-group-policy = \"staff\"; };"),
	"tunnel-groups.conf:2: tunnel-groups[0].general-attributes.default-group-policy: \"staff\" "
	"is not in group-policies of group-policies.conf; known: DfltGrpPolicy, Staff\n"},
    {"group-policies.conf", ATTRIBUTES("split-tunnel-network-list = \"x\";"),
	"group-policies.conf:2: group-policies[0].attributes.split-tunnel-network-list: \"x\" is "
	"not in access-lists of group-policies.conf\n"},
    {"group-policies.conf", ATTRIBUTES("group-lock = \"Stuff\";"),
	"group-policies.conf:2: group-policies[0].attributes.group-lock: \"Stuff\" is not in "
	"tunnel-groups of tunnel-groups.conf; known: DefaultWEBVPNGroup, Staff\n"},
    {"group-policies.conf", ATTRIBUTES("group-lock = \"none\"; address-pools = \"none\";"), ""},
    {"group-policies.conf", ATTRIBUTES("group-lock = \"DefaultWEBVPNGroup\";"), ""},
    {"group-policies.conf", ATTRIBUTES("address-pools = \"x\";\nipv6-address-pools = [\"y\"];"),
	"group-policies.conf:2: group-policies[0].attributes.address-pools: \"x\" is not in "
	"ip-local-pools of group-policies.conf; known: POOL\n"
	"group-policies.conf:3: group-policies[0].attributes.ipv6-address-pools: \"y\" is not in "
	"ipv6-local-pools of group-policies.conf\n"},
    {"group-policies.conf", ATTRIBUTES("vpn-group-policy = \"Staff\";"),
	"group-policies.conf:2: group-policies[0].attributes.vpn-group-policy: belongs to the "
	"attributes of a user, in users.conf\n"},
    {"users.conf",
	"usernames = ( { name = \"alice\"; password = \"" HELP_HASH "\";\n"
	"  attributes = { vpn-group-policy = \"Stuff\"; }; } );\n",
	"users.conf:2: usernames[0].attributes.vpn-group-policy: \"Stuff\" is not in "
	"group-policies "
	"of group-policies.conf; known: DfltGrpPolicy, Staff\n"},
    /* names */
    {"users.conf",
	"usernames = ( { name = \"bob\"; password = \"" HELP_HASH "\"; },\n"
	"  { name = \"alice\"; password = \"" HELP_HASH "\"; },\n"
	"  { name = \"bob\"; password = \"" HELP_HASH "\"; } );\n",
	"users.conf:3: usernames[2].name: \"bob\" is there twice, first in line 1; use another "
	"name\n"},
    {"group-policies.conf",
	"group-policies = ( { name = \"Staff\"; },\n  { name = \"DfltGrpPolicy\"; },\n"
	"  { name = \"DfltGrpPolicy\"; } );\n"
	"ip-local-pools = ( { name = \"POOL\"; range = \"10.1.0.10-10.1.0.20\"; } );\n",
	"group-policies.conf:3: group-policies[2].name: \"DfltGrpPolicy\" is there twice, first in "
	"line 2; use another name\n"},
    /* how clients select a group */
    {"tunnel-groups.conf",
	WEBVPN("group-alias = ( { name = \"a\"; },\n { name = \"A\"; enable = true; } );"),
	"tunnel-groups.conf:4: tunnel-groups[0].webvpn-attributes.group-alias[1].name: \"A\" is "
	"the "
	"same as in line 3; disable or remove one\n"},
    {"tunnel-groups.conf",
	WEBVPN("group-alias = ( { name = \"a\"; },\n { name = \"A\"; enable = false; } );"), ""},
    {"tunnel-groups.conf",
	WEBVPN("group-url = ( { url = \"https://GW.example.com:443/x/\"; },\n"
	       "{ url = \"https://gw.example.com/X\"; } );"),
	"tunnel-groups.conf:4: tunnel-groups[0].webvpn-attributes.group-url[1].url: "
	"\"https://gw.example.com/X\" is the same as in line 3; disable or remove one\n"},
    {"tunnel-groups.conf",
	WEBVPN("group-url = ( { url = \"https://[2001:db8::1]/\"; },\n"
	       "{ url = \"https://[2001:db8::1]:444\"; } );"),
	""},
    /* pools */
    {"group-policies.conf", POOLS(POOL "  { name = \"B\"; range = \"10.1.0.20-10.1.0.30\"; }\n"),
	"group-policies.conf:4: ip-local-pools[1].range: shares addresses with pool \"POOL\" of "
	"line 3; no address may be in two pools\n"},
    {"group-policies.conf",
	POOLS("  { name = \"B\"; range = \"10.1.0.21-10.1.0.30\"; },\n"
	      "  { name = \"POOL\"; range = \"10.1.0.10-10.1.0.20\"; }\n"),
	""},
    {"group-policies.conf",
	POOLS("  { name = \"C\"; range = \"10.1.0.15-10.1.0.16\"; },\n"
	      "  { name = \"B\"; range = \"10.1.0.18-10.1.0.19\"; },\n"
	      "  { name = \"POOL\"; range = \"10.1.0.10-10.1.0.20\"; }\n"),
	"group-policies.conf:5: ip-local-pools[2].range: shares addresses with pool \"C\" of line "
	"3; "
	"no address may be in two pools\n"
	"group-policies.conf:5: ip-local-pools[2].range: shares addresses with pool \"B\" of line "
	"4; "
	"no address may be in two pools\n"},
    {"group-policies.conf",
	POOLS("  { name = \"POOL\"; range = \"10.1.0.1-10.1.1.2\"; mask = \"255.255.255.0\"; }\n"),
	"group-policies.conf:3: ip-local-pools[0].range: \"10.1.0.1-10.1.1.2\" spans more than one "
	"network of mask 255.255.255.0; use a shorter mask or two pools\n"},
    {"group-policies.conf",
	POOLS(
	    "  { name = \"POOL\"; range = \"10.1.0.1-10.1.0.255\"; mask = \"255.255.255.0\"; }\n"),
	"group-policies.conf:3: ip-local-pools[0].range: \"10.1.0.1-10.1.0.255\" holds the "
	"broadcast "
	"address of mask 255.255.255.0; leave it out\n"},
    {"group-policies.conf",
	POOLS("  { name = \"POOL\"; range = \"10.1.0.0-10.1.0.9\"; mask = \"255.255.255.0\"; }\n"),
	"group-policies.conf:3: ip-local-pools[0].range: \"10.1.0.0-10.1.0.9\" holds the network "
	"address of mask 255.255.255.0; leave it out\n"},
    {"group-policies.conf",
	POOLS("  { name = \"POOL\"; range = \"192.168.100.1-192.168.100.254\"; }\n"),
	"group-policies.conf:3: ip-local-pools[0].range: holds the gateway's own address "
	"192.168.100.254/24 (tun.ipv4-address of gateway.conf); leave it out\n"},
    {"group-policies.conf",
	POOLS(POOL_ALONE) "ipv6-local-pools = ( { name = \"A\"; prefix = \"fd00:100::1/64\"; size "
			  "= 9; },\n"
			  "  { name = \"B\"; prefix = \"fd00:100::9/64\"; size = 1; } );\n",
	"group-policies.conf:6: ipv6-local-pools[1].prefix: shares addresses with pool \"A\" of "
	"line "
	"5; no address may be in two pools\n"
	"group-policies.conf:5: ipv6-local-pools[0].prefix: holds the gateway's own address "
	"fd00:100::1/64 (tun.ipv6-address of gateway.conf); leave it out\n"},
    {"group-policies.conf",
	POOLS(POOL_ALONE) "ipv6-local-pools = ( { name = \"A\"; prefix = \"fd00:100::f0/120\"; "
			  "size = 17; } );\n",
	"group-policies.conf:5: ipv6-local-pools[0].size: 17 addresses from fd00:100::f0/120 do "
	"not "
	"fit into the prefix\n"},
    /* pki */
    {"pki.conf",
	"trustpoints = ( { name = \"GW\"; certificate = \"gw.pem\"; key = \"gw.key\"; } );\n"
	"ssl-trust-point = \"GV\";\n",
	"pki.conf:2: ssl-trust-point: \"GV\" is not in trustpoints of pki.conf; known: GW\n"},
    {"pki.conf",
	"trustpoints = ( { name = \"GW\"; key = \"gw.key\"; } );\nssl-trust-point = \"GW\";",
	"pki.conf:1: trustpoints[0].certificate: is missing; a key needs its certificate\n"
	"pki.conf:2: ssl-trust-point: \"GW\" has no certificate or no key; the listeners need "
	"both\n"},
    {"gw.pem", "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n",
	"pki.conf:1: trustpoints[0].certificate: gw.pem has no certificate; it must be PEM, with a "
	"BEGIN CERTIFICATE line\n"},
    {"gw.key", "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
	"pki.conf:1: trustpoints[0].key: gw.key has no private key; it must be PEM, with a BEGIN "
	"PRIVATE KEY line\n"},
    {"gw.key", "-----BEGIN ENCRYPTED PRIVATE KEY-----\nx\n-----END ENCRYPTED PRIVATE KEY-----\n",
	"pki.conf:1: trustpoints[0].key: gw.key is encrypted; remove its pass phrase with "
	"\"openssl "
	"pkey\"\n"},
    {"gw.key", "", "pki.conf:1: trustpoints[0].key: gw.key is empty\n"},
    {"gw.key", NULL, "pki.conf:1: trustpoints[0].key: gw.key is empty\n"},
    /* a file that is not part of the slice is not missed */
    {"group-policies.conf", NULL, ""},
    {"tunnel-groups.conf", NULL, ""},
    {"users.conf", NULL, ""},
    {"gateway.conf", GATEWAY, ""},
};

static void
bad_configurations_earn_their_lines(void **state)
{
	unsigned failed = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct conf_errors errors;
		struct conf *conf = help_load(cases[i].file, cases[i].text, &errors);
		const char *got = buf_cstr(&errors.text);

		if (strcmp(got, cases[i].errors) != 0 ||
		    (conf != NULL) != (cases[i].errors[0] == '\0')) {
			print_error("FAIL: case %zu, expected\n%sgot\n%s", i, cases[i].errors, got);
			failed++;
		}
		conf_unref(conf);
		conf_errors_fini(&errors);
	}
	assert_int_equal(failed, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(bad_configurations_earn_their_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
