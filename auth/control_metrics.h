/* SPDX-License-Identifier: Apache-2.0 */
/* The metrics on the control socket: one text, in pieces that end at the end of a line. */
#ifndef AUTH_CONTROL_METRICS_H
#define AUTH_CONTROL_METRICS_H

#include "auth/metrics.h"
#include "common/ipc.pb-c.h"

#define CONTROL_METRICS_PAGE 32768 /* bytes at most */

struct control_metrics;

/* The text as things stand. NULL: memory, or it is too long. */
struct control_metrics *control_metrics_new(const struct metrics *metrics) MUST_USE;
/* NULL is fine. */
void control_metrics_free(struct control_metrics *text);
/*
 * The next piece, borrowed until the next call; it stays the next one until
 * control_metrics_sent(). ERR_NOTFOUND: that was all.
 */
enum err control_metrics_next(struct control_metrics *text, Ipc__CtlMetricsPage *out) MUST_USE;
void control_metrics_sent(struct control_metrics *text);

#endif
