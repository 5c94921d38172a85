#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What the responder says of our own certificate is shown in handshakes, TLS 1.2 and 1.3, to clients that ask; it is shown
# while the responder is away; nothing is shown when it says revoked, and when stapling is off.
. "$(dirname "$0")/../lib/e2e.sh"

OCSP=http://127.0.0.1:8081/

# index V|R: what the CA knows of our certificate.
index() {
	local serial
	serial=$(openssl x509 -in "$W/pki/gw.crt" -noout -serial | cut -d= -f2)
	if [ "$1" = R ]; then
		printf 'R\t391231235959Z\t200101000000Z\t%s\tunknown\t/CN=gw\n' "$serial"
	else
		printf 'V\t391231235959Z\t\t%s\tunknown\t/CN=gw\n' "$serial"
	fi >"$W/ocsp.txt"
	echo "unique_subject = no" >"$W/ocsp.txt.attr"
}

listens() {
	in_gw ss -Hltn "sport = :8081" | grep -q .
}

responder() {
	ip netns exec "$GW" openssl ocsp -port 8081 -index "$W/ocsp.txt" -CA "$W/pki/ca.pem" -rsigner "$W/pki/ca.pem" \
		-rkey "$W/pki/ca.key" -ndays 1 >"$W/responder.log" 2>&1 &
	RESPONDER=$!
	wait_for 5 "the responder listens" listens
}

# shown VERSION: what a client that asks is shown, and how its own check of that went.
shown() {
	in_client 1 timeout 5 openssl s_client -connect "$GW_IP4:443" "-tls$1" -status -CAfile "$W/pki/ca.pem" \
		-verify_return_error </dev/null 2>&1
}

is_shown() {
	shown "$1" | grep -q 'Cert Status: good'
}

is_not_shown() {
	shown "$1" | grep -q 'OCSP response: no response sent'
}

# certificate [EXTENSION]: of the gateway, with a responder.
certificate() {
	openssl x509 -req -in "$W/pki/gw.csr" -CA "$W/pki/ca.pem" -CAkey "$W/pki/ca.key" -CAcreateserial -days 30 \
		-extfile <(printf '%s\n' "subjectAltName=DNS:$GW_NAME,IP:$GW_IP4,IP:$GW_IP6" "keyUsage=critical,digitalSignature" \
			"extendedKeyUsage=serverAuth" "authorityInfoAccess=OCSP;URI:$OCSP" "$@") \
		-out "$W/pki/gw.crt" 2>/dev/null
	cat "$W/pki/gw.crt" "$W/pki/ca.pem" >"$W/pki/gw.pem"
}

net_up 1
pki_make
certificate "tlsfeature=status_request"
conf_write
index V
responder
out=$("$SEKISHO_BIN/sekishod" -t -c "$W/conf" 2>&1)
expect_no_match "warnings when there is a responder" 'must-staple' "$out"
gate_start

# ---- good ----
gate_log "trustpoint GW: clients are shown the OCSP answer of $OCSP"
for version in 1_2 1_3; do
	wait_for 5 "an answer is shown (TLS $version)" is_shown "$version"
	expect_match "the client's own look at chain and answer (TLS $version)" 'Verify return code: 0 \(ok\)' "$(shown "$version")"
done
client_up 1 alice --authgroup=Staff
client_stop 1

# ---- the responder is away ----
kill "$RESPONDER"
wait_for 5 "the responder is gone" is_gone "$RESPONDER"
expect_ok "reload" "$SEKISHO_BIN/sekishod" -r -c "$W/conf"
expect_ok "an answer is shown while the responder is away" is_shown 1_3
expect_no_match "asked again by the reload" 'no new OCSP answer' "$(cat "$GATE_LOG")"

# ---- off ----
CONF_GATEWAY='ssl = { ocsp-stapling = false; };' conf_write
out=$("$SEKISHO_BIN/sekishod" -r -c "$W/conf" 2>&1) || fail "reload, expected status 0, got: $out"
expect_match "warning of must-staple" 'must-staple, and ocsp-stapling is off' "$out"
wait_for 5 "nothing is shown when it is off" is_not_shown 1_3

# ---- on, without a responder, and the connection is there all the same ----
from=$(next_line "$GATE_LOG")
conf_write
expect_ok "reload" "$SEKISHO_BIN/sekishod" -r -c "$W/conf"
gate_log "trustpoint GW: the certificate says must-staple, and there is no OCSP answer to show" 5 "$from"
expect_ok "no answer" is_not_shown 1_3

# ---- revoked ----
index R
responder
CONF_GATEWAY='ssl = { ocsp-stapling = false; };' conf_write
"$SEKISHO_BIN/sekishod" -r -c "$W/conf" >/dev/null 2>&1
conf_write
from=$(next_line "$GATE_LOG")
expect_ok "reload" "$SEKISHO_BIN/sekishod" -r -c "$W/conf"
gate_log "the responder $OCSP says of our own certificate: .*revoked" 5 "$from"
expect_ok "an answer that says revoked is not shown" is_not_shown 1_2
