#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Tunnel groups whose servers can never be asked (no key) are accepted with a warning and let nobody in: in the words of a
# wrong password (INV-3), in its time, and without a look at the password (test_login shows both). The log tells why. So it
# is for a user without a password. LOCAL behind such servers does not help: it is for when they are silent. A group where
# nobody's authorization is required is open.
. "$(dirname "$0")/../lib/e2e.sh"

group() {
	CONF_GROUPS+="{ name = \"$1\"; general-attributes = { address-pool = [ \"POOL\" ]; default-group-policy = \"StaffPolicy\"; $2 };
		webvpn-attributes = { $3 group-alias = ( { name = \"$1\"; } ); }; },"
}

CONF_GROUPS=''
group radius 'authentication-server-group = [ "ISE" ];' ''
group second 'secondary-authentication-server-group = [ "ISE" ];' ''
group authz 'authorization-server-group = [ "ISE" ]; authorization-required = true;' ''
group behind 'authentication-server-group = [ "ISE", "LOCAL" ];' ''
group lax 'authorization-server-group = [ "ISE" ];' ''
CONF_LIMITS='login-attempts = 16;'
net_up 1
pki_make
conf_write
echo 'aaa-server-groups = ( { name = "ISE"; hosts = ( { address = "192.0.2.250"; } ); } );' >"$W/conf/aaa.conf"
chmod 600 "$W/conf/aaa.conf"
sed -i 's|^usernames = (|&\n  { name = "mute"; },|' "$W/conf/users.conf"

warnings=$("$SEKISHO_BIN/sekishod" -t -c "$W/conf" 2>&1) || fail "-t, expected success, got: $warnings"
for group in radius second authz behind; do
	expect_match "warning about $group" "warning.*$group" "$warnings"
done
[[ $warnings != *"(lax): closed"* ]] || fail "no warning that lax is closed, got: $warnings"
gate_start

raw_py 1 <<'END'
import re
from rawclient import *

cases = {"wrong password": ("Staff", "bob", "wrong"), "no password": ("Staff", "mute", PASSWORD), "no password, empty": ("Staff", "mute", "x")}
for group in ("radius", "authz", "behind"):
    cases[group + ", right"] = (group, "bob", PASSWORD)
    cases[group + ", wrong"] = (group, "bob", "wrong")
    cases[group + ", nobody"] = (group, "nobody", "wrong")
texts = {}
for name, (group, user, password) in cases.items():
    c = Client()
    c.init(group=group)
    answer = c.reply(user, password)
    expect("status, " + name, 200, answer.status)
    expect("no session, " + name, None, answer.element("session-token"))
    # Handle, group and what is selected are the client's own choice; everything else must be the same.
    text = re.sub(r"<aggauth-handle>.*?</aggauth-handle>|<tunnel-group>.*?</tunnel-group>|<group-alias>.*?</group-alias>", "", answer.text)
    options = sorted(re.findall(r"<option\b[^>]*>(.*?)</option>", text))
    texts[name] = (re.sub(r"<option\b[^>]*>.*?</option>\s*", "", text), options)
    c.close()
first = texts["wrong password"]
expect_true("a refusal says so", "Login failed" in first[0], first)
for name, text in texts.items():
    expect("text, " + name, first, text)
END
gate_log 'login refused: tunnel-group radius is closed: .*ISE'
gate_log 'login refused: tunnel-group authz is closed: '
gate_log '113015.*User has no password'
expect_eq "sessions" 0 "$(session_count)"

# Everybody else gets in.
for group in Staff lax; do
	client_up 1 bob --authgroup=$group
	expect_ok "traffic by $group" ping4 1
	client_stop 1
	wait_for 10 "session ends" sessions_are 0
done
