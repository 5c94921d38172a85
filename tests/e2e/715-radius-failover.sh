#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Two RADIUS servers, the first a black hole: the first login waits for it, the others do not; with mode timed it comes back.
# All of them dead: LOCAL where the tunnel group has it, else a clear refusal. Times are printed, not judged.
. "$(dirname "$0")/../lib/e2e.sh"

group() {
	CONF_GROUPS+="{ name = \"$1\"; general-attributes = { address-pool = [ \"POOL\" ]; $2 };
		webvpn-attributes = { group-alias = ( { name = \"$1\"; } ); }; },"
}

CONF_GROUPS=
group rad 'authentication-server-group = [ "RAD" ];'
group both 'authentication-server-group = [ "RAD", "LOCAL" ];'
RADIUS_USERS='rita Cleartext-Password := "correct-horse"
alice Cleartext-Password := "not-that-of-LOCAL"'
net_up 1
pki_make
conf_write
# One server behind two addresses: which of them is asked is seen by what reaches the namespace.
cat >"$W/conf/aaa.conf" <<END
aaa-server-groups = ( { name = "RAD"; reactivation-mode = "timed"; max-failed-attempts = 2;
  hosts = ( { address = "$IN_IP4"; key = "$RADIUS_SECRET"; authentication-port = 1812; timeout = 2; retry-interval = 1; },
            { address = "$IN_IP6"; key = "$RADIUS_SECRET"; authentication-port = 1812; timeout = 2; retry-interval = 1; } ); } );
END
chmod 600 "$W/conf/aaa.conf"

# What the gateway sends to a family's address is counted, and dropped while that is dead.
in_inside nft -f - <<-END
	table inet hole {
		counter v4 { }
		counter v6 { }
		chain in {
			type filter hook input priority 0;
			udp dport 1812 meta nfproto ipv4 counter name v4
			udp dport 1812 meta nfproto ipv6 counter name v6
		}
		chain drop4 { type filter hook input priority 10; }
		chain drop6 { type filter hook input priority 10; }
	}
END
dies() {
	in_inside nft add rule inet hole "drop${1#v}" meta nfproto "ip$1" udp dport 1812 drop
}
lives() {
	in_inside nft flush chain inet hole "drop${1#v}"
}
reached() {
	in_inside nft list counter inet hole "$1" | awk '/packets/ { print $2 }'
}

# logins GROUP USER GOOD COUNT: that many at once; prints the milliseconds of all.
logins() {
	raw_py 1 "$1" "$2" "$3" "$4" <<-'END'
		import sys, threading, time
		from rawclient import *
		group, user, good, count = sys.argv[1], sys.argv[2], sys.argv[3] == "good", int(sys.argv[4])
		clients = []
		for _ in range(count):
		    c = Client(timeout=60)
		    c.init(group=group)
		    clients.append(c)
		wrong = []
		def login(c):
		    answer = c.reply(user, PASSWORD)
		    if bool(answer.element("session-token")) != good or (not good and "Login failed." not in answer.text):
		        wrong.append(answer.text)
		begin = time.monotonic()
		threads = [threading.Thread(target=login, args=(c,)) for c in clients]
		for t in threads:
		    t.start()
		for t in threads:
		    t.join()
		expect("logins of %s in %s that went wrong" % (user, group), [], wrong[:1])
		print("%.0f" % ((time.monotonic() - begin) * 1000))
	END
}

show_aaa() {
	"$SEKISHO_BIN/show-aaa-server" -c "$W/conf" --json RAD | /usr/bin/python3 -c "import json, sys; s = json.load(sys.stdin)['aaa_servers']; print($1)"
}

radius_start
gate_start
dies v4
echo "first login, beside a black hole of 2 x 2 s: $(logins rad rita good 1) ms"
gate_log "113022: AAA Marking RADIUS server $IN_IP4 in aaa-server group RAD as FAILED"
gate_log "113014: AAA authentication server not accessible : server = $IN_IP4"
expect_eq "failed, one after two timeouts" "True 2 False 0" "$(show_aaa '*(x for h in s for x in (h["failed"], h["timeouts"]))')"
before=$(reached v4)
expect_eq "packets of one login" 4 "$before"
for _ in 1 2 3 4 5; do
	echo "100 more at once: $(logins rad rita good 100) ms"
done
expect_eq "nothing more goes into the hole" "$before" "$(reached v4)"

# Timed: after 30 s it is asked again, and it answers.
lives v4
gate_log "113023: AAA Marking RADIUS server $IN_IP4 in aaa-server group RAD as ACTIVE" 60
logins rad rita good 1 >/dev/null
expect_eq "the first one again" $((before + 1)) "$(reached v4)"

# Nobody answers.
dies v4
dies v6
from=$(next_line "$GATE_LOG")
echo "all dead, refused after: $(logins rad rita bad 1) ms"
gate_log "113022: AAA Marking RADIUS server $IN_IP6 in aaa-server group RAD as FAILED" 10 "$from"
gate_log '113013: AAA unable to complete the request' 10 "$from"
before=$(($(reached v4) + $(reached v6)))
echo "LOCAL behind them, at once: $(logins both alice good 1) ms"
expect_eq "nobody is asked" "$before" "$(($(reached v4) + $(reached v6)))"
logins both rita bad 1 >/dev/null
gate_stop
radius_stop
