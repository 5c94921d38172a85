# SPDX-License-Identifier: Apache-2.0
# Item 3: memory per idle session, TLS and DTLS up: PSS of all the server's processes, and what the machine has less (without
# the generator's own). 1,000 sessions of either server; 10,000 of Sekisho, and what a transfer through one more costs then.
# shellcheck shell=bash

available_kb() {
	awk '/^MemAvailable/ { print $2 }' /proc/meminfo
}

# Three transfers each way through client 2, as rows: memory_transfer SESSIONS
memory_transfer() {
	local way
	for way in up down up down up down; do
		transfer $way 2
		row held "\"sessions\": $1, \"way\": \"$way\", \"mbit_s\": $MBITS, \"cpu_s_per_gb\": $(per_gb)"
	done
}

# Hold so many sessions and weigh them; the generators go on, 5,000 sessions each because a process may often have no more
# than 20,000 descriptors. Sets HOLD (their pids) and HELD: memory_hold SESSIONS
memory_hold() {
	local count=$1 pss free first
	pss=$(server_pss)
	free=$(available_kb)
	HOLD=()
	rm -f "$W"/ready.* "$W"/hold.*
	for ((first = 0; first < count; first += 5000)); do
		loader hold --first $first --sessions $((count - first < 5000 ? count - first : 5000)) --parallel 64 --dtls \
			--users "$USERS" --ready "$W/ready.$first"
		"${LOADER[@]}" >"$W/hold.$first" &
		HOLD+=($!)
	done
	for ((first = 0; first < count; first += 5000)); do
		wait_for 300 "$count sessions" test -e "$W/ready.$first"
	done
	HELD="\"sessions\": $count, \"pss_kb\": $(awk -v a="$pss" -v b="$(server_pss)" -v n="$count" 'BEGIN { printf "%.1f", (b - a) / n }'), \"machine_kb\": $(awk -v a="$free" -v b="$(available_kb)" -v g="$(pss_of "${HOLD[*]}")" -v n="$count" 'BEGIN { printf "%.1f", (a - b - g) / n }')"
}

# End the generators; their last words become a row: how many were up, and answered a DPD request at the end.
memory_release() {
	local pid
	kill -TERM "${HOLD[@]}"
	for pid in "${HOLD[@]}"; do
		wait_for 120 "a generator ends" is_gone "$pid"
		wait "$pid" || true
	done
	row memory "$HELD, $(cd "$W" && /usr/bin/python3 - <<-'END'
		import glob, json
		ready = [json.load(open(name)) for name in glob.glob("ready.*")]
		end = [json.loads(open(name).readlines()[-1]) for name in glob.glob("hold.*")]
		reasons = {}
		for one in end:
		    for reason, count in one["reasons"].items():
		        reasons[reason] = reasons.get(reason, 0) + count
		print('"up": %d, "alive": %d, "lost": %d, "dpd_answered": %d, "logins_s": %.0f, "failures": %d, "reasons": %s' % (
		    sum(r["held"] for r in ready), *(sum(e[key] for e in end) for key in ("alive", "lost", "dpd_answered")),
		    sum(r["logins_per_second"] for r in ready), sum(r["failures"] for r in ready), json.dumps(reasons)))
	END
	)"
}

# bench_memory SERVER
bench_memory() {
	[ "${ROUND:-1}" = 1 ] || return 0
	server_start "$1"
	memory_hold 1000
	memory_release
	server_stop
	[ "$1" = sekisho ] || return 0
	server_start "$1"
	clients_up 2 dtls
	memory_transfer 0
	memory_hold "${SESSIONS:-10000}"
	memory_transfer "${SESSIONS:-10000}"
	# As long as it takes the gateway to ask each of them (dpd-interval gateway 30).
	sleep 35
	memory_release
	clients_down
	server_stop
}
