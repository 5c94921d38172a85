/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each pool is an array of slots. Those at and above `fresh` were never used and cost no memory
 * until they are (the array is calloc'ed); those that came back wait in a queue, oldest first. So
 * leasing and releasing are O(1) and the least recently used address comes first. A table of all
 * leases, across pools, is what makes a lease unique.
 */
#include "auth/pool.h"

#include <stdlib.h>
#include <string.h>

#include "auth/table.h"
#include "common/log.h"
#include "common/str.h"

#define POOL_SIZE_MAX (1U << 20) /* more than there can be sessions */
#define SLOT_NONE UINT32_MAX

enum slot_state { SLOT_FRESH, SLOT_FREE, SLOT_LEASED };

struct slot {
	uint32_t prev;
	uint32_t next;
	enum slot_state state;
};

struct pool {
	char name[POOL_NAME_SIZE];
	uint8_t prefix_len;
	struct ip_addr first;
	uint32_t size;
	uint32_t fresh; /* slots from here on were never handed out in turn */
	uint32_t head;  /* free queue */
	uint32_t tail;
	uint32_t leased;
	struct slot *slots;
};

struct holding {
	struct ip_addr addr;
	struct pool *pool;
	uint32_t index;
	UT_hash_handle hh;
};

struct pool_set {
	struct pool *pools;
	size_t len;
	struct holding *holdings;
};

static struct holding *
holding_find(const struct pool_set *set, const struct ip_addr *addr)
{
	struct holding *holding;

	HASH_FIND(hh, set->holdings, addr, sizeof(*addr), holding);
	return holding;
}

static void
queue_push(struct pool *pool, uint32_t index)
{
	struct slot *slot = &pool->slots[index];

	slot->state = SLOT_FREE;
	slot->prev = pool->tail;
	slot->next = SLOT_NONE;
	if (pool->tail != SLOT_NONE)
		pool->slots[pool->tail].next = index;
	else
		pool->head = index;
	pool->tail = index;
}

static void
queue_remove(struct pool *pool, uint32_t index)
{
	struct slot *slot = &pool->slots[index];

	if (slot->prev != SLOT_NONE)
		pool->slots[slot->prev].next = slot->next;
	else
		pool->head = slot->next;
	if (slot->next != SLOT_NONE)
		pool->slots[slot->next].prev = slot->prev;
	else
		pool->tail = slot->prev;
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
		queue_remove(pool, index);
	return index;
}

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
	pool->slots[index].state = SLOT_LEASED;
	pool->leased++;
	return ERR_OK;
}

static void
lease_fill(const struct pool *pool, const struct ip_addr *addr, struct lease *out)
{
	memset(out, 0, sizeof(*out));
	out->addr = *addr;
	out->prefix_len = pool->prefix_len;
	(void)str_copy(out->pool, sizeof(out->pool), pool->name);
}

static enum err
lease_from(struct pool_set *set, struct pool *pool, struct lease *out)
{
	/* An address that another pool's lease covers goes to the end of the queue; hence at most
	 * one round. */
	for (uint32_t tries = 0; tries < pool->size; tries++) {
		uint32_t index = slot_next(pool);
		struct ip_addr addr;
		enum err err;

		if (index == SLOT_NONE)
			return ERR_FULL;
		err = ip_add(&pool->first, index, &addr);
		if (err == ERR_OK && holding_find(set, &addr) != NULL)
			err = ERR_EXISTS;
		if (err == ERR_OK)
			err = holding_add(set, pool, index, &addr);
		if (err == ERR_OK) {
			lease_fill(pool, &addr, out);
			return ERR_OK;
		}
		queue_push(pool, index);
		if (err != ERR_EXISTS)
			return err;
	}
	return ERR_FULL;
}

static struct pool *
pool_named(const struct pool_set *set, uint8_t family, const char *name)
{
	for (size_t i = 0; i < set->len; i++)
		if (set->pools[i].first.family == family && strcmp(set->pools[i].name, name) == 0)
			return &set->pools[i];
	return NULL;
}

enum err
pool_lease(
    struct pool_set *set, uint8_t family, char *const *names, size_t names_len, struct lease *out)
{
	for (size_t i = 0; i < names_len; i++) {
		struct pool *pool = pool_named(set, family, names[i]);
		enum err err;

		if (pool == NULL)
			continue;
		err = lease_from(set, pool, out);
		if (err != ERR_FULL)
			return err;
	}
	return ERR_FULL;
}

/* Which pool has this address, and where. */
static struct pool *
pool_of(const struct pool_set *set, const struct ip_addr *addr, uint32_t *index)
{
	for (size_t i = 0; i < set->len; i++) {
		struct pool *pool = &set->pools[i];
		uint64_t distance;

		if (pool->first.family != addr->family)
			continue;
		if (ip_distance(&pool->first, addr, &distance) != ERR_OK || distance >= pool->size)
			continue;
		*index = (uint32_t)distance;
		return pool;
	}
	return NULL;
}

enum err
pool_restore(struct pool_set *set, const struct ip_addr *addr, struct lease *out)
{
	uint32_t index;
	struct pool *pool = pool_of(set, addr, &index);
	struct slot *slot;
	bool queued;
	enum err err;

	if (pool == NULL)
		return ERR_NOTFOUND;
	slot = &pool->slots[index];
	if (slot->state == SLOT_LEASED || holding_find(set, addr) != NULL)
		return ERR_EXISTS;
	queued = slot->state == SLOT_FREE;
	err = holding_add(set, pool, index, addr);
	if (err != ERR_OK)
		return err;
	if (queued)
		queue_remove(pool, index);
	lease_fill(pool, addr, out);
	return ERR_OK;
}

void
pool_release(struct pool_set *set, struct lease *lease)
{
	struct holding *holding = NULL;

	if (lease->addr.family != 0)
		holding = holding_find(set, &lease->addr);
	if (holding != NULL) {
		queue_push(holding->pool, holding->index);
		holding->pool->leased--;
		HASH_DEL(set->holdings, holding);
		free(holding);
	}
	memset(lease, 0, sizeof(*lease));
}

size_t
pool_set_len(const struct pool_set *set)
{
	return set->len;
}

void
pool_count(const struct pool_set *set, size_t n, struct pool_counts *out)
{
	const struct pool *pool = &set->pools[n];

	out->name = pool->name;
	out->size = pool->size;
	out->leased = pool->leased;
}

static enum err
pool_init(struct pool *pool, const char *name, const struct ip_addr *first, uint64_t size)
{
	if (size > POOL_SIZE_MAX)
		size = POOL_SIZE_MAX;
	(void)str_copy(pool->name, sizeof(pool->name), name);
	pool->first = *first;
	pool->size = (uint32_t)size;
	pool->head = pool->tail = SLOT_NONE;
	pool->slots = calloc(pool->size, sizeof(*pool->slots));
	return pool->slots != NULL ? ERR_OK : ERR_NOMEM;
}

/* The configuration is checked already; what does not parse here is a fault of ours and makes no
 * pool. */
static enum err
pool_init_v4(struct pool *pool, const struct conf_object *object)
{
	const char *range = conf_str(object, POOL_RANGE);
	const char *mask_text = conf_str(object, POOL_MASK);
	const char *dash = range != NULL ? strchr(range, '-') : NULL;
	struct ip_addr first, last, mask;
	char text[IP_STR_MAX];
	uint64_t distance;

	if (dash == NULL || mask_text == NULL)
		return ERR_SYNTAX;
	if (str_copy_n(text, sizeof(text), range, (size_t)(dash - range)) != ERR_OK ||
	    ip_parse(text, &first) != ERR_OK || ip_parse(dash + 1, &last) != ERR_OK ||
	    ip_distance(&first, &last, &distance) != ERR_OK ||
	    ip_parse(mask_text, &mask) != ERR_OK || ip_mask_len(&mask, &pool->prefix_len) != ERR_OK)
		return ERR_SYNTAX;
	return pool_init(pool, conf_str(object, POOL_NAME), &first, distance + 1);
}

static enum err
pool_init_v6(struct pool *pool, const struct conf_object *object)
{
	const char *prefix = conf_str(object, POOL6_PREFIX);
	const char *slash = prefix != NULL ? strchr(prefix, '/') : NULL;
	struct ip_addr first;
	char text[IP_STR_MAX];
	uint64_t len;

	if (slash == NULL)
		return ERR_SYNTAX;
	if (str_copy_n(text, sizeof(text), prefix, (size_t)(slash - prefix)) != ERR_OK ||
	    ip_parse(text, &first) != ERR_OK || str_to_u64(slash + 1, 0, 128, &len) != ERR_OK)
		return ERR_SYNTAX;
	pool->prefix_len = (uint8_t)len;
	return pool_init(
	    pool, conf_str(object, POOL6_NAME), &first, (uint64_t)conf_int(object, POOL6_SIZE));
}

static enum err
pools_add(struct pool_set *set, const struct conf *conf, enum conf_kind kind,
    enum err (*init)(struct pool *pool, const struct conf_object *object))
{
	const struct conf_object *const *objects;
	size_t len = conf_objects(conf, kind, &objects);

	for (size_t i = 0; i < len; i++) {
		enum err err = init(&set->pools[set->len], objects[i]);

		if (err == ERR_NOMEM)
			return err;
		if (err == ERR_OK)
			set->len++;
		else
			log_err("a local pool cannot be used: %s", err_str(err));
	}
	return ERR_OK;
}

struct pool_set *
pool_set_new(const struct conf *conf)
{
	struct pool_set *set = calloc(1, sizeof(*set));
	const struct conf_object *const *objects;
	size_t total = conf_objects(conf, CONF_IP_LOCAL_POOL, &objects);

	total += conf_objects(conf, CONF_IPV6_LOCAL_POOL, &objects);
	if (set == NULL)
		return NULL;
	set->pools = calloc(total + 1, sizeof(*set->pools));
	if (set->pools == NULL ||
	    pools_add(set, conf, CONF_IP_LOCAL_POOL, pool_init_v4) != ERR_OK ||
	    pools_add(set, conf, CONF_IPV6_LOCAL_POOL, pool_init_v6) != ERR_OK) {
		pool_set_free(set);
		return NULL;
	}
	return set;
}

void
pool_set_free(struct pool_set *set)
{
	struct holding *holding, *tmp;

	if (set == NULL)
		return;
	HASH_ITER (hh, set->holdings, holding, tmp) {
		HASH_DEL(set->holdings, holding);
		free(holding);
	}
	for (size_t i = 0; i < set->len; i++)
		free(set->pools[i].slots);
	free(set->pools);
	free(set);
}
