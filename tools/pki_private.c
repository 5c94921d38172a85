/* SPDX-License-Identifier: Apache-2.0 */
/* Private keys: made, read, written. OpenSSL overwrites the numbers when it frees them, and what a
 * memory BIO held. */
#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "tools/pki_parts.h"

#define RSA_BITS_MIN 2048 /* as pki/key.c */
#define RSA_BITS_MAX 8192
#define EC_BITS_MIN 256
#define EC_BITS_MAX 521

static const struct kind {
	const char *name;
	const char *type;
	unsigned bits;
	const char *curve;
} kinds[] = {
    {"rsa:2048", "RSA", 2048, NULL},
    {"rsa:3072", "RSA", 3072, NULL},
    {"rsa:4096", "RSA", 4096, NULL},
    {"ec:P-256", "EC", 0, "P-256"},
    {"ec:P-384", "EC", 0, "P-384"},
};

enum err
pki_private_make(const char *name, EVP_PKEY **out, struct buf *why)
{
	const struct kind *kind = NULL;

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (strcmp(kinds[i].name, name) == 0)
			kind = &kinds[i];
	if (kind == NULL)
		return pki_say(why, ERR_SYNTAX,
		    "--key %s: use rsa:2048, rsa:3072, rsa:4096, ec:P-256 or ec:P-384", name);
	*out = kind->curve != NULL ? EVP_EC_gen(kind->curve) : EVP_RSA_gen(kind->bits);
	return *out != NULL ? ERR_OK : pki_say(why, ERR_CRYPTO, "no key could be made");
}

/* An encrypted key is not asked about: the daemon could not read it either. */
static int
no_passphrase(char *buf, int size, int rwflag, void *arg)
{
	(void)buf, (void)size, (void)rwflag, (void)arg;
	return -1;
}

enum err
pki_private_read(const struct buf *text, const char *what, EVP_PKEY **out, struct buf *why)
{
	BIO *bio = BIO_new_mem_buf(text->data, (int)text->len);

	*out = bio != NULL ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL) : NULL;
	BIO_free(bio);
	if (*out == NULL)
		return pki_say(
		    why, ERR_SYNTAX, "%s is not a private key in PEM without a pass phrase", what);
	enum err err = pki_private_check(*out, what, why);
	if (err != ERR_OK) {
		EVP_PKEY_free(*out);
		*out = NULL;
	}
	return err;
}

enum err
pki_private_check(const EVP_PKEY *key, const char *what, struct buf *why)
{
	int type = EVP_PKEY_get_base_id(key);
	int bits = EVP_PKEY_get_bits(key);

	if (type == EVP_PKEY_RSA && bits >= RSA_BITS_MIN && bits <= RSA_BITS_MAX)
		return ERR_OK;
	if (type == EVP_PKEY_EC && bits >= EC_BITS_MIN && bits <= EC_BITS_MAX)
		return ERR_OK;
	return pki_say(why, ERR_UNSUPPORTED,
	    "%s: a key of %d bits%s is nothing for a gateway; use RSA (2048 to 8192 bits) or EC "
	    "(P-256, P-384, P-521)",
	    what, bits,
	    type == EVP_PKEY_RSA  ? " RSA"
	    : type == EVP_PKEY_EC ? " EC"
				  : "");
}

enum err
pki_private_write(const EVP_PKEY *key, struct buf *out, struct buf *why)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *data;
	long len = 0;

	buf_init(out, PKI_FILE_MAX);
	if (bio != NULL && PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1)
		len = BIO_get_mem_data(bio, &data);
	if (len > 0)
		buf_put(out, data, (size_t)len);
	BIO_free(bio);
	return len > 0 && out->err == ERR_OK
		   ? ERR_OK
		   : pki_say(why, ERR_CRYPTO, "the key cannot be written");
}
