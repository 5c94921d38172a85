/* SPDX-License-Identifier: Apache-2.0 */
/* Access lists as flat entries, and as networks: each rule's services, sources and destinations
 * multiplied. */
#include "conf/acl.h"

#include <stdlib.h>
#include <string.h>

#include "conf/acl_group.h"
#include "conf/acl_rule.h"

/* The only family of a protocol. */
static enum acl_family
family_of(int16_t proto)
{
	if (proto == ACL_ICMP)
		return ACL_FAMILY_4;
	return proto == ACL_ICMP6 ? ACL_FAMILY_6 : ACL_FAMILY_ANY;
}

static bool
meet(enum acl_family a, enum acl_family b)
{
	return a == ACL_FAMILY_ANY || b == ACL_FAMILY_ANY || a == b;
}

/* What the entries of one rule have in common. */
struct writer {
	struct acl_read *read;
	const struct acl_rule *rule;
	size_t line;
	struct acl *out;
};

static enum err
write_entry(struct writer *writer, const struct acl_service *service, const struct acl_net *src,
    const struct acl_net *dst)
{
	struct acl *out = writer->out;
	enum err err;
	struct acl_entry *entries =
	    acl_room(writer->read, out->entries, &out->cap, out->len, sizeof(*entries), &err);

	if (entries == NULL)
		return err;
	out->entries = entries;
	out->entries[out->len++] = (struct acl_entry){
	    .permit = writer->rule->permit,
	    .log = writer->rule->log,
	    .line = (uint16_t)writer->line,
	    .proto = service->proto,
	    .icmp_type = service->icmp_type,
	    .icmp_code = service->icmp_code,
	    .src = *src,
	    .dst = *dst,
	    .sport = service->sport,
	    .dport = service->dport,
	};
	return ERR_OK;
}

static enum err
write_nets(struct writer *writer, const struct acl_service *service, const struct acl_nets *src,
    const struct acl_nets *dst)
{
	enum err err = ERR_OK;

	for (size_t i = 0; i < src->len; i++)
		for (size_t k = 0; k < dst->len && err == ERR_OK; k++)
			err = write_entry(writer, service, &src->items[i], &dst->items[k]);
	return err;
}

/* Only what can match: source, destination and protocol of one family. */
static enum err
write_service(struct writer *writer, const struct acl_service *service)
{
	const struct acl_rule *rule = writer->rule;
	enum acl_family own = family_of(service->proto);
	enum err err = ERR_OK;

	for (unsigned i = 0; i < ACL_FAMILIES; i++)
		for (unsigned k = 0; k < ACL_FAMILIES && err == ERR_OK; k++)
			if (meet(i, k) && meet(own, i) && meet(own, k))
				err =
				    write_nets(writer, service, &rule->src.of[i], &rule->dst.of[k]);
	return err;
}

static bool
side_is_empty(const struct acl_side *side)
{
	for (size_t i = 0; i < ARRAY_LEN(side->of); i++)
		if (side->of[i].len > 0)
			return false;
	return true;
}

/* Why a rule came to nothing. */
static enum err
nothing(struct acl_read *read, const struct acl_rule *rule)
{
	if (side_is_empty(&rule->src) || side_is_empty(&rule->dst) || rule->services.len == 0)
		return acl_fail(read, "a group in it is empty; fill it or make the rule inactive");
	for (unsigned i = 0; i < ACL_FAMILIES; i++)
		for (unsigned k = 0; k < ACL_FAMILIES; k++)
			if (meet(i, k) && rule->src.of[i].len > 0 && rule->dst.of[k].len > 0)
				return acl_fail(
				    read, "mixes IPv4 and IPv6: icmp is of IPv4 and icmp6 of IPv6");
	return acl_fail(
	    read, "mixes IPv4 and IPv6; source and destination must have a family in common");
}

static bool
is_extended(const struct conf_object *list)
{
	const char *type = conf_str(list, ACL_TYPE);

	return type != NULL && strcmp(type, "extended") == 0;
}

enum err
acl_rule_entries(struct acl_read *read, const struct conf_object *list, size_t i, struct acl *out)
{
	char *const *rules;
	size_t before = out->len;
	struct acl_rule rule;

	if (conf_list(list, ACL_RULES, &rules) <= i)
		return ERR_OK;
	enum err err = acl_rule_read(read, is_extended(list), i + 1, rules[i], &rule);
	struct writer writer = {.read = read, .rule = &rule, .line = i + 1, .out = out};
	for (size_t k = 0; k < rule.services.len && !rule.empty && err == ERR_OK; k++)
		err = write_service(&writer, &rule.services.items[k]);
	if (err == ERR_OK && !rule.empty && out->len == before)
		err = nothing(read, &rule);
	acl_rule_fini(&rule);
	return acl_where(read, err, "rule %zu \"%.100s\"", i + 1, rules[i]);
}

static enum err
give_up(const struct acl_read *read, enum err err, struct buf *why)
{
	buf_puts(why, read->why[0] != '\0' ? read->why : err_str(err));
	return err;
}

enum err
acl_compile(
    const struct conf *conf, const struct conf_object *list, struct acl *out, struct buf *why)
{
	struct acl_read read = {.conf = conf};
	char *const *rules;
	size_t len = conf_list(list, ACL_RULES, &rules);
	enum err err = ERR_OK;

	*out = (struct acl){0};
	if (!is_extended(list))
		err = acl_fail(&read, "is a standard access list; an extended one is wanted");
	else if (len > UINT16_MAX)
		err = ERR_LIMIT;
	for (size_t i = 0; i < len && err == ERR_OK; i++)
		err = acl_rule_entries(&read, list, i, out);
	if (err == ERR_OK)
		return ERR_OK;
	acl_fini(out);
	return give_up(&read, err, why);
}

void
acl_fini(struct acl *acl)
{
	free(acl->entries);
	*acl = (struct acl){0};
}

/* ---- networks ---- */

struct collector {
	struct acl_read *read;
	struct acl_networks *out;
	bool permit;
};

static enum err
collect(struct collector *collector, bool any, const struct ip_prefix *prefix)
{
	struct acl_networks *out = collector->out;
	enum err err;
	struct acl_network *items =
	    acl_room(collector->read, out->items, &out->cap, out->len, sizeof(*items), &err);

	if (items == NULL)
		return err;
	out->items = items;
	out->items[out->len++] = (struct acl_network){.permit = collector->permit, .any = any};
	if (!any)
		out->items[out->len - 1].prefix = *prefix;
	return ERR_OK;
}

static enum err
collect_prefix(const struct ip_prefix *prefix, void *arg)
{
	return collect(arg, false, prefix);
}

static enum err
collect_nets(struct collector *collector, const struct acl_nets *nets)
{
	enum err err = ERR_OK;

	for (size_t i = 0; i < nets->len && err == ERR_OK; i++)
		err = nets->items[i].family == 0
			  ? collect(collector, true, NULL)
			  : acl_net_prefixes(&nets->items[i], collect_prefix, collector);
	return err;
}

static enum err
collect_rule(
    struct acl_read *read, bool extended, size_t line, const char *text, struct acl_networks *out)
{
	struct collector collector = {.read = read, .out = out};
	struct acl_rule rule;
	enum err err = acl_rule_read(read, extended, line, text, &rule);

	collector.permit = rule.permit;
	for (unsigned i = 0; i < ACL_FAMILIES && !rule.empty && err == ERR_OK; i++)
		err = collect_nets(&collector, &rule.src.of[i]);
	acl_rule_fini(&rule);
	return acl_where(read, err, "rule %zu \"%.100s\"", line, text);
}

enum err
acl_networks(const struct conf *conf, const struct conf_object *list, struct acl_networks *out,
    struct buf *why)
{
	struct acl_read read = {.conf = conf};
	char *const *rules;
	size_t len = conf_list(list, ACL_RULES, &rules);
	enum err err = ERR_OK;

	*out = (struct acl_networks){0};
	for (size_t i = 0; i < len && err == ERR_OK; i++)
		err = collect_rule(&read, is_extended(list), i + 1, rules[i], out);
	if (err == ERR_OK)
		return ERR_OK;
	acl_networks_fini(out);
	return give_up(&read, err, why);
}

void
acl_networks_fini(struct acl_networks *networks)
{
	free(networks->items);
	*networks = (struct acl_networks){0};
}

bool
acl_object_ok(const struct conf *conf, const struct conf_object *object, struct buf *why)
{
	struct acl_read read = {.conf = conf};
	enum err err = acl_group_check(&read, object);

	if (err != ERR_OK)
		(void)give_up(&read, err, why);
	return err == ERR_OK;
}
