#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# show-crypto-ca: certificates, trustpoints and the CRLs that are kept, in the ASA's layout and as JSON; more than one page;
# names that would do something to a terminal; CRLs from a real web server.
. "$(dirname "$0")/../lib/e2e.sh"

show_ca() {
	"$SEKISHO_BIN/show-crypto-ca" -c "$W/conf" "$@"
}

# An expression over the entries e: ca_json EXPRESSION ARGUMENTS..
ca_json() {
	show_ca --json "${@:2}" | /usr/bin/python3 -c "import json, sys; e = list(json.load(sys.stdin).values())[-1]; print($1)"
}

fails_with() {
	local what=$1 want=$2 regex=$3 status=0 out
	shift 3
	out=$("$@" 2>&1) || status=$?
	expect_eq "status: $what" "$want" $status
	expect_match "message: $what" "$regex" "$out"
}

CRL=http://127.0.0.1:8085/users.crl
# shellcheck disable=SC2034
CONF_GROUPS="{ name = \"cert\"; general-attributes = { address-pool = [ \"POOL\" ]; };
	webvpn-attributes = { authentication = \"certificate\"; group-url = ( { url = \"https://$GW_NAME/cert\"; } ); }; },"
net_up 1
pki_make
pki_ca users "Users CA" rsa
for name in good listed; do
	pki_client $name users "/O=Example/CN=$name" ec 30 "crlDistributionPoints=URI:$CRL"
done
# A CA whose name would clear the screen and add a line, and says where its responder and its CRL are.
openssl req -x509 -batch -noenc -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -days 30 \
	-subj "$(printf '/O=Evil\n  Status: Forged/CN=\033[2Jevil')" -addext "keyUsage=critical,keyCertSign,cRLSign" \
	-addext "authorityInfoAccess=OCSP;URI:http://ocsp.example.com/" -addext "crlDistributionPoints=URI:http://crl.example.com/evil.crl" \
	-keyout "$W/pki/evil.key" -out "$W/pki/evil.pem" 2>/dev/null
# As many CAs as do not fit one page.
for n in $(seq 70); do
	openssl req -x509 -batch -new -key "$W/pki/evil.key" -days 90 -subj "/CN=CA $n" -addext "keyUsage=critical,keyCertSign"
done >"$W/pki/many.pem" 2>/dev/null
serial=$(openssl x509 -in "$W/pki/listed.crt" -noout -serial | cut -d= -f2)
# With so many others on it that the CRL is read beside the loop.
/usr/bin/python3 -c 'import sys
for n in [sys.argv[1]] + ["%032X" % (0x10000000000000000000000000000000 + i) for i in range(3000)]:
    print("R\t391231235959Z\t200101000000Z\t%s\tunknown\t/CN=listed" % n)' "$serial" >"$W/crl.txt"
echo "unique_subject = no" >"$W/crl.txt.attr"
mkdir "$W/crls"
chmod 755 "$W" "$W/crls"
printf '%s\n' "[ca]" "default_ca = it" "[it]" "database = $W/crl.txt" "default_md = sha256" "default_crl_days = 7" >"$W/ca.conf"
openssl ca -config "$W/ca.conf" -gencrl -cert "$W/pki/users.pem" -keyfile "$W/pki/users.key" 2>/dev/null |
	openssl crl -outform DER -out "$W/crls/users.crl"
cat >"$W/nginx.conf" <<END
worker_processes 1;
daemon off;
master_process off;
pid $W/nginx.pid;
error_log $W/nginx.error;
events { worker_connections 64; }
http { access_log $W/nginx.log; types { application/pkix-crl crl; }
  server { listen 127.0.0.1:8085; root $W/crls; } }
END
conf_write
cat >"$W/conf/pki.conf" <<END
trustpoints = (
  { name = "GW"; certificate = "$W/pki/gw.pem"; key = "$W/pki/gw.key"; },
  { name = "USERS"; ca-certificate = "$W/pki/users.pem"; revocation-check = [ "crl" ]; },
  { name = "USERS2"; ca-certificate = "$W/pki/users.pem"; },
  { name = "EVIL"; ca-certificate = "$W/pki/evil.pem"; revocation-check = [ "ocsp", "none" ]; },
  { name = "MANY"; ca-certificate = "$W/pki/many.pem"; }
);
ssl-trust-point = "GW";
END
expect_ok "the configuration" "$SEKISHO_BIN/sekishod" -t -c "$W/conf"
in_gw nginx -c "$W/nginx.conf" >/dev/null 2>&1 &
serves_crl() {
	in_gw ss -Hltn "sport = :8085" | grep -q .
}
wait_for 5 "nginx listens" serves_crl
gate_start

# ---- arguments ----
fails_with "no word" 2 usage show_ca
fails_with "another word" 2 usage show_ca keys
fails_with "two trustpoints" 2 usage show_ca certificates GW USERS
fails_with "no such trustpoint" 1 'no trustpoint of that name' show_ca certificates NOBODY
fails_with "no such trustpoint for CRLs" 1 'no trustpoint of that name' show_ca crls trustpoint NOBODY

# ---- certificates ----
out=$(show_ca certificates)
number=$(openssl x509 -in "$W/pki/gw.crt" -noout -serial | cut -d= -f2 | tr A-F a-f)
expect_match "what clients see" "^Certificate\$" "$out"
expect_match "its serial number" "^  Certificate Serial Number: (00)?$number\$" "$out"
expect_match "its key" '^  Public Key Type: EC \(256 bits\)$' "$out"
expect_match "an RSA key" '^  Public Key Type: RSA \(2048 bits\)$' "$out"
expect_match "a signature" '^  Signature Algorithm: SHA256 with RSA Encryption$' "$out"
expect_match "dates" '^    end   date: [0-9:]{8} UTC [A-Z][a-z]{2} [0-9]{2} 20[0-9]{2}$' "$out"
expect_match "several trustpoints" '^  Associated Trustpoints: USERS USERS2$' "$out"
expect_match "CRL distribution points" '^    \[1\] http://crl.example.com/evil.crl$' "$out"
expect_match "responders" '^    \[1\] http://ocsp.example.com/$' "$out"
expect_match "a hostile name" '^    cn=\?\[2Jevil$' "$out"
expect_match "a hostile line end" '^    o=Evil\?  Status: Forged$' "$out"
expect_no_match "a forged line" '^ *Status: Forged' "$out"
expect_no_match "escape sequences" $'\033' "$out"
expect_eq "several pages" 74 "$(grep -c 'Certificate Serial Number' <<<"$out")"
expect_eq "each once" 70 "$(show_ca certificates MANY | grep -o 'cn=CA [0-9]*$' | sort -u | wc -l)"
expect_eq "one trustpoint" "CA Certificate" "$(show_ca certificates USERS | head -1)"
expect_eq "JSON" "CA Certificate cn=Users CA,o=Sekisho test USERS USERS2" \
	"$(ca_json '" ".join((e[0]["type"], ",".join(e[0]["subject_name"]), e[0]["associated_trustpoints"]))' certificates USERS)"
expect_eq "JSON of all" 74 "$(ca_json 'len(e)' certificates)"

# ---- trustpoints ----
out=$(show_ca trustpoints)
expect_match "trustpoint" '^Trustpoint USERS:$' "$out"
expect_match "not authenticated" '^  Not authenticated\.$' "$out"
expect_match "certificate" '^  Certificate configured\.$' "$out"
expect_match "how it is checked" '^  Revocation Check: ocsp none$' "$out"
expect_eq "JSON" "GW True" "$(ca_json 'e[0]["trustpoint"] + " " + str(e[0]["certificate_configured"])' trustpoints GW)"

# ---- CRLs ----
expect_eq "none yet" "INFO: no CRL is kept" "$(show_ca crls)"
expect_eq "none yet, JSON" 0 "$(ca_json 'len(e)' crls)"
CLIENT_URL=/cert client_up 1 nobody --certificate="$W/pki/good.crt" --sslkey="$W/pki/good.key"
client_stop 1
CLIENT_URL=/cert client_run 1 nobody --certificate="$W/pki/listed.crt" --sslkey="$W/pki/listed.key" &&
	fail "a certificate that is on the CRL, expected a refusal, got a login"
expect_match "nginx was asked" 'GET /users.crl .* 200 ' "$(cat "$W/nginx.log")"
out=$(show_ca crls)
size=$(stat -c %s "$W/crls/users.crl")
expect_match "issuer" '^CRL Issuer Name:$' "$out"
expect_match "its name" '^    cn=Users CA,o=Sekisho test$' "$out"
for label in LastUpdate NextUpdate 'Cached Until'; do
	expect_match "$label" "^    $label: [0-9:]{8} UTC [A-Z][a-z]{2} [0-9]{2} 20[0-9]{2}\$" "$out"
done
expect_match "from" "^      $CRL\$" "$out"
expect_match "size" "^    Size \(bytes\): $size\$" "$out"
expect_match "entries" '^    Number of Entries: 3001$' "$out"
expect_match "trustpoints" '^    Associated Trustpoints: USERS$' "$out"
expect_match "of one trustpoint" '^CRL Issuer' "$(show_ca crls trustpoint USERS)"
expect_eq "of another" "INFO: no CRL is kept" "$(show_ca crls GW)"
expect_eq "JSON" "cn=Users CA,o=Sekisho test $size" "$(ca_json 'e[0]["crl_issuer_name"] + " " + e[0]["size_bytes"]' crls)"
gate_stop
