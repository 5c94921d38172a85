/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs of TCP segments and of UDP datagrams. The rules are those of the kernel's own joining
 * (net/ipv4/tcp_offload.c, udp_offload.c), in behaviour, and some stricter: what a router could
 * tell from the run that is cut again is not joined.
 */
#include "gateway/tun_join.h"

#include <netinet/in.h>
#include <string.h>

#include "common/be.h"
#include "gateway/csum.h"

#define IPV4_HEAD 20
#define IPV6_HEAD 40
#define TCP_HEAD 20
#define UDP_HEAD 8
#define TCP_PSH 0x08
#define TCP_ACK 0x10
#define DONT_FRAGMENT 0x40
#define UDP_RUN_MAX 64 /* datagrams: UDP_MAX_SEGMENTS of older kernels */

/* ---- what may be joined ---- */

/* IPv4 without options, not a fragment; IPv6 without extension headers. Length of the head; 0: not
 * for joining. */
static size_t
ip_parse(const uint8_t *pkt, size_t len, uint8_t *protocol)
{
	if (len >= IPV4_HEAD && pkt[0] == 0x45) {
		*protocol = pkt[9];
		if ((be_get16(pkt + 6) & 0x3fff) != 0 || be_get16(pkt + 2) != len ||
		    csum_fold(csum_add(0, pkt, IPV4_HEAD)) != 0xffff)
			return 0;
		return IPV4_HEAD;
	}
	if (len >= IPV6_HEAD && pkt[0] >> 4 == 6) {
		*protocol = pkt[6];
		return (size_t)be_get16(pkt + 4) + IPV6_HEAD == len ? IPV6_HEAD : 0;
	}
	return 0;
}

/* Length of the TCP head of a segment with nothing but data; 0: it goes alone. */
static size_t
tcp_parse(const uint8_t *tcp, size_t len)
{
	size_t head;

	if (len < TCP_HEAD)
		return 0;
	head = (size_t)(tcp[12] >> 4) * 4;
	/* ACK, and PSH at the end of a run; reserved bits and ECN marks stay visible alone. */
	if (head < TCP_HEAD || head >= len || (tcp[12] & 0x0f) != 0 ||
	    (tcp[13] & (uint8_t)~TCP_PSH) != TCP_ACK)
		return 0;
	return head;
}

/* As above. A datagram without a checksum would be given one. */
static size_t
udp_parse(const uint8_t *udp, size_t len)
{
	return len > UDP_HEAD && be_get16(udp + 4) == len && be_get16(udp + 6) != 0 ? UDP_HEAD : 0;
}

/* Equal for one flow, and rarely for two: ports and the ends of the addresses. */
static uint32_t
flow_key(const uint8_t *pkt, size_t l4)
{
	return be_get32(pkt + l4) * 2654435761U ^ be_get32(pkt + l4 - 4) * 40503U ^
	       be_get32(pkt + (l4 == IPV4_HEAD ? 12 : 20)) ^ pkt[l4 == IPV4_HEAD ? 9 : 6];
}

bool
join_parse(const uint8_t *pkt, size_t len, struct join_pkt *out)
{
	size_t l4, head = 0, l4_len;
	uint8_t protocol = 0;

	l4 = ip_parse(pkt, len, &protocol);
	if (l4 == 0 || len > GSO_PACKET_MAX)
		return false;
	l4_len = len - l4;
	if (protocol == IPPROTO_TCP)
		head = tcp_parse(pkt + l4, l4_len);
	else if (protocol == IPPROTO_UDP)
		head = udp_parse(pkt + l4, l4_len);
	if (head == 0)
		return false;
	*out = (struct join_pkt){.data = pkt,
	    .len = len,
	    .l4 = l4,
	    .head_len = l4 + head,
	    .key = flow_key(pkt, l4),
	    .protocol = protocol};
	return csum_fold(csum_add(csum_pseudo(pkt, protocol, l4_len), pkt + l4, l4_len)) == 0xffff;
}

/* ---- what may follow ---- */

static bool
same_hosts(const struct join *join, const uint8_t *pkt)
{
	const uint8_t *first = join->buf + GSO_VNET_LEN;

	if (join->l4 == IPV4_HEAD)
		return memcmp(first + 12, pkt + 12, 8) == 0;
	return memcmp(first + 8, pkt + 8, 32) == 0;
}

bool
join_same_flow(const struct join *join, const uint8_t *pkt, size_t len)
{
	const uint8_t *first = join->buf + GSO_VNET_LEN;

	if (join->len == 0 || len < join->l4 || first[0] >> 4 != pkt[0] >> 4 ||
	    !same_hosts(join, pkt))
		return false;
	/* Where options, extension headers or a fragment hide the ports, the same hosts are close
	 * enough. */
	if (join->l4 == IPV4_HEAD) {
		if (pkt[9] != join->protocol)
			return false;
		if (pkt[0] != 0x45 || (be_get16(pkt + 6) & 0x3fff) != 0)
			return true;
	} else if (pkt[6] != join->protocol) {
		return pkt[6] != IPPROTO_TCP && pkt[6] != IPPROTO_UDP && pkt[6] != IPPROTO_ICMPV6;
	}
	return len < join->l4 + 4 || memcmp(first + join->l4, pkt + join->l4, 4) == 0;
}

/* Everything in the IP header but length, id and checksum is equal, and the id (unless it means
 * nothing) counts up. */
static bool
ip_head_follows(const struct join *join, const uint8_t *pkt)
{
	const uint8_t *first = join->buf + GSO_VNET_LEN;

	if (join->l4 == IPV6_HEAD)
		return memcmp(first, pkt, 4) == 0 && memcmp(first + 6, pkt + 6, 2) == 0;
	if (first[1] != pkt[1] || memcmp(first + 6, pkt + 6, 4) != 0)
		return false;
	return ((first[6] & DONT_FRAGMENT) != 0 && memcmp(first + 4, pkt + 4, 2) == 0) ||
	       ((be_get16(first + 4) + join->count) & 0xffff) == be_get16(pkt + 4);
}

/* Same acknowledgement, window and options; the next bytes of the stream. */
static bool
tcp_head_follows(const struct join *join, const struct join_pkt *pkt)
{
	const uint8_t *first = join->buf + GSO_VNET_LEN + join->l4;
	const uint8_t *next = pkt->data + pkt->l4;

	return join->head_len == pkt->head_len && be_get32(next + 4) == join->next_seq &&
	       memcmp(first + 8, next + 8, 5) == 0 && memcmp(first + 14, next + 14, 2) == 0 &&
	       memcmp(first + TCP_HEAD, next + TCP_HEAD, pkt->head_len - pkt->l4 - TCP_HEAD) == 0;
}

static bool
follows(const struct join *join, const struct join_pkt *pkt)
{
	size_t payload = pkt->len - pkt->head_len;

	if (join->closed || payload > join->seg || join->len + payload > GSO_PACKET_MAX ||
	    !ip_head_follows(join, pkt->data))
		return false;
	return join->protocol == IPPROTO_TCP ? tcp_head_follows(join, pkt)
					     : join->count < UDP_RUN_MAX;
}

/* ---- runs ---- */

/* The part of a packet's head that ends a run. */
static uint8_t
push_of(const struct join_pkt *pkt)
{
	return pkt->protocol == IPPROTO_TCP ? pkt->data[pkt->l4 + 13] & TCP_PSH : 0;
}

static void
begin(struct join *join, const struct join_pkt *pkt)
{
	join->l4 = pkt->l4;
	join->head_len = pkt->head_len;
	join->protocol = pkt->protocol;
	join->key = pkt->key;
	join->seg = pkt->len - pkt->head_len;
	join->count = 1;
	join->closed = push_of(pkt) != 0;
	join->len = pkt->len;
	if (pkt->protocol == IPPROTO_TCP)
		join->next_seq = be_get32(pkt->data + pkt->l4 + 4) + (uint32_t)join->seg;
	memcpy(join->buf + GSO_VNET_LEN, pkt->data, pkt->len);
}

enum join_verdict
join_add(struct join *join, const struct join_pkt *pkt)
{
	size_t payload = pkt->len - pkt->head_len;
	uint8_t *head = join->buf + GSO_VNET_LEN;

	if (join->len == 0) {
		begin(join, pkt);
		return JOIN_TAKEN;
	}
	if (join->key != pkt->key || join->protocol != pkt->protocol || join->l4 != pkt->l4 ||
	    !same_hosts(join, pkt->data) || memcmp(head + join->l4, pkt->data + pkt->l4, 4) != 0)
		return JOIN_OTHER;
	if (!follows(join, pkt))
		return JOIN_NOT_YET;
	memcpy(head + join->len, pkt->data + pkt->head_len, payload);
	join->len += payload;
	join->count++;
	join->closed = payload < join->seg;
	if (join->protocol == IPPROTO_TCP) {
		join->next_seq += (uint32_t)payload;
		head[join->l4 + 13] |= push_of(pkt);
		join->closed = join->closed || push_of(pkt) != 0;
	}
	return JOIN_TAKEN;
}

static struct virtio_net_hdr
run_head(const struct join *join)
{
	struct virtio_net_hdr vnet = {.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM};

	if (join->protocol == IPPROTO_UDP)
		vnet.gso_type = GSO_UDP_L4;
	else if (join->l4 == IPV4_HEAD)
		vnet.gso_type = VIRTIO_NET_HDR_GSO_TCPV4;
	else
		vnet.gso_type = VIRTIO_NET_HDR_GSO_TCPV6;
	vnet.hdr_len = (uint16_t)join->head_len;
	vnet.gso_size = (uint16_t)join->seg;
	vnet.csum_start = (uint16_t)join->l4;
	vnet.csum_offset = join->protocol == IPPROTO_UDP ? 6 : 16;
	return vnet;
}

void
join_take(struct join *join, const uint8_t **data, size_t *len)
{
	struct virtio_net_hdr vnet = {0};
	uint8_t *pkt = join->buf + GSO_VNET_LEN;
	size_t l4_len = join->len - join->l4;

	if (join->count > 1) {
		vnet = run_head(join);
		gso_ip_set_len(pkt, join->l4, join->len);
		if (join->protocol == IPPROTO_UDP)
			be_put16(pkt + join->l4 + 4, l4_len);
		/* The device completes the checksum: the field holds the pseudo header's sum only.
		 */
		be_put16(pkt + join->l4 + vnet.csum_offset,
		    csum_fold(csum_pseudo(pkt, join->protocol, l4_len)));
	}
	memcpy(join->buf, &vnet, sizeof(vnet));
	*data = join->buf;
	*len = GSO_VNET_LEN + join->len;
	join->len = 0;
	join->count = 0;
}
