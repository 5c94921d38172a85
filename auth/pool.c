/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A table of all addresses that are leased or rest, across pools and across configurations, is what
 * makes a lease unique; the slots of the pools only tell whose turn it is. So leasing and releasing
 * are O(1), and a new configuration finds everything in the table.
 */
#include "auth/pool.h"

#include <stdlib.h>
#include <string.h>

#include "auth/pool_layout.h"
#include "common/clock.h"
#include "common/str.h"

struct holding {
	struct ip_addr addr;
	bool resting;
	uint64_t freed_ms;           /* resting */
	struct pool *pool;           /* that has the address now; NULL: none */
	uint32_t index;              /* in it */
	struct holding *prev, *next; /* resting, longest first */
	UT_hash_handle hh;
};

struct pool_set {
	struct pool_layout *layout; /* NULL: none yet */
	struct holding *holdings;
	struct holding *resting;
	struct drain *drains;
	pool_drained_fn drained;
	void *arg;
};

/* The analyser does not follow utlist's lists: it believes that what was taken out of one is still
 * in it. */
/* NOLINTBEGIN(clang-analyzer-unix.Malloc,clang-analyzer-core.NullDereference) */

static struct holding *
holding_find(const struct pool_set *set, const struct ip_addr *addr)
{
	struct holding *holding;

	HASH_FIND(hh, set->holdings, addr, sizeof(*addr), holding);
	return holding;
}

/* The address is nobody's and rests no more. */
static void
holding_free(struct pool_set *set, struct holding *holding)
{
	struct pool *pool = holding->pool;

	if (pool != NULL) {
		if (pool_layout_framed(set->layout, &holding->addr))
			pool->slots[holding->index].state = SLOT_RESERVED;
		else
			pool_push(pool, holding->index);
	}
	HASH_DEL(set->holdings, holding);
	free(holding);
}

static void
rest_end(struct pool_set *set)
{
	uint64_t now_ms = clock_mono_ms();

	while (set->resting != NULL && now_ms - set->resting->freed_ms >= set->layout->rest_ms) {
		struct holding *holding = set->resting;

		DL_DELETE(set->resting, holding);
		holding_free(set, holding);
	}
}

/* ---- pools that were removed ---- */

static bool
drain_covers(const struct drain *drain, const struct ip_addr *addr)
{
	return drain->first.family == addr->family && ip_cmp(addr, &drain->first) >= 0 &&
	       ip_cmp(addr, &drain->last) <= 0;
}

static bool
is_same_range(const struct pool *pool, const struct drain *drain)
{
	return ip_eq(&pool->first, &drain->first) && ip_eq(&pool->last, &drain->last);
}

/* Does the layout in force have exactly these addresses, or the one that it is about? */
static bool
is_in_force(const struct pool_set *set, const struct drain *drain)
{
	const struct pool *pool;
	uint32_t index;

	if (set->layout == NULL)
		return false;
	pool = pool_layout_find(set->layout, &drain->first, &index);
	if (pool != NULL && is_same_range(pool, drain))
		return true;
	return ip_eq(&drain->first, &drain->last) &&
	       (pool != NULL || pool_layout_framed(set->layout, &drain->first));
}

static void
drain_end(struct pool_set *set, struct drain *drain, bool report)
{
	DL_DELETE(set->drains, drain);
	if (report && set->drained != NULL)
		set->drained(&drain->first, &drain->last, set->arg);
	free(drain);
}

void
pool_set_drain(struct pool_set *set)
{
	struct drain *drain, *tmp;

	DL_FOREACH_SAFE (set->drains, drain, tmp) {
		if (drain->leased == 0)
			drain_end(set, drain, true);
	}
}

/* One lease more or less of an address that the configuration does not have. */
static void
drain_count(struct pool_set *set, const struct holding *holding, int change)
{
	struct drain *drain, *tmp;

	if (holding->pool != NULL || pool_layout_framed(set->layout, &holding->addr))
		return;
	DL_FOREACH_SAFE (set->drains, drain, tmp) {
		if (!drain_covers(drain, &holding->addr))
			continue;
		drain->leased += (uint32_t)change;
		if (change < 0 && drain->leased == 0)
			drain_end(set, drain, true);
	}
}

enum err
pool_set_add_drain(struct pool_set *set, const struct ip_addr *first, const struct ip_addr *last)
{
	struct drain *drain = calloc(1, sizeof(*drain));

	if (drain == NULL)
		return ERR_NOMEM;
	drain->first = *first;
	drain->last = *last;
	if (is_in_force(set, drain))
		free(drain);
	else
		DL_APPEND(set->drains, drain);
	return ERR_OK;
}

bool
pool_covers(const struct pool_set *set, const struct ip_addr *addr)
{
	const struct drain *drain;
	uint32_t index;

	DL_FOREACH (set->drains, drain) {
		if (drain_covers(drain, addr))
			return true;
	}
	return pool_layout_find(set->layout, addr, &index) != NULL;
}

/* ---- leases ---- */

/* Enter a lease; the slot, if there is one, is in no queue. */
static enum err
holding_add(struct pool_set *set, struct pool *pool, uint32_t index, const struct ip_addr *addr)
{
	struct holding *holding = calloc(1, sizeof(*holding));

	if (holding == NULL)
		return ERR_NOMEM;
	holding->addr = *addr;
	holding->pool = pool;
	holding->index = index;
	HASH_ADD(hh, set->holdings, addr, sizeof(holding->addr), holding);
	if (!table_added(holding, hh)) {
		free(holding);
		return ERR_NOMEM;
	}
	if (pool != NULL) {
		pool->slots[index].state = SLOT_LEASED;
		pool->leased++;
	}
	drain_count(set, holding, 1);
	return ERR_OK;
}

/* The slot whose turn it is, taken off the queue; SLOT_NONE when all are in use. */
static uint32_t
slot_next(struct pool *pool)
{
	uint32_t index;

	while (pool->fresh < pool->size) {
		index = pool->fresh++;
		if (pool->slots[index].state == SLOT_FRESH)
			return index;
	}
	index = pool->head;
	if (index != SLOT_NONE)
		pool_unqueue(pool, index);
	return index;
}

static enum err
lease_from(struct pool_set *set, struct pool *pool, struct lease *out)
{
	uint32_t index = slot_next(pool);
	struct ip_addr addr;
	enum err err;

	if (index == SLOT_NONE)
		return ERR_FULL;
	err = ip_add(&pool->first, index, &addr);
	if (err == ERR_OK)
		err = holding_add(set, pool, index, &addr);
	if (err != ERR_OK) {
		pool_push(pool, index);
		return err;
	}
	memset(out, 0, sizeof(*out));
	out->addr = addr;
	out->prefix_len = pool->prefix_len;
	(void)str_copy(out->pool, sizeof(out->pool), pool->name);
	return ERR_OK;
}

static struct pool *
pool_named(const struct pool_layout *layout, uint8_t family, const char *name)
{
	for (size_t i = 0; i < layout->len; i++)
		if (layout->pools[i].first.family == family &&
		    strcmp(layout->pools[i].name, name) == 0)
			return &layout->pools[i];
	return NULL;
}

enum err
pool_lease(struct pool_set *set, uint8_t family, const char *const *names, size_t names_len,
    struct lease *out)
{
	rest_end(set);
	for (size_t i = 0; i < names_len; i++) {
		struct pool *pool = pool_named(set->layout, family, names[i]);
		enum err err;

		if (pool == NULL)
			continue;
		err = lease_from(set, pool, out);
		if (err != ERR_FULL)
			return err;
	}
	return ERR_FULL;
}

enum err
pool_lease_exact(struct pool_set *set, const struct lease *lease)
{
	struct holding *holding = holding_find(set, &lease->addr);
	uint32_t index = SLOT_NONE;
	struct pool *pool = pool_layout_find(set->layout, &lease->addr, &index);
	bool queued;
	enum err err;

	if (holding != NULL && !holding->resting)
		return ERR_EXISTS;
	/* Its rest was for strangers; who asks for exactly this one is its owner. */
	if (holding != NULL) {
		DL_DELETE(set->resting, holding);
		holding->resting = false;
		if (pool != NULL) {
			pool->slots[index].state = SLOT_LEASED;
			pool->leased++;
		}
		drain_count(set, holding, 1);
		return ERR_OK;
	}
	queued = pool != NULL && pool->slots[index].state == SLOT_FREE;
	err = holding_add(set, pool, index, &lease->addr);
	if (err == ERR_OK && queued)
		pool_unqueue(pool, index);
	return err;
}

void
pool_release(struct pool_set *set, struct lease *lease)
{
	struct holding *holding = NULL;

	if (lease->addr.family != 0)
		holding = holding_find(set, &lease->addr);
	memset(lease, 0, sizeof(*lease));
	if (holding == NULL || holding->resting)
		return;
	if (holding->pool != NULL)
		holding->pool->leased--;
	drain_count(set, holding, -1);
	if (set->layout->rest_ms == 0 || pool_layout_framed(set->layout, &holding->addr)) {
		holding_free(set, holding);
		return;
	}
	holding->resting = true;
	holding->freed_ms = clock_mono_ms();
	if (holding->pool != NULL)
		holding->pool->slots[holding->index].state = SLOT_RESTING;
	DL_APPEND(set->resting, holding);
}

/* ---- another configuration ---- */

/* What waits in the queues of the old layout waits in those of the new one, in the same order. */
static void
queues_carry(const struct pool_layout *old, const struct pool_layout *layout)
{
	for (size_t i = 0; i < old->len; i++) {
		const struct pool *from = &old->pools[i];

		for (uint32_t n = from->head; n != SLOT_NONE; n = from->slots[n].next) {
			struct ip_addr addr;
			struct pool *to;
			uint32_t index;

			if (ip_add(&from->first, n, &addr) != ERR_OK)
				continue;
			to = pool_layout_find(layout, &addr, &index);
			if (to != NULL && to->slots[index].state == SLOT_FRESH)
				pool_push(to, index);
		}
	}
}

static void
holdings_carry(struct pool_set *set)
{
	struct holding *holding, *tmp;

	HASH_ITER (hh, set->holdings, holding, tmp) {
		holding->pool = pool_layout_find(set->layout, &holding->addr, &holding->index);
		if (holding->pool == NULL)
			continue;
		holding->pool->slots[holding->index].state =
		    holding->resting ? SLOT_RESTING : SLOT_LEASED;
		if (!holding->resting)
			holding->pool->leased++;
	}
}

/* Which pools are draining now: those that were in the old layout and those before, unless they
 * came back. */
static void
drains_carry(struct pool_set *set, struct pool_layout *old)
{
	struct holding *holding, *holding_tmp;
	struct framed *framed, *framed_tmp;
	struct drain *drain, *tmp;

	for (size_t i = 0; i < old->len; i++) {
		DL_APPEND(set->drains, old->pools[i].drain);
		old->pools[i].drain = NULL;
	}
	HASH_ITER (hh, old->framed, framed, framed_tmp) {
		if (framed->drain != NULL)
			DL_APPEND(set->drains, framed->drain);
		framed->drain = NULL;
	}
	DL_FOREACH_SAFE (set->drains, drain, tmp) {
		drain->leased = 0;
		if (is_in_force(set, drain))
			drain_end(set, drain, false);
	}
	HASH_ITER (hh, set->holdings, holding, holding_tmp) {
		if (!holding->resting)
			drain_count(set, holding, 1);
	}
}

void
pool_set_use(struct pool_set *set, struct pool_layout *layout)
{
	struct pool_layout *old = set->layout;

	set->layout = layout;
	if (old == NULL)
		return;
	queues_carry(old, layout);
	holdings_carry(set);
	drains_carry(set, old);
	pool_layout_free(old);
	pool_set_drain(set);
}

/* ---- the set ---- */

const struct pool_layout *
pool_set_layout(const struct pool_set *set)
{
	return set->layout;
}

size_t
pool_set_len(const struct pool_set *set)
{
	return set->layout->len;
}

void
pool_count(const struct pool_set *set, size_t n, struct pool_counts *out)
{
	const struct pool *pool = &set->layout->pools[n];

	out->name = pool->name;
	out->size = pool->size;
	out->leased = pool->leased;
}

struct pool_set *
pool_set_new(pool_drained_fn drained, void *arg)
{
	struct pool_set *set = calloc(1, sizeof(*set));

	if (set == NULL)
		return NULL;
	set->drained = drained;
	set->arg = arg;
	return set;
}

void
pool_set_free(struct pool_set *set)
{
	struct holding *holding, *tmp;
	struct drain *drain, *next;

	if (set == NULL)
		return;
	HASH_ITER (hh, set->holdings, holding, tmp) {
		HASH_DEL(set->holdings, holding);
		free(holding);
	}
	DL_FOREACH_SAFE (set->drains, drain, next) {
		DL_DELETE(set->drains, drain);
		free(drain);
	}
	pool_layout_free(set->layout);
	free(set);
}

/* NOLINTEND(clang-analyzer-unix.Malloc,clang-analyzer-core.NullDereference) */
