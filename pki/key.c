/* SPDX-License-Identifier: Apache-2.0 */
/* Loading and checking of private keys, and the signatures themselves. The threads are in
 * signers.c. */
#include "pki/key.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdatomic.h>
#include <stdlib.h>

#define RSA_BITS_MIN 2048
#define RSA_BITS_MAX 8192
#define EC_BITS_MIN 256
#define EC_BITS_MAX 521
#define PKCS1_OVERHEAD 11
#define DIGEST_MIN 20
#define DIGEST_MAX 64

struct key {
	atomic_uint refs;
	EVP_PKEY *pkey;
	bool is_rsa;
	size_t size; /* of the modulus, or of the longest signature */
};

/* An encrypted key has nobody to ask for its pass phrase. */
static int
no_passphrase(char *buf, int size, int rwflag, void *arg)
{
	(void)buf, (void)size, (void)rwflag, (void)arg;
	return -1;
}

static enum err
key_kind(struct key *key)
{
	int bits = EVP_PKEY_get_bits(key->pkey);
	int size = EVP_PKEY_get_size(key->pkey);

	key->is_rsa = EVP_PKEY_get_base_id(key->pkey) == EVP_PKEY_RSA;
	if (key->is_rsa && (bits < RSA_BITS_MIN || bits > RSA_BITS_MAX))
		return ERR_UNSUPPORTED;
	if (!key->is_rsa && (EVP_PKEY_get_base_id(key->pkey) != EVP_PKEY_EC || bits < EC_BITS_MIN ||
				bits > EC_BITS_MAX))
		return ERR_UNSUPPORTED;
	if (size <= 0 || size > KEY_DATA_MAX)
		return ERR_UNSUPPORTED;
	key->size = (size_t)size;
	return ERR_OK;
}

enum err
key_load(const char *pem, size_t pem_len, struct key **out)
{
	struct key *key = NULL;
	BIO *bio;
	enum err err = ERR_NOMEM;

	if (pem_len > INT32_MAX)
		return ERR_LIMIT;
	bio = BIO_new_mem_buf(pem, (int)pem_len);
	key = calloc(1, sizeof *key);
	if (key != NULL)
		atomic_init(&key->refs, 1);
	if (bio == NULL || key == NULL)
		goto out;
	err = ERR_SYNTAX;
	key->pkey = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
	if (key->pkey != NULL)
		err = key_kind(key);
out:
	ERR_clear_error();
	BIO_free(bio);
	if (err != ERR_OK) {
		key_free(key);
		return err;
	}
	*out = key;
	return ERR_OK;
}

struct key *
key_ref(struct key *key)
{
	atomic_fetch_add_explicit(&key->refs, 1, memory_order_relaxed);
	return key;
}

void
key_free(struct key *key)
{
	if (key == NULL || atomic_fetch_sub_explicit(&key->refs, 1, memory_order_acq_rel) > 1)
		return;
	EVP_PKEY_free(key->pkey); /* OpenSSL overwrites the private numbers */
	free(key);
}

bool
key_matches(const struct key *key, const X509 *cert)
{
	bool ok = X509_check_private_key((X509 *)(uintptr_t)cert, key->pkey) == 1;

	ERR_clear_error();
	return ok;
}

enum err
key_check(const struct key *key, Ipc__SignOp op, size_t data_len)
{
	switch (op) {
	case IPC__SIGN_OP__SIGN_RSA_PKCS1:
		return key->is_rsa && data_len > 0 && data_len <= key->size - PKCS1_OVERHEAD
			   ? ERR_OK
			   : ERR_DENIED;
	case IPC__SIGN_OP__SIGN_RSA_NOPAD:
		return key->is_rsa && data_len == key->size ? ERR_OK : ERR_DENIED;
	case IPC__SIGN_OP__SIGN_ECDSA:
		return !key->is_rsa && data_len >= DIGEST_MIN && data_len <= DIGEST_MAX
			   ? ERR_OK
			   : ERR_DENIED;
	default:
		return ERR_DENIED;
	}
}

enum err
key_sign(const struct key *key, Ipc__SignOp op, const uint8_t *data, size_t data_len,
    uint8_t *signature, size_t *signature_len)
{
	int padding = op == IPC__SIGN_OP__SIGN_RSA_NOPAD ? RSA_NO_PADDING : RSA_PKCS1_PADDING;
	size_t len = KEY_DATA_MAX;
	EVP_PKEY_CTX *ctx = NULL;
	enum err err = key_check(key, op, data_len);

	if (err != ERR_OK)
		return err;
	ctx = EVP_PKEY_CTX_new(key->pkey, NULL);
	err = ERR_CRYPTO;
	if (ctx == NULL || EVP_PKEY_sign_init(ctx) != 1)
		goto out;
	if (key->is_rsa && EVP_PKEY_CTX_set_rsa_padding(ctx, padding) != 1)
		goto out;
	if (EVP_PKEY_sign(ctx, signature, &len, data, data_len) != 1)
		goto out;
	*signature_len = len;
	err = ERR_OK;
out:
	ERR_clear_error();
	EVP_PKEY_CTX_free(ctx);
	return err;
}
