/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OCSP stapling (RFC 6066 8, RFC 8446 4.4.2.1): what the responders say of our own certificates,
 * fetched before it is wanted and asked again when half of its time is over. Only an answer that
 * says "good" and that we would believe ourselves is shown.
 */
#ifndef PKI_STAPLE_H
#define PKI_STAPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "common/attr.h"
#include "common/ipc.pb-c.h"
#include "common/loop.h"
#include "pki/fetch.h"
#include "pki/keyring.h"

#define STAPLE_MAX 8192        /* bytes of an answer that is shown; larger ones are not */
#define STAPLE_RETRY_SEC 60    /* after a failure; twice as long after each further one, up to */
#define STAPLE_AGAIN_SEC 43200 /* .. this, which is also the longest time between two questions */

struct staples;

/* How to fetch: tests put their own there. */
struct staples_net {
	struct fetch *(*begin)(struct fetcher *fetcher, const struct fetch_request *request,
	    fetch_done_fn done, void *arg);
	void (*cancel)(struct fetch *fetch);
};

/* There is another answer to show, or one less: called from the loop, never from within. */
typedef void (*staples_changed_fn)(void *arg);

/* fetcher and net (NULL: fetch_begin() and fetch_cancel()) are borrowed. NULL: memory. */
struct staples *staples_new(struct loop *loop, struct fetcher *fetcher,
    const struct staples_net *net, staples_changed_fn changed, void *arg) MUST_USE;
/* NULL is fine. */
void staples_free(struct staples *staples);
/*
 * Keep answers about the certificates of these identities from now on, as the configuration says;
 * those that are there already stay. Takes references of what it needs.
 */
void staples_watch(struct staples *staples, const struct keyring *keyring);
/* Put the answers that are there into the rows of a keyring's list; borrowed until the loop runs
 * again. All are left out if the list gets too long for a message. */
void staples_fill(const struct staples *staples, const Ipc__KeyListReply *list);

/*
 * Seconds until an answer is asked for again: it came at `now` and says that it holds until `until`
 * (far away or 0: it does not say).
 */
unsigned staple_next(time_t now, time_t until);

#endif
