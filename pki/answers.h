/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What responders and CRLs said: fetched once for all who wait for the same answer, kept as long as
 * it holds, and a server that does not answer is left alone for a few seconds.
 */
#ifndef PKI_ANSWERS_H
#define PKI_ANSWERS_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "common/attr.h"
#include "pki/fetch.h"

#define ANSWERS_OCSP_MAX 8192
#define ANSWERS_CRL_MAX 256
#define ANSWERS_CRL_BYTES_MAX (64U * 1024 * 1024) /* of memory, together */
#define ANSWERS_DEAD_MAX 256
#define ANSWERS_USERS_MAX 8   /* trustpoints that are remembered for a CRL */
#define ANSWERS_RETRY_MS 5000 /* after a failure nothing is asked at the same place for so long */

struct x509_st;
struct crl;
struct crl_reader;
struct answers;
struct flight;

enum answer_kind { ANSWER_OCSP, ANSWER_CRL };

enum answer_status {
	ANSWER_NONE, /* nobody answered, or what was said is worth nothing */
	ANSWER_GOOD,
	ANSWER_REVOKED,
	ANSWER_UNKNOWN, /* OCSP: the responder does not know the certificate */
	ANSWER_PENDING, /* it is being fetched */
};

/* What is wanted to know, and from where. Everything is borrowed. */
struct answer_query {
	enum answer_kind kind;
	struct x509_st *cert;
	struct x509_st *issuer;
	const char *url;
	const char *trustpoint; /* who wants to know, for show */
	unsigned timeout_ms;
	bool nonce;               /* OCSP */
	unsigned cache_ms;        /* CRL: it is used for so long */
	bool enforce_next_update; /* CRL */
	bool cached_only;         /* begin no fetch and wait for none */
};

struct answer_wait;
/* why: text for the log if there is no answer, valid during the call. */
typedef void (*answer_fn)(struct answer_wait *wait, enum answer_status status, const char *why);

/* Who waits; part of the caller's structure. */
struct answer_wait {
	answer_fn fn;
	void *arg;
	struct answer_query query; /* a copy; what it borrows must stay */
	struct flight *flight;     /* NULL: it does not wait */
	struct answer_wait *prev, *next;
};

/* How to fetch: tests put their own there. */
struct answers_net {
	struct fetch *(*begin)(struct fetcher *fetcher, const struct fetch_request *request,
	    fetch_done_fn done, void *arg);
	void (*cancel)(struct fetch *fetch);
};

/*
 * fetcher is borrowed, net too (NULL: fetch_begin() and fetch_cancel()), and reader, which reads
 * big CRLs (NULL: they are read at once). NULL: memory.
 */
struct answers *answers_new(
    struct fetcher *fetcher, const struct answers_net *net, struct crl_reader *reader) MUST_USE;
/* Nobody may wait any more, and reader is freed already. What is on its way is cancelled. */
void answers_free(struct answers *answers);
/*
 * The answer, if it is there; *why then as in answer_fn. ANSWER_PENDING: wait->fn, which is set
 * with arg, is called once, later, unless answers_cancel() comes before it.
 */
enum answer_status answers_get(struct answers *answers, const struct answer_query *query,
    struct answer_wait *wait, const char **why) MUST_USE;
/* A CRL that is kept, for show; borrowed until the loop runs again. */
struct answers_crl {
	const struct crl *crl;
	struct x509_st *issuer;
	const char *url;
	size_t bytes;        /* as it came */
	time_t cached_until; /* for the trustpoint that used it last */
	char *const *trustpoints;
	size_t trustpoints_len;
};
/* The one at this place; false: there are no more. */
bool answers_crl(const struct answers *answers, size_t index, struct answers_crl *out);
/* Wait no longer; what is being fetched serves the next one. */
void answers_cancel(struct answer_wait *wait);

#endif
