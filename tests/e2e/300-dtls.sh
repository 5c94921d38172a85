#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# DTLS by PSK comes up and carries the data, both ways; --no-dtls stays on TLS; counters tell which.
. "$(dirname "$0")/../lib/e2e.sh"

usual_start 2
client_up 1 alice --authgroup=Staff
client_dtls 1
expect_ok "ping over DTLS" ping4 1
expect_match "cipher" 'AES-256-GCM|AES256-GCM|CHACHA20' "$(client_log 1)"

# Bytes that DTLS carried in a direction: at least so many.
carried() {
	[ "$(channel_stat alice dtls "$1")" -ge "$2" ]
}

in_inside iperf3 -s -1 -p 5201 >/dev/null &
holds_within 5 in_inside bash -c 'ss -Hltn | grep -q 5201'
expect_ok "iperf3 up" in_client 1 iperf3 -c $IN_IP4 -p 5201 -n 20M
in_inside iperf3 -s -1 -p 5202 >/dev/null &
holds_within 5 in_inside bash -c 'ss -Hltn | grep -q 5202'
expect_ok "iperf3 down" in_client 1 iperf3 -R -c $IN_IP4 -p 5202 -n 20M
wait_for 10 "the load up was carried by DTLS" carried rx_bytes 15000000
wait_for 10 "the load down was carried by DTLS" carried tx_bytes 15000000

client_up 2 bob --authgroup=Staff --no-dtls
in_inside iperf3 -s -1 -p 5203 >/dev/null &
holds_within 5 in_inside bash -c 'ss -Hltn | grep -q 5203'
expect_ok "iperf3 up over TLS" in_client 2 iperf3 -c $IN_IP4 -p 5203 -n 20M
in_inside iperf3 -s -1 -p 5204 >/dev/null &
holds_within 5 in_inside bash -c 'ss -Hltn | grep -q 5204'
expect_ok "iperf3 down over TLS" in_client 2 iperf3 -R -c $IN_IP4 -p 5204 -n 20M
expect_eq "tunnels of bob" tls "$(tunnels_of bob)"
expect_no_match "errors in the log" ' error [a-z]+\[' "$(cat "$GATE_LOG")"
