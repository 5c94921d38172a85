/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenSSL has security levels for the same purpose, which know no list of curves and tie keys to
 * hashes; so a path is built at its level 0 and judged here. What is in no table is not allowed.
 */
#include "pki/strength.h"

#include <openssl/evp.h>
#include <openssl/objects.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "pki/sigalg.h"

/* Words of elliptic-curves. */
static const struct {
	const char *word;
	const char *group; /* of an EC key, as OpenSSL calls it; NULL: */
	int type;          /* a kind of key by itself */
	bool usual;
} curves[] = {
    {"P-256", SN_X9_62_prime256v1, EVP_PKEY_EC, true},
    {"P-384", SN_secp384r1, EVP_PKEY_EC, true},
    {"P-521", SN_secp521r1, EVP_PKEY_EC, true},
    {"brainpoolP256r1", SN_brainpoolP256r1, EVP_PKEY_EC, false},
    {"brainpoolP384r1", SN_brainpoolP384r1, EVP_PKEY_EC, false},
    {"brainpoolP512r1", SN_brainpoolP512r1, EVP_PKEY_EC, false},
    {"Ed25519", NULL, EVP_PKEY_ED25519, true},
    {"Ed448", NULL, EVP_PKEY_ED448, true},
};

/* Words of signature-hashes. */
static const struct {
	const char *word;
	int nid;
	bool usual;
} hashes[] = {
    {"sha1", NID_sha1, false},
    {"sha224", NID_sha224, false},
    {"sha256", NID_sha256, true},
    {"sha384", NID_sha384, true},
    {"sha512", NID_sha512, true},
};

static bool
is_listed(const struct conf_object *root, unsigned setting, const char *word, bool usual)
{
	char *const *list = NULL;
	size_t len = root != NULL ? conf_list(root, setting, &list) : 0;

	for (size_t i = 0; i < len; i++)
		if (strcmp(list[i], word) == 0)
			return true;
	return len == 0 && usual;
}

void
strength_read(struct strength *strength, const struct conf_object *root)
{
	*strength = (struct strength){.rsa_bits_min = 2048};
	if (root != NULL)
		strength->rsa_bits_min = (int)conf_int(root, PKI_MINIMUM_RSA_MODULUS);
	for (size_t i = 0; i < ARRAY_LEN(curves); i++)
		if (is_listed(root, PKI_ELLIPTIC_CURVES, curves[i].word, curves[i].usual))
			strength->curves |= 1U << i;
	for (size_t i = 0; i < ARRAY_LEN(hashes); i++)
		if (is_listed(root, PKI_SIGNATURE_HASHES, hashes[i].word, hashes[i].usual))
			strength->hashes |= 1U << i;
	(void)snprintf(strength->rsa_text, sizeof strength->rsa_text,
	    "its RSA key has less than %d bits", strength->rsa_bits_min);
}

/* Is a key of this kind, an EC key in this group, allowed? */
static bool
is_allowed(const struct strength *strength, int type, const char *group)
{
	for (size_t i = 0; i < ARRAY_LEN(curves); i++)
		if (curves[i].type == type &&
		    (curves[i].group == NULL || strcmp(curves[i].group, group) == 0))
			return (strength->curves & 1U << i) != 0;
	return false;
}

static const char *
rsa_key(const struct strength *strength, const EVP_PKEY *key)
{
	int bits = EVP_PKEY_get_bits(key);

	if (bits < strength->rsa_bits_min)
		return strength->rsa_text;
	return bits > STRENGTH_RSA_BITS_MAX ? "its RSA key has more than 8192 bits" : NULL;
}

const char *
strength_key(const struct strength *strength, const EVP_PKEY *key)
{
	int type = key != NULL ? EVP_PKEY_get_base_id(key) : EVP_PKEY_NONE;
	char group[64] = "";
	size_t len;

	switch (type) {
	case EVP_PKEY_NONE:
		return "its key cannot be read";
	case EVP_PKEY_RSA:
	case EVP_PKEY_RSA_PSS:
		return rsa_key(strength, key);
	case EVP_PKEY_EC:
		if (EVP_PKEY_get_group_name(key, group, sizeof group, &len) == 1 &&
		    is_allowed(strength, type, group))
			return NULL;
		return "its EC key is not on a curve that is allowed";
	case EVP_PKEY_ED25519:
	case EVP_PKEY_ED448:
		return is_allowed(strength, type, group) ? NULL : "its EdDSA key is not allowed";
	default:
		return "its key is neither RSA nor EC";
	}
}

const char *
strength_signature(const struct strength *strength, const struct X509_algor_st *alg)
{
	int nid = sigalg_hash(alg);

	/* It hashes by itself, and says so by the name of the key. */
	if (nid == NID_ED25519 || nid == NID_ED448)
		return is_allowed(strength, nid, "") ? NULL : "it is signed by an EdDSA key";
	for (size_t i = 0; i < ARRAY_LEN(hashes); i++)
		if (hashes[i].nid == nid)
			return (strength->hashes & 1U << i) != 0
				   ? NULL
				   : "it is signed with a hash that is too weak";
	return "it is signed with a hash that is not known";
}
