#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# sekishoctl: views, abbreviations and errors; log off; who may act, and what is logged of it; test and clear.
. "$(dirname "$0")/../lib/e2e.sh"

ctl() {
	"$SEKISHO_BIN/sekishoctl" -s "$W/control" "$@"
}

# As a user of these groups: as_user UID GROUPS ..
as_user() {
	setpriv --reuid "$1" --regid 64900 --groups "$2" "$SEKISHO_BIN/sekishoctl" -s "$W/control" "${@:3}"
}

fails_with() {
	local what=$1 want=$2 regex=$3 status=0 out
	shift 3
	out=$("$@" 2>&1 </dev/null) || status=$?
	expect_eq "status: $what" "$want" $status
	expect_match "message: $what" "$regex" "$out"
}

# An expression over the document d.
json() {
	/usr/bin/python3 -c "import json, sys; d = json.load(sys.stdin); print($1)"
}

net_up 3
pki_make
conf_write
sed -i 's/group = "#0"/group = "#64901"; admin-group = "#64902"/' "$W/conf/gateway.conf"
# The settings of a group policy inherit; a secret is never shown.
cat >"$W/conf/aaa.conf" <<'END'
aaa-server-groups = ( { name = "RAD"; hosts = ( { address = "192.0.2.250"; key = "very-secret-key"; timeout = 1; } ); } );
END
chmod 600 "$W/conf/aaa.conf"
gate_start
chmod o+x "$W"

out=$(ctl show vpn-sessiondb)
expect_match "nobody yet" '^Total Active and Inactive    :      0             Total Cumulative :      0$' "$out"
client_up 1 alice --authgroup=Staff
client_up 2 bob --authgroup=Engineering --no-dtls
client_up 3 carol --authgroup=Staff --no-dtls
client_dtls 1

# Views. Abbreviations are the whole words.
out=$(ctl show vpn-sessiondb summary)
expect_match "sessions" '^AnyConnect Client            :      3 :          3 :           3 :        0$' "$out"
expect_match "tunnels" '^DTLS-Tunnel                  :      1 :          1 :               1$' "$out"
expect_eq "abbreviated" "$(ctl show vpn-sessiondb anyconnect | grep -c Username)" "$(ctl sh vpn any | grep -c Username)"
expect_eq "filter" alice "$(ctl --json show vpn-sessiondb anyconnect filter protocol DTLS-Tunnel | json 'd["sessions"][0]["username"]')"
expect_eq "sort" "carol bob alice" \
	"$(ctl --json sh vpn any sort p-ipaddress | json '" ".join(reversed([s["username"] for s in d["sessions"]]))')"
expect_eq "short name and long name" "$(show_sessions filter name bob | sed '/Duration/d')" "$(ctl sh vpn any filter name bob | sed '/Duration/d')"
expect_match "detail" '^Session Type: AnyConnect Detailed$' "$(ctl sh vpn det any filter name alice)"
expect_eq "without a tunnel" 0 "$(ctl --json sh vpn any filter inactive | json 'len(d["sessions"])')"

out=$(ctl show ip local pool POOL)
expect_match "pool" '^192\.168\.100\.1   192\.168\.100\.50  255\.255\.255\.0      48        0        2$' "$out"
expect_match "used addresses" "$(client_ip4 1)" "$(sed -n '/^In Use/,$p' <<<"$out")"
expect_eq "pool addresses" "48 2" "$(ctl --json sh ip loc po POOL | json 'len(d["pools"][0]["available_addresses"]), len(d["pools"][0]["in_use_addresses"])' | tr -d '(),')"
expect_eq "all pools" "POOL POOL-ENG" "$(ctl --json sh ip loc po | json '" ".join(p["name"] for p in d["pools"])')"

out=$(ctl show running-config)
expect_match "tunnel group" '^tunnel-group STAFF general-attributes$' "$out"
expect_match "its pool" '^ address-pool POOL$' "$out"
expect_match "secret" '^ key \*\*\*\*\*$' "$out"
expect_eq "no secret" 0 "$(grep -cE 'very-secret|\$6\$' <<<"$out")"
expect_match "inherited" '^ split-dns none  ! default$' "$(ctl show running-config all group-policy EngPolicy)"
expect_match "its own" '^ default-domain eng.example.com$' "$(ctl show running-config group-policy EngPolicy)"
expect_match "alias" '^Tunnel Group: STAFF   Group Alias: Staff enabled$' "$(ctl show webvpn group-alias)"
expect_match "URL" '^Tunnel Group: ENG   Group URL: https://.*/ENG enabled$' "$(ctl show webvpn group-url ENG)"
expect_match "processes" '^gateway    yes +0h:0[0-9]m:[0-9]{2}s +[0-9.]+ +[0-9]{4,} +0$' "$(ctl show processes)"
expect_match "version" '^Sekisho VPN gateway, version [0-9.]+$' "$(ctl show version)"
expect_match "tech-support" '^-+ show running-config -+$' "$(ctl show tech-support)"

# Errors name the choices.
fails_with "unknown" 2 'crypto' ctl show nothing
fails_with "ambiguous" 2 'could be several words' ctl show c
fails_with "incomplete" 2 'not complete' ctl vpn-sessiondb logoff
fails_with "no such pool" 1 'no pool of that name' ctl show ip local pool NONE
fails_with "no such group" 1 'nothing of that name' ctl show running-config tunnel-group NONE
fails_with "JSON of an act" 2 'are for show' ctl --json reload

# Who may what.
fails_with "a stranger" 1 'Permission denied' as_user 64910 64999 show vpn-sessiondb
expect_match "the group reads" 'VPN Session Summary' "$(as_user 64911 64901 show vpn-sessiondb)"
from=$(next_line "$GATE_LOG")
fails_with "the group does not act" 1 'only root and the members of group #64902 may log sessions off' \
	as_user 64911 64901 vpn-sessiondb logoff all noconfirm
gate_log 'uid 64911, may not: vpn-sessiondb logoff all' 5 "$from"
fails_with "nor debugs" 1 'may debug' as_user 64911 64901 debug radius
fails_with "nor reloads" 1 'may reload' as_user 64911 64901 reload
fails_with "not confirmed" 1 'confirm' ctl vpn-sessiondb logoff name alice
expect_eq "still there" 3 "$(ctl --json sh vpn any | json 'len(d["sessions"])')"
expect_eq "the admin group acts" 'INFO: Number of sessions with name "bob" logged off : 1' \
	"$(as_user 64912 64901,64902 vpn-sessiondb logoff name bob noconfirm)"
gate_log "%ASA-5-111008: User '#64912' executed the 'vpn-sessiondb logoff name bob' command" 5 "$from"
gate_log '#64912, uid 64912: vpn-sessiondb logoff name bob: 1 session logged off' 5 "$from"
gate_log 'Username = bob, .*Reason: Administrator Reset' 5 "$from"
expect_eq "by address" 'INFO: Number of sessions with ipaddress "'"$(client_ip4 3)"'" logged off : 1' \
	"$(ctl vpn-sessiondb logoff ipaddress "$(client_ip4 3)" <<<y | sed 's/.*\[confirm\] //')"
expect_eq "nobody of that name" 'INFO: Number of sessions with name "nobody" logged off : 0' "$(ctl vpn logoff name nobody noconfirm)"
expect_eq "alice is left" alice "$(ctl --json sh vpn any | json '" ".join(s["username"] for s in d["sessions"])')"

# Servers are tested, their counters begin anew.
expect_eq "right password" 'INFO: Authentication Successful' "$(ctl test aaa-server authentication LOCAL username dave password "$PASSWORD")"
expect_eq "password of standard input" 'INFO: Authentication Successful' "$(ctl test aaa-server authen LOCAL user dave <<<"$PASSWORD")"
fails_with "wrong password" 1 '^ERROR: Authentication Rejected: Invalid password$' ctl test aaa-server authentication LOCAL username dave password x
fails_with "nobody there" 1 'Authentication Server not responding' ctl test aaa-server authentication RAD host 192.0.2.250 username dave password x
fails_with "no such group" 1 'no aaa-server group' ctl test aaa-server authentication NONE username dave password x
expect_eq "not in the log" 0 "$(grep -c "$PASSWORD" "$GATE_LOG")"
ctl clear aaa-server statistics
expect_eq "cleared" "0 0" "$(ctl --json show aaa-server | json '" ".join(str(s["authentications"]) for s in d["aaa_servers"])')"
expect_match "reloaded" 'reload' "$(ctl reload 2>&1)"
expect_eq "all off" 'INFO: Number of sessions logged off : 1' "$(ctl vpn-sessiondb logoff all noconfirm)"
wait_for 10 "nobody is left" sessions_are 0

# On a terminal --watch paints in place; without one it prints again and again.
watched() {
	[ "$(grep -c 'VPN Session Summary' "$W/watch")" -ge 2 ]
}
"$SEKISHO_BIN/sekishoctl" -s "$W/control" --watch 1 show vpn-sessiondb >"$W/watch" 2>&1 </dev/null &
watcher=$!
wait_for 10 "it is shown again" watched
kill $watcher
script -qec "stty rows 6 cols 40; timeout 2 $SEKISHO_BIN/sekishoctl -s $W/control show vpn-sessiondb --watch 1 || true" /dev/null >"$W/screen" </dev/null
expect_match "in place" $'\033\\[HEvery 1 s: show vpn-sessiondb' "$(cat "$W/screen")"
expect_eq "no more than fits" 0 "$(grep -c 'Tunnels Summary' "$W/screen")"
gate_stop
