#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Accounting survives what others do not: a server that is away for a while, a restart of the daemon meanwhile, the death of
# auth, the death of everything. Every Start has one Stop.
. "$(dirname "$0")/../lib/e2e.sh"

CONF_STAFF='vpn-idle-timeout = 1;'
net_up 4
pki_make
conf_write
acct_groups
radius_aaa_conf
sed -i 's/timeout = 3/timeout = 1/' "$W/conf/aaa.conf"
radius_start
gate_start

# How many Start and Stop each session has: "1 1" for all of them, said once.
pairs() {
	acct "sorted({'%d %d' % tuple(sum(1 for o in r if o['Acct-Session-Id'] == [i] and o['Acct-Status-Type'] == [t]) for t in ('Start', 'Stop')) for i in {o['Acct-Session-Id'][0] for o in r}})"
}

# The only Stop of a user: stop_of USER ATTRIBUTE
stop_of() {
	acct "x('$1', 'Stop')[0]['$2'][0]"
}

spooled() {
	[ "$(find "$W/state" -name '*.acct' | wc -l)" = "$1" ]
}

total_of() {
	session_json "' '.join(str([x for x in s if x['username'] == '$1'][0]['total'][n]) for n in ('rx_bytes', 'tx_bytes'))"
}

counts=
still() {
	local before=$counts
	counts=$(total_of "$1")
	[ "$counts" = "$before" ]
}

quiet_client() {
	client_up "$1" "$2" --authgroup=Staff --disable-ipv6
	in_client "$1" sysctl -qw net.ipv6.conf.vpn0.disable_ipv6=1
}

# ---- the server is away: alice was there before and leaves, bob comes and goes, carol stays until the daemon stops for good ----

quiet_client 1 alice
wait_for 10 "Start of alice" acct_has alice Start 1
radius_stop
quiet_client 2 bob
quiet_client 3 carol
in_client 2 ping -n -q -c 20 -i 0.02 -s 900 $IN_IP4 >/dev/null
in_client 3 ping -n -q -c 10 -i 0.02 -s 1200 $IN_IP4 >/dev/null
wait_for 10 "bob's counters stand still" still bob
bob=$counts
wait_for 10 "carol's counters stand still" still carol
carol=$counts
client_stop 1
client_stop 2
wait_for 10 "two sessions are over" sessions_are 1
wait_for 10 "four requests are on the disk" spooled 4
gate_log 'accounting: any server of server group RAD does not answer, requests wait' 20
expect_eq "lines about the silence" 1 "$(grep -c 'does not answer, requests wait' "$GATE_LOG")"

from=$(next_line "$GATE_LOG")
gate_stop USR1
expect_eq "requests on the disk after the stop" 5 "$(find "$W/state" -name '*.acct' | wc -l)"
expect_eq "no secret on the disk" "" "$(grep -l "$RADIUS_SECRET" "$W/state"/* || true)"
printf 'SEKISHO1\0\0\0\1' >"$W/state/00000000000000ff.acct"
chown $UID_AUTH "$W/state/00000000000000ff.acct"
gate_start
gate_log '00000000000000ff.acct is damaged' 5 "$from"
gate_log 'accounting: 5 requests of an earlier run wait' 5 "$from"
expect_ok "the damaged one is kept" test -e "$W/state/00000000000000ff.acct.damaged"
quiet_client 4 dave
radius_run
wait_for 60 "Stop of alice" acct_has alice Stop 1
wait_for 20 "Start of dave" acct_has dave Start 1
wait_for 20 "Stop of carol" acct_has carol Stop 1
wait_for 20 "Stop of bob" acct_has bob Stop 1
gate_log 'accounting: server group RAD answers again' 10 "$from"
expect_eq "octets of bob" "$bob" "$(stop_of bob Acct-Input-Octets) $(stop_of bob Acct-Output-Octets)"
expect_eq "octets of carol" "$carol" "$(stop_of carol Acct-Input-Octets) $(stop_of carol Acct-Output-Octets)"
expect_eq "cause of bob" User-Request "$(stop_of bob Acct-Terminate-Cause)"
expect_eq "cause of carol" Admin-Reboot "$(stop_of carol Acct-Terminate-Cause)"
expect_between "bob's Stop was late" 1 "$(stop_of bob Acct-Delay-Time)" 120
expect_ok "Start before Stop" test "$(acct "[o['Acct-Status-Type'][0] for o in r if o['User-Name'] == ['bob']]")" = "['Start', 'Stop']"
wait_for 5 "nothing waits" spooled 0

# ---- auth dies: the session goes on, and is accounted once ----

in_client 4 ping -n -q -c 10 -i 0.02 -s 1000 $IN_IP4 >/dev/null
from=$(next_line "$GATE_LOG")
kill -KILL "$(child_pid auth)"
gate_log '1 sessions restored' 20 "$from"
wait_for 20 "auth answers" session_count
gate_log 'its tunnel is still up' 20 "$from"
wait_for 10 "dave's counters stand still" still dave
dave=$counts
client_stop 4
wait_for 10 "Stop of dave" acct_has dave Stop 1
expect_eq "octets of dave" "$dave" "$(stop_of dave Acct-Input-Octets) $(stop_of dave Acct-Output-Octets)"
expect_eq "Starts of dave" 1 "$(acct "len(x('dave', 'Start'))")"

# ---- everything dies: user01's session comes back and idles, user02 may not come back ----

quiet_client 1 user01
quiet_client 2 user02
wait_for 10 "Start of user01" acct_has user01 Start 1
wait_for 10 "Start of user02" acct_has user02 Start 1
# shellcheck disable=SC2046
kill -KILL $(gate_pids)
wait_for 5 "the daemon is dead" is_gone "$PARENT"
wait "$PARENT" 2>/dev/null || true
client_kill 1
client_kill 2
in_gw ip link del $TUN 2>/dev/null || true
sed -i '/name = "user02"/d' "$W/conf/users.conf"
from=$(next_line "$GATE_LOG")
gate_start
gate_log 'a stored session of user user02 is dropped' 10 "$from"
wait_for 10 "Stop of user02" acct_has user02 Stop 1
expect_eq "cause of user02" Admin-Reset "$(stop_of user02 Acct-Terminate-Cause)"
expect_match "address of user02" '^192\.168\.100\.' "$(stop_of user02 Framed-IP-Address)"
wait_for 110 "Stop of user01" acct_has user01 Stop 1
expect_eq "cause of user01" Idle-Timeout "$(stop_of user01 Acct-Terminate-Cause)"
expect_eq "Start and Stop of each session" "['1 1']" "$(pairs)"
expect_eq "sessions accounted" 6 "$(acct "len({o['Acct-Session-Id'][0] for o in r})")"
radius_stop
