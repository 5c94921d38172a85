/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Do certificates still hold? The methods of a trustpoint in their order, the next only when one
 * cannot answer (asa.md 4); answers are cached and shared by all who wait for the same one
 * (answers.h).
 */
#ifndef PKI_REVOCATION_H
#define PKI_REVOCATION_H

#include <stddef.h>

#include "common/attr.h"
#include "common/err.h"
#include "common/loop.h"
#include "conf/conf.h"
#include "pki/answers.h"
#include "pki/fetch.h"

#define REVOCATION_QUERIES_MAX 2048 /* at once */
#define REVOCATION_PATH_MAX 16      /* certificates of a path */
#define REVOCATION_TOTAL_MS 20000   /* for one query, less than auth waits for a verdict */

struct x509_st;
struct revocation;
struct revocation_query;

enum revocation_result {
	REVOCATION_GOOD,      /* every certificate was checked */
	REVOCATION_UNCHECKED, /* "none" let it pass: nobody answered, or nothing was to be asked */
	REVOCATION_REVOKED,   /* or a responder does not know it */
	REVOCATION_NO_ANSWER, /* no method could answer and "none" is not among them */
};

/*
 * why: borrowed text for the log, with the serial and the name of the certificate that it is about.
 * REVOCATION_UNCHECKED: the failures that "none" passed over, "" if nothing was tried.
 */
typedef void (*revocation_done_fn)(enum revocation_result result, const char *why, void *arg);

/* One cache for the life of the process; fetcher is borrowed and must outlive. net: NULL, or a
 * test's way to fetch. NULL: memory. */
struct revocation *revocation_new(
    struct loop *loop, struct fetcher *fetcher, const struct answers_net *net) MUST_USE;
/* Queries that are under way are forgotten without a word. */
void revocation_free(struct revocation *revocation);
/*
 * Check a verified path, leaf first, its anchor last (the anchor is not checked), as its trustpoint
 * says; timeout_ms for each fetch, and when REVOCATION_TOTAL_MS are over only what is cached
 * counts. The certificates are referenced as long as needed, the trustpoint's configuration must
 * stay. done is called once, later or (when nothing must be fetched) before this returns; then NULL
 * is returned and *err is ERR_OK. NULL without a call: *err is ERR_NOMEM, ERR_FULL (too many
 * queries) or ERR_LIMIT (the path).
 */
struct revocation_query *revocation_check(struct revocation *revocation,
    const struct conf_object *trustpoint, struct x509_st *const *path, size_t len,
    unsigned timeout_ms, revocation_done_fn done, void *arg, enum err *err) MUST_USE;
/* What is kept, to be looked at. */
const struct answers *revocation_answers(const struct revocation *revocation);
/* Nobody waits any more. */
void revocation_cancel(struct revocation_query *query);

#endif
