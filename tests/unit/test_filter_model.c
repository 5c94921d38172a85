/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gateway/filter*.c against a simple model: packets of random flows in both directions, fragments,
 * ICMP and errors, through random filters; and more flows than a worker remembers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gateway/filter_table.h"
#include "tests/unit/filter_help.h"

static struct filter_table *table;

static int
setup(UNUSED void **state)
{
	table = filter_table_new();
	assert_non_null(table);
	return 0;
}

static int
teardown(UNUSED void **state)
{
	filter_table_free(table);
	return 0;
}

static struct filter_use
give(uint64_t id, Ipc__FilterEntry **entries, size_t len, uint64_t chan)
{
	Ipc__SessionOpened opened = IPC__SESSION_OPENED__INIT;
	Ipc__TunnelPolicy policy = IPC__TUNNEL_POLICY__INIT;
	Ipc__FilterAdd msg = IPC__FILTER_ADD__INIT;
	struct filter_use use;

	msg.filter = policy.filter4 = policy.filter6 = id;
	msg.entry = entries;
	msg.n_entry = len;
	msg.last = true;
	filter_table_add(table, &msg);
	opened.policy = &policy;
	assert_int_equal(filter_table_use(table, &opened, chan, &use), ERR_OK);
	return use;
}

static bool
pass(const struct filter_use *of, const struct help_pkt *pkt)
{
	uint8_t bytes[HELP_PKT_MAX];
	size_t len = help_build(bytes, pkt);

	return filter_table_pass(
	    table, of, pkt->to_client ? FILTER_TO_CLIENT : FILTER_FROM_CLIENT, bytes, len);
}

#define MODEL_ENTRIES 24
#define MODEL_CLIENTS 3

static uint64_t random_state;

static uint32_t
random_below(uint32_t n)
{
	random_state = random_state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (uint32_t)(random_state >> 33) % n;
}

static void
random_addr(uint8_t *dst, bool v6, bool client)
{
	memset(dst, 0, 16);
	dst[0] = v6 ? 0xfd : 10;
	dst[1] = client ? 0 : 1;
	dst[v6 ? 15 : 3] = (uint8_t)random_below(client ? MODEL_CLIENTS : 16);
}

static void
random_net(struct help_entry *entry, bool dst, bool v6)
{
	uint8_t first[16], last[16];

	if (random_below(3) == 0)
		return;
	random_addr(first, v6, !dst);
	random_addr(last, v6, !dst);
	if (memcmp(first, last, 16) > 0)
		help_entry_net(entry, dst, last, first, v6 ? 16 : 4);
	else
		help_entry_net(entry, dst, first, last, v6 ? 16 : 4);
}

static void
random_range(uint32_t *first, uint32_t *last)
{
	uint32_t a = random_below(12), b = random_below(12);

	if (random_below(2) == 0)
		return;
	*first = a < b ? a : b;
	*last = a < b ? b : a;
}

static void
random_entry(struct help_entry *entry, uint32_t line)
{
	static const int32_t protos[] = {-1, 6, 17, 1, 58, 47};
	static const int32_t types[] = {-1, 8, 128, 0, 3, 13};
	bool v6 = random_below(2) == 0;

	help_entry_init(entry, random_below(2) == 0, line);
	entry->msg.proto = protos[random_below(ARRAY_LEN(protos))];
	random_net(entry, false, v6);
	random_net(entry, true, v6);
	if (entry->msg.proto == 6 || entry->msg.proto == 17) {
		random_range(&entry->msg.src_port_first, &entry->msg.src_port_last);
		random_range(&entry->msg.dst_port_first, &entry->msg.dst_port_last);
	}
	if (entry->msg.proto == 1 || entry->msg.proto == 58)
		entry->msg.icmp_type = types[random_below(ARRAY_LEN(types))];
	if (entry->msg.icmp_type >= 0)
		entry->msg.icmp_code = (int32_t)random_below(2) - 1;
}

static void
random_icmp(struct help_pkt *pkt)
{
	static const uint16_t types4[] = {8, 0, 13, 5}, types6[] = {128, 129, 133, 137};

	pkt->proto = pkt->v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
	pkt->client_port = (pkt->v6 ? types6 : types4)[random_below(4)];
	pkt->peer_port = (uint16_t)(random_below(8) == 0);
	pkt->id = (uint16_t)random_below(4);
}

static void
random_pkt(struct help_pkt *pkt, uint8_t client, bool v6)
{
	*pkt = (struct help_pkt){.v6 = v6, .to_client = random_below(2) == 0};
	random_addr(pkt->client, v6, true);
	pkt->client[v6 ? 15 : 3] = client;
	random_addr(pkt->peer, v6, false);
	switch (random_below(4)) {
	case 0:
		random_icmp(pkt);
		break;
	case 1:
		pkt->proto = IPPROTO_GRE;
		break;
	default:
		pkt->proto = random_below(2) == 0 ? IPPROTO_TCP : IPPROTO_UDP;
		pkt->client_port = (uint16_t)random_below(14);
		pkt->peer_port = (uint16_t)random_below(14);
	}
	if (random_below(8) == 0)
		pkt->fragment = (uint16_t)(3 + random_below(100));
	else
		pkt->more = random_below(8) == 0;
}

/* An error about a packet that went the other way. */
static void
random_error(struct help_pkt *pkt, const struct help_pkt *quoted)
{
	*pkt =
	    (struct help_pkt){.v6 = quoted->v6, .to_client = !quoted->to_client, .quoted = quoted};
	memcpy(pkt->client, quoted->client, sizeof(pkt->client));
	random_addr(pkt->peer, pkt->v6, false);
	pkt->proto = pkt->v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
	pkt->client_port = pkt->v6 ? (uint16_t)(1 + random_below(4)) : 3;
}

static uint64_t
model_round(uint64_t round)
{
	struct help_entry entries[MODEL_ENTRIES];
	Ipc__FilterEntry *pointers[MODEL_ENTRIES];
	struct filter_use uses[MODEL_CLIENTS] = {0};
	size_t len = 1 + random_below(MODEL_ENTRIES);
	uint64_t permitted = 0;

	for (size_t i = 0; i < len; i++) {
		random_entry(&entries[i], (uint32_t)i + 1);
		pointers[i] = &entries[i].msg;
	}
	for (size_t i = 0; i < MODEL_CLIENTS; i++)
		uses[i] = give(round, pointers, len, round * MODEL_CLIENTS + i);
	for (int i = 0; i < 2000; i++) {
		uint8_t client = (uint8_t)random_below(MODEL_CLIENTS);
		struct help_pkt pkt, error;
		uint32_t line;
		bool expect;

		random_pkt(&pkt, client, random_below(2) == 0);
		random_error(&error, &pkt);
		expect = help_permits(pointers, len, &pkt, &line);
		permitted += expect;
		if (random_below(5) == 0 && pass(&uses[client], &error) != expect)
			fail_msg("round %llu, packet %d: expected its error to be %s by line %u",
			    (unsigned long long)round, i, expect ? "let through" : "held", line);
		if (pass(&uses[client], &pkt) != expect)
			fail_msg("round %llu, packet %d: expected it to be %s by line %u",
			    (unsigned long long)round, i, expect ? "let through" : "held", line);
	}
	for (size_t i = 0; i < MODEL_CLIENTS; i++)
		filter_table_unuse(&uses[i]);
	filter_table_forget(table, round);
	filter_table_report(table, NULL, NULL);
	return permitted;
}

static void
test_model(UNUSED void **state)
{
	uint64_t permitted = 0;

	random_state = 20261121;
	for (uint64_t round = 1; round <= 200; round++)
		permitted += model_round(round);
	/* Both verdicts were there. */
	assert_in_range(permitted, 40000, 360000);
}

static enum err
on_hits(const Ipc__FilterHits *hits, void *arg)
{
	for (size_t i = 0; i < hits->n_hits; i++)
		*(uint64_t *)arg += hits->hits[i];
	return ERR_OK;
}

/* More flows than can be remembered: forgetting changes no verdict. */
static void
test_eviction(UNUSED void **state)
{
	struct help_pkt pkt = {.proto = IPPROTO_TCP, .client = {10, 0, 0, 1}, .peer = {10, 1}};
	uint64_t flows = FILTER_TABLE_FLOWS + FILTER_TABLE_FLOWS / 2, hits = 0;
	struct help_entry entries[2];
	Ipc__FilterEntry *pointers[2] = {&entries[0].msg, &entries[1].msg};
	struct filter_use use;

	help_entry_init(&entries[0], true, 1);
	entries[0].msg.proto = IPPROTO_TCP;
	entries[0].msg.dst_port_first = entries[0].msg.dst_port_last = 80;
	help_entry_init(&entries[1], false, 2);
	use = give(1, pointers, 2, 1);
	for (int turn = 0; turn < 2; turn++) {
		for (uint64_t i = 0; i < flows; i++) {
			pkt.client_port = (uint16_t)i;
			pkt.peer[3] = (uint8_t)(i >> 16);
			pkt.peer_port = (i & 1) != 0 ? 80 : 22;
			pkt.to_client = turn == 1;
			if (pass(&use, &pkt) != ((i & 1) != 0))
				fail_msg("turn %d, flow %llu: wrong verdict", turn,
				    (unsigned long long)i);
		}
	}
	filter_table_report(table, on_hits, &hits);
	/* Each was counted at least once; some had been forgotten and were counted again. */
	assert_in_range(hits, flows + 1, 2 * flows);
	filter_table_unuse(&use);
}

int
main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(test_model),
	    T(test_eviction),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
