/* SPDX-License-Identifier: Apache-2.0 */
/* A walk over the pools. When another configuration comes on the way, it ends: nothing of the two
 * would fit together. */
#include "auth/pool_listing.h"

#include <stdlib.h>
#include <string.h>

#include "auth/pool_layout.h"

#define PIECE_MAX 512 /* addresses of a message */

struct pool_listing {
	const struct pool_set *set;
	const struct pool_layout *layout;
	char name[POOL_NAME_SIZE];
	uint8_t family;
	bool found;
	size_t at;       /* pool */
	bool head_sent;  /* of that pool */
	uint32_t index;  /* of its addresses */
	uint32_t behind; /* where the piece at hand ends */
	struct ip_addr addrs[PIECE_MAX];
	ProtobufCBinaryData available[PIECE_MAX];
	ProtobufCBinaryData used[PIECE_MAX];
};

static void
addr_fill(ProtobufCBinaryData *out, struct ip_addr *addr)
{
	out->data = addr->bytes;
	out->len = ip_len(addr);
}

static bool
is_meant(const struct pool_listing *listing, const struct pool *pool)
{
	return pool->first.family == listing->family &&
	       (listing->name[0] == '\0' || strcmp(listing->name, pool->name) == 0);
}

static bool
is_free(const struct slot *slot)
{
	return slot->state == SLOT_FRESH || slot->state == SLOT_FREE;
}

static void
head_fill(struct pool *pool, Ipc__CtlPoolPage *out)
{
	out->name = pool->name;
	addr_fill(&out->first, &pool->first);
	addr_fill(&out->last, &pool->last);
	out->prefix_len = pool->prefix_len;
	out->in_use = pool->leased;
	for (uint32_t i = 0; i < pool->size; i++)
		out->free += is_free(&pool->slots[i]);
	out->held = pool->size - out->free - out->in_use;
}

/* The next addresses; the held ones are of neither list. */
static void
piece_fill(struct pool_listing *listing, const struct pool *pool, Ipc__CtlPoolPage *out)
{
	uint32_t i;

	out->available = listing->available;
	out->used = listing->used;
	for (i = listing->index; i < pool->size && i - listing->index < PIECE_MAX; i++) {
		struct ip_addr *addr = &listing->addrs[i - listing->index];

		if (ip_add(&pool->first, i, addr) != ERR_OK)
			continue;
		if (is_free(&pool->slots[i]))
			addr_fill(&listing->available[out->n_available++], addr);
		else if (pool->slots[i].state == SLOT_LEASED)
			addr_fill(&listing->used[out->n_used++], addr);
	}
	listing->behind = i;
}

enum err
pool_listing_next(struct pool_listing *listing, Ipc__CtlPoolPage *out)
{
	const struct pool_layout *layout = listing->layout;

	if (pool_set_layout(listing->set) != layout)
		return ERR_NOTFOUND;
	ipc__ctl_pool_page__init(out);
	for (; listing->at < layout->len; listing->at++) {
		struct pool *pool = &layout->pools[listing->at];

		if (!is_meant(listing, pool))
			continue;
		if (!listing->head_sent) {
			head_fill(pool, out);
			return ERR_OK;
		}
		if (listing->name[0] != '\0' && listing->index < pool->size) {
			piece_fill(listing, pool, out);
			return ERR_OK;
		}
		listing->head_sent = false;
		listing->index = 0;
	}
	return ERR_NOTFOUND;
}

void
pool_listing_sent(struct pool_listing *listing)
{
	listing->found = true;
	if (listing->head_sent)
		listing->index = listing->behind;
	listing->head_sent = true;
}

bool
pool_listing_found(const struct pool_listing *listing)
{
	return listing->found;
}

struct pool_listing *
pool_listing_new(const struct pool_set *set, const Ipc__CtlPool *request)
{
	struct pool_listing *listing = calloc(1, sizeof(*listing));

	if (listing == NULL)
		return NULL;
	listing->set = set;
	listing->layout = pool_set_layout(set);
	listing->family = request->ipv6 ? 6 : 4;
	/* What does not fit is no pool's name. */
	if (strlen(request->name) < sizeof(listing->name))
		memcpy(listing->name, request->name, strlen(request->name) + 1);
	else
		listing->family = 0;
	return listing;
}

void
pool_listing_free(struct pool_listing *listing)
{
	free(listing);
}
