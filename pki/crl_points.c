/* SPDX-License-Identifier: Apache-2.0 */
/* The CRL distribution points that a certificate names (RFC 5280 4.2.1.13). */
#include "pki/crl_points.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "common/str.h"
#include "pki/crl.h"

/* The full name of one that a CRL of the issuer itself and for all reasons is at; or NULL. */
static const GENERAL_NAMES *
full_name(const DIST_POINT *point)
{
	if (point->distpoint == NULL || point->distpoint->type != 0 || point->reasons != NULL ||
	    point->CRLissuer != NULL)
		return NULL;
	return point->distpoint->name.fullname;
}

static bool
has_common(const GENERAL_NAMES *a, const GENERAL_NAMES *b)
{
	for (int i = 0; i < sk_GENERAL_NAME_num(a); i++)
		for (int k = 0; k < sk_GENERAL_NAME_num(b); k++)
			if (GENERAL_NAME_cmp(
				sk_GENERAL_NAME_value(a, i), sk_GENERAL_NAME_value(b, k)) == 0)
				return true;
	return false;
}

bool
crl_points_have(const struct x509_st *cert, const struct stack_st_GENERAL_NAME *names)
{
	CRL_DIST_POINTS *points = X509_get_ext_d2i(cert, NID_crl_distribution_points, NULL, NULL);
	bool found = false;

	for (int i = 0; !found && i < sk_DIST_POINT_num(points); i++)
		found = has_common(full_name(sk_DIST_POINT_value(points, i)), names);
	CRL_DIST_POINTS_free(points);
	ERR_clear_error();
	return found;
}

/* The number that there are with this one, which is added if it is plain http and new. */
static size_t
add_url(const ASN1_STRING *uri, char out[CRL_URLS_MAX][CRL_URL_SIZE], size_t len)
{
	if (str_copy_n(out[len], CRL_URL_SIZE, (const char *)ASN1_STRING_get0_data(uri),
		(size_t)ASN1_STRING_length(uri)) != ERR_OK ||
	    !str_istarts(out[len], "http://"))
		return len;
	for (size_t i = 0; i < len; i++)
		if (strcmp(out[i], out[len]) == 0)
			return len;
	return len + 1;
}

size_t
crl_points(const struct x509_st *cert, char out[CRL_URLS_MAX][CRL_URL_SIZE])
{
	CRL_DIST_POINTS *points = X509_get_ext_d2i(cert, NID_crl_distribution_points, NULL, NULL);
	size_t len = 0;

	for (int i = 0; i < sk_DIST_POINT_num(points); i++) {
		const GENERAL_NAMES *names = full_name(sk_DIST_POINT_value(points, i));

		for (int k = 0; k < sk_GENERAL_NAME_num(names) && len < CRL_URLS_MAX; k++) {
			const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, k);

			if (name->type == GEN_URI)
				len = add_url(name->d.uniformResourceIdentifier, out, len);
		}
	}
	CRL_DIST_POINTS_free(points);
	ERR_clear_error();
	return len;
}
