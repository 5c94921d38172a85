/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz conf/acl*.c: each line of the input is a rule, the value of an object or a member of a
 * group, by its first character. Whatever compiles has entries that make sense; what does not has a
 * reason.
 */
/* For coverage.sh: conf/acl.c conf/acl_rule.c conf/acl_net.c conf/acl_service.c conf/acl_group.c */
#include <stdlib.h>
#include <string.h>

#include "conf/acl.h"
#include "conf/parts.h"

#define LINES_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What a line's first character means: an object or group of that name. */
static const struct made {
	char key;
	enum conf_kind kind;
	const char *type;
	const char *protocol;
} made[] = {
    {'e', CONF_ACCESS_LIST, "extended", NULL},
    {'s', CONF_ACCESS_LIST, "standard", NULL},
    {'n', CONF_OBJECT, "network", NULL},
    {'v', CONF_OBJECT, "service", NULL},
    {'g', CONF_OBJECT_GROUP, "network", NULL},
    {'h', CONF_OBJECT_GROUP, "network", NULL},
    {'p', CONF_OBJECT_GROUP, "service", "tcp-udp"},
    {'q', CONF_OBJECT_GROUP, "protocol", "none"},
    {'t', CONF_OBJECT_GROUP, "icmp-type", "none"},
    {'w', CONF_OBJECT_GROUP, "service", "none"},
};

#define MADE_COUNT ARRAY_LEN(made)

struct object {
	struct conf_object object;
	struct conf_value values[8];
	char name[2];
	char *lines[LINES_MAX];
};

static struct object objects[MADE_COUNT];

static void
set_str(struct conf_value *value, const char *text)
{
	value->state = CONF_SET;
	value->str = (char *)text;
}

static void
set_list(struct object *object, unsigned setting)
{
	object->values[setting].state = CONF_SET;
	object->values[setting].list = object->lines;
}

/* An empty object of each kind. */
static void
reset(void)
{
	for (size_t i = 0; i < MADE_COUNT; i++) {
		struct object *object = &objects[i];

		memset(object, 0, sizeof(*object));
		object->object.kind = made[i].kind;
		object->object.values = object->values;
		object->name[0] = made[i].key;
		set_str(&object->values[0], object->name);
		set_str(&object->values[1], made[i].type);
		if (made[i].kind == CONF_ACCESS_LIST) {
			set_list(object, ACL_RULES);
		} else if (made[i].kind == CONF_OBJECT_GROUP) {
			set_str(&object->values[OG_PROTOCOL], made[i].protocol);
			set_list(object, OG_MEMBERS);
		} else {
			set_str(&object->values[OB_VALUE], "");
		}
	}
}

static void
take_line(char *line)
{
	for (size_t i = 0; i < MADE_COUNT; i++) {
		struct object *object = &objects[i];
		unsigned list = made[i].kind == CONF_ACCESS_LIST ? ACL_RULES : OG_MEMBERS;

		if (made[i].key != line[0])
			continue;
		if (made[i].kind == CONF_OBJECT)
			object->values[OB_VALUE].str = line + 1;
		else if (object->values[list].len < LINES_MAX)
			object->lines[object->values[list].len++] = line + 1;
	}
}

/* The objects of a kind, which are in the order of their names. */
static void
set_index(struct conf *conf, enum conf_kind kind, const struct conf_object **by_name)
{
	struct parts_index *index = &conf->index[kind];

	index->by_name = index->all = by_name;
	for (size_t i = 0; i < MADE_COUNT; i++)
		if (made[i].kind == kind)
			by_name[index->by_name_len++] = &objects[i].object;
	index->all_len = index->by_name_len;
}

static bool
net_ok(const struct acl_net *net)
{
	if (net->family == 0)
		return true;
	return (net->family == 4 || net->family == 6) && net->first.family == net->family &&
	       net->last.family == net->family && ip_cmp(&net->first, &net->last) <= 0;
}

static bool
entry_ok(const struct acl_entry *entry, size_t rules)
{
	bool icmp = entry->proto == 1 || entry->proto == 58;

	return net_ok(&entry->src) && net_ok(&entry->dst) &&
	       (entry->src.family == 0 || entry->dst.family == 0 ||
		   entry->src.family == entry->dst.family) &&
	       entry->sport.first <= entry->sport.last && entry->dport.first <= entry->dport.last &&
	       entry->line >= 1 && entry->line <= rules && entry->proto >= ACL_ANY &&
	       entry->proto <= 255 && (icmp || entry->icmp_type == ACL_ANY) &&
	       (entry->icmp_type != ACL_ANY || entry->icmp_code == ACL_ANY);
}

static void
use_list(const struct conf *conf, const struct object *list)
{
	struct acl acl;
	struct acl_networks networks;
	struct buf why;

	buf_init(&why, 65536);
	if (acl_compile(conf, &list->object, &acl, &why) == ERR_OK) {
		if (acl.len > ACL_ENTRIES_MAX)
			abort();
		for (size_t i = 0; i < acl.len; i++)
			if (!entry_ok(&acl.entries[i], list->values[ACL_RULES].len))
				abort();
		acl_fini(&acl);
	} else if (why.len == 0) {
		abort();
	}
	buf_reset(&why);
	if (acl_networks(conf, &list->object, &networks, &why) == ERR_OK)
		acl_networks_fini(&networks);
	else if (why.len == 0)
		abort();
	buf_fini(&why);
}

static void
use_object(const struct conf *conf, const struct object *object)
{
	struct buf why;

	buf_init(&why, 65536);
	if (!acl_object_ok(conf, &object->object, &why) && why.len == 0)
		abort();
	buf_fini(&why);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct conf_object *by_name[2][MADE_COUNT];
	static struct conf conf;
	char *text = malloc(size + 1), *rest = text, *line;

	if (text == NULL)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	memset(&conf, 0, sizeof(conf));
	reset();
	set_index(&conf, CONF_OBJECT, by_name[0]);
	set_index(&conf, CONF_OBJECT_GROUP, by_name[1]);
	while ((line = strsep(&rest, "\n")) != NULL)
		take_line(line);
	for (size_t i = 0; i < MADE_COUNT; i++)
		if (made[i].kind == CONF_ACCESS_LIST)
			use_list(&conf, &objects[i]);
		else
			use_object(&conf, &objects[i]);
	free(text);
	return 0;
}
