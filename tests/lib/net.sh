# SPDX-License-Identifier: Apache-2.0
# The test network, all of it in namespaces of this script ($P is its prefix):
#
#   ${P}c1 .. ${P}cN   clients   192.0.2.1N/24  2001:db8:1::1N/64 --+ bridge "out" in
#   ${P}gw             gateway   192.0.2.1      2001:db8:1::1     --+ the gateway's namespace
#                                10.99.0.1      fd99::1           --+ veth "in"
#   ${P}in             inside    10.99.0.2      fd99::2           --+
# shellcheck shell=bash

GW_IP4=192.0.2.1
GW_IP6=2001:db8:1::1
IN_IP4=10.99.0.2
IN_IP6=fd99::2

netns_new() {
	ip netns add "$1"
	NETNS+=("$1")
	ip netns exec "$1" sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0
	ip -n "$1" link set lo up
}

# Gateway and inside. net_up [number of clients]
net_up() {
	GW=${P}gw
	IN=${P}in
	netns_new "$GW"
	netns_new "$IN"
	ip -n "$GW" link add out type bridge
	ip -n "$GW" link set out up
	ip -n "$GW" addr add $GW_IP4/24 dev out
	ip -n "$GW" addr add $GW_IP6/64 dev out nodad
	ip link add in netns "$GW" type veth peer name eth0 netns "$IN"
	ip -n "$GW" link set in up
	ip -n "$GW" addr add 10.99.0.1/24 dev in
	ip -n "$GW" addr add fd99::1/64 dev in nodad
	ip -n "$IN" link set eth0 up
	ip -n "$IN" addr add $IN_IP4/24 dev eth0
	ip -n "$IN" addr add $IN_IP6/64 dev eth0 nodad
	ip -n "$IN" route add default via 10.99.0.1
	ip -n "$IN" route add default via fd99::1
	ip netns exec "$GW" sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	local n
	for n in $(seq 1 "${1:-1}"); do
		net_client "$n"
	done
}

# The namespace of client n.
client_ns() {
	echo "${P}c$1"
}

net_client() {
	local n=$1 ns=${P}c$1
	netns_new "$ns"
	ip link add "c$n" netns "$GW" type veth peer name eth0 netns "$ns"
	ip -n "$GW" link set "c$n" master out up
	ip -n "$ns" link set eth0 up
	ip -n "$ns" addr add "192.0.2.$((10 + n))/24" dev eth0
	ip -n "$ns" addr add "2001:db8:1::$((10 + n))/64" dev eth0 nodad
}

# Run in the gateway's, the inside's, a client's namespace.
in_gw() {
	ip netns exec "$GW" "$@"
}

in_inside() {
	ip netns exec "$IN" "$@"
}

in_client() {
	local ns=${P}c$1
	shift
	ip netns exec "$ns" "$@"
}

ping4() {
	in_client "$1" ping -n -q -c "${3:-2}" -i 0.2 -W 3 "${2:-$IN_IP4}"
}

ping6() {
	in_client "$1" ping -6 -n -q -c "${3:-2}" -i 0.2 -W 3 "${2:-$IN_IP6}"
}

# UDP to and from the gateway's port is dropped, silently, until udp_unblock.
udp_block() {
	in_gw nft -f - <<-END
	table inet block {
		chain in {
			type filter hook input priority 0
			udp dport 443 drop
		}
		chain out {
			type filter hook output priority 0
			udp sport 443 drop
		}
	}
	END
}

udp_unblock() {
	in_gw nft delete table inet block
}

# Count what reaches the inside namespace: count_inside NAME 'nft match', then counted NAME (packets).
count_inside() {
	in_inside nft -f - <<-END
	table inet count {
		counter $1 { }
		chain in_$1 {
			type filter hook input priority -10
			$2 counter name $1
		}
	}
	END
}

counted() {
	in_inside nft list counter inet count "$1" | awk '/packets/ { print $2 }'
}

net_down() {
	local ns pids
	for ns in "${NETNS[@]}"; do
		pids=$(ip netns pids "$ns" 2>/dev/null) || continue
		# shellcheck disable=SC2086
		[ -z "$pids" ] || kill -9 $pids 2>/dev/null || true
	done
	for ns in "${NETNS[@]}"; do
		ip netns del "$ns" 2>/dev/null || true
	done
	NETNS=()
}
