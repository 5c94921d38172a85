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
import time
from urllib.parse import urlencode

from rawclient import *

cases = {"wrong password": ("bob", "wrong"), "unknown user": ("nobody", "wrong"), "unknown, long": ("n" * 200, "wrong"),
         "empty password": ("bob", ""), "empty user": ("", "x"), "locked to another group, wrong": ("alice", "wrong"),
         "locked to another group, right": ("alice", PASSWORD)}
texts, times = {}, {name: [] for name in cases}
for turn in range(20):
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

# The same without the XML protocol: forms, and IP phones. The user's fault and the password's look alike to each.
def ask(method, path, fields=None, type="application/x-www-form-urlencoded"):
    body = urlencode(fields).encode() if fields is not None else b""
    c = Client()
    begin = time.monotonic()
    c.send(b"%s %s HTTP/1.1\r\nHost: gw.example.com\r\nX-Transcend-Version: 1\r\nContent-Type: %s\r\n"
           b"Content-Length: %d\r\n\r\n%s" % (method.encode(), path.encode(), type.encode(), len(body), body))
    answer = c.response()
    took = time.monotonic() - begin
    c.close()
    return answer, took


old = {}
times.update({"form, " + name: [] for name in cases})
times.update({"phone, " + name: [] for name in cases})
for turn in range(20):
    for name, (user, password) in cases.items():
        answer, _ = ask("GET", "/staff")
        hidden = dict(re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', answer.text))
        answer, took = ask("POST", "/+webvpn+/index.html", dict(hidden, username=user, password=password))
        times["form, " + name].append(took)
        old["form, " + name] = (answer.status, answer.all("Set-Cookie"), re.sub(r"[0-9a-f]{64}", "", answer.text))
        answer, took = ask("POST", "/svc", {"username": user, "password": password})
        times["phone, " + name].append(took)
        old["phone, " + name] = (answer.status, answer.all("Set-Cookie"), answer.text)
for kind in ("form", "phone"):
    first = old[kind + ", wrong password"]
    expect_true("a refusal says so, " + kind, "Login failed." in first[2], first)
    for name in cases:
        expect("text, %s, %s" % (kind, name), first, old["%s, %s" % (kind, name)])

# An empty field says nothing about any account: it may be refused sooner.
for kind in ("", "form, ", "phone, "):
    del times[kind + "empty password"], times[kind + "empty user"]

# Roughly: the shortest times lie close together (the hash takes most of them; what else runs on the machine only adds to
# them). Sanitizers disturb more than they show.
if sys.argv[1] == "none":
    for kind in ("", "form, ", "phone, "):
        shortest = {name: min(times[kind + name]) for name in cases if kind + name in times}
        low, high = min(shortest.values()), max(shortest.values())
        expect_true("times within 30 % or 1.5 ms of each other, " + kind, high - low < max(0.3 * high, 0.0015), shortest)
END
