#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Two servers for one login, an authorization server behind passwords and behind a certificate, and whose word counts.
. "$(dirname "$0")/../lib/e2e.sh"

group() {
	CONF_GROUPS+="{ name = \"$1\"; general-attributes = { address-pool = [ \"POOL\" ]; default-group-policy = \"StaffPolicy\"; $2 };
		webvpn-attributes = { $3 group-alias = ( { name = \"$1\"; } ); group-url = ( { url = \"https://$GW_NAME/$1\"; } ); }; },"
}

TWO='authentication-server-group = [ "RAD" ]; secondary-authentication-server-group = [ "RAD2" ];'
CONF_GROUPS=''
group two "$TWO" ''
group same "$TWO secondary-authentication-use-primary-username = true;" ''
group second "$TWO authentication-attr-from-server = \"secondary\"; authenticated-session-username = \"secondary\";" ''
group mixed 'authentication-server-group = [ "RAD" ]; secondary-authentication-server-group = [ "LOCAL" ];' ''
group authz 'authentication-server-group = [ "RAD" ]; authorization-server-group = [ "RAD2" ]; authorization-required = true;' ''
group lax 'authentication-server-group = [ "RAD" ]; authorization-server-group = [ "RAD2" ];' ''
group known 'authentication-server-group = [ "RAD" ]; authorization-server-group = [ "LOCAL" ]; authorization-required = true;' ''
CONF_POLICIES='{ name = "One"; attributes = { banner = "one"; }; }, { name = "Two"; attributes = { banner = "two"; }; },'
CONF_LIMITS='login-attempts = 5;'
net_up 1
pki_make
conf_write
AAA_GROUPS=", { name = \"RAD2\"; hosts = ( { address = \"$IN_IP4\"; key = \"$RADIUS_SECRET\"; authentication-port = 1912;
	radius-common-pw = \"common\"; timeout = 3; retry-interval = 1; } ); }"
radius_aaa_conf
RADIUS_USERS='
tom Cleartext-Password := "first-word"
	Class = "One", Idle-Timeout = 600
bob Cleartext-Password := "first-word"
	Class = "One"
lost Cleartext-Password := "first-word"
'
radius_start
RADIUS_FIRST=$RADIUS_PID
RADIUS_USERS='
tom NAS-Port-Type == Virtual, Cleartext-Password := "second-word"
	Class = "Two"
tim Cleartext-Password := "second-word"
	Class = "Two"
bob Cleartext-Password := "common"
	Class = "Two", Framed-IP-Address = 192.168.100.44
'
radius_start "$W/radius2" 1912
gate_start

raw_py 1 <<'END'
import re
from rawclient import *


def attempt(group, **fields):
    c = Client()
    form = c.init(group=group)
    answer = c.post('<config-auth client="vpn" type="auth-reply" aggregate-auth-version="2"><version who="vpn">9</version>'
                    '<device-id>linux-64</device-id>%s<auth>%s</auth></config-auth>' % (
                        c.opaque, "".join("<%s>%s</%s>" % (k, v, k) for k, v in fields.items())))
    c.close()
    return re.findall(r'<input [^>]*name="(\w+)"', form.text), answer


def banner(answer):
    return answer.element("banner")


FOUR = ["username", "password", "secondary_username", "secondary_password"]
hidden = lambda answer: re.sub(r"<aggauth-handle>.*?</aggauth-handle>", "", answer.text)
refusals = set()
for first, second, good in (("first-word", "second-word", True), ("first-word", "wrong", False), ("wrong", "second-word", False),
                            ("wrong", "wrong", False), ("second-word", "first-word", False)):
    inputs, answer = attempt("two", username="tom", password=first, secondary_username="tim", secondary_password=second)
    expect("fields of two", FOUR, inputs)
    expect("%s, %s" % (first, second), good, bool(answer.element("session-token")))
    if good:
        expect("the primary's word counts", "one", banner(answer))
    else:
        refusals.add(hidden(answer))
expect("different texts of refusals", 1, len(refusals))

inputs, answer = attempt("same", username="tom", password="first-word", secondary_password="second-word")
expect("fields of same", ["username", "password", "secondary_password"], inputs)
expect_true("session with one name", bool(answer.element("session-token")), answer.text)
inputs, answer = attempt("same", username="tom", password="first-word", secondary_username="tim", secondary_password="wrong")
expect("one name, a wrong word", None, answer.element("session-token"))

inputs, answer = attempt("second", username="tom", password="first-word", secondary_username="tim", secondary_password="second-word")
expect("the secondary's word counts", "two", banner(answer))
inputs, answer = attempt("mixed", username="tom", password="first-word", secondary_username="bob", secondary_password=PASSWORD)
expect("with LOCAL as the second", "one", banner(answer))
inputs, answer = attempt("mixed", username="tom", password="first-word", secondary_username="bob", secondary_password="wrong")
expect("with LOCAL as the second, wrong", None, answer.element("session-token"))

# The authorization server's word counts before the authentication server's.
inputs, answer = attempt("authz", username="bob", password="first-word")
expect("policy of the authorization", "two", banner(answer))
inputs, answer = attempt("authz", username="lost", password="first-word")
expect("unknown to the authorization server", None, answer.element("session-token"))
inputs, answer = attempt("authz", username="bob", password="common")
expect("the common password is no password", None, answer.element("session-token"))
inputs, answer = attempt("lax", username="lost", password="first-word")
expect_true("not required", bool(answer.element("session-token")), answer.text)
inputs, answer = attempt("known", username="bob", password="first-word")
expect_true("LOCAL knows him", bool(answer.element("session-token")), answer.text)
inputs, answer = attempt("known", username="lost", password="first-word")
expect("LOCAL does not know him", None, answer.element("session-token"))
END
expect_eq "name of the session in second" 1 "$(session_json '[x for x in s if x["tunnel_group"] == "second" and x["username"] == "tim"].__len__()')"
gate_log '113004: AAA user authorization Successful : server =  .* : user = bob'

# The authorization server's address, and after a kill of auth everything is as before.
CLIENT_PASSWORD=first-word CLIENT_URL=/authz client_up 1 bob
expect_eq "its address" 192.168.100.44 "$(client_ip4 1)"
kill -KILL "$(child_pid auth)"
gate_log 'sessions restored, waiting to resume' 20
wait_for 20 "it is up again" ping4 1
expect_eq "its policy" "['Two']" "$(session_json 'str([x["group_policy"] for x in s if "192.168.100.44" in str(x)])')"
client_stop 1

# The authorization server is down.
radius_stop
raw_py 1 <<'END'
from rawclient import *

for group, good in (("authz", False), ("lax", True)):
    c = Client(timeout=60)
    c.init(group=group)
    expect("silence in " + group, good, bool(c.reply("bob", "first-word").element("session-token")))
    c.close()
END
radius_stop "$RADIUS_FIRST"
