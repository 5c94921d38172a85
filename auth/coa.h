/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Change of authorization (RFC 5176, asa.md 6.5): UDP sockets for the server groups with
 * dynamic-authorization, the checks of a request (source, secret, age, repetition), the sessions
 * that it means, and the answer.
 */
#ifndef AUTH_COA_H
#define AUTH_COA_H

#include "auth/dacl.h"
#include "auth/session.h"
#include "common/loop.h"

struct coa;

struct coa_config {
	struct loop *loop;
	struct conf *conf; /* a reference is taken */
	struct session_table *sessions;
	struct dacl_cache *dacls;
	/* Have a worker use other filters. */
	void (*update)(unsigned worker, const Ipc__SessionUpdate *msg, void *arg);
	void *arg;
};

/* NULL: memory. A port that cannot be had is logged, not fatal. */
struct coa *coa_new(const struct coa_config *config) MUST_USE;
void coa_free(struct coa *coa);
/* Another configuration is in force: ports and servers may be others. */
void coa_use(struct coa *coa, struct conf *conf);

#endif
