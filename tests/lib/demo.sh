#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# `make demo`: a gateway, a network behind it and a real openconnect client, each in a network namespace of its own; shows
# the login, a ping, the load over DTLS both ways and the session. Stays up until Ctrl-C, or exits after the show with
# ONESHOT=1, then with status 0 only if all of it worked.
set -euo pipefail
umask 022

[ "$(id -u)" = 0 ] || { echo "make demo needs root: it makes network namespaces." >&2; exit 1; }
ROOT=$(cd "$(dirname "$0")/../.." && pwd)
SEKISHO_BIN=${SEKISHO_BIN:-$ROOT/build/bin}
P=skdemo$$
W=$ROOT/build/demo
# A socket's path has little room.
[ ${#W} -le 80 ] || W=$(mktemp -d /tmp/skdemo.XXXXXX)
rm -rf "$W"
mkdir -p "$W"
chmod 755 "$W"
NETNS=()
LOG_LEVEL=info
for part in assert net pki gate client; do
	# shellcheck disable=SC1090
	. "$ROOT/tests/lib/$part.sh"
done

cleanup() {
	local status=$?
	trap - EXIT INT TERM
	set +e
	if [ $status != 0 ] && [ $status != 130 ]; then
		echo "The demo failed. Last lines of the logs in $W:"
		tail -n 20 "$W"/gate.log "$W"/c1/log 2>/dev/null
	fi
	[ -z "${CLIENT_PID[1]:-}" ] || client_stop 1
	gate_stop
	net_down
	exit $status
}
trap cleanup EXIT
trap 'echo; exit 130' INT TERM

say() {
	printf '\n\033[1m== %s\033[0m\n' "$*"
}

show() {
	printf '$ %s\n' "$*"
	"$@"
}

# iperf3 in the client's namespace against a server behind the gateway; prints the summary.
load() {
	local pid
	in_inside iperf3 -s -1 >/dev/null &
	pid=$!
	wait_for 5 "iperf3 server" in_inside bash -c 'ss -Hltn | grep -q :5201'
	in_client 1 iperf3 -c $IN_IP4 -t "${DEMO_SECONDS:-5}" -f m "$@" | grep -E 'sender|receiver|error'
	wait $pid
}

CONF_DFLT='banner = "Welcome to the checkpoint."; dns-server = [ "10.99.0.53" ]; default-domain = "corp.example.com";'
say "Network namespaces: client ${P}c1 -- gateway ${P}gw -- inside ${P}in; demo certificates and configuration in $W"
net_up 2
pki_make
conf_write
show "$SEKISHO_BIN/sekishod" -c "$W/conf" -t

say "The daemon starts"
gate_start
sed -n '/ready/p' "$GATE_LOG"

say "openconnect logs in as alice, group Staff"
client_up 1 alice --authgroup=Staff
grep -E 'CONNECT|SSL negotiation|Connected|GROUP|banner|Welcome|Got|X-CSTP-Address|as 192' "$W/c1/log" | head -12
client_dtls 1
grep 'Established DTLS' "$W/c1/log" | tail -1

say "Ping the network behind the gateway, IPv4 and IPv6"
ping4 1 $IN_IP4 3
ping6 1 $IN_IP6 3

say "Load: iperf3 from the client to the inside over DTLS"
load
say "Load: iperf3 from the inside to the client over DTLS"
load -R

say "show-sessions detail"
show_sessions detail
bytes=$(channel_stat alice dtls rx_bytes)
[ "$bytes" -gt 1000000 ] || fail "bytes from the client over DTLS, expected more than 1000000, got $bytes"
bytes=$(channel_stat alice dtls tx_bytes)
[ "$bytes" -gt 1000000 ] || fail "bytes to the client over DTLS, expected more than 1000000, got $bytes"

say "It works."
if [ -n "${ONESHOT:-}" ]; then
	exit 0
fi
cat <<END
The gateway stays up until Ctrl-C. A second client, by hand, from the namespace ${P}c2 (users alice, bob, carol; password "$PASSWORD"):

  ip netns exec ${P}c2 env SCRIPT_DIR=$W openconnect --cafile=$W/pki/ca.pem --no-system-trust \\
      --resolve=$GW_NAME:$GW_IP4 --script=$ROOT/tests/lib/vpnc-script --user=bob https://$GW_NAME

then, while it runs:

  ip netns exec ${P}c2 ping $IN_IP4
  $SEKISHO_BIN/show-sessions -c $W/conf detail

The daemon's log: $GATE_LOG    The first client's: $W/c1/log
END
while ! is_gone "$PARENT"; do
	sleep 1
done
fail "the daemon, expected it to run, got: $(tail -3 "$GATE_LOG")"
