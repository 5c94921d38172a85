#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# sekisho-pki: a request that a CA answers becomes the certificate that clients see, also the next year's; what does not fit
# is refused and changes nothing; a key comes along from an ASA's PKCS#12; what is shown.
. "$(dirname "$0")/../lib/e2e.sh"

pki_tool() {
	"$SEKISHO_BIN/sekisho-pki" "$@" -c "$W/conf" 2>&1
}

# An intermediate CA below the test's root.
sub_make() {
	openssl req -batch -noenc -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -subj "/O=Sekisho test/CN=Sub CA" \
		-keyout "$W/pki/sub.key" -out "$W/pki/sub.csr" 2>/dev/null
	openssl x509 -req -in "$W/pki/sub.csr" -CA "$W/pki/ca.pem" -CAkey "$W/pki/ca.key" -days 30 -extfile <(printf '%s\n' \
		"basicConstraints=critical,CA:TRUE" "keyUsage=critical,keyCertSign,cRLSign") -out "$W/pki/sub.pem" 2>/dev/null
}

# The CA answers: sub_sign REQUEST OUT [days] [extension...]
sub_sign() {
	local request=$1 out=$2 days=${3:-30}
	shift 2
	[ $# = 0 ] || shift
	openssl x509 -req -in "$request" -copy_extensions copy -CA "$W/pki/sub.pem" -CAkey "$W/pki/sub.key" -days "$days" \
		-extfile <(printf '%s\n' "keyUsage=critical,digitalSignature,keyEncipherment" "${@:-extendedKeyUsage=serverAuth}") \
		-out "$out" 2>/dev/null
}

# Everything in the directory, to see that nothing changed.
state() {
	(cd "$W/conf" && sha256sum -- * && stat -c '%n %i %a' -- *)
}

# what, regular expression, arguments of sekisho-pki...: fails with that message, and changes nothing.
refused() {
	local what=$1 regex=$2 out before
	shift 2
	before=$(state)
	out=$(pki_tool "$@") && fail "$what, expected status 1, got 0: $out"
	expect_match "$what" "$regex" "$out"
	expect_eq "$what changes nothing" "$before" "$(state)"
}

fingerprint() {
	openssl x509 -in "$1" -noout -fingerprint
}

shown_fingerprint() {
	in_client 1 openssl s_client -connect "$GW_IP4:443" </dev/null 2>/dev/null | openssl x509 -noout -fingerprint
}

shows() {
	[ "$(shown_fingerprint)" = "$(fingerprint "$1")" ]
}

common_names() {
	openssl crl2pkcs7 -nocrl -certfile "$1" | openssl pkcs7 -print_certs -noout | sed -n 's/^subject=.*CN = //p' | xargs
}

conf_pki() {
	cat <<-END
	trustpoints = ( { name = "GW"; certificate = "$W/conf/GW.pem"; key = "$W/conf/GW.key"; } );
	ssl-trust-point = "GW";
	END
}

net_up 1
pki_make
sub_make
conf_write

# ---- the first certificate ----

out=$(pki_tool csr GW --subject "CN=$GW_NAME,OU=Remote\, access,O=Example" --dns "$GW_NAME" --ip "$GW_IP4" --ip "$GW_IP6" \
	-o "$W/gw.csr") || fail "csr, expected status 0, got $?: $out"
expect_eq "mode of the key" 600 "$(stat -c %a "$W/conf/GW.key")"
expect_ok "the request's signature" openssl req -in "$W/gw.csr" -noout -verify
text=$(openssl req -in "$W/gw.csr" -noout -text -nameopt RFC2253)
expect_match "subject of the request" "Subject: CN=$GW_NAME,OU=Remote\\\\, access,O=Example" "$text"
expect_match "names of the request" "DNS:$GW_NAME, IP Address:$GW_IP4, IP Address:2001:DB8:1:0:0:0:0:1" "$text"
expect_match "signature of the request" 'sha256WithRSAEncryption' "$text"
expect_match "the key by default" 'Public-Key: \(2048 bit\)' "$text"
refused "a second key" 'GW.key is there' csr GW --dns "$GW_NAME"
refused "a request without names" 'no host name' csr OTHER --subject "O=Example"
refused "a name of a file" 'cannot be part' csr ../GW --dns "$GW_NAME"
refused "a kind of key" 'use rsa:2048' csr OTHER --key rsa:1024 --dns "$GW_NAME"
refused "a request over a file" 'File exists' csr OTHER --dns "$GW_NAME" -o "$W/gw.csr"

"$SEKISHO_BIN/sekisho-pki" csr OTHER -c "$W/conf" --dns "$GW_NAME" >/dev/full 2>&1 && fail "csr to a full disk, expected status 1, got 0"
[ ! -e "$W/conf/OTHER.key" ] || fail "csr to a full disk, expected no key, got one"

sub_sign "$W/gw.csr" "$W/gw.crt"
cat "$W/pki/ca.pem" "$W/gw.crt" "$W/pki/sub.pem" >"$W/answer.pem" # in a wrong order
out=$(pki_tool import GW "$W/answer.pem") || fail "import, expected status 0, got $?: $out"
expect_match "what pki.conf has" 'pki.conf:1 has the trustpoint with these files' "$out"
expect_match "what takes it up" "\"sekishod -c $W/conf -r\" takes it up" "$out"
expect_eq "order of the chain" "$GW_NAME Sub CA Test CA" "$(common_names "$W/conf/GW.pem")"
expect_ok "the files are fine" "$SEKISHO_BIN/sekishod" -c "$W/conf" -t
gate_start
expect_ok "the certificate is shown" shows "$W/gw.crt"
client_up 1 alice --authgroup=Staff
client_stop 1

# ---- what is refused ----

openssl req -batch -noenc -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -subj "/CN=$GW_NAME" -keyout "$W/other.key" \
	-out "$W/other.csr" 2>/dev/null
sub_sign "$W/other.csr" "$W/other.crt"
refused "the certificate of another key" 'no certificate in it belongs to the key' import GW "$W/other.crt"
sub_sign "$W/gw.csr" "$W/client.crt" 30 extendedKeyUsage=clientAuth
refused "a certificate for clients" 'without serverAuth' import GW "$W/client.crt"
openssl x509 -in "$W/gw.csr" -req -CA "$W/pki/sub.pem" -CAkey "$W/pki/sub.key" -days -1 -out "$W/expired.crt" 2>/dev/null
refused "an expired certificate" 'has expired' import GW "$W/expired.crt"
openssl x509 -in "$W/gw.csr" -req -CA "$W/pki/sub.pem" -CAkey "$W/pki/sub.key" -sha1 -out "$W/sha1.crt" 2>/dev/null
refused "a certificate with SHA-1" 'signed with ecdsa-with-SHA1' import GW "$W/sha1.crt"
refused "the request itself" 'is a request' import GW "$W/gw.csr"
head -c 20000 /dev/urandom >"$W/garbage"
refused "garbage" 'is no certificate' import GW "$W/garbage"
: >"$W/nothing"
refused "an empty file" 'is no certificate' import GW "$W/nothing"
head -c 700 "$W/gw.crt" >"$W/cut.crt"
refused "half a certificate" 'broken or was cut off' import GW "$W/cut.crt"
head -c 3000000 /dev/zero >"$W/big"
refused "a big file" 'bigger than 1 MB' import GW "$W/big"
refused "no file" 'No such file' import GW "$W/nowhere"
refused "a private key" 'holds a private key' import GW "$W/other.key"
refused "no key" 'there is no key' import OTHER "$W/gw.crt"
refused "a broken CA file" 'is no certificate' import GW --ca "$W/garbage" "$W/gw.crt"

# ---- the next one, with a new key ----

out=$(pki_tool csr GW --renew --key ec:P-384 --subject "CN=$GW_NAME" --dns "$GW_NAME" 2>/dev/null) || fail "csr --renew, got $?"
sed -n '/^-----BEGIN/,/^-----END/p' <<<"$out" >"$W/renew.csr"
expect_eq "mode of the new key" 600 "$(stat -c %a "$W/conf/GW.key.new")"
refused "another request meanwhile" 'GW.key.new is there' csr GW --renew --dns "$GW_NAME"
sub_sign "$W/renew.csr" "$W/renew.crt"
cp "$W/conf/GW.key" "$W/conf/GW.pem" "$W/"
openssl x509 -in "$W/renew.crt" -outform DER -out "$W/renew.der"
openssl crl2pkcs7 -nocrl -certfile "$W/pki/ca.pem" -certfile "$W/pki/sub.pem" -outform DER -out "$W/ca.p7b"
out=$(pki_tool import GW --ca "$W/ca.p7b" "$W/renew.der") || fail "import of the renewal, expected status 0, got $?: $out"
expect_eq "order of the renewed chain" "$GW_NAME Sub CA Test CA" "$(common_names "$W/conf/GW.pem")"
expect_eq "the new key is in use" "" "$(find "$W/conf" -name '*.key.new')"
expect_ok "the former certificate is kept" cmp "$W/GW.pem" "$W/conf/GW.pem.old"
expect_ok "the former key is kept" cmp "$W/GW.key" "$W/conf/GW.key.old"
expect_eq "mode of the key" 600 "$(stat -c %a "$W/conf/GW.key")"
expect_eq "nothing is left over" "" "$(find "$W/conf" -name '*tmp*')"
expect_ok "the old certificate until the reload" shows "$W/gw.crt"
expect_ok "sekishod -t" "$SEKISHO_BIN/sekishod" -c "$W/conf" -t
expect_ok "sekishod -r" "$SEKISHO_BIN/sekishod" -c "$W/conf" -r
wait_for 5 "the renewed certificate is shown" shows "$W/renew.crt"
client_up 1 alice --authgroup=Staff
client_stop 1

before=$(state)
out=$(pki_tool import GW --ca "$W/ca.p7b" - <"$W/renew.crt") || fail "the same again, expected status 0, got $?: $out"
expect_match "the same again" 'GW.pem is that already' "$out"
expect_eq "the same again changes nothing" "$before" "$(state)"

# ---- key and certificate from an ASA ----

sub_sign "$W/other.csr" "$W/other.crt"
cat "$W/pki/sub.pem" "$W/pki/ca.pem" >"$W/chain.pem"
printf 'asa-secret\n' >"$W/pass"
printf 'wrong\n' >"$W/badpass"
# As "crypto ca export" prints it; certificates in RC2, the key in 3DES.
openssl pkcs12 -export -legacy -inkey "$W/other.key" -in "$W/other.crt" -certfile "$W/chain.pem" -passout file:"$W/pass" -out "$W/asa.p12"
{
	printf '\nExported pkcs12 follows:\n-----BEGIN PKCS12-----\n'
	base64 -w 64 "$W/asa.p12"
	printf -- '-----END PKCS12-----\n'
} >"$W/asa.txt"
refused "a wrong pass phrase" 'pass phrase is wrong' import ASA --pkcs12 --passphrase-file "$W/badpass" "$W/asa.txt"
refused "a PKCS#12 that is not said to be one" 'with --pkcs12' import ASA "$W/asa.txt"
refused "no PKCS#12" 'is not PKCS#12' import ASA --pkcs12 --passphrase-file "$W/pass" "$W/gw.crt"
OPENSSL_MODULES=$W/nowhere refused "RC2 without the legacy provider" 'needs OpenSSL.s "legacy" provider' \
	import ASA --pkcs12 --passphrase-file "$W/pass" "$W/asa.txt"
out=$(pki_tool import ASA --pkcs12 --passphrase-file "$W/pass" "$W/asa.txt") || fail "import --pkcs12, got $?: $out"
expect_match "the line of the trustpoint" 'name = "ASA"; certificate = "ASA.pem"; key = "ASA.key"' "$out"
expect_match "the line of the listeners" 'ssl-trust-point = "ASA"' "$out"
expect_eq "mode of the key that was brought" 600 "$(stat -c %a "$W/conf/ASA.key")"
expect_eq "chain of the PKCS#12" "$GW_NAME Sub CA Test CA" "$(common_names "$W/conf/ASA.pem")"
expect_no_match "the pass phrase is nowhere" 'asa-secret' "$(cat "$W"/conf/* "$GATE_LOG")"
openssl pkcs12 -export -inkey "$W/other.key" -in "$W/other.crt" -certfile "$W/chain.pem" -passout file:"$W/pass" -out "$W/new.p12"
out=$(pki_tool import ASA --pkcs12 --passphrase-file "$W/pass" "$W/new.p12") || fail "PKCS#12 with AES, got $?: $out"
expect_match "it is the same" 'ASA.pem is that already' "$out"

# Asked for on a terminal, and not shown there.
cat >"$W/terminal.py" <<'END'
import os, pty, sys

pid, fd = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
text = b""
while not text.endswith(b"Pass phrase: "):
    text += os.read(fd, 1000)
os.write(fd, b"asa-secret\n")
try:
    while chunk := os.read(fd, 1000):
        text += chunk
except OSError:
    pass
print(text.decode())
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
END
out=$(timeout 60 /usr/bin/python3 "$W/terminal.py" "$SEKISHO_BIN/sekisho-pki" import TTY -c "$W/conf" --pkcs12 "$W/asa.txt") ||
	fail "pass phrase from the terminal, expected status 0, got $?: $out"
expect_ok "key of the terminal's" cmp "$W/conf/TTY.key" "$W/conf/ASA.key"
expect_no_match "the pass phrase on the terminal" 'asa-secret' "$out"
rm "$W"/conf/TTY.*

# The lines that it said make it what is shown.
sed -i "s,^trustpoints = (,& { name = \"ASA\"; certificate = \"ASA.pem\"; key = \"ASA.key\"; }\,,; s/^ssl-trust-point = .*/ssl-trust-point = \"ASA\";/" \
	"$W/conf/pki.conf"
expect_ok "sekishod -r with the lines" "$SEKISHO_BIN/sekishod" -c "$W/conf" -r
wait_for 5 "the certificate of the ASA is shown" shows "$W/other.crt"

# ---- show ----

out=$(pki_tool show) || fail "show, expected status 0, got $?: $out"
serial=$(openssl x509 -in "$W/renew.crt" -noout -serial | sed 's/serial=//' | tr 'A-F' 'a-f')
expect_match "serial number" "^  Certificate Serial Number: (00)?$serial\$" "$out"
expect_match "key" '^  Public Key Type: EC \(384 bits\)$' "$out"
expect_match "dates" '^    end   date: [0-9:]{8} UTC [A-Z][a-z]{2} [0-9]{2} [0-9]{4}$' "$out"
expect_eq "identities" 2 "$(grep -c '^Certificate$' <<<"$out")"
expect_eq "the CAs of both, once" 2 "$(grep -c '^CA Certificate$' <<<"$out")"
expect_eq "who has them" 2 "$(grep -c '^  Associated Trustpoints: ASA GW$' <<<"$out")"
out=$(pki_tool show GW) || fail "show GW, expected status 0, got $?: $out"
expect_eq "identities of one" 1 "$(grep -c '^Certificate$' <<<"$out")"
refused "show of nothing" 'has no trustpoint "X"' show X
mv "$W/conf/ASA.pem" "$W/conf/ASA.away"
out=$(pki_tool show) && fail "show with a file missing, expected status 1, got 0"
expect_match "show says which" 'ASA.pem: No such file' "$out"
expect_match "show goes on" '^Certificate$' "$out"
