#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# An orderly stop: the tun device, its addresses and routes and the control socket go, and the client comes back by itself at
# the next start. A stop for good (SIGUSR1): the client is told and ends, nothing is kept. A new start serves again.
. "$(dirname "$0")/../lib/e2e.sh"

usual_start
expect_match "tun has its address" '192\.168\.100\.254/24' "$(in_gw ip -4 addr show dev $TUN)"
expect_match "tun has its IPv6 address" 'fd00:100::1/64' "$(in_gw ip -6 addr show dev $TUN)"
[ -S "$W/control" ] || fail "control socket, expected a socket, got $(ls -l "$W/control" 2>&1)"
expect_eq "mode of the control socket" 660 "$(stat -c %a "$W/control")"

# stop SIGNAL
stop() {
	local status=0
	kill -"$1" "$PARENT"
	wait_for 15 "sekishod stops on SIG$1" is_gone "$PARENT"
	wait "$PARENT" || status=$?
	PARENT=
	expect_eq "exit status after SIG$1" 0 $status
	expect_fail "tun is gone" in_gw ip link show dev $TUN
	[ ! -e "$W/control" ] || fail "control socket after stop, expected none, got $(ls -l "$W/control")"
	expect_eq "processes left" "" "$(ip netns pids "$GW")"
}

stored() {
	find "$W/state" -name '*.session' | wc -l
}

client_up 1 alice --authgroup=Staff
address=$(client_ip4 1)
for signal in TERM INT; do
	expect_ok "traffic before SIG$signal" ping4 1
	rm -f "$W/c1/reasons"
	stop $signal
	expect_eq "sessions on the disk after SIG$signal" 1 "$(stored)"
	gate_start
	wait_for 40 "the client comes back after SIG$signal" file_has "$W/c1/reasons" '^reconnect$'
	wait_for 20 "traffic after SIG$signal" ping4 1 $IN_IP4 1
	expect_eq "address after SIG$signal" "$address" "$(client_env 1 INTERNAL_IP4_ADDRESS reconnect)"
	expect_eq "sessions after SIG$signal" 1 "$(session_count)"
done
expect_no_match "nobody was told goodbye" 'Received server disconnect' "$(client_log 1)"

stop USR1
# openconnect ends for good on a disconnect packet; without one it would try again for minutes.
wait_for 10 "client ends after SIGUSR1" is_gone "${CLIENT_PID[1]}"
expect_match "client was told" 'Received server disconnect' "$(client_log 1)"
expect_eq "sessions on the disk after SIGUSR1" 0 "$(stored)"
gate_log 'ASA-4-113019: .*Username = alice.*Reason: Administrator Reset'
gate_start
expect_eq "sessions after a stop for good" 0 "$(session_count)"
client_up 1 alice --authgroup=Staff
expect_ok "traffic of a new session" ping4 1
expect_no_match "errors in the log" ' error [a-z]+\[' "$(cat "$GATE_LOG")"
