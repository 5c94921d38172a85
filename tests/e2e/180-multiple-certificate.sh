#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Logins by two certificates, a machine's in the TLS handshake and a user's in the reply, by a real client: RSA and ECDSA, each
# hash, who of the two names the user, with and without a password; and what is refused, with one text.
. "$(dirname "$0")/../lib/e2e.sh"

# A tunnel-group with a URL and an alias: group NAME AUTHENTICATION SETTINGS-OF-GENERAL SETTINGS-OF-WEBVPN
group() {
	cat <<-END
	{ name = "$1"; type = "remote-access";
	  general-attributes = { address-pool = [ "POOL" ]; default-group-policy = "StaffPolicy"; $3 };
	  webvpn-attributes = { authentication = [ $2 ]; group-url = ( { url = "https://$GW_NAME/$1"; } );
	                        group-alias = ( { name = "Two $1"; } ); $4 }; },
	END
}

two='"multiple-certificate"'
second='username-from-certificate-choice = "second-certificate";'
# shellcheck disable=SC2034
CONF_GROUPS=$(
	group MCA "$two" "" ""
	group SECOND "$two" "$second" ""
	group UPN "$two" "$second username-from-certificate = [ \"UPN\", \"EA\" ];" ""
	group SHA256 "$two" "" 'multiple-certificate = { hash-algorithms = [ "sha256" ]; };'
	group SHA384 "$two" "" 'multiple-certificate = { hash-algorithms = [ "sha256", "sha384" ]; };'
	group STORES "$two" "" \
		'multiple-certificate = { first-certificate-store = "machine"; second-certificate-store = "user"; };'
	group WRONG-STORES "$two" "" 'multiple-certificate = { first-certificate-store = "user"; };'
	group BOTH "\"aaa\", $two" "" ""
	group FILLED "\"aaa\", $two" "$second" 'pre-fill-username = "client";'
	group KNOWN "$two" "authorization-server-group = [ \"LOCAL\" ]; authorization-required = true; $second" ""
)
CONF_WEBVPN='certificate-group-map = ( { map = "KIOSKS"; sequence = 10; tunnel-group = "MCA"; } );'
net_up 1
pki_make
pki_ca machines "Machines CA" rsa
pki_ca users "Users CA"
pki_ca others "Others CA"
pki_client pc7 machines "/O=Example/OU=Machines/CN=pc7" rsa
pki_client pc8 machines "/O=Example/OU=Machines/CN=pc8" ec
pki_client pc-old machines "/O=Example/OU=Machines/CN=pc-old" ec -1
pki_client alice users "/O=Example/OU=Staff/CN=alice" rsa 30 "subjectAltName=otherName:msUPN;UTF8:alice.upn"
pki_client alice-p256 users "/O=Example/OU=Staff/CN=alice" ec
pki_client alice-p384 users "/O=Example/OU=Staff/CN=alice" ec384
pki_client erin users "/O=Example/OU=Staff/CN=erin" ec
pki_client expired users "/O=Example/OU=Staff/CN=expired" rsa -1
pki_client stranger others "/O=Example/OU=Staff/CN=alice" rsa
pki_client server users "/O=Example/OU=Staff/CN=server" ec 30 "extendedKeyUsage=serverAuth"
pki_client kiosk machines "/O=Example/OU=Kiosks/CN=kiosk" ec

# The same key in two certificates, one key behind a password, and a certificate of a CA below the one that is believed.
cp "$W/pki/alice-p256.key" "$W/pki/twin.key"
openssl x509 -req -in "$W/pki/alice-p256.csr" -CA "$W/pki/machines.pem" -CAkey "$W/pki/machines.key" -days 30 \
	-out "$W/pki/twin.crt" 2>/dev/null
cp "$W/pki/erin.crt" "$W/pki/locked.crt"
openssl pkcs8 -topk8 -in "$W/pki/erin.key" -passout pass:sesame -out "$W/pki/locked.key"
pki_client branch users "/O=Sekisho test/CN=Branch CA" ec 30 "basicConstraints=critical,CA:true" \
	"keyUsage=critical,keyCertSign"
cp "$W/pki/branch.crt" "$W/pki/branch.pem"
pki_client carol branch "/O=Example/OU=Staff/CN=carol" rsa
cat "$W/pki/branch.pem" >>"$W/pki/carol.crt"

conf_write
cat >>"$W/conf/tunnel-groups.conf" <<END
certificate-maps = ( { name = "KIOSKS"; sequence = 10; criteria = [ "subject-name attr ou eq Kiosks" ]; } );
END
cat >"$W/conf/pki.conf" <<END
trustpoints = (
  { name = "GW"; certificate = "$W/pki/gw.pem"; key = "$W/pki/gw.key"; },
  { name = "MACHINES"; ca-certificate = "$W/pki/machines.pem"; revocation-check = [ "none" ]; },
  { name = "USERS"; ca-certificate = "$W/pki/users.pem"; revocation-check = [ "none" ]; }
);
ssl-trust-point = "GW";
END
expect_ok "the configuration" "$SEKISHO_BIN/sekishod" -t -c "$W/conf"
gate_start

# Options for a pair: with FIRST SECOND sets PAIR; "-" is none.
with() {
	PAIR=(--dump-http-traffic)
	[ "$1" = - ] || PAIR+=(--certificate="$W/pki/$1.crt" --sslkey="$W/pki/$1.key")
	[ "$2" = - ] || PAIR+=(--mca-certificate="$W/pki/$2.crt" --mca-key="$W/pki/$2.key")
}

# login GROUP FIRST SECOND USERNAME HASH [openconnect options]; URL: another path than the group's
login() {
	local group=$1 what="$1 by $2 and $3" name=$4 hash=$5
	with "$2" "$3"
	shift 5
	CLIENT_URL=${URL-/$group} client_up 1 "${USERNAME:-nobody}" "${PAIR[@]}" "$@"
	expect_eq "tunnel group, $what" "$group" "$(session_json 's[0]["tunnel_group"]')"
	expect_eq "user, $what" "$name" "$(session_json 's[0]["username"]')"
	expect_match "what it logged in by, $what" 'Auth Mode    : Multiple-certificate' "$(show_sessions detail)"
	expect_match "hash, $what" "hash-algorithm-chosen=\"$hash\"" "$(client_log 1)"
	expect_ok "traffic, $what" ping4 1
	client_stop 1
	wait_for 10 "session ends" sessions_are 0
}

# refused GROUP FIRST SECOND REASON-IN-THE-LOG [openconnect options]
refused() {
	local group=$1 what="$1 by $2 and $3" reason=$4 from
	with "$2" "$3"
	shift 4
	from=$(next_line "$GATE_LOG")
	CLIENT_URL=/$group client_run 1 "${USERNAME:-nobody}" "${PAIR[@]}" "$@" && fail "$what, expected a refusal, got a session"
	expect_match "the client's text, $what" "${TEXT:-Certificate Validation Failure}" "$(client_log 1)"
	expect_no_match "the reason is not told, $what" "] < .*($reason)" "$(client_log 1)"
	gate_log "$reason" 5 "$from"
	expect_eq "sessions, $what" 0 "$(session_count)"
}

# ---- good ----
login MCA pc7 alice pc7 sha512
login MCA pc8 alice-p256 pc8 sha512
login SECOND pc7 alice-p384 alice sha512
login SECOND pc7 erin erin sha512
login UPN pc8 alice alice.upn sha512
login SHA256 pc7 alice pc7 sha256
login SHA256 pc7 alice-p256 pc7 sha256
login SHA384 pc7 alice pc7 sha384
login SHA384 pc8 alice-p384 pc8 sha384
login STORES pc7 alice pc7 sha512
login KNOWN pc7 alice alice sha512
login MCA pc7 alice pc7 sha512 --gnutls-priority='NORMAL:-VERS-ALL:+VERS-TLS1.2'

login SECOND pc7 carol carol sha512
login SECOND pc7 locked erin sha512 --mca-key-password=sesame

# The group from the list, and from the certificate of the handshake.
URL='' login MCA pc7 alice pc7 sha512 --authgroup="Two MCA"
URL='' login MCA kiosk alice kiosk sha512

# A password after the certificates: the user is who knows it, unless the certificate says.
USERNAME=bob login BOTH pc7 alice bob sha512
USERNAME=bob login FILLED pc7 alice alice sha512
with pc7 alice
CLIENT_PASSWORD=wrong CLIENT_URL=/BOTH client_run 1 bob "${PAIR[@]}" &&
	fail "a wrong password after two good certificates, expected a refusal, got a session"
expect_match "the client's text after a wrong password" 'Login failed' "$(client_log 1)"
expect_eq "sessions after a wrong password" 0 "$(session_count)"

# ---- refused ----
refused MCA pc7 expired 'second certificate: certificate has expired'
refused MCA pc7 stranger 'second certificate: unable to get local issuer'
refused MCA pc7 server 'second certificate: unsuitable certificate purpose'
refused MCA pc7 pc7 'second certificate: it is the same as the first'
refused MCA alice-p256 twin 'second certificate: it is the same as the first'
refused MCA pc-old alice 'ASA-3-717009.* certificate has expired .*cn=pc-old'
refused MCA stranger alice 'ASA-3-717009.* unable to get local issuer .*cn=alice'
refused MCA pc7 - 'cannot show two certificates'
refused MCA - - 'cannot show two certificates'
refused MCA - alice 'has no certificate'
refused WRONG-STORES pc7 alice 'not from the stores'
TEXT='Login failed' refused KNOWN pc7 erin 'does not know the user'
refused BOTH pc7 expired 'second certificate: certificate has expired'

# ---- the gateway goes on, and keeps nothing of them ----
login MCA pc7 alice pc7 sha512
