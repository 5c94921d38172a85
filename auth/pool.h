/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Address leases from the local pools (INV-5): an address is leased to one session at most,
 * whatever the pools say, and comes back when the session ends. The address that rested longest is
 * given out first.
 */
#ifndef AUTH_POOL_H
#define AUTH_POOL_H

#include <stddef.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/err.h"
#include "common/ip.h"
#include "conf/conf.h"

#define POOL_NAME_SIZE 65

struct pool_set;

/* An address held; family 0: none. A plain value. */
struct lease {
	struct ip_addr addr;
	uint8_t prefix_len; /* of the pool's mask */
	char pool[POOL_NAME_SIZE];
};

struct pool_counts {
	const char *name; /* borrowed from the set */
	uint32_t size;
	uint32_t leased;
};

/* All pools of the configuration, which has checked that none holds the gateway's own address.
 * NULL: memory. */
struct pool_set *pool_set_new(const struct conf *conf) MUST_USE;
void pool_set_free(struct pool_set *set);

/* Lease from the first of the named pools of that family (4 or 6) that has a free address.
 * ERR_FULL, ERR_NOMEM. */
enum err pool_lease(struct pool_set *set, uint8_t family, char *const *names, size_t names_len,
    struct lease *out) MUST_USE;
/* Lease exactly this address, as a restored session does. ERR_EXISTS: leased, ERR_NOTFOUND: in no
 * pool. */
enum err pool_restore(struct pool_set *set, const struct ip_addr *addr, struct lease *out) MUST_USE;
/* Give an address back; an empty or unknown lease is fine. The lease is empty afterwards. */
void pool_release(struct pool_set *set, struct lease *lease);

/* Number of pools, and the counts of the n-th (n < pool_set_len). */
size_t pool_set_len(const struct pool_set *set);
void pool_count(const struct pool_set *set, size_t n, struct pool_counts *out);

#endif
