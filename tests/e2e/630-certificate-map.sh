#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A client that shows a certificate is mapped to its tunnel group by the certificate's names, and still needs its password.
# Without a certificate, with one that nobody should believe, and with one that no rule fits, the login goes on unmapped.
. "$(dirname "$0")/../lib/e2e.sh"

# certificate NAME CA OU DAYS USAGE
certificate() {
	openssl req -batch -noenc -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 \
		-subj "/C=JP/O=Example/OU=$3/CN=$1" -keyout "$W/pki/$1.key" -out "$W/pki/$1.csr" 2>/dev/null
	openssl x509 -req -in "$W/pki/$1.csr" -CA "$W/pki/$2.pem" -CAkey "$W/pki/$2.key" -CAcreateserial -days "$4" \
		-extfile <(printf '%s\n' "keyUsage=critical,digitalSignature" "extendedKeyUsage=$5" \
			"subjectAltName=email:$1@example.com") -out "$W/pki/$1.crt" 2>/dev/null
}

# shellcheck disable=SC2034
CONF_WEBVPN='certificate-group-map = ( { map = "OURS"; sequence = 10; tunnel-group = "ENG"; } );'
net_up 1
pki_make
pki_ca users "Users CA"
pki_ca others "Others CA"
certificate engineer users Engineers 30 clientAuth
certificate clerk users Clerks 30 clientAuth
certificate stranger others Engineers 30 clientAuth
certificate server users Engineers 30 serverAuth
conf_write
cat >>"$W/conf/tunnel-groups.conf" <<END
certificate-maps = (
  { name = "OURS"; sequence = 10; criteria = [ "subject-name attr ou eq Engineers", "issuer-name co users ca" ]; }
);
END
cat >"$W/conf/pki.conf" <<END
trustpoints = (
  { name = "GW"; certificate = "$W/pki/gw.pem"; key = "$W/pki/gw.key"; },
  { name = "USERS"; ca-certificate = "$W/pki/users.pem"; revocation-check = [ "none" ]; }
);
ssl-trust-point = "GW";
END
expect_ok "the configuration" "$SEKISHO_BIN/sekishod" -t -c "$W/conf"
gate_start

# What a client is told: which CAs, in both versions of TLS.
for version in 2 3; do
	out=$(in_client 1 openssl s_client -connect "$GW_IP4:443" "-tls1_$version" </dev/null 2>&1)
	expect_match "TLS 1.$version asks for a certificate of the trustpoint's CA" 'Users CA' "$out"
	expect_no_match "and of no other" 'Others CA' "$out"
done

group() {
	session_json 's[0]["tunnel_group"]'
}

# login NAME|none GROUP WHAT [openconnect options]
login() {
	local options=() what=$3 group=$2 name=$1
	shift 3
	[ "$name" = none ] || options=(--certificate="$W/pki/$name.crt" --sslkey="$W/pki/$name.key")
	from=$(next_line "$GATE_LOG")
	client_up 1 alice "${options[@]}" "$@"
	expect_eq "tunnel group, $what" "$group" "$(group)"
	expect_ok "traffic, $what" ping4 1
	client_stop 1
}

login engineer ENG "a certificate that the map fits"
gate_log 'ASA-6-717028' 5 "$from"
gate_log 'ASA-6-717022.*subject name: cn=engineer,ou=Engineers' 5 "$from"
login engineer ENG "TLS 1.2" --gnutls-priority='NORMAL:-VERS-ALL:+VERS-TLS1.2'
login none STAFF "no certificate" --authgroup=Staff
login clerk STAFF "a certificate that no rule fits" --authgroup=Staff
gate_log 'ASA-4-717037.*cn=clerk' 5 "$from"
login stranger STAFF "a certificate of an unknown CA" --authgroup=Staff
gate_log 'ASA-3-717009: .*subject name: cn=stranger' 5 "$from"
login server STAFF "a certificate for servers" --authgroup=Staff
gate_log 'ASA-3-717009: .*purpose.*cn=server' 5 "$from"

# The certificate proves nothing about the password.
CLIENT_PASSWORD=wrong client_run 1 alice --certificate="$W/pki/engineer.crt" --sslkey="$W/pki/engineer.key" &&
	fail "a wrong password with a good certificate, expected a refusal, got a session"
expect_eq "sessions after a wrong password" 0 "$(session_count)"

# A revocation check that cannot be done is not passed over (635-revocation.sh has more of it).
sed -i 's/revocation-check = \[ "none" \]/revocation-check = [ "crl" ]/' "$W/conf/pki.conf"
out=$("$SEKISHO_BIN/sekishod" -r -c "$W/conf" 2>&1) || fail "reload, expected status 0, got: $out"
login engineer STAFF "a CA with a revocation check" --authgroup=Staff
gate_log 'ASA-3-717009: .*revocation could not be checked: CRL: no distribution point' 5 "$from"

# Without maps nobody is asked for a certificate any more.
CONF_WEBVPN=
conf_write
out=$("$SEKISHO_BIN/sekishod" -r -c "$W/conf" 2>&1) || fail "reload, expected status 0, got: $out"
asks_nobody() {
	! in_client 1 openssl s_client -connect "$GW_IP4:443" </dev/null 2>&1 | grep -q 'Users CA'
}
wait_for 5 "nobody is asked for a certificate" asks_nobody
login engineer STAFF "a certificate that nobody asked for" --authgroup=Staff

# What is no CA is found before a start.
sed -i 's,ssl-trust-point.*,ssl-trust-point = "GW";,; s,key = "[^"]*",&; ca-certificate = "'"$W"'/pki/engineer.crt",' \
	"$W/conf/pki.conf"
out=$("$SEKISHO_BIN/sekishod" -t -c "$W/conf" 2>&1) && fail "a ca-certificate that is no CA's, expected status 1, got 0"
expect_match "-t says so" 'pki.conf:[0-9]+: .*ca-certificate: .*is not a CA' "$out"
