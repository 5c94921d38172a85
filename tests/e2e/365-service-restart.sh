#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A restart of the whole service: an orderly one, one with a changed configuration, one after all processes were killed. Three
# clients (DTLS, TLS only, IPv6 outside) come back by themselves with their addresses, TCP connections inside go on, sessions
# are the same ones, and accounting does not notice.
. "$(dirname "$0")/../lib/e2e.sh"

SIZE=$((24 << 20))

net_up 3
pki_make
conf_write
acct_groups
radius_aaa_conf
radius_start
gate_start
client_up 1 alice --authgroup=Staff
client_dtls 1
client_up 2 bob --authgroup=Staff --no-dtls
CLIENT_IP=$GW_IP6 client_up 3 carol --authgroup=Staff
wait_for 15 "three sessions" sessions_are 3

# Who is who, for all time: index, login and addresses.
who() {
	session_json "sorted((x['username'], x['index'], x['login_time'], x['ipv4'], x['ipv6']) for x in s)"
}

everybody=$(who)
for n in 1 2 3; do
	expect_ok "traffic of client $n" ping4 $n
done

# A slow transfer inside for each client, which a restart does not end: what arrives is summed. Each connection lives over
# all of the restarts.
serve_slowly() {
	in_inside timeout 400 /usr/bin/python3 -u - "$W/go" "$SIZE" <<'END'
import hashlib, os, socket, sys, threading, time

def serve(conn):
    digest = hashlib.sha256()
    left = int(sys.argv[2])
    # A little until told otherwise, so that the connection is in use whatever happens to the tunnel.
    while left:
        part = os.urandom(min(left, 16384 if os.path.exists(sys.argv[1]) else 200))
        conn.sendall(part)
        digest.update(part)
        left -= len(part)
        if len(part) < 1000:
            time.sleep(0.1)
    conn.sendall(digest.digest())
    conn.close()

server = socket.create_server(("0.0.0.0", 7000))
while True:
    threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()
END
}

fetch() {
	in_client "$1" timeout 400 /usr/bin/python3 - "$IN_IP4" "$SIZE" >"$W/fetch$1" 2>&1 <<'END'
import hashlib, socket, sys

conn = socket.create_connection((sys.argv[1], 7000), 20)
conn.settimeout(200)
size = int(sys.argv[2])
data = bytearray()
while len(data) < size + 32:
    part = conn.recv(65536)
    if not part:
        break
    data += part
print("same" if hashlib.sha256(data[:size]).digest() == bytes(data[size:]) else "different: %d bytes" % len(data))
END
}

serve_slowly &
server=$!
wait_for 10 "server inside listens" sh -c "ip netns exec '$IN' ss -Hltn sport = :7000 | grep -q LISTEN"
fetchers=()
for n in 1 2 3; do
	fetch $n &
	fetchers+=($!)
done

connections_are() {
	[ "$(in_inside ss -Htn state established sport = :7000 | wc -l)" = "$1" ]
}
wait_for 10 "three connections inside" connections_are 3

totals() {
	session_json "' '.join(str(x['total']['tx_bytes']) for x in sorted(s, key=lambda x: x['username']))"
}

# came_back WHAT
came_back() {
	local n
	for n in 1 2 3; do
		wait_for 60 "client $n comes back: $1" file_has "$W/c$n/reasons" '^reconnect$'
		wait_for 20 "traffic of client $n: $1" ping4 $n $IN_IP4 1
		expect_eq "address of client $n: $1" "$(client_ip4 $n)" "$(client_env $n INTERNAL_IP4_ADDRESS reconnect)"
	done
	expect_eq "sessions: $1" "$everybody" "$(who)"
	expect_ok "connections inside live on: $1" connections_are 3
}

forget_reasons() {
	rm -f "$W"/c[123]/reasons
}

# ---- stop and start ----

forget_reasons
before=$(totals)
gate_stop
expect_eq "sessions on the disk" 3 "$(find "$W/state" -name '*.session' | wc -l)"
gate_start
gate_log '3 sessions restored' 10
# Nothing of what the tunnels had counted is lost.
after=$(totals)
for n in 1 2 3; do
	expect_ok "octets of client $n: $before, then $after" \
		test "$(cut -d' ' -f$n <<<"$after")" -ge "$(cut -d' ' -f$n <<<"$before")"
done
came_back "restart"
client_dtls 1 20 "$(grep -n 'Established DTLS' "$W/c1/log" | tail -1 | cut -d: -f1)"

# ---- with a changed configuration ----

forget_reasons
gate_stop
CONF_STAFF='banner = "after the upgrade"; default-domain = "new.example.com";'
conf_write
acct_groups
gate_start
came_back "changed configuration"
expect_match "domain after the change" "X-CSTP-Default-Domain: new.example.com" "$(client_log 1)"

# ---- killed ----

forget_reasons
from=$(next_line "$GATE_LOG")
# shellcheck disable=SC2046
kill -KILL $(gate_pids)
wait_for 5 "the daemon is dead" is_gone "$PARENT"
wait "$PARENT" 2>/dev/null || true
wait_for 5 "all of its processes are dead" sh -c "[ -z \"\$(ip netns pids '$GW')\" ]"
gate_start
gate_log '3 sessions restored' 10 "$from"
came_back "kill"
expect_no_match "nobody was told goodbye" 'Received server disconnect' "$(cat "$W"/c[123]/log)"

# ---- addresses and accounting ----

: >"$W/go"
for n in 1 2 3; do
	wait "${fetchers[n - 1]}" || true
	expect_eq "transfer of client $n over three restarts" same "$(cat "$W/fetch$n")"
done
kill "$server" 2>/dev/null || true
expect_eq "addresses in use" "3 3" \
	"$(session_json "'%d %d' % (len({x['ipv4'] for x in s}), len({x['ipv6'] for x in s}))")"
for n in 1 2 3; do
	client_stop $n
done
for user in alice bob carol; do
	wait_for 20 "Stop of $user" acct_has $user Stop 1
	expect_eq "Start and Stop of $user" "1 1" "$(acct "'%d %d' % (len(x('$user', 'Start')), len(x('$user', 'Stop')))")"
	expect_eq "cause of $user" User-Request "$(acct "x('$user', 'Stop')[0]['Acct-Terminate-Cause'][0]")"
done
radius_stop
