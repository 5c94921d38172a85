#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Access-Challenge: two rounds with State as forms of openconnect, wrong answers, answers that come too late, and logins that
# are left in the middle.
. "$(dirname "$0")/../lib/e2e.sh"

CONF_GROUPS="{ name = \"rad\"; general-attributes = { address-pool = [ \"POOL\" ]; default-group-policy = \"StaffPolicy\";
	authentication-server-group = [ \"RAD\" ]; };
	webvpn-attributes = { group-alias = ( { name = \"rad\"; } ); group-url = ( { url = \"https://$GW_NAME/rad\"; } ); }; },"
CONF_LIMITS='login-attempts = 5;'
RADIUS_MODULES='
	always reject {
	  rcode = reject
	}
	always handled {
	  rcode = handled
	}
'
# First the password, then two codes, each in a State of its own.
RADIUS_AUTHORIZE='
	if (!&State) {
	  if (&User-Password != "correct-horse") {
	    reject
	  }
	  update reply {
	    State := 0x6f6e65
	    Reply-Message := "Enter the code from your token:"
	    Message-Authenticator := 0x00
	  }
	  update control {
	    Response-Packet-Type := Access-Challenge
	  }
	  handled
	}
	elsif (&State == 0x6f6e65) {
	  if (&User-Password != "111111") {
	    reject
	  }
	  update reply {
	    State := 0x74776f
	    Reply-Message := "And the next one, please:"
	    Message-Authenticator := 0x00
	  }
	  update control {
	    Response-Packet-Type := Access-Challenge
	  }
	  handled
	}
	elsif (&State == 0x74776f) {
	  if (&User-Password != "222222") {
	    reject
	  }
	  update control {
	    Auth-Type := Accept
	  }
	}
'
RADIUS_USERS=''
net_up 1
pki_make
conf_write
radius_aaa_conf
radius_start
gate_start

# The real client, on its standard input one answer for each form.
CLIENT_PASSWORD=$'correct-horse\n111111\n222222' CLIENT_URL=/rad client_up 1 tom
expect_ok "traffic" ping4 1
expect_match "the first question is shown" 'Enter the code from your token' "$(client_log 1)"
expect_match "and the second" 'And the next one, please' "$(client_log 1)"
gate_log '113010: AAA challenge received for user tom from server .*\.'
expect_eq "State of the last request" 0x74776f "$(radius_detail auth State)"
expect_eq "User-Name of the last request" tom "$(radius_detail auth User-Name)"
client_stop 1
wait_for 10 "session ends" sessions_are 0

raw_py 1 <<'END'
import re
from rawclient import *


def answer(c, code, opaque=None):
    xml = ('<config-auth client="vpn" type="auth-reply" aggregate-auth-version="2"><version who="vpn">9</version>'
           '<device-id>linux-64</device-id>%s<auth>%s</auth></config-auth>' % (
               opaque or c.opaque, "" if code is None else "<password>%s</password>" % code))
    return c.post(xml)


def first(user="tom"):
    c = Client()
    c.init(group="rad")
    return c, c.reply(user, PASSWORD)


c, response = first()
expect_true("a challenge form", '<auth id="challenge">' in response.text, response.text)
expect_true("one input", re.findall(r'<input [^>]*name="(\w+)"', response.text) == ["answer"], response.text)
expect_true("no State is shown", "6f6e65" not in response.text and ">one<" not in response.text, response.text)
old = c.opaque
response = answer(c, "111111")
expect_true("the next", "And the next one" in response.text, response.text)
# The handle of the first round is used up, and so is what hangs on it.
late = Client()
late.init(group="rad")
response = answer(late, "222222", old)
expect_true("a used handle opens nothing", response.element("session-token") is None, response.text)
response = answer(c, "222222")
expect_true("a session", bool(response.element("session-token")), response.text)
c.close()

# A wrong answer: the uniform text, and from the beginning.
c, response = first()
response = answer(c, "999999")
expect_true("the uniform text", "Login failed." in response.text, response.text)
expect_true("the first form again", 'name="username"' in response.text, response.text)
response = c.reply("tom", PASSWORD)
expect_true("once more", "Enter the code" in response.text, response.text)
c.close()
# Without an answer.
c, response = first()
response = answer(c, None)
expect_true("no answer", "Login failed." in response.text, response.text)
c.close()
# The choice of another group in the middle counts for nothing.
c, response = first()
response = c.post('<config-auth client="vpn" type="auth-reply" aggregate-auth-version="2"><version who="vpn">9</version>'
                  '<device-id>linux-64</device-id>%s<auth><password>111111</password></auth><group-select>Staff</group-select>'
                  '</config-auth>' % c.opaque)
expect_true("a challenge all the same", "And the next one" in response.text, response.text)
c.close()
# Two hundred that are left in the middle.
for i in range(200):
    c, response = first("user%d" % i)
    c.close()
expect_true("still served", "Enter the code" in first()[1].text, "")
END
expect_eq "sessions" 1 "$(session_count)"
