#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# No process waits for another one: while auth stands still, tunnels pass packets and a login gets an HTTP error in time;
# while pki stands still, tunnels and connections that are there go on. (pki: 130-handshakes-side-by-side.)
. "$(dirname "$0")/../lib/e2e.sh"

CONF_LIMITS="login-timeout = 15;"
usual_start 2
client_up 1 alice --authgroup=Staff
client_dtls 1
auth=$(child_pid auth)
kill -STOP "$auth"
expect_ok "traffic while auth stands still" ping4 1
raw_py 2 <<'END'
from rawclient import *

# A page that needs no auth is served at once, a login is refused when it takes too long: the client is not left hanging.
expect("GET / while auth stands still", 200, Client(timeout=5).request("GET", "/").status)
c = Client(timeout=40)
try:
    status = c.init().status
except Closed:
    status = "closed"
expect_true("login while auth stands still", status in (500, 503, 504, "closed"), status)
END
expect_fail "show-sessions while auth stands still" timeout 30 "$SEKISHO_BIN/show-sessions" -c "$W/conf"
kill -CONT "$auth"
client_up 2 bob --authgroup=Staff
expect_ok "traffic of a new client" ping4 2
expect_eq "sessions" 2 "$(session_count)"
expect_eq "auth is the same process" "$auth" "$(child_pid auth)"
