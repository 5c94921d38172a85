#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# auth and pki are killed: not one packet of those who are connected is lost, over DTLS and over TLS, and others log in again at
# once. The time until then is printed; two seconds are what is wanted.
. "$(dirname "$0")/../lib/e2e.sh"

usual_start 3
client_up 1 alice --authgroup=Staff
client_up 2 bob --authgroup=Staff --no-dtls
client_dtls 1
expect_ok "traffic over DTLS" ping4 1
expect_ok "traffic over TLS" ping4 2

# Logins one after the other until one succeeds; prints milliseconds since the kill.
login_again() {
	raw_py 3 "$1" <<-'PY'
	import time
	from rawclient import *

	begin = int(sys.argv[1]) / 1e9
	while time.time() - begin < 60:
	    try:
	        c = Client(timeout=10)
	        c.init(group="Staff")
	        token = c.reply("carol", PASSWORD, "Staff").element("session-token")
	        if token and c.connect(token).status == 200:
	            print("%d" % ((time.time() - begin) * 1000))
	            c.frame(DISCONNECT, b"\xb0bye")
	            c.is_closed()
	            sys.exit(0)
	    except (OSError, Closed):
	        pass
	    time.sleep(0.02)
	sys.exit("no login succeeds")
	PY
}

# Three seconds of two hundred packets each.
pings_start() {
	ip netns exec "$(client_ns "$1")" ping -n -q -c 600 -i 0.005 -W 2 $IN_IP4 >"$W/ping$1" 2>&1 &
	PING_PID[$1]=$!
}

pings_end() {
	local pid=${PING_PID[$1]}
	wait_for 20 "ping of client $1 ends" is_gone "$pid"
	wait "$pid" || true
	expect_match "packets of client $1 while $2 was away" '600 packets transmitted, 600 received' "$(cat "$W/ping$1")"
}

PING_PID=()
for role in auth pki; do
	for round in 1 2 3; do
		pings_start 1
		pings_start 2
		from=$(next_line "$GATE_LOG")
		begin=$(date +%s%N)
		kill -KILL "$(child_pid $role)"
		took=$(login_again "$begin") || fail "a login after $role died, expected one, got: $took"
		echo "$role killed, time $round: the next login succeeded after $took ms"
		expect_between "milliseconds until logins succeed after $role died" 1 "$took" $((10000 * TIME_FACTOR))
		gate_log 'sekishod [0-9.]+ ready' 20 "$from"
		pings_end 1 $role
		pings_end 2 $role
	done
done
wait_for 10 "both sessions are there" sessions_are 2
expect_eq "logins of alice" 1 "$(grep -c 'ASA-6-113039: .*<alice>' "$GATE_LOG")"
