/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates of the trustpoints out of PEM text; an identity's chain as DER. */
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

/*
 * Give every certificate of a PEM text to add(), which takes a reference if it keeps it; its error
 * ends the walk. ERR_SYNTAX: one is broken; ERR_NOTFOUND: there is none.
 */
typedef enum err (*trust_add_fn)(struct x509_st *cert, void *arg);
enum err trust_each(const char *pem, size_t pem_len, trust_add_fn add, void *arg) MUST_USE;
/* A chain of them. ERR_SYNTAX: one is broken; ERR_NOTFOUND: there is none;
 * ERR_LIMIT: too many. */
enum err trust_chain_parse(const char *pem, size_t pem_len, struct trust_chain *out) MUST_USE;
void trust_chain_fini(struct trust_chain *chain);

#endif
