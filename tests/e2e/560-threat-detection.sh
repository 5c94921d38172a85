#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Threat detection: failed logins in a row shun their address, whose connections are then reset before TLS, while others are
# answered and tunnels go on; a restart of auth and of the service pardons nobody; exceptions are never shunned; an
# administrator sees and lifts it. A probe for DefaultWEBVPNGroup is shunned at once, logins that never end are counted, and
# many names from one address have to wait. Without a word of the configuration nobody is shunned.
. "$(dirname "$0")/../lib/e2e.sh"

CONF_LIMITS='login-attempts = 16;'
usual_start 3
ctl() { "$SEKISHO_BIN/sekishoctl" -s "$W/control" "$@"; }

# Another threat-detection, by a reload: threats SETTINGS
threats() {
	sed -i '/^threat-detection/d' "$W/conf/gateway.conf"
	echo "threat-detection = { $* };" >>"$W/conf/gateway.conf"
	ctl reload >/dev/null || fail "reload with $*"
}

# Logins with a wrong password, N of each user, until one is not answered; prints how many were, and how long the last took:
# tries CLIENT N USER..
tries() {
	raw_py "$1" "${@:2}" <<-'PY'
	import time
	from rawclient import *

	answered, took = 0, 0
	try:
	    for user in sys.argv[2:]:
	        for n in range(int(sys.argv[1])):
	            c = Client()
	            c.init(group="Staff")
	            begin = time.time()
	            answered += c.reply(user, "wrong-%s-%d" % (user, n)).status == 200
	            took = time.time() - begin
	            c.close()
	except (OSError, Closed):
	    pass
	print("answered", answered, "slow" if took > 0.9 else "quick")
	PY
}

# Inits that nothing follows: begins CLIENT N GROUP; prints how many were answered.
begins() {
	raw_py "$@" <<-'PY'
	from rawclient import *

	answered = 0
	try:
	    for n in range(int(sys.argv[1])):
	        c = Client()
	        answered += c.init(group=sys.argv[2]).status == 200
	        c.close()
	except (OSError, Closed):
	    pass
	print("answered", answered)
	PY
}

restarted() { [ -n "$(child_pid auth)" ] && [ "$(child_pid auth)" != "$1" ] && ctl show shun; }

expect_match "without threat-detection all is answered" 'answered 6' "$(tries 1 6 bob)"
expect_eq "nobody is shunned" '' "$(ctl show shun)"

threats 'remote-access-authentication = { threshold = 3; };'
client_up 1 alice --authgroup=Staff --no-dtls
expect_match "the third failure was the last to be answered" 'answered 3 ' "$(tries 1 9 bob)"
shun="shun .outside. 192.0.2.11 0.0.0.0 0 0 0  remote-access-authentication, 3[0-9]* s left"
expect_match "the shun" "$shun" "$(ctl show shun)"
expect_match "the same" "$shun" "$(ctl show bans 192.0.2.11)"
expect_eq "of another address" '' "$(ctl show shun 192.0.2.12)"
gate_log 'ASA-4-733201: Threat-detection: Service\[remote-access-authentication\] Peer\[192.0.2.11/32\]: failure threshold of 3 exceeded'
gate_log 'ASA-4-401002: Shun added: 192.0.2.11 '
gate_log 'ASA-4-401004: Shunned packet: 192.0.2.11 ==> '
expect_ok "a tunnel that was up goes on" ping4 1
expect_match "another address is answered" 'answered 2 ' "$(tries 2 2 bob)"
expect_match "what is counted" 'blocking  : +1' "$(ctl show threat-detection service remote-access-authentication)"
expect_match "JSON" '"source": "192.0.2.12"' "$(ctl --json show threat-detection entries)"

old=$(child_pid auth)
kill -9 "$old"
wait_for 10 "auth is restarted" restarted "$old"
expect_match "after a restart of auth" "$shun" "$(ctl show shun)"
expect_match "the count, too" 'answered 1 ' "$(tries 2 9 bob)"
client_stop 1
gate_stop
gate_start
expect_match "after a restart of the service" 'answered 0 ' "$(tries 1 1 bob)"

expect_ok "lifted" ctl no shun 192.0.2.11
expect_fail "a second time" ctl no shun 192.0.2.11
gate_log 'ASA-4-401003: Shun deleted: 192.0.2.11'
client_up 1 alice --authgroup=Staff --no-dtls
client_stop 1
expect_match "all are lifted" 'cleared : 1' "$(ctl clear shun)"
expect_ok "an administrator's word" ctl shun 192.0.2.13
expect_match "counts" 'answered 0 ' "$(tries 3 1 bob)"
expect_match "for ever" 'administrator, until it is lifted' "$(ctl show shun)"
ctl clear shun >/dev/null

threats 'remote-access-authentication = { threshold = 1; }; exceptions = [ "192.0.2.8/29" ];'
expect_match "an exception" 'answered 4 ' "$(tries 1 4 bob)"
expect_fail "not even by hand" ctl shun 192.0.2.11

threats 'remote-access-client-initiations = { threshold = 4; };'
expect_match "logins that never end" 'answered 4' "$(begins 2 9 Staff)"
threats 'invalid-vpn-access = true;'
expect_match "a probe" 'answered 1' "$(begins 3 9 DefaultWEBVPNGroup)"
ctl clear shun >/dev/null

threats 'spraying = { users = 3; };'
expect_match "two names" 'answered 2 quick' "$(tries 1 1 u1 u2)"
expect_match "the third, and one who waits" 'answered 2 slow' "$(tries 1 1 u3 u4)"
gate_log 'threat detection: many user names come from one address'
expect_match "who else" 'answered 1 quick' "$(tries 2 1 u5)"
gate_stop
