/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The three child processes: started, connected with each other, watched, brought back with
 * back-off when they die, stopped in order. What a child is given besides its channels is the
 * owner's business (struct children_owner).
 */
#ifndef GATEWAY_CHILDREN_H
#define GATEWAY_CHILDREN_H

#include <stdbool.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/err.h"
#include "common/ipc.h"
#include "common/loop.h"
#include "common/role.h"

struct children;

struct children_owner {
	unsigned workers; /* the gateway has one channel to each other child for each of them */
	/* Hand a new child its descriptors and configuration, ROLE_START last. */
	enum err (*give)(const struct role *role, struct ipc *ipc, void *arg);
	/* All are serving: at start, and again after a restart. */
	void (*on_ready)(void *arg);
	/* A child's channel is gone; may be called more than once for one death. */
	void (*on_lost)(const struct role *role, void *arg);
	/* Its answer to a configuration that it was handed at run time. */
	void (*on_config_result)(
	    const struct role *role, const Ipc__RoleConfigResult *result, void *arg);
	/* auth asks for a reload (children_reloaded() answers), and tells of a pool that is empty.
	 */
	void (*on_reload)(uint32_t id, void *arg);
	void (*on_pool_drained)(const Ipc__PoolDrained *drained, void *arg);
	/* All are gone: failed is true when one of them never came up, which ends the others. */
	void (*on_stopped)(bool failed, void *arg);
	void *arg;
};

/* Watches SIGCHLD. owner is copied. NULL: memory. */
struct children *children_new(struct loop *loop, const struct children_owner *owner) MUST_USE;
/* Only when none runs any more (on_stopped), or before children_start(). NULL is fine. */
void children_free(struct children *children);
void children_start(struct children *children);
/* The channel of a child that serves; NULL: it does not. Borrowed for the moment. */
struct ipc *children_channel(struct children *children, const struct role *role);
/* End a child that cannot be trusted to do as told: it is restarted like one that died. */
void children_kill(struct children *children, const struct role *role);
/* Answer a request that on_reload() told of; nothing happens if auth has gone since. */
void children_reloaded(struct children *children, uint32_t id, bool ok, const char *text);
/*
 * End them one after the other, gateway first, so that auth hears of it; a child that does not stop
 * within 5 seconds is killed. on_stopped follows. end_sessions: clients are told goodbye and no
 * session is kept; else they wait for the next start. While a stop runs, another one changes
 * nothing.
 */
void children_stop(struct children *children, bool end_sessions);

#endif
