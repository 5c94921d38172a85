/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gateway/tun.c and tun_join.c against the way without batches: random flows of all kinds are
 * written in batches, what the kernel would get is cut again, and each packet must come out once,
 * byte for byte, behind those of its flow that went in before it. The queue is a socket, the
 * kernel's answers to ioctl() are ours.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <linux/if_tun.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/attr.h"
#include "common/be.h"
#include "common/ip.h"
#include "gateway/offload.h"
#include "gateway/tun.h"
#include "gateway/tun_join.h"

#define PACKETS 3000
#define PACKET_MAX 1500
#define FLOWS 40
#define ROUNDS 40

static uint32_t seed = 4711;
static unsigned long last_offload;

static uint32_t
pseudo_random(void)
{
	seed = seed * 1664525u + 1013904223u;
	return seed >> 8;
}

static bool
one_in(unsigned n)
{
	return pseudo_random() % n == 0;
}

/* Stands in for the C library's. */
int
ioctl(UNUSED int fd, unsigned long request, ...)
{
	va_list ap;

	va_start(ap, request);
	if (request == TUNSETOFFLOAD)
		last_offload = va_arg(ap, unsigned long);
	va_end(ap);
	return 0;
}

/* ---- flows ---- */

struct flow {
	bool v6;
	uint8_t protocol;
	uint16_t port;
	uint8_t host;
	uint16_t id;
	bool dont_fragment;
	bool constant_id;
	uint8_t tos;
	uint8_t ttl;
	uint32_t seq;
	uint32_t ack;
	uint16_t window;
	size_t options;
	size_t size; /* of a full segment */
};

struct packet {
	size_t len;
	unsigned seen; /* in what came out */
	uint8_t bytes[PACKET_MAX];
};

static struct flow flows[FLOWS];
static struct packet in[PACKETS], out[PACKETS];
static size_t ins, outs, joined;

static void
flow_new(struct flow *flow)
{
	*flow = (struct flow){
	    .v6 = one_in(2),
	    .protocol = one_in(2) ? IPPROTO_TCP : IPPROTO_UDP,
	    .port = (uint16_t)(1000 + pseudo_random() % 8),
	    .host = (uint8_t)(pseudo_random() % 3),
	    .id = (uint16_t)pseudo_random(),
	    .dont_fragment = one_in(2),
	    .constant_id = one_in(3),
	    .tos = (uint8_t)(one_in(4) ? pseudo_random() : 0),
	    .ttl = 64,
	    .seq = pseudo_random() << 12,
	    .ack = pseudo_random(),
	    .window = 500,
	    .options = one_in(3) ? 12 : 0,
	    .size = 1 + pseudo_random() % 1300,
	};
}

/* Checksum of the transport part, byte by byte after the RFCs. */
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

static void
ipv4_csum(uint8_t *pkt)
{
	size_t head = (size_t)(pkt[0] & 15) * 4;

	be_put16(pkt + 10, 0);
	be_put16(pkt + 10, ip_csum_fold(ip_csum_add(0, pkt, head)));
}

/* The IP header; returns its length. */
static size_t
put_ip(uint8_t *pkt, struct flow *flow, size_t payload)
{
	if (flow->v6) {
		memset(pkt, 0, 40);
		pkt[0] = 0x60 | flow->tos >> 4;
		pkt[1] = (uint8_t)(flow->tos << 4);
		be_put16(pkt + 4, payload);
		pkt[6] = flow->protocol;
		pkt[7] = flow->ttl;
		memset(pkt + 8, 0x11, 16);
		memset(pkt + 24, 0x22, 15);
		pkt[39] = flow->host;
		return 40;
	}
	memset(pkt, 0, 20);
	pkt[0] = 0x45;
	pkt[1] = flow->tos;
	be_put16(pkt + 2, 20 + payload);
	be_put16(pkt + 4, flow->id);
	if (!flow->constant_id)
		flow->id++;
	pkt[6] = flow->dont_fragment ? 0x40 : 0;
	pkt[8] = flow->ttl;
	pkt[9] = flow->protocol;
	memset(pkt + 12, 10, 4);
	memset(pkt + 16, 11, 3);
	pkt[19] = flow->host;
	ipv4_csum(pkt);
	return 20;
}

/* The next packet of a flow as its sender would make it. */
static void
packet_new(struct packet *packet, struct flow *flow)
{
	bool tcp = flow->protocol == IPPROTO_TCP;
	size_t head = tcp ? 20 + flow->options : 8, payload = flow->size, l4, len;
	uint8_t *pkt = packet->bytes;

	if (one_in(12))
		payload = pseudo_random() % flow->size;
	l4 = put_ip(pkt, flow, head + payload);
	len = l4 + head + payload;
	memset(pkt + l4, 0, head);
	be_put16(pkt + l4, flow->port);
	be_put16(pkt + l4 + 2, 443);
	for (size_t i = l4 + head; i < len; i++)
		pkt[i] = (uint8_t)pseudo_random();
	if (tcp) {
		be_put32(pkt + l4 + 4, flow->seq);
		be_put32(pkt + l4 + 8, flow->ack);
		pkt[l4 + 12] = (uint8_t)(head / 4 << 4);
		pkt[l4 + 13] = (uint8_t)(0x10 | (one_in(10) ? 0x08 : 0));
		be_put16(pkt + l4 + 14, flow->window);
		memset(pkt + l4 + 20, 1, flow->options);
		flow->seq += (uint32_t)payload;
		be_put16(pkt + l4 + 16, transport_csum(pkt, l4, len, IPPROTO_TCP));
	} else {
		uint16_t csum;

		be_put16(pkt + l4 + 4, len - l4);
		csum = transport_csum(pkt, l4, len, IPPROTO_UDP);
		be_put16(pkt + l4 + 6, csum == 0 ? 0xffff : csum);
	}
	packet->len = len;
	packet->seen = 0;
}

static void
csum_again(struct packet *packet, const struct flow *flow)
{
	size_t l4 = flow->v6 ? 40 : 20, at = l4 + (flow->protocol == IPPROTO_TCP ? 16 : 6);

	be_put16(packet->bytes + at, 0);
	be_put16(
	    packet->bytes + at, transport_csum(packet->bytes, l4, packet->len, flow->protocol));
}

/* What is not as it usually is. Lengths stay true: others are dropped before. */
static void
packet_spoil(struct packet *packet, struct flow *flow)
{
	size_t l4 = flow->v6 ? 40 : 20;
	uint8_t *pkt = packet->bytes;

	switch (pseudo_random() % 12) {
	case 0: /* the transport's checksum */
		pkt[packet->len - 1] ^= (uint8_t)(1 + pseudo_random() % 255);
		break;
	case 1: /* the IP header's */
		if (!flow->v6)
			pkt[11] ^= 1;
		break;
	case 2: /* flags of all kinds */
		if (flow->protocol == IPPROTO_TCP)
			pkt[l4 + 13] = (uint8_t)pseudo_random();
		csum_again(packet, flow);
		break;
	case 3: /* reserved bits */
		if (flow->protocol == IPPROTO_TCP)
			pkt[l4 + 12] |= (uint8_t)(1 + pseudo_random() % 15);
		csum_again(packet, flow);
		break;
	case 4: /* a fragment */
		if (!flow->v6) {
			be_put16(pkt + 6, 0x2000 | pseudo_random() % 50);
			ipv4_csum(pkt);
		}
		break;
	case 5: /* the reserved bit of the fragment field */
		if (!flow->v6) {
			pkt[6] |= 0x80;
			ipv4_csum(pkt);
		}
		break;
	case 6: /* UDP without checksum */
		if (flow->protocol == IPPROTO_UDP)
			be_put16(pkt + l4 + 6, 0);
		break;
	case 7: /* UDP that says to be shorter than it is */
		if (flow->protocol == IPPROTO_UDP)
			be_put16(pkt + l4 + 4, 8);
		csum_again(packet, flow);
		break;
	case 8: /* another congestion mark, from here on */
		flow->tos ^= 3;
		break;
	case 9:
		flow->ttl--;
		break;
	case 10:
		flow->ack += pseudo_random() % 2;
		flow->window++;
		break;
	default: /* lost before it came here */
		flow->seq += 100;
		flow->id += 7;
		break;
	}
}

/* All that goes in: flows side by side in bursts, some packets out of order, some twice. */
static void
generate(void)
{
	size_t burst = 0, at = 0;

	for (size_t i = 0; i < FLOWS; i++)
		flow_new(&flows[i]);
	for (ins = 0; ins < PACKETS; ins++) {
		if (burst == 0) {
			burst = 1 + pseudo_random() % 30;
			at = pseudo_random() % FLOWS;
		}
		burst--;
		packet_new(&in[ins], &flows[at]);
		if (one_in(15))
			packet_spoil(&in[ins], &flows[at]);
		if (ins > 0 && one_in(40)) {
			struct packet swap = in[ins];

			in[ins] = in[ins - 1];
			in[ins - 1] = swap;
		} else if (ins > 0 && one_in(60)) {
			in[ins] = in[ins - 1];
		}
		if (one_in(100))
			flow_new(&flows[pseudo_random() % FLOWS]);
	}
}

/* ---- what comes out ---- */

static void
collect(int fd)
{
	static uint8_t message[GSO_VNET_LEN + GSO_PACKET_MAX];
	struct virtio_net_hdr vnet;
	struct gso_split split;
	ssize_t got;

	while ((got = recv(fd, message, sizeof(message), MSG_DONTWAIT)) > 0) {
		assert_true(got > GSO_VNET_LEN);
		memcpy(&vnet, message, sizeof(vnet));
		assert_int_equal(gso_split_init(&split, &vnet, message + GSO_VNET_LEN,
				     (size_t)got - GSO_VNET_LEN),
		    ERR_OK);
		joined += vnet.gso_type != VIRTIO_NET_HDR_GSO_NONE;
		assert_true(outs < PACKETS);
		while ((out[outs].len = gso_split_next(
			    &split, out[outs].bytes, sizeof(out[outs].bytes))) > 0) {
			if (++outs == PACKETS)
				break;
		}
	}
}

/* The id of a packet that may not be fragmented means nothing, and its header's checksum with it.
 */
static bool
same_packet(const struct packet *a, const struct packet *b)
{
	if (a->len != b->len)
		return false;
	if (a->bytes[0] == 0x45 && (a->bytes[6] & 0x40) != 0)
		return memcmp(a->bytes, b->bytes, 4) == 0 &&
		       memcmp(a->bytes + 6, b->bytes + 6, 4) == 0 &&
		       memcmp(a->bytes + 12, b->bytes + 12, a->len - 12) == 0 &&
		       (memcmp(a->bytes + 10, b->bytes + 10, 2) == 0 ||
			   ip_csum_fold(ip_csum_add(0, b->bytes, 20)) == 0);
	return memcmp(a->bytes, b->bytes, a->len) == 0;
}

static bool
is_fragment(const struct packet *packet)
{
	return packet->bytes[0] == 0x45 &&
	       ((packet->bytes[6] & 0x3f) != 0 || packet->bytes[7] != 0);
}

/* May they not overtake each other? */
static bool
same_flow(const struct packet *a, const struct packet *b)
{
	size_t l4 = a->bytes[0] >> 4 == 4 ? 20 : 40, hosts = l4 == 20 ? 12 : 8;

	if (a->bytes[0] >> 4 != b->bytes[0] >> 4 ||
	    a->bytes[l4 == 20 ? 9 : 6] != b->bytes[l4 == 20 ? 9 : 6] ||
	    memcmp(a->bytes + hosts, b->bytes + hosts, l4 - hosts) != 0)
		return false;
	return is_fragment(a) || is_fragment(b) || memcmp(a->bytes + l4, b->bytes + l4, 4) == 0;
}

/* Each packet that came out is the first of its flow that has not come out yet. */
static void
compare(void)
{
	size_t first = 0;

	assert_int_equal(outs, ins);
	for (size_t i = 0; i < outs; i++) {
		size_t at = first;

		while (at < ins && (in[at].seen || !same_flow(&in[at], &out[i])))
			at++;
		if (at == ins || !same_packet(&in[at], &out[i]))
			fail_msg("packet %zu of %zu bytes: is not the next one of its flow, which "
				 "is %zu of %zu bytes",
			    i, out[i].len, at, at < ins ? in[at].len : 0);
		in[at].seen = 1;
		while (first < ins && in[first].seen)
			first++;
	}
}

static void
run(unsigned offload)
{
	int fds[2], size = 4 << 20;
	struct tun *tun;

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, fds), 0);
	(void)setsockopt(fds[0], SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	tun = tun_new(fds[0], offload);
	assert_non_null(tun);
	assert_int_equal(tun_offload(tun), offload & (OFFLOAD_TSO | OFFLOAD_USO));
	outs = joined = 0;
	generate();
	for (size_t i = 0; i < ins; i++) {
		tun_write(tun, in[i].bytes, in[i].len);
		/* The end of a batch, mostly of some tens. */
		if (one_in(50))
			tun_flush(tun);
		collect(fds[1]);
	}
	tun_flush(tun);
	collect(fds[1]);
	assert_int_equal(tun_write_drops(tun), 0);
	compare();
	tun_free(tun);
	close(fds[0]);
	close(fds[1]);
}

static void
test_nothing_is_changed(UNUSED void **state)
{
	for (unsigned i = 0; i < ROUNDS; i++) {
		seed = 1000 + i;
		run(OFFLOAD_ALL);
		/* Else it is no test. */
		assert_true(joined > PACKETS / 40);
	}
}

static void
test_single_offloads(UNUSED void **state)
{
	run(OFFLOAD_TSO);
	assert_int_equal(last_offload, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6);
	assert_true(joined > 0);
	run(OFFLOAD_USO);
	assert_true(joined > 0);
	run(0);
	assert_int_equal(last_offload, 0);
	assert_int_equal(joined, 0);
}

/* ---- the rules of UDP, one by one ---- */

static enum join_verdict
offer(struct join *join, const struct packet *packet)
{
	struct join_pkt facts;

	assert_true(join_parse(packet->bytes, packet->len, &facts));
	return join_add(join, &facts);
}

static struct packet
datagram(struct flow *flow, size_t size)
{
	struct packet packet;

	flow->size = size;
	do
		packet_new(&packet, flow);
	while (packet.len != (flow->v6 ? 48U : 28U) + size);
	return packet;
}

static void
test_udp_rules(UNUSED void **state)
{
	static struct join join;
	struct flow flow = {.protocol = IPPROTO_UDP, .port = 5, .ttl = 9, .dont_fragment = true};
	struct packet packet = datagram(&flow, 200);
	struct join_pkt facts;
	const uint8_t *data;
	size_t len;

	assert_int_equal(offer(&join, &packet), JOIN_TAKEN);
	/* A longer one does not fit, a shorter one is the last. */
	packet = datagram(&flow, 201);
	assert_int_equal(offer(&join, &packet), JOIN_NOT_YET);
	join.len = 0;
	flow.constant_id = true;
	packet = datagram(&flow, 200);
	for (int i = 0; i < 64; i++)
		assert_int_equal(offer(&join, &packet), JOIN_TAKEN);
	assert_int_equal(offer(&join, &packet), JOIN_NOT_YET);
	join_take(&join, &data, &len);
	assert_int_equal(len, GSO_VNET_LEN + 28 + 64 * 200);
	assert_int_equal(offer(&join, &packet), JOIN_TAKEN);
	packet = datagram(&flow, 100);
	assert_int_equal(offer(&join, &packet), JOIN_TAKEN);
	assert_int_equal(offer(&join, &packet), JOIN_NOT_YET);
	/* Not without data, not without a checksum. */
	packet.bytes[26] = packet.bytes[27] = 0;
	assert_false(join_parse(packet.bytes, packet.len, &facts));
	flow.port = 6;
	packet = datagram(&flow, 100);
	assert_int_equal(offer(&join, &packet), JOIN_OTHER);
	assert_false(join_same_flow(&join, packet.bytes, packet.len));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_nothing_is_changed),
	    cmocka_unit_test(test_single_offloads),
	    cmocka_unit_test(test_udp_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
