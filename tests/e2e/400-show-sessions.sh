#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# show-sessions: the ASA's layout, the detail, JSON, filters; counters are live.
. "$(dirname "$0")/../lib/e2e.sh"

usual_start 2
expect_match "nobody is there" 'no |INFO|There' "$(show_sessions)"
client_up 1 alice --authgroup=Staff
client_dtls 1
client_up 2 bob --authgroup=Engineering --no-dtls
expect_ok "traffic of alice" ping4 1 $IN_IP4 5
expect_ok "traffic of bob" ping4 2 $IN_IP4 5
wait_for 10 "DTLS is shown" tunnels_are alice "tls dtls"

out=$(show_sessions)
expect_match "heading" '^Session Type: AnyConnect$' "$out"
expect_match "user and index" '^Username     : alice                  Index        : [0-9]+$' "$out"
expect_match "addresses" "^Assigned IP  : $(printf %-23s "$(client_ip4 1)")Public IP    : 192\.0\.2\.11\$" "$out"
expect_match "IPv6 address" "^Assigned IPv6: $(client_env 1 INTERNAL_IP6_ADDRESS)" "$out"
expect_match "protocols of alice" '^Protocol     : AnyConnect-Parent SSL-Tunnel DTLS-Tunnel$' "$out"
expect_match "protocols of bob" '^Protocol     : AnyConnect-Parent SSL-Tunnel$' "$out"
expect_match "encryption" '^Encryption   : AnyConnect-Parent: \(1\)none  SSL-Tunnel: \(1\)[A-Z0-9-]+  DTLS-Tunnel: \(1\)[A-Z0-9-]+$' "$out"
expect_match "group policy and tunnel group" '^Group Policy : StaffPolicy            Tunnel Group : STAFF$' "$out"
expect_match "login time" '^Login Time   : [0-9]{2}:[0-9]{2}:[0-9]{2} [A-Z]+ [A-Z][a-z]{2} [A-Z][a-z]{2} [0-9]{2} [0-9]{4}$' "$out"
expect_match "duration" '^Duration     : 0h:0[0-9]m:[0-9]{2}s$' "$out"
expect_match "inactivity" '^Inactivity   : 0h:00m:00s$' "$out"
expect_match "audit session id" '^Audt Sess ID : [0-9a-f]{24}$' "$out"

out=$(show_sessions detail)
expect_match "detail heading" '^Session Type: AnyConnect Detailed$' "$out"
for want in 'AnyConnect-Parent Tunnels: 1' 'SSL-Tunnel Tunnels: 1' 'DTLS-Tunnel Tunnels: 1' '^  Tunnel ID    : [0-9]+\.1' \
	'Encapsulation: TLSv1\.[23]' 'Encapsulation: DTLSv1\.2' 'UDP Src Port : [0-9]+' 'Dst Port : 443' 'Idle Time Out: 30 Minutes' \
	'Client Type  : ' 'Client Ver   : .*v9\.' 'Pkts Tx Drop : ' 'Auth Mode    : userPassword'; do
	expect_match "detail" "$want" "$out"
done

# Live counters: what a ping of known size adds.
before=$(session_json "[x for x in s if x['username'] == 'bob'][0]['total']['rx_bytes']")
in_client 2 ping -n -q -c 10 -i 0.05 -s 1000 $IN_IP4 >/dev/null
counted_up() {
	[ "$(session_json "[x for x in s if x['username'] == 'bob'][0]['total']['rx_bytes']")" -ge $((before + 10 * 1028)) ]
}
wait_for 5 "counters follow the traffic" counted_up
expect_between "rx is inner bytes" $((before + 10280)) \
	"$(session_json "[x for x in s if x['username'] == 'bob'][0]['total']['rx_bytes']")" $((before + 10280 + 2000))
expect_between "tx packets of bob" 15 "$(channel_stat bob tls tx_packets)" 40

# Filters.
expect_eq "filter name" 1 "$(session_json 'len(s)' filter name alice)"
expect_eq "filter tunnel-group" bob "$(session_json 's[0]["username"]' filter tunnel-group ENG)"
expect_eq "filter a-ipaddress" alice "$(session_json 's[0]["username"]' filter a-ipaddress "$(client_ip4 1)")"
expect_eq "filter p-ipaddress" bob "$(session_json 's[0]["username"]' filter p-ipaddress 192.0.2.12)"
expect_eq "filter that matches nobody" 0 "$(session_json 'len(s)' filter name nobody)"

client_stop 1
client_stop 2
wait_for 10 "nobody is left" sessions_are 0
