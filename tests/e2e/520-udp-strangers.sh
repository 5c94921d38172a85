#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# INV-6: a UDP packet that matches no session costs no memory and gets no answer bigger than itself (here: none). INV-7:
# and harms nobody.
. "$(dirname "$0")/../lib/e2e.sh"

usual_start 2
client_up 1 alice --authgroup=Staff
client_dtls 1
memory=$(gate_memory_kb)
raw_py 2 <<'END'
import random
from rawclient import *

random.seed(1)
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
sock.connect((GW, 443))


def hello(session_id, version=b"\xfe\xfd", cookie=b"", rand=None):
    body = version + (rand or random.randbytes(32)) + bytes([len(session_id)]) + session_id + bytes([len(cookie)]) + cookie
    body += b"\x00\x04\x00\xa9\x00\xa8\x01\x00"
    message = b"\x01" + len(body).to_bytes(3, "big") + b"\0\0" + b"\0\0\0" + len(body).to_bytes(3, "big") + body
    return b"\x16\xfe\xff\0\0" + b"\0\0\0\0\0\0" + len(message).to_bytes(2, "big") + message


packets = [b"", b"\x16", b"\x16\xfe\xff", random.randbytes(100), random.randbytes(1400), b"\x17\xfe\xfd" + bytes(40),
           hello(b""), hello(random.randbytes(32)), hello(random.randbytes(16)), hello(b"\0" * 32, rand=b"\0" * 32),
           hello(random.randbytes(32), version=b"\x01\x00"), hello(random.randbytes(32), cookie=bytes(200))]
base = hello(random.randbytes(32))
packets += [base[:n] for n in range(len(base))]
for _ in range(5000):
    broken = bytearray(base)
    for _ in range(random.randint(1, 4)):
        broken[random.randrange(len(broken))] = random.randrange(256)
    packets.append(bytes(broken))
for n, packet in enumerate(packets):
    try:
        sock.send(packet)
    except ConnectionRefusedError:
        print("FAIL: the UDP port, expected it to be open, got refused")
        sys.exit(1)
    if n % 100 == 99:
        # A login in between paces the packets, so that the socket buffer holds them all.
        Client().close()
# From many addresses' view: many ports.
for n in range(300):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.sendto(hello(random.randbytes(32)), (GW, 443))
    s.close()
sock.settimeout(1)
try:
    answer = sock.recv(65536)
    print("FAIL: answers to strangers, expected none, got %r" % answer)
    sys.exit(1)
except socket.timeout:
    pass
END
expect_ok "the session lives" ping4 1
after=$(gate_memory_kb)
if [ -z "$SEKISHO_SAN" ]; then
	expect_between "kilobytes of memory after 5000 packets" 0 "$after" $((memory + 2048))
fi
# Strangers that write the client's address on their packets: DTLS records and hellos with its address and port. The session
# goes on over DTLS, and so do the others.
port=$(session_json "[t['client_port'] for t in s[0]['tunnels'] if t['channel'] == 'dtls'][0]")
raw_py 2 "$port" <<'END'
import random
from rawclient import *

random.seed(5)
sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
for n in range(3000):
    size = random.choice((0, 1, 12, 13, 14, 40, 200, 1400))
    data = bytearray(random.randbytes(size))
    if n % 3 and size >= 13:
        data[0:3] = random.choice((b"\x17\xfe\xfd", b"\x16\xfe\xfd", b"\x15\xfe\xfd", b"\x14\xfe\xfd"))
        data[3:5] = random.choice((b"\0\0", b"\0\1"))
        data[11:13] = (size - 13).to_bytes(2, "big")
    udp = struct.pack(">HHHH", int(sys.argv[1]), 443, 8 + size, 0) + bytes(data)
    sock.sendto(ipv4("192.0.2.11", GW, 17, udp), (GW, 0))
    if n % 100 == 99:
        Client().close()
END
expect_ok "the session lives on" ping4 1
before=$(channel_stat alice dtls rx_packets)
in_client 1 ping -n -q -c 10 -i 0.05 $IN_IP4 >/dev/null
more() {
	[ "$(channel_stat alice dtls rx_packets)" -ge $((before + 8)) ]
}
wait_for 5 "the session still uses DTLS" more

expect_between "log lines about them (rate-limited)" 0 "$(grep -ci 'unknown.*dtls\|stray\|no session' "$GATE_LOG")" 200
