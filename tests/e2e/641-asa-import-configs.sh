#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# asa-import on running-configs of many shapes and versions (tests/import): every line is accounted for, what is written
# passes sekishod -t, broken input writes nothing; one of them is served to a real client, after the steps that the
# report lists.
. "$(dirname "$0")/../lib/e2e.sh"

# convert NAME: into $W/out/NAME, the report in $W/out/NAME.report
convert() {
	mkdir -p "$W/out"
	"$SEKISHO_BIN/asa-import" "$ROOT/tests/import/$1.cfg" -o "$W/out/$1" >"$W/out/$1.report" 2>&1
}

# The counts of a report: "converted not-needed not-supported blank lines"
counts() {
	awk '/^ *[0-9]+  converted$/ { c = $1 } /^ *[0-9]+  not needed here$/ { n = $1 } /^ *[0-9]+  not supported$/ { s = $1 }
		/^ *[0-9]+  empty or a comment$/ { b = $1 } /^ *[0-9]+  lines of / { l = $1 } END { print c, n, s, b, l }' "$1"
}

found=0
for config in "$ROOT"/tests/import/asa-*.cfg; do
	name=$(basename "$config" .cfg)
	found=$((found + 1))
	convert "$name" || fail "$name, expected status 0, got $?: $(head -5 "$W/out/$name.report")"
	read -r converted not_needed not_supported blank lines <<<"$(counts "$W/out/$name.report")"
	expect_eq "$name: lines of the report and of the file" "$(wc -l <"$config")" "$lines"
	expect_eq "$name: the fates add up" "$lines" $((converted + not_needed + not_supported + blank))
	expect_ok "$name: what was written is valid" "$SEKISHO_BIN/sekishod" -c "$W/out/$name" -t
	# Nobody else's eyes: keys and hashes are in there.
	expect_eq "$name: secrets are not for others" "" "$(find "$W/out/$name" -name '*.key' -perm /077)"
	expect_eq "$name: nor users and servers" "" "$(find "$W/out/$name" \( -name users.conf -o -name aaa.conf \) -perm /077)"
done
expect_between "running-configs" 6 "$found" 100

# Every line by itself: -v says of each what became of it, once.
rm -rf "$W/out/asa-916-tenants"
"$SEKISHO_BIN/asa-import" "$ROOT/tests/import/asa-916-tenants.cfg" -o "$W/out/asa-916-tenants" -v >"$W/all" 2>&1 ||
	fail "asa-import -v, expected status 0, got $?"
expect_eq "lines of -v" "$(wc -l <"$ROOT/tests/import/asa-916-tenants.cfg")" \
	"$(grep -cE '^[^ ]*asa-916-tenants\.cfg:[0-9]+: ' "$W/all")"

# The twin without indentation.
for file in gateway tunnel-groups group-policies users aaa pki; do
	expect_eq "$file.conf of the flat twin" "$(grep -v '^#' "$W/out/asa-97-certificates/$file.conf")" \
		"$(grep -v '^#' "$W/out/asa-97-certificates-flat/$file.conf")"
done

# The hexadecimal certificates came out whole: each intermediate is good under its root.
for ca in HAZEL-USERS HAZEL-MACHINES; do
	pem=$W/out/asa-97-certificates/$ca-ca.pem
	expect_eq "certificates of $ca" 2 "$(grep -c 'BEGIN CERTIFICATE' "$pem")"
	openssl x509 -in "$pem" -out "$W/root.pem"
	sed '1,/END CERTIFICATE/d' "$pem" >"$W/sub.pem"
	expect_ok "$ca: the second is issued by the first" openssl verify -CAfile "$W/root.pem" "$W/sub.pem"
done

# Broken input: the file and line, and nothing is written.
for config in "$ROOT"/tests/import/broken-*.cfg; do
	name=$(basename "$config" .cfg)
	convert "$name" && fail "$name, expected status 1, got 0"
	expect_match "$name: file and line" "$name\.cfg:[0-9]+: ." "$(cat "$W/out/$name.report")"
	[ ! -e "$W/out/$name" ] || fail "$name, expected no folder, got $(ls -A "$W/out/$name")"
done

# What a user of a converted configuration gets, and why.
explain() {
	"$SEKISHO_BIN/explain-policy" -c "$W/out/asa-916-tenants" "$@"
}
out=$(explain --group-url https://vpn.larch.example/partner --user tove)
expect_match "tunnel group of a group-url" 'LARCH-PARTNER' "$out"
expect_match "his own hours" 'vpn-access-hours +none +from username tove' "$out"
expect_match "the policy's filter" 'vpn-filter +"FILTER-PARTNER" +from group-policy GP-LARCH-PARTNER' "$out"
expect_match "no password fits" 'no password fits' "$out"
out=$(explain --alias SSO)
expect_match "what was SAML stays closed" 'closed|refused' "$out"

# The way of an administrator: convert, put the gateway's certificate in place, give the users passwords, start.
net_up 1
pki_make
conf_write
mv "$W/conf" "$W/usual"
mv "$W/out/asa-82-svc" "$W/conf"
sed -n '/^tun = /d; /^listeners/d; /^workers/,$p' "$W/usual/gateway.conf" >>"$W/conf/gateway.conf"
cp "$W/usual/pki.conf" "$W/conf/pki.conf"
for user in arvid signe; do
	"$SEKISHO_BIN/sekisho-passwd" -c "$W/conf" $user <<<"$PASSWORD" || fail "sekisho-passwd $user, expected status 0, got $?"
done
gate_start

client_up 1 arvid --authgroup=office
expect_eq "tunnel group" ROWAN-OFFICE "$(session_json 's[0]["tunnel_group"]')"
expect_match "address of the pool" '^10\.20\.9\.[1-9][0-9]$' "$(client_ip4 1)"
expect_eq "netmask" 255.255.255.0 "$(client_env 1 INTERNAL_IP4_NETMASK)"
expect_match "banner" 'Rowan Joinery: authorised people only\.' "$(client_env 1 CISCO_BANNER)$(client_log 1)"
expect_eq "DNS" "10.20.0.53 10.20.1.53" "$(client_env 1 INTERNAL_IP4_DNS)"
expect_eq "domain of DfltGrpPolicy" rowan.example "$(client_env 1 CISCO_DEF_DOMAIN)"
expect_eq "split networks" 2 "$(client_env 1 CISCO_SPLIT_INC)"
expect_eq "idle timeout in seconds" 3600 "$(client_env 1 IDLE_TIMEOUT)"
client_stop 1
wait_for 10 "session ends" sessions_are 0

client_up 1 signe --authgroup=contractor
expect_eq "his own address" 10.20.9.200 "$(client_ip4 1)"
expect_eq "everything through the tunnel" "" "$(client_env 1 CISCO_SPLIT_INC)"
client_stop 1
wait_for 10 "session ends" sessions_are 0

# group-lock of his policy, and a user whose hash could not be carried over.
if client_run 1 signe --authgroup=office; then
	fail "signe in the office group, expected a refusal, got a session"
fi
if client_run 1 berit --authgroup=office; then
	fail "a user without a password, expected a refusal, got a session"
fi
expect_eq "sessions after the refusals" 0 "$(session_count)"
