#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Clients without the XML protocol: openconnect --no-xmlpost with passwords, group lists, group-urls, certificates and
# challenges, by the rules of the XML path; what this path cannot say is a refusal; a login that is refused ends.
. "$(dirname "$0")/../lib/e2e.sh"

# group NAME AUTHENTICATION GENERAL
group() {
	CONF_GROUPS+="{ name = \"$1\"; general-attributes = { address-pool = [ \"POOL\" ];
		                      default-group-policy = \"StaffPolicy\"; $3 };
		webvpn-attributes = { authentication = [ $2 ]; group-url = ( { url = \"https://$GW_NAME/$1\"; } );
		                      group-alias = ( { name = \"$1\"; } ); }; },"
}

CONF_GROUPS=''
group cert '"certificate"' ''
group both '"aaa", "certificate"' ''
group mca '"multiple-certificate"' ''
group second '"aaa"' 'secondary-authentication-server-group = "LOCAL";'
group rad '"aaa"' 'authentication-server-group = [ "RAD" ];'
group mapped '"certificate"' ''
group svc '"aaa"' ''
# shellcheck disable=SC2034
{
	CONF_LIMITS='login-attempts = 3;'
	CONF_WEBVPN='certificate-group-map = ( { map = "M"; sequence = 10; tunnel-group = "mapped"; } );'
	# The password, then a code.
	RADIUS_USERS=''
	RADIUS_MODULES='
	always reject {
	  rcode = reject
	}
	always handled {
	  rcode = handled
	}
'
	RADIUS_AUTHORIZE='
	if (!&State) {
	  if (&User-Password != "correct-horse") {
	    reject
	  }
	  update reply {
	    State := 0x6f6e65
	    Reply-Message := "Enter the code from your token:"
	    Message-Authenticator := 0x00
	  }
	  update control {
	    Response-Packet-Type := Access-Challenge
	  }
	  handled
	}
	elsif (&User-Password != "1 & 2") {
	  reject
	}
	else {
	  update control {
	    Auth-Type := Accept
	  }
	}
'
}
net_up 1
pki_make
pki_ca users "Users CA"
pki_ca others "Others CA"
pki_client carol users "/O=Example/OU=Sales/CN=carol" ec
pki_client dave users "/O=Example/OU=Mapped/CN=dave" ec
pki_client stranger others "/O=Example/OU=Sales/CN=carol" ec
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
radius_aaa_conf
radius_start
gate_start

ended() {
	client_stop 1
	wait_for 10 "session ends" sessions_are 0
}

# in_group WHAT GROUP USER MODE: the session that is there.
in_group() {
	expect_eq "$1: group" "$2" "$(session_json 's[0]["tunnel_group"]')"
	expect_eq "$1: user" "$3" "$(session_json 's[0]["username"]')"
	expect_eq "$1: mode" "$4" "$(session_json 's[0]["auth_mode"]')"
	expect_ok "$1: traffic" ping4 1
}

# refused WHAT LOG GROUP [options...]: no session, and not many connections for it.
refused() {
	local what=$1 log=$2 url=$3 from asked
	shift 3
	from=$(next_line "$GATE_LOG")
	CLIENT_URL=/$url client_run 1 carol "$@" && fail "$what: expected a refusal, got a session"
	expect_eq "sessions, $what" 0 "$(session_count)"
	gate_log "$log" 5 "$from"
	asked=$(grep -c '> \(GET\|POST\) ' "$W/c1/log" || true)
	[ "$asked" -gt 0 ] || fail "requests of a refused login, $what: expected some, got none"
	[ "$asked" -le 8 ] || fail "requests of a refused login, $what: expected at most 8, got $asked"
}

OLD=(--no-xmlpost --dump-http-traffic)

# ---- passwords and groups ----

CLIENT_URL=/staff client_up 1 alice "${OLD[@]}"
in_group "group-url" STAFF alice userPassword
expect_no_match "no XML is posted" 'config-auth' "$(client_log 1)"
expect_no_match "X-Aggregate-Auth" 'X-Aggregate-Auth' "$(client_log 1)"
expect_match "the agent is known" 'AnyConnect' "$(session_json 's[0]["client_agent"]')"
client_dtls 1
# Another connection, with the cookie alone.
before=$(client_ip4 1)
kill -USR2 "$(ip netns pids "$(client_ns 1)" | head -1)"
wait_line "$W/c1/log" 'Got CONNECT response' 15 2
wait_for 15 "traffic after a reconnect" ping4 1
expect_eq "address after a reconnect" "$before" "$(client_ip4 1)"
expect_eq "sessions after a reconnect" 1 "$(session_count)"
ended

# Chosen from the list: one post, whatever group it was shown for.
for choice in Staff:STAFF Engineering:ENG; do
	client_up 1 alice "${OLD[@]}" --authgroup="${choice%:*}"
	in_group "--authgroup=${choice%:*}" "${choice#*:}" alice userPassword
	expect_eq "forms posted for ${choice%:*}" 1 "$(grep -c '> POST ' "$W/c1/log")"
	ended
done
CLIENT_URL=/ENG client_up 1 alice "${OLD[@]}"
in_group "/ENG" ENG alice userPassword
ended
CLIENT_PASSWORD="$PASSWORD"$'\n'"$PASSWORD" CLIENT_URL=/second client_up 1 alice "${OLD[@]}" \
	--form-entry=main:secondary_username=bob
in_group "two passwords" second alice userPassword
ended
CLIENT_PASSWORD="$PASSWORD"$'\n1 & 2' CLIENT_URL=/rad client_up 1 tom "${OLD[@]}"
expect_match "the question" 'Enter the code from your token:' "$(client_log 1)"
in_group "a challenge" rad tom userPassword
ended

# ---- certificates ----

with() {
	OPTIONS=("${OLD[@]}" --certificate="$W/pki/$1.crt" --sslkey="$W/pki/$1.key")
}

with carol
CLIENT_URL=/cert client_up 1 ignored "${OPTIONS[@]}"
in_group "a certificate" cert carol Certificate
ended
client_up 1 ignored "${OPTIONS[@]}" --authgroup=cert
in_group "a certificate, its group from the list" cert carol Certificate
ended
CLIENT_URL=/both client_up 1 alice "${OPTIONS[@]}"
in_group "both" both alice 'Certificate and userPassword'
ended
with dave
client_up 1 ignored "${OPTIONS[@]}"
in_group "a certificate map" mapped dave Certificate
ended

# ---- refusals: they end, whether the client began with XML or without ----

many=$(printf 'wrong\n%.0s' {1..20})
CLIENT_PASSWORD=$many refused "a wrong password" 'ASA-6-113015: ' staff "${OLD[@]}"
expect_match "the text for a wrong password" 'Login failed\.' "$(client_log 1)"
expect_eq "attempts on one connection" 3 "$(grep -c '> POST ' "$W/c1/log")"
CLIENT_PASSWORD=$many refused "a wrong password with XML" 'ASA-6-113015: ' staff --dump-http-traffic
for old in --no-xmlpost --timestamp; do # the latter: as it comes
	refused "no certificate $old" 'refused: it has no certificate' cert "$old" --dump-http-traffic
	refused "two certificates $old" 'refused: it cannot show two certificates' mca "$old" --dump-http-traffic \
		--certificate="$W/pki/carol.crt" --sslkey="$W/pki/carol.key"
	refused "an unknown CA $old" 'refused: its certificate is not believed' cert "$old" --dump-http-traffic \
		--certificate="$W/pki/stranger.crt" --sslkey="$W/pki/stranger.key"
done
two=(--mca-certificate="$W/pki/carol.crt" --mca-key="$W/pki/carol.key" --dump-http-traffic)
refused "two certificates, the first unknown" 'refused: its certificate is not believed' mca "${two[@]}" \
	--certificate="$W/pki/stranger.crt" --sslkey="$W/pki/stranger.key"
refused "two certificates that are one" 'refused: ' mca "${two[@]}" \
	--certificate="$W/pki/carol.crt" --sslkey="$W/pki/carol.key"
refused "two certificates, without the first" 'refused: ' mca "${two[@]}"
refused "two certificates, from the list" 'refused: it cannot show two certificates' '' "${OLD[@]}" --authgroup=mca \
	--certificate="$W/pki/carol.crt" --sslkey="$W/pki/carol.key"
expect_match "the text for certificates" 'Certificate Validation Failure|certificate' "$(client_log 1)"

# Nobody can log in: an HTTP error to both ways, and the client gives up.
kill -STOP "$PARENT"
kill -KILL "$(child_pid auth)"
gate_log 'channel to auth closed' 5
CLIENT_URL=/staff client_run 1 alice --dump-http-traffic && fail "no auth: expected a refusal, got a session"
gate_log 'auth is not asked' 5
expect_match "the other way was tried" '> GET /staff ' "$(client_log 1)"
expect_eq "requests without auth" 2 "$(grep -cE '> (GET|POST) ' "$W/c1/log")"
kill -CONT "$PARENT"
wait_for 10 "auth is back" show_sessions

# ---- byte by byte ----

export W
raw_py 1 <<'END'
import os
import re
from urllib.parse import quote_plus, urlencode

from rawclient import *

HOME = "/+webvpn+/index.html"
FORM = "application/x-www-form-urlencoded"


class Old(Client):
    """Speaks forms instead of XML."""
    hidden = {}

    def ask(self, method, target, body=b"", headers=(), type=FORM):
        head = ["%s %s HTTP/1.1" % (method, target), "Host: gw.example.com", "X-Transcend-Version: 1"] + list(headers)
        if body or method == "POST":
            head += ["Content-Length: %d" % len(body)] + (["Content-Type: " + type] if type else [])
        self.send("\r\n".join(head).encode() + b"\r\n\r\n" + (body.encode() if isinstance(body, str) else body))
        answer = self.response(method != "HEAD")
        self.hidden = dict(re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', answer.text))
        return answer

    def get(self, path="/", **kwargs):
        return self.ask("GET", path, **kwargs)

    def post_form(self, hidden=None, **fields):
        fields.update(self.hidden if hidden is None else hidden)
        return self.ask("POST", HOME, urlencode(fields))


def token(answer):
    found = re.search(r"webvpn=([0-9a-f]{64});", " ".join(answer.all("Set-Cookie")))
    return found.group(1) if found else None


def fresh(path="/staff", **kwargs):
    c = Old(**kwargs)
    answer = c.get(path)
    expect("status of the form", 200, answer.status)
    return c


def no_login(what, answer, text="Login failed."):
    expect("status, " + what, 200, answer.status)
    expect("no cookie, " + what, [], answer.all("Set-Cookie"))
    expect("text, " + what, text, answer.element("error"))


def closed(what, status, answer_of):
    """Refused with a status; the gateway still serves."""
    c = Old()
    try:
        got = answer_of(c).status
    except Closed:
        got = "closed"
    expect("status, " + what, status, got)
    c.close()


# The form, and what a browser and a client of the XML protocol get at the same place.
c = Old()
answer = c.get()
expect("root", True, answer.text.split("\n")[1] == '<auth id="main">')
expect("hidden inputs", {"aggauth-handle", "config-hash", "tunnel-group"}, set(c.hidden))
expect("action", True, 'action="%s"' % HOME in answer.text)
expect("no header of the XML protocol", None, answer.header("X-Aggregate-Auth"))
expect_true("a page for browsers", "<html" in Old().ask("GET", "/", headers=("X-Aggregate-Auth: 1",)).text, "")
for path, group in (("/ENG", "ENG"), ("/staff", "STAFF"), ("/staff:4443", "STAFF"), (HOME, "STAFF"), ("/nowhere", "STAFF")):
    c = Old()
    c.get(path)
    expect("group of " + path, group, c.hidden["tunnel-group"])

# A login, its cookie, and a tunnel.
c = fresh()
answer = c.post_form(username="bob", password=PASSWORD)
expect_true("success", '<auth id="success">' in answer.text, answer.text)
expect_true("no token in the body", token(answer) and token(answer) not in answer.text, answer.text)
expect_true("webvpnc", any(v.startswith("webvpnc=bu:/CACHE/stc/&p:t&iu:1/&sh:") for v in answer.all("Set-Cookie")),
            answer.headers)
t = Client()
expect("status of CONNECT", 200, t.connect(token(answer)).status)
t.close()

# A handle serves once, whatever comes of it; one of nobody serves never; what it is for cannot be edited.
no_login("a handle for the second time", fresh().post_form(c.hidden, username="bob", password=PASSWORD))
c = fresh()
used = c.hidden
no_login("a wrong password", c.post_form(username="bob", password="wrong"))
expect_true("a fresh handle", c.hidden["aggauth-handle"] != used["aggauth-handle"], used)
no_login("the former handle", fresh().post_form(used, username="bob", password=PASSWORD))
for name, value in (("aggauth-handle", "0" * 64), ("aggauth-handle", ""), ("config-hash", "1"), ("config-hash", "")):
    c = fresh()
    no_login(name + "=" + value, c.post_form(dict(c.hidden, **{name: value}), username="bob", password=PASSWORD))
no_login("no hidden inputs", fresh().post_form({}, username="bob", password=PASSWORD))
c = fresh("/ENG")
answer = c.post_form(dict(c.hidden, **{"tunnel-group": "STAFF"}), username="bob", password=PASSWORD)
expect_true("tunnel-group counts for nothing", token(answer) is not None, answer.text)
# A handle of another login, and one of the XML protocol: each is for whoever has it, once.
a, b = fresh(), fresh()
expect_true("another connection", token(a.post_form(b.hidden, username="bob", password=PASSWORD)) is not None, "")
no_login("its own after that", b.post_form(b.hidden, username="bob", password=PASSWORD))
x = Client()
x.init(path="/staff")
handle = re.search(r"<aggauth-handle>(.*?)<", x.opaque).group(1)
hash_ = re.search(r"<config-hash>(.*?)<", x.opaque).group(1)
mixed = {"aggauth-handle": handle, "config-hash": hash_}
expect_true("a handle of XML", token(Old().post_form(mixed, username="bob", password=PASSWORD)) is not None, "")
answer = x.reply("bob", PASSWORD)
expect("used up for XML", None, answer.element("session-token"))

# The list: another group's form where there are fields to fill, its rules where there are none.
answer = fresh("/").post_form(username="bob", password=PASSWORD, group_list="second")
expect_true("the form of two passwords", "secondary_password" in answer.text and token(answer) is None, answer.text)
expect("no error in it", None, answer.element("error"))
no_login("a group that needs a certificate, from the list", fresh("/").post_form(
    username="bob", password=PASSWORD, group_list="cert"), "Certificate Validation Failure")
no_login("and one that needs two", fresh("/").post_form(
    username="bob", password=PASSWORD, group_list="mca"), "Certificate Validation Failure")
no_login("the list and a wrong password", fresh("/").post_form(username="bob", password="x", group_list="Engineering"))
no_login("a stray reply with a choice", fresh("/").post_form(
    {}, username="bob", password=PASSWORD, group_list="Engineering"))
c = fresh("/")
answer = c.post_form(username="bob", password=PASSWORD, group_list="Nobody")
expect("no such group: no login", None, token(answer))

# The certificate of the first request is that of the second.
carol = [os.environ["W"] + "/pki/carol" + end for end in (".crt", ".key")]
c = fresh("/both", cert=carol)
no_login("a reply without the certificate", fresh().post_form(c.hidden, username="bob", password=PASSWORD),
         "Certificate Validation Failure")
c = fresh("/both", cert=carol)
answer = fresh("/staff", cert=carol).post_form(c.hidden, username="bob", password=PASSWORD)
expect_true("with it, on another connection", token(answer) is not None, answer.text)
# Two certificates: a login that the XML protocol began cannot end here.
x = Client(cert=carol)
x.init(path="/mca", extra="<capabilities><auth-method>multiple-cert</auth-method></capabilities>")
handle = re.search(r"<aggauth-handle>(.*?)<", x.opaque).group(1)
hash_ = re.search(r"<config-hash>(.*?)<", x.opaque).group(1)
mixed = {"aggauth-handle": handle, "config-hash": hash_}
no_login("half a login by two certificates", Old(cert=carol).post_form(mixed, username="bob", password=PASSWORD),
         "Certificate Validation Failure")

# Attempts: after the third the form is gone, and so is the connection.
c = fresh()
for n in range(3):
    answer = c.post_form(username="bob", password="wrong")
    no_login("attempt %d" % n, answer)
expect("no form after the last", None, answer.element("form"))
expect_true("the connection ends", c.is_closed(), "open")

# What is no form.
GOOD = urlencode({"username": "bob", "password": "x"})
closed("another type", 415, lambda c: c.ask("POST", HOME, GOOD, type="text/plain"))
closed("no type", 415, lambda c: c.ask("POST", HOME, GOOD, type=None))
closed("PUT", 405, lambda c: c.ask("PUT", HOME, GOOD))
closed("another path", 404, lambda c: c.ask("POST", "/staff", GOOD))
closed("the root", 400, lambda c: c.ask("POST", "/", GOOD))
closed("with X-Aggregate-Auth", 405, lambda c: c.ask("POST", HOME, GOOD, headers=("X-Aggregate-Auth: 1",)))
for what, body in (("empty", ""), ("no pairs", "x"), ("half an escape", "a=%4"), ("NUL", "a=%00"),
                   ("twice", GOOD + "&username=y"), ("not UTF-8", "a=%ff"),
                   ("a long value", "password=" + "x" * 2000), ("a long body", "a=" + "%41" * 50000),
                   ("many", "&".join("f%d=1" % n for n in range(40))), ("markup as a name", quote_plus("<x>") + "=1")):
    closed(what, 400, lambda c: c.ask("POST", HOME, body))
closed("a megabyte", 413, lambda c: (c.send(b"POST %s HTTP/1.1\r\nX-Transcend-Version: 1\r\nContent-Type: %s\r\n"
                                            b"Content-Length: 1048576\r\n\r\n" % (HOME.encode(), FORM.encode())), c.response())[1])
c = fresh()
body = urlencode(dict(c.hidden, username="bob", password="wrong")).encode()
one = b"POST %s HTTP/1.1\r\nX-Transcend-Version: 1\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s" % (
    HOME.encode(), FORM.encode(), len(body), body)
c.send(one + one)
expect("status of pipelining", 400, c.response().status)
# Text of a client comes back as text.
answer = fresh().get("/<b>%3Cb%3E\"'&")
expect_true("no markup of a path", "<b>" not in answer.text, answer.text)

# IP phones.
answer = Old().ask("GET", "/svc")
expect("status of /svc", (200, ""), (answer.status, answer.text))
expect_true("its cookie", any(v.startswith("webvpnlogin=1;") for v in answer.all("Set-Cookie")), answer.headers)
answer = Old().ask("POST", "/svc", urlencode({"username": "bob", "password": PASSWORD}))
expect("login of a phone", (200, ""), (answer.status, answer.text))
t = Client()
expect("its tunnel", 200, t.connect(token(answer)).status)
t.close()
texts = set()
for fields in ({"username": "bob", "password": "x"}, {"username": "nobody", "password": PASSWORD}, {"username": "bob"},
               {"password": PASSWORD}):
    answer = Old().ask("POST", "/svc", urlencode(fields))
    expect("no cookie, %r" % fields, [], answer.all("Set-Cookie"))
    texts.add((answer.status, answer.text))
expect("one refusal for phones", {(401, "Login failed.")}, texts)
c = Old(cert=carol)
c.get("/both")
answer = Old().ask("POST", "/svc", urlencode(dict(c.hidden, username="bob", password="wrong")))
expect("a phone has no handle", 401, answer.status)

# What mobile clients tell in headers; XML goes first.
ABOUT = ["X-AnyConnect-Identifier-" + h for h in ("ClientVersion: 4.10.1", "Platform: android", "PlatformVersion: 13",
                                                  "DeviceType: Pixel<7>", "Device-UniqueID: 00ff")]
c = Old()
c.get("/staff", headers=ABOUT)
answer = c.ask("POST", HOME, urlencode(dict(c.hidden, username="carol", password=PASSWORD)), headers=ABOUT)
t = Client()
expect("status of CONNECT", 200, t.connect(token(answer)).status)
t.close()
END
expect_eq "facts out of headers" "['android', '13', '4.10.1']" "$(session_json \
	"[[x['client_os'], x['client_os_version'], x['client_version']] for x in s if x['username'] == 'carol'][0]")"
expect_eq "the group-url of phones" True "$(session_json "any(x['tunnel_group'] == 'svc' for x in s if x['username'] == 'bob')")"
expect_no_match "no password in the log" "$PASSWORD" "$(cat "$GATE_LOG")"

# ---- turned off ----

# shellcheck disable=SC2034
CONF_GATEWAY='legacy-login = false;'
conf_gateway >"$W/conf/gateway.conf"
from=$(next_line "$GATE_LOG")
kill -HUP "$PARENT"
gate_log 'configuration reloaded' 10 "$from"
CLIENT_URL=/staff client_run 1 alice "${OLD[@]}" && fail "turned off: expected a refusal, got a session"
expect_match "turned off" 'HTTP/1.1 404 ' "$(client_log 1)"
CLIENT_URL=/staff client_up 1 dave
expect_ok "XML goes on" ping4 1
