/* SPDX-License-Identifier: Apache-2.0 */
/* From texts to indexed objects: the same steps for a directory (load.c) and for a child's slice
 * (conf.c). */
#include "conf/parts.h"

#include <stdlib.h>
#include <string.h>

#include "conf/check.h"
#include "conf/errors.h"
#include "conf/file.h"
#include "conf/row.h"

#define ROLE(name) (1u << IPC__ROLE_ID__ROLE_##name)

const struct parts_file parts_files[PARTS_ROOT_COUNT] = {
    {CONF_GATEWAY, "gateway.conf", true, false, ROLE(GATEWAY) | ROLE(AUTH) | ROLE(PKI)},
    {CONF_TUNNEL_GROUPS, "tunnel-groups.conf", true, false, ROLE(AUTH)},
    {CONF_GROUP_POLICIES, "group-policies.conf", true, false, ROLE(AUTH)},
    {CONF_AAA, "aaa.conf", false, true, ROLE(AUTH)},
    {CONF_USERS, "users.conf", false, true, ROLE(AUTH)},
    {CONF_PKI, "pki.conf", true, false, ROLE(PKI)},
};

const struct parts_named parts_named[] = {
    {CONF_TUNNEL_GROUP, CONF_TUNNEL_GROUPS, TGS_TUNNEL_GROUPS, TG_NAME},
    {CONF_GROUP_POLICY, CONF_GROUP_POLICIES, GPS_GROUP_POLICIES, GP_NAME},
    {CONF_IP_LOCAL_POOL, CONF_GROUP_POLICIES, GPS_IP_LOCAL_POOLS, POOL_NAME},
    {CONF_IPV6_LOCAL_POOL, CONF_GROUP_POLICIES, GPS_IPV6_LOCAL_POOLS, POOL6_NAME},
    {CONF_ACCESS_LIST, CONF_GROUP_POLICIES, GPS_ACCESS_LISTS, ACL_NAME},
    {CONF_OBJECT, CONF_GROUP_POLICIES, GPS_OBJECTS, OB_NAME},
    {CONF_OBJECT_GROUP, CONF_GROUP_POLICIES, GPS_OBJECT_GROUPS, OG_NAME},
    {CONF_TIME_RANGE, CONF_GROUP_POLICIES, GPS_TIME_RANGES, TR_NAME},
    {CONF_AAA_SERVER_GROUP, CONF_AAA, AAA_SERVER_GROUPS, ASG_NAME},
    {CONF_USERNAME, CONF_USERS, USERS_USERNAMES, USER_NAME},
    {CONF_TRUSTPOINT, CONF_PKI, PKI_TRUSTPOINTS, TP_NAME},
};
const size_t parts_named_len = ARRAY_LEN(parts_named);

/* Objects that exist without being written (asa.md 1.3). */
static const struct {
	enum conf_kind kind;
	const char *name;
} built_in[] = {
    {CONF_TUNNEL_GROUP, "DefaultWEBVPNGroup"},
    {CONF_TUNNEL_GROUP, "DefaultRAGroup"},
    {CONF_GROUP_POLICY, "DfltGrpPolicy"},
};

const struct parts_named *
parts_named_find(enum conf_kind kind)
{
	for (size_t i = 0; i < parts_named_len; i++)
		if (parts_named[i].kind == kind)
			return &parts_named[i];
	return NULL;
}

const char *
parts_name(const struct conf_object *object)
{
	const struct parts_named *named = parts_named_find(object->kind);

	return named != NULL ? object->values[named->name].str : NULL;
}

struct conf *
parts_new(struct conf_errors *errors)
{
	struct conf *conf = errors_calloc(errors, 1, sizeof(*conf));

	if (conf != NULL)
		atomic_init(&conf->refs, 1);
	return conf;
}

static void
parse_root(struct conf *conf, const struct parts_file *file, struct conf_errors *errors)
{
	const struct text *text = texts_find(&conf->texts, TEXTS_CONF, file->name);
	struct node *node;

	if (text == NULL)
		return;
	if (file_parse(file->name, (const char *)text->data.data, text->data.len, errors, &node) !=
	    ERR_OK)
		return;
	conf->roots[file->root] = row_object(file->name, file->root, node, errors);
	file_free(node);
}

static bool
is_written(const struct conf_object *root, const struct parts_named *named, const char *name)
{
	const struct conf_value *list = &root->values[named->list];

	for (size_t i = 0; i < list->len; i++) {
		const char *found = parts_name(list->objects[i]);

		if (found != NULL && strcmp(found, name) == 0)
			return true;
	}
	return false;
}

static void
add_built_in(struct conf *conf, enum conf_kind kind, const char *name, struct conf_errors *errors)
{
	const struct parts_named *named = parts_named_find(kind);
	struct conf_object *root = named != NULL ? conf->roots[named->root] : NULL;

	if (root == NULL || is_written(root, named, name))
		return;
	struct conf_object *object = row_object(root->origin.file, kind, NULL, errors);
	if (object == NULL)
		return;
	object->values[named->name].str = errors_strdup(errors, name);
	if (row_append(root, named->list, object) != ERR_OK)
		errors->out_of_memory = true;
}

/* An unset dtls-port is the port itself. */
static void
default_dtls_ports(struct conf *conf)
{
	struct conf_object *root = conf->roots[CONF_GATEWAY];

	for (size_t i = 0; root != NULL && i < root->values[GW_LISTENERS].len; i++) {
		struct conf_value *values = root->values[GW_LISTENERS].objects[i]->values;

		if (values[LI_DTLS_PORT].state == CONF_ABSENT)
			values[LI_DTLS_PORT].num = values[LI_PORT].num;
	}
}

static int
by_name_then_place(const void *a, const void *b)
{
	const struct conf_object *one = *(const struct conf_object *const *)a;
	const struct conf_object *two = *(const struct conf_object *const *)b;
	int order = strcmp(parts_name(one), parts_name(two));

	if (order != 0)
		return order;
	return (one->parent_index > two->parent_index) - (one->parent_index < two->parent_index);
}

static void
make_index(struct conf *conf, const struct parts_named *named, struct conf_errors *errors)
{
	struct parts_index *index = &conf->index[named->kind];
	const struct conf_object *root = conf->roots[named->root];

	if (root == NULL)
		return;
	const struct conf_value *list = &root->values[named->list];
	index->all = errors_calloc(errors, list->len, sizeof(*index->all));
	index->by_name = errors_calloc(errors, list->len, sizeof(*index->by_name));
	if (index->all == NULL || index->by_name == NULL)
		return;
	for (size_t i = 0; i < list->len; i++) {
		index->all[index->all_len++] = list->objects[i];
		if (parts_name(list->objects[i]) != NULL)
			index->by_name[index->by_name_len++] = list->objects[i];
	}
	qsort(index->by_name, index->by_name_len, sizeof(*index->by_name), by_name_then_place);
}

void
parts_build(struct conf *conf, struct conf_errors *errors)
{
	for (size_t i = 0; i < ARRAY_LEN(parts_files); i++)
		parse_root(conf, &parts_files[i], errors);
	if (errors->out_of_memory)
		return;
	for (size_t i = 0; i < ARRAY_LEN(built_in); i++)
		add_built_in(conf, built_in[i].kind, built_in[i].name, errors);
	default_dtls_ports(conf);
	for (size_t i = 0; i < parts_named_len; i++)
		make_index(conf, &parts_named[i], errors);
}

struct conf *
parts_finish(struct conf *conf, struct conf_errors *errors)
{
	if (!errors->out_of_memory)
		check_conf(conf, errors);
	if (errors->count == 0 && !errors->out_of_memory)
		return conf;
	conf_unref(conf);
	return NULL;
}
