#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Packets that do not fit into the tunnel: ICMP tells the sender (IPv4 with DF, IPv6), fragments pass, TCP finds its size.
# Where the policy has the DF bit ignored, packets with it are cut too.
. "$(dirname "$0")/../lib/e2e.sh"

CONF_STAFF='anyconnect-mtu = 1300;'
CONF_ENG='anyconnect-mtu = 1300; anyconnect-ssl-df-bit-ignore = true;'
usual_start 2
client_up 1 alice --authgroup=Staff
client_dtls 1
mtu=$(client_env 1 INTERNAL_IP4_MTU)
ip4=$(client_ip4 1)
ip6=$(client_env 1 INTERNAL_IP6_ADDRESS)
expect_ok "just fits" in_inside ping -n -q -M "do" -c 2 -i 0.2 -W 3 -s $((mtu - 28)) "$ip4"
expect_match "one more: ICMP fragmentation needed" "(Frag needed|message too long|mtu ?= ?$mtu)" \
	"$(in_inside ping -n -M "do" -c 3 -i 0.3 -W 3 -s $((mtu - 27)) "$ip4" 2>&1 || true)"
expect_match "IPv6 packet too big" "(Packet too big|message too long|mtu ?= ?[0-9]+)" \
	"$(in_inside ping -6 -n -M "do" -c 3 -i 0.3 -W 3 -s 1440 "$ip6" 2>&1 || true)"
expect_ok "fragments pass" in_inside ping -n -q -M dont -c 2 -i 0.2 -W 3 -s 4000 "$ip4"
in_client 1 iperf3 -s -1 >/dev/null &
holds_within 5 in_client 1 bash -c 'ss -Hltn | grep -q 5201'
expect_ok "TCP from the inside finds the path MTU" in_inside iperf3 -c "$ip4" -n 5M

client_up 2 bob --authgroup=Engineering
ip4=$(client_ip4 2)
expect_ok "DF is ignored, DTLS" in_inside ping -n -q -M "do" -c 3 -i 0.2 -W 3 -s 1380 "$ip4"
in_client 2 iperf3 -s -1 >/dev/null &
holds_within 5 in_client 2 bash -c 'ss -Hltn | grep -q 5201'
expect_ok "TCP whose segments are cut" in_inside iperf3 -c "$ip4" -n 5M
client_stop 2
client_up 2 bob --authgroup=Engineering --no-dtls
expect_ok "DF is ignored, TLS" in_inside ping -n -q -M "do" -c 3 -i 0.2 -W 3 -s 1380 "$(client_ip4 2)"
