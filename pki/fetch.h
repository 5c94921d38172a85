/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP for revocation: one request, one answer, bounded in size and time, never blocking (design.md
 * 1). Plain http only, because what comes is signed. Redirections are not followed.
 */
#ifndef PKI_FETCH_H
#define PKI_FETCH_H

#include <stddef.h>

#include "common/attr.h"
#include "common/err.h"
#include "common/loop.h"

#define FETCH_URL_MAX 1024
#define FETCH_AT_ONCE_MAX 512       /* requests under way; those beyond it wait in line */
#define FETCH_AT_ONE_SERVER_MAX 256 /* of those: a dead server holds up only half of the rest */
#define FETCH_QUEUE_MAX 1024

struct fetcher;
struct fetch;

/*
 * The outcome. ERR_OK: status 200 with this body (borrowed); ERR_TIMEOUT; ERR_LIMIT: the answer is
 * too big; ERR_SYS: not reachable, broken off, or another status. why is static or borrowed text
 * for the log.
 */
typedef void (*fetch_done_fn)(
    enum err err, const void *body, size_t len, const char *why, void *arg);

struct fetch_request {
	const char *url;          /* copied */
	const char *content_type; /* of a POST; NULL: GET */
	const void *body;         /* copied */
	size_t body_len;
	size_t answer_max;   /* bytes */
	unsigned timeout_ms; /* from begin to end, waiting in line and name lookup included */
};

/* Before the chroot: read the nameservers and the hosts file. Once: when they change later, the
 * process must be restarted. Without a nameserver names fail, addresses work. */
void fetch_prepare(void);
/* NULL: memory. */
struct fetcher *fetcher_new(struct loop *loop) MUST_USE;
/* Every request that is under way is forgotten without a word. */
void fetcher_free(struct fetcher *fetcher);
/* Begin; done is called once, later, never from within. NULL: the line is full, bad URL or memory,
 * and done is not called. */
struct fetch *fetch_begin(struct fetcher *fetcher, const struct fetch_request *request,
    fetch_done_fn done, void *arg) MUST_USE;
/* Nobody waits any more: done is not called. Not after done; NULL is fine. */
void fetch_cancel(struct fetch *fetch);

#endif
