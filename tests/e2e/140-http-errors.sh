#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Malformed XML, wrong types, oversized bodies, unknown methods and paths: a proper HTTP error and a log line, nothing
# else happens. (INV-7: nothing that a client sends can make a process exit.)
. "$(dirname "$0")/../lib/e2e.sh"

usual_start
before=$(gate_pids | xargs)
raw_py 1 <<'END'
from rawclient import *


def status(what, wanted, method, target, body=b"", headers=()):
    c = Client()
    try:
        got = c.request(method, target, body, headers)
    except Closed:
        got = None
    expect(what, True, got is not None and got.status in wanted)
    c.close()
    return got


def raw_status(what, wanted, data, closes=True):
    c = Client()
    try:
        c.send(data)
        answer = c.response()
    except (Closed, OSError):
        answer = None
    expect_true(what + " (wanted one of %r)" % (wanted,), answer is not None and answer.status in wanted,
                answer and answer.status)
    if closes:
        expect_true(what + " closes the connection", c.is_closed(), "open")
    c.close()


ok = '<config-auth client="vpn" type="init" aggregate-auth-version="2"><version who="vpn">1</version></config-auth>'
expect("a plain init (else this test proves nothing)", 200, Client().request("POST", "/", ok).status)

bad = (400, 403)
status("not well-formed XML", bad, "POST", "/", "<config-auth><init>")
status("no XML at all", (400, 403, 404, 415), "POST", "/", "username=a&password=b")
status("empty body", (400, 403, 404, 411), "POST", "/")
status("another root", bad, "POST", "/", "<other/>")
status("unknown type", bad, "POST", "/", ok.replace("init", "hello"))
status("type complete from a client", bad, "POST", "/", ok.replace("init", "complete"))
status("NUL in XML", bad, "POST", "/", ok.replace("1<", "\0<"))
status("invalid UTF-8", bad, "POST", "/", ok.encode().replace(b"1<", b"\xff\xfe<"))
status("deep nesting", bad, "POST", "/", "<a>" * 5000 + "</a>" * 5000)
status("many elements", (400, 403, 200), "POST", "/", ok.replace("<version", "<x/>" * 20000 + "<version"))
bomb = "<!DOCTYPE a [<!ENTITY a '%s'>%s]><config-auth client='vpn' type='init'>&h;</config-auth>" % (
    "x" * 1000, "".join("<!ENTITY %s '%s'>" % (chr(98 + n), ("&%s;" % chr(97 + n)) * 20) for n in range(7)))
status("entity bomb", bad, "POST", "/", bomb)
status("external entity", bad, "POST", "/",
       "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><config-auth client='vpn' type='init'>&x;</config-auth>")
status("long user name", (200, 400, 413), "POST", "/", ok.replace("1<", "1" * 100000 + "<"))

status("GET /", (200,), "GET", "/")
status("unknown path", (404,), "GET", "/nowhere")
status("path outside", (400, 404), "GET", "/../../etc/passwd")
status("portal", (404,), "GET", "/+CSCOE+/logon.html")
status("unknown method", (405, 501), "BREW", "/")
status("PUT", (405, 501), "PUT", "/", "x")
status("CONNECT elsewhere", (400, 403, 404, 405), "CONNECT", "example.com:443")
status("HEAD", (200, 405), "HEAD", "/")
status("manifest", (200, 401, 404), "GET", "/1/VPNManifest.xml")

raw_status("announced body too big", (413,), b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 300000\r\n\r\n")
raw_status("length with garbage", (400,), b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 12x\r\n\r\n")
raw_status("negative length", (400,), b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n")
raw_status("huge length", (400, 413), b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n")
raw_status("two lengths", (400,), b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab")
raw_status("chunked", (400, 411, 501), b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
raw_status("HTTP/2.0", (400, 505), b"GET / HTTP/2.0\r\nHost: x\r\n\r\n")
raw_status("no version", (400, 505), b"GET /\r\n\r\n")
raw_status("garbage", (400,), b"\x00\x01\x02garbage\r\n\r\n")
raw_status("long request line", (400, 414, 431), b"GET /" + b"a" * 20000 + b" HTTP/1.1\r\n\r\n")
raw_status("long header", (400, 431), b"GET / HTTP/1.1\r\nX: " + b"a" * 20000 + b"\r\n\r\n")
raw_status("many headers", (400, 431), b"GET / HTTP/1.1\r\n" + b"X: 1\r\n" * 500 + b"\r\n")
raw_status("header without colon", (400,), b"GET / HTTP/1.1\r\nHost x\r\n\r\n")
raw_status("folded header", (400,), b"GET / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n")
raw_status("NUL in a header", (400,), b"GET / HTTP/1.1\r\nHost: x\0y\r\n\r\n")

# The client's profile paths, and 17 and more requests on one connection: bounded, but answered.
c = Client()
for n in range(40):
    try:
        answer = c.request("GET", "/nowhere")
    except (Closed, OSError):
        break
else:
    print("FAIL: requests on one connection, expected a limit, got 40 answers")
    sys.exit(1)
expect_true("some requests are served on one connection", n >= 8, n)

# And a proper login still works.
Client().login("alice", group="Staff")
END
expect_eq "processes" "$before" "$(gate_pids | xargs)"
from=1
gate_log '(malformed|not well-formed|bad|invalid|syntax).*' 5 $from
expect_match "a log line names the client" '192\.0\.2\.11' "$(cat "$GATE_LOG")"
expect_no_match "control characters in the log" $'[\x01-\x08\x0b-\x1f\x7f]' "$(cat "$GATE_LOG")"
