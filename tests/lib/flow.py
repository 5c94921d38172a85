# SPDX-License-Identifier: Apache-2.0
"""A transfer that must not break: "serve PORT" sends back what it gets, "run" sends blocks and checks each one that returns.

run HOST PORT SEED PROGRESS [BLOCKS] [PAUSE_MS]: every block follows from SEED and its number, so nothing lost, doubled,
moved or foreign can pass. PROGRESS is a file that holds the number of blocks that came back. Ends after BLOCKS, or at SIGTERM
once everything sent has returned. Exit status 0 and "ok ..." only if the connection lived on and all of it was right."""
import hashlib
import signal
import socket
import sys
import threading
import time

BLOCK = 4096
WINDOW = 8  # blocks under way


def block(seed, number):
    return hashlib.shake_128(b"%d %d" % (seed, number)).digest(BLOCK)


def echo(sock):
    with sock:
        try:
            while data := sock.recv(65536):
                sock.sendall(data)
        except OSError:
            pass  # the client's side says so


def serve(port):
    listener = socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=64)
    while True:
        threading.Thread(target=echo, args=(listener.accept()[0],), daemon=True).start()


class Flow:
    def __init__(self, host, port, seed, progress, blocks=0, pause_ms=20):
        self.seed, self.blocks, self.pause = seed, blocks, pause_ms / 1000
        self.progress = open(progress, "w", encoding="ascii")
        self.sock = socket.create_connection((host, port), timeout=30)
        self.sock.settimeout(None)
        self.stop = threading.Event()
        self.window = threading.Semaphore(WINDOW)
        self.sent = 0

    def sender(self):
        while not self.stop.is_set() and (self.blocks == 0 or self.sent < self.blocks):
            self.window.acquire()
            self.sock.sendall(block(self.seed, self.sent))
            self.sent += 1
            time.sleep(self.pause)
        self.sock.shutdown(socket.SHUT_WR)

    def block_back(self):
        """The next block that returned, or None at the end."""
        data = b""
        while len(data) < BLOCK:
            more = self.sock.recv(BLOCK - len(data))
            if not more:
                break
            data += more
        if data and len(data) < BLOCK:
            raise OSError("closed within a block")
        return data or None

    def run(self):
        thread = threading.Thread(target=self.sender, daemon=True)
        thread.start()
        back = 0
        while (data := self.block_back()) is not None:
            if data != block(self.seed, back):
                raise OSError("block %d is not what was sent" % back)
            back += 1
            self.progress.seek(0)
            self.progress.write("%d\n" % back)
            self.progress.flush()
            self.window.release()
        thread.join(5)
        if back != self.sent or back == 0:
            raise OSError("%d blocks sent, %d came back" % (self.sent, back))
        return back


def main():
    if sys.argv[1] == "serve":
        serve(int(sys.argv[2]))
        return 0
    try:
        flow = Flow(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5], *map(int, sys.argv[6:]))
        signal.signal(signal.SIGTERM, lambda *_: flow.stop.set())
        print("ok %d blocks" % flow.run())
    except OSError as error:
        print("FAIL: the transfer broke: %s" % error)
        return 1
    return 0


sys.exit(main())
