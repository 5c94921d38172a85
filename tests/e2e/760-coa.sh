#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# RFC 5176 with radclient as the sender: a session is ended and its client told; it gets another access list, by av-pairs and
# by name, while a ping runs; another group policy, another timeout; what is wrong with a request is said or, where nobody may
# know, not said; a request that comes twice acts once; changes outlive auth; a reload moves the port.
. "$(dirname "$0")/../lib/e2e.sh"

cat >"$W/twice.py" <<'END'
# The same Disconnect-Request from two ports: twice.py ADDRESS PORT SECRET USER AGE. Prints the codes of the answers.
import hashlib, hmac, socket, struct, sys, time

address, port, secret, user, age = sys.argv[1:6]
secret = secret.encode()
attrs = struct.pack("!BB", 1, 2 + len(user)) + user.encode()
attrs += struct.pack("!BBI", 55, 6, int(time.time()) - int(age))
head = struct.pack("!BBH", 40, 7, 20 + len(attrs) + 18)
mac = hmac.new(secret, head + bytes(16) + b"\x50\x12" + bytes(16) + attrs, hashlib.md5).digest()
attrs = b"\x50\x12" + mac + attrs
packet = head + hashlib.md5(head + bytes(16) + attrs + secret).digest() + attrs
codes = []
for i in range(2):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(2)
    s.sendto(packet, (address, int(port)))
    try:
        codes.append(str(s.recv(4096)[0]))
    except socket.timeout:
        codes.append("none")
print(" ".join(codes))
END

PORT=1700
# ask coa|disconnect ATTRIBUTE...: what radclient prints. ASK_FROM: namespace, SECRET, ASK_UNSIGNED=1
ask() {
	local what=$1 signed='Message-Authenticator = 0x00'
	shift
	[ -z "${ASK_UNSIGNED:-}" ] || signed='Proxy-State = 0x31'
	printf '%s\n' "$signed" "$@" >"$W/ask"
	"${ASK_FROM:-in_inside}" radclient -x -r 1 -t 3 -f "$W/ask" "${ASK_TO:-10.99.0.1:$PORT}" "$what" "${SECRET:-$RADIUS_SECRET}" 2>&1 || true
}

ack() {
	local name=$1 what=$2
	shift 2
	expect_match "$name" "Received ${what}-ACK" "$(ask "${what,,}" "$@")"
}

nak() {
	local name=$1 cause=$2 what=$3
	shift 3
	expect_match "$name" "Received ${what}-NAK.*Error-Cause = $cause" "$(ask "${what,,}" "$@" | tr '\n' ' ')"
}

silence() {
	expect_no_match "$1" Received "$(ask disconnect 'User-Name = "rita"')"
}

CONF_GROUPS='{ name = "rad"; general-attributes = { address-pool = [ "POOL" ]; ipv6-address-pool = [ "POOL6" ];
	default-group-policy = "StaffPolicy"; authentication-server-group = [ "RAD" ]; };
	webvpn-attributes = { group-url = ( { url = "https://'$GW_NAME'/rad"; } ); }; },'
CONF_POLICIES='{ name = "Guests"; attributes = { vpn-idle-timeout = 7; vpn-filter = "icmp"; }; },'
CONF_LISTS='{ name = "icmp"; type = "extended"; rules = [ "permit icmp any any" ]; },
	{ name = "nothing"; type = "extended"; rules = [ "deny ip any any" ]; },'
RADIUS_USERS='
rita Cleartext-Password := "correct-horse"
ruth Cleartext-Password := "correct-horse"
'
RADIUS_AUTHORIZE='
	if (&Cisco-AVPair[*] == "aaa:event=acl-download") {
	  if (&User-Name == "#ACSACL#-IP-PING-1") {
	    update reply {
	      Cisco-AVPair += "ip:inacl#1=permit icmp any any"
	    }
	    update control {
	      Auth-Type := Accept
	    }
	  }
	  else {
	    update control {
	      Auth-Type := Reject
	    }
	  }
	}'
net_up 3
pki_make
conf_write
AAA_GROUP='dynamic-authorization = true;'
radius_aaa_conf
radius_start
gate_start
gate_log 'change of authorization: UDP port 1700'

CLIENT_URL=/rad client_up 1 rita
client_dtls 1
CLIENT_URL=/rad client_up 2 rita --no-dtls
CLIENT_URL=/rad client_up 3 ruth
audit=$(session_json "[x['audit_session_id'] for x in s if x['username'] == 'ruth'][0]")
RUTH="Cisco-AVPair = \"audit-session-id=$audit\""

# ---- another access list, while packets flow ----

in_client 3 ping -n -i 0.1 $IN_IP4 >"$W/ping3" 2>&1 &
wait_line "$W/ping3" 'icmp_seq=3 '
ack "lines of av-pairs" CoA "$RUTH" 'Cisco-AVPair += "ip:inacl#1=deny icmp any any"' 'Cisco-AVPair += "ip:inacl#2=permit ip any any"'
expect_fail "ping is denied" ping4 3
from=$(next_line "$W/ping3")
expect_fail "and is still" ping4 3
expect_eq "the flow that was there does not go on" "$from" "$(next_line "$W/ping3")"
ack "a list by name, downloaded" CoA "$RUTH" 'Cisco-AVPair += "ACS:CiscoSecure-Defined-ACL=#ACSACL#-IP-PING-1"' 'Cisco-AVPair += "coa-push=true"'
wait_line "$W/ping3" 'icmp_seq=' 10 "$from"
expect_ok "ping is permitted" ping4 3
ack "a named list" CoA "$RUTH" 'Filter-Id = "nothing"'
expect_fail "ping is denied again" ping4 3
expect_ok "nobody else is touched" ping4 1
kill -KILL "$(child_pid auth)"
gate_log 'sessions restored, waiting to resume' 20
wait_for 20 "the tunnels are known again" sessions_are 3
wait_for 20 "they are up" tunnels_are ruth "tls dtls"
expect_fail "ping is denied after a restart of auth" ping4 3
expect_eq "as its record says" nothing "$(session_json "[x['filter_name'] for x in s if x['username'] == 'ruth'][0]")"

# ---- policy and timeouts ----

ack "a group policy" CoA "$RUTH" 'Class = "OU=Guests"'
expect_eq "the policy's idle timeout" 420 "$(session_json "[x['idle_timeout'] for x in s if x['username'] == 'ruth'][0]")"
expect_eq "the policy" Guests "$(session_json "[x['group_policy'] for x in s if x['username'] == 'ruth'][0]")"
expect_fail "the list that was named stays before the policy's" ping4 3
ack "timeouts" CoA "$RUTH" 'Idle-Timeout = 321' 'Session-Timeout = 3600'
expect_eq "idle timeout" 321 "$(session_json "[x['idle_timeout'] for x in s if x['username'] == 'ruth'][0]")"
expect_eq "session timeout" 3600 "$(session_json "[x['session_timeout'] for x in s if x['username'] == 'ruth'][0]")"
ack "only a push" CoA "$RUTH" 'Cisco-AVPair += "coa-push=true"'

# ---- refusals ----

nak "no such session" Session-Context-Not-Found CoA 'User-Name = "nobody"' 'Session-Timeout = 60'
nak "attributes of two sessions" Session-Context-Not-Found Disconnect "$RUTH" 'User-Name = "rita"'
nak "no session is named" Missing-Attribute CoA 'Session-Timeout = 60'
nak "one of two sessions" Multiple-Session-Selection-Unsupported CoA 'User-Name = "rita"' 'Session-Timeout = 60'
nak "a list that nobody has" Invalid-Attribute-Value CoA "$RUTH" 'Filter-Id = "no-such-list"'
nak "a broken line" Invalid-Attribute-Value CoA "$RUTH" 'Cisco-AVPair += "ip:inacl#1=permit tcp any"'
nak "a list that cannot be fetched" Resources-Unavailable CoA "$RUTH" 'Cisco-AVPair += "ACS:CiscoSecure-Defined-ACL=#ACSACL#-IP-GONE-1"'
nak "reauthentication" Unsupported-Extension CoA "$RUTH" 'Cisco-AVPair += "subscriber:command=reauthenticate"'
nak "an attribute of others" Unsupported-Attribute CoA "$RUTH" 'Framed-MTU = 1400'
nak "authorize only" Unsupported-Service CoA "$RUTH" 'Service-Type = Authorize-Only'
nak "another gateway" NAS-Identification-Mismatch Disconnect "$RUTH" 'NAS-IP-Address = 10.1.2.3'
expect_fail "none of them has changed anything" ping4 3
SECRET=wrong silence "wrong secret"
ASK_UNSIGNED=1 silence "no Message-Authenticator"
ASK_FROM=in_gw ASK_TO=127.0.0.1:$PORT silence "wrong source"
gate_log 'request of 127.0.0.1:.* dropped: from an unknown source'
gate_log "request of $IN_IP4:.* dropped: wrong secret"
expect_eq "a request of yesterday" "none none" "$(in_inside /usr/bin/python3 "$W/twice.py" 10.99.0.1 $PORT $RADIUS_SECRET rita 86400)"
gate_log 'dropped: its Event-Timestamp'
expect_eq "all sessions are there" 3 "$(session_count)"

# ---- ends ----

ip4=$(client_ip4 3)
ack "by address" Disconnect "Framed-IP-Address = $ip4"
wait_for 10 "the client ends" is_gone "${CLIENT_PID[3]}"
expect_match "it was told" 'Administrator Reset' "$(client_log 3)"
expect_eq "all of a user's, once for two requests" "41 41" "$(in_inside /usr/bin/python3 "$W/twice.py" 10.99.0.1 $PORT $RADIUS_SECRET rita 0)"
for n in 1 2; do
	wait_for 10 "client $n ends" is_gone "${CLIENT_PID[$n]}"
done
wait_for 10 "no session is left" sessions_are 0
CLIENT_URL=/rad client_up 1 rita
ack "a short time" CoA 'User-Name = "rita"' 'Session-Timeout = 1'
wait_for 15 "the client ends" is_gone "${CLIENT_PID[1]}"
gate_log 'Username = rita.*Reason: Max time exceeded'

# ---- IPv6 and another port ----

AAA_GROUP='dynamic-authorization = true; dynamic-authorization-port = 3799;'
AAA_GROUPS=", { name = \"SIX\"; dynamic-authorization = true; dynamic-authorization-port = 3799; hosts = ( { address = \"$IN_IP6\"; key = \"other-secret\"; } ); }"
radius_aaa_conf
CLIENT_URL=/rad client_up 1 rita
kill -HUP "$PARENT"
gate_log 'change of authorization: UDP port 3799'
silence "the old port"
PORT=3799
SECRET=other-secret ASK_TO="[fd99::1]:3799" ack "over IPv6, with its own key" Disconnect 'User-Name = "rita"'
wait_for 10 "the client ends" is_gone "${CLIENT_PID[1]}"
gate_stop
radius_stop
