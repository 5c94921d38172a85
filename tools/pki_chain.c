/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is this the certificate of that key, and can a gateway show it? What a client would find wrong is
 * found here, before anything is replaced.
 */
#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "tools/pki_parts.h"

#define SECURITY_BITS_MIN 112 /* of a signature, as OpenSSL's level 2: no MD5, no SHA-1 */
#define NAME_MAX_BYTES 256

/* "12:00:00 UTC Jul 20 2026" */
static void
date_text(const ASN1_TIME *time, char *dst, size_t size)
{
	struct tm tm;

	if (ASN1_TIME_to_tm(time, &tm) != 1 ||
	    strftime(dst, size, "%H:%M:%S UTC %b %d %Y", &tm) == 0)
		dst[0] = '\0';
}

static bool
is_valid_at(const X509 *cert, int64_t now)
{
	time_t when = (time_t)now;

	return X509_cmp_time(X509_get0_notBefore(cert), &when) == -1 &&
	       X509_cmp_time(X509_get0_notAfter(cert), &when) == 1;
}

static bool
fits(X509 *cert, const EVP_PKEY *key)
{
	const EVP_PKEY *public = X509_get0_pubkey(cert);
	bool fine = public != NULL && EVP_PKEY_eq(public, key) == 1;

	ERR_clear_error();
	return fine;
}

bool
pki_chain_fits(const STACK_OF(X509) * list, const EVP_PKEY *key)
{
	for (int i = 0; i < sk_X509_num(list); i++)
		if (fits(sk_X509_value(list, i), key))
			return true;
	return false;
}

/* Of two certificates for the same, the better one: valid now, then the one that lasts longer. */
static bool
is_better(const X509 *a, const X509 *b, int64_t now)
{
	bool a_valid = is_valid_at(a, now), b_valid = is_valid_at(b, now);

	if (a_valid != b_valid)
		return a_valid;
	return ASN1_TIME_compare(X509_get0_notAfter(a), X509_get0_notAfter(b)) > 0;
}

static X509 *
find_leaf(const STACK_OF(X509) * list, const EVP_PKEY *key, int64_t now)
{
	X509 *best = NULL;

	for (int i = 0; i < sk_X509_num(list); i++) {
		X509 *cert = sk_X509_value(list, i);

		if (fits(cert, key) && (best == NULL || is_better(cert, best, now)))
			best = cert;
	}
	return best;
}

/* ---- what is checked ---- */

static enum err
check_time(const X509 *cert, int64_t now, struct buf *why)
{
	char name[NAME_MAX_BYTES], date[64];
	time_t when = (time_t)now;

	if (is_valid_at(cert, now))
		return ERR_OK;
	pki_say_name(X509_get_subject_name(cert), name, sizeof(name));
	if (X509_cmp_time(X509_get0_notBefore(cert), &when) == 1) {
		date_text(X509_get0_notBefore(cert), date, sizeof(date));
		return pki_say(
		    why, ERR_RANGE, "the certificate of %s is not valid before %s", name, date);
	}
	date_text(X509_get0_notAfter(cert), date, sizeof(date));
	return pki_say(why, ERR_RANGE, "the certificate of %s has expired: %s", name, date);
}

/* Neither MD5 nor SHA-1. A root's own signature is nothing that anybody checks. */
static enum err
check_signature(X509 *cert, struct buf *why)
{
	char name[NAME_MAX_BYTES];
	int bits = 0;

	if ((X509_get_extension_flags(cert) & EXFLAG_SS) != 0 ||
	    (X509_get_signature_info(cert, NULL, NULL, &bits, NULL) == 1 &&
		bits >= SECURITY_BITS_MIN))
		return ERR_OK;
	pki_say_name(X509_get_subject_name(cert), name, sizeof(name));
	return pki_say(why, ERR_UNSUPPORTED,
	    "the certificate of %s is signed with %s, which clients do not believe", name,
	    OBJ_nid2ln(X509_get_signature_nid(cert)));
}

/* Extended key usage: none, serverAuth, or any. */
static enum err
check_usage(X509 *cert, struct buf *why)
{
	uint32_t flags = X509_get_extension_flags(cert);

	if ((flags & EXFLAG_INVALID) != 0)
		return pki_say(why, ERR_SYNTAX, "the certificate has extensions that are broken");
	if ((flags & EXFLAG_XKUSAGE) != 0 &&
	    (X509_get_extended_key_usage(cert) & (XKU_SSL_SERVER | XKU_ANYEKU)) == 0)
		return pki_say(why, ERR_DENIED,
		    "the certificate is not for servers: its extended key usage is without "
		    "serverAuth");
	if ((flags & EXFLAG_KUSAGE) != 0 && (X509_get_key_usage(cert) & KU_DIGITAL_SIGNATURE) == 0)
		return pki_say(why, ERR_DENIED,
		    "the certificate is not for TLS: its key usage is without digitalSignature");
	return ERR_OK;
}

static enum err
check_leaf(X509 *cert, int64_t now, struct buf *why)
{
	enum err err = check_time(cert, now, why);

	if (err == ERR_OK)
		err = check_usage(cert, why);
	return err == ERR_OK ? check_signature(cert, why) : err;
}

/* ---- order ---- */

static bool
issued(X509 *issuer, X509 *cert)
{
	bool fine = X509_check_issued(issuer, cert) == X509_V_OK && X509_check_ca(issuer) != 0 &&
		    X509_verify(cert, X509_get0_pubkey(issuer)) == 1;

	ERR_clear_error();
	return fine;
}

static bool
has(const STACK_OF(X509) * list, const X509 *cert)
{
	for (int i = 0; i < sk_X509_num(list); i++)
		if (X509_cmp(sk_X509_value(list, i), cert) == 0)
			return true;
	return false;
}

static X509 *
find_issuer(const STACK_OF(X509) * list, const STACK_OF(X509) * chain, X509 *cert, int64_t now)
{
	X509 *best = NULL;

	for (int i = 0; i < sk_X509_num(list); i++) {
		X509 *issuer = sk_X509_value(list, i);

		if (!has(chain, issuer) && issued(issuer, cert) &&
		    (best == NULL || is_better(issuer, best, now)))
			best = issuer;
	}
	return best;
}

static bool
is_self_signed(X509 *cert)
{
	return (X509_get_extension_flags(cert) & EXFLAG_SS) != 0;
}

static enum err
climb(const STACK_OF(X509) * list, int64_t now, STACK_OF(X509) * chain, struct buf *why)
{
	X509 *cert = sk_X509_value(chain, 0);
	enum err err = ERR_OK;

	while (err == ERR_OK && !is_self_signed(cert)) {
		cert = find_issuer(list, chain, cert, now);
		if (cert == NULL)
			break;
		err = check_time(cert, now, why);
		if (err == ERR_OK)
			err = check_signature(cert, why);
		if (err == ERR_OK && sk_X509_num(chain) >= PKI_CHAIN_MAX)
			err = pki_say(why, ERR_LIMIT, "the chain has more than %d certificates",
			    PKI_CHAIN_MAX);
		if (err == ERR_OK && sk_X509_push(chain, cert) <= 0)
			err = pki_say(why, ERR_NOMEM, "out of memory");
	}
	return err;
}

static void
note_rest(const STACK_OF(X509) * list, const STACK_OF(X509) * chain, struct buf *notes)
{
	X509 *last = sk_X509_value(chain, sk_X509_num(chain) - 1);
	char name[NAME_MAX_BYTES];

	for (int i = 0; i < sk_X509_num(list); i++)
		if (!has(chain, sk_X509_value(list, i)))
			(void)pki_say(notes, ERR_OK,
			    "left out, for it is not in the chain: the certificate of %s",
			    pki_say_name(
				X509_get_subject_name(sk_X509_value(list, i)), name, sizeof(name)));
	if (sk_X509_num(chain) == 1 && !is_self_signed(last))
		(void)pki_say(notes, ERR_OK,
		    "warning: the issuer is not there: %s; clients that know only its root will "
		    "not believe the gateway (--ca adds certificates)",
		    pki_say_name(X509_get_issuer_name(last), name, sizeof(name)));
}

enum err
pki_chain_order(const STACK_OF(X509) * list, const EVP_PKEY *key, int64_t now,
    STACK_OF(X509) * *out, struct buf *notes, struct buf *why)
{
	X509 *leaf = find_leaf(list, key, now);
	STACK_OF(X509) * chain;
	enum err err;

	if (leaf == NULL)
		return pki_say(why, ERR_NOTFOUND, "no certificate belongs to the key");
	err = check_leaf(leaf, now, why);
	if (err != ERR_OK)
		return err;
	chain = sk_X509_new_null();
	if (chain == NULL || sk_X509_push(chain, leaf) <= 0)
		err = pki_say(why, ERR_NOMEM, "out of memory");
	else
		err = climb(list, now, chain, why);
	if (err != ERR_OK) {
		sk_X509_free(chain);
		return err;
	}
	note_rest(list, chain, notes);
	*out = chain;
	return ERR_OK;
}

enum err
pki_chain_write(const STACK_OF(X509) * chain, struct buf *out, struct buf *why)
{
	BIO *bio = BIO_new(BIO_s_mem());
	bool fine = bio != NULL;
	char *data;

	buf_init(out, PKI_FILE_MAX);
	for (int i = 0; fine && i < sk_X509_num(chain); i++)
		fine = PEM_write_bio_X509(bio, sk_X509_value(chain, i)) == 1;
	if (fine) {
		long len = BIO_get_mem_data(bio, &data);

		buf_put(out, data, (size_t)len);
	}
	BIO_free(bio);
	return fine && out->err == ERR_OK ? ERR_OK
					  : pki_say(why, ERR_CRYPTO, "the chain cannot be written");
}
