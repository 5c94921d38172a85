/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gateway/filter_table.c and filter_log.c: filters come in pieces and go when nobody needs them;
 * hits and log lines of first packets. What passes in general is test_filter_model.c's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/rnd.h"
#include "gateway/filter_table.h"
#include "tests/unit/filter_help.h"

static struct filter_table *table;
static struct filter_use use;

static int
setup(UNUSED void **state)
{
	static const struct log_config config = {.level = LOG_INFO, .to_stderr = true};

	log_init("test", &config);
	table = filter_table_new();
	assert_non_null(table);
	use = (struct filter_use){0};
	return 0;
}

static int
teardown(UNUSED void **state)
{
	filter_table_unuse(&use);
	filter_table_free(table);
	return 0;
}

/* ---- helpers ---- */

static void
send_piece(uint64_t id, struct help_entry *entries, size_t len, bool last)
{
	Ipc__FilterAdd msg = IPC__FILTER_ADD__INIT;
	Ipc__FilterEntry *pointers[64];

	assert_true(len <= ARRAY_LEN(pointers));
	for (size_t i = 0; i < len; i++)
		pointers[i] = &entries[i].msg;
	msg.filter = id;
	msg.name = (char *)"VPN-FILTER";
	msg.entry = pointers;
	msg.n_entry = len;
	msg.last = last;
	filter_table_add(table, &msg);
}

static enum err
take(uint64_t filter4, uint64_t filter6, uint64_t chan, struct filter_use *out)
{
	Ipc__SessionOpened opened = IPC__SESSION_OPENED__INIT;
	Ipc__TunnelPolicy policy = IPC__TUNNEL_POLICY__INIT;

	opened.policy = &policy;
	opened.username = (char *)"alice";
	policy.filter4 = filter4;
	policy.filter6 = filter6;
	return filter_table_use(table, &opened, chan, out);
}

static bool
pass(const struct filter_use *of, const struct help_pkt *pkt)
{
	uint8_t bytes[HELP_PKT_MAX];
	size_t len = help_build(bytes, pkt);

	return filter_table_pass(
	    table, of, pkt->to_client ? FILTER_TO_CLIENT : FILTER_FROM_CLIENT, bytes, len);
}

static struct {
	uint64_t filter;
	uint64_t sum;
	size_t messages, lines;
	uint32_t last_line;
	enum err result;
} told;

static enum err
on_hits(const Ipc__FilterHits *hits, void *arg)
{
	assert_ptr_equal(arg, &told);
	assert_int_equal(hits->n_line, hits->n_hits);
	assert_true(hits->n_line > 0 && hits->n_line <= FILTER_HITS_BATCH);
	if (told.result != ERR_OK)
		return told.result;
	told.messages++;
	told.filter = hits->filter;
	for (size_t i = 0; i < hits->n_line; i++) {
		assert_true(hits->hits[i] > 0);
		told.sum += hits->hits[i];
		told.last_line = hits->line[i];
		told.lines++;
	}
	return ERR_OK;
}

static void
report(enum err result)
{
	memset(&told, 0, sizeof(told));
	told.result = result;
	filter_table_report(table, on_hits, &told);
}

static const struct help_pkt web = {.proto = IPPROTO_TCP,
    .client = {10, 0, 0, 1},
    .peer = {10, 1, 0, 9},
    .client_port = 1234,
    .peer_port = 80};

/* Line 1 permits the web, line 2 denies the rest of TCP, line 3 permits UDP. */
static void
three_rules(struct help_entry *entries, bool log)
{
	help_entry_init(&entries[0], true, 1);
	entries[0].msg.proto = IPPROTO_TCP;
	entries[0].msg.dst_port_first = entries[0].msg.dst_port_last = 80;
	help_entry_init(&entries[1], false, 2);
	entries[1].msg.proto = IPPROTO_TCP;
	help_entry_init(&entries[2], true, 3);
	entries[2].msg.proto = IPPROTO_UDP;
	for (size_t i = 0; i < 3; i++)
		entries[i].msg.log = log;
}

/* ---- coming and going ---- */

static void
test_pieces(UNUSED void **state)
{
	struct help_entry entries[3];
	struct help_pkt ssh = web, dns = web;

	ssh.peer_port = 22;
	dns.proto = IPPROTO_UDP;
	three_rules(entries, false);
	assert_true(filter_table_has(table, 0, 0));
	send_piece(7, entries, 1, false);
	send_piece(7, entries + 1, 1, false);
	assert_false(filter_table_has(table, 7, 0));
	assert_int_equal(take(7, 0, 1, &use), ERR_NOTFOUND);
	send_piece(7, entries + 2, 1, true);
	assert_true(filter_table_has(table, 7, 7));
	assert_false(filter_table_has(table, 7, 8));
	assert_int_equal(take(7, 8, 1, &use), ERR_NOTFOUND);
	assert_int_equal(take(7, 0, 1, &use), ERR_OK);
	assert_true(filter_use_wants(&use, 4));
	assert_false(filter_use_wants(&use, 6));
	assert_true(pass(&use, &web));
	assert_false(pass(&use, &ssh));
	assert_true(pass(&use, &dns));
}

static void
test_no_filter(UNUSED void **state)
{
	assert_int_equal(take(0, 0, 1, &use), ERR_OK);
	assert_false(filter_use_wants(&use, 4) || filter_use_wants(&use, 6));
	assert_int_equal(take(0, 3, 1, &use), ERR_NOTFOUND);
	/* An id that means "none" cannot be that of a filter. */
	send_piece(0, NULL, 0, true);
	assert_int_equal(take(0, 0, 1, &use), ERR_OK);
	assert_false(filter_use_wants(&use, 4));
}

static void
test_bad_piece(UNUSED void **state)
{
	struct help_entry entries[3];

	three_rules(entries, false);
	entries[1].msg.proto = 999;
	send_piece(7, entries, 2, false);
	send_piece(7, entries + 2, 1, true);
	assert_false(filter_table_has(table, 7, 0));
	/* It is not the next one's fault. */
	three_rules(entries, false);
	send_piece(8, entries, 3, true);
	assert_true(filter_table_has(table, 8, 0));
	/* One that another interrupted is gone. */
	send_piece(9, entries, 1, false);
	send_piece(10, entries, 1, true);
	send_piece(9, entries + 1, 1, true);
	assert_true(filter_table_has(table, 10, 9));
}

static void
test_forgotten_but_in_use(UNUSED void **state)
{
	struct help_entry entries[3];
	struct filter_use other = {0};

	three_rules(entries, false);
	send_piece(7, entries, 3, true);
	assert_int_equal(take(7, 7, 1, &use), ERR_OK);
	filter_table_forget(table, 7);
	report(ERR_OK);
	assert_true(pass(&use, &web));
	report(ERR_OK);
	assert_int_equal(told.sum, 1);
	/* Sent again, it is the same one, and owned again. */
	entries[0].msg.permit = false;
	send_piece(7, entries, 3, true);
	filter_table_unuse(&use);
	report(ERR_OK);
	assert_true(filter_table_has(table, 7, 0));
	assert_int_equal(take(7, 0, 2, &use), ERR_OK);
	assert_int_equal(take(7, 0, 3, &other), ERR_OK);
	assert_true(pass(&use, &web));
	/* The channel to auth breaks: it stays as long as a use. */
	filter_table_forget_all(table);
	filter_table_unuse(&use);
	report(ERR_OK);
	assert_true(pass(&other, &web));
	filter_table_unuse(&other);
	/* The last hits are told before it goes. */
	report(ERR_OK);
	assert_int_equal(told.sum, 1);
	assert_false(filter_table_has(table, 7, 0));
}

static enum err
change(uint64_t filter4, uint64_t filter6, uint64_t chan, struct filter_use *of)
{
	Ipc__SessionUpdate update = IPC__SESSION_UPDATE__INIT;

	update.filter4 = filter4;
	update.filter6 = filter6;
	update.username = (char *)"alice";
	return filter_table_change(table, &update, chan, of);
}

/* Flows that are known are judged anew, at once; what cannot be had changes nothing. */
static void
test_change(UNUSED void **state)
{
	struct help_entry entries[3];
	struct filter_use other = {0};

	three_rules(entries, true);
	send_piece(7, entries, 3, true);
	entries[0].msg.permit = false;
	send_piece(8, entries, 3, true);
	assert_int_equal(take(7, 7, 1, &use), ERR_OK);
	assert_int_equal(take(7, 7, 2, &other), ERR_OK);
	assert_true(pass(&use, &web));
	assert_true(pass(&other, &web));
	assert_int_equal(change(8, 9, 3, &use), ERR_NOTFOUND);
	assert_true(pass(&use, &web));
	assert_int_equal(change(8, 8, 3, &use), ERR_OK);
	assert_false(pass(&use, &web));
	assert_true(pass(&other, &web));
	/* And back: the verdict that was remembered with the first one does not count. */
	assert_int_equal(change(7, 0, 4, &use), ERR_OK);
	assert_true(pass(&use, &web));
	assert_false(filter_use_wants(&use, 6));
	assert_int_equal(change(0, 0, 5, &use), ERR_OK);
	assert_false(filter_use_wants(&use, 4));
	/* From none to one, by which nobody was held before. */
	assert_int_equal(change(8, 8, 6, &use), ERR_OK);
	assert_false(pass(&use, &web));
	filter_table_unuse(&other);
	filter_table_forget(table, 7);
	report(ERR_OK);
	assert_false(filter_table_has(table, 7, 0));
	assert_true(filter_table_has(table, 8, 0));
}

static void
test_forget_unfinished(UNUSED void **state)
{
	struct help_entry entries[3];

	three_rules(entries, false);
	send_piece(7, entries, 1, false);
	filter_table_forget(table, 7);
	send_piece(7, entries + 1, 1, true); /* begins anew */
	assert_int_equal(take(7, 0, 1, &use), ERR_OK);
	assert_false(pass(&use, &web));
}

static void
test_limits(UNUSED void **state)
{
	struct help_entry entries[3];

	three_rules(entries, false);
	for (uint64_t id = 1; id <= FILTER_TABLE_MAX; id++)
		send_piece(id, entries, 1, true);
	assert_true(filter_table_has(table, FILTER_TABLE_MAX, 0));
	send_piece(FILTER_TABLE_MAX + 1, entries, 1, true);
	assert_false(filter_table_has(table, FILTER_TABLE_MAX + 1, 0));
	filter_table_forget(table, 5);
	filter_table_report(table, NULL, NULL);
	send_piece(FILTER_TABLE_MAX + 1, entries, 1, true);
	assert_true(filter_table_has(table, FILTER_TABLE_MAX + 1, 0));
}

/* ---- hits ---- */

static void
test_hits(UNUSED void **state)
{
	struct help_entry entries[3];
	struct help_pkt back = web, ssh = web, later = web, error = web;

	three_rules(entries, false);
	send_piece(7, entries, 3, true);
	assert_int_equal(take(7, 0, 1, &use), ERR_OK);
	report(ERR_OK);
	assert_int_equal(told.messages, 0);
	back.to_client = true;
	ssh.peer_port = 22;
	later.fragment = 9;
	error = (struct help_pkt){.proto = IPPROTO_ICMP,
	    .client = {10, 0, 0, 1},
	    .peer = {10, 9, 9, 9},
	    .client_port = 3,
	    .to_client = true,
	    .quoted = &ssh};
	/* An error before its flow is judged, but not remembered. */
	assert_false(pass(&use, &error));
	/* One flow, whatever its packets are; fragments and errors do not count. */
	for (int i = 0; i < 5; i++) {
		assert_true(pass(&use, &web));
		assert_true(pass(&use, &back));
		assert_false(pass(&use, &ssh));
		assert_true(pass(&use, &later));
		assert_false(pass(&use, &error));
	}
	report(ERR_CLOSED);
	assert_int_equal(told.messages, 0);
	report(ERR_OK); /* what was not told is told later */
	assert_int_equal(told.messages, 1);
	assert_int_equal(told.lines, 2);
	assert_int_equal(told.sum, 2);
	assert_int_equal(told.filter, 7);
	report(ERR_OK);
	assert_int_equal(told.messages, 0);
	ssh.client_port++;
	assert_false(pass(&use, &ssh));
	report(ERR_OK);
	assert_int_equal(told.sum, 1);
	assert_int_equal(told.last_line, 2);
}

/* More lines than a message has room for. */
static void
test_many_lines(UNUSED void **state)
{
	static struct help_entry entries[64];
	struct help_pkt pkt = web;

	for (uint32_t line = 1; line <= 640; line += 64) {
		for (uint32_t i = 0; i < 64; i++) {
			help_entry_init(&entries[i], true, line + i);
			entries[i].msg.proto = IPPROTO_TCP;
			entries[i].msg.dst_port_first = entries[i].msg.dst_port_last = line + i;
		}
		send_piece(7, entries, 64, line + 64 > 640);
	}
	assert_int_equal(take(7, 0, 1, &use), ERR_OK);
	for (uint16_t port = 1; port <= 640; port++) {
		pkt.peer_port = port;
		assert_true(pass(&use, &pkt));
	}
	report(ERR_OK);
	assert_int_equal(told.messages, 3);
	assert_int_equal(told.lines, 640);
	assert_int_equal(told.sum, 640);
	assert_int_equal(told.last_line, 640);
}

/* The same flow of two channels with different filters. */
static void
test_channels_share_nothing(UNUSED void **state)
{
	struct filter_use other = {0};
	struct help_entry entries[3];

	three_rules(entries, false);
	send_piece(7, entries, 3, true);
	send_piece(8, entries + 1, 1, true);
	assert_int_equal(take(7, 7, 1, &use), ERR_OK);
	assert_int_equal(take(8, 8, 2, &other), ERR_OK);
	for (int i = 0; i < 3; i++) {
		assert_true(pass(&use, &web));
		assert_false(pass(&other, &web));
	}
	filter_table_unuse(&other);
}

/* An IPv4 address and the IPv6 address of the same number. */
static void
test_families_share_nothing(UNUSED void **state)
{
	struct help_pkt pkt6 = {.v6 = true,
	    .proto = IPPROTO_TCP,
	    .peer = {[12] = 10, 1, 0, 9},
	    .client_port = 1234,
	    .peer_port = 80};
	struct help_entry entries[3];

	three_rules(entries, false);
	send_piece(7, entries, 3, true);
	send_piece(8, entries + 1, 1, true);
	assert_int_equal(take(7, 8, 1, &use), ERR_OK);
	assert_true(pass(&use, &web));
	assert_false(pass(&use, &pkt6));
	assert_true(pass(&use, &web));
}

/* ---- log lines ---- */

/* What passing a packet writes to stderr. */
static const char *
lines_of(const struct help_pkt *pkt)
{
	static char text[8192];
	int saved = dup(STDERR_FILENO);
	int fds[2];
	ssize_t n;

	assert_int_equal(pipe(fds), 0);
	assert_true(dup2(fds[1], STDERR_FILENO) >= 0);
	close(fds[1]);
	(void)pass(&use, pkt);
	assert_true(dup2(saved, STDERR_FILENO) >= 0);
	close(saved);
	n = read(fds[0], text, sizeof(text) - 1);
	close(fds[0]);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void
expect_line(const struct help_pkt *pkt, const char *expect)
{
	const char *text = lines_of(pkt);

	if (strstr(text, expect) == NULL)
		fail_msg("expected \"%s\", got \"%s\"", expect, text);
	/* The first packet only. */
	assert_string_equal(lines_of(pkt), "");
}

static uint64_t now_ms;

static uint64_t
fake_mono(void)
{
	return now_ms;
}

static void
test_log_lines(UNUSED void **state)
{
	struct help_entry entries[3];
	struct help_pkt ssh = web, dns = {.v6 = true, .proto = IPPROTO_UDP, .to_client = true};

	three_rules(entries, true);
	send_piece(0x1234567800000000, entries, 3, true);
	assert_int_equal(take(0x1234567800000000, 0x1234567800000000, 1, &use), ERR_OK);
	expect_line(&web, "%ASA-6-106102: access-list VPN-FILTER permitted tcp for user alice "
			  "outside/10.0.0.1(1234) -> inside/10.1.0.9(80) hit-cnt 1 first hit "
			  "[0x12345678, 0x00000001]\n");
	ssh.peer_port = 22;
	ssh.to_client = true;
	expect_line(&ssh, "%ASA-4-106103: access-list VPN-FILTER denied tcp for user alice "
			  "inside/10.1.0.9(22) -> outside/10.0.0.1(1234) hit-cnt 1 first hit "
			  "[0x12345678, 0x00000002]\n");
	dns.client[0] = dns.peer[0] = 0xfd;
	dns.peer[15] = 5;
	expect_line(&dns, "permitted udp for user alice inside/fd00::5(0) -> outside/fd00::(0) ");
	/* Nothing about what no entry fits. */
	dns.proto = IPPROTO_GRE;
	assert_string_equal(lines_of(&dns), "");
}

static void
test_log_icmp(UNUSED void **state)
{
	struct help_pkt ping = {.proto = IPPROTO_ICMP, .client_port = 8, .id = 1};
	struct help_entry entry;

	help_entry_init(&entry, true, 4);
	entry.msg.log = true;
	send_piece(7, &entry, 1, true);
	assert_int_equal(take(7, 0, 1, &use), ERR_OK);
	expect_line(
	    &ping, "permitted icmp for user alice outside/0.0.0.0(0) -> inside/0.0.0.0(8) ");
	ping.to_client = true;
	ping.id = 2;
	expect_line(
	    &ping, "permitted icmp for user alice inside/0.0.0.0(0) -> outside/0.0.0.0(8) ");
	ping.proto = 47;
	expect_line(&ping, "permitted 47 for user alice ");
}

static void
test_log_limit(UNUSED void **state)
{
	struct help_entry entries[3];
	struct help_pkt pkt = web;
	size_t lines = 0;

	now_ms = 100000;
	clock_set_source(fake_mono, NULL);
	three_rules(entries, true);
	send_piece(7, entries, 3, true);
	assert_int_equal(take(7, 0, 1, &use), ERR_OK);
	for (int i = 0; i < 200; i++) {
		pkt.client_port++;
		lines += *lines_of(&pkt) != '\0';
	}
	assert_int_equal(lines, 50);
	now_ms += 10000;
	pkt.client_port++;
	assert_non_null(strstr(lines_of(&pkt), "150 lines about filters were not written\n"));
	clock_set_source(NULL, NULL);
}

int
main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(test_pieces),
	    T(test_no_filter),
	    T(test_bad_piece),
	    T(test_forgotten_but_in_use),
	    T(test_change),
	    T(test_forget_unfinished),
	    T(test_limits),
	    T(test_hits),
	    T(test_many_lines),
	    T(test_channels_share_nothing),
	    T(test_families_share_nothing),
	    T(test_log_lines),
	    T(test_log_icmp),
	    T(test_log_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
