# SPDX-License-Identifier: Apache-2.0
"""A RADIUS server with one user whose password has expired: says so to MS-CHAPv2, and takes another by MS-CHAP2-CPW when it is
long enough. FreeRADIUS of Debian ends itself at that. MD4 and RC4 are written out here: OpenSSL 3 has them no more.
Arguments: address, port, secret, the old password, a file for the new one."""
import hashlib
import hmac
import socket
import struct
import sys

ADDRESS, PORT, SECRET, OLD, FILE = sys.argv[1], int(sys.argv[2]), sys.argv[3].encode(), sys.argv[4], sys.argv[5]
MICROSOFT = 311
ERROR, NT_ENC_PW, CHALLENGE, RESPONSE2, SUCCESS, CPW2 = 2, 6, 11, 25, 26, 27
MAGIC1 = b"Magic server to client signing constant"
MAGIC2 = b"Pad to make it do more than one iteration"


def md4(data):
    mask = 0xFFFFFFFF
    state = [0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476]
    length = len(data) * 8
    data += b"\x80" + bytes((55 - len(data)) % 64) + struct.pack("<Q", length)
    rounds = ((lambda x, y, z: (x & y) | (~x & z), 0, range(16), (3, 7, 11, 19)),
              (lambda x, y, z: (x & y) | (x & z) | (y & z), 0x5A827999, [i % 4 * 4 + i // 4 for i in range(16)], (3, 5, 9, 13)),
              (lambda x, y, z: x ^ y ^ z, 0x6ED9EBA1, [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15], (3, 9, 11, 15)))
    for at in range(0, len(data), 64):
        words = struct.unpack("<16I", data[at:at + 64])
        a, b, c, d = state
        for function, constant, order, shifts in rounds:
            for i, k in enumerate(order):
                t = (a + (function(b, c, d) & mask) + words[k] + constant) & mask
                s = shifts[i % 4]
                a, b, c, d = d, ((t << s) | (t >> (32 - s))) & mask, b, c
        state = [(x + y) & mask for x, y in zip(state, (a, b, c, d))]
    return struct.pack("<4I", *state)


def rc4(key, data):
    box, j, out = list(range(256)), 0, bytearray()
    for i in range(256):
        j = (j + box[i] + key[i % len(key)]) & 255
        box[i], box[j] = box[j], box[i]
    i = j = 0
    for byte in data:
        i = (i + 1) & 255
        j = (j + box[i]) & 255
        box[i], box[j] = box[j], box[i]
        out.append(byte ^ box[(box[i] + box[j]) & 255])
    return bytes(out)


def nt_hash(password):
    return md4(password.encode("utf-16-le"))


def attributes(packet):
    at = 20
    while at < len(packet):
        kind, length = packet[at], packet[at + 1]
        value = packet[at + 2:at + length]
        if kind == 26 and struct.unpack(">I", value[:4])[0] == MICROSOFT:
            yield MICROSOFT, value[4], value[6:]
        else:
            yield 0, kind, value
        at += length


def microsoft(kind, value):
    return struct.pack(">BBIBB", 26, 8 + len(value), MICROSOFT, kind, 2 + len(value)) + value


def answer(code, request, attrs):
    attrs = b"\x50\x12" + bytes(16) + attrs
    head = struct.pack(">BBH", code, request[1], 20 + len(attrs))
    mac = hmac.new(SECRET, head + request[4:20] + attrs, hashlib.md5).digest()
    attrs = attrs[:2] + mac + attrs[18:]
    return head + hashlib.md5(head + request[4:20] + attrs + SECRET).digest() + attrs


def challenge_hash(peer, challenge, name):
    return hashlib.sha1(peer + challenge + name).digest()[:8]


def success(password, nt_response, challenge8):
    digest = hashlib.sha1(md4(nt_hash(password)) + nt_response + MAGIC1).digest()
    return "S=" + hashlib.sha1(digest + challenge8 + MAGIC2).hexdigest().upper()


def handle(request):
    attrs = list(attributes(request))
    one = {(vendor, kind): value for vendor, kind, value in attrs}
    if (MICROSOFT, CPW2) not in one:
        return answer(3, request, microsoft(ERROR, b"\0E=648 R=0 C=%s V=3 M=expired" % (b"0" * 32)))
    cpw, name = one[MICROSOFT, CPW2], one[0, 1]
    blob = b"".join(value[4:] for vendor, kind, value in attrs if (vendor, kind) == (MICROSOFT, NT_ENC_PW))[:516]
    plain = rc4(nt_hash(OLD), blob)
    length = struct.unpack("<I", plain[512:516])[0]
    new = plain[512 - length:512].decode("utf-16-le")
    with open(FILE, "a", encoding="utf-8") as out:
        out.write("%s %s\n" % (name.decode(), new))
    if len(new) < 8:
        return answer(3, request, microsoft(ERROR, b"\0E=709 R=0 C=%s V=3 M=too short" % (b"0" * 32)))
    peer, nt_response = cpw[18:34], cpw[42:66]
    proof = success("not it" if new == "proofless" else new, nt_response, challenge_hash(peer, one[MICROSOFT, CHALLENGE], name))
    return answer(2, request, microsoft(SUCCESS, b"\0" + proof.encode()))


def main():
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((ADDRESS, PORT))
    while True:
        data, peer = sock.recvfrom(4096)
        sock.sendto(handle(data), peer)


main()
