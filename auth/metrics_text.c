/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of OpenMetrics text. */
#include "auth/metrics_text.h"

#include <inttypes.h>
#include <stdio.h>

#define PREFIX "sekisho_"

static const char *const type_names[] = {
    [METRIC_COUNTER] = "counter",
    [METRIC_GAUGE] = "gauge",
    [METRIC_HISTOGRAM] = "histogram",
    [METRIC_INFO] = "info",
};

/* What a sample's name has behind the family's. */
static const char *const suffixes[] = {
    [METRIC_COUNTER] = "_total",
    [METRIC_GAUGE] = "",
    [METRIC_HISTOGRAM] = "",
    [METRIC_INFO] = "_info",
};

void
metrics_text_family(struct metrics_text *text, enum metric_name family)
{
	const struct metric_name_row *row = &metric_names[family];

	text->family = family;
	buf_printf(text->out, "# TYPE " PREFIX "%s %s\n", row->name, type_names[row->type]);
	if (row->unit[0] != '\0')
		buf_printf(text->out, "# UNIT " PREFIX "%s %s\n", row->name, row->unit);
	buf_printf(text->out, "# HELP " PREFIX "%s %s\n", row->name, row->help);
}

static void
put_escaped(struct buf *out, const char *value)
{
	for (; *value != '\0'; value++) {
		if (*value == '\\' || *value == '"')
			buf_put_u8(out, '\\');
		if (*value == '\n')
			buf_puts(out, "\\n");
		else
			buf_put_u8(out, (uint8_t)*value);
	}
}

/* "{a="b",c="d"}" or nothing. */
static void
put_labels(struct buf *out, const char *fixed, const struct metrics_label *labels, size_t len)
{
	const char *before = "{";

	for (size_t i = 0; i < len; i++) {
		buf_printf(out, "%s%s=\"", before, labels[i].name);
		put_escaped(out, labels[i].value);
		buf_puts(out, "\"");
		before = ",";
	}
	if (fixed[0] != '\0') {
		buf_printf(out, "%s%s", before, fixed);
		before = ",";
	}
	if (before[0] == ',')
		buf_puts(out, "}");
}

static void
put_value(struct buf *out, uint64_t n, unsigned divisor)
{
	if (divisor <= 1)
		buf_printf(out, " %" PRIu64 "\n", n);
	else
		buf_printf(out, " %" PRIu64 ".%03" PRIu64 "\n", n / divisor, n % divisor);
}

void
metrics_text_sample(struct metrics_text *text, const char *fixed,
    const struct metrics_label *labels, size_t labels_len, uint64_t n, unsigned divisor)
{
	const struct metric_name_row *row = &metric_names[text->family];

	buf_printf(text->out, PREFIX "%s%s", row->name, suffixes[row->type]);
	put_labels(text->out, fixed, labels, labels_len);
	put_value(text->out, n, divisor);
}

/* The limit of a bucket as OpenMetrics wants it: 0.25, 1.0, +Inf. */
static void
limit_text(size_t bucket, char *out, size_t size)
{
	unsigned ms = bucket < METRIC_BUCKETS - 1 ? metric_bucket_ms[bucket] : 0;
	size_t len;

	if (ms == 0) {
		snprintf(out, size, "le=\"+Inf\"");
		return;
	}
	len = (size_t)snprintf(out, size, "le=\"%u.%03u", ms / 1000, ms % 1000);
	while (out[len - 1] == '0' && out[len - 2] != '.')
		len--;
	snprintf(out + len, size - len, "\"");
}

void
metrics_text_histogram(struct metrics_text *text, const struct metrics_label *labels,
    size_t labels_len, const struct metric_histogram *histogram)
{
	const struct metric_name_row *row = &metric_names[text->family];
	uint64_t count = 0;
	char limit[32];

	for (size_t i = 0; i < METRIC_BUCKETS; i++) {
		count += histogram->bucket[i];
		limit_text(i, limit, sizeof(limit));
		buf_printf(text->out, PREFIX "%s_bucket", row->name);
		put_labels(text->out, limit, labels, labels_len);
		put_value(text->out, count, 1);
	}
	buf_printf(text->out, PREFIX "%s_count", row->name);
	put_labels(text->out, "", labels, labels_len);
	put_value(text->out, count, 1);
	buf_printf(text->out, PREFIX "%s_sum", row->name);
	put_labels(text->out, "", labels, labels_len);
	put_value(text->out, histogram->sum_ms, 1000);
}

void
metrics_text_end(struct metrics_text *text)
{
	buf_puts(text->out, "# EOF\n");
}
