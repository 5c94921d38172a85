/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How strong a client's certificate must be: the floor that pki.conf sets for keys and signatures
 * of the certificate and its path, and for the second certificate of a login and what it signs
 * with. Answers of responders and CRLs have a floor of their own (sigalg.h).
 */
#ifndef PKI_STRENGTH_H
#define PKI_STRENGTH_H

#include "conf/conf.h"

#define STRENGTH_RSA_BITS_MAX 8192 /* a check of a larger one's signature costs too much */

struct evp_pkey_st;
struct X509_algor_st;

/* Plain value, of a setting each. */
struct strength {
	int rsa_bits_min;
	unsigned curves; /* bits of strength.c's tables */
	unsigned hashes;
	char rsa_text[64]; /* what strength_key() says of a smaller one */
};

/* What pki.conf says, and its defaults where it says nothing; root NULL: the defaults. */
void strength_read(struct strength *strength, const struct conf_object *root);
/* NULL: the key is strong enough; else why not, for the log, as long as strength is. key NULL: it
 * cannot be read. */
const char *strength_key(const struct strength *strength, const struct evp_pkey_st *key);
/* The same of the algorithm that a certificate was signed with. */
const char *strength_signature(const struct strength *strength, const struct X509_algor_st *alg);

#endif
