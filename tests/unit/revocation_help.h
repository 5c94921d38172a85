/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For the tests of pki/revocation.c and what stands on it: a network that only notes what is asked,
 * CAs that answer OCSP requests and publish CRLs, and a clock that the test moves.
 */
#ifndef TESTS_UNIT_REVOCATION_HELP_H
#define TESTS_UNIT_REVOCATION_HELP_H

#include "tests/unit/verdict_help.h"

#include "tests/unit/conf_help.h"

#include <openssl/ocsp.h>
#include <stdio.h>

#include "common/clock.h"
#include "pki/ocsp.h"
#include "pki/revocation.h"

#define NET_MAX 4096

/* ---- the clock ---- */

static time_t clock_start;
static uint64_t clock_passed_ms;

static uint64_t
fake_mono(void)
{
	return 1000000 + clock_passed_ms;
}

static time_t
fake_wall(void)
{
	return clock_start + (time_t)(clock_passed_ms / 1000);
}

static inline void
clock_begin(void)
{
	clock_start = time(NULL);
	clock_passed_ms = 0;
	clock_set_source(fake_mono, fake_wall);
}

static inline void
clock_pass(uint64_t seconds)
{
	clock_passed_ms += seconds * 1000;
}

/* ---- the network ---- */

struct fetch {
	char url[FETCH_URL_MAX + 1];
	char content_type[64];
	uint8_t *body;
	size_t body_len;
	size_t answer_max;
	unsigned timeout_ms;
	fetch_done_fn done;
	void *arg;
	bool ended;
};

/* All that was ever asked, in order. */
static struct {
	struct fetch fetches[NET_MAX];
	size_t len;
	size_t served; /* the next one that serve() answers */
	bool refuse;   /* take nothing */
} net;

static struct fetch *
net_begin(UNUSED struct fetcher *fetcher, const struct fetch_request *request, fetch_done_fn done,
    void *arg)
{
	struct fetch *fetch = &net.fetches[net.len];

	if (net.refuse)
		return NULL;
	assert_true(net.len < NET_MAX);
	net.len++;
	(void)snprintf(fetch->url, sizeof fetch->url, "%s", request->url);
	(void)snprintf(fetch->content_type, sizeof fetch->content_type, "%s",
	    request->content_type != NULL ? request->content_type : "");
	fetch->body_len = request->body_len;
	fetch->body = malloc(request->body_len + 1);
	if (request->body_len > 0)
		memcpy(fetch->body, request->body, request->body_len);
	fetch->answer_max = request->answer_max;
	fetch->timeout_ms = request->timeout_ms;
	fetch->done = done;
	fetch->arg = arg;
	return fetch;
}

static void
net_cancel(struct fetch *fetch)
{
	assert_false(fetch->ended);
	fetch->ended = true;
}

static const struct answers_net fake_net = {net_begin, net_cancel};

static inline void
net_reset(void)
{
	for (size_t i = 0; i < net.len; i++)
		free(net.fetches[i].body);
	memset(&net, 0, sizeof net);
}

static inline void
net_end(struct fetch *fetch, enum err err, const void *body, size_t len, const char *why)
{
	assert_false(fetch->ended);
	fetch->ended = true;
	fetch->done(err, body, len, why, fetch->arg);
}

/* ---- what responders and CRLs say ---- */

/* V_OCSP_CERTSTATUS_.. from now on for so many seconds (0: no nextUpdate), by the signer. */
static inline void
say_ocsp(struct fetch *fetch, const struct made *signer, int status, long seconds)
{
	const unsigned char *p = fetch->body;
	OCSP_REQUEST *request = d2i_OCSP_REQUEST(NULL, &p, (long)fetch->body_len);
	OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
	ASN1_TIME *now = ASN1_TIME_set(NULL, fake_wall());
	ASN1_TIME *later = seconds != 0 ? ASN1_TIME_set(NULL, fake_wall() + seconds) : NULL;
	unsigned char *der = NULL;
	OCSP_RESPONSE *response;
	int len;

	assert_string_equal(fetch->content_type, "application/ocsp-request");
	assert_int_equal(fetch->answer_max, OCSP_ANSWER_MAX);
	made_need(request != NULL && OCSP_request_onereq_count(request) == 1);
	made_need(
	    OCSP_basic_add1_status(basic, OCSP_onereq_get0_id(OCSP_request_onereq_get0(request, 0)),
		status, OCSP_REVOKED_STATUS_NOSTATUS, now, now, later) != NULL);
	OCSP_copy_nonce(basic, request);
	made_need(OCSP_basic_sign(basic, signer->cert, signer->key, EVP_sha256(), NULL, 0) == 1);
	response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
	len = i2d_OCSP_RESPONSE(response, &der);
	made_need(len > 0);
	OCSP_RESPONSE_free(response);
	OCSP_BASICRESP_free(basic);
	OCSP_REQUEST_free(request);
	ASN1_TIME_free(now);
	ASN1_TIME_free(later);
	net_end(fetch, ERR_OK, der, (size_t)len, NULL);
	OPENSSL_free(der);
}

/* A CRL with this certificate on it (NULL: empty), good for so many seconds. */
static inline void
say_crl(struct fetch *fetch, const struct made *ca, const X509 *listed, long seconds)
{
	X509_CRL *crl = X509_CRL_new();
	ASN1_TIME *from = ASN1_TIME_set(NULL, fake_wall() - 3600);
	ASN1_TIME *to = ASN1_TIME_set(NULL, fake_wall() + seconds);
	unsigned char *der = NULL;
	int len;

	assert_string_equal(fetch->content_type, "");
	made_need(X509_CRL_set_version(crl, 1) == 1);
	made_need(X509_CRL_set_issuer_name(crl, X509_get_subject_name(ca->cert)) == 1);
	made_need(
	    X509_CRL_set1_lastUpdate(crl, from) == 1 && X509_CRL_set1_nextUpdate(crl, to) == 1);
	if (listed != NULL) {
		X509_REVOKED *revoked = X509_REVOKED_new();

		made_need(X509_REVOKED_set_serialNumber(revoked,
			      (ASN1_INTEGER *)(uintptr_t)X509_get0_serialNumber(listed)) == 1);
		made_need(X509_REVOKED_set_revocationDate(revoked, from) == 1);
		made_need(X509_CRL_add0_revoked(crl, revoked) == 1);
	}
	made_need(X509_CRL_sort(crl) == 1 && X509_CRL_sign(crl, ca->key, EVP_sha256()) > 0);
	len = i2d_X509_CRL(crl, &der);
	made_need(len > 0);
	X509_CRL_free(crl);
	ASN1_TIME_free(from);
	ASN1_TIME_free(to);
	net_end(fetch, ERR_OK, der, (size_t)len, NULL);
	OPENSSL_free(der);
}

enum say {
	SAY_NOTHING, /* the end of a script */
	SAY_GOOD,
	SAY_REVOKED,
	SAY_UNKNOWN,
	SAY_FORGED, /* "good", by somebody else */
	SAY_GARBAGE,
	SAY_TIMEOUT,
	SAY_REFUSED,
	CRL_CLEAN,
	CRL_LISTED,
	CRL_OLD,
};

/* Let the CA say something about the certificate. */
static inline void
say(struct fetch *fetch, enum say what, const struct made *ca, const struct made *cert)
{
	switch (what) {
	case SAY_NOTHING:
		break;
	case SAY_GOOD:
		say_ocsp(fetch, ca, V_OCSP_CERTSTATUS_GOOD, 600);
		break;
	case SAY_REVOKED:
		say_ocsp(fetch, ca, V_OCSP_CERTSTATUS_REVOKED, 600);
		break;
	case SAY_UNKNOWN:
		say_ocsp(fetch, ca, V_OCSP_CERTSTATUS_UNKNOWN, 600);
		break;
	case SAY_FORGED:
		say_ocsp(fetch, cert, V_OCSP_CERTSTATUS_GOOD, 600);
		break;
	case SAY_GARBAGE:
		net_end(fetch, ERR_OK, "garbage", 7, NULL);
		break;
	case SAY_TIMEOUT:
		net_end(fetch, ERR_TIMEOUT, NULL, 0, "no answer within 5 s");
		break;
	case SAY_REFUSED:
		net_end(fetch, ERR_SYS, NULL, 0, "connection refused");
		break;
	case CRL_CLEAN:
		say_crl(fetch, ca, ca->cert, 86400);
		break;
	case CRL_LISTED:
		say_crl(fetch, ca, cert->cert, 86400);
		break;
	case CRL_OLD:
		say_crl(fetch, ca, NULL, -60);
		break;
	}
}

/* The configuration with a trustpoint CA that has these settings. */
static inline struct conf *
conf_of(const char *settings)
{
	char text[2048];

	(void)snprintf(text, sizeof text,
	    "trustpoints = ( { name = \"GW\"; certificate = \"gw.pem\"; key = \"gw.key\"; },\n"
	    "  { name = \"CA\"; ca-certificate = \"gw.pem\"; %s } );\n"
	    "ssl-trust-point = \"GW\"; revocation-timeout = 3;\n",
	    settings);
	return help_load_fine("pki.conf", text);
}

#endif
