#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# vpn-session-timeout ends a session however busy it is. A token that was never used dies after cookie-timeout.
. "$(dirname "$0")/../lib/e2e.sh"

CONF_STAFF='vpn-session-timeout = 1;'
CONF_LIMITS='cookie-timeout = 10;'
usual_start 2
client_up 1 alice --authgroup=Staff
in_client 1 ping -n -q -i 1 $IN_IP4 >/dev/null &
start=$SECONDS
raw_py 2 <<'END'
import time
from rawclient import *

early, late = Client().login("bob", group="Engineering"), Client().login("carol", group="Engineering")
expect("a fresh token", 200, Client().connect(early).status)
time.sleep(11)
expect("INV-1: an expired token", 401, Client().connect(late).status)
END
wait_for 90 "the client is told" is_gone "${CLIENT_PID[1]}"
expect_between "seconds until the session timeout" 50 $((SECONDS - start)) 80
gate_log 'ASA-4-113019: .*Username = alice.*Reason: Max time exceeded'
