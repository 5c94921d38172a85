/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Address leases (INV-5): an address is leased to one session at most, whatever the pools say and
 * however they change, and comes back when the session ends. The address that rested longest is
 * given out first; none before its reuse delay is over, and none in turn that is framed for a user.
 */
#ifndef AUTH_POOL_H
#define AUTH_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/err.h"
#include "common/ip.h"
#include "conf/conf.h"

#define POOL_NAME_SIZE 65

struct pool_set;
struct pool_layout;

/* An address held; family 0: none. A plain value. */
struct lease {
	struct ip_addr addr;
	uint8_t prefix_len;        /* of the pool's mask */
	char pool[POOL_NAME_SIZE]; /* "": the user's own address */
};

struct pool_counts {
	const char *name; /* borrowed from the set */
	uint32_t size;
	uint32_t leased;
};

/* Nobody has an address any more of the removed pool that went from first to last, or the removed
 * framed address. */
typedef void (*pool_drained_fn)(const struct ip_addr *first, const struct ip_addr *last, void *arg);

/*
 * What a configuration, which has checked that no two pools share an address and none holds the
 * gateway's own, makes of its pools. Reading it needs memory, using it does not. NULL: memory.
 */
struct pool_layout *pool_layout_new(const struct conf *conf) MUST_USE;
/* NULL is fine. */
void pool_layout_free(struct pool_layout *layout);

/* A set without pools. drained may be NULL. NULL: memory. */
struct pool_set *pool_set_new(pool_drained_fn drained, void *arg) MUST_USE;
void pool_set_free(struct pool_set *set);
/*
 * From now on these are the pools; takes the layout. Leases stay. Pools that are not there any
 * more, with exactly the same addresses, are reported as drained when no lease is left of them that
 * the new configuration does not cover: now, or with the last release. So are framed addresses.
 */
void pool_set_use(struct pool_set *set, struct pool_layout *layout);
/* A pool that was removed in the time of an earlier process. ERR_NOMEM. Reported by the next
 * pool_set_drain(), or later. */
enum err pool_set_add_drain(
    struct pool_set *set, const struct ip_addr *first, const struct ip_addr *last) MUST_USE;
/* Report what is drained: after the leases of an earlier process have been restored. */
void pool_set_drain(struct pool_set *set);

/* Lease from the first of the named pools of that family (4 or 6) that has a free address.
 * ERR_FULL, ERR_NOMEM. */
enum err pool_lease(struct pool_set *set, uint8_t family, const char *const *names,
    size_t names_len, struct lease *out) MUST_USE;
/*
 * Lease exactly the address of *lease, whose other fields stay as they are: a framed one, or that
 * of a session of an earlier process. It need not be in a pool. ERR_EXISTS: leased; ERR_NOMEM.
 */
enum err pool_lease_exact(struct pool_set *set, const struct lease *lease) MUST_USE;
/* Is the address in a pool, or in one that was removed and is not drained? */
bool pool_covers(const struct pool_set *set, const struct ip_addr *addr);
/* Give an address back; an empty or unknown lease is fine. The lease is empty afterwards. */
void pool_release(struct pool_set *set, struct lease *lease);

/* The pools in force; valid until the next pool_set_use(). For show ip local pool. */
const struct pool_layout *pool_set_layout(const struct pool_set *set);
/* Number of pools, and the counts of the n-th (n < pool_set_len). */
size_t pool_set_len(const struct pool_set *set);
void pool_count(const struct pool_set *set, size_t n, struct pool_counts *out);

#endif
