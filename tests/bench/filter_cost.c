/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a vpn-filter costs: nanoseconds per packet without one, for a flow that is known, and for a
 * new flow that only the last of 10 to 10,000 entries fits. Medians of several runs, and their
 * ratios to sealing a packet with AES-256-GCM, which every packet of a tunnel costs.
 */
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "gateway/filter_table.h"
#include "gateway/inner.h"
#include "tests/unit/filter_help.h"

#define RUNS 15
#define PIECE 512
#define DATA 1380

static struct filter_table *table;

static uint64_t
now_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* A list of hosts and ports as groups give them, and a last entry that permits the rest. */
static void
make_filter(uint64_t id, size_t entries, bool v6)
{
	static struct help_entry piece[PIECE];
	static Ipc__FilterEntry *pointers[PIECE];
	uint8_t host[16] = {v6 ? 0xfd : 10, 2};
	Ipc__FilterAdd msg = IPC__FILTER_ADD__INIT;

	msg.filter = id;
	msg.name = (char *)"BENCH";
	msg.entry = pointers;
	for (size_t done = 0; done < entries; done += msg.n_entry) {
		msg.n_entry = entries - done < PIECE ? entries - done : PIECE;
		for (size_t i = 0; i < msg.n_entry; i++) {
			bool last = done + i + 1 == entries;

			help_put16(host + (v6 ? 14 : 2), done + i);
			help_entry_init(&piece[i], last, (uint32_t)(done + i));
			if (!last) {
				piece[i].msg.proto = IPPROTO_TCP;
				piece[i].msg.dst_port_first = piece[i].msg.dst_port_last = 443;
				help_entry_net(&piece[i], true, host, host, v6 ? 16 : 4);
			}
			pointers[i] = &piece[i].msg;
		}
		msg.last = done + msg.n_entry == entries;
		filter_table_add(table, &msg);
	}
}

static struct filter_use
use_filter(uint64_t id, uint64_t chan)
{
	Ipc__SessionOpened opened = IPC__SESSION_OPENED__INIT;
	Ipc__TunnelPolicy policy = IPC__TUNNEL_POLICY__INIT;
	struct filter_use use;

	opened.policy = &policy;
	policy.filter4 = policy.filter6 = id;
	if (filter_table_use(table, &opened, chan, &use) != ERR_OK)
		abort();
	return use;
}

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double
median(double *values)
{
	qsort(values, RUNS, sizeof(*values), by_size);
	return values[RUNS / 2];
}

static uint8_t bytes[HELP_PKT_MAX];
static size_t bytes_len;
static bool bytes_v6;

/* Packets of `flows` flows, one after another; each passes through chan_take_packet()'s checks. */
static double
packets_ns(const struct filter_use *use, size_t packets, uint32_t flows)
{
	size_t l4 = bytes_v6 ? 40 : 20, passed = 0;
	uint64_t begin = now_ns();

	for (size_t i = 0; i < packets; i++) {
		uint32_t flow = (uint32_t)i % flows;
		struct inner inner;

		help_put16(bytes + l4, flow & 0xffff);
		bytes[bytes_v6 ? 38 : 18] = (uint8_t)(flow >> 16);
		if (inner_parse(bytes, bytes_len, &inner) == ERR_OK &&
		    (!filter_use_wants(use, inner.version) ||
			filter_table_pass(table, use, FILTER_FROM_CLIENT, bytes, inner.len)))
			passed++;
	}
	if (passed != packets)
		abort();
	return (double)(now_ns() - begin) / (double)packets;
}

static double
packets_median(const struct filter_use *use, size_t packets, uint32_t flows)
{
	double runs[RUNS];

	for (size_t i = 0; i < RUNS; i++)
		runs[i] = packets_ns(use, packets, flows);
	return median(runs);
}

/* New flows: as many that none is remembered when its turn comes again. */
static double
new_median(uint64_t id, size_t entries)
{
	struct filter_use use = use_filter(id, 1000 + id);
	size_t packets = 4000000 / (entries + 20);
	double runs[RUNS];

	for (size_t i = 0; i < RUNS; i++) {
		use.chan += 100000; /* the cache knows none of these */
		runs[i] = packets_ns(&use, packets, 1 << 24);
	}
	filter_table_unuse(&use);
	return median(runs);
}

static double
seal_median(void)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	static uint8_t key[32], iv[12], out[DATA + 16];
	double runs[RUNS];
	int len;

	for (size_t i = 0; i < RUNS; i++) {
		uint64_t begin = now_ns();

		for (int j = 0; j < 20000; j++) {
			if (EVP_EncryptInit_ex(ctx, j == 0 ? EVP_aes_256_gcm() : NULL, NULL,
				j == 0 ? key : NULL, iv) != 1 ||
			    EVP_EncryptUpdate(ctx, out, &len, bytes, DATA) != 1 ||
			    EVP_EncryptFinal_ex(ctx, out + len, &len) != 1 ||
			    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, 16, out + DATA) != 1)
				abort();
		}
		runs[i] = (double)(now_ns() - begin) / 20000;
	}
	EVP_CIPHER_CTX_free(ctx);
	return median(runs);
}

static void
print_row(const char *what, double ns, double seal)
{
	printf("  %-28s %9.1f ns  %8.3f\n", what, ns, ns / seal);
}

static void
bench_family(bool v6, double seal)
{
	static const size_t sizes[] = {10, 100, 1000, 10000};
	struct help_pkt pkt = {.v6 = v6,
	    .proto = IPPROTO_TCP,
	    .client = {v6 ? 0xfd : 10},
	    .peer = {v6 ? 0xfd : 10, 3},
	    .peer_port = 80,
	    .data = DATA - 60};
	struct filter_use none = {0}, use;
	uint64_t id = v6 ? 100 : 200;
	char what[64];

	bytes_v6 = v6;
	bytes_len = help_build(bytes, &pkt);
	make_filter(id, 1000, v6);
	use = use_filter(id, id);
	printf("%s, per packet, and beside sealing it:\n", v6 ? "IPv6" : "IPv4");
	print_row("no filter", packets_median(&none, 2000000, 1), seal);
	print_row("known, 1 flow", packets_median(&use, 2000000, 1), seal);
	print_row("known, 1,000 flows", packets_median(&use, 2000000, 1000), seal);
	print_row("known, 20,000 flows", packets_median(&use, 2000000, 20000), seal);
	filter_table_unuse(&use);
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		make_filter(id + 1 + i, sizes[i], v6);
		(void)snprintf(what, sizeof(what), "new, %zu entries", sizes[i]);
		print_row(what, new_median(id + 1 + i, sizes[i]), seal);
	}
}

int
main(void)
{
	double seal;

	table = filter_table_new();
	if (table == NULL)
		return 1;
	seal = seal_median();
	printf("sealing %d bytes (AES-256-GCM): %.1f ns\n", DATA, seal);
	bench_family(false, seal);
	bench_family(true, seal);
	filter_table_free(table);
	return 0;
}
