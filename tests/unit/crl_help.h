/* SPDX-License-Identifier: Apache-2.0 */
/* CRLs made to order, for the tests and the fuzzer of pki/crl.c. */
#ifndef TESTS_UNIT_CRL_HELP_H
#define TESTS_UNIT_CRL_HELP_H

#include <openssl/bn.h>
#include <openssl/pem.h>
#include <string.h>

#include "tests/unit/verdict_help.h"

/* An entry; the end of a list has no serial. */
struct entry_order {
	const char *serial; /* hexadecimal, perhaps with a minus */
	int reason;         /* CRLReason; 0: none */
	int extension;      /* NID of a critical extension, of any content; 0: none */
};

#define ENTRIES_MAX 4

struct crl_order {
	const struct made *by;
	const struct made *name_of; /* whose name it has; NULL: that of by */
	const EVP_MD *(*md)(void);  /* NULL: SHA-256 */
	long from, to;              /* seconds from now; 0, 0: -60, 3600 */
	bool no_next;
	bool v1;
	const char *scope;       /* issuingDistributionPoint as in a configuration; NULL: none */
	const char *other_scope; /* a second one */
	int number;              /* CRL number, critical; 0: none */
	int delta;               /* base of a delta CRL; 0: it is none */
	int extension;           /* NID of a critical extension, of any content; 0: none */
	struct entry_order entries[ENTRIES_MAX];
	size_t many; /* entries with serials 1, 4, 7 .. instead */
};

static inline ASN1_INTEGER *
crl_help_serial(const char *hex)
{
	BIGNUM *number = NULL;
	ASN1_INTEGER *serial;

	made_need(BN_hex2bn(&number, hex) > 0);
	serial = BN_to_ASN1_INTEGER(number, NULL);
	made_need(serial != NULL);
	BN_free(number);
	return serial;
}

/* Any NID's extension with an empty SEQUENCE in it. */
static inline X509_EXTENSION *
crl_help_critical(int nid)
{
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	X509_EXTENSION *ext;

	made_need(ASN1_OCTET_STRING_set(value, (const unsigned char *)"\x30", 2) == 1);
	ext = X509_EXTENSION_create_by_NID(NULL, nid, 1, value);
	made_need(ext != NULL);
	ASN1_OCTET_STRING_free(value);
	return ext;
}

static inline void
crl_help_entry(X509_CRL *crl, const struct entry_order *order)
{
	X509_REVOKED *revoked = X509_REVOKED_new();
	ASN1_INTEGER *serial = crl_help_serial(order->serial);
	ASN1_TIME *when = X509_gmtime_adj(NULL, -7200);

	made_need(X509_REVOKED_set_serialNumber(revoked, serial) == 1);
	made_need(X509_REVOKED_set_revocationDate(revoked, when) == 1);
	if (order->reason != 0) {
		ASN1_ENUMERATED *reason = ASN1_ENUMERATED_new();

		made_need(ASN1_ENUMERATED_set(reason, order->reason) == 1);
		made_need(X509_REVOKED_add1_ext_i2d(revoked, NID_crl_reason, reason, 0, 0) == 1);
		ASN1_ENUMERATED_free(reason);
	}
	if (order->extension != 0) {
		X509_EXTENSION *ext = crl_help_critical(order->extension);

		made_need(X509_REVOKED_add_ext(revoked, ext, -1) == 1);
		X509_EXTENSION_free(ext);
	}
	made_need(X509_CRL_add0_revoked(crl, revoked) == 1);
	ASN1_INTEGER_free(serial);
	ASN1_TIME_free(when);
}

static inline void
crl_help_number(X509_CRL *crl, int nid, int value)
{
	ASN1_INTEGER *number = ASN1_INTEGER_new();

	if (value != 0) {
		made_need(ASN1_INTEGER_set(number, value) == 1);
		made_need(X509_CRL_add1_ext_i2d(crl, nid, number, 1, 0) == 1);
	}
	ASN1_INTEGER_free(number);
}

static inline void
crl_help_scope(X509_CRL *crl, const char *scope)
{
	X509_EXTENSION *ext;

	if (scope == NULL)
		return;
	ext = X509V3_EXT_conf_nid(NULL, NULL, NID_issuing_distribution_point, scope);
	made_need(ext != NULL && X509_CRL_add_ext(crl, ext, -1) == 1);
	X509_EXTENSION_free(ext);
}

static inline void
crl_help_extensions(X509_CRL *crl, const struct crl_order *order)
{
	crl_help_number(crl, NID_crl_number, order->number);
	crl_help_number(crl, NID_delta_crl, order->delta);
	crl_help_scope(crl, order->scope);
	crl_help_scope(crl, order->other_scope);
	if (order->extension != 0) {
		X509_EXTENSION *ext = crl_help_critical(order->extension);

		made_need(X509_CRL_add_ext(crl, ext, -1) == 1);
		X509_EXTENSION_free(ext);
	}
}

static inline void
crl_help_times(X509_CRL *crl, const struct crl_order *order)
{
	bool usual = order->from == 0 && order->to == 0;
	ASN1_TIME *time = X509_gmtime_adj(NULL, usual ? -60 : order->from);

	made_need(X509_CRL_set1_lastUpdate(crl, time) == 1);
	X509_gmtime_adj(time, usual ? 3600 : order->to);
	made_need(order->no_next || X509_CRL_set1_nextUpdate(crl, time) == 1);
	ASN1_TIME_free(time);
}

static inline X509_CRL *
crl_help_new(const struct crl_order *order)
{
	X509_CRL *crl = X509_CRL_new();
	const struct made *named = order->name_of != NULL ? order->name_of : order->by;

	made_need(crl != NULL && (order->v1 || X509_CRL_set_version(crl, 1) == 1));
	made_need(X509_CRL_set_issuer_name(crl, X509_get_subject_name(named->cert)) == 1);
	crl_help_times(crl, order);
	crl_help_extensions(crl, order);
	for (size_t i = 0; i < ENTRIES_MAX && order->entries[i].serial != NULL; i++)
		crl_help_entry(crl, &order->entries[i]);
	for (size_t i = 0; i < order->many; i++) {
		char hex[32];
		struct entry_order entry = {.serial = hex};

		(void)snprintf(hex, sizeof(hex), "%zX", 3 * i + 1);
		crl_help_entry(crl, &entry);
	}
	made_need(
	    X509_CRL_sign(crl, order->by->key, order->md != NULL ? order->md() : EVP_sha256()) > 0);
	return crl;
}

/* Free with OPENSSL_free(). */
static inline unsigned char *
crl_help_der(const struct crl_order *order, size_t *len)
{
	X509_CRL *crl = crl_help_new(order);
	unsigned char *der = NULL;
	int n = i2d_X509_CRL(crl, &der);

	made_need(n > 0);
	*len = (size_t)n;
	X509_CRL_free(crl);
	return der;
}

#endif
