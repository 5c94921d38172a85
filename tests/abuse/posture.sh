#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What testssl.sh and sslscan say of each preset: the table of docs/security.md, and the findings above "info" one by one.
# Needs Debian's packages testssl.sh and sslscan. Environment: KEEP=1 keeps everything that they wrote.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/e2e.sh"

if ! command -v testssl >/dev/null || ! command -v sslscan >/dev/null; then
	fail "testssl and sslscan, expected both, got less: apt-get install testssl.sh sslscan"
fi

# findings FILE: how many of each severity, then each that is more than "info"
findings() {
	/usr/bin/python3 - "$1" <<-'END'
	import collections, json, sys
	rows = [r for r in json.load(open(sys.argv[1])) if isinstance(r, dict)]
	count = collections.Counter(r["severity"] for r in rows)
	print("testssl.sh:", ", ".join("%d %s" % (count[s], s) for s in
	      ("CRITICAL", "HIGH", "MEDIUM", "LOW", "WARN", "INFO", "OK") if count[s]))
	for r in rows:
	    if r["severity"] not in ("OK", "INFO"):
	        print("  %s %s: %s" % (r["severity"], r["id"], r["finding"]))
	    if r["id"] in ("overall_grade", "final_score"):
	        print("  %s: %s" % (r["id"], r["finding"]))
	END
}

# scan NAME: of the gateway as it runs now
scan() {
	local bad
	echo "== $1"
	in_client 1 timeout 900 testssl --quiet --color 0 --warnings batch --nodns min --add-ca "$W/pki/ca.pem" \
		--jsonfile "$W/$1.json" --ip $GW_IP4 "https://$GW_NAME:443/" </dev/null >"$W/$1.testssl" 2>&1 || true
	findings "$W/$1.json"
	in_client 1 timeout 120 sslscan --no-colour --ocsp --sni-name="$GW_NAME" $GW_IP4:443 >"$W/$1.sslscan" 2>&1
	bad=$(grep -E 'vulnerable to|enabled$|Insecure|supported$' "$W/$1.sslscan" | grep -vE 'not vulnerable|TLSv1\.[23] +enabled' || true)
	echo "sslscan: ${bad:-nothing}"
	echo "shown by openssl s_client -status: $(in_client 1 timeout 5 openssl s_client -connect $GW_IP4:443 -status -CAfile "$W/pki/ca.pem" \
		-verify_return_error </dev/null 2>&1 | grep -E 'OCSP Response Status|Cert Status|Verify return' | sed 's/^ *//' | sort -u | paste -sd,)"
}

# preset NAME: by a new start, so that nothing is left of the one before
preset() {
	local from
	gate_stop
	CONF_GATEWAY="ssl = { preset = \"$1\"; };" conf_write
	touch "$W/gate.log"
	from=$(next_line "$W/gate.log")
	gate_start
	gate_log "clients are shown the OCSP answer" 10 "$from"
	scan "$1"
}

# A certificate as CAs of today make them: for less than a year, with a responder, whose answer is shown in the handshake.
OCSP=http://127.0.0.1:8081/
net_up 1
pki_make rsa
openssl x509 -req -in "$W/pki/gw.csr" -CA "$W/pki/ca.pem" -CAkey "$W/pki/ca.key" -CAcreateserial -days 200 \
	-extfile <(printf '%s\n' "subjectAltName=DNS:$GW_NAME,IP:$GW_IP4" "keyUsage=critical,digitalSignature,keyEncipherment" \
		"extendedKeyUsage=serverAuth" "authorityInfoAccess=OCSP;URI:$OCSP") -out "$W/pki/gw.crt" 2>/dev/null
cat "$W/pki/gw.crt" "$W/pki/ca.pem" >"$W/pki/gw.pem"
printf 'V\t391231235959Z\t\t%s\tunknown\t/CN=gw\n' "$(openssl x509 -in "$W/pki/gw.crt" -noout -serial | cut -d= -f2)" >"$W/ocsp.txt"
echo "unique_subject = no" >"$W/ocsp.txt.attr"
in_gw openssl ocsp -port 8081 -index "$W/ocsp.txt" -CA "$W/pki/ca.pem" -rsigner "$W/pki/ca.pem" -rkey "$W/pki/ca.key" \
	-ndays 1 >"$W/responder.log" 2>&1 &
for name in default strict legacy; do
	preset $name
done
