#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What a server says of a user is what the client gets: one user for each group of attributes (asa.md 6.3, 6.4), the headers
# of CONNECT, the script's environment and show-sessions; and who may not come in because of what the server says.
. "$(dirname "$0")/../lib/e2e.sh"

CONF_GROUPS="
{ name = \"rad\"; general-attributes = { address-pool = [ \"POOL\" ]; authentication-server-group = [ \"RAD\" ]; default-group-policy = \"StaffPolicy\"; };
  webvpn-attributes = { group-alias = ( { name = \"rad\"; } ); group-url = ( { url = \"https://$GW_NAME/rad\"; } ); }; },"
CONF_STAFF='dns-server = [ "10.99.0.9" ]; default-domain = "staff.example.com"; banner = "Staff"; vpn-idle-timeout = 45; anyconnect-ssl-keepalive = 25;'
CONF_POLICIES='{ name = "First"; attributes = { banner = "First"; }; }, { name = "Second"; attributes = { banner = "Second"; }; },'
CONF_POOLS='{ name = "POOL-R"; range = "192.168.100.60-192.168.100.70"; mask = "255.255.255.0"; },'
CONF_LISTS='{ name = "nets"; type = "standard"; rules = [ "permit 10.99.0.0 255.255.255.0", "permit host 10.96.0.1" ]; },
{ name = "wall"; type = "extended"; rules = [ "deny icmp any4 any4", "permit ip any any" ]; },
{ name = "wall6"; type = "extended"; rules = [ "permit ip any6 any6" ]; },'

RADIUS_USERS=
user() {
	RADIUS_USERS+="$1 Cleartext-Password := \"correct-horse\""$'\n\t'"$2"$'\n'
}
user plain 'Reply-Message = "nothing else"'
user address 'Framed-IP-Address = 192.168.100.77, Framed-IP-Netmask = 255.255.255.128, Framed-IPv6-Prefix = fd00:100::/64, Framed-Interface-Id = 0:0:0:77'
user address6 'Framed-IP-Address = 255.255.255.254, Framed-IPv6-Address = fd00:100::78, Framed-IPv6-Prefix = fd00:100::/64'
user pools 'ASA-Address-Pools = "POOL-R", ASA-IPv6-Address-Pools = "POOL6"'
user names 'ASA-Secondary-DNS = 10.99.0.12, ASA-Primary-DNS = 10.99.0.11, ASA-Primary-WINS = 10.99.0.13, ASA-Secondary-WINS = 10.99.0.14, ASA-IPsec-Default-Domain = "rad.example.com", ASA-IPsec-Split-DNS-Names = "one.example,two.example"'
user include 'ASA-IPsec-Split-Tunnel-List = "nets", ASA-IPsec-Split-Tunneling-Policy = 1'
user exclude 'ASA-IPsec-Split-Tunnel-List = "nets", ASA-IPsec-Split-Tunneling-Policy = 2'
user banner 'ASA-Banner2 = "and you", ASA-Banner1 = "100% you "'
user seconds 'Idle-Timeout = 1234, Session-Timeout = 4321, ASA-WebVPN-Idle-Timeout-Alert-Interval = 3, ASA-WebVPN-Session-Timeout-Alert-Interval = 4'
user minutes 'ASA-Authenticated-User-Idle-Timeout = 17'
user tunnel 'ASA-SVC-Keepalive = 66, ASA-SVC-DPD-Interval-Client = 44, ASA-SVC-DPD-Interval-Gateway = 55, ASA-SVC-Rekey-Time = 120, ASA-WebVPN-SVC-Rekey-Method = 2, ASA-SVC-MTU = 1234, ASA-WebVPNSmart-Card-Removal-Disconnect = 0'
user off 'ASA-SVC-Keepalive = 0, ASA-SVC-DPD-Interval-Client = 0, ASA-SVC-DTLS = 0'
user proxy 'ASA-IE-Proxy-Server = "proxy.example.com:8080", ASA-IE-Proxy-Server-Policy = 4, ASA-IE-Proxy-Exception-List = "*.example.com,10.1.1.1", ASA-IE-Proxy-Bypass-Local = 1'
user policies 'Class = "First", ASA-Group-Policy = "OU=Second;"'
user classes 'Class = "CACS:0a/1", Class += "OU=First"'
user filter 'Filter-Id = "wall", ASA-IPv6-VPN-Filter = "wall6"'
user bound 'ASA-Access-List-Inbound = "wall"'
user always 'ASA-Tunnel-Group-Lock = "rad", Attr-26.3076.1 = 0x616c77617973, ASA-Tunneling-Protocols = 36, ASA-Simultaneous-Logins = 1'
user wrong 'ASA-SVC-MTU = 99, ASA-Authenticated-User-Idle-Timeout = 0, ASA-Address-Pools = "no-such-pool"'
user locked 'ASA-Tunnel-Group-Lock = "STAFF"'
user hours 'Attr-26.3076.1 = 0x6e65766572'
user nohours 'Attr-26.3076.1 = 0x6e6f6e6572'
user ipsec 'ASA-Tunneling-Protocols = 4'
user nologins 'ASA-Simultaneous-Logins = 0'
user nofilter 'Filter-Id = "no-such-list"'
net_up 1
pki_make
conf_write
cat >>"$W/conf/group-policies.conf" <<-END
time-ranges = ( { name = "always"; periodic = [ "daily 0:00 to 23:59" ]; }, { name = "never"; absolute = "end 10:00 1 January 2020"; } );
END
radius_aaa_conf
radius_start
gate_start

# header NAME: its values in the client's log, each a word.
header() {
	sed -n "s/^\(\[[^]]*\] \)\{0,1\}$1: \{0,1\}//p" "$W/c1/log" | tr -d '\r' | paste -sd ' '
}

# login USER: and out again, later.
login() {
	CLIENT_URL=/rad client_up 1 "$1" --dump-http-traffic
}

logout() {
	client_stop 1
	wait_for 10 "session ends" sessions_are 0
}

# got NAME VALUE...: pairs of headers and what they are to hold; an empty value: they are not there.
got() {
	while [ $# -gt 0 ]; do
		expect_eq "$1" "$2" "$(header "$1")"
		shift 2
	done
}

# What the group policy says stands where the server says nothing.
login plain
got X-CSTP-DNS 10.99.0.9 X-CSTP-Default-Domain staff.example.com X-CSTP-Banner Staff X-CSTP-Idle-Timeout 2700 \
	X-CSTP-Keepalive 25 X-CSTP-NBNS '' X-CSTP-Address-IP6 '' X-CSTP-Session-Timeout none
expect_eq "policy" StaffPolicy "$(session_json 's[0]["group_policy"]')"
logout

login address
got X-CSTP-Address 192.168.100.77 X-CSTP-Netmask 255.255.255.128 X-CSTP-Address-IP6 fd00:100::77/64
expect_eq "address of the script" 192.168.100.77 "$(client_ip4 1)"
expect_eq "netmask of the script" 255.255.255.128 "$(client_env 1 INTERNAL_IP4_NETMASK)"
expect_eq "IPv6 address of the script" fd00:100::77/64 "$(client_env 1 INTERNAL_IP6_NETMASK)"
expect_eq "session" "192.168.100.77 fd00:100::77" "$(session_json 's[0]["ipv4"] + " " + s[0]["ipv6"]')"
expect_ok "traffic" ping4 1
logout

login address6
expect_eq "IPv6 address of the script" fd00:100::78/64 "$(client_env 1 INTERNAL_IP6_NETMASK)"
expect_match "IPv4 address of the pool" '^192\.168\.100\.([1-9]|[1-4][0-9]|50)$' "$(client_ip4 1)"
logout

login pools
expect_match "address of the server's pool" '^192\.168\.100\.(6[0-9]|70)$' "$(client_ip4 1)"
expect_match "IPv6 address of the server's pool" '^fd00:100::10' "$(client_env 1 INTERNAL_IP6_ADDRESS)"
logout

login names
got X-CSTP-DNS '10.99.0.11 10.99.0.12' X-CSTP-NBNS '10.99.0.13 10.99.0.14' X-CSTP-Default-Domain rad.example.com \
	X-CSTP-Split-DNS 'one.example two.example' X-CSTP-Banner Staff
expect_eq "DNS of the script" '10.99.0.11 10.99.0.12' "$(client_env 1 INTERNAL_IP4_DNS)"
expect_eq "domain of the script" rad.example.com "$(client_env 1 CISCO_DEF_DOMAIN)"
logout

login include
got X-CSTP-Split-Include '10.99.0.0/255.255.255.0 10.96.0.1/255.255.255.255' X-CSTP-Split-Exclude ''
expect_eq "networks of the script" 2 "$(client_env 1 CISCO_SPLIT_INC)"
logout

login exclude
got X-CSTP-Split-Exclude '10.99.0.0/255.255.255.0 10.96.0.1/255.255.255.255' X-CSTP-Split-Include ''
logout

login banner
expect_eq "banner of the script" '100% you and you' "$(client_env 1 CISCO_BANNER)"
logout

login seconds
got X-CSTP-Idle-Timeout 1234 X-CSTP-Session-Timeout 4321 X-CSTP-Idle-Timeout-Alert-Interval 180 \
	X-CSTP-Session-Timeout-Alert-Interval 240
expect_eq "idle timeout of the session" 1234 "$(session_json 's[0]["idle_timeout"]')"
expect_eq "session timeout of the session" 4321 "$(session_json 's[0]["session_timeout"]')"
logout

login minutes
got X-CSTP-Idle-Timeout 1020
logout

login tunnel
got X-CSTP-Keepalive 66 X-CSTP-DPD 44 X-CSTP-Rekey-Time 7200 X-CSTP-Rekey-Method new-tunnel X-CSTP-MTU 1234 \
	X-CSTP-Smartcard-Removal-Disconnect false
logout

login off
got X-CSTP-Keepalive '' X-DTLS-App-ID '' X-CSTP-DPD ''
logout

login proxy
got X-CSTP-MSIE-Proxy-Server proxy.example.com:8080 X-CSTP-MSIE-Proxy-Exception '*.example.com 10.1.1.1' \
	X-CSTP-MSIE-Proxy-Bypass-Local true
logout

login policies
expect_eq "Group-Policy is asked before Class" Second "$(session_json 's[0]["group_policy"]')"
got X-CSTP-Banner Second
logout

login classes
expect_eq "the Class with OU=" First "$(session_json 's[0]["group_policy"]')"
logout

for one in filter bound; do
	login $one
	expect_fail "ping through the server's filter" ping4 1
	expect_eq "filter" wall "$(session_json 's[0]["filter_name"]')"
	[ $one = bound ] || expect_eq "IPv6 filter" wall6 "$(session_json 's[0]["ipv6_filter_name"]')"
	logout
done

login always
expect_ok "traffic" ping4 1
logout

# What is not valid is left out, and said.
login wrong
got X-CSTP-Idle-Timeout 2700
expect_match "address of the tunnel group's pool" '^192\.168\.100\.([1-9]|[1-4][0-9]|50)$' "$(client_ip4 1)"
gate_log '113036: .*User wrong.*vpn-idle-timeout value invalid'
gate_log '113036: .*User wrong.*anyconnect-mtu value invalid'
logout

# Each attribute says where it came from.
login names
show_sessions detail policy >"$W/detail"
expect_eq "origin of the DNS servers" 1 "$(grep -c 'dns-server.*10\.99\.0\.11.*Primary-DNS (3076/5)' "$W/detail")"
logout

for one in locked hours nohours ipsec nologins nofilter; do
	if CLIENT_URL=/rad client_run 1 "$one"; then
		fail "login of $one, expected none"
	fi
	expect_eq "sessions after $one" 0 "$(session_count)"
	grep -q 'Login failed' "$W/c1/log" || fail "text for $one, expected \"Login failed\", got: $(tail -3 "$W/c1/log")"
done
