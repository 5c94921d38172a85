/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificates out of what a CA or another gateway gave. The form is taken from the bytes, not from
 * the file's name. Whatever is not wholly understood is refused.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/pkcs7.h>
#include <openssl/provider.h>

#include "common/str.h"
#include "tools/pki_parts.h"

#define PEM_BEGIN "-----BEGIN "
#define PEM_PKCS12 "PKCS12"
#define DER_SEQUENCE 0x30
#define MAC_ROUNDS_MAX 10000000 /* what a pass phrase is stirred at most; some seconds */

static bool
has_text(const struct buf *data, const char *text)
{
	return data->len > 0 && memmem(data->data, data->len, text, strlen(text)) != NULL;
}

static enum err
say_junk(struct buf *why, const char *what)
{
	return pki_say(why, ERR_SYNTAX,
	    "%s: is no certificate; give PEM or DER certificates, or PKCS#7 (or PKCS#12, with "
	    "--pkcs12)",
	    what);
}

/* Takes the reference of cert. */
static enum err
list_add(STACK_OF(X509) * list, X509 *cert, const char *what, struct buf *why)
{
	enum err err = ERR_OK;

	if (sk_X509_num(list) >= PKI_CERTS_MAX)
		err = pki_say(why, ERR_LIMIT, "%s: more than %d certificates", what, PKI_CERTS_MAX);
	else if (sk_X509_push(list, cert) <= 0)
		err = pki_say(why, ERR_NOMEM, "out of memory");
	if (err != ERR_OK)
		X509_free(cert);
	return err;
}

/* ---- DER ---- */

/* One certificate at *p, which moves behind it. */
static enum err
take_x509(
    const unsigned char **p, size_t len, const char *what, STACK_OF(X509) * list, struct buf *why)
{
	X509 *cert = d2i_X509(NULL, p, (long)len);

	return cert != NULL ? list_add(list, cert, what, why) : say_junk(why, what);
}

static enum err
take_pkcs7(PKCS7 *pkcs7, const char *what, STACK_OF(X509) * list, struct buf *why)
{
	STACK_OF(X509) *certs =
	    PKCS7_type_is_signed(pkcs7) && pkcs7->d.sign != NULL ? pkcs7->d.sign->cert : NULL;
	enum err err = ERR_OK;

	if (sk_X509_num(certs) <= 0)
		return pki_say(
		    why, ERR_SYNTAX, "%s: is PKCS#7, but has no certificates in it", what);
	for (int i = 0; i < sk_X509_num(certs) && err == ERR_OK; i++) {
		X509 *cert = sk_X509_value(certs, i);

		X509_up_ref(cert);
		err = list_add(list, cert, what, why);
	}
	return err;
}

/* Certificates behind one another, or one PKCS#7; nothing else behind them. */
static enum err
read_der(
    const unsigned char *data, size_t len, const char *what, STACK_OF(X509) * list, struct buf *why)
{
	const unsigned char *p = data, *end = data + len;
	PKCS7 *pkcs7 = d2i_PKCS7(NULL, &p, (long)len);
	enum err err = ERR_OK;

	ERR_clear_error();
	if (pkcs7 != NULL) {
		err = p == end ? take_pkcs7(pkcs7, what, list, why) : say_junk(why, what);
		PKCS7_free(pkcs7);
		return err;
	}
	p = data;
	do
		err = take_x509(&p, (size_t)(end - p), what, list, why);
	while (err == ERR_OK && p < end);
	return err;
}

/* ---- PEM ---- */

static enum err
take_block(const char *name, const unsigned char *der, size_t len, const char *what,
    STACK_OF(X509) * list, struct buf *why)
{
	bool is_x509 = strcmp(name, PEM_STRING_X509) == 0 || strcmp(name, PEM_STRING_X509_OLD) == 0;

	if (is_x509 || strcmp(name, PEM_STRING_PKCS7) == 0 || strcmp(name, PEM_STRING_CMS) == 0 ||
	    strcmp(name, PEM_STRING_PKCS7_SIGNED) == 0)
		return read_der(der, len, what, list, why);
	if (strstr(name, "PRIVATE KEY") != NULL)
		return pki_say(why, ERR_SYNTAX,
		    "%s: holds a private key, which has no place in an answer; take it out, or "
		    "bring key and certificate together as PKCS#12, with --pkcs12",
		    what);
	if (strcmp(name, PEM_STRING_X509_REQ) == 0 || strcmp(name, PEM_STRING_X509_REQ_OLD) == 0)
		return pki_say(
		    why, ERR_SYNTAX, "%s: is a request; import what the CA answers to it", what);
	return pki_say(
	    why, ERR_SYNTAX, "%s: has \"BEGIN %s\" in it, which is no certificate", what, name);
}

static enum err
read_pem(const struct buf *data, const char *what, STACK_OF(X509) * list, struct buf *why)
{
	BIO *bio = BIO_new_mem_buf(data->data, (int)data->len);
	enum err err = bio != NULL ? ERR_OK : pki_say(why, ERR_NOMEM, "out of memory");
	char *name, *header;
	unsigned char *der;
	long len;

	while (err == ERR_OK && PEM_read_bio(bio, &name, &header, &der, &len) == 1) {
		err = take_block(name, der, (size_t)len, what, list, why);
		OPENSSL_free(name);
		OPENSSL_free(header);
		OPENSSL_clear_free(der, (size_t)len);
	}
	BIO_free(bio);
	if (err == ERR_OK && ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		err = pki_say(why, ERR_SYNTAX, "%s: is PEM that is broken or was cut off", what);
	ERR_clear_error();
	return err;
}

enum err
pki_answer_read(const struct buf *data, const char *what, STACK_OF(X509) * list, struct buf *why)
{
	int before = sk_X509_num(list);
	enum err err;

	if (data->len > PKI_FILE_MAX)
		return pki_say(why, ERR_LIMIT, "%s: is bigger than 1 MB", what);
	if (pki_answer_is_pkcs12(data))
		return pki_say(why, ERR_SYNTAX, "%s: is PKCS#12; import it with --pkcs12", what);
	if (has_text(data, PEM_BEGIN))
		err = read_pem(data, what, list, why);
	else if (data->len > 0 && data->data[0] == DER_SEQUENCE)
		err = read_der(data->data, data->len, what, list, why);
	else
		err = say_junk(why, what);
	if (err == ERR_OK && sk_X509_num(list) == before)
		err = say_junk(why, what);
	return err;
}

/* ---- PKCS#12 ---- */

static PKCS12 *
pkcs12_from_der(const unsigned char *data, size_t len)
{
	const unsigned char *p = data;
	PKCS12 *pkcs12 = d2i_PKCS12(NULL, &p, (long)len);

	ERR_clear_error();
	return pkcs12;
}

static PKCS12 *
pkcs12_from_pem(const struct buf *data)
{
	BIO *bio = BIO_new_mem_buf(data->data, (int)data->len);
	PKCS12 *pkcs12 = NULL;
	char *name, *header;
	unsigned char *der;
	long len;

	while (
	    bio != NULL && pkcs12 == NULL && PEM_read_bio(bio, &name, &header, &der, &len) == 1) {
		if (strcmp(name, PEM_PKCS12) == 0)
			pkcs12 = pkcs12_from_der(der, (size_t)len);
		OPENSSL_free(name);
		OPENSSL_free(header);
		OPENSSL_clear_free(der, (size_t)len);
	}
	BIO_free(bio);
	ERR_clear_error();
	return pkcs12;
}

/* Nothing but base64, as some versions print it, until a line that says "quit". */
static PKCS12 *
pkcs12_from_base64(const struct buf *data)
{
	const char *quit = memmem(data->data, data->len, "\nquit", 5);
	size_t len = quit != NULL ? (size_t)(quit + 1 - (const char *)data->data) : data->len;
	EVP_ENCODE_CTX *ctx = EVP_ENCODE_CTX_new();
	unsigned char *der = malloc(data->len + 64);
	PKCS12 *pkcs12 = NULL;
	int part = 0, rest = 0;

	if (ctx != NULL && der != NULL) {
		EVP_DecodeInit(ctx);
		if (EVP_DecodeUpdate(ctx, der, &part, data->data, (int)len) >= 0 &&
		    EVP_DecodeFinal(ctx, der + part, &rest) == 1)
			pkcs12 = pkcs12_from_der(der, (size_t)part + (size_t)rest);
	}
	EVP_ENCODE_CTX_free(ctx);
	free(der);
	ERR_clear_error();
	return pkcs12;
}

static PKCS12 *
pkcs12_read(const struct buf *data)
{
	if (data->len == 0 || data->len > PKI_FILE_MAX)
		return NULL;
	if (data->data[0] == DER_SEQUENCE)
		return pkcs12_from_der(data->data, data->len);
	return has_text(data, PEM_BEGIN) ? pkcs12_from_pem(data) : pkcs12_from_base64(data);
}

bool
pki_answer_is_pkcs12(const struct buf *data)
{
	PKCS12 *pkcs12 = pkcs12_read(data);
	bool is = pkcs12 != NULL;

	PKCS12_free(pkcs12);
	return is;
}

/* Exports of an ASA are encrypted with RC2, which OpenSSL 3 has outside its default provider. */
static bool
load_legacy(void)
{
	static bool loaded;

	if (!loaded)
		loaded = OSSL_PROVIDER_try_load(NULL, "legacy", 1) != NULL;
	ERR_clear_error();
	return loaded;
}

static bool
is_reason(int reason)
{
	unsigned long error;
	bool found = false;

	while ((error = ERR_get_error()) != 0)
		found = found || ERR_GET_REASON(error) == reason;
	return found;
}

static enum err
check_mac(PKCS12 *pkcs12, const char *what, const char *passphrase, struct buf *why)
{
	const ASN1_INTEGER *rounds = NULL;

	if (PKCS12_mac_present(pkcs12) != 1)
		return pki_say(why, ERR_SYNTAX,
		    "%s: has no MAC, so nobody knows whether it was changed on its way", what);
	PKCS12_get0_mac(NULL, NULL, NULL, &rounds, pkcs12);
	if (rounds != NULL &&
	    (ASN1_INTEGER_get(rounds) < 0 || ASN1_INTEGER_get(rounds) > MAC_ROUNDS_MAX))
		return pki_say(why, ERR_LIMIT, "%s: has a MAC of absurdly many rounds", what);
	if (PKCS12_verify_mac(pkcs12, passphrase, -1) == 1)
		return ERR_OK;
	return pki_say(why, ERR_DENIED, "%s: the pass phrase is wrong", what);
}

static enum err
decrypt(PKCS12 *pkcs12, const char *what, const char *passphrase, EVP_PKEY **key, X509 **cert,
    STACK_OF(X509) * *others, struct buf *why)
{
	if (PKCS12_parse(pkcs12, passphrase, key, cert, others) == 1)
		return ERR_OK;
	if (!is_reason(ERR_R_UNSUPPORTED))
		return pki_say(why, ERR_SYNTAX, "%s: is broken PKCS#12", what);
	if (!load_legacy())
		return pki_say(why, ERR_UNSUPPORTED,
		    "%s: is encrypted with an old cipher, which needs OpenSSL's \"legacy\" "
		    "provider, and that is not installed here; convert it where it is: \"openssl "
		    "pkcs12 -legacy\"",
		    what);
	if (PKCS12_parse(pkcs12, passphrase, key, cert, others) == 1)
		return ERR_OK;
	return pki_say(
	    why, ERR_UNSUPPORTED, "%s: is encrypted in a way that this OpenSSL cannot read", what);
}

enum err
pki_answer_pkcs12(const struct buf *data, const char *what, const char *passphrase,
    STACK_OF(X509) * list, EVP_PKEY **key, struct buf *why)
{
	PKCS12 *pkcs12 = pkcs12_read(data);
	STACK_OF(X509) *others = NULL;
	X509 *cert = NULL;
	enum err err;

	*key = NULL;
	if (pkcs12 == NULL)
		return pki_say(why, ERR_SYNTAX,
		    "%s: is not PKCS#12, neither DER nor the text that \"crypto ca export\" prints",
		    what);
	err = check_mac(pkcs12, what, passphrase, why);
	if (err == ERR_OK)
		err = decrypt(pkcs12, what, passphrase, key, &cert, &others, why);
	if (err == ERR_OK && *key == NULL)
		err = pki_say(why, ERR_SYNTAX, "%s: has no private key in it", what);
	if (err == ERR_OK && cert != NULL) {
		X509_up_ref(cert);
		err = list_add(list, cert, what, why);
	}
	for (int i = 0; err == ERR_OK && i < sk_X509_num(others); i++) {
		X509_up_ref(sk_X509_value(others, i));
		err = list_add(list, sk_X509_value(others, i), what, why);
	}
	if (err != ERR_OK) {
		EVP_PKEY_free(*key);
		*key = NULL;
	}
	X509_free(cert);
	sk_X509_pop_free(others, X509_free);
	PKCS12_free(pkcs12);
	return err;
}
