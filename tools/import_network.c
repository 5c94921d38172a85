/* SPDX-License-Identifier: Apache-2.0 */
/* The commands of names, address pools, time ranges and access lists. */
#include <stdio.h>
#include <string.h>

#include "common/ip.h"
#include "common/str.h"
#include "conf/syntax.h"
#include "tools/import_lists.h"

/* A time-range that holds never: it ends before there was an ASA. */
#define NEVER "end 00:00 1 January 1993"
#define MARK_BAD ".bad" /* a time-range lost a line */

static void
run_name(struct import *import, struct import_line *line)
{
	struct ip_addr addr;

	if (line->len < 3) {
		import_broken(import, line, "name: expected an address and a name");
		return;
	}
	if (ip_parse(line->words[1], &addr) != ERR_OK) {
		import_broken(import, line, "name: \"%.64s\" is not an address", line->words[1]);
		return;
	}
	import_name_add(import, line->words[1], line->words[2]);
	import_converted(line, "its address where the name is used");
}

/* The address of a word that may be a name. False: said. */
static bool
take_address(
    struct import *import, const struct import_line *line, const char *word, struct ip_addr *out)
{
	if (ip_parse(import_name(import, word), out) == ERR_OK && out->family == 4)
		return true;
	import_broken(import, line, "\"%.64s\" is not an IPv4 address", word);
	return false;
}

/* "A-B", where A and B may be names, which may have dashes. */
static bool
take_range(struct import *import, const struct import_line *line, const char *word,
    struct syntax_range *out)
{
	char first[IP_STR_MAX * 2];

	for (const char *dash = strchr(word, '-'); dash != NULL; dash = strchr(dash + 1, '-')) {
		if (str_copy_n(first, sizeof(first), word, (size_t)(dash - word)) != ERR_OK)
			break;
		if (ip_parse(import_name(import, first), &out->first) == ERR_OK &&
		    ip_parse(import_name(import, dash + 1), &out->last) == ERR_OK &&
		    out->first.family == 4 && out->last.family == 4) {
			if (ip_cmp(&out->first, &out->last) <= 0)
				return true;
			import_broken(import, line, "\"%.64s\" ends before it begins", word);
			return false;
		}
	}
	if (strchr(word, '-') != NULL) {
		import_broken(import, line, "\"%.64s\" is not a range of IPv4 addresses", word);
		return false;
	}
	if (!take_address(import, line, word, &out->first))
		return false;
	out->last = out->first;
	return true;
}

/* The mask that the ASA gives to a pool without one: that of the address's class. */
static uint8_t
class_len(const struct ip_addr *addr)
{
	return addr->bytes[0] < 128 ? 8 : addr->bytes[0] < 192 ? 16 : 24;
}

static struct ip_addr
network_end(const struct ip_addr *addr, uint8_t len, bool last)
{
	struct ip_addr out = *addr;

	for (unsigned bit = len; bit < 32; bit++) {
		uint8_t mask = (uint8_t)(0x80 >> bit % 8);

		if (last)
			out.bytes[bit / 8] |= mask;
		else
			out.bytes[bit / 8] &= (uint8_t)~mask;
	}
	return out;
}

/* Make the mask and the range fit each other as the daemon wants them; note what was done. */
static bool
fit_range(struct syntax_range *range, uint8_t *len, struct buf *note)
{
	struct ip_addr net, broadcast;
	char text[IP_STR_MAX];

	for (;; --*len) {
		net = network_end(&range->first, *len, false);
		broadcast = network_end(&range->first, *len, true);
		if (ip_cmp(&range->last, &broadcast) <= 0)
			break;
	}
	if (*len == 0)
		return false;
	if (*len >= 31)
		return true;
	if (ip_eq(&range->first, &net)) {
		buf_printf(note, ", without %s, which is the network's own", ip_str(&net, text));
		if (ip_add(&range->first, 1, &range->first) != ERR_OK)
			return false;
	}
	if (ip_eq(&range->last, &broadcast)) {
		buf_printf(note, ", without %s, which is broadcast", ip_str(&broadcast, text));
		range->last.bytes[3]--;
	}
	return ip_cmp(&range->first, &range->last) <= 0;
}

static void
put_pool(struct import *import, struct import_line *line, struct syntax_range *range, uint8_t len)
{
	char first[IP_STR_MAX], last[IP_STR_MAX], mask[IP_STR_MAX], text[2 * IP_STR_MAX];
	uint8_t asked = len;
	struct buf note;

	buf_init(&note, 512);
	if (!fit_range(range, &len, &note)) {
		import_not_supported(line, "the range has no address for a client");
		buf_fini(&note);
		return;
	}
	(void)snprintf(
	    text, sizeof(text), "%s-%s", ip_str(&range->first, first), ip_str(&range->last, last));
	struct node *pool = import_named(import, CONF_IP_LOCAL_POOL, line->words[3]);
	import_set_str(import, pool, "range", text);
	import_set_str(import, pool, "mask", ip_mask_str(len, mask));
	if (asked != len)
		buf_printf(&note, ", with mask %s, which holds all of it", mask);
	import_converted(line, "ip-local-pools, \"%.64s\"%s", line->words[3], buf_cstr(&note));
	buf_fini(&note);
}

/* ip local pool NAME A-B [mask M] */
static void
run_pool(struct import *import, struct import_line *line)
{
	struct syntax_range range;
	struct ip_addr mask;
	uint8_t len;

	if (line->len < 5) {
		import_broken(import, line, "ip local pool: expected a name and a range");
		return;
	}
	if (import_find(import, CONF_IP_LOCAL_POOL, line->words[3]) != NULL) {
		import_broken(import, line, "ip local pool %.64s is there already", line->words[3]);
		return;
	}
	if (!take_range(import, line, line->words[4], &range))
		return;
	len = class_len(&range.first);
	if (line->len > 6 && strcmp(line->words[5], "mask") == 0) {
		if (!take_address(import, line, line->words[6], &mask))
			return;
		if (ip_mask_len(&mask, &len) != ERR_OK || len == 0) {
			import_broken(import, line, "\"%.64s\" is not a netmask", line->words[6]);
			return;
		}
	}
	put_pool(import, line, &range, len);
}

/* ipv6 local pool NAME PREFIX/LEN COUNT */
static void
run_pool6(struct import *import, struct import_line *line)
{
	struct ip_addr addr;
	uint64_t count;
	uint8_t len;

	if (line->len < 6 || syntax_interface_address(line->words[4], &addr, &len) != ERR_OK ||
	    addr.family != 6 || str_to_u64(line->words[5], 1, UINT32_MAX, &count) != ERR_OK) {
		import_broken(import, line,
		    "ipv6 local pool: expected a name, an address with its prefix length, and how "
		    "many");
		return;
	}
	struct node *pool = import_named(import, CONF_IPV6_LOCAL_POOL, line->words[3]);
	import_set_str(import, pool, "prefix", line->words[4]);
	import_set_int(import, pool, "size", (long)count);
	import_converted(line, "ipv6-local-pools, \"%.64s\"", line->words[3]);
}

/* vpn-addr-assign local reuse-delay MINUTES */
static void
run_reuse_delay(struct import *import, struct import_line *line)
{
	uint64_t minutes;

	if (line->len < 4 || str_to_u64(line->words[3], 0, 100000, &minutes) != ERR_OK) {
		import_broken(import, line, "reuse-delay: expected a number of minutes");
		return;
	}
	import_set_int(import, import_root(import, CONF_GROUP_POLICIES),
	    "vpn-addr-assign-local-reuse-delay", (long)minutes);
	import_converted(line, "vpn-addr-assign-local-reuse-delay");
}

static void
run_no_local(struct import *import, struct import_line *line)
{
	import_not_supported(line, "pools are the only source of addresses here");
	import_todo(import, "give each group pools of its own: the ASA took no addresses from "
			    "local pools (no vpn-addr-assign local), the gateway does");
}

/* ---- time-range ---- */

static void
time_line(struct import *import, struct import_line *line, bool absolute)
{
	struct node *range = import_object(import);

	if (line->len < 2) {
		import_broken(import, line, "%s: expected a time", line->words[0]);
		return;
	}
	if (absolute)
		import_set_str(import, range, "absolute", line->rest[1]);
	else
		import_add_str(import, range, "periodic", line->rest[1]);
	if (line->fate == IMPORT_NOT_SUPPORTED)
		import_set_bool(import, range, MARK_BAD, true);
	else
		import_converted(line, "time-ranges, %s", line->words[0]);
}

static void
run_absolute(struct import *import, struct import_line *line)
{
	time_line(import, line, true);
}

static void
run_periodic(struct import *import, struct import_line *line)
{
	time_line(import, line, false);
}

/* A range that lost a line must not hold at more times than it did. */
static void
leave_time_range(struct import *import)
{
	struct node *range = import_object(import);
	const struct import_item *item = import_item_of(range);

	if (import_item_find(item, MARK_BAD) == NULL)
		return;
	import_unset(range, MARK_BAD);
	import_set_str(import, range, "absolute", NEVER);
	import_todo(import,
	    "set the hours of time-range %s in group-policies.conf: not all of its lines could be "
	    "carried over, so it holds never",
	    import_item_name(item));
}

static const struct import_command time_commands[] = {
    {.words = "absolute", .run = run_absolute},
    {.words = "periodic", .run = run_periodic},
};
static const struct import_mode time_mode = {
    .name = "time-range",
    .commands = time_commands,
    .len = ARRAY_LEN(time_commands),
    .leave = leave_time_range,
};

static void
run_time_range(struct import *import, struct import_line *line)
{
	if (line->len < 2) {
		import_broken(import, line, "time-range: expected a name");
		return;
	}
	struct node *range = import_named(import, CONF_TIME_RANGE, line->words[1]);
	import_converted(line, "time-ranges, \"%.64s\"", line->words[1]);
	import_enter(import, &time_mode, range);
}

static void
finish(struct import *import)
{
	import_pools_finish(import);
	import_lists_finish(import);
}

static const struct import_command commands[] = {
    {.words = "names", .not_needed = "names are replaced by their addresses"},
    {.words = "no names", .not_needed = "names are replaced by their addresses"},
    {.words = "name", .run = run_name},
    {.words = "ip local pool", .run = run_pool},
    {.words = "ipv6 local pool", .run = run_pool6},
    {.words = "vpn-addr-assign aaa",
	.not_needed = "an address that a server gives needs no switch"},
    {.words = "vpn-addr-assign dhcp", .not_needed = "addresses come from pools, not from DHCP"},
    {.words = "vpn-addr-assign local", .not_needed = "addresses always come from pools"},
    {.words = "vpn-addr-assign local reuse-delay", .run = run_reuse_delay},
    {.words = "no vpn-addr-assign aaa", .not_needed = "addresses come from pools"},
    {.words = "no vpn-addr-assign dhcp", .not_needed = "addresses come from pools"},
    {.words = "no vpn-addr-assign local", .run = run_no_local},
    {.words = "ipv6-vpn-addr-assign aaa",
	.not_needed = "an address that a server gives needs no switch"},
    {.words = "ipv6-vpn-addr-assign local", .not_needed = "addresses always come from pools"},
    {.words = "no ipv6-vpn-addr-assign aaa", .not_needed = "addresses come from pools"},
    {.words = "no ipv6-vpn-addr-assign local", .run = run_no_local},
    {.words = "time-range", .run = run_time_range},
    {.words = "access-list", .run = import_lists_rule},
    {.words = "access-list alert-interval", .not_needed = "logging of denied packets"},
    {.words = "access-list deny-flow-max", .not_needed = "logging of denied packets"},
    {.words = "access-list mode", .not_needed = "how rules are committed"},
    {.words = "access-list dynamic-group-deny-max", .not_needed = "logging of denied packets"},
    {.words = "ipv6 access-list", .run = import_lists_rule6},
    {.words = "object", .run = import_lists_object},
    {.words = "object-group", .run = import_lists_group},
    {.words = "object-group-search", .not_needed = "how the ASA keeps rules in memory"},
};
const struct import_table import_commands_network = {
    .commands = commands, .len = ARRAY_LEN(commands), .finish = finish};
