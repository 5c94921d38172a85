#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# INV-1: no tunnel without a login. A CONNECT without a valid token gets 401, however it is malformed; a token that was
# given up is worth nothing. (An expired token: 230-session-timeout.)
. "$(dirname "$0")/../lib/e2e.sh"

usual_start
raw_py 1 <<'END'
from rawclient import *


def refused(what, token=None, headers=(), wanted=(401,)):
    c = Client()
    try:
        status = c.connect(token, headers).status
    except Closed:
        status = "closed"
    expect_true(what + ", expected %r" % (wanted,), status in wanted, status)


good = Client().login("alice", group="Staff")
expect("length of a token", 64, len(good))
refused("no cookie")
refused("empty token", "")
refused("forged token", "0" * 64)
refused("last digit changed", good[:-1] + ("0" if good[-1] != "0" else "1"))
refused("too short", good[:-1])
refused("too long", good + "0")
refused("not hexadecimal", "z" * 64)
refused("another cookie's name", headers=["Cookie: webvpnx=" + good])
refused("name without value", headers=["Cookie: webvpn"])
refused("quoted", '"' + good + '"', wanted=(401, 400))
refused("token of 10000 digits", "a" * 10000, wanted=(400, 401, 431))
refused("wildcards", "%" * 64)
refused("token in the URL only", headers=["X-Token: " + good])
refused("control characters", "\x01" * 64, wanted=(400, 401))
for n in range(64):
    refused("random token", "%064x" % (int(good, 16) ^ (1 << (n * 4))))

# The right one works, for a second time too (reconnect), and the newest connection wins.
one = Client()
expect("the token", 200, one.connect(good).status)
two = Client()
answer = two.connect(good)
expect("the token again", 200, answer.status)
expect_true("the older connection is closed", one.is_closed(), "open")

# After a goodbye it is dead.
two.frame(DISCONNECT, b"\xb0bye")
expect_true("goodbye closes", two.is_closed(), "open")
refused("token after the goodbye", good)

# After a logout too.
token = Client().login("alice", group="Staff")
Client().request("GET", "/logout", headers=["Cookie: webvpn=" + token])
refused("token after the logout", token)

# Frames before a login are no tunnel.
c = Client()
c.frame(DATA, echo4("192.168.100.1", "10.99.0.2"))
expect_true("frames without CONNECT", c.is_closed(), "open")
END
gate_log 'ASA-4-722003: IP 192\.0\.2\.11 Error authenticating SVC connect request'
expect_no_match "tokens in the log" '[0-9a-f]{64}' "$(cat "$GATE_LOG")"
