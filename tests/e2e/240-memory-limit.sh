#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The gateway process may not have more memory: those who come then are refused, tunnels that are up go on, and when memory is
# free again new ones come up. Nothing is restarted. (Among the tests without a sanitizer: there a failed allocation is the end.)
. "$(dirname "$0")/../lib/e2e.sh"

# shellcheck disable=SC2034
CONF_LIMITS='max-connections = 4096; handshake-timeout = 300; request-timeout = 300;'
usual_start 3
client_up 1 alice --authgroup=Staff
client_dtls 1
processes=$(gate_pids)
gateway=$(child_pid gateway)

# prlimit as the user that the process is: others would need CAP_SYS_RESOURCE. limit [SOFT]
limit() {
	setpriv --reuid "$(awk '/^Uid/ { print $2 }' "/proc/$gateway/status")" \
		--regid "$(awk '/^Gid/ { print $2 }' "/proc/$gateway/status")" --clear-groups \
		prlimit --pid "$gateway" --as"${1:+=$1:}" --noheadings --output SOFT
}

limit $(($(awk '/^VmSize/ { print $2 }' "/proc/$gateway/status") * 1024 + 4 * 1024 * 1024)) >"$W/limit"
in_client 2 /usr/bin/python3 - $GW_IP4 >"$W/holder" <<'END' &
import os, socket, ssl, sys, time
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
held = []
refused = 0
while refused < 20 and len(held) < 4000:
    try:
        s = context.wrap_socket(socket.create_connection((sys.argv[1], 443), 5))
        s.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n<" + b" " * 20000)
        held.append(s)
    except OSError:
        refused += 1
print("held by", os.getpid(), len(held), "refused", refused, flush=True)
time.sleep(600)
END
wait_line "$W/holder" '^held by' 120
expect_match "connections that were refused" 'refused 20' "$(cat "$W/holder")"
gate_log 'out of memory: clients are turned away' 20
expect_ok "the tunnel without memory" ping4 1 $IN_IP4 20
expect_eq "processes" "$processes" "$(gate_pids)"

kill "$(awk '{ print $3 }' "$W/holder")"
wait_for 30 "a login when memory is free again" in_client 3 timeout 3 openssl s_client -connect "$GW_IP4:443" </dev/null
client_up 3 carol --authgroup=Engineering
expect_ok "a new tunnel afterwards" ping4 3
expect_ok "the old tunnel afterwards" ping4 1
expect_eq "processes at the end" "$processes" "$(gate_pids)"
