#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# show-sessions without a daemon, without permission, with wrong arguments: status and a clear message. Garbage on the
# control socket harms nobody (INV-7).
. "$(dirname "$0")/../lib/e2e.sh"

net_up 1
pki_make
conf_write

fails_with() {
	local what=$1 want=$2 regex=$3 status=0 out
	shift 3
	out=$("$@" 2>&1) || status=$?
	expect_eq "status: $what" "$want" $status
	expect_match "message: $what" "$regex" "$out"
}

fails_with "no daemon" 1 'sekishod is not running' show_sessions
fails_with "no configuration" 1 'gateway.conf' "$SEKISHO_BIN/show-sessions" -c "$W/nowhere"
fails_with "unknown option" 2 'usage' show_sessions --nonsense
fails_with "unknown filter" 2 'unknown filter' show_sessions filter colour red
gate_start
expect_ok "with a daemon" show_sessions
# Another user: the socket is 0660 and belongs to group 0 here.
chmod 644 "$W/conf/gateway.conf"
fails_with "without permission" 1 'root|group' setpriv --reuid=65534 --regid=65534 --clear-groups \
	"$SEKISHO_BIN/show-sessions" -c "$W/conf"

before=$(gate_pids | xargs)
/usr/bin/python3 - "$W/control" <<'END'
import os
import random
import socket
import sys

random.seed(4)
for n in range(300):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    s.connect(sys.argv[1])
    try:
        if n % 3 == 0:
            s.send(os.urandom(random.randint(1, 200)))
        elif n % 3 == 1:
            s.send((80).to_bytes(4, sys.byteorder) + os.urandom(random.randint(0, 100)))
        else:
            s.send(b"\x50" + bytes(11) + os.urandom(random.randint(0, 4000)))
    except OSError:
        pass
    s.close()
# Many that connect and say nothing.
idle = []
for _ in range(100):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    s.settimeout(1)
    try:
        s.connect(sys.argv[1])
    except OSError:
        break
    idle.append(s)
END
expect_ok "afterwards" show_sessions
expect_eq "processes" "$before" "$(gate_pids | xargs)"
gate_stop
fails_with "daemon stopped" 1 'sekishod is not running' show_sessions
