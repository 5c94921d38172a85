# SPDX-License-Identifier: Apache-2.0
# Transfers inside the tunnel that must go on whatever happens: one TCP connection per client to a server inside, every block
# checked (flow.py).
# shellcheck shell=bash

FLOW_PORT=7007
declare -A FLOW_PID=()

flow_listens() {
	in_inside ss -Hltn "sport = :$FLOW_PORT" | grep -q .
}

# The server, inside.
flow_serve() {
	ip netns exec "$IN" /usr/bin/python3 "$ROOT/tests/lib/flow.py" serve $FLOW_PORT >"$W/flow.log" 2>&1 </dev/null &
	wait_for 10 "the server of the transfers listens" flow_listens
}

# Start the transfer of client n and wait until it runs: flow_start N [BLOCKS] [PAUSE_MS]. Without BLOCKS it lasts until flow_end.
flow_start() {
	local n=$1 file=$W/c$1/flow
	rm -f "$file"
	ip netns exec "$(client_ns "$n")" /usr/bin/python3 "$ROOT/tests/lib/flow.py" run "${FLOW_HOST:-$IN_IP4}" $FLOW_PORT "$((n + ${SEED:-0}))" \
		"$file" "${@:2}" >"$file.out" 2>&1 </dev/null &
	FLOW_PID[$n]=$!
	wait_for 20 "the transfer of client $n runs" test -s "$file"
}

# Blocks of 4096 bytes that came back.
flow_blocks() {
	local blocks=
	# The file is written in place: for a moment it may be empty.
	read -r blocks <"$W/c$1/flow" || true
	echo "${blocks:-0}"
}

flow_passed() {
	! is_gone "${FLOW_PID[$1]}" || fail "transfer of client $1, expected it to go on, got: $(cat "$W/c$1/flow.out")"
	[ "$(flow_blocks "$1")" -gt "$2" ]
}

# Wait until the transfer moves on by so many blocks from now: flow_moves N "what" [SECONDS] [BLOCKS]. Several blocks may still
# have been under way, so fewer than 9 say nothing.
flow_moves() {
	wait_for "${3:-30}" "the transfer of client $1 goes on: $2" flow_passed "$1" $(($(flow_blocks "$1") + ${4:-10}))
}

# Wait for its end, which must be a good one: flow_done N [SECONDS]
flow_done() {
	local pid=${FLOW_PID[$1]} status=0
	wait_for "${2:-60}" "the transfer of client $1 ends ($(flow_blocks "$1") blocks so far)" is_gone "$pid"
	wait "$pid" || status=$?
	expect_eq "transfer of client $1 ($(cat "$W/c$1/flow.out"))" 0 $status
}

# End it in order.
flow_end() {
	kill -TERM "${FLOW_PID[$1]}" 2>/dev/null || true
	flow_done "$1" "${2:-60}"
}
