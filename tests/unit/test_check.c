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

#define GP "group-policies.conf"
#define STAFF "group-policies[0].attributes."
#define LISTS                                                                                      \
	"access-lists = ( { name = \"s\"; rules = [ \"permit 10.0.0.0 255.0.0.0\" ]; },\n"         \
	"  { name = \"e\"; type = \"extended\"; rules = [ \"permit ip any any\" ]; } );\n"
#define USER(name, text)                                                                           \
	"{ name = \"" name "\"; password = \"" HELP_HASH "\"; attributes = { " text " }; }"
#define USERS(one, two) "usernames = (\n" USER("alice", one) ",\n" USER("bob", two) " );\n"
#define WEBVPN_TOP(text) "webvpn = { " text " };\n" GROUP("")

#define CA_CONF(file, more)                                                                        \
	"trustpoints = ( { name = \"GW\"; certificate = \"gw.pem\"; key = \"gw.key\"; },\n"        \
	"{ name = \"CA\"; ca-certificate = \"" file "\"; " more " } );\n"                          \
	"ssl-trust-point = \"GW\";\n"

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
	"tunnel-groups of tunnel-groups.conf; known: DefaultRAGroup, DefaultWEBVPNGroup, "
	"Staff\n"},
    {"group-policies.conf", ATTRIBUTES("group-lock = \"none\"; address-pools = \"none\";"), ""},
    {"group-policies.conf", ATTRIBUTES("group-lock = \"DefaultWEBVPNGroup\";"), ""},
    {"group-policies.conf", ATTRIBUTES("group-lock = \"DefaultRAGroup\";"), ""},
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
    /* filters and hours */
    {"group-policies.conf", ATTRIBUTES("vpn-filter = \"x\";\nipv6-vpn-filter = \"y\";"),
	GP ":2: " STAFF "vpn-filter: \"x\" is not in access-lists of group-policies.conf\n" GP
	   ":3: " STAFF "ipv6-vpn-filter: \"y\" is not in access-lists of group-policies.conf\n"},
    {"group-policies.conf", ATTRIBUTES("vpn-filter = \"s\";\nipv6-vpn-filter = \"none\";") LISTS,
	GP ":2: " STAFF "vpn-filter: \"s\" is a standard access list; a filter needs an extended "
	   "one\n"},
    {"group-policies.conf",
	ATTRIBUTES("vpn-filter = \"e\"; ipv6-vpn-filter = \"e\"; split-tunnel-network-list = "
		   "\"e\";") LISTS,
	""},
    {"group-policies.conf", ATTRIBUTES("vpn-access-hours = \"office\";"),
	GP ":2: " STAFF "vpn-access-hours: \"office\" is not in time-ranges of "
	   "group-policies.conf\n"},
    {"group-policies.conf",
	ATTRIBUTES("vpn-access-hours = \"office\";") "time-ranges = ( { name = \"office\"; "
						     "periodic = \"daily 8:00 to 18:00\"; } );",
	""},
    /* what belongs to users */
    {"group-policies.conf",
	ATTRIBUTES("vpn-framed-ip-address = \"none\";\n"
		   "vpn-framed-ipv6-address = \"2001:db8::7/64\";"),
	GP ":2: " STAFF "vpn-framed-ip-address: belongs to the attributes of a user, in "
	   "users.conf\n" GP ":3: " STAFF "vpn-framed-ipv6-address: belongs to the attributes of "
	   "a user, in users.conf\n"},
    {"users.conf",
	USERS("vpn-framed-ip-address = \"192.0.2.7 255.255.255.0\";",
	    "vpn-framed-ip-address = \"192.0.2.7 255.255.0.0\";"),
	"users.conf:3: usernames[1].attributes.vpn-framed-ip-address: \"192.0.2.7 255.255.0.0\" is "
	"the same as in line 2; an address is of one user; use another\n"},
    {"users.conf",
	USERS("vpn-framed-ipv6-address = \"2001:db8::7/64\";",
	    "vpn-framed-ipv6-address = \"2001:db8:0::7/96\";"),
	"users.conf:3: usernames[1].attributes.vpn-framed-ipv6-address: \"2001:db8:0::7/96\" is "
	"the same as in line 2; an address is of one user; use another\n"},
    {"users.conf",
	USERS("vpn-framed-ip-address = \"192.168.100.254 255.255.255.0\";",
	    "vpn-framed-ipv6-address = \"fd00:100::1/64\";"),
	"users.conf:2: usernames[0].attributes.vpn-framed-ip-address: \"192.168.100.254 "
	"255.255.255.0\" is the gateway's own address (tun.ipv4-address of gateway.conf); use "
	"another\n"
	"users.conf:3: usernames[1].attributes.vpn-framed-ipv6-address: \"fd00:100::1/64\" is the "
	"gateway's own address (tun.ipv6-address of gateway.conf); use another\n"},
    {"users.conf",
	USERS("vpn-framed-ip-address = \"none\"; vpn-framed-ipv6-address = \"fd00:100::2/64\";",
	    "vpn-framed-ip-address = \"192.168.100.7 255.255.255.0\";"),
	""},
    /* proxies */
    {"group-policies.conf",
	ATTRIBUTES("msie-proxy-method = \"use-server\";\nmsie-proxy-server = \"none\";"),
	GP ":3: " STAFF "msie-proxy-server: is none, but msie-proxy-method is use-server; set it, "
	   "or use another method\n"},
    {"group-policies.conf",
	ATTRIBUTES("msie-proxy-method = \"use-pac-url\";\nmsie-proxy-pac-url = \"none\";"),
	GP ":3: " STAFF "msie-proxy-pac-url: is none, but msie-proxy-method is use-pac-url; set "
	   "it, or use another method\n"},
    {"group-policies.conf",
	ATTRIBUTES("msie-proxy-method = \"use-server\"; msie-proxy-pac-url = \"none\";"), ""},
    /* custom attributes */
    {"tunnel-groups.conf",
	WEBVPN_TOP("anyconnect-custom-attr = ( { type = \"a\"; },\n { type = \"b\"; },\n"
		   " { type = \"a\"; } );"),
	"tunnel-groups.conf:3: webvpn.anyconnect-custom-attr[2].type: \"a\" is the same as in line "
	"1; declare a type once\n"},
    {"tunnel-groups.conf",
	WEBVPN_TOP("anyconnect-custom-attr = ( { type = \"a\"; } );\n"
		   "anyconnect-custom-data = ( { type = \"a\"; name = \"x\"; value = \"1\"; },\n"
		   " { type = \"b\"; name = \"x\"; value = \"1\"; },\n"
		   " { type = \"a\"; name = \"x\"; value = \"2\"; } );"),
	"tunnel-groups.conf:3: webvpn.anyconnect-custom-data[1].type: \"b\" is not in "
	"anyconnect-custom-attr; declare it there\n"
	"tunnel-groups.conf:4: webvpn.anyconnect-custom-data[2].name: \"x\" is the same as in line "
	"2; use another name for a value of the same type\n"},
    {"group-policies.conf",
	ATTRIBUTES("anyconnect-custom = ( { type = \"a\"; value = \"x\"; },\n"
		   " { type = \"a\"; value = \"none\"; } );"),
	GP ":2: " STAFF "anyconnect-custom[0].type: \"a\" is not in anyconnect-custom-attr of "
	   "tunnel-groups.conf; declare it there\n" GP ":3: " STAFF
	   "anyconnect-custom[1].type: \"a\" is not in anyconnect-custom-attr of "
	   "tunnel-groups.conf; declare it there\n" GP ":3: " STAFF
	   "anyconnect-custom[1].type: \"a\" is the same as in line 2; a type has one value; join "
	   "them\n"},
    /* servers and login methods */
    {"tunnel-groups.conf",
	GROUP("general-attributes = { authentication-server-group = [ \"ISE\", \"LOCAL\" ];\n"
	      "authorization-server-group = \"local\"; };"),
	"tunnel-groups.conf:2: tunnel-groups[0].general-attributes.authentication-server-group: "
	"\"ISE\" is not in aaa-server-groups of aaa.conf; LOCAL is users.conf\n"
	"tunnel-groups.conf:3: tunnel-groups[0].general-attributes.authorization-server-group: "
	"\"local\" is not in aaa-server-groups of aaa.conf; LOCAL is users.conf\n"},
    {"tunnel-groups.conf",
	GROUP("general-attributes = { authentication-server-group = [ \"LOCAL\", \"ISE\" ]; };"),
	"tunnel-groups.conf:2: tunnel-groups[0].general-attributes.authentication-server-group: "
	"\"ISE\" cannot be the second; only LOCAL can follow a server group\n"
	"tunnel-groups.conf:2: tunnel-groups[0].general-attributes.authentication-server-group: "
	"\"ISE\" is not in aaa-server-groups of aaa.conf; LOCAL is users.conf\n"},
    {"tunnel-groups.conf",
	WEBVPN("authentication = [ \"certificate\", \"multiple-certificate\" ];"),
	"tunnel-groups.conf:3: tunnel-groups[0].webvpn-attributes.authentication: has certificate "
	"and multiple-certificate; use one of them\n"},
    {"tunnel-groups.conf", WEBVPN("authentication = [ \"aaa\", \"multiple-certificate\" ];"), ""},
    {"tunnel-groups.conf", GROUP("general-attributes = { strip-group = true; };"),
	"tunnel-groups.conf:2: tunnel-groups[0].general-attributes.strip-group: needs a delimiter; "
	"set group-delimiter at the top of this file to \"@\", \"#\" or \"!\"\n"},
    {"tunnel-groups.conf",
	"group-delimiter = \"#\";\n" GROUP("general-attributes = { strip-group = true; };"), ""},
    {"tunnel-groups.conf", GROUP("general-attributes = { strip-realm = true; };"), ""},
    /* certificate maps */
    {"tunnel-groups.conf",
	"certificate-maps = ( { sequence = 10; criteria = \"subject-name attr ou eq A\"; },\n"
	" { name = \"M\"; sequence = 10; criteria = \"subject-name attr ou eq A\"; },\n"
	" { sequence = 20; criteria = \"subject-name attr ou eq A\"; },\n"
	" { name = \"DefaultCertificateMap\"; sequence = 20; criteria = \"subject-name co A\"; } "
	");\n" GROUP(""),
	"tunnel-groups.conf:4: certificate-maps[3].sequence: 20 is the same as in line 3; use "
	"another number for a rule of the same map\n"},
    {"tunnel-groups.conf",
	WEBVPN_TOP(
	    "certificate-group-map = (\n"
	    "{ map = \"M\"; sequence = 10; tunnel-group = \"Staff\"; },\n"
	    "{ map = \"M\"; sequence = 11; tunnel-group = \"Staff\"; },\n"
	    "{ map = \"m\"; sequence = 10; tunnel-group = \"Stuff\"; },\n"
	    "{ map = \"M\"; sequence = 10; tunnel-group = \"DefaultRAGroup\"; } );") "certificate-"
										     "maps = ( { "
										     "name = "
										     "\"M\"; "
										     "sequence = "
										     "10; criteria "
										     "= "
										     "\"subject-"
										     "name co A\"; "
										     "} );",
	"tunnel-groups.conf:4: webvpn.certificate-group-map[2].tunnel-group: \"Stuff\" is not in "
	"tunnel-groups of tunnel-groups.conf; known: DefaultRAGroup, DefaultWEBVPNGroup, Staff\n"
	"tunnel-groups.conf:3: webvpn.certificate-group-map[1].sequence: there is no rule 11 in "
	"map \"M\" of certificate-maps\n"
	"tunnel-groups.conf:4: webvpn.certificate-group-map[2].sequence: there is no rule 10 in "
	"map \"m\" of certificate-maps\n"
	"tunnel-groups.conf:5: webvpn.certificate-group-map[3].sequence: 10 is the same as in line "
	"2; a rule leads to one tunnel group; remove one\n"},
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
    {"pki.conf", CA_CONF("gw.key", ""),
	"pki.conf:2: trustpoints[1].ca-certificate: gw.key holds a private key, which has no place "
	"among CA certificates; take it out\n"
	"pki.conf:2: trustpoints[1].ca-certificate: gw.key has no certificate; it must be PEM, "
	"with a BEGIN CERTIFICATE line\n"},
    {"pki.conf", CA_CONF("ca.pem", ""),
	"pki.conf:2: trustpoints[1].ca-certificate: ca.pem is empty\n"},
    {"pki.conf", CA_CONF("gw.pem", ""), ""},
    {"pki.conf", CA_CONF("gw.pem", "revocation-check = [ \"ocsp\", \"none\", \"crl\" ];"),
	"pki.conf:2: trustpoints[1].revocation-check: crl is never asked behind none; put none "
	"last\n"},
    {"pki.conf", CA_CONF("gw.pem", "ocsp-url = \"https://ocsp.example.com/\";"),
	"pki.conf:2: trustpoints[1].ocsp-url: \"https://ocsp.example.com/\" is not a URL of plain "
	"http, as in http://ocsp.example.com/; what comes from there is signed\n"},
    {"pki.conf",
	CA_CONF("gw.pem", "") "ssl-trust-points = (\n{ trustpoint = \"CA\"; domain = "
			      "\"x.example.com\"; } );",
	"pki.conf:5: ssl-trust-points[0].trustpoint: \"CA\" has no certificate or no key; the "
	"listeners need both\n"},
    {"pki.conf", CA_CONF("gw.pem", "revocation-check = \"lucky\";"),
	"pki.conf:2: trustpoints[1].revocation-check: \"lucky\" is not known; use one of crl, "
	"ocsp, none\n"},
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

/* The small configuration with several files replaced, ended by NULL. */
static struct conf *
load_with(const char *const (*files)[2], struct conf_errors *errors)
{
	struct texts texts = {0};
	struct buf slice;

	for (size_t i = 0; i < ARRAY_LEN(help_files); i++) {
		const char *text = help_files[i].text;

		for (size_t k = 0; files[k][0] != NULL; k++)
			if (strcmp(files[k][0], help_files[i].name) == 0)
				text = files[k][1];
		assert_int_equal(
		    texts_add(&texts, help_files[i].type, help_files[i].name, text, strlen(text)),
		    ERR_OK);
	}
	buf_init(&slice, 8 * TEXTS_FILE_MAX);
	assert_int_equal(slice_pack(&texts, help_wants, NULL, &slice), ERR_OK);
	texts_fini(&texts);
	conf_errors_init(errors);
	struct conf *conf = conf_from_slice(slice.data, slice.len, errors);
	buf_fini(&slice);
	return conf;
}

static void
a_framed_address_needs_the_family(void **state)
{
	static const char *const files[][2] = {
	    {"gateway.conf", GATEWAY},
	    {"users.conf", USERS("vpn-framed-ip-address = \"192.0.2.7 255.255.255.0\";",
			       "vpn-framed-ipv6-address = \"2001:db8::7/64\";")},
	    {NULL, NULL},
	};
	struct conf_errors errors;

	(void)state;
	assert_null(load_with(files, &errors));
	assert_string_equal(buf_cstr(&errors.text),
	    "users.conf:3: usernames[1].attributes.vpn-framed-ipv6-address: needs an address of "
	    "its family at the gateway; set tun.ipv6-address of gateway.conf\n");
	conf_errors_fini(&errors);
}

/* One type per word, so that only the sum is too much. */
static void
custom_values_have_a_limit_together(void **state)
{
	struct buf policies;

	(void)state;
	for (int words = 3; words <= 4; words++) {
		struct conf_errors errors;
		const char *files[][2] = {
		    {"tunnel-groups.conf",
			WEBVPN_TOP("anyconnect-custom-attr = ( { type = \"a\"; } );")},
		    {"group-policies.conf", NULL},
		    {NULL, NULL},
		};

		buf_init(&policies, 65536);
		buf_puts(&policies, "group-policies = ( { name = \"Staff\"; attributes = {\n"
				    "anyconnect-custom = ( { type = \"a\"; value = [ \"x\"");
		for (int i = 0; i < words; i++)
			buf_printf(&policies, ", \"%04000d\"", i);
		buf_puts(&policies, " ]; } ); }; } );\n"
				    "ip-local-pools = ( { name = \"POOL\"; range = "
				    "\"10.1.0.10-10.1.0.20\"; } );\n");
		files[1][1] = buf_cstr(&policies);
		struct conf *conf = load_with((const char *const(*)[2])files, &errors);
		assert_string_equal(buf_cstr(&errors.text),
		    words == 3 ? ""
			       : GP ":2: " STAFF "anyconnect-custom: has values of 16006 bytes "
				    "together; at most 12288 are possible\n");
		conf_unref(conf);
		conf_errors_fini(&errors);
		buf_fini(&policies);
	}
}

#define ISE                                                                                        \
	"aaa-server-groups = ( { name = \"ISE\"; hosts = ( { address = \"192.0.2.1\"; key = "      \
	"\"secret\"; } ); } );"

static const struct {
	const char *files[3][2];
	const char *warnings;
	bool wants_certificate;
} warned[] = {
    {{{"tunnel-groups.conf", "\n" GROUP("")}}, "", false},
    {{{"tunnel-groups.conf", "\n" WEBVPN("authentication = \"aaa\";")}}, "", false},
    {{{"tunnel-groups.conf", "\n" WEBVPN("authentication = \"certificate\";")}}, "", true},
    {{{"tunnel-groups.conf", "\n" WEBVPN("authentication = \"multiple-certificate\";")}}, "", true},
    {{{"tunnel-groups.conf", "\n" WEBVPN("authentication = [ \"aaa\", \"certificate\" ];")}}, "",
	true},
    {{{"tunnel-groups.conf",
	 "\n" GROUP("general-attributes = { secondary-authentication-server-group = \"LOCAL\"; }; "
		    "webvpn-attributes = { authentication = \"certificate\"; };")}},
	"tunnel-groups.conf:2: tunnel-groups[0] (Staff): closed: "
	"secondary-authentication-server-group LOCAL needs aaa in authentication; every login is "
	"refused\n",
	true},
    {{{"tunnel-groups.conf",
	  "\n" GROUP("general-attributes = { authentication-server-group = [ \"ISE\", \"LOCAL\" ]; "
		     "};")},
	 {"aaa.conf", ISE}},
	"", false},
    {{{"tunnel-groups.conf",
	 "\n" GROUP("general-attributes = { secondary-authentication-server-group = \"LOCAL\"; "
		    "};")}},
	"", false},
    {{{"tunnel-groups.conf",
	  "\n" GROUP("general-attributes = { authentication-server-group = \"ISE\"; }; "
		     "webvpn-attributes = { authentication = \"certificate\"; };")},
	 {"aaa.conf", ISE}},
	"", true},
    {{{"tunnel-groups.conf",
	  "\n" GROUP("general-attributes = { authorization-server-group = \"ISE\"; };")},
	 {"aaa.conf", ISE}},
	"", false},
    {{{"tunnel-groups.conf",
	 "\n" GROUP("general-attributes = { authorization-server-group = \"none\"; "
		    "secondary-authentication-server-group = \"none\"; };")}},
	"", false},
    {{{"tunnel-groups.conf", "\ntunnel-groups = ( { name = \"DefaultWEBVPNGroup\";\n"
			     "webvpn-attributes = { authentication = \"certificate\"; }; } );"}},
	"", true},
    {{{"aaa.conf", "aaa-server-groups = ( { name = \"ISE\";\nhosts = ( { address = \"192.0.2.1\"; "
		   "key = \"secret\"; },\n{ address = \"2001:db8::1\"; } ); } );"}},
	"aaa.conf:3: aaa-server-groups[0].hosts[1]: 2001:db8::1 has no key; it cannot be asked\n",
	false},
    {{{"pki.conf", CA_CONF("gw.pem", "revocation-check = [ \"crl\", \"none\" ];")}}, "", false},
    {{{"pki.conf", CA_CONF("gw.pem", "")}}, "", false},
    {{{"pki.conf",
	 CA_CONF("gw.pem", "revocation-check = [ \"ocsp\", \"crl\" ]; crl-policy = \"static\";")}},
	"pki.conf:2: trustpoints[1] (CA): crl-policy is static, and there are no crl-urls; no CRL "
	"will be found\n",
	false},
    {{{"pki.conf", CA_CONF("gw.pem", "revocation-check = \"crl\"; crl-policy = \"both\";")}},
	"pki.conf:2: trustpoints[1] (CA): crl-policy is both, and there are no crl-urls\n", false},
    {{{"pki.conf", CA_CONF("gw.pem", "revocation-check = \"ocsp\"; crl-policy = \"static\";")}}, "",
	false},
    {{{"tunnel-groups.conf", WEBVPN_TOP("certificate-group-map = (\n"
					"{ map = \"M\"; sequence = 10; tunnel-group = \"Staff\"; } "
					");") "certificate-maps = ( { name = \"M\"; sequence = 10; "
					      "criteria = \"subject-name co "
					      "A\"; } );"}},
	"tunnel-groups.conf:2: webvpn.certificate-group-map[0]: no trustpoint of pki.conf has a "
	"ca-certificate, so that no certificate ever matches\n",
	true},
};

static void
what_does_not_work_is_warned_of(void **state)
{
	unsigned failed = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(warned); i++) {
		struct conf_errors errors;
		struct conf *conf = load_with(warned[i].files, &errors);

		if (conf == NULL)
			fail_msg("case %zu: expected no error, got: %s", i, buf_cstr(&errors.text));
		const char *got = buf_cstr(&errors.warnings);
		size_t lines = 0;
		for (const char *p = got; *p != '\0'; p++)
			lines += *p == '\n';
		if (strcmp(got, warned[i].warnings) != 0 || lines != errors.warnings_count ||
		    conf_wants_client_certificate(conf) != warned[i].wants_certificate) {
			print_error("FAIL: case %zu, expected\n%sgot %u\n%s", i, warned[i].warnings,
			    errors.warnings_count, got);
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
	    cmocka_unit_test(a_framed_address_needs_the_family),
	    cmocka_unit_test(custom_values_have_a_limit_together),
	    cmocka_unit_test(what_does_not_work_is_warned_of),
	    cmocka_unit_test(bad_configurations_earn_their_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
