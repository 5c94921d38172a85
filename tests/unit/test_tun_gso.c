/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gateway/tun_gso.c: cutting against a naive builder, joining against cutting (split(join(x)) ==
 * x), checksums against common/ip.c, and flows that must not be joined. Random flows come from a
 * fixed seed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "common/be.h"
#include "common/ip.h"
#include "gateway/csum.h"
#include "gateway/tun_join.h"

#define PKT_MAX 1600
#define UDP_L4 5
#define JOIN_NEVER (-1)

static uint32_t seed = 12345;

static uint32_t
pseudo_random(void)
{
	seed = seed * 1664525u + 1013904223u;
	return seed >> 8;
}

/* What a TCP segment is made of. */
struct spec {
	bool v6;
	uint16_t id;
	bool dont_fragment;
	uint8_t tos;
	uint16_t sport;
	uint32_t seq;
	uint32_t ack;
	uint16_t window;
	uint8_t flags;
	size_t options; /* bytes, multiple of 4 */
	const uint8_t *payload;
	size_t payload_len;
};

/* The naive path: byte by byte after the RFCs, checksums from common/ip.c. */
static uint16_t
transport_csum(const uint8_t *pkt, size_t l4, size_t len, uint8_t protocol)
{
	uint8_t tail[4] = {0, protocol};
	uint32_t sum;

	be_put16(tail + 2, len - l4);
	sum = pkt[0] >> 4 == 4 ? ip_csum_add(0, pkt + 12, 8) : ip_csum_add(0, pkt + 8, 32);
	sum = ip_csum_add(sum, tail, sizeof(tail));
	return ip_csum_fold(ip_csum_add(sum, pkt + l4, len - l4));
}

static size_t
tcp_build(uint8_t *pkt, const struct spec *spec)
{
	size_t l4 = spec->v6 ? 40 : 20, head = l4 + 20 + spec->options;
	size_t len = head + spec->payload_len;

	memset(pkt, 0, head);
	if (spec->v6) {
		pkt[0] = 0x60 | spec->tos >> 4;
		pkt[1] = (uint8_t)(spec->tos << 4);
		be_put16(pkt + 4, len - 40);
		pkt[6] = IPPROTO_TCP;
		pkt[7] = 64;
		memset(pkt + 8, 0x11, 16);
		memset(pkt + 24, 0x22, 16);
	} else {
		pkt[0] = 0x45;
		pkt[1] = spec->tos;
		be_put16(pkt + 2, len);
		be_put16(pkt + 4, spec->id);
		pkt[6] = spec->dont_fragment ? 0x40 : 0;
		pkt[8] = 64;
		pkt[9] = IPPROTO_TCP;
		memset(pkt + 12, 10, 4);
		memset(pkt + 16, 11, 4);
		be_put16(pkt + 10, ip_csum_fold(ip_csum_add(0, pkt, 20)));
	}
	be_put16(pkt + l4, spec->sport);
	be_put16(pkt + l4 + 2, 443);
	be_put32(pkt + l4 + 4, spec->seq);
	be_put32(pkt + l4 + 8, spec->ack);
	pkt[l4 + 12] = (uint8_t)((20 + spec->options) / 4 << 4);
	pkt[l4 + 13] = spec->flags;
	be_put16(pkt + l4 + 14, spec->window);
	memset(pkt + l4 + 20, 1, spec->options);
	memcpy(pkt + head, spec->payload, spec->payload_len);
	be_put16(pkt + l4 + 16, transport_csum(pkt, l4, len, IPPROTO_TCP));
	return len;
}

static uint8_t payload[65536];

static void
payload_fill(void)
{
	for (size_t i = 0; i < sizeof(payload); i++)
		payload[i] = (uint8_t)pseudo_random();
}

/* ---- checksums ---- */

static void
test_csum(UNUSED void **state)
{
	payload_fill();
	for (size_t len = 0; len < 200; len++) {
		for (size_t off = 0; off < 8; off++) {
			uint16_t expect = ip_csum_fold(ip_csum_add(7, payload + off, len));
			uint16_t got = ip_csum_fold(csum_add(7, payload + off, len));

			if (expect != got)
				fail_msg("%zu bytes at %zu: expected %04x, got %04x", len, off,
				    expect, got);
		}
	}
}

static void
test_csum_extremes(UNUSED void **state)
{
	static uint8_t ones[65536];

	memset(ones, 0xff, sizeof(ones));
	assert_int_equal(
	    ip_csum_fold(csum_add(0, ones, 65534)), ip_csum_fold(ip_csum_add(0, ones, 65534)));
	assert_int_equal(ip_csum_fold(csum_add(0xfffff, ones, 65535)),
	    ip_csum_fold(ip_csum_add(0xfffff, ones, 65535)));
}

/* ---- cutting ---- */

static struct virtio_net_hdr
vnet_for(const struct spec *spec, size_t seg)
{
	return (struct virtio_net_hdr){
	    .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
	    .gso_type = spec->v6 ? VIRTIO_NET_HDR_GSO_TCPV6 : VIRTIO_NET_HDR_GSO_TCPV4,
	    .gso_size = (uint16_t)seg,
	    .csum_start = spec->v6 ? 40 : 20,
	    .csum_offset = 16,
	};
}

/* Cut one run and compare each packet with the naive one. */
static void
check_split(struct spec *spec, size_t seg)
{
	static uint8_t run[65536 + 200];
	uint8_t expect[PKT_MAX], got[PKT_MAX];
	struct virtio_net_hdr vnet = vnet_for(spec, seg);
	size_t len = tcp_build(run, spec), total = spec->payload_len, off = 0;
	uint8_t flags = spec->flags;
	struct gso_split split;
	unsigned index = 0;
	size_t got_len;

	assert_int_equal(gso_split_init(&split, &vnet, run, len), ERR_OK);
	assert_false(gso_split_is_plain(&split));
	while ((got_len = gso_split_next(&split, got, sizeof(got))) > 0) {
		struct spec one = *spec;
		size_t expect_len;

		one.payload = spec->payload + off;
		one.payload_len = total - off < seg ? total - off : seg;
		one.seq = spec->seq + (uint32_t)off;
		one.id = (uint16_t)(spec->id + index);
		one.flags = flags;
		if (off + one.payload_len < total)
			one.flags &= (uint8_t)~0x09;
		if (off > 0)
			one.flags &= 0x7f;
		expect_len = tcp_build(expect, &one);
		if (got_len != expect_len || memcmp(got, expect, got_len) != 0)
			fail_msg("segment %u of %zu bytes by %zu (IPv%d): differs from the naive "
				 "one (expected %zu bytes, got %zu)",
			    index, total, seg, spec->v6 ? 6 : 4, expect_len, got_len);
		assert_true(got_len <= gso_split_largest(&split));
		off += one.payload_len;
		index++;
	}
	assert_int_equal(off, total);
}

static void
test_split(UNUSED void **state)
{
	payload_fill();
	for (unsigned i = 0; i < 500; i++) {
		struct spec spec = {
		    .v6 = i % 2 != 0,
		    .id = (uint16_t)(0xfff0 + i),
		    .dont_fragment = i % 3 == 0,
		    .sport = 1000,
		    .seq = 0xffffff00u + i,
		    .ack = i,
		    .window = 500,
		    .flags = (uint8_t)(0x10 | (i % 4 == 0 ? 0x08 : 0) | (i % 5 == 0 ? 0x01 : 0) |
				       (i % 7 == 0 ? 0x80 : 0)),
		    .options = i % 3 * 4,
		    .payload = payload,
		    .payload_len = 1 + pseudo_random() % 60000,
		};

		check_split(&spec, 100 + pseudo_random() % 1300);
	}
}

static void
test_split_udp(UNUSED void **state)
{
	uint8_t run[28 + 2500], got[PKT_MAX];
	struct virtio_net_hdr vnet = {.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
	    .gso_type = UDP_L4,
	    .gso_size = 1000,
	    .csum_start = 20,
	    .csum_offset = 6};
	static const size_t expect[] = {1000, 1000, 500};
	struct gso_split split;

	memset(run, 0x5a, sizeof(run));
	memset(run, 0, 28);
	run[0] = 0x45;
	be_put16(run + 2, sizeof(run));
	run[9] = IPPROTO_UDP;
	assert_int_equal(gso_split_init(&split, &vnet, run, sizeof(run)), ERR_OK);
	for (size_t i = 0; i < 3; i++) {
		size_t len = gso_split_next(&split, got, sizeof(got));

		assert_int_equal(len, 28 + expect[i]);
		assert_int_equal(got[24] << 8 | got[25], 8 + expect[i]);
		assert_int_equal(got[5], i);
		assert_int_equal(transport_csum(got, 20, len, IPPROTO_UDP), 0);
		assert_int_equal(ip_csum_fold(ip_csum_add(0, got, 20)), 0);
	}
	assert_int_equal(gso_split_next(&split, got, sizeof(got)), 0);
}

/* A packet that is not cut, but whose checksum the kernel left to the device. */
static void
test_checksum_is_completed(UNUSED void **state)
{
	struct spec spec = {.sport = 5, .flags = 0x18, .payload = payload, .payload_len = 333};
	struct virtio_net_hdr vnet = vnet_for(&spec, 0);
	uint8_t expect[PKT_MAX], pkt[PKT_MAX], got[PKT_MAX], tail[4] = {0, IPPROTO_TCP};
	size_t len = tcp_build(expect, &spec);
	struct gso_split split;

	vnet.gso_type = VIRTIO_NET_HDR_GSO_NONE;
	memcpy(pkt, expect, len);
	be_put16(tail + 2, len - 20);
	be_put16(
	    pkt + 36, (uint16_t)~ip_csum_fold(ip_csum_add(ip_csum_add(0, pkt + 12, 8), tail, 4)));
	assert_int_equal(gso_split_init(&split, &vnet, pkt, len), ERR_OK);
	assert_false(gso_split_is_plain(&split));
	assert_int_equal(gso_split_next(&split, got, sizeof(got)), len);
	assert_memory_equal(got, expect, len);
	assert_int_equal(gso_split_next(&split, got, sizeof(got)), 0);
}

static void
test_split_refuses(UNUSED void **state)
{
	struct spec spec = {.sport = 5, .flags = 0x10, .payload = payload, .payload_len = 1000};
	uint8_t pkt[PKT_MAX];
	size_t len = tcp_build(pkt, &spec);
	static const struct {
		const char *what;
		struct virtio_net_hdr vnet;
		enum err err;
	} rows[] = {
	    {"no segment size", {1, 1, 0, 0, 20, 16}, ERR_SYNTAX},
	    {"no checksum wanted", {0, 1, 0, 500, 20, 16}, ERR_SYNTAX},
	    {"IPv6 kind", {1, 4, 0, 500, 20, 16}, ERR_SYNTAX},
	    {"old UDP fragmentation", {1, 3, 0, 500, 20, 16}, ERR_UNSUPPORTED},
	    {"unknown kind", {1, 77, 0, 500, 20, 16}, ERR_UNSUPPORTED},
	    {"checksum start inside the IP head", {1, 1, 0, 500, 12, 16}, ERR_SYNTAX},
	    {"checksum start past the end", {1, 1, 0, 500, 5000, 16}, ERR_SYNTAX},
	    {"checksum field past the end", {1, 0, 0, 0, 1000, 1000}, ERR_SYNTAX},
	    {"checksum field in the IP head", {1, 0, 0, 0, 0, 10}, ERR_SYNTAX},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct gso_split split;
		enum err err = gso_split_init(&split, &rows[i].vnet, pkt, len);

		if (err != rows[i].err)
			fail_msg("%s: expected \"%s\", got \"%s\"", rows[i].what,
			    err_str(rows[i].err), err_str(err));
	}
}

/* ---- joining ---- */

static struct join join;

static int
offer(const uint8_t *pkt, size_t len)
{
	struct join_pkt facts;

	return join_parse(pkt, len, &facts) ? (int)join_add(&join, &facts) : JOIN_NEVER;
}

/* Feed segments, take the run, cut it again: the same packets must come out. */
static void
check_round(struct spec *spec, size_t seg, unsigned count, size_t last_len)
{
	static uint8_t pkts[64][PKT_MAX];
	size_t lens[64], len, n = 0;
	struct virtio_net_hdr vnet;
	struct gso_split split;
	const uint8_t *data;
	uint8_t got[PKT_MAX];

	join.len = 0;
	for (unsigned i = 0; i < count; i++) {
		struct spec one = *spec;

		one.id = (uint16_t)(spec->id + i);
		one.seq = spec->seq + (uint32_t)(i * seg);
		one.payload = spec->payload + i * seg;
		one.payload_len = i + 1 == count ? last_len : seg;
		one.flags = (uint8_t)(0x10 | (i + 1 == count ? spec->flags & 0x08 : 0));
		lens[i] = tcp_build(pkts[i], &one);
		if (offer(pkts[i], lens[i]) != JOIN_TAKEN)
			fail_msg("segment %u of %u by %zu: expected to be joined", i, count, seg);
	}
	join_take(&join, &data, &len);
	memcpy(&vnet, data, sizeof(vnet));
	assert_int_equal(vnet.gso_type == VIRTIO_NET_HDR_GSO_NONE, count == 1);
	assert_int_equal(
	    gso_split_init(&split, &vnet, data + GSO_VNET_LEN, len - GSO_VNET_LEN), ERR_OK);
	while ((len = gso_split_next(&split, got, sizeof(got))) > 0) {
		if (n >= count || len != lens[n] || memcmp(got, pkts[n], len) != 0)
			fail_msg("packet %zu of %u by %zu: is not what went in", n, count, seg);
		n++;
	}
	assert_int_equal(n, count);
	assert_int_equal(join.len, 0);
}

static void
test_join_then_split(UNUSED void **state)
{
	payload_fill();
	for (unsigned i = 0; i < 500; i++) {
		size_t seg = 10 + pseudo_random() % 1390;
		struct spec spec = {
		    .v6 = i % 2 != 0,
		    .id = (uint16_t)(0xffe0 + i),
		    .dont_fragment = i % 3 == 0,
		    .tos = (uint8_t)(i % 4),
		    .sport = 1000,
		    .seq = 0xffff0000u + i * 977,
		    .ack = i,
		    .window = 500,
		    .flags = i % 2 != 0 ? 0x08 : 0,
		    .options = i % 4 * 4,
		    .payload = payload,
		};

		check_round(&spec, seg, 1 + pseudo_random() % 40, 1 + pseudo_random() % seg);
	}
}

static void
test_run_is_bounded(UNUSED void **state)
{
	struct spec spec = {
	    .flags = 0x10, .dont_fragment = true, .payload = payload, .payload_len = 1400};
	uint8_t pkt[PKT_MAX];
	unsigned n = 0;

	join.len = 0;
	for (;; n++) {
		spec.id = (uint16_t)n;
		spec.seq = n * 1400;
		if (offer(pkt, tcp_build(pkt, &spec)) != JOIN_TAKEN)
			break;
		assert_true(n < 100);
	}
	assert_int_equal(n, (65535 - 40) / 1400);
	assert_true(join.len <= 65535);
}

enum change {
	CH_NONE,
	CH_SEQ,
	CH_ACK,
	CH_WINDOW,
	CH_ID,
	CH_TOS,
	CH_OPTIONS,
	CH_LONGER,
	CH_PORT,
	CH_FIN,
	CH_SYN,
	CH_URG,
	CH_CSUM,
	CH_EMPTY,
	CH_TTL
};

static void
test_what_may_follow(UNUSED void **state)
{
	static const struct {
		const char *what;
		enum change change;
		int verdict;
	} rows[] = {
	    {"the next segment", CH_NONE, JOIN_TAKEN},
	    {"a gap", CH_SEQ, JOIN_NOT_YET},
	    {"another acknowledgement", CH_ACK, JOIN_NOT_YET},
	    {"another window", CH_WINDOW, JOIN_NOT_YET},
	    {"an id that does not count up", CH_ID, JOIN_NOT_YET},
	    {"another type of service", CH_TOS, JOIN_NOT_YET},
	    {"another time to live", CH_TTL, JOIN_NOT_YET},
	    {"options", CH_OPTIONS, JOIN_NOT_YET},
	    {"a longer segment", CH_LONGER, JOIN_NOT_YET},
	    {"another port", CH_PORT, JOIN_OTHER},
	    {"FIN", CH_FIN, JOIN_NEVER},
	    {"SYN", CH_SYN, JOIN_NEVER},
	    {"URG", CH_URG, JOIN_NEVER},
	    {"a bad checksum", CH_CSUM, JOIN_NEVER},
	    {"no payload", CH_EMPTY, JOIN_NEVER},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct spec spec = {.id = 7,
		    .sport = 9,
		    .seq = 100,
		    .flags = 0x10,
		    .window = 1,
		    .payload = payload,
		    .payload_len = 500};
		enum change change = rows[i].change;
		int verdict;
		uint8_t pkt[PKT_MAX];
		size_t len;

		join.len = 0;
		assert_int_equal(offer(pkt, tcp_build(pkt, &spec)), JOIN_TAKEN);
		spec.seq += change == CH_SEQ ? 501 : 500;
		spec.ack += change == CH_ACK;
		spec.window = (uint16_t)(spec.window + (change == CH_WINDOW));
		spec.id = (uint16_t)(spec.id + (change == CH_ID ? 3 : 1));
		spec.tos = change == CH_TOS ? 4 : 0;
		spec.options = change == CH_OPTIONS ? 4 : 0;
		spec.payload_len = change == CH_LONGER ? 501 : change == CH_EMPTY ? 0 : 500;
		spec.sport = (uint16_t)(spec.sport + (change == CH_PORT));
		spec.flags = (uint8_t)(0x10 | (change == CH_FIN ? 1 : 0) |
				       (change == CH_SYN ? 2 : 0) | (change == CH_URG ? 0x20 : 0));
		len = tcp_build(pkt, &spec);
		if (change == CH_CSUM)
			pkt[len - 1] ^= 1;
		if (change == CH_TTL) {
			pkt[8]--;
			be_put16(pkt + 10, 0);
			be_put16(pkt + 10, ip_csum_fold(ip_csum_add(0, pkt, 20)));
		}
		verdict = offer(pkt, len);
		if (verdict != rows[i].verdict)
			fail_msg("%s: expected verdict %d, got %d", rows[i].what, rows[i].verdict,
			    verdict);
	}
}

/* Nothing may follow a short segment or PSH; and what cannot be joined must still not overtake its
 * flow. */
static void
test_end_of_run(UNUSED void **state)
{
	struct spec spec = {
	    .dont_fragment = true, .flags = 0x18, .payload = payload, .payload_len = 500};
	uint8_t pkt[PKT_MAX];
	size_t len;

	join.len = 0;
	assert_int_equal(offer(pkt, tcp_build(pkt, &spec)), JOIN_TAKEN);
	spec.seq = 500;
	len = tcp_build(pkt, &spec);
	assert_int_equal(offer(pkt, len), JOIN_NOT_YET);
	spec.payload_len = 0;
	spec.flags = 0x11;
	len = tcp_build(pkt, &spec);
	assert_true(join_same_flow(&join, pkt, len));
	spec.sport++;
	len = tcp_build(pkt, &spec);
	assert_false(join_same_flow(&join, pkt, len));
	/* A fragment has no ports: it waits for its hosts' run. */
	pkt[6] = 0x20;
	assert_true(join_same_flow(&join, pkt, len));
}

static void
test_fragments_and_options_are_left_alone(UNUSED void **state)
{
	struct spec spec = {.flags = 0x10, .payload = payload, .payload_len = 500};
	uint8_t pkt[PKT_MAX];
	size_t len = tcp_build(pkt, &spec);
	struct join_pkt facts;

	assert_true(join_parse(pkt, len, &facts));
	assert_false(join_parse(pkt, len - 1, &facts));
	pkt[6] = 0x20;
	assert_false(join_parse(pkt, len, &facts));
	pkt[6] = 0;
	pkt[10] ^= 1;
	assert_false(join_parse(pkt, len, &facts));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_csum),
	    cmocka_unit_test(test_csum_extremes),
	    cmocka_unit_test(test_split),
	    cmocka_unit_test(test_split_udp),
	    cmocka_unit_test(test_checksum_is_completed),
	    cmocka_unit_test(test_split_refuses),
	    cmocka_unit_test(test_join_then_split),
	    cmocka_unit_test(test_run_is_bounded),
	    cmocka_unit_test(test_what_may_follow),
	    cmocka_unit_test(test_end_of_run),
	    cmocka_unit_test(test_fragments_and_options_are_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
