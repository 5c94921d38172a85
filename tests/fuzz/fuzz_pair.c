/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz pki/pair.c: the PKCS#7 of a multiple-certificate reply, and a signature (its last bytes)
 * that cannot fit. What is read keeps the promises of pair.h, and nothing is signed.
 */
/* For coverage.sh: pki/pair.c */
#include "tests/unit/verdict_help.h"

#include <openssl/err.h>

#include "pki/pair.h"
#include "pki/strength.h"
#include "pki/verdict.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static X509 *
first_once(void)
{
	static struct made first;

	if (first.cert == NULL)
		first = made_new(&(struct order){.name = "first"});
	return first.cert;
}

static void
check_chain(const struct pair_chain *chain)
{
	made_need(chain->len >= 1 && chain->len <= PAIR_CERTIFICATES_MAX);
	made_need(X509_check_ca(chain->certs[0]) == 0);
	for (size_t i = 0; i < chain->len; i++)
		made_need(i2d_X509(chain->certs[i], NULL) <= VERDICT_DER_MAX);
	for (size_t i = 1; i < chain->len; i++)
		made_need(X509_check_ca(chain->certs[i]) != 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const hashes[] = {"sha256", "sha384", "sha512", "sha1"};
	struct pair_chain chain;
	struct strength strength;
	const char *why = NULL;

	strength_read(&strength, NULL);
	if (pair_chain_read(data, size, &chain, &why) != ERR_OK) {
		made_need(why != NULL && ERR_peek_error() == 0);
		return 0;
	}
	check_chain(&chain);
	(void)pair_differs(first_once(), chain.certs[0]);
	made_need(!pair_differs(chain.certs[0], chain.certs[0]));
	for (size_t i = 0; i < ARRAY_LEN(hashes); i++) {
		EVP_PKEY *key = X509_get0_pubkey(chain.certs[0]);
		size_t len = key != NULL ? (size_t)EVP_PKEY_get_size(key) : 1;

		if (len > size)
			len = size;
		why = NULL;
		made_need(pair_signature(&strength, chain.certs[0], hashes[i], data + size - len,
			      len, "request", 7, &why) != ERR_OK &&
			  why != NULL);
	}
	made_need(ERR_peek_error() == 0);
	pair_chain_fini(&chain);
	return 0;
}
