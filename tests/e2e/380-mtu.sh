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

# A path that gets narrow under way: the router's ICMP reaches the gateway, what is under way arrives, both ways and over
# DTLS; the next connection has an MTU that fits.
router=${P}r
far=$(client_ns 3)
netns_new "$router"
netns_new "$far"
ip link add c3 netns "$GW" type veth peer name near netns "$router"
ip link add away netns "$router" type veth peer name eth0 netns "$far"
ip -n "$GW" link set c3 master out up
ip -n "$router" link set near up
ip -n "$router" link set away up
ip -n "$far" link set eth0 up
ip -n "$router" addr add 192.0.2.13/24 dev near
ip -n "$router" addr add 198.51.100.1/24 dev away
ip -n "$far" addr add 198.51.100.2/24 dev eth0
ip -n "$far" route add 192.0.2.0/24 via 198.51.100.1
ip -n "$GW" route add 198.51.100.0/24 via 192.0.2.13
ip netns exec "$router" sysctl -qw net.ipv4.ip_forward=1

client_up 3 carol --authgroup=Staff
client_dtls 3
wide=$(client_env 3 INTERNAL_IP4_MTU)
ip4=$(client_ip4 3)
expect_ok "before" in_inside ping -n -q -M "do" -c 2 -i 0.2 -W 3 -s $((wide - 28)) "$ip4"
ip -n "$router" link set away mtu 1200
ip -n "$far" link set eth0 mtu 1200
for way in "" -R; do
	in_client 3 iperf3 -s -1 >/dev/null &
	holds_within 5 in_client 3 bash -c 'ss -Hltn | grep -q 5201'
	# shellcheck disable=SC2086
	expect_ok "TCP over the narrow path $way" timeout 60 ip netns exec "$IN" iperf3 -c "$ip4" -n 3M $way
done
expect_ok "as large as before" in_inside ping -n -q -M "do" -c 2 -i 0.2 -W 3 -s $((wide - 28)) "$ip4"
expect_eq "tunnels on the narrow path" "tls dtls" "$(tunnels_of carol)"
kill -USR2 "${CLIENT_PID[3]}"
wait_for 40 "client 3 reconnects" file_has "$W/c3/reasons" '^reconnect$'
narrow=$(sed -n 's/.*X-CSTP-MTU: //p' "$W/c3/log" | tail -1)
expect_eq "MTU of the next connection, with IPv6 as before" 1280 "$narrow"
wait_for 20 "both channels are back" tunnels_are carol "tls dtls"
expect_ok "just fits the narrow path" in_inside ping -n -q -M "do" -c 2 -i 0.2 -W 3 -s $((narrow - 28)) "$ip4"
expect_ok "IPv6 on the narrow path" in_inside ping -6 -n -q -c 2 -i 0.2 -W 3 "$(client_env 3 INTERNAL_IP6_ADDRESS)"
client_stop 3
client_up 3 carol --authgroup=Staff
expect_between "MTU of a new session, without IPv6" 1000 "$(client_env 3 INTERNAL_IP4_MTU)" 1160
expect_ok "traffic of a new session" ping4 3
