/* SPDX-License-Identifier: Apache-2.0 */
/* "Packet too big" for both families. */
#include "gateway/icmp.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>

#include "common/be.h"
#include "gateway/inner.h"

#define IPV4_HEAD 20
#define IPV6_HEAD 40
#define ICMP_HEAD 8
#define TTL 64
#define QUOTE4_MAX 548    /* RFC 1812 4.3.2.3: the message stays within 576 bytes */
#define MESSAGE6_MAX 1280 /* RFC 4443 3.2 */
#define ICMP_UNREACHABLE 3
#define ICMP_NEED_FRAGMENTATION 4
#define ICMP6_PACKET_TOO_BIG 2
#define ICMP6_INFORMATIONAL 128

static void
put_csum(uint8_t *p, uint32_t sum)
{
	be_put16(p, ip_csum_fold(sum));
}

/* Errors about errors, and errors to nobody in particular, are not sent (RFC 1122 3.2.2). */
static bool
may_answer4(const uint8_t *pkt, const struct inner *inner)
{
	size_t head = (size_t)(pkt[0] & 0x0f) * 4;
	bool later_fragment = (pkt[6] & 0x1f) != 0 || pkt[7] != 0;

	if (later_fragment || inner->src[0] == 0 || inner->src[0] >= 224 || inner->src[0] == 127)
		return false;
	if (pkt[9] != IPPROTO_ICMP)
		return true;
	/* Echo and its kin are questions; everything else counts as an error. */
	return inner->len > head && (pkt[head] == 8 || pkt[head] == 0);
}

static bool
may_answer6(const uint8_t *pkt, const struct inner *inner)
{
	static const uint8_t any[16];

	if (inner->src[0] == 0xff || memcmp(inner->src, any, sizeof(any)) == 0)
		return false;
	if (pkt[6] != IPPROTO_ICMPV6)
		return true;
	return inner->len > IPV6_HEAD && pkt[IPV6_HEAD] >= ICMP6_INFORMATIONAL;
}

static size_t
too_big4(uint8_t *dst, size_t dst_size, const uint8_t *pkt, const struct inner *inner, unsigned mtu)
{
	size_t quote = inner->len < QUOTE4_MAX ? inner->len : QUOTE4_MAX;
	size_t len = IPV4_HEAD + ICMP_HEAD + quote;
	uint8_t *icmp = dst + IPV4_HEAD;

	if (!may_answer4(pkt, inner) || dst_size < len)
		return 0;
	memset(dst, 0, IPV4_HEAD + ICMP_HEAD);
	dst[0] = 0x45;
	dst[1] = 0xc0; /* internetwork control, as routers mark their errors */
	be_put16(dst + 2, len);
	dst[8] = TTL;
	dst[9] = IPPROTO_ICMP;
	memcpy(dst + 12, inner->dst, 4);
	memcpy(dst + 16, inner->src, 4);
	put_csum(dst + 10, ip_csum_add(0, dst, IPV4_HEAD));
	icmp[0] = ICMP_UNREACHABLE;
	icmp[1] = ICMP_NEED_FRAGMENTATION;
	be_put16(icmp + 6, mtu);
	memcpy(icmp + ICMP_HEAD, pkt, quote);
	put_csum(icmp + 2, ip_csum_add(0, icmp, ICMP_HEAD + quote));
	return len;
}

static size_t
too_big6(uint8_t *dst, size_t dst_size, const uint8_t *pkt, const struct inner *inner, unsigned mtu)
{
	size_t room = MESSAGE6_MAX - IPV6_HEAD - ICMP_HEAD;
	size_t quote = inner->len < room ? inner->len : room;
	size_t icmp_len = ICMP_HEAD + quote;
	uint8_t *icmp = dst + IPV6_HEAD;
	uint8_t pseudo[8] = {0};
	uint32_t sum;

	if (!may_answer6(pkt, inner) || dst_size < IPV6_HEAD + icmp_len)
		return 0;
	memset(dst, 0, IPV6_HEAD + ICMP_HEAD);
	dst[0] = 0x60;
	be_put16(dst + 4, icmp_len);
	dst[6] = IPPROTO_ICMPV6;
	dst[7] = TTL;
	memcpy(dst + 8, inner->dst, 16);
	memcpy(dst + 24, inner->src, 16);
	icmp[0] = ICMP6_PACKET_TOO_BIG;
	be_put16(icmp + 6, mtu);
	memcpy(icmp + ICMP_HEAD, pkt, quote);
	be_put16(pseudo + 2, icmp_len);
	pseudo[7] = IPPROTO_ICMPV6;
	sum = ip_csum_add(0, dst + 8, 32);
	sum = ip_csum_add(sum, pseudo, sizeof(pseudo));
	put_csum(icmp + 2, ip_csum_add(sum, icmp, icmp_len));
	return IPV6_HEAD + icmp_len;
}

size_t
icmp_too_big(uint8_t *dst, size_t dst_size, const uint8_t *pkt, size_t len, unsigned mtu)
{
	struct inner inner;

	if (mtu > 0xffff || inner_parse(pkt, len, &inner) != ERR_OK)
		return 0;
	if (inner.version == 4)
		return too_big4(dst, dst_size, pkt, &inner, mtu);
	return too_big6(dst, dst_size, pkt, &inner, mtu);
}
