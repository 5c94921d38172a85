#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The network outside loses 5 % and then 20 % of the packets, each way, by chance: transfers inside go on, over DTLS and over TLS,
# and every byte is right.
. "$(dirname "$0")/../lib/e2e.sh"

# Of what clients and gateway say to each other, whatever it is: lossy PERCENT
lossy() {
	in_gw nft -f - <<-NFT
	table inet loss
	delete table inet loss
	table inet loss {
		counter lost { }
		chain in {
			type filter hook input priority 0
			meta l4proto { tcp, udp } th dport 443 numgen random mod 100 < $1 counter name lost drop
		}
		chain out {
			type filter hook output priority 0
			meta l4proto { tcp, udp } th sport 443 numgen random mod 100 < $1 counter name lost drop
		}
	}
	NFT
}

lost() {
	in_gw nft list counter inet loss lost | awk '/packets/ { print $2 }'
}

usual_start 2
client_up 1 alice --authgroup=Staff
client_up 2 bob --authgroup=Staff --no-dtls
client_dtls 1
flow_serve

# transfer PERCENT BLOCKS: both clients at once.
transfer() {
	local begin=$SECONDS
	lossy "$1"
	flow_start 1 "$2" 0
	flow_start 2 "$2" 0
	flow_done 1 120
	flow_done 2 120
	expect_between "packets lost of $1 %" 20 "$(lost)" 1000000
	echo "$1 %: $(($2 * 4096)) bytes over DTLS and over TLS each way, $(lost) packets lost, $((SECONDS - begin)) s"
}

transfer 5 3000
transfer 20 500

in_gw nft delete table inet loss
for n in 1 2; do
	wait_for 60 "traffic of client $n afterwards" ping4 "$n" $IN_IP4 1
done
expect_eq "sessions" 2 "$(session_count)"
expect_eq "logins" 2 "$(grep -c 'ASA-6-113039' "$GATE_LOG")"
expect_eq "DTLS without --no-dtls only" "" "$(grep 'Established DTLS' "$W/c2/log" || true)"
