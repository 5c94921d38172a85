/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one thread of another process has counted, over its restarts: what it had counted before it
 * died is added to what its successor counts, so that a counter of the outside never goes back. A
 * peer is not believed beyond its own series (common/metric.h: owner).
 */
#ifndef AUTH_METRICS_PEER_H
#define AUTH_METRICS_PEER_H

#include <stdbool.h>
#include <stdint.h>

#include "common/ipc.pb-c.h"
#include "common/metric.h"

#define METRICS_EXPIRIES_MAX 512
#define METRICS_PROCESSES 4
#define METRICS_NAME_SIZE 65

struct metrics_expiry {
	char trustpoint[METRICS_NAME_SIZE];
	bool ca;
	int64_t not_after;
};

struct metrics_process {
	Ipc__RoleId role;
	bool up;
	int64_t start_time;
	uint64_t cpu_ms;
	uint64_t memory;
	/* Of those before it, whose processor time is not told any more. */
	uint64_t cpu_base_ms;
};

/* Plain value; set the role, zero the rest. */
struct metrics_peer {
	Ipc__RoleId role;
	bool fresh; /* it has answered in the last round */
	uint64_t run;
	uint64_t base[METRICS];
	uint64_t last[METRICS];
	struct metrics_expiry *expiries; /* pki */
	size_t expiries_len;
	struct metrics_process processes[METRICS_PROCESSES]; /* parent, by role - 1 */
};

/* A report has come, from whom it may. */
void metrics_peer_take(struct metrics_peer *peer, const Ipc__MetricsReport *report);
/* Its value of a series; of a gauge 0 while it does not answer. */
uint64_t metrics_peer_value(const struct metrics_peer *peer, enum metric metric);
void metrics_peer_fini(struct metrics_peer *peer);

#endif
