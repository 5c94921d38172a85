/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The round of questions for metrics: all workers, pki and the parent are asked at one time, and
 * who does not answer is told with what he said before. One round at a time; who asks while it runs
 * gets its result.
 */
#ifndef AUTH_METRICS_H
#define AUTH_METRICS_H

#include "auth/link.h"
#include "auth/metrics_show.h"

struct errand;
struct metrics;

typedef void (*metrics_done_fn)(void *arg);

struct metrics_config {
	struct loop *loop;
	const struct link_set *links;
	const struct errand *errand; /* has the channels to pki and to the parent */
	unsigned workers;
	struct metrics_sources sources;
};

/* All of config must outlive, but for the channels, which may come and go. NULL: memory. */
struct metrics *metrics_new(const struct metrics_config *config) MUST_USE;
/* After the channels are closed. NULL is fine. */
void metrics_free(struct metrics *metrics);
/* Ask all; done is called once, later, when all have answered or have had their time. */
void metrics_refresh(struct metrics *metrics, metrics_done_fn done, void *arg);
/* Who asked with this arg does not wait any more. */
void metrics_cancel(struct metrics *metrics, const void *arg);
/* The text (metrics_show()) as things stand. */
enum err metrics_write(const struct metrics *metrics, struct buf *out) MUST_USE;

#endif
