#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# DTLS is cut in mid-transfer: the TCP transfers inside finish over TLS with the right content, both ways; when UDP works
# again, DTLS comes back with the next connection.
. "$(dirname "$0")/../lib/e2e.sh"

CONF_STAFF='anyconnect-dpd-interval-client = 5; anyconnect-dpd-interval-gateway = 5;'
usual_start
head -c 60000000 /dev/urandom >"$W/file"
sum=$(sha256sum <"$W/file")

# A slow server inside, so that the cut comes in the middle: sends and receives at 4 MB/s.
serve() {
	in_inside env PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 - "$W/file" "$1" "$2" <<-'END'
	import socket, sys, time
	name, port, way = sys.argv[1], int(sys.argv[2]), sys.argv[3]
	listener = socket.create_server(("", port))
	sock = listener.accept()[0]
	if way == "down":
	    with open(name, "rb") as f:
	        while chunk := f.read(200000):
	            sock.sendall(chunk)
	            time.sleep(0.05)
	else:
	    with open(name + ".up", "wb") as f:
	        while chunk := sock.recv(200000):
	            f.write(chunk)
	            time.sleep(0.02)
	sock.close()
	END
}

client_up 1 alice --authgroup=Staff
client_dtls 1
serve 7001 down &
down=$!
serve 7002 up &
up=$!
holds_within 5 in_inside bash -c 'ss -Hltn | grep -q 7001 && ss -Hltn | grep -q 7002' || fail "servers inside, expected both, got $(in_inside ss -ltn)"
in_client 1 timeout 150 bash -c "exec 3<>/dev/tcp/$IN_IP4/7001; cat <&3" >"$W/file.down" &
get=$!
in_client 1 timeout 150 bash -c "cat $W/file >/dev/tcp/$IN_IP4/7002" &
put=$!
wait_for 20 "the transfer runs" test -s "$W/file.down"
wait_for 20 "some megabytes went through DTLS" bash -c "[ \$(stat -c %s $W/file.down) -gt 8000000 ]"
udp_block
size=$(stat -c %s "$W/file.down")
expect_between "bytes at the cut" 8000000 "$size" 55000000
wait $get || fail "download, expected it to finish, got status $?"
wait $put || fail "upload, expected it to finish, got status $?"
wait $down $up
expect_eq "checksum of the download" "$sum" "$(sha256sum <"$W/file.down")"
expect_eq "checksum of the upload" "$sum" "$(sha256sum <"$W/file.up")"
expect_eq "the session is still the same" 1 "$(session_count)"
expect_eq "no new session" 1 "$(grep -c 'ASA-6-113039' "$GATE_LOG")"

from=$(next_line "$W/c1/log")
udp_unblock
kill -USR2 "${CLIENT_PID[1]}"
client_dtls 1 30 "$from"
expect_ok "traffic after DTLS came back" ping4 1
