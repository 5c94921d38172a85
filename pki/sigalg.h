/* SPDX-License-Identifier: Apache-2.0 */
/* Which signature algorithms and keys are strong enough to be believed in an OCSP answer or a CRL.
 */
#ifndef PKI_SIGALG_H
#define PKI_SIGALG_H

#include <stdbool.h>

struct X509_algor_st;
struct evp_pkey_st;

/* The NID of the digest that an algorithm signs, also of RSA-PSS; of EdDSA the algorithm's own.
 * NID_undef: it is not known. */
int sigalg_hash(const struct X509_algor_st *alg);
/* A digest of 224 bits at least, with RSA, RSA-PSS or ECDSA; or EdDSA. Not SHA-1, not MD5. */
bool sigalg_is_strong(const struct X509_algor_st *alg);
/* 112 bits of security, what pki/verdict.c asks of a path too; NULL is not. */
bool sigalg_key_is_strong(const struct evp_pkey_st *key);

#endif
