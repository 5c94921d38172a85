/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A reload, step by step: load and check, have every child make the new configuration ready, and
 * only when all are ready tell all of them to use it; else tell all of them to forget it. One runs
 * at a time. No sockets and no files here: struct reload_ops does what the steps say.
 */
#ifndef GATEWAY_RELOAD_H
#define GATEWAY_RELOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/buf.h"
#include "common/ipc.pb-c.h"

#define RELOAD_TIMEOUT_SEC 20 /* for all children to be ready */

/* The children in the order in which they take a new configuration. */
enum reload_child { RELOAD_PKI, RELOAD_AUTH, RELOAD_GATEWAY, RELOAD_CHILDREN };

struct reload;

struct reload_ops {
	/*
	 * Read and check the files, and compare with what runs. False: errors tells (lines); the
	 * configuration that was read is kept by the callee until commit() or abort().
	 */
	bool (*load)(uint64_t *generation, struct buf *errors, struct buf *warnings, void *arg);
	/* Hand it to a child. False: the child is not there. */
	bool (*prepare)(enum reload_child child, void *arg);
	/* All are ready: the last step that may fail. False: errors tells. */
	bool (*adopt)(struct buf *errors, void *arg);
	/* Use it (the callee knows that it is now the one), or forget it. */
	void (*commit)(enum reload_child child, void *arg);
	void (*abort)(enum reload_child child, void *arg);
	/* The end of both: free what is not used any more. */
	void (*finish)(bool used, void *arg);
	/* Call reload_timeout() after RELOAD_TIMEOUT_SEC, or do not any more. */
	void (*timer)(bool on, void *arg);
	/* Answer somebody who asked. text: the errors, or what was done; lines. */
	void (*answer)(uint32_t id, bool ok, const char *text, void *arg);
	void *arg;
};

/* Idle. ops is copied. NULL: memory. */
struct reload *reload_new(const struct reload_ops *ops) MUST_USE;
/* Nobody is answered any more. NULL is fine. */
void reload_free(struct reload *reload);
/*
 * Somebody wants a reload; id, if not 0, is answered when it is over. During one the wish is kept:
 * another reload follows, because the files may have changed since they were read.
 */
void reload_ask(struct reload *reload, uint32_t id);
/* A child's answer to what it was handed; one to an older generation is ignored. */
void reload_result(
    struct reload *reload, enum reload_child child, const Ipc__RoleConfigResult *result);
/* A child's channel is gone. */
void reload_lost(struct reload *reload, enum reload_child child);
void reload_timeout(struct reload *reload);
/* Those who asked are gone (auth, which asks for them, died): none of them is answered. */
void reload_forget_askers(struct reload *reload);

#endif
