#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# `make bench`: iperf3 through DTLS and TLS, up and down, Sekisho beside ocserv with the same openconnect client in the same
# namespaces. Prints the server's CPU seconds per gigabyte (all its processes) and memory before and after.
# SECONDS_EACH (10) per run; SERVERS="sekisho ocserv".
set -euo pipefail
umask 022

[ "$(id -u)" = 0 ] || { echo "make bench needs root: it makes network namespaces." >&2; exit 1; }
ROOT=$(cd "$(dirname "$0")/../.." && pwd)
SEKISHO_BIN=${SEKISHO_BIN:-$ROOT/build/bin}
P=skb$$
W=$(mktemp -d "/tmp/$P.XXXXXX")
chmod 755 "$W"
NETNS=()
LOG_LEVEL=notice
SECONDS_EACH=${SECONDS_EACH:-10}
SERVERS=${SERVERS:-sekisho ocserv}
for part in assert net pki gate client; do
	# shellcheck disable=SC1090
	. "$ROOT/tests/lib/$part.sh"
done

cleanup() {
	local status=$?
	trap - EXIT INT TERM
	set +e
	[ $status = 0 ] || tail -n 15 "$W"/gate.log "$W"/ocserv.log "$W"/c1/log 2>/dev/null
	net_down
	rm -rf "$W"
	exit $status
}
trap cleanup EXIT
trap 'exit 130' INT TERM

ocserv_start() {
	printf '%s\n' "alice:*:$(openssl passwd -5 -salt bench "$PASSWORD")" >"$W/ocpasswd"
	cat >"$W/ocserv.conf" <<-END
	auth = "plain[passwd=$W/ocpasswd]"
	tcp-port = 443
	udp-port = 443
	run-as-user = nobody
	run-as-group = nogroup
	socket-file = $W/ocserv.socket
	server-cert = $W/pki/gw.pem
	server-key = $W/pki/gw.key
	isolate-workers = false
	max-clients = 16
	max-same-clients = 16
	keepalive = 32400
	dpd = 90
	try-mtu-discovery = false
	tls-priorities = "NORMAL:%SERVER_PRECEDENCE"
	device = vpns
	ipv4-network = 192.168.101.0/24
	cisco-client-compat = true
	dtls-legacy = false
	mtu = 1434
	END
	in_gw /usr/sbin/ocserv -f -c "$W/ocserv.conf" >"$W/ocserv.log" 2>&1 </dev/null &
	wait_for 10 "ocserv listens" in_gw bash -c 'ss -Hltn | grep -q :443'
}

server_start() {
	case $1 in
	sekisho) gate_start ;;
	ocserv) ocserv_start ;;
	esac
}

server_stop() {
	case $1 in
	sekisho) gate_stop ;;
	*)
		ip netns pids "$GW" | xargs -r kill
		wait_for 10 "$1 ends" bash -c "[ -z \"\$(ip netns pids $GW)\" ]"
		;;
	esac
}

# Clock ticks that all processes of the gateway's namespace have used, and their kilobytes.
server_ticks() {
	ip netns pids "$GW" | sed 's,.*,/proc/&/stat,' | xargs cat 2>/dev/null | sed 's/.*) //' | awk '{ t += $12 + $13 } END { print t + 0 }'
}

server_kb() {
	ip netns pids "$GW" | sed 's,.*,/proc/&/status,' | xargs cat 2>/dev/null | awk '/^RssAnon/ { k += $2 } END { print k + 0 }'
}

# one SERVER CHANNEL WAY: prints and stores a row
one() {
	local server=$1 channel=$2 way=$3 before after options=() out
	[ "$way" = up ] || options=(-R)
	in_inside iperf3 -s -1 >/dev/null &
	wait_for 5 "iperf3 server" in_inside bash -c 'ss -Hltn | grep -q :5201'
	before=$(server_ticks)
	out=$(in_client 1 iperf3 -J -c $IN_IP4 -t "$SECONDS_EACH" "${options[@]}")
	after=$(server_ticks)
	/usr/bin/python3 - "$server" "$channel" "$way" "$((after - before))" "$(getconf CLK_TCK)" 3<<<"$out" <<-'END' | tee -a "$W/rows"
	import json, os, sys
	end = json.load(os.fdopen(3))["end"]
	received = end["sum_received"]
	gb = received["bytes"] / 1e9
	cpu = int(sys.argv[4]) / int(sys.argv[5])
	print("%-8s %-5s %-5s %8.0f Mbit/s %8.2f CPU s %8.3f GB %8d resent %8.2f CPU s/GB" % (
	    *sys.argv[1:4], received["bits_per_second"] / 1e6, cpu, gb, end["sum_sent"]["retransmits"], cpu / gb if gb else 0))
	END
}

net_up 1
pki_make rsa
conf_write
echo "$(nproc) CPUs, $SECONDS_EACH s each, iperf3 TCP one stream, openconnect $(openconnect --version | sed -n 's/.*version v//p' | head -1)"
for server in $SERVERS; do
	server_start "$server"
	group=()
	[ "$server" != sekisho ] || group=(--authgroup=Staff)
	for channel in dtls tls; do
		if [ $channel = dtls ]; then
			client_up 1 alice "${group[@]}"
			client_dtls 1
			wait_for 15 "traffic" ping4 1
		else
			client_up 1 alice "${group[@]}" --no-dtls
		fi
		ping4 1 $IN_IP4 5 >/dev/null
		kb=$(server_kb)
		one "$server" $channel up
		one "$server" $channel down
		echo "$server $channel memory of all processes: $kb kB before, $(server_kb) kB after"
		client_stop 1
	done
	server_stop "$server"
done
awk '{ v[$1, $2, $3] = $(NF - 2); seen[$1] = 1 }
	END {
		if (!seen["sekisho"] || !seen["ocserv"]) exit
		print "ratio sekisho / ocserv of CPU s/GB:"
		split("dtls tls", c, " "); split("up down", w, " ")
		for (i = 1; i <= 2; i++) for (j = 1; j <= 2; j++)
			printf "  %-4s %-4s %.2f\n", c[i], w[j], v["sekisho", c[i], w[j]] / v["ocserv", c[i], w[j]]
	}' "$W/rows"
if grep ' error ' "$W/gate.log"; then
	echo "The log of sekishod has the lines above."
fi
