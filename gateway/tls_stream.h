/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A TCP connection under TLS, non-blocking and batched: the socket is read in one big gulp, records
 * are opened one after the other, and the records that are written in one turn of the loop leave
 * with one send.
 *
 * The stream is born in conn.c (login, HTTP) and handed to chan.c when a CONNECT succeeded:
 * tls_stream_set_ops() changes the owner.
 */
#ifndef GATEWAY_TLS_STREAM_H
#define GATEWAY_TLS_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/err.h"
#include "common/ip.h"
#include "common/ipc.pb-c.h"
#include "gateway/worker.h"

struct tls_chain;
struct tls_stream;

/*
 * What the owner hears. Any of them may call tls_stream_close() (which is deferred: no further
 * callback follows, the memory lives until the loop is back at its top).
 */
struct tls_stream_ops {
	/* The handshake is done. May be NULL. */
	void (*on_ready)(struct tls_stream *stream, void *arg);
	/* Plaintext of one TLS record, borrowed for the call; len <= 16384. */
	void (*on_data)(struct tls_stream *stream, const uint8_t *data, size_t len, void *arg);
	/* All that the socket had was given to on_data: the place to flush batches. May be NULL. */
	void (*on_batch_end)(struct tls_stream *stream, void *arg);
	/* Output that was stuck in a full socket is gone. May be NULL. */
	void (*on_drain)(struct tls_stream *stream, void *arg);
	/*
	 * Peer closed (ERR_CLOSED), reset (ERR_SYS), broke TLS (ERR_CRYPTO), or output overflowed
	 * (ERR_LIMIT). Called once, from the loop; nothing else follows, and the owner has still to
	 * call tls_stream_close().
	 */
	void (*on_closed)(struct tls_stream *stream, enum err why, void *arg);
	size_t gulp_max; /* most bytes read from the socket at once; 0: as many as the worker's
			    buffer holds */
	bool secret;     /* what on_data gets holds passwords: wiped as soon as it returns */
	/* It is a tunnel from here on: tls_record.h instead of OpenSSL, if it can. What the
	 * handshake was about is forgotten then, but for the version and the cipher. */
	bool tunnel;
};

/* Take an accepted socket; starts the handshake. NULL: memory (fd is closed). */
struct tls_stream *tls_stream_accept(struct worker *worker, int fd,
    const struct ip_endpoint *client, const struct ip_endpoint *server,
    const struct tls_stream_ops *ops, void *arg) MUST_USE;
void tls_stream_set_ops(struct tls_stream *stream, const struct tls_stream_ops *ops, void *arg);

/* Seal data as exactly one TLS record (len <= 16384). It leaves at tls_stream_flush() or at the end
 * of this turn. */
enum err tls_stream_write(struct tls_stream *stream, const void *data, size_t len) MUST_USE;
/* As above for bytes of any length: as many records as needed. */
enum err tls_stream_write_all(struct tls_stream *stream, const void *data, size_t len) MUST_USE;
/* Send what was sealed. ERR_AGAIN: the socket is full, the rest leaves by itself and on_drain
 * follows. */
enum err tls_stream_flush(struct tls_stream *stream);
/* Sealed bytes that the socket has not taken yet: for back-pressure. */
size_t tls_stream_queued(const struct tls_stream *stream);
/*
 * Nothing passes here: give the buffers back, now and after each turn until one has many records.
 * From then on they are kept, for a turn with few says nothing about the next one.
 */
void tls_stream_rest(struct tls_stream *stream);
/* Stop and start reading the socket: for back-pressure while a request is being answered. */
void tls_stream_pause(struct tls_stream *stream, bool pause);

/* Flush what can be flushed and tell the peer that nothing more comes; reading goes on. */
void tls_stream_end(struct tls_stream *stream);
/* Flush what can be flushed, send close_notify if the handshake is done, close. No callback
 * follows. */
void tls_stream_close(struct tls_stream *stream);

const struct ip_endpoint *tls_stream_client(const struct tls_stream *stream);
const struct ip_endpoint *tls_stream_server(const struct tls_stream *stream);
/* "TLSv1.3" and OpenSSL's cipher name; "" before the handshake is done. Static storage. */
const char *tls_stream_version(const struct tls_stream *stream);
const char *tls_stream_cipher(const struct tls_stream *stream);
/* Did the handshake resume an earlier session? */
bool tls_stream_is_resumed(const struct tls_stream *stream);
/* SNI as sent, "" if none. Borrowed. */
const char *tls_stream_sni(const struct tls_stream *stream);
/* The certificates that the client showed (gateway/tls.h); none is ERR_OK too. ERR_NOMEM. */
enum err tls_stream_chain(const struct tls_stream *stream, struct tls_chain *out) MUST_USE;
/* The trustpoint of the certificate that the client was shown; "" if there is none. Borrowed. */
const char *tls_stream_trustpoint(const struct tls_stream *stream);
/* SHA-1 of the certificate that the client was shown, 40 upper-case digits; "" if there is none. */
void tls_stream_cert_hash(const struct tls_stream *stream, char dst[41]);
/* RFC 5705 / 8446 exporter without context (protocol.md 5.2). ERR_CRYPTO. */
enum err tls_stream_export(
    struct tls_stream *stream, const char *label, uint8_t *out, size_t out_len) MUST_USE;
/*
 * Have both directions go on with new keys: ours from the next record on, the client is asked to do
 * the same. Nothing is lost. ERR_UNSUPPORTED before TLS 1.3.
 */
enum err tls_stream_rekey(struct tls_stream *stream) MUST_USE;
/* Can it be done on this connection? False before the handshake is done. */
bool tls_stream_can_rekey(const struct tls_stream *stream);
/* How often the client has renewed its keys. Too often ends the stream (ERR_LIMIT). */
unsigned tls_stream_rekeys(const struct tls_stream *stream);
/* TCP maximum segment of the socket in bytes, 0 if unknown: for the MTU of the TLS channel. */
unsigned tls_stream_mss(const struct tls_stream *stream);
/* Why TLS failed (ERR_CRYPTO, ERR_LIMIT), mostly in OpenSSL's words; "" if it did not. Static
 * storage. */
const char *tls_stream_reason(const struct tls_stream *stream);

#endif
