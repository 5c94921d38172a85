#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Item 1: TCP through real openconnect clients, 1 and 8 at once, up and down, over DTLS and over TLS: server CPU seconds per GB.
# shellcheck shell=bash

[ "${BASH_SOURCE[0]}" != "$0" ] || exec "$(dirname "$0")/bench.sh" throughput

# bench_throughput SERVER
bench_throughput() {
	local channel count way
	server_start "$1"
	for channel in dtls tls; do
		for count in 1 8; do
			clients_up $count $channel
			for way in up down; do
				# shellcheck disable=SC2046
				transfer $way $(seq 1 $count)
				row throughput "\"channel\": \"$channel\", \"clients\": $count, \"way\": \"$way\", \"mbit_s\": $MBITS, \"gb\": $GB, \"resent\": $RESENT, \"cpu_s\": $CPU, \"cpu_s_per_gb\": $(per_gb)"
			done
			clients_down
		done
	done
	server_stop
}
