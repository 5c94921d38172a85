/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An issuer whose key everybody knows, so that the fuzzers of OCSP and CRLs get behind the
 * signature; always the same one, so that a corpus stays good.
 */
#ifndef TESTS_FUZZ_SIGNED_H
#define TESTS_FUZZ_SIGNED_H

#include "tests/unit/der_help.h"

#define SIGNED_NOW 1767225600 /* the time of every judgement: 2026-01-01 */
#define SIGNED_MAX 65000      /* bytes of one input */

/* AlgorithmIdentifier of Ed25519. */
#define SIGNED_ALG "\x30\x05\x06\x03\x2b\x65\x70"

static inline struct made *
signed_issuer(void)
{
	static const unsigned char key[32] = "a key that everybody knows......";
	static struct made made;
	X509_NAME *name;

	if (made.cert != NULL)
		return &made;
	made.key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, key, sizeof(key));
	made.cert = X509_new();
	made_need(made.key != NULL && made.cert != NULL);
	name = X509_get_subject_name(made.cert);
	made_need(X509_NAME_add_entry_by_txt(
		      name, "CN", MBSTRING_UTF8, (const unsigned char *)"Test CA", -1, -1, 0) == 1);
	made_need(X509_set_issuer_name(made.cert, name) == 1);
	made_need(X509_set_version(made.cert, 2) == 1);
	made_need(ASN1_INTEGER_set(X509_get_serialNumber(made.cert), 1) == 1);
	made_need(X509_set_pubkey(made.cert, made.key) == 1);
	X509_gmtime_adj(X509_getm_notBefore(made.cert), 0);
	X509_gmtime_adj(X509_getm_notAfter(made.cert), 86400);
	made_extension(made.cert, NID_basic_constraints, "critical,CA:TRUE");
	made_need(X509_sign(made.cert, made.key, NULL) > 0);
	return &made;
}

/* SEQUENCE { tbs, Ed25519, signature }. */
static inline void
signed_put(struct buf *out, const void *tbs, size_t tbs_len)
{
	der_help_sign(
	    out, signed_issuer()->key, NULL, SIGNED_ALG, sizeof(SIGNED_ALG) - 1, tbs, tbs_len);
}

#endif
