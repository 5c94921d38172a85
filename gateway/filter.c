/* SPDX-License-Identifier: Apache-2.0 */
/* Entries of an access list, checked, in two arrays; the search through them. */
#include "gateway/filter.h"

#include <endian.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "common/ip.h"
#include "common/str.h"

#define PROTO_ANY 0xffff
#define PORT_MAX 0xffff

/* What an entry says of ports: first and how many more. For ICMP, types and codes. */
struct range16 {
	uint16_t first;
	uint16_t span;
};

struct range32 {
	uint32_t first;
	uint32_t span;
};

struct range128 {
	struct filter_addr first;
	struct filter_addr last;
};

/* What entries of both families have in common. */
struct rule {
	struct range16 peer_port;
	struct range16 client_port;
	uint16_t proto;
	bool permit;
	bool log : 1;
	bool ports : 1; /* it does not fit all ports or types */
	uint32_t line;  /* index */
};

struct filter_entry4 {
	struct range32 peer;
	struct range32 client;
	struct rule rule;
};

struct filter_entry6 {
	struct range128 peer;
	struct range128 client;
	struct rule rule;
};

/* ---- building ---- */

struct filter *
filter_new(uint64_t id, const char *name)
{
	struct filter *filter = calloc(1, sizeof(*filter));

	if (filter == NULL)
		return NULL;
	filter->id = id;
	str_printable(filter->name, sizeof(filter->name), name);
	return filter;
}

void
filter_free(struct filter *filter)
{
	if (filter == NULL)
		return;
	free(filter->entries4);
	free(filter->entries6);
	free(filter->lines);
	free(filter);
}

/* Room for one more element. Returns the array, NULL: memory (the old one stays). */
static void *
grow(void *array, size_t len, size_t *cap, size_t size)
{
	size_t more = *cap == 0 ? 16 : *cap * 2;
	void *bigger;

	if (len < *cap)
		return array;
	bigger = realloc(array, more * size);
	if (bigger != NULL)
		*cap = more;
	return bigger;
}

static void *
shrink(void *array, size_t len, size_t *cap, size_t size)
{
	void *smaller = len > 0 ? realloc(array, len * size) : NULL;

	if (smaller == NULL)
		return array;
	*cap = len;
	return smaller;
}

void
filter_finish(struct filter *filter)
{
	filter->entries4 =
	    shrink(filter->entries4, filter->len4, &filter->cap4, sizeof(*filter->entries4));
	filter->entries6 =
	    shrink(filter->entries6, filter->len6, &filter->cap6, sizeof(*filter->entries6));
	filter->lines =
	    shrink(filter->lines, filter->lines_len, &filter->lines_cap, sizeof(*filter->lines));
}

/* ---- checking ---- */

/* The addresses from first to last; family 0: any. */
struct net {
	uint8_t family;
	struct ip_addr first;
	struct ip_addr last;
};

static enum err
net_read(const ProtobufCBinaryData *first, const ProtobufCBinaryData *last, struct net *out)
{
	*out = (struct net){0};
	if (first->len == 0 && last->len == 0)
		return ERR_OK;
	if (ip_from_bytes(first->data, first->len, &out->first) != ERR_OK ||
	    ip_from_bytes(last->data, last->len, &out->last) != ERR_OK ||
	    out->first.family != out->last.family)
		return ERR_SYNTAX;
	out->family = out->first.family;
	return ip_cmp(&out->first, &out->last) <= 0 ? ERR_OK : ERR_RANGE;
}

static enum err
range_read(uint32_t first, uint32_t last, struct range16 *out)
{
	if (first > last || last > PORT_MAX)
		return ERR_RANGE;
	out->first = (uint16_t)first;
	out->span = (uint16_t)(last - first);
	return ERR_OK;
}

static enum err
icmp_read(int32_t number, struct range16 *out)
{
	if (number < -1 || number > UINT8_MAX)
		return ERR_RANGE;
	*out = (struct range16){.span = PORT_MAX};
	if (number >= 0)
		*out = (struct range16){.first = (uint16_t)number};
	return ERR_OK;
}

static bool
is_all(struct range16 range)
{
	return range.first == 0 && range.span == PORT_MAX;
}

static bool
has_ports(uint16_t proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP || proto == IPPROTO_SCTP;
}

static enum err
rule_ports(const Ipc__FilterEntry *entry, struct rule *out)
{
	bool icmp = out->proto == IPPROTO_ICMP || out->proto == IPPROTO_ICMPV6;
	enum err err;

	if (icmp) {
		err = icmp_read(entry->icmp_type, &out->client_port);
		if (err == ERR_OK)
			err = icmp_read(entry->icmp_code, &out->peer_port);
		if (err == ERR_OK && entry->icmp_type < 0 && entry->icmp_code >= 0)
			err = ERR_SYNTAX;
	} else {
		err = range_read(entry->src_port_first, entry->src_port_last, &out->client_port);
		if (err == ERR_OK)
			err = range_read(
			    entry->dst_port_first, entry->dst_port_last, &out->peer_port);
	}
	if (err != ERR_OK)
		return err;
	out->ports = !is_all(out->client_port) || !is_all(out->peer_port);
	/* Not to be passed over: the entry would fit more than was meant. */
	return out->ports && !icmp && !has_ports(out->proto) ? ERR_SYNTAX : ERR_OK;
}

static enum err
rule_read(const Ipc__FilterEntry *entry, struct rule *out)
{
	if (entry->proto < -1 || entry->proto > UINT8_MAX)
		return ERR_RANGE;
	*out = (struct rule){
	    .proto = entry->proto < 0 ? PROTO_ANY : (uint16_t)entry->proto,
	    .permit = entry->permit,
	    .log = entry->log,
	};
	return rule_ports(entry, out);
}

/* ---- adding ---- */

/* The rule that an entry belongs to; entries of one follow one another. */
static enum err
line_find(struct filter *filter, uint32_t line, uint32_t *index)
{
	struct filter_line *lines;

	if (filter->lines_len == 0 || filter->lines[filter->lines_len - 1].line != line) {
		lines = grow(filter->lines, filter->lines_len, &filter->lines_cap, sizeof(*lines));
		if (lines == NULL)
			return ERR_NOMEM;
		filter->lines = lines;
		lines[filter->lines_len++] = (struct filter_line){.line = line};
	}
	*index = (uint32_t)(filter->lines_len - 1);
	return ERR_OK;
}

static struct range32
range4_of(const struct net *net)
{
	uint32_t first, last;

	if (net->family == 0)
		return (struct range32){.span = UINT32_MAX};
	memcpy(&first, net->first.bytes, sizeof(first));
	memcpy(&last, net->last.bytes, sizeof(last));
	return (struct range32){.first = be32toh(first), .span = be32toh(last) - be32toh(first)};
}

static struct range128
range6_of(const struct net *net)
{
	struct range128 range = {.last = {UINT64_MAX, UINT64_MAX}};

	if (net->family == 0)
		return range;
	memcpy(&range.first, net->first.bytes, sizeof(range.first));
	memcpy(&range.last, net->last.bytes, sizeof(range.last));
	range.first =
	    (struct filter_addr){.hi = be64toh(range.first.hi), .lo = be64toh(range.first.lo)};
	range.last =
	    (struct filter_addr){.hi = be64toh(range.last.hi), .lo = be64toh(range.last.lo)};
	return range;
}

static enum err
add4(struct filter *filter, const struct net *src, const struct net *dst, const struct rule *rule)
{
	struct filter_entry4 *entries =
	    grow(filter->entries4, filter->len4, &filter->cap4, sizeof(*entries));

	if (entries == NULL)
		return ERR_NOMEM;
	filter->entries4 = entries;
	entries[filter->len4++] =
	    (struct filter_entry4){.client = range4_of(src), .peer = range4_of(dst), .rule = *rule};
	return ERR_OK;
}

static enum err
add6(struct filter *filter, const struct net *src, const struct net *dst, const struct rule *rule)
{
	struct filter_entry6 *entries =
	    grow(filter->entries6, filter->len6, &filter->cap6, sizeof(*entries));

	if (entries == NULL)
		return ERR_NOMEM;
	filter->entries6 = entries;
	entries[filter->len6++] =
	    (struct filter_entry6){.client = range6_of(src), .peer = range6_of(dst), .rule = *rule};
	return ERR_OK;
}

enum err
filter_append(struct filter *filter, const Ipc__FilterEntry *entry)
{
	struct net src, dst;
	struct rule rule;
	enum err err;

	if (filter->entries >= FILTER_ENTRIES_MAX)
		return ERR_LIMIT;
	err = net_read(&entry->src_first, &entry->src_last, &src);
	if (err == ERR_OK)
		err = net_read(&entry->dst_first, &entry->dst_last, &dst);
	if (err == ERR_OK)
		err = rule_read(entry, &rule);
	if (err == ERR_OK)
		err = line_find(filter, entry->line, &rule.line);
	/* An entry between the families fits nothing. */
	if (err == ERR_OK && src.family != 6 && dst.family != 6)
		err = add4(filter, &src, &dst, &rule);
	if (err == ERR_OK && src.family != 4 && dst.family != 4)
		err = add6(filter, &src, &dst, &rule);
	if (err != ERR_OK)
		return err;
	filter->entries++;
	filter->logs |= entry->log;
	return ERR_OK;
}

/* ---- judging ---- */

static inline bool
in32(struct range32 range, uint32_t v)
{
	return v - range.first <= range.span;
}

static inline bool
in16(struct range16 range, uint16_t v)
{
	return (uint16_t)(v - range.first) <= range.span;
}

static inline bool
in128(const struct range128 *range, const struct filter_addr *v)
{
	if (v->hi < range->first.hi || (v->hi == range->first.hi && v->lo < range->first.lo))
		return false;
	return v->hi < range->last.hi || (v->hi == range->last.hi && v->lo <= range->last.lo);
}

/*
 * Of a later fragment only addresses and protocol are known. A permit fits by those: without its
 * first fragment it is worth nothing. A deny that names ports does not: it would stop what others
 * permit.
 */
static inline bool
rule_fits(const struct rule *rule, const struct filter_flow *flow)
{
	if (rule->proto != PROTO_ANY && rule->proto != flow->proto)
		return false;
	if (flow->later)
		return rule->permit || !rule->ports;
	return in16(rule->peer_port, flow->peer_port) && in16(rule->client_port, flow->client_port);
}

static const struct rule *
find4(const struct filter *filter, const struct filter_flow *flow)
{
	uint32_t peer = (uint32_t)flow->peer.lo, client = (uint32_t)flow->client.lo;

	for (size_t i = 0; i < filter->len4; i++) {
		const struct filter_entry4 *e = &filter->entries4[i];

		if (in32(e->peer, peer) && in32(e->client, client) && rule_fits(&e->rule, flow))
			return &e->rule;
	}
	return NULL;
}

static const struct rule *
find6(const struct filter *filter, const struct filter_flow *flow)
{
	for (size_t i = 0; i < filter->len6; i++) {
		const struct filter_entry6 *e = &filter->entries6[i];

		if (in128(&e->peer, &flow->peer) && in128(&e->client, &flow->client) &&
		    rule_fits(&e->rule, flow))
			return &e->rule;
	}
	return NULL;
}

struct filter_verdict
filter_judge(const struct filter *filter, const struct filter_flow *flow)
{
	const struct rule *rule = flow->family == 4 ? find4(filter, flow) : find6(filter, flow);

	if (rule == NULL)
		return (struct filter_verdict){0};
	return (struct filter_verdict){
	    .permit = rule->permit, .log = rule->log, .line = &filter->lines[rule->line]};
}
