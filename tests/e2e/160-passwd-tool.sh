#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Users that sekisho-passwd writes can log in, with either kind of hash; others' lines stay as they were.
. "$(dirname "$0")/../lib/e2e.sh"

net_up 1
pki_make
conf_write
"$SEKISHO_BIN/sekisho-passwd" --help >"$W/help" 2>&1 || "$SEKISHO_BIN/sekisho-passwd" -h >"$W/help" 2>&1 || true
expect_match "help" 'usage: sekisho-passwd' "$(cat "$W/help")"

printf 'first-secret\n' | "$SEKISHO_BIN/sekisho-passwd" -c "$W/conf" erin || fail "new user, expected status 0, got $?"
printf 'second-secret\n' | "$SEKISHO_BIN/sekisho-passwd" -c "$W/conf" carol || fail "known user, expected status 0, got $?"
expect_match "yescrypt is the default" 'erin.*\$y\$' "$(tr -d '\n' <"$W/conf/users.conf")"
expect_no_match "clear text in the file" 'first-secret|second-secret' "$(cat "$W/conf/users.conf")"
expect_eq "mode of the file" 600 "$(stat -c %a "$W/conf/users.conf")"
expect_ok "the result is valid" "$SEKISHO_BIN/sekishod" -c "$W/conf" -t

gate_start
raw_py 1 <<'END'
from rawclient import *

for user, password in (("erin", "first-secret"), ("carol", "second-secret"), ("bob", PASSWORD)):
    Client().login(user, password, group="Staff")
c = Client()
c.init(group="Staff")
expect_true("the old password of carol", not c.reply("carol", PASSWORD).element("session-token"), "a token")
END
