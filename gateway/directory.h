/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One worker's view of who is where: inner addresses (fib.h), UDP addresses and App-IDs (peer.h).
 * The owner of a channel tells the other workers by messages to their loops; nothing is shared and
 * nothing is locked on the packet path.
 */
#ifndef GATEWAY_DIRECTORY_H
#define GATEWAY_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>

#include "common/attr.h"
#include "common/err.h"
#include "common/loop.h"
#include "gateway/chan.h"
#include "gateway/fib.h"
#include "gateway/peer.h"

struct directory;

/* For the worker of that index and loop. NULL: memory. */
struct directory *directory_new(unsigned worker, struct loop *loop) MUST_USE;
void directory_free(struct directory *dir);
/* Introduce all workers' directories to each other, by index. Before the threads start. ERR_NOMEM.
 */
enum err directory_connect(struct directory *const *all, size_t len) MUST_USE;
/* The worker is stopping: the others are not told any more. */
void directory_mute(struct directory *dir);

/* Enter a new channel of this worker with its inner addresses and App-ID, here and everywhere.
 * ERR_NOMEM: nowhere. */
enum err directory_add_chan(struct directory *dir, struct chan *chan) MUST_USE;
/* Take out what directory_add_chan() entered, unless a later channel has taken it over. */
void directory_remove_chan(struct directory *dir, const struct chan *chan);
/* The same for a UDP address of the channel's client. */
void directory_add_flow(struct directory *dir, struct chan *chan, const struct udp_flow *flow);
void directory_remove_flow(
    struct directory *dir, const struct chan *chan, const struct udp_flow *flow);

const struct fib *directory_fib(const struct directory *dir);
const struct peers *directory_peers(const struct directory *dir);

#endif
