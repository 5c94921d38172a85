#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# DTLS 1.2 by a session that the client makes up (protocol.md 5.3), with every suite that openconnect offers: data really
# goes over it; UDP is cut and comes back; the tunnel is made anew; a stranger with the session id gets nothing. A client
# of the old DTLS stays on TLS, and so does one with nothing but suites that are not ours.
. "$(dirname "$0")/../lib/e2e.sh"

CBC='"DHE-RSA-AES256-SHA", "DHE-RSA-AES128-SHA", "AES256-SHA", "AES128-SHA"'
GCM='"ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-AES128-GCM-SHA256", "AES256-GCM-SHA384", "AES128-GCM-SHA256"'
CONF_GATEWAY="dtls-ciphers = [ \"PSK-AES128-GCM-SHA256\", $GCM, $CBC ];"
CONF_STAFF='anyconnect-dpd-interval-client = 5; anyconnect-dpd-interval-gateway = 5;'
usual_start 2

carried() {
	[ "$(channel_stat alice dtls "$1")" -ge "$2" ]
}

dtls_cipher() {
	session_json "' '.join(t['cipher'] for t in s[0]['tunnels'] if t['channel'] == 'dtls')"
}

# Data both ways over DTLS, full packets too: traffic_on_dtls N
traffic_on_dtls() {
	local rx tx
	rx=$(channel_stat alice dtls rx_packets)
	tx=$(channel_stat alice dtls tx_packets)
	expect_ok "small packets" in_client "$1" ping -n -q -c 5 -i 0.05 -W 2 $IN_IP4
	expect_ok "full packets" in_client "$1" ping -n -q -c 5 -i 0.05 -W 2 -M 'do' \
		-s $(($(client_env "$1" INTERNAL_IP4_MTU) - 28)) $IN_IP4
	wait_for 10 "packets went up over DTLS" carried rx_packets $((rx + 8))
	wait_for 10 "packets came down over DTLS" carried tx_packets $((tx + 8))
}

# A client with these options gets DTLS by this suite: with_suite OPENSSL-NAME OPTION
with_suite() {
	client_up 1 alice --authgroup=Staff "$2"
	client_dtls 1
	expect_ok "ping over DTLS ($2)" ping4 1
	wait_for 10 "DTLS is shown" tunnels_are alice "tls dtls"
	expect_eq "suite of $2" "$1" "$(dtls_cipher)"
	traffic_on_dtls 1
	client_stop 1
	wait_for 10 "the session is over" sessions_are 0
}

for suite in ECDHE-RSA-AES256-GCM-SHA384 ECDHE-RSA-AES128-GCM-SHA256 AES256-GCM-SHA384 AES128-GCM-SHA256 \
	DHE-RSA-AES256-SHA DHE-RSA-AES128-SHA AES256-SHA AES128-SHA; do
	with_suite $suite --dtls12-ciphers=$suite
done
with_suite AES256-GCM-SHA384 --dtls-ciphers=OC-DTLS1_2-AES256-GCM
with_suite AES128-GCM-SHA256 --dtls-ciphers=OC-DTLS1_2-AES128-GCM
# The choice is ours.
with_suite ECDHE-RSA-AES256-GCM-SHA384 --dtls12-ciphers=AES128-SHA:AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384
with_suite PSK-AES128-GCM-SHA256 --dtls-ciphers=OC-DTLS1_2-AES256-GCM:PSK-NEGOTIATE

# ---- nothing that fits ----

from=$(next_line "$GATE_LOG")
client_up 1 alice --authgroup=Staff --dtls-ciphers=DHE-RSA-AES256-SHA:AES128-SHA
expect_ok "traffic over TLS" ping4 1
expect_eq "tunnels of a client of the old DTLS" tls "$(tunnels_of alice)"
wait_line "$GATE_LOG" 'alice: no DTLS: the client knows only DTLS 0.9' 5 "$from"
expect_eq "lines about it" 1 "$(tail -n "+$from" "$GATE_LOG" | grep -c 722043)"
client_stop 1
wait_for 10 "the session is over" sessions_are 0

# ---- cut, back, anew ----

client_up 1 alice --authgroup=Staff --dtls12-ciphers=ECDHE-RSA-AES256-GCM-SHA384
client_dtls 1
traffic_on_dtls 1
udp_block
wait_for 40 "data goes over TLS while UDP is cut" ping4 1
wait_for 40 "DTLS is given up" tunnels_are alice tls
udp_unblock
from=$(next_line "$W/c1/log")
kill -USR2 "${CLIENT_PID[1]}"
client_dtls 1 30 "$from"
expect_ok "traffic after DTLS came back" ping4 1
wait_for 10 "DTLS is shown" tunnels_are alice "tls dtls"
expect_eq "suite after DTLS came back" ECDHE-RSA-AES256-GCM-SHA384 "$(dtls_cipher)"
traffic_on_dtls 1
expect_eq "sessions" 1 "$(session_count)"

# ---- a stranger ----

# A client of our own makes a session and tells a stranger its id, but not the master secret.
raw_py 2 <<'END'
import os
from rawclient import *

first = Client()
token = first.login("bob", group="Staff")
connect = Client()
answer = connect.connect(token, ["X-DTLS-Master-Secret: " + os.urandom(48).hex(), "X-DTLS12-CipherSuite: AES256-GCM-SHA384"])
expect("status", 200, answer.status)
expect("suite", "AES256-GCM-SHA384", answer.header("X-DTLS12-CipherSuite"))
session_id = bytes.fromhex(answer.header("X-DTLS-Session-ID"))
expect("length of the id", 32, len(session_id))
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.connect((GW, 443))
sock.settimeout(3)
rand = os.urandom(32)


def hello(cookie, seq, suites=b"\x00\x9d"):
    body = b"\xfe\xfd" + rand + b"\x20" + session_id + bytes([len(cookie)]) + cookie
    body += len(suites).to_bytes(2, "big") + suites + b"\x01\x00"
    message = b"\x01" + len(body).to_bytes(3, "big") + seq.to_bytes(2, "big") + b"\0\0\0" + len(body).to_bytes(3, "big") + body
    return b"\x16\xfe\xff\0\0" + seq.to_bytes(6, "big") + len(message).to_bytes(2, "big") + message


sock.send(hello(b"", 0))
verify = sock.recv(65536)
expect("a request for a cookie", 3, verify[13])
cookie = verify[28:28 + verify[27]]
# With the cookie it gets the gateway's half of a resumption, which it cannot read or answer.
sock.send(hello(cookie, 1))
answers = b""
try:
    while True:
        answers += sock.recv(65536)
        # Finished without the key, and data in epoch 1.
        sock.send(b"\x14\xfe\xfd\0\0" + (2).to_bytes(6, "big") + b"\0\x01\x01")
        sock.send(b"\x16\xfe\xfd\0\1" + bytes(6) + b"\0\x30" + os.urandom(48))
        sock.send(b"\x17\xfe\xfd\0\1" + (1).to_bytes(6, "big") + b"\0\x40" + os.urandom(64))
except socket.timeout:
    pass
expect_true("no data for a stranger", b"\x17\xfe\xfd\0\1" not in answers, answers)
# The owner's TLS goes on.
connect.send(b"STF\x01\0\0\x03\0")
frame = connect.take(8)
while frame[6] == DPD_REQ:  # the gateway asks, too
    frame = connect.take(8)
expect("answer to the owner", b"STF\x01\0\0\x04\0", frame)
END
expect_no_match "DTLS of bob" dtls "$(tunnels_of bob)"
expect_no_match "the stranger's tunnel" 'User <bob>.*First UDP' "$(cat "$GATE_LOG")"
expect_ok "the session of alice lives" ping4 1

# ---- off by policy; no suite of ours ----

gate_stop
CONF_GATEWAY="dtls-ciphers = [ \"AES256-GCM-SHA384\" ];"
CONF_ENG='anyconnect-ssl-dtls = false;'
conf_write
gate_start
from=$(next_line "$GATE_LOG")
client_up 2 bob --authgroup=Engineering --dtls12-ciphers=AES256-GCM-SHA384
expect_ok "traffic with DTLS off by policy" ping4 2
expect_eq "tunnels with DTLS off by policy" tls "$(tunnels_of bob)"
expect_no_match "a line about it" 722043 "$(tail -n "+$from" "$GATE_LOG")"
client_stop 2
# A pre-shared key has no suite here: the other way is taken.
client_up 2 bob --authgroup=Staff
expect_ok "traffic over TLS" ping4 2
client_dtls 2
wait_for 10 "DTLS without PSK" tunnels_are bob "tls dtls"
expect_eq "cipher" AES256-GCM-SHA384 "$(session_json "' '.join(t['cipher'] for u in s for t in u['tunnels'] if t['channel'] == 'dtls')")"
expect_no_match "errors in the log" ' error [a-z]+\[' "$(cat "$GATE_LOG")"
expect_no_match "master secrets in the log" '[0-9A-Fa-f]{96}' "$(cat "$GATE_LOG")"
