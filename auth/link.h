/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The channels to the gateway workers, one each. They come and go with the gateway process; nothing
 * else in auth holds a channel, only worker numbers and addresses of requests (struct
 * link_request).
 */
#ifndef AUTH_LINK_H
#define AUTH_LINK_H

#include <stdint.h>

#include "common/attr.h"
#include "common/err.h"
#include "common/ipc.h"
#include "common/loop.h"

#define LINK_WORKERS_MAX 1024

struct link_set;

/* A channel died; its worker's tunnels are lost. */
typedef void (*link_gone_fn)(unsigned worker, void *arg);
typedef void (*link_done_fn)(void *arg);
typedef void (*link_stats_fn)(unsigned worker, const Ipc__StatsReport *report, void *arg);

struct link_config {
	struct loop *loop;
	unsigned workers;
	const struct ipc_row *rows; /* their arg is the struct link */
	size_t rows_len;
	link_gone_fn gone;
	link_stats_fn stats; /* what a request for statistics brought */
	void *arg;
};

/* One channel's place; open so that handlers can be given it. */
struct link {
	struct link_set *set;
	unsigned worker;
	struct ipc *ipc; /* NULL: none at present */
	uint64_t serial; /* of the channel: how many there were */
};

/* A request of a worker that is answered later, perhaps when the worker is no more. */
struct link_request {
	struct link *link;
	uint64_t serial;
	uint32_t id;
};

struct link_set *link_set_new(const struct link_config *config) MUST_USE;
void link_set_free(struct link_set *set);
/* Channels that are there. */
size_t link_set_len(const struct link_set *set);
/* Who set it up, for the handlers. */
void *link_arg(const struct link *link);

/* Take a channel to a worker, in place of an older one (whose tunnels are then gone). ERR_RANGE,
 * ERR_NOMEM: fd is closed. */
enum err link_attach(struct link_set *set, unsigned worker, int fd) MUST_USE;
/* The channel to a worker, borrowed for the moment; NULL: none at present. */
struct ipc *link_channel(const struct link_set *set, unsigned worker);
/* Tell a worker something. ERR_CLOSED: it is not there; ERR_LIMIT: too big, or its queue is full.
 */
enum err link_send(
    struct link_set *set, unsigned worker, Ipc__MsgType type, const ProtobufCMessage *msg) MUST_USE;
/* Ask a worker to end a tunnel. One that is not there has none. */
void link_end(struct link_set *set, unsigned worker, const Ipc__SessionEnd *end);
/* Have every worker report; done is called once, later, when all have or have had their time. */
void link_refresh(struct link_set *set, link_done_fn done, void *arg);
/* Forget refreshes that were asked with this arg. */
void link_refresh_cancel(struct link_set *set, const void *arg);

struct link_request link_request_make(struct link *link, uint32_t id);
/* False when it cannot be sent: the worker is gone, or the message too big. */
bool link_reply(const struct link_request *request, Ipc__MsgType type, const ProtobufCMessage *msg);

#endif
