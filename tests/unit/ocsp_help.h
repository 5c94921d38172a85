/* SPDX-License-Identifier: Apache-2.0 */
/* OCSP answers made to order, for the tests and the fuzzer of pki/ocsp.c. */
#ifndef TESTS_UNIT_OCSP_HELP_H
#define TESTS_UNIT_OCSP_HELP_H

#include <openssl/ocsp.h>
#include <string.h>
#include <time.h>

#include "pki/ocsp.h"
#include "tests/unit/verdict_help.h"

/* One single response; the usual is GOOD about the certificate that is asked about. */
struct single_order {
	int status;                   /* V_OCSP_CERTSTATUS_*; 0 is good */
	const EVP_MD *(*id_md)(void); /* of its CertID; NULL: SHA-1 */
	const struct made *about;     /* another certificate than that of the answer; NULL: this */
	const struct made *issuer;    /* another issuer; NULL: this */
	long from, to;        /* thisUpdate, nextUpdate in seconds from now; 0, 0: -60, 3600 */
	bool no_next;         /* no nextUpdate */
	const char *critical; /* an unknown critical extension's text; NULL: none */
};

enum nonce_order { NONCE_NONE, NONCE_SAME, NONCE_OTHER, NONCE_SHORT, NONCE_LONG, NONCE_TWICE };

#define SINGLES_MAX 4

struct answer_order {
	const struct made *signer;
	const struct made *key_of;    /* whose key signs; NULL: the signer's own */
	const struct made *others[2]; /* embedded too */
	const EVP_MD *(*md)(void);    /* NULL: SHA-256 */
	bool no_md;                   /* the key wants none */
	bool pss;                     /* RSA-PSS */
	bool by_key;                  /* ResponderID is the key's hash */
	bool no_certs;
	bool no_singles;
	enum nonce_order nonce;
	bool critical; /* an unknown critical extension */
	long produced; /* seconds from now */
	struct single_order singles[SINGLES_MAX];
	size_t singles_len; /* 0: one, the first */
};

static inline void
ocsp_help_single(
    OCSP_BASICRESP *basic, const struct ocsp_question *question, const struct single_order *order)
{
	bool usual = order->from == 0 && order->to == 0;
	X509 *cert = order->about != NULL ? order->about->cert : question->cert;
	X509 *issuer = order->issuer != NULL ? order->issuer->cert : question->issuer;
	OCSP_CERTID *id =
	    OCSP_cert_to_id(order->id_md != NULL ? order->id_md() : EVP_sha1(), cert, issuer);
	ASN1_TIME *from = X509_gmtime_adj(NULL, usual ? -60 : order->from);
	ASN1_TIME *to = X509_gmtime_adj(NULL, usual ? 3600 : order->to);
	ASN1_TIME *revoked = X509_gmtime_adj(NULL, -7200);
	OCSP_SINGLERESP *single =
	    OCSP_basic_add1_status(basic, id, order->status, OCSP_REVOKED_STATUS_KEYCOMPROMISE,
		order->status == V_OCSP_CERTSTATUS_REVOKED ? revoked : NULL, from,
		order->no_next ? NULL : to);

	made_need(single != NULL);
	if (order->critical != NULL) {
		ASN1_OBJECT *oid = OBJ_txt2obj("1.2.3.4.5", 1);
		ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
		X509_EXTENSION *ext;

		made_need(ASN1_OCTET_STRING_set(value, (const unsigned char *)order->critical,
			      (int)strlen(order->critical)) == 1);
		ext = X509_EXTENSION_create_by_OBJ(NULL, oid, 1, value);
		made_need(ext != NULL && OCSP_SINGLERESP_add_ext(single, ext, -1) == 1);
		X509_EXTENSION_free(ext);
		ASN1_OCTET_STRING_free(value);
		ASN1_OBJECT_free(oid);
	}
	ASN1_TIME_free(from);
	ASN1_TIME_free(to);
	ASN1_TIME_free(revoked);
	OCSP_CERTID_free(id);
}

static inline void
ocsp_help_nonce(OCSP_BASICRESP *basic, const struct ocsp_question *question, enum nonce_order nonce)
{
	unsigned char bytes[OCSP_NONCE_LEN + 1] = {0};
	int len = OCSP_NONCE_LEN;

	if (nonce == NONCE_NONE)
		return;
	memcpy(bytes, question->nonce, OCSP_NONCE_LEN);
	if (nonce == NONCE_OTHER)
		bytes[OCSP_NONCE_LEN - 1] ^= 1;
	else if (nonce == NONCE_SHORT)
		len--;
	else if (nonce == NONCE_LONG)
		len++;
	made_need(OCSP_basic_add1_nonce(basic, bytes, len) == 1);
	if (nonce == NONCE_TWICE) {
		X509_EXTENSION *ext = OCSP_BASICRESP_get_ext(
		    basic, OCSP_BASICRESP_get_ext_by_NID(basic, NID_id_pkix_OCSP_Nonce, -1));

		made_need(OCSP_BASICRESP_add_ext(basic, ext, -1) == 1);
	}
}

/* Names the certificate as the responder, and signs with any key: OCSP_basic_sign() would want its
 * own. */
static inline void
ocsp_help_sign(OCSP_BASICRESP *basic, const struct answer_order *order)
{
	const EVP_MD *md = order->md != NULL ? order->md() : EVP_sha256();
	EVP_PKEY *key = (order->key_of != NULL ? order->key_of : order->signer)->key;
	X509 *named = X509_dup(order->signer->cert);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *key_ctx;

	/* The ResponderID keeps name or hash of the real key, if another one signs. */
	made_need(named != NULL && X509_set_pubkey(named, key) == 1);
	made_need(EVP_DigestSignInit(ctx, &key_ctx, order->no_md ? NULL : md, NULL, key) == 1);
	if (order->pss)
		made_need(EVP_PKEY_CTX_set_rsa_padding(key_ctx, RSA_PKCS1_PSS_PADDING) == 1);
	if (!order->no_certs)
		made_need(OCSP_basic_add1_cert(basic, order->signer->cert) == 1);
	for (size_t i = 0; i < 2 && order->others[i] != NULL; i++)
		made_need(OCSP_basic_add1_cert(basic, order->others[i]->cert) == 1);
	made_need(X509_gmtime_adj((ASN1_TIME *)(uintptr_t)OCSP_resp_get0_produced_at(basic),
		      order->produced) != NULL);
	made_need(OCSP_basic_sign_ctx(basic, named, ctx, NULL,
		      OCSP_NOTIME | OCSP_NOCERTS | (order->by_key ? OCSP_RESPID_KEY : 0UL)) == 1);
	EVP_MD_CTX_free(ctx);
	X509_free(named);
}

/* The DER of an answer; free with OPENSSL_free(). */
static inline unsigned char *
ocsp_help_answer(
    const struct ocsp_question *question, const struct answer_order *order, size_t *len)
{
	OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
	size_t singles = order->singles_len != 0 ? order->singles_len : 1;
	unsigned char *der = NULL;
	OCSP_RESPONSE *response;
	int n;

	made_need(basic != NULL);
	for (size_t i = 0; !order->no_singles && i < singles; i++)
		ocsp_help_single(basic, question, &order->singles[i]);
	ocsp_help_nonce(basic, question, order->nonce);
	if (order->critical) {
		X509_EXTENSION *ext =
		    X509V3_EXT_conf_nid(NULL, NULL, NID_basic_constraints, "critical,CA:FALSE");

		made_need(ext != NULL && OCSP_BASICRESP_add_ext(basic, ext, -1) == 1);
		X509_EXTENSION_free(ext);
	}
	ocsp_help_sign(basic, order);
	response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
	made_need(response != NULL);
	n = i2d_OCSP_RESPONSE(response, &der);
	made_need(n > 0);
	*len = (size_t)n;
	OCSP_RESPONSE_free(response);
	OCSP_BASICRESP_free(basic);
	return der;
}

#endif
