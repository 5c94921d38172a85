#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# show-aaa-server: the ASA's layout, LOCAL and RADIUS with their counters, JSON, one group, one server, through a reload.
. "$(dirname "$0")/../lib/e2e.sh"

show_aaa_server() {
	"$SEKISHO_BIN/show-aaa-server" -c "$W/conf" "$@"
}

# An expression over the servers s.
servers_json() {
	show_aaa_server --json "${@:2}" | /usr/bin/python3 -c "import json, sys; s = json.load(sys.stdin)['aaa_servers']; print($1)"
}

fails_with() {
	local what=$1 want=$2 regex=$3 status=0 out
	shift 3
	out=$("$@" 2>&1) || status=$?
	expect_eq "status: $what" "$want" $status
	expect_match "message: $what" "$regex" "$out"
}

CONF_GROUPS="{ name = \"rad\"; general-attributes = { address-pool = [ \"POOL\" ]; authentication-server-group = [ \"RAD\" ]; };
	webvpn-attributes = { group-alias = ( { name = \"rad\"; } ); }; },"
RADIUS_USERS='rita Cleartext-Password := "correct-horse"'
net_up 1
pki_make
conf_write
AAA_GROUPS=", { name = \"IDLE\"; hosts = ( { address = \"2001:db8:9::1\"; key = \"k\"; authentication-port = 2000; },
	{ address = \"198.51.100.77\"; } ); }"
radius_aaa_conf
radius_start
gate_start

out=$(show_aaa_server LOCAL)
expect_eq "LOCAL before the first login" "Server Group:    LOCAL
Server Protocol: Local database
Server Address:  None
Server port:     None
Server status:   ACTIVE, Last transaction at unknown
Number of pending requests            0
Average round trip time               0ms
Number of authentication requests     0
Number of authorization requests      0
Number of accounting requests         0
Number of retransmissions             0
Number of accepts                     0
Number of rejects                     0
Number of challenges                  0
Number of bad authenticators          0
Number of timeouts                    0
Number of unrecognized responses      0" "$out"
expect_eq "all, in order" "LOCAL RAD IDLE" "$(servers_json '" ".join(x["server_group"] for x in s)')"
expect_eq "a host without a key is left out" "2001:db8:9::1" "$(servers_json 's[0]["server"], len(s)' IDLE | tr -d "(',)" | cut -d' ' -f1)"
expect_eq "protocol" "RAD IDLE" "$(servers_json '" ".join(x["server_group"] for x in s)' protocol radius)"

raw_py 1 <<'END'
from rawclient import *

for group, user, password, good in (("rad", "rita", PASSWORD, True), ("rad", "rita", "wrong", False), ("rad", "rita", PASSWORD, True),
                                    ("Staff", "alice", PASSWORD, True), ("Staff", "alice", "wrong", False), ("Staff", "nobody", "wrong", False)):
    c = Client()
    c.init(group=group)
    expect("%s in %s" % (user, group), good, bool(c.reply(user, password).element("session-token")))
    c.close()
END
out=$(show_aaa_server RAD host "$IN_IP4")
expect_match "address" "^Server Address:  $IN_IP4\$" "$out"
expect_match "ports" '^Server port:     1812\(authentication\), 1813\(accounting\)$' "$out"
expect_match "status" '^Server status:   ACTIVE, Last transaction at [0-9:]{8} [A-Z+0-9-]+ [A-Z][a-z]{2} [A-Z][a-z]{2} [0-9]+ 20[0-9]{2}$' "$out"
expect_match "RADIUS has one counter more" '^Number of malformed responses         0$' "$out"
expect_eq "counters of RADIUS" "3 2 1 0 0" "$(servers_json '*(s[0][k] for k in ("authentications", "accepts", "rejects", "pending", "timeouts"))' RAD)"
expect_eq "counters of LOCAL" "3 1 2 0" "$(servers_json '*(s[0][k] for k in ("authentications", "accepts", "rejects", "pending"))' LOCAL)"

fails_with "no such group" 1 'no aaa-server group of that name' show_aaa_server NOBODY
fails_with "no such server" 1 'no such server in that aaa-server group' show_aaa_server RAD host 192.0.2.200
fails_with "no address" 2 'not an IP address' show_aaa_server RAD host rad
fails_with "arguments" 2 usage show_aaa_server RAD hast
fails_with "protocol" 2 'protocols are' show_aaa_server protocol ldap

# A reload without one group and with another timeout: what stays keeps its counters.
AAA_GROUPS=
radius_aaa_conf
sed -i 's/timeout = 3;/timeout = 7;/' "$W/conf/aaa.conf"
from=$(next_line "$GATE_LOG")
kill -HUP "$PARENT"
gate_log 'configuration reloaded' 30 "$from"
expect_eq "after the reload" "LOCAL 3 RAD 3" "$(servers_json '*(w for x in s for w in (x["server_group"], x["authentications"]))')"
gate_stop
fails_with "no daemon" 1 'sekishod is not running' show_aaa_server
radius_stop
