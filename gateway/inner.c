/* SPDX-License-Identifier: Apache-2.0 */
/* Inner packets: version, length and addresses. */
#include "gateway/inner.h"

#include "common/buf.h"

#define IPV4_HEAD 20
#define IPV6_HEAD 40

static enum err
parse_ipv4(const uint8_t *pkt, size_t len, struct inner *out)
{
	size_t head = (size_t)(pkt[0] & 0x0f) * 4;
	struct cur cur;

	if (head < IPV4_HEAD || len < IPV4_HEAD)
		return ERR_SYNTAX;
	cur_init(&cur, pkt, len);
	cur_skip(&cur, 2);
	out->len = cur_u16(&cur);
	cur_skip(&cur, 8);
	out->src = cur_take(&cur, 4);
	out->dst = cur_take(&cur, 4);
	return cur.err != ERR_OK || out->len < head || out->len > len ? ERR_SYNTAX : ERR_OK;
}

static enum err
parse_ipv6(const uint8_t *pkt, size_t len, struct inner *out)
{
	struct cur cur;

	cur_init(&cur, pkt, len);
	cur_skip(&cur, 4);
	out->len = IPV6_HEAD + (size_t)cur_u16(&cur);
	cur_skip(&cur, 2);
	out->src = cur_take(&cur, 16);
	out->dst = cur_take(&cur, 16);
	return cur.err != ERR_OK || out->len > len ? ERR_SYNTAX : ERR_OK;
}

enum err
inner_parse(const uint8_t *pkt, size_t len, struct inner *out)
{
	if (len == 0)
		return ERR_SYNTAX;
	out->version = pkt[0] >> 4;
	if (out->version == 4)
		return parse_ipv4(pkt, len, out);
	if (out->version == 6)
		return parse_ipv6(pkt, len, out);
	return ERR_SYNTAX;
}
