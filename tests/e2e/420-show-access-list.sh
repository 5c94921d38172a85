#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# show-access-list: the ASA's layout, JSON, one list, lists of an earlier configuration, errors.
. "$(dirname "$0")/../lib/e2e.sh"

show_access_list() {
	"$SEKISHO_BIN/show-access-list" -c "$W/conf" "$@"
}

# An expression over the lists l.
lists_json() {
	show_access_list --json "${@:2}" | /usr/bin/python3 -c "import json, sys; l = json.load(sys.stdin)['access_lists']; print($1)"
}

fails_with() {
	local what=$1 want=$2 regex=$3 status=0 out
	shift 3
	out=$("$@" 2>&1) || status=$?
	expect_eq "status: $what" "$want" $status
	expect_match "message: $what" "$regex" "$out"
}

CONF_LISTS='{ name = "staff"; type = "extended"; rules = [ "remark what staff may do",
		"permit  icmp any host '$IN_IP4' echo", "permit tcp any host '$IN_IP4' neq https inactive", "line 4 permit icmp6 any any log" ]; },
	{ name = "tunnel"; rules = [ "permit 10.0.0.0 255.0.0.0" ]; },'
CONF_STAFF='vpn-filter = "staff";'
usual_start 1
fails_with "no such list" 1 'no access-list of that name' show_access_list nobody
fails_with "arguments" 2 usage show_access_list a b

out=$(show_access_list)
expect_match "heading" '^access-list staff; 2 elements; name hash: 0x[0-9a-f]{8}$' "$out"
expect_match "remark" '^access-list staff line 1 remark what staff may do$' "$out"
expect_match "rule" "^access-list staff line 2 extended permit icmp any host $IN_IP4 echo \(hitcnt=0\) 0x[0-9a-f]{8}\$" "$out"
expect_match "inactive" "^access-list staff line 3 extended permit tcp any host $IN_IP4 neq https inactive \(hitcnt=0\) \(inactive\) 0x" "$out"
expect_match "without its own line" '^access-list staff line 4 extended permit icmp6 any any log \(hitcnt=0\) 0x' "$out"
expect_eq "only filters" "staff" "$(lists_json '" ".join(x["name"] for x in l)')"
expect_match "a list that is no filter" '^access-list tunnel line 1 standard permit 10.0.0.0 255.0.0.0 \(hitcnt=0\)' "$(show_access_list tunnel)"

client_up 1 alice --authgroup=Staff
expect_ok "ping" ping4 1
expect_ok "IPv6 ping" ping6 1
hits_are() {
	[ "$(lists_json '[r["hits"] for r in l[0]["rules"]]')" = "$1" ]
}
wait_for 10 "one flow each" hits_are '[0, 1, 0, 1]'
expect_eq "JSON" "extended 2 False True True" \
	"$(lists_json 'l[0]["type"], l[0]["elements"], l[0]["former"], l[0]["rules"][0]["remark"], l[0]["rules"][2]["inactive"]' | tr -d "(),'")"

# A reload without filters: alice keeps hers.
CONF_LISTS=
CONF_STAFF=
conf_write
from=$(next_line "$GATE_LOG")
kill -HUP "$PARENT"
gate_log 'configuration reloaded' 30 "$from"
expect_match "former list" '^access-list staff; 2 elements; name hash: 0x[0-9a-f]{8} \(former, sessions still have it\)$' "$(show_access_list)"
client_stop 1
no_lists() {
	show_access_list | grep -qx 'INFO: no access list is used as a filter'
}
wait_for 10 "it goes with its session" no_lists
expect_eq "JSON of nothing" 0 "$(lists_json 'len(l)')"
gate_stop
fails_with "no daemon" 1 'sekishod is not running' show_access_list
