/* SPDX-License-Identifier: Apache-2.0 */
/* gateway/filter.c: entries that make no sense are refused, and those that do decide in order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gateway/filter.h"
#include "tests/unit/filter_help.h"

/* ---- entries ---- */

static void
change(struct help_entry *e, const char *what)
{
	static const uint8_t low[16] = {10, 0, 0, 1}, high[16] = {10, 0, 0, 9};
	Ipc__FilterEntry *msg = &e->msg;

	msg->proto = IPPROTO_TCP;
	if (strcmp(what, "address of 3 bytes") == 0)
		help_entry_net(e, false, low, high, 3);
	else if (strcmp(what, "first without last") == 0)
		msg->src_first = (ProtobufCBinaryData){4, e->addrs[0]};
	else if (strcmp(what, "last without first") == 0)
		msg->dst_last = (ProtobufCBinaryData){16, e->addrs[0]};
	else if (strcmp(what, "backwards") == 0)
		help_entry_net(e, true, high, low, 4);
	else if (strcmp(what, "two families in a range") == 0) {
		help_entry_net(e, true, low, high, 4);
		msg->dst_last.len = 16;
	} else if (strcmp(what, "protocol 256") == 0)
		msg->proto = 256;
	else if (strcmp(what, "protocol -2") == 0)
		msg->proto = -2;
	else if (strcmp(what, "ports backwards") == 0)
		msg->src_port_first = 5, msg->src_port_last = 4;
	else if (strcmp(what, "port 65536") == 0)
		msg->dst_port_last = 65536;
	else if (strcmp(what, "ports of any protocol") == 0)
		msg->proto = -1, msg->dst_port_last = 80;
	else if (strcmp(what, "ports of GRE") == 0)
		msg->proto = 47, msg->src_port_first = 1;
	else if (strcmp(what, "type 256") == 0)
		msg->proto = 1, msg->icmp_type = 256;
	else if (strcmp(what, "type -2") == 0)
		msg->proto = 58, msg->icmp_type = -2;
	else if (strcmp(what, "code without type") == 0)
		msg->proto = 1, msg->icmp_code = 1;
	else
		assert_string_equal(what, "");
}

static void
test_bad_entries(UNUSED void **state)
{
	static const struct {
		const char *what;
		enum err expect;
	} rows[] = {
	    {"", ERR_OK},
	    {"address of 3 bytes", ERR_SYNTAX},
	    {"first without last", ERR_SYNTAX},
	    {"last without first", ERR_SYNTAX},
	    {"backwards", ERR_RANGE},
	    {"two families in a range", ERR_SYNTAX},
	    {"protocol 256", ERR_RANGE},
	    {"protocol -2", ERR_RANGE},
	    {"ports backwards", ERR_RANGE},
	    {"port 65536", ERR_RANGE},
	    {"ports of any protocol", ERR_SYNTAX},
	    {"ports of GRE", ERR_SYNTAX},
	    {"type 256", ERR_RANGE},
	    {"type -2", ERR_RANGE},
	    {"code without type", ERR_SYNTAX},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct filter *filter = filter_new(1, "F");
		struct help_entry entry = {0};
		enum err err;

		assert_non_null(filter);
		help_entry_init(&entry, true, 1);
		change(&entry, rows[i].what);
		err = filter_append(filter, &entry.msg);
		if (err != rows[i].expect)
			fail_msg("%s: expected %s, got %s", rows[i].what, err_str(rows[i].expect),
			    err_str(err));
		filter_free(filter);
	}
}

static void
test_too_many(UNUSED void **state)
{
	struct filter *filter = filter_new(1, "F");
	struct help_entry entry;

	assert_non_null(filter);
	help_entry_init(&entry, true, 1);
	for (size_t i = 0; i < FILTER_ENTRIES_MAX; i++) {
		entry.msg.line = (uint32_t)i;
		assert_int_equal(filter_append(filter, &entry.msg), ERR_OK);
	}
	assert_int_equal(filter_append(filter, &entry.msg), ERR_LIMIT);
	filter_finish(filter);
	assert_int_equal(filter->entries, FILTER_ENTRIES_MAX);
	assert_int_equal(filter->cap4, FILTER_ENTRIES_MAX);
	assert_int_equal(filter->cap6, FILTER_ENTRIES_MAX);
	filter_free(filter);
}

/* ---- order and families ---- */

static const uint8_t v4a[16] = {10, 1, 0, 0}, v4b[16] = {10, 1, 0, 255};
static const uint8_t v6a[16] = {0xfd, 1}, v6b[16] = {0xfd, 1, [14] = 255, [15] = 255};

static struct filter_flow
flow_of(bool v6, uint8_t proto, uint64_t peer, uint16_t peer_port)
{
	return (struct filter_flow){
	    .family = v6 ? 6 : 4,
	    .client = {v6 ? 0xfd00000000000000 : 0, v6 ? 1 : 0x0a000001},
	    .peer = {v6 ? 0xfd01000000000000 : 0, v6 ? peer : 0x0a010000 + peer},
	    .client_port = 1024,
	    .peer_port = peer_port,
	    .proto = proto,
	};
}

static void
append(struct filter *filter, const struct help_entry *entry)
{
	assert_int_equal(filter_append(filter, &entry->msg), ERR_OK);
}

static uint32_t
line_of(const struct filter *filter, const struct filter_flow *flow, bool permit)
{
	struct filter_verdict verdict = filter_judge(filter, flow);

	assert_int_equal(verdict.permit, permit);
	return verdict.line != NULL ? verdict.line->line : 0;
}

static void
test_order(UNUSED void **state)
{
	struct filter *filter = filter_new(1, "F");
	struct filter_flow web4 = flow_of(false, IPPROTO_TCP, 5, 80);
	struct filter_flow web6 = flow_of(true, IPPROTO_TCP, 5, 80);
	struct filter_flow ssh4 = flow_of(false, IPPROTO_TCP, 5, 22), far4 = web4, far6 = web6;
	struct help_entry entry;

	assert_non_null(filter);
	/* Nothing at all: nothing passes. */
	assert_int_equal(line_of(filter, &web4, false), 0);
	help_entry_init(&entry, false, 2);
	entry.msg.proto = IPPROTO_TCP;
	entry.msg.dst_port_first = entry.msg.dst_port_last = 22;
	append(filter, &entry);
	help_entry_init(&entry, true, 3);
	help_entry_net(&entry, true, v4a, v4b, 4);
	append(filter, &entry);
	help_entry_init(&entry, true, 5);
	help_entry_net(&entry, true, v6a, v6b, 16);
	entry.msg.log = true;
	append(filter, &entry);
	/* Between the families: fits nothing, and is in its place all the same. */
	help_entry_init(&entry, false, 6);
	help_entry_net(&entry, false, v4a, v4b, 4);
	help_entry_net(&entry, true, v6a, v6b, 16);
	append(filter, &entry);
	assert_int_equal(filter->len4, 2);
	assert_int_equal(filter->len6, 2);
	assert_int_equal(filter->lines_len, 4);
	assert_true(filter->logs);
	assert_int_equal(line_of(filter, &web4, true), 3);
	assert_int_equal(line_of(filter, &ssh4, false), 2);
	assert_int_equal(line_of(filter, &web6, true), 5);
	assert_true(filter_judge(filter, &web6).log);
	assert_false(filter_judge(filter, &web4).log);
	far4.peer.lo += 251;
	far6.peer.lo += 0x10000;
	assert_int_equal(line_of(filter, &far4, false), 0);
	assert_int_equal(line_of(filter, &far6, false), 0);
	filter_free(filter);
}

/* The ends of ranges, in both halves of an IPv6 address. */
static void
test_ranges(UNUSED void **state)
{
	static const uint8_t first[16] = {[7] = 1, [15] = 5}, last[16] = {[7] = 3, [15] = 2};
	static const struct {
		uint64_t hi, lo;
		bool fits;
	} rows[] = {{1, 4, false}, {1, 5, true}, {1, UINT64_MAX, true}, {0, 7, false}, {2, 0, true},
	    {2, UINT64_MAX, true}, {3, 0, true}, {3, 2, true}, {3, 3, false}, {4, 1, false}};
	struct filter *filter = filter_new(1, "F");
	struct help_entry entry;

	assert_non_null(filter);
	help_entry_init(&entry, true, 1);
	help_entry_net(&entry, true, first, last, 16);
	append(filter, &entry);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct filter_flow flow = flow_of(true, IPPROTO_UDP, 0, 53);

		flow.peer = (struct filter_addr){rows[i].hi, rows[i].lo};
		if (filter_judge(filter, &flow).permit != rows[i].fits)
			fail_msg("row %zu: expected it to %s", i, rows[i].fits ? "fit" : "differ");
	}
	filter_free(filter);
}

/* Of a later fragment no port is known. */
static void
test_later_fragments(UNUSED void **state)
{
	struct filter *filter = filter_new(1, "F");
	struct filter_flow later = flow_of(false, IPPROTO_TCP, 5, 0);
	struct help_entry entry;

	assert_non_null(filter);
	later.later = true;
	help_entry_init(&entry, false, 1);
	entry.msg.proto = IPPROTO_TCP;
	entry.msg.dst_port_last = 1023;
	append(filter, &entry);
	assert_int_equal(line_of(filter, &later, false), 0);
	help_entry_init(&entry, true, 2);
	entry.msg.proto = IPPROTO_UDP;
	append(filter, &entry);
	assert_int_equal(line_of(filter, &later, false), 0);
	help_entry_init(&entry, true, 3);
	entry.msg.proto = IPPROTO_TCP;
	entry.msg.dst_port_first = entry.msg.dst_port_last = 8080;
	append(filter, &entry);
	assert_int_equal(line_of(filter, &later, true), 3);
	filter_free(filter);
	/* A deny that names no ports does fit. */
	filter = filter_new(1, "F");
	assert_non_null(filter);
	help_entry_init(&entry, false, 1);
	entry.msg.proto = IPPROTO_TCP;
	append(filter, &entry);
	assert_int_equal(line_of(filter, &later, false), 1);
	filter_free(filter);
}

static void
test_name_is_printable(UNUSED void **state)
{
	struct filter *filter = filter_new(1, "a\nb");

	assert_non_null(filter);
	assert_string_equal(filter->name, "a?b");
	filter_free(filter);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_bad_entries),
	    cmocka_unit_test(test_too_many),
	    cmocka_unit_test(test_order),
	    cmocka_unit_test(test_ranges),
	    cmocka_unit_test(test_later_fragments),
	    cmocka_unit_test(test_name_is_printable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
