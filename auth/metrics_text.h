/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenMetrics text 1.0: heads of families and lines of samples, into a buffer with its sticky
 * error. The heads come from the table (common/metric.h); a sample belongs to the family whose head
 * was put last.
 */
#ifndef AUTH_METRICS_TEXT_H
#define AUTH_METRICS_TEXT_H

#include "common/buf.h"
#include "common/metric.h"

/* One label and its value, which is escaped. */
struct metrics_label {
	const char *name;
	const char *value;
};

struct metrics_text {
	struct buf *out;
	enum metric_name family;
};

/* "# TYPE ..", "# UNIT ..", "# HELP .." */
void metrics_text_family(struct metrics_text *text, enum metric_name family);
/*
 * A sample. fixed: labels as they are written, "" for none; labels: more of them. The value is
 * n / divisor, exactly (divisor 1 or 1000).
 */
void metrics_text_sample(struct metrics_text *text, const char *fixed,
    const struct metrics_label *labels, size_t labels_len, uint64_t n, unsigned divisor);
/* All lines of one histogram. */
void metrics_text_histogram(struct metrics_text *text, const struct metrics_label *labels,
    size_t labels_len, const struct metric_histogram *histogram);
void metrics_text_end(struct metrics_text *text);

#endif
