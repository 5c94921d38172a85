/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CRLs. A big one has some 100,000 entries, of which OpenSSL would make a tree of ten times the
 * size; so the frame and the entries are walked here, and only their serial numbers are kept.
 * OpenSSL gets the small parts: names, times, extensions, the signature.
 */
#include "pki/crl.h"

#include <openssl/asn1t.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "pki/crl_points.h"
#include "pki/der.h"
#include "pki/sigalg.h"

#define SERIAL_MAX 64 /* bytes; RFC 5280 4.1.2.2 allows 20 */
#define EXTENSIONS_MAX 32
#define SKEW_SEC 5 /* of the clocks, as for OCSP */

#define TAG_EXTENSIONS 0xa0 /* [0] of a TBSCertList */

#define REMOVE_FROM_CRL 8 /* CRLReason (RFC 5280 5.3.1) */

struct crl {
	time_t this_update;
	time_t next_update; /* 0: none */
	bool users_only;
	bool cas_only;
	GENERAL_NAMES *points; /* that a certificate must name one of; NULL: any certificate */
	uint8_t *serials;      /* each with one byte of length before it */
	size_t serials_len;
	uint32_t *places; /* of each serial's length byte, sorted by what is there */
	size_t len;
};

/* Where the parts are in the bytes. */
struct parts {
	struct cur tbs;       /* with its head: what is signed */
	struct cur alg;       /* with its head */
	struct cur signature; /* with its head */
	struct cur tbs_alg;   /* as the former */
	struct cur issuer;
	struct cur this_update;
	struct cur next_update; /* nothing left: none */
	struct cur entries;     /* without its head; nothing left: none */
	struct cur extensions;  /* with the head of its SEQUENCE; nothing left: none */
	bool is_v2;
};

/* ---- the frame (RFC 5280 5.1) ---- */

static struct cur
take_time(struct cur *cur)
{
	struct cur whole = {0};

	(void)der_take(cur, der_is(cur, DER_UTC_TIME) ? DER_UTC_TIME : DER_GENERAL_TIME, &whole);
	return whole;
}

static bool
split_tbs(struct cur tbs, struct parts *parts)
{
	if (der_is(&tbs, DER_INTEGER)) {
		struct cur version = der_take(&tbs, DER_INTEGER, NULL);

		if (!der_equal(&version, "\x01", 1))
			return false;
		parts->is_v2 = true;
	}
	(void)der_take(&tbs, DER_SEQUENCE, &parts->tbs_alg);
	(void)der_take(&tbs, DER_SEQUENCE, &parts->issuer);
	parts->this_update = take_time(&tbs);
	if (der_is(&tbs, DER_UTC_TIME) || der_is(&tbs, DER_GENERAL_TIME))
		parts->next_update = take_time(&tbs);
	if (der_is(&tbs, DER_SEQUENCE))
		parts->entries = der_take(&tbs, DER_SEQUENCE, NULL);
	if (der_is(&tbs, TAG_EXTENSIONS)) {
		struct cur outer = der_take(&tbs, TAG_EXTENSIONS, NULL);

		(void)der_take(&outer, DER_SEQUENCE, &parts->extensions);
		if (!der_done(&outer) || !parts->is_v2)
			return false;
	}
	return der_done(&tbs);
}

static bool
split(const void *der, size_t len, struct parts *parts)
{
	struct cur cur, list, tbs;

	cur_init(&cur, der, len);
	list = der_take(&cur, DER_SEQUENCE, NULL);
	tbs = der_take(&list, DER_SEQUENCE, &parts->tbs);
	(void)der_take(&list, DER_SEQUENCE, &parts->alg);
	(void)der_take(&list, DER_BITS, &parts->signature);
	return der_done(&cur) && der_done(&list) && split_tbs(tbs, parts) &&
	       der_equal(&parts->tbs_alg, parts->alg.p, parts->alg.left);
}

/* ---- who signed ---- */

static bool
is_issuer_name(const struct parts *parts, X509 *issuer)
{
	const unsigned char *p = parts->issuer.p;
	X509_NAME *name = d2i_X509_NAME(NULL, &p, (long)parts->issuer.left);
	bool same = name != NULL && X509_NAME_cmp(name, X509_get_subject_name(issuer)) == 0;

	X509_NAME_free(name);
	return same;
}

static bool
is_signed_by(const struct parts *parts, const X509_ALGOR *alg, X509 *issuer)
{
	const unsigned char *p = parts->signature.p;
	ASN1_BIT_STRING *signature = d2i_ASN1_BIT_STRING(NULL, &p, (long)parts->signature.left);
	/* A value of this type is its own encoding: the bytes are verified as they came. */
	ASN1_STRING *tbs = ASN1_STRING_type_new(V_ASN1_SEQUENCE);
	EVP_PKEY *key = X509_get0_pubkey(issuer);
	bool good = false;

	if (signature != NULL && tbs != NULL && key != NULL &&
	    ASN1_STRING_set(tbs, parts->tbs.p, (int)parts->tbs.left) == 1)
		good =
		    ASN1_item_verify(ASN1_ITEM_rptr(ASN1_SEQUENCE), alg, signature, tbs, key) == 1;
	ASN1_STRING_free(tbs);
	ASN1_BIT_STRING_free(signature);
	return good;
}

static enum err
check_signer(const struct parts *parts, X509 *issuer, const char **why)
{
	const unsigned char *p = parts->alg.p;
	X509_ALGOR *alg = d2i_X509_ALGOR(NULL, &p, (long)parts->alg.left);
	enum err err = ERR_CRYPTO;

	/* All bits are set when there is no keyUsage. */
	if (alg == NULL) {
		*why = "the CRL's signature algorithm is malformed";
		err = ERR_SYNTAX;
	} else if (!is_issuer_name(parts, issuer))
		*why = "the CRL is of another issuer";
	else if ((X509_get_key_usage(issuer) & KU_CRL_SIGN) == 0)
		*why = "the issuer's key usage does not allow CRLs";
	else if (!sigalg_is_strong(alg) || !sigalg_key_is_strong(X509_get0_pubkey(issuer)))
		*why = "the CRL's signature algorithm is too weak";
	else if (!is_signed_by(parts, alg, issuer))
		*why = "the CRL's signature is wrong";
	else
		err = ERR_OK;
	X509_ALGOR_free(alg);
	return err;
}

/* ---- times ---- */

static bool
read_time(const struct cur *whole, time_t *out)
{
	const unsigned char *p = whole->p;
	ASN1_TIME *time = d2i_ASN1_TIME(NULL, &p, (long)whole->left);
	struct tm tm;
	bool fine = time != NULL && ASN1_TIME_to_tm(time, &tm) == 1;

	ASN1_TIME_free(time);
	if (fine)
		*out = timegm(&tm);
	return fine;
}

static enum err
read_times(struct crl *crl, const struct parts *parts, const char **why)
{
	if (read_time(&parts->this_update, &crl->this_update) &&
	    (parts->next_update.left == 0 || read_time(&parts->next_update, &crl->next_update)))
		return ERR_OK;
	*why = "the CRL's times are malformed";
	return ERR_SYNTAX;
}

/* ---- extensions (RFC 5280 5.2) ---- */

/* What it is a list of. It owns the names of its distribution point from then on. */
static enum err
take_scope(struct crl *crl, ISSUING_DIST_POINT *scope, const char **why)
{
	if (scope->indirectCRL > 0) {
		*why = "the CRL is an indirect one";
		return ERR_UNSUPPORTED;
	}
	if (scope->onlysomereasons != NULL || scope->onlyattr > 0) {
		*why = "the CRL is a partial one";
		return ERR_UNSUPPORTED;
	}
	crl->users_only = scope->onlyuser > 0;
	crl->cas_only = scope->onlyCA > 0;
	if (scope->distpoint == NULL)
		return ERR_OK;
	if (scope->distpoint->type != 0) {
		*why = "the CRL's distribution point has no full name";
		return ERR_UNSUPPORTED;
	}
	crl->points = scope->distpoint->name.fullname;
	scope->distpoint->name.fullname = NULL;
	return ERR_OK;
}

static enum err
read_scope(struct crl *crl, const X509_EXTENSIONS *list, const char **why)
{
	int found;
	ISSUING_DIST_POINT *scope =
	    X509V3_get_d2i(list, NID_issuing_distribution_point, &found, NULL);
	enum err err = ERR_OK;

	if (scope != NULL)
		err = take_scope(crl, scope, why);
	else if (found != -1) { /* malformed, or twice */
		*why = "the CRL's issuingDistributionPoint is malformed";
		err = ERR_SYNTAX;
	}
	ISSUING_DIST_POINT_free(scope);
	return err;
}

/* NULL: this one is known, or may be passed over. */
static const char *
extension_fault(X509_EXTENSION *ext)
{
	switch (OBJ_obj2nid(X509_EXTENSION_get_object(ext))) {
	case NID_delta_crl:
		return "the CRL is a delta CRL";
	case NID_issuing_distribution_point: /* read by read_scope() */
	case NID_crl_number:
	case NID_authority_key_identifier:
		return NULL;
	default:
		return X509_EXTENSION_get_critical(ext)
			   ? "the CRL has a critical extension that is not known"
			   : NULL;
	}
}

static enum err
check_extensions(struct crl *crl, const X509_EXTENSIONS *list, const char **why)
{
	int len = sk_X509_EXTENSION_num(list);

	if (list == NULL || len > EXTENSIONS_MAX) {
		*why = "the CRL's extensions are malformed or too many";
		return list == NULL ? ERR_SYNTAX : ERR_LIMIT;
	}
	for (int i = 0; i < len; i++) {
		const char *fault = extension_fault(sk_X509_EXTENSION_value(list, i));

		if (fault != NULL) {
			*why = fault;
			return ERR_UNSUPPORTED;
		}
	}
	return read_scope(crl, list, why);
}

static enum err
read_extensions(struct crl *crl, const struct parts *parts, const char **why)
{
	const unsigned char *p = parts->extensions.p;
	X509_EXTENSIONS *list;
	enum err err;

	if (parts->extensions.left == 0)
		return ERR_OK;
	list = d2i_X509_EXTENSIONS(NULL, &p, (long)parts->extensions.left);
	err = check_extensions(crl, list, why);
	sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
	return err;
}

/* ---- entries (RFC 5280 5.3) ---- */

/* One extension of an entry. *removed is set by the reason removeFromCRL. */
static enum err
read_entry_extension(struct cur ext, bool *removed)
{
	static const uint8_t reason[] = {0x55, 0x1d, 0x15}; /* 2.5.29.21 */
	static const uint8_t date[] = {0x55, 0x1d, 0x18};   /* invalidityDate, 2.5.29.24 */
	static const uint8_t issuer[] = {0x55, 0x1d, 0x1d}; /* certificateIssuer: an indirect CRL */
	struct cur oid = der_take(&ext, DER_OID, NULL);
	bool critical = false;
	struct cur value;

	if (der_is(&ext, DER_BOOLEAN)) {
		struct cur flag = der_take(&ext, DER_BOOLEAN, NULL);

		critical = !der_equal(&flag, "\0", 1);
	}
	value = der_take(&ext, DER_OCTETS, NULL);
	if (!der_done(&ext))
		return ERR_SYNTAX;
	if (der_equal(&oid, issuer, sizeof(issuer)))
		return ERR_UNSUPPORTED;
	if (der_equal(&oid, reason, sizeof(reason))) {
		struct cur code = der_take(&value, DER_ENUM, NULL);

		if (!der_done(&value) || code.left != 1)
			return ERR_SYNTAX;
		*removed = code.p[0] == REMOVE_FROM_CRL;
		return ERR_OK;
	}
	return critical && !der_equal(&oid, date, sizeof(date)) ? ERR_UNSUPPORTED : ERR_OK;
}

/* As DER has integers, at most SERIAL_MAX bytes; so that the same number is the same bytes. */
static bool
is_serial(const struct cur *serial)
{
	if (serial->left == 0 || serial->left > SERIAL_MAX)
		return false;
	return serial->left == 1 || !((serial->p[0] == 0x00 && serial->p[1] < 0x80) ||
					(serial->p[0] == 0xff && serial->p[1] >= 0x80));
}

/* The next entry's serial number, borrowed. */
static enum err
take_entry(struct cur *entries, struct cur *serial, bool *removed)
{
	struct cur entry = der_take(entries, DER_SEQUENCE, NULL);
	enum err err = ERR_OK;

	*removed = false;
	*serial = der_take(&entry, DER_INTEGER, NULL);
	(void)take_time(&entry);
	if (der_is(&entry, DER_SEQUENCE)) {
		struct cur list = der_take(&entry, DER_SEQUENCE, NULL);

		while (err == ERR_OK && list.err == ERR_OK && list.left > 0) {
			struct cur ext = der_take(&list, DER_SEQUENCE, NULL);

			err = list.err != ERR_OK ? list.err : read_entry_extension(ext, removed);
		}
	}
	if (err == ERR_OK && (!der_done(&entry) || !is_serial(serial)))
		err = ERR_SYNTAX;
	return err;
}

static enum err
walk(struct cur entries, const char **why, void (*each)(struct crl *, const struct cur *),
    struct crl *crl)
{
	while (entries.left > 0) {
		struct cur serial;
		bool removed;
		enum err err = take_entry(&entries, &serial, &removed);

		if (err != ERR_OK) {
			*why =
			    err == ERR_UNSUPPORTED
				? "an entry of the CRL has a critical extension that is not known"
				: "an entry of the CRL is malformed";
			return err;
		}
		if (!removed)
			each(crl, &serial);
	}
	return ERR_OK;
}

static void
count(struct crl *crl, const struct cur *serial)
{
	crl->len++;
	crl->serials_len += 1 + serial->left;
}

static void
keep(struct crl *crl, const struct cur *serial)
{
	crl->places[crl->len++] = (uint32_t)crl->serials_len;
	crl->serials[crl->serials_len++] = (uint8_t)serial->left;
	memcpy(crl->serials + crl->serials_len, serial->p, serial->left);
	crl->serials_len += serial->left;
}

/* Shorter ones first; each has its length before it. */
static int
compare(const uint8_t *a, const uint8_t *b)
{
	return a[0] != b[0] ? a[0] - b[0] : memcmp(a + 1, b + 1, a[0]);
}

static int
compare_places(const void *a, const void *b, void *serials)
{
	return compare((const uint8_t *)serials + *(const uint32_t *)a,
	    (const uint8_t *)serials + *(const uint32_t *)b);
}

static enum err
read_entries(struct crl *crl, const struct parts *parts, const char **why)
{
	enum err err = walk(parts->entries, why, count, crl);

	if (err != ERR_OK || crl->len == 0)
		return err;
	crl->places = calloc(crl->len, sizeof(crl->places[0]));
	crl->serials = malloc(crl->serials_len);
	if (crl->places == NULL || crl->serials == NULL) {
		*why = "out of memory";
		return ERR_NOMEM;
	}
	crl->len = crl->serials_len = 0;
	err = walk(parts->entries, why, keep, crl);
	qsort_r(crl->places, crl->len, sizeof(crl->places[0]), compare_places, crl->serials);
	return err;
}

/* ---- the whole ---- */

static enum err
read_der(const void *der, size_t len, X509 *issuer, struct crl *crl, const char **why)
{
	struct parts parts = {.is_v2 = false};
	enum err err;

	if (!split(der, len, &parts)) {
		*why = "what came is not a CRL";
		return ERR_SYNTAX;
	}
	err = check_signer(&parts, issuer, why);
	if (err == ERR_OK)
		err = read_times(crl, &parts, why);
	if (err == ERR_OK)
		err = read_extensions(crl, &parts, why);
	if (err == ERR_OK)
		err = read_entries(crl, &parts, why);
	return err;
}

/* The first CRL of a PEM text; whatever else is in it is passed over. */
static enum err
read_pem(const void *data, size_t len, X509 *issuer, struct crl *crl, const char **why)
{
	BIO *bio = BIO_new_mem_buf(data, (int)len);
	enum err err = bio != NULL ? ERR_SYNTAX : ERR_NOMEM;
	char *name, *header;
	unsigned char *der;
	bool found = false;
	long der_len;

	while (!found && bio != NULL && PEM_read_bio(bio, &name, &header, &der, &der_len) == 1) {
		found = strcmp(name, PEM_STRING_X509_CRL) == 0;
		if (found)
			err = read_der(der, (size_t)der_len, issuer, crl, why);
		OPENSSL_free(name);
		OPENSSL_free(header);
		OPENSSL_free(der);
	}
	if (!found)
		*why = bio != NULL ? "what came is not a CRL" : "out of memory";
	BIO_free(bio);
	return err;
}

enum err
crl_read(const void *data, size_t len, struct x509_st *issuer, struct crl **out, const char **why)
{
	struct crl *crl;
	enum err err;

	*out = NULL;
	if (len == 0 || len > CRL_BYTES_MAX) {
		*why = len == 0 ? "what came is empty" : "the CRL is too big";
		return len == 0 ? ERR_SYNTAX : ERR_LIMIT;
	}
	crl = calloc(1, sizeof(*crl));
	if (crl == NULL) {
		*why = "out of memory";
		return ERR_NOMEM;
	}
	err = *(const uint8_t *)data == DER_SEQUENCE ? read_der(data, len, issuer, crl, why)
						     : read_pem(data, len, issuer, crl, why);
	ERR_clear_error();
	if (err != ERR_OK) {
		crl_free(crl);
		return err;
	}
	*out = crl;
	return ERR_OK;
}

void
crl_free(struct crl *crl)
{
	if (crl == NULL)
		return;
	GENERAL_NAMES_free(crl->points);
	free(crl->serials);
	free(crl->places);
	free(crl);
}

/* ---- asking it ---- */

bool
crl_is_current(const struct crl *crl, bool enforce_next_update, time_t now, const char **why)
{
	if (crl->this_update > now + SKEW_SEC)
		*why = "the CRL's thisUpdate is in the future";
	else if (enforce_next_update && crl->next_update == 0)
		*why = "the CRL has no nextUpdate";
	else if (enforce_next_update && crl->next_update < now)
		*why = "the CRL's nextUpdate is over";
	else
		return true;
	return false;
}

time_t
crl_this_update(const struct crl *crl)
{
	return crl->this_update;
}

time_t
crl_next_update(const struct crl *crl)
{
	return crl->next_update;
}

bool
crl_has(const struct crl *crl, const struct x509_st *cert)
{
	const ASN1_INTEGER *number = X509_get0_serialNumber(cert);
	uint8_t serial[2 + SERIAL_MAX]; /* its DER, with tag and length of one byte each */
	unsigned char *p = serial;
	size_t low = 0, high = crl->len;

	if (i2d_ASN1_INTEGER(number, NULL) > (int)sizeof(serial))
		return false; /* longer than any that is kept */
	if (i2d_ASN1_INTEGER(number, &p) < 0)
		return false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = compare(serial + 1, crl->serials + crl->places[middle]);

		if (order == 0)
			return true;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return false;
}

size_t
crl_len(const struct crl *crl)
{
	return crl->len;
}

size_t
crl_bytes(const struct crl *crl)
{
	return sizeof(*crl) + crl->serials_len + crl->len * sizeof(crl->places[0]);
}

bool
crl_covers(const struct crl *crl, struct x509_st *cert, const char **why)
{
	bool is_ca = X509_check_ca(cert) != 0;

	if (crl->users_only && is_ca)
		*why = "the CRL is for users' certificates only";
	else if (crl->cas_only && !is_ca)
		*why = "the CRL is for CAs' certificates only";
	else if (crl->points != NULL && !crl_points_have(cert, crl->points))
		*why = "the CRL is for another distribution point";
	else
		return true;
	return false;
}
