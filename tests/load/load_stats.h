/* SPDX-License-Identifier: Apache-2.0 */
/* What a run counts: latencies of each step, reasons of failures. Nothing is printed here. */
#ifndef TESTS_LOAD_STATS_H
#define TESTS_LOAD_STATS_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#define LOAD_REASONS 32
#define LOAD_REASON_LEN 80

/* The steps of a login, each timed from the one before; LOAD_TOTAL from the first to the last. */
enum load_span { LOAD_TCP, LOAD_TLS, LOAD_FORM, LOAD_AUTH, LOAD_TUNNEL, LOAD_TOTAL, LOAD_SPANS };

/* Samples in microseconds, grown as needed. */
struct load_samples {
	uint32_t *us;
	size_t len;
	size_t cap;
};

struct load_stats {
	struct load_samples span[LOAD_SPANS];
	struct {
		char text[LOAD_REASON_LEN];
		uint64_t count;
	} reason[LOAD_REASONS];
	uint64_t logins;
	uint64_t failures;
	uint64_t dpd_answered; /* the server asked */
	uint64_t dpd_heard;    /* the server answered */
	uint64_t data_packets; /* received */
	uint64_t data_bytes;
};

/* Microseconds that never go back. */
uint64_t load_now_us(void);
void load_stats_add(struct load_stats *stats, enum load_span span, uint64_t us);
/* One failure more, for this reason; what does not fit the table is counted as "other". */
void load_stats_fail(struct load_stats *stats, const char *reason);
/* Counts, logins per second over `seconds`, failures by reason, percentiles in milliseconds. The
 * caller owns the object. Sorts the samples. */
json_t *load_stats_json(struct load_stats *stats, double seconds);
void load_stats_fini(struct load_stats *stats);

#endif
