/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Access lists, objects and object-groups. Those that no vpn-filter and no
 * split-tunnel-network-list reaches belong to the firewall that an ASA is too, and are not needed.
 * In the others a permit that cannot be carried over is left out; a deny that cannot be takes its
 * whole list with it, because a filter must not become weaker on the way.
 */
#include "tools/import_lists.h"

#include <stdlib.h>
#include <string.h>

#include "common/str.h"

#define RULES_MAX 16384
#define DENY_ALL "deny ip any any"

static bool
is(const char *word, const char *wanted)
{
	return strcmp(word, wanted) == 0;
}

static struct import_network *
network_of(struct import *import)
{
	if (import->network == NULL &&
	    (import->network = calloc(1, sizeof(*import->network))) == NULL)
		import->out_of_memory = true;
	return import->network;
}

/* Room for one more of size bytes. NULL: memory is out, items stay. */
static void *
grow(struct import *import, void *items, size_t len, size_t *cap, size_t size)
{
	if (len < *cap)
		return items;
	size_t wanted = *cap > 0 ? 2 * *cap : 8;
	void *grown = realloc(items, wanted * size);

	if (grown == NULL)
		import->out_of_memory = true;
	else
		*cap = wanted;
	return grown;
}

/* ---- reading ---- */

/* Behind these words stands something that is no address. */
static const char *const no_address[] = {"object", "object-group", "eq", "neq", "lt", "gt",
    "interface", "time-range", "log", "user", "user-group", "object-group-user", "security-group",
    "object-group-security", "name", "tag", "group-object", "port-object", "protocol-object",
    "icmp-object", "service-object", "source", "destination"};

static bool
may_be_address(char *const *words, size_t i)
{
	/* Of "range A B" in a rule both are ports; in an object its line has nothing before it. */
	if (i > 1 && is(words[i - 1], "range"))
		return false;
	if (i > 2 && is(words[i - 2], "range"))
		return false;
	for (size_t k = 0; i > 0 && k < ARRAY_LEN(no_address); k++)
		if (is(words[i - 1], no_address[k]))
			return false;
	return true;
}

/* Words as a rule or member, names replaced by their addresses. skip: of them, how many are no
 * addresses. any: what "any" is. */
static char *
join(struct import *import, char *const *words, size_t len, size_t skip, const char *any)
{
	struct buf text;
	char *out = NULL;

	buf_init(&text, IMPORT_LINE_MAX);
	for (size_t i = 0; i < len && strncmp(words[i], "(hitcnt=", 8) != 0; i++) {
		const char *word = words[i];

		if (i >= skip && may_be_address(words, i))
			word = is(word, "any") ? any : import_name(import, word);
		buf_printf(&text, "%s%s", i > 0 ? " " : "", word);
	}
	out = text.err == ERR_OK ? import_strdup(import, buf_cstr(&text)) : NULL;
	buf_fini(&text);
	return out;
}

static struct import_list *
list_get(struct import *import, const char *name)
{
	struct import_network *network = network_of(import);
	struct import_list *list = NULL;

	if (network == NULL)
		return NULL;
	HASH_FIND_STR(network->lists, name, list);
	if (list != NULL)
		return list;
	list = calloc(1, sizeof(*list));
	if (list == NULL || (list->name = import_strdup(import, name)) == NULL) {
		import->out_of_memory = true;
		free(list);
		return NULL;
	}
	HASH_ADD_KEYPTR(hh, network->lists, list->name, strlen(list->name), list);
	return list;
}

static void
rule_add(struct import *import, struct import_list *list, struct import_line *line, char *text,
    bool remark)
{
	struct import_rule *rules =
	    list == NULL ? NULL
			 : grow(import, list->rules, list->len, &list->cap, sizeof(*list->rules));

	if (rules == NULL) {
		free(text);
		return;
	}
	list->rules = rules;
	rules[list->len++] = (struct import_rule){.line = line,
	    .text = text,
	    .remark = remark,
	    .permit = text != NULL && strncmp(text, "permit ", 7) == 0};
}

/* The rule from word i on, of a list of that type. */
static void
rule_take(struct import *import, struct import_line *line, const char *name,
    enum import_list_type type, size_t i, const char *any)
{
	struct import_list *list = list_get(import, name);

	if (list == NULL)
		return;
	if (i >= line->len || (!is(line->words[i], "permit") && !is(line->words[i], "deny"))) {
		import_broken(import, line, "access-list %s: expected permit or deny", name);
		return;
	}
	if (list->type != IMPORT_LIST_NONE && list->type != type) {
		import_broken(import, line, "access-list %s is standard and extended", name);
		return;
	}
	list->type = type;
	rule_add(import, list, line,
	    join(import, line->words + i, line->len - i, type == IMPORT_LIST_STANDARD ? 1 : 2, any),
	    false);
}

static void
remark_take(struct import *import, struct import_line *line, const char *name, size_t i)
{
	struct buf text;

	buf_init(&text, 1024);
	if (i + 1 < line->len)
		buf_puts(&text, line->rest[i]);
	char *copy = text.len > 0 ? import_strdup(import, buf_cstr(&text)) : NULL;
	buf_fini(&text);
	rule_add(import, list_get(import, name), line, copy, true);
}

/* access-list NAME [line N] {standard|extended|remark|permit|deny|webtype|ethertype} .. */
void
import_lists_rule(struct import *import, struct import_line *line)
{
	size_t i = 2;

	if (line->len < 3) {
		import_broken(import, line, "access-list: expected a name and a rule");
		return;
	}
	const char *name = line->words[1];
	if (is(line->words[i], "line") && line->len > 4)
		i += 2;
	const char *type = line->words[i];
	if (is(type, "remark"))
		remark_take(import, line, name, i);
	else if (is(type, "standard"))
		rule_take(import, line, name, IMPORT_LIST_STANDARD, i + 1, "any");
	else if (is(type, "extended"))
		rule_take(import, line, name, IMPORT_LIST_EXTENDED, i + 1, "any");
	else if (is(type, "permit") || is(type, "deny"))
		rule_take(import, line, name, IMPORT_LIST_EXTENDED, i, "any");
	else if (is(type, "webtype"))
		import_not_needed(line, "a filter of the clientless portal, which is not served");
	else if (is(type, "ethertype"))
		import_not_needed(line, "a filter of a transparent firewall");
	else
		import_not_supported(line, "unknown kind of access-list; check by hand");
}

/* ipv6 access-list NAME .. of the versions before 9.0, where "any" is any IPv6 address. */
void
import_lists_rule6(struct import *import, struct import_line *line)
{
	size_t i = 3;

	if (line->len < 4) {
		import_broken(import, line, "ipv6 access-list: expected a name and a rule");
		return;
	}
	if (is(line->words[i], "line") && line->len > 5)
		i += 2;
	if (is(line->words[i], "remark")) {
		remark_take(import, line, line->words[2], i);
		return;
	}
	if (is(line->words[i], "webtype")) {
		import_not_needed(line, "a filter of the clientless portal, which is not served");
		return;
	}
	rule_take(import, line, line->words[2], IMPORT_LIST_EXTENDED, i, "any6");
}

static void
member_add(
    struct import *import, struct import_object *object, struct import_line *line, char *text)
{
	struct import_member *members =
	    grow(import, object->members, object->len, &object->cap, sizeof(*object->members));

	if (members == NULL) {
		free(text);
		return;
	}
	object->members = members;
	members[object->len++] = (struct import_member){line, text};
}

/* The objects of the input are found by name: the tree has them only when somebody needs them. */
static struct import_object *
object_at(const struct import *import, const struct import_line *head)
{
	struct import_object *object = NULL;

	if (import->network != NULL && head->len > 2)
		HASH_FIND_STR(import->network->objects, head->words[2], object);
	return object;
}

static void
object_member(struct import *import, struct import_line *line)
{
	struct import_object *object = object_at(import, import->stack[import->depth - 1].head);

	if (object == NULL) {
		import_not_supported(line, "belongs to an object that was not converted");
		return;
	}
	member_add(import, object, line, join(import, line->words, line->len, 1, "any"));
}

static const struct import_command object_commands[] = {
    {.words = "host", .run = object_member},
    {.words = "subnet", .run = object_member},
    {.words = "range", .run = object_member},
    {.words = "fqdn", .run = object_member},
    {.words = "service", .run = object_member},
    {.words = "description", .not_needed = "a comment"},
    {.words = "nat", .not_needed = "address translation; use nftables on the gateway's machine"},
};
static const struct import_mode object_mode = {
    .name = "object", .commands = object_commands, .len = ARRAY_LEN(object_commands)};

static const struct import_command group_commands[] = {
    {.words = "network-object", .run = object_member},
    {.words = "port-object", .run = object_member},
    {.words = "service-object", .run = object_member},
    {.words = "protocol-object", .run = object_member},
    {.words = "icmp-object", .run = object_member},
    {.words = "group-object", .run = object_member},
    {.words = "description", .not_needed = "a comment"},
};
static const struct import_mode group_mode = {
    .name = "object-group", .commands = group_commands, .len = ARRAY_LEN(group_commands)};

static void
object_begin(
    struct import *import, struct import_line *line, bool group, const struct import_mode *mode)
{
	struct import_network *network = network_of(import);
	struct import_object *object = object_at(import, line);

	if (network == NULL)
		return;
	if (object != NULL && (object->group != group || !is(object->type, line->words[1]))) {
		import_broken(
		    import, line, "%s is there already, and is something else", line->words[2]);
		import_enter(import, &import_mode_any, NULL);
		return;
	}
	if (object == NULL) {
		object = calloc(1, sizeof(*object));
		if (object == NULL) {
			import->out_of_memory = true;
			return;
		}
		object->group = group;
		object->name = import_strdup(import, line->words[2]);
		object->type = import_strdup(import, line->words[1]);
		if (group && line->len > 3)
			object->protocol = import_strdup(import, line->words[3]);
		if (object->name == NULL || object->type == NULL) {
			free(object->name);
			free(object->type);
			free(object->protocol);
			free(object);
			return;
		}
		HASH_ADD_KEYPTR(hh, network->objects, object->name, strlen(object->name), object);
	}
	member_add(import, object, line, NULL);
	import_enter(import, mode, NULL);
}

void
import_lists_object(struct import *import, struct import_line *line)
{
	if (line->len < 3) {
		import_broken(import, line, "object: expected a type and a name");
		return;
	}
	if (is(line->words[1], "network") || is(line->words[1], "service")) {
		object_begin(import, line, false, &object_mode);
		return;
	}
	import_not_needed(line, "an object that no access-list of ours can use");
	import_enter(import, &import_mode_any, NULL);
}

void
import_lists_group(struct import *import, struct import_line *line)
{
	static const char *const types[] = {"network", "service", "protocol", "icmp-type"};

	if (line->len < 3) {
		import_broken(import, line, "object-group: expected a type and a name");
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (is(line->words[1], types[i])) {
			object_begin(import, line, true, &group_mode);
			return;
		}
	import_not_needed(line, "a group that no access-list of ours can use");
	import_enter(import, &import_mode_any, NULL);
}

/* ---- what becomes of them ---- */

/* Who names a list. */
static const struct {
	const char *setting;
	bool filter;
} uses[] = {
    {"vpn-filter", true},
    {"ipv6-vpn-filter", true},
    {"split-tunnel-network-list", false},
};

/* A filter whose list is not there, or is none that filters: nothing passes. */
static void
deny_all(struct import *import, struct import_list *list, const char *why)
{
	list->type = IMPORT_LIST_EXTENDED;
	for (size_t i = 0; i < list->len; i++) {
		struct import_rule *rule = &list->rules[i];

		rule->dropped = true;
		if (rule->remark && rule->text == NULL)
			import_not_needed(rule->line, "a comment");
		else
			import_not_supported(rule->line,
			    "access-list %s was not carried over, because %s; it denies all now",
			    list->name, why);
	}
	import_todo(import,
	    "write the rules of access-list %s in group-policies.conf: %s, so it denies everything "
	    "to the users whose vpn-filter it is",
	    list->name, why);
}

/* An empty list in place of a filter that is not there: it will deny all. */
static struct import_list *
missing_filter(struct import *import, const struct import_item *attributes, const char *setting,
    const char *name)
{
	const struct import_item *item = import_item_find(attributes, setting);
	struct import_line *line = import_line_at(import, item->node.line);

	if (line != NULL)
		import_not_supported(
		    line, "access-list %.64s is not there; it was made, and denies all", name);
	return list_get(import, name);
}

static void
mark_use(struct import *import, const struct import_item *attributes)
{
	for (size_t i = 0; i < ARRAY_LEN(uses); i++) {
		const char *name = import_get_str(&attributes->node, uses[i].setting);
		struct import_list *list = NULL;

		if (name == NULL || is(name, "none"))
			continue;
		if (import->network != NULL)
			HASH_FIND_STR(import->network->lists, name, list);
		if (list == NULL && uses[i].filter)
			list = missing_filter(import, attributes, uses[i].setting, name);
		if (list == NULL)
			continue; /* import_finish() removes what names nothing */
		list->filter = list->filter || uses[i].filter;
		list->split = list->split || !uses[i].filter;
	}
}

static void
mark_uses(struct import *import)
{
	static const enum conf_kind kinds[] = {CONF_GROUP_POLICY, CONF_USERNAME};

	for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
		struct import_item *list = import_item_list(import, kinds[k]);

		for (size_t i = 0; list != NULL && i < list->len; i++) {
			const struct import_item *attributes =
			    import_item_find(list->items[i], "attributes");

			if (attributes != NULL)
				mark_use(import, attributes);
		}
	}
}

/* What cannot be carried over, of a filter. */
static void
judge_filter(struct import *import, struct import_list *list)
{
	size_t entries = 0, rules = 0;

	if (list->type == IMPORT_LIST_STANDARD) {
		deny_all(import, list, "a standard access-list is no filter");
		return;
	}
	for (size_t i = 0; i < list->len; i++) {
		const struct import_rule *rule = &list->rules[i];

		rules += rule->text != NULL;
		entries += rule->entries;
		if (rule->why != NULL && !rule->permit && !rule->remark) {
			struct buf why;

			buf_init(&why, 512);
			buf_printf(&why,
			    "line %d denies something that cannot be carried over (%s)",
			    rule->line->number, rule->why);
			deny_all(import, list, buf_cstr(&why));
			buf_fini(&why);
			return;
		}
	}
	if (entries > ACL_ENTRIES_MAX || rules > RULES_MAX)
		deny_all(import, list, "it has too many rules");
	else if (list->type == IMPORT_LIST_NONE)
		deny_all(import, list, list->len > 0 ? "it has no rules" : "it is not there");
}

static void
drop_rules(struct import_list *list)
{
	for (size_t i = 0; i < list->len; i++) {
		struct import_rule *rule = &list->rules[i];

		if (rule->dropped || rule->why == NULL)
			continue;
		rule->dropped = true;
		if (rule->remark)
			import_not_needed(rule->line, "a comment");
		else
			import_not_supported(rule->line, "left out: %s%s", rule->why,
			    list->filter ? "; the filter permits less than it did" : "");
	}
}

/* The list with the rules that are left. */
static void
put_list(struct import *import, struct import_list *list)
{
	size_t count = 0;

	for (size_t i = 0; i < list->len; i++)
		count += !list->rules[i].dropped && !list->rules[i].remark;
	if (count == 0 && !list->filter)
		return; /* import_finish() removes what names it */
	import->line = list->len > 0 ? list->rules[0].line : NULL;
	struct node *node = import_named(import, CONF_ACCESS_LIST, list->name);
	import_set_str(
	    import, node, "type", list->type == IMPORT_LIST_STANDARD ? "standard" : "extended");
	for (size_t i = 0; i < list->len; i++) {
		const struct import_rule *rule = &list->rules[i];

		import->line = rule->line;
		if (!rule->dropped && rule->text != NULL) {
			import_add_str(import, node, "rules", rule->text);
			import_converted(rule->line, "access-lists, \"%s\"", list->name);
		} else if (!rule->dropped) {
			import_not_needed(rule->line, "a comment");
		}
	}
	import->line = NULL;
	if (count == 0)
		import_add_str(import, node, "rules", DENY_ALL);
}

/* Lines that nobody spoke of. */
static void
leave_list(const struct import_list *list)
{
	for (size_t i = 0; i < list->len; i++)
		if (list->rules[i].line->fate == IMPORT_PENDING)
			import_not_needed(list->rules[i].line,
			    "no vpn-filter and no split-tunnel-network-list uses access-list %s",
			    list->name);
}

void
import_lists_put_object(struct import *import, const struct import_object *object)
{
	struct node *node = import_append(import, import_root(import, CONF_GROUP_POLICIES),
	    object->group ? "object-groups" : "objects");

	import_set_str(import, node, "name", object->name);
	import_set_str(import, node, "type", object->type);
	if (object->protocol != NULL)
		import_set_str(import, node, "protocol", object->protocol);
	for (size_t i = 0; i < object->len; i++) {
		const struct import_member *member = &object->members[i];

		if (member->text == NULL)
			continue;
		import->line = member->line;
		if (object->group)
			import_add_str(import, node, "members", member->text);
		else /* "service tcp destination eq 443" */
			import_set_str(import, node, "value",
			    member->text + (strncmp(member->text, "service ", 8) == 0 ? 8 : 0));
		import->line = NULL;
	}
}

static void
finish_object(struct import *import, const struct import_object *object)
{
	const char *kind = object->group ? "object-groups" : "objects";

	if (object->wanted)
		import_lists_put_object(import, object);
	for (size_t i = 0; i < object->len; i++) {
		struct import_line *line = object->members[i].line;

		if (object->wanted)
			import_converted(line, "%s, \"%s\"", kind, object->name);
		else if (line->fate == IMPORT_PENDING)
			import_not_needed(
			    line, "no access-list that is converted uses %s", object->name);
	}
}

static void
use_lists(struct import *import)
{
	struct import_list *list, *next;

	HASH_ITER (hh, import->network->lists, list, next) {
		if (list->filter)
			judge_filter(import, list);
		if (list->filter || list->split) {
			drop_rules(list);
			put_list(import, list);
		}
		leave_list(list);
	}
}

void
import_lists_finish(struct import *import)
{
	struct import_object *object, *next;

	mark_uses(import);
	if (import->network == NULL || import->out_of_memory)
		return;
	import_judge(import);
	use_lists(import);
	import_judge_wanted(import);
	HASH_ITER (hh, import->network->objects, object, next) {
		finish_object(import, object);
	}
}

/* ---- the end ---- */

static void
list_free(struct import_list *list)
{
	for (size_t i = 0; i < list->len; i++) {
		free(list->rules[i].text);
		free(list->rules[i].why);
	}
	free(list->rules);
	free(list->name);
	free(list);
}

static void
object_free(struct import_object *object)
{
	for (size_t i = 0; i < object->len; i++)
		free(object->members[i].text);
	free(object->members);
	free(object->name);
	free(object->type);
	free(object->protocol);
	free(object);
}

void
import_lists_free(struct import *import)
{
	struct import_network *network = import->network;
	struct import_list *list, *next_list;
	struct import_object *object, *next_object;

	if (network == NULL)
		return;
	list = network->lists;
	HASH_CLEAR(hh, network->lists);
	for (; list != NULL; list = next_list) {
		next_list = list->hh.next;
		list_free(list);
	}
	object = network->objects;
	HASH_CLEAR(hh, network->objects);
	for (; object != NULL; object = next_object) {
		next_object = object->hh.next;
		object_free(object);
	}
	free(network);
}
