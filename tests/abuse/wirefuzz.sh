#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Damaged dialogues (TLS, HTTP and XML, CONNECT, CSTP, DTLS, control socket) through real sockets for a time, beside a witness:
# a client that stays connected over DTLS and pings all the while. Afterwards the processes are the same, the witness was never
# disconnected, a new client gets in; and what ended a process or a sanitizer reported is in the log.
# Environment: SECONDS_EACH (all kinds run side by side), SEED (printed; with it the same dialogues are tried, though not at the
# same moments), KINDS.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/e2e.sh"

SECONDS_EACH=${SECONDS_EACH:-600}
SEED=${SEED:-$(od -An -N2 -tu2 /dev/urandom | tr -d ' ')}
KINDS=${KINDS:-tls http login connect cstp dtls control/0 control/1}
LOG_LEVEL=${LOG_LEVEL:-notice}
POOL_RANGE=192.168.100.1-192.168.100.100
echo "SECONDS_EACH=$SECONDS_EACH SEED=$SEED"

export CONTROL=$W/control CORPUS=$ROOT/tests/fuzz/corpus
usual_start 3
client_up 1 alice --authgroup=Staff
client_dtls 1
before=$(gate_pids | xargs)
witness_index() {
	session_json "[x['index'] for x in s if x['username'] == 'alice']"
}
witness=$(witness_index)
memory=$(gate_memory_kb)
# By itself and not through a function: the signal is for ping.
ip netns exec "$(client_ns 1)" ping -n -q -i 0.2 -W 3 $IN_IP4 >"$W/ping" &
PING=$!

declare -A FUZZ_PID=()
for kind in $KINDS; do
	turn=0
	[ "${kind%/*}" = "$kind" ] || turn=$((1 + ${kind#*/}))
	PYTHONPATH=$ROOT/tests/lib:$ROOT/tests/abuse PYTHONDONTWRITEBYTECODE=1 GW_IP=$GW_IP4 PASSWORD=$PASSWORD \
		in_client 2 nice /usr/bin/python3 "$ROOT/tests/abuse/wirefuzz.py" "${kind%/*}" "$SECONDS_EACH" $((2 * SEED + turn)) \
		>"$W/fuzz.${kind/\//-}" 2>&1 &
	FUZZ_PID[$kind]=$!
done
failed=
for kind in $KINDS; do
	wait "${FUZZ_PID[$kind]}" || failed+=" $kind"
	tail -n 12 "$W/fuzz.${kind/\//-}"
done
expect_eq "kinds that came to their end" "" "$failed"
kill -INT $PING
wait $PING || true
tail -n 2 "$W/ping"
echo "memory: $memory KB before, $(gate_memory_kb) KB after"

# How far the dialogues get when they are let: else they try next to nothing.
reached() {
	grep -qE "[1-9][0-9]* $2" "$W/fuzz.$1" || fail "$1 reaches '$2', expected at least once, got: $(tail -1 "$W/fuzz.$1")"
}
for kind in $KINDS; do
	case $kind in
	tls) reached tls handshake ;;
	http) reached http answer ;;
	login) reached login form && reached login token ;;
	connect) reached connect tunnel ;;
	cstp) reached cstp echo ;;
	dtls) reached dtls 'dtls echo' ;;
	control/*) reached "${kind/\//-}" end ;;
	esac
done
expect_eq "processes" "$before" "$(gate_pids | xargs)"
expect_eq "the witness's session" "$witness" "$(witness_index)"
again=$(grep -ciE 'reconnect|DTLS dead|DTLS got write error' "$W/c1/log" || true)
expect_eq "times that the witness had to connect again" 0 "$again"
sent=$(awk '/packets transmitted/ { print $1 }' "$W/ping")
answered=$(awk '/packets transmitted/ { print $4 }' "$W/ping")
expect_between "pings of the witness answered, of $sent" $((sent * 8 / 10)) "$answered" "$sent"
expect_ok "the witness's tunnel" ping4 1
client_up 3 bob --authgroup=Staff
