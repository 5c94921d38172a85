# SPDX-License-Identifier: Apache-2.0
"""
Damaged dialogues through real sockets, for a time: wirefuzz.py KIND SECONDS SEED. KIND is one of the functions play_* below; its
last line of output says how many turns there were and how far they got. That the gateway lives through it is for the
caller to see (wirefuzz.sh). PYTHONPATH has tests/lib; GW_IP, PASSWORD, CONTROL, CORPUS as wirefuzz.sh sets them.
"""
import collections
import glob
import os
import random
import select
import time
from rawclient import *
import wire_control
import wire_dtls
from wire_mutate import bend, pieces

reached = collections.Counter()
GROUP = "Staff"
TYPES = (DATA, DPD_REQ, DPD_RESP, KEEPALIVE, COMPRESSED, 1, 2, 6, 10, 100, 255)
HOME = "/+webvpn+/index.html"
PATHS = (b"/", b"/staff", b"/+CSCOE+/logon.html", b"/CACHE/stc/1/index.html", b"/1/VPNManifest.xml", b"/svc", b"/logout")


def corpus(*names):
    found = sorted(path for name in names for path in glob.glob("%s/%s/*" % (os.environ["CORPUS"], name)))
    if not found:
        sys.exit("FAIL: no corpus in %s" % os.environ["CORPUS"])
    return [open(path, "rb").read() for path in found]


def drain(sock, seconds):
    """Read what comes, at most for that long; False: the connection has ended."""
    sock.settimeout(seconds)
    try:
        return bool(sock.recv(65536))
    except TimeoutError:
        return True
    except OSError:
        return False


def part(rng, sock):
    """End a connection: in order, or by a reset."""
    if rng.random() < 0.3:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def send_in_pieces(rng, sock, data):
    for piece in pieces(rng, data):
        sock.sendall(piece)


def user_of(rng):
    return "user%02d" % rng.randint(1, 20)


# ---- TLS ----

def play_tls(rng):
    """A handshake whose flights are damaged, then damaged records."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = rng.choice((ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3))
    inside, outside = ssl.MemoryBIO(), ssl.MemoryBIO()
    name = rng.choice(("gw.example.com", "x" * 60 + ".example.com", "192.0.2.1"))
    tls = context.wrap_bio(inside, outside, server_hostname=name)
    sock = tcp(timeout=5)
    hurt = rng.choice((0, 1, 2, 3))  # the flight that is damaged; behind the handshake: a record
    sock.settimeout(1)
    try:
        for flight in range(6):
            done = False
            try:
                tls.do_handshake()
                done = True
            except ssl.SSLWantReadError:
                pass
            data = outside.read()
            if data:
                send_in_pieces(rng, sock, bend(rng, data) if flight == hurt else data)
            if done:
                break
            inside.write(sock.recv(65536))
        if done:
            reached["handshake"] += 1
            tls.write(b"GET / HTTP/1.1\r\nHost: gw.example.com\r\nX-Pad: " + b"a" * rng.randint(0, 9000) + b"\r\n\r\n")
            data = outside.read()
            sock.sendall(bend(rng, data) if rng.random() < 0.7 else data + b"\x17\x03\x03\x00\x05hello")
            drain(sock, 0.2)
    except OSError:  # ssl.SSLError is one
        pass
    part(rng, sock)


# ---- HTTP and XML ----

def requests_known():
    """Whole requests, by the dialogues of clients."""
    heads = corpus("http")
    heads += [b"%s %s HTTP/1.1\r\nHost: gw.example.com\r\nUser-Agent: AnyConnect\r\n"
              b"Cookie: webvpn=abc; webvpncontext=00@STAFF\r\n\r\n" % (method, path)
              for method in (b"GET", b"HEAD", b"OPTIONS", b"DELETE") for path in PATHS]
    posts = [(b"/", body) for body in corpus("xml", "xml_trace")] + [(HOME.encode(), body) for body in corpus("legacy_form")]
    return heads + [b"POST %s HTTP/1.1\r\nHost: gw.example.com\r\nX-Transcend-Version: 1\r\nX-Aggregate-Auth: 1\r\n"
                    b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s" % (path, len(body), body)
                    for path, body in posts]


def play_http(rng, known=[]):
    """Damaged requests, several on a connection while it lasts."""
    known = known or known.extend(requests_known()) or known
    client = Client(timeout=5)
    try:
        for _ in range(rng.randint(1, 4)):
            data = rng.choice(known)
            if rng.random() < 0.3:
                data += rng.choice(known)
            send_in_pieces(rng, client.sock, bend(rng, data) if rng.random() < 0.9 else data)
            if not drain(client.sock, 0.1):
                break
            reached["answer"] += 1
    except OSError:
        pass
    part(rng, client.sock)


def play_login(rng):
    """A login that gets as far as its form; the reply is damaged, its length is right."""
    client = Client(timeout=5)
    try:
        client.init(GROUP)
        body = ('<?xml version="1.0" encoding="UTF-8"?><config-auth client="vpn" type="auth-reply" aggregate-auth-version="2">'
                '<version who="vpn">v9.01</version><device-id>linux-64</device-id>%s<auth><username>%s</username>'
                '<password>%s</password></auth><group-select>%s</group-select></config-auth>'
                % (client.opaque, user_of(rng), PASSWORD, GROUP)).encode()
        reached["form"] += bool(client.opaque)
        answer = client.post(bend(rng, body, 2))
        reached["token"] += bool(answer.element("session-token"))
    except (OSError, Closed, ValueError, IndexError):
        pass
    part(rng, client.sock)


# ---- tunnels ----

def enter(rng, holder, headers=()):
    """A tunnel by the token of a login; a new login every hundred turns, or when the session has gone."""
    if holder.get("left", 0) <= 0:
        login = Client(timeout=10)
        holder.update(left=100, token=login.login(holder.setdefault("user", user_of(rng)), group=GROUP))
        login.close()
        reached["login"] += 1
    holder["left"] -= 1
    client = Client(timeout=10)
    answer = client.connect(holder["token"], headers)
    if answer.status != 200:
        holder["left"] = 0
        client.close()
        raise Closed
    client.ip4, client.answer = answer.header("X-CSTP-Address"), answer
    reached["tunnel"] += 1
    return client


def packet(rng, client):
    """What goes into a frame: a packet with this source, damaged now and then."""
    kind = rng.randrange(5)
    if kind == 0:
        data = echo4(client.ip4, "10.99.0.2", size=rng.choice((0, 56, 1300)))
    elif kind == 1:
        data = ipv4(client.ip4, "10.99.0.2", 17, struct.pack(">HHHH", 5353, 9, 8 + 32, 0) + bytes(32))
    elif kind == 2:
        tcp_head = struct.pack(">HHIIBBHHH", 4000, 9, rng.randrange(1 << 32), 0, 0x50, 0x10, 1000, 0, 0)
        data = ipv4(client.ip4, "10.99.0.2", 6, tcp_head + bytes(rng.choice((0, 1, 1300))))
    elif kind == 3:
        data = echo6("fd00:100::1001", "fd99::2")
    else:
        data = rng.randbytes(rng.randint(0, 1500))
    return bend(rng, data, 2) if data and rng.random() < 0.7 else data


def play_connect(rng, holder={}):
    """CONNECT with damaged headers, its token right."""
    head = ("CONNECT /CSCOSSLC/tunnel HTTP/1.1\r\nHost: gw.example.com\r\nUser-Agent: AnyConnect\r\n%%s"
            "X-CSTP-Version: 1\r\nX-CSTP-Hostname: raw\r\nX-CSTP-Base-MTU: 1500\r\nX-CSTP-MTU: 1400\r\n"
            "X-CSTP-Address-Type: IPv6,IPv4\r\nX-CSTP-Full-IPv6-Capability: true\r\nX-CSTP-Accept-Encoding: lzs,deflate\r\n"
            "X-DTLS-Master-Secret: %s\r\nX-DTLS-CipherSuite: PSK-NEGOTIATE:OC-DTLS1_2-AES256-GCM:AES128-SHA\r\n"
            "X-DTLS12-CipherSuite: AES256-GCM-SHA384:AES128-GCM-SHA256\r\nX-DTLS-Accept-Encoding: lzs\r\n\r\n" % ("5a" * 48))
    try:
        enter(rng, holder).close()
        cookie = b"Cookie: webvpn=%s\r\n" % holder["token"].encode()
        data = bend(rng, head.encode().replace(b"%s", b"@"), 3).replace(b"@", cookie, 1)
        client = Client(timeout=5)
        send_in_pieces(rng, client.sock, data)
        if drain(client.sock, 0.2):
            client.sock.sendall(bend(rng, b"STF\x01\x00\x04\x03\x00abcd"))
        part(rng, client.sock)
    except (OSError, Closed):
        pass


def play_cstp(rng, holder={}):
    """Frames with damaged packets, then damaged frames."""
    try:
        client = enter(rng, holder)
        for _ in range(rng.randint(1, 60)):
            data = packet(rng, client)
            client.frame(rng.choice((DATA, DATA, DATA) + TYPES), data)
        if rng.random() < 0.3:
            client.frame(DPD_REQ, b"x")
            reached["echo"] += client.recv_kind(DPD_RESP) == b"x"
        run = b""
        for _ in range(5):
            data = packet(rng, client)
            run += b"STF\x01" + struct.pack(">HBB", len(data), rng.choice(TYPES), 0) + data
        send_in_pieces(rng, client.sock, bend(rng, run))
        drain(client.sock, 0.05)
        if rng.random() < 0.02:
            client.frame(rng.choice((DISCONNECT, TERMINATE)), bend(rng, b"\xb0bye"))
            holder["left"] = 0
        part(rng, client.sock)
    except (OSError, Closed):
        pass


# ---- DTLS ----

def carry(rng, dtls, sock, out, damage):
    """Send records, some of them damaged or twice or in one datagram; take what comes back."""
    if rng.random() < 0.3:
        out = [b"".join(out)] if out else []
    for datagram in out:
        bent = bend(rng, datagram, 2) if rng.random() < damage else datagram
        for _ in range(2 if rng.random() < 0.1 else 1):
            if bent:
                sock.send(bent[:9000])
    while select.select([sock], [], [], 0.03)[0]:
        dtls.feed(sock.recv(65536))


def associate(rng, dtls, sock, damage):
    for _ in range(8):
        if dtls.handshake():
            carry(rng, dtls, sock, dtls.out(), damage)
            return True
        carry(rng, dtls, sock, dtls.out(), damage)
    return False


def records_of_client(rng, client, dtls, sock):
    """Authentic records with damaged packets in them, damaged records, new hellos, alerts."""
    for _ in range(rng.randint(1, 80)):
        out = dtls.seal(bytes([rng.choice((DATA, DATA, DATA) + TYPES)]) + packet(rng, client)[:1300])
        carry_now = bend(rng, out[0], 2) if out and rng.random() < 0.3 else b"".join(out)
        if carry_now:
            sock.send(carry_now[:9000])
    if rng.random() < 0.2:
        carry(rng, dtls, sock, dtls.renegotiate(), 0.3)
    sock.send(dtls.seal(bytes([DPD_REQ]) + b"x")[-1])
    while select.select([sock], [], [], 0.1)[0]:
        dtls.feed(sock.recv(65536))
        plain = dtls.read()
        while plain is not None:
            reached["dtls echo"] += plain[:1] == bytes([DPD_RESP])
            plain = dtls.read()
    if rng.random() < 0.5:
        carry(rng, dtls, sock, dtls.goodbye(), 0.3)


def play_dtls(rng, holder={}):
    master = rng.randbytes(48)
    header = rng.choice(("X-DTLS-CipherSuite: OC-DTLS1_2-AES256-GCM", "X-DTLS12-CipherSuite: AES256-GCM-SHA384"))
    try:
        client = enter(rng, holder, ("X-DTLS-Master-Secret: " + master.hex(), header))
        found = client.answer.header("X-DTLS-Session-ID") or client.answer.header("X-DTLS12-Session-ID")
        if found is None:
            return
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.connect((GW, 443))
            for damage in (0.4, 0):
                dtls = wire_dtls.Dtls(bytes.fromhex(found), master)
                if associate(rng, dtls, sock, damage):
                    reached["dtls"] += 1
                    records_of_client(rng, client, dtls, sock)
                dtls.free()
        part(rng, client.sock)
    except (OSError, Closed, IndexError):
        pass


# ---- control socket ----

def play_control(rng):
    reached["end"] += wire_control.turn(rng, os.environ["CONTROL"])


def main():
    kind, seconds, seed = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
    play = globals()["play_" + kind]
    if kind == "control":
        wire_control.become(rank="reader" if seed % 2 else "root")
    rng, end, turns, last = random.Random("%s %d" % (kind, seed)), time.monotonic() + seconds, 0, 0
    while time.monotonic() < end:
        try:
            play(rng)
            last = 0
        except (OSError, Closed) as error:  # before anything was damaged
            last += 1
            if last == 20:
                sys.exit("FAIL: %s turn %d: nothing goes any more: %r" % (kind, turns, error))
            time.sleep(0.1)
        turns += 1
    far = ", ".join("%d %s" % (n, what) for what, n in sorted(reached.items()))
    print("%s seed %d: %d turns; %s" % (kind, seed, turns, far))


main()
