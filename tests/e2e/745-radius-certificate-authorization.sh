#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A certificate proves who it is, a RADIUS server says what he may: authorization by the certificate's name, with the name,
# radius-common-pw or nothing as password, required or not, and what the server answers in force.
. "$(dirname "$0")/../lib/e2e.sh"

# certificate NAME SUBJECT
certificate() {
	openssl req -batch -noenc -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -subj "$2" \
		-keyout "$W/pki/$1.key" -out "$W/pki/$1.csr" 2>/dev/null
	openssl x509 -req -in "$W/pki/$1.csr" -CA "$W/pki/users.pem" -CAkey "$W/pki/users.key" -CAcreateserial -days 30 \
		-extfile <(printf '%s\n' "keyUsage=critical,digitalSignature" "extendedKeyUsage=clientAuth") \
		-out "$W/pki/$1.crt" 2>/dev/null
}

# group NAME SERVERS MORE
group() {
	CONF_GROUPS+="{ name = \"$1\"; general-attributes = { address-pool = [ \"POOL\" ]; default-group-policy = \"StaffPolicy\";
			authorization-server-group = [ \"$2\" ]; $3 };
		webvpn-attributes = { authentication = \"certificate\"; group-url = ( { url = \"https://$GW_NAME/$1\"; } ); }; },"
}

# certificate_up NAME GROUP: openconnect with that certificate, until its tunnel is up
certificate_up() {
	CLIENT_URL=/$2 client_up 1 "$1" -c "$W/pki/$1.crt" -k "$W/pki/$1.key"
}

# certificate_refused NAME GROUP
certificate_refused() {
	CLIENT_URL=/$2 client_start 1 "$1" -c "$W/pki/$1.crt" -k "$W/pki/$1.key"
	wait_for 15 "openconnect gives up" is_gone "${CLIENT_PID[1]}"
	CLIENT_PID[1]=
	expect_eq "sessions of $1 by $2" 0 "$(session_count)"
}

CONF_GROUPS=''
group strict RAD 'authorization-required = true;'
group lax RAD ''
group common COMMON 'authorization-required = true;'
group only ONLY 'authorization-required = true;'
CONF_POLICIES='{ name = "Machines"; attributes = { banner = "hello machine"; }; },'
RADIUS_USERS='host7 Cleartext-Password := "host7"
	Class = "OU=Machines;",
	Framed-IP-Address = 192.168.100.77,
	Framed-IP-Netmask = 255.255.255.0

host8 Cleartext-Password := "one-for-all"
	Class = "OU=Machines;"

host9 Service-Type == Authorize-Only, Auth-Type := Accept
	Class = "OU=Machines;"'
server="address = \"$IN_IP4\"; key = \"$RADIUS_SECRET\"; authentication-port = 1812; timeout = 2; retry-interval = 1;"
AAA_GROUPS=", { name = \"COMMON\"; hosts = ( { $server radius-common-pw = \"one-for-all\"; } ); },
	{ name = \"ONLY\"; authorize-only = true; hosts = ( { $server } ); }"
net_up 1
pki_make
pki_ca users "Users CA"
for name in host7 host8 host9 stranger; do
	certificate $name "/O=Example/CN=$name"
done
conf_write
radius_aaa_conf
cat >"$W/conf/pki.conf" <<END
trustpoints = (
  { name = "GW"; certificate = "$W/pki/gw.pem"; key = "$W/pki/gw.key"; },
  { name = "USERS"; ca-certificate = "$W/pki/users.pem"; revocation-check = [ "none" ]; }
);
ssl-trust-point = "GW";
END
radius_start
gate_start

certificate_up host7 strict
expect_eq "policy that the server names" Machines "$(session_json 's[0]["group_policy"]')"
expect_eq "address that it gives" 192.168.100.77 "$(session_json 's[0]["ipv4"]')"
expect_eq "how he logged in" Certificate "$(session_json 's[0]["auth_mode"]')"
expect_eq "password of the request" host7 "$(radius_detail auth User-Password)"
gate_log '113004: AAA user authorization Successful : server =  .* : user = host7'
expect_ok "traffic" ping4 1
client_stop 1
wait_for 10 "session ends" sessions_are 0

certificate_up host8 common
expect_eq "policy, with radius-common-pw" Machines "$(session_json 's[0]["group_policy"]')"
client_stop 1
wait_for 10 "session ends" sessions_are 0

certificate_up host9 only
expect_eq "policy, authorize-only" Machines "$(session_json 's[0]["group_policy"]')"
expect_eq "Service-Type" Authorize-Only "$(radius_detail auth Service-Type)"
client_stop 1
wait_for 10 "session ends" sessions_are 0

# A good certificate whose name the server does not know: only where authorization is required it matters.
certificate_refused stranger strict
gate_log '113005: AAA user authorization Rejected'
certificate_up stranger lax
expect_eq "policy of the tunnel group" StaffPolicy "$(session_json 's[0]["group_policy"]')"
client_stop 1
wait_for 10 "session ends" sessions_are 0

# And nobody answers.
radius_stop
certificate_refused host7 strict
certificate_up host7 lax
expect_eq "policy without the server" StaffPolicy "$(session_json 's[0]["group_policy"]')"
client_stop 1
