/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A query goes through three nested lists: the certificates of the path, the methods of the
 * trustpoint, the URLs of a method. Each step asks one URL; the first that answers settles the
 * certificate.
 */
#include "pki/revocation.h"

#include <event2/event.h>
#include <openssl/x509.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "common/buf.h"
#include "common/cert.h"
#include "common/clock.h"
#include "common/metric.h"
#include "common/str.h"
#include "common/trace.h"
#include "pki/crl.h"
#include "pki/crl_reader.h"
#include "pki/ocsp.h"

#define CRL_STATIC_MAX 5
#define URLS_MAX (CRL_URLS_MAX + CRL_STATIC_MAX)
#define WHY_MAX 1024

struct revocation {
	struct loop *loop;
	struct crl_reader *reader;
	struct answers *answers;
	struct revocation_query *queries;
	size_t queries_len;
};

struct revocation_query {
	struct revocation *revocation;
	const struct conf_object *trustpoint;
	X509 *path[REVOCATION_PATH_MAX];
	size_t len;
	unsigned timeout_ms;
	revocation_done_fn done;
	void *arg;
	size_t at;       /* the certificate of the path that is checked */
	size_t method;   /* the method that comes next */
	bool passed;     /* "none" let a certificate pass */
	bool hurry;      /* the time is over: only what is cached counts */
	uint64_t end_ms; /* when the time is over */
	struct buf why;  /* of what failed for this certificate */
	struct buf note; /* what "none" passed over */
	struct answer_wait wait;
	struct ip_endpoint client; /* for traces */
	struct event *timer;       /* when there is something to wait for */
	enum answer_kind kind;
	char (*urls)[CRL_URL_SIZE]; /* of the method that is tried */
	size_t urls_len;
	size_t url; /* the one that is asked */
	struct revocation_query *prev, *next;
};

/* ---- begin and end of a query ---- */

static void
query_free(struct revocation_query *query)
{
	answers_cancel(&query->wait);
	if (query->timer != NULL)
		event_free(query->timer);
	for (size_t i = 0; i < query->len; i++)
		X509_free(query->path[i]);
	buf_fini(&query->why);
	buf_fini(&query->note);
	free(query->urls);
	free(query);
}

static void
query_leave(struct revocation_query *query)
{
	DL_DELETE(query->revocation->queries, query);
	query->revocation->queries_len--;
}

static struct revocation_query *
query_new(struct revocation *revocation, X509 *const *path, size_t len)
{
	struct revocation_query *query = calloc(1, sizeof *query);

	if (query == NULL)
		return NULL;
	buf_init(&query->why, WHY_MAX);
	buf_init(&query->note, WHY_MAX);
	query->revocation = revocation;
	query->client = *trace_subject();
	query->urls = calloc(URLS_MAX, sizeof query->urls[0]);
	for (size_t i = 0; i < len; i++) {
		if (X509_up_ref(path[i]) != 1)
			break;
		query->path[query->len++] = path[i];
	}
	if (query->urls == NULL || query->len < len) {
		query_free(query);
		return NULL;
	}
	DL_APPEND(revocation->queries, query);
	revocation->queries_len++;
	return query;
}

/* ---- words ---- */

static const char *
kind_name(enum answer_kind kind)
{
	return kind == ANSWER_OCSP ? "OCSP" : "CRL";
}

/* The certificate that is checked, behind what was said of it. */
static void
put_certificate(struct buf *out, X509 *cert)
{
	Ipc__CertNames *names = NULL;
	unsigned char *der = NULL;
	int len = i2d_X509(cert, &der);

	if (len > 0 && cert_names_read(der, (size_t)len, &names) == ERR_OK) {
		buf_printf(out, " (certificate with serial number %s, subject name %s)",
		    names->serial, names->subject_name);
		ipc__cert_names__free_unpacked(names, NULL);
	}
	OPENSSL_free(der);
}

static void
put_failure(struct revocation_query *query, const char *what, const char *url, const char *why)
{
	if (query->why.len > 0)
		buf_puts(&query->why, "; ");
	buf_printf(&query->why, "%s%s%s: %s", what, url[0] != '\0' ? " " : "", url, why);
}

/* A text that does not fit says less, but it says something. */
static const char *
text_or(struct buf *buf, const char *otherwise)
{
	return buf->err == ERR_OK ? buf_cstr(buf) : otherwise;
}

/* ---- steps ---- */

/* What a step came to. */
enum step {
	STEP_ON,    /* there is more to do */
	STEP_WAIT,  /* for an answer */
	STEP_GOOD,  /* every certificate of the path is settled */
	STEP_BAD,   /* one is revoked */
	STEP_NOBODY /* one could not be checked */
};

static void
next_certificate(struct revocation_query *query)
{
	query->at++;
	query->method = 0;
	query->urls_len = query->url = 0;
	buf_reset(&query->why);
}

/* "none": what failed before it is kept for the log. */
static void
let_pass(struct revocation_query *query)
{
	query->passed = true;
	if (query->why.len > 0) {
		if (query->note.len > 0)
			buf_puts(&query->note, "; ");
		buf_puts(&query->note, text_or(&query->why, "no method could answer"));
		put_certificate(&query->note, query->path[query->at]);
	}
	next_certificate(query);
}

static void
begin_ocsp(struct revocation_query *query)
{
	const char *url = conf_str(query->trustpoint, TP_OCSP_URL);
	enum err err;

	query->kind = ANSWER_OCSP;
	if (url != NULL)
		err = str_copy(query->urls[0], sizeof query->urls[0], url);
	else
		err = ocsp_responder(query->path[query->at], query->urls[0], sizeof query->urls[0]);
	if (err == ERR_OK)
		query->urls_len = 1;
	else
		put_failure(query, "OCSP", "",
		    err == ERR_NOTFOUND ? "no responder is known" : err_str(err));
}

static void
begin_crl(struct revocation_query *query)
{
	const char *policy = conf_str(query->trustpoint, TP_CRL_POLICY);
	char *const *urls;
	size_t len = conf_list(query->trustpoint, TP_CRL_URLS, &urls);

	query->kind = ANSWER_CRL;
	if (strcmp(policy, "static") != 0)
		query->urls_len = crl_points(query->path[query->at], query->urls);
	for (size_t i = 0; i < len && strcmp(policy, "cdp") != 0; i++)
		if (query->urls_len < URLS_MAX && str_copy(query->urls[query->urls_len],
						      sizeof query->urls[0], urls[i]) == ERR_OK)
			query->urls_len++;
	if (query->urls_len == 0)
		put_failure(query, "CRL", "", "no distribution point is known");
}

static enum step
begin_method(struct revocation_query *query)
{
	char *const *methods;
	size_t len = conf_list(query->trustpoint, TP_REVOCATION_CHECK, &methods);
	const char *method;

	query->urls_len = query->url = 0;
	if (query->method >= len)
		return STEP_NOBODY;
	method = methods[query->method++];
	trace_note(TRACE_CA, 1, NULL,
	    "CRYPTO_PKI: Starting %s revocation, trustpoint %s, certificate %zu of the path",
	    method, conf_str(query->trustpoint, TP_NAME), query->at + 1);
	if (strcmp(method, "none") == 0)
		let_pass(query);
	else if (strcmp(method, "ocsp") == 0)
		begin_ocsp(query);
	else
		begin_crl(query);
	return STEP_ON;
}

static const char *
status_text(enum answer_status status, const char *why)
{
	switch (status) {
	case ANSWER_PENDING:
		return "being asked over HTTP";
	case ANSWER_GOOD:
		return "certificate is good";
	case ANSWER_REVOKED:
		return "certificate is revoked";
	case ANSWER_UNKNOWN:
		return "certificate is not known to the responder";
	default:
		return why;
	}
}

static void
trace_status(const struct revocation_query *query, enum answer_status status, const char *how,
    const char *why)
{
	trace_note(TRACE_CA, 1, NULL, "CRYPTO_PKI: %s %s: %s%s", kind_name(query->kind),
	    query->urls[query->url], how, status_text(status, why));
}

static void
count_answer(enum answer_kind kind, enum answer_status status)
{
	if (status != ANSWER_PENDING)
		metric_count(
		    (kind == ANSWER_OCSP ? METRIC_OCSP_NONE : METRIC_CRL_NONE) + (unsigned)status);
}

/* An answer to what was asked, or none. */
static enum step
take(struct revocation_query *query, enum answer_status status, const char *why)
{
	const char *url = query->urls[query->url];

	count_answer(query->kind, status);
	switch (status) {
	case ANSWER_PENDING:
		return STEP_WAIT;
	case ANSWER_GOOD:
		next_certificate(query);
		return STEP_ON;
	case ANSWER_REVOKED:
	case ANSWER_UNKNOWN:
		buf_reset(&query->why);
		put_failure(query, kind_name(query->kind), url,
		    status == ANSWER_REVOKED ? "certificate is revoked"
					     : "certificate is not known to the responder");
		return STEP_BAD;
	case ANSWER_NONE:
		break;
	}
	put_failure(query, kind_name(query->kind), url, why);
	query->url++;
	return STEP_ON;
}

static enum step
ask(struct revocation_query *query)
{
	const struct conf_object *tp = query->trustpoint;
	const struct answer_query wanted = {
	    .kind = query->kind,
	    .cert = query->path[query->at],
	    .issuer = query->path[query->at + 1],
	    .url = query->urls[query->url],
	    .trustpoint = conf_str(tp, TP_NAME),
	    .timeout_ms = query->timeout_ms,
	    .nonce = !conf_bool(tp, TP_OCSP_DISABLE_NONCE),
	    .cache_ms = (unsigned)conf_int(tp, TP_CRL_CACHE_TIME) * 60 * 1000,
	    .enforce_next_update = conf_bool(tp, TP_CRL_ENFORCE_NEXT_UPDATE),
	    .cached_only = query->hurry || clock_mono_ms() >= query->end_ms,
	};
	const char *why;
	enum answer_status status =
	    answers_get(query->revocation->answers, &wanted, &query->wait, &why);

	trace_status(query, status, status == ANSWER_PENDING ? "" : "without asking: ", why);
	return take(query, status, why);
}

static enum step
step(struct revocation_query *query)
{
	if (query->at + 1 >= query->len)
		return STEP_GOOD;
	return query->url < query->urls_len ? ask(query) : begin_method(query);
}

static void
count_result(enum revocation_result result)
{
	static const enum metric metrics[] = {
	    [REVOCATION_GOOD] = METRIC_CHECK_GOOD,
	    [REVOCATION_UNCHECKED] = METRIC_CHECK_UNCHECKED,
	    [REVOCATION_REVOKED] = METRIC_CHECK_REVOKED,
	    [REVOCATION_NO_ANSWER] = METRIC_CHECK_NO_ANSWER,
	};

	metric_count(metrics[result]);
}

/* Call done and free the query. */
static void
finish(struct revocation_query *query, enum step end)
{
	enum revocation_result result = REVOCATION_GOOD;
	const char *why = "";

	query_leave(query);
	if (end == STEP_GOOD) {
		if (query->passed || query->len < 2)
			result = REVOCATION_UNCHECKED;
		why = text_or(&query->note, "no method could answer");
	} else {
		result = end == STEP_BAD ? REVOCATION_REVOKED : REVOCATION_NO_ANSWER;
		put_certificate(&query->why, query->path[query->at]);
		why = text_or(&query->why,
		    end == STEP_BAD ? "a certificate is revoked" : "no method could answer");
	}
	count_result(result);
	query->done(result, why, query->arg);
	query_free(query);
}

/* As far as it goes without waiting. False: it has ended. */
static bool
advance(struct revocation_query *query, enum step now)
{
	while (now == STEP_ON)
		now = step(query);
	if (now == STEP_WAIT)
		return true;
	finish(query, now);
	return false;
}

/* ---- what comes later ---- */

static void
on_answer(struct answer_wait *wait, enum answer_status status, const char *why)
{
	struct revocation_query *query = wait->arg;

	trace_set_subject(&query->client);
	trace_status(query, status, "answer: ", why);
	(void)advance(query, take(query, status, why));
}

static void
on_time_over(UNUSED evutil_socket_t fd, UNUSED short what, void *arg)
{
	struct revocation_query *query = arg;

	query->hurry = true;
	trace_set_subject(&query->client);
	trace_status(query, ANSWER_NONE, "", "no answer in time");
	answers_cancel(&query->wait);
	(void)advance(query, take(query, ANSWER_NONE, "no answer in time"));
}

static bool
start_timer(struct revocation_query *query)
{
	static const struct timeval time = {.tv_sec = REVOCATION_TOTAL_MS / 1000};

	query->timer = evtimer_new(loop_base(query->revocation->loop), on_time_over, query);
	return query->timer != NULL && evtimer_add(query->timer, &time) == 0;
}

/* ---- public ---- */

struct revocation *
revocation_new(struct loop *loop, struct fetcher *fetcher, const struct answers_net *net)
{
	struct revocation *revocation = calloc(1, sizeof *revocation);

	if (revocation == NULL)
		return NULL;
	revocation->loop = loop;
	revocation->reader = crl_reader_new(loop);
	if (revocation->reader != NULL)
		revocation->answers = answers_new(fetcher, net, revocation->reader);
	if (revocation->answers == NULL) {
		crl_reader_free(revocation->reader);
		free(revocation);
		return NULL;
	}
	return revocation;
}

void
revocation_free(struct revocation *revocation)
{
	if (revocation == NULL)
		return;
	while (revocation->queries != NULL)
		revocation_cancel(revocation->queries);
	crl_reader_free(revocation->reader);
	answers_free(revocation->answers);
	free(revocation);
}

const struct answers *
revocation_answers(const struct revocation *revocation)
{
	return revocation->answers;
}

struct revocation_query *
revocation_check(struct revocation *revocation, const struct conf_object *trustpoint,
    X509 *const *path, size_t len, unsigned timeout_ms, revocation_done_fn done, void *arg,
    enum err *err)
{
	struct revocation_query *query;

	*err = ERR_LIMIT;
	if (len > REVOCATION_PATH_MAX)
		return NULL;
	*err = ERR_FULL;
	if (revocation->queries_len >= REVOCATION_QUERIES_MAX)
		return NULL;
	*err = ERR_NOMEM;
	query = query_new(revocation, path, len);
	if (query == NULL)
		return NULL;
	query->trustpoint = trustpoint;
	query->timeout_ms = timeout_ms;
	query->end_ms = clock_mono_ms() + REVOCATION_TOTAL_MS;
	query->done = done;
	query->arg = arg;
	query->wait.fn = on_answer;
	query->wait.arg = query;
	if (!start_timer(query)) {
		revocation_cancel(query);
		return NULL;
	}
	*err = ERR_OK;
	return advance(query, STEP_ON) ? query : NULL;
}

void
revocation_cancel(struct revocation_query *query)
{
	query_leave(query);
	query_free(query);
}
