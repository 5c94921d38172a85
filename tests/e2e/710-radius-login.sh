#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Logins whose passwords FreeRADIUS checks: accept, reject with and without its message, a name that nobody has, a server that
# is down with and without LOCAL behind it, one on IPv6, a group policy by Class, attributes that outlive a restart of auth.
. "$(dirname "$0")/../lib/e2e.sh"

group() {
	CONF_GROUPS+="{ name = \"$1\"; general-attributes = { address-pool = [ \"POOL\" ]; default-group-policy = \"StaffPolicy\"; $2 };
		webvpn-attributes = { $3 group-alias = ( { name = \"$1\"; } ); group-url = ( { url = \"https://$GW_NAME/$1\"; } ); }; },"
}

CONF_GROUPS=''
group rad 'authentication-server-group = [ "RAD" ];' ''
group told 'authentication-server-group = [ "RAD" ];' 'radius-reject-message = true;'
group both 'authentication-server-group = [ "RAD", "LOCAL" ];' ''
group six 'authentication-server-group = [ "SIX" ];' ''
CONF_POLICIES='{ name = "ClassPolicy"; attributes = { vpn-simultaneous-logins = 3; banner = "by class"; }; },'
CONF_LIMITS='login-attempts = 16;'
RADIUS_USERS='
rita Cleartext-Password := "correct-horse"
	Class = "OU=ClassPolicy;", Idle-Timeout = 1234, Framed-IP-Address = 192.168.100.33, ASA-Primary-DNS = 10.99.0.77
bob Cleartext-Password := "other-horse"
ruth Cleartext-Password := "correct-horse"
	Class = "NoSuchPolicy", ASA-IPsec-Split-Tunnel-List = "no-such-list"
DEFAULT Auth-Type := Reject
	Reply-Message = "Go away, said the server"
'
net_up 1
pki_make
conf_write
AAA_GROUPS=", { name = \"SIX\"; hosts = ( { address = \"$IN_IP6\"; key = \"$RADIUS_SECRET\"; authentication-port = 1812; timeout = 3; retry-interval = 1; } ); }"
radius_aaa_conf
radius_start
gate_start

# The good one, with what the server says of her.
CLIENT_URL=/rad client_up 1 rita
expect_ok "traffic" ping4 1
expect_eq "framed address" 192.168.100.33 "$(client_ip4 1)"
expect_eq "DNS of the server" 10.99.0.77 "$(client_env 1 INTERNAL_IP4_DNS)"
expect_eq "group policy by Class" ClassPolicy "$(session_json 's[0]["group_policy"]')"
gate_log '113004: AAA user authentication Successful : server =  .* : user = rita'
gate_log '113011: AAA retrieved user specific group policy .ClassPolicy. for user = rita'
gate_log '113008: AAA transaction status ACCEPT : user = rita'
expect_eq "User-Name" rita "$(radius_detail auth User-Name)"
index=$(session_json 's[0]["index"]')
expect_eq "NAS-Port is the session's index" $((index << 12)) "$(radius_detail auth NAS-Port)"

# auth is killed: the session comes back with what the server said.
kill -KILL "$(child_pid auth)"
gate_log 'sessions restored, waiting to resume' 20
wait_for 20 "the session is there" sessions_are 1
expect_eq "group policy after the restart" ClassPolicy "$(session_json 's[0]["group_policy"]')"
wait_for 20 "it is up again" ping4 1
client_stop 1
wait_for 10 "session ends" sessions_are 0

# What the server says no to, in the one uniform text; its own words only where the group lets it speak.
raw_py 1 <<'END'
from rawclient import *


def attempt(group, user, password=PASSWORD):
    c = Client()
    c.init(group=group)
    answer = c.reply(user, password)
    c.close()
    return answer


for group, user, password, good in (("rad", "rita", PASSWORD, True), ("rad", "rita", "wrong", False), ("rad", "nobody", PASSWORD, False),
                                    ("rad", "x" * 200, PASSWORD, False), ("rad", "rita", "p" * 200, False), ("rad", "bob", PASSWORD, False),
                                    ("rad", "bob", "other-horse", True), ("both", "bob", PASSWORD, False), ("both", "rita", PASSWORD, True),
                                    ("six", "rita", PASSWORD, True), ("six", "rita", "wrong", False), ("rad", "ruth", PASSWORD, False)):
    answer = attempt(group, user, password)
    expect("%s in %s" % (user[:20], group), good, bool(answer.element("session-token")))
    if not good:
        expect_true("text of %s in %s" % (user[:20], group), "Login failed." in answer.text, answer.text)
answer = attempt("told", "nobody", "wrong")
expect_true("the server's message", "Go away, said the server" in answer.text, answer.text)
expect_true("a form to try again", '<input type="password"' in answer.text, answer.text)
END
gate_log '113005: AAA user authentication Rejected : reason = AAA failure : server = .* : user = [*]{5} : user IP = '
gate_log '113030: .*User ruth .*User ACL no-such-list from AAA'
show_sessions >/dev/null

# The server is down: nobody in rad, LOCAL in both, and what LOCAL says counts.
radius_stop
raw_py 1 <<'END'
from rawclient import *
import threading

results = {}


def attempt(group, user, password):
    c = Client(timeout=90)
    c.init(group=group)
    results[group, user, password] = bool(c.reply(user, password).element("session-token"))
    c.close()


cases = {("both", "bob", PASSWORD): True, ("both", "bob", "other-horse"): False, ("both", "rita", PASSWORD): False, ("rad", "bob", "other-horse"): False}
threads = [threading.Thread(target=attempt, args=case) for case in cases]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
expect("with the server down", cases, results)
END
gate_log '113014: AAA authentication server not accessible : server = '
gate_log '113013: AAA unable to complete the request Error'
gate_log '113012: AAA user authentication Successful : local database : user = bob'
