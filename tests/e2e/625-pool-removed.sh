#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Pools that a reload removes drain: no new session gets an address, the running one keeps its address and its route until
# it ends. Users' framed addresses outside of all pools are routed, too.
. "$(dirname "$0")/../lib/e2e.sh"

routes() {
	in_gw ip route show dev $TUN
	in_gw ip -6 route show dev $TUN
}

no_route() {
	! routes | grep -Eq "$1"
}

reload() {
	local out
	out=$("$SEKISHO_BIN/sekishod" -c "$W/conf" -r 2>&1) || fail "reload, expected status 0, got $?: $out"
}

conf_with() {
	conf_write
	sed -i "s/address-pool = \[ \"POOL\" \]/address-pool = [ \"$1\" ]/" "$W/conf/tunnel-groups.conf"
}

CONF_POOLS='{ name = "FIRST"; range = "192.168.105.1-192.168.105.9"; mask = "255.255.255.0"; },'
net_up 2
pki_make
conf_with FIRST
gate_start
client_up 1 alice --authgroup=Staff
first=$(client_ip4 1)
expect_match "address of the first pool" '^192\.168\.105\.' "$first"
expect_match "route of the first pool" '192\.168\.105\.' "$(routes)"

# Another pool takes its place.
CONF_POOLS='{ name = "SECOND"; range = "192.168.106.1-192.168.106.9"; mask = "255.255.255.0"; },'
conf_with SECOND
from=$(next_line "$GATE_LOG")
reload
expect_match "route of the second pool" '192\.168\.106\.' "$(routes)"
expect_match "the first pool is routed as long as it has a session" '192\.168\.105\.' "$(routes)"
expect_ok "traffic of a session of the removed pool" ping4 1
client_up 2 bob --authgroup=Staff
expect_match "a new login gets an address of the second pool" '^192\.168\.106\.' "$(client_ip4 2)"
kill -USR2 "${CLIENT_PID[1]}"
wait_for 30 "the first client comes back" file_has "$W/c1/reasons" '^reconnect$'
expect_eq "it keeps its address" "$first" "$(client_env 1 INTERNAL_IP4_ADDRESS reconnect)"
wait_for 10 "its traffic" ping4 1 "$IN_IP4" 1

# Also when auth is restarted in between: its successor knows only the new files, and the session's record.
old=$(child_pid auth)
mark=$(next_line "$GATE_LOG")
kill -KILL "$old"
gate_log 'sekishod [0-9.]+ ready' 10 "$mark"
wait_for 10 "traffic after auth is back" ping4 1 "$IN_IP4" 1
expect_match "the first pool's route after auth is back" '192\.168\.105\.' "$(routes)"
client_stop 1
gate_log 'removed pool .*192\.168\.105\.1-192\.168\.105\.9.* drained' 10 "$from"
wait_for 5 "the route of the drained pool is removed" no_route '192\.168\.105\.'
expect_match "the other pool's stays" '192\.168\.106\.' "$(routes)"
client_up 1 alice --authgroup=Staff
expect_match "the user's next address" '^192\.168\.106\.' "$(client_ip4 1)"
expect_ok "its traffic" ping4 1

# A pool that nobody uses goes at once; one that comes back before it is drained stays.
CONF_POOLS='{ name = "SECOND"; range = "192.168.106.1-192.168.106.9"; mask = "255.255.255.0"; },
	{ name = "THIRD"; range = "192.168.108.1-192.168.108.9"; mask = "255.255.255.0"; },'
conf_with THIRD
reload
expect_match "route of the third pool" '192\.168\.108\.' "$(routes)"
CONF_POOLS='{ name = "FIRST"; range = "192.168.105.1-192.168.105.9"; mask = "255.255.255.0"; },'
conf_with FIRST
reload
wait_for 5 "the route of a pool without sessions is removed" no_route '192\.168\.108\.'
expect_match "the second pool has sessions" '192\.168\.106\.' "$(routes)"
CONF_POOLS='{ name = "SECOND"; range = "192.168.106.1-192.168.106.9"; mask = "255.255.255.0"; },'
conf_with SECOND
reload
client_stop 1
client_stop 2
sessions_are_none() { sessions_are 0; }
wait_for 10 "all sessions have ended" sessions_are_none
client_up 1 alice --authgroup=Staff
expect_match "an address of the pool that came back" '^192\.168\.106\.' "$(client_ip4 1)"
expect_ok "its traffic" ping4 1
client_stop 1

# Framed addresses.
CONF_ALICE='vpn-framed-ip-address = "192.168.107.7 255.255.255.0"; vpn-framed-ipv6-address = "fd00:107::7/64";'
conf_with SECOND
reload
expect_match "route of a framed address" '192\.168\.107\.7 ' "$(routes)"
expect_match "route of a framed IPv6 address" 'fd00:107::7 ' "$(routes)"
client_up 1 alice --authgroup=Staff
expect_eq "the framed address" 192.168.107.7 "$(client_ip4 1)"
expect_ok "its traffic" ping4 1
client_stop 1

# A framed address that is gone is like a pool of one.
client_up 1 alice --authgroup=Staff
CONF_ALICE=
conf_with SECOND
reload
expect_match "route of a framed address while it is used" '192\.168\.107\.7 ' "$(routes)"
expect_ok "its traffic" ping4 1
client_stop 1
wait_for 5 "the route of the framed address is removed" no_route '192\.168\.107\.7 '
wait_for 5 "the route of the framed IPv6 address is removed" no_route 'fd00:107::7 '
