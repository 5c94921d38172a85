/* SPDX-License-Identifier: Apache-2.0 */
/* "show ip local pool": the pools with their counts, and the addresses of one of them, in pieces
 * that fit into messages. */
#ifndef AUTH_POOL_LISTING_H
#define AUTH_POOL_LISTING_H

#include "auth/pool.h"

struct pool_listing;

/* set must outlive it. NULL: memory. */
struct pool_listing *pool_listing_new(
    const struct pool_set *set, const Ipc__CtlPool *request) MUST_USE;
/* NULL is fine. */
void pool_listing_free(struct pool_listing *listing);
/* The piece at hand, borrowed until pool_listing_sent() or pool_listing_free(). ERR_NOTFOUND: there
 * is no more. */
enum err pool_listing_next(struct pool_listing *listing, Ipc__CtlPoolPage *out) MUST_USE;
/* It has been taken: go on behind it. */
void pool_listing_sent(struct pool_listing *listing);
/* Was there anything? */
bool pool_listing_found(const struct pool_listing *listing);

#endif
