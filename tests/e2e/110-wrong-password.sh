#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A wrong password is refused with a new form and the right one then accepted; too many refusals end the connection.
. "$(dirname "$0")/../lib/e2e.sh"

CONF_LIMITS='login-attempts = 3;'
usual_start

client_typed 1 alice --authgroup=Staff -- wrong-one "$PASSWORD"
expect_match "the refusal is shown" 'Login failed' "$(client_log 1)"
expect_ok "traffic" ping4 1
gate_log 'ASA-6-113015: AAA user authentication Rejected : reason = .* : local database : user = \*\*\*\*\*|ASA-6-113015.*user = alice'
gate_log 'ASA-6-113012: AAA user authentication Successful : local database : user = alice'
expect_no_match "passwords in the log" "wrong-one|$PASSWORD" "$(cat "$GATE_LOG")"

raw_py 1 <<'END'
from rawclient import *

c = Client()
c.init(group="Staff")
for attempt in range(3):
    answer = c.reply("alice", "wrong")
    expect("status of refusal %d" % attempt, 200, answer.status)
    expect_true("refusal %d has an error" % attempt, answer.element("error") is not None, answer.text)
    expect_true("refusal %d gives no token" % attempt, not answer.element("session-token"), answer.text)
expect_true("the connection is closed after three refusals", c.is_closed(), "open")

# A reply with a handle of nobody's, or used a second time after success, is no login.
c = Client()
c.init(group="Staff")
answer = c.reply("alice", PASSWORD, opaque='<opaque is-for="sg"><tunnel-group>STAFF</tunnel-group>'
                 "<aggauth-handle>12345</aggauth-handle></opaque>")
expect_true("forged handle is no login", not answer.element("session-token"), answer.text)
c = Client()
c.init(group="Staff")
opaque = c.opaque
answer = c.reply("alice", PASSWORD)
expect_true("login", bool(answer.element("session-token")), answer.text)
answer = c.reply("alice", PASSWORD, opaque=opaque)
expect_true("a handle is good for one login", not answer.element("session-token"), answer.text)
END
