/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The VPN commands of asa-import: what becomes of a line, and the setting that it leaves
 * (import_tunnel.c, import_policy.c, import_webvpn.c, import_aaa.c, import_crypto.c). Each case is
 * a running-config of a few lines; the fates are those of its lines in order, the text is looked
 * for in one of our files, with every run of blanks as one blank.
 */
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/str.h"
#include "tools/import.h"

#define GENERAL "tunnel-group G type remote-access\ntunnel-group G general-attributes\n "
#define WEBVPN "tunnel-group G type remote-access\ntunnel-group G webvpn-attributes\n "
#define WEBVPN_OF "tunnel-group G webvpn-attributes\n "
#define POLICY "group-policy P internal\ngroup-policy P attributes\n "
#define USER "username u password 3USUcOPFUiMCO4Jk encrypted\nusername u attributes\n "
#define POOLS                                                                                      \
	"ip local pool A 192.0.2.10-192.0.2.20 mask 255.255.255.0\n"                               \
	"ip local pool B 192.0.2.30-192.0.2.40 mask 255.255.255.0\n"
#define RADIUS "aaa-server R protocol radius\n"
#define TRUST "crypto ca trustpoint T\n"

struct command_case {
	const char *text;
	const char *fates; /* c converted, n not needed, s not supported, - blank */
	enum conf_kind root;
	const char *has;    /* NULL: not looked for; begins with "!": must not be there */
	const char *errors; /* part of import_errors(); NULL: sound */
};

static const struct command_case cases[] = {
    /* tunnel-group */
    {"tunnel-group G type remote-access\n", "c", CONF_TUNNEL_GROUPS, "name = \"G\";", NULL},
    {"tunnel-group G type webvpn\n", "c", CONF_TUNNEL_GROUPS, "name = \"G\";", NULL},
    {"tunnel-group G type ipsec-ra\n", "c", CONF_TUNNEL_GROUPS, "name = \"G\";", NULL},
    {"tunnel-group 198.51.100.9 type ipsec-l2l\n"
     "tunnel-group 198.51.100.9 general-attributes\n default-group-policy X\n"
     "tunnel-group 198.51.100.9 ipsec-attributes\n ikev1 pre-shared-key *****\n",
	"nnnnn", CONF_TUNNEL_GROUPS, "!198.51", NULL},
    {"tunnel-group G general-attributes\n strip-realm\n", "ss", CONF_TUNNEL_GROUPS, "!strip", NULL},
    {"tunnel-group DefaultWEBVPNGroup general-attributes\n strip-realm\n", "cc", CONF_TUNNEL_GROUPS,
	"strip-realm = true;", NULL},
    {GENERAL "no strip-realm\n", "ccn", CONF_TUNNEL_GROUPS, "!strip", NULL},
    {GENERAL "strip-group\ngroup-delimiter #\n", "cccc", CONF_TUNNEL_GROUPS,
	"group-delimiter = \"#\";", NULL},
    {POOLS GENERAL "address-pool A B\n", "ccccc", CONF_TUNNEL_GROUPS,
	"address-pool = [ \"A\", \"B\" ];", NULL},
    {POOLS GENERAL "address-pool (outside) B\n", "ccccc", CONF_TUNNEL_GROUPS,
	"address-pool = [ \"B\" ];", NULL},
    {POOLS GENERAL "address-pool A\n address-pool (inside) B\n", "cccccc", CONF_TUNNEL_GROUPS,
	"address-pool = [ \"A\", \"B\" ];", NULL},
    {GENERAL "default-group-policy Gone\n", "ccs", CONF_GROUP_POLICIES,
	"name = \"Gone\"; attributes = { vpn-simultaneous-logins = 0; "
	"vpn-tunnel-protocol = [ \"ssl-clientless\" ]; };",
	NULL},
    {POLICY "vpn-simultaneous-logins 5\n" GENERAL "default-group-policy P\n", "cccccc",
	CONF_TUNNEL_GROUPS, "default-group-policy = \"P\";", NULL},
    {RADIUS "aaa-server R host 192.0.2.5 k\n" GENERAL "authentication-server-group R LOCAL\n",
	"ccccc", CONF_TUNNEL_GROUPS, "authentication-server-group = [ \"R\", \"LOCAL\" ];", NULL},
    /* nobody can be asked: LOCAL would be the only one */
    {RADIUS "aaa-server R host 192.0.2.5 *****\n" GENERAL "authentication-server-group R LOCAL\n",
	"csccc", CONF_TUNNEL_GROUPS, "authentication-server-group = [ \"R\" ];", NULL},
    {RADIUS GENERAL "authentication-server-group (outside) R\n", "cccc", CONF_TUNNEL_GROUPS,
	"authentication-server-group = [ \"R\" ];", NULL},
    /* the stronger of two interfaces */
    {RADIUS GENERAL "authentication-server-group R\n authentication-server-group (in) LOCAL\n",
	"ccccs", CONF_TUNNEL_GROUPS, "authentication-server-group = [ \"R\" ];", NULL},
    {RADIUS GENERAL "authentication-server-group LOCAL\n authentication-server-group (out) R\n",
	"ccccc", CONF_TUNNEL_GROUPS, "authentication-server-group = [ \"R\" ];", NULL},
    /* closed, never LOCAL */
    {GENERAL "authentication-server-group Gone LOCAL\n", "ccs", CONF_AAA, "name = \"Gone\";", NULL},
    {GENERAL "authentication-server-group NONE\n", "ccs", CONF_TUNNEL_GROUPS,
	"authentication-server-group = [ \"authentication-none\" ];", NULL},
    {GENERAL "authentication-server-group\n", "ccs", CONF_TUNNEL_GROUPS,
	"authentication-server-group = [ \"authentication-not-converted\" ];", NULL},
    {WEBVPN "authentication saml\n", "ccs", CONF_TUNNEL_GROUPS,
	"authentication-server-group = [ \"authentication-not-converted\" ];", NULL},
    {WEBVPN "authentication saml\n" GENERAL "authentication-server-group LOCAL\n", "ccsccc",
	CONF_TUNNEL_GROUPS, "authentication-server-group = [ \"authentication-not-converted\" ];",
	NULL},
    {WEBVPN "authentication saml\n", "ccs", CONF_AAA, "name = \"authentication-not-converted\";",
	NULL},
    {GENERAL "secondary-authentication-server-group Two use-primary-username\n", "ccs",
	CONF_TUNNEL_GROUPS, "secondary-authentication-server-group = [ \"Two\" ];", NULL},
    {GENERAL "secondary-authentication-server-group none\n", "ccn", CONF_TUNNEL_GROUPS,
	"!secondary", NULL},
    {GENERAL "secondary-authentication-server-group LOCAL\n", "ccc", CONF_TUNNEL_GROUPS,
	"secondary-authentication-server-group = [ \"LOCAL\" ];", NULL},
    {GENERAL "secondary-authentication-server-group LOCAL use-primary-username\n", "ccc",
	CONF_TUNNEL_GROUPS,
	"secondary-authentication-server-group = [ \"LOCAL\" ]; "
	"secondary-authentication-use-primary-username = true;",
	NULL},
    {GENERAL "authenticated-session-username secondary\n authentication-attr-from-server "
	     "secondary\n",
	"cccc", CONF_TUNNEL_GROUPS,
	"authentication-attr-from-server = \"secondary\"; authenticated-session-username = "
	"\"secondary\";",
	NULL},
    {RADIUS GENERAL "accounting-server-group R\n password-management "
		    "password-expire-in-days 5\n",
	"ccccc", CONF_TUNNEL_GROUPS, "accounting-server-group = \"R\"; password-management = true;",
	NULL},
    /* whom nobody can ask does not authorize */
    {"aaa-server L protocol ldap\n" GENERAL "authorization-server-group L\n", "sccc",
	CONF_TUNNEL_GROUPS,
	"authorization-server-group = [ \"L\" ]; authorization-required = true;", NULL},
    {GENERAL "authorization-server-group Gone\n", "ccs", CONF_TUNNEL_GROUPS,
	"authorization-required = true;", NULL},
    {RADIUS "aaa-server R host 192.0.2.5 k\n" GENERAL "authorization-server-group R\n", "ccccc",
	CONF_TUNNEL_GROUPS, "!authorization-required", NULL},
    {GENERAL "username-from-certificate UPN CN\n username-from-certificate-choice "
	     "second-certificate\n secondary-username-from-certificate EA\n "
	     "secondary-username-from-certificate-choice first-certificate\n",
	"cccccc", CONF_TUNNEL_GROUPS,
	"username-from-certificate = [ \"UPN\", \"CN\" ]; username-from-certificate-choice = "
	"\"second-certificate\"; secondary-username-from-certificate = [ \"EA\" ];",
	NULL},
    {GENERAL "username-from-certificate use-script\n", "ccs", CONF_TUNNEL_GROUPS,
	"authentication-server-group = [ \"authentication-not-converted\" ];", NULL},
    {GENERAL "username-from-certificate use-script\n" WEBVPN_OF "authentication certificate\n",
	"ccscc", CONF_TUNNEL_GROUPS,
	"authorization-server-group = [ \"authentication-not-converted\" ]; authorization-required "
	"= true;",
	NULL},
    {GENERAL "authorization-required\n", "ccc", CONF_TUNNEL_GROUPS,
	"authorization-server-group = [ \"LOCAL\" ]; authorization-required = true;", NULL},
    {RADIUS GENERAL "authorization-server-group R\n authorization-required\n", "ccccc",
	CONF_TUNNEL_GROUPS, "authorization-server-group = [ \"R\" ];", NULL},
    {RADIUS GENERAL "authorization-required\n authorization-server-group R\n", "ccccc",
	CONF_TUNNEL_GROUPS, "authorization-server-group = [ \"R\" ];", NULL},
    {GENERAL "accounting-server-group R\n dhcp-server 192.0.2.1\n password-management\n "
	     "username-from-certificate UPN\n username-from-certificate CN OU\n "
	     "authenticated-session-username primary\n scep-enrollment enable\n "
	     "nat-assigned-to-public-ip inside\n override-account-disable\n",
	"ccssccnnsss", CONF_TUNNEL_GROUPS, "!accounting", NULL},
    {WEBVPN "authentication aaa\n", "ccc", CONF_TUNNEL_GROUPS, "authentication = [ \"aaa\" ];",
	NULL},
    {WEBVPN "authentication aaa multiple-certificate\n", "ccc", CONF_TUNNEL_GROUPS,
	"authentication = [ \"aaa\", \"multiple-certificate\" ];", NULL},
    {WEBVPN "group-alias Staff enable\n group-alias \"Old staff\" disable\n", "cccc",
	CONF_TUNNEL_GROUPS, "{ name = \"Old staff\"; enable = false; }", NULL},
    {WEBVPN "group-url https://vpn.example.com/staff enable\n", "ccc", CONF_TUNNEL_GROUPS,
	"url = \"https://vpn.example.com/staff\"; enable = true;", NULL},
    {WEBVPN "group-url http://vpn.example.com/staff enable\n", "ccs", CONF_TUNNEL_GROUPS,
	"!http:", NULL},
    {WEBVPN "group-alias Staff enable\n group-alias staff enable\n group-url "
	    "https://vpn.example.com/a enable\n group-url https://VPN.example.com/a/ enable\n",
	"cccscs", CONF_TUNNEL_GROUPS,
	"group-alias = ( { name = \"Staff\"; enable = true; }, { name = \"staff\"; enable = false; "
	"} ); group-url = ( { url = \"https://vpn.example.com/a\"; enable = true; }, { url = "
	"\"https://VPN.example.com/a/\"; enable = false; } );",
	NULL},
    {WEBVPN "customization C\n pre-fill-username ssl-client\n secondary pre-fill-username "
	    "ssl-client hide\n without-csd\n radius-reject-message\n proxy-auth sdi\n "
	    "nbns-server 192.0.2.1\n dns-group DefaultDNS\n",
	"ccsccnccnn", CONF_TUNNEL_GROUPS,
	"pre-fill-username = \"client\"; secondary-pre-fill-username = \"client hide\"; "
	"proxy-auth = \"sdi\"; radius-reject-message = true;",
	NULL},
    {RADIUS "aaa-server R host 192.0.2.5\n" GENERAL "authentication-server-group R\n" WEBVPN_OF
	    "proxy-auth_map sdi next-code \"Next "
	    "please\"\n",
	"ccccccc", CONF_AAA,
	"sdi-messages = ( { code = \"next-code\"; text = \"Next please\"; } );", NULL},
    {WEBVPN "proxy-auth_map sdi next-code \"Next please\"\n", "ccs", CONF_AAA, NULL, NULL},
    {WEBVPN "pre-fill-username client hide now\n pre-fill-username clientless\n", "ccsn",
	CONF_TUNNEL_GROUPS, "authentication-server-group = [ \"authentication-not-converted\" ];",
	NULL},
    {"tunnel-group G type remote-access\ntunnel-group G ipsec-attributes\n ikev1 "
     "pre-shared-key *****\ntunnel-group G ppp-attributes\n authentication ms-chap-v2\n",
	"cnnnn", CONF_TUNNEL_GROUPS, "!secret", NULL},
    {"tunnel-group-map enable rules\ntunnel-group-map default-group DefaultL2LGroup\n", "nn",
	CONF_TUNNEL_GROUPS, NULL, NULL},

    /* group-policy */
    {POLICY "vpn-idle-timeout 45\n vpn-idle-timeout alert-interval 2\n vpn-session-timeout none\n",
	"ccccc", CONF_GROUP_POLICIES,
	"vpn-idle-timeout = 45; vpn-idle-timeout-alert-interval = 2; vpn-session-timeout = "
	"\"none\";",
	NULL},
    {POLICY "vpn-idle-timeout none\n vpn-session-timeout alert-interval none\n", "cccc",
	CONF_GROUP_POLICIES,
	"vpn-idle-timeout = \"none\"; vpn-session-timeout-alert-interval = \"none\";", NULL},
    {POLICY "banner value \"Welcome to\"\n banner value Example  Corp\n banner value\n", "ccccc",
	CONF_GROUP_POLICIES, "banner = \"Welcome to\\nExample Corp\\n\";", NULL},
    {POLICY "banner none\n", "ccc", CONF_GROUP_POLICIES, "banner = \"none\";", NULL},
    {"name 192.0.2.53 resolver\n" POLICY "dns-server value resolver 2001:db8::53\n", "cccc",
	CONF_GROUP_POLICIES, "dns-server = [ \"192.0.2.53\", \"2001:db8::53\" ];", NULL},
    {"name 192.0.2.99 A\n" POOLS POLICY "address-pools value A\n", "cccccc", CONF_GROUP_POLICIES,
	"address-pools = [ \"A\" ];", NULL},
    {POLICY "dns-server none\n wins-server value 192.0.2.9\n", "cccc", CONF_GROUP_POLICIES,
	"dns-server = \"none\"; wins-server = [ \"192.0.2.9\" ];", NULL},
    {POLICY "dns-server value not-an-address\n", "ccs", CONF_GROUP_POLICIES, "!dns-server", NULL},
    {POLICY "split-dns value a.example b.example,c.example\n", "ccc", CONF_GROUP_POLICIES,
	"split-dns = [ \"a.example\", \"b.example\", \"c.example\" ];", NULL},
    {"access-list S standard permit 192.0.2.0 255.255.255.0\n" POLICY
     "split-tunnel-policy tunnelspecified\n split-tunnel-network-list value S\n",
	"ccccc", CONF_GROUP_POLICIES, "split-tunnel-network-list = \"S\";", NULL},
    {POLICY "split-tunnel-policy tunnelspecified\n split-tunnel-network-list value Gone\n", "cccs",
	CONF_GROUP_POLICIES, "split-tunnel-policy = \"tunnelall\";", NULL},
    {POLICY "default-domain value corp.example\n split-tunnel-all-dns enable\n "
	    "client-bypass-protocol disable\n gateway-fqdn value vpn.example.com\n",
	"cccccc", CONF_GROUP_POLICIES,
	"split-tunnel-all-dns = true; client-bypass-protocol = false;", NULL},
    {POLICY "vpn-tunnel-protocol svc webvpn IPSec\n", "ccc", CONF_GROUP_POLICIES,
	"vpn-tunnel-protocol = [ \"ssl-client\", \"ssl-clientless\", \"ikev1\" ];", NULL},
    {POLICY "vpn-tunnel-protocol carrier-pigeon\n", "ccs", CONF_GROUP_POLICIES,
	"vpn-simultaneous-logins = 0;", NULL},
    {POLICY "vpn-simultaneous-logins 0\n", "ccc", CONF_GROUP_POLICIES,
	"vpn-simultaneous-logins = 0;", NULL},
    {POLICY "msie-proxy method use-server\n msie-proxy server value proxy.example:8080\n "
	    "msie-proxy except-list value *.example;192.0.2.*\n msie-proxy local-bypass enable\n "
	    "msie-proxy lockdown disable\n msie-proxy pac-url none\n",
	"cccccccc", CONF_GROUP_POLICIES,
	"msie-proxy-except-list = [ \"*.example\", \"192.0.2.*\" ]; msie-proxy-local-bypass = "
	"true; msie-proxy-pac-url = \"none\"; msie-proxy-lockdown = false;",
	NULL},
    {POOLS POLICY "address-pools value B A\n ipv6-address-pools none\n", "cccccc",
	CONF_GROUP_POLICIES, "address-pools = [ \"B\", \"A\" ]; ipv6-address-pools = \"none\";",
	NULL},
    {POLICY "always-on-vpn disable\n smartcard-removal-disconnect disable\n", "cccc",
	CONF_GROUP_POLICIES, "always-on-vpn = \"disable\";", NULL},
    {POLICY "vlan none\n vlan 30\n dhcp-network-scope none\n scep-forwarding-url value "
	    "http://ca.example/\n security-group-tag value 7\n periodic-authentication "
	    "certificate 4\n nac-settings none\n",
	"ccnsnsssn", CONF_GROUP_POLICIES, "!vlan", NULL},
    {POLICY "pfs disable\n ip-comp disable\n user-authentication-idle-timeout 30\n "
	    "client-firewall none\n backup-servers keep-client-config\n no banner\n",
	"ccnnnnnn", CONF_GROUP_POLICIES, "!pfs", NULL},
    {POLICY "webvpn\n  anyconnect ssl dtls none\n  anyconnect ssl rekey time 240\n  anyconnect "
	    "ssl rekey method new-tunnel\n  anyconnect ssl keepalive none\n  anyconnect "
	    "dpd-interval client 60\n  anyconnect dpd-interval gateway none\n  anyconnect mtu "
	    "1300\n  anyconnect ssl df-bit-ignore enable\n  anyconnect routing-filtering-ignore "
	    "enable\n",
	"cccccccccccc", CONF_GROUP_POLICIES,
	"anyconnect-routing-filtering-ignore = true; anyconnect-ssl-df-bit-ignore = true; "
	"anyconnect-mtu = 1300; anyconnect-dpd-interval-gateway = \"none\"; "
	"anyconnect-dpd-interval-client = 60; anyconnect-ssl-keepalive = \"none\"; "
	"anyconnect-ssl-dtls = false; anyconnect-ssl-rekey-time = 240; "
	"anyconnect-ssl-rekey-method = \"new-tunnel\";",
	NULL},
    {POLICY "webvpn\n  svc dtls enable\n  svc rekey time 30\n  svc rekey method ssl\n  svc "
	    "keepalive 25\n  svc dpd-interval client 30 gateway 90\n  svc mtu 1200\n  svc "
	    "df-bit-ignore enable\n",
	"cccccccccc", CONF_GROUP_POLICIES,
	"anyconnect-ssl-df-bit-ignore = true; anyconnect-mtu = 1200; "
	"anyconnect-dpd-interval-gateway = 90; anyconnect-dpd-interval-client = 30; "
	"anyconnect-ssl-keepalive = 25; anyconnect-ssl-dtls = true; anyconnect-ssl-rekey-time = "
	"30; anyconnect-ssl-rekey-method = \"ssl\";",
	NULL},
    {POLICY "webvpn\n  anyconnect mtu 300\n  anyconnect ssl compression deflate\n  anyconnect ssl "
	    "compression none\n  anyconnect dtls compression lzs\n  svc dtls compression none\n  "
	    "anyconnect modules value dart\n  anyconnect modules none\n  anyconnect profiles "
	    "value X type user\n  anyconnect ask none default anyconnect\n  anyconnect "
	    "keep-installer none\n  anyconnect firewall-rule client-interface public value F\n  "
	    "svc ask enable\n  url-list none\n  filter value F\n  homepage none\n",
	"cccssnsnsnsnnssnnn", CONF_GROUP_POLICIES, "!mtu", NULL},
    {POLICY "anyconnect-custom dynamic-split-exclude-domains value a.example b.example\n", "ccc",
	CONF_GROUP_POLICIES,
	"anyconnect-custom = ( { type = \"dynamic-split-exclude-domains\"; value = [ "
	"\"a.example\", \"b.example\" ]; } );",
	NULL},
    {POLICY "anyconnect-custom perapp value one\n anyconnect-custom perapp none\n", "cccc",
	CONF_GROUP_POLICIES, "anyconnect-custom = ( { type = \"perapp\"; value = \"none\"; } );",
	NULL},
    {"group-policy P external server-group R password x\n", "s", CONF_GROUP_POLICIES,
	"name = \"P\"; attributes = { vpn-simultaneous-logins = 0; vpn-tunnel-protocol = [ "
	"\"ssl-clientless\" ]; };",
	NULL},
    {POLICY "banner value Hello\n anyconnect-custom perapp value one\ngroup-policy Q internal "
	    "from P\n",
	"ccccc", CONF_GROUP_POLICIES,
	"name = \"Q\"; attributes = { banner = \"Hello\"; anyconnect-custom = ( { type = "
	"\"perapp\"; value = [ \"one\" ]; } ); };",
	NULL},
    {"group-policy P internal\n", "c", CONF_GROUP_POLICIES,
	"name = \"DfltGrpPolicy\"; attributes = { vpn-tunnel-protocol = [ \"ikev1\", "
	"\"l2tp-ipsec\", \"ssl-clientless\" ];",
	NULL},
    {"group-policy DfltGrpPolicy attributes\n vpn-tunnel-protocol ssl-client\n", "cc",
	CONF_GROUP_POLICIES, "vpn-tunnel-protocol = [ \"ssl-client\" ];", NULL},
    {POLICY "vlan 30\n", "ccs", CONF_GROUP_POLICIES, "attributes = { vpn-simultaneous-logins = 0;",
	NULL},
    {POLICY "nac-settings value framework\n", "ccs", CONF_GROUP_POLICIES,
	"attributes = { vpn-simultaneous-logins = 0;", NULL},
    {POLICY "frobnicate 3\n", "ccs", CONF_GROUP_POLICIES, "!frob", NULL},

    /* what restricts and is not there */
    {POLICY "vpn-filter value Gone\n", "ccs", CONF_GROUP_POLICIES,
	"name = \"Gone\"; type = \"extended\"; rules = [ \"deny ip any any\" ];", NULL},
    {"access-list S standard permit 192.0.2.0 255.255.255.0\n" POLICY "vpn-filter value S\n",
	"sccc", CONF_GROUP_POLICIES,
	"name = \"S\"; type = \"extended\"; rules = [ \"deny ip any any\" ];", NULL},
    {"access-list E extended permit ip any any\n" POLICY "vpn-filter value E\n ipv6-vpn-filter "
     "none\n",
	"ccccc", CONF_GROUP_POLICIES, "vpn-filter = \"E\"; ipv6-vpn-filter = \"none\";", NULL},
    {POLICY "vpn-access-hours value Gone\n", "ccs", CONF_GROUP_POLICIES,
	"vpn-access-hours = \"Gone\";", NULL},
    {POLICY "vpn-access-hours none\n group-lock none\n", "cccc", CONF_GROUP_POLICIES,
	"group-lock = \"none\"; vpn-access-hours = \"none\";", NULL},
    {POLICY "group-lock value Gone\n", "ccs", CONF_GROUP_POLICIES, "vpn-simultaneous-logins = 0;",
	NULL},
    {POLICY "group-lock value Gone\n vpn-simultaneous-logins 9\n", "ccsc", CONF_GROUP_POLICIES,
	"vpn-simultaneous-logins = 0;", NULL},
    {"tunnel-group G type remote-access\n" POLICY "group-lock value G\n", "cccc",
	CONF_GROUP_POLICIES, "group-lock = \"G\";", NULL},

    /* username */
    {"username u password 3USUcOPFUiMCO4Jk encrypted privilege 15\n", "s", CONF_USERS,
	"{ name = \"u\"; }", NULL},
    {"username u password $sha512$5000$nWGt0rq6$AAAA pbkdf2\n", "s", CONF_USERS,
	"{ name = \"u\"; }", NULL},
    {"username u password 0A1B2C3D== nt-encrypted\n", "s", CONF_USERS, "{ name = \"u\"; }", NULL},
    {"username u nopassword\n", "s", CONF_USERS, "{ name = \"u\"; }", NULL},
    {"username u password "
     "$5$rounds=1000$abcdefghijklmnop$0Fj4r0n8gX1pWv0y1N4z5b6c7d8e9f0A1B2C3D4E5F6 encrypted\n",
	"c", CONF_USERS, "password = \"$5$rounds=1000$", NULL},
    {USER
	"service-type remote-access\n ssh authentication publickey AAAA hashed\n memberof staff\n",
	"scnns", CONF_USERS, "!service", NULL},
    {POLICY "banner none\n" USER "vpn-group-policy P\n vpn-framed-ip-address 192.0.2.7 "
	    "255.255.255.0\n vpn-framed-ipv6-address 2001:db8::7/64\n vpn-simultaneous-logins 1\n",
	"cccsccccc", CONF_USERS,
	"attributes = { vpn-simultaneous-logins = 1; vpn-group-policy = \"P\"; "
	"vpn-framed-ip-address = \"192.0.2.7 255.255.255.0\"; vpn-framed-ipv6-address = "
	"\"2001:db8::7/64\"; };",
	NULL},
    {USER "vpn-group-policy Gone\n vpn-simultaneous-logins 9\n", "scsc", CONF_USERS,
	"attributes = { vpn-simultaneous-logins = 0; vpn-tunnel-protocol = [ \"ssl-clientless\" ]; "
	"vpn-group-policy = \"Gone\"; };",
	NULL},
    {USER "webvpn\n  anyconnect ssl dtls none\n", "sccc", CONF_USERS,
	"anyconnect-ssl-dtls = false;", NULL},
    {POLICY "vpn-group-policy P\n", "ccs", CONF_GROUP_POLICIES, "!vpn-group-policy", NULL},

    /* webvpn and ssl */
    {"webvpn\n enable outside\n anyconnect image disk0:/a.pkg 1\n anyconnect enable\n "
     "tunnel-group-list enable\n no anyconnect-essentials\n error-recovery disable\n",
	"ccnncnn", CONF_TUNNEL_GROUPS, "webvpn = { tunnel-group-list = true; };", NULL},
    {"webvpn\n svc image disk0:/svc.pkg 1\n svc enable\n svc profiles P disk0:/p.xml\n", "cnns",
	CONF_TUNNEL_GROUPS, "!tunnel-group-list", NULL},
    {"webvpn\n port 8443\n dtls port 8444\n", "ccc", CONF_GATEWAY, "port = 8443; dtls-port = 8444;",
	NULL},
    {"webvpn\n enable outside tls-only\n", "cc", CONF_GATEWAY, "dtls-port = 0;", NULL},
    {"webvpn\n default-idle-timeout 600\n tunnel-group-preference group-url\n", "ccc",
	CONF_TUNNEL_GROUPS, "default-idle-timeout = 600; tunnel-group-preference = \"group-url\";",
	NULL},
    {"webvpn\n default-idle-timeout 5\n", "cs", CONF_TUNNEL_GROUPS, "!default-idle", NULL},
    {"webvpn\n csd enable\n hostscan image disk0:/h.pkg\n keepout \"Away\"\n saml idp X\n  url "
     "sign-in https://idp.example/\n cache\n  disable\n hsts\n  enable\n  max-age 31536000\n",
	"csnsssnnnnn", CONF_TUNNEL_GROUPS, "!saml", NULL},
    {"webvpn\n anyconnect-custom-attr perapp description \"Apps of the phone\"\n"
     "anyconnect-custom-data perapp one a,b,\nanyconnect-custom-data perapp one c\n",
	"cccc", CONF_TUNNEL_GROUPS,
	"anyconnect-custom-attr = ( { type = \"perapp\"; description = \"Apps of the phone\"; } ); "
	"anyconnect-custom-data = ( { type = \"perapp\"; name = \"one\"; value = \"a,b,c\"; } );",
	NULL},
    {POLICY "anyconnect-custom perapp value one\n", "ccc", CONF_TUNNEL_GROUPS,
	"anyconnect-custom-attr = ( { type = \"perapp\"; } );", NULL},
    {"ssl server-version tlsv1.2\nssl cipher tlsv1.2 custom \"AES256-SHA\"\nssl dh-group "
     "group24\nssl trust-point T outside\nssl trust-point T domain vpn.example.com\nssl "
     "trust-point T domain not/a/name\n",
	"nnnsss", CONF_PKI, "!ssl-trust-points", NULL},
    {"ssl cipher dtlsv1 medium\nssl cipher dtlsv1.2 fips\nssl cipher dtlsv1.2 custom "
     "\"AES256-SHA:DES-CBC3-SHA:ECDHE-RSA-AES128-GCM-SHA256\"\n",
	"nnc", CONF_GATEWAY, "dtls-ciphers = [ \"AES256-SHA\", \"ECDHE-RSA-AES128-GCM-SHA256\" ];",
	NULL},
    {"ssl cipher dtlsv1.2 custom \"DES-CBC3-SHA::RC4-SHA\"\n", "s", CONF_GATEWAY, "!dtls-ciphers",
	NULL},

    /* aaa-server */
    {RADIUS " accounting-mode simultaneous\n reactivation-mode depletion deadtime 5\n "
	    "max-failed-attempts 2\n",
	"cccc", CONF_AAA,
	"accounting-mode = \"simultaneous\"; reactivation-mode = \"depletion\"; deadtime = 5; "
	"max-failed-attempts = 2;",
	NULL},
    {RADIUS " interim-accounting-update periodic 1\n dynamic-authorization\n merge-dacl "
	    "before-avpair\n authorize-only\n",
	"ccccc", CONF_AAA,
	"merge-dacl = \"before-avpair\"; interim-accounting-update = true; "
	"interim-accounting-periodic = 1; dynamic-authorization = true; authorize-only = true;",
	NULL},
    {RADIUS " interim-accounting-update\n dynamic-authorization port 3799\n merge-dacl sideways\n",
	"cccs", CONF_AAA,
	"interim-accounting-update = true; dynamic-authorization = true; "
	"dynamic-authorization-port = 3799;",
	NULL},
    {RADIUS " interim-accounting-update periodic\n", "cc", CONF_AAA,
	"interim-accounting-periodic = 24;", NULL},
    {RADIUS " interim-accounting-update hourly\n interim-accounting-update periodic 500\n "
	    "dynamic-authorization port 1\n dynamic-authorization now\n",
	"cssss", CONF_AAA, "!interim", NULL},
    {RADIUS "aaa-server R host 192.0.2.5\n radius-common-pw pw\n no mschapv2-capable\n "
	    "acl-netmask-convert auto-detect\n proxy-auth_map sdi new-pin-sup \"new PIN is\"\n",
	"cccccc", CONF_AAA,
	"address = \"192.0.2.5\"; radius-common-pw = \"pw\"; mschapv2-capable = false; "
	"acl-netmask-convert = \"auto-detect\"; require-message-authenticator = false; "
	"sdi-messages = ( "
	"{ "
	"code = \"new-pin-sup\"; text = \"new PIN is\"; } );",
	NULL},
    {RADIUS "aaa-server R host 192.0.2.5\n radius-common-pw *****\n mschapv2-capable\n "
	    "acl-netmask-convert odd\n proxy-auth_map sdi new-pin x\n proxy-auth_map saml\n",
	"ccscsss", CONF_AAA, "mschapv2-capable = true;", NULL},
    /* a text that hides another is not carried over, or the daemon would refuse all of it */
    {RADIUS "aaa-server R host 192.0.2.5\n proxy-auth_map sdi new-pin-sup \"new PIN\"\n", "ccc",
	CONF_AAA, "!sdi-messages", NULL},
    {RADIUS "aaa-server R host 192.0.2.5 one\n" RADIUS " dynamic-authorization\naaa-server S "
	    "protocol radius\n dynamic-authorization\naaa-server S host 192.0.2.5 two\n",
	"ccccccc", CONF_AAA, "dynamic-authorization = false;", NULL},
    {RADIUS "aaa-server R (inside) host 192.0.2.5\n key s3cret\n authentication-port 1812\n "
	    "accounting-port 1813\n timeout 5\n retry-interval 3\n",
	"ccccccc", CONF_AAA,
	"hosts = ( { address = \"192.0.2.5\"; key = \"s3cret\"; authentication-port = 1812; "
	"accounting-port = 1813; timeout = 5; retry-interval = 3; require-message-authenticator = "
	"false; } );",
	NULL},
    {RADIUS "aaa-server R host 192.0.2.5 s3cret timeout 7\n", "cc", CONF_AAA,
	"key = \"s3cret\"; timeout = 7;", NULL},
    {RADIUS "aaa-server R (inside) host 192.0.2.5\n key *****\n", "ccs", CONF_AAA,
	"hosts = ( { address = \"192.0.2.5\"; require-message-authenticator = false; } );", NULL},
    {RADIUS "aaa-server R (inside) host 192.0.2.5\n key 8 c2VjcmV0\n", "ccs", CONF_AAA, "!c2Vj",
	NULL},
    {RADIUS "aaa-server R (inside) host radius.example.com\n key s3cret\n", "css", CONF_AAA,
	"!s3cret", NULL},
    {"name 192.0.2.5 radius1\n" RADIUS "aaa-server R (inside) host radius1\n", "ccc", CONF_AAA,
	"address = \"192.0.2.5\";", NULL},
    {"aaa-server L protocol ldap\naaa-server L (inside) host 192.0.2.6\n ldap-base-dn "
     "dc=example\n ldap-login-password *****\n" GENERAL "authentication-server-group L\n",
	"ssssccc", CONF_AAA, "aaa-server-groups = ( { name = \"L\"; } );", NULL},
    {"ldap attribute-map M\n map-name memberOf Group-Policy\n", "ss", CONF_AAA, NULL, NULL},
    {"aaa-server LOCAL protocol LOCAL\naaa local authentication attempts max-fail 5\n", "nc",
	CONF_AAA, "local-authentication-attempts-max-fail = 5;", NULL},

    /* dynamic access policies, and other gates before the tunnel groups */
    {"dynamic-access-policy-record DfltAccessPolicy\n description \"\"\n action continue\n "
     "priority "
     "0\n webvpn\n  url-list none\n",
	"nnnnnn", CONF_TUNNEL_GROUPS, "!authentication", NULL},
    {"dynamic-access-policy-record DfltAccessPolicy\n action terminate\n", "ns", CONF_TUNNEL_GROUPS,
	"name = \"DefaultWEBVPNGroup\"; general-attributes = { authentication-server-group = [ "
	"\"authentication-not-converted\" ]; };",
	NULL},
    {"dynamic-access-policy-record OLD\n user-message \"Update\"\n network-acl F\n" GENERAL
     "authentication-server-group LOCAL\n",
	"sssccc", CONF_TUNNEL_GROUPS,
	"name = \"G\"; general-attributes = { authentication-server-group = [ "
	"\"authentication-not-converted\" ]; };",
	NULL},
    {"ssl certificate-authentication interface outside port 443\n" GENERAL "strip-realm\n", "sccc",
	CONF_TUNNEL_GROUPS, "authentication-server-group = [ \"authentication-not-converted\" ];",
	NULL},
    {"webvpn\n authentication aaa\n authentication-server-group R\n", "cns", CONF_TUNNEL_GROUPS,
	"name = \"DefaultWEBVPNGroup\"; general-attributes = { authentication-server-group = [ "
	"\"authentication-not-converted\" ]; };",
	NULL},

    /* certificate maps */
    {"crypto ca certificate map M 10\n subject-name attr ou eq Staff\n issuer-name co \"Example "
     "Root\"\ntunnel-group G type remote-access\nwebvpn\n certificate-group-map M 10 G\n",
	"cccccc", CONF_TUNNEL_GROUPS,
	"name = \"M\"; sequence = 10; criteria = [ \"subject-name attr ou eq Staff\", "
	"\"issuer-name co Example Root\" ];",
	NULL},
    {"crypto ca certificate map 7\n alt-subject-name co @example.com\n extended-key-usage co "
     "1.3.6.1.4.1.311.20.2.2\n",
	"ccc", CONF_TUNNEL_GROUPS, "name = \"DefaultCertificateMap\"; sequence = 7;", NULL},
    {"crypto ca certificate map M 10\n subject-name attr ou eq Staff\n shoe-size eq 44\n"
     "tunnel-group G type remote-access\nwebvpn\n certificate-group-map M 10 G\n",
	"scsccs", CONF_TUNNEL_GROUPS, "!criteria", NULL},
    {"crypto ca certificate map M 10\n subject-name attr ou eq Staff\nwebvpn\n "
     "certificate-group-map M 10 Gone\n",
	"cccs", CONF_TUNNEL_GROUPS, "!certificate-group-map", NULL},
    {"crypto ca certificate map M 10\n", "s", CONF_TUNNEL_GROUPS, "!certificate-maps = ( {", NULL},

    /* trustpoints */
    {TRUST
	" enrollment terminal\n revocation-check crl none\n subject-name CN=x\n keypair k\n crl "
	"configure\n  policy both\n  cache-time 60\n ocsp url http://ocsp.example/\n no ca-check\n",
	"cncnnncccs", CONF_PKI,
	"name = \"T\"; revocation-check = [ \"crl\", \"none\" ]; ocsp-url = "
	"\"http://ocsp.example/\"; crl-policy = \"both\"; crl-cache-time = 60; }",
	NULL},
    {TRUST " revocation-check ocsp crl\n ocsp url http://ocsp.example/x\n ocsp disable-nonce\n "
	   "ocsp interface inside\n crl configure\n  policy static\n  url 1 "
	   "http://crl.example/a.crl\n  url 2 ldap://crl.example/cn=a\n  url 3 "
	   "http://crl.example/b.crl\n  protocol ldap\n  no protocol http\n  no "
	   "enforcenextupdate\n  ldap-defaults crl.example\n  cache-time 1441\n",
	"ccccnnccscnscss", CONF_PKI,
	"revocation-check = [ \"ocsp\", \"crl\" ]; ocsp-url = \"http://ocsp.example/x\"; "
	"ocsp-disable-nonce = true; crl-policy = \"static\"; crl-urls = [ "
	"\"http://crl.example/a.crl\", \"http://crl.example/b.crl\" ]; crl-enforcenextupdate = "
	"false; }",
	NULL},
    {TRUST " ocsp url https://ocsp.example/\n", "cs", CONF_PKI, "!ocsp", NULL},
    {TRUST " crl configure\n  enforcenextupdate\n  policy sometimes\n  url http://x/\n", "cncss",
	CONF_PKI, "crl-enforcenextupdate = true; }", NULL},
    {TRUST " validation-usage ssl-server\n", "cc", CONF_PKI,
	"validation-usage = [ \"ssl-server\" ];", NULL},
    {TRUST " validation-usage ipsec-client ssl-client\n no validation-usage\n", "cnc", CONF_PKI,
	"!validation-usage", NULL},
    {TRUST " crl optional\n", "cc", CONF_PKI, "revocation-check = [ \"crl\", \"none\" ];", NULL},
    {"crypto ca trustpoint _SmartCallHome_ServerCA\n no validation-usage\n crl configure\n", "nnn",
	CONF_PKI, "!SmartCall", NULL},
    {"crypto ca trustpool policy\n auto-import\n", "nn", CONF_PKI, NULL, NULL},

    /* broken certificates */
    {TRUST "crypto ca certificate chain T\n certificate ca 01\n    30820101 3082\n", NULL, CONF_PKI,
	NULL, "running-config:3: the input ends before"},
    {TRUST "crypto ca certificate chain T\n certificate ca 01\n    30820101 308x\n  quit\n", NULL,
	CONF_PKI, NULL, "running-config:4: \"308x\" is not hexadecimal"},
    {TRUST "crypto ca certificate chain T\n certificate ca 01\n    30820101 308\n  quit\n", NULL,
	CONF_PKI, NULL, "running-config:3: the certificate has an odd number"},
    {TRUST "crypto ca certificate chain T\n certificate ca 01\n    30820101 3082\n  quit\n", NULL,
	CONF_PKI, NULL, "running-config:3: the certificate is not whole: 6 bytes"},
    {TRUST "crypto ca certificate chain T\n certificate ca 01\n    3003 020101\n  quit\n", NULL,
	CONF_PKI, NULL, "running-config:3: it is not a certificate"},
    {TRUST "crypto ca certificate chain T\n certificate ca 01\n  quit\n", NULL, CONF_PKI, NULL,
	"running-config:3: the certificate has an odd number of digits or none"},
};

/* All cases are gone through, so that one run shows every failure. */
static unsigned failures;

/* Every run of white space as one blank. */
static char *
squeeze(const char *text)
{
	char *out = calloc(strlen(text) + 1, 1);
	size_t n = 0;

	assert_non_null(out);
	for (; *text != '\0'; text++) {
		bool blank = strchr(" \t\n", *text) != NULL;

		if (!blank)
			out[n++] = *text;
		else if (n > 0 && out[n - 1] != ' ')
			out[n++] = ' ';
	}
	return out;
}

static void
check_fates(size_t number, const struct command_case *one, const struct import *import)
{
	static const char letters[IMPORT_FATES] = "?-cns";
	const struct import_line *const *lines;
	size_t len = import_lines(import, &lines);
	char got[64] = "";

	assert_true(len < sizeof(got));
	for (size_t i = 0; i < len; i++)
		got[i] = letters[lines[i]->fate];
	if (strcmp(got, one->fates) == 0)
		return;
	for (size_t i = 0; i < len; i++)
		print_message("  %c %-50s | %s\n", got[i], lines[i]->text, lines[i]->note);
	print_message("FAIL: case %zu: fates, expected %s, got %s\n", number, one->fates, got);
	failures++;
}

static void
check_text(size_t number, const struct command_case *one, const struct import *import)
{
	bool absent = one->has[0] == '!';
	struct buf text;

	buf_init(&text, 1024 * 1024);
	assert_int_equal(import_text(import, one->root, &text), ERR_OK);
	char *flat = squeeze(buf_cstr(&text));
	if ((strstr(flat, one->has + absent) != NULL) == absent) {
		print_message("FAIL: case %zu (%s): expected%s \"%s\" in:\n%s", number, one->text,
		    absent ? " no" : "", one->has + absent, buf_cstr(&text));
		failures++;
	}
	free(flat);
	buf_fini(&text);
}

static void
test_commands(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct command_case *one = &cases[i];
		struct import *import = import_run("running-config", one->text, strlen(one->text));

		assert_non_null(import);
		const char *errors = import_errors(import);
		if (one->errors != NULL ? strstr(errors, one->errors) == NULL : errors[0] != '\0') {
			print_message("FAIL: case %zu (%s): errors, expected \"%s\", got \"%s\"\n",
			    i, one->text, one->errors != NULL ? one->errors : "", errors);
			failures++;
		}
		if (one->fates != NULL)
			check_fates(i, one, import);
		if (one->has != NULL)
			check_text(i, one, import);
		import_free(import);
	}
	assert_int_equal(failures, 0);
}

/* ---- whole running-configs, with what must come of them beside each ---- */

struct sample {
	char name[256];
	struct import *import;
	char *texts[CONF_PKI + 1]; /* squeezed, by file */
	char *report;              /* squeezed */
};

static const char *const file_names[CONF_PKI + 1] = {
    [CONF_GATEWAY] = "gateway.conf",
    [CONF_TUNNEL_GROUPS] = "tunnel-groups.conf",
    [CONF_GROUP_POLICIES] = "group-policies.conf",
    [CONF_AAA] = "aaa.conf",
    [CONF_USERS] = "users.conf",
    [CONF_PKI] = "pki.conf",
};

static char *
read_all(const char *path)
{
	FILE *file = fopen(path, "re");
	char *text = calloc(1, 1024 * 1024);

	assert_non_null(file);
	assert_non_null(text);
	assert_true(fread(text, 1, 1024 * 1024 - 1, file) > 0);
	assert_int_equal(fclose(file), 0);
	return text;
}

static void
sample_read(struct sample *sample, const char *path)
{
	char *text = read_all(path);
	struct buf out;

	assert_int_equal(str_copy(sample->name, sizeof(sample->name), path), ERR_OK);
	sample->import = import_run(path, text, strlen(text));
	assert_non_null(sample->import);
	free(text);
	buf_init(&out, 8 * 1024 * 1024);
	for (unsigned i = 0; i < ARRAY_LEN(file_names); i++) {
		buf_reset(&out);
		assert_int_equal(import_text(sample->import, i, &out), ERR_OK);
		sample->texts[i] = squeeze(buf_cstr(&out));
	}
	buf_reset(&out);
	assert_int_equal(import_report(sample->import, false, &out), ERR_OK);
	sample->report = squeeze(buf_cstr(&out));
	buf_fini(&out);
}

static void
sample_free(struct sample *sample)
{
	import_free(sample->import);
	for (unsigned i = 0; i < ARRAY_LEN(file_names); i++)
		free(sample->texts[i]);
	free(sample->report);
}

/* "fates CONVERTED NOT-NEEDED NOT-SUPPORTED BLANK" */
static void
expect_fates(const struct sample *sample, const char *line)
{
	char got[128];

	snprintf(got, sizeof(got), "fates %zu %zu %zu %zu",
	    import_count(sample->import, IMPORT_CONVERTED),
	    import_count(sample->import, IMPORT_NOT_NEEDED),
	    import_count(sample->import, IMPORT_NOT_SUPPORTED),
	    import_count(sample->import, IMPORT_BLANK));
	if (strcmp(got, line) != 0) {
		print_message("FAIL: %s, expected \"%s\", got \"%s\"\n", sample->name, line, got);
		failures++;
	}
}

/* "has FILE TEXT" and "lacks FILE TEXT" */
static void
expect_text(const struct sample *sample, const char *line, bool has)
{
	const char *file = strchr(line, ' ') + 1;
	unsigned i = 0;

	while (strncmp(file, file_names[i], strlen(file_names[i])) != 0)
		assert_true(++i < ARRAY_LEN(file_names));
	const char *text = file + strlen(file_names[i]) + 1;
	if ((strstr(sample->texts[i], text) != NULL) != has) {
		print_message(
		    "FAIL: %s: expected \"%s\", got:\n%s\n", sample->name, line, sample->texts[i]);
		failures++;
	}
}

static void
expect_part(const struct sample *sample, const char *line, const char *whole)
{
	if (strstr(whole, strchr(line, ' ') + 1) == NULL) {
		print_message("FAIL: %s: expected \"%s\", got:\n%s\n", sample->name, line, whole);
		failures++;
	}
}

static void
expect_line(const struct sample *sample, const char *line)
{
	if (line[0] == '#' || line[0] == '\0')
		return;
	if (strncmp(line, "fates ", 6) == 0)
		expect_fates(sample, line);
	else if (strncmp(line, "has ", 4) == 0)
		expect_text(sample, line, true);
	else if (strncmp(line, "lacks ", 6) == 0)
		expect_text(sample, line, false);
	else if (strncmp(line, "report ", 7) == 0)
		expect_part(sample, line, sample->report);
	else if (strncmp(line, "errors ", 7) == 0)
		expect_part(sample, line, import_errors(sample->import));
	else
		fail_msg("%s: \"%s\" is no expectation", sample->name, line);
}

/* Every line has a fate and a reason, and none is strange to the tables. */
static void
expect_accounted(const struct sample *sample)
{
	const struct import_line *const *lines;
	size_t len = import_lines(sample->import, &lines), sum = 0;

	for (unsigned i = IMPORT_BLANK; i < IMPORT_FATES; i++)
		sum += import_count(sample->import, i);
	assert_int_equal(sum, len);
	for (size_t i = 0; i < len; i++) {
		const char *note = lines[i]->note != NULL ? lines[i]->note : "";

		if (lines[i]->fate == IMPORT_BLANK ||
		    (note[0] != '\0' && strncmp(note, "unknown", 7) != 0))
			continue;
		print_message("FAIL: %s:%d: %s: expected a fate, got \"%s\"\n", sample->name,
		    lines[i]->number, lines[i]->text, note);
		failures++;
	}
}

static void
test_samples(void **state)
{
	glob_t found;

	(void)state;
	failures = 0;
	assert_int_equal(glob("tests/import/*.expect", 0, NULL, &found), 0);
	assert_true(found.gl_pathc >= 6);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		struct sample sample = {0};
		char path[256], *rest = NULL;
		char *expectations = read_all(found.gl_pathv[i]);

		assert_int_equal(str_copy(path, sizeof(path), found.gl_pathv[i]), ERR_OK);
		char *dot = strrchr(path, '.');
		assert_int_equal(
		    str_copy(dot, sizeof(path) - (size_t)(dot - path), ".cfg"), ERR_OK);
		sample_read(&sample, path);
		for (char *line = strtok_r(expectations, "\n", &rest); line != NULL;
		     line = strtok_r(NULL, "\n", &rest))
			expect_line(&sample, line);
		if (import_errors(sample.import)[0] == '\0')
			expect_accounted(&sample);
		sample_free(&sample);
		free(expectations);
	}
	globfree(&found);
	assert_int_equal(failures, 0);
}

/* Indentation is for the eye: the flat twin of a running-config gives the same. */
static void
test_flat(void **state)
{
	struct sample indented = {0}, flat = {0};

	(void)state;
	sample_read(&indented, "tests/import/asa-97-certificates.cfg");
	sample_read(&flat, "tests/import/asa-97-certificates-flat.cfg");
	for (unsigned i = 0; i < ARRAY_LEN(file_names); i++)
		assert_string_equal(flat.texts[i], indented.texts[i]);
	for (unsigned i = 0; i < IMPORT_FATES; i++)
		assert_int_equal(import_count(flat.import, i), import_count(indented.import, i));
	sample_free(&indented);
	sample_free(&flat);
}

/* No password and no key of the input is in a note of the report. */
static void
test_secrets(void **state)
{
	static const char text[] = "username u password Hunter2Hunter2 encrypted\n"
				   "aaa-server R protocol radius\n"
				   "aaa-server R host 192.0.2.5\n"
				   " key Hunter2Hunter2\n"
				   "tunnel-group G type remote-access\n"
				   "tunnel-group G ipsec-attributes\n"
				   " ikev1 pre-shared-key Hunter2Hunter2\n";
	struct import *import = import_run("running-config", text, strlen(text));
	const struct import_line *const *lines;

	(void)state;
	assert_non_null(import);
	size_t len = import_lines(import, &lines);
	for (size_t i = 0; i < len; i++)
		assert_null(strstr(lines[i]->note != NULL ? lines[i]->note : "", "Hunter2"));
	import_free(import);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_commands),
	    cmocka_unit_test(test_samples),
	    cmocka_unit_test(test_flat),
	    cmocka_unit_test(test_secrets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
