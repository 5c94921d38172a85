#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The gateway's processes are killed again and again, at random moments, while clients transfer data and others come and go.
# Then it is proved that every session that was there is there still and its TCP connection inside lived on, that no address was
# leased twice or lost, that accounting has one Start and one Stop for each session, and that no descriptor leaked.
# Environment: CLIENTS, CHURN (clients that come and go), SILENT (how many of the visits of one may end without a goodbye), KILLS,
# SEED (printed; the same seed makes the same choices).
. "$(dirname "${BASH_SOURCE[0]}")/../lib/e2e.sh"

CLIENTS=${CLIENTS:-20}
CHURN=${CHURN:-2}
KILLS=${KILLS:-100}
SILENT=${SILENT:-1000000}
SEED=${SEED:-$(od -An -N2 -tu2 /dev/urandom | tr -d ' ')}
ROLES=(gateway auth pki)
echo "CLIENTS=$CLIENTS CHURN=$CHURN SILENT=$SILENT KILLS=$KILLS SEED=$SEED"
RANDOM=$SEED

user_of() {
	printf 'user%02d' "$1"
}

now_ms() {
	echo $(($(date +%s%N) / 1000000))
}

sleep_ms() {
	sleep "$(printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000)))"
}

# Open descriptors by process: "parent 20 auth 14 gateway 30 pki 9".
descriptors() {
	local role counts
	counts="parent $(find "/proc/$PARENT/fd" -mindepth 1 | wc -l)"
	for role in auth gateway pki; do
		counts+=" $role $(find "/proc/$(child_pid $role)/fd" -mindepth 1 | wc -l)"
	done
	echo "$counts"
}

descriptors_are() {
	[ "$(descriptors)" = "$1" ]
}

# The sessions of those that stay, with what may not change.
staying() {
	session_json "sorted((x['username'], x['index'], x['ipv4']) for x in s if x['username'].startswith('user'))"
}

staying_are() {
	[ "$(staying)" = "$1" ]
}

# ---- those that come and go: a policy with short times, for what a kill leaves behind ----

came_up() {
	[ -e "$W/c$1/up" ] || is_gone "${CLIENT_PID[$1]}"
}

come_and_go() {
	local n=$1 user=$2 pid visits=0
	RANDOM=$((SEED + n))
	while [ ! -e "$W/enough" ]; do
		client_start "$n" "$user" --authgroup=Engineering --disable-ipv6
		pid=${CLIENT_PID[$n]}
		if holds_within 30 came_up "$n" && [ -e "$W/c$n/up" ]; then
			visits=$((visits + 1))
			in_client "$n" ping -n -q -c 3 -i 0.1 -W 1 $IN_IP4 >/dev/null || true
			sleep_ms $((RANDOM % 1500))
		fi
		if [ $visits -le "$SILENT" ] && [ $((RANDOM % 3)) = 0 ]; then
			kill -KILL "$pid" 2>/dev/null || true
		fi
		kill -INT "$pid" 2>/dev/null || true
		holds_within 20 is_gone "$pid" || kill -KILL "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
		echo $visits >"$W/c$n/visits"
	done
}

# ---- the kills ----

stayer_moves() {
	local n
	for n in $(seq 1 "$CLIENTS"); do
		flow_passed "$n" "${MARK[$n]}" || return 1
	done
}

# Every transfer goes on, and every session is what it was.
recovered() {
	local n
	for n in $(seq 1 "$CLIENTS"); do
		MARK[n]=$(($(flow_blocks "$n") + 10))
	done
	wait_for 120 "all transfers go on after the death of $1" stayer_moves
	wait_for 30 "the sessions are what they were after the death of $1" staying_are "$SESSIONS"
}

child_runs() {
	[ -n "$(child_pid "$1")" ]
}

# A role that may be about to start, as after the last kill, is caught whatever it is at.
kill_role() {
	local pid
	wait_for 30 "$1 runs" child_runs "$1"
	pid=$(child_pid "$1")
	kill -KILL "$pid"
	wait_for 5 "$1 dies" is_gone "$pid"
}

MARK=()
VISITORS=()
declare -A SLOWEST=()
kill_all() {
	local k role begin took
	for k in $(seq 1 "$KILLS"); do
		# All in turn, in an order of its own in each round.
		role=$(((k - 1) % 3))
		if [ $role = 0 ]; then
			local turn=$((RANDOM % 3)) way=$((1 + RANDOM % 2))
		fi
		role=${ROLES[$(((turn + role * way) % 3))]}
		begin=$(now_ms)
		kill_role "$role"
		# One in four comes before the last one is over.
		if [ "$k" -lt "$KILLS" ] && [ $((RANDOM % 4)) = 0 ]; then
			sleep_ms $((RANDOM % 400))
			echo "kill $k: $role, and another at once"
			continue
		fi
		recovered "$role"
		took=$(($(now_ms) - begin))
		echo "kill $k: $role, all go on after $took ms"
		[ "${SLOWEST[$role]:-0}" -gt $took ] || SLOWEST[$role]=$took
		sleep_ms $((RANDOM % 1000))
	done
}

# ---- what must be so afterwards ----

spool_is_empty() {
	[ -z "$(find "$W/state" -name '*.acct')" ]
}

# Nothing may be left of a session on the disk either.
state_is_empty() {
	[ -z "$(find "$W/state" -name '*.session')" ]
}

# The pool has exactly one address for each that stayed: all of them can be leased again, and no more.
pool_is_whole() {
	raw_py 1 "$CLIENTS" <<-'PY'
	from rawclient import *

	count = int(sys.argv[1])
	clients = [Client() for _ in range(count)]
	for n, c in enumerate(clients):
	    c.tunnel("user%02d" % (n + 1), group="Staff")
	expect("different addresses", count, len({c.ip4 for c in clients}))
	for c in clients:
	    c.frame(DISCONNECT, b"\xb0bye")
	    c.is_closed()
	PY
}

# ---- the run ----

POOL_RANGE=192.168.100.1-192.168.100.$CLIENTS
CONF_DFLT='anyconnect-dpd-interval-client = 10; anyconnect-dpd-interval-gateway = 10;'
CONF_ENG='vpn-idle-timeout = 1;'
# Of those who logged in and were killed before they had a tunnel.
CONF_LIMITS='cookie-timeout = 60;'
LOG_LEVEL=${LOG_LEVEL:-info}
net_up $((CLIENTS + CHURN))
pki_make
conf_write
acct_groups
radius_aaa_conf
radius_start
gate_start
# What a process opens once and keeps is there after the first client.
client_up 1 user01 --authgroup=Staff
client_dtls 1
client_stop 1
wait_for 10 "the first client is gone" sessions_are 0
wait_for 10 "its accounting is done" spool_is_empty
BEFORE=$(descriptors)

flow_serve
for n in $(seq 1 "$CLIENTS"); do
	client_start "$n" "$(user_of "$n")" --authgroup=Staff
done
for n in $(seq 1 "$CLIENTS"); do
	wait_for 60 "client $n is connected" client_is_up "$n"
	flow_start "$n"
done
wait_for 10 "all sessions are there" sessions_are "$CLIENTS"
SESSIONS=$(staying)
for n in $(seq $((CLIENTS + 1)) $((CLIENTS + CHURN))); do
	come_and_go "$n" "$([ $((n % 2)) = 0 ] && echo alice || echo bob)" 2>"$W/visitor$n" &
	VISITORS[n]=$!
done

kill_all

touch "$W/enough"
for n in "${!VISITORS[@]}"; do
	wait_for 90 "visitor $n leaves" is_gone "${VISITORS[$n]}"
	wait "${VISITORS[$n]}" || fail "visitor $n, expected it to end well, got status $?"
	echo "visitor $n was connected $(cat "$W/c$n/visits") times"
	expect_between "visits of $n" 1 "$(cat "$W/c$n/visits")" 1000000
done
for n in $(seq 1 "$CLIENTS"); do
	flow_end "$n" 120
done
expect_eq "the sessions that stayed" "$SESSIONS" "$(staying)"
for n in $(seq 1 "$CLIENTS"); do
	client_stop "$n"
done
wait_for 150 "no session is left, those without a goodbye after their idle timeout" sessions_are 0
wait_for 60 "accounting is done" spool_is_empty
expect_ok "accounting is right" /usr/bin/python3 "$ROOT/tests/soak/accounted.py" "$W/radius/log/acct-detail"
/usr/bin/python3 "$ROOT/tests/soak/accounted.py" "$W/radius/log/acct-detail"
holds_within 20 descriptors_are "$BEFORE" || fail "open descriptors, expected '$BEFORE', got '$(descriptors)'"
expect_ok "no record of a session is left" state_is_empty
expect_ok "the pool is whole" pool_is_whole
for role in "${ROLES[@]}"; do
	echo "slowest after the death of $role: ${SLOWEST[$role]:-none} ms"
done
radius_stop
