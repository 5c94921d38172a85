#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# INV-7: a client that is logged in sends garbage in its tunnel: frames, lengths, types, half frames, floods. Its
# connection may end; nothing else may happen.
. "$(dirname "$0")/../lib/e2e.sh"

usual_start 2
before=$(gate_pids | xargs)
client_up 1 alice --authgroup=Staff
raw_py 2 <<'END'
import random
from rawclient import *

random.seed(3)


def fresh(user="bob"):
    c = Client()
    c.tunnel(user, group="Staff")
    return c


def alive(c):
    c.frame(DPD_REQ, b"x")
    return c.recv_kind(DPD_RESP) == b"x"


# Tolerated: unknown type, several frames in a record, a frame cut in pieces, empty and large frames.
c = fresh()
for kind in (1, 2, 6, 10, 100, 255):
    c.frame(kind, b"abc")
expect_true("unknown types are ignored", alive(c), "dead")
c.send(b"".join(b"STF\x01\x00\x00\x07\x00" for _ in range(100)))
expect_true("many frames in a record", alive(c), "dead")
for byte in b"STF\x01\x00\x02\x03\x00hi":
    c.send(bytes([byte]))
expect("a frame byte by byte", b"hi", c.recv_kind(DPD_RESP))
c.frame(DPD_REQ, b"y" * 1400)
expect("large DPD", b"y" * 1400, c.recv_kind(DPD_RESP))
c.frame(DATA, bytes(16000))
expect_true("a frame bigger than any packet", alive(c), "dead")
try:
    # The biggest frame there can be: bigger than any client sends, so the connection may be closed.
    c.send(b"STF\x01\xff\xff\x00\x00" + bytes(65535))
except OSError:
    pass
c.close()
for _ in range(3):
    c = fresh()
    c.frame(COMPRESSED, b"junk")
    c.close()

# Fatal for the connection: bad magic, nonzero last byte, an announced frame that never comes.
for what, data in (("bad magic", b"STG\x01\x00\x00\x00\x00"), ("last byte", b"STF\x01\x00\x00\x00\x01"),
                   ("HTTP", b"GET / HTTP/1.1\r\n\r\n"), ("random", random.randbytes(3000))):
    c = fresh("carol")
    c.send(data)
    expect_true("closed after " + what, c.is_closed(), "open")

# Random frames, a flood that nobody reads the answers of, then TCP is cut.
for turn in range(10):
    c = fresh("dave")
    try:
        for _ in range(300):
            c.frame(random.choice((DATA, DATA, DATA, DPD_REQ, KEEPALIVE, 77)), random.randbytes(random.randint(0, 1500)))
    except OSError:
        pass
    c.close()
c = fresh("dave")
c.sock.settimeout(2)
try:
    for _ in range(20000):
        c.frame(DPD_REQ, b"z" * 1400)
except OSError:
    pass
c.close()
END
expect_eq "processes" "$before" "$(gate_pids | xargs)"
expect_ok "the other client's tunnel" ping4 1
client_dtls 1
