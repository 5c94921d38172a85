#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The load generator tells the truth about the gateway: sessions that it holds are there, answer and leave; packets that it
# sends arrive; refused logins are counted as such.
. "$(dirname "$0")/../lib/e2e.sh"

LOAD=$(dirname "$SEKISHO_BIN")/tests/load/load

conf_users() {
	local n
	echo "usernames = ("
	for n in 1 2 3 4 5 6 7 8; do
		echo "  { name = \"user0000$n\"; password = \"$(hash_password)\"; }$([ $n = 8 ] || echo ,)"
	done
	echo ");"
}

# A value of a generator's last line, as Python finds it in d: said FILE EXPRESSION
said() {
	tail -1 "$1" | /usr/bin/python3 -c "import json, sys; d = json.load(sys.stdin); print($2)"
}

# load MODE FILE [options]: runs to its end
load() {
	in_client 1 "$LOAD" "$1" --server $GW_IP4 --path /staff --users 8 --password "${WORD:-$PASSWORD}" "${@:3}" >"$W/$2"
}

usual_start
echo "sixteen sessions with DTLS are held"
rm -f "$W/ready"
ip netns exec "$(client_ns 1)" "$LOAD" hold --server $GW_IP4 --path /staff --users 8 --password "$PASSWORD" --sessions 16 --dtls \
	--ready "$W/ready" --addresses "$W/addresses" >"$W/hold" &
hold=$!
wait_for 20 "sixteen sessions" test -e "$W/ready"
sessions_are 16
expect_eq "sessions whose DTLS is up" 16 "$(session_json "sum(t['channel'] == 'dtls' and t['up'] for x in s for t in x['tunnels'])")"
expect_eq "addresses that differ" 16 "$(sort -u "$W/addresses" | wc -l)"
kill -TERM $hold
wait_for 20 "the generator ends" is_gone $hold
expect_eq "held, answered, failed, lost" "16 16 0 0" "$(said "$W/hold" "d['logins'], d['alive'], d['failures'], d['lost']" | tr -d '(),')"
wait_for 5 "their goodbyes are heard" sessions_are 0

echo "every packet of a slow flood arrives"
ip netns exec "$IN" "$LOAD" sink --target $IN_IP4:9009 >"$W/sink" &
sink=$!
wait_for 5 "the sink listens" in_inside bash -c "ss -Hlun 'sport = :9009' | grep -q ."
for options in --dtls ""; do
	# shellcheck disable=SC2086
	load flood flood$options --sessions 2 --target $IN_IP4:9009 --rate 500 --seconds 1 $options
done
kill -TERM $sink
wait_for 5 "the sink ends" is_gone $sink
sent=$(($(said "$W/flood--dtls" "d['sent_packets']") + $(said "$W/flood" "d['sent_packets']")))
expect_between "packets sent" 100 $sent 100000
expect_eq "packets that arrived" $sent "$(said "$W/sink" "d['sink_packets']")"

echo "logins, good and refused"
load login good --count 20
expect_eq "logins" "20 0" "$(said "$W/good" "d['logins'], d['failures']" | tr -d '(),')"
WORD=wrong load login refused --count 4 --parallel 1
expect_eq "refused logins" "{'login refused: Login failed.': 4}" "$(said "$W/refused" "d['reasons']")"
