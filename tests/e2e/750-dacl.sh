#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Access lists that FreeRADIUS gives: lines of av-pairs, and downloaded lists, in one piece and in chunks. They hold for
# packets over TLS and DTLS, for both families and instead of vpn-filter; are downloaded once; merge-dacl and
# acl-netmask-convert; a broken line, a list that is not there, and a Filter-Id that nobody knows let nobody in; a session
# keeps its list when auth is killed.
. "$(dirname "$0")/../lib/e2e.sh"

group() {
	CONF_GROUPS+="{ name = \"$1\"; general-attributes = { address-pool = [ \"POOL\" ]; ipv6-address-pool = [ \"POOL6\" ];
		default-group-policy = \"StaffPolicy\"; authentication-server-group = [ \"$2\" ]; };
		webvpn-attributes = { group-url = ( { url = \"https://$GW_NAME/$1\"; } ); }; },"
}

# May client N open TCP port P: "yes" or "no".
reach() {
	in_client "$1" curl -s -o "$W/reach.out" --noproxy '*' --max-time "${4:-3}" "http://$2:$3/" && echo yes || echo no
}

# ---- what the server has ----

WEB='ip:inacl#1=permit tcp any host 10.99.0.2 eq 8080'
DACL='ACS:CiscoSecure-Defined-ACL=#ACSACL#-IP'
RADIUS_USERS='
ava Cleartext-Password := "correct-horse"
	Filter-Id = "wide", Cisco-AVPair += "ip:inacl#20=deny ip any any", Cisco-AVPair += "ip:inacl#10=permit tcp any host 10.99.0.2 eq 8080 log",
	Cisco-AVPair += "ip:inacl#15=permit tcp any6 host fd99::2 eq 8080"
dora Cleartext-Password := "correct-horse"
	Cisco-AVPair += "'$DACL'-WEB-5f1"
dave Cleartext-Password := "correct-horse"
	Cisco-AVPair += "'$DACL'-WEB-5f1"
chuck Cleartext-Password := "correct-horse"
	Cisco-AVPair += "'$DACL'-CHUNKS-1"
mia Cleartext-Password := "correct-horse"
	Cisco-AVPair += "'$DACL'-MERGE-1", Cisco-AVPair += "ip:inacl#1=permit tcp any any eq 8080", Cisco-AVPair += "ip:inacl#2=deny tcp any any eq 8081"
walt Cleartext-Password := "correct-horse"
	Cisco-AVPair += "ip:inacl#1=permit tcp any 10.99.0.0 0.0.0.255 eq 8080"
eve Cleartext-Password := "correct-horse"
	Cisco-AVPair += "ip:inacl#1=permit tcp any any eq 8080", Cisco-AVPair += "ip:inacl#2=permit tcp any 10.99.0.0 255.0.255.0"
gone Cleartext-Password := "correct-horse"
	Cisco-AVPair += "'$DACL'-GONE-1"
empty Cleartext-Password := "correct-horse"
	Cisco-AVPair += "'$DACL'-EMPTY-1"
fred Cleartext-Password := "correct-horse"
	Filter-Id = "no-such-list"
'
RADIUS_MODULES='always handled {
	rcode = handled
}'
RADIUS_AUTHORIZE='
	if (&Cisco-AVPair[*] == "aaa:event=acl-download") {
	  switch &User-Name {
	    case "#ACSACL#-IP-WEB-5f1" {
	      update reply {
		Cisco-AVPair += "ip:inacl#1=remark the web"
		Cisco-AVPair += "ip:inacl#2=permit tcp any host 10.99.0.2 eq 8080"
		Cisco-AVPair += "ip:inacl#3=deny ip any any log"
	      }
	      update control {
		Auth-Type := Accept
	      }
	    }
	    case "#ACSACL#-IP-MERGE-1" {
	      update reply {
		Cisco-AVPair += "ip:inacl#1=deny tcp any any eq 8080"
		Cisco-AVPair += "ip:inacl#2=permit tcp any any eq 8081"
	      }
	      update control {
		Auth-Type := Accept
	      }
	    }
	    case "#ACSACL#-IP-CHUNKS-1" {
	      if (!&State) {
	        update reply {
		Cisco-AVPair += "ip:inacl#1=deny tcp any any eq 8081"
		State := 0x0a01
	      }
	        update control {
		Response-Packet-Type := Access-Challenge
	      }
	        handled
	      }
	      elsif (&State == 0x0a01) {
	        update reply {
		Cisco-AVPair += "ip:inacl#2=permit tcp any host 10.99.0.2 range 8080 8082"
		State := 0x0a02
	      }
	        update control {
		Response-Packet-Type := Access-Challenge
	      }
	        handled
	      }
	      else {
	        update reply {
		Cisco-AVPair += "ip:inacl#3=permit icmp any any echo"
	      }
	        update control {
		Auth-Type := Accept
	      }
	      }
	    }
	    case "#ACSACL#-IP-EMPTY-1" {
	      update control {
		Auth-Type := Accept
	      }
	    }
	    case {
	      update control {
		Auth-Type := Reject
	      }
	    }
	  }
	}'

CONF_GROUPS=
group rad RAD
group before BEFORE
group after AFTER
CONF_LISTS='{ name = "wide"; type = "extended"; rules = [ "permit ip any any" ]; },'
CONF_STAFF='vpn-filter = "wide";'
CONF_LIMITS='login-attempts = 16;'
net_up 3
pki_make
conf_write
HOSTS="hosts = ( { address = \"$IN_IP4\"; key = \"$RADIUS_SECRET\"; authentication-port = 1812; timeout = 3; retry-interval = 1;"
AAA_GROUPS=", { name = \"BEFORE\"; merge-dacl = \"before-avpair\"; $HOSTS acl-netmask-convert = \"auto-detect\"; } ); },
	{ name = \"AFTER\"; merge-dacl = \"after-avpair\"; $HOSTS acl-netmask-convert = \"wildcard\"; } ); }"
radius_aaa_conf
radius_start
gate_start
for port in 8080 8081; do
	mkdir -p "$W/www"
	in_inside /usr/bin/python3 -m http.server --bind :: --directory "$W/www" $port >"$W/www$port.log" 2>&1 &
done
for port in 8080 8081; do
	wait_for 10 "port $port is served" in_inside bash -c "exec 3<>/dev/tcp/$IN_IP4/$port"
done

# ---- av-pairs, over DTLS and TLS ----

CLIENT_URL=/rad client_up 1 ava
client_dtls 1
CLIENT_URL=/rad client_up 2 ava --no-dtls
for n in 1 2; do
	expect_eq "client $n: permitted" yes "$(reach $n $IN_IP4 8080)"
	expect_eq "client $n: denied" no "$(reach $n $IN_IP4 8081 1)"
	expect_eq "client $n: permitted, IPv6" yes "$(reach $n "[$IN_IP6]" 8080)"
	expect_eq "client $n: denied, IPv6" no "$(reach $n "[$IN_IP6]" 8081 1)"
	expect_fail "client $n: ping" ping4 $n
done
gate_log '113034: Group .* User ava .* User ACL wide from AAA ignored, AV-PAIR ACL used instead'
shown=$("$SEKISHO_BIN/show-access-list" -c "$W/conf")
expect_match "the list is shown" 'access-list AAA-user-ava-[0-9A-F]{8}; 3 elements; name hash: 0x[0-9a-f]{8} \(dynamic\)' "$shown"
expect_match "in the order of its numbers" 'line 1 extended permit tcp any host 10.99.0.2 eq 8080 log \(hitcnt=[1-9]' "$shown"
client_stop 1
client_stop 2
wait_for 10 "sessions end" sessions_are 0
expect_no_match "the list goes with its sessions" AAA-user-ava "$("$SEKISHO_BIN/show-access-list" -c "$W/conf")"

# ---- a downloaded list: once for two users ----

CLIENT_URL=/rad client_up 1 dora
CLIENT_URL=/rad client_up 2 dave --no-dtls
for n in 1 2; do
	expect_eq "client $n: permitted" yes "$(reach $n $IN_IP4 8080)"
	expect_eq "client $n: denied" no "$(reach $n $IN_IP4 8081 1)"
done
expect_eq "downloads" 1 "$(grep -c 'User-Name = "#ACSACL#-IP-WEB-5f1"' "$W/radius/log/auth-detail")"
expect_match "it is shown by its name" 'access-list #ACSACL#-IP-WEB-5f1; 2 elements; .*\(dynamic\)' \
	"$("$SEKISHO_BIN/show-access-list" -c "$W/conf" '#ACSACL#-IP-WEB-5f1')"

# auth is killed: tunnels stay, and come back with their list.
kill -KILL "$(child_pid auth)"
gate_log 'sessions restored, waiting to resume' 20
wait_for 20 "the tunnels are known again" sessions_are 2
expect_eq "permitted after the restart" yes "$(reach 1 $IN_IP4 8080)"
expect_eq "denied after the restart" no "$(reach 1 $IN_IP4 8081 1)"
client_kill 2
CLIENT_URL=/rad client_up 2 dave
expect_eq "denied in a new session" no "$(reach 2 $IN_IP4 8081 1)"
expect_eq "downloads, as memory was lost" 2 "$(grep -c 'User-Name = "#ACSACL#-IP-WEB-5f1"' "$W/radius/log/auth-detail")"
client_stop 1
client_stop 2

# ---- in chunks ----

CLIENT_URL=/rad client_up 1 chuck
expect_eq "the second chunk's line" yes "$(reach 1 $IN_IP4 8080)"
expect_eq "the first chunk's line, before it" no "$(reach 1 $IN_IP4 8081 1)"
expect_ok "the third chunk's line" ping4 1
expect_eq "requests" 3 "$(grep -c 'User-Name = "#ACSACL#-IP-CHUNKS-1"' "$W/radius/log/auth-detail")"
client_stop 1

# ---- merge-dacl ----

CLIENT_URL=/rad client_up 1 mia
expect_eq "none: av-pairs alone" "yes no" "$(reach 1 $IN_IP4 8080) $(reach 1 $IN_IP4 8081 1)"
expect_eq "nothing was downloaded for it" 0 "$(grep -c 'ACL#-IP-MERGE-1"$' "$W/radius/log/auth-detail" || true)"
client_stop 1
CLIENT_URL=/before client_up 1 mia
expect_eq "before-avpair: the list's lines first" "no yes" "$(reach 1 $IN_IP4 8080 1) $(reach 1 $IN_IP4 8081)"
client_stop 1
CLIENT_URL=/after client_up 1 mia
expect_eq "after-avpair: the av-pairs first" "yes no" "$(reach 1 $IN_IP4 8080) $(reach 1 $IN_IP4 8081 1)"
client_stop 1

# ---- masks ----

for url in /before /after; do
	CLIENT_URL=$url client_up 1 walt
	expect_eq "$url: a wildcard" "yes no" "$(reach 1 $IN_IP4 8080) $(reach 1 $IN_IP4 8081 1)"
	client_stop 1
done

# ---- refusals ----

login_fails() {
	local from
	from=$(next_line "$GATE_LOG")
	CLIENT_URL=$2 client_run 1 "$1" >"$W/refused.out" 2>&1 && fail "login of $1 at $2, expected a refusal"
	gate_log "$3" 10 "$from"
	expect_eq "no session of $1" 0 "$(session_json "len([x for x in s if x['username'] == '$1'])")"
}
login_fails eve /rad '113018: User: eve, Unsupported downloaded ACL Entry: rule 2 .*, Action: session refused'
gate_log '113033: Group .* User eve .* AnyConnect session not allowed. ACL parse error'
login_fails walt /rad '113018: User: walt, Unsupported downloaded ACL Entry: rule 1'
login_fails gone /rad 'access list #ACSACL#-IP-GONE-1 .* cannot be had: not allowed'
login_fails empty /rad 'access list #ACSACL#-IP-EMPTY-1 .* cannot be had: malformed'
login_fails fred /rad "113030: Group .* User fred .* User ACL no-such-list from AAA doesn't exist"
gate_stop
radius_stop
