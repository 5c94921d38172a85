#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Choosing the group: the list with its default, --authgroup, group-url (no list is asked), an unknown alias.
. "$(dirname "$0")/../lib/e2e.sh"

usual_start

# Chosen from the list.
client_typed 1 alice -- Engineering "$PASSWORD"
expect_match "group list is offered" 'GROUP: \[Staff\|Engineering\]' "$(client_log 1)"
expect_eq "tunnel group of the choice" ENG "$(session_json 's[0]["tunnel_group"]')"
ip netns pids "$(client_ns 1)" | xargs kill -INT
wait_for 10 "session ends" sessions_are 0

for group in Staff:STAFF Engineering:ENG; do
	client_up 1 alice --authgroup="${group%:*}"
	expect_eq "tunnel group of --authgroup=${group%:*}" "${group#*:}" "$(session_json 's[0]["tunnel_group"]')"
	expect_ok "traffic in ${group#*:}" ping4 1
	client_stop 1
	wait_for 10 "session ends" sessions_are 0
done

for url in staff:STAFF ENG:ENG; do
	CLIENT_URL=/${url%:*} client_up 1 alice
	expect_eq "tunnel group of /${url%:*}" "${url#*:}" "$(session_json 's[0]["tunnel_group"]')"
	client_stop 1
	wait_for 10 "session ends" sessions_are 0
done

raw_py 1 <<'END'
import re
from rawclient import *


def options(answer):
    form = answer.element("form") or ""
    return [(re.search(r'selected="true"', a) is not None, t) for a, t in re.findall(r"<option\b([^>]*)>(.*?)</option>", form)]


c = Client()
answer = c.init()
expect("status of init", 200, answer.status)
expect_true("content type is XML", "text/xml" in (answer.header("Content-Type") or ""), answer.headers)
expect("X-Aggregate-Auth", "1", answer.header("X-Aggregate-Auth"))
got = options(answer)
expect("aliases", {"Staff", "Engineering"}, {t for _, t in got})
expect("one is selected, the first", [True] + [False] * (len(got) - 1), [s for s, _ in got])
expect_true("user and password in one form", all('name="%s"' % n in answer.text for n in ("username", "password")), answer.text)

# Re-post with a choice: the form of that group, which is now selected and first.
answer = c.init(group="Engineering")
expect("selected after the choice", (True, "Engineering"), options(answer)[0])
expect("tunnel-group in opaque", "ENG", answer.element("tunnel-group"))

# A group that does not exist: never a login, and no other answer than for a wrong password.
answer = c.init(group="Nobody")
expect("status of an unknown group", 200, answer.status)

# The handle's group wins over what the reply claims: no login into Staff with the form of Engineering.
c = Client()
c.init(group="Engineering")
answer = c.reply("alice", PASSWORD, group="Staff")
expect_true("reply with another group is no login", answer.element("session-token") in (None, ""), answer.text)

# A group-url resolves in the init only, whatever case the name has.
c = Client()
answer = c.init(path="/ENG")
expect("tunnel-group of the group-url", "ENG", answer.element("tunnel-group"))
END
