#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# New keys while data flows: in the connection (TLS 1.3), by a new tunnel, and by a new tunnel instead (TLS 1.2, where it
# would be renegotiation). What is sent through each tunnel comes back whole. A flood of rekeys ends its connection only.
# REKEY_SECONDS: how long data flows; the keys are renewed once a minute.
. "$(dirname "$0")/../lib/e2e.sh"

CONF_STAFF='anyconnect-ssl-rekey-time = 1; anyconnect-ssl-rekey-method = "ssl";'
CONF_ENG='anyconnect-ssl-rekey-time = 1; anyconnect-ssl-rekey-method = "new-tunnel";'
usual_start 4
seconds=${REKEY_SECONDS:-80}

# Everything that comes in goes back.
in_inside env PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 - <<-'END' &
import socketserver

class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        while data := self.request.recv(65536):
            self.request.sendall(data)

socketserver.ThreadingTCPServer(("", 7000), Echo).serve_forever()
END
holds_within 10 in_inside bash -c 'ss -Hltn | grep -q 7000' || fail "echo server inside, expected it, got none"

# Some 150 KB/s there and back, for that many seconds; says "whole" when the same came back.
transfer() {
	in_client "$1" timeout $((seconds + 60)) /usr/bin/python3 - "$IN_IP4" "$seconds" <<-'END'
	import hashlib, os, socket, sys, threading, time
	sock = socket.create_connection((sys.argv[1], 7000))
	sent, got = hashlib.sha256(), hashlib.sha256()

	def read():
	    while data := sock.recv(65536):
	        got.update(data)

	reader = threading.Thread(target=read)
	reader.start()
	end = time.monotonic() + float(sys.argv[2])
	while time.monotonic() < end:
	    chunk = os.urandom(7500)
	    sent.update(chunk)
	    sock.sendall(chunk)
	    time.sleep(0.05)
	sock.shutdown(socket.SHUT_WR)
	reader.join()
	print("whole" if sent.digest() == got.digest() else "torn")
	END
}

tls12='NORMAL:-VERS-ALL:+VERS-TLS1.2'
client_up 1 alice --authgroup=Staff --no-dtls
client_up 2 bob --authgroup=Engineering
client_up 3 carol --authgroup=Staff --no-dtls --gnutls-priority="$tls12"
for n in 1 2 3; do
	transfer $n >"$W/transfer.$n" &
	transfers[n]=$!
done

# Hostile: GnuTLS does what it is told, as often as it is told.
raw_py 4 <<'END'
import ctypes
import socket
import sys
from rawclient import GW, Client, expect, expect_true, tcp

tls = ctypes.CDLL("libgnutls.so.30")
KU_PEER, E_WARNING_ALERT, E_AGAIN = 1, -16, -28


class Peer:
    """A GnuTLS connection; the socket blocks, with a time limit of the kernel's."""
    def __init__(self, version):
        self.sock = tcp()
        self.sock.setblocking(True)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, b"\x0f" + b"\0" * 15)
        self.session, self.cred = ctypes.c_void_p(), ctypes.c_void_p()
        expect("init", 0, tls.gnutls_init(ctypes.byref(self.session), 2))
        tls.gnutls_certificate_allocate_credentials(ctypes.byref(self.cred))
        tls.gnutls_credentials_set(self.session, 1, self.cred)
        priority = "NORMAL:-VERS-ALL:+VERS-TLS1.%d" % version
        expect("priority", 0, tls.gnutls_priority_set_direct(self.session, priority.encode(), None))
        tls.gnutls_transport_set_int2(self.session, self.sock.fileno(), self.sock.fileno())
        expect("handshake", 0, tls.gnutls_handshake(self.session))

    def send(self, data):
        return tls.gnutls_record_send(self.session, data, ctypes.c_size_t(len(data)))

    def recv(self):
        """b"" when the connection is over. "Again" is also said of a message that is no data."""
        data = ctypes.create_string_buffer(65536)
        for _ in range(20):
            n = tls.gnutls_record_recv(self.session, data, ctypes.c_size_t(65536))
            if n > 0:
                return data.raw[:n]
            if n != E_AGAIN:
                return b""
        expect("reading", "data or the end", "silence")


token = Client(GW).login("dave", group="Staff")
head = "CONNECT /CSCOSSLC/tunnel HTTP/1.1\r\nCookie: webvpn=%s\r\nX-CSTP-Version: 1\r\n\r\n" % token

# TLS 1.3: some are fine, and the tunnel goes on; many are not.
peer = Peer(3)
peer.send(head.encode())
answer = peer.recv()
expect("CONNECT", b"HTTP/1.1 200 ", answer[:13])
expect_true("rekey is in the connection", b"\r\nX-CSTP-Rekey-Method: ssl\r\n" in answer, answer)
for i in range(5):
    expect("new keys", 0, tls.gnutls_session_key_update(peer.session, KU_PEER))
peer.send(b"STF\x01\x00\x02\x03\x00hi")
expect("answer under new keys", b"STF\x01\x00\x02\x04\x00hi", peer.recv())
for i in range(1000):
    if tls.gnutls_session_key_update(peer.session, KU_PEER) != 0:
        break
expect("after a flood of new keys nothing comes", b"", peer.recv())

# TLS 1.2: renegotiation is refused, politely at first.
peer = Peer(2)
peer.send(head.encode())
answer = peer.recv()
expect("CONNECT", b"HTTP/1.1 200 ", answer[:13])
expect_true("rekey is a new tunnel", b"\r\nX-CSTP-Rekey-Method: new-tunnel\r\n" in answer, answer)
expect("renegotiation", E_WARNING_ALERT, tls.gnutls_handshake(peer.session))
peer.send(b"STF\x01\x00\x02\x03\x00ho")
expect("answer after the refusal", b"STF\x01\x00\x02\x04\x00ho", peer.recv())
tries = 0
while tls.gnutls_handshake(peer.session) == E_WARNING_ALERT and tries < 100:
    tries += 1
expect_true("a flood of renegotiations ends", tries < 100, tries)
END
expect_eq "connections that a flood ended" 2 "$(grep -c 'dave.*SVC closing connection: too many rekeys' "$GATE_LOG" || true)"

for n in 1 2 3; do
	wait "${transfers[n]}" || fail "transfer of client $n, expected it to finish, got status $?"
	expect_eq "what came back to client $n" whole "$(cat "$W/transfer.$n")"
done
minutes=$((seconds / 60))
for n in 1 2 3; do
	expect_between "rekeys of client $n" $minutes "$(grep -c 'rekey due' "$W/c$n/log")" $((minutes + 1))
done
expect_eq "tunnels of client 1: the first one only" 1 "$(grep -c '722022: .*alice.*TCP SVC' "$GATE_LOG")"
for user in bob carol; do
	expect_between "tunnels of $user" $((minutes + 1)) \
		"$(grep -c "722022: .*$user.*TCP SVC" "$GATE_LOG")" $((minutes + 2))
done
expect_no_match "a handshake within the connection" 'Rehandshake failed' "$(client_log 1) $(client_log 2) $(client_log 3)"
expect_eq "sessions" 4 "$(session_count)"
