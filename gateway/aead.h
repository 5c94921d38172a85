/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AEAD as records use it: TLS 1.2 and DTLS 1.2 (RFC 5246 6.2.3.3) in one way, TLS 1.3 (RFC 8446
 * 5.2) in another. Which suites, their keys, and one direction that opens or seals in place,
 * without an allocation.
 */
#ifndef GATEWAY_AEAD_H
#define GATEWAY_AEAD_H

#include <openssl/core.h>
#include <openssl/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/err.h"

#define AEAD_TAG_LEN 16
#define AEAD_IV_LEN 12
#define AEAD_NONCE_LEN 8   /* the part of AES-GCM's IV that a record of TLS 1.2 carries */
#define AEAD_SECRET_MAX 48 /* a traffic secret of TLS 1.3 is as long as its suite's digest */
#define AEAD12_AAD_LEN 13
#define AEAD13_AAD_LEN 5

struct ssl_cipher_st;

struct aead_suite {
	const EVP_CIPHER *cipher;
	const EVP_MD *digest;
	size_t key_len;
	size_t iv_len;    /* what the key block of TLS 1.2 has of it */
	size_t nonce_len; /* in front of a ciphertext of TLS 1.2 */
};

/* AES-GCM and ChaCha20-Poly1305. False: another one. */
bool aead_suite_of(const struct ssl_cipher_st *cipher, struct aead_suite *out);

/* Big endian numbers of len bytes. */
uint64_t aead_get(const uint8_t *p, size_t len);
void aead_put(uint8_t *p, uint64_t v, size_t len);

/* ---- TLS 1.2 and DTLS 1.2 ---- */

/* One direction. It may not move. */
struct aead12 {
	EVP_CIPHER_CTX *ctx;
	OSSL_PARAM params[2]; /* the additional data, and the end */
	uint8_t aad[AEAD12_AAD_LEN];
	bool seals;
};

/*
 * The two directions of a server whose handshake is through. tx_nonce: that of OpenSSL's last
 * record, ours go on behind it. Both are to be freed on an error, too. ERR_CRYPTO, ERR_NOMEM.
 */
enum err aead12_init(SSL *ssl, const struct aead_suite *suite,
    const uint8_t tx_nonce[AEAD_NONCE_LEN], struct aead12 *rx, struct aead12 *tx) MUST_USE;
void aead12_fini(struct aead12 *side);
/* Open or seal in place what follows a record's head: explicit nonce, text, tag; len bytes. seq:
 * 64 bits, with DTLS's epoch in it. -1: forged. */
int aead12_run(
    struct aead12 *side, uint8_t type, uint16_t version, uint64_t seq, uint8_t *data, size_t len);

/* ---- TLS 1.3 ---- */

/* One direction. It may not move. */
struct aead13 {
	EVP_CIPHER_CTX *ctx;
	OSSL_PARAM tag_param[2];   /* the tag, and the end */
	OSSL_PARAM nonce_param[3]; /* AES-GCM: the nonce, for opening the tag, and the end */
	bool gcm;
	uint8_t nonce[AEAD_IV_LEN];
	uint8_t iv[AEAD_IV_LEN];
	uint8_t secret[AEAD_SECRET_MAX]; /* the traffic secret, from which the next one is made */
};

/* From a traffic secret of the suite's digest's length. To be freed on an error, too. ERR_CRYPTO,
 * ERR_NOMEM. */
enum err aead13_init(
    struct aead13 *side, const struct aead_suite *suite, const uint8_t *secret, bool seal) MUST_USE;
void aead13_fini(struct aead13 *side);
/* The next traffic secret (RFC 8446 7.2) and its keys. ERR_CRYPTO. */
enum err aead13_renew(struct aead13 *side, const struct aead_suite *suite, bool seal) MUST_USE;
/* In place; len: of the text without the tag, which is behind it. head: the record's. False: it is
 * forged. */
bool aead13_open(struct aead13 *side, uint64_t seq, const uint8_t head[AEAD13_AAD_LEN],
    uint8_t *data, size_t len);
/* The tag is written behind the text. False: the library failed. */
bool aead13_seal(struct aead13 *side, uint64_t seq, const uint8_t head[AEAD13_AAD_LEN],
    uint8_t *data, size_t len);

#endif
