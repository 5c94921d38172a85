# SPDX-License-Identifier: Apache-2.0
# Item 5: one and two workers, Sekisho only (the peer has a process for each client): eight clients' transfers, and logins.
# shellcheck shell=bash

# bench_workers SERVER
bench_workers() {
	local way
	[ "$1" = sekisho ] || return 0
	for WORKERS in 1 2; do
		server_start "$1"
		logins_row "$WORKERS workers"
		clients_up 8 dtls
		for way in up down; do
			# shellcheck disable=SC2046
			transfer $way $(seq 1 8)
			row workers "\"workers\": $WORKERS, \"way\": \"$way\", \"mbit_s\": $MBITS, \"cpu_s_per_gb\": $(per_gb)"
		done
		clients_down
		server_stop
	done
}
