/* SPDX-License-Identifier: Apache-2.0 */
/* OCSP (RFC 6960, RFC 8954): the request about one certificate, and what an answer is worth. Pure.
 */
#ifndef PKI_OCSP_H
#define PKI_OCSP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "common/attr.h"
#include "common/buf.h"
#include "common/err.h"

#define OCSP_ANSWER_MAX 65536 /* bytes */
#define OCSP_SKEW_SEC 5       /* of the clocks, as on the ASA (asa.md 4) */
#define OCSP_NONCE_LEN 16

struct x509_st;

enum ocsp_status {
	OCSP_NO_ANSWER, /* not an answer to this, not signed by whom it must be, too old, tryLater,
			   .. */
	OCSP_GOOD,
	OCSP_REVOKED,
	OCSP_UNKNOWN, /* the responder does not know the certificate */
};

struct ocsp_question {
	struct x509_st *cert;
	struct x509_st *issuer;
	bool nonce_used;
	uint8_t nonce[OCSP_NONCE_LEN];
};

/* DER of a request, SHA-1 CertID as responders expect it (RFC 5019), with a random nonce if wanted.
 * Fills question, which borrows the certificates. ERR_CRYPTO, ERR_NOMEM. */
enum err ocsp_ask(struct x509_st *cert, struct x509_st *issuer, bool nonce,
    struct ocsp_question *question, struct buf *out) MUST_USE;
/*
 * Judge the bytes of an answer at a moment: signed by the issuer or by a responder that the issuer
 * delegated (id-kp-OCSPSigning, issued directly by it, valid), about this certificate, thisUpdate
 * and nextUpdate with OCSP_SKEW_SEC; a nonce that comes back must be ours, a responder that sends
 * none is accepted (RFC 8954). *until: when the answer is to be asked again, 0: at once. why:
 * static text for the log.
 */
enum ocsp_status ocsp_judge(const struct ocsp_question *question, const void *der, size_t len,
    time_t now, time_t *until, const char **why);
/* The http responder that a certificate's AIA names, into out; ERR_NOTFOUND; ERR_LIMIT. */
enum err ocsp_responder(const struct x509_st *cert, char *out, size_t size) MUST_USE;

#endif
