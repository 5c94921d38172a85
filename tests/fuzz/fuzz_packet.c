/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz the inner packet path: inner.c, icmp.c, tun_gso.c, tun_join.c and frag.c. Input: ten bytes
 * of virtio net head, then a packet. It is parsed, answered as too big, fragmented, cut, and what
 * comes out is joined again.
 */
/* For coverage.sh: gateway/inner.c gateway/icmp.c gateway/tun_gso.c gateway/tun_join.c
 * gateway/frag.c */
#include <stdlib.h>
#include <string.h>

#include "gateway/frag.h"
#include "gateway/icmp.h"
#include "gateway/inner.h"
#include "gateway/tun_join.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct join join;

static void
offer(const uint8_t *pkt, size_t len)
{
	const uint8_t *data;
	struct join_pkt facts;
	struct inner inner;

	if (inner_parse(pkt, len, &inner) != ERR_OK)
		return;
	if (inner.len > len || inner.src < pkt || inner.dst < pkt)
		abort();
	(void)join_same_flow(&join, pkt, inner.len);
	if (!join_parse(pkt, inner.len, &facts))
		return;
	if (join_add(&join, &facts) == JOIN_TAKEN)
		return;
	if (join.len > 0)
		join_take(&join, &data, &len);
	if (join_add(&join, &facts) != JOIN_TAKEN)
		abort();
}

static void
cut(const struct virtio_net_hdr *vnet, const uint8_t *pkt, size_t len)
{
	struct gso_split split;
	size_t largest, n, total = 0;
	uint8_t *dst;

	if (gso_split_init(&split, vnet, pkt, len) != ERR_OK)
		return;
	largest = gso_split_largest(&split);
	dst = malloc(largest > 0 ? largest : 1);
	if (dst == NULL)
		return;
	while ((n = gso_split_next(&split, dst, largest)) > 0) {
		if (n > largest || ++total > len + 1)
			abort();
		offer(dst, n);
	}
	free(dst);
}

/* Every byte behind the head comes out once. */
static void
fragment(const uint8_t *pkt, size_t len, size_t mtu)
{
	uint8_t *dst = malloc(mtu);
	size_t n, total = 0;
	struct inner inner;
	struct frag frag;

	if (dst != NULL && inner_parse(pkt, len, &inner) == ERR_OK &&
	    frag_is_allowed(pkt, inner.len, mtu, mtu % 2 == 0)) {
		frag_init(&frag, pkt, inner.len, mtu, 7);
		while ((n = frag_next(&frag, dst)) > 0) {
			if (n > mtu || n <= 20 || memcmp(dst + 20, pkt + 20 + total, n - 20) != 0)
				abort();
			total += n - 20;
		}
		if (total != inner.len - 20)
			abort();
	}
	free(dst);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t answer[1280];
	struct virtio_net_hdr vnet;
	const uint8_t *run;
	size_t len;

	if (size <= sizeof(vnet))
		return 0;
	memcpy(&vnet, data, sizeof(vnet));
	data += sizeof(vnet);
	size -= sizeof(vnet);
	join.len = 0;
	if (icmp_too_big(answer, sizeof(answer), data, size, 1300) > sizeof(answer))
		abort();
	fragment(data, size, 28 + vnet.gso_size % 1500);
	offer(data, size);
	cut(&vnet, data, size);
	if (join.len > 0) {
		join_take(&join, &run, &len);
		memcpy(&vnet, run, sizeof(vnet));
		cut(&vnet, run + sizeof(vnet), len - sizeof(vnet));
	}
	return 0;
}
