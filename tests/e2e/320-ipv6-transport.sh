#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The outer connection over IPv6: TLS and DTLS, with IPv4 and IPv6 inside.
. "$(dirname "$0")/../lib/e2e.sh"

usual_start 1
CLIENT_IP=$GW_IP6 client_up 1 alice --authgroup=Staff
client_dtls 1
expect_ok "IPv4 inside" ping4 1
expect_ok "IPv6 inside" ping6 1
expect_ok "big packets" in_client 1 ping -n -q -c 2 -i 0.2 -W 3 -s 4000 $IN_IP4
expect_match "public address" '2001:db8:1::11' "$(show_sessions)"
in_inside iperf3 -s -1 >/dev/null &
holds_within 5 in_inside bash -c 'ss -Hltn | grep -q 5201'
expect_ok "iperf3" in_client 1 iperf3 -c $IN_IP4 -n 10M
client_stop 1
wait_for 10 "session ends" sessions_are 0
CLIENT_IP=$GW_IP6 client_up 1 alice --authgroup=Staff --no-dtls
expect_ok "over TLS only" ping4 1
