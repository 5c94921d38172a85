/* SPDX-License-Identifier: Apache-2.0 */
/* A configuration on its way to the children or in use, and what the parent makes of it. */
#ifndef GATEWAY_STAGE_H
#define GATEWAY_STAGE_H

#include <stdint.h>

#include "common/attr.h"
#include "common/err.h"
#include "common/ipc.h"
#include "common/log.h"
#include "common/role.h"
#include "conf/conf.h"
#include "gateway/routes.h"

/* Plain value; zero is none. */
struct stage {
	struct conf *conf;
	uint64_t generation;
	struct routes *routes;    /* stage_route() */
	struct routes_list added; /* by it */
	Ipc__LogPlan *log_plan;   /* made by the first stage_logging() */
};

void stage_fini(struct stage *stage);
/* The tun interface, and how to log. */
const struct conf_object *stage_tun(const struct stage *stage);
/* plan: NULL when memory is out; the stage's. */
struct log_config stage_logging(struct stage *stage);
/* Hand a child its role's part of the configuration. ERR_SYS, ERR_LIMIT, ERR_CLOSED. */
enum err stage_give(const struct stage *stage, const struct role *role, struct ipc *ipc) MUST_USE;
/* Route what it needs beyond what there is already. Nothing is left behind if that fails, which is
 * logged. */
enum err stage_route(struct stage *stage, const struct routes *now) MUST_USE;

/* The ranges of removed pools whose sessions still run, as auth is told them. Plain value. */
struct stage_draining {
	Ipc__PoolDrained **list;
	size_t len;
};

/* ERR_NOMEM: it is empty. */
enum err stage_draining(const struct stage *stage, struct stage_draining *out) MUST_USE;
void stage_draining_fini(struct stage_draining *draining);

#endif
