# SPDX-License-Identifier: Apache-2.0
"""What wirefuzz does to bytes: small damage to a real message, so that most of it is still read."""
import re

LENGTHS = (0, 1, 7, 8, 0x7F, 0x80, 0xFF, 0x100, 0x3FFF, 0x4000, 0x7FFF, 0x8000, 0xFFFE, 0xFFFF)
NUMBERS = (b"-1", b"0", b"65535", b"65536", b"4294967296", b"18446744073709551616", b"9" * 40, b"0x10", b"1e9")


def flip(rng, data):
    at = rng.randrange(len(data))
    data[at] ^= 1 << rng.randrange(8)


def put(rng, data):
    data[rng.randrange(len(data))] = rng.choice((0, 1, 9, 10, 13, 32, 34, 37, 38, 60, 62, 127, 128, 255))


def cut_out(rng, data):
    at = rng.randrange(len(data))
    del data[at:at + rng.randint(1, 20)]


def cut_short(rng, data):
    del data[rng.randrange(len(data)):]


def repeat(rng, data):
    at = rng.randrange(len(data))
    data[at:at] = data[at:at + rng.randint(1, 40)] * rng.choice((1, 1, 2, 60))


def insert(rng, data):
    at = rng.randrange(len(data))
    data[at:at] = rng.randbytes(rng.choice((1, 2, 4, 16, 300)))


def length(rng, data):
    """Two bytes that may be a length."""
    at = rng.randrange(len(data))
    data[at:at + 2] = rng.choice(LENGTHS).to_bytes(2, "big")


def number(rng, data):
    found = list(re.finditer(rb"[0-9]+", data))
    if found:
        one = rng.choice(found)
        data[one.start():one.end()] = rng.choice(NUMBERS)


def swap(rng, data):
    """Two lines, or two halves where there are none."""
    lines = bytes(data).split(b"\n")
    if len(lines) > 2:
        a, b = rng.randrange(len(lines)), rng.randrange(len(lines))
        lines[a], lines[b] = lines[b], lines[a]
        data[:] = b"\n".join(lines)


ALL = (flip, flip, put, put, cut_out, cut_short, repeat, insert, length, length, number, swap)


def bend(rng, data, most=4):
    """A damaged copy, by one to `most` wounds; never longer than 200,000 bytes."""
    out = bytearray(data)
    for _ in range(rng.randint(1, most)):
        if out:
            rng.choice(ALL)(rng, out)
    return bytes(out[:200000])


def pieces(rng, data):
    """The same bytes in one piece, or in several."""
    if len(data) < 2 or rng.random() < 0.6:
        return [data]
    cuts = sorted(rng.randrange(1, len(data)) for _ in range(rng.randint(1, 5)))
    return [data[a:b] for a, b in zip([0] + cuts, cuts + [len(data)]) if a < b]
