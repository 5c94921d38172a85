#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# INV-3: a failed login tells nobody whether the user, the group or the password was wrong, in words or in time.
. "$(dirname "$0")/../lib/e2e.sh"

CONF_LIMITS='login-attempts = 16;'
CONF_WORKERS=1
# A user of each kind: known with the usual hash, with a user-specific policy that locks the group, unknown.
CONF_ALICE='group-lock = "ENG";'
# Costly hashes, so that a login without one stands out from the noise.
hash_password() {
	openssl passwd -6 -salt 'rounds=20000$sekishotest' "$PASSWORD"
}
usual_start
raw_py 1 "${SEKISHO_SAN:-none}" <<'END'
import re
import statistics
import time
from rawclient import *

cases = {"wrong password": ("bob", "wrong"), "unknown user": ("nobody", "wrong"), "unknown, long": ("n" * 200, "wrong"),
         "empty password": ("bob", ""), "empty user": ("", "x"), "locked to another group, wrong": ("alice", "wrong"),
         "locked to another group, right": ("alice", PASSWORD)}
texts, times = {}, {name: [] for name in cases}
for turn in range(9):
    for name, (user, password) in cases.items():
        c = Client()
        c.init(group="Staff")
        begin = time.monotonic()
        answer = c.reply(user, password)
        times[name].append(time.monotonic() - begin)
        expect("status, " + name, 200, answer.status)
        # The handle is new each time; everything else must be the same.
        texts[name] = re.sub(r"<aggauth-handle>.*?</aggauth-handle>", "", answer.text)
        c.close()
first = texts["wrong password"]
expect_true("a refusal says so", "Login failed" in first, first)
for name, text in texts.items():
    expect("text, " + name, first, text)

# An empty field says nothing about any account: it may be refused sooner.
del times["empty password"], times["empty user"]

# Roughly: the medians lie close together (the hash takes most of them). Sanitizers disturb more than they show.
if sys.argv[1] == "none":
    medians = {name: statistics.median(values) for name, values in times.items()}
    low, high = min(medians.values()), max(medians.values())
    expect_true("times within 30 % or 1.5 ms of each other", high - low < max(0.3 * high, 0.0015), medians)
END
