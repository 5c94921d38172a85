#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# explain-policy on a configuration with three levels, a certificate map and a closed group: text, JSON, errors. It needs
# no daemon and prints no secret.
. "$(dirname "$0")/../lib/e2e.sh"

pki_make
CONF_WEBVPN='certificate-group-map = ( { map = "LAPTOPS"; sequence = 10; tunnel-group = "ENG"; } );'
CONF_GROUPS='{ name = "SHUT"; general-attributes = { strip-realm = true; secondary-authentication-server-group = "LOCAL"; };
	webvpn-attributes = { authentication = [ "certificate" ]; group-alias = ( { name = "Shut"; } ); }; },
	{ name = "CERT"; general-attributes = { default-group-policy = "EngPolicy"; };
	webvpn-attributes = { authentication = [ "certificate" ]; group-url = ( { url = "https://gw.example.com/cert"; } ); }; },
	{ name = "TWO"; general-attributes = { secondary-authentication-server-group = "LOCAL"; };
	webvpn-attributes = { authentication = [ "aaa", "multiple-certificate" ]; pre-fill-username = "client";
		group-url = ( { url = "https://gw.example.com/two"; } ); }; },'
CONF_DFLT='banner = "from the root"; vpn-simultaneous-logins = 5; vpn-access-hours = "office";'
CONF_STAFF='banner = "from staff"; vpn-idle-timeout = "none";'
CONF_ENG='vpn-access-hours = "none"; vpn-filter = "guard";'
CONF_ALICE='banner = "none"; vpn-group-policy = "EngPolicy";'
CONF_LISTS='{ name = "guard"; type = "extended"; rules = [ "permit ip any any" ]; },'
conf_write
cat >>"$W/conf/tunnel-groups.conf" <<'END'
certificate-maps = ( { name = "LAPTOPS"; sequence = 10;
	criteria = [ "subject-name attr ou eq Laptops", "alt-subject-name co @corp.example" ]; } );
END
echo 'time-ranges = ( { name = "office"; periodic = [ "weekdays 8:00 to 18:00" ]; } );' >>"$W/conf/group-policies.conf"
sed -i "s,key = \"$W/pki/gw.key\";,& ca-certificate = \"$W/pki/ca.pem\";," "$W/conf/pki.conf"
expect_ok "the configuration" "$SEKISHO_BIN/sekishod" -c "$W/conf" -t

explain() {
	TZ=UTC0 "$SEKISHO_BIN/explain-policy" -c "$W/conf" "$@"
}

# A value by a Python expression on d, the document, and a(NAME), the attribute of that name.
explained() {
	local expression=$1
	shift
	explain --json "$@" | /usr/bin/python3 -c "
import json, sys
d = json.load(sys.stdin)
def a(name):
    return next(x for x in d['attributes'] if x['name'] == name)
print($expression)"
}

line_of() {
	grep -n "$1" "$W/conf/$2" | head -1 | cut -d: -f1
}

# ---- text ----
out=$(explain --group-url "https://$GW_NAME/staff/" --user bob --time "2026-07-06 12:00")
expect_match "group" "^Tunnel-group: +STAFF \(tunnel-groups.conf:[0-9]+\)$" "$out"
line=$(line_of "https://$GW_NAME/staff" tunnel-groups.conf)
expect_match "rule" "^Chosen by: +group-url https://$GW_NAME/staff \(tunnel-groups.conf:$line\): host, port and path" "$out"
expect_match "tried" '^Tried before: +certificate-map: no certificate$' "$out"
expect_match "login" '^Login asks for: +user name and password$' "$out"
expect_match "verdict" '^Verdict: +allowed at 2026-07-06 12:00' "$out"
staff=$(line_of 'from staff' group-policies.conf)
root=$(line_of 'from the root' group-policies.conf)
expect_match "banner" "^  banner +\"from staff\"  from group-policy StaffPolicy \(group-policies.conf:$staff\)$" "$out"
expect_match "override" "^ +overrides \"from the root\"  from group-policy DfltGrpPolicy \(group-policies.conf:$root\)$" "$out"
expect_match "default" '^  anyconnect-mtu +1406  by default$' "$out"
expect_match "note" 'default-idle-timeout applies: 1800 seconds' "$out"
expect_match "pools" '^  IPv4 address +POOL \(tunnel-group\)$' "$out"
out=$(explain --user alice --alias engineering)
expect_match "user's none" '^  banner +none  from username alice \(users.conf:[0-9]+\)$' "$out"
expect_match "the user's policy" '^Group-policy: +EngPolicy$' "$out"
expect_match "list" '"Engineering" \(selected\) "Staff" "Shut"' "$out"
expect_match "filter" '^  IPv6 filter +access-list guard \(vpn-filter\)$' "$out"
out=$(explain --alias Shut --user 'bob@corp.example')
expect_match "closed" 'closed: secondary-authentication-server-group LOCAL needs aaa in authentication' "$out"
expect_match "realm" '^User: +bob@corp.example, without realm and group bob ' "$out"
out=$(explain --group-url "https://$GW_NAME/staff" --user mallory)
expect_match "unknown" 'LOCAL does not know him' "$out"
expect_no_match "no secret" '\$6\$|BEGIN|PRIVATE' "$(explain --user bob; explain --user bob --json)"

# ---- hours, in local time ----
at() {
	explained "d['verdict']['reason']" --group-url "https://$GW_NAME/staff" --user bob --time "$1"
}
expect_eq "before" hours "$(at '2026-07-06 07:59')"
expect_eq "first minute" ok "$(at '2026-07-06 08:00')"
expect_eq "last minute" ok "$(at '2026-07-06 18:00')"
expect_eq "behind" hours "$(at '2026-07-06 18:01')"
expect_eq "Sunday" hours "$(at '2026-07-05 12:00')"

# ---- certificates ----
client_cert() {
	openssl req -x509 -batch -noenc -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -subj "$2" \
		-addext "subjectAltName=email:$3" -keyout "$W/$1.key" -out "$W/$1.pem" 2>/dev/null
}
client_cert jane "/O=Corp/OU=Laptops/CN=jane" jane@corp.example
client_cert joe "/O=Corp/OU=Laptops/CN=joe" joe@other.example
expect_eq "map" "ENG certificate-map True LAPTOPS 10" "$(explained \
	"d['tunnel_group']['name'], d['chosen_by']['rule'], d['tunnel_group']['settled'], d['chosen_by']['object']" \
	--certificate "$W/jane.pem" --group-url "https://$GW_NAME/staff" | tr -d "(),'")"
expect_eq "no map" "group-url" "$(explained "d['chosen_by']['rule']" \
	--certificate "$W/joe.pem" --group-url "https://$GW_NAME/staff")"
expect_eq "why not" "a criterion does not hold" "$(explained "d['tried'][0]['why']" \
	--certificate "$W/joe.pem" --group-url "https://$GW_NAME/staff")"
expect_eq "names" "cn=joe,ou=Laptops,o=Corp False" "$(explained \
	"d['certificate']['subject_name'] + ' ' + str(d['certificate']['verified'])" --certificate "$W/joe.pem")"
openssl x509 -in "$W/jane.pem" -outform DER -out "$W/jane.der"
expect_eq "DER" ENG "$(explained "d['tunnel_group']['name']" --certificate "$W/jane.der")"
login=(--certificate "$W/joe.pem" --group-url "https://$GW_NAME/cert")
expect_match "a certificate is asked for" '^Login asks for: +a certificate$' "$(explain "${login[@]}")"
expect_eq "the certificate's user" "joe True None" "$(explained \
	"d['user']['name'] + ' ' + str(d['verdict']['allowed']) + ' ' + str(d['user']['typed'])" "${login[@]}")"
expect_match "whom nobody else knows" 'whom his certificate vouches for' "$(explain "${login[@]}")"
expect_match "two certificates, passwords" \
	'^Login asks for: +two certificates, password, second user name and password$' "$(explain --group-url "https://$GW_NAME/two")"
expect_match "not verified" 'not verified here' "$(explain --certificate "$W/jane.pem")"

# ---- JSON ----
expect_eq "value" "None username alice users.conf" "$(explained \
	"a('banner')['value'], a('banner')['source'], a('banner')['source_name'], a('banner')['file']" \
	--user alice | tr -d "(),'")"
# Alice comes by the list's first entry to STAFF, and has the policy of ENG: three policies behind her own attributes.
expect_eq "overrides" "StaffPolicy DfltGrpPolicy" "$(explained \
	"' '.join(o['source_name'] for o in a('banner')['overrides'])" --user alice --alias Staff)"
expect_eq "type" "[10.99.0.53]" "$(explained "a('dns-server')['value']" --user alice | tr -d "'")"
expect_eq "number" 5 "$(explained "a('vpn-simultaneous-logins')['value']" --user bob)"
expect_eq "filter" "guard vpn-filter None" "$(explained \
	"d['ipv4']['filter']['access_list'], d['ipv6']['filter']['attribute'], d['ipv4']['framed']" \
	--user alice | tr -d "(),'")"

# ---- errors ----
fails_with() {
	local what=$1 want=$2 regex=$3 status=0 out
	shift 3
	out=$("$@" 2>&1) || status=$?
	expect_eq "status: $what" "$want" $status
	expect_match "message: $what" "$regex" "$out"
}
fails_with "unknown option" 2 '^usage' explain --nonsense
fails_with "words" 2 '^usage' explain alice
fails_with "URL and alias" 2 '^usage' explain --group-url x --alias y
fails_with "no time" 2 'is no time' explain --time noon
fails_with "seconds" 2 'is no time' explain --time '2026-07-06 12:00:00'
fails_with "no such day" 2 'no such moment' explain --time '2026-02-30 12:00'
fails_with "no certificate" 1 'nowhere.pem: No such file' explain --certificate "$W/nowhere.pem"
fails_with "a key" 1 'no certificate' explain --certificate "$W/jane.key"
fails_with "no configuration" 1 'gateway.conf' "$SEKISHO_BIN/explain-policy" -c "$W/nowhere"
expect_match "-V" '^explain-policy [0-9]+\.[0-9]+' "$(explain -V)"
sed -i 's/vpn-simultaneous-logins = 5/vpn-simultaneous-logins = many/' "$W/conf/group-policies.conf"
fails_with "broken" 1 'group-policies.conf:[0-9]+: ' explain
expect_eq "nothing on standard output" "" "$(explain 2>/dev/null || true)"
