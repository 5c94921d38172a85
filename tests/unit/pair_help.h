/* SPDX-License-Identifier: Apache-2.0 */
/* PKCS#7 and signatures as clients make them, and as nobody should, for the tests of pki/pair.c and
 * pki/pair_desk.c. What fails ends the process. */
#ifndef TESTS_UNIT_PAIR_HELP_H
#define TESTS_UNIT_PAIR_HELP_H

#include "tests/unit/verdict_help.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/pkcs7.h>
#include <string.h>

#include "common/buf.h"

/* How the message is written. */
enum pair_help_kind {
	PAIR_HELP_DATA,       /* inner content type `data`, as from OpenSSL and AnyConnect */
	PAIR_HELP_DIGEST,     /* `digestData`, as from GnuTLS and openconnect */
	PAIR_HELP_INDEFINITE, /* BER with lengths that are not told */
	PAIR_HELP_KINDS,
};

/* ContentInfo and SignedData once more, with indefinite lengths: SEQUENCE, OID (11 bytes), [0] and
 * SEQUENCE are before what stays as it is. */
static inline void
pair_help_indefinite(struct buf *der)
{
	struct cur cur;
	struct buf out;

	cur_init(&cur, der->data, der->len);
	buf_init(&out, 2 * 1024 * 1024);
	for (unsigned level = 0; level < 3; level++) {
		uint8_t tag = cur_u8(&cur);
		uint8_t len = cur_u8(&cur);

		cur_skip(&cur, len > 0x80 ? len - 0x80U : 0);
		buf_put_u8(&out, tag);
		buf_put_u8(&out, 0x80);
		if (level == 0)
			buf_put(&out, cur_take(&cur, 11), 11);
	}
	buf_put(&out, cur.p, cur.left);
	buf_put(&out, "\0\0\0\0\0\0", 6);
	made_need(cur.err == ERR_OK && out.err == ERR_OK);
	buf_fini(der);
	*der = out;
}

/* A degenerate SignedData of certificates (up to the first NULL) in this order. */
static inline void
pair_help_pkcs7(X509 *const *certs, size_t len, enum pair_help_kind kind, struct buf *out)
{
	/* OBJECT IDENTIFIER 1.2.840.113549.1.7.1, data */
	static const uint8_t data_oid[] = {
	    0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01};
	PKCS7 *p7 = PKCS7_new();
	unsigned char *der = NULL;
	uint8_t *at;
	int n;

	made_need(p7 != NULL && PKCS7_set_type(p7, NID_pkcs7_signed) == 1);
	p7->d.sign->contents->type = OBJ_nid2obj(NID_pkcs7_data);
	for (size_t i = 0; i < len && certs[i] != NULL; i++)
		made_need(PKCS7_add_certificate(p7, certs[i]) == 1);
	n = i2d_PKCS7(p7, &der);
	made_need(n > 0);
	buf_init(out, 2 * 1024 * 1024);
	buf_put(out, der, (size_t)n);
	made_need(out->err == ERR_OK);
	at = memmem(out->data, out->len, data_oid, sizeof data_oid);
	made_need(at != NULL);
	if (kind == PAIR_HELP_DIGEST)
		at[sizeof data_oid - 1] = 5;
	if (kind == PAIR_HELP_INDEFINITE)
		pair_help_indefinite(out);
	OPENSSL_free(der);
	PKCS7_free(p7);
}

/* Sign a certificate again with a private extension of so many bytes (0: none). */
static inline void
pair_help_extend(struct made *made, const struct made *by, size_t bytes)
{
	ASN1_OBJECT *oid = OBJ_txt2obj("1.3.6.1.4.1.99999.1", 1);
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	uint8_t *zeros = calloc(1, bytes + 1);
	X509_EXTENSION *ext;

	made_need(oid != NULL && value != NULL && zeros != NULL);
	made_need(ASN1_OCTET_STRING_set(value, zeros, (int)bytes) == 1);
	ext = X509_EXTENSION_create_by_OBJ(NULL, oid, 0, value);
	made_need(ext != NULL);
	if (bytes > 0)
		made_need(X509_add_ext(made->cert, ext, -1) == 1);
	made_need(X509_sign(made->cert, by->key, EVP_sha256()) > 0);
	X509_EXTENSION_free(ext);
	ASN1_OCTET_STRING_free(value);
	ASN1_OBJECT_free(oid);
	free(zeros);
}

/* An RSA-PSS key without restrictions. */
static inline EVP_PKEY *
pair_help_pss(unsigned bits)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA-PSS", NULL);
	EVP_PKEY *key = NULL;

	made_need(ctx != NULL && EVP_PKEY_keygen_init(ctx) == 1);
	made_need(EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, (int)bits) == 1);
	made_need(EVP_PKEY_generate(ctx, &key) == 1);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

/* A public key of this modulus. */
static inline EVP_PKEY *
pair_help_public(const char *type, const BIGNUM *n)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params;
	EVP_PKEY *key = NULL;

	made_need(ctx != NULL && bld != NULL);
	made_need(OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
		  OSSL_PARAM_BLD_push_uint(bld, OSSL_PKEY_PARAM_RSA_E, 65537) == 1);
	params = OSSL_PARAM_BLD_to_param(bld);
	made_need(params != NULL && EVP_PKEY_fromdata_init(ctx) == 1 &&
		  EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) == 1);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(bld);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

/* The public half of an RSA key, called RSA-PSS. */
static inline EVP_PKEY *
pair_help_as_pss(const EVP_PKEY *rsa)
{
	BIGNUM *n = NULL;
	EVP_PKEY *key;

	made_need(EVP_PKEY_get_bn_param(rsa, OSSL_PKEY_PARAM_RSA_N, &n) == 1);
	key = pair_help_public("RSA-PSS", n);
	BN_free(n);
	return key;
}

/* A public key of so many bits, whose private half nobody has. */
static inline EVP_PKEY *
pair_help_huge_rsa(int bits)
{
	BIGNUM *n = BN_new();
	EVP_PKEY *key;

	made_need(n != NULL && BN_rand(n, bits, BN_RAND_TOP_TWO, BN_RAND_BOTTOM_ODD) == 1);
	key = pair_help_public("RSA", n);
	BN_free(n);
	return key;
}

/* Sign a text; padding 0: as the kind of key does. The length. */
static inline size_t
pair_help_sign(
    EVP_PKEY *key, const char *hash, int padding, const char *text, uint8_t *out, size_t size)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *key_ctx;

	made_need(ctx != NULL &&
		  EVP_DigestSignInit(ctx, &key_ctx, EVP_get_digestbyname(hash), NULL, key) == 1);
	if (padding != 0)
		made_need(EVP_PKEY_CTX_set_rsa_padding(key_ctx, padding) == 1);
	made_need(EVP_DigestSign(ctx, out, &size, (const unsigned char *)text, strlen(text)) == 1);
	EVP_MD_CTX_free(ctx);
	return size;
}

#endif
