#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Abused logins. Groups that nobody gets into (no client in their policy, no login allowed, servers without a key) refuse in
# the words of a wrong password (its time: test_login), and no password of a user is looked at for them. A user whom somebody
# locks out gets in where he is known, and nowhere else, also after auth was killed; one address locks no more than five
# users, and guesses no more. One password with many names makes its next user wait, wherever he comes from.
. "$(dirname "$0")/../lib/e2e.sh"

group() {
	CONF_GROUPS+="{ name = \"$1\"; general-attributes = { default-group-policy = \"$1\"; $2 };
		webvpn-attributes = { group-alias = ( { name = \"$1\"; } ); }; },"
	CONF_POLICIES+="{ name = \"$1\"; attributes = { $3 }; },"
}
CONF_GROUPS='' CONF_POLICIES=''
group noclient '' 'vpn-tunnel-protocol = [ "ikev2" ];'
group nologins '' 'vpn-simultaneous-logins = 0;'
group radius 'authentication-server-group = [ "ISE" ];' ''
CONF_LIMITS='login-attempts = 16;'
net_up 3
pki_make
conf_write
cat >"$W/conf/aaa.conf" <<-END
	local-authentication-attempts-max-fail = 2;
	aaa-server-groups = ( { name = "ISE"; hosts = ( { address = "192.0.2.250"; } ); } );
END
chmod 600 "$W/conf/aaa.conf"
gate_start
ctl() { "$SEKISHO_BIN/sekishoctl" -s "$W/control" "$@"; }

# Logins, each on a connection of its own: logins CLIENT USER:PASSWORD[:GROUP].. ("-" is the right password); prints for each
# "in", "failed" or "gone".
logins() {
	raw_py "$@" <<-'PY'
	from rawclient import *

	said = []
	for one in sys.argv[1:]:
	    user, password, group = (one + ":Staff").split(":")[:3]
	    try:
	        c = Client()
	        c.init(group=group)
	        answer = c.reply(user, PASSWORD if password == "-" else password)
	        said.append("in" if answer.element("session-token") else "failed")
	        c.close()
	    except (OSError, Closed):
	        said.append("gone")
	print(*said)
	PY
}

# ---- groups that nobody gets into ----

expect_eq "the right password there" "failed failed failed" "$(logins 1 bob:-:noclient bob:-:nologins bob:-:radius)"
gate_log 'nobody gets into tunnel-group noclient: vpn-tunnel-protocol lacks ssl-client'
gate_log 'nobody gets into tunnel-group nologins: vpn-simultaneous-logins is 0'
gate_log 'tunnel-group radius is closed'
# Wrong ones would lock bob out, if anybody looked at them.
expect_eq "wrong ones" "failed failed failed in" "$(logins 1 bob:x:noclient bob:x:nologins bob:x:noclient bob:-)"
raw_py 1 <<'PY'
from rawclient import *

texts = {}
for group in ("Staff", "noclient", "nologins", "radius"):
    c = Client()
    c.init(group=group)
    text = c.reply("nobody", "wrong").text
    text = re.sub(r"<aggauth-handle>.*?</aggauth-handle>|<tunnel-group>.*?</tunnel-group>|%s" % group, "", text)
    c.close()
    # What is selected, and thus stands first, is the client's choice.
    texts[group] = sorted(re.sub(r"<option.*?</option>|<select.*?>", "", text).split("\n")), len(re.findall("<option", text))
for group in texts:
    expect("text of a wrong password at " + group, texts["Staff"], texts[group])
PY

# ---- lockout ----

expect_eq "alice is known at 1" "in" "$(logins 1 alice:-)"
expect_eq "2 locks her out" "failed failed failed" "$(logins 2 alice:x alice:x alice:-)"
gate_log '113006: User alice locked out on exceeding 2 successive failed authentication attempts'
expect_eq "where she is known" "in failed in" "$(logins 1 alice:- alice:x alice:-)"
expect_eq "where she is not" "failed" "$(logins 3 alice:-)"
old=$(child_pid auth)
kill -9 "$old"
is_restarted() { [ -n "$(child_pid auth)" ] && [ "$(child_pid auth)" != "$old" ] && ctl show aaa local user; }
wait_for 10 "auth is restarted" is_restarted
expect_match "after a restart she is locked" ' Y +alice' "$(ctl show aaa local user)"
expect_eq "and known" "in" "$(logins 1 alice:-)"
expect_eq "five users are locked, with alice" "failed failed failed failed failed failed failed failed" \
	"$(logins 2 user0{1..4}:{x,y})"
expect_eq "and no more: 2 guesses nothing now" "failed failed failed" "$(logins 2 carol:x carol:y carol:-)"
expect_eq "carol elsewhere" "in" "$(logins 3 carol:-)"
ctl clear aaa local user lockout all >/dev/null
expect_eq "all are free" "in in" "$(logins 2 carol:- alice:-)"

# ---- one password, many names ----

echo 'threat-detection = { spraying = { users = 3; }; };' >>"$W/conf/gateway.conf"
ctl reload >/dev/null || fail "reload"
expect_eq "two names from one address" "failed failed" "$(logins 1 u1:Winter26 u2:Winter26)"
expect_eq "the third from another" "failed" "$(logins 2 u3:Winter26)"
gate_log 'threat detection: one password is tried with many user names'
begin=$EPOCHREALTIME
expect_eq "whoever has that password" "failed" "$(logins 3 u4:Winter26)"
took=$((${EPOCHREALTIME/./} - ${begin/./}))
[ "$took" -ge 1000000 ] || fail "waits, expected a second, got $took us"
gate_stop
