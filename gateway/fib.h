/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inner address to channel. Every worker has a table of its own that knows all sessions; only the
 * owner's entries point to a channel. No locks: changes come as messages (path.c).
 *
 * A session may be opened anew before its old channel is gone, here or at another worker. Entries
 * therefore carry the id of the channel that made them, and only that id can take them away again.
 */
#ifndef GATEWAY_FIB_H
#define GATEWAY_FIB_H

#include <stddef.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/err.h"
#include "common/ip.h"
#include "gateway/inner.h"

struct chan;
struct fib;

struct fib_entry {
	unsigned owner;    /* index of the worker */
	uint64_t id;       /* of the channel */
	struct chan *chan; /* NULL unless the owner is this worker */
};

struct fib *fib_new(void) MUST_USE;
void fib_free(struct fib *fib);
/* Set the entry of an address; a later one replaces an earlier one. ERR_NOMEM. */
enum err fib_add(
    struct fib *fib, const struct ip_addr *addr, const struct fib_entry *entry) MUST_USE;
/* Remove the entry if it is still the one that the channel `id` made. */
void fib_remove(struct fib *fib, const struct ip_addr *addr, uint64_t id);
/* Entry of the packet's destination; NULL: nobody's. Borrowed. */
const struct fib_entry *fib_find(const struct fib *fib, const struct inner *inner);

#endif
