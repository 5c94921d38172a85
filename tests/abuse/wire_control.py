# SPDX-License-Identifier: Apache-2.0
"""Requests on the control socket (common/ipc.proto), well-formed and damaged; as root, or as one who may only read."""
import os
import socket
import struct

from wire_mutate import bend

END = 82
TEXTS = (b"", b"alice", b"STAFF", b"StaffPolicy", b"POOL", b"POOL6", b"LOCAL", b"tunnel-group", b"x" * 300, b"%s%n", b"\xff\xfe",
         b"a\nb", b"webvpn")
ADDRESSES = (b"", bytes(4), b"\xc0\xa8\x64\x01", bytes(16), bytes(5), b"\x7f\0\0\1")
# Type, and what its fields are: t text, a address, n number.
SHOWS = ((80, ""), (84, "t"), (86, "ta"), (90, "nt"), (100, ""), (102, "tn"), (104, "ttn"), (110, ""), (127, ""))
ACTS = ((83, ""), (88, "nnta"), (107, "ta"), (108, "t"), (109, "ntatt"))
LOGOFF = (106, "ntattn")
MAY_ACT = False


def become(rank):
    """root may act; anybody in the socket's group may read."""
    global MAY_ACT
    MAY_ACT = rank == "root"
    if not MAY_ACT:
        os.setgroups([])
        os.setuid(65534)  # the group stays 0, which is the socket's


def varint(n):
    out = b""
    while n > 127:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])


def field(rng, at, kind):
    if kind == "n":
        return varint(at << 3) + varint(rng.choice((0, 1, 2, 5, 255, 1 << 31, (1 << 64) - 1)))
    text = rng.choice(TEXTS if kind == "t" else ADDRESSES)
    return varint(at << 3 | 2) + varint(len(text)) + text


def request(rng):
    # Nobody who may act logs off everybody: the witness is one of them.
    kind, fields = rng.choice(SHOWS + ACTS + (() if MAY_ACT else (LOGOFF,)))
    body = b"".join(field(rng, at, what) for at, what in enumerate(fields, 1) if rng.random() < 0.7)
    if body and rng.random() < 0.4:
        body = bend(rng, body)
    head = struct.pack("=III", kind, 0, 0)
    if rng.random() < 0.05 and not MAY_ACT:
        head = bend(rng, head, 2)
    return head + body


def turn(rng, path):
    """One connection with some requests. Returns how many were answered."""
    answered = 0
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as sock:
        sock.settimeout(3)
        sock.connect(path)
        try:
            for _ in range(rng.randint(1, 5)):
                fds = [0] * rng.choice((1, 2, 9)) if rng.random() < 0.03 else []
                socket.send_fds(sock, [request(rng)], fds)
                if rng.random() < 0.2:
                    continue  # the next one before the answer
                data = sock.recv(200000)
                while data and struct.unpack("=I", data[:4])[0] != END and rng.random() < 0.95:
                    data = sock.recv(200000)
                if not data:
                    break
                answered += 1
        except OSError:
            pass
    return answered
