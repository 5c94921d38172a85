#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# INV-7: connections that say nothing, speak slowly or in garbage are ended at their deadline and cost others nothing.
. "$(dirname "$0")/../lib/e2e.sh"

CONF_LIMITS='handshake-timeout = 2; request-timeout = 3; max-connections = 200;'
usual_start 2
before=$(gate_pids | xargs)
raw_py 2 <<'END'
import os
import random
import time
from rawclient import *

random.seed(2)


def gone(sock, seconds):
    """Seconds until the gateway closes; None if it does not in time."""
    begin = time.monotonic()
    sock.settimeout(seconds)
    try:
        while sock.recv(4096):
            sock.settimeout(max(0.1, seconds - (time.monotonic() - begin)))
    except (ConnectionError, ssl.SSLError):
        pass
    except socket.timeout:
        return None
    return time.monotonic() - begin


# Silence before TLS, half a ClientHello, a ClientHello byte by byte.
silent = tcp()
half = tcp()
half.send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(40))
for sock, what in ((silent, "silence"), (half, "half a ClientHello")):
    expect_true("closed at the handshake's deadline: " + what, gone(sock, 10) is not None, "open")

# A request that never ends, byte by byte: the deadline is for the whole request, not between bytes.
c = Client()
begin = time.monotonic()
try:
    for byte in b"POST / HTTP/1.1\r\nHost: x\r\nX-Slow: " + b"a" * 1000:
        c.send(bytes([byte]))
        time.sleep(0.1)
        if time.monotonic() - begin > 12:
            break
except OSError:
    pass
expect_true("slow request is ended", 2 <= time.monotonic() - begin < 10, time.monotonic() - begin)
c = Client()
c.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n<config")
expect_true("half a body", c.is_closed(10), "open")
c = Client()
expect_true("idle after the handshake", c.is_closed(30), "open")

# Garbage instead of TLS: closed at once or at the deadline.
for n in range(200):
    sock = tcp()
    try:
        sock.send(os.urandom(random.randint(1, 2000)) if n % 2 else b"GET / HTTP/1.0\r\n\r\n")
    except OSError:
        pass
    sock.close()
hello = bytes.fromhex("160301007a0100007603030000000000000000000000000000000000000000000000000000000000000000000000" +
                      "02c02f0100004b") + bytes(75)
for n in range(300):
    broken = bytearray(hello)
    for _ in range(3):
        broken[random.randrange(len(broken))] = random.randrange(256)
    sock = tcp()
    try:
        sock.send(broken)
    except OSError:
        pass
    sock.close()

# As many silent connections as allowed and more: the oldest or the newest go, service goes on once they time out.
many = []
for _ in range(400):
    try:
        many.append(tcp(timeout=3))
    except OSError:
        break
deadline = time.monotonic() + 30
while True:
    try:
        Client(timeout=3).login("alice", group="Staff")
        break
    except (OSError, Closed):
        expect_true("service during 400 silent connections", time.monotonic() < deadline, "none for 30 s")
END
expect_eq "processes" "$before" "$(gate_pids | xargs)"
client_up 1 bob --authgroup=Staff
expect_ok "a client afterwards" ping4 1
