/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ranges and prefixes are kept in sorted lists; ranges of one list do not overlap. A removed range
 * stays "retired" until auth says that it is drained; a route stays as long as the present
 * configuration or a retired range needs it.
 */
#include "gateway/routes.h"

#include <stdlib.h>
#include <string.h>

#include "conf/syntax.h"

struct range_list {
	struct syntax_range *items;
	size_t len;
};

struct routes {
	struct range_list ranges;     /* of the configuration */
	struct range_list retired;    /* of earlier ones */
	struct routes_list needed;    /* prefixes that cover ranges */
	struct routes_list installed; /* those and what retired ranges keep */
};

/* ---- addresses ---- */

static int
addr_cmp(const struct ip_addr *a, const struct ip_addr *b)
{
	return a->family != b->family ? (a->family > b->family) - (a->family < b->family)
				      : ip_cmp(a, b);
}

/* addr - 1; the caller knows that it is not the first address of all. */
static struct ip_addr
addr_before(struct ip_addr addr)
{
	for (size_t i = ip_len(&addr); i-- > 0;)
		if (addr.bytes[i]-- != 0)
			break;
	return addr;
}

/* addr + 1; false: there is none. */
static bool
addr_after(const struct ip_addr *addr, struct ip_addr *out)
{
	return ip_add(addr, 1, out) == ERR_OK;
}

static struct ip_addr
prefix_last(const struct ip_prefix *prefix)
{
	struct ip_addr last = prefix->addr;

	for (size_t bit = prefix->len; bit < ip_len(&last) * 8; bit++)
		last.bytes[bit / 8] |= (uint8_t)(0x80U >> (bit % 8));
	return last;
}

/* ---- sorted lists of ranges ---- */

static int
range_cmp(const void *a, const void *b)
{
	const struct syntax_range *one = a, *two = b;

	return addr_cmp(&one->first, &two->first);
}

/* Sort, and join what overlaps. Neighbours stay apart: each pool keeps the prefixes of its own. */
static void
range_list_tidy(struct range_list *list)
{
	size_t out = 0;

	if (list->len == 0)
		return;
	qsort(list->items, list->len, sizeof(list->items[0]), range_cmp);
	for (size_t i = 1; i < list->len; i++) {
		struct syntax_range *top = &list->items[out];

		if (addr_cmp(&list->items[i].first, &top->last) > 0)
			list->items[++out] = list->items[i];
		else if (addr_cmp(&list->items[i].last, &top->last) > 0)
			top->last = list->items[i].last;
	}
	list->len = out + 1;
}

/* Those of a and b in one list. */
static enum err
range_list_join(const struct range_list *a, const struct range_list *b, struct range_list *out)
{
	out->len = a->len + b->len;
	out->items = calloc(out->len + 1, sizeof(out->items[0]));
	if (out->items == NULL)
		return ERR_NOMEM;
	if (a->len > 0)
		memcpy(out->items, a->items, a->len * sizeof(a->items[0]));
	if (b->len > 0)
		memcpy(out->items + a->len, b->items, b->len * sizeof(b->items[0]));
	range_list_tidy(out);
	return ERR_OK;
}

/* What is left of `from` without the addresses of `minus`. */
static enum err
range_list_subtract(
    const struct range_list *from, const struct range_list *minus, struct range_list *out)
{
	size_t m = 0;

	/* Each range of minus can cut one in two. */
	*out =
	    (struct range_list){.items = calloc(from->len + minus->len + 1, sizeof(out->items[0]))};
	if (out->items == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < from->len; i++) {
		struct syntax_range rest = from->items[i];
		bool some = true;

		while (m < minus->len && addr_cmp(&minus->items[m].last, &rest.first) < 0)
			m++;
		for (size_t k = m; some && k < minus->len; k++) {
			const struct syntax_range *cut = &minus->items[k];

			if (addr_cmp(&cut->first, &rest.last) > 0)
				break;
			if (addr_cmp(&cut->first, &rest.first) > 0)
				out->items[out->len++] =
				    (struct syntax_range){rest.first, addr_before(cut->first)};
			some = addr_cmp(&cut->last, &rest.last) < 0 &&
			       addr_after(&cut->last, &rest.first);
		}
		if (some)
			out->items[out->len++] = rest;
	}
	return ERR_OK;
}

/* Has a prefix an address in one of the ranges? */
static bool
range_list_touches(const struct range_list *list, const struct ip_prefix *prefix)
{
	struct ip_addr last = prefix_last(prefix);
	size_t low = 0, high = list->len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (addr_cmp(&list->items[middle].last, &prefix->addr) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < list->len && addr_cmp(&list->items[low].first, &last) <= 0;
}

/* ---- prefixes ---- */

static int
prefix_cmp(const void *a, const void *b)
{
	const struct ip_prefix *one = a, *two = b;
	int order = addr_cmp(&one->addr, &two->addr);

	return order != 0 ? order : (one->len > two->len) - (one->len < two->len);
}

static bool
has_prefix(const struct routes_list *list, const struct ip_prefix *prefix)
{
	return list->len > 0 &&
	       bsearch(prefix, list->items, list->len, sizeof(list->items[0]), prefix_cmp) != NULL;
}

static enum err
list_add(struct routes_list *list, const struct ip_prefix *prefix)
{
	/* Room is made at the powers of two. */
	if ((list->len & (list->len - 1)) == 0) {
		size_t cap = list->len == 0 ? 1 : 2 * list->len;
		struct ip_prefix *items = reallocarray(list->items, cap, sizeof(items[0]));

		if (items == NULL)
			return ERR_NOMEM;
		list->items = items;
	}
	list->items[list->len++] = *prefix;
	return ERR_OK;
}

/* Trailing zero bits of an address: how large an aligned block may start there. */
static unsigned
trailing_zeros(const struct ip_addr *addr)
{
	unsigned bits = 0;

	for (size_t i = ip_len(addr); i-- > 0;) {
		if (addr->bytes[i] != 0)
			return bits + (unsigned)__builtin_ctz(addr->bytes[i]);
		bits += 8;
	}
	return bits;
}

/* Cover a range with the fewest prefixes. */
static enum err
cover(const struct syntax_range *range, struct routes_list *list)
{
	struct ip_prefix prefix = {.addr = range->first};
	uint64_t left;
	enum err err = ip_distance(&range->first, &range->last, &left);

	while (err == ERR_OK) {
		unsigned block = trailing_zeros(&prefix.addr);

		/* left is one less than the number of addresses that are left. */
		while (block > 63 || (UINT64_C(1) << block) - 1 > left)
			block--;
		prefix.len = (uint8_t)(ip_len(&prefix.addr) * 8 - block);
		err = list_add(list, &prefix);
		if (err != ERR_OK || (UINT64_C(1) << block) - 1 == left)
			return err;
		left -= UINT64_C(1) << block;
		err = ip_add(&prefix.addr, UINT64_C(1) << block, &prefix.addr);
	}
	return err;
}

/* ---- what a configuration needs ---- */

static void
take_pools(const struct conf *conf, enum conf_kind kind, struct range_list *out)
{
	const struct conf_object *const *pools;
	size_t len = conf_objects(conf, kind, &pools);

	for (size_t i = 0; i < len; i++)
		if (syntax_pool_range(pools[i], &out->items[out->len]) == ERR_OK)
			out->len++;
}

static void
take_framed(const struct conf_object *user, unsigned setting, struct range_list *out)
{
	const char *text = conf_str(conf_sub(user, USER_ATTRIBUTES), setting);
	struct syntax_range *range = &out->items[out->len];
	uint8_t len;

	if (text == NULL || syntax_framed_address(text, &range->first, &len) != ERR_OK)
		return;
	range->last = range->first;
	out->len++;
}

static enum err
ranges_of(const struct conf *conf, struct range_list *out)
{
	const struct conf_object *const *list;
	size_t users = conf_objects(conf, CONF_USERNAME, &list);
	size_t max = 2 * users + conf_objects(conf, CONF_IP_LOCAL_POOL, &list) +
		     conf_objects(conf, CONF_IPV6_LOCAL_POOL, &list);

	*out = (struct range_list){.items = calloc(max + 1, sizeof(out->items[0]))};
	if (out->items == NULL)
		return ERR_NOMEM;
	take_pools(conf, CONF_IP_LOCAL_POOL, out);
	take_pools(conf, CONF_IPV6_LOCAL_POOL, out);
	users = conf_objects(conf, CONF_USERNAME, &list);
	for (size_t i = 0; i < users; i++) {
		take_framed(list[i], GPA_VPN_FRAMED_IP_ADDRESS, out);
		take_framed(list[i], GPA_VPN_FRAMED_IPV6_ADDRESS, out);
	}
	range_list_tidy(out);
	return ERR_OK;
}

/* ---- the book ---- */

struct routes *
routes_new(void)
{
	return calloc(1, sizeof(struct routes));
}

const struct routes_list *
routes_installed(const struct routes *routes)
{
	return &routes->installed;
}

void
routes_list_fini(struct routes_list *list)
{
	free(list->items);
	*list = (struct routes_list){0};
}

void
routes_free(struct routes *routes)
{
	if (routes == NULL)
		return;
	free(routes->ranges.items);
	free(routes->retired.items);
	routes_list_fini(&routes->needed);
	routes_list_fini(&routes->installed);
	free(routes);
}

static enum err
plan_ranges(const struct routes *now, const struct conf *conf, struct routes *next)
{
	struct range_list before = {0};
	enum err err = ranges_of(conf, &next->ranges);

	if (err == ERR_OK)
		err = range_list_join(&now->ranges, &now->retired, &before);
	if (err == ERR_OK)
		err = range_list_subtract(&before, &next->ranges, &next->retired);
	free(before.items);
	return err;
}

static enum err
plan_prefixes(
    const struct routes *now, const struct conf *conf, struct routes *next, struct routes_list *add)
{
	const struct conf_object *tun = conf_sub(conf_root(conf, CONF_GATEWAY), GW_TUN);
	size_t routed = conf_bool(tun, TUN_POOL_ROUTES) ? next->ranges.len : 0;
	enum err err = ERR_OK;

	for (size_t i = 0; i < routed && err == ERR_OK; i++)
		err = cover(&next->ranges.items[i], &next->needed);
	if (next->needed.len > 0)
		qsort(next->needed.items, next->needed.len, sizeof(next->needed.items[0]),
		    prefix_cmp);
	for (size_t i = 0; i < now->installed.len && err == ERR_OK; i++)
		err = list_add(&next->installed, &now->installed.items[i]);
	for (size_t i = 0; i < next->needed.len && err == ERR_OK; i++) {
		const struct ip_prefix *prefix = &next->needed.items[i];

		if (has_prefix(&now->installed, prefix))
			continue;
		err = list_add(add, prefix);
		if (err == ERR_OK)
			err = list_add(&next->installed, prefix);
	}
	if (next->installed.len > 0)
		qsort(next->installed.items, next->installed.len, sizeof(next->installed.items[0]),
		    prefix_cmp);
	return err;
}

struct routes *
routes_plan(const struct routes *routes, const struct conf *conf, struct routes_list *add)
{
	struct routes *next = routes_new();

	*add = (struct routes_list){0};
	if (next != NULL && plan_ranges(routes, conf, next) == ERR_OK &&
	    plan_prefixes(routes, conf, next, add) == ERR_OK)
		return next;
	routes_free(next);
	routes_list_fini(add);
	return NULL;
}

bool
routes_retired(const struct routes *routes, size_t n, struct ip_addr *first, struct ip_addr *last)
{
	if (n >= routes->retired.len)
		return false;
	*first = routes->retired.items[n].first;
	*last = routes->retired.items[n].last;
	return true;
}

enum err
routes_drained(struct routes *routes, const struct ip_addr *first, const struct ip_addr *last,
    struct routes_list *remove)
{
	struct syntax_range range = {*first, *last};
	const struct range_list drained = {&range, 1};
	struct range_list left = {0};
	size_t kept = 0;

	*remove = (struct routes_list){0};
	if (first->family == 0 || first->family != last->family || ip_cmp(first, last) > 0)
		return ERR_RANGE;
	remove->items = calloc(routes->installed.len + 1, sizeof(remove->items[0]));
	if (remove->items == NULL ||
	    range_list_subtract(&routes->retired, &drained, &left) != ERR_OK) {
		routes_list_fini(remove);
		return ERR_NOMEM;
	}
	free(routes->retired.items);
	routes->retired = left;
	for (size_t i = 0; i < routes->installed.len; i++) {
		struct ip_prefix prefix = routes->installed.items[i];

		if (has_prefix(&routes->needed, &prefix) || range_list_touches(&left, &prefix))
			routes->installed.items[kept++] = prefix;
		else
			remove->items[remove->len++] = prefix;
	}
	routes->installed.len = kept;
	return ERR_OK;
}
