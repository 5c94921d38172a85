/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS 1.2 by the ciphers' TLS mode (EVP_EncryptInit(3), "tlsaad"): one call hands over the
 * additional data, one does nonce, cipher and tag. It is what libssl itself uses, and a quarter
 * faster for a packet than nonce, data and tag one by one (docs/performance.md). TLS 1.3 has no
 * such mode: there it is nonce, data, text and tag.
 */
#include "gateway/aead.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/ssl.h>
#include <string.h>

#include "common/str.h"

#define KEY_MAX 32
#define GCM_SALT_LEN 4

/* The key block of both directions. Wipe it. */
struct keys {
	uint8_t block[2 * (KEY_MAX + AEAD_IV_LEN)];
	size_t len;
};

bool
aead_suite_of(const SSL_CIPHER *cipher, struct aead_suite *out)
{
	const EVP_MD *digest = SSL_CIPHER_get_handshake_digest(cipher);

	switch (SSL_CIPHER_get_cipher_nid(cipher)) {
	case NID_aes_128_gcm:
		*out = (struct aead_suite){
		    EVP_aes_128_gcm(), digest, 16, GCM_SALT_LEN, AEAD_NONCE_LEN};
		break;
	case NID_aes_256_gcm:
		*out = (struct aead_suite){
		    EVP_aes_256_gcm(), digest, 32, GCM_SALT_LEN, AEAD_NONCE_LEN};
		break;
	case NID_chacha20_poly1305:
		*out = (struct aead_suite){EVP_chacha20_poly1305(), digest, 32, AEAD_IV_LEN, 0};
		break;
	default:
		return false;
	}
	return digest != NULL && EVP_MD_get_size(digest) > 0 &&
	       EVP_MD_get_size(digest) <= AEAD_SECRET_MAX;
}

uint64_t
aead_get(const uint8_t *p, size_t len)
{
	uint64_t v = 0;

	for (size_t i = 0; i < len; i++)
		v = v << 8 | p[i];
	return v;
}

void
aead_put(uint8_t *p, uint64_t v, size_t len)
{
	while (len > 0) {
		p[--len] = (uint8_t)v;
		v >>= 8;
	}
}

static bool
derive(const char *name, const OSSL_PARAM *params, uint8_t *out, size_t len)
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, name, NULL);
	EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
	bool ok = ctx != NULL && EVP_KDF_derive(ctx, out, len, params) == 1;

	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return ok;
}

/* OpenSSL reads what these point to. */
static OSSL_PARAM
param_text(const char *key, const char *text)
{
	return OSSL_PARAM_construct_utf8_string(key, (char *)(uintptr_t)text, 0);
}

static OSSL_PARAM
param_bytes(const char *key, const void *data, size_t len)
{
	return OSSL_PARAM_construct_octet_string(key, (void *)(uintptr_t)data, len);
}

/* ---- TLS 1.2 and DTLS 1.2 ---- */

/* key_block = PRF(master_secret, "key expansion", server_random + client_random) (RFC 5246 6.3). */
static bool
prf(const EVP_MD *digest, const uint8_t *master, size_t master_len, const uint8_t *seed,
    size_t seed_len, struct keys *out)
{
	static const char label[] = "key expansion";
	OSSL_PARAM params[] = {
	    param_text(OSSL_KDF_PARAM_DIGEST, EVP_MD_get0_name(digest)),
	    param_bytes(OSSL_KDF_PARAM_SECRET, master, master_len),
	    param_bytes(OSSL_KDF_PARAM_SEED, label, sizeof(label) - 1),
	    param_bytes(OSSL_KDF_PARAM_SEED, seed, seed_len),
	    OSSL_PARAM_construct_end(),
	};

	return derive("TLS1-PRF", params, out->block, out->len);
}

static enum err
keys_derive(SSL *ssl, const EVP_MD *digest, struct keys *keys)
{
	uint8_t master[SSL_MAX_MASTER_KEY_LENGTH], seed[2 * SSL3_RANDOM_SIZE];
	size_t len = SSL_SESSION_get_master_key(SSL_get_session(ssl), master, sizeof(master));
	bool ok = len > 0 &&
		  SSL_get_server_random(ssl, seed, SSL3_RANDOM_SIZE) == SSL3_RANDOM_SIZE &&
		  SSL_get_client_random(ssl, seed + SSL3_RANDOM_SIZE, SSL3_RANDOM_SIZE) ==
		      SSL3_RANDOM_SIZE &&
		  prf(digest, master, len, seed, sizeof(seed), keys);

	str_wipe(master, sizeof(master));
	return ok ? ERR_OK : ERR_CRYPTO;
}

/* iv: GCM's for sealing is whole, salt and the nonce of the last record. */
static enum err
side_init(struct aead12 *side, const EVP_CIPHER *cipher, const uint8_t *key, uint8_t *iv,
    int iv_len, bool seals)
{
	side->params[0] = OSSL_PARAM_construct_octet_string(
	    OSSL_CIPHER_PARAM_AEAD_TLS1_AAD, side->aad, AEAD12_AAD_LEN);
	side->params[1] = OSSL_PARAM_construct_end();
	side->seals = seals;
	side->ctx = EVP_CIPHER_CTX_new();
	if (side->ctx == NULL)
		return ERR_NOMEM;
	if (EVP_CipherInit_ex(side->ctx, cipher, NULL, key, NULL, seals) != 1 ||
	    EVP_CIPHER_CTX_ctrl(side->ctx, EVP_CTRL_AEAD_SET_IV_FIXED, iv_len, iv) <= 0)
		return ERR_CRYPTO;
	return ERR_OK;
}

/* The key block: client's key, server's key, client's IV, server's IV. */
static enum err
sides_init(const struct aead_suite *suite, const struct keys *keys,
    const uint8_t tx_nonce[AEAD_NONCE_LEN], struct aead12 *rx, struct aead12 *tx)
{
	const uint8_t *ivs = keys->block + 2 * suite->key_len;
	bool gcm = suite->nonce_len > 0;
	uint8_t iv[AEAD_IV_LEN];
	enum err err;

	memcpy(iv, ivs, suite->iv_len);
	err = side_init(rx, suite->cipher, keys->block, iv, (int)suite->iv_len, false);
	if (err == ERR_OK) {
		memcpy(iv, ivs + suite->iv_len, suite->iv_len);
		/* No nonce twice under one key: OpenSSL counts them up from a random one, and so we
		 * go on. -1 gives the whole of it. */
		if (gcm)
			aead_put(iv + GCM_SALT_LEN, aead_get(tx_nonce, AEAD_NONCE_LEN) + 1,
			    AEAD_NONCE_LEN);
		err = side_init(tx, suite->cipher, keys->block + suite->key_len, iv,
		    gcm ? -1 : AEAD_IV_LEN, true);
	}
	str_wipe(iv, sizeof(iv));
	return err;
}

enum err
aead12_init(SSL *ssl, const struct aead_suite *suite, const uint8_t tx_nonce[AEAD_NONCE_LEN],
    struct aead12 *rx, struct aead12 *tx)
{
	struct keys keys = {.len = 2 * (suite->key_len + suite->iv_len)};
	enum err err = keys_derive(ssl, suite->digest, &keys);

	if (err == ERR_OK)
		err = sides_init(suite, &keys, tx_nonce, rx, tx);
	str_wipe(&keys, sizeof(keys));
	return err;
}

void
aead12_fini(struct aead12 *side)
{
	EVP_CIPHER_CTX_free(side->ctx); /* wipes the key */
	side->ctx = NULL;
}

int
aead12_run(
    struct aead12 *side, uint8_t type, uint16_t version, uint64_t seq, uint8_t *data, size_t len)
{
	aead_put(side->aad, seq, 8);
	side->aad[8] = type;
	aead_put(side->aad + 9, version, 2);
	aead_put(side->aad + 11, side->seals ? len - AEAD_TAG_LEN : len, 2);
	if (EVP_CIPHER_CTX_set_params(side->ctx, side->params) != 1)
		return -1;
	return EVP_Cipher(side->ctx, data, data, (unsigned)len);
}

/* ---- TLS 1.3 ---- */

/* HKDF-Expand-Label(secret, label, "", len) (RFC 8446 7.1). */
static bool
expand(const EVP_MD *digest, const uint8_t *secret, const char *label, uint8_t *out, size_t len)
{
	int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
	OSSL_PARAM params[] = {
	    OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
	    param_text(OSSL_KDF_PARAM_DIGEST, EVP_MD_get0_name(digest)),
	    param_bytes(OSSL_KDF_PARAM_KEY, secret, (size_t)EVP_MD_get_size(digest)),
	    param_bytes(OSSL_KDF_PARAM_PREFIX, "tls13 ", 6),
	    param_bytes(OSSL_KDF_PARAM_LABEL, label, strlen(label)),
	    OSSL_PARAM_construct_end(),
	};

	return derive("TLS13-KDF", params, out, len);
}

/* Go on with the keys of side->secret. */
static enum err
use_secret(struct aead13 *side, const struct aead_suite *suite, bool seal)
{
	uint8_t key[KEY_MAX];
	bool ok = expand(suite->digest, side->secret, "key", key, suite->key_len) &&
		  expand(suite->digest, side->secret, "iv", side->iv, AEAD_IV_LEN) &&
		  EVP_CipherInit_ex(side->ctx, suite->cipher, NULL, key, side->iv, seal) == 1;

	str_wipe(key, sizeof(key));
	return ok ? ERR_OK : ERR_CRYPTO;
}

enum err
aead13_init(struct aead13 *side, const struct aead_suite *suite, const uint8_t *secret, bool seal)
{
	side->gcm = suite->nonce_len > 0;
	side->tag_param[0] =
	    OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, NULL, AEAD_TAG_LEN);
	side->tag_param[1] = OSSL_PARAM_construct_end();
	/* As in EVP_CTRL_AEAD_SET_IV_FIXED, -1 gives the whole of it. */
	side->nonce_param[0] = OSSL_PARAM_construct_octet_string(
	    OSSL_CIPHER_PARAM_AEAD_TLS1_IV_FIXED, side->nonce, (size_t)-1);
	side->nonce_param[1] = seal ? OSSL_PARAM_construct_end() : side->tag_param[0];
	side->nonce_param[2] = OSSL_PARAM_construct_end();
	memcpy(side->secret, secret, (size_t)EVP_MD_get_size(suite->digest));
	side->ctx = EVP_CIPHER_CTX_new();
	return side->ctx != NULL ? use_secret(side, suite, seal) : ERR_NOMEM;
}

void
aead13_fini(struct aead13 *side)
{
	EVP_CIPHER_CTX_free(side->ctx);
	str_wipe(side, sizeof(*side));
}

enum err
aead13_renew(struct aead13 *side, const struct aead_suite *suite, bool seal)
{
	uint8_t next[AEAD_SECRET_MAX];
	size_t len = (size_t)EVP_MD_get_size(suite->digest);
	bool ok = expand(suite->digest, side->secret, "traffic upd", next, len);

	if (ok)
		memcpy(side->secret, next, len);
	str_wipe(next, sizeof(next));
	return ok ? use_secret(side, suite, seal) : ERR_CRYPTO;
}

/* The static IV and the sequence number (RFC 8446 5.3). */
static void
nonce_make(struct aead13 *side, uint64_t seq)
{
	memcpy(side->nonce, side->iv, AEAD_IV_LEN);
	for (size_t i = AEAD_IV_LEN; seq > 0; seq >>= 8)
		side->nonce[--i] ^= (uint8_t)seq;
}

/* Additional data, then the text in place, then the tag is made or compared. */
static bool
run(struct aead13 *side, const uint8_t head[AEAD13_AAD_LEN], uint8_t *data, size_t len)
{
	return EVP_Cipher(side->ctx, NULL, head, AEAD13_AAD_LEN) >= 0 &&
	       EVP_Cipher(side->ctx, data, data, (unsigned)len) >= 0 &&
	       EVP_Cipher(side->ctx, NULL, NULL, 0) >= 0;
}

/* AES-GCM takes the nonce as a parameter in half the time. */
bool
aead13_open(struct aead13 *side, uint64_t seq, const uint8_t head[AEAD13_AAD_LEN], uint8_t *data,
    size_t len)
{
	bool ready;

	nonce_make(side, seq);
	side->tag_param[0].data = side->nonce_param[1].data = data + len;
	ready = side->gcm
		    ? EVP_CIPHER_CTX_set_params(side->ctx, side->nonce_param) == 1
		    : EVP_DecryptInit_ex2(side->ctx, NULL, NULL, side->nonce, side->tag_param) == 1;
	return ready && run(side, head, data, len);
}

bool
aead13_seal(struct aead13 *side, uint64_t seq, const uint8_t head[AEAD13_AAD_LEN], uint8_t *data,
    size_t len)
{
	bool ready;

	nonce_make(side, seq);
	side->tag_param[0].data = data + len;
	ready = side->gcm ? EVP_CIPHER_CTX_set_params(side->ctx, side->nonce_param) == 1
			  : EVP_EncryptInit_ex2(side->ctx, NULL, NULL, side->nonce, NULL) == 1;
	return ready && run(side, head, data, len) &&
	       EVP_CIPHER_CTX_get_params(side->ctx, side->tag_param) == 1;
}
