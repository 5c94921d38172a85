/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The three child processes: started, connected with each other, watched, brought back with
 * back-off when they die, stopped in order. What a child is given besides its channels is the
 * owner's business (struct children_owner).
 */
#ifndef GATEWAY_CHILDREN_H
#define GATEWAY_CHILDREN_H

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
	/* All are gone: failed is true when one of them never came up, which ends the others. */
	void (*on_stopped)(bool failed, void *arg);
	void *arg;
};

/* Watches SIGCHLD. owner is copied. NULL: memory. */
struct children *children_new(struct loop *loop, const struct children_owner *owner) MUST_USE;
/* Only when none runs any more (on_stopped), or before children_start(). NULL is fine. */
void children_free(struct children *children);
void children_start(struct children *children);
/*
 * End them one after the other, gateway first, so that clients and auth hear of it; a child that
 * does not stop within 5 seconds is killed. on_stopped follows.
 */
void children_stop(struct children *children);

#endif
