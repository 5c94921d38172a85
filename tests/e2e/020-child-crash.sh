#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A child that dies is restarted, and service comes back: pki and auth while tunnels pass packets, gateway with new
# connections.
. "$(dirname "$0")/../lib/e2e.sh"

usual_start 2
client_up 1 alice --authgroup=Staff

restarted() {
	local now
	now=$(child_pid "$1")
	[ -n "$now" ] && [ "$now" != "$2" ]
}

for role in pki auth gateway; do
	old=$(child_pid $role)
	[ -n "$old" ] || fail "process of $role, expected one, got none"
	from=$(next_line "$GATE_LOG")
	kill -KILL "$old"
	wait_for 10 "$role is restarted" restarted $role "$old"
	gate_log 'sekishod [0-9.]+ ready' 10 "$from"
	expect_match "the log tells of the death of $role" "$role .*(killed|signal)" "$(tail -n "+$from" "$GATE_LOG")"
	if [ $role != gateway ]; then
		expect_ok "traffic of the old client after $role died" ping4 1
	fi
	client_up 2 bob --authgroup=Staff
	expect_ok "a new client after $role died" ping4 2
	client_stop 2
done

# The client of the dead gateway comes back by itself with its cookie and its address.
before=$(client_ip4 1)
wait_for 40 "client 1 reconnects after the gateway's death" ping4 1 $IN_IP4 1
expect_eq "address after the gateway's death" "$before" "$(client_ip4 1)"
