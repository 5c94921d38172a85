#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Logins by certificate with a real client: the certificate alone, with a password, its fields as the user name, filled-in
# names, groups of certificate maps and of the list. What is wrong with a certificate is "Certificate Validation Failure" to
# the client, whatever it is; the log tells what it was.
. "$(dirname "$0")/../lib/e2e.sh"

# certificate NAME CA SUBJECT [USAGE [ALTNAME [openssl x509 options..]]]
certificate() {
	local name=$1 ca=$2 subject=$3 usage=${4:-clientAuth} alt=${5:-email:$1@example.com}
	shift 3
	shift $(($# > 2 ? 2 : $#))
	[ $# -gt 0 ] || set -- -days 30
	openssl req -batch -noenc -utf8 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 \
		-subj "$subject" -keyout "$W/pki/$name.key" -out "$W/pki/$name.csr" 2>/dev/null
	openssl x509 -req -in "$W/pki/$name.csr" -CA "$W/pki/$ca.pem" -CAkey "$W/pki/$ca.key" -CAcreateserial "$@" \
		-extfile <(printf '%s\n' "keyUsage=critical,digitalSignature" "extendedKeyUsage=$usage" "subjectAltName=$alt") \
		-out "$W/pki/$name.crt" 2>/dev/null
}

# group NAME GENERAL WEBVPN
group() {
	CONF_GROUPS+="{ name = \"$1\"; general-attributes = { address-pool = [ \"POOL\" ]; default-group-policy = \"StaffPolicy\"; $2 };
		webvpn-attributes = { $3 group-url = ( { url = \"https://$GW_NAME/$1\"; } ); group-alias = ( { name = \"$1\"; } ); }; },"
}

CONF_GROUPS=''
CERT='authentication = "certificate";'
BOTH='authentication = [ "aaa", "certificate" ];'
group cert '' "$CERT"
group both '' "$BOTH"
group fill 'username-from-certificate = "UPN"; strip-realm = true;' "$BOTH pre-fill-username = \"client\";"
group hide 'username-from-certificate = [ "UID", "CN" ];' "$BOTH pre-fill-username = \"client hide\";"
group ea 'username-from-certificate = "EA";' "$CERT"
group ou 'username-from-certificate = [ "SER", "OU" ];' "$CERT"
group entire 'username-from-certificate = "use-entire-name";' "$CERT"
group authz 'authorization-server-group = "LOCAL"; authorization-required = true;' "$CERT"
group second 'secondary-authentication-server-group = "LOCAL";' ''
group mapped '' "$CERT"
# shellcheck disable=SC2034
{
	CONF_WEBVPN='certificate-group-map = ( { map = "M"; sequence = 10; tunnel-group = "mapped"; } );'
	CONF_STAFF='banner = "hello staff";'
	CONF_LIMITS='login-attempts = 16;'
}
net_up 1
pki_make
pki_ca users "Users CA"
pki_ca others "Others CA"
certificate alice users "/C=JP/O=Example/OU=Staff/CN=alice" clientAuth \
	"email:alice@example.com,otherName:1.3.6.1.4.1.311.20.2.3;UTF8:alice@corp.example"
certificate carol users "/O=Example/OU=Sales/CN=carol"
certificate zoe users "/O=Example/CN=zoe"
certificate mapped users "/O=Example/OU=Mapped/CN=dave"
certificate nobody users "/O=Example"
certificate stranger others "/O=Example/OU=Staff/CN=alice"
certificate server users "/O=Example/OU=Staff/CN=alice" serverAuth
certificate old users "/O=Example/OU=Staff/CN=alice" clientAuth email:a@example.com -days -1
conf_write
cat >>"$W/conf/tunnel-groups.conf" <<END
certificate-maps = ( { name = "M"; sequence = 10; criteria = [ "subject-name attr ou eq Mapped" ]; } );
END
cat >"$W/conf/pki.conf" <<END
trustpoints = (
  { name = "GW"; certificate = "$W/pki/gw.pem"; key = "$W/pki/gw.key"; },
  { name = "USERS"; ca-certificate = "$W/pki/users.pem"; revocation-check = [ "none" ]; }
);
ssl-trust-point = "GW";
END
out=$("$SEKISHO_BIN/sekishod" -t -c "$W/conf" 2>&1) || fail "-t, expected success, got: $out"
expect_no_match "no group is closed" 'closed' "$out"
gate_start

with() {
	OPTIONS=(--certificate="$W/pki/$1.crt" --sslkey="$W/pki/$1.key")
}

# login CERTIFICATE GROUP TYPED USER MODE
login() {
	with "$1"
	from=$(next_line "$GATE_LOG")
	CLIENT_URL=${URL-/$2} client_up 1 "$3" "${OPTIONS[@]}"
	expect_eq "$2 with $1: user" "$4" "$(session_json 's[0]["username"]')"
	expect_eq "$2 with $1: group" "$2" "$(session_json 's[0]["tunnel_group"]')"
	expect_eq "$2 with $1: mode" "$5" "$(session_json 's[0]["auth_mode"]')"
	expect_eq "$2 with $1: policy" StaffPolicy "$(session_json 's[0]["group_policy"]')"
	expect_ok "traffic of $2" ping4 1
	client_stop 1
	wait_for 10 "session ends" sessions_are 0
}

# refused CERTIFICATE|none GROUP WHAT LOG
refused() {
	OPTIONS=()
	[ "$1" = none ] || with "$1"
	from=$(next_line "$GATE_LOG")
	CLIENT_URL=/$2 client_run 1 alice "${OPTIONS[@]}" && fail "$3: expected a refusal, got a session"
	expect_eq "sessions, $3" 0 "$(session_count)"
	gate_log "$4" 5 "$from"
}

login carol cert ignored carol Certificate
gate_log 'ASA-6-717022.*cn=carol' 5 "$from"
gate_log 'ASA-6-113009: .*StaffPolicy.* user = carol' 5 "$from"
gate_log 'ASA-6-113008: .*user = carol' 5 "$from"
gate_log 'ASA-6-113039: .*User <carol>' 5 "$from"
login alice cert ignored alice Certificate
login alice both alice alice 'Certificate and userPassword'
login alice fill bob alice 'Certificate and userPassword'
login alice hide bob alice 'Certificate and userPassword'
login alice ea ignored alice@example.com Certificate
login carol ou ignored Sales Certificate
login carol entire ignored 'cn=carol,ou=Sales,o=Example' Certificate
login alice authz ignored alice Certificate

# A password that is wrong, beside a certificate that is right.
with alice
CLIENT_PASSWORD=wrong CLIENT_URL=/both client_run 1 alice "${OPTIONS[@]}" && fail "a wrong password: got a session"
expect_eq "sessions after a wrong password" 0 "$(session_count)"

refused old cert "expired" 'ASA-3-717009: .*expired'
gate_log 'certificate login to tunnel-group cert refused: its certificate is not believed' 5 "$from"
gate_log 'ASA-6-716039: ' 5 "$from"
refused stranger cert "an unknown CA" 'ASA-3-717009: '
refused server both "a certificate for servers" 'ASA-3-717009: '
refused nobody cert "a certificate without a name" 'refused: no field of username-from-certificate'
refused carol fill "a certificate without a UPN" 'refused: no field of username-from-certificate'
refused zoe authz "a user that LOCAL does not know" 'authorization-required'
refused none cert "no certificate" 'refused: it has no certificate'
refused none both "no certificate with aaa" 'refused: it has no certificate'

# A certificate map leads there without any URL.
URL='' login mapped mapped ignored dave Certificate
# Groups chosen from the list: the certificate alone does not log in to the default one.
with carol
client_up 1 carol "${OPTIONS[@]}" --authgroup=cert
expect_eq "group from the list" cert "$(session_json 's[0]["tunnel_group"]')"
client_stop 1
wait_for 10 "session ends" sessions_are 0

export W
raw_py 1 <<'PY'
import os

from rawclient import *

# What is wrong with a certificate has one text.
for name in ("old", "stranger", "server", "nobody"):
    c = Client(cert=[os.environ["W"] + "/pki/" + name + ext for ext in (".crt", ".key")])
    answer = c.init(path="/cert")
    expect("text, " + name, "Certificate Validation Failure", answer.element("error"))
    expect("no form, " + name, None, answer.element("form"))
# Without a certificate in TLS: asked for it once, then refused, in the ASA's words and without a form.
c = Client()
answer = c.init(path="/cert")
expect("status", 200, answer.status)
expect_true("the request for a certificate", "<client-cert-request>" in answer.text, answer.text)
c = Client()
answer = c.init(path="/second")
expect_true("second name and password", all('name="%s"' % n in answer.text for n in
    ("username", "password", "secondary_username", "secondary_password")), answer.text)
# A reply to a handle that never was, to a group that needs a certificate.
c = Client()
c.init(path="/both")
answer = c.reply("alice", PASSWORD, group="both")
expect("no session", None, answer.element("session-token"))
PY
expect_eq "sessions at the end" 0 "$(session_count)"
