/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates made to order, for the tests and the fuzzer of pki/verdict.c. Whoever uses it is a
 * test: what fails ends the process. */
#ifndef TESTS_UNIT_VERDICT_HELP_H
#define TESTS_UNIT_VERDICT_HELP_H

#include <openssl/asn1.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

/* A certificate and its key. */
struct made {
	X509 *cert;
	EVP_PKEY *key;
};

/* What is asked for; zero is the usual. */
struct order {
	const char *name;      /* CN */
	const struct made *by; /* NULL: self-signed */
	bool ca;
	const char *usage;     /* extendedKeyUsage; NULL: none */
	const char *key_usage; /* NULL: none */
	long from, to;         /* seconds from now; 0, 0: an hour ago to tomorrow */
	EVP_PKEY *key;         /* takes it; NULL: EC P-256 */
	const EVP_MD *md;      /* NULL: SHA-256 */
	const char *aia;       /* authorityInfoAccess, "OCSP;URI:http://.."; NULL: none */
	const char *cdp;       /* crlDistributionPoints, "URI:http://.."; NULL: none */
};

static inline void
made_need(bool ok)
{
	if (!ok)
		abort();
}

static inline void
made_extension(X509 *cert, int nid, const char *value)
{
	X509_EXTENSION *ext;

	if (value == NULL)
		return;
	ext = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
	made_need(ext != NULL && X509_add_ext(cert, ext, -1) == 1);
	X509_EXTENSION_free(ext);
}

static inline struct made
made_new(const struct order *order)
{
	static long serial = 1000;
	struct made made = {X509_new(), order->key != NULL ? order->key : EVP_EC_gen("P-256")};
	const struct made *by = order->by != NULL ? order->by : &made;
	long from = order->to == 0 ? -3600 : order->from;

	made_need(made.cert != NULL && made.key != NULL);
	made_need(X509_set_version(made.cert, 2) == 1);
	made_need(ASN1_INTEGER_set(X509_get_serialNumber(made.cert), serial++) == 1);
	X509_gmtime_adj(X509_getm_notBefore(made.cert), from);
	X509_gmtime_adj(X509_getm_notAfter(made.cert), order->to == 0 ? 86400 : order->to);
	made_need(X509_NAME_add_entry_by_txt(X509_get_subject_name(made.cert), "CN", MBSTRING_UTF8,
		      (const unsigned char *)order->name, -1, -1, 0) == 1);
	made_need(X509_set_issuer_name(made.cert, X509_get_subject_name(by->cert)) == 1);
	made_need(X509_set_pubkey(made.cert, made.key) == 1);
	if (order->ca)
		made_extension(made.cert, NID_basic_constraints, "critical,CA:TRUE");
	made_extension(made.cert, NID_ext_key_usage, order->usage);
	made_extension(made.cert, NID_key_usage, order->key_usage);
	made_extension(made.cert, NID_info_access, order->aia);
	made_extension(made.cert, NID_crl_distribution_points, order->cdp);
	made_need(X509_sign(made.cert, by->key, order->md != NULL ? order->md : EVP_sha256()) > 0);
	return made;
}

static inline void
made_free(struct made *made)
{
	X509_free(made->cert);
	EVP_PKEY_free(made->key);
	*made = (struct made){0};
}

#endif
