/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From one configuration to the next while auth runs. Everything that needs memory or can fail is
 * done when the parent hands the new one over; using it is a swap of pointers. Logins and sessions
 * that are under way keep the one they began with.
 */
#ifndef AUTH_TURNOVER_H
#define AUTH_TURNOVER_H

#include "auth/accounting.h"
#include "auth/coa.h"
#include "auth/filters.h"
#include "auth/login.h"
#include "auth/pool.h"
#include "auth/radius_client.h"
#include "auth/session.h"
#include "auth/threat.h"
#include "common/attr.h"
#include "common/err.h"
#include "common/handover.h"

/* Plain value; set the first eight, zero the rest. */
struct turnover {
	struct filters *filters;
	struct pool_set *pools;
	struct session_table *sessions;
	struct login_table *logins;
	struct radius_client *radius;
	struct accounting *accounting;
	struct coa *coa;
	struct threat *threat;
	struct handover handover;
};

void turnover_init(struct turnover *turnover);
/* ROLE_CONFIG: make ready and answer. */
void turnover_receive(
    struct turnover *turnover, struct ipc *parent, const Ipc__RoleConfig *msg, int fd);
/* ROLE_COMMIT: use it, or forget it. ERR_BADSTATE: it is to be used and is not there; this process
 * would go on with another configuration than the rest. */
enum err turnover_commit(struct turnover *turnover, const Ipc__RoleCommit *msg) MUST_USE;
void turnover_fini(struct turnover *turnover);

#endif
