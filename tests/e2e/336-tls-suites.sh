#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A tunnel over TLS by each suite of both versions: through our own records, and through OpenSSL's where those are not for it
# (AES-CBC). What a client sends comes back whole, and it ends in order from either side.
. "$(dirname "$0")/../lib/e2e.sh"

CONF_GATEWAY='ssl = { preset = "legacy"; };'
usual_start 1

# Everything that comes in goes back, cut otherwise.
in_inside env PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 - <<-'END' &
import socketserver

class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        while data := self.request.recv(50000):
            self.request.sendall(data)

socketserver.ThreadingTCPServer(("", 7000), Echo).serve_forever()
END
wait_for 10 "the echo server listens" in_inside bash -c 'ss -Hltn | grep -q 7000'

# A million bytes there and back; says "whole" when the same came back.
transfer() {
	in_client 1 timeout 60 /usr/bin/python3 - "$IN_IP4" <<-'END'
	import os, socket, sys, threading
	sock = socket.create_connection((sys.argv[1], 7000))
	sent = os.urandom(1000000)
	threading.Thread(target=lambda: (sock.sendall(sent), sock.shutdown(socket.SHUT_WR))).start()
	got = b""
	while data := sock.recv(65536):
	    got += data
	print("whole" if sent == got else "torn")
	END
}

# suite VERSION CIPHER [MAC of GnuTLS, ours otherwise] OPENSSL'S-NAME
suite() {
	local priority="NORMAL:-VERS-ALL:+VERS-TLS$1:-CIPHER-ALL:+$2"
	[ "$3" = AEAD ] || priority+=":-MAC-ALL:+$3"
	client_up 1 alice --authgroup=Staff --no-dtls --gnutls-priority="$priority"
	expect_eq "suite of the session" "TLSv$1 $4" \
		"$(session_json '" ".join(s[0]["tunnels"][-1][key] for key in ("version", "cipher"))')"
	expect_eq "what came back over TLS $1 with $2" whole "$(transfer)"
}

suites=0
while read -r -a row; do
	suite "${row[@]}"
	suites=$((suites + 1))
	if [ $((suites % 2)) = 0 ]; then
		client_stop 1
	else
		expect_ok "logoff" "$SEKISHO_BIN/sekishoctl" -s "$W/control" vpn-sessiondb logoff name alice noconfirm
		wait_for 10 "client ends" is_gone "${CLIENT_PID[1]}"
	fi
	wait_for 10 "session ends" sessions_are 0
done <<-'END'
1.3 AES-128-GCM AEAD TLS_AES_128_GCM_SHA256
1.3 AES-256-GCM AEAD TLS_AES_256_GCM_SHA384
1.3 CHACHA20-POLY1305 AEAD TLS_CHACHA20_POLY1305_SHA256
1.2 AES-128-GCM AEAD ECDHE-ECDSA-AES128-GCM-SHA256
1.2 AES-256-GCM AEAD ECDHE-ECDSA-AES256-GCM-SHA384
1.2 CHACHA20-POLY1305 AEAD ECDHE-ECDSA-CHACHA20-POLY1305
1.2 AES-256-CBC SHA1 ECDHE-ECDSA-AES256-SHA
END
expect_eq "suites" 7 $suites
