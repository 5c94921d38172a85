#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# sekisho-debug: logins of a real client, by password, by two certificates and by RADIUS, traced while they happen: what is
# shown in which order, to whom, that no secret is in it, and that nothing is left on.
. "$(dirname "$0")/../lib/e2e.sh"

# shellcheck disable=SC2034
CONF_GROUPS=$(
	cat <<-END
	{ name = "MCA"; type = "remote-access";
	  general-attributes = { address-pool = [ "POOL" ]; default-group-policy = "StaffPolicy";
	                         username-from-certificate-choice = "second-certificate"; };
	  webvpn-attributes = { authentication = [ "multiple-certificate" ];
	                        group-url = ( { url = "https://$GW_NAME/MCA"; } ); }; },
	{ name = "RAD"; type = "remote-access";
	  general-attributes = { address-pool = [ "POOL" ]; default-group-policy = "StaffPolicy";
	                         authentication-server-group = [ "RAD" ]; };
	  webvpn-attributes = { authentication = [ "aaa" ]; group-url = ( { url = "https://$GW_NAME/RAD"; } ); }; },
	END
)
net_up 2
pki_make
pki_ca machines "Machines CA" rsa
pki_ca users "Users CA"
pki_client pc7 machines "/O=Example/OU=Machines/CN=pc7" rsa
pki_client alice users "/O=Example/OU=Staff/CN=alice" ec
conf_write
cat >"$W/conf/aaa.conf" <<END
aaa-server-groups = ( { name = "RAD"; protocol = "radius";
  hosts = ( { address = "$IN_IP4"; authentication-port = 1812; accounting-port = 1813; key = "$RADIUS_SECRET"; } ); } );
END
chmod 600 "$W/conf/aaa.conf"
cat >"$W/conf/pki.conf" <<END
trustpoints = (
  { name = "GW"; certificate = "$W/pki/gw.pem"; key = "$W/pki/gw.key"; },
  { name = "MACHINES"; ca-certificate = "$W/pki/machines.pem"; revocation-check = [ "none" ]; },
  { name = "USERS"; ca-certificate = "$W/pki/users.pem"; revocation-check = [ "crl", "none" ];
    crl-policy = "static"; crl-urls = [ "http://127.0.0.1:9/users.crl" ]; }
);
ssl-trust-point = "GW";
END
expect_ok "the configuration" "$SEKISHO_BIN/sekishod" -t -c "$W/conf"
RADIUS_USERS="alice Cleartext-Password := \"$PASSWORD\"
	Reply-Message = \"Welcome\""
radius_start
gate_start

declare -A DEBUG_PID=()

# debug_start NAME WORDS...: traces go to $W/NAME.dbg
debug_start() {
	local name=$1
	shift
	: >"$W/$name.dbg"
	"$SEKISHO_BIN/sekisho-debug" -c "$W/conf" "$@" >"$W/$name.dbg" 2>"$W/$name.err" &
	DEBUG_PID[$name]=$!
	wait_line "$W/$name.dbg" 'enabled at level' 10
}

# Ends by a signal: debug_stop NAME [SIGNAL]
debug_stop() {
	kill "-${2:-TERM}" "${DEBUG_PID[$1]}"
	wait "${DEBUG_PID[$1]}" 2>/dev/null || true
}

debug_fails() {
	expect_fail "sekisho-debug $*" "$SEKISHO_BIN/sekisho-debug" -c "$W/conf" "$@"
}

# The lines that fit, in this order, behind line $AFTER: in_order NAME REGEX...
in_order() {
	local name=$1 line=${AFTER:-0} next regex
	shift
	for regex in "$@"; do
		next=$(grep -nEm1 "$regex" < <(tail -n "+$((line + 1))" "$W/$name.dbg") | cut -d: -f1) ||
			fail "$name: expected \"$regex\" behind line $line, got: $(tail -n "+$((line + 1))" "$W/$name.dbg" | head -40)"
		line=$((line + next))
	done
}

no_line() {
	if grep -nE "$2" "$W/$1.dbg"; then
		fail "$1: expected no line like \"$2\", got those above"
	fi
}

# A login that ends when its tunnel is up.
login() {
	client_up "$@"
	client_stop "$1"
}

# ---- what is wrong is said ----
expect_match "an unknown word" '"aggregate-auth xlm" is not known; behind "aggregate-auth" comes "xml" or "ssl"' \
	"$("$SEKISHO_BIN/sekisho-debug" aggregate-auth xlm 2>&1 || true)"
expect_match "another one" '"ipsec" is not known; what can be debugged is aggregate-auth xml' \
	"$("$SEKISHO_BIN/sekisho-debug" ipsec 2>&1 || true)"
expect_match "a level" '"256" is no level; levels are 1 to 255' "$("$SEKISHO_BIN/sekisho-debug" radius 256 2>&1 || true)"
expect_match "an address" '"alice" is no IPv4 or IPv6 address' \
	"$("$SEKISHO_BIN/sekisho-debug" radius condition address alice 2>&1 || true)"
expect_match "half a condition" '"condition user" needs a user name' \
	"$("$SEKISHO_BIN/sekisho-debug" radius condition user 2>&1 || true)"
expect_match "nothing" 'usage: sekisho-debug' "$("$SEKISHO_BIN/sekisho-debug" 2>&1 || true)"
expect_match "help" 'usage: sekisho-debug' "$("$SEKISHO_BIN/sekisho-debug" --help)"
mkdir "$W/tool"
cp "$SEKISHO_BIN/sekisho-debug" "$W/tool/sekisho-debug"
expect_match "somebody who is not root" 'sekishod refused: only root may debug' \
	"$(setpriv --reuid 65534 --regid 0 --clear-groups "$W/tool/sekisho-debug" -s "$W/control" radius 2>&1 || true)"
expect_match "no daemon" 'sekishod is not running' "$("$SEKISHO_BIN/sekisho-debug" -s "$W/nothing" radius 2>&1 || true)"

# ---- a password, and another user beside; several watch ----
debug_start alice aggregate-auth xml 255 aggregate-auth ssl 2 crypto ca 255 condition user alice
debug_start second aggregate-auth ssl condition address 192.0.2.12
debug_start all aggregate-auth xml
client_start 2 bob --authgroup=Staff --dump-http-traffic
client_start 1 alice --authgroup=Staff --dump-http-traffic
wait_for 20 "client 1 is connected" client_is_up 1
wait_for 20 "client 2 is connected" client_is_up 2
wait_line "$W/alice.dbg" 'X-DTLS-Keepalive' 10
client_stop 1
client_stop 2
in_order alice 'debug aggregate-auth xml enabled at level 255' 'debug condition user alice' \
	'Device completed SSL handshake with client 192.0.2.11:[0-9]+ to 192.0.2.1:443 for TLSv1.3 session' \
	'Client has not sent a certificate' 'Processing client request' "HTTP request line: 'POST / HTTP/1.1'" \
	"HTTP header line: 'User-Agent: " 'Received XML message below from the client' 'type="init"' \
	'INIT-no-cert: Client has not sent a certificate' 'Generated XML message below' '<form method="post">' \
	'Received XML message below from the client' 'type="auth-reply"' '<username>alice</username>' \
	'<password>\*\*\*\*\*</password>' 'Making AAA request: authentication of user alice, server groups: LOCAL' \
	'AAA request finished: user alice, LOCAL: ACCEPT' 'Group policy StaffPolicy' 'Send auth complete: user alice' \
	'Generated XML message below' '<session-token>[0-9a-f]{6}\.\.\.</session-token>' \
	'Set-Cookie: webvpn=\*\*\*\*\*; ' "HTTP request line: 'CONNECT /CSCOSSLC/tunnel HTTP/1.1'" \
	'Cookie: webvpn=\*\*\*\*\*' 'X-DTLS-Master-Secret: \*\*\*\*\*' "Sending CSTP header line: 'HTTP/1.1 200 CONNECTED'"
no_line alice '192\.0\.2\.12|bob'
in_order second 'debug condition address 192.0.2.12' 'client 192.0.2.12:' 'CONNECT '
no_line second "192\.0\.2\.11|XML message|'Accept-Encoding"
in_order all 'type="init"' 'type="complete"'
no_line all 'Making AAA request|SSL handshake'
expect_eq "logins that the one without a condition sees" 2 "$(grep -c 'type="complete"' "$W/all.dbg")"

# A wrong password is bob's, who is not watched.
CLIENT_PASSWORD=wrong-battery client_run 1 bob --authgroup=Staff && fail "a wrong password, expected a refusal, got a session"
no_line alice 'bob'
in_order all 'Login failed'
debug_stop second

# ---- two certificates ----
debug_start mca aggregate-auth xml 2 aggregate-auth ssl crypto ca 2 condition user alice
CLIENT_URL=/MCA login 1 nobody --dump-http-traffic --certificate="$W/pki/pc7.crt" --sslkey="$W/pki/pc7.key" \
	--mca-certificate="$W/pki/alice.crt" --mca-key="$W/pki/alice.key"
in_order mca 'Client has sent a certificate, len [0-9]+, .*subject name: cn=pc7' 'Received XML message below' \
	'CRYPTO_PKI: Validating certificate.*cn=pc7' 'CRYPTO_PKI: Looking for suitable trustpoints' \
	'CRYPTO_PKI: Found a suitable authenticated trustpoint MACHINES' 'certificate 2 of 2 in the path: .*cn=machines ca|Machines CA' \
	'CRYPTO_PKI: Certificate validated without revocation check. .*cn=pc7' 'Found TG MCA by group-url' \
	'INIT-cert: Client advertised multi-cert' 'Generating multiple certificate request' 'Saved message of len [0-9]+' \
	'<multiple-client-cert-request>' 'Received XML message below' \
	'<client-cert cert-format="pkcs7">\([0-9]+ bytes of base64\)' \
	'<client-cert-auth-signature hash-algorithm-chosen="sha512">\([0-9]+ bytes of base64\)' \
	'Multi cert authentication' 'CRYPTO_PKI: Authenticating second cert: PKCS#7' 'CRYPTO_PKI: Signature verify success' \
	'CRYPTO_PKI: Validating certificate.*cn=alice' 'trustpoint USERS' 'CRYPTO_PKI: Starting crl revocation' \
	'CRYPTO_PKI: CRL http://127.0.0.1:9/users.crl: ' 'CRYPTO_PKI: Starting none revocation' \
	'revocation-check none passed over' 'Attempting cert only login' 'Authorization username = alice' 'Send auth complete'
debug_stop mca

# ---- RADIUS ----
debug_start radius radius aggregate-auth xml 2 condition user alice
CLIENT_URL=/RAD login 1 alice --dump-http-traffic
in_order radius 'Found TG RAD' 'Making AAA request: authentication of user alice, server groups: RAD' \
	'RADIUS packet decode \(request to' 'Code = 1 \(0x01\) Access-Request' 'User-Name = alice' \
	'User-Password = \*\*\*\*\*' 'RADIUS packet decode \(response of' 'Access-Accept' 'Reply-Message = Welcome' \
	'AAA request finished: user alice, RAD, server .*: ACCEPT' 'Send auth complete'
debug_stop radius

# ---- children that come back are told again ----
restarted() {
	local now
	now=$(child_pid "$1")
	[ -n "$now" ] && [ "$now" != "$2" ]
}
for role in pki gateway; do
	old=$(child_pid $role)
	from=$(next_line "$GATE_LOG")
	kill -KILL "$old"
	wait_for 10 "$role is restarted" restarted $role "$old"
	gate_log 'sekishod [0-9.]+ ready' 10 "$from"
	AFTER=$(wc -l <"$W/alice.dbg")
	CLIENT_URL=/MCA login 1 nobody --dump-http-traffic --certificate="$W/pki/pc7.crt" --sslkey="$W/pki/pc7.key" \
		--mca-certificate="$W/pki/alice.crt" --mca-key="$W/pki/alice.key"
	in_order alice 'SSL handshake' 'Received XML' 'trustpoint MACHINES' 'Signature verify success' 'Send auth complete' 'CONNECT'
done
AFTER=

# ---- no secrets ----
tokens=$(cat "$W"/c*/log | grep -oE '(webvpn=|session-token>)[0-9a-f]{64}' | grep -oE '[0-9a-f]{64}' | sort -u)
expect_match "tokens that the clients got" '^[0-9a-f]{64}' "$tokens"
masters=$(cat "$W"/c*/log | grep -oE 'X-DTLS-Master-Secret: [0-9A-Fa-f]+' | cut -d' ' -f2 | sort -u)
for secret in "$PASSWORD" wrong-battery "$RADIUS_SECRET" $tokens $masters "$(sed -n 2p "$W/pki/alice.key")" \
	"$(sed -n 2p "$W/pki/alice.crt")"; do
	if grep -lF -- "$secret" "$W"/*.dbg "$W"/*.err; then
		fail "traces, expected no secret, got \"$secret\" in those above"
	fi
done

# ---- who goes leaves nothing behind ----
expect_no_match "traces in the log" 'XML message below|CRYPTO_PKI' "$(cat "$GATE_LOG")"
debug_stop alice
debug_stop all
for signal in KILL TERM; do
	for i in 1 2 3 4 5 6 7 8; do
		debug_start "many$i" crypto ca
	done
	expect_match "one too many" 'too many administrators are debugging already' \
		"$("$SEKISHO_BIN/sekisho-debug" -c "$W/conf" crypto ca 2>&1 || true)"
	expect_ok "sessions are shown all the same" show_sessions
	for i in 1 2 3 4 5 6 7 8; do
		debug_stop "many$i" $signal
	done
done

# ---- a daemon that ends says so ----
debug_start last crypto ca
gate_stop
wait_for 10 "sekisho-debug ends with the daemon" is_gone "${DEBUG_PID[last]}"
expect_match "why it ends" 'debug is off' "$(cat "$W/last.err")"
