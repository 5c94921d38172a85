#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Paths and keys of client certificates: intermediate CAs in any order, an encrypted key, not valid yet, the floor for keys and
# signatures, trustpoints that are not for clients, OCSP answers that were made ahead and know no nonce, a handle that is too
# old, a user name that is too long.
. "$(dirname "$0")/../lib/e2e.sh"

OCSP=http://127.0.0.1:8087/ocsp.der
two='authentication = [ "multiple-certificate" ];'
# shellcheck disable=SC2034
{
	CONF_GROUPS=$(for group in cert entire MCA; do
		methods='authentication = "certificate";' general=
		[ $group != MCA ] || methods=$two general='username-from-certificate-choice = "second-certificate";'
		[ $group != entire ] || general='username-from-certificate = [ "use-entire-name" ];'
		cat <<-END
		{ name = "$group"; general-attributes = { address-pool = [ "POOL" ]; $general };
		  webvpn-attributes = { group-url = ( { url = "https://$GW_NAME/$group"; } ); $methods }; },
		END
	done)
	CONF_LIMITS='login-timeout = 10; login-attempts = 16;'
}
net_up 1
pki_make
pki_ca users "Users CA"
pki_ca legacy "Legacy CA" rsa
pki_ca servers "Servers CA"

# ca_below NAME CA: an intermediate one, NAME.pem
ca_below() {
	pki_client "$1" "$2" "/O=Sekisho test/CN=$1 CA" ec 30 "basicConstraints=critical,CA:true" "keyUsage=critical,keyCertSign,cRLSign"
	cp "$W/pki/$1.crt" "$W/pki/$1.pem"
}
ca_below region users
ca_below branch region
pki_client carol branch "/O=Example/OU=Staff/CN=carol"
pki_client pc7 users "/O=Example/CN=pc7"
pki_client alice users "/O=Example/CN=alice" ec 30 "authorityInfoAccess=OCSP;URI:$OCSP"
pki_client fits users "/CN=$(printf 'f%.0s' $(seq 61))"
pki_client long users "/CN=$(printf 'l%.0s' $(seq 62))"
pki_client server-side servers "/O=Example/CN=mallory"
cp "$W/pki/alice.crt" "$W/pki/locked.crt"
openssl pkcs8 -topk8 -in "$W/pki/alice.key" -passout pass:sesame -out "$W/pki/locked.key"
# The leaf with its two intermediate CAs in each order.
for order in "region branch" "branch region"; do
	read -ra cas <<<"$order"
	cat "$W/pki/carol.crt" "$W/pki/${cas[0]}.pem" "$W/pki/${cas[1]}.pem" >"$W/pki/${order/ /-}.crt"
	cp "$W/pki/carol.key" "$W/pki/${order/ /-}.key"
done
# One for later, and such as were made long ago: 1024 bits, SHA-1.
mkdir "$W/ca"
touch "$W/ca/index.txt"
printf '%s\n' "[ca]" "default_ca = it" "[it]" "database = $W/ca/index.txt" "new_certs_dir = $W/ca" "rand_serial = yes" \
	"default_md = sha256" "policy = any" "copy_extensions = none" "[any]" "commonName = supplied" >"$W/ca/ca.conf"
openssl req -batch -noenc -newkey rsa:2048 -subj "/CN=early" -keyout "$W/pki/early.key" -out "$W/pki/early.csr" 2>/dev/null
openssl ca -batch -config "$W/ca/ca.conf" -cert "$W/pki/users.pem" -keyfile "$W/pki/users.key" -notext -in "$W/pki/early.csr" \
	-startdate 20990101000000Z -enddate 21000101000000Z -out "$W/pki/early.crt" 2>/dev/null
openssl req -batch -noenc -newkey rsa:1024 -subj "/CN=small" -keyout "$W/pki/small.key" -out "$W/pki/small.csr" 2>/dev/null
openssl x509 -req -in "$W/pki/small.csr" -CA "$W/pki/legacy.pem" -CAkey "$W/pki/legacy.key" -days 30 -out "$W/pki/small.crt" 2>/dev/null
openssl req -batch -noenc -newkey rsa:2048 -subj "/CN=sha1" -keyout "$W/pki/sha1.key" -out "$W/pki/sha1.csr" 2>/dev/null
openssl x509 -req -sha1 -in "$W/pki/sha1.csr" -CA "$W/pki/legacy.pem" -CAkey "$W/pki/legacy.key" -days 30 -out "$W/pki/sha1.crt" 2>/dev/null

# A responder that signed its answer ahead, and so knows no nonce: a file on a web server.
serial=$(openssl x509 -in "$W/pki/alice.crt" -noout -serial | cut -d= -f2)
printf 'V\t391231235959Z\t\t%s\tunknown\t/CN=alice\n' "$serial" >"$W/ocsp.txt"
echo "unique_subject = no" >"$W/ocsp.txt.attr"
mkdir "$W/www"
openssl ocsp -no_nonce -issuer "$W/pki/users.pem" -cert "$W/pki/alice.crt" -reqout "$W/ocsp.req" 2>/dev/null
openssl ocsp -index "$W/ocsp.txt" -CA "$W/pki/users.pem" -rsigner "$W/pki/users.pem" -rkey "$W/pki/users.key" -ndays 1 \
	-reqin "$W/ocsp.req" -respout "$W/www/ocsp.der" >/dev/null 2>&1
chmod 755 "$W" "$W/www"
cat >"$W/nginx.conf" <<END
worker_processes 1;
daemon off;
master_process off;
pid $W/nginx.pid;
error_log $W/nginx.error;
events { worker_connections 64; }
http { access_log $W/nginx.log; client_body_temp_path $W/nginx.body;
  server { listen 127.0.0.1:8087; root $W/www; types { application/ocsp-response der; }
    error_page 405 =200 \$uri; } }
END
in_gw nginx -c "$W/nginx.conf" >/dev/null 2>&1 &
serves() {
	in_gw ss -Hltn "sport = :8087" | grep -q .
}
wait_for 5 "nginx listens" serves

# conf_floor TOP-SETTINGS [USERS-SETTINGS]
conf_floor() {
	cat >"$W/conf/pki.conf" <<-END
	trustpoints = (
	  { name = "GW"; certificate = "$W/pki/gw.pem"; key = "$W/pki/gw.key"; },
	  { name = "USERS"; ca-certificate = "$W/pki/users.pem"; ${2:-} },
	  { name = "LEGACY"; ca-certificate = "$W/pki/legacy.pem"; },
	  { name = "SERVERS"; ca-certificate = "$W/pki/servers.pem"; validation-usage = [ "ssl-server" ]; }
	);
	ssl-trust-point = "GW";
	$1
	END
}

reload() {
	conf_floor "$1" "${2:-}"
	out=$("$SEKISHO_BIN/sekishod" -r -c "$W/conf" 2>&1) || fail "reload with $1, expected status 0, got: $out"
}
conf_write
conf_floor "" ""
expect_ok "the configuration" "$SEKISHO_BIN/sekishod" -t -c "$W/conf"
gate_start

# ---- a handle that nobody answers in time: login-timeout is shorter than three minutes here; what follows takes a while ----
python() {
	PKI=$W/pki LOG=$GATE_LOG raw_py 1 "$@" < <(cat "$(dirname "$0")/../lib/pairclient.py" -)
}
python >"$W/late.log" 2>&1 <<'END' &
login = Login()
chains = [FIRST, login.second(certs=pkcs7("alice.crt"))]
open(name("asked"), "w").close()
time.sleep(12)
refused("a handle that is too old", "unknown or expired handle",
        lambda: login.reply(client=Client(cert=pair_of("pc7")), chains=chains))
END
late=$!
wait_for 10 "the login that will be late has begun" test -e "$W/pki/asked"

# login GROUP CERTIFICATE USER [openconnect options]
login() {
	local group=$1 name=$2 user=$3
	shift 3
	FROM=$(next_line "$GATE_LOG")
	CLIENT_URL=/$group client_up 1 nobody --certificate="$W/pki/$name.crt" --sslkey="$W/pki/$name.key" "$@"
	expect_eq "user, $group with $name" "$user" "$(session_json 's[0]["username"]')"
	client_stop 1
	wait_for 10 "session ends" sessions_are 0
}

# refused GROUP CERTIFICATE REASON-IN-THE-LOG
refused() {
	FROM=$(next_line "$GATE_LOG")
	CLIENT_URL=/$1 client_run 1 nobody --dump-http-traffic --certificate="$W/pki/$2.crt" --sslkey="$W/pki/$2.key" &&
		fail "$1 with $2, expected a refusal, got a session"
	expect_match "the client's text, $1 with $2" 'Certificate Validation Failure' "$(client_log 1)"
	gate_log "$3" 5 "$FROM"
	expect_eq "sessions, $1 with $2" 0 "$(session_count)"
}

# ---- keys and dates ----
login cert locked alice --key-password=sesame
refused cert early 'ASA-3-717009: .*certificate is not yet valid .*cn=early'
refused cert server-side 'ASA-3-717009: .*unable to get local issuer certificate .*cn=mallory'

# ---- intermediate CAs ----
login cert branch-region carol
refused cert carol 'unable to get local issuer'
python <<'END'
good("the order as it should be", Login(first="branch-region").reply(certs=pkcs7("alice.crt")))
good("the other order", Login(first="region-branch").reply(certs=pkcs7("alice.crt")))
for files in (("carol", "branch", "region"), ("region", "carol", "branch"), ("region", "branch", "carol"),
              ("branch", "region", "carol")):
    files = [file + (".crt" if file == "carol" else ".pem") for file in files]
    good("PKCS#7 of " + ", ".join(files), Login().reply(who="carol", certs=pkcs7(*files)))
refused("PKCS#7 without an intermediate CA", "second certificate: unable to get local issuer",
        lambda: Login().reply(who="carol", certs=pkcs7("carol.crt", "branch.pem")))
END
wait_for 10 "sessions end" sessions_are 0

# ---- the names of CAs that clients are told ----
names=$(echo | in_client 1 timeout 10 openssl s_client -connect "$GW_IP4:443" -servername "$GW_NAME" 2>/dev/null |
	sed -n '/Acceptable client certificate CA names/,/^Requested\|^---/p')
expect_match "the users' CA" 'Users CA' "$names"
expect_no_match "a CA for servers" 'Servers CA' "$names"

# ---- the floor ----
refused cert small 'ASA-3-717009: .*its RSA key has less than 2048 bits.*cn=small'
refused cert sha1 'ASA-3-717009: .*signed with a hash that is too weak.*cn=sha1'
reload 'minimum-rsa-modulus = 1024; signature-hashes = [ "sha1", "sha256" ];'
expect_match "warning" 'minimum-rsa-modulus is 1024' "$out"
expect_match "warning" 'signature-hashes has sha1' "$out"
login cert sha1 sha1
login cert small small
python <<'END'
good("a second certificate with 1024 bits", Login().reply(who="small"))
END
wait_for 10 "sessions end" sessions_are 0
reload 'minimum-rsa-modulus = 3072; elliptic-curves = [ "P-384" ];'
refused cert sha1 'its RSA key has less than 3072 bits'
refused cert alice 'its EC key is not on a curve that is allowed'
reload ""

# ---- a responder that ignores the nonce ----
reload "" 'revocation-check = [ "ocsp" ];'
login cert alice alice
gate_log "ASA-6-717056: Attempting OCSP revocation check to $OCSP" 5 "$FROM"
gate_log 'ASA-6-717028: .*with revocation check' 5 "$FROM"
expect_match "nginx was asked" 'POST /ocsp.der .* 200 ' "$(cat "$W/nginx.log")"
reload ""

# ---- names ----
login entire fits "cn=$(printf 'f%.0s' $(seq 61))"
refused entire long 'certificate login to tunnel-group entire refused: the user name in it is too long'

wait "$late" || fail "$(cat "$W/late.log")"
expect_eq "sessions at the end" 0 "$(session_count)"
