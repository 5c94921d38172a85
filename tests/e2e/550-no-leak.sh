#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# INV-7: memory does not grow: hundreds of logins, tunnels and refusals leave what was there before.
. "$(dirname "$0")/../lib/e2e.sh"

usual_start
rounds() {
	raw_py 1 "$1" <<-'END'
	import random
	from rawclient import *

	for n in range(int(sys.argv[1])):
	    user = "user%02d" % (n % 10 + 1)
	    c = Client()
	    if n % 4 == 0:
	        c.init(group="Staff")
	        c.reply(user, "wrong")
	    elif n % 4 == 1:
	        c.request("POST", "/", "<broken" + "x" * random.randint(1, 60000))
	    else:
	        c.tunnel(user, group="Staff")
	        for _ in range(20):
	            c.frame(DATA, echo4(c.ip4, "10.99.0.2", size=1000))
	        c.frame(DPD_REQ)
	        c.recv_kind(DPD_RESP)
	        if n % 4 == 2:
	            c.frame(DISCONNECT, b"\xb0bye")
	            c.is_closed()
	    c.close()
	for n in range(10):
	    # Take the sessions that were left waiting, and end them.
	    c = Client()
	    c.tunnel("user%02d" % (n + 1), group="Staff")
	    c.frame(DISCONNECT, b"\xb0bye")
	    c.is_closed()
	END
}

fds() {
	local pid
	for pid in $(gate_pids); do
		ls "/proc/$pid/fd"
	done | wc -l
}

n=200
[ -z "$SEKISHO_SAN" ] || n=40
rounds $n
memory=$(gate_memory_kb)
open=$(fds)
rounds $n
rounds $n
if [ -z "$SEKISHO_SAN" ]; then
	expect_between "kilobytes after twice as many rounds again" 0 "$(gate_memory_kb)" $((memory + memory / 10 + 1024))
fi
# Logins that are begun and never finished are bounded in number, and cost little each.
raw_py 1 <<'END'
from rawclient import *

for _ in range(250):
    c = Client()
    for _ in range(8):
        c.init(group="Staff")
    c.close()
END
if [ -z "$SEKISHO_SAN" ]; then
	expect_between "kilobytes after 2000 unfinished logins" 0 "$(gate_memory_kb)" $((memory + memory / 10 + 9216))
fi

settled() {
	[ "$(fds)" -le $((open + 2)) ]
}
wait_for 10 "open descriptors return to $open" settled
