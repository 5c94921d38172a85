#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# An orderly stop: the client is told, the tun device, its addresses and routes and the control socket go; a new start
# serves again.
. "$(dirname "$0")/../lib/e2e.sh"

usual_start
expect_match "tun has its address" '192\.168\.100\.254/24' "$(in_gw ip -4 addr show dev $TUN)"
expect_match "tun has its IPv6 address" 'fd00:100::1/64' "$(in_gw ip -6 addr show dev $TUN)"
[ -S "$W/control" ] || fail "control socket, expected a socket, got $(ls -l "$W/control" 2>&1)"
expect_eq "mode of the control socket" 660 "$(stat -c %a "$W/control")"

for signal in TERM INT; do
	client_up 1 alice --authgroup=Staff
	expect_ok "traffic before SIG$signal" ping4 1
	kill -$signal "$PARENT"
	wait_for 15 "sekishod stops on SIG$signal" is_gone "$PARENT"
	status=0
	wait "$PARENT" || status=$?
	PARENT=
	expect_eq "exit status after SIG$signal" 0 $status
	# openconnect ends for good on a disconnect packet; without one it would try again for minutes.
	wait_for 10 "client ends after SIG$signal" is_gone "${CLIENT_PID[1]}"
	expect_match "client was told" '[Ss]erver (requested|terminated|disconnect)|Received server disconnect|disconnect' \
		"$(client_log 1)"
	expect_fail "tun is gone" in_gw ip link show dev $TUN
	[ ! -e "$W/control" ] || fail "control socket after stop, expected none, got $(ls -l "$W/control")"
	expect_eq "processes left" "" "$(ip netns pids "$GW")"
	gate_start
done

client_up 1 alice --authgroup=Staff
expect_ok "traffic after the restart" ping4 1
expect_no_match "errors in the log" ' error [a-z]+\[' "$(cat "$GATE_LOG")"
