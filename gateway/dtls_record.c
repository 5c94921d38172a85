/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records by the ciphers' TLS mode (EVP_EncryptInit(3), "tlsaad"): one call hands over the
 * additional data, one does nonce, cipher and tag. It is what libssl itself uses, and a quarter
 * faster for a packet than nonce, data and tag one by one (docs/performance.md).
 */
#include "gateway/dtls_record.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/str.h"

#define VERSION 0xfefd /* DTLS 1.2 */
#define AAD_LEN 13
#define TAG_LEN 16
#define KEY_MAX 32
#define IV_LEN 12
#define GCM_SALT_LEN 4
#define GCM_NONCE_LEN 8 /* the part of the IV that each record carries */
#define SEQ_MAX ((UINT64_C(1) << 48) - 1)
/* Sequence numbers of which is known whether they were used (RFC 6479): a ring of words, one of
 * which is always being cleared. */
#define WINDOW_WORDS 8
#define WINDOW_SIZE ((WINDOW_WORDS - 1) * 64)

/* One direction. */
struct side {
	EVP_CIPHER_CTX *ctx;
	OSSL_PARAM params[2]; /* the additional data, and the end */
	uint8_t aad[AAD_LEN];
};

struct dtls_record {
	struct side rx, tx;
	size_t nonce_len; /* explicit, in front of the ciphertext */
	uint64_t tx_seq;  /* of the newest record */
	uint64_t rx_top;  /* newest sequence number that was seen */
	uint64_t rx_seen[WINDOW_WORDS];
};

struct suite {
	const EVP_CIPHER *cipher;
	size_t key_len;
	size_t iv_len; /* what the key block has of it */
};

/* Of both directions. Wipe it. */
struct keys {
	uint8_t block[2 * (KEY_MAX + IV_LEN)];
	size_t len;
};

/* ---- heads ---- */

static uint64_t
get_be(const uint8_t *p, size_t len)
{
	uint64_t v = 0;

	for (size_t i = 0; i < len; i++)
		v = v << 8 | p[i];
	return v;
}

static void
put_be(uint8_t *p, uint64_t v, size_t len)
{
	while (len > 0) {
		p[--len] = (uint8_t)v;
		v >>= 8;
	}
}

enum err
dtls_head_read(const uint8_t *data, size_t len, struct dtls_head *out)
{
	if (len < DTLS_RECORD_HEAD)
		return ERR_SYNTAX;
	*out = (struct dtls_head){
	    .type = data[0],
	    .version = (uint16_t)get_be(data + 1, 2),
	    .epoch = (uint16_t)get_be(data + 3, 2),
	    .seq = get_be(data + 5, 6),
	    .len = (size_t)get_be(data + 11, 2),
	};
	return out->len <= len - DTLS_RECORD_HEAD ? ERR_OK : ERR_SYNTAX;
}

/* Type, version, epoch, sequence number and length are what a record is bound to. */
static void
aad_put(uint8_t aad[AAD_LEN], uint8_t type, uint64_t seq, size_t len)
{
	put_be(aad, (uint64_t)DTLS_RECORD_EPOCH << 48 | seq, 8);
	aad[8] = type;
	put_be(aad + 9, VERSION, 2);
	put_be(aad + 11, len, 2);
}

/* ---- keys ---- */

static bool
suite_of(const SSL_CIPHER *cipher, struct suite *out)
{
	switch (SSL_CIPHER_get_cipher_nid(cipher)) {
	case NID_aes_128_gcm:
		*out = (struct suite){EVP_aes_128_gcm(), 16, GCM_SALT_LEN};
		return true;
	case NID_aes_256_gcm:
		*out = (struct suite){EVP_aes_256_gcm(), 32, GCM_SALT_LEN};
		return true;
	case NID_chacha20_poly1305:
		*out = (struct suite){EVP_chacha20_poly1305(), 32, IV_LEN};
		return true;
	default:
		return false;
	}
}

/* key_block = PRF(master_secret, "key expansion", server_random + client_random) (RFC 5246 6.3). */
static bool
prf(const char *digest, uint8_t *master, size_t master_len, uint8_t *seed, size_t seed_len,
    struct keys *out)
{
	static const char label[] = "key expansion";
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "TLS1-PRF", NULL);
	EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
	OSSL_PARAM params[] = {
	    OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)(uintptr_t)digest, 0),
	    OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SECRET, master, master_len),
	    OSSL_PARAM_construct_octet_string(
		OSSL_KDF_PARAM_SEED, (char *)(uintptr_t)label, sizeof(label) - 1),
	    OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, seed, seed_len),
	    OSSL_PARAM_construct_end(),
	};
	bool ok = ctx != NULL && EVP_KDF_derive(ctx, out->block, out->len, params) == 1;

	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return ok;
}

static enum err
keys_derive(SSL *ssl, struct keys *keys)
{
	const EVP_MD *digest = SSL_CIPHER_get_handshake_digest(SSL_get_current_cipher(ssl));
	uint8_t master[SSL_MAX_MASTER_KEY_LENGTH], seed[2 * SSL3_RANDOM_SIZE];
	size_t len = SSL_SESSION_get_master_key(SSL_get_session(ssl), master, sizeof(master));
	bool ok = digest != NULL && len > 0 &&
		  SSL_get_server_random(ssl, seed, SSL3_RANDOM_SIZE) == SSL3_RANDOM_SIZE &&
		  SSL_get_client_random(ssl, seed + SSL3_RANDOM_SIZE, SSL3_RANDOM_SIZE) ==
		      SSL3_RANDOM_SIZE &&
		  prf(EVP_MD_get0_name(digest), master, len, seed, sizeof(seed), keys);

	str_wipe(master, sizeof(master));
	return ok ? ERR_OK : ERR_CRYPTO;
}

/* iv: GCM's for sealing is whole, salt and the nonce of the last record. */
static enum err
side_init(struct side *side, const struct suite *suite, const uint8_t *key, uint8_t *iv, int iv_len,
    bool seal)
{
	side->params[0] =
	    OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TLS1_AAD, side->aad, AAD_LEN);
	side->params[1] = OSSL_PARAM_construct_end();
	side->ctx = EVP_CIPHER_CTX_new();
	if (side->ctx == NULL)
		return ERR_NOMEM;
	if (EVP_CipherInit_ex(side->ctx, suite->cipher, NULL, key, NULL, seal) != 1 ||
	    EVP_CIPHER_CTX_ctrl(side->ctx, EVP_CTRL_AEAD_SET_IV_FIXED, iv_len, iv) <= 0)
		return ERR_CRYPTO;
	return ERR_OK;
}

/* The key block: client's key, server's key, client's IV, server's IV. */
static enum err
sides_init(struct dtls_record *record, const struct suite *suite, const struct keys *keys,
    const struct dtls_record_start *start)
{
	const uint8_t *ivs = keys->block + 2 * suite->key_len;
	bool gcm = suite->iv_len == GCM_SALT_LEN;
	uint8_t iv[IV_LEN];
	enum err err;

	memcpy(iv, ivs, suite->iv_len);
	err = side_init(&record->rx, suite, keys->block, iv, (int)suite->iv_len, false);
	if (err == ERR_OK) {
		memcpy(iv, ivs + suite->iv_len, suite->iv_len);
		/* No nonce twice under one key: OpenSSL counts them up from a random one, and so we
		 * go on. -1 gives the whole of it. */
		if (gcm)
			put_be(iv + GCM_SALT_LEN, get_be(start->tx_nonce, GCM_NONCE_LEN) + 1,
			    GCM_NONCE_LEN);
		err = side_init(
		    &record->tx, suite, keys->block + suite->key_len, iv, gcm ? -1 : IV_LEN, true);
	}
	str_wipe(iv, sizeof(iv));
	return err;
}

/* ---- sequence numbers ---- */

static void
window_start(struct dtls_record *record, uint64_t seq)
{
	memset(record->rx_seen, 0xff, sizeof(record->rx_seen));
	if (seq % 64 < 63)
		record->rx_seen[seq / 64 % WINDOW_WORDS] = (UINT64_C(2) << seq % 64) - 1;
	record->rx_top = seq;
}

static bool
window_is_new(const struct dtls_record *record, uint64_t seq)
{
	if (seq > record->rx_top)
		return true;
	return record->rx_top - seq < WINDOW_SIZE &&
	       (record->rx_seen[seq / 64 % WINDOW_WORDS] >> seq % 64 & 1) == 0;
}

/* The record was authentic. */
static void
window_mark(struct dtls_record *record, uint64_t seq)
{
	uint64_t word = record->rx_top / 64, last = seq / 64;

	if (seq > record->rx_top) {
		if (last - word > WINDOW_WORDS)
			word = last - WINDOW_WORDS;
		while (word < last)
			record->rx_seen[++word % WINDOW_WORDS] = 0;
		record->rx_top = seq;
	}
	record->rx_seen[last % WINDOW_WORDS] |= UINT64_C(1) << seq % 64;
}

/* ---- life ---- */

enum err
dtls_record_new(SSL *ssl, const struct dtls_record_start *start, struct dtls_record **out)
{
	struct keys keys = {0};
	struct dtls_record *record;
	struct suite suite;
	enum err err;

	if (!suite_of(SSL_get_current_cipher(ssl), &suite))
		return ERR_UNSUPPORTED;
	record = calloc(1, sizeof(*record));
	if (record == NULL)
		return ERR_NOMEM;
	record->nonce_len = suite.iv_len == GCM_SALT_LEN ? GCM_NONCE_LEN : 0;
	record->tx_seq = start->tx_seq;
	window_start(record, start->rx_seq);
	keys.len = 2 * (suite.key_len + suite.iv_len);
	err = keys_derive(ssl, &keys);
	if (err == ERR_OK)
		err = sides_init(record, &suite, &keys, start);
	str_wipe(&keys, sizeof(keys));
	if (err != ERR_OK) {
		ERR_clear_error();
		dtls_record_free(record);
		return err;
	}
	*out = record;
	return ERR_OK;
}

void
dtls_record_free(struct dtls_record *record)
{
	if (record == NULL)
		return;
	EVP_CIPHER_CTX_free(record->rx.ctx); /* wipes the key */
	EVP_CIPHER_CTX_free(record->tx.ctx);
	free(record);
}

/* ---- records ---- */

/* Bytes of plaintext or ciphertext, or -1. */
static int
side_run(struct side *side, uint8_t *data, size_t len)
{
	if (EVP_CIPHER_CTX_set_params(side->ctx, side->params) != 1)
		return -1;
	return EVP_Cipher(side->ctx, data, data, (unsigned)len);
}

enum err
dtls_record_open(struct dtls_record *record, uint8_t *data, const struct dtls_head *head,
    uint8_t **plain, size_t *len)
{
	size_t overhead = record->nonce_len + TAG_LEN;
	uint8_t *body = data + DTLS_RECORD_HEAD;
	int got;

	if (head->epoch != DTLS_RECORD_EPOCH || head->version != VERSION || head->len < overhead ||
	    head->len > DTLS_RECORD_MAX + overhead || !window_is_new(record, head->seq))
		return ERR_CRYPTO;
	aad_put(record->rx.aad, head->type, head->seq, head->len);
	got = side_run(&record->rx, body, head->len);
	if (got < 0) {
		ERR_clear_error();
		return ERR_CRYPTO;
	}
	window_mark(record, head->seq);
	*plain = body + record->nonce_len;
	*len = head->len - overhead;
	return ERR_OK;
}

size_t
dtls_record_sealed_len(const struct dtls_record *record, size_t len)
{
	return DTLS_RECORD_HEAD + record->nonce_len + len + TAG_LEN;
}

enum err
dtls_record_seal(
    struct dtls_record *record, uint8_t type, const uint8_t *data, size_t len, uint8_t *dst)
{
	size_t body_len = record->nonce_len + len;

	if (len > DTLS_RECORD_MAX)
		return ERR_RANGE;
	if (record->tx_seq >= SEQ_MAX)
		return ERR_LIMIT;
	record->tx_seq++;
	aad_put(record->tx.aad, type, record->tx_seq, body_len);
	dst[0] = type;
	put_be(dst + 1, VERSION, 2);
	memcpy(dst + 3, record->tx.aad, 8);
	put_be(dst + 11, body_len + TAG_LEN, 2);
	memcpy(dst + DTLS_RECORD_HEAD + record->nonce_len, data, len);
	if (side_run(&record->tx, dst + DTLS_RECORD_HEAD, body_len + TAG_LEN) < 0) {
		ERR_clear_error();
		return ERR_CRYPTO;
	}
	return ERR_OK;
}
