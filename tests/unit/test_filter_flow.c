/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gateway/filter_flow.c: packets of both directions and families give the flow as its client sees
 * it; what hides something does not pass.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "gateway/filter_flow.h"
#include "tests/unit/filter_help.h"

#define CLIENT4                                                                                    \
	{                                                                                          \
		10, 0, 0, 1                                                                        \
	}
#define PEER4                                                                                      \
	{                                                                                          \
		10, 1, 0, 9                                                                        \
	}
#define CLIENT6                                                                                    \
	{                                                                                          \
		0xfd, [15] = 1                                                                     \
	}
#define PEER6                                                                                      \
	{                                                                                          \
		0xfd, 1, [15] = 9                                                                  \
	}

/* Read a copy of exactly that size, so that ASan sees a byte too many. */
static bool
read_bytes(const uint8_t *pkt, size_t len, bool to_client, struct filter_flow *flow)
{
	uint8_t *copy = malloc(len > 0 ? len : 1);
	bool ok;

	assert_non_null(copy);
	memcpy(copy, pkt, len);
	ok = filter_flow_read(copy, len, to_client ? FILTER_TO_CLIENT : FILTER_FROM_CLIENT, flow);
	free(copy);
	return ok;
}

static bool
read_pkt(const struct help_pkt *pkt, struct filter_flow *flow)
{
	uint8_t bytes[HELP_PKT_MAX];
	size_t len = help_build(bytes, pkt);

	return read_bytes(bytes, len, pkt->to_client, flow);
}

static void
check_addrs(const struct filter_flow *flow, bool v6)
{
	assert_int_equal(flow->family, v6 ? 6 : 4);
	assert_int_equal(flow->client.lo, v6 ? 1 : 0x0a000001);
	assert_int_equal(flow->peer.lo, v6 ? 9 : 0x0a010009);
	assert_int_equal(flow->client.hi, v6 ? 0xfd00000000000000 : 0);
	assert_int_equal(flow->peer.hi, v6 ? 0xfd01000000000000 : 0);
}

static struct help_pkt
base(bool v6, uint8_t proto)
{
	struct help_pkt pkt4 = {.client = CLIENT4, .peer = PEER4, .proto = proto, .data = 8};
	struct help_pkt pkt6 = {
	    .v6 = true, .client = CLIENT6, .peer = PEER6, .proto = proto, .data = 8};

	return v6 ? pkt6 : pkt4;
}

/* ---- ports ---- */

static void
test_both_directions(UNUSED void **state)
{
	static const uint8_t protos[] = {IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP};

	for (size_t i = 0; i < 4 * ARRAY_LEN(protos); i++) {
		struct help_pkt pkt = base((i & 1) != 0, protos[i / 4]);
		struct filter_flow flow;

		pkt.to_client = (i & 2) != 0;
		pkt.client_port = 1234;
		pkt.peer_port = 80;
		assert_true(read_pkt(&pkt, &flow));
		check_addrs(&flow, pkt.v6);
		assert_int_equal(flow.proto, protos[i / 4]);
		assert_int_equal(flow.client_port, 1234);
		assert_int_equal(flow.peer_port, 80);
		assert_false(flow.later || flow.about);
	}
}

static void
test_other_protocols(UNUSED void **state)
{
	for (int v6 = 0; v6 < 2; v6++) {
		struct help_pkt pkt = base(v6 != 0, IPPROTO_GRE);
		struct filter_flow flow;

		assert_true(read_pkt(&pkt, &flow));
		assert_int_equal(flow.proto, IPPROTO_GRE);
		assert_int_equal(flow.client_port, 0);
		/* ICMP of the other family has types that mean nothing. */
		pkt.proto = v6 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
		assert_true(read_pkt(&pkt, &flow));
		assert_true(flow.client_port > 255);
	}
}

/* Cut at every length: it is refused, or nothing that was cut off is known. */
static void
test_cut_short(UNUSED void **state)
{
	static const struct {
		uint8_t proto;
		size_t need;
	} rows[] = {{IPPROTO_TCP, 20}, {IPPROTO_UDP, 8}, {IPPROTO_SCTP, 12}, {IPPROTO_ICMP, 8},
	    {IPPROTO_ICMPV6, 8}, {IPPROTO_GRE, 0}};

	for (size_t i = 0; i < 2 * ARRAY_LEN(rows); i++) {
		bool v6 = i >= ARRAY_LEN(rows);
		struct help_pkt pkt = base(v6, rows[i % ARRAY_LEN(rows)].proto);
		bool own = pkt.proto != (v6 ? IPPROTO_ICMP : IPPROTO_ICMPV6);
		size_t need = (v6 ? 40 : 20) + (own ? rows[i % ARRAY_LEN(rows)].need : 0);
		uint8_t bytes[HELP_PKT_MAX];
		size_t len = help_build(bytes, &pkt);
		struct filter_flow flow;

		if (help_is_icmp(&pkt))
			bytes[v6 ? 40 : 20] = v6 ? 128 : 8;
		for (size_t cut = 0; cut <= len; cut++)
			if (read_bytes(bytes, cut, false, &flow) != (cut >= need))
				fail_msg("protocol %u, IPv%d, %zu bytes: expected %s", pkt.proto,
				    v6 ? 6 : 4, cut, cut >= need ? "a flow" : "none");
	}
}

/* ---- fragments ---- */

static void
test_fragments(UNUSED void **state)
{
	static const struct {
		const char *what;
		uint8_t proto;
		uint16_t offset;
		bool more, pass, later;
	} rows[] = {
	    {"first", IPPROTO_TCP, 0, true, true, false},
	    {"second within the TCP header", IPPROTO_TCP, 1, true, false, false},
	    {"the same as the last", IPPROTO_TCP, 1, false, false, false},
	    {"behind the TCP header", IPPROTO_TCP, 3, true, true, true},
	    {"last", IPPROTO_TCP, 100, false, true, true},
	    {"second of UDP", IPPROTO_UDP, 1, false, true, true},
	    {"later one of ICMP", IPPROTO_ICMP, 2, false, true, true},
	};

	for (size_t i = 0; i < 2 * ARRAY_LEN(rows); i++) {
		size_t row = i / 2;
		struct help_pkt pkt = base((i & 1) != 0, rows[row].proto);
		struct filter_flow flow;

		pkt.client_port = 7;
		pkt.fragment = rows[row].offset;
		pkt.more = rows[row].more;
		if (read_pkt(&pkt, &flow) != rows[row].pass)
			fail_msg("%s, IPv%d: expected it to %s", rows[row].what, pkt.v6 ? 6 : 4,
			    rows[row].pass ? "be read" : "be refused");
		if (!rows[row].pass)
			continue;
		assert_int_equal(flow.later, rows[row].later);
		assert_int_equal(flow.proto, rows[row].proto);
		assert_int_equal(flow.client_port, rows[row].later ? 0 : 7);
	}
}

/* ---- IPv4 options ---- */

static void
test_ipv4_options(UNUSED void **state)
{
	static const struct {
		const char *what;
		uint8_t options[8];
		bool pass;
	} rows[] = {
	    {"none, filled up", {0}, true},
	    {"no operations", {1, 1, 1, 1, 1, 1, 1, 1}, true},
	    {"router alert", {148, 4, 0, 0, 0}, true},
	    {"record route, then the end", {7, 7, 4, 0, 0, 0, 0, 0}, true},
	    {"loose source route", {131, 7, 4, 10, 9, 9, 9, 0}, false},
	    {"strict source route behind another", {1, 137, 7, 4, 10, 9, 9, 9}, false},
	    {"length 0", {7, 0}, false},
	    {"length 1", {7, 1}, false},
	    {"no length", {1, 1, 1, 1, 1, 1, 1, 7}, false},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct help_pkt pkt = base(false, IPPROTO_UDP);
		uint8_t bytes[HELP_PKT_MAX];
		size_t len = help_build(bytes, &pkt);
		struct filter_flow flow;

		memmove(bytes + 28, bytes + 20, len - 20);
		memcpy(bytes + 20, rows[i].options, 8);
		bytes[0] = 0x47;
		if (read_bytes(bytes, len + 8, false, &flow) != rows[i].pass)
			fail_msg("%s: expected it to %s", rows[i].what,
			    rows[i].pass ? "be read" : "be refused");
	}
}

/* ---- IPv6 extension headers ---- */

static void
test_ipv6_extensions(UNUSED void **state)
{
	/* Types in order, 0xff ends; then what is behind them. All are 8 bytes long. */
	static const struct {
		const char *what;
		uint8_t chain[12];
		uint8_t fourth; /* byte of each header: segments left */
		bool pass;
		uint8_t proto;
	} rows[] = {
	    {"none", {0xff}, 0, true, IPPROTO_UDP},
	    {"hop-by-hop options", {0, 0xff}, 0, true, IPPROTO_UDP},
	    {"all kinds", {0, 60, 43, 51, 60, 0xff}, 0, true, IPPROTO_UDP},
	    {"a route that is used up", {43, 0xff}, 0, true, IPPROTO_UDP},
	    {"a route of the sender's own", {43, 0xff}, 1, false, 0},
	    {"as many as are read", {0, 60, 60, 60, 60, 60, 60, 60, 0xff}, 0, true, IPPROTO_UDP},
	    {"one more", {0, 60, 60, 60, 60, 60, 60, 60, 60, 0xff}, 0, true, 60},
	    {"encrypted", {50, 0xff}, 0, true, 50},
	    {"mobility, which is not known", {135, 0xff}, 0, true, 135},
	    {"nothing behind", {60, 59, 0xff}, 0, true, 59},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct help_pkt pkt = base(true, IPPROTO_UDP);
		uint8_t bytes[HELP_PKT_MAX];
		size_t len = help_build(bytes, &pkt), count = 0;
		struct filter_flow flow;

		while (rows[i].chain[count] != 0xff)
			count++;
		memmove(bytes + 40 + 8 * count, bytes + 40, len - 40);
		memset(bytes + 40, 0, 8 * count);
		for (size_t j = 0; j < count; j++) {
			bytes[j == 0 ? 6 : 40 + 8 * (j - 1)] = rows[i].chain[j];
			bytes[40 + 8 * j + 3] = rows[i].chain[j] == 43 ? rows[i].fourth : 0;
		}
		if (count > 0)
			bytes[40 + 8 * (count - 1)] = IPPROTO_UDP;
		len += 8 * count;
		help_put16(bytes + 4, len - 40);
		if (read_bytes(bytes, len, false, &flow) != rows[i].pass)
			fail_msg("%s: expected it to %s", rows[i].what,
			    rows[i].pass ? "be read" : "be refused");
		if (rows[i].pass)
			assert_int_equal(flow.proto, rows[i].proto);
		/* Cut within the chain. */
		if (count > 0 && rows[i].proto == IPPROTO_UDP)
			assert_false(read_bytes(bytes, 40 + 8 * count - 1, false, &flow));
		/* The last one says that it is longer than the packet. */
		if (count > 0 && rows[i].proto == IPPROTO_UDP) {
			bytes[40 + 8 * (count - 1) + 1] = 0xff;
			assert_false(read_bytes(bytes, len, false, &flow));
		}
	}
}

/* ---- ICMP ---- */

static void
test_echo(UNUSED void **state)
{
	for (int i = 0; i < 8; i++) {
		struct help_pkt pkt = base((i & 1) != 0, (i & 1) ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
		struct filter_flow flow;

		pkt.to_client = (i & 2) != 0;
		pkt.client_port = pkt.v6 ? (i & 4 ? 129 : 128) : (i & 4 ? 0 : 8);
		pkt.id = 4711;
		assert_true(read_pkt(&pkt, &flow));
		check_addrs(&flow, pkt.v6);
		assert_int_equal(flow.client_port, pkt.v6 ? 128 : 8);
		assert_int_equal(flow.peer_port, 0);
		assert_int_equal(flow.id, 4711);
		assert_false(flow.about);
	}
}

static void
test_other_icmp(UNUSED void **state)
{
	static const struct {
		bool v6;
		uint16_t type;
	} rows[] = {{false, 5}, {false, 13}, {false, 14}, {false, 4}, {true, 133}, {true, 0}};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct help_pkt pkt = base(rows[i].v6, rows[i].v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
		struct filter_flow flow;

		pkt.client_port = rows[i].type;
		pkt.peer_port = 1;
		pkt.id = 5;
		assert_true(read_pkt(&pkt, &flow));
		assert_int_equal(flow.client_port, rows[i].type);
		assert_int_equal(flow.peer_port, 1);
		assert_int_equal(flow.id, 0);
		assert_false(flow.about);
	}
}

/* An error to (or from) the client about a packet that went the other way. */
static void
test_icmp_errors(UNUSED void **state)
{
	static const uint16_t types4[] = {3, 11, 12, 3}, types6[] = {1, 2, 3, 4};

	for (size_t i = 0; i < 16; i++) {
		bool v6 = (i & 1) != 0;
		struct help_pkt quoted = base(v6, IPPROTO_TCP);
		struct help_pkt pkt = base(v6, v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
		struct filter_flow flow;

		quoted.client_port = 1234;
		quoted.peer_port = 80;
		pkt.to_client = (i & 2) != 0;
		quoted.to_client = !pkt.to_client;
		pkt.client_port = v6 ? types6[i / 4] : types4[i / 4];
		pkt.quoted = &quoted;
		pkt.quoted_len = v6 ? 48 : 28;   /* no more than RFC 792 asks for */
		pkt.peer[15] = pkt.peer[3] = 77; /* a router on the way */
		assert_true(read_pkt(&pkt, &flow));
		check_addrs(&flow, v6);
		assert_true(flow.about);
		assert_int_equal(flow.proto, IPPROTO_TCP);
		assert_int_equal(flow.client_port, 1234);
		assert_int_equal(flow.peer_port, 80);
	}
}

static void
test_quoted_echo_and_fragment(UNUSED void **state)
{
	struct help_pkt quoted = base(false, IPPROTO_ICMP), pkt = base(false, IPPROTO_ICMP);
	struct filter_flow flow;

	pkt.to_client = true;
	pkt.client_port = 3;
	pkt.quoted = &quoted;
	quoted.client_port = 8;
	quoted.id = 99;
	assert_true(read_pkt(&pkt, &flow));
	assert_int_equal(flow.client_port, 8);
	assert_int_equal(flow.id, 99);
	assert_true(flow.about);
	quoted.fragment = 5;
	assert_true(read_pkt(&pkt, &flow));
	assert_true(flow.about && flow.later);
	assert_int_equal(flow.proto, IPPROTO_ICMP);
}

static void
test_false_icmp_errors(UNUSED void **state)
{
	struct help_pkt quoted = base(false, IPPROTO_UDP), pkt = base(false, IPPROTO_ICMP), third;
	struct filter_flow flow;

	pkt.data = 0;
	pkt.to_client = true;
	pkt.client_port = 3;
	pkt.quoted = &quoted;
	assert_true(read_pkt(&pkt, &flow));
	/* About a packet that the client did not send. */
	quoted.client[3] = 2;
	assert_false(read_pkt(&pkt, &flow));
	quoted.client[3] = 1;
	/* .. or that went the same way as the error. */
	quoted.to_client = true;
	assert_false(read_pkt(&pkt, &flow));
	quoted.to_client = false;
	/* Quoted too little. */
	for (size_t len = 1; len < 24; len++) {
		pkt.quoted_len = len;
		if (read_pkt(&pkt, &flow))
			fail_msg("%zu bytes quoted: expected none to be enough", len);
	}
	pkt.quoted_len = 24;
	assert_true(read_pkt(&pkt, &flow));
	pkt.quoted_len = 0;
	/* Of the other family. */
	third = base(true, IPPROTO_UDP);
	pkt.quoted = &third;
	assert_false(read_pkt(&pkt, &flow));
	/* About an error. */
	quoted.proto = IPPROTO_ICMP;
	quoted.client_port = 11;
	pkt.quoted = &quoted;
	assert_false(read_pkt(&pkt, &flow));
	/* About nothing. */
	pkt.quoted = NULL;
	assert_false(read_pkt(&pkt, &flow));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_both_directions),
	    cmocka_unit_test(test_other_protocols),
	    cmocka_unit_test(test_cut_short),
	    cmocka_unit_test(test_fragments),
	    cmocka_unit_test(test_ipv4_options),
	    cmocka_unit_test(test_ipv6_extensions),
	    cmocka_unit_test(test_echo),
	    cmocka_unit_test(test_other_icmp),
	    cmocka_unit_test(test_icmp_errors),
	    cmocka_unit_test(test_quoted_echo_and_fragment),
	    cmocka_unit_test(test_false_icmp_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
