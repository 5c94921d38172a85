#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Identities by the name that a client asks for and by the signatures that it knows: ssl-trust-points. A reload adds a
# name, mistakes are found before anything starts, and certificates that end soon are warned of.
. "$(dirname "$0")/../lib/e2e.sh"

BOTH=both.example.com
BRANCH=paris.branch.example.com

# identity FILE rsa|ec DAYS NAME...: a certificate of the test's CA for these names
identity() {
	local file=$1 kind=$2 days=$3 san names="" new=(-newkey ec -pkeyopt ec_paramgen_curve:prime256v1)
	shift 3
	[ "$kind" = ec ] || new=(-newkey rsa:2048)
	for san in "$@"; do
		names+=${names:+,}DNS:$san
	done
	openssl req -batch -noenc "${new[@]}" -subj "/O=Sekisho test/CN=$1" -keyout "$W/pki/$file.key" -out "$W/pki/csr" 2>/dev/null
	openssl x509 -req -in "$W/pki/csr" -CA "$W/pki/ca.pem" -CAkey "$W/pki/ca.key" -CAcreateserial -days "$days" \
		-extfile <(printf '%s\n' "subjectAltName=$names" "keyUsage=critical,digitalSignature" "extendedKeyUsage=serverAuth") \
		-out "$W/pki/$file.crt" 2>/dev/null
	cat "$W/pki/$file.crt" "$W/pki/ca.pem" >"$W/pki/$file.pem"
	chmod 600 "$W/pki/$file.key"
}

# Elements of the list are added from NAMES.
conf_pki() {
	cat <<-END
	trustpoints = (
	  { name = "GW"; certificate = "$W/pki/gw.pem"; key = "$W/pki/gw.key"; },
	  { name = "BOTH-EC"; certificate = "$W/pki/both-ec.pem"; key = "$W/pki/both-ec.key"; },
	  { name = "BOTH-RSA"; certificate = "$W/pki/both-rsa.pem"; key = "$W/pki/both-rsa.key"; },
	  { name = "BRANCH"; certificate = "$W/pki/branch.pem"; key = "$W/pki/branch.key"; },
	  { name = "CA-ONLY"; ca-certificate = "$W/pki/ca.pem"; }
	);
	ssl-trust-point = "GW";
	ssl-trust-points = (
	  { trustpoint = "BOTH-EC"; domain = "$BOTH"; },
	  { trustpoint = "BOTH-RSA"; domain = "Both.Example.com"; }
	  , { trustpoint = "BRANCH"; domain = "*.branch.example.com"; }
	  ${NAMES:-}
	);
	END
}

# shown NAME|none [options of s_client]: the fingerprint of the certificate that such a client sees
shown() {
	local asked=(-servername "$1")
	[ "$1" != none ] || asked=(-noservername)
	shift
	in_client 1 timeout 20 openssl s_client -connect "$GW_IP4:443" "${asked[@]}" "$@" </dev/null 2>/dev/null |
		openssl x509 -noout -fingerprint 2>/dev/null || echo "no certificate"
}

# expect_shown FILE NAME|none [options of s_client]
expect_shown() {
	expect_eq "what a client sees that asks: ${*:2}" "$(openssl x509 -in "$W/pki/$1.crt" -noout -fingerprint)" "$(shown "${@:2}")"
}

net_up 2
pki_make ec
identity both-ec ec 30 "$BOTH"
identity both-rsa rsa 200 "$BOTH"
identity branch ec 14 "*.branch.example.com"
conf_write
out=$("$SEKISHO_BIN/sekishod" -t -c "$W/conf" 2>&1) || fail "the configuration, expected no error, got: $out"
expect_no_match "warnings" 'is not for' "$out"
gate_start

# ---- who sees what ----

RSA=rsa_pss_rsae_sha256:RSA+SHA256
for version in -tls1_2 -tls1_3; do
	expect_shown gw none $version
	expect_shown gw "$GW_NAME" $version
	expect_shown gw other.example.com $version
	expect_shown both-ec "$BOTH" $version
	expect_shown both-ec BOTH.example.COM $version
	expect_shown both-ec "$BOTH" $version -sigalgs "ECDSA+SHA256:$RSA"
	expect_shown both-rsa "$BOTH" $version -sigalgs $RSA
	expect_shown branch "$BRANCH" $version
	expect_shown gw branch.example.com $version
	expect_shown gw "a.$BRANCH" $version
	# This one has no RSA key.
	expect_eq "a client that knows RSA only ($version)" "no certificate" "$(shown "$BRANCH" $version -sigalgs $RSA)"
done
expect_shown both-rsa "$BOTH" -tls1_2 -cipher ECDHE-RSA-AES256-GCM-SHA384

# The chain comes along, and the whole stands before a client that checks it.
out=$(in_client 1 openssl s_client -connect "$GW_IP4:443" -servername "$BRANCH" -CAfile "$W/pki/ca.pem" \
	-verify_hostname "$BRANCH" -verify_return_error </dev/null 2>&1)
expect_match "the certificate fits the name" 'Verify return code: 0 \(ok\)' "$out"

from=$(next_line "$GATE_LOG")
expect_shown branch "$BRANCH"
gate_log "ASA-6-725016: Device selects trust-point BRANCH for client outside:[0-9.]+/[0-9]+ to $GW_IP4/443" 5 "$from"
expect_shown both-rsa "$BOTH" -sigalgs $RSA
gate_log "ASA-6-725016: Device selects trust-point BOTH-RSA for client" 5 "$from"

# Each name's certificate is the one that the login speaks of.
raw_py 1 <<END
import hashlib
from rawclient import *

for name in ("$GW_NAME", "$BOTH", "$BRANCH", None):
    c = Client(sni=name)
    shown = hashlib.sha1(c.sock.getpeercert(binary_form=True)).hexdigest().upper()
    c.init(group="Staff")
    expect("server-cert-hash for %s" % name, shown, c.reply("alice", PASSWORD).element("server-cert-hash"))
END

# ---- real clients ----

# tunnel NAME FILE [options]: log in at a name, and out again
tunnel() {
	local name=$1 trustpoint=$2
	shift 2
	from=$(next_line "$GATE_LOG")
	GW_NAME=$name client_up 1 bob --authgroup=Staff "$@"
	expect_ok "traffic of a client at $name" ping4 1
	client_dtls 1
	gate_log "725016: Device selects trust-point $trustpoint for" 5 "$from"
	client_stop 1
}

tunnel "$GW_NAME" GW
tunnel "$BOTH" BOTH-EC
tunnel "$BOTH" BOTH-RSA --gnutls-priority="NORMAL:-VERS-ALL:+VERS-TLS1.2:+VERS-DTLS1.2:-ECDHE-ECDSA"
GW_NAME=$BRANCH client_up 2 carol --authgroup=Staff

# ---- certificates that end soon (the others have 30 and 200 days) ----

gate_log 'ASA-1-717054: The ID certificate in the trustpoint BRANCH is due to expire in 1[34] days\. Expiration .* Subject Name cn=\*\.branch\.example\.com,o=Sekisho test Issuer Name cn=Test CA,o=Sekisho test Serial Number [0-9a-f]+' 5
gate_log 'ASA-1-717054: The CA certificate in the trustpoint CA-ONLY is due to expire in (29|30) days' 5
expect_no_match "warnings of what ends later" 'trustpoint BOTH-RSA is due to expire in .* Subject Name cn=both' "$(grep 'The ID' "$GATE_LOG")"

# ---- a reload adds a name ----

identity late rsa 30 late.example.com
expect_shown gw late.example.com
from=$(next_line "$GATE_LOG")
NAMES=', { trustpoint = "LATE"; domain = "late.example.com"; }' conf_pki |
	sed "s|^trustpoints = (|& { name = \"LATE\"; certificate = \"$W/pki/late.pem\"; key = \"$W/pki/late.key\"; },|" >"$W/conf/pki.conf"
expect_ok "reload" "$SEKISHO_BIN/sekishod" -c "$W/conf" -r
sees_late() {
	[ "$(shown late.example.com)" = "$(openssl x509 -in "$W/pki/late.crt" -noout -fingerprint)" ]
}
wait_for 5 "the new name's certificate is shown" sees_late
gate_log 'ASA-1-717054: The ID certificate in the trustpoint BRANCH is due to expire' 5 "$from"
expect_shown gw other.example.com
expect_shown branch "$BRANCH"
expect_shown both-rsa "$BOTH" -sigalgs $RSA
tunnel late.example.com LATE
expect_ok "traffic of the client that was there before" ping4 2

# ---- mistakes ----

# refused WHAT REGEX ELEMENT: the configuration with one more name; nothing changes
refused() {
	local out
	NAMES=$3 conf_pki >"$W/conf/pki.conf"
	out=$("$SEKISHO_BIN/sekishod" -t -c "$W/conf" 2>&1) && fail "$1, expected status 1, got 0: $out"
	expect_match "$1" "$2" "$out"
	expect_fail "reload with $1" "$SEKISHO_BIN/sekishod" -c "$W/conf" -r
	expect_shown late late.example.com
}
refused "a second EC key for a name" 'pki.conf:13: ssl-trust-points\[3\]\.domain: "BOTH.example.com" is the same as in line 10' \
	', { trustpoint = "BRANCH"; domain = "BOTH.example.com"; }'
refused "a trustpoint without a key" 'pki.conf:13: ssl-trust-points\[3\]\.trustpoint: "CA-ONLY" has no certificate' \
	', { trustpoint = "CA-ONLY"; domain = "x.example.com"; }'
refused "a trustpoint that is not there" 'pki.conf:13: ssl-trust-points\[3\]\.trustpoint: .*NOWHERE' \
	', { trustpoint = "NOWHERE"; domain = "x.example.com"; }'
refused "a name that is none" 'pki.conf:13: ssl-trust-points\[3\]\.domain: ' ', { trustpoint = "GW"; domain = "a*.example.com"; }'

NAMES=', { trustpoint = "GW"; domain = "x.example.com"; }' conf_pki >"$W/conf/pki.conf"
out=$("$SEKISHO_BIN/sekishod" -t -c "$W/conf" 2>&1) || fail "a name that is not in the certificate, expected status 0, got $?: $out"
expect_match "a name that is not in the certificate" 'warning: .*pki.conf:13: .*the certificate of trustpoint GW is not for "x.example.com"' "$out"
