#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# INV-5: a client that says goodbye gives its address back at once, one that is killed after its time-out; nobody else gets
# it before.
. "$(dirname "$0")/../lib/e2e.sh"

# A pool of two; a lost client is given up after a minute (default-idle-timeout).
POOL_RANGE=192.168.100.1-192.168.100.2
CONF_WEBVPN='default-idle-timeout = 60;'
CONF_STAFF='vpn-idle-timeout = 1; anyconnect-dpd-interval-gateway = 5; anyconnect-dpd-interval-client = 5;'
usual_start 3
client_up 1 alice --authgroup=Staff --disable-ipv6
client_up 2 bob --authgroup=Staff --disable-ipv6
first=$(client_ip4 1)
if client_run 3 carol --authgroup=Staff --disable-ipv6; then
	fail "third client on a pool of two, expected a refusal, got a tunnel"
fi
gate_log 'ASA-4-7370(12|19)'

client_stop 1
gate_log 'ASA-6-737016: IPAA: .*Freeing local pool POOL address'
gate_log 'ASA-4-113019: .*Username = alice.*Reason: User Requested'
client_up 3 carol --authgroup=Staff --disable-ipv6
expect_eq "the address of the one who left" "$first" "$(client_ip4 3)"
in_client 3 ping -n -q -i 3 $IN_IP4 >/dev/null &

second=$(client_ip4 2)
client_kill 2
gate_log 'ASA-6-716058: .*bob.*lost connection|ASA-4-722037.*bob' 40
expect_match "the lost session waits" 'bob' "$(show_sessions)"
wait_for 130 "the address of the killed client is free again" file_has "$GATE_LOG" "737016: .*Freeing local pool POOL address $second"
client_up 1 alice --authgroup=Staff --disable-ipv6
expect_eq "the address of the killed client" "$second" "$(client_ip4 1)"
