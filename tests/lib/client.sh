# SPDX-License-Identifier: Apache-2.0
# Real openconnect clients in the client namespaces. What client n does is in $W/c<n>: log, env.* and up (vpnc-script).
# shellcheck shell=bash

declare -A CLIENT_PID=()

# Start a client and return at once: client_start N USER [openconnect options...]
# Variables: CLIENT_URL (path is added to the name), CLIENT_IP (gateway address), CLIENT_PASSWORD; CLIENT_RESOLVE (NAME:ADDRESS,
# or empty: the client asks the resolver), CLIENT_WRAP (a program that starts the client).
client_start() {
	local n=$1 user=$2 dir=$W/c$1 resolve=${CLIENT_RESOLVE-$GW_NAME:${CLIENT_IP:-$GW_IP4}}
	shift 2
	mkdir -p "$dir"
	rm -f "$dir"/env.* "$dir/up" "$dir/reasons"
	: >"$dir/log"
	printf '%s\n' "${CLIENT_PASSWORD-$PASSWORD}" >"$dir/stdin"
	[ -z "$resolve" ] || set -- "--resolve=$resolve" "$@"
	# shellcheck disable=SC2086
	SCRIPT_DIR=$dir ip netns exec "$(client_ns "$n")" ${CLIENT_WRAP:-} openconnect --protocol=anyconnect -v --timestamp --non-inter \
		--passwd-on-stdin --user="$user" --cafile="$W/pki/ca.pem" --no-system-trust \
		--interface=vpn0 --script="$ROOT/tests/lib/vpnc-script" \
		"$@" "https://$GW_NAME${CLIENT_URL:-}" >>"$dir/log" 2>&1 <"$dir/stdin" &
	CLIENT_PID[$n]=$!
}

client_is_up() {
	is_gone "${CLIENT_PID[$1]}" && fail "client $1 connects, expected it to run, got: $(tail -5 "$W/c$1/log")"
	[ -e "$W/c$1/up" ]
}

# Start and wait for addresses: client_up N USER [options...]
client_up() {
	client_start "$@"
	wait_for 20 "client $1 is connected" client_is_up "$1"
}

# Wait until data of client n may use DTLS (handshake done).
client_dtls() {
	wait_line "$W/c$1/log" 'Established DTLS connection' "${2:-15}" "${3:-1}"
}

# A variable that the script got: client_env N VARIABLE [reason]
client_env() {
	sed -n "s/^$2=//p" "$W/c$1/env.${3:-connect}"
}

client_ip4() {
	client_env "$1" INTERNAL_IP4_ADDRESS
}

# SIGINT: says goodbye (session ends). SIGHUP would keep the session.
client_stop() {
	local pid=${CLIENT_PID[$1]}
	kill -INT "$pid" 2>/dev/null || true
	wait_for 10 "client $1 ends" is_gone "$pid"
	wait "$pid" 2>/dev/null || true
}

# Dies without a word; its tun device goes with it.
client_kill() {
	local pid=${CLIENT_PID[$1]}
	kill -KILL "$pid" 2>/dev/null || true
	wait_for 5 "client $1 dies" is_gone "$pid"
	wait "$pid" 2>/dev/null || true
}

# Run openconnect to its end: client_run N USER [options...]; returns its status, the log is $W/cN/log.
client_run() {
	local n=$1 pid status=0
	client_start "$@"
	pid=${CLIENT_PID[$n]}
	wait_for 30 "client $n ends by itself" is_gone "$pid"
	wait "$pid" || status=$?
	return $status
}

client_log() {
	cat "$W/c$1/log"
}

# A client on a terminal, whose prompts (group, password) get the given answers; waits until it is connected:
# client_typed N USER [openconnect options...] -- ANSWER...
client_typed() {
	local n=$1 user=$2 dir=$W/c$1 options=()
	shift 2
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	mkdir -p "$dir"
	rm -f "$dir"/env.* "$dir/up" "$dir/reasons"
	/usr/bin/python3 "$ROOT/tests/lib/prompt.py" "$@" -- ip netns exec "$(client_ns "$n")" \
		env SCRIPT_DIR="$dir" openconnect --protocol=anyconnect --user="$user" "${options[@]}" \
		--cafile="$W/pki/ca.pem" --no-system-trust --resolve="$GW_NAME:$GW_IP4" --interface=vpn0 \
		--script="$ROOT/tests/lib/vpnc-script" "https://$GW_NAME" >"$dir/log" 2>&1 </dev/null &
	CLIENT_PID[$n]=$!
	wait_for 20 "client $n is connected" client_is_up "$n"
}

# Python on standard input, run in a client namespace with rawclient.py at hand: raw_py N [arguments...]
raw_py() {
	local n=$1
	shift
	PYTHONPATH=$ROOT/tests/lib PYTHONDONTWRITEBYTECODE=1 GW_IP=${CLIENT_IP:-$GW_IP4} PASSWORD=$PASSWORD \
		in_client "$n" /usr/bin/python3 - "$@"
}
