/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz pki/crl.c. The first byte says what the others are: 0: a CRL, 1: a TBSCertList, which is
 * signed here, 2: a certificate with distribution points. What is read must be what OpenSSL reads.
 */
/* For coverage.sh: pki/crl.c:-crl_this_update,crl_next_update,crl_bytes pki/crl_points.c */
#include <openssl/err.h>
#include <string.h>

#include "pki/crl.h"
#include "pki/crl_points.h"
#include "tests/fuzz/signed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
is_removed(const X509_REVOKED *revoked)
{
	ASN1_ENUMERATED *reason = X509_REVOKED_get_ext_d2i(revoked, NID_crl_reason, NULL, NULL);
	bool removed = reason != NULL && ASN1_ENUMERATED_get(reason) == CRL_REASON_REMOVE_FROM_CRL;

	ASN1_ENUMERATED_free(reason);
	return removed;
}

/* Each entry that OpenSSL sees is found. */
static void
compare(const struct crl *crl, const void *der, size_t len)
{
	const unsigned char *p = der;
	X509_CRL *other = d2i_X509_CRL(NULL, &p, (long)len);
	STACK_OF(X509_REVOKED) *list = other != NULL ? X509_CRL_get_REVOKED(other) : NULL;
	X509 *cert = X509_new();
	size_t expected = 0;

	for (int i = 0; i < sk_X509_REVOKED_num(list); i++) {
		const X509_REVOKED *revoked = sk_X509_REVOKED_value(list, i);

		if (is_removed(revoked))
			continue;
		expected++;
		made_need(
		    X509_set_serialNumber(cert,
			(ASN1_INTEGER *)(uintptr_t)X509_REVOKED_get0_serialNumber(revoked)) == 1);
		if (!crl_has(crl, cert))
			abort();
	}
	if (other != NULL && expected != crl_len(crl))
		abort();
	X509_free(cert);
	X509_CRL_free(other);
	ERR_clear_error();
}

static void
read_it(const void *data, size_t len)
{
	X509 *issuer = signed_issuer()->cert;
	const char *why = NULL;
	struct crl *crl;

	if (crl_read(data, len, issuer, &crl, &why) != ERR_OK) {
		if (crl != NULL || why == NULL || ERR_peek_error() != 0)
			abort();
		return;
	}
	if (!crl_is_current(crl, true, SIGNED_NOW, &why) && why == NULL)
		abort();
	if (!crl_covers(crl, issuer, &why) && why == NULL)
		abort();
	if (len > 0 && *(const uint8_t *)data == 0x30)
		compare(crl, data, len);
	crl_free(crl);
}

static void
read_signed(const uint8_t *data, size_t size)
{
	struct buf tbs, der;

	buf_init(&tbs, SIGNED_MAX + 256);
	buf_init(&der, SIGNED_MAX + 512);
	der_help_wrap(&tbs, 0x30, data, size);
	signed_put(&der, tbs.data, tbs.len);
	read_it(der.data, der.len);
	buf_fini(&tbs);
	buf_fini(&der);
}

static void
read_points(const uint8_t *data, size_t size)
{
	static char urls[CRL_URLS_MAX][CRL_URL_SIZE];
	X509 *cert = d2i_X509(NULL, &data, (long)size);
	size_t len = cert != NULL ? crl_points(cert, urls) : 0;
	CRL_DIST_POINTS *points =
	    cert != NULL ? X509_get_ext_d2i(cert, NID_crl_distribution_points, NULL, NULL) : NULL;

	if (len > CRL_URLS_MAX)
		abort();
	for (size_t i = 0; i < len; i++)
		if (strncasecmp(urls[i], "http://", 7) != 0)
			abort();
	/* Each whole name of its own is one that it has, unless that point is for less. */
	for (int i = 0; i < sk_DIST_POINT_num(points); i++) {
		const DIST_POINT *point = sk_DIST_POINT_value(points, i);

		if (point->distpoint == NULL || point->distpoint->type != 0 ||
		    point->reasons != NULL || point->CRLissuer != NULL)
			continue;
		if (sk_GENERAL_NAME_num(point->distpoint->name.fullname) > 0 &&
		    !crl_points_have(cert, point->distpoint->name.fullname))
			abort();
	}
	sk_DIST_POINT_pop_free(points, DIST_POINT_free);
	X509_free(cert);
	ERR_clear_error();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0 || size > SIGNED_MAX)
		return 0;
	if (data[0] == 0)
		read_it(data + 1, size - 1);
	else if (data[0] == 1)
		read_signed(data + 1, size - 1);
	else
		read_points(data + 1, size - 1);
	return 0;
}
