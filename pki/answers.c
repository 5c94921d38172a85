/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key of an answer is a digest of all that it depends on: its kind, the issuer, the URL, and
 * for OCSP the certificate's serial. A fetch that is under way is a flight; all who want its answer
 * wait for it.
 */
#include "pki/answers.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>
#include <utlist.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/metric.h"
#include "pki/answer_shelf.h"
#include "pki/crl.h"
#include "pki/crl_reader.h"
#include "pki/dead_url.h"
#include "pki/ocsp.h"

#define REQUEST_MAX 4096  /* bytes of an OCSP request */
#define AT_ONCE_MAX 65536 /* bytes of a CRL that is read without a thread */

/* A fetch that is under way. */
struct flight {
	struct answers *answers;
	uint8_t key[ANSWER_KEY_LEN];
	enum answer_kind kind;
	X509 *cert;
	X509 *issuer;
	char *url;
	size_t body_len; /* CRL, when it has come */
	struct ocsp_question question;
	struct fetch *fetch; /* NULL: it has come, and is being read */
	struct answer_wait *waits;
	UT_hash_handle hh;
};

struct answers {
	struct fetcher *fetcher;
	const struct answers_net *net;
	struct crl_reader *reader;      /* NULL: everything is read at once */
	struct answer_shelf shelves[2]; /* by kind */
	struct flight *flights;
	struct dead_url *dead;
};

static const struct answers_net real_net = {fetch_begin, fetch_cancel};

/* The analyser does not follow what uthash and utlist keep. */
/* NOLINTBEGIN(clang-analyzer-unix.Malloc,clang-analyzer-core.NullDereference) */

/* ---- keys ---- */

static bool
make_key(const struct answer_query *query, uint8_t key[ANSWER_KEY_LEN])
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(query->cert);
	uint8_t kind = query->kind == ANSWER_OCSP ? 'O' : 'C';
	uint8_t issuer[EVP_MAX_MD_SIZE];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned issuer_len = 0;
	bool ok;

	ok = ctx != NULL && X509_digest(query->issuer, EVP_sha256(), issuer, &issuer_len) == 1 &&
	     EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1 &&
	     EVP_DigestUpdate(ctx, &kind, sizeof kind) == 1 &&
	     EVP_DigestUpdate(ctx, issuer, issuer_len) == 1 &&
	     EVP_DigestUpdate(ctx, query->url, strlen(query->url) + 1) == 1;
	if (ok && query->kind == ANSWER_OCSP) {
		uint8_t sign = (ASN1_STRING_type(serial) & V_ASN1_NEG) != 0;

		ok = EVP_DigestUpdate(ctx, &sign, sizeof sign) == 1 &&
		     EVP_DigestUpdate(ctx, ASN1_STRING_get0_data(serial),
			 (size_t)ASN1_STRING_length(serial)) == 1;
	}
	ok = ok && EVP_DigestFinal_ex(ctx, key, NULL) == 1;
	EVP_MD_CTX_free(ctx);
	return ok;
}

/* ---- fetches ---- */

static void
flight_free(struct flight *flight)
{
	if (flight == NULL)
		return;
	X509_free(flight->cert);
	X509_free(flight->issuer);
	free(flight->url);
	free(flight);
}

/* A CRL that was read, which is the answer's then; NULL: why it is worth nothing. */
static void
take_crl(struct answer *answer, const struct flight *flight, struct crl *crl, const char *why)
{
	answer->crl = crl;
	answer->why = why;
	if (crl == NULL)
		return;
	answer->bytes = crl_bytes(crl);
	if (X509_up_ref(flight->issuer) == 1)
		answer->issuer = flight->issuer;
	answer->url = strdup(flight->url);
	answer->body_len = flight->body_len;
}

static void
take_ocsp(struct answer *answer, const struct flight *flight, const void *body, size_t len)
{
	switch (ocsp_judge(
	    &flight->question, body, len, clock_wall_sec(), &answer->until, &answer->why)) {
	case OCSP_GOOD:
		answer->status = ANSWER_GOOD;
		break;
	case OCSP_REVOKED:
		answer->status = ANSWER_REVOKED;
		break;
	case OCSP_UNKNOWN:
		answer->status = ANSWER_UNKNOWN;
		break;
	case OCSP_NO_ANSWER:
		answer->status = ANSWER_NONE;
		break;
	}
	ERR_clear_error();
}

/* Tell all who wait. Each may begin or cancel others meanwhile; who asks anew joins no flight that
 * has landed. */
static void
land(struct flight *flight, struct answer *answer, const char *why)
{
	struct answer_wait *wait;

	while ((wait = flight->waits) != NULL) {
		enum answer_status status = ANSWER_NONE;
		const char *text = why;

		DL_DELETE(flight->waits, wait);
		wait->flight = NULL;
		if (answer != NULL) {
			status = answer_judge(answer, &wait->query, &text);
			answer_note_use(answer, &wait->query);
		}
		wait->fn(wait, status, text != NULL ? text : "no usable answer");
	}
}

/* The end of a flight, with what it brought; NULL: nothing, and why. */
static void
settle(struct flight *flight, struct answer *answer, const char *why)
{
	struct answers *answers = flight->answers;

	HASH_DEL(answers->flights, flight);
	if (answer != NULL) {
		log_debug("%s: %s", flight->url, answer_worth(answer));
		answer_shelf_put(&answers->shelves[flight->kind], answer);
	}
	land(flight, answer, why);
	flight_free(flight);
}

static void
settle_crl(struct flight *flight, struct crl *crl, const char *why)
{
	struct answer *answer = answer_new(flight->kind, flight->key);

	if (answer != NULL)
		take_crl(answer, flight, crl, why);
	else
		crl_free(crl);
	settle(flight, answer, err_str(ERR_NOMEM));
}

static void
on_crl_read(UNUSED enum err err, struct crl *crl, const char *why, void *arg)
{
	settle_crl(arg, crl, why);
}

/* A big one takes a while, in which nothing else would be done. */
static void
read_crl(struct flight *flight, const void *body, size_t len)
{
	struct crl_reader *reader = flight->answers->reader;
	struct crl *crl = NULL;
	const char *why = NULL;

	flight->body_len = len;
	if (reader == NULL || len <= AT_ONCE_MAX) {
		if (crl_read(body, len, flight->issuer, &crl, &why) != ERR_OK)
			crl = NULL;
		settle_crl(flight, crl, why);
	} else if (crl_reader_order(reader, body, len, flight->issuer, on_crl_read, flight) !=
		   ERR_OK) {
		settle(flight, NULL, "too many big CRLs are being read");
	}
}

static void
read_ocsp(struct flight *flight, const void *body, size_t len)
{
	struct answer *answer = answer_new(flight->kind, flight->key);

	if (answer != NULL)
		take_ocsp(answer, flight, body, len);
	settle(flight, answer, err_str(ERR_NOMEM));
}

static void
on_fetched(enum err err, const void *body, size_t len, const char *why, void *arg)
{
	struct flight *flight = arg;
	struct answers *answers = flight->answers;

	flight->fetch = NULL;
	metric_count((flight->kind == ANSWER_OCSP ? METRIC_FETCH_OCSP_OK : METRIC_FETCH_CRL_OK) +
		     (err != ERR_OK));
	if (err != ERR_OK) {
		if (why == NULL)
			why = err_str(err);
		dead_url_add(&answers->dead, flight->url, why);
		settle(flight, NULL, why);
		return;
	}
	dead_url_forget(&answers->dead, flight->url);
	if (flight->kind == ANSWER_CRL)
		read_crl(flight, body, len);
	else
		read_ocsp(flight, body, len);
}

static bool
begin_fetch(struct flight *flight, const struct answer_query *query)
{
	struct answers *answers = flight->answers;
	struct fetch_request request = {
	    .url = flight->url, .answer_max = CRL_BYTES_MAX, .timeout_ms = query->timeout_ms};
	struct buf body;

	buf_init(&body, REQUEST_MAX);
	if (query->kind == ANSWER_OCSP) {
		if (ocsp_ask(flight->cert, flight->issuer, query->nonce, &flight->question,
			&body) != ERR_OK) {
			buf_fini(&body);
			return false;
		}
		request.content_type = "application/ocsp-request";
		request.body = body.data;
		request.body_len = body.len;
		request.answer_max = OCSP_ANSWER_MAX;
	}
	flight->fetch = answers->net->begin(answers->fetcher, &request, on_fetched, flight);
	buf_fini(&body);
	return flight->fetch != NULL;
}

/* NULL: it cannot be asked. */
static struct flight *
flight_new(
    struct answers *answers, const struct answer_query *query, const uint8_t key[ANSWER_KEY_LEN])
{
	struct flight *flight = calloc(1, sizeof *flight);

	if (flight == NULL)
		return NULL;
	flight->answers = answers;
	flight->kind = query->kind;
	memcpy(flight->key, key, ANSWER_KEY_LEN);
	flight->url = strdup(query->url);
	if (X509_up_ref(query->cert) == 1)
		flight->cert = query->cert;
	if (X509_up_ref(query->issuer) == 1)
		flight->issuer = query->issuer;
	if (flight->url == NULL || flight->cert == NULL || flight->issuer == NULL ||
	    !begin_fetch(flight, query)) {
		ERR_clear_error();
		flight_free(flight);
		return NULL;
	}
	log_event(LOGMSG_717056, query->kind == ANSWER_OCSP ? "OCSP" : "CRL", query->url);
	HASH_ADD(hh, answers->flights, key, ANSWER_KEY_LEN, flight);
	return flight;
}

/* ---- asking ---- */

/* NULL: there is none, or none that is to be used; *status and *why are its word. */
static bool
get_kept(struct answers *answers, const struct answer_query *query,
    const uint8_t key[ANSWER_KEY_LEN], enum answer_status *status, const char **why)
{
	struct answer_shelf *shelf = &answers->shelves[query->kind];
	struct answer *answer = answer_shelf_find(shelf, key);

	if (answer == NULL)
		return false;
	*status = answer_judge(answer, query, why);
	if (!answer_is_fresh(answer, query, *status))
		return false;
	answer_shelf_touch(shelf, answer);
	answer_note_use(answer, query);
	return true;
}

static enum answer_status
wait_for(struct flight *flight, const struct answer_query *query, struct answer_wait *wait)
{
	wait->query = *query;
	wait->flight = flight;
	DL_APPEND(flight->waits, wait);
	return ANSWER_PENDING;
}

enum answer_status
answers_get(struct answers *answers, const struct answer_query *query, struct answer_wait *wait,
    const char **why)
{
	enum answer_status status = ANSWER_NONE;
	uint8_t key[ANSWER_KEY_LEN];
	struct flight *flight;
	const char *dead;

	*why = NULL;
	if (!make_key(query, key)) {
		ERR_clear_error();
		*why = err_str(ERR_CRYPTO);
		return ANSWER_NONE;
	}
	if (get_kept(answers, query, key, &status, why)) {
		if (*why == NULL)
			*why = "no usable answer";
		return status;
	}
	*why = "the time for all checks is over";
	if (query->cached_only)
		return ANSWER_NONE;
	HASH_FIND(hh, answers->flights, key, ANSWER_KEY_LEN, flight);
	if (flight != NULL)
		return wait_for(flight, query, wait);
	dead = dead_url_find(&answers->dead, query->url);
	if (dead != NULL) {
		*why = dead;
		return ANSWER_NONE;
	}
	flight = flight_new(answers, query, key);
	*why = "it cannot be asked: too many requests, memory, or the URL";
	return flight != NULL ? wait_for(flight, query, wait) : ANSWER_NONE;
}

void
answers_cancel(struct answer_wait *wait)
{
	if (wait->flight == NULL)
		return;
	DL_DELETE(wait->flight->waits, wait);
	wait->flight = NULL;
}

/* ---- for show ---- */

bool
answers_crl(const struct answers *answers, size_t index, struct answers_crl *out)
{
	return answer_shelf_crl(&answers->shelves[ANSWER_CRL], index, out);
}

/* ---- all ---- */

struct answers *
answers_new(struct fetcher *fetcher, const struct answers_net *net, struct crl_reader *reader)
{
	struct answers *answers = calloc(1, sizeof *answers);

	if (answers == NULL)
		return NULL;
	answers->fetcher = fetcher;
	answers->net = net != NULL ? net : &real_net;
	answers->reader = reader;
	answers->shelves[ANSWER_OCSP].max = ANSWERS_OCSP_MAX;
	answers->shelves[ANSWER_CRL].max = ANSWERS_CRL_MAX;
	return answers;
}

void
answers_free(struct answers *answers)
{
	struct flight *flight, *tmp;

	if (answers == NULL)
		return;
	HASH_ITER (hh, answers->flights, flight, tmp) {
		HASH_DEL(answers->flights, flight);
		if (flight->fetch != NULL)
			answers->net->cancel(flight->fetch);
		flight_free(flight);
	}
	for (size_t i = 0; i < ARRAY_LEN(answers->shelves); i++)
		answer_shelf_clear(&answers->shelves[i]);
	dead_url_clear(&answers->dead);
	free(answers);
}

/* NOLINTEND(clang-analyzer-unix.Malloc,clang-analyzer-core.NullDereference) */
