# SPDX-License-Identifier: Apache-2.0
"""A client without manners: speaks the login, CONNECT and the frames byte by byte, so that tests can break them."""
import os
import re
import socket
import ssl
import struct
import sys

GW = os.environ.get("GW_IP", "192.0.2.1")
PASSWORD = os.environ.get("PASSWORD", "")
DATA, DPD_REQ, DPD_RESP, DISCONNECT, KEEPALIVE, COMPRESSED, TERMINATE = 0, 3, 4, 5, 7, 8, 9


class Closed(Exception):
    """The gateway closed the connection."""


class Response:
    def __init__(self, status, reason, headers, body):
        self.status, self.reason, self.headers, self.body = status, reason, headers, body

    def header(self, name):
        for key, value in self.headers:
            if key.lower() == name.lower():
                return value
        return None

    def all(self, name):
        return [v for k, v in self.headers if k.lower() == name.lower()]

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")

    def element(self, name):
        found = re.search(r"<%s\b[^>]*>(.*?)</%s>" % (name, name), self.text, re.S)
        return found.group(1) if found else None


def expect(what, expected, got):
    if expected != got:
        print("FAIL: %s, expected %r, got %r" % (what, expected, got))
        sys.exit(1)


def expect_true(what, ok, got):
    if not ok:
        print("FAIL: %s, got %r" % (what, got))
        sys.exit(1)


def tcp(host=None, port=443, timeout=15):
    sock = socket.create_connection((host or GW, port), timeout=timeout)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


class Client:
    def __init__(self, host=None, port=443, version=None, timeout=15, sni="gw.example.com", cert=None):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        if version:
            context.minimum_version = context.maximum_version = version
        if cert:  # files of a certificate and its key
            context.load_cert_chain(*cert)
        self.sock = context.wrap_socket(tcp(host, port, timeout), server_hostname=sni)
        self.left = b""
        self.opaque = ""

    def send(self, data):
        self.sock.sendall(data)

    def recv(self):
        try:
            data = self.sock.recv(65536)
        except (ssl.SSLEOFError, ConnectionResetError) as error:
            raise Closed() from error
        if not data:
            raise Closed()
        self.left += data

    def take(self, n):
        while len(self.left) < n:
            self.recv()
        data, self.left = self.left[:n], self.left[n:]
        return data

    def response(self, has_body=True):
        while b"\r\n\r\n" not in self.left:
            self.recv()
        head, self.left = self.left.split(b"\r\n\r\n", 1)
        lines = head.decode("latin-1").split("\r\n")
        _, status, reason = (lines[0] + " ").split(" ", 2)
        headers = [tuple(part.strip() for part in line.split(":", 1)) for line in lines[1:]]
        length = [int(v) for k, v in headers if k.lower() == "content-length"]
        body = self.take(length[0]) if length and has_body else b""
        return Response(int(status), reason.strip(), headers, body)

    def request(self, method, target, body=b"", headers=()):
        if isinstance(body, str):
            body = body.encode()
        head = ["%s %s HTTP/1.1" % (method, target), "Host: gw.example.com",
                "User-Agent: Open AnyConnect VPN Agent v9.01", "X-Transcend-Version: 1", "X-Aggregate-Auth: 1"]
        head += list(headers)
        if body:
            head += ["Content-Type: application/x-www-form-urlencoded", "Content-Length: %d" % len(body)]
        self.send("\r\n".join(head).encode() + b"\r\n\r\n" + body)
        return self.response(method != "HEAD")

    def post(self, xml, path="/"):
        answer = self.request("POST", path, xml)
        found = re.search(r"<opaque\b.*?</opaque>", answer.text, re.S)
        self.opaque = found.group(0) if found else ""
        return answer

    def init(self, group=None, path="/", access=None, extra=""):
        select = "<group-select>%s</group-select>" % group if group else ""
        return self.post(
            '<?xml version="1.0" encoding="UTF-8"?><config-auth client="vpn" type="init" aggregate-auth-version="2">'
            '<version who="vpn">v9.01</version><device-id>linux-64</device-id>'
            "%s<group-access>%s</group-access>%s</config-auth>"
            % (extra, access or "https://gw.example.com" + path, select), path)

    def reply(self, user, password, group=None, opaque=None):
        select = "<group-select>%s</group-select>" % group if group else ""
        return self.post(
            '<?xml version="1.0" encoding="UTF-8"?><config-auth client="vpn" type="auth-reply" aggregate-auth-version="2">'
            '<version who="vpn">v9.01</version><device-id>linux-64</device-id>%s'
            "<auth><username>%s</username><password>%s</password></auth>%s</config-auth>"
            % (self.opaque if opaque is None else opaque, user, password, select))

    def login(self, user, password=None, group=None, path="/"):
        """Returns the session token."""
        self.init(group, path)
        answer = self.reply(user, PASSWORD if password is None else password, group)
        token = answer.element("session-token")
        if not token:
            print("FAIL: login of %s, expected a token, got %r" % (user, answer.text))
            sys.exit(1)
        return token

    def connect(self, token=None, headers=(), target="/CSCOSSLC/tunnel"):
        lines = list(headers)
        if token is not None:
            lines.append("Cookie: webvpn=%s" % token)
        lines += ["X-CSTP-Version: 1", "X-CSTP-Hostname: raw", "X-CSTP-Base-MTU: 1500", "X-CSTP-MTU: 1400",
                  "X-CSTP-Address-Type: IPv6,IPv4", "X-CSTP-Full-IPv6-Capability: true"]
        return self.request("CONNECT", target, headers=lines)

    def tunnel(self, user, **kwargs):
        """Log in on one connection, CONNECT on another one (this); returns the CONNECT's answer."""
        login = Client(GW)
        self.token = login.login(user, **kwargs)
        login.close()
        answer = self.connect(self.token)
        expect("status of CONNECT", 200, answer.status)
        self.ip4 = answer.header("X-CSTP-Address")
        self.ip6 = (answer.header("X-CSTP-Address-IP6") or "").split("/")[0]
        return answer

    def frame(self, kind, payload=b""):
        self.send(b"STF\x01" + struct.pack(">HBB", len(payload), kind, 0) + payload)

    def recv_frame(self):
        head = self.take(8)
        expect("magic of a frame", b"STF\x01", head[:4])
        length, kind = struct.unpack(">HB", head[4:7])
        return kind, self.take(length)

    def recv_kind(self, wanted):
        while True:
            kind, payload = self.recv_frame()
            if kind == wanted:
                return payload

    def is_closed(self, timeout=15):
        """True when the gateway closes within the time; what it still sends is thrown away."""
        self.sock.settimeout(timeout)
        try:
            while True:
                self.left = b""
                self.recv()
        except Closed:
            return True
        except OSError:
            return False

    def close(self):
        self.sock.close()


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(">%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ipv4(src, dst, proto, payload):
    head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 1, 0, 64, proto, 0,
                       socket.inet_aton(src), socket.inet_aton(dst))
    return head[:10] + struct.pack(">H", checksum(head)) + head[12:] + payload


def echo4(src, dst, seq=1, size=56):
    data = struct.pack(">BBHHH", 8, 0, 0, 0x5345, seq) + b"s" * size
    data = data[:2] + struct.pack(">H", checksum(data)) + data[4:]
    return ipv4(src, dst, 1, data)


def echo6(src, dst, seq=1, size=56):
    source, target = socket.inet_pton(socket.AF_INET6, src), socket.inet_pton(socket.AF_INET6, dst)
    data = struct.pack(">BBHHH", 128, 0, 0, 0x5345, seq) + b"s" * size
    pseudo = source + target + struct.pack(">II", len(data), 58)
    data = data[:2] + struct.pack(">H", checksum(pseudo + data)) + data[4:]
    return struct.pack(">IHBB", 0x60000000, len(data), 58, 64) + source + target + data
