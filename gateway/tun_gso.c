/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cutting and joining of segments. What the kernel does (net/ipv4/tcp_offload.c) is the model, in
 * behaviour: IPv4 ids count up, FIN and PSH belong to the last segment, CWR to the first; nothing
 * is joined that a router could tell from the run that comes out again.
 */
#include "gateway/tun_gso.h"

#include <netinet/in.h>
#include <string.h>

#define IPV4_HEAD 20
#define IPV6_HEAD 40
#define TCP_HEAD 20
#define UDP_HEAD 8
#define TCP_FIN 0x01
#define TCP_PSH 0x08
#define TCP_ACK 0x10
#define TCP_CWR 0x80
#define GSO_UDP_L4 5 /* VIRTIO_NET_HDR_GSO_UDP_L4; missing in older headers */

static uint16_t
get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t
get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static void
put16(uint8_t *p, size_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void
put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v & 0xffff);
}

/* ---- checksums ---- */

/*
 * Sums native 32-bit words into 64 bits (one's complement sums do not care about byte order until
 * the end, RFC 1071 2B), then brings the result to network order. A running sum must have been
 * added over an even number of bytes.
 */
uint32_t
gso_csum(uint32_t sum, const uint8_t *data, size_t len)
{
	uint64_t a = 0, b = 0;
	uint32_t w;
	uint16_t folded;

	for (; len >= 8; data += 8, len -= 8) {
		memcpy(&w, data, sizeof(w));
		a += w;
		memcpy(&w, data + 4, sizeof(w));
		b += w;
	}
	a += b;
	for (; len >= 2; data += 2, len -= 2) {
		uint16_t h;

		memcpy(&h, data, sizeof(h));
		a += h;
	}
	if (len > 0) {
		uint8_t last[2] = {*data, 0};
		uint16_t h;

		memcpy(&h, last, sizeof(h));
		a += h;
	}
	while (a >> 16 != 0)
		a = (a & 0xffff) + (a >> 16);
	folded = (uint16_t)a;
	return sum + get16((const uint8_t *)&folded);
}

static uint16_t
csum_fold(uint32_t sum)
{
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/* Sum of the pseudo header, for either family: addresses, protocol, length of the transport part.
 */
static uint32_t
pseudo_sum(const uint8_t *pkt, uint8_t protocol, size_t l4_len)
{
	uint32_t sum = (uint32_t)protocol + (uint32_t)(l4_len & 0xffff) + (uint32_t)(l4_len >> 16);

	return pkt[0] >> 4 == 4 ? gso_csum(sum, pkt + 12, 8) : gso_csum(sum, pkt + 8, 32);
}

static void
ipv4_set_csum(uint8_t *pkt, size_t head_len)
{
	put16(pkt + 10, 0);
	put16(pkt + 10, (uint16_t)~csum_fold(gso_csum(0, pkt, head_len)));
}

/* Total length in the IP header, and its checksum. */
static void
ip_set_len(uint8_t *pkt, size_t l4, size_t len)
{
	if (pkt[0] >> 4 == 4) {
		put16(pkt + 2, len);
		ipv4_set_csum(pkt, l4);
	} else {
		put16(pkt + 4, len - IPV6_HEAD);
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
	    gso_csum(0, dst + split->csum_start, split->len - split->csum_start));
	bool udp = split->csum_at - split->csum_start == 6;

	/* A zero would mean "none" to UDP (RFC 768); for others the two forms of zero are equal. */
	put16(dst + split->csum_at, csum == 0 && udp ? 0xffff : csum);
}

static void
tcp_segment_fix(const struct gso_split *split, uint8_t *pkt, size_t len, bool last)
{
	uint8_t *tcp = pkt + split->l4;

	put32(tcp + 4, get32(tcp + 4) + (uint32_t)split->off);
	if (!last)
		tcp[13] &= (uint8_t) ~(TCP_FIN | TCP_PSH);
	if (split->index > 0)
		tcp[13] &= (uint8_t)~TCP_CWR;
	put16(tcp + 16, 0);
	put16(tcp + 16, (uint16_t)~csum_fold(gso_csum(
			    pseudo_sum(pkt, IPPROTO_TCP, len - split->l4), tcp, len - split->l4)));
}

static void
udp_segment_fix(const struct gso_split *split, uint8_t *pkt, size_t len)
{
	uint8_t *udp = pkt + split->l4;
	uint16_t csum;

	put16(udp + 4, len - split->l4);
	put16(udp + 6, 0);
	csum = (uint16_t)~csum_fold(
	    gso_csum(pseudo_sum(pkt, IPPROTO_UDP, len - split->l4), udp, len - split->l4));
	put16(udp + 6, csum == 0 ? 0xffff : csum);
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
			put16(dst + 4, (get16(dst + 4) + split->index) & 0xffff);
		ip_set_len(dst, split->l4, len);
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

/* ---- joining ---- */

static bool
tcp_csum_ok(const uint8_t *pkt, const struct gso_tcp *tcp)
{
	size_t l4_len = tcp->len - tcp->l4;

	return csum_fold(gso_csum(pseudo_sum(pkt, IPPROTO_TCP, l4_len), pkt + tcp->l4, l4_len)) ==
	       0xffff;
}

/* IPv4 without options, not a fragment; IPv6 without extension headers. */
static size_t
joinable_ip_head(const uint8_t *pkt, size_t len)
{
	if (len < IPV4_HEAD)
		return 0;
	if (pkt[0] == 0x45) {
		bool ok = pkt[9] == IPPROTO_TCP && (get16(pkt + 6) & 0x3fff) == 0 &&
			  get16(pkt + 2) == len && csum_fold(gso_csum(0, pkt, IPV4_HEAD)) == 0xffff;

		return ok ? IPV4_HEAD : 0;
	}
	if (pkt[0] >> 4 == 6 && len >= IPV6_HEAD) {
		bool ok = pkt[6] == IPPROTO_TCP && (size_t)get16(pkt + 4) + IPV6_HEAD == len;

		return ok ? IPV6_HEAD : 0;
	}
	return 0;
}

bool
gso_tcp_parse(const uint8_t *pkt, size_t len, struct gso_tcp *out)
{
	size_t l4 = joinable_ip_head(pkt, len), tcp_head;

	if (l4 == 0 || len < l4 + TCP_HEAD || len > GSO_PACKET_MAX)
		return false;
	tcp_head = (size_t)(pkt[l4 + 12] >> 4) * 4;
	if (tcp_head < TCP_HEAD || len <= l4 + tcp_head)
		return false;
	/* Only plain data: ACK, and PSH at the end of a run; reserved bits and ECN marks stay
	 * visible alone. */
	if ((pkt[l4 + 12] & 0x0f) != 0 || (pkt[l4 + 13] & (uint8_t)~TCP_PSH) != TCP_ACK)
		return false;
	*out = (struct gso_tcp){.len = len, .l4 = l4, .head_len = l4 + tcp_head};
	return tcp_csum_ok(pkt, out);
}

bool
gso_join_same_flow(const struct gso_join *join, const uint8_t *pkt, size_t len)
{
	const uint8_t *first = join->buf + GSO_VNET_LEN;
	size_t addr_at = join->l4 == IPV4_HEAD ? 12 : 8, addr_len = join->l4 == IPV4_HEAD ? 8 : 32;

	if (join->len == 0 || len < join->l4 || first[0] >> 4 != pkt[0] >> 4)
		return false;
	if (memcmp(first + addr_at, pkt + addr_at, addr_len) != 0)
		return false;
	/* With options, extension headers or fragments the ports are not where ours are: same hosts
	 * is close enough. */
	if (join->l4 == IPV4_HEAD && (pkt[0] != 0x45 || (get16(pkt + 6) & 0x3fff) != 0))
		return true;
	if (join->l4 == IPV6_HEAD && pkt[6] != IPPROTO_TCP)
		return pkt[6] != IPPROTO_UDP && pkt[6] != IPPROTO_ICMPV6;
	if (join->l4 == IPV4_HEAD && pkt[9] != IPPROTO_TCP)
		return false;
	return len < join->l4 + 4 || memcmp(first + join->l4, pkt + join->l4, 4) == 0;
}

/* Everything in the IP header but length, id and checksum is equal, and the id (unless it means
 * nothing) counts up. */
static bool
ip_head_follows(const struct gso_join *join, const uint8_t *pkt)
{
	const uint8_t *first = join->buf + GSO_VNET_LEN;
	bool dont_fragment;

	if (join->l4 == IPV6_HEAD)
		return memcmp(first, pkt, 4) == 0 && memcmp(first + 6, pkt + 6, 2) == 0;
	dont_fragment = (first[6] & 0x40) != 0;
	if (first[1] != pkt[1] || memcmp(first + 6, pkt + 6, 4) != 0)
		return false;
	return (dont_fragment && memcmp(first + 4, pkt + 4, 2) == 0) ||
	       ((get16(first + 4) + join->count) & 0xffff) == get16(pkt + 4);
}

/* Same acknowledgement, window and options; the next bytes of the stream. */
static bool
tcp_head_follows(const struct gso_join *join, const uint8_t *pkt, const struct gso_tcp *tcp)
{
	const uint8_t *first = join->buf + GSO_VNET_LEN + join->l4;
	const uint8_t *next = pkt + tcp->l4;

	return join->head_len == tcp->head_len && get32(next + 4) == join->next_seq &&
	       memcmp(first + 8, next + 8, 5) == 0 && memcmp(first + 14, next + 14, 2) == 0 &&
	       memcmp(first + TCP_HEAD, next + TCP_HEAD, tcp->head_len - tcp->l4 - TCP_HEAD) == 0;
}

static void
join_begin(struct gso_join *join, const uint8_t *pkt, const struct gso_tcp *tcp)
{
	join->l4 = tcp->l4;
	join->head_len = tcp->head_len;
	join->seg = tcp->len - tcp->head_len;
	join->next_seq = get32(pkt + tcp->l4 + 4) + (uint32_t)join->seg;
	join->count = 1;
	join->closed = (pkt[tcp->l4 + 13] & TCP_PSH) != 0;
	join->len = tcp->len;
	memcpy(join->buf + GSO_VNET_LEN, pkt, tcp->len);
}

enum gso_verdict
gso_join_add(struct gso_join *join, const uint8_t *pkt, const struct gso_tcp *tcp)
{
	size_t payload = tcp->len - tcp->head_len;
	uint8_t *head = join->buf + GSO_VNET_LEN;

	if (join->len == 0) {
		join_begin(join, pkt, tcp);
		return GSO_JOINED;
	}
	if (!gso_join_same_flow(join, pkt, tcp->len))
		return GSO_OTHER;
	if (join->closed || payload > join->seg || join->len + payload > GSO_PACKET_MAX ||
	    !ip_head_follows(join, pkt) || !tcp_head_follows(join, pkt, tcp))
		return GSO_NOT_YET;
	memcpy(head + join->len, pkt + tcp->head_len, payload);
	join->len += payload;
	join->next_seq += (uint32_t)payload;
	join->count++;
	head[join->l4 + 13] |= pkt[tcp->l4 + 13] & TCP_PSH;
	join->closed = payload < join->seg || (pkt[tcp->l4 + 13] & TCP_PSH) != 0;
	return GSO_JOINED;
}

void
gso_join_take(struct gso_join *join, const uint8_t **data, size_t *len)
{
	struct virtio_net_hdr vnet = {0};
	uint8_t *pkt = join->buf + GSO_VNET_LEN;

	if (join->count > 1) {
		bool v4 = join->l4 == IPV4_HEAD;

		vnet.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
		vnet.gso_type = v4 ? VIRTIO_NET_HDR_GSO_TCPV4 : VIRTIO_NET_HDR_GSO_TCPV6;
		vnet.hdr_len = (uint16_t)join->head_len;
		vnet.gso_size = (uint16_t)join->seg;
		vnet.csum_start = (uint16_t)join->l4;
		vnet.csum_offset = 16;
		ip_set_len(pkt, join->l4, join->len);
		/* The device completes the checksum: the field holds the pseudo header's sum only.
		 */
		put16(pkt + join->l4 + 16,
		    csum_fold(pseudo_sum(pkt, IPPROTO_TCP, join->len - join->l4)));
	}
	memcpy(join->buf, &vnet, sizeof(vnet));
	*data = join->buf;
	*len = GSO_VNET_LEN + join->len;
	join->len = 0;
	join->count = 0;
}
