#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Certificates that hold and such that do not any more, by OCSP and by CRL, from real responders: only those that hold match
# the certificate map. The next method is asked only when one cannot answer, and "none" passes when nobody does.
. "$(dirname "$0")/../lib/e2e.sh"

OCSP=http://127.0.0.1:8081/
DELEGATED=http://127.0.0.1:8082/
FOREIGN=http://127.0.0.1:8083/
SILENT=http://127.0.0.1:8084/
CRLS=http://127.0.0.1:8085

# certificate NAME CA USAGE
certificate() {
	openssl req -batch -noenc -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 \
		-subj "/C=JP/O=Example/OU=Engineers/CN=$1" -keyout "$W/pki/$1.key" -out "$W/pki/$1.csr" 2>/dev/null
	openssl x509 -req -in "$W/pki/$1.csr" -CA "$W/pki/$2.pem" -CAkey "$W/pki/$2.key" -CAcreateserial -days 30 \
		-extfile <(printf '%s\n' "keyUsage=critical,digitalSignature" "extendedKeyUsage=$3" \
			"authorityInfoAccess=OCSP;URI:$OCSP" "crlDistributionPoints=URI:$CRLS/users.crl") \
		-out "$W/pki/$1.crt" 2>/dev/null
}

serial() {
	openssl x509 -in "$W/pki/$1.crt" -noout -serial | cut -d= -f2
}

# What the CA knows of its certificates: index FILE REVOKED NAME..; those with the first name are revoked.
index() {
	local file=$1 revoked=$2 name
	shift 2
	for name in "$@"; do
		if [ "$name" = "$revoked" ]; then
			printf 'R\t391231235959Z\t200101000000Z\t%s\tunknown\t/CN=%s\n' "$(serial "$name")" "$name"
		else
			printf 'V\t391231235959Z\t\t%s\tunknown\t/CN=%s\n' "$(serial "$name")" "$name"
		fi
	done >"$W/$file"
	echo "unique_subject = no" >"$W/$file.attr"
}

listens() {
	in_gw ss -Hltn "sport = :$1" | grep -q .
}

# responder NAME PORT SIGNER [options]: answers from $W/ocsp.txt.
responder() {
	local name=$1 port=$2 signer=$3
	shift 3
	ip netns exec "$GW" openssl ocsp -port "$port" -index "$W/ocsp.txt" -CA "$W/pki/users.pem" -rsigner "$signer" \
		-rkey "${signer%.*}.key" "$@" >"$W/$name.log" 2>&1 &
	RESPONDER=$!
	wait_for 5 "the responder $name listens" listens "$port"
}

# shellcheck disable=SC2034
{
	CONF_WEBVPN='certificate-group-map = ( { map = "OURS"; sequence = 10; tunnel-group = "ENG"; } );
		tunnel-group-preference = "group-url";'
	CONF_GROUPS="{ name = \"TWO\"; general-attributes = { address-pool = [ \"POOL\" ]; };
		webvpn-attributes = { authentication = \"multiple-certificate\"; group-url = ( { url = \"https://$GW_NAME/two\"; } ); }; },"
}
net_up 2
pki_make
pki_ca users "Users CA"
pki_ca others "Others CA"
for name in good revoked listed unlisted; do
	certificate "$name" users clientAuth
done
certificate delegate users OCSPSigning
certificate foreigner others OCSPSigning
index ocsp.txt revoked good revoked listed
index crl.txt listed good revoked listed
mkdir "$W/crls"
printf '%s\n' "[ca]" "default_ca = it" "[it]" "database = $W/crl.txt" "default_md = sha256" "default_crl_days = 7" \
	>"$W/ca.conf"
openssl ca -config "$W/ca.conf" -gencrl -cert "$W/pki/users.pem" -keyfile "$W/pki/users.key" 2>/dev/null |
	openssl crl -outform DER -out "$W/crls/users.crl"

conf_write
cat >>"$W/conf/tunnel-groups.conf" <<END
certificate-maps = ( { name = "OURS"; sequence = 10; criteria = [ "issuer-name co users ca" ]; } );
END

# pki.conf with these settings for the CA of the users.
conf_trust() {
	cat >"$W/conf/pki.conf" <<-END
	trustpoints = (
	  { name = "GW"; certificate = "$W/pki/gw.pem"; key = "$W/pki/gw.key"; },
	  { name = "USERS"; ca-certificate = "$W/pki/users.pem"; $1 }
	);
	ssl-trust-point = "GW";
	revocation-timeout = ${TIMEOUT:-2};
	END
}

# The same for the gateway that runs.
trust() {
	conf_trust "$1"
	out=$("$SEKISHO_BIN/sekishod" -r -c "$W/conf" 2>&1) || fail "reload with $1, expected status 0, got: $out"
	expect_no_match "warnings of $1" 'revocation' "$out"
}

# login NAME ENG|STAFF WHAT: with this certificate one gets into this tunnel group.
login() {
	local name=$1 group=$2 what=$3 options=()
	[ "$group" = ENG ] || options=(--authgroup=Staff)
	FROM=$(next_line "$GATE_LOG")
	client_up 1 alice --certificate="$W/pki/$name.crt" --sslkey="$W/pki/$name.key" "${options[@]}"
	expect_eq "tunnel group, $what" "$group" "$(session_json 's[0]["tunnel_group"]')"
	client_stop 1
}

# The log since the last login.
logged() {
	gate_log "$1" 5 "$FROM"
}

not_logged() {
	expect_no_match "$2" "$1" "$(tail -n "+$FROM" "$GATE_LOG")"
}

in_gw python3 -m http.server 8085 --bind 127.0.0.1 --directory "$W/crls" >"$W/http.log" 2>&1 &
wait_for 5 "the server of the CRLs listens" listens 8085
responder direct 8081 "$W/pki/users.pem"
direct=$RESPONDER
conf_trust 'revocation-check = [ "ocsp" ];'
expect_ok "the configuration" "$SEKISHO_BIN/sekishod" -t -c "$W/conf"
gate_start

# ---- OCSP ----
login good ENG "OCSP says good"
logged "ASA-6-717056: Attempting OCSP revocation check to $OCSP using HTTP"
logged 'ASA-6-717028: .*with revocation check'
login revoked STAFF "OCSP says revoked"
logged "ASA-3-717009: .*Reason: revoked: OCSP $OCSP: certificate is revoked .*cn=revoked"
login unlisted STAFF "OCSP does not know it"
logged 'ASA-3-717009: .*not known to the responder.*cn=unlisted'
trust 'revocation-check = [ "ocsp", "crl", "none" ];'
login revoked STAFF "revoked is revoked, whatever follows"
not_logged '717056: Attempting CRL' "CRL after OCSP's revoked"

# ---- CRL ----
trust 'revocation-check = [ "crl" ];'
login good ENG "not on the CRL"
logged "ASA-6-717056: Attempting CRL revocation check to $CRLS/users.crl using HTTP"
login listed STAFF "on the CRL"
logged "ASA-3-717009: .*Reason: revoked: CRL $CRLS/users.crl: certificate is revoked .*cn=listed"
not_logged 717056 "the CRL is kept"
trust "revocation-check = [ \"crl\" ]; crl-policy = \"static\"; crl-urls = [ \"$CRLS/none.crl\", \"$CRLS/users.crl\" ];"
login listed STAFF "on the CRL of the second URL"
logged "Attempting CRL revocation check to $CRLS/none.crl"
expect_eq "fetches of the CRL" 1 "$(grep -c 'GET /users.crl .* 200' "$W/http.log")"

# ---- two certificates in one login: each of them must hold ----
# pair FIRST SECOND: options for both.
pair() {
	PAIR=(--dump-http-traffic --certificate="$W/pki/$1.crt" --sslkey="$W/pki/$1.key" --mca-certificate="$W/pki/$2.crt" --mca-key="$W/pki/$2.key")
}
trust 'revocation-check = [ "crl" ];'
pair good revoked # the latter by OCSP only
CLIENT_URL=/two client_up 1 alice "${PAIR[@]}"
expect_eq "tunnel group, two certificates that are on no CRL" TWO "$(session_json 's[0]["tunnel_group"]')"
client_stop 1
for names in "good listed" "listed good"; do
	# shellcheck disable=SC2086
	pair $names
	FROM=$(next_line "$GATE_LOG")
	if CLIENT_URL=/two client_run 1 alice "${PAIR[@]}"; then
		fail "one of two certificates is on the CRL ($names), expected a refusal, got a login"
	fi
	logged "ASA-3-717009: .*Reason: revoked: CRL $CRLS/users.crl: certificate is revoked .*cn=listed"
	expect_match "words to the client ($names)" 'Certificate Validation Failure' "$(client_log 1)"
	expect_eq "sessions ($names)" 0 "$(session_count)"
done

# ---- delegated responders ----
responder delegated 8082 "$W/pki/delegate.crt"
trust "revocation-check = [ \"ocsp\" ]; ocsp-url = \"$DELEGATED\";"
login good ENG "a delegated responder says good"
login revoked STAFF "a delegated responder says revoked"
logged "Reason: revoked: OCSP $DELEGATED"
responder foreign 8083 "$W/pki/foreigner.crt"
trust "revocation-check = [ \"ocsp\" ]; ocsp-url = \"$FOREIGN\";"
login good STAFF "another CA's responder says good"
logged "ASA-3-717009: .*Reason: revocation could not be checked: OCSP $FOREIGN: .*cn=good"

# ---- nobody answers ----
kill "$direct"
wait_for 5 "the responder is gone" is_gone "$direct"
trust 'revocation-check = [ "ocsp" ];'
login good STAFF "the responder is down"
logged "ASA-3-717009: .*Reason: revocation could not be checked: OCSP $OCSP"
trust 'revocation-check = [ "ocsp", "none" ];'
login revoked ENG "the responder is down, and none is last"
logged 'passes over a revocation check that failed: OCSP'
logged 'ASA-6-717028: .*with warning, revocation status was not checked'
trust 'revocation-check = [ "ocsp", "crl" ];'
login good ENG "the responder is down, not on the CRL"
logged 'ASA-6-717028: .*with revocation check'
login listed STAFF "the responder is down, on the CRL"

# ---- one that says nothing at all delays nobody but who needs it, and a reload forgets nobody ----
# silent PORT: it takes connections and that is all.
silent() {
	ip netns exec "$GW" python3 -c 'import socket, sys, time
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
time.sleep(600)' "$1" &
	wait_for 5 "the silent responder $1 listens" listens "$1"
}
silent 8084
silent=$!
silent 8086
TIMEOUT=60
trust "revocation-check = [ \"ocsp\", \"none\" ]; ocsp-url = \"$SILENT\";"
FROM=$(next_line "$GATE_LOG")
client_start 1 alice --certificate="$W/pki/good.crt" --sslkey="$W/pki/good.key"
logged "Attempting OCSP revocation check to $SILENT"
client_up 2 bob --authgroup=Staff
expect_eq "sessions while a responder says nothing" 1 "$(session_count)"
client_stop 2
trust 'revocation-check = [ "ocsp" ];'
kill "$silent"
wait_for 20 "client 1 is connected" client_is_up 1
expect_eq "tunnel group, the responder went away, and none was last" ENG "$(session_json 's[0]["tunnel_group"]')"
logged "passes over a revocation check that failed: OCSP $SILENT"
client_stop 1

# ---- the end while a check is under way ----
trust 'revocation-check = [ "ocsp" ]; ocsp-url = "http://127.0.0.1:8086/";'
FROM=$(next_line "$GATE_LOG")
client_start 1 alice --certificate="$W/pki/good.crt" --sslkey="$W/pki/good.key"
logged "Attempting OCSP revocation check to http://127.0.0.1:8086/"
gate_stop
