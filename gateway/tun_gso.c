/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cutting of runs. What the kernel does (net/ipv4/tcp_offload.c) is the model, in behaviour: IPv4
 * ids count up, FIN and PSH belong to the last segment, CWR to the first.
 */
#include "gateway/tun_gso.h"

#include <netinet/in.h>
#include <string.h>

#include "common/be.h"
#include "gateway/csum.h"

#define IPV4_HEAD 20
#define IPV6_HEAD 40
#define TCP_HEAD 20
#define UDP_HEAD 8
#define TCP_FIN 0x01
#define TCP_PSH 0x08
#define TCP_CWR 0x80

/* ---- IP head ---- */

static void
ipv4_set_csum(uint8_t *pkt, size_t head_len)
{
	be_put16(pkt + 10, 0);
	be_put16(pkt + 10, (uint16_t)~csum_fold(csum_add(0, pkt, head_len)));
}

void
gso_ip_set_len(uint8_t *pkt, size_t l4, size_t len)
{
	if (pkt[0] >> 4 == 4) {
		be_put16(pkt + 2, len);
		ipv4_set_csum(pkt, l4);
	} else {
		be_put16(pkt + 4, len - IPV6_HEAD);
	}
}

/* ---- cutting ---- */

/*
 * Offset of the transport header, which the kernel names in csum_start: IPv6 extension headers need
 * not be walked. It must lie behind the IP header that the packet has.
 */
static enum err
transport_offset(const uint8_t *pkt, size_t len, size_t csum_start, size_t *l4)
{
	size_t ip_head = 0;

	if (len < 1)
		return ERR_SYNTAX;
	if (pkt[0] >> 4 == 4)
		ip_head = (size_t)(pkt[0] & 0x0f) * 4 < IPV4_HEAD ? 0 : (size_t)(pkt[0] & 0x0f) * 4;
	else if (pkt[0] >> 4 == 6)
		ip_head = IPV6_HEAD;
	if (ip_head == 0 || csum_start < ip_head || csum_start >= len)
		return ERR_SYNTAX;
	if (pkt[0] >> 4 == 4 && csum_start != ip_head)
		return ERR_SYNTAX;
	*l4 = csum_start;
	return ERR_OK;
}

/* A packet that is not cut, perhaps with a checksum that the kernel left to the device. */
static enum err
split_init_single(struct gso_split *split, const struct virtio_net_hdr *vnet)
{
	if (vnet->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) {
		split->csum_start = vnet->csum_start;
		split->csum_at = (size_t)vnet->csum_start + vnet->csum_offset;
		if (split->csum_at < IPV4_HEAD || split->csum_at + 2 > split->len)
			return ERR_SYNTAX;
	}
	split->seg = split->len;
	return ERR_OK;
}

static enum err
split_init_gso(struct gso_split *split, const struct virtio_net_hdr *vnet)
{
	const uint8_t *pkt = split->pkt;
	bool v4 = split->type == VIRTIO_NET_HDR_GSO_TCPV4;
	size_t transport_head;
	enum err err;

	if (!(vnet->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) || vnet->gso_size == 0)
		return ERR_SYNTAX;
	err = transport_offset(pkt, split->len, vnet->csum_start, &split->l4);
	if (err != ERR_OK)
		return err;
	if (split->type != GSO_UDP_L4 && v4 != (pkt[0] >> 4 == 4))
		return ERR_SYNTAX;
	if (split->type == GSO_UDP_L4)
		transport_head = UDP_HEAD;
	else if (split->l4 + TCP_HEAD > split->len)
		return ERR_SYNTAX;
	else
		transport_head = (size_t)(pkt[split->l4 + 12] >> 4) * 4;
	if (split->type != GSO_UDP_L4 && transport_head < TCP_HEAD)
		return ERR_SYNTAX;
	split->head_len = split->l4 + transport_head;
	split->seg = vnet->gso_size;
	return split->head_len >= split->len ? ERR_SYNTAX : ERR_OK;
}

enum err
gso_split_init(
    struct gso_split *split, const struct virtio_net_hdr *vnet, const uint8_t *pkt, size_t len)
{
	*split = (struct gso_split){.pkt = pkt, .len = len};
	split->type = vnet->gso_type & (uint8_t)~VIRTIO_NET_HDR_GSO_ECN;
	switch (split->type) {
	case VIRTIO_NET_HDR_GSO_NONE:
		return split_init_single(split, vnet);
	case VIRTIO_NET_HDR_GSO_TCPV4:
	case VIRTIO_NET_HDR_GSO_TCPV6:
	case GSO_UDP_L4:
		return split_init_gso(split, vnet);
	default:
		return ERR_UNSUPPORTED;
	}
}

bool
gso_split_is_plain(const struct gso_split *split)
{
	return split->type == VIRTIO_NET_HDR_GSO_NONE && split->csum_at == 0;
}

size_t
gso_split_largest(const struct gso_split *split)
{
	size_t largest = split->head_len + split->seg;

	return largest < split->len ? largest : split->len;
}

/* The kernel left the pseudo header's sum in the field: add the rest. */
static void
single_complete(const struct gso_split *split, uint8_t *dst)
{
	uint16_t csum = (uint16_t)~csum_fold(
	    csum_add(0, dst + split->csum_start, split->len - split->csum_start));
	bool udp = split->csum_at - split->csum_start == 6;

	/* A zero would mean "none" to UDP (RFC 768); for others the two forms of zero are equal. */
	be_put16(dst + split->csum_at, csum == 0 && udp ? 0xffff : csum);
}

static void
tcp_segment_fix(const struct gso_split *split, uint8_t *pkt, size_t len, bool last)
{
	uint8_t *tcp = pkt + split->l4;

	be_put32(tcp + 4, be_get32(tcp + 4) + (uint32_t)split->off);
	if (!last)
		tcp[13] &= (uint8_t) ~(TCP_FIN | TCP_PSH);
	if (split->index > 0)
		tcp[13] &= (uint8_t)~TCP_CWR;
	be_put16(tcp + 16, 0);
	be_put16(tcp + 16,
	    (uint16_t)~csum_fold(
		csum_add(csum_pseudo(pkt, IPPROTO_TCP, len - split->l4), tcp, len - split->l4)));
}

static void
udp_segment_fix(const struct gso_split *split, uint8_t *pkt, size_t len)
{
	uint8_t *udp = pkt + split->l4;
	uint16_t csum;

	be_put16(udp + 4, len - split->l4);
	be_put16(udp + 6, 0);
	csum = (uint16_t)~csum_fold(
	    csum_add(csum_pseudo(pkt, IPPROTO_UDP, len - split->l4), udp, len - split->l4));
	be_put16(udp + 6, csum == 0 ? 0xffff : csum);
}

size_t
gso_split_next(struct gso_split *split, uint8_t *dst, size_t dst_size)
{
	size_t payload = split->len - split->head_len - split->off, len;
	bool last;

	if (split->done || dst_size < gso_split_largest(split))
		return 0;
	last = payload <= split->seg;
	if (!last)
		payload = split->seg;
	len = split->head_len + payload;
	memcpy(dst, split->pkt, split->head_len);
	memcpy(dst + split->head_len, split->pkt + split->head_len + split->off, payload);
	if (split->type != VIRTIO_NET_HDR_GSO_NONE) {
		if (dst[0] >> 4 == 4)
			be_put16(dst + 4, (be_get16(dst + 4) + split->index) & 0xffff);
		gso_ip_set_len(dst, split->l4, len);
		if (split->type == GSO_UDP_L4)
			udp_segment_fix(split, dst, len);
		else
			tcp_segment_fix(split, dst, len, last);
	} else if (split->csum_at > 0) {
		single_complete(split, dst);
	}
	split->off += payload;
	split->index++;
	split->done = last;
	return len;
}
