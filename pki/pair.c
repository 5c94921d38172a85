/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Of the PKCS#7 only the certificates count: it has no signers, so nothing in it proves anything.
 * OpenSSL reads BER too and bounds its nesting; the size is bounded here.
 */
#include "pki/pair.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pkcs7.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "pki/strength.h"
#include "pki/verdict.h"

/* ---- the certificates ---- */

/* Signed, but by nobody; NULL: *why is set. */
static PKCS7 *
read_degenerate(const void *der, size_t len, const char **why)
{
	const unsigned char *p = der;
	PKCS7 *p7 = d2i_PKCS7(NULL, &p, (long)len);

	*why = NULL;
	if (p7 == NULL)
		*why = "the PKCS#7 is malformed";
	else if (p != (const unsigned char *)der + len)
		*why = "there is something behind the PKCS#7";
	else if (!PKCS7_type_is_signed(p7) || p7->d.sign == NULL)
		*why = "the PKCS#7 is not SignedData";
	else if (sk_PKCS7_SIGNER_INFO_num(p7->d.sign->signer_info) > 0)
		*why = "the PKCS#7 has signers";
	else if (sk_X509_CRL_num(p7->d.sign->crl) > 0)
		*why = "the PKCS#7 has CRLs";
	if (*why == NULL)
		return p7;
	PKCS7_free(p7);
	return NULL;
}

static bool
is_in(const struct pair_chain *chain, const X509 *cert)
{
	for (size_t i = 0; i < chain->len; i++)
		if (X509_cmp(chain->certs[i], cert) == 0)
			return true;
	return false;
}

/* Add one; a leaf goes to the front. */
static enum err
add_certificate(struct pair_chain *chain, X509 *cert, bool *has_leaf, const char **why)
{
	int len = i2d_X509(cert, NULL);
	bool is_leaf = X509_check_ca(cert) == 0;

	*why = "a certificate is malformed";
	if (len <= 0 || (X509_get_extension_flags(cert) & EXFLAG_INVALID) != 0)
		return ERR_SYNTAX;
	*why = "a certificate is too big";
	if (len > VERDICT_DER_MAX)
		return ERR_LIMIT;
	*why = "a certificate is there twice";
	if (is_in(chain, cert))
		return ERR_EXISTS;
	*why = "more than one certificate that is not a CA's";
	if (is_leaf && *has_leaf)
		return ERR_NOTFOUND;
	*why = "out of memory";
	if (X509_up_ref(cert) != 1)
		return ERR_NOMEM;
	*why = NULL;
	chain->certs[chain->len++] = cert;
	if (is_leaf) {
		*has_leaf = true;
		chain->certs[chain->len - 1] = chain->certs[0];
		chain->certs[0] = cert;
	}
	return ERR_OK;
}

static enum err
add_all(struct pair_chain *chain, const STACK_OF(X509) * certs, const char **why)
{
	bool has_leaf = false;
	enum err err = ERR_OK;

	if (sk_X509_num(certs) > PAIR_CERTIFICATES_MAX) {
		*why = "too many certificates in the PKCS#7";
		return ERR_LIMIT;
	}
	for (int i = 0; i < sk_X509_num(certs) && err == ERR_OK; i++)
		err = add_certificate(chain, sk_X509_value(certs, i), &has_leaf, why);
	if (err == ERR_OK && !has_leaf) {
		*why = chain->len == 0 ? "no certificate in the PKCS#7"
				       : "only CA certificates in the PKCS#7";
		err = ERR_NOTFOUND;
	}
	return err;
}

enum err
pair_chain_read(const void *der, size_t len, struct pair_chain *out, const char **why)
{
	struct pair_chain chain = {0};
	enum err err;
	PKCS7 *p7;

	if (len == 0 || len > PAIR_PKCS7_MAX) {
		*why = len == 0 ? "there is no PKCS#7" : "the PKCS#7 is too big";
		return len == 0 ? ERR_SYNTAX : ERR_LIMIT;
	}
	p7 = read_degenerate(der, len, why);
	err = p7 == NULL ? ERR_SYNTAX : add_all(&chain, p7->d.sign->cert, why);
	PKCS7_free(p7);
	ERR_clear_error();
	if (err == ERR_OK)
		*out = chain;
	else
		pair_chain_fini(&chain);
	return err;
}

void
pair_chain_fini(struct pair_chain *chain)
{
	for (size_t i = 0; i < chain->len; i++)
		X509_free(chain->certs[i]);
	*chain = (struct pair_chain){0};
}

/* ---- two keys ---- */

static bool
is_rsa(const EVP_PKEY *key)
{
	int type = EVP_PKEY_get_base_id(key);

	return type == EVP_PKEY_RSA || type == EVP_PKEY_RSA_PSS;
}

/* One key may be called RSA in one certificate and RSA-PSS in the other. */
static bool
same_modulus(const EVP_PKEY *a, const EVP_PKEY *b)
{
	BIGNUM *an = NULL, *bn = NULL;
	bool same = EVP_PKEY_get_bn_param(a, OSSL_PKEY_PARAM_RSA_N, &an) != 1 ||
		    EVP_PKEY_get_bn_param(b, OSSL_PKEY_PARAM_RSA_N, &bn) != 1 ||
		    BN_cmp(an, bn) == 0;

	BN_free(an);
	BN_free(bn);
	return same;
}

bool
pair_differs(const X509 *first, const X509 *second)
{
	const EVP_PKEY *a = X509_get0_pubkey(first);
	const EVP_PKEY *b = X509_get0_pubkey(second);
	bool differs = false;

	if (a == NULL || b == NULL || X509_cmp(first, second) == 0)
		differs = false;
	else if (is_rsa(a) && is_rsa(b))
		differs = !same_modulus(a, b);
	else if (EVP_PKEY_get_base_id(a) != EVP_PKEY_get_base_id(b))
		differs = true;
	else
		differs = EVP_PKEY_eq(a, b) == 0;
	ERR_clear_error();
	return differs;
}

/* ---- the signature ---- */

static const EVP_MD *
digest_of(const char *hash)
{
	static const struct {
		const char *name;
		const EVP_MD *(*md)(void);
	} digests[] = {{"sha256", EVP_sha256}, {"sha384", EVP_sha384}, {"sha512", EVP_sha512}};

	for (size_t i = 0; i < ARRAY_LEN(digests); i++)
		if (strcmp(hash, digests[i].name) == 0)
			return digests[i].md();
	return NULL;
}

/* NULL: its signatures are believed. */
static const char *
objection(const struct strength *strength, const EVP_PKEY *key)
{
	int type = key != NULL ? EVP_PKEY_get_base_id(key) : EVP_PKEY_NONE;

	/* EdDSA takes no hash, and the client names one. */
	if (type == EVP_PKEY_ED25519 || type == EVP_PKEY_ED448)
		return "its key is neither RSA nor EC";
	return strength_key(strength, key);
}

static bool
verifies(EVP_PKEY *key, const EVP_MD *md, const void *signature, size_t signature_len,
    const void *data, size_t data_len)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *key_ctx; /* ctx's */
	int type = EVP_PKEY_get_base_id(key);
	bool ok = ctx != NULL && EVP_DigestVerifyInit(ctx, &key_ctx, md, NULL, key) == 1;

	/* No choice of the client's: the kind of key says how it signs. */
	if (ok && type == EVP_PKEY_RSA)
		ok = EVP_PKEY_CTX_set_rsa_padding(key_ctx, RSA_PKCS1_PADDING) == 1;
	else if (ok && type == EVP_PKEY_RSA_PSS)
		ok = EVP_PKEY_CTX_set_rsa_padding(key_ctx, RSA_PKCS1_PSS_PADDING) == 1;
	if (ok)
		ok = EVP_DigestVerify(ctx, signature, signature_len, data, data_len) == 1;
	EVP_MD_CTX_free(ctx);
	return ok;
}

enum err
pair_signature(const struct strength *strength, X509 *leaf, const char *hash, const void *signature,
    size_t signature_len, const void *data, size_t data_len, const char **why)
{
	const EVP_MD *md = digest_of(hash);
	EVP_PKEY *key = X509_get0_pubkey(leaf);
	enum err err = ERR_OK;

	*why = md == NULL ? "the hash is none of sha256, sha384, sha512" : objection(strength, key);
	if (*why != NULL) {
		err = ERR_UNSUPPORTED;
	} else if (signature_len == 0 || signature_len > (size_t)EVP_PKEY_get_size(key)) {
		*why = "the signature has a wrong length";
		err = ERR_DENIED;
	} else if (!verifies(key, md, signature, signature_len, data, data_len)) {
		*why = "the signature does not fit the request";
		err = ERR_DENIED;
	}
	ERR_clear_error();
	return err;
}
