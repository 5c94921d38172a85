#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# TLS 1.2 and 1.3 clients get in with EC and RSA keys; older protocols do not.
. "$(dirname "$0")/../lib/e2e.sh"

net_up 1
for kind in ec rsa; do
	pki_make $kind
	conf_write
	gate_start
	for version in 1.2 1.3; do
		client_up 1 alice --authgroup=Staff --gnutls-priority="NORMAL:-VERS-ALL:+VERS-TLS$version:+VERS-DTLS1.2"
		expect_match "TLS version of the session ($kind)" "TLSv$version" \
			"$(session_json '[t["version"] for t in s[0]["tunnels"]]')"
		expect_ok "traffic over TLS $version with $kind" ping4 1
		client_dtls 1
		client_stop 1
		wait_for 10 "session ends" sessions_are 0
	done
	gate_stop
done

gate_start
raw_py 1 <<'END'
import ssl
import warnings
from rawclient import *

warnings.simplefilter("ignore")
for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
    c = Client(version=version)
    expect("init over %s" % version, 200, c.init().status)
for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
    try:
        Client(version=version)
        print("FAIL: handshake with %s, expected a refusal, got a connection" % version)
        sys.exit(1)
    except (ssl.SSLError, OSError):
        pass

# What the certificate hash says is the SHA-1 of the certificate shown.
import hashlib
c = Client()
shown = hashlib.sha1(c.sock.getpeercert(binary_form=True)).hexdigest().upper()
c.init(group="Staff")
expect("server-cert-hash", shown, c.reply("alice", PASSWORD).element("server-cert-hash"))
END
