/* SPDX-License-Identifier: Apache-2.0 */
/* Inner address to channel: one hash table for each family. */
#include "gateway/fib.h"

#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

struct route {
	struct fib_entry entry;
	uint8_t key[16];
	UT_hash_handle hh;
};

struct fib {
	struct route *routes4;
	struct route *routes6;
};

struct fib *
fib_new(void)
{
	return calloc(1, sizeof(struct fib));
}

static void
routes_free(struct route *head)
{
	struct route *route = head, *next;

	/* The elements keep their links when the table goes. */
	HASH_CLEAR(hh, head);
	for (; route != NULL; route = next) {
		next = route->hh.next;
		free(route);
	}
}

void
fib_free(struct fib *fib)
{
	if (fib == NULL)
		return;
	routes_free(fib->routes4);
	routes_free(fib->routes6);
	free(fib);
}

static struct route *
route_find(struct route *head, const uint8_t *key, size_t key_len)
{
	struct route *route;

	HASH_FIND(hh, head, key, key_len, route);
	return route;
}

static struct route **
head_of(struct fib *fib, const struct ip_addr *addr)
{
	return addr->family == 4 ? &fib->routes4 : &fib->routes6;
}

enum err
fib_add(struct fib *fib, const struct ip_addr *addr, const struct fib_entry *entry)
{
	struct route **head = head_of(fib, addr);
	struct route *route = route_find(*head, addr->bytes, ip_len(addr));

	if (route != NULL) {
		route->entry = *entry;
		return ERR_OK;
	}
	route = calloc(1, sizeof(*route));
	if (route == NULL)
		return ERR_NOMEM;
	route->entry = *entry;
	memcpy(route->key, addr->bytes, sizeof(route->key));
	HASH_ADD_KEYPTR(hh, *head, route->key, ip_len(addr), route);
	if (route->hh.tbl == NULL) {
		free(route);
		return ERR_NOMEM;
	}
	return ERR_OK;
}

void
fib_remove(struct fib *fib, const struct ip_addr *addr, uint64_t id)
{
	struct route **head = head_of(fib, addr);
	struct route *route = route_find(*head, addr->bytes, ip_len(addr));

	if (route == NULL || route->entry.id != id)
		return;
	HASH_DEL(*head, route);
	free(route);
}

const struct fib_entry *
fib_find(const struct fib *fib, const struct inner *inner)
{
	const struct route *route;

	if (inner->version == 4)
		route = route_find(fib->routes4, inner->dst, 4);
	else
		route = route_find(fib->routes6, inner->dst, 16);
	return route == NULL ? NULL : &route->entry;
}
