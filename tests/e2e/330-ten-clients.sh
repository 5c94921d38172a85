#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Ten clients at once: ten different addresses (INV-5), each reaches the network behind the gateway, and each other only
# as the routing of the gateway allows; nobody gets another one's packets.
. "$(dirname "$0")/../lib/e2e.sh"

usual_start 10
for n in $(seq 1 10); do
	client_start "$n" "$(printf 'user%02d' "$n")" --authgroup=Staff
done
for n in $(seq 1 10); do
	wait_for 40 "client $n is connected" client_is_up "$n"
done
for n in $(seq 1 10); do
	client_dtls "$n" 20
done
for n in $(seq 1 10); do
	client_ip4 "$n"
done >"$W/addresses"
expect_eq "different addresses" 10 "$(sort -u "$W/addresses" | wc -l)"
expect_eq "sessions" 10 "$(session_count)"

pids=()
for n in $(seq 1 10); do
	in_client "$n" ping -n -q -c 10 -i 0.1 -W 3 $IN_IP4 >"$W/ping$n" 2>&1 &
	pids+=($!)
	in_client "$n" ping -n -q -c 10 -i 0.1 -W 3 "$(client_ip4 $((n % 10 + 1)))" >"$W/peer$n" 2>&1 &
	pids+=($!)
done
for pid in "${pids[@]}"; do
	wait "$pid" || true
done
for n in $(seq 1 10); do
	expect_match "client $n to the inside" ' 0% packet loss' "$(cat "$W/ping$n")"
	expect_match "client $n to its neighbour" ' 0% packet loss' "$(cat "$W/peer$n")"
done

# The gateway's firewall decides about traffic between clients: everything passes through its forwarding.
in_gw nft "table inet f { chain forward { type filter hook forward priority 0; iifname $TUN oifname $TUN drop; }; }"
for n in 1 5; do
	expect_fail "client $n to its neighbour behind a drop rule" ping4 "$n" "$(client_ip4 $((n + 1)))"
	expect_ok "client $n to the inside" ping4 "$n"
done

# A packet for one client never shows up at another.
in_client 3 nft "table inet w { counter seen { }; chain in { type filter hook input priority 0; iifname vpn0 ip daddr != $(client_ip4 3) counter name seen; }; }"
in_inside ping -n -q -c 5 -i 0.1 "$(client_ip4 4)" >/dev/null
in_inside ping -n -q -c 5 -i 0.1 "$(client_ip4 3)" >/dev/null
expect_match "foreign packets at client 3" 'packets 0 ' "$(in_client 3 nft list counter inet w seen)"
