#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A raw client tampers with a multiple-certificate login: what it signs, whose handle it uses, which certificates it sends and
# how many. Everything is refused with one text and leaves nothing behind; the log says why.
. "$(dirname "$0")/../lib/e2e.sh"

two='authentication = [ "multiple-certificate" ];'
# shellcheck disable=SC2034
CONF_GROUPS=$(for group in MCA SHA256; do
	[ $group = MCA ] || two+=' multiple-certificate = { hash-algorithms = [ "sha256" ]; };'
	cat <<-END
	{ name = "$group"; type = "remote-access";
	  general-attributes = { address-pool = [ "POOL" ]; default-group-policy = "StaffPolicy"; };
	  webvpn-attributes = { group-url = ( { url = "https://$GW_NAME/$group"; } ); $two }; },
	END
done)
# shellcheck disable=SC2034
CONF_LIMITS='login-attempts = 16;'
net_up 1
pki_make
pki_ca machines "Machines CA"
pki_ca users "Users CA"
pki_client pc7 machines "/O=Example/CN=pc7"
pki_client pc8 machines "/O=Example/CN=pc8"
pki_client alice users "/O=Example/CN=alice" rsa
pki_client bob users "/O=Example/CN=bob"

# extension BYTES: a private one, for openssl's -extfile
extension() {
	/usr/bin/python3 -c "n = $1; print('1.3.6.1.4.1.99999.1=DER:04' + '84%08x' % n + '00' * n)"
}
pki_client wide users "/O=Example/CN=wide" ec 30 "$(extension 12000)"
pki_client wider users "/O=Example/CN=wider" ec 30 "$(extension 20000)"
pki_client widest users "/O=Example/CN=widest" ec 30 "$(extension 1048576)"
# A machine's certificate for the user's key, a serial below zero, and weak ones.
openssl x509 -req -in "$W/pki/alice.csr" -CA "$W/pki/machines.pem" -CAkey "$W/pki/machines.key" -days 30 \
	-out "$W/pki/twin.crt" 2>/dev/null
cp "$W/pki/alice.key" "$W/pki/twin.key"
openssl x509 -req -in "$W/pki/bob.csr" -CA "$W/pki/users.pem" -CAkey "$W/pki/users.key" -days 30 -set_serial -129 \
	-out "$W/pki/negative.crt" 2>/dev/null
cp "$W/pki/bob.key" "$W/pki/negative.key"
openssl req -batch -noenc -newkey rsa:1024 -subj "/O=Example/CN=weak" -keyout "$W/pki/weak.key" -out "$W/pki/weak.csr" 2>/dev/null
openssl x509 -req -in "$W/pki/weak.csr" -CA "$W/pki/users.pem" -CAkey "$W/pki/users.key" -days 30 -CAcreateserial \
	-out "$W/pki/weak.crt" 2>/dev/null
conf_write
cat >"$W/conf/pki.conf" <<END
trustpoints = (
  { name = "GW"; certificate = "$W/pki/gw.pem"; key = "$W/pki/gw.key"; },
  { name = "MACHINES"; ca-certificate = "$W/pki/machines.pem"; revocation-check = [ "none" ]; },
  { name = "USERS"; ca-certificate = "$W/pki/users.pem"; revocation-check = [ "none" ]; }
);
ssl-trust-point = "GW";
END
expect_ok "the configuration" "$SEKISHO_BIN/sekishod" -t -c "$W/conf"
gate_start

hostile() {
	PKI=$W/pki LOG=$GATE_LOG raw_py 1 "$@" < <(cat "$(dirname "$0")/../lib/pairclient.py" -)
}

# ---- the same client is let in when it does as it should ----
hostile <<'END'
good("RSA", Login().reply())
good("ECDSA", Login().reply(who="bob"))
good("a certificate of 12 KB", Login().reply(who="wide"))
good("a negative serial", Login().reply(who="negative"))
good("sha256", Login(group="SHA256").reply(digest="sha256"))
good("the CA before the leaf", Login().reply(certs=pkcs7("users.pem", "alice.crt")))
good("openconnect's type of content", Login().reply(certs=pkcs7("alice.crt").replace(GOOD_TYPE, GOOD_TYPE[:-1] + b"\5")))
good("a reply without capabilities", Login().reply(capable=""))
login = Login()
good("another name in the reply", login.reply(chains=[FIRST, login.second(), "<username>root</username>"]))
good("another connection", Login().reply(client=Client(cert=pair_of("pc7"))))
END
wait_for 10 "sessions end" sessions_are 0
expect_no_match "the name of the session" 'root' "$(grep -E '113039|113019' "$GATE_LOG")"

# ---- what is signed, by whom, and how ----
hostile <<'END'
def altered(change):
    login = Login()
    return lambda: login.reply(signed=change(login.request))


no_fit = "717009.*signature does not fit.*cn=alice"
refused("one byte more", no_fit, altered(lambda b: b + b"\n"))
refused("the last byte left out", no_fit, altered(lambda b: b[:-1]))
refused("one bit", no_fit, altered(lambda b: b[:100] + bytes([b[100] ^ 1]) + b[101:]))
refused("nothing signed", no_fit, altered(lambda b: b""))
refused("the request of another login", no_fit, altered(lambda b: Login().request))
refused("another hash than said", no_fit, lambda: Login().reply(digest="sha256", said="sha512"))
refused("another one's key", no_fit, lambda: Login().reply(certs=pkcs7("alice.crt"), who="bob"))
refused("SHA-1 called sha256", no_fit, lambda: Login().reply(digest="sha1", said="sha256"))
refused("a weak key", "717009.*less than 2048 bits.*cn=weak", lambda: Login().reply(who="weak"))
refused("the first certificate again", "717009.*same.*cn=pc7", lambda: Login().reply(who="pc7"))
refused("the first one's key", "717009.*same key.*cn=alice", lambda: Login(first="twin").reply())
refused("no signature", "there is no signature", lambda: Login().reply(signature=b""))
refused("a signature too long", "wrong length", lambda: Login().reply(signature=b"x" * 1000))
for said in ("sha1", "md5", "sha224", "SHA512", "sha512 ", ""):
    refused("hash not offered: %r" % said, "none that was offered", lambda: Login().reply(said=said))
refused("hash not offered by this group", "none that was offered", lambda: Login(group="SHA256").reply(digest="sha512"))
END
expect_eq "sessions after bad signatures" 0 "$(session_count)"

# ---- whose handle, on whose connection, how often ----
hostile <<'END'
def again():
    return Client(cert=pair_of("pc7"))


login = Login()
chains = [FIRST, login.second()]
UNKNOWN, OTHER = "unknown or expired handle", "another certificate than the request went to"
refused("a bad reply first", "does not fit", lambda: login.reply(signed=b"x"))
refused("then a good one to the same handle", UNKNOWN, lambda: login.reply(client=again(), chains=chains))

login = Login()
chains = [FIRST, login.second()]
good("the reply", login.reply(chains=chains))
refused("the same reply once more", UNKNOWN, lambda: login.reply(client=again(), chains=chains))

# The same reply on many connections at once: one of them logs in.
login = Login()
chains = [FIRST, login.second()]
with ThreadPoolExecutor(8) as pool:
    answers = list(pool.map(lambda client: login.reply(client=client, chains=chains), [again() for _ in range(8)]))
tokens = [answer for answer in answers if answer.element("session-token")]
expect("sessions of eight equal replies", 1, len(tokens))
expect("those refused", 7, sum(answer.text == refusal for answer in answers))
good("the one of eight", tokens[0])

victim, thief = Login(), Login(first="pc8")
refused("another session's handle", OTHER, lambda: thief.reply(opaque=victim.opaque))
victim, thief = Login(), Login(first="pc8")
refused("and its request signed", OTHER, lambda: thief.reply(opaque=victim.opaque, signed=victim.request))
victim = Login()
refused("another TLS certificate", OTHER, lambda: victim.reply(client=Client(cert=pair_of("pc8"))))
victim = Login()
refused("no TLS certificate", OTHER, lambda: victim.reply(client=Client()))
bare = Login(first=None)
refused("a handle without cert-authenticated", "before a certificate was shown", lambda: bare.reply())
bare = Login(first=None)
refused("the same, with a certificate now", "before a certificate was shown", lambda: bare.reply(client=again()))
login = Login()
handle = re.search("<aggauth-handle>(.*?)</aggauth-handle>", login.opaque).group(1)
for other in ("", "0", "1" * len(handle), handle[:-1], handle + "0"):
    refused("handle %r" % other, UNKNOWN, lambda: login.reply(client=again(), opaque=login.opaque.replace(handle, other)))
refused("no opaque", UNKNOWN, lambda: login.reply(client=again(), opaque=""))
good("the handle that nobody guessed", login.reply())
END
wait_for 10 "sessions end" sessions_are 0

# ---- which certificates, and how many ----
hostile <<'END'
leaf = pkcs7("alice.crt")
sets = {
    "no certificate": (pkcs7(), "no certificate in"),
    "only a CA": (pkcs7("users.pem"), "only CA certificates"),
    "two leaves": (pkcs7("alice.crt", "bob.crt"), "more than one"),
    "two leaves, and the CA": (pkcs7("bob.crt", "users.pem", "alice.crt"), "more than one"),
    "a certificate twice": (pkcs7("alice.crt", "users.pem", "users.pem"), "there twice"),
    "eleven": (pkcs7("alice.crt", *["users.pem"] * 10), "too many certificates"),
    "one of 20 KB": (pkcs7("wider.crt"), "a certificate is too big"),
    "a byte behind it": (leaf + b"\0", "something behind"),
    "itself behind it": (leaf + leaf, "something behind"),
    "cut": (leaf[:-1], "malformed"),
    "PEM": (run("openssl", "crl2pkcs7", "-nocrl", "-certfile", name("alice.crt")), "malformed"),
    "a bare certificate": (run("openssl", "x509", "-in", name("alice.crt"), "-outform", "DER"), "malformed"),
    "48 KB of nests": (b"\x30\x80" * 24000, "malformed"),
    "zeros": (bytes(40000), "malformed"),
    "signed": (run("openssl", "smime", "-sign", "-signer", name("alice.crt"), "-inkey", name("alice.key"), "-outform", "DER",
                   data=b"text"), "has signers"),
    "nothing": (b"", "there is no second certificate"),
}
for what, (certs, reason) in sets.items():
    refused("PKCS#7: " + what, "refused: .*" + reason, lambda: Login().reply(certs=certs))
refused("another format", "is not pkcs7", lambda: Login().reply(kind="pem"))
refused("another store", "stores", lambda: Login().reply(store="3X"))
for what, certs in {"80 KB": bytes(80000), "1 MB": bytes(1 << 20), "a certificate of 1 MB": pkcs7("widest.crt"),
                    "no base64": "!" * 400}.items():
    broken("PKCS#7: " + what, lambda: Login().reply(certs=certs))
END

# ---- how many chains ----
hostile <<'END'
login = Login()
second = login.second()
login.client.close()
NOT_TWO, NOT_ONE = "there are not two certificate chains", "not exactly one of the chains is that of"
cases = {
    "no chain": ([], NOT_TWO),
    "the first alone": ([FIRST], NOT_TWO),
    "the second alone": ([second], NOT_TWO),
    "the second twice": ([second, second], NOT_ONE),
    "the first twice": ([FIRST, FIRST], NOT_ONE),
    "three": ([FIRST, second, second], NOT_TWO),
    "both in one": ([FIRST, second.replace(">\n", "><client-cert-sent-via-protocol/>\n", 1)], NOT_ONE),
    "a password": (["<username>alice</username><password>%s</password>" % PASSWORD], NOT_TWO),
}
for what, (chains, reason) in cases.items():
    refused("chains: " + what, "refused: .*" + reason, lambda: Login().reply(chains=chains))
broken("chains: five", lambda: Login().reply(chains=[FIRST] + [second] * 4))
broken("two certificates in one", lambda: Login().reply(
    chains=[FIRST, second.replace("</client-cert>", '</client-cert><client-cert cert-format="pkcs7">AAAA</client-cert>')]))
refused("20 KB of certificate in the handshake", "too big",
        lambda: Client(cert=pair_of("wider")).init(path="/MCA", extra=CAPABLE))
# As much of everything as passes each check by itself.
with open(name("long.crt"), "wb") as out:
    for file in ["pc7.crt", "wide.crt", "machines.pem"]:
        with open(name(file), "rb") as part:
            out.write(part.read())
def long_chain():
    return Client(cert=(name("long.crt"), name("pc7.key")))


refused("13 KB in the handshake and 48 KB in the reply", "refused: .*PKCS#7 is malformed",
        lambda: Login().reply(client=long_chain(), certs=bytes(48000)))
good("certificates that nobody needs", Login().reply(client=long_chain()))
try:
    Client(cert=pair_of("widest")).init(path="/MCA", extra=CAPABLE)
    expect_true("1 MB of certificate in the handshake", False, "an answer")
except (Closed, OSError):
    pass
END
expect_eq "sessions after all of it" 0 "$(session_count)"

# ---- nothing is kept: as many refusals as a source may have pending logins, twice over, and one that waits all the while ----
refusals() {
	hostile "$1" <<'END'
waiting = Login()
junk = [FIRST, waiting.second(signature=b"\x30\x06\x02\x01\x01\x02\x01\x01", who="bob")]
for n in range(int(sys.argv[1])):
    login = Login()
    answer = login.reply(chains=junk)
    expect_true("a refusal", "Certificate Validation Failure" in answer.text, answer.text)
    login.client.close()
good("the one that waited", waiting.reply())
END
}

n=300
[ -z "$SEKISHO_SAN" ] || n=60
refusals $n
memory=$(gate_memory_kb)
refusals $n
refusals $n
if [ -z "$SEKISHO_SAN" ]; then
	expect_between "kilobytes after twice as many refusals again" 0 "$(gate_memory_kb)" $((memory + memory / 10 + 1024))
fi
wait_for 10 "sessions end" sessions_are 0
