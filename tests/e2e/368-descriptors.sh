#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The gateway process runs out of descriptors: it says so once, does not spin, and its tunnels go on; when there are some again it
# accepts. The same for auth's control socket. No process is restarted.
. "$(dirname "$0")/../lib/e2e.sh"

usual_start 3
client_up 1 alice --authgroup=Staff
client_dtls 1
processes=$(gate_pids)
gateway=$(child_pid gateway)
auth=$(child_pid auth)

# prlimit as the user that a process is: others would need CAP_SYS_RESOURCE. limit PID [SOFT]
limit() {
	setpriv --reuid "$(awk '/^Uid/ { print $2 }' "/proc/$1/status")" \
		--regid "$(awk '/^Gid/ { print $2 }' "/proc/$1/status")" --clear-groups \
		prlimit --pid "$1" --nofile"${2:+=$2:}" --noheadings --output SOFT
}

# Leave a process N descriptors beyond those that it has: leave PID N
leave() {
	local last
	last=$(find "/proc/$1/fd" -mindepth 1 -printf '%f\n' | sort -n | tail -1)
	limit "$1" $((last + 1 + $2))
}

# Clock ticks that a process has used.
ticks() {
	awk '{ print $14 + $15 }' "/proc/$1/stat"
}

# ---- the gateway ----

usual=$(limit "$gateway" | tr -d " ")
leave "$gateway" 8
from=$(next_line "$GATE_LOG")
in_client 2 /usr/bin/python3 -c '
import os, socket, sys, time
held = [socket.create_connection((sys.argv[1], 443), 10) for _ in range(60)]
print("held by", os.getpid(), flush=True)
time.sleep(600)
' $GW_IP4 >"$W/holder" &
wait_line "$W/holder" '^held by' 20
gate_log 'not accepting for a moment: out of descriptors' 10 "$from"
used=$(ticks "$gateway")
expect_ok "the tunnel without descriptors" ping4 1 $IN_IP4 20
# A spinning worker would take all that there is, 400 ticks and more in this time.
expect_between "clock ticks of the gateway" 0 $(($(ticks "$gateway") - used)) 100
expect_eq "workers that said it more than once" "" \
	"$(tail -n "+$from" "$GATE_LOG" | grep -o 'worker [0-9]*: not accepting' | sort | uniq -d)"
expect_fail "a login without descriptors" in_client 3 timeout 2 openssl s_client -connect "$GW_IP4:443" </dev/null

kill "$(awk '{ print $3 }' "$W/holder")"
gate_log 'worker [0-9]+: accepting again' 20 "$from"
client_up 3 carol --authgroup=Engineering
expect_ok "a new tunnel afterwards" ping4 3
expect_ok "the old tunnel afterwards" ping4 1
limit "$gateway" "$usual"

# ---- auth ----

usual=$(limit "$auth" | tr -d " ")
leave "$auth" 0
from=$(next_line "$GATE_LOG")
show_sessions --json >"$W/sessions" 2>&1 &
asker=$!
gate_log 'control socket: cannot accept' 10 "$from"
expect_ok "the tunnel while auth has no descriptors" ping4 1
limit "$auth" "$usual"
wait "$asker" || fail "show-sessions, expected it to be served late, got: $(cat "$W/sessions")"
expect_eq "sessions" 2 "$(session_count)"
expect_eq "processes" "$processes" "$(gate_pids)"
