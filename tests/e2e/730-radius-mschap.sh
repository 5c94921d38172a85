#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# password-management: MS-CHAPv2 with FreeRADIUS, a password that has expired and is changed by the user (at a server of our own), and PAP to a server
# that is said to be not capable of it.
. "$(dirname "$0")/../lib/e2e.sh"

group() {
	CONF_GROUPS+="{ name = \"$1\"; general-attributes = { address-pool = [ \"POOL\" ]; default-group-policy = \"StaffPolicy\";
		password-management = true; authentication-server-group = [ \"$2\" ]; };
		webvpn-attributes = { group-alias = ( { name = \"$1\"; } ); group-url = ( { url = \"https://$GW_NAME/$1\"; } ); }; },"
}

CONF_GROUPS=''
group managed RAD
group plain OLD
group expired DIR
CONF_LIMITS='login-attempts = 5;'
AAA_GROUPS=", { name = \"OLD\"; hosts = ( { address = \"$IN_IP4\"; key = \"$RADIUS_SECRET\"; authentication-port = 1812;
	mschapv2-capable = false; } ); },
	{ name = \"DIR\"; hosts = ( { address = \"$IN_IP4\"; key = \"$RADIUS_SECRET\"; authentication-port = 1912; } ); }"
RADIUS_USERS='
rita Cleartext-Password := "correct-horse"
'
net_up 1
pki_make
conf_write
radius_aaa_conf
radius_start
ip netns exec "$IN" /usr/bin/python3 "$ROOT/tests/lib/radius_expired.py" "$IN_IP4" 1912 "$RADIUS_SECRET" old-horse "$W/changed" &
EXPIRED_PID=$!
wait_for 10 "the second server listens" radius_listens "$EXPIRED_PID" 1912
gate_start

CLIENT_URL=/managed client_up 1 rita
expect_ok "traffic" ping4 1
client_stop 1
wait_for 10 "session ends" sessions_are 0
expect_match "MS-CHAPv2 was spoken" '^0x' "$(radius_detail auth MS-CHAP2-Response)"
expect_eq "and no password was sent" '' "$(radius_detail auth User-Password)"

# Expired: openconnect asks for another one, twice.
CLIENT_PASSWORD=$'old-horse\nnew-horse\nnew-horse' CLIENT_URL=/expired client_up 1 eve
expect_ok "traffic" ping4 1
expect_match "the user is told" 'expired' "$(client_log 1)"
expect_eq "the server got" "eve new-horse" "$(cat "$W/changed")"
client_stop 1
wait_for 10 "session ends" sessions_are 0
gate_log '113005: .*reason = Password has expired'

raw_py 1 <<'END'
import re
from rawclient import *


def answer(c, **fields):
    return c.post('<config-auth client="vpn" type="auth-reply" aggregate-auth-version="2"><version who="vpn">9</version>'
                  '<device-id>linux-64</device-id>%s<auth>%s</auth></config-auth>' % (
                      c.opaque, "".join("<%s>%s</%s>" % (k, v, k) for k, v in fields.items())))


def inputs(response):
    return re.findall(r'<input [^>]*name="(\w+)"', response.text)


def first(user, password, group="managed"):
    c = Client()
    c.init(group=group)
    return c, c.reply(user, password)


c, response = first("rita", "wrong")
expect_true("wrong", "Login failed." in response.text, response.text)
c.close()
c, response = first("eve", "old-horse", "expired")
expect("form of an expired password", ["new_password", "verify_password"], inputs(response))
response = answer(c, new_password="new-horse", verify_password="new-house")
expect_true("two different ones", "not the same" in response.text, response.text)
expect("the form again", ["new_password", "verify_password"], inputs(response))
response = answer(c, new_password="short", verify_password="short")
expect("the form again for one that the server does not like", ["new_password", "verify_password"], inputs(response))
expect_true("and it says so", "<error" in response.text, response.text)
response = answer(c, new_password="brand-new-horse")
expect_true("one that it likes", bool(response.element("session-token")), response.text)
c.close()
# It has to prove that it knows the new one.
c, response = first("eve", "old-horse", "expired")
response = answer(c, new_password="proofless")
expect_true("a server that proves nothing", "Login failed." in response.text, response.text)
c.close()
c, response = first("rita", PASSWORD, "plain")
expect_true("PAP to the old server", bool(response.element("session-token")), response.text)
c.close()
END
expect_eq "the password was sent" "$PASSWORD" "$(radius_detail auth User-Password)"
