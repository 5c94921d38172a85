#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What FreeRADIUS receives, attribute by attribute and in order, is what an ASA sends: with a password and with MS-CHAPv2,
# over IPv4 and over IPv6, from a client that tells all of its device and one that tells little; for authorization, too.
. "$(dirname "$0")/../lib/e2e.sh"

group() {
	CONF_GROUPS+="{ name = \"$1\"; general-attributes = { address-pool = [ \"POOL\" ]; $2 };
		webvpn-attributes = { group-alias = ( { name = \"$1\"; } ); group-url = ( { url = \"https://$GW_NAME/$1\"; } ); }; },"
}

# The last request of the server's book, without the signature, the time and what is random.
last_request() {
	awk 'BEGIN { RS = ""; FS = "\n" } { last = $0 } END { print last }' "$W/radius/log/auth-detail" |
		sed -n 's/^\t//p' | sed '/^Packet-Type /d; /^Timestamp /d; s/^\(Message-Authenticator\|MS-CHAP-Challenge\|MS-CHAP2-Response\) = 0x\([0-9a-f]*\)$/\1 \2/' |
		while read -r name value; do
			case $name in
			Message-Authenticator | MS-CHAP*) echo "$name of $((${#value} / 2)) bytes" ;;
			*) echo "$name $value" ;;
			esac
		done
}

# GROUP USER NAS CLIENT PROOF DEVICE REST: what the login of a session must have sent, by the session's own numbers; DEVICE are
# the facts of the device, a line each.
request_of() {
	local group=$1 user=$2 nas=$3 client=$4 proof=$5 device=$6 rest=$7 nas_name=NAS-IP-Address nas_hex=00000000 index time line chap=
	index=$(session_json "[x for x in s if x['username'] == '$user'][0]['index']")
	time=$(session_json "[x for x in s if x['username'] == '$user'][0]['login_time']")
	case $nas in
	*:*) nas_name=NAS-IPv6-Address ;;
	*)
		# shellcheck disable=SC2046,SC2086
		nas_hex=$(printf '%02x' $(tr . ' ' <<<"$nas"))
		;;
	esac
	case $proof in
	MS-CHAP)
		proof=
		chap=$'MS-CHAP-Challenge of 16 bytes\nMS-CHAP2-Response of 50 bytes'
		;;
	esac
	grep . <<-END
	Message-Authenticator of 16 bytes
	User-Name = "$user"
	$proof
	NAS-Port = $((index << 12))
	Called-Station-Id = "$nas"
	Calling-Station-Id = "$client"
	NAS-Port-Type = Virtual
	Tunnel-Client-Endpoint:0 = "$client"
	$chap
	$(while IFS= read -r line; do printf 'Cisco-AVPair = "mdm-tlv=%s"\n' "$line"; done <<<"$device")
	$nas_name = $nas
	Cisco-AVPair = "audit-session-id=$nas_hex$(printf '%08x%08x' $((index << 12)) "$time")"
	Cisco-AVPair = "ip:source-ip=$client"
	ASA-TunnelGroupName = "$group"
	ASA-ClientType = AnyConnect-Client-SSL-VPN
	$rest
	END
}

CONF_GROUPS=''
group rad 'authentication-server-group = [ "RAD" ];'
group chap 'authentication-server-group = [ "RAD" ]; password-management = true;'
group push 'authentication-server-group = [ "PUSH" ];'
group may 'authentication-server-group = [ "LOCAL" ]; authorization-server-group = "RAD"; authorization-required = true;'
# What the server is told of a user that LOCAL let in: his name is his password.
RADIUS_USERS='
rita Cleartext-Password := "correct-horse"
bob Cleartext-Password := "bob"
'
AAA_GROUPS=", { name = \"PUSH\"; dynamic-authorization = true; hosts = ( { address = \"$IN_IP6\"; key = \"$RADIUS_SECRET\"; authentication-port = 1812; } ); }"
net_up 1
pki_make
conf_write
radius_aaa_conf
radius_start
gate_start

PAP='User-Password = "correct-horse"'
# compare WHAT EXPECTED: with the last request, line by line.
compare() {
	last_request >"$W/got"
	printf '%s\n' "$2" >"$W/expected"
	diff -u "$W/expected" "$W/got" || fail "attributes of $1: as expected"
}

# compare_client WHAT GROUP USER PROOF REST: a real client, whose address and the gateway's are CLIENT_IP's family.
compare_client() {
	local what=$1 group=$2 user=$3 proof=$4 rest=$5 nas=${CLIENT_IP:-$GW_IP4} client=192.0.2.11 agent
	[ "$nas" = "$GW_IP4" ] || client=2001:db8:1::11
	CLIENT_URL=/$group client_up 1 "$user"
	agent=$(session_json 's[0]["client_agent"]')
	expect_eq "audit-session-id of $what" "$(last_request | sed -n 's/.*audit-session-id=\([0-9a-f]*\)"/\1/p')" \
		"$(session_json 's[0]["audit_session_id"]')"
	compare "$what" "$(request_of "$group" "$user" "$nas" "$client" "$proof" \
		$'device-platform=linux-64\nac-user-agent='"$agent" "$rest")"
	client_stop 1
	wait_for 10 "session ends" sessions_are 0
}

compare_client "a password" rad rita "$PAP" ''
CLIENT_IP=$GW_IP6 compare_client "a password over IPv6" rad rita "$PAP" ''
compare_client "MS-CHAPv2" chap rita MS-CHAP ''
CLIENT_IP=$GW_IP6 compare_client "MS-CHAPv2 over IPv6" chap rita MS-CHAP ''
compare_client "a server that may send changes, over IPv6" push rita "$PAP" 'Cisco-AVPair = "coa-push=true"'
compare_client "authorization" may bob 'User-Password = "bob"' ''

# A client of the other make, which tells all.
raw_py 1 <<'END'
from rawclient import *

MACS = ('<mac-address-list><mac-address>00:50:5A:00:00:01</mac-address>'
        '<mac-address public-interface="true">00-50-5a-00-00-02</mac-address><mac-address>none</mac-address></mac-address-list>')
DEVICE = ('<device-id computer-name="PC7" device-type="VMware, Inc. VMware &quot;7,1&quot;" platform-version="10.0.19044 "'
          ' unique-id="%s" unique-id-global="%s">win</device-id>' % ("AB" * 32, "CD" * 20))


class Other(Client):
    def request(self, method, target, body=b"", headers=()):
        if isinstance(body, bytes):
            body = body.decode()
        body = body.replace("<device-id>linux-64</device-id>", DEVICE + MACS)
        return super().request(method, target, body, headers)


c = Other()
token = c.login("rita", group="rad")
c.close()
c = Client()
status = c.connect(token).status
expect("CONNECT", 200, status)
c.close()
END
wait_for 10 "its session" sessions_are 1
compare "a client that tells all" "$(request_of rad rita "$GW_IP4" 192.0.2.11 "$PAP" 'device-platform=win
device-mac=00-50-5a-00-00-01
device-mac=00-50-5a-00-00-02
device-platform-version=10.0.19044 
device-public-mac=00-50-5a-00-00-02
ac-user-agent=Open AnyConnect VPN Agent v9.01
device-type=VMware, Inc. VMware \"7,1\"
device-uid-global=CDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCD
device-uid=ABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABAB' '')"
