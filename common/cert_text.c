/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificates as text. Everything in them may come from anybody: counts are limited, and nothing
 * that could move a cursor or begin a line of its own gets through.
 */
#include "common/cert_text.h"

#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "common/cert.h"
#include "common/str.h"

#define VALUE_MAX 1024
#define URLS_MAX 16 /* of each kind */

/* ---- keys, usage, algorithms ---- */

/* Bits that sign and bits that encrypt: what the ASA sums up so. */
static const char *
usage_text(X509 *cert)
{
	uint32_t usage = X509_get_key_usage(cert); /* all bits when there is no such extension */
	bool encrypts = (usage & (KU_KEY_ENCIPHERMENT | KU_KEY_AGREEMENT)) != 0;
	bool is_signing = (usage & (KU_DIGITAL_SIGNATURE | KU_KEY_CERT_SIGN | KU_CRL_SIGN |
				       KU_NON_REPUDIATION)) != 0;

	if (encrypts && !is_signing)
		return "Encryption";
	return encrypts ? "General Purpose" : "Signature";
}

static void
put_key(struct buf *out, const X509 *cert)
{
	const EVP_PKEY *key = X509_get0_pubkey(cert);
	int type = key != NULL ? EVP_PKEY_get_base_id(key) : NID_undef;
	const char *name = "unknown";

	if (type == EVP_PKEY_RSA || type == EVP_PKEY_RSA_PSS)
		name = "RSA";
	else if (type == EVP_PKEY_EC)
		name = "EC";
	else if (type == EVP_PKEY_ED25519 || type == EVP_PKEY_ED448)
		name = "EDDSA";
	buf_printf(out, "  Public Key Type: %s (%d bits)\n", name,
	    key != NULL ? EVP_PKEY_get_bits(key) : 0);
}

static void
put_signature(struct buf *out, X509 *cert)
{
	int digest = NID_undef, type = NID_undef;

	buf_puts(out, "  Signature Algorithm: ");
	if (X509_get_signature_info(cert, &digest, &type, NULL, NULL) != 1 || digest == NID_undef)
		buf_puts(out, OBJ_nid2ln(X509_get_signature_nid(cert)));
	else
		buf_printf(out, "%s with %s", OBJ_nid2sn(digest),
		    type == EVP_PKEY_RSA       ? "RSA Encryption"
		    : type == EVP_PKEY_EC      ? "ECDSA"
		    : type == EVP_PKEY_RSA_PSS ? "RSA-PSS"
					       : OBJ_nid2ln(type));
	buf_put_u8(out, '\n');
}

/* ---- names, URLs, times ---- */

static void
put_name(struct buf *out, const char *title, Ipc__CertAttr *const *attrs, size_t len)
{
	char value[VALUE_MAX + 1];

	buf_printf(out, "  %s:\n", title);
	for (size_t i = 0; i < len; i++) {
		str_printable(value, sizeof(value), attrs[i]->value);
		buf_printf(out, "    %s=%s\n",
		    strcmp(attrs[i]->tag, "sp") == 0 ? "st" : attrs[i]->tag, value);
	}
}

/* URLs of one kind, under a title that stands once. */
struct urls {
	struct buf *out;
	const char *title;
	unsigned len;
};

static void
put_url(struct urls *urls, const GENERAL_NAME *name)
{
	char raw[VALUE_MAX + 1], text[VALUE_MAX + 1];
	const ASN1_STRING *uri;

	if (name->type != GEN_URI || urls->len == URLS_MAX)
		return;
	uri = name->d.uniformResourceIdentifier;
	if (str_copy_n(raw, sizeof(raw), (const char *)ASN1_STRING_get0_data(uri),
		(size_t)ASN1_STRING_length(uri)) != ERR_OK)
		return;
	str_printable(text, sizeof(text), raw);
	if (urls->len++ == 0)
		buf_printf(urls->out, "  %s:\n", urls->title);
	buf_printf(urls->out, "    [%u] %s\n", urls->len, text);
}

static void
put_crl_points(struct buf *out, const X509 *cert)
{
	CRL_DIST_POINTS *points = X509_get_ext_d2i(cert, NID_crl_distribution_points, NULL, NULL);
	struct urls urls = {.out = out, .title = "CRL Distribution Points"};

	for (int i = 0; i < sk_DIST_POINT_num(points); i++) {
		const DIST_POINT_NAME *name = sk_DIST_POINT_value(points, i)->distpoint;

		if (name == NULL || name->type != 0)
			continue;
		for (int k = 0; k < sk_GENERAL_NAME_num(name->name.fullname); k++)
			put_url(&urls, sk_GENERAL_NAME_value(name->name.fullname, k));
	}
	CRL_DIST_POINTS_free(points);
}

static void
put_responders(struct buf *out, const X509 *cert)
{
	AUTHORITY_INFO_ACCESS *list = X509_get_ext_d2i(cert, NID_info_access, NULL, NULL);
	struct urls urls = {.out = out, .title = "OCSP AIA"};

	for (int i = 0; i < sk_ACCESS_DESCRIPTION_num(list); i++) {
		const ACCESS_DESCRIPTION *access = sk_ACCESS_DESCRIPTION_value(list, i);

		if (OBJ_obj2nid(access->method) == NID_ad_OCSP)
			put_url(&urls, access->location);
	}
	AUTHORITY_INFO_ACCESS_free(list);
}

static void
tm_text(char *dst, size_t dst_size, const struct tm *tm)
{
	if (strftime(dst, dst_size, "%H:%M:%S UTC %b %d %Y", tm) == 0)
		(void)str_copy(dst, dst_size, "unknown");
}

void
cert_text_time(char *dst, size_t dst_size, int64_t seconds)
{
	time_t time = (time_t)seconds;
	struct tm tm;

	if (gmtime_r(&time, &tm) == NULL)
		(void)str_copy(dst, dst_size, "unknown");
	else
		tm_text(dst, dst_size, &tm);
}

static void
put_date(struct buf *out, const char *title, const ASN1_TIME *time)
{
	char text[64] = "unknown";
	struct tm tm;

	if (ASN1_TIME_to_tm(time, &tm) == 1)
		tm_text(text, sizeof(text), &tm);
	buf_printf(out, "    %s: %s\n", title, text);
}

/* ---- the whole ---- */

static enum err
names_of(X509 *cert, Ipc__CertNames **out)
{
	unsigned char *der = NULL;
	int len = i2d_X509(cert, &der);
	enum err err = len > 0 ? cert_names_read(der, (size_t)len, out) : ERR_SYNTAX;

	OPENSSL_free(der);
	ERR_clear_error();
	return err;
}

enum err
cert_text_write(struct buf *out, X509 *cert, bool is_identity, const char *trustpoints)
{
	Ipc__CertNames *names = NULL;
	enum err err = names_of(cert, &names);

	if (err != ERR_OK)
		return err;
	buf_puts(out, is_identity ? "Certificate\n" : "CA Certificate\n");
	buf_puts(out, "  Status: Available\n");
	buf_printf(out, "  Certificate Serial Number: %s\n", names->serial);
	buf_printf(out, "  Certificate Usage: %s\n", usage_text(cert));
	put_key(out, cert);
	put_signature(out, cert);
	put_name(out, "Issuer Name", names->issuer, names->n_issuer);
	put_name(out, "Subject Name", names->subject, names->n_subject);
	put_responders(out, cert);
	put_crl_points(out, cert);
	buf_puts(out, "  Validity Date:\n");
	put_date(out, "start date", X509_get0_notBefore(cert));
	put_date(out, "end   date", X509_get0_notAfter(cert));
	buf_puts(out, "  Storage: config\n");
	buf_printf(out, "  Associated Trustpoints: %s\n", trustpoints);
	ipc__cert_names__free_unpacked(names, NULL);
	ERR_clear_error();
	return out->err;
}

enum err
cert_text_write_short(struct buf *out, X509 *cert)
{
	Ipc__CertNames *names = NULL;
	enum err err = names_of(cert, &names);

	if (err != ERR_OK)
		return err;
	put_name(out, "Subject Name", names->subject, names->n_subject);
	buf_printf(out, "  Serial Number: %s\n", names->serial);
	ipc__cert_names__free_unpacked(names, NULL);
	return out->err;
}
