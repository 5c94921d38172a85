/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OCSP. OpenSSL decodes; who may sign is decided here, not by OCSP_basic_verify: that one would
 * also believe a responder further up the chain and any root of a store.
 */
#include "pki/ocsp.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "common/str.h"
#include "pki/sigalg.h"

#define EMBEDDED_MAX 8              /* certificates in an answer that are looked at */
#define UNBOUND_AGE_MAX (24 * 3600) /* seconds, of an answer with neither nonce nor nextUpdate */

/* Tag and length of the nonce's OCTET STRING, and the nonce (RFC 8954 2.1). */
#define NONCE_DER_LEN (2 + OCSP_NONCE_LEN)

/* ---- asking ---- */

static enum err
put_request(OCSP_REQUEST *request, struct buf *out)
{
	unsigned char *der = NULL;
	int len = i2d_OCSP_REQUEST(request, &der);

	if (len <= 0)
		return ERR_CRYPTO;
	buf_put(out, der, (size_t)len);
	OPENSSL_free(der);
	return out->err;
}

static enum err
fill_request(OCSP_REQUEST *request, struct ocsp_question *question)
{
	OCSP_CERTID *id = OCSP_cert_to_id(EVP_sha1(), question->cert, question->issuer);

	if (id == NULL)
		return ERR_CRYPTO;
	if (OCSP_request_add0_id(request, id) == NULL) {
		OCSP_CERTID_free(id);
		return ERR_NOMEM;
	}
	if (!question->nonce_used)
		return ERR_OK;
	if (RAND_bytes(question->nonce, OCSP_NONCE_LEN) != 1)
		return ERR_CRYPTO;
	return OCSP_request_add1_nonce(request, question->nonce, OCSP_NONCE_LEN) == 1 ? ERR_OK
										      : ERR_NOMEM;
}

enum err
ocsp_ask(struct x509_st *cert, struct x509_st *issuer, bool nonce, struct ocsp_question *question,
    struct buf *out)
{
	OCSP_REQUEST *request = OCSP_REQUEST_new();
	enum err err;

	*question = (struct ocsp_question){.cert = cert, .issuer = issuer, .nonce_used = nonce};
	if (request == NULL)
		return ERR_NOMEM;
	err = fill_request(request, question);
	if (err == ERR_OK)
		err = put_request(request, out);
	OCSP_REQUEST_free(request);
	ERR_clear_error();
	return err;
}

/* ---- who signed ---- */

static const char *
refusal_text(int status)
{
	switch (status) {
	case OCSP_RESPONSE_STATUS_MALFORMEDREQUEST:
		return "the responder says malformedRequest";
	case OCSP_RESPONSE_STATUS_INTERNALERROR:
		return "the responder says internalError";
	case OCSP_RESPONSE_STATUS_TRYLATER:
		return "the responder says tryLater";
	case OCSP_RESPONSE_STATUS_SIGREQUIRED:
		return "the responder says sigRequired";
	case OCSP_RESPONSE_STATUS_UNAUTHORIZED:
		return "the responder says unauthorized";
	default:
		return "the answer has an unknown status";
	}
}

/* false: the time cannot be read. */
static bool
read_time(const ASN1_TIME *time, time_t *out)
{
	struct tm tm;

	if (time == NULL || ASN1_TIME_to_tm(time, &tm) != 1)
		return false;
	*out = timegm(&tm);
	return true;
}

/* Is the answer's ResponderID this certificate, by its name or by its key? */
static bool
is_responder(const OCSP_BASICRESP *basic, const X509 *cert)
{
	const ASN1_OCTET_STRING *hash;
	const X509_NAME *name;
	const ASN1_BIT_STRING *key = X509_get0_pubkey_bitstr(cert);
	unsigned char digest[SHA_DIGEST_LENGTH];

	if (OCSP_resp_get0_id(basic, &hash, &name) != 1)
		return false;
	if (name != NULL)
		return X509_NAME_cmp(name, X509_get_subject_name(cert)) == 0;
	if (key == NULL || ASN1_STRING_length(hash) != SHA_DIGEST_LENGTH ||
	    EVP_Digest(ASN1_STRING_get0_data(key), (size_t)ASN1_STRING_length(key), digest, NULL,
		EVP_sha1(), NULL) != 1)
		return false;
	return memcmp(digest, ASN1_STRING_get0_data(hash), sizeof(digest)) == 0;
}

/* NULL: the certificate may sign answers for the issuer now (RFC 6960 4.2.2.2); else why not. */
static const char *
delegate_fault(X509 *cert, X509 *issuer, time_t now)
{
	const ASN1_BIT_STRING *signature;
	const X509_ALGOR *alg;
	time_t from, to;

	if (X509_NAME_cmp(X509_get_issuer_name(cert), X509_get_subject_name(issuer)) != 0)
		return "the responder's certificate is not from the certificate's issuer";
	/* Fills the caches that the getters below read; says no more than that. */
	(void)X509_check_purpose(cert, -1, 0);
	if ((X509_get_extension_flags(cert) & (EXFLAG_INVALID | EXFLAG_CRITICAL)) != 0)
		return "the responder's certificate has extensions that are not understood";
	if ((X509_get_extension_flags(cert) & EXFLAG_XKUSAGE) == 0 ||
	    (X509_get_extended_key_usage(cert) & XKU_OCSP_SIGN) == 0)
		return "the responder's certificate is not for OCSPSigning";
	/* All bits are set when there is no keyUsage. */
	if ((X509_get_key_usage(cert) & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)) == 0)
		return "the key usage of the responder's certificate allows no signature";
	if (!read_time(X509_get0_notBefore(cert), &from) ||
	    !read_time(X509_get0_notAfter(cert), &to) || now < from - OCSP_SKEW_SEC ||
	    now > to + OCSP_SKEW_SEC)
		return "the responder's certificate is not valid now";
	X509_get0_signature(&signature, &alg, cert);
	if (!sigalg_is_strong(alg) || !sigalg_key_is_strong(X509_get0_pubkey(cert)))
		return "the responder's certificate is too weak";
	if (X509_verify(cert, X509_get0_pubkey(issuer)) != 1)
		return "the responder's certificate is not signed by the certificate's issuer";
	return NULL;
}

static bool
is_signed_by(const OCSP_BASICRESP *basic, const X509 *cert)
{
	EVP_PKEY *key = X509_get0_pubkey(cert);

	return key != NULL &&
	       ASN1_item_verify(ASN1_ITEM_rptr(OCSP_RESPDATA), OCSP_resp_get0_tbs_sigalg(basic),
		   OCSP_resp_get0_signature(basic), OCSP_resp_get0_respdata(basic), key) == 1;
}

/* The issuer or its delegate. *until is lowered to the end of the delegate's certificate. */
static bool
is_authentic(const struct ocsp_question *question, const OCSP_BASICRESP *basic, time_t now,
    time_t *until, const char **why)
{
	const STACK_OF(X509) *certs = OCSP_resp_get0_certs(basic);
	int len = sk_X509_num(certs);

	if (!sigalg_is_strong(OCSP_resp_get0_tbs_sigalg(basic))) {
		*why = "the answer's signature algorithm is too weak";
		return false;
	}
	if (is_responder(basic, question->issuer) && is_signed_by(basic, question->issuer))
		return true;
	*why = "it is not signed by the certificate's issuer or one that it delegated";
	for (int i = 0; i < len && i < EMBEDDED_MAX; i++) {
		X509 *cert = sk_X509_value(certs, i);
		const char *fault;

		if (!is_responder(basic, cert))
			continue;
		fault = delegate_fault(cert, question->issuer, now);
		if (fault == NULL && is_signed_by(basic, cert))
			return read_time(X509_get0_notAfter(cert), until);
		*why = fault != NULL ? fault : "the answer's signature is wrong";
	}
	return false;
}

/* ---- what it says ---- */

/* *matched: the answer has our nonce. false: it has another one, or several. */
static bool
check_nonce(const struct ocsp_question *question, OCSP_BASICRESP *basic, bool *matched)
{
	uint8_t want[NONCE_DER_LEN] = {V_ASN1_OCTET_STRING, OCSP_NONCE_LEN};
	int at = OCSP_BASICRESP_get_ext_by_NID(basic, NID_id_pkix_OCSP_Nonce, -1);
	const ASN1_OCTET_STRING *value;

	*matched = false;
	/* Where we sent none, one that comes back says nothing. */
	if (at < 0 || !question->nonce_used)
		return true;
	if (OCSP_BASICRESP_get_ext_by_NID(basic, NID_id_pkix_OCSP_Nonce, at) >= 0)
		return false;
	memcpy(want + 2, question->nonce, OCSP_NONCE_LEN);
	value = X509_EXTENSION_get_data(OCSP_BASICRESP_get_ext(basic, at));
	*matched = ASN1_STRING_length(value) == NONCE_DER_LEN &&
		   memcmp(ASN1_STRING_get0_data(value), want, NONCE_DER_LEN) == 0;
	return *matched;
}

/* Of the answer as a whole only the nonce is known (RFC 6960 4.4). */
static bool
has_unknown_critical(OCSP_BASICRESP *basic)
{
	int at = -1;

	while ((at = OCSP_BASICRESP_get_ext_by_critical(basic, 1, at)) >= 0) {
		X509_EXTENSION *ext = OCSP_BASICRESP_get_ext(basic, at);

		if (OBJ_obj2nid(X509_EXTENSION_get_object(ext)) != NID_id_pkix_OCSP_Nonce)
			return true;
	}
	return false;
}

/* What the answer as a whole was found to be. */
struct answer {
	OCSP_BASICRESP *basic;
	bool nonce_matched;
	time_t now;
	time_t until; /* its signer is valid until then */
};

/* Without nonce and nextUpdate nothing but its date keeps an old answer from being played again. */
static bool
is_too_old(const struct answer *answer)
{
	time_t produced;

	if (answer->nonce_matched)
		return false;
	return !read_time(OCSP_resp_get0_produced_at(answer->basic), &produced) ||
	       produced < answer->now - UNBOUND_AGE_MAX;
}

/* NULL: the times of a single response fit; *end is its nextUpdate, 0: it has none. */
static const char *
time_fault(const struct answer *answer, const ASN1_GENERALIZEDTIME *this_update,
    const ASN1_GENERALIZEDTIME *next_update, time_t *end)
{
	time_t from;

	*end = 0;
	if (!read_time(this_update, &from) ||
	    (next_update != NULL && (!read_time(next_update, end) || *end < from)))
		return "the answer's times make no sense";
	if (from > answer->now + OCSP_SKEW_SEC)
		return "the answer's thisUpdate is in the future";
	if (next_update != NULL && *end < answer->now - OCSP_SKEW_SEC)
		return "the answer's nextUpdate is over";
	if (next_update == NULL && is_too_old(answer))
		return "the answer is too old, without nonce and nextUpdate";
	return NULL;
}

/* One single response that is about our certificate. */
static enum ocsp_status
judge_single(const struct answer *answer, OCSP_SINGLERESP *single, time_t *until, const char **why)
{
	ASN1_GENERALIZEDTIME *this_update = NULL, *next_update = NULL;
	int status = OCSP_single_get0_status(single, NULL, NULL, &this_update, &next_update);
	time_t end;

	*until = 0;
	*why = time_fault(answer, this_update, next_update, &end);
	if (*why != NULL)
		return OCSP_NO_ANSWER;
	if (OCSP_SINGLERESP_get_ext_by_critical(single, 1, -1) >= 0) {
		*why = "the answer has a critical extension that is not known";
		return OCSP_NO_ANSWER;
	}
	switch (status) {
	case V_OCSP_CERTSTATUS_GOOD:
	case V_OCSP_CERTSTATUS_REVOKED:
		*until = end < answer->until ? end : answer->until;
		*why = status == V_OCSP_CERTSTATUS_GOOD ? "good" : "revoked";
		return status == V_OCSP_CERTSTATUS_GOOD ? OCSP_GOOD : OCSP_REVOKED;
	case V_OCSP_CERTSTATUS_UNKNOWN:
		/* It may have been issued a moment ago: ask again. */
		*why = "the responder does not know the certificate";
		return OCSP_UNKNOWN;
	default:
		*why = "the answer's status cannot be read";
		return OCSP_NO_ANSWER;
	}
}

/* Of several verdicts the worst counts. */
static unsigned
gravity(enum ocsp_status status)
{
	static const unsigned gravities[] = {
	    [OCSP_NO_ANSWER] = 0, [OCSP_GOOD] = 1, [OCSP_UNKNOWN] = 2, [OCSP_REVOKED] = 3};

	return gravities[status];
}

static enum ocsp_status
judge_singles(const struct answer *answer, const OCSP_CERTID *id, time_t *until, const char **why)
{
	int len = OCSP_resp_count(answer->basic);
	enum ocsp_status worst = OCSP_NO_ANSWER;
	bool found = false;

	*why = "the answer is not about this certificate";
	for (int i = 0; i < len; i++) {
		OCSP_SINGLERESP *single = OCSP_resp_get0(answer->basic, i);
		enum ocsp_status status;
		const char *text;
		time_t end;

		if (OCSP_id_cmp(OCSP_SINGLERESP_get0_id(single), id) != 0)
			continue;
		status = judge_single(answer, single, &end, &text);
		if (found && gravity(status) <= gravity(worst))
			continue;
		found = true;
		worst = status;
		*why = text;
		*until = end;
	}
	return worst;
}

static enum ocsp_status
judge_basic(
    const struct ocsp_question *question, struct answer *answer, time_t *until, const char **why)
{
	enum ocsp_status status;
	OCSP_CERTID *id;

	if (!is_authentic(question, answer->basic, answer->now, &answer->until, why))
		return OCSP_NO_ANSWER;
	if (!check_nonce(question, answer->basic, &answer->nonce_matched)) {
		*why = "the answer has another nonce";
		return OCSP_NO_ANSWER;
	}
	if (has_unknown_critical(answer->basic)) {
		*why = "the answer has a critical extension that is not known";
		return OCSP_NO_ANSWER;
	}
	id = OCSP_cert_to_id(EVP_sha1(), question->cert, question->issuer);
	if (id == NULL) {
		*why = "out of memory";
		return OCSP_NO_ANSWER;
	}
	status = judge_singles(answer, id, until, why);
	OCSP_CERTID_free(id);
	return status;
}

/* The whole of der, which must be nothing else. NULL: *why is set. */
static OCSP_BASICRESP *
decode(const void *der, size_t len, const char **why)
{
	const unsigned char *p = der;
	OCSP_RESPONSE *response = NULL;
	OCSP_BASICRESP *basic = NULL;

	if (len > 0 && len <= OCSP_ANSWER_MAX)
		response = d2i_OCSP_RESPONSE(NULL, &p, (long)len);
	if (response == NULL || p != (const unsigned char *)der + len)
		*why = "what came is not an OCSP response";
	else if (OCSP_response_status(response) != OCSP_RESPONSE_STATUS_SUCCESSFUL)
		*why = refusal_text(OCSP_response_status(response));
	else {
		basic = OCSP_response_get1_basic(response);
		if (basic == NULL)
			*why = "the answer is not a basic OCSP response";
	}
	OCSP_RESPONSE_free(response);
	return basic;
}

enum ocsp_status
ocsp_judge(const struct ocsp_question *question, const void *der, size_t len, time_t now,
    time_t *until, const char **why)
{
	struct answer answer = {.now = now, .until = INT64_MAX};
	enum ocsp_status status = OCSP_NO_ANSWER;

	*until = 0;
	answer.basic = decode(der, len, why);
	if (answer.basic != NULL)
		status = judge_basic(question, &answer, until, why);
	OCSP_BASICRESP_free(answer.basic);
	ERR_clear_error();
	return status;
}

/* ---- whom to ask ---- */

/* The first http URL among them. */
static enum err
find_http(const AUTHORITY_INFO_ACCESS *list, char *out, size_t size)
{
	static const char http[] = "http://";

	for (int i = 0; i < sk_ACCESS_DESCRIPTION_num(list); i++) {
		const ACCESS_DESCRIPTION *access = sk_ACCESS_DESCRIPTION_value(list, i);
		const char *uri;
		int len;

		if (OBJ_obj2nid(access->method) != NID_ad_OCSP || access->location->type != GEN_URI)
			continue;
		uri = (const char *)ASN1_STRING_get0_data(
		    access->location->d.uniformResourceIdentifier);
		len = ASN1_STRING_length(access->location->d.uniformResourceIdentifier);
		if ((size_t)len < sizeof(http) || strncasecmp(uri, http, sizeof(http) - 1) != 0)
			continue;
		switch (str_copy_n(out, size, uri, (size_t)len)) {
		case ERR_OK:
			return ERR_OK;
		case ERR_LIMIT:
			return ERR_LIMIT;
		default: /* a NUL inside */
			break;
		}
	}
	return ERR_NOTFOUND;
}

enum err
ocsp_responder(const struct x509_st *cert, char *out, size_t size)
{
	AUTHORITY_INFO_ACCESS *list = X509_get_ext_d2i(cert, NID_info_access, NULL, NULL);
	enum err err = find_http(list, out, size);

	AUTHORITY_INFO_ACCESS_free(list);
	ERR_clear_error();
	return err;
}
