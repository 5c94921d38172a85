/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A key and a self-signed certificate, for a gateway whose identity cannot be brought along: a
 * running-config has no private keys. The ASA does the same when it has no trustpoint.
 */
#include <string.h>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "common/ip.h"
#include "tools/import_parts.h"

#define CURVE "P-256"
#define DAYS 825          /* what clients take at most */
#define BACK_SECONDS 3600 /* clocks differ */
#define CN_MAX 64

static bool
add_extension(X509 *cert, int nid, const char *value)
{
	X509V3_CTX ctx;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, cert, cert, NULL, NULL, 0);
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	bool fine = extension != NULL && X509_add_ext(cert, extension, -1) == 1;

	X509_EXTENSION_free(extension);
	return fine;
}

/* "DNS:gw.example.com,IP:192.0.2.1" */
static bool
add_names(X509 *cert, const char *const *names, size_t len)
{
	struct ip_addr addr;
	struct buf text;

	buf_init(&text, 65536);
	for (size_t i = 0; i < len; i++)
		buf_printf(&text, "%s%s:%s", i > 0 ? "," : "",
		    ip_parse(names[i], &addr) == ERR_OK ? "IP" : "DNS", names[i]);
	bool fine =
	    text.err == ERR_OK && add_extension(cert, NID_subject_alt_name, buf_cstr(&text));
	buf_fini(&text);
	return fine;
}

static bool
set_serial(X509 *cert)
{
	unsigned char bytes[16];
	bool fine = false;

	if (RAND_bytes(bytes, sizeof(bytes)) != 1)
		return false;
	bytes[0] &= 0x7f;
	BIGNUM *number = BN_bin2bn(bytes, sizeof(bytes), NULL);
	if (number != NULL)
		fine = BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert)) != NULL;
	BN_free(number);
	return fine;
}

static bool
set_subject(X509 *cert, const char *name)
{
	X509_NAME *subject = X509_get_subject_name(cert);

	return strlen(name) <= CN_MAX &&
	       X509_NAME_add_entry_by_txt(
		   subject, "CN", MBSTRING_UTF8, (const unsigned char *)name, -1, -1, 0) == 1 &&
	       X509_set_issuer_name(cert, subject) == 1;
}

static bool
fill(X509 *cert, EVP_PKEY *key, const char *const *names, size_t len)
{
	return X509_set_version(cert, X509_VERSION_3) == 1 && set_serial(cert) &&
	       X509_gmtime_adj(X509_getm_notBefore(cert), -BACK_SECONDS) != NULL &&
	       X509_time_adj_ex(X509_getm_notAfter(cert), DAYS, 0, NULL) != NULL &&
	       set_subject(cert, names[0]) && X509_set_pubkey(cert, key) == 1 &&
	       add_extension(cert, NID_basic_constraints, "critical,CA:FALSE") &&
	       add_extension(cert, NID_key_usage, "critical,digitalSignature") &&
	       add_extension(cert, NID_ext_key_usage, "serverAuth") &&
	       add_names(cert, names, len) && X509_sign(cert, key, EVP_sha256()) > 0;
}

/* What OpenSSL has written into memory, with the copy wiped. */
static void
take(BIO *bio, struct buf *out)
{
	char *data;
	long len = BIO_get_mem_data(bio, &data);

	if (len > 0) {
		buf_put(out, data, (size_t)len);
		OPENSSL_cleanse(data, (size_t)len);
	}
}

enum err
import_identity(const char *const *names, size_t len, struct buf *certificate, struct buf *key)
{
	EVP_PKEY *pkey = EVP_EC_gen(CURVE);
	X509 *cert = X509_new();
	BIO *cert_bio = BIO_new(BIO_s_mem()), *key_bio = BIO_new(BIO_s_mem());
	enum err err = ERR_CRYPTO;

	if (pkey != NULL && cert != NULL && cert_bio != NULL && key_bio != NULL && len > 0 &&
	    fill(cert, pkey, names, len) && PEM_write_bio_X509(cert_bio, cert) == 1 &&
	    PEM_write_bio_PrivateKey(key_bio, pkey, NULL, NULL, 0, NULL, NULL) == 1) {
		take(cert_bio, certificate);
		take(key_bio, key);
		err = key->err != ERR_OK ? key->err : certificate->err;
	}
	BIO_free(cert_bio);
	BIO_free(key_bio);
	X509_free(cert);
	EVP_PKEY_free(pkey);
	return err;
}
