/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenSSL is watched from the first message on: its message callback counts records as they are
 * sealed and opened, its key log names the moments when keys change (and the secrets), so that the
 * sequence numbers of both directions are known at any time.
 */
#include "gateway/tls_record.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "gateway/tls_bio.h"

#define VERSION 0x0303 /* on the wire, of both versions */
#define OVERHEAD_MAX 256
#define TYPE_13_LEN 1
#define CLIENT_HELLO 1
#define MESSAGE_HEAD 4 /* of a handshake message: type and length */
#define KEY_UPDATE_LEN (MESSAGE_HEAD + 1)
#define ALERT_LEN 2
/* As many as OpenSSL bears in a row. */
#define EMPTY_MAX 32
#define WARNINGS_MAX 5
/* Records under one key of TLS 1.3; AES-GCM is good for 2^24.5 (RFC 8446 5.5). */
#define KEY_RECORDS_MAX (UINT64_C(1) << 24)

struct tls_record {
	struct tls_bio *bio;
	struct aead_suite suite;
	struct aead12 rx12, tx12; /* TLS 1.2 */
	struct aead13 rx13, tx13; /* TLS 1.3 */
	bool is_13;
	uint64_t rx_seq, tx_seq; /* of the next record */
	unsigned empty;          /* records without data, in a row */
	unsigned warnings;       /* alerts without an effect, in a row */
	const char *reason;
};

/* ---- beside OpenSSL ---- */

static size_t
secret_read(uint8_t dst[AEAD_SECRET_MAX], const char *line)
{
	const char *hex = strrchr(line, ' ');
	size_t len = hex != NULL ? strlen(hex + 1) / 2 : 0;

	if (len == 0 || len > AEAD_SECRET_MAX || str_unhex(hex + 1, dst, len) != ERR_OK)
		return 0;
	return len;
}

/* A line: label, the client's random, the secret (the format of NSS's key log). */
void
tls_record_keylog(const SSL *ssl, const char *line)
{
	static const char client[] = "CLIENT_TRAFFIC_SECRET_0 ",
			  server[] = "SERVER_TRAFFIC_SECRET_0 ";
	struct tls_record_start *start = SSL_get_app_data(ssl);

	if (start == NULL)
		return;
	if (strncmp(line, client, sizeof(client) - 1) == 0) {
		start->rx_secret_len = secret_read(start->rx_secret, line);
		start->rx_seq = 0;
	} else if (strncmp(line, server, sizeof(server) - 1) == 0) {
		start->tx_secret_len = secret_read(start->tx_secret, line);
		start->tx_seq = 0;
	}
}

void
tls_record_note(
    struct tls_record_start *start, bool sent, int type, const void *message, size_t len)
{
	uint64_t *seq = sent ? &start->tx_seq : &start->rx_seq;
	const uint8_t *bytes = message;

	if (len == 0)
		return;
	if (type == SSL3_RT_HANDSHAKE && bytes[0] == SSL3_MT_KEY_UPDATE)
		start->renewed = true;
	if (type != SSL3_RT_HEADER)
		return;
	/* TLS 1.2: new keys from the next record on. TLS 1.3: of no meaning, and before its keys.
	 */
	if (bytes[0] == SSL3_RT_CHANGE_CIPHER_SPEC)
		*seq = 0;
	else
		(*seq)++;
}

/* Is OpenSSL between two records in both directions, with nothing left to do? */
static bool
is_resting(SSL *ssl)
{
	const SSL_SESSION *session = SSL_get_session(ssl);

	return SSL_is_init_finished(ssl) == 1 && SSL_has_pending(ssl) == 0 &&
	       strcmp(SSL_rstate_string(ssl), "RH") == 0 && SSL_get_shutdown(ssl) == 0 &&
	       SSL_get_key_update_type(ssl) == SSL_KEY_UPDATE_NONE && session != NULL &&
	       SSL_SESSION_get_max_fragment_length(session) == TLSEXT_max_fragment_length_DISABLED;
}

static enum err
keys_take(struct tls_record *record, SSL *ssl, const struct tls_record_start *start)
{
	size_t secret_len = (size_t)EVP_MD_get_size(record->suite.digest);
	enum err err;

	if (!record->is_13 && record->suite.nonce_len > 0 && !record->bio->nonce_known)
		return ERR_UNSUPPORTED;
	if (!record->is_13)
		return aead12_init(
		    ssl, &record->suite, record->bio->nonce, &record->rx12, &record->tx12);
	if (start->renewed || start->rx_secret_len != secret_len ||
	    start->tx_secret_len != secret_len)
		return ERR_UNSUPPORTED;
	err = aead13_init(&record->rx13, &record->suite, start->rx_secret, false);
	if (err == ERR_OK)
		err = aead13_init(&record->tx13, &record->suite, start->tx_secret, true);
	return err;
}

enum err
tls_record_new(
    SSL *ssl, const struct tls_record_start *start, struct tls_bio *bio, struct tls_record **out)
{
	int version = SSL_version(ssl);
	struct tls_record *record;
	struct aead_suite suite;
	enum err err;

	if ((version != TLS1_3_VERSION && version != TLS1_2_VERSION) || !is_resting(ssl) ||
	    !aead_suite_of(SSL_get_current_cipher(ssl), &suite))
		return ERR_UNSUPPORTED;
	record = calloc(1, sizeof(*record));
	if (record == NULL)
		return ERR_NOMEM;
	record->bio = bio;
	record->suite = suite;
	record->is_13 = version == TLS1_3_VERSION;
	record->rx_seq = start->rx_seq;
	record->tx_seq = start->tx_seq;
	record->reason = "";
	err = keys_take(record, ssl, start);
	if (err != ERR_OK) {
		ERR_clear_error();
		tls_record_free(record);
		return err;
	}
	*out = record;
	return ERR_OK;
}

void
tls_record_free(struct tls_record *record)
{
	if (record == NULL)
		return;
	aead12_fini(&record->rx12);
	aead12_fini(&record->tx12);
	aead13_fini(&record->rx13);
	aead13_fini(&record->tx13);
	free(record);
}

/* ---- sealing ---- */

static void
head_put(uint8_t *dst, uint8_t type, size_t len)
{
	dst[0] = type;
	aead_put(dst + 1, VERSION, 2);
	aead_put(dst + 3, len, 2);
}

static size_t
seal_12(struct tls_record *record, uint8_t type, const uint8_t *data, size_t len, uint8_t *dst)
{
	size_t nonce_len = record->suite.nonce_len, body_len = nonce_len + len + AEAD_TAG_LEN;

	head_put(dst, type, body_len);
	memcpy(dst + TLS_RECORD_HEAD + nonce_len, data, len);
	if (aead12_run(
		&record->tx12, type, VERSION, record->tx_seq, dst + TLS_RECORD_HEAD, body_len) < 0)
		return 0;
	return TLS_RECORD_HEAD + body_len;
}

/* The type is inside, behind the data. */
static size_t
seal_13(struct tls_record *record, uint8_t type, const uint8_t *data, size_t len, uint8_t *dst)
{
	size_t text_len = len + TYPE_13_LEN, body_len = text_len + AEAD_TAG_LEN;

	head_put(dst, SSL3_RT_APPLICATION_DATA, body_len);
	memcpy(dst + TLS_RECORD_HEAD, data, len);
	dst[TLS_RECORD_HEAD + len] = type;
	if (!aead13_seal(&record->tx13, record->tx_seq, dst, dst + TLS_RECORD_HEAD, text_len))
		return 0;
	return TLS_RECORD_HEAD + body_len;
}

static enum err
seal(struct tls_record *record, uint8_t type, const uint8_t *data, size_t len)
{
	uint8_t *dst = tls_bio_room(
	    record->bio, TLS_RECORD_HEAD + AEAD_NONCE_LEN + len + TYPE_13_LEN + AEAD_TAG_LEN);
	size_t sealed;

	if (dst == NULL)
		return record->bio->out.err;
	if (record->tx_seq == UINT64_MAX)
		return ERR_LIMIT;
	sealed = record->is_13 ? seal_13(record, type, data, len, dst)
			       : seal_12(record, type, data, len, dst);
	if (sealed == 0) {
		ERR_clear_error();
		return ERR_CRYPTO;
	}
	record->tx_seq++;
	tls_bio_added(record->bio, sealed);
	return ERR_OK;
}

/* Say so, and go on with new keys. */
static enum err
key_update(struct tls_record *record, uint8_t request)
{
	const uint8_t message[KEY_UPDATE_LEN] = {SSL3_MT_KEY_UPDATE, 0, 0, 1, request};
	enum err err = seal(record, SSL3_RT_HANDSHAKE, message, sizeof(message));

	if (err != ERR_OK)
		return err;
	record->tx_seq = 0;
	return aead13_renew(&record->tx13, &record->suite, true);
}

enum err
tls_record_seal(struct tls_record *record, const uint8_t *data, size_t len)
{
	if (len > TLS_RECORD_MAX)
		return ERR_RANGE;
	if (record->is_13 && record->tx_seq >= KEY_RECORDS_MAX) {
		enum err err = key_update(record, SSL_KEY_UPDATE_NOT_REQUESTED);

		if (err != ERR_OK)
			return err;
	}
	return seal(record, SSL3_RT_APPLICATION_DATA, data, len);
}

/* Without an effect if it cannot be done: the connection is at its end in any case. */
static void
alert(struct tls_record *record, uint8_t level, uint8_t description)
{
	const uint8_t bytes[ALERT_LEN] = {level, description};

	(void)seal(record, SSL3_RT_ALERT, bytes, sizeof(bytes));
}

void
tls_record_close(struct tls_record *record)
{
	alert(record, SSL3_AL_WARNING, SSL_AD_CLOSE_NOTIFY);
}

bool
tls_record_can_rekey(const struct tls_record *record)
{
	return record->is_13;
}

enum err
tls_record_rekey(struct tls_record *record)
{
	return record->is_13 ? key_update(record, SSL_KEY_UPDATE_REQUESTED) : ERR_UNSUPPORTED;
}

/* ---- opening ---- */

static void
note_reason(struct tls_record *record, int code)
{
	const char *reason = ERR_reason_error_string(ERR_PACK(ERR_LIB_SSL, 0, code));

	record->reason = reason != NULL ? reason : "protocol error";
}

/* The client broke the rules. code: OpenSSL's for the same. */
static enum err
fail(struct tls_record *record, uint8_t description, int code)
{
	ERR_clear_error();
	note_reason(record, code);
	alert(record, SSL3_AL_FATAL, description);
	return ERR_CRYPTO;
}

static enum err
take_data(struct tls_record *record, const struct tls_opened *opened)
{
	record->warnings = 0;
	if (opened->len > 0)
		record->empty = 0;
	else if (++record->empty > EMPTY_MAX)
		return fail(record, SSL_AD_UNEXPECTED_MESSAGE, SSL_R_RECORD_TOO_SMALL);
	return ERR_OK;
}

static enum err
take_alert(struct tls_record *record, const uint8_t *data, size_t len)
{
	bool closes, warns;

	if (len != ALERT_LEN)
		return fail(record, SSL_AD_UNEXPECTED_MESSAGE, SSL_R_INVALID_ALERT);
	/* TLS 1.3 has no levels. */
	closes = data[1] == SSL_AD_CLOSE_NOTIFY && (record->is_13 || data[0] == SSL3_AL_WARNING);
	warns = record->is_13 ? data[1] == SSL_AD_USER_CANCELLED : data[0] == SSL3_AL_WARNING;
	if (closes)
		return ERR_CLOSED;
	if (warns && ++record->warnings >= WARNINGS_MAX)
		return fail(record, SSL_AD_UNEXPECTED_MESSAGE, SSL_R_TOO_MANY_WARN_ALERTS);
	if (warns)
		return ERR_OK;
	if (!record->is_13 && data[0] != SSL3_AL_FATAL)
		return fail(record, SSL_AD_ILLEGAL_PARAMETER, SSL_R_UNKNOWN_ALERT_TYPE);
	note_reason(record, SSL_AD_REASON_OFFSET + data[1]);
	return ERR_CRYPTO;
}

/* TLS 1.3: new keys of the client, and nothing behind it in the record (RFC 8446 5.1). No other
 * message may come after the handshake. */
static enum err
take_key_update(struct tls_record *record, const uint8_t *data, size_t len, bool *rekey)
{
	enum err err;

	if (len != KEY_UPDATE_LEN || data[0] != SSL3_MT_KEY_UPDATE ||
	    aead_get(data + 1, MESSAGE_HEAD - 1) != 1)
		return fail(record, SSL_AD_UNEXPECTED_MESSAGE, SSL_R_UNEXPECTED_MESSAGE);
	if (data[MESSAGE_HEAD] != SSL_KEY_UPDATE_NOT_REQUESTED &&
	    data[MESSAGE_HEAD] != SSL_KEY_UPDATE_REQUESTED)
		return fail(record, SSL_AD_ILLEGAL_PARAMETER, SSL_R_BAD_KEY_UPDATE);
	*rekey = true;
	record->rx_seq = 0;
	err = aead13_renew(&record->rx13, &record->suite, false);
	if (err == ERR_OK && data[MESSAGE_HEAD] == SSL_KEY_UPDATE_REQUESTED)
		err = key_update(record, SSL_KEY_UPDATE_NOT_REQUESTED);
	return err;
}

/* TLS 1.2: a wish for a new handshake is refused, and the connection goes on. */
static enum err
take_hello(struct tls_record *record, const uint8_t *data, size_t len, bool *rekey)
{
	if (len < MESSAGE_HEAD || data[0] != CLIENT_HELLO ||
	    aead_get(data + 1, MESSAGE_HEAD - 1) != len - MESSAGE_HEAD)
		return fail(record, SSL_AD_UNEXPECTED_MESSAGE, SSL_R_UNEXPECTED_MESSAGE);
	*rekey = true;
	alert(record, SSL3_AL_WARNING, SSL_AD_NO_RENEGOTIATION);
	return ERR_OK;
}

static enum err
take(struct tls_record *record, uint8_t type, struct tls_opened *opened)
{
	const uint8_t *data = opened->data;
	size_t len = opened->len;

	if (type == SSL3_RT_APPLICATION_DATA)
		return take_data(record, opened);
	opened->len = 0;
	if (type == SSL3_RT_ALERT)
		return take_alert(record, data, len);
	if (type != SSL3_RT_HANDSHAKE)
		return fail(record, SSL_AD_UNEXPECTED_MESSAGE, SSL_R_UNEXPECTED_RECORD);
	return record->is_13 ? take_key_update(record, data, len, &opened->rekey)
			     : take_hello(record, data, len, &opened->rekey);
}

/* What follows the head, in place. ERR_RANGE: more text than a record may have. */
static enum err
open_12(
    struct tls_record *record, uint8_t *data, size_t len, uint8_t *type, struct tls_opened *opened)
{
	size_t overhead = record->suite.nonce_len + AEAD_TAG_LEN;

	*type = data[0];
	if (len < overhead || aead12_run(&record->rx12, *type, VERSION, record->rx_seq,
				  data + TLS_RECORD_HEAD, len) < 0)
		return ERR_CRYPTO;
	opened->data = data + TLS_RECORD_HEAD + record->suite.nonce_len;
	opened->len = len - overhead;
	return opened->len <= TLS_RECORD_MAX ? ERR_OK : ERR_RANGE;
}

/* The type is behind the data, padding of zeros behind that. ERR_SYNTAX: there is no type. */
static enum err
open_13(
    struct tls_record *record, uint8_t *data, size_t len, uint8_t *type, struct tls_opened *opened)
{
	uint8_t *text = data + TLS_RECORD_HEAD;

	if (len < AEAD_TAG_LEN + TYPE_13_LEN ||
	    !aead13_open(&record->rx13, record->rx_seq, data, text, len - AEAD_TAG_LEN))
		return ERR_CRYPTO;
	len -= AEAD_TAG_LEN;
	if (len > TLS_RECORD_MAX + TYPE_13_LEN)
		return ERR_RANGE;
	while (len > 0 && text[len - 1] == 0)
		len--;
	if (len == 0)
		return ERR_SYNTAX;
	*type = text[len - 1];
	opened->data = text;
	opened->len = len - TYPE_13_LEN;
	return ERR_OK;
}

static bool
is_type_known(const struct tls_record *record, uint8_t type)
{
	if (record->is_13)
		return type == SSL3_RT_APPLICATION_DATA;
	return type == SSL3_RT_APPLICATION_DATA || type == SSL3_RT_ALERT ||
	       type == SSL3_RT_HANDSHAKE;
}

enum err
tls_record_open(struct tls_record *record, uint8_t *data, size_t len, struct tls_opened *out)
{
	size_t body_len;
	uint8_t type = 0;
	enum err err;

	*out = (struct tls_opened){0};
	if (len < TLS_RECORD_HEAD)
		return ERR_AGAIN;
	body_len = (size_t)aead_get(data + 3, 2);
	if (!is_type_known(record, data[0]))
		return fail(record, SSL_AD_UNEXPECTED_MESSAGE, SSL_R_BAD_RECORD_TYPE);
	if (aead_get(data + 1, 2) != VERSION)
		return fail(record, SSL_AD_PROTOCOL_VERSION, SSL_R_WRONG_VERSION_NUMBER);
	if (body_len > TLS_RECORD_MAX + OVERHEAD_MAX)
		return fail(record, SSL_AD_RECORD_OVERFLOW, SSL_R_ENCRYPTED_LENGTH_TOO_LONG);
	if (len - TLS_RECORD_HEAD < body_len)
		return ERR_AGAIN;
	out->taken = TLS_RECORD_HEAD + body_len;
	err = record->is_13 ? open_13(record, data, body_len, &type, out)
			    : open_12(record, data, body_len, &type, out);
	if (err == ERR_RANGE)
		return fail(record, SSL_AD_RECORD_OVERFLOW, SSL_R_DATA_LENGTH_TOO_LONG);
	if (err == ERR_SYNTAX)
		return fail(record, SSL_AD_UNEXPECTED_MESSAGE, SSL_R_BAD_RECORD_TYPE);
	if (err != ERR_OK)
		return fail(
		    record, SSL_AD_BAD_RECORD_MAC, SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC);
	record->rx_seq++;
	return take(record, type, out);
}

const char *
tls_record_reason(const struct tls_record *record)
{
	return record->reason;
}
