#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# RADIUS accounting: what FreeRADIUS receives of a session's life, attribute by attribute (asa.md 6.2), why sessions ended, and
# accounting-mode simultaneous.
. "$(dirname "$0")/../lib/e2e.sh"

CONF_ENG='vpn-session-timeout = 1;'
CONF_STAFF='vpn-simultaneous-logins = 1; vpn-idle-timeout = 1; anyconnect-dpd-interval-client = 5; anyconnect-ssl-keepalive = 15;'
AAA_GROUP='interim-accounting-update = true;'
net_up 4
pki_make
conf_write
acct_groups
radius_aaa_conf
radius_start
gate_start
FIRST_PID=$RADIUS_PID

# An attribute of the last request of alice of that type: attribute TYPE NAME
attribute() {
	acct "' '.join(x('alice', '$1')[-1].get('$2', ['none']))"
}

# What every request of the session has: common TYPE CALLING_STATION
common() {
	local want
	for want in "User-Name=alice" "NAS-IP-Address=$GW_IP4" "NAS-Port=$((index << 12))" "Service-Type=Framed-User" \
		"Framed-Protocol=PPP" "Framed-IP-Address=$address" "Framed-IPv6-Address=$address6" "Called-Station-Id=$GW_IP4" \
		"Calling-Station-Id=$2" "NAS-Port-Type=Virtual" "Tunnel-Client-Endpoint:0=$2" "ASA-TunnelGroupName=STAFF" \
		"ASA-ClientType=AnyConnect-Client-SSL-VPN" "ASA-SessionType=AnyConnect-Client-SSL-VPN" \
		"ASA-SessionSubtype=Client-Only" "Acct-Authentic=Local" "Acct-Delay-Time=0" "Acct-Session-Id=$id"; do
		expect_eq "$1: ${want%%=*}" "${want#*=}" "$(attribute "$1" "${want%%=*}")"
	done
	expect_match "$1: audit session" "audit-session-id=$audit( |\$)" "$(attribute "$1" Cisco-AVPair)"
	expect_match "$1: device" "mdm-tlv=device-platform=linux" "$(attribute "$1" Cisco-AVPair)"
	expect_match "$1: Event-Timestamp" '20[0-9]{2}' "$(attribute "$1" Event-Timestamp)"
}

# ---- a session's life ----

# Those that end by themselves in a minute: carol idles, bob may not stay. No IPv6, so no router solicitations.
client_up 2 carol --authgroup=Staff --disable-ipv6
in_client 2 sysctl -qw net.ipv6.conf.vpn0.disable_ipv6=1
client_up 3 bob --authgroup=Engineering

client_up 1 alice --authgroup=Staff
wait_for 10 "Start of alice" acct_has alice Start 1
address=$(client_ip4 1)
address6=$(client_env 1 INTERNAL_IP6_ADDRESS)
index=$(session_json "[x['index'] for x in s if x['username'] == 'alice'][0]")
audit=$(show_sessions filter name alice | sed -n 's/^Audt Sess ID : //p')
id=$(attribute Start Acct-Session-Id)
expect_match "Acct-Session-Id" '^[0-9A-F]{16}$' "$id"
common Start 192.0.2.11
for name in Acct-Input-Octets Acct-Session-Time Acct-Terminate-Cause; do
	expect_eq "Start: $name" none "$(attribute Start $name)"
done

# The client moves to another address outside.
expect_ok "traffic of alice" ping4 1 $IN_IP4 5
in_client 1 ip addr add 192.0.2.77/32 dev eth0
in_client 1 ip route replace $GW_IP4 dev eth0 src 192.0.2.77
in_gw ss -K -t state established dst 192.0.2.11 >/dev/null
wait_for 40 "Interim of alice" acct_has alice Interim-Update 1
common Interim-Update 192.0.2.77
expect_between "Interim: octets" 420 "$(attribute Interim-Update Acct-Input-Octets)" 5000
expect_eq "Interim: Acct-Terminate-Cause" none "$(attribute Interim-Update Acct-Terminate-Cause)"

# Octets are those of show-sessions: up, down, then all quiet.
wait_for 20 "traffic after the move" ping4 1 $IN_IP4 1
in_client 1 sysctl -qw net.ipv6.conf.vpn0.disable_ipv6=1
in_client 1 ping -n -q -c 20 -i 0.02 -s 1200 $IN_IP4 >/dev/null
counts=
still() {
	local before=$counts
	counts=$(session_json "' '.join(str([x for x in s if x['username'] == 'alice'][0]['total'][n]) for n in ('rx_bytes', 'tx_bytes', 'rx_packets', 'tx_packets'))")
	[ "$counts" = "$before" ]
}
wait_for 10 "counters stand still" still
client_stop 1
wait_for 10 "Stop of alice" acct_has alice Stop 1
common Stop 192.0.2.77
expect_eq "octets and packets of Stop" "$counts" \
	"$(for n in Acct-Input-Octets Acct-Output-Octets Acct-Input-Packets Acct-Output-Packets; do attribute Stop $n; done | xargs)"
expect_eq "Stop: gigawords" "0 0" "$(attribute Stop Acct-Input-Gigawords) $(attribute Stop Acct-Output-Gigawords)"
expect_between "Stop: seconds" 1 "$(attribute Stop Acct-Session-Time)" 60
expect_eq "Stop: cause" User-Request "$(attribute Stop Acct-Terminate-Cause)"

# ---- other ends ----

client_up 1 dave --authgroup=Staff
client_up 4 dave --authgroup=Staff
wait_for 15 "the login limit ends one" acct_has dave Stop 1
expect_eq "cause of the login limit" Port-Preempted "$(acct "x('dave', 'Stop')[0]['Acct-Terminate-Cause'][0]")"
client_stop 4
wait_for 110 "the idle timeout ends one" acct_has carol Stop 1
expect_eq "cause of the idle timeout" Idle-Timeout "$(acct "x('carol', 'Stop')[0]['Acct-Terminate-Cause'][0]")"
wait_for 30 "the session timeout ends one" acct_has bob Stop 1
expect_eq "cause of the session timeout" Session-Timeout "$(acct "x('bob', 'Stop')[0]['Acct-Terminate-Cause'][0]")"
expect_between "seconds of the session timeout" 60 "$(acct "x('bob', 'Stop')[0]['Acct-Session-Time'][0]")" 75
wait_for 10 "Stop of dave" acct_has dave Stop 2
expect_eq "identifiers that have one Start and one Stop, of all" "5 5" \
	"$(acct "(lambda ids: '%d %d' % (sum(1 for i in ids if sorted(o['Acct-Status-Type'][0] for o in r if o['Acct-Session-Id'] == [i] and o['Acct-Status-Type'] != ['Interim-Update']) == ['Start', 'Stop']), len(ids)))({o['Acct-Session-Id'][0] for o in r})")"
expect_eq "requests that came twice" 0 "$(acct twice)"
expect_eq "spool" "" "$(find "$W/state" -name '*.acct')"

# ---- all servers ----

AAA_GROUP="accounting-mode = \"simultaneous\";"
AAA_HOST="}, { address = \"$IN_IP6\"; key = \"$RADIUS_SECRET\"; authentication-port = 1912; accounting-port = 1913; timeout = 1; retry-interval = 1;"
radius_aaa_conf
radius_start "$W/radius2" 1912
from=$(next_line "$GATE_LOG")
kill -HUP "$PARENT"
gate_log 'configuration reloaded' 30 "$from"
client_up 1 user01 --authgroup=Staff
wait_for 10 "Start at the first" acct_has user01 Start 1
wait_for 10 "Start at the second" acct_has user01 Start 1 "$W/radius2"
radius_stop
from=$(next_line "$GATE_LOG")
client_stop 1
wait_for 10 "Stop at the first" acct_has user01 Stop 1
client_up 1 user02 --authgroup=Staff
wait_for 10 "Start at the first" acct_has user02 Start 1
gate_log 'accounting: .*RAD does not answer' 20 "$from"
expect_eq "nothing at the second" 0 "$(acct "len(x('user01', 'Stop'))" "$W/radius2")"
radius_run "$W/radius2" 1912
wait_for 60 "Stop at the second" acct_has user01 Stop 1 "$W/radius2"
wait_for 10 "Start at the second" acct_has user02 Start 1 "$W/radius2"
gate_log 'accounting: server group RAD answers again' 10 "$from"
client_stop 1
wait_for 10 "Stop at the first" acct_has user02 Stop 1
wait_for 10 "Stop at the second" acct_has user02 Stop 1 "$W/radius2"
for dir in radius radius2; do
	expect_eq "requests at $dir" "1 1 1 1" \
		"$(acct "' '.join(str(len(x(u, t))) for u in ('user01', 'user02') for t in ('Start', 'Stop'))" "$W/$dir")"
done
radius_stop
radius_stop "$FIRST_PID"
