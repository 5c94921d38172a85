/* SPDX-License-Identifier: Apache-2.0 */
/* A small certification authority in memory. */
#include "tests/load/load_mint.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_LEN 512
#define VALID_SECONDS 86400

struct load_mint {
	EVP_PKEY *key; /* of all clients */
	X509 **certificate;
	uint32_t users;
};

static FILE *
open_part(const char *path, size_t len)
{
	char copy[PATH_LEN];
	FILE *file;

	(void)snprintf(copy, sizeof(copy), "%.*s", (int)len, path);
	file = fopen(copy, "re");
	if (file == NULL)
		perror(copy);
	return file;
}

static bool
read_ca(const char *files, X509 **ca, EVP_PKEY **ca_key)
{
	const char *comma = strchr(files, ',');
	FILE *file;

	if (comma == NULL)
		return false;
	file = open_part(files, (size_t)(comma - files));
	if (file != NULL) {
		*ca = PEM_read_X509(file, NULL, NULL, NULL);
		(void)fclose(file);
	}
	file = open_part(comma + 1, strlen(comma + 1));
	if (file != NULL) {
		*ca_key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
		(void)fclose(file);
	}
	return *ca != NULL && *ca_key != NULL;
}

static bool
add_extension(X509 *certificate, int nid, const char *value)
{
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
	bool ok = extension != NULL && X509_add_ext(certificate, extension, -1) == 1;

	X509_EXTENSION_free(extension);
	return ok;
}

static X509 *
make(const struct load_mint *mint, X509 *ca, EVP_PKEY *ca_key, const char *name, uint32_t serial)
{
	X509 *certificate = X509_new();
	X509_NAME *subject = certificate == NULL ? NULL : X509_get_subject_name(certificate);

	if (subject != NULL && X509_set_version(certificate, X509_VERSION_3) == 1 &&
	    ASN1_INTEGER_set(X509_get_serialNumber(certificate), (long)serial) == 1 &&
	    X509_gmtime_adj(X509_getm_notBefore(certificate), -VALID_SECONDS) != NULL &&
	    X509_gmtime_adj(X509_getm_notAfter(certificate), VALID_SECONDS) != NULL &&
	    X509_NAME_add_entry_by_txt(
		subject, "CN", MBSTRING_UTF8, (const unsigned char *)name, -1, -1, 0) == 1 &&
	    X509_set_issuer_name(certificate, X509_get_subject_name(ca)) == 1 &&
	    X509_set_pubkey(certificate, mint->key) == 1 &&
	    add_extension(certificate, NID_key_usage, "critical,digitalSignature") &&
	    add_extension(certificate, NID_ext_key_usage, "clientAuth") &&
	    X509_sign(certificate, ca_key, EVP_sha256()) != 0)
		return certificate;
	X509_free(certificate);
	return NULL;
}

static bool
make_all(struct load_mint *mint, const char *files, const char *user)
{
	X509 *ca = NULL;
	EVP_PKEY *ca_key = NULL;
	bool ok = read_ca(files, &ca, &ca_key);

	mint->key = EVP_EC_gen("P-256");
	for (uint32_t i = 0; ok && i < mint->users; i++) {
		char name[64];

		(void)snprintf(name, sizeof(name), "%s%05u", user, i + 1);
		mint->certificate[i] = make(mint, ca, ca_key, name, i + 1000);
		ok = mint->certificate[i] != NULL;
	}
	X509_free(ca);
	EVP_PKEY_free(ca_key);
	return ok && mint->key != NULL;
}

struct load_mint *
load_mint_new(const char *files, const char *user, uint32_t users)
{
	struct load_mint *mint = calloc(1, sizeof(*mint));

	if (mint == NULL)
		return NULL;
	mint->certificate = calloc(users, sizeof(X509 *));
	if (mint->certificate != NULL) {
		mint->users = users;
		if (make_all(mint, files, user))
			return mint;
	}
	ERR_print_errors_fp(stderr);
	load_mint_free(mint);
	return NULL;
}

bool
load_mint_use(struct load_mint *mint, SSL *ssl, uint32_t user)
{
	return SSL_use_certificate(ssl, mint->certificate[user]) == 1 &&
	       SSL_use_PrivateKey(ssl, mint->key) == 1;
}

void
load_mint_free(struct load_mint *mint)
{
	if (mint == NULL)
		return;
	for (uint32_t i = 0; i < mint->users; i++)
		X509_free(mint->certificate[i]);
	free(mint->certificate);
	EVP_PKEY_free(mint->key);
	free(mint);
}
