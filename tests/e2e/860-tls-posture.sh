#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What scanners see: sslscan finds nothing old or weak, in each preset; the settings of the group ssl do what they say, also
# after a reload; every HTTP answer has the headers that a browser expects.
. "$(dirname "$0")/../lib/e2e.sh"

# scan NAME: sslscan's findings as XML in $W/NAME.xml
scan() {
	in_client 1 sslscan --no-colour --show-certificate --xml="$W/$1.xml" --sni-name="$GW_NAME" "$GW_IP4:443" >"$W/$1.txt" 2>&1 ||
		fail "sslscan, expected status 0, got: $(tail -5 "$W/$1.txt")"
}

# seen NAME: versions on, suites and groups that were agreed on, and weaknesses, one line each.
seen() {
	python3 - "$W/$1.xml" <<-'END'
	import sys, xml.etree.ElementTree as xml
	test = xml.parse(sys.argv[1]).getroot().find("ssltest")
	for p in test.findall("protocol"):
	    if p.get("enabled") == "1":
	        print("version", p.get("type"), p.get("version"))
	for c in test.findall("cipher"):
	    print("cipher", c.get("sslversion"), c.get("cipher"), c.get("strength"))
	for g in test.findall("group"):
	    print("group", g.get("sslversion"), g.get("name"))
	if test.find("renegotiation") is not None and test.find("renegotiation").get("supported") != "0" \
	        and test.find("renegotiation").get("secure") != "1":
	    print("weak insecure renegotiation")
	if test.find("compression") is not None and test.find("compression").get("supported") != "0":
	    print("weak compression")
	for h in test.findall("heartbleed"):
	    if h.get("vulnerable") != "0":
	        print("weak heartbleed", h.get("sslversion"))
	END
}

# reload "SETTINGS": of the group ssl
reload() {
	CONF_GATEWAY="ssl = { $1 };" conf_write
	expect_ok "reload with $1" "$SEKISHO_BIN/sekishod" -r -c "$W/conf"
}

# speaks OPTIONS..: can openssl connect so?
speaks() {
	in_client 1 timeout 5 openssl s_client -connect "$GW_IP4:443" "$@" </dev/null 2>&1 | grep -qE '^(New, TLS|    Protocol  *: TLS).*(TLSv1\.[23])|Cipher is [A-Z]'
}

refused() {
	! speaks "$@"
}

# Words of a configuration that sekishod -t refuses: refuses "SETTINGS" WHY
refuses() {
	local out
	CONF_GATEWAY="ssl = { $1 };" conf_write
	if out=$("$SEKISHO_BIN/sekishod" -t -c "$W/conf" 2>&1); then
		fail "$1, expected an error, got: $out"
	fi
	expect_match "error of $1" "$2" "$out"
}

# One address, so that there is none for a second tunnel.
POOL_RANGE=192.168.100.1-192.168.100.1
net_up 1
pki_make rsa
conf_write
gate_start

# ---- default ----
scan default
found=$(seen default)
expect_eq "versions" "version tls 1.2,version tls 1.3" "$(grep '^version' <<<"$found" | sort | paste -sd,)"
expect_no_match "weaknesses" '^weak|strength="(weak|null|anonymous)"' "$found"
expect_eq "suites of TLS 1.2" "ECDHE-RSA-AES128-GCM-SHA256,ECDHE-RSA-AES256-GCM-SHA384,ECDHE-RSA-CHACHA20-POLY1305" \
	"$(awk '$1 == "cipher" && $2 == "TLSv1.2" { print $3 }' <<<"$found" | sort | paste -sd,)"
expect_match "fallback SCSV" 'Server supports TLS Fallback SCSV' "$(cat "$W/default.txt")"
expect_match "a certificate was seen" '<subject>' "$(tr -d '\n' <"$W/default.xml")"

# ---- strict, by a reload ----
reload 'preset = "strict";'
wait_for 10 "TLS 1.2 ends" refused -tls1_2
expect_ok "TLS 1.3 in strict" speaks -tls1_3
reload 'preset = "strict"; server-version = "tlsv1.2";'
wait_for 10 "TLS 1.2 is back" speaks -tls1_2

# ---- legacy ----
out=$(CONF_GATEWAY='ssl = { preset = "legacy"; };' conf_write; "$SEKISHO_BIN/sekishod" -t -c "$W/conf" 2>&1)
expect_match "warning of legacy" 'warning: .*AES-CBC' "$out"
expect_ok "reload with legacy" "$SEKISHO_BIN/sekishod" -r -c "$W/conf"
wait_for 10 "AES-CBC is there" speaks -tls1_2 -cipher ECDHE-RSA-AES128-SHA
expect_ok "refusal" refused -tls1_2 -cipher AES128-SHA

# ---- single settings ----
reload 'ciphers = [ "ECDHE-RSA-AES128-GCM-SHA256", "TLS_AES_128_GCM_SHA256" ]; ecdh-groups = [ "group20" ];'
wait_for 10 "the other suites end" refused -tls1_2 -cipher ECDHE-RSA-AES256-GCM-SHA384
expect_ok "the suite that is listed" speaks -tls1_2 -cipher ECDHE-RSA-AES128-GCM-SHA256
expect_ok "refusal" refused -tls1_3 -groups X25519
expect_ok "the group that is listed" speaks -tls1_3 -groups P-384
client_up 1 alice --authgroup=Staff
expect_ok "traffic" ping4 1
client_stop 1
refuses 'server-version = "tlsv1.1";' 'broken; write tlsv1.2'
refuses 'ciphers = [ "AES256-SHA" ];' 'ECDHE-RSA- in front'
refuses 'preset = "strict"; ciphers = [ "ECDHE-RSA-AES128-GCM-SHA256" ];' 'no suite of TLS 1.3'
refuses 'preset = "loose";' 'preset'
if ! openssl list -providers | grep -q fips; then
	refuses 'fips = true;' 'no active FIPS provider; install it'
fi

# ---- headers of every answer ----
raw_py 1 <<'END'
from rawclient import *

WANTED = {
    "strict-transport-security": "max-age=31536000",
    "x-content-type-options": "nosniff",
    "x-frame-options": "SAMEORIGIN",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}


def look(what, status, answer):
    expect(what, status, answer.status)
    for name, value in WANTED.items():
        expect("%s of %s" % (name, what), value, answer.header(name))


def check(what, status, data):
    c = Client()
    c.send(data)
    look(what, status, c.response())
    c.close()


def connect(token):
    c = Client()
    return c, c.request("CONNECT", "/CSCOSSLC/tunnel", headers=[
        "Cookie: webvpn=" + token, "X-CSTP-Version: 1", "X-CSTP-Hostname: raw", "X-CSTP-MTU: 1400",
        "X-CSTP-Address-Type: IPv4"])


check("the front page", 200, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
check("an unknown path", 404, b"GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n")
check("a bad method", 405, b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
check("a bad request", 400, b"garbage\r\n\r\n")
check("a body that is too big", 413, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 300000\r\n\r\n")
check("headers that are too big", 431, b"GET / HTTP/1.1\r\nX: " + b"a" * 20000 + b"\r\n\r\n")
check("another version", 505, b"GET / HTTP/2.0\r\nHost: x\r\n\r\n")
check("a tunnel without a session", 401,
      b"CONNECT /CSCOSSLC/tunnel HTTP/1.1\r\nHost: x\r\nCookie: webvpn=nothing\r\n\r\n")
c = Client()
look("a form", 200, c.init("Staff"))
look("a login that fails", 200, c.reply("alice", "wrong", "Staff"))
tokens = [Client().login("alice", group="Staff") for n in range(2)]
first, answer = connect(tokens[0])
expect("a tunnel, which no browser sees", 200, answer.status)
look("a tunnel that there is no address for", 503, connect(tokens[1])[1])
END
