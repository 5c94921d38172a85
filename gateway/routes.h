/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which prefixes are routed to the tun interface, and which must be: the local pools and the users'
 * framed addresses of the configuration, and those of earlier ones whose sessions still run. Only
 * the book; netif.c does what it says.
 */
#ifndef GATEWAY_ROUTES_H
#define GATEWAY_ROUTES_H

#include <stdbool.h>
#include <stddef.h>

#include "common/attr.h"
#include "common/ip.h"
#include "conf/conf.h"

struct routes;

/* Prefixes; items is heap. */
struct routes_list {
	struct ip_prefix *items;
	size_t len;
};

/* Nothing is routed. NULL: memory. */
struct routes *routes_new(void) MUST_USE;
void routes_free(struct routes *routes);
/*
 * The book as it will be with conf, once the routes in *add are there; routes stays as it is. What
 * conf does not need any more is kept until routes_drained(). NULL: memory, *add is empty.
 */
struct routes *routes_plan(
    const struct routes *routes, const struct conf *conf, struct routes_list *add) MUST_USE;
/*
 * No session has an address in [first, last] any more. *remove gets the routes that nobody needs
 * now; they are out of the book. ERR_RANGE: not a range; ERR_NOMEM: nothing is changed.
 */
enum err routes_drained(struct routes *routes, const struct ip_addr *first,
    const struct ip_addr *last, struct routes_list *remove) MUST_USE;
/* The n-th range that an earlier configuration had and that is not drained; false: there are fewer.
 */
bool routes_retired(
    const struct routes *routes, size_t n, struct ip_addr *first, struct ip_addr *last);
/* All that are routed; borrowed, as long as the book does not change. */
const struct routes_list *routes_installed(const struct routes *routes);
void routes_list_fini(struct routes_list *list);

#endif
