/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The setting "logging", ready for use: targets with their sockets, lists, rate limits. Made whole
 * and then only read, but for the counters of rate limits and sinks, which may be used by any
 * thread.
 */
#ifndef COMMON_LOG_PLAN_H
#define COMMON_LOG_PLAN_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/ipc.pb-c.h"
#include "common/log.h"
#include "common/log_line.h"
#include "common/log_rule.h"
#include "common/log_sink.h"

#define LOG_HOSTS_MAX 16
#define LOG_LISTS_MAX 32
#define LOG_RULES_MAX 64 /* of a list; also rate limits, and disabled messages */
#define LOG_LIST_NAME_SIZE 65
#define LOG_HOST_SIZE 64

struct log_list {
	char name[LOG_LIST_NAME_SIZE];
	struct log_rule *rules;
	size_t rules_len;
};

struct log_target {
	enum log_format format;
	int level;
	const struct log_list *list; /* NULL: by level */
	struct log_sink *sink;       /* NULL: stderr */
};

struct log_rate_state {
	struct log_rate rate;
	struct log_limit limit;
};

struct log_plan {
	int level; /* the least severe line that any target may want */
	int facility;
	bool show_usernames;
	char host[LOG_HOST_SIZE];
	struct log_target targets[LOG_HOSTS_MAX + 2];
	size_t targets_len;
	struct log_list *lists;
	size_t lists_len;
	struct log_rule *disabled;
	size_t disabled_len;
	struct log_rate_state *rates;
	size_t rates_len;
	pthread_mutex_t rates_lock;
};

/* True if stderr and /dev/log would get the same lines. */
bool log_plan_same(const struct log_config *config);
/* local: the sink of /dev/log, which outlives plans; NULL: there is none. before: the plan in use,
 * whose sinks are taken over where they stay the same; NULL: none. NULL: memory. */
struct log_plan *log_plan_new(
    const struct log_config *config, struct log_sink *local, struct log_plan *before) MUST_USE;
/* local stays. NULL is fine. */
void log_plan_free(struct log_plan *plan);
/* Does this target want it? */
bool log_target_wants(const struct log_target *target, int severity, unsigned id);
/* False: disabled, or over a rate limit. *suppressed gets how many of its kind were held back
 * before. */
bool log_plan_allows(struct log_plan *plan, int severity, unsigned id, unsigned *suppressed);

#endif
