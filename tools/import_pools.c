/* SPDX-License-Identifier: Apache-2.0 */
/* Address pools, after all lines are read: what overlaps, and an address for the gateway itself. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/ip.h"
#include "common/str.h"
#include "conf/syntax.h"
#include "tools/import_parts.h"

static const struct {
	enum conf_kind kind;
	const char *tunnel_group; /* settings that name pools */
	const char *attributes;
} families[] = {
    {CONF_IP_LOCAL_POOL, "address-pool", "address-pools"},
    {CONF_IPV6_LOCAL_POOL, "ipv6-address-pool", "ipv6-address-pools"},
};

/* The addresses of a pool of the tree. False: it is not whole. */
static bool
pool_range(const struct import_item *pool, struct syntax_range *out)
{
	const char *text = import_get_str(&pool->node, "range");
	char first[IP_STR_MAX];
	uint8_t len;

	if (text != NULL) {
		const char *dash = strchr(text, '-');

		return dash != NULL &&
		       str_copy_n(first, sizeof(first), text, (size_t)(dash - text)) == ERR_OK &&
		       ip_parse(first, &out->first) == ERR_OK &&
		       ip_parse(dash + 1, &out->last) == ERR_OK;
	}
	const struct import_item *size = import_item_find(pool, "size");
	text = import_get_str(&pool->node, "prefix");
	return text != NULL && size != NULL &&
	       syntax_interface_address(text, &out->first, &len) == ERR_OK &&
	       ip_add(&out->first, (uint64_t)size->node.num - 1, &out->last) == ERR_OK;
}

static bool
overlap(const struct syntax_range *a, const struct syntax_range *b)
{
	return a->first.family == b->first.family && ip_cmp(&a->first, &b->last) <= 0 &&
	       ip_cmp(&b->first, &a->last) <= 0;
}

/* In a list of names one for another. */
static void
rename_in(struct import *import, struct import_item *group, const char *setting, const char *from,
    const char *to)
{
	struct import_item *list = group != NULL ? import_item_find(group, setting) : NULL;
	char name[128];
	bool there = false;

	if (list == NULL || str_copy(name, sizeof(name), to) != ERR_OK)
		return;
	for (size_t i = 0; i < list->len; i++)
		there = there || strcmp(list->items[i]->node.str, name) == 0;
	for (size_t i = list->len; i > 0; i--) {
		if (strcmp(list->items[i - 1]->node.str, from) != 0)
			continue;
		if (there) {
			import_item_remove(list, i - 1);
			continue;
		}
		free(list->items[i - 1]->node.str);
		list->items[i - 1]->node.str = import_strdup(import, name);
	}
}

static void
rename_pool(struct import *import, size_t family, const char *from, const char *to)
{
	static const struct {
		enum conf_kind kind;
		const char *part;
	} users[] = {
	    {CONF_TUNNEL_GROUP, "general-attributes"},
	    {CONF_GROUP_POLICY, "attributes"},
	    {CONF_USERNAME, "attributes"},
	};

	for (size_t u = 0; u < ARRAY_LEN(users); u++) {
		struct import_item *list = import_item_list(import, users[u].kind);

		for (size_t i = 0; list != NULL && i < list->len; i++)
			rename_in(import, import_item_find(list->items[i], users[u].part),
			    u == 0 ? families[family].tunnel_group : families[family].attributes,
			    from, to);
	}
}

/* The later of two that overlap goes: its users take the earlier one if it is the same range. */
static void
drop_pool(struct import *import, size_t family, struct import_item *list, size_t index,
    const struct import_item *first, bool same)
{
	const char *name = import_item_name(list->items[index]);
	struct import_line *line = import_line_at(import, list->items[index]->node.line);

	if (same)
		rename_pool(import, family, name, import_item_name(first));
	else
		import_todo(import,
		    "give the users of ip local pool %s other addresses: it overlaps with %s and "
		    "was left out",
		    name, import_item_name(first));
	if (line != NULL && same) {
		/* What was said when the line was read holds no more. */
		import_converted(line, "ip-local-pools, \"%s\", which has the same addresses",
		    import_item_name(first));
	} else if (line != NULL) {
		import_not_supported(line, "overlaps with pool \"%s\"; choose other addresses",
		    import_item_name(first));
	}
	import_item_remove(list, index);
}

/* A pool that is not whole has been spoken of. */
static void
drop_broken(struct import_item *list)
{
	struct syntax_range range;

	for (size_t i = list->len; i > 0; i--)
		if (!pool_range(list->items[i - 1], &range))
			import_item_remove(list, i - 1);
}

static void
check_prefix(struct import *import, struct import_item *list)
{
	for (size_t i = list->len; i > 0; i--) {
		const struct import_item *pool = list->items[i - 1];
		const char *text = import_get_str(&pool->node, "prefix");
		struct import_line *line = import_line_at(import, pool->node.line);
		struct syntax_range range;
		uint8_t len;

		if (text == NULL || !pool_range(pool, &range) ||
		    syntax_interface_address(text, &range.first, &len) != ERR_OK)
			continue;
		bool fits = true;
		for (unsigned bit = 0; bit < len; bit++)
			fits = fits && ((range.first.bytes[bit / 8] ^ range.last.bytes[bit / 8]) &
					   (0x80U >> bit % 8)) == 0;
		if (fits)
			continue;
		if (line != NULL)
			import_not_supported(line, "the addresses do not fit into the prefix");
		import_item_remove(list, i - 1);
	}
}

void
import_pools_finish(struct import *import)
{
	for (size_t f = 0; f < ARRAY_LEN(families); f++) {
		struct import_item *list = import_item_list(import, families[f].kind);

		if (list == NULL)
			continue;
		drop_broken(list);
		check_prefix(import, list);
		for (size_t i = 1; i < list->len; i++) {
			for (size_t k = 0; k < i; k++) {
				struct syntax_range one, two;

				if (!pool_range(list->items[k], &one) ||
				    !pool_range(list->items[i], &two) || !overlap(&one, &two))
					continue;
				drop_pool(import, f, list, i, list->items[k],
				    ip_eq(&one.first, &two.first) && ip_eq(&one.last, &two.last));
				i--;
				break;
			}
		}
	}
}

/* ---- an address for the tun ---- */

static void
clear_host_bits(struct ip_prefix *prefix)
{
	for (size_t bit = prefix->len; bit < ip_len(&prefix->addr) * 8; bit++)
		prefix->addr.bytes[bit / 8] &= (uint8_t) ~(0x80U >> bit % 8);
}

/* The network around a pool. */
static bool
pool_network(const struct import_item *pool, struct ip_prefix *out)
{
	const char *prefix = import_get_str(&pool->node, "prefix");
	const char *mask = import_get_str(&pool->node, "mask");
	struct syntax_range range;
	struct ip_addr mask_addr;

	if (!pool_range(pool, &range))
		return false;
	out->addr = range.first;
	if (prefix != NULL) {
		if (syntax_interface_address(prefix, &out->addr, &out->len) != ERR_OK)
			return false;
	} else if (mask == NULL || ip_parse(mask, &mask_addr) != ERR_OK ||
		   ip_mask_len(&mask_addr, &out->len) != ERR_OK) {
		return false;
	}
	clear_host_bits(out);
	return true;
}

/* The network of an interface, from "ip address A M" or "ipv6 address P/L". */
static bool
line_network(const struct import_line *line, struct ip_addr *addr, uint8_t *len)
{
	struct ip_addr mask;

	if (line->len >= 4 && strcmp(line->words[0], "ip") == 0 &&
	    strcmp(line->words[1], "address") == 0)
		return ip_parse(line->words[2], addr) == ERR_OK &&
		       ip_parse(line->words[3], &mask) == ERR_OK &&
		       ip_mask_len(&mask, len) == ERR_OK;
	return line->len >= 3 && strcmp(line->words[0], "ipv6") == 0 &&
	       strcmp(line->words[1], "address") == 0 &&
	       syntax_interface_address(line->words[2], addr, len) == ERR_OK;
}

/* Is an interface of the ASA in this network, or this network in an interface's? Then other hosts
 * are there, and none of its addresses is known to be free. */
static bool
is_inhabited(const struct import *import, const struct ip_prefix *network)
{
	for (size_t i = 0; i < import->lines_len; i++) {
		struct ip_addr addr;
		struct ip_prefix both = *network;
		uint8_t len;

		if (!line_network(import->lines[i], &addr, &len) ||
		    addr.family != network->addr.family)
			continue;
		if (len < both.len)
			both.len = len;
		clear_host_bits(&both);
		if (ip_in_prefix(&addr, &both))
			return true;
	}
	return false;
}

static bool
is_pooled(const struct import_item *list, const struct ip_addr *addr)
{
	for (size_t i = 0; list != NULL && i < list->len; i++) {
		struct syntax_range range;

		if (pool_range(list->items[i], &range) && ip_cmp(addr, &range.first) >= 0 &&
		    ip_cmp(addr, &range.last) <= 0)
			return true;
	}
	return false;
}

/* A user's own address is not in a pool of necessity. */
static bool
is_framed(const struct import *import, const struct ip_addr *addr)
{
	const struct import_item *list = import_item_list(import, CONF_USERNAME);
	char text[IP_STR_MAX];

	(void)ip_str(addr, text);
	for (size_t i = 0; list != NULL && i < list->len; i++) {
		const struct import_item *attributes =
		    import_item_find(list->items[i], "attributes");
		const char *framed = attributes == NULL
					 ? NULL
					 : import_get_str(&attributes->node,
					       addr->family == 4 ? "vpn-framed-ip-address"
								 : "vpn-framed-ipv6-address");

		if (framed != NULL && strncmp(framed, text, strlen(text)) == 0)
			return true;
	}
	return false;
}

static bool
is_interface_address(const struct ip_addr *addr)
{
	char text[IP_STR_MAX], with_len[IP_STR_MAX + 4];
	bool v4 = addr->family == 4;

	snprintf(with_len, sizeof(with_len), "%s/%d", ip_str(addr, text), v4 ? 32 : 128);
	return (v4 ? syntax_tun4(with_len) : syntax_tun6(with_len)) == NULL;
}

static bool
find_free(const struct import *import, const struct import_item *list,
    const struct ip_prefix *network, struct ip_addr *out)
{
	enum { TRIES = 4096 };
	bool v4 = network->addr.family == 4;
	uint64_t hosts = v4 ? (UINT64_C(1) << (32 - network->len)) : TRIES;

	for (uint64_t i = 1; i < TRIES && i + 1 < hosts; i++) {
		/* IPv4 from the top, where pools rarely reach; IPv6 from ::1. Some networks hold
		 * addresses that are no interface's, such as the loopback's. */
		if (ip_add(&network->addr, v4 ? hosts - 1 - i : i, out) == ERR_OK &&
		    !is_pooled(list, out) && !is_framed(import, out) && is_interface_address(out))
			return true;
	}
	return false;
}

/* The network that a user's own address is in. */
static bool
framed_network(const struct import *import, bool v6, struct ip_prefix *out)
{
	const struct import_item *users = import_item_list(import, CONF_USERNAME);

	for (size_t i = 0; users != NULL && i < users->len; i++) {
		const struct import_item *attributes =
		    import_item_find(users->items[i], "attributes");
		const char *text = attributes == NULL ? NULL
						      : import_get_str(&attributes->node,
							    v6 ? "vpn-framed-ipv6-address"
							       : "vpn-framed-ip-address");

		if (text != NULL && syntax_framed_address(text, &out->addr, &out->len) == ERR_OK) {
			clear_host_bits(out);
			return true;
		}
	}
	return false;
}

bool
import_pools_tun(const struct import *import, bool v6, struct buf *out)
{
	const struct import_item *list = import_item_list(import, families[v6].kind);
	struct ip_prefix network;
	struct ip_addr addr;
	char text[IP_STR_MAX];
	bool pool = list != NULL && list->len > 0 && pool_network(list->items[0], &network);

	if ((!pool && !framed_network(import, v6, &network)) || network.len > (v6 ? 126 : 30) ||
	    is_inhabited(import, &network) || !find_free(import, list, &network, &addr))
		return false;
	buf_printf(out, "%s/%d", ip_str(&addr, text), v6 ? 128 : 32);
	return true;
}
