/* SPDX-License-Identifier: Apache-2.0 */
/* common/metric, auth/metrics_peer, auth/metrics_text, gateway/proc_stat, tools/exporter_text: the
 * tables are whole, counters never go back, a peer is not believed beyond its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "auth/metrics_peer.h"
#include "auth/metrics_show.h"
#include "auth/metrics_text.h"
#include "common/metric.h"
#include "gateway/proc_stat.h"
#include "tools/exporter_text.h"

static void
test_tables(void **state)
{
	(void)state;
	for (unsigned i = 0; i < METRIC_NAMES; i++) {
		const struct metric_name_row *row = &metric_names[i];
		size_t len = row->name != NULL ? strlen(row->name) : 0;
		size_t unit = row->unit != NULL ? strlen(row->unit) : 0;

		assert_true(len > 0 && row->help[strlen(row->help) - 1] == '.');
		assert_true(unit == 0 || strcmp(row->name + len - unit, row->unit) == 0);
		assert_null(strstr(row->name, "_total"));
	}
	for (unsigned i = 0; i < METRICS; i++) {
		assert_int_not_equal(metric_rows[i].owner, IPC__ROLE_ID__ROLE_NONE);
		assert_non_null(metric_rows[i].labels);
		for (unsigned k = 0; k < i; k++)
			assert_true(metric_rows[i].name == METRIC_HANDSHAKE_TIME ||
				    metric_rows[i].name != metric_rows[k].name ||
				    strcmp(metric_rows[i].labels, metric_rows[k].labels) != 0);
	}
}

static void
test_buckets(void **state)
{
	struct metric_histogram histogram = {{0}, 0};

	(void)state;
	assert_int_equal(metric_bucket(0), 0);
	assert_int_equal(metric_bucket(1), 0);
	assert_int_equal(metric_bucket(2), 1);
	assert_int_equal(metric_bucket(10000), METRIC_BUCKETS - 2);
	assert_int_equal(metric_bucket(10001), METRIC_BUCKETS - 1);
	assert_int_equal(metric_bucket(UINT64_MAX), METRIC_BUCKETS - 1);
	metric_observe(&histogram, 7);
	assert_int_equal(histogram.bucket[2], 1);
	assert_int_equal(histogram.sum_ms, 7);
}

static void
tell(struct metrics_peer *peer, uint64_t run, uint64_t *values, size_t len)
{
	Ipc__MetricsReport report = IPC__METRICS_REPORT__INIT;

	report.value = values;
	report.n_value = len;
	report.run = run;
	metrics_peer_take(peer, &report);
}

static void
test_peer(void **state)
{
	struct metrics_peer peer = {.role = IPC__ROLE_ID__ROLE_GATEWAY};
	uint64_t values[METRICS] = {0};

	(void)state;
	values[METRIC_DTLS_OK] = 10;
	values[METRIC_TUNNELS_TLS] = 3;
	values[METRIC_SIGNED] = 99; /* pki's */
	tell(&peer, 1, values, METRICS);
	assert_true(peer.fresh);
	assert_int_equal(metrics_peer_value(&peer, METRIC_DTLS_OK), 10);
	assert_int_equal(metrics_peer_value(&peer, METRIC_TUNNELS_TLS), 3);
	assert_int_equal(metrics_peer_value(&peer, METRIC_SIGNED), 0);
	/* It died, and its successor has counted more already. */
	values[METRIC_DTLS_OK] = 11;
	values[METRIC_TUNNELS_TLS] = 1;
	tell(&peer, 2, values, METRICS);
	assert_int_equal(metrics_peer_value(&peer, METRIC_DTLS_OK), 21);
	assert_int_equal(metrics_peer_value(&peer, METRIC_TUNNELS_TLS), 1);
	/* A liar's counter goes back. */
	values[METRIC_DTLS_OK] = 5;
	tell(&peer, 2, values, METRICS);
	assert_int_equal(metrics_peer_value(&peer, METRIC_DTLS_OK), 26);
	/* It does not answer: what flows is kept, what stands is not. */
	peer.fresh = false;
	assert_int_equal(metrics_peer_value(&peer, METRIC_DTLS_OK), 26);
	assert_int_equal(metrics_peer_value(&peer, METRIC_TUNNELS_TLS), 0);
	/* Of another version. */
	tell(&peer, 3, values, METRICS - 1);
	assert_false(peer.fresh);
	metrics_peer_fini(&peer);
}

static void
test_text(void **state)
{
	const struct metrics_label label = {"pool", "a\"b\\c\nd"};
	struct metric_histogram histogram = {{0}, 0};
	struct metrics_text text;
	struct buf out;

	(void)state;
	buf_init(&out, 65536);
	text.out = &out;
	metrics_text_family(&text, METRIC_PROCESS_CPU);
	metrics_text_sample(&text, "process=\"x\"", NULL, 0, 1234005, 1000);
	metrics_text_family(&text, METRIC_POOL_LEASED);
	metrics_text_sample(&text, "", &label, 1, 7, 1);
	assert_string_equal(buf_cstr(&out),
	    "# TYPE sekisho_process_cpu_seconds counter\n"
	    "# UNIT sekisho_process_cpu_seconds seconds\n"
	    "# HELP sekisho_process_cpu_seconds Processor time of the process.\n"
	    "sekisho_process_cpu_seconds_total{process=\"x\"} 1234.005\n"
	    "# TYPE sekisho_pool_leased_addresses gauge\n"
	    "# HELP sekisho_pool_leased_addresses Addresses of the local pool that are in use.\n"
	    "sekisho_pool_leased_addresses{pool=\"a\\\"b\\\\c\\nd\"} 7\n");
	buf_reset(&out);
	metric_observe(&histogram, 3);
	metric_observe(&histogram, 20000);
	metrics_text_family(&text, METRIC_AAA_TIME);
	metrics_text_histogram(&text, NULL, 0, &histogram);
	assert_non_null(strstr(buf_cstr(&out), "_bucket{le=\"0.001\"} 0\n"));
	assert_non_null(strstr(buf_cstr(&out), "_bucket{le=\"0.25\"} 1\n"));
	assert_non_null(strstr(buf_cstr(&out), "_bucket{le=\"1.0\"} 1\n"));
	assert_non_null(strstr(buf_cstr(&out), "_bucket{le=\"+Inf\"} 2\n"));
	assert_non_null(strstr(buf_cstr(&out), "_count 2\n"));
	assert_non_null(strstr(buf_cstr(&out), "_sum 20.003\n"));
	buf_fini(&out);
}

/* Nothing but empty peers: every family is told, and what does not fit is an error. */
static void
test_show(void **state)
{
	const struct metrics_sources sources = {0};
	struct metrics_peer parent = {.role = IPC__ROLE_ID__ROLE_PARENT};
	struct metrics_peer pki = {.role = IPC__ROLE_ID__ROLE_PKI};
	const struct metrics_peers peers = {.parent = &parent, .pki = &pki};
	unsigned families = 0;
	struct buf out;

	(void)state;
	buf_init(&out, METRICS_TEXT_MAX);
	assert_int_equal(metrics_show(&sources, &peers, &out), ERR_OK);
	for (const char *p = buf_cstr(&out); (p = strstr(p, "# TYPE ")) != NULL; p++)
		families++;
	assert_int_equal(families, METRIC_NAMES);
	assert_string_equal(buf_cstr(&out) + out.len - 6, "# EOF\n");
	buf_fini(&out);
	buf_init(&out, 1000);
	assert_int_equal(metrics_show(&sources, &peers, &out), ERR_LIMIT);
	buf_fini(&out);
}

static void
test_formats(void **state)
{
	static const char text[] = "# TYPE x_seconds counter\n# UNIT x_seconds seconds\n"
				   "# HELP x_seconds Of x.\nx_seconds_total{a=\"b\"} 1.5\n"
				   "# TYPE y info\n# HELP y Of y.\ny_info{v=\"1\"} 1\n# EOF\n";
	struct buf out;

	(void)state;
	buf_init(&out, 4096);
	exporter_text_write(&out, true, text, false);
	assert_string_equal(buf_cstr(&out),
	    "# TYPE sekisho_up gauge\n# HELP sekisho_up Whether the daemon answers.\nsekisho_up 1\n"
	    "# TYPE x_seconds_total counter\n# HELP x_seconds_total Of x.\n"
	    "x_seconds_total{a=\"b\"} 1.5\n# TYPE y_info gauge\n# HELP y_info Of y.\n"
	    "y_info{v=\"1\"} 1\n");
	buf_reset(&out);
	exporter_text_write(&out, false, "", true);
	assert_string_equal(buf_cstr(&out),
	    "# TYPE sekisho_up gauge\n# HELP sekisho_up Whether the daemon answers.\nsekisho_up 0\n"
	    "# EOF\n");
	buf_fini(&out);
	assert_false(exporter_text_wants_openmetrics(NULL));
	assert_false(exporter_text_wants_openmetrics("text/plain"));
	assert_true(exporter_text_wants_openmetrics(
	    "application/openmetrics-text;version=1.0.0,text/plain;q=0.5"));
}

static void
test_stat(void **state)
{
	static const struct {
		const char *text;
		enum err err;
	} bad[] = {
	    {"", ERR_SYNTAX},
	    {"1 (x", ERR_SYNTAX},
	    {"1 (x) S 1 2 3", ERR_SYNTAX},
	    {"1 (x) S 1 1 1 0 -1 0 0 0 0 0 -5 60 0 0 20 0 1 0 5 1000 300", ERR_SYNTAX},
	};
	Ipc__MetricsProcess process = IPC__METRICS_PROCESS__INIT;

	(void)state;
	assert_int_equal(
	    proc_stat_take("1 (a) b) S 1 1 1 0 -1 0 0 0 0 0 150 60 0 0 20 0 1 0 5 1000 300\n", 100,
		4096, &process),
	    ERR_OK);
	assert_int_equal(process.cpu_ms, 2100);
	assert_int_equal(process.memory, 300 * 4096);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(proc_stat_take(bad[i].text, 100, 4096, &process), bad[i].err);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_tables),
	    cmocka_unit_test(test_buckets),
	    cmocka_unit_test(test_peer),
	    cmocka_unit_test(test_text),
	    cmocka_unit_test(test_show),
	    cmocka_unit_test(test_formats),
	    cmocka_unit_test(test_stat),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
