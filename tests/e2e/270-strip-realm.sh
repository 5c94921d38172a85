#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# strip-realm and strip-group: what is cut from the name before it is looked up; the session has the short name.
. "$(dirname "$0")/../lib/e2e.sh"

group() {
	CONF_GROUPS+="{ name = \"$1\"; general-attributes = { address-pool = [ \"POOL\" ]; default-group-policy = \"StaffPolicy\"; $2 };
		webvpn-attributes = { group-alias = ( { name = \"$1\"; } ); group-url = ( { url = \"https://$GW_NAME/$1\"; } ); }; },"
}

CONF_GROUPS=''
group realm 'strip-realm = true;'
group group 'strip-group = true;'
group both 'strip-realm = true; strip-group = true;'
CONF_STAFF='vpn-simultaneous-logins = 1;'
net_up 1
pki_make
conf_write
sed -i '1i group-delimiter = "#";' "$W/conf/tunnel-groups.conf"
gate_start

CLIENT_URL=/realm client_up 1 bob@corp.example.com
expect_eq "name of the session" bob "$(session_json 's[0]["username"]')"
expect_eq "it is found by that name" 1 "$(session_json 'len(s)' filter name bob)"
expect_ok "traffic" ping4 1
client_stop 1
wait_for 10 "session ends" sessions_are 0
CLIENT_URL=/both client_up 1 'bob@corp#staff'
expect_eq "name without realm and group" bob "$(session_json 's[0]["username"]')"
client_stop 1
wait_for 10 "session ends" sessions_are 0

raw_py 1 <<'END'
import re
from rawclient import *


def attempt(group, user, password=PASSWORD):
    c = Client()
    c.init(group=group)
    answer = c.reply(user, password)
    c.close()
    return answer


for group, user, good in (("Staff", "bob@corp", False), ("realm", "bob", True), ("realm", "bob@a@b", False), ("realm", "@corp", False),
                          ("realm", "bob#corp", False), ("group", "bob#x", True), ("group", "bob@corp", False), ("both", "bob@a#b", True),
                          ("realm", "bob@" + "x" * 200, True), ("realm", "nobody@corp", False)):
    expect("%s in %s" % (user[:20], group), good, bool(attempt(group, user).element("session-token")))

# Refusals look the same.
hidden = lambda answer: re.sub(r"<aggauth-handle>.*?</aggauth-handle>", "", answer.text)
texts = {hidden(attempt("realm", user, "wrong")) for user in ("bob", "bob@corp", "@corp", "nobody@corp")}
expect("different texts", 1, len(texts))

# The limit counts the short name: the last login replaces the others.
token = Client().login("carol@one", group="realm")
expect("first session", 200, Client().connect(token).status)
Client().login("carol@two", group="realm")
expect("its cookie after the second login", 401, Client().connect(token).status)
END
