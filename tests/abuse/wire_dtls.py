# SPDX-License-Identifier: Apache-2.0
"""A DTLS 1.2 client over datagrams that the caller carries, by the system's OpenSSL: it resumes the session of its CONNECT."""
import ctypes

SET_MTU, MEM_EOF = 17, 130
NO_EXTENDED_MASTER, NO_QUERY_MTU, NO_TICKET, ALLOW_CLIENT_RENEGOTIATION = 1, 1 << 12, 1 << 14, 1 << 8
DTLS12 = 0xFEFD
SUITE, SUITE_NAME = b"\x00\x9d", "AES256-GCM-SHA384"

ssl = ctypes.CDLL("libssl.so.3")
crypto = ctypes.CDLL("libcrypto.so.3")
P, INT, SIZE, BYTES = ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t, ctypes.c_char_p


def declare(lib, result, name, *args):
    function = getattr(lib, name)
    function.restype, function.argtypes = result, args


for row in ((P, "DTLS_client_method"), (P, "SSL_CTX_new", P), (INT, "SSL_CTX_set_cipher_list", P, BYTES),
            (ctypes.c_uint64, "SSL_CTX_set_options", P, ctypes.c_uint64), (P, "SSL_new", P), (None, "SSL_free", P),
            (P, "SSL_SESSION_new"), (None, "SSL_SESSION_free", P), (INT, "SSL_SESSION_set_protocol_version", P, INT),
            (P, "SSL_CIPHER_find", P, BYTES), (INT, "SSL_SESSION_set_cipher", P, P),
            (INT, "SSL_SESSION_set1_master_key", P, BYTES, SIZE), (INT, "SSL_SESSION_set1_id", P, BYTES, ctypes.c_uint),
            (INT, "SSL_set_session", P, P), (None, "SSL_set_bio", P, P, P), (ctypes.c_long, "SSL_ctrl", P, INT, ctypes.c_long, P),
            (INT, "SSL_connect", P), (INT, "SSL_write", P, BYTES, INT), (INT, "SSL_read", P, P, INT), (INT, "SSL_renegotiate", P),
            (INT, "SSL_is_init_finished", P), (INT, "SSL_shutdown", P)):
    declare(ssl, *row)
for row in ((P, "BIO_new", P), (P, "BIO_s_mem"), (ctypes.c_long, "BIO_ctrl", P, INT, ctypes.c_long, P),
            (INT, "BIO_read", P, P, INT), (INT, "BIO_write", P, BYTES, INT), (None, "ERR_clear_error")):
    declare(crypto, *row)

context = ssl.SSL_CTX_new(ssl.DTLS_client_method())
ssl.SSL_CTX_set_options(context, NO_EXTENDED_MASTER | NO_QUERY_MTU | NO_TICKET | ALLOW_CLIENT_RENEGOTIATION)
if ssl.SSL_CTX_set_cipher_list(context, SUITE_NAME.encode()) != 1:
    raise RuntimeError("no " + SUITE_NAME)


def records(data):
    """The records of what OpenSSL wrote, one by one."""
    out = []
    while len(data) >= 13:
        size = 13 + int.from_bytes(data[11:13], "big")
        out.append(data[:size])
        data = data[size:]
    return out


class Dtls:
    def __init__(self, session_id, master):
        self.ssl = ssl.SSL_new(context)
        session = ssl.SSL_SESSION_new()
        ssl.SSL_SESSION_set_protocol_version(session, DTLS12)
        ssl.SSL_SESSION_set_cipher(session, ssl.SSL_CIPHER_find(self.ssl, SUITE))
        ssl.SSL_SESSION_set1_master_key(session, master, len(master))
        ssl.SSL_SESSION_set1_id(session, session_id, len(session_id))
        ssl.SSL_set_session(self.ssl, session)
        ssl.SSL_SESSION_free(session)
        self.rx, self.tx = crypto.BIO_new(crypto.BIO_s_mem()), crypto.BIO_new(crypto.BIO_s_mem())
        crypto.BIO_ctrl(self.rx, MEM_EOF, -1, None)
        crypto.BIO_ctrl(self.tx, MEM_EOF, -1, None)
        ssl.SSL_set_bio(self.ssl, self.rx, self.tx)
        ssl.SSL_ctrl(self.ssl, SET_MTU, 1400, None)
        self.room = ctypes.create_string_buffer(20000)

    def out(self):
        """Records that are to be sent."""
        size = crypto.BIO_read(self.tx, self.room, 20000)
        return records(self.room.raw[:size]) if size > 0 else []

    def feed(self, datagram):
        crypto.BIO_write(self.rx, datagram, len(datagram))

    def handshake(self):
        crypto.ERR_clear_error()
        ssl.SSL_connect(self.ssl)
        return ssl.SSL_is_init_finished(self.ssl) == 1

    def seal(self, data):
        crypto.ERR_clear_error()
        ssl.SSL_write(self.ssl, data, len(data))
        return self.out()

    def read(self):
        crypto.ERR_clear_error()
        size = ssl.SSL_read(self.ssl, self.room, 20000)
        return self.room.raw[:size] if size > 0 else None

    def renegotiate(self):
        """Asks for new keys in this association; returns the records."""
        crypto.ERR_clear_error()
        ssl.SSL_renegotiate(self.ssl)
        ssl.SSL_connect(self.ssl)
        return self.out()

    def goodbye(self):
        ssl.SSL_shutdown(self.ssl)
        return self.out()

    def free(self):
        ssl.SSL_free(self.ssl)
