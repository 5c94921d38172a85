#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Many handshakes and logins at once, on all workers: nobody waits for the signature of another one. (Proof of the rule
# that a worker goes on with its other work while pki signs.)
. "$(dirname "$0")/../lib/e2e.sh"

CONF_WORKERS=2
net_up 1
pki_make rsa
conf_write
gate_start
raw_py 1 <<'END'
import threading
from rawclient import *

bad = []


def one(n):
    try:
        c = Client(timeout=60)
        c.init(group="Staff")
        if not c.reply("user%02d" % (n % 10 + 1), PASSWORD).element("session-token"):
            bad.append("no token for %d" % n)
    except Exception as error:
        bad.append("%d: %r" % (n, error))


threads = [threading.Thread(target=one, args=(n,)) for n in range(60)]
for t in threads:
    t.start()
for t in threads:
    t.join()
expect("failed logins of 60 at once", [], bad)
END

# pki stands still: a handshake waits, but a connection that has its handshake behind it is served.
raw_py 1 "$(child_pid pki)" <<'END'
import os
import signal
import threading
from rawclient import *

pki = int(sys.argv[1])
clients = [Client() for _ in range(8)]
os.kill(pki, signal.SIGSTOP)
done = threading.Event()
stuck = [threading.Thread(target=lambda: (Client(timeout=30), done.set()), daemon=True) for _ in range(8)]
try:
    for t in stuck:
        t.start()
    for n, c in enumerate(clients):
        expect("request %d while pki stands still" % n, 200, c.init().status)
    expect("handshakes while pki stands still", False, done.is_set())
finally:
    os.kill(pki, signal.SIGCONT)
for t in stuck:
    t.join(30)
expect("handshakes afterwards", True, done.is_set())
END
