#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# vpn-filter: what the access list permits passes in both directions, and nothing else does: TCP, UDP, ICMP, fragments and
# ICMP errors, IPv4 and IPv6, over DTLS and over TLS. Hits, log lines, drops; and a reload, which leaves running sessions
# their filter.
. "$(dirname "$0")/../lib/e2e.sh"

cat >"$W/serve.py" <<'END'
# Echo servers on TCP and UDP, both families: serve.py PORT...
import selectors, socket, sys

selector = selectors.DefaultSelector()
for port in map(int, sys.argv[1:]):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        s = socket.socket(socket.AF_INET6, kind)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(("::", port))
        if kind == socket.SOCK_STREAM:
            s.listen()
        selector.register(s, selectors.EVENT_READ, kind)
print("ready", flush=True)
while True:
    for key, _ in selector.select():
        s = key.fileobj
        if key.data == socket.SOCK_DGRAM:
            data, peer = s.recvfrom(65536)
            s.sendto(data, peer)
        elif key.data == socket.SOCK_STREAM:
            c, _ = s.accept()
            selector.register(c, selectors.EVENT_READ, None)
        else:
            data = s.recv(65536)
            if data:
                s.sendall(data)
            else:
                selector.unregister(s)
                s.close()
END
cat >"$W/probe.py" <<'END'
# One exchange with an echo server: "echo", "refused", or "nothing". probe.py tcp|udp ADDRESS PORT [SECONDS [BYTES]]
import socket, sys

kind, address, port = sys.argv[1:4]
seconds = float(sys.argv[4]) if len(sys.argv) > 4 else 5
data = b"x" * (int(sys.argv[5]) if len(sys.argv) > 5 else 100)
s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET,
                  socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM)
s.settimeout(seconds)
try:
    s.connect((address, int(port)))
    s.sendall(data)
    got = b""
    while len(got) < len(data):
        got += s.recv(65536)
    print("echo" if got == data else "else")
except ConnectionRefusedError:
    print("refused")
except (TimeoutError, socket.timeout, OSError) as e:
    print("nothing" if isinstance(e, (TimeoutError, socket.timeout)) else e)
END

probe() {
	"${@:1:$#-1}" /usr/bin/python3 "$W/probe.py" ${!#}
}

# From client N: what, expected, N, "tcp|udp ADDRESS PORT [SECONDS]"
from_client() {
	expect_eq "client $3: $1" "$2" "$(probe in_client "$3" "$4")"
}

from_inside() {
	expect_eq "inside: $1" "$2" "$(probe in_inside "$3")"
}

# Some TCP port that alice's filter, the old or the new one, permits.
probe_permits() {
	[ "$(probe in_client "$1" "tcp $IN_IP4 8080 1")" = echo ] || [ "$(probe in_client "$1" "tcp $IN_IP4 8081 1")" = echo ]
}

# Hits of a rule: hits LIST LINE
hits() {
	"$SEKISHO_BIN/show-access-list" -c "$W/conf" "$1" | sed -nE "s/^access-list $1 line $2 .*\(hitcnt=([0-9]+)\).*/\1/p"
}

hits_are() {
	[ "$(hits "$1" "$2")" = "$3" ]
}

# Both ways of filtering are used: for both families in one list (UNIFIED), and a list for IPv6 beside it.
UNIFIED='"remark what staff may do",
	"permit tcp any host 10.99.0.2 eq 8080 log",
	"deny udp any any eq 5353 log",
	"permit udp any host 10.99.0.2 range 5350 5360",
	"permit icmp any host 10.99.0.2 echo",
	"permit tcp any eq 9090 any",
	"permit tcp any host fd99::2 eq 8080",
	"permit icmp6 any host fd99::2 echo",
	"permit tcp any host 10.99.0.2 eq 5201"'
CONF_LISTS='{ name = "staff"; type = "extended"; rules = [ '$UNIFIED' ]; },
	{ name = "staff6"; type = "extended"; rules = [ "permit udp any host fd99::2 eq 5355" ]; },'
CONF_STAFF='vpn-filter = "staff";'
CONF_ALICE='ipv6-vpn-filter = "staff6";'
usual_start 3
in_inside /usr/bin/python3 "$W/serve.py" 8080 8081 5353 5355 6000 >"$W/serve.out" &
wait_line "$W/serve.out" ready

client_up 1 alice --authgroup=Staff
client_dtls 1
client_up 2 bob --authgroup=Staff --no-dtls

# ---- IPv4, over DTLS and TLS ----

for n in 1 2; do
	from_client "permitted TCP" echo $n "tcp $IN_IP4 8080"
	from_client "another port" nothing $n "tcp $IN_IP4 8081 1"
	from_client "permitted UDP" echo $n "udp $IN_IP4 5355"
	from_client "UDP that a line denies before" nothing $n "udp $IN_IP4 5353 1"
	from_client "UDP that no line names" nothing $n "udp $IN_IP4 6000 1"
	from_client "another host" nothing $n "tcp 10.99.0.1 8080 1"
	from_client "fragmented UDP" echo $n "udp $IN_IP4 5355 5 4000"
	# An ICMP error about a permitted flow comes back.
	from_client "closed port of a permitted range" refused $n "udp $IN_IP4 5356"
	expect_ok "client $n: ping" ping4 $n
	expect_ok "client $n: ping in fragments" in_client $n ping -n -q -c 2 -i 0.2 -W 3 -s 4000 $IN_IP4
	expect_fail "client $n: ping to another host" in_client $n ping -n -q -c 2 -i 0.2 -W 1 10.99.0.1
	# The rules read the other way round: source is the client's end.
	ip4=$(client_ip4 $n)
	in_client $n /usr/bin/python3 "$W/serve.py" 9090 9091 >"$W/serve$n.out" &
	wait_line "$W/serve$n.out" ready
	from_inside "to the permitted port of client $n" echo "tcp $ip4 9090"
	from_inside "to another port of client $n" nothing "tcp $ip4 9091 1"
	from_inside "UDP to client $n" nothing "udp $ip4 9090 1"
	expect_ok "inside: ping of client $n" in_inside ping -n -q -c 2 -i 0.2 -W 3 "$ip4"
done

# ---- IPv6: alice's list of her own, bob's one list for both families ----

from_client "IPv6 UDP of the IPv6 list" echo 1 "udp $IN_IP6 5355"
from_client "IPv6 TCP, which only the other list permits" nothing 1 "tcp $IN_IP6 8080 1"
expect_fail "client 1: IPv6 ping" in_client 1 ping -6 -n -q -c 2 -i 0.2 -W 1 $IN_IP6
from_client "IPv6 TCP of the list for both" echo 2 "tcp $IN_IP6 8080"
from_client "IPv6 UDP, which only the other list permits" nothing 2 "udp $IN_IP6 5355 1"
expect_ok "client 2: IPv6 ping" ping6 2
expect_ok "client 2: big IPv6 packets (two are lost to path MTU discovery)" \
	in_client 2 ping -6 -n -q -c 5 -i 0.3 -W 3 -s 4000 $IN_IP6
from_inside "IPv6 to the permitted port of client 2" echo "tcp $(client_env 2 INTERNAL_IP6_ADDRESS) 9090"
from_inside "IPv6 to client 1" nothing "tcp $(client_env 1 INTERNAL_IP6_ADDRESS) 9090 1"

# ---- what is seen of it ----

gate_log 'ASA-6-106102: access-list staff permitted tcp for user alice outside/192\.168\.100\.[0-9]+\([0-9]+\) -> inside/10\.99\.0\.2\(8080\) hit-cnt 1 first hit'
gate_log 'ASA-4-106103: access-list staff denied udp for user bob outside/192\.168\.100\.[0-9]+\([0-9]+\) -> inside/10\.99\.0\.2\(5353\) hit-cnt 1 first hit'
# Flows, not packets: of each line above what two clients began.
wait_for 40 "hits of the TCP line" hits_are staff 2 2
expect_eq "hits of the denying line" 2 "$(hits staff 3)"
expect_eq "hits of the UDP range: an echo, a fragmented one and a closed port each" 6 "$(hits staff 4)"
expect_eq "hits of the IPv6 line" 1 "$(hits staff 7)"
expect_eq "hits of alice's IPv6 list" 1 "$(hits staff6 1)"
expect_between "drops on alice's DTLS" 5 "$(channel_stat alice dtls rx_drops)" 100
expect_between "drops on bob's TLS" 5 "$(channel_stat bob tls rx_drops)" 100
expect_between "drops towards bob" 2 "$(channel_stat bob tls tx_drops)" 100

# ---- no filter ----

client_up 3 carol --authgroup=Engineering
from_client "no filter" echo 3 "tcp $IN_IP4 8081"
client_stop 3

# ---- much traffic through a filter, up and down, over DTLS and TLS ----

for n in 1 2; do
	for way in "" -R; do
		in_inside iperf3 -s -1 >/dev/null &
		holds_within 5 in_inside bash -c 'ss -Hltn | grep -q 5201'
		expect_ok "client $n: iperf3 $way" in_client $n iperf3 -c $IN_IP4 -n 20M $way
		wait $!
	done
done
client_stop 2

# ---- a reload: running sessions keep their filter, new ones have the new one ----

CONF_LISTS='{ name = "staff"; type = "extended"; rules = [ "permit tcp any any eq 8081" ]; },'
CONF_ALICE=
conf_write
from=$(next_line "$GATE_LOG")
kill -HUP "$PARENT"
gate_log 'configuration reloaded' 30 "$from"
from_client "the old filter still permits" echo 1 "tcp $IN_IP4 8080"
from_client "the old filter still denies" nothing 1 "tcp $IN_IP4 8081 1"
client_up 2 bob --authgroup=Staff
from_client "the new filter permits" echo 2 "tcp $IN_IP4 8081"
from_client "the new filter denies" nothing 2 "tcp $IN_IP4 8080 1"
from_client "the new filter is for IPv6 too" echo 2 "tcp $IN_IP6 8081"

# ---- auth and gateway are restarted: filters are sent again ----

restarted() {
	local now
	now=$(child_pid "$1")
	[ -n "$now" ] && [ "$now" != "$2" ]
}

for role in auth gateway; do
	client_stop 2
	old=$(child_pid $role)
	from=$(next_line "$GATE_LOG")
	kill -KILL "$old"
	wait_for 10 "$role is restarted" restarted $role "$old"
	gate_log 'sekishod [0-9.]+ ready' 10 "$from"
	client_up 2 bob --authgroup=Staff
	from_client "permitted after $role died" echo 2 "tcp $IN_IP4 8081"
	from_client "denied after $role died" nothing 2 "tcp $IN_IP4 8080 1"
	wait_for 40 "client 1 has its tunnel after $role died" probe_permits 1
	from_client "denied after $role died" nothing 1 "tcp $IN_IP4 6000 1"
done
