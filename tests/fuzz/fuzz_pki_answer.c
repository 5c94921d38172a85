/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz the reading of a CA's answer: PEM, DER, PKCS#7, the outside of a PKCS#12. What is refused
 * says why in one line; a chain that is accepted begins with the key's certificate, has nothing
 * twice, and is read again as it was written.
 */
/* For coverage.sh:
 * tools/pki_answer.c:-load_legacy,is_reason,check_mac,decrypt,pki_answer_pkcs12,pki_answer_is_pkcs12,pkcs12_from_pem
 * tools/pki_chain.c:-pki_chain_fits */
#include <stdlib.h>
#include <string.h>

#include "tools/pki_parts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW 1800000000 /* the corpus's certificates are valid then */

static void
check_why(struct buf *why, enum err err)
{
	const char *text = buf_cstr(why);

	if ((err != ERR_OK) != (text[0] != '\0') || strchr(text, '\n') != NULL)
		abort();
	buf_reset(why);
}

static void
check_chain(const STACK_OF(X509) * chain, const EVP_PKEY *key)
{
	STACK_OF(X509) *again = sk_X509_new_null();
	struct buf text, why;

	buf_init(&why, PKI_TEXT_MAX);
	if (again == NULL || sk_X509_num(chain) < 1 || sk_X509_num(chain) > PKI_CHAIN_MAX ||
	    EVP_PKEY_eq(X509_get0_pubkey(sk_X509_value(chain, 0)), key) != 1)
		abort();
	if (pki_chain_write(chain, &text, &why) != ERR_OK ||
	    pki_answer_read(&text, "again", again, &why) != ERR_OK ||
	    sk_X509_num(again) != sk_X509_num(chain))
		abort();
	for (int i = 0; i < sk_X509_num(chain); i++) {
		if (X509_cmp(sk_X509_value(chain, i), sk_X509_value(again, i)) != 0)
			abort();
		for (int j = 0; j < i; j++)
			if (X509_cmp(sk_X509_value(chain, i), sk_X509_value(chain, j)) == 0)
				abort();
	}
	sk_X509_pop_free(again, X509_free);
	buf_fini(&text);
	buf_fini(&why);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	STACK_OF(X509) *list = sk_X509_new_null(), *chain = NULL;
	struct buf bytes, notes, why;

	buf_init(&bytes, 2 * (size_t)PKI_FILE_MAX);
	buf_init(&notes, PKI_TEXT_MAX);
	buf_init(&why, PKI_TEXT_MAX);
	buf_put(&bytes, data, size);
	enum err err = pki_answer_read(&bytes, "answer", list, &why);
	check_why(&why, err);
	if (err == ERR_OK) {
		const EVP_PKEY *key = X509_get0_pubkey(sk_X509_value(list, 0));

		if (sk_X509_num(list) > PKI_CERTS_MAX)
			abort();
		if (key != NULL) {
			err = pki_chain_order(list, key, NOW, &chain, &notes, &why);
			check_why(&why, err);
			if (err == ERR_OK)
				check_chain(chain, key);
		}
	}
	sk_X509_free(chain);
	sk_X509_pop_free(list, X509_free);
	buf_fini(&bytes);
	buf_fini(&notes);
	buf_fini(&why);
	return 0;
}
