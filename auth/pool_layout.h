/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pools of one configuration as slots, made ready before that configuration is used. Only
 * pool.c (leases), pool_layout.c (this) and pool_listing.c (a look at them) include it; the others
 * use pool.h.
 */
#ifndef AUTH_POOL_LAYOUT_H
#define AUTH_POOL_LAYOUT_H

#include <stdbool.h>

#include "auth/pool.h"
#include "auth/table.h"

#define SLOT_NONE UINT32_MAX

enum slot_state {
	SLOT_FRESH,    /* never given out in turn */
	SLOT_FREE,     /* in the queue */
	SLOT_LEASED,   /* there is a holding */
	SLOT_RESTING,  /* there is a holding */
	SLOT_RESERVED, /* framed for somebody: never given out in turn */
};

struct slot {
	uint32_t prev;
	uint32_t next;
	enum slot_state state;
};

/* A pool, or framed address, that the configuration has no more, while sessions still have it. */
struct drain {
	struct ip_addr first;
	struct ip_addr last;
	uint32_t leased; /* addresses of it that the configuration does not have otherwise */
	struct drain *prev, *next;
};

struct pool {
	char name[POOL_NAME_SIZE];
	uint8_t prefix_len;
	struct ip_addr first;
	struct ip_addr last;
	uint32_t size;
	uint32_t fresh; /* slots from here on were never handed out in turn */
	uint32_t head;  /* free queue */
	uint32_t tail;
	uint32_t leased;
	struct slot *slots;
	struct drain *drain; /* for when it is removed: that must not need memory */
};

/* An address that a user of the configuration has for himself. */
struct framed {
	struct ip_addr addr;
	struct drain *drain; /* NULL: a pool has the address too */
	UT_hash_handle hh;
};

struct pool_layout {
	struct pool *pools;
	size_t len;
	struct pool **by_addr; /* sorted by first; no two pools share an address */
	struct framed *framed;
	uint64_t rest_ms; /* vpn-addr-assign-local-reuse-delay */
};

/* The pool that has this address, and its slot; NULL: none. */
struct pool *pool_layout_find(
    const struct pool_layout *layout, const struct ip_addr *addr, uint32_t *index);
bool pool_layout_framed(const struct pool_layout *layout, const struct ip_addr *addr);

/* The free queue of a pool. */
void pool_push(struct pool *pool, uint32_t index);
void pool_unqueue(struct pool *pool, uint32_t index);

#endif
