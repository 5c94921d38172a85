#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# One flood after the other against the gateway, and beside each what those have of it who behave: a client that is logged in
# (goodput of 50 Mbit/s over DTLS, ping) and new logins from elsewhere. Prints the table of docs/security.md.
# Environment: FLOOD (the program), SECONDS_EACH (8), ONLY (a regular expression on the floods' names).
# The floods have the machine's processors too, at the lowest priority, and both ends of the transfer at a high one: on other
# machines they would be outside. What is lost on the way is the gateway's (a column of its own: its sockets and its tun
# interface) or theirs.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/e2e.sh"

FLOOD=${FLOOD:-$(dirname "$SEKISHO_BIN")/tests/abuse/flood}
SECONDS_EACH=${SECONDS_EACH:-8}
ONLY=${ONLY:-.}
LOG_LEVEL=notice
CONF_POLICIES='{ name = "Many"; attributes = { vpn-simultaneous-logins = 1000; }; },'
CONF_STAFF='vpn-simultaneous-logins = 1000;'
POOL_RANGE=192.168.104.1-192.168.111.254
SOURCES="198.18.0.1 60000"
ABUSE=$ROOT/tests/abuse

flood() {
	# shellcheck disable=SC2086
	in_client 1 nice -n 19 "$FLOOD" "$1" $GW_IP4 $SOURCES "$2" $((SECONDS_EACH + 2))
}

slow() {
	raw_py_file 1 slow.py "$1" "$2" $((SECONDS_EACH + 2))
}

# A program of this folder in a client's namespace: raw_py_file N PROGRAM [arguments...]
raw_py_file() {
	PYTHONPATH=$ROOT/tests/lib PYTHONDONTWRITEBYTECODE=1 GW_IP=$GW_IP4 PASSWORD=$PASSWORD in_client "$1" \
		nice -n "${NICE:-19}" /usr/bin/python3 "$ABUSE/$2" "${@:3}"
}

# Of slow.py and witness.py: they wait for their clients after these are gone, and keep their addresses so long.
end_sessions() {
	local name
	for name in bob user{01..20}; do
		"$SEKISHO_BIN/sekishoctl" -c "$W/conf" vpn-sessiondb logoff name "$name" noconfirm >/dev/null 2>&1 || true
	done
	wait_for 10 "only the session of alice is left" sessions_are 1
}

# renegotiate VERSION COMMAND: eight clients that ask for new keys without end
renegotiate() {
	local end=$(($(date +%s) + SECONDS_EACH + 2)) n count=0
	for n in 1 2 3 4 5 6 7 8; do
		(while [ "$(date +%s)" -lt $end ]; do
			yes "$2" | head -2000 | in_client 1 nice -n 19 timeout 10 openssl s_client "$1" -quiet -connect $GW_IP4:443 >/dev/null 2>&1 || true
		done) &
	done
	wait
	echo "{\"clients\": $n, \"errors\": $count}"
}

# Packets that were dropped because the gateway did not fetch them in time.
dropped() {
	local n
	n=$(in_gw awk '/^Udp:/ { if (!at) { for (i = 2; i <= NF; i++) if ($i == "RcvbufErrors") at = i } else print $at }' /proc/net/snmp)
	echo $((n + $(in_gw cat "/sys/class/net/$TUN/statistics/tx_dropped") + $(in_gw cat "/sys/class/net/$TUN/statistics/rx_dropped")))
}

peak_watch() {
	local now peak=0
	while [ ! -e "$W/enough" ]; do
		now=$(gate_memory_kb)
		[ "$now" -le $peak ] || peak=$now
		echo $peak >"$W/peak"
		sleep 0.3
	done
}

# measure NAME COMMAND...: a row
measure() {
	local name=$1 before after ping goodput logins recovery pid watch lost
	shift
	[[ $name =~ $ONLY ]] || return 0
	rm -f "$W/enough" "$W/flood"
	before=$(gate_memory_kb)
	lost=$(dropped)
	"$@" >"$W/flood" 2>"$W/flood.err" &
	pid=$!
	peak_watch &
	watch=$!
	sleep 1
	in_inside nice -n -10 iperf3 -s -1 >/dev/null 2>&1 &
	wait_for 5 "iperf3 listens" in_inside bash -c "ss -Hltn 'sport = :5201' | grep -q ."
	in_client 2 nice -n -10 iperf3 -J -u -b 50M -l 1300 -t "$SECONDS_EACH" -c $IN_IP4 >"$W/iperf" &
	NICE=0 raw_py_file 3 witness.py "$SECONDS_EACH" >"$W/logins" &
	ping=$(in_client 2 ping -n -i 0.02 -W 1 -c $((SECONDS_EACH * 40)) $IN_IP4 | sed -n 's/.*time=\([0-9.]*\).*/\1/p' | sort -n |
		awk '{ v[NR] = $1 } END { printf "%s / %s / %s", v[int((NR + 1) / 2)], v[int(NR * 0.95)], v[NR] }')
	wait_for 20 "the transfer ends" bash -c "[ -s $W/iperf ] && grep -q cpu_util $W/iperf"
	lost=$(($(dropped) - lost))
	wait_for 20 "the logins end" test -s "$W/logins"
	wait $pid || fail "$name, expected the flood to run, got: $(cat "$W/flood" "$W/flood.err")"
	recovery=$(NICE=0 raw_py_file 3 witness.py first)
	touch "$W/enough"
	wait $watch
	end_sessions
	sleep 1
	after=$(gate_memory_kb)
	goodput=$(/usr/bin/python3 -c "import json; d = json.load(open('$W/iperf'))['end']['sum']; print('%.1f' % (d['bits_per_second'] / 1e6 * (1 - d['lost_percent'] / 100)))")
	read -r count median longest failed <"$W/logins"
	echo "| $name | $goodput | $lost | $ping | $count, $median / $longest, $failed | $((before / 1024)) / $(($(cat "$W/peak") / 1024)) / $((after / 1024)) | $recovery |"
	[ ! -s "$W/flood" ] || echo "$name: $(cat "$W/flood")" >&2
}

net_up 3
pki_make
in_client 1 ip route add local 198.18.0.0/15 dev lo
in_gw ip route add 198.18.0.0/15 via 192.0.2.11
in_client 1 sysctl -qw net.ipv4.ip_local_port_range="1024 65535"
conf_write
# Room for the addresses of all sessions.
sed -i 's#192.168.100.254/24#192.168.100.254/20#' "$W/conf/gateway.conf"
sed -i '/"POOL"/s/255.255.255.0/255.255.240.0/; /"POOL6"/s/size = 64/size = 4096/' "$W/conf/group-policies.conf"
gate_start
client_up 2 alice --authgroup=Staff
client_dtls 2
renice -n -10 -p "${CLIENT_PID[2]}" >/dev/null
in_client 2 ip link set vpn0 txqueuelen 500
before=$(gate_pids | xargs)
echo "| flood | goodput Mbit/s | lost by the gateway | ping ms p50 / p95 / max | new logins: n, ms median / longest, failed | MB before / peak / after | login ms afterwards |"
echo "|---|---|---|---|---|---|---|"
measure "none" sleep "$SECONDS_EACH"
measure "10,000 connections that say nothing" flood silent 10000
measure "10,000 half ClientHellos" flood half-hello 10000
measure "10,000 handshakes not finished" flood unfinished 10000
measure "ClientHellos without end (500 at a time)" flood hellos 500
measure "connections reset at once (500 at a time)" flood reset 500
measure "ClientHello and reset (500 at a time)" flood reset-hello 500
measure "giant records (500 at a time)" flood giant 500
measure "ClientHellos over UDP (64 ports)" flood udp 64
measure "slow header (300)" slow header 300
measure "slow body (300)" slow body 300
measure "records of one byte (50)" slow tiny 50
measure "logins begun, not gone on with (500)" slow login 500
measure "slow frames in the tunnel (40 sessions)" slow tunnel 40
measure "sessions opened and not used (400)" slow unused 400
measure "renegotiation, TLS 1.2 (8)" renegotiate -tls1_2 R
measure "KeyUpdate, TLS 1.3 (8)" renegotiate -tls1_3 K
expect_eq "processes" "$before" "$(gate_pids | xargs)"
