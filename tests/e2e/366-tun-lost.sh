#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# An administrator sets the tun interface down and up again: packets are dropped meanwhile, routes and addresses are back with
# it, nothing restarts. He removes it: the parent makes it again, the clients come back with their cookies and addresses.
. "$(dirname "$0")/../lib/e2e.sh"

usual_start
client_up 1 alice --authgroup=Staff
client_dtls 1
address=$(client_ip4 1)
index=$(session_json 's[0]["index"]')
expect_ok "traffic" ping4 1
expect_ok "IPv6 traffic" ping6 1
processes=$(gate_pids)
configured() {
	in_gw ip -o addr show dev $TUN scope global | awk '{ print $4 }' | sort
	in_gw ip route show dev $TUN | grep -v 'proto kernel' | sed 's/ linkdown//' | sort
	in_gw ip -6 route show dev $TUN | grep -v 'proto kernel' | sort
}
before=$(configured)

is_configured() {
	[ "$(configured)" = "$before" ]
}

# ---- down, up; down and up at once ----

from=$(next_line "$GATE_LOG")
in_gw ip link set $TUN down
gate_log "interface $TUN is down: packets are dropped" 10 "$from"
expect_fail "traffic while it is down" ping4 1
in_gw ip link set $TUN up
gate_log "interface $TUN is up$" 10 "$from"
expect_eq "addresses and routes after it was down" "$before" "$(configured)"
wait_for 20 "traffic after it was down" ping4 1 $IN_IP4 1
wait_for 20 "IPv6 traffic after it was down" ping6 1 $IN_IP6 1
in_gw sh -c "ip link set $TUN down; ip link set $TUN up"
wait_for 10 "addresses and routes after a short time down" is_configured
wait_for 20 "traffic after a short time down" ping4 1 $IN_IP4 1
expect_eq "processes" "$processes" "$(gate_pids)"
expect_fail "the client had not to reconnect" file_has "$W/c1/reasons" '^reconnect$'

# ---- removed ----

for round in 1 2; do
	from=$(next_line "$GATE_LOG")
	gateway=$(child_pid gateway)
	rm -f "$W/c1/reasons"
	in_gw ip link del $TUN
	gate_log "interface $TUN was removed: restarting the gateway" 10 "$from"
	gate_log "interface $TUN was made again" 10 "$from"
	gate_log 'sekishod [0-9.]+ ready' 20 "$from"
	wait_for 60 "the client reconnects, round $round" file_has "$W/c1/reasons" '^reconnect$'
	wait_for 20 "traffic, round $round" ping4 1 $IN_IP4 1
	wait_for 20 "IPv6 traffic, round $round" ping6 1 $IN_IP6 1
	expect_eq "addresses and routes, round $round" "$before" "$(configured)"
	expect_eq "address, round $round" "$address" "$(client_env 1 INTERNAL_IP4_ADDRESS reconnect)"
	expect_eq "index, round $round" "$index" "$(session_json 's[0]["index"]')"
	expect_eq "lines about it, round $round" 1 "$(tail -n "+$from" "$GATE_LOG" | grep -c "interface $TUN was removed")"
	if [ "$(child_pid gateway)" = "$gateway" ]; then
		fail "gateway process, expected a new one, got the old one"
	fi
done
client_stop 1
gate_stop
