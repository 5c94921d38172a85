#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# hide-gateway: whoever asks for no group-url and no name of ours gets one and the same 404 for everything, which names no
# product, on connections that are closed then. With the path of a group-url, a name that stands for itself, the handle of a
# login or the token of a session all goes on as ever: openconnect with XML and without, a reply and a CONNECT on connections
# of their own. Without the setting nothing is hidden.
. "$(dirname "$0")/../lib/e2e.sh"

NAMED=named.example.com   # of an identity
SECRET=secret.example.com # of a group-url without a path
CONF_GATEWAY='hide-gateway = true;'
CONF_GROUPS="{ name = \"SECRET\"; webvpn-attributes = { group-url = ( { url = \"https://$SECRET\"; },
	{ url = \"https://$GW_NAME/off\"; enable = false; } ); }; },"
conf_pki() {
	cat <<-END
	trustpoints = ( { name = "GW"; certificate = "$W/pki/gw.pem"; key = "$W/pki/gw.key"; } );
	ssl-trust-point = "GW";
	ssl-trust-points = ( { trustpoint = "GW"; domain = "$NAMED"; } );
	END
}
usual_start 1
ctl() { "$SEKISHO_BIN/sekishoctl" -s "$W/control" "$@"; }

raw_py 1 "$NAMED" "$SECRET" <<'END'
import re
from rawclient import *

named, secret = sys.argv[1:]
XML = '<?xml version="1.0" encoding="UTF-8"?><config-auth client="vpn" type="%s">%s</config-auth>'
INIT = XML % ("init", "<version who=\"vpn\">v9</version><group-access>https://gw.example.com/%s</group-access>")
OPAQUE = "<opaque is-for=\"sg\"><aggauth-handle>" + "0" * 64 + "</aggauth-handle><config-hash>1</config-hash></opaque>"
REPLY = XML % ("auth-reply", OPAQUE + "<auth><username>bob</username><password>x</password></auth>")
LOGOUT = XML % ("logout", "<session-token>" + "0" * 64 + "</session-token>")
FORM = "username=bob&password=x"
strange = [
    ("GET", "/", ""), ("HEAD", "/", ""), ("POST", "/", "x"), ("CONNECT", "/", ""), ("PUT", "/", "x"), ("BREW", "/", ""),
    ("GET", "/+CSCOE+/logon.html", ""), ("GET", "/+webvpn+/index.html", ""), ("POST", "/+webvpn+/index.html", FORM),
    ("GET", "/1/index.html", ""), ("GET", "/VPNManifest.xml", ""), ("GET", "/CACHE/stc/1/index.html", ""),
    ("GET", "/svc", ""), ("POST", "/svc", FORM), ("GET", "/logout", ""), ("GET", "/webvpn_logout.html", ""),
    ("GET", "/Staff", ""), ("GET", "/staffs", ""), ("GET", "/off", ""), ("GET", "/DefaultWEBVPNGroup", ""),
    ("POST", "/", INIT % ""), ("POST", "/", INIT % "off"), ("POST", "/Engineering", INIT % "Engineering"),
    ("POST", "/", REPLY), ("POST", "/", LOGOUT), ("POST", "/", "<config-auth"), ("POST", "/auth", "<?xml?>"),
    ("CONNECT", "/CSCOSSLC/tunnel", ""), ("GET", "/CSCOSSLC/tunnel", ""), ("GET", "/" + "x" * 2000, ""),
]
seen = {}


def note(name, answer, body=True):
    text = "%d %s\n%s\n%s" % (answer.status, answer.reason, sorted(answer.headers), answer.text if body else "Not Found")
    seen.setdefault(text, []).append(name)


for sni in ("gw.example.com", None, "example.com"):
    for method, target, body in strange:
        if sni is None and method == "GET" and target != "/":
            continue
        c = Client(sni=sni)
        if method == "GET" and target == "/Staff":  # an alias, but no group-url
            target = "/Engineering"
        note((sni, method, target, body[:40]), c.request(method, target, body), method != "HEAD")
        expect_true("the connection ends: %s %s" % (method, target), c.is_closed(5), "open")
for headers in (["Cookie: webvpn=" + "0" * 64], ["Cookie: webvpn=x"]):
    c = Client()
    note(headers, c.request("CONNECT", "/CSCOSSLC/tunnel", headers=headers + ["X-CSTP-Version: 1", "X-CSTP-Address-Type: IPv4"]))
for raw in (b"GET / HTTP/9.9\r\n\r\n", b"x\r\n\r\n", b"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", b"GET / HTTP/1.1\r\n" + b"A: " + b"x" * 40000 + b"\r\n\r\n"):
    c = Client()
    c.send(raw)
    note(raw[:30], c.response())
expect_true("one and the same answer", len(seen) == 1, {k: v[:3] for k, v in seen.items()})
answer = list(seen)[0]
expect_true("a plain 404", answer.startswith("404 Not Found\n") and answer.endswith("\nNot Found"), answer)
told = re.search(r"(?i)sekisho|cisco|csco|anyconnect|vpn|transcend|aggregate|cstp|staff|cookie", answer)
expect("what it says of us", None, told)

# Who knows where to ask: on each connection anew, in the URL or in the XML, whatever the name.
for sni in ("gw.example.com", None):
    c = Client(sni=sni)
    expect("the path", "auth-request", re.search(r'type="([^"]+)"', c.init(path="/staff").text).group(1))
    expect("then all of it", 200, c.request("GET", "/").status)
c = Client()
expect_true("the URL in the XML", "<auth id=" in c.init(path="/", access="https://gw.example.com/ENG").text, "no form")
# A reply needs its handle, and CONNECT its token, nothing else.
handle = c.opaque
c.close()
c = Client(sni=None)
answer = c.reply("alice", PASSWORD, opaque=handle)
token = answer.element("session-token")
expect_true("a token on another connection", token is not None, answer.text)
c.close()
c = Client(sni=None)
expect("CONNECT", 200, c.connect(token).status)
c.close()
for name in (named, secret):
    c = Client(sni=name)
    expect("the page, by the name " + name, 200, c.request("GET", "/").status)
END

# The real client, which asks for a path; its replies and CONNECT go elsewhere.
CLIENT_URL=/staff client_up 1 alice
expect_ok "traffic" ping4 1
client_dtls 1
client_stop 1
CLIENT_URL=/staff client_up 1 bob --no-dtls --no-xmlpost
expect_ok "traffic without XML" ping4 1
client_stop 1
CLIENT_URL=/ client_run 1 alice && fail "the wrong path: expected a refusal, got a session"
expect_match "what it sees" '404' "$(client_log 1)"

# Another auth tells the workers anew.
old=$(child_pid auth)
kill -9 "$old"
comes_back() { CLIENT_URL=/ENG client_run 1 alice --authenticate && [ -n "$(child_pid auth)" ]; }
wait_for 10 "logins after auth is back" comes_back

sed -i 's/^hide-gateway = true;//' "$W/conf/gateway.conf"
expect_ok "reload" ctl reload
expect_match "in the open again" '200 OK' "$(in_client 1 curl -sik --max-time 5 "https://$GW_IP4/")"
gate_stop
