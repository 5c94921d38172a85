#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# INV-2: a client can send only from the address it was given, IPv4 and IPv6, over TLS and DTLS.
. "$(dirname "$0")/../lib/e2e.sh"

usual_start 2
count_inside v4 'icmp type echo-request'
count_inside v6 'icmpv6 type echo-request'
client_up 1 alice --authgroup=Staff
neighbour=$(client_ip4 1)
neighbour6=$(client_env 1 INTERNAL_IP6_ADDRESS)
before4=$(counted v4)
before6=$(counted v6)
raw_py 2 "$neighbour" "$neighbour6" <<'END'
from rawclient import *

c = Client()
c.tunnel("bob", group="Staff")
neighbour, neighbour6 = sys.argv[1], sys.argv[2]
for source in (neighbour, "192.168.100.254", "192.168.100.49", "10.99.0.1", "10.99.0.3", "0.0.0.0", "127.0.0.1",
               "255.255.255.255", "224.0.0.1", "192.0.2.12", "8.8.8.8"):
    c.frame(DATA, echo4(source, "10.99.0.2"))
for source in (neighbour6, "fd00:100::1", "fd99::1", "fd99::3", "::", "::1", "fe80::1", "ff02::1", "2001:db8:1::12"):
    c.frame(DATA, echo6(source, "fd99::2"))
# Packets that are none: cut, with a false length or version, empty.
good = echo4(c.ip4, "10.99.0.2")
for packet in (b"", b"\x45", good[:19], b"\x55" + good[1:], b"\x00" + good[1:], b"\x46" + good[1:20],
               good[:2] + b"\xff\xff" + good[4:], good[:2] + b"\x00\x13" + good[4:], b"\x60" + b"\0" * 38):
    c.frame(DATA, packet)
# All of it was read when the answer to this arrives; and the tunnel still works from the right address.
c.frame(DPD_REQ, b"are you there")
expect("DPD is echoed", b"are you there", c.recv_kind(DPD_RESP))
c.frame(DATA, echo4(c.ip4, "10.99.0.2"))
reply = c.recv_kind(DATA)
expect("echo comes back to the right address", c.ip4, socket.inet_ntoa(reply[16:20]))
c.frame(DATA, echo6(c.ip6, "fd99::2"))
while c.recv_kind(DATA)[0] >> 4 != 6:
    pass
END
expect_eq "IPv4 packets that got through (the right one only)" $((before4 + 1)) "$(counted v4)"
expect_eq "IPv6 packets that got through (the right one only)" $((before6 + 1)) "$(counted v6)"

# The same over DTLS, with a real client that has taken a second address.
client_dtls 1
in_client 1 ip addr add 192.168.100.49/32 dev vpn0
in_client 1 ip -6 addr add fd00:100::9999/128 dev vpn0 nodad
before4=$(counted v4)
before6=$(counted v6)
expect_fail "ping from a taken IPv4 address" in_client 1 ping -n -q -c 3 -i 0.2 -W 1 -I 192.168.100.49 $IN_IP4
expect_fail "ping from a taken IPv6 address" in_client 1 ping -6 -n -q -c 3 -i 0.2 -W 1 -I fd00:100::9999 $IN_IP6
expect_eq "IPv4 packets over DTLS that got through" "$before4" "$(counted v4)"
expect_eq "IPv6 packets over DTLS that got through" "$before6" "$(counted v6)"
in_client 1 ip addr del 192.168.100.49/32 dev vpn0
expect_ok "the right address still works" ping4 1
