/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A child's side of a reload, the same in every role: the configuration that the parent hands over
 * at run time is made ready, the parent is told whether that went well, and only its ROLE_COMMIT
 * puts it to use or throws it away.
 */
#ifndef COMMON_HANDOVER_H
#define COMMON_HANDOVER_H

#include <stddef.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/buf.h"
#include "common/ipc.h"

struct handover_ops {
	/*
	 * Build all that the role needs of a configuration slice (conf_read_slice) without touching
	 * what runs. NULL: it cannot be used, why tells (lines). Must not end the process.
	 */
	void *(*make)(
	    const void *slice, size_t len, uint64_t generation, struct buf *why, void *arg);
	/* Forget what make() built. */
	void (*drop)(void *made, void *arg);
	void *arg;
};

/* Plain value; set ops, zero the rest. */
struct handover {
	struct handover_ops ops;
	void *made; /* ready, not in use; NULL: none */
	uint64_t generation;
};

/*
 * ROLE_CONFIG arrived with a memfd (closed here): make it ready and answer ROLE_CONFIG_RESULT.
 * One that was not committed is dropped first.
 */
void handover_receive(
    struct handover *handover, struct ipc *parent, const Ipc__RoleConfig *msg, int fd);
/*
 * ROLE_COMMIT arrived. Returns what make() built, now the caller's and to be used at once; NULL:
 * nothing to use. The log level and destinations are set here.
 */
void *handover_commit(struct handover *handover, const Ipc__RoleCommit *msg) MUST_USE;
/* At the end of the process. */
void handover_fini(struct handover *handover);

#endif
