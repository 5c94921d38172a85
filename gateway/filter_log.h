/* SPDX-License-Identifier: Apache-2.0 */
/* The log lines of entries with "log": one for the first packet of a flow, in the ASA's words. */
#ifndef GATEWAY_FILTER_LOG_H
#define GATEWAY_FILTER_LOG_H

#include "common/log.h"
#include "gateway/filter.h"

/* verdict has a line. Nothing is written beyond the limit. */
void filter_log_first(struct log_limit *limit, const struct filter *filter,
    const struct filter_verdict *verdict, const char *user, enum filter_direction direction,
    const struct filter_flow *flow);

#endif
