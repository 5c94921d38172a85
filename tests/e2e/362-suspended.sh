#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A client sleeps for longer than dead peer detection allows: its session waits to resume, with its address, and when it wakes up
# it takes it up again by itself and the transfer inside goes on. Once on its own, once at another address.
. "$(dirname "$0")/../lib/e2e.sh"

CONF_STAFF='anyconnect-dpd-interval-client = 5; anyconnect-dpd-interval-gateway = 5;'
usual_start
client_up 1 alice --authgroup=Staff
client_dtls 1
address=$(client_ip4 1)
address6=$(client_env 1 INTERNAL_IP6_ADDRESS)
index=$(session_json 's[0]["index"]')
flow_serve
flow_start 1

sleep_until_lost() {
	rm -f "$W/c1/reasons"
	from=$(next_line "$GATE_LOG")
	kill -STOP "${CLIENT_PID[1]}"
	gate_log 'ASA-6-716058: .*<alice>.*[Ww]aiting to resume' 60 "$from"
	expect_eq "tunnels while it sleeps" "" "$(tunnels_of alice)"
	expect_eq "address while it sleeps" "$address" "$(session_json 's[0]["ipv4"]')"
}

wake() {
	kill -CONT "${CLIENT_PID[1]}"
	wait_for 40 "the client reconnects: $1" file_has "$W/c1/reasons" '^reconnect$'
	gate_log 'ASA-6-716059: .*<alice>.*resumed' 10 "$from"
	flow_moves 1 "$1" 90
	expect_eq "address: $1" "$address" "$(client_env 1 INTERNAL_IP4_ADDRESS reconnect)"
	expect_eq "IPv6 address: $1" "$address6" "$(client_env 1 INTERNAL_IP6_ADDRESS reconnect)"
	expect_eq "index: $1" "$index" "$(session_json 's[0]["index"]')"
	wait_for 20 "both tunnels: $1" tunnels_are alice "tls dtls"
}

sleep_until_lost
wake "after a sleep"

sleep_until_lost
in_client 1 ip addr del 192.0.2.11/24 dev eth0
in_client 1 ip addr add 192.0.2.88/24 dev eth0
wake "after a sleep, elsewhere"
gate_log 'ASA-6-716059: .*resumed connection from IP <192.0.2.88>' 5 "$from"

flow_end 1
expect_eq "logins" 1 "$(grep -c 'ASA-6-113039' "$GATE_LOG")"
client_stop 1
