/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packets on their way through a worker, in batches: from the tun queue and the UDP sockets to the
 * channel that they belong to. What belongs to a channel of another worker crosses in a ring.
 */
#ifndef GATEWAY_FORWARD_H
#define GATEWAY_FORWARD_H

#include <stddef.h>

#include "common/attr.h"
#include "common/err.h"
#include "gateway/chan.h"
#include "gateway/directory.h"

struct forward;

/* Borrows everything. NULL: memory. */
struct forward *forward_new(struct chan_env *env, struct directory *dir) MUST_USE;
void forward_free(struct forward *fwd);
/* Make the rings between all workers, by index. Before the threads start. ERR_NOMEM. */
enum err forward_connect(struct forward *const *all, size_t len) MUST_USE;
/* Watch the descriptors; on the worker's thread. ERR_NOMEM. */
enum err forward_start(struct forward *fwd) MUST_USE;
void forward_stop(struct forward *fwd);
/* Packets that found a ring to another worker full. */
uint64_t forward_ring_drops(const struct forward *fwd);

#endif
