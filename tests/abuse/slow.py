# SPDX-License-Identifier: Apache-2.0
"""Clients that speak TLS well and waste our time with it: slow.py MODE CONNECTIONS SECONDS
header, body: a request byte by byte. tiny: records of one byte, as fast as it goes. login: a login that is begun and not gone
on with. tunnel: sessions that send their frames byte by byte. unused: sessions that send nothing at all."""
import select
import sys
import time

from rawclient import Client, Closed

HEAD = b"POST / HTTP/1.1\r\nHost: gw.example.com\r\n"
DRIPS = {"header": HEAD + b"X-Slow: " + b"a" * 4000, "tiny": HEAD + b"X-Tiny: " + b"a" * 4000, "body": b"a" * 4000,
         "tunnel": b"STF\x01\x10\x00\x00\x00" + b"a" * 4000}


class Slow:
    def __init__(self, mode, number):
        self.client = Client(timeout=20)
        self.drip = DRIPS.get(mode, b"")
        self.at = 0
        if mode == "body":
            self.client.send(HEAD + b"Content-Length: 60000\r\n\r\n")
        elif mode == "login":
            self.client.init()
        elif mode in ("tunnel", "unused"):
            self.client.tunnel("user%02d" % (1 + number % 20), group="Staff")
        self.client.sock.settimeout(0)

    def step(self):
        if self.at < len(self.drip):
            self.client.send(self.drip[self.at:self.at + 1])
            self.at += 1
        elif select.select([self.client.sock], [], [], 0)[0]:
            self.client.recv()


def main():
    mode, count, end = sys.argv[1], int(sys.argv[2]), time.monotonic() + float(sys.argv[3])
    opened = ended = steps = 0
    slots = [None] * count
    while time.monotonic() < end:
        for n in range(count):
            try:
                if slots[n] is None:
                    slots[n] = Slow(mode, opened)
                    opened += 1
                slots[n].step()
                steps += 1
            except (OSError, Closed):
                slots[n] = None
                ended += 1
            if time.monotonic() > end:
                break
        if mode != "tiny":
            time.sleep(0.05)
    print('{"opened": %d, "ended": %d, "steps": %d}' % (opened, ended, steps))


main()
