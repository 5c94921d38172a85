/* SPDX-License-Identifier: Apache-2.0 */
/* The order of asa.md 1.3, steps 2 to 5: a list of sources, and for each attribute the first that
 * has it. */
#include "conf/inherit.h"

#include <assert.h>
#include <stddef.h>

#define DEFAULT_POLICY "DfltGrpPolicy"

static void
add_source(struct inherit *inherit, const struct conf_object *attributes, const char *name)
{
	for (size_t i = 0; i < inherit->sources_len; i++)
		if (inherit->source[i] == attributes)
			return; /* it has had its say */
	assert(inherit->sources_len < INHERIT_SOURCES_MAX);
	inherit->source[inherit->sources_len] = attributes;
	inherit->source_kind[inherit->sources_len] =
	    attributes->parent->kind == CONF_USERNAME ? "username" : "group-policy";
	inherit->source_name[inherit->sources_len++] = name;
}

/* A policy by name; the first that exists is the one in force. */
static void
add_policy(const struct conf *conf, const char *name, struct inherit *inherit)
{
	const struct conf_object *policy =
	    name != NULL ? conf_find(conf, CONF_GROUP_POLICY, name) : NULL;

	if (policy == NULL)
		return;
	add_source(inherit, conf_sub(policy, GP_ATTRIBUTES), conf_str(policy, GP_NAME));
	if (inherit->group_policy == NULL)
		inherit->group_policy = conf_str(policy, GP_NAME);
}

void
inherit_merge(const struct conf *conf, const struct conf_object *tunnel_group,
    const struct conf_object *user, const char *group_policy, struct inherit *out)
{
	const struct conf_object *own = user != NULL ? conf_sub(user, USER_ATTRIBUTES) : NULL;

	*out = (struct inherit){0};
	if (own != NULL)
		add_source(out, own, conf_str(user, USER_NAME));
	add_policy(conf, group_policy, out);
	if (out->group_policy == NULL && own != NULL)
		add_policy(conf, conf_str(own, GPA_VPN_GROUP_POLICY), out);
	add_policy(
	    conf, conf_str(conf_sub(tunnel_group, TG_GENERAL), TGG_DEFAULT_GROUP_POLICY), out);
	add_policy(conf, DEFAULT_POLICY, out);
	for (unsigned a = 0; a < GPA_COUNT; a++) {
		size_t i = 0;

		while (i < out->sources_len && conf_value(out->source[i], a)->state == CONF_ABSENT)
			i++;
		out->from[a] = i;
		/* An absent value holds the row's default, and every source has the same. */
		out->value[a] = conf_value(out->source[i < out->sources_len ? i : 0], a);
	}
}

bool
inherit_bool(const struct inherit *inherit, enum conf_gp_attributes attribute)
{
	return inherit->value[attribute]->num != 0;
}

int64_t
inherit_int(const struct inherit *inherit, enum conf_gp_attributes attribute)
{
	return inherit->value[attribute]->num;
}

const char *
inherit_str(const struct inherit *inherit, enum conf_gp_attributes attribute)
{
	return inherit->value[attribute]->str;
}

size_t
inherit_list(const struct inherit *inherit, enum conf_gp_attributes attribute, char *const **out)
{
	*out = inherit->value[attribute]->list;
	return inherit->value[attribute]->list != NULL ? inherit->value[attribute]->len : 0;
}
