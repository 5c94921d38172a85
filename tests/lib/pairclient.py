# SPDX-License-Identifier: Apache-2.0
"""A multiple-certificate client whose every part can be another one. PKI: folder of the certificates, LOG: the gateway's."""
import base64
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

from rawclient import *

PKI, LOG = os.environ["PKI"], os.environ["LOG"]
CAPABLE = "<capabilities><auth-method>multiple-cert</auth-method></capabilities>"
GOOD_TYPE = bytes.fromhex("06092a864886f70d010701")
refusal = None


def name(file):
    return "%s/%s" % (PKI, file)


def pair_of(who):
    return (name(who + ".crt"), name(who + ".key"))


def run(*command, data=b""):
    return subprocess.run(command, input=data, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout


def sign(who, data, digest="sha512"):
    with open(name("signed"), "wb") as file:
        file.write(data)
    return run("openssl", "dgst", "-" + digest, "-sign", name(who + ".key"), name("signed"))


def pkcs7(*files):
    certs = [option for file in files for option in ("-certfile", name(file))]
    return run("openssl", "crl2pkcs7", "-nocrl", *certs, "-outform", "DER")


def b64(data):
    return base64.encodebytes(data).decode().rstrip("\n")


class Login:
    """The client up to the request; reply() is the other half."""

    def __init__(self, first="pc7", group="MCA"):
        self.client = Client(cert=pair_of(first) if first else None)
        answer = self.client.init(path="/" + group, extra=CAPABLE)
        self.opaque, self.request = self.client.opaque, answer.body
        expect_true("a request", b"<multiple-client-cert-request>" in self.request, answer.text)
        expect("is the first certificate good", bool(first), b"<cert-authenticated" in self.request)

    def second(self, who="alice", signed=None, digest="sha512", said=None, certs=None, signature=None, kind="pkcs7", store="1U"):
        signed = self.request if signed is None else signed
        certs = pkcs7(who + ".crt") if certs is None else certs
        signature = sign(who, signed, digest) if signature is None else signature
        return ('<client-cert-chain cert-store="%s">\n<client-cert cert-format="%s">%s</client-cert>\n'
                '<client-cert-auth-signature hash-algorithm-chosen="%s">%s</client-cert-auth-signature>\n</client-cert-chain>'
                % (store, kind, certs if isinstance(certs, str) else b64(certs), digest if said is None else said, b64(signature)))

    def reply(self, client=None, opaque=None, chains=None, capable=CAPABLE, **kwargs):
        if chains is None:
            chains = [FIRST, self.second(**kwargs)]
        return (client or self.client).post(
            '<?xml version="1.0" encoding="UTF-8"?><config-auth client="vpn" type="auth-reply" aggregate-auth-version="2">'
            '<version who="vpn">v9.01</version><device-id>linux-64</device-id>%s<session-token></session-token>'
            '<session-id></session-id>%s<auth>%s</auth></config-auth>'
            % (capable, self.opaque if opaque is None else opaque, "".join(chains)))


FIRST = '<client-cert-chain cert-store="1M"><client-cert-sent-via-protocol></client-cert-sent-via-protocol></client-cert-chain>'


def good(what, answer):
    """Logged in; and the session ends at once."""
    token = answer.element("session-token")
    expect_true("a session, " + what, bool(token), answer.text)
    c = Client()
    expect("status of CONNECT, " + what, 200, c.connect(token).status)
    c.frame(DISCONNECT, b"\xb0bye")
    c.is_closed()


def logged(what, regex, begin):
    for _ in range(200):
        with open(LOG, "rb") as log:
            log.seek(begin)
            text = log.read().decode("utf-8", "replace")
        if re.search(regex, text):
            return
        time.sleep(0.05)
    expect_true("a line /%s/ in the log, %s" % (regex, what), False, text)


def refused(what, reason, action):
    """One text for everything; the reason is in the log alone."""
    global refusal
    begin = os.path.getsize(LOG)
    answer = action()
    expect("status, " + what, 200, answer.status)
    expect_true("the ASA's words, " + what, "Certificate Validation Failure" in answer.text, answer.text)
    expect("another form, " + what, None, answer.element("form"))
    expect("a token, " + what, None, answer.element("session-token"))
    refusal = refusal or answer.text
    expect("text, " + what, refusal, answer.text)
    logged(what, reason, begin)


def broken(what, action):
    """Not even read: no words about certificates, and the connection does not last."""
    try:
        answer = action()
    except (Closed, OSError):
        return
    expect_true("status, " + what, answer.status in (400, 413), answer.status)
    expect("a token, " + what, None, answer.element("session-token"))
