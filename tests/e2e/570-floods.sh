#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# INV-7: floods of strangers, short: the packets of a client that is logged in pass beside each, logins from elsewhere succeed, and
# memory stays within bounds. `make abuse` measures the same and more at length.
. "$(dirname "$0")/../lib/e2e.sh"

FLOOD=$(dirname "$SEKISHO_BIN")/tests/abuse/flood
CONF_LIMITS='max-connections = 1000;'
LOG_LEVEL=notice

usual_start 3
in_client 1 ip route add local 198.18.0.0/16 dev lo
in_gw ip route add 198.18.0.0/16 via 192.0.2.11
client_up 2 alice --authgroup=Staff
client_dtls 2
processes=$(gate_pids | xargs)

# A value of what the flood says of itself: flooded NAME
flooded() {
	/usr/bin/python3 -c "import json; print(json.load(open('$W/flood'))['$1'])"
}

login() {
	raw_py 3 <<-'END'
	from rawclient import *
	Client(timeout=10).login("bob", group="Staff")
	END
}

# beside MODE SLOTS
beside() {
	local pid
	echo "$1"
	in_client 1 nice -n 19 "$FLOOD" "$1" $GW_IP4 198.18.0.1 60000 "$2" 2 >"$W/flood" &
	pid=$!
	expect_ok "packets of who is logged in beside $1" ping4 2 $IN_IP4 5
	expect_ok "a login from elsewhere beside $1" login
	wait $pid
	expect_between "opened by $1" 1 "$(flooded opened)" 1000000000
}

beside unfinished 3000
expect_between "of them turned out by max-connections" 100 "$(flooded ended)" 1000000000
gate_log 'max-connections reached: the oldest that have not logged in give way' 5
beside hellos 200
beside reset-hello 200
beside giant 200
beside udp 32
expect_eq "answers to ClientHellos of strangers over UDP" 0 "$(flooded answers)"
expect_eq "processes" "$processes" "$(gate_pids | xargs)"
if [ -z "$SEKISHO_SAN" ]; then
	memory_is_back() {
		[ "$(gate_memory_kb)" -lt 40000 ]
	}
	wait_for 5 "what the floods have taken goes back to the system" memory_is_back
fi
