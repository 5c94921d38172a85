/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last look at the tree, whatever the commands did: what lacks something that it must have
 * goes, and so does what names something that is not there. Where that would let somebody in or let
 * more through, the door is closed instead.
 */
#include <string.h>

#include "conf/row.h"
#include "tools/import_parts.h"

#define NEVER "end 00:00 1 January 1993"

/* ---- objects that are not whole ---- */

static bool
is_whole(const struct import_item *group)
{
	const struct row_kind *table = row_kind(group->kind);

	for (size_t i = 0; i < table->len; i++)
		if (table->rows[i].required && import_item_find(group, table->rows[i].name) == NULL)
			return false;
	return true;
}

/* A list that lost its last entry would be an error of its own. */
static bool
is_empty_list(const struct import_item *item)
{
	return item->node.type == NODE_LIST && item->len == 0;
}

/* Bottom up, because a group may lose what it must have. Depth: that of the tables. */
static void
prune(struct import *import, struct import_item *item)
{
	for (size_t i = item->len; i > 0; i--) {
		struct import_item *child = item->items[i - 1];
		struct import_line *line = import_line_at(import, child->node.line);

		prune(import, child);
		bool gone = item->node.type == NODE_LIST && child->node.type == NODE_GROUP &&
			    !is_whole(child);
		if (gone && line != NULL && line->fate != IMPORT_NOT_SUPPORTED)
			import_not_supported(line, "left out, because part of it is missing");
		if (gone || is_empty_list(child))
			import_item_remove(item, i - 1);
	}
}

/* ---- names of what is not there ---- */

static bool
is_built_in(enum conf_kind kind, const char *name)
{
	if (kind == CONF_GROUP_POLICY)
		return strcmp(name, "DfltGrpPolicy") == 0;
	return kind == CONF_TUNNEL_GROUP &&
	       (strcmp(name, "DefaultWEBVPNGroup") == 0 || strcmp(name, "DefaultRAGroup") == 0);
}

static bool
is_there(struct import *import, enum conf_kind kind, const char *name)
{
	return is_built_in(kind, name) || import_find(import, kind, name) != NULL;
}

static void
tell(struct import *import, const struct import_item *item, const char *what, const char *name)
{
	struct import_line *line = import_line_at(import, item->node.line);

	if (line != NULL)
		import_not_supported(line, "\"%.64s\" %s", name, what);
}

/* Nobody gets in by these attributes. */
static void
close_attributes(struct import *import, struct import_item *attributes)
{
	import_set_int(import, &attributes->node, "vpn-simultaneous-logins", 0);
}

static void
make_closed_policy(struct import *import, const char *name)
{
	struct node *policy = import_named(import, CONF_GROUP_POLICY, name);
	struct node *attributes = import_sub(import, policy, "attributes");

	/* Two bolts: a user whose own attributes have one of them must not open the door. */
	import_set_int(import, attributes, "vpn-simultaneous-logins", 0);
	import_set_str(import, attributes, "vpn-tunnel-protocol", "ssl-clientless");
	import_todo(import,
	    "write the attributes of group-policy %s in group-policies.conf: they are not in the "
	    "running-config, so nobody can log in with it",
	    name);
}

static void
make_server_group(struct import *import, const char *name)
{
	(void)import_named(import, CONF_AAA_SERVER_GROUP, name);
	import_todo(import,
	    "define the aaa-server-group %s in aaa.conf: nobody can log in by the tunnel groups "
	    "that name it",
	    name);
}

static void
make_time_range(struct import *import, const char *name)
{
	import_set_str(import, import_named(import, CONF_TIME_RANGE, name), "absolute", NEVER);
	import_todo(import,
	    "write the hours of time-range %s in group-policies.conf: they are not in the "
	    "running-config, so it holds never",
	    name);
}

/* Settings that name something. Without make or close what names nothing is left out. */
static const struct {
	enum conf_kind in;
	const char *setting;
	enum conf_kind to;
	void (*make)(struct import *import, const char *name);
	bool close;
} references[] = {
    {CONF_TG_GENERAL, "address-pool", CONF_IP_LOCAL_POOL, NULL, false},
    {CONF_TG_GENERAL, "ipv6-address-pool", CONF_IPV6_LOCAL_POOL, NULL, false},
    {CONF_TG_GENERAL, "default-group-policy", CONF_GROUP_POLICY, make_closed_policy, false},
    {CONF_TG_GENERAL, "authentication-server-group", CONF_AAA_SERVER_GROUP, make_server_group,
	false},
    {CONF_TG_GENERAL, "secondary-authentication-server-group", CONF_AAA_SERVER_GROUP,
	make_server_group, false},
    {CONF_TG_GENERAL, "authorization-server-group", CONF_AAA_SERVER_GROUP, make_server_group,
	false},
    {CONF_TG_GENERAL, "accounting-server-group", CONF_AAA_SERVER_GROUP, NULL, false},
    {CONF_GP_ATTRIBUTES, "address-pools", CONF_IP_LOCAL_POOL, NULL, false},
    {CONF_GP_ATTRIBUTES, "ipv6-address-pools", CONF_IPV6_LOCAL_POOL, NULL, false},
    {CONF_GP_ATTRIBUTES, "split-tunnel-network-list", CONF_ACCESS_LIST, NULL, false},
    {CONF_GP_ATTRIBUTES, "vpn-filter", CONF_ACCESS_LIST, NULL, true},
    {CONF_GP_ATTRIBUTES, "ipv6-vpn-filter", CONF_ACCESS_LIST, NULL, true},
    {CONF_GP_ATTRIBUTES, "group-lock", CONF_TUNNEL_GROUP, NULL, true},
    {CONF_GP_ATTRIBUTES, "vpn-access-hours", CONF_TIME_RANGE, make_time_range, false},
    {CONF_GP_ATTRIBUTES, "vpn-group-policy", CONF_GROUP_POLICY, make_closed_policy, false},
};

/* Names of servers that need no definition. */
static bool
is_word(enum conf_kind to, const char *name)
{
	return strcmp(name, "none") == 0 ||
	       (to == CONF_AAA_SERVER_GROUP && strcmp(name, "LOCAL") == 0);
}

/* True: the name is there now. */
static bool
check_name(struct import *import, struct import_item *group, size_t reference,
    const struct import_item *item)
{
	const char *name = item->node.str;
	enum conf_kind to = references[reference].to;

	if (is_word(to, name) || is_there(import, to, name))
		return true;
	if (references[reference].make != NULL) {
		references[reference].make(import, name);
		tell(import, item, "is not there; it was made, closed", name);
		return is_there(import, to, name);
	}
	if (references[reference].close) {
		close_attributes(import, group);
		import_todo(import,
		    "line %d names \"%.64s\", which is not there: nobody can log in with these "
		    "attributes until vpn-simultaneous-logins is set again",
		    item->node.line, name);
		tell(
		    import, item, "is not there, so nobody can log in with these attributes", name);
		return false;
	}
	tell(import, item, "is not there, or was not converted", name);
	return false;
}

static void
check_reference(struct import *import, struct import_item *group, size_t reference)
{
	struct import_item *item = import_item_find(group, references[reference].setting);

	if (item == NULL)
		return;
	if (item->node.type == NODE_STRING) {
		if (!check_name(import, group, reference, item))
			import_unset(&group->node, references[reference].setting);
		return;
	}
	for (size_t i = item->len; i > 0; i--)
		if (!check_name(import, group, reference, item->items[i - 1]))
			import_item_remove(item, i - 1);
	if (item->len == 0)
		import_unset(&group->node, references[reference].setting);
}

/* ASA: without a delimiter there is nothing to cut. */
static void
check_strip_group(struct import *import, struct import_item *general)
{
	const struct import_item *strip = import_item_find(general, "strip-group");
	const struct import_item *root = import->roots[CONF_TUNNEL_GROUPS];
	struct import_line *line;

	if (strip == NULL || import_item_find(root, "group-delimiter") != NULL)
		return;
	line = import_line_at(import, strip->node.line);
	if (line != NULL)
		import_not_needed(line, "there is no group-delimiter, so that nothing is cut");
	import_unset(&general->node, "strip-group");
}

/* Has a server group somebody who can be asked? A key that the ASA did not show is none. */
static bool
can_be_asked(struct import *import, const char *name)
{
	struct node *group = import_find(import, CONF_AAA_SERVER_GROUP, name);
	const struct import_item *hosts =
	    group != NULL ? import_item_find(import_item_of(group), "hosts") : NULL;

	for (size_t i = 0; hosts != NULL && i < hosts->len; i++)
		if (import_item_find(hosts->items[i], "key") != NULL)
			return true;
	return false;
}

/* LOCAL is for when no server answers, and would be for ever where none can be asked: a password of
 * users.conf in place of a token, say. */
static void
check_fallback(struct import *import, struct import_item *general, const char *setting)
{
	struct import_item *list = import_item_find(general, setting);
	const char *name;

	if (list == NULL || list->node.type != NODE_LIST || list->len < 2 ||
	    list->items[0]->node.str == NULL || list->items[1]->node.str == NULL ||
	    strcmp(list->items[1]->node.str, "LOCAL") != 0)
		return;
	name = list->items[0]->node.str;
	if (can_be_asked(import, name))
		return;
	import_todo(import,
	    "tunnel-groups.conf: add LOCAL to %s behind %s again when that group has servers with "
	    "keys; now it would be LOCAL for ever",
	    setting, name);
	import_item_remove(list, 1);
}

/* Servers that there are none of would answer nothing, and without an answer the login goes on,
 * where it might have been refused. */
static void
check_authorization(struct import *import, struct import_item *general)
{
	const struct import_item *item = import_item_find(general, "authorization-server-group");
	const char *name = item != NULL && item->node.type == NODE_LIST && item->len > 0
			       ? item->items[0]->node.str
			       : NULL;

	if (name == NULL || strcmp(name, "LOCAL") == 0 || can_be_asked(import, name) ||
	    import_item_find(general, "authorization-required") != NULL)
		return;
	import_set_bool(import, &general->node, "authorization-required", true);
	import_todo(import,
	    "tunnel-groups.conf: authorization-required was set, because %s has no servers with "
	    "keys, that could be asked what users may do",
	    name);
}

/* Depth: that of the tables. */
static void
check_references(struct import *import, struct import_item *item)
{
	if (item->node.type == NODE_GROUP)
		for (size_t i = 0; i < ARRAY_LEN(references); i++)
			if (references[i].in == item->kind)
				check_reference(import, item, i);
	if (item->node.type == NODE_GROUP && item->kind == CONF_TG_GENERAL) {
		check_strip_group(import, item);
		check_fallback(import, item, "authentication-server-group");
		check_fallback(import, item, "secondary-authentication-server-group");
		check_fallback(import, item, "authorization-server-group");
		check_authorization(import, item);
	}
	/* What is made on the way is appended, and names nothing. */
	for (size_t i = 0; i < item->len; i++)
		check_references(import, item->items[i]);
}

/* Where a certificate map leads to must be there, and the rule too. */
static bool
leads_somewhere(struct import *import, const struct import_item *entry)
{
	const struct import_item *maps = import->roots[CONF_TUNNEL_GROUPS];
	const struct import_item *sequence = import_item_find(entry, "sequence");
	const char *name = import_get_str(&entry->node, "map");
	const char *group = import_get_str(&entry->node, "tunnel-group");

	maps = import_item_find(maps, "certificate-maps");
	if (maps == NULL || sequence == NULL || name == NULL || group == NULL ||
	    !is_there(import, CONF_TUNNEL_GROUP, group))
		return false;
	for (size_t i = 0; i < maps->len; i++) {
		const struct import_item *found = import_item_find(maps->items[i], "sequence");
		const char *map = import_get_str(&maps->items[i]->node, "name");

		if (found != NULL && found->node.num == sequence->node.num &&
		    strcmp(map != NULL ? map : "DefaultCertificateMap", name) == 0)
			return true;
	}
	return false;
}

/* A rule leads to one tunnel group: the last word counts. */
static bool
is_replaced(struct import *import, const struct import_item *list, size_t index)
{
	const struct import_item *entry = list->items[index];
	struct import_line *line = import_line_at(import, entry->node.line);

	for (size_t i = index + 1; i < list->len; i++) {
		if (import_item_find(list->items[i], "sequence")->node.num !=
			import_item_find(entry, "sequence")->node.num ||
		    strcmp(import_get_str(&list->items[i]->node, "map"),
			import_get_str(&entry->node, "map")) != 0)
			continue;
		if (line != NULL)
			import_converted(line, "replaced by line %d", list->items[i]->node.line);
		return true;
	}
	return false;
}

static void
check_maps(struct import *import)
{
	struct import_item *root = import->roots[CONF_TUNNEL_GROUPS];
	struct import_item *webvpn = root != NULL ? import_item_find(root, "webvpn") : NULL;
	struct import_item *list =
	    webvpn != NULL ? import_item_find(webvpn, "certificate-group-map") : NULL;

	for (size_t i = list != NULL ? list->len : 0; i > 0; i--) {
		if (leads_somewhere(import, list->items[i - 1]))
			continue;
		tell(import, list->items[i - 1], "has no such rule, or no such tunnel group", "it");
		import_item_remove(list, i - 1);
	}
	for (size_t i = list != NULL ? list->len : 0; i > 0; i--)
		if (is_replaced(import, list, i - 1))
			import_item_remove(list, i - 1);
}

void
import_finish(struct import *import)
{
	import_gateway_finish(import);
	for (size_t i = 0; i < ARRAY_LEN(import->roots); i++)
		if (import->roots[i] != NULL)
			prune(import, import->roots[i]);
	for (size_t i = 0; i < ARRAY_LEN(import->roots); i++)
		if (import->roots[i] != NULL)
			check_references(import, import->roots[i]);
	check_maps(import);
	for (size_t i = 0; i < ARRAY_LEN(import->roots); i++)
		if (import->roots[i] != NULL)
			prune(import, import->roots[i]);
}
