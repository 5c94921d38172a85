#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What the kernel does for many packets at once is found at the start and told in one line; taken away by disable-offload,
# piece by piece and whole, traffic passes all the same: checked TCP over DTLS and TLS, and UDP in both directions.
. "$(dirname "$0")/../lib/e2e.sh"

LOG_LEVEL=info
net_up 2
pki_make
flow_serve

# UDP of 1000 bytes in one direction: it arrives, as far as the machine has time for it.
udp() {
	local lost port=$((5300 + RANDOM % 1000))
	in_inside iperf3 -s -1 -p $port >/dev/null &
	wait_for 5 "the server of iperf3 listens" in_inside bash -c "ss -Hltn | grep -q :$port"
	lost=$(in_client 1 iperf3 -J -u -l 1000 -b 20M -n 1M -c $IN_IP4 -p $port "$@" | /usr/bin/python3 -c "
import json, sys
print(int(json.load(sys.stdin)['end']['sum']['lost_percent']))")
	expect_between "percent of UDP lost${1:+ down}" 0 "$lost" 90
}

# with "LIST OF NAMES" "line of the log"
with() {
	CONF_GATEWAY=${1:+"disable-offload = [ $1 ];"}
	conf_write
	: >"$W/gate.log"
	gate_start
	expect_match "line about $1" "offload:$2\$" "$(grep 'offload:' "$GATE_LOG")"
	client_up 1 alice --authgroup=Staff
	client_dtls 1
	client_up 2 bob --authgroup=Staff --no-dtls
	flow_start 1 600 0
	flow_start 2 600 0
	udp
	udp -R
	flow_done 1
	flow_done 2
	client_stop 1
	client_stop 2
	expect_no_match "errors without $1" ' error [a-z]+\[' "$(cat "$GATE_LOG")"
	gate_stop
}

# What this machine's kernel has cannot be known, but Linux 5.0 is old enough to be asked for.
with '' ' tso( uso)? udp-gso udp-gro(; this kernel lacks uso)?'
with '"uso"' ' tso udp-gso udp-gro; switched off: uso'
with '"udp-gso", "udp-gro"' ' tso( uso)?(; this kernel lacks uso)?; switched off: udp-gso udp-gro'
with '"tso", "uso", "udp-gso", "udp-gro"' ' none; switched off: tso uso udp-gso udp-gro'

out=$("$SEKISHO_BIN/sekishod" -t -c "$W/conf" 2>&1) && status=0 || status=$?
expect_eq "its words are known ($out)" 0 $status
CONF_GATEWAY='disable-offload = [ "lro" ];'
conf_write
out=$("$SEKISHO_BIN/sekishod" -t -c "$W/conf" 2>&1) && status=0 || status=$?
expect_eq "a word that is none" 1 $status
expect_match "what it says" 'disable-offload.*lro' "$out"
