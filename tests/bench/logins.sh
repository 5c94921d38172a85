# SPDX-License-Identifier: Apache-2.0
# Item 2: full logins (TLS handshake, XML, password or certificate, CONNECT, goodbye) from 32 clients at a time, and the same
# while a transfer runs through another session.
# shellcheck shell=bash

# One run of the generator as a row: logins_row KIND
logins_row() {
	local before out
	before=$(server_ticks)
	loader login --seconds "$SECONDS_EACH" --parallel 32 --users 200
	out=$("${LOADER[@]}")
	CPU=$(cpu_seconds "$before" "$(server_ticks)")
	row logins "\"kind\": \"$1\", $(/usr/bin/python3 - "$CPU" 3<<<"$out" <<-'END'
		import json, os, sys
		r, cpu = json.load(os.fdopen(3)), float(sys.argv[1])
		total = r["latency_ms"].get("total", {"p50": 0, "p95": 0})
		print('"logins_s": %.1f, "cpu_ms_per_login": %.3f, "p50_ms": %.1f, "p95_ms": %.1f, "failures": %d, "reasons": %s' % (
		    r["logins_per_second"], cpu * 1000 / r["logins"] if r["logins"] else 0, total["p50"], total["p95"], r["failures"],
		    json.dumps(r["reasons"])))
	END
	)"
}

# bench_logins SERVER
bench_logins() {
	local pid
	server_start "$1"
	logins_row password
	clients_up 2 dtls
	iperf_serve 2
	in_client 2 iperf3 -c $IN_IP4 -p 5202 -R -t $((SECONDS_EACH + 2)) >/dev/null &
	pid=$!
	logins_row "password beside a transfer"
	wait $pid
	clients_down
	server_stop
	LOGIN=certificate
	server_start "$1"
	logins_row certificate
	server_stop
	LOGIN=password
}
