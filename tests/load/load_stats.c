/* SPDX-License-Identifier: Apache-2.0 */
/* Samples and counters of a run, and their summary. */
#include "tests/load/load_stats.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/attr.h"

static const char *const span_names[LOAD_SPANS] = {
    [LOAD_TCP] = "tcp",
    [LOAD_TLS] = "tls",
    [LOAD_FORM] = "form",
    [LOAD_AUTH] = "auth",
    [LOAD_TUNNEL] = "tunnel",
    [LOAD_TOTAL] = "total",
};

uint64_t
load_now_us(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

void
load_stats_add(struct load_stats *stats, enum load_span span, uint64_t us)
{
	struct load_samples *samples = &stats->span[span];

	if (samples->len == samples->cap) {
		size_t cap = samples->cap == 0 ? 1024 : samples->cap * 2;
		uint32_t *grown = realloc(samples->us, cap * sizeof(*grown));

		if (grown == NULL)
			abort();
		samples->us = grown;
		samples->cap = cap;
	}
	samples->us[samples->len++] = us > UINT32_MAX ? UINT32_MAX : (uint32_t)us;
}

void
load_stats_fail(struct load_stats *stats, const char *reason)
{
	size_t i;

	stats->failures++;
	for (i = 0; i < LOAD_REASONS - 1; i++) {
		if (stats->reason[i].count == 0 ||
		    strncmp(stats->reason[i].text, reason, LOAD_REASON_LEN - 1) == 0)
			break;
	}
	if (stats->reason[i].count++ == 0)
		(void)snprintf(stats->reason[i].text, LOAD_REASON_LEN, "%s",
		    i == LOAD_REASONS - 1 ? "other" : reason);
}

static int
by_size(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static double
percentile_ms(const struct load_samples *samples, double part)
{
	return samples->us[(size_t)(part * (double)(samples->len - 1))] / 1000.0;
}

static json_t *
samples_json(struct load_samples *samples)
{
	qsort(samples->us, samples->len, sizeof(*samples->us), by_size);
	return json_pack("{s:f, s:f, s:f, s:f}", "p50", percentile_ms(samples, 0.5), "p95",
	    percentile_ms(samples, 0.95), "p99", percentile_ms(samples, 0.99), "max",
	    percentile_ms(samples, 1));
}

json_t *
load_stats_json(struct load_stats *stats, double seconds)
{
	json_t *reasons = json_object(), *latency = json_object();

	for (size_t i = 0; i < LOAD_REASONS && stats->reason[i].count != 0; i++)
		(void)json_object_set_new(reasons, stats->reason[i].text,
		    json_integer((json_int_t)stats->reason[i].count));
	for (size_t i = 0; i < LOAD_SPANS; i++) {
		if (stats->span[i].len != 0)
			(void)json_object_set_new(
			    latency, span_names[i], samples_json(&stats->span[i]));
	}
	return json_pack("{s:f, s:I, s:I, s:f, s:o, s:o, s:I, s:I, s:I, s:I}", "seconds", seconds,
	    "logins", (json_int_t)stats->logins, "failures", (json_int_t)stats->failures,
	    "logins_per_second", seconds > 0 ? (double)stats->logins / seconds : 0.0, "reasons",
	    reasons, "latency_ms", latency, "dpd_answered", (json_int_t)stats->dpd_answered,
	    "dpd_heard", (json_int_t)stats->dpd_heard, "data_packets",
	    (json_int_t)stats->data_packets, "data_bytes", (json_int_t)stats->data_bytes);
}

void
load_stats_fini(struct load_stats *stats)
{
	for (size_t i = 0; i < LOAD_SPANS; i++)
		free(stats->span[i].us);
	memset(stats, 0, sizeof(*stats));
}
