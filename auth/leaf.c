/* SPDX-License-Identifier: Apache-2.0 */
/* Hash and comparison of leaf certificates. */
#include "auth/leaf.h"

#include <string.h>

#include <openssl/evp.h>

void
leaf_read(const Ipc__ClientFacts *facts, struct leaf *out)
{
	const ProtobufCBinaryData *der = facts->n_certificate > 0 ? &facts->certificate[0] : NULL;
	unsigned len = 0;

	memset(out, 0, sizeof(*out));
	if (der == NULL || der->len == 0)
		return;
	out->known = EVP_Digest(der->data, der->len, out->sha256, &len, EVP_sha256(), NULL) == 1 &&
		     len == LEAF_SIZE;
}

bool
leaf_eq(const struct leaf *a, const struct leaf *b)
{
	return a->known && b->known && memcmp(a->sha256, b->sha256, LEAF_SIZE) == 0;
}
