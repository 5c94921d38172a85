/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All metrics as one OpenMetrics text: what auth knows itself, and what the other processes have
 * counted. How many series there are is up to the configuration alone: no name of a user, no
 * address of a client is in it, and a session whose tunnel-group or group-policy is not configured
 * any more is told under "(former)".
 */
#ifndef AUTH_METRICS_SHOW_H
#define AUTH_METRICS_SHOW_H

#include "auth/accounting.h"
#include "auth/local.h"
#include "auth/login.h"
#include "auth/metrics_peer.h"
#include "auth/pool.h"
#include "auth/radius_client.h"
#include "auth/session.h"
#include "common/buf.h"

#define METRICS_TEXT_MAX (16U * 1024 * 1024)
#define METRICS_FORMER "(former)"

/* Where auth's own figures come from. All borrowed; NULL: told of is nothing that needs it. */
struct metrics_sources {
	const struct session_table *sessions;
	const struct pool_set *pools;
	const struct local *local;
	const struct radius_client *radius;
	const struct accounting *accounting;
	const struct login_table *logins;
};

/* Of whom the peers are. */
struct metrics_peers {
	const struct metrics_peer *parent;
	const struct metrics_peer *pki;
	const struct metrics_peer *workers;
	size_t workers_len;
};

/* Append the text, "# EOF" included. ERR_NOMEM, ERR_LIMIT: what is in out is not whole. */
enum err metrics_show(const struct metrics_sources *sources, const struct metrics_peers *peers,
    struct buf *out) MUST_USE;

#endif
