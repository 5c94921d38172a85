/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The address pools: no address in two of them (INV-5), none that belongs to the gateway itself,
 * none outside the network that clients are told.
 */
#include <stdlib.h>
#include <string.h>

#include "common/ip.h"
#include "conf/check.h"
#include "conf/errors.h"
#include "conf/syntax.h"

struct pool_range {
	const struct conf_object *pool;
	const char *name;
	struct syntax_range range;
};

static int
compare_ranges(const void *a, const void *b)
{
	const struct pool_range *one = a, *two = b;
	int order = ip_cmp(&one->range.first, &two->range.first);
	size_t i = one->pool->parent_index, k = two->pool->parent_index;

	return order != 0 ? order : (i > k) - (i < k);
}

/* Only addresses that are in the mask's network and are a host's there. */
static void
check_mask(const struct pool_range *range, struct conf_errors *errors)
{
	const char *text = conf_str(range->pool, POOL_MASK);
	struct ip_addr mask, first = range->range.first, last = range->range.last;
	bool is_network = true, is_broadcast = true;
	uint8_t len;

	if (text == NULL || ip_parse(text, &mask) != ERR_OK || ip_mask_len(&mask, &len) != ERR_OK ||
	    len == 32)
		return;
	for (size_t i = 0; i < 4; i++) {
		uint8_t host = (uint8_t)~mask.bytes[i];

		if (((first.bytes[i] ^ last.bytes[i]) & mask.bytes[i]) != 0) {
			errors_setting(errors, range->pool, POOL_RANGE,
			    "\"%s\" spans more than one network of mask %s; use a shorter mask or "
			    "two pools",
			    conf_str(range->pool, POOL_RANGE), text);
			return;
		}
		is_network = is_network && (first.bytes[i] & host) == 0;
		is_broadcast = is_broadcast && (last.bytes[i] & host) == host;
	}
	if (len < 31 && (is_network || is_broadcast))
		errors_setting(errors, range->pool, POOL_RANGE,
		    "\"%s\" holds the %s address of mask %s; leave it out",
		    conf_str(range->pool, POOL_RANGE), is_network ? "network" : "broadcast", text);
}

static void
check_overlaps(struct pool_range *ranges, size_t len, unsigned setting, struct conf_errors *errors)
{
	size_t widest = 0; /* of those before, the one that reaches farthest */

	for (size_t i = 1; i < len; i++) {
		const struct pool_range *one = &ranges[widest], *two = &ranges[i];

		if (ip_cmp(&two->range.first, &one->range.last) <= 0) {
			/* Complain about the one that stands later in the file. */
			if (one->pool->parent_index > two->pool->parent_index) {
				one = &ranges[i];
				two = &ranges[widest];
			}
			errors_setting(errors, two->pool, setting,
			    "shares addresses with pool \"%s\" of line %d; no address may be in "
			    "two pools",
			    one->name, one->pool->origin.line);
		}
		if (ip_cmp(&ranges[i].range.last, &ranges[widest].range.last) > 0)
			widest = i;
	}
}

static void
check_tun(const struct conf *conf, unsigned tun_setting, const struct pool_range *ranges,
    size_t len, unsigned setting, struct conf_errors *errors)
{
	const struct conf_object *root = conf_root(conf, CONF_GATEWAY);
	const char *text = root != NULL ? conf_str(conf_sub(root, GW_TUN), tun_setting) : NULL;
	struct ip_addr addr;
	uint8_t bits;

	if (text == NULL || syntax_interface_address(text, &addr, &bits) != ERR_OK)
		return;
	for (size_t i = 0; i < len; i++)
		if (ip_cmp(&addr, &ranges[i].range.first) >= 0 &&
		    ip_cmp(&addr, &ranges[i].range.last) <= 0)
			errors_setting(errors, ranges[i].pool, setting,
			    "holds the gateway's own address %s (tun.%s of gateway.conf); leave it "
			    "out",
			    text, conf_setting_name(CONF_TUN, tun_setting));
}

static void
check_family(const struct conf *conf, enum conf_kind kind, struct conf_errors *errors)
{
	bool v4 = kind == CONF_IP_LOCAL_POOL;
	unsigned setting = v4 ? (unsigned)POOL_RANGE : (unsigned)POOL6_PREFIX;
	const struct conf_object *const *pools;
	size_t pools_len = conf_objects(conf, kind, &pools), len = 0;
	struct pool_range *ranges = errors_calloc(errors, pools_len, sizeof(*ranges));

	if (ranges == NULL)
		return;
	for (size_t i = 0; i < pools_len; i++) {
		struct pool_range *range = &ranges[len];
		const char *name =
		    conf_str(pools[i], v4 ? (unsigned)POOL_NAME : (unsigned)POOL6_NAME);

		range->pool = pools[i];
		range->name = name != NULL ? name : "";
		enum err err = syntax_pool_range(pools[i], &range->range);
		if (err == ERR_RANGE)
			errors_setting(errors, pools[i], POOL6_SIZE,
			    "%lld addresses from %s do not fit into the prefix",
			    (long long)conf_int(pools[i], POOL6_SIZE),
			    conf_str(pools[i], POOL6_PREFIX));
		if (err != ERR_OK)
			continue;
		if (v4)
			check_mask(range, errors);
		len++;
	}
	qsort(ranges, len, sizeof(*ranges), compare_ranges);
	check_overlaps(ranges, len, setting, errors);
	check_tun(conf, v4 ? (unsigned)TUN_IPV4_ADDRESS : (unsigned)TUN_IPV6_ADDRESS, ranges, len,
	    setting, errors);
	free(ranges);
}

void
check_pools(const struct conf *conf, struct conf_errors *errors)
{
	check_family(conf, CONF_IP_LOCAL_POOL, errors);
	check_family(conf, CONF_IPV6_LOCAL_POOL, errors);
}
