#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# proxy-auth sdi: a token server's messages become the forms that fit them, and those that the user need not see are answered
# for him; one text is configured.
. "$(dirname "$0")/../lib/e2e.sh"

CONF_GROUPS="{ name = \"sdi\"; general-attributes = { address-pool = [ \"POOL\" ]; default-group-policy = \"StaffPolicy\";
	authentication-server-group = [ \"RAD\" ]; };
	webvpn-attributes = { proxy-auth = \"sdi\"; group-alias = ( { name = \"sdi\"; } );
	  group-url = ( { url = \"https://$GW_NAME/sdi\"; } ); }; },"
CONF_LIMITS='login-attempts = 5;'
AAA_HOST='sdi-messages = ( { code = "next-code"; text = "gimme another"; } );'
RADIUS_MODULES='
	always reject {
	  rcode = reject
	}
	always handled {
	  rcode = handled
	}
'
RADIUS_AUTHORIZE=
# step USER STATE EXPECTED NEXT MESSAGE: what the server wants to read in that state, and what it says then; no next: accept.
step() {
	local user=$1 state=$2 expected=$3 next=$4 message=$5
	local test="&User-Name == \"$user\" && "
	[ -n "$state" ] && test+="&State == 0x$state" || test+='!&State'
	RADIUS_AUTHORIZE+="if ($test) {
	  if (&User-Password != \"$expected\") {
	    reject
	  }
"
	if [ -n "$next" ]; then
		RADIUS_AUTHORIZE+="
	  update reply {
	    State := 0x$next
	    Reply-Message := \"$message\"
	    Message-Authenticator := 0x00
	  }
	  update control {
	    Response-Packet-Type := Access-Challenge
	  }
	  handled
	"
	else
		RADIUS_AUTHORIZE+="
	  update control {
	    Auth-Type := Accept
	  }
	"
	fi
	RADIUS_AUTHORIZE+="}
"
}
step next '' 111111 11 'gimme another code'
step next 11 222222 '' ''
step pin '' 111111 21 'Enter your new Alpha-Numerical PIN'
step pin 21 4711 22 'Reenter PIN:'
step pin 22 4711 23 'Wait for the code to change, then enter the new PIN with the next card code'
step pin 23 4711333333 '' ''
step system '' 111111 41 'Do you want to enter your own pin? (y/n)'
step system 41 n 42 'ARE YOU PREPARED TO ACCEPT A SYSTEM GENERATED PIN?'
step system 42 y 43 'Please remember your new PIN: 8080'
step system 43 ok '' ''
step loop '' 111111 51 'ACCEPT A SYSTEM GENERATED PIN'
step loop 51 y 51 'ACCEPT A SYSTEM GENERATED PIN'
RADIUS_USERS=''
net_up 1
pki_make
conf_write
radius_aaa_conf
radius_start
gate_start

# openconnect: a new PIN is typed twice, and sent once to us, twice to the server.
CLIENT_PASSWORD=$'111111\n4711\n4711\n4711333333' CLIENT_URL=/sdi client_up 1 pin
expect_ok "traffic" ping4 1
expect_match "the PIN is asked for" 'Enter your new Alpha-Numerical PIN' "$(client_log 1)"
expect_match "and the next code with it" 'new PIN with the next card code' "$(client_log 1)"
client_stop 1
wait_for 10 "session ends" sessions_are 0

raw_py 1 <<'END'
import re
from rawclient import *


def answer(c, **fields):
    return c.post('<config-auth client="vpn" type="auth-reply" aggregate-auth-version="2"><version who="vpn">9</version>'
                  '<device-id>linux-64</device-id>%s<auth>%s</auth></config-auth>' % (
                      c.opaque, "".join("<%s>%s</%s>" % (k, v, k) for k, v in fields.items())))


def inputs(response):
    return re.findall(r'<input [^>]*name="(\w+)"', response.text)


def first(user):
    c = Client()
    form = c.init(group="sdi")
    expect_true("label of the first form", 'label="Passcode:"' in form.text, form.text)
    return c, c.reply(user, "111111")


c, response = first("next")
expect("form of next-code", ["answer"], inputs(response))
expect_true("its label", 'label="Passcode:"' in response.text, response.text)
expect_true("session", bool(answer(c, password="222222").element("session-token")), "")
c.close()

c, response = first("pin")
expect("form of new-pin-req", ["new_password", "verify_pin"], inputs(response))
response = answer(c, new_password="4711", verify_pin="4712")
expect_true("two different PINs", "not the same" in response.text, response.text)
expect("the form again", ["new_password", "verify_pin"], inputs(response))
response = answer(c, new_password="4711", verify_pin="4711")
expect("form of next-ccode-and-reauth", ["answer"], inputs(response))
expect_true("session", bool(answer(c, password="4711333333").element("session-token")), "")
c.close()

c, response = first("system")
expect("form of new-pin-meth", ["whichpin"], inputs(response))
response = answer(c, password="n")
expect_true("the PIN is shown", "Please remember your new PIN: 8080" in response.text, response.text)
expect_true("session", bool(answer(c, password="ok").element("session-token")), "")
c.close()

# A server that asks without end what nobody sees: the user sees it at last.
c, response = first("loop")
expect("a form after all", ["answer"], inputs(response))
c.close()
END
