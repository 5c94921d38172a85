/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the configuration to slots. Each pool is an array of them, which costs no memory where it is
 * not touched (it is calloc'ed); those that came back wait in a queue, oldest first.
 */
#include "auth/pool_layout.h"

#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/str.h"
#include "conf/syntax.h"

#define POOL_SIZE_MAX (1U << 20) /* more than there can be sessions */
#define MINUTE_MS 60000

void
pool_push(struct pool *pool, uint32_t index)
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

void
pool_unqueue(struct pool *pool, uint32_t index)
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

/* ---- finding ---- */

static int
compare_first(const void *a, const void *b)
{
	const struct pool *const *one = a, *const *two = b;

	if ((*one)->first.family != (*two)->first.family)
		return (*one)->first.family < (*two)->first.family ? -1 : 1;
	return ip_cmp(&(*one)->first, &(*two)->first);
}

struct pool *
pool_layout_find(const struct pool_layout *layout, const struct ip_addr *addr, uint32_t *index)
{
	size_t low = 0, high = layout->len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		struct pool *pool = layout->by_addr[middle];
		uint64_t distance;
		bool before = addr->family != pool->first.family ? addr->family < pool->first.family
								 : ip_cmp(addr, &pool->first) < 0;

		if (before) {
			high = middle;
		} else if (addr->family == pool->first.family &&
			   ip_distance(&pool->first, addr, &distance) == ERR_OK &&
			   distance < pool->size) {
			*index = (uint32_t)distance;
			return pool;
		} else {
			low = middle + 1;
		}
	}
	return NULL;
}

bool
pool_layout_framed(const struct pool_layout *layout, const struct ip_addr *addr)
{
	struct framed *framed;

	HASH_FIND(hh, layout->framed, addr, sizeof(*addr), framed);
	return framed != NULL;
}

/* ---- making ---- */

static struct drain *
drain_new(const struct ip_addr *first, const struct ip_addr *last)
{
	struct drain *drain = calloc(1, sizeof(*drain));

	if (drain == NULL)
		return NULL;
	drain->first = *first;
	drain->last = *last;
	return drain;
}

/* The configuration is checked already; what does not parse here is a fault of ours and makes no
 * pool. */
static enum err
pool_init(struct pool *pool, const struct conf_object *object)
{
	bool v4 = object->kind == CONF_IP_LOCAL_POOL;
	struct syntax_range range;
	struct ip_addr addr;
	uint64_t distance;
	enum err err = syntax_pool_range(object, &range);

	if (err == ERR_OK && v4) {
		err = ip_parse(conf_str(object, POOL_MASK), &addr);
		if (err == ERR_OK)
			err = ip_mask_len(&addr, &pool->prefix_len);
	} else if (err == ERR_OK) {
		err = syntax_interface_address(
		    conf_str(object, POOL6_PREFIX), &addr, &pool->prefix_len);
	}
	if (err == ERR_OK)
		err = ip_distance(&range.first, &range.last, &distance);
	if (err != ERR_OK)
		return err;
	(void)str_copy(pool->name, sizeof(pool->name),
	    conf_str(object, v4 ? (unsigned)POOL_NAME : (unsigned)POOL6_NAME));
	pool->first = range.first;
	pool->last = range.last;
	pool->size = distance < POOL_SIZE_MAX ? (uint32_t)distance + 1 : POOL_SIZE_MAX;
	pool->head = pool->tail = SLOT_NONE;
	pool->slots = calloc(pool->size, sizeof(*pool->slots));
	pool->drain = drain_new(&pool->first, &pool->last);
	if (pool->slots == NULL || pool->drain == NULL) {
		free(pool->slots);
		free(pool->drain);
		return ERR_NOMEM;
	}
	return ERR_OK;
}

static enum err
pools_add(struct pool_layout *layout, const struct conf *conf, enum conf_kind kind)
{
	const struct conf_object *const *objects;
	size_t len = conf_objects(conf, kind, &objects);

	for (size_t i = 0; i < len; i++) {
		struct pool *pool = &layout->pools[layout->len];
		enum err err = pool_init(pool, objects[i]);

		if (err == ERR_NOMEM)
			return err;
		if (err == ERR_OK)
			layout->by_addr[layout->len++] = pool;
		else
			log_err("a local pool cannot be used: %s", err_str(err));
	}
	return ERR_OK;
}

/* Also takes the address out of the turn of the pool that has it, if one has. */
static enum err
framed_add(struct pool_layout *layout, const char *text)
{
	struct framed *framed;
	struct ip_addr addr;
	struct pool *pool;
	uint32_t index;
	uint8_t len;

	if (text == NULL || syntax_framed_address(text, &addr, &len) != ERR_OK ||
	    pool_layout_framed(layout, &addr))
		return ERR_OK;
	framed = calloc(1, sizeof(*framed));
	if (framed == NULL)
		return ERR_NOMEM;
	framed->addr = addr;
	pool = pool_layout_find(layout, &addr, &index);
	if (pool == NULL)
		framed->drain = drain_new(&addr, &addr);
	HASH_ADD(hh, layout->framed, addr, sizeof(framed->addr), framed);
	if (!table_added(framed, hh)) {
		free(framed->drain);
		free(framed);
		return ERR_NOMEM;
	}
	if (pool != NULL)
		pool->slots[index].state = SLOT_RESERVED;
	return pool != NULL || framed->drain != NULL ? ERR_OK : ERR_NOMEM;
}

static enum err
framed_add_all(struct pool_layout *layout, const struct conf *conf)
{
	const struct conf_object *const *users;
	size_t len = conf_objects(conf, CONF_USERNAME, &users);
	enum err err = ERR_OK;

	for (size_t i = 0; i < len && err == ERR_OK; i++) {
		const struct conf_object *attributes = conf_sub(users[i], USER_ATTRIBUTES);

		err = framed_add(layout, conf_str(attributes, GPA_VPN_FRAMED_IP_ADDRESS));
		if (err == ERR_OK)
			err = framed_add(layout, conf_str(attributes, GPA_VPN_FRAMED_IPV6_ADDRESS));
	}
	return err;
}

struct pool_layout *
pool_layout_new(const struct conf *conf)
{
	struct pool_layout *layout = calloc(1, sizeof(*layout));
	const struct conf_object *const *objects;
	size_t total = conf_objects(conf, CONF_IP_LOCAL_POOL, &objects);

	total += conf_objects(conf, CONF_IPV6_LOCAL_POOL, &objects);
	if (layout == NULL)
		return NULL;
	layout->pools = calloc(total + 1, sizeof(*layout->pools));
	layout->by_addr = calloc(total + 1, sizeof(*layout->by_addr));
	if (layout->pools == NULL || layout->by_addr == NULL ||
	    pools_add(layout, conf, CONF_IP_LOCAL_POOL) != ERR_OK ||
	    pools_add(layout, conf, CONF_IPV6_LOCAL_POOL) != ERR_OK)
		goto out;
	qsort(layout->by_addr, layout->len, sizeof(*layout->by_addr), compare_first);
	if (framed_add_all(layout, conf) != ERR_OK)
		goto out;
	layout->rest_ms =
	    (uint64_t)conf_int(conf_root(conf, CONF_GROUP_POLICIES), GPS_REUSE_DELAY) * MINUTE_MS;
	return layout;
out:
	pool_layout_free(layout);
	return NULL;
}

void
pool_layout_free(struct pool_layout *layout)
{
	struct framed *framed, *tmp;

	if (layout == NULL)
		return;
	HASH_ITER (hh, layout->framed, framed, tmp) {
		/* The analyser believes that the one freed before is still in the table. */
		HASH_DEL(layout->framed, framed); /* NOLINT(clang-analyzer-unix.Malloc) */
		free(framed->drain);
		free(framed);
	}
	for (size_t i = 0; i < layout->len; i++) {
		free(layout->pools[i].slots);
		free(layout->pools[i].drain);
	}
	free(layout->pools);
	free(layout->by_addr);
	free(layout);
}
