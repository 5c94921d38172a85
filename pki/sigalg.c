/* SPDX-License-Identifier: Apache-2.0 */
/* Strength of signature algorithms: OpenSSL judges it within a certificate path only. */
#include "pki/sigalg.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#define DIGEST_BYTES_MIN 28
#define SECURITY_BITS_MIN 112

static bool
digest_is_strong(int nid)
{
	const EVP_MD *md = nid != NID_undef ? EVP_get_digestbynid(nid) : NULL;

	return md != NULL && EVP_MD_get_size(md) >= DIGEST_BYTES_MIN;
}

/* RSA-PSS has its digest in the parameters; none there means SHA-1 (RFC 4055 3.1). */
static int
pss_hash(const X509_ALGOR *alg)
{
	const void *value;
	int type, nid = NID_undef;
	RSA_PSS_PARAMS *params = NULL;

	X509_ALGOR_get0(NULL, &type, &value, alg);
	if (type == V_ASN1_SEQUENCE)
		params = ASN1_item_unpack(value, ASN1_ITEM_rptr(RSA_PSS_PARAMS));
	if (params != NULL && params->hashAlgorithm != NULL) {
		const ASN1_OBJECT *hash;

		X509_ALGOR_get0(&hash, NULL, NULL, params->hashAlgorithm);
		nid = OBJ_obj2nid(hash);
	} else if (params != NULL) {
		nid = NID_sha1;
	}
	RSA_PSS_PARAMS_free(params);
	return nid;
}

int
sigalg_hash(const struct X509_algor_st *alg)
{
	const ASN1_OBJECT *object;
	int nid, digest, key;

	X509_ALGOR_get0(&object, NULL, NULL, alg);
	nid = OBJ_obj2nid(object);
	if (nid == NID_ED25519 || nid == NID_ED448)
		return nid;
	if (nid == NID_rsassaPss)
		return pss_hash(alg);
	return OBJ_find_sigid_algs(nid, &digest, &key) == 1 ? digest : NID_undef;
}

bool
sigalg_is_strong(const struct X509_algor_st *alg)
{
	int nid = sigalg_hash(alg);

	return nid == NID_ED25519 || nid == NID_ED448 || digest_is_strong(nid);
}

bool
sigalg_key_is_strong(const struct evp_pkey_st *key)
{
	return key != NULL && EVP_PKEY_get_security_bits(key) >= SECURITY_BITS_MIN;
}
