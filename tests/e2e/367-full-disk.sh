#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The disk of the state directory is full: logins, tunnels and reconnects go on, the log says it once. When there is room
# again the records are written without anybody asking, and a kill of everything shows that they are whole.
. "$(dirname "$0")/../lib/e2e.sh"

net_up 2
pki_make
conf_write
mkdir -p "$W/state"
mount -t tmpfs -o size=256k,mode=700 tmpfs "$W/state"
unmount() {
	umount -l "$W/state"
	cleanup
}
trap unmount EXIT
gate_start
client_up 1 alice --authgroup=Staff
address=$(client_ip4 1)
stored() {
	[ "$(find "$W/state" -name '*.session' -size +0 | wc -l)" = "$1" ]
}
wait_for 10 "alice's record" stored 1

dd if=/dev/zero of="$W/state/filler" bs=4k 2>/dev/null || true
from=$(next_line "$GATE_LOG")
client_up 2 bob --authgroup=Staff
expect_ok "traffic of a new session" ping4 2
gate_log 'state directory: cannot write .*: No space left on device' 10 "$from"
in_gw ss -K -t state established sport = :443 >/dev/null
for n in 1 2; do
	wait_for 40 "client $n comes back" file_has "$W/c$n/reasons" '^reconnect$'
	wait_for 20 "traffic of client $n" ping4 $n $IN_IP4 1
done
expect_eq "sessions" 2 "$(session_count)"
expect_ok "only the older record is there" stored 1
expect_eq "lines about it" 1 "$(tail -n "+$from" "$GATE_LOG" | grep -c 'state directory: cannot')"

rm "$W/state/filler"
gate_log 'state directory: files can be written again' 40 "$from"
wait_for 10 "both records" stored 2
# shellcheck disable=SC2046
kill -KILL $(gate_pids)
wait_for 5 "the daemon is dead" is_gone "$PARENT"
wait "$PARENT" 2>/dev/null || true
wait_for 5 "all of its processes are dead" sh -c "! ip netns pids '$GW' | grep -q ."
rm -f "$W"/c[12]/reasons
from=$(next_line "$GATE_LOG")
gate_start
gate_log '2 sessions restored' 10 "$from"
for n in 1 2; do
	wait_for 60 "client $n comes back after the kill" file_has "$W/c$n/reasons" '^reconnect$'
	wait_for 20 "traffic of client $n after the kill" ping4 $n $IN_IP4 1
done
expect_eq "address of alice" "$address" "$(client_env 1 INTERNAL_IP4_ADDRESS reconnect)"
