#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# sekishod -t and -V: what is right passes; every error names file, line, setting and the cure, and all are reported.
. "$(dirname "$0")/../lib/e2e.sh"

pki_make
conf_write

check() {
	"$SEKISHO_BIN/sekishod" -c "$W/conf" -t 2>&1
}

expect_match "-V" '^sekishod [0-9]+\.[0-9]+' "$("$SEKISHO_BIN/sekishod" -V)"
expect_ok "a valid configuration" check

# Append a line to a file (or change it by sed) and expect the complaint.
complains() {
	local what=$1 file=$2 edit=$3 regex=$4 out
	cp "$W/conf/$file" "$W/saved"
	sed -i -e "$edit" "$W/conf/$file"
	if cmp -s "$W/conf/$file" "$W/saved"; then
		fail "$what, expected the test to change $file, got no change"
	fi
	out=$(check) && fail "$what, expected status 1, got 0: $out"
	expect_match "$what" "$regex" "$out"
	cp "$W/saved" "$W/conf/$file"
}

line=$(grep -n '^workers' "$W/conf/gateway.conf" | cut -d: -f1)
complains "unknown setting" gateway.conf 's/^workers = .*/wokers = 2;/' "gateway.conf:$line: .*wokers"
complains "out of range" gateway.conf 's/^workers = .*/workers = 65;/' "gateway.conf:$line: workers: .*64"
complains "wrong type" gateway.conf 's/^workers = .*/workers = "two";/' "gateway.conf:$line: workers: "
complains "bad enum" gateway.conf 's/level = "debug"/level = "loud"/' 'gateway.conf:[0-9]+: .*level: .*(debug|warning)'
complains "bad address" gateway.conf 's/0\.0\.0\.0/0.0.0.256/' 'gateway.conf:1: .*address: '
complains "syntax error" gateway.conf 's/^tun = {/tun = /' 'gateway.conf:[0-9]+: '
complains "missing pool" tunnel-groups.conf 's/\[ "POOL" \]/[ "POOLX" ]/' 'tunnel-groups.conf:[0-9]+: .*address-pool.*POOLX'
complains "missing policy" tunnel-groups.conf 's/"StaffPolicy"/"NoPolicy"/' \
	'tunnel-groups.conf:[0-9]+: .*default-group-policy.*NoPolicy'
complains "unknown method" tunnel-groups.conf 's/"aaa"/"saml"/' 'tunnel-groups.conf:[0-9]+: .*authentication'
complains "bad range" group-policies.conf 's/192.168.100.1-192.168.100.50/192.168.100.50-192.168.100.1/' \
	'group-policies.conf:[0-9]+: .*range'
complains "missing access list" group-policies.conf 's/"eng-nets"; dns/"eng-nots"; dns/;s/list = "eng-nets"/list = "eng-nots"/' \
	'group-policies.conf:[0-9]+: .*split-tunnel-network-list.*eng-nots'
complains "bad rule" group-policies.conf 's/permit 10.99.0.0 255.255.255.0/permit 10.99.0.0 255.0.255.0/' \
	'group-policies.conf:[0-9]+: .*rules'
complains "clear-text password" users.conf '0,/password = "[^"]*"/s//password = "secret"/' 'users.conf:[0-9]+: .*password'
complains "duplicate user" users.conf 's/"carol"/"bob"/' 'users.conf:[0-9]+: .*bob'
complains "no such trustpoint" pki.conf 's/ssl-trust-point = "GW"/ssl-trust-point = "GX"/' 'pki.conf:2: ssl-trust-point: .*GX'
complains "no such file" pki.conf 's,gw.key,none.key,' 'pki.conf:1: .*key: .*none.key'
complains "another certificate's key" pki.conf 's,gw.key,ca.key,' 'pki.conf:1: .*key: .*is not the key'
cp "$W/pki/gw.pem" "$W/pem"
sed -i '2s/./!/g' "$W/pki/gw.pem"
out=$(check) && fail "broken certificate, expected status 1, got 0"
expect_match "broken certificate" 'pki.conf:1: .*certificate: .*gw.pem' "$out"
cp "$W/pem" "$W/pki/gw.pem"

# All errors of all files in one run.
sed -i 's/^workers = .*/workers = 65;/' "$W/conf/gateway.conf"
sed -i 's/GW"; cert/GX"; cert/' "$W/conf/pki.conf"
out=$(check) && fail "two errors, expected status 1, got 0"
expect_match "first of two errors" 'gateway.conf:' "$out"
expect_match "second of two errors" 'pki.conf:' "$out"

# The daemon refuses to start with it, and says the same.
out=$("$SEKISHO_BIN/sekishod" -c "$W/conf" 2>&1) && fail "start with a broken configuration, expected status 1, got 0"
expect_match "message of the daemon" 'gateway.conf:[0-9]+: workers' "$out"
expect_fail "missing directory" "$SEKISHO_BIN/sekishod" -c "$W/nowhere" -t
