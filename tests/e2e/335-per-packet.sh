#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The packet path allocates nothing, takes no lock and makes no system call per packet (design 3): counted in the gateway
# process, under load over DTLS and TLS in both directions, against the packets that the session counted in the same time.
. "$(dirname "$0")/../lib/e2e.sh"

# A sanitizer's build has an allocator of its own.
[ -z "$SEKISHO_SAN" ] || exit 0

gcc -D_GNU_SOURCE -O2 -Wall -shared -fPIC -o "$W/count.so" "$ROOT/tests/lib/count_calls.c"
truncate -s 4096 "$W/counts"
CONF_WORKERS=1
LOG_LEVEL=notice
SEKISHO_WRAP="env COUNT_FILE=$W/counts LD_PRELOAD=$W/count.so"
usual_start 2
client_up 1 alice --authgroup=Staff
client_dtls 1
client_up 2 bob --authgroup=Staff --no-dtls

# The counters, then the packets of a user's session in both directions.
counts() {
	od -An -v -t u8 -N 40 "$W/counts" | tr -s ' \n' ' '
	session_json "sum(t['stats'][way] for x in s if x['username'] == '$1' for t in x['tunnels'] for way in ('rx_packets', 'tx_packets'))"
}

# The client's packets are there: more than before by what the load moved.
moved() {
	# shellcheck disable=SC2046
	set -- "$2" $(counts "$1")
	[ "$7" -gt $(($1 + 50000)) ]
}

# under_load CLIENT USER NAME [options of iperf3]: nothing of it grows with the packets.
under_load() {
	local n=$1 user=$2 name=$3 port=$((5300 + RANDOM % 1000)) before after i
	shift 3
	in_inside iperf3 -s -1 -p $port >/dev/null &
	wait_for 5 "the server of iperf3 listens" in_inside bash -c "ss -Hltn | grep -q :$port"
	# The first packets after a rest bring buffers back.
	ping4 "$n" >/dev/null
	read -ra before <<<"$(counts "$user" | tr '\n' ' ')"
	expect_ok "load $name" in_client "$n" iperf3 -c $IN_IP4 -p $port -n 100M "$@"
	wait_for 5 "the packets of $name are counted" moved "$user" "${before[5]}"
	read -ra after <<<"$(counts "$user" | tr '\n' ' ')"
	for i in 0 1 2 3 4 5; do
		after[i]=$((after[i] - before[i]))
	done
	echo "$name: ${after[5]} packets; own allocations ${after[0]}, libraries' ${after[1]}, locks ${after[2]}, read calls ${after[3]}, write calls ${after[4]}"
	# A report allocates, and a buffer that grows; a turn of the loop does not, and a packet would be one in one.
	expect_between "own allocations of $name" 0 "${after[0]}" $((after[5] / 500))
	expect_between "libraries' allocations of $name" 0 "${after[1]}" $((after[5] / 500))
	expect_between "locks of $name" 0 "${after[2]}" $((after[5] / 500))
	# How long batches are is the machine's affair, but there are some.
	expect_between "system calls of $name" 1 $((after[3] + after[4])) $((after[5] * 3 / 4))
}

under_load 1 alice "DTLS up"
under_load 1 alice "DTLS down" -R
under_load 2 bob "TLS up"
under_load 2 bob "TLS down" -R
