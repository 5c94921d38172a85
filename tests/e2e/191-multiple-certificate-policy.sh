#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What policy says of the two certificates of a login: the trustpoint of each, and the certificate map it must match. Right
# ones log in with a real client; with wrong ones the log says which of them it was, and the client reads the one text.
. "$(dirname "$0")/../lib/e2e.sh"

# group NAME SETTINGS-OF-MULTIPLE-CERTIFICATE
group() {
	cat <<-END
	{ name = "$1"; type = "remote-access";
	  general-attributes = { address-pool = [ "POOL" ]; default-group-policy = "StaffPolicy";
	                         username-from-certificate-choice = "second-certificate"; };
	  webvpn-attributes = { authentication = [ "multiple-certificate" ]; group-url = ( { url = "https://$GW_NAME/$1"; } );
	                        multiple-certificate = { $2 }; }; },
	END
}

# shellcheck disable=SC2034
CONF_GROUPS=$(
	group ANY ""
	group ISSUERS 'first-certificate-trustpoint = "MACHINES"; second-certificate-trustpoint = "USERS";'
	group SECOND 'second-certificate-trustpoint = "USERS";'
	group MAPS 'first-certificate-map = "PCS"; second-certificate-map = "STAFF";'
	group BOTH 'first-certificate-trustpoint = "MACHINES"; first-certificate-map = "PCS";
		second-certificate-trustpoint = "USERS"; second-certificate-map = "STAFF";'
)
net_up 1
pki_make
pki_ca machines "Machines CA"
pki_ca users "Users CA"
pki_client pc7 machines "/O=Example/OU=Machines/CN=pc7"
pki_client kiosk machines "/O=Example/OU=Kiosks/CN=kiosk"
pki_client alice users "/O=Example/OU=Staff/CN=alice"
pki_client erin users "/O=Example/OU=Engineers/CN=erin"
pki_client guest users "/O=Example/OU=Guests/CN=guest"

conf_all() {
	conf_write
	cat >>"$W/conf/tunnel-groups.conf" <<-END
	certificate-maps = (
	  { name = "PCS"; sequence = 10; criteria = [ "subject-name attr ou eq Machines", "issuer-name co machines ca" ]; },
	  { name = "STAFF"; sequence = 10; criteria = [ "subject-name attr ou eq Staff" ]; },
	  { name = "STAFF"; sequence = 20; criteria = [ "subject-name attr ou eq Engineers" ]; }
	);
	END
	cat >"$W/conf/pki.conf" <<-END
	trustpoints = (
	  { name = "GW"; certificate = "$W/pki/gw.pem"; key = "$W/pki/gw.key"; },
	  { name = "MACHINES"; ca-certificate = "$W/pki/machines.pem"; },
	  { name = "USERS"; ca-certificate = "$W/pki/users.pem"; }
	);
	ssl-trust-point = "GW";
	END
}

# ---- what cannot be right is an error ----
# wrong SETTINGS MESSAGE
wrong() {
	local groups=$CONF_GROUPS
	CONF_GROUPS+=$(group WRONG "$1")
	conf_all
	CONF_GROUPS=$groups
	out=$("$SEKISHO_BIN/sekishod" -t -c "$W/conf" 2>&1) && fail "$1, expected an error, got: $out"
	expect_match "the error of $1" "$2" "$out"
}
wrong 'first-certificate-map = "NOBODY";' 'first-certificate-map: there is no map "NOBODY"'
wrong 'second-certificate-trustpoint = "NOBODY";' 'second-certificate-trustpoint: "NOBODY" is not in trustpoints of pki.conf'
wrong 'first-certificate-trustpoint = "GW";' 'first-certificate-trustpoint: "GW" has no ca-certificate'
conf_all
expect_ok "the configuration" "$SEKISHO_BIN/sekishod" -t -c "$W/conf"
gate_start

with() {
	PAIR=(--dump-http-traffic --certificate="$W/pki/$1.crt" --sslkey="$W/pki/$1.key"
		--mca-certificate="$W/pki/$2.crt" --mca-key="$W/pki/$2.key")
}

# login GROUP FIRST SECOND
login() {
	with "$2" "$3"
	CLIENT_URL=/$1 client_up 1 nobody "${PAIR[@]}"
	expect_eq "tunnel group, $*" "$1" "$(session_json 's[0]["tunnel_group"]')"
	expect_eq "user, $*" "$3" "$(session_json 's[0]["username"]')"
	client_stop 1
	wait_for 10 "session ends" sessions_are 0
}

# refused GROUP FIRST SECOND REASON-IN-THE-LOG
refused() {
	local from
	with "$2" "$3"
	from=$(next_line "$GATE_LOG")
	CLIENT_URL=/$1 client_run 1 nobody "${PAIR[@]}" && fail "$1 by $2 and $3, expected a refusal, got a session"
	expect_match "the client's text, $*" 'Certificate Validation Failure' "$(client_log 1)"
	expect_no_match "the reason is not told, $*" "] < .*(trustpoint|certificate map)" "$(client_log 1)"
	gate_log "certificate login to tunnel-group $1 refused: $4" 5 "$from"
	expect_eq "sessions, $*" 0 "$(session_count)"
}

login ANY alice pc7
login ISSUERS pc7 alice
login SECOND alice erin
login MAPS pc7 alice
login MAPS pc7 erin
login BOTH pc7 erin
refused ISSUERS alice pc7 'first certificate: it is good by trustpoint USERS, not by MACHINES'
refused ISSUERS pc7 kiosk 'second certificate: it is good by trustpoint MACHINES, not by USERS'
refused SECOND alice pc7 'second certificate: it is good by trustpoint MACHINES'
refused MAPS kiosk alice 'first certificate: no rule of certificate map PCS matches it'
refused MAPS pc7 guest 'second certificate: no rule of certificate map STAFF matches it'
refused BOTH pc7 guest 'second certificate: no rule of certificate map STAFF'
refused BOTH erin alice 'first certificate: it is good by trustpoint USERS'
login BOTH pc7 alice

# ---- explained ----
out=$("$SEKISHO_BIN/explain-policy" -c "$W/conf" --group-url "https://$GW_NAME/BOTH" 2>&1)
expect_match "explained" 'two certificates, the first of trustpoint MACHINES that matches certificate map PCS, the second of trustpoint USERS' "$out"
