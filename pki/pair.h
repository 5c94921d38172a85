/* SPDX-License-Identifier: Apache-2.0 */
/* The second certificate of a multiple-certificate login: out of its PKCS#7, different from the
 * first, and in possession of its key (protocol.md 2.7, checks 5 to 9). Pure. */
#ifndef PKI_PAIR_H
#define PKI_PAIR_H

#include <stdbool.h>
#include <stddef.h>

#include "common/attr.h"
#include "common/err.h"
#include "common/ipc.pb-c.h"

#define PAIR_PKCS7_MAX 65536
#define PAIR_CERTIFICATES_MAX 10

struct strength;
struct x509_st;

/* Certificates of a degenerate SignedData, the single one that is no CA first. */
struct pair_chain {
	struct x509_st *certs[PAIR_CERTIFICATES_MAX];
	size_t len;
};

/* Take the certificates out. ERR_SYNTAX, ERR_LIMIT, ERR_NOTFOUND: no leaf or several; *why: static
 * text for the log. pair_chain_fini() after success. */
enum err pair_chain_read(
    const void *der, size_t len, struct pair_chain *out, const char **why) MUST_USE;
void pair_chain_fini(struct pair_chain *chain);
/* Do the leaves differ, as certificates and as keys? */
bool pair_differs(const struct x509_st *first, const struct x509_st *second);
/* Is this the signature of the leaf's key over the bytes? RSA PKCS#1 v1.5 or PSS, or ECDSA, by a
 * key that is strong enough; sha256, sha384, sha512 only. ERR_DENIED: not; ERR_UNSUPPORTED; *why:
 * static text for the log. */
enum err pair_signature(const struct strength *strength, struct x509_st *leaf, const char *hash,
    const void *signature, size_t signature_len, const void *data, size_t data_len,
    const char **why) MUST_USE;

#endif
