# SPDX-License-Identifier: Apache-2.0
# Item 4: round-trip time through the tunnel (DTLS): idle, beside a transfer of another client, beside one of its own.
# shellcheck shell=bash

# ping as a row: latency_row KIND
latency_row() {
	local out
	out=$(in_client 1 ping -n -i 0.01 -c $((SECONDS_EACH * 50)) -W 2 $IN_IP4) || true
	row latency "\"kind\": \"$1\", $(sed -n 's/.*time=\([0-9.]*\).*/\1/p' <<<"$out" | sort -n | awk -v want=$((SECONDS_EACH * 50)) '
		{ v[NR] = $1 }
		END { printf "\"p50_ms\": %s, \"p95_ms\": %s, \"max_ms\": %s, \"lost\": %d", v[int((NR + 1) / 2)], v[int(NR * 0.95)], v[NR], want - NR }')"
}

# latency_beside KIND CLIENT: while that client receives
latency_beside() {
	local pid
	iperf_serve "$2"
	in_client "$2" iperf3 -c $IN_IP4 -p $((5200 + $2)) -R -t $((SECONDS_EACH + 2)) >/dev/null &
	pid=$!
	latency_row "$1"
	wait $pid
}

# bench_latency SERVER
bench_latency() {
	server_start "$1"
	clients_up 2 dtls
	latency_row idle
	latency_beside "beside another client's transfer" 2
	latency_beside "beside its own transfer" 1
	clients_down
	server_stop
}
