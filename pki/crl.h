/* SPDX-License-Identifier: Apache-2.0 */
/* CRLs (RFC 5280 5): reading one, whether it is right for an issuer, and whether a certificate is
 * on it. Pure; who fetches them is revocation.c. */
#ifndef PKI_CRL_H
#define PKI_CRL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "common/attr.h"
#include "common/err.h"

#define CRL_BYTES_MAX (16U * 1024 * 1024)
#define CRL_URLS_MAX 8
#define CRL_URL_SIZE 1025

struct x509_st;
struct crl;

/*
 * From DER or PEM: signed by the issuer, whose key usage allows it, and strongly; no delta, no
 * indirect one, not for some reasons only: a critical extension that is not known makes it
 * worthless. ERR_SYNTAX, ERR_LIMIT, ERR_CRYPTO: not by this issuer, ERR_UNSUPPORTED, ERR_NOMEM;
 * *why: static text for the log.
 */
enum err crl_read(const void *data, size_t len, struct x509_st *issuer, struct crl **out,
    const char **why) MUST_USE;
void crl_free(struct crl *crl);
/* Is it to be used at this moment? enforce_next_update: not after its nextUpdate, nor without one.
 */
bool crl_is_current(const struct crl *crl, bool enforce_next_update, time_t now, const char **why);
/* Its thisUpdate. */
time_t crl_this_update(const struct crl *crl);
/* Its nextUpdate; 0: it has none. */
time_t crl_next_update(const struct crl *crl);
/*
 * Is it for such certificates at all? A CRL may be for users' or for CAs' certificates only, or for
 * those that name its distribution point (RFC 5280 5.2.5). To be asked before crl_has(): when it
 * is not, the CRL is no answer about this certificate.
 */
bool crl_covers(const struct crl *crl, struct x509_st *cert, const char **why);
/* Is the certificate (of the same issuer) on it? removeFromCRL is not. */
bool crl_has(const struct crl *crl, const struct x509_st *cert);
/* Number of entries and bytes held, for limits and for show. */
size_t crl_len(const struct crl *crl);
size_t crl_bytes(const struct crl *crl);
/* The http distribution points of a certificate. Returns how many, at most CRL_URLS_MAX. */
size_t crl_points(const struct x509_st *cert, char out[CRL_URLS_MAX][CRL_URL_SIZE]);

#endif
