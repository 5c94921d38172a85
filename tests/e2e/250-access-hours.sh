#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# vpn-access-hours: time ranges around the present moment let in and keep out, absolute and periodic; a user's own hours win
# over the group policy's; who is in stays in when a reload takes his hours away; the refusal says nothing.
. "$(dirname "$0")/../lib/e2e.sh"

# "08:30 1 January 2026", so many minutes from now.
moment() {
	LC_ALL=C date -d "now $1 minutes" '+%H:%M %-d %B %Y'
}

# Name of the day that is so many days from now.
day() {
	LC_ALL=C date -d "now $1 days" '+%A'
}

group() {
	CONF_GROUPS+="{ name = \"$1\"; general-attributes = { address-pool = [ \"POOL\" ]; default-group-policy = \"$1\"; };
		webvpn-attributes = { group-alias = ( { name = \"$1\"; } ); }; },"
	CONF_POLICIES+="{ name = \"$1\"; attributes = { vpn-access-hours = \"$2\"; }; },"
}

write() {
	conf_write
	# Today and tomorrow, in case midnight is near.
	cat >>"$W/conf/group-policies.conf" <<-END
	time-ranges = (
	  { name = "now"; absolute = "start $(moment -10) end $(moment +30)"; },
	  { name = "past"; absolute = "start $(moment -90) end $(moment -30)"; },
	  { name = "future"; absolute = "start $(moment +30)"; },
	  { name = "today"; periodic = [ "$(day 3) 0:00 to 23:59", "$(day 0) $(day 1) 0:00 to 23:59" ]; },
	  { name = "other-day"; periodic = [ "$(day 3) 0:00 to 23:59" ]; },
	  { name = "over"; absolute = "end $(moment -30)"; periodic = [ "daily 0:00 to 23:59" ]; }
	);
	END
}

CONF_GROUPS='' CONF_POLICIES=''
for range in now past future today other-day over; do
	group "IN-$range" "$range"
done
CONF_ALICE='vpn-access-hours = "none";'
net_up 1
pki_make
write
gate_start
raw_py 1 <<'END'
import re
from rawclient import *


def try_login(user, group, password=PASSWORD):
    c = Client()
    c.init(group=group)
    answer = c.reply(user, password)
    c.close()
    return answer


for group, open_now in (("now", True), ("past", False), ("future", False), ("today", True), ("other-day", False), ("over", False)):
    answer = try_login("bob", "IN-" + group)
    expect("bob gets into " + group, open_now, bool(answer.element("session-token")))
    expect("alice has no hours, in " + group, True, bool(try_login("alice", "IN-" + group).element("session-token")))

# In the same words as a wrong password.
hidden = lambda answer: re.sub(r"<aggauth-handle>.*?</aggauth-handle>", "", answer.text)
expect("text of the refusal", hidden(try_login("bob", "IN-past", "wrong")), hidden(try_login("bob", "IN-past")))
END
gate_log 'Group <IN-past> User <bob> .* login refused: the time is outside vpn-access-hours'

# A real client gets in, and stays in when its hours are gone, also with a new tunnel.
client_up 1 carol --authgroup=IN-now
address=$(client_ip4 1)
sed -i 's/vpn-access-hours = "now"/vpn-access-hours = "past"/' "$W/conf/group-policies.conf"
kill -HUP "$PARENT"
gate_log 'configuration reloaded' 30
expect_ok "traffic after the hours" ping4 1
from=$(next_line "$GATE_LOG")
kill -USR2 "${CLIENT_PID[1]}"
gate_log '722032: Group <IN-now> User <carol> .* New TCP SVC connection replacing|716059: .* User <carol>' 20 "$from"
wait_for 20 "traffic after the reconnect" ping4 1
expect_eq "address after the hours" "$address" "$(client_ip4 1)"
raw_py 1 <<'END'
from rawclient import *

c = Client()
c.init(group="IN-now")
expect("a new login after the hours", None, c.reply("dave", PASSWORD).element("session-token"))
END
client_stop 1
