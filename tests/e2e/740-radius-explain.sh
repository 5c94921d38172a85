#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What explain-policy says that an answer of a RADIUS server would give, and what show-sessions says that a session was
# given by that answer: every attribute has the same value from the same source. The same for a user of LOCAL.
. "$(dirname "$0")/../lib/e2e.sh"

CONF_GROUPS="
{ name = \"rad\"; general-attributes = { address-pool = [ \"POOL\" ]; authentication-server-group = [ \"RAD\", \"LOCAL\" ];
    accounting-server-group = \"RAD\"; default-group-policy = \"StaffPolicy\"; };
  webvpn-attributes = { group-url = ( { url = \"https://$GW_NAME/rad\"; } ); }; },
{ name = \"both\"; general-attributes = { address-pool = [ \"POOL\" ]; authentication-server-group = [ \"LOCAL\" ];
    authorization-server-group = [ \"RAD\" ]; authorization-required = true; };
  webvpn-attributes = { group-url = ( { url = \"https://$GW_NAME/both\"; } ); }; },"
CONF_STAFF='dns-server = [ "10.99.0.9" ]; default-domain = "staff.example.com"; vpn-idle-timeout = 45;'
CONF_POLICIES='{ name = "First"; attributes = { banner = "First"; anyconnect-ssl-keepalive = 25; }; },'
CONF_POOLS='{ name = "POOL-R"; range = "192.168.100.60-192.168.100.70"; mask = "255.255.255.0"; },'
CONF_LISTS='{ name = "wall"; type = "extended"; rules = [ "permit ip any any" ]; },'
RADIUS_USERS='plain Cleartext-Password := "correct-horse"
	Reply-Message = "nothing else"
told Cleartext-Password := "correct-horse"
	Class = "OU=First;", Idle-Timeout = 90, ASA-Authenticated-User-Idle-Timeout = 5, ASA-Primary-DNS = 10.99.0.11, ASA-Secondary-DNS = 10.99.0.12, Filter-Id = "wall", ASA-Address-Pools = "POOL-R", ASA-Simultaneous-Logins = 2, ASA-SVC-MTU = 99, ASA-IPsec-Default-Domain = "told.example.com"
lines Cleartext-Password := "correct-horse"
	Session-Timeout = 7200, Cisco-AVPair = "ip:inacl#1=permit ip any any"
alice Cleartext-Password := "alice"
	ASA-Banner1 = "authorized", ASA-Simultaneous-Logins = 7
'
net_up 1
pki_make
conf_write
radius_aaa_conf
radius_start
gate_start

explain() {
	"$SEKISHO_BIN/explain-policy" -c "$W/conf" "$@"
}

# What both say, a line each: "NAME VALUE from KIND NAME", what came in which RADIUS attribute left out.
cat >"$W/said.py" <<'END'
import json, re, sys
if sys.argv[1] == "explain":
    on = False
    for line in sys.stdin:
        on = (on or line.startswith("Attributes:")) and not line.startswith("Addresses")
        found = re.match(r"  ([a-z]\S*(?: [A-Z]\S*)?) +(.*)  (?:from (\S+ \S+)|by (default))", line)
        if on and found:
            print(found.group(1), found.group(2), "from", found.group(3) or found.group(4))
else:
    for a in json.load(sys.stdin)["sessions"][0]["attributes"]:
        print(a["name"], a["value"], "from", a["source"].split(", ")[0])
END

# agree WHAT ARGS: of the only session and of explain-policy
agree() {
	local what=$1
	shift
	explain "$@" | python3 "$W/said.py" explain >"$W/explained"
	show_sessions --json policy | python3 "$W/said.py" show >"$W/shown"
	expect_between "$what: attributes" 40 "$(wc -l <"$W/shown")" 100
	expect_eq "$what: both say the same" "" "$(diff "$W/explained" "$W/shown")"
}

# shown NAME: "VALUE (SOURCE)" of the only session
shown() {
	show_sessions detail policy | sed -n "s/^$1: //p"
}

logout() {
	client_stop 1
	wait_for 10 "session ends" sessions_are 0
}

expect_match "who is asked" "^Authentication: +aaa-server-group RAD \\(aaa.conf:[0-9]+\\): $IN_IP4; if none answers LOCAL\$" \
	"$(explain --group-url "https://$GW_NAME/rad")"
expect_match "who is told" "^Accounting: +aaa-server-group RAD" "$(explain --group-url "https://$GW_NAME/rad")"
expect_match "who authorizes" "^Authorization: +aaa-server-group RAD .*; required\$" "$(explain --group-url "https://$GW_NAME/both")"
expect_match "a filter that is not there" 'Verdict: +refused .*no access list' \
	"$(explain --group-url "https://$GW_NAME/rad" --user told --aaa vpn-filter=gone)"
expect_match "a value that cannot be" 'anyconnect-mtu: "99" is no valid value' \
	"$(explain --group-url "https://$GW_NAME/rad" --user told --aaa anyconnect-mtu=99)"
expect_fail "what is no attribute" explain --aaa no-such-attribute=1

CLIENT_URL=/rad client_up 1 plain
agree "an answer without attributes" --group-url "https://$GW_NAME/rad" --user plain --aaa accept
expect_eq "of the policy" '10.99.0.9 (group-policy StaffPolicy)' "$(shown dns-server)"
expect_eq "without policy there are no attributes" 0 "$(session_json 'len(s[0]["attributes"])')"
logout

CLIENT_URL=/rad client_up 1 told
agree "an answer with attributes" --group-url "https://$GW_NAME/rad" --user told --aaa group-policy=First \
	--aaa idle-timeout=90 --aaa vpn-idle-timeout=5 --aaa dns-server=10.99.0.11 --aaa dns-server=10.99.0.12 \
	--aaa vpn-filter=wall --aaa address-pools=POOL-R --aaa vpn-simultaneous-logins=2 --aaa anyconnect-mtu=99 \
	--aaa default-domain=told.example.com
expect_eq "seconds" '90 seconds (aaa-server-group RAD, Idle-Timeout (28))' "$(shown vpn-idle-timeout)"
expect_eq "two attributes of one list" '10.99.0.11, 10.99.0.12 (aaa-server-group RAD, Primary-DNS (3076/5))' "$(shown dns-server)"
expect_eq "filter" '"wall" (aaa-server-group RAD, Filter-Id (11))' "$(shown vpn-filter)"
expect_eq "policy" '"First" (aaa-server-group RAD, Class (25))' "$(shown vpn-group-policy)"
expect_eq "of the named policy" '"First" (group-policy First)' "$(shown banner)"
expect_eq "a bad value does not count" '1406 (default)' "$(shown anyconnect-mtu)"
expect_eq "session timeout of the limits" 90 "$(session_json 's[0]["idle_timeout"]')"
logout

# Lines of his own have a name that only the gateway makes.
CLIENT_URL=/rad client_up 1 lines
expect_match "lines of his own" '^"AAA-user-lines-[0-9A-F]+" \(aaa-server-group RAD, ip:inacl\)$' "$(shown vpn-filter)"
expect_match "and for IPv6" '^"AAA-user-lines-[0-9A-F]+" \(aaa-server-group RAD, ip:inacl\)$' "$(shown ipv6-vpn-filter)"
expect_eq "session timeout" '7200 seconds (aaa-server-group RAD, Session-Timeout (27))' "$(shown vpn-session-timeout)"
logout

# LOCAL knows the password, the server what he may do.
CLIENT_URL=/both client_up 1 alice
agree "authorization" --group-url "https://$GW_NAME/both" --user alice --authorization banner=authorized \
	--authorization vpn-simultaneous-logins=7
expect_eq "of the authorization server" '"authorized" (aaa-server-group RAD, Banner1 (3076/15))' "$(shown banner)"
logout

client_up 1 alice --authgroup=Staff
agree "a user of LOCAL" --alias Staff --user alice
