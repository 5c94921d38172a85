#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A reload takes effect whole or not at all, and drops nobody (INV-8): by SIGHUP and by -r, with new users, groups,
# policies, pools and certificates, with files that are wrong, and with changes that need a restart.
. "$(dirname "$0")/../lib/e2e.sh"

reload() {
	"$SEKISHO_BIN/sekishod" -c "$W/conf" -r 2>&1
}

# SIGHUP, and what the log says of it.
hup() {
	local from
	from=$(next_line "$GATE_LOG")
	kill -HUP "$PARENT"
	gate_log "$1" 30 "$from"
}

# Traffic of the running session. ping_done asks an answer for every request but the one that may still be on its way
# when ping is told to end.
ping_begin() {
	ip netns exec "$(client_ns 1)" ping -n -i 0.05 -W 5 "$IN_IP4" >"$W/ping" 2>&1 &
	ping_pid=$!
}

ping_done() {
	kill -INT "$ping_pid"
	wait "$ping_pid" || true
	local sent missing
	sent=$(sed -n 's/^\([0-9]*\) packets transmitted.*/\1/p' "$W/ping")
	missing=$(seq 1 "$((sent - 1))" | grep -vxFf <(sed -n 's/.* icmp_seq=\([0-9]*\) .* time=.*/\1/p' "$W/ping") || true)
	expect_ok "$1: traffic flowed" test "$sent" -gt 3
	expect_eq "$1: pings without an answer, of $sent" "" "$missing"
}

shown_certificate() {
	in_client 2 openssl s_client -connect "$GW_IP4:443" </dev/null 2>/dev/null | openssl x509 -noout -fingerprint
}

add_user() {
	sed -i "s|^usernames = (|&\n  { name = \"$1\"; password = \"$(hash_password)\"; },|" "$W/conf/users.conf"
}

CONF_STAFF='default-domain = "old.example.com";'
usual_start 3
client_up 1 alice --authgroup=Staff
client_dtls 1
index=$(session_json 's[0]["index"]')
old_pid=${CLIENT_PID[1]}

ping_begin

# ---- what is new takes effect for new logins, and only for them ----

CONF_STAFF='default-domain = "new.example.com";'
CONF_GROUPS='{ name = "NEW"; general-attributes = { address-pool = [ "POOL-NEW" ]; default-group-policy = "NewPolicy"; };
	webvpn-attributes = { group-url = ( { url = "https://'$GW_NAME'/new"; } ); }; },'
CONF_POLICIES='{ name = "NewPolicy"; attributes = { dns-server = [ "10.99.0.77" ]; default-domain = "n.example.com"; }; },'
CONF_POOLS='{ name = "POOL-NEW"; range = "192.168.101.1-192.168.101.9"; mask = "255.255.255.0"; },'
conf_write
add_user erin
expect_no_match "route of the new pool, before" '192\.168\.101\.' "$(in_gw ip route show dev $TUN)"
hup 'configuration reloaded \(generation [0-9]+\)'
expect_match "route of the new pool" '192\.168\.101\.' "$(in_gw ip route show dev $TUN)"

CLIENT_URL=/new client_up 2 erin
expect_match "address of the new pool" '^192\.168\.101\.' "$(client_ip4 2)"
expect_eq "DNS of the new policy" 10.99.0.77 "$(client_env 2 INTERNAL_IP4_DNS)"
expect_eq "domain of the new policy" n.example.com "$(client_env 2 CISCO_DEF_DOMAIN)"
expect_ok "traffic of the new user" ping4 2
client_up 3 bob --authgroup=Staff
expect_eq "changed policy for a new login" new.example.com "$(client_env 3 CISCO_DEF_DOMAIN)"

# The old session: the same process, session and policy, also when it comes back with its cookie. A client that drops
# its connection loses what is on its way to it there, so the traffic is looked at before and after.
ping_done "first reload"
expect_ok "the old client still runs" kill -0 "$old_pid"
expect_eq "sessions" 3 "$(session_count)"
expect_eq "index of the old session" "$index" "$(session_json '[x for x in s if x["username"] == "alice"][0]["index"]')"
kill -USR2 "$old_pid"
wait_for 30 "the old client comes back" file_has "$W/c1/reasons" '^reconnect$'
expect_eq "old policy after a reconnect" old.example.com "$(client_env 1 CISCO_DEF_DOMAIN reconnect)"
ping_begin
client_stop 3

# ---- what is wrong changes nothing ----

cp -r "$W/conf" "$W/good"
line=$(grep -n 'NewPolicy' "$W/conf/group-policies.conf" | cut -d: -f1)
sed -i 's/dns-server = \[ "10.99.0.77" \]/dns-server = [ "10.99.0.777" ]/' "$W/conf/group-policies.conf"
sed -i 's/name = "bob"/name = "robert"/' "$W/conf/users.conf"
from=$(next_line "$GATE_LOG")
out=$(reload) && fail "-r with a broken configuration, expected status 1, got 0: $out"
expect_match "-r says where" "group-policies.conf:$line: .*dns-server" "$out"
expect_match "-r says that nothing changed" 'configuration not reloaded: 1 error; the old one stays' "$out"
gate_log "group-policies.conf:$line: .*dns-server" 5 "$from"
gate_log 'configuration not reloaded: 1 error; the old one stays' 5 "$from"
client_up 3 bob --authgroup=Staff
expect_ok "a user that the broken files do not have" ping4 3
client_stop 3
hup 'configuration not reloaded'

# ---- what needs a restart is refused, by name ----

needs_restart() {
	rm -rf "$W/conf"
	cp -r "$W/good" "$W/conf"
	sed -i "$1" "$W/conf/gateway.conf"
	if cmp -s "$W/conf/gateway.conf" "$W/good/gateway.conf"; then
		fail "$2, expected the test to change gateway.conf, got no change"
	fi
	local out
	out=$(reload_by_hup)
	expect_match "$2 needs a restart" "gateway.conf:[0-9]+: .*$2.*: cannot change while sekishod runs" "$out"
}

# -r finds the socket in the files, and one of the changes is its place: so all of them by SIGHUP.
reload_by_hup() {
	local from
	from=$(next_line "$GATE_LOG")
	kill -HUP "$PARENT"
	gate_log 'configuration not reloaded' 20 "$from"
	tail -n "+$from" "$GATE_LOG"
}

needs_restart 's/^workers = .*/workers = 1;/' workers
needs_restart 's/port = 443; }, {/port = 444; }, {/' 'listeners.*port'
needs_restart 's/, { address = "::"; port = 443; }//' listeners
needs_restart "s/name = \"$TUN\"/name = \"other0\"/" 'tun\.name'
needs_restart 's,192.168.100.254/24,192.168.100.253/24,' 'tun\.ipv4-address'
needs_restart "s/#$UID_PKI/#64009/" 'users\.pki'
needs_restart "s,$W/control,$W/other," 'control-socket\.path'
needs_restart "s,$W/state,$W/other," 'state-directory'
needs_restart 's,^chroot-directory = .*,chroot-directory = "/var/empty";,' 'chroot-directory'
rm -rf "$W/conf"
cp -r "$W/good" "$W/conf"

# ---- a certificate that was renewed on disk ----

before=$(shown_certificate)
openssl x509 -req -in "$W/pki/gw.csr" -CA "$W/pki/ca.pem" -CAkey "$W/pki/ca.key" -CAcreateserial -days 30 \
	-extfile <(printf '%s\n' "subjectAltName=DNS:$GW_NAME,IP:$GW_IP4,IP:$GW_IP6" "extendedKeyUsage=serverAuth") \
	-out "$W/pki/gw.crt" 2>/dev/null
cat "$W/pki/gw.crt" "$W/pki/ca.pem" >"$W/pki/gw.pem"
expect_eq "the old certificate is shown until the reload" "$before" "$(shown_certificate)"
out=$(reload) || fail "-r, expected status 0, got $?: $out"
expect_match "-r says what was done" '^configuration reloaded \(generation [0-9]+\)$' "$out"
renewed=$(openssl x509 -in "$W/pki/gw.crt" -noout -fingerprint)
shows_renewed() {
	[ "$(shown_certificate)" = "$renewed" ]
}
wait_for 5 "the renewed certificate is shown" shows_renewed
client_up 3 carol --authgroup=Staff
client_stop 3

# A key that does not fit the certificate: found before anything changes.
cp "$W/pki/gw.key" "$W/gw.key"
cp "$W/pki/ca.key" "$W/pki/gw.key"
out=$(reload) && fail "-r with another certificate's key, expected status 1, got 0: $out"
expect_match "-r says which key" 'pki.conf:[0-9]+: .*key: .*is not the key' "$out"
cp "$W/gw.key" "$W/pki/gw.key"
expect_eq "the certificate that is shown" "$renewed" "$(shown_certificate)"

# ---- many at once: one after the other, the last one sees the last files ----

from=$(next_line "$GATE_LOG")
for _ in 1 2 3 4 5 6 7 8; do
	kill -HUP "$PARENT"
done
add_user frank
out=$(reload) || fail "-r among SIGHUPs, expected status 0, got $?: $out"
CLIENT_URL=/new client_up 3 frank
client_stop 3
expect_no_match "no reload failed" 'configuration not reloaded' "$(tail -n "+$from" "$GATE_LOG")"

# ---- the log level ----

LOG_LEVEL=info conf_gateway >"$W/conf/gateway.conf"
out=$(reload) || fail "-r for another log level, expected status 0, got $?: $out"
from=$(next_line "$GATE_LOG")
client_up 3 carol --authgroup=Staff
client_stop 3
expect_no_match "debug lines at level info" 'Z debug ' "$(tail -n "+$from" "$GATE_LOG")"

# ---- nobody was dropped ----

ping_done "all other reloads"
expect_ok "the first client still runs" kill -0 "$old_pid"
expect_ok "and so does the second" ping4 2

gate_stop
out=$(reload) && fail "-r without a daemon, expected status 1, got 0: $out"
expect_match "-r without a daemon says so" 'not running' "$out"
