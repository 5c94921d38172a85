#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A pool that a reload removed drains over a crash of auth: the session is restored with its address and gets the policy that
# the new configuration has for it; the route goes with the session. After a restart of the daemon nothing is left of it.
. "$(dirname "$0")/../lib/e2e.sh"

routes() {
	in_gw ip route show dev $TUN
}

no_old_route() {
	! routes | grep -q '192\.168\.105\.'
}

conf_with() {
	CONF_POOLS="{ name = \"$1\"; range = \"$2\"; mask = \"255.255.255.0\"; },"
	conf_write
	sed -i "s/address-pool = \[ \"POOL\" \]/address-pool = [ \"$1\" ]/" "$W/conf/tunnel-groups.conf"
}

net_up 2
pki_make
CONF_STAFF='default-domain = "old.example.com";'
conf_with OLD 192.168.105.1-192.168.105.9
gate_start
client_up 1 alice --authgroup=Staff
address=$(client_ip4 1)
expect_match "address of the old pool" '^192\.168\.105\.' "$address"
CONF_STAFF='default-domain = "new.example.com";'
conf_with NEW 192.168.106.1-192.168.106.9
kill -HUP "$PARENT"
gate_log 'configuration reloaded' 30

kill -KILL "$(child_pid auth)"
gate_log '1 sessions restored' 20
wait_for 20 "auth answers" session_count
expect_eq "address after the crash" "$address" "$(session_json 's[0]["ipv4"]')"
expect_ok "the tunnel was never down" ping4 1
from=$(next_line "$GATE_LOG")
kill -USR2 "${CLIENT_PID[1]}"
gate_log 'New TCP SVC connection' 20 "$from"
wait_for 20 "traffic after the reconnect" ping4 1
expect_eq "address after the reconnect" "$address" "$(client_env 1 INTERNAL_IP4_ADDRESS reconnect)"
client_up 2 bob --authgroup=Staff
expect_match "address of the new pool" '^192\.168\.106\.' "$(client_ip4 2)"
expect_match "the old pool is routed" '192\.168\.105\.' "$(routes)"
client_stop 1
gate_log 'removed pool .*192\.168\.105\.1-192\.168\.105\.9 is drained' 10
wait_for 5 "route of the old pool is removed" no_old_route

# A restart of the whole daemon, though, knows only its files.
client_up 1 alice --authgroup=Staff
client_kill 1
wait_for 40 "session of alice waits" tunnels_are alice ""
gate_stop
conf_with OLD 192.168.105.1-192.168.105.9
gate_start
gate_log 'a stored session of user alice is dropped' 10
expect_eq "sessions" 0 "$(session_json "len([x for x in s if x['username'] == 'alice'])")"
