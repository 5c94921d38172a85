/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz the readers of PEM: certificates of a trustpoint, a chain, a private key. The first byte
 * cuts the input in two: chain and key. What is read is whole and can be used: each certificate of
 * the chain is what its DER says, and a key that fits the first one signs for it.
 */
/* For coverage.sh: pki/trust.c pki/key.c */
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "common/attr.h"
#include "pki/key.h"
#include "pki/trust.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_chain(const struct trust_chain *chain)
{
	if (chain->len == 0 || chain->len > TRUST_CHAIN_MAX || chain->leaf == NULL)
		abort();
	for (size_t i = 0; i < chain->len; i++) {
		const unsigned char *at = chain->der[i];
		X509 *cert = d2i_X509(NULL, &at, (long)chain->der_len[i]);

		if (cert == NULL || at != chain->der[i] + chain->der_len[i] ||
		    (i == 0 && X509_cmp(cert, chain->leaf) != 0))
			abort();
		X509_free(cert);
	}
}

/* A key signs what it may, never more than there is room for, and nothing else. */
static void
check_key(struct key *key)
{
	static const Ipc__SignOp ops[] = {IPC__SIGN_OP__SIGN_NONE, IPC__SIGN_OP__SIGN_RSA_PKCS1,
	    IPC__SIGN_OP__SIGN_RSA_NOPAD, IPC__SIGN_OP__SIGN_ECDSA, (Ipc__SignOp)99};
	static const uint8_t digest[KEY_DATA_MAX] = {1};
	static const size_t lens[] = {0, 20, 32, 51, 256, KEY_DATA_MAX};
	uint8_t signature[KEY_DATA_MAX];

	key_free(key_ref(key));
	for (size_t i = 0; i < ARRAY_LEN(ops); i++)
		for (size_t k = 0; k < ARRAY_LEN(lens); k++) {
			size_t len = sizeof(signature);
			enum err allowed = key_check(key, ops[i], lens[k]);
			enum err err = key_sign(key, ops[i], digest, lens[k], signature, &len);

			if (err == ERR_OK && (allowed != ERR_OK || len > sizeof(signature)))
				abort();
			if (err == ERR_OK)
				break; /* a signature takes its time */
		}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct trust_chain chain;
	struct key *key = NULL;
	size_t cut;

	if (size == 0)
		return 0;
	size--;
	cut = size * data[0] / 255;
	char *text = malloc(size + 1); /* exactly that many, for ASan */
	if (text == NULL)
		abort();
	memcpy(text, data + 1, size);
	bool has_chain = trust_chain_parse(text, cut, &chain) == ERR_OK;
	if (has_chain)
		check_chain(&chain);
	if (key_load(text + cut, size - cut, &key) == ERR_OK) {
		check_key(key);
		if (has_chain)
			(void)key_matches(key, chain.leaf);
	}
	key_free(key);
	if (has_chain)
		trust_chain_fini(&chain);
	free(text);
	return 0;
}
