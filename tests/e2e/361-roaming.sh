#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A client moves about while its transfer goes on inside: it reconnects because it wants to, its address outside changes, it comes
# back from elsewhere while its old connection hangs, and it changes from IPv4 to IPv6 and back. It is the same session with the
# same address throughout.
. "$(dirname "$0")/../lib/e2e.sh"

NEIGHBOUR=192.0.2.77
NOMAD=192.0.2.99

# The gateway would not notice for minutes that a client is gone; the client does. With the gateway's name it can look for an
# address of the other family.
CONF_STAFF="anyconnect-dpd-interval-client = 5; anyconnect-dpd-interval-gateway = 300; gateway-fqdn = \"$GW_NAME\";"

# The name has both addresses, as in the DNS, and a client takes which it can reach.
hosts_wrap() {
	printf '%s %s\n' $GW_IP4 "$GW_NAME" $GW_IP6 "$GW_NAME" >"$W/hosts"
	printf '#!/bin/sh\nmount --bind %s /etc/hosts\nexec "$@"\n' "$W/hosts" >"$W/with-hosts"
	chmod 755 "$W/with-hosts"
}

outside() {
	session_json "str(__import__('ipaddress').ip_address(s[0]['public_ip']))"
}

is_same() {
	expect_eq "sessions: $1" 1 "$(session_count)"
	expect_eq "index: $1" "$index" "$(session_json 's[0]["index"]')"
	expect_eq "address: $1" "$address" "$(session_json 's[0]["ipv4"]')"
	expect_eq "address that the client has: $1" "$address" "$(client_env 1 INTERNAL_IP4_ADDRESS reconnect)"
}

reconnected() {
	wait_for 40 "the client reconnects: $1" file_has "$W/c1/reasons" '^reconnect$'
	rm -f "$W/c1/reasons"
	flow_moves 1 "$1" 60
	is_same "$1"
}

# The client's address outside becomes another one.
move() {
	in_client 1 ip addr del "$1" dev eth0
	in_client 1 ip addr add "$2" dev eth0
}

established_from() {
	in_gw ss -Htn state established "src $GW_IP4:443 dst $1"
}

closed_from() {
	[ -z "$(established_from "$1")" ]
}

usual_start
hosts_wrap
in_client 1 ip addr del 2001:db8:1::11/64 dev eth0
CLIENT_RESOLVE='' CLIENT_WRAP=$W/with-hosts client_up 1 alice --authgroup=Staff --disable-ipv6
client_dtls 1
address=$(client_ip4 1)
index=$(session_json 's[0]["index"]')
rm -f "$W/c1/reasons"
flow_serve
flow_start 1 0 5

# ---- as often as it likes ----

for n in 1 2 3; do
	kill -USR2 "${CLIENT_PID[1]}"
	reconnected "SIGUSR2, time $n"
done

# ---- its address changes, and only DPD tells ----

move 192.0.2.11/24 $NEIGHBOUR/24
reconnected "another address"
expect_eq "address outside" $NEIGHBOUR "$(outside)"

# ---- nothing of its old connection is heard any more, not even its end, when it is back from elsewhere ----

in_gw nft -f - <<-NFT
table inet hang {
	chain in {
		type filter hook input priority 0
		ip saddr $NEIGHBOUR drop
	}
	chain out {
		type filter hook output priority 0
		ip daddr $NEIGHBOUR drop
	}
}
NFT
expect_match "the old connection hangs" "$NEIGHBOUR" "$(established_from $NEIGHBOUR)"
from=$(next_line "$GATE_LOG")
move $NEIGHBOUR/24 $NOMAD/24
begin=$(date +%s%N)
kill -USR2 "${CLIENT_PID[1]}"
reconnected "back from elsewhere"
echo "took over after $((($(date +%s%N) - begin) / 1000000)) ms"
expect_eq "address outside" $NOMAD "$(outside)"
wait_for 5 "the old connection is closed" closed_from $NEIGHBOUR
expect_match "the log tells of it" 'ASA-5-722032: .*<alice>.* replacing old connection' "$(tail -n "+$from" "$GATE_LOG")"
wait_for 20 "both tunnels are up again" tunnels_are alice "tls dtls"
in_gw nft delete table inet hang

# ---- from IPv4 to IPv6, and back (openconnect may take a minute until it tries DTLS again) ----

move $NOMAD/24 2001:db8:1::77/64
reconnected "IPv6"
expect_eq "address outside" 2001:db8:1::77 "$(outside)"
move 2001:db8:1::77/64 192.0.2.11/24
reconnected "IPv4 again"
expect_eq "address outside" 192.0.2.11 "$(outside)"

flow_end 1
cat "$W/c1/flow.out"
expect_eq "logins" 1 "$(grep -c 'ASA-6-113039' "$GATE_LOG")"
client_stop 1
