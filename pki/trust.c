/* SPDX-License-Identifier: Apache-2.0 */
/* Certificate chains out of PEM text. */
#include "pki/trust.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <string.h>

static enum err
chain_add(X509 *cert, void *arg)
{
	struct trust_chain *chain = arg;
	unsigned char *der = NULL;
	int len;

	if (chain->len == TRUST_CHAIN_MAX)
		return ERR_LIMIT;
	len = i2d_X509(cert, &der);
	if (len <= 0)
		return ERR_CRYPTO;
	chain->der[chain->len] = der;
	chain->der_len[chain->len] = (size_t)len;
	if (chain->len == 0) {
		X509_up_ref(cert);
		chain->leaf = cert;
	}
	chain->len++;
	return ERR_OK;
}

/* What stopped the reader: the end of the text, or something broken. */
static enum err
end_of_text(bool found)
{
	unsigned long why = ERR_peek_last_error();

	ERR_clear_error();
	if (ERR_GET_LIB(why) != ERR_LIB_PEM || ERR_GET_REASON(why) != PEM_R_NO_START_LINE)
		return ERR_SYNTAX;
	return found ? ERR_OK : ERR_NOTFOUND;
}

enum err
trust_each(const char *pem, size_t pem_len, trust_add_fn add, void *arg)
{
	enum err err = ERR_OK;
	bool found = false;
	BIO *bio;

	if (pem_len > INT32_MAX)
		return ERR_LIMIT;
	bio = BIO_new_mem_buf(pem, (int)pem_len);
	if (bio == NULL)
		return ERR_NOMEM;
	while (err == ERR_OK) {
		X509 *cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);

		if (cert == NULL)
			break;
		found = true;
		err = add(cert, arg);
		X509_free(cert);
	}
	if (err == ERR_OK)
		err = end_of_text(found);
	BIO_free(bio);
	return err;
}

enum err
trust_chain_parse(const char *pem, size_t pem_len, struct trust_chain *out)
{
	struct trust_chain chain = {0};
	enum err err = trust_each(pem, pem_len, chain_add, &chain);

	if (err != ERR_OK) {
		trust_chain_fini(&chain);
		return err;
	}
	*out = chain;
	return ERR_OK;
}

void
trust_chain_fini(struct trust_chain *chain)
{
	X509_free(chain->leaf);
	for (size_t i = 0; i < chain->len; i++)
		OPENSSL_free(chain->der[i]);
	memset(chain, 0, sizeof *chain);
}
