/* SPDX-License-Identifier: Apache-2.0 */
/* Identities: the certificate chains of the trustpoints, from PEM text to DER. */
#ifndef PKI_TRUST_H
#define PKI_TRUST_H

#include <stddef.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/err.h"

#define TRUST_CHAIN_MAX 10

struct x509_st;

/* A chain as it is shown to clients: the leaf first. Plain value; trust_chain_fini() after use. */
struct trust_chain {
	struct x509_st *leaf;
	uint8_t *der[TRUST_CHAIN_MAX];
	size_t der_len[TRUST_CHAIN_MAX];
	size_t len;
};

/* Every certificate of a PEM text. ERR_SYNTAX: one is broken; ERR_NOTFOUND: there is none;
 * ERR_LIMIT: too many. */
enum err trust_chain_parse(const char *pem, size_t pem_len, struct trust_chain *out) MUST_USE;
void trust_chain_fini(struct trust_chain *chain);

#endif
