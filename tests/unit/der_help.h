/* SPDX-License-Identifier: Apache-2.0 */
/* DER written by hand, for what OpenSSL would not write. */
#ifndef TESTS_UNIT_DER_HELP_H
#define TESTS_UNIT_DER_HELP_H

#include <openssl/evp.h>

#include "common/buf.h"
#include "tests/unit/verdict_help.h"

/* One element around len bytes, less than 64 kB. */
static inline void
der_help_wrap(struct buf *out, uint8_t tag, const void *data, size_t len)
{
	buf_put_u8(out, tag);
	if (len >= 0x100) {
		buf_put_u8(out, 0x82);
		buf_put_u16(out, (uint16_t)len);
	} else {
		if (len >= 0x80)
			buf_put_u8(out, 0x81);
		buf_put_u8(out, (uint8_t)len);
	}
	buf_put(out, data, len);
}

/* SEQUENCE { tbs, algorithm, signature }, as CRLs and OCSP answers are; md: NULL if the key wants
 * none. */
static inline void
der_help_sign(struct buf *out, EVP_PKEY *key, const EVP_MD *md, const void *alg, size_t alg_len,
    const void *tbs, size_t tbs_len)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t signature[256] = {0}; /* a BIT STRING begins with the unused bits */
	size_t len = sizeof(signature) - 1;
	struct buf body;

	buf_init(&body, out->max);
	made_need(EVP_DigestSignInit(ctx, NULL, md, NULL, key) == 1);
	made_need(EVP_DigestSign(ctx, signature + 1, &len, tbs, tbs_len) == 1);
	buf_put(&body, tbs, tbs_len);
	buf_put(&body, alg, alg_len);
	der_help_wrap(&body, 0x03, signature, len + 1);
	der_help_wrap(out, 0x30, body.data, body.len);
	made_need(out->err == ERR_OK);
	buf_fini(&body);
	EVP_MD_CTX_free(ctx);
}

#endif
