/* SPDX-License-Identifier: Apache-2.0 */
/* The order of asa.md 1.3, steps 2 to 5: a list of sources, and for each attribute the first that
 * has it. */
#include "conf/inherit.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#define DEFAULT_POLICY "DfltGrpPolicy"

static void
add_source(struct inherit *inherit, const struct conf_object *attributes, const char *kind,
    const char *name)
{
	for (size_t i = 0; i < inherit->sources_len; i++)
		if (inherit->source[i] == attributes)
			return; /* it has had its say */
	assert(inherit->sources_len < INHERIT_SOURCES_MAX);
	inherit->source[inherit->sources_len] = attributes;
	inherit->source_kind[inherit->sources_len] = kind;
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
	add_source(
	    inherit, conf_sub(policy, GP_ATTRIBUTES), "group-policy", conf_str(policy, GP_NAME));
	if (inherit->group_policy == NULL)
		inherit->group_policy = conf_str(policy, GP_NAME);
}

/* Seconds stand in for an attribute unless a source before theirs has that attribute. */
static void
take_seconds(struct inherit *inherit, const struct inherit_own *own, size_t from)
{
	if (own->idle_sec > 0 && inherit->idle_sec == 0 &&
	    inherit->from[GPA_VPN_IDLE_TIMEOUT] >= from) {
		inherit->idle_sec = own->idle_sec;
		inherit->idle_from = from;
	}
	if (own->session_sec > 0 && inherit->session_sec == 0 &&
	    inherit->from[GPA_VPN_SESSION_TIMEOUT] >= from) {
		inherit->session_sec = own->session_sec;
		inherit->session_from = from;
	}
}

static void
pick_values(struct inherit *out)
{
	for (unsigned a = 0; a < GPA_COUNT; a++) {
		size_t i = 0;

		while (i < out->sources_len && conf_value(out->source[i], a)->state == CONF_ABSENT)
			i++;
		out->from[a] = i;
		/* An absent value holds the row's default, and every source has the same. */
		out->value[a] = conf_value(out->source[i < out->sources_len ? i : 0], a);
	}
}

void
inherit_login(const struct conf *conf, const struct conf_object *tunnel_group,
    const struct inherit_own *own, size_t own_len, struct inherit *out)
{
	*out = (struct inherit){0};
	assert(own_len <= INHERIT_OWN_MAX);
	for (size_t i = 0; i < own_len; i++)
		if (own[i].attributes != NULL)
			add_source(out, own[i].attributes, own[i].kind, own[i].name);
	for (size_t i = 0; i < own_len && out->group_policy == NULL; i++)
		add_policy(conf, own[i].group_policy, out);
	add_policy(
	    conf, conf_str(conf_sub(tunnel_group, TG_GENERAL), TGG_DEFAULT_GROUP_POLICY), out);
	add_policy(conf, DEFAULT_POLICY, out);
	pick_values(out);
	for (size_t i = 0, from = 0; i < own_len; i++)
		if (own[i].attributes != NULL)
			take_seconds(out, &own[i], from++);
}

struct inherit_own
inherit_own_user(const struct conf_object *user)
{
	const struct conf_object *attributes = conf_sub(user, USER_ATTRIBUTES);

	return (struct inherit_own){
	    .attributes = attributes,
	    .kind = "username",
	    .name = conf_str(user, USER_NAME),
	    .group_policy = conf_str(attributes, GPA_VPN_GROUP_POLICY),
	};
}

void
inherit_merge(const struct conf *conf, const struct conf_object *tunnel_group,
    const struct conf_object *user, const char *group_policy, struct inherit *out)
{
	struct inherit_own own = {0};

	if (user != NULL)
		own = inherit_own_user(user);
	if (group_policy != NULL && conf_find(conf, CONF_GROUP_POLICY, group_policy) != NULL)
		own.group_policy = group_policy;
	inherit_login(conf, tunnel_group, &own, 1, out);
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

/* ---- what several attributes together say ---- */

static size_t
pools_put(const char *out[INHERIT_POOLS_MAX], size_t have, char *const *names, size_t len)
{
	for (size_t i = 0; i < len && have < INHERIT_POOLS_MAX; i++)
		out[have++] = names[i];
	return have;
}

size_t
inherit_pools(const struct inherit *inherit, const struct conf_object *tunnel_group,
    unsigned family, const char *out[INHERIT_POOLS_MAX], size_t *from_policy)
{
	bool v4 = family == 4;
	char *const *names;
	size_t len = inherit_list(inherit, v4 ? GPA_ADDRESS_POOLS : GPA_IPV6_ADDRESS_POOLS, &names);

	*from_policy = pools_put(out, 0, names, len);
	len = conf_list(conf_sub(tunnel_group, TG_GENERAL),
	    v4 ? TGG_ADDRESS_POOL : TGG_IPV6_ADDRESS_POOL, &names);
	return pools_put(out, *from_policy, names, len);
}

const char *
inherit_filter(const struct inherit *inherit, unsigned family, enum conf_gp_attributes *attribute)
{
	bool own = family == 6 && inherit->value[GPA_IPV6_VPN_FILTER]->state != CONF_ABSENT;

	*attribute = own ? GPA_IPV6_VPN_FILTER : GPA_VPN_FILTER;
	return inherit_str(inherit, *attribute);
}

/* ---- anyconnect-custom: each TYPE by itself ---- */

/* The objects that a source writes; a "none" in place of them ends the search. */
static size_t
custom_of(const struct inherit *inherit, size_t source, struct conf_object *const **out)
{
	return conf_subs(inherit->source[source], GPA_ANYCONNECT_CUSTOM, out);
}

/* Has a source before this place spoken of the type? */
static bool
custom_is_hidden(const struct inherit *inherit, size_t source, size_t place, const char *type)
{
	for (size_t i = 0; i <= source; i++) {
		struct conf_object *const *customs;
		size_t len = custom_of(inherit, i, &customs);

		for (size_t k = 0; k < len && (i < source || k < place); k++) {
			const char *other = conf_str(customs[k], CU_TYPE);

			if (other != NULL && strcmp(other, type) == 0)
				return true;
		}
	}
	return false;
}

size_t
inherit_custom(const struct inherit *inherit, struct inherit_custom *out, size_t max)
{
	size_t count = 0;

	for (size_t i = 0; i < inherit->sources_len; i++) {
		struct conf_object *const *customs;
		size_t len = custom_of(inherit, i, &customs);

		for (size_t k = 0; k < len && count < max; k++) {
			const char *type = conf_str(customs[k], CU_TYPE);

			if (type == NULL || custom_is_hidden(inherit, i, k, type) ||
			    conf_value(customs[k], CU_VALUE)->state == CONF_NONE)
				continue;
			out[count++] = (struct inherit_custom){type, customs[k], i};
		}
		if (conf_value(inherit->source[i], GPA_ANYCONNECT_CUSTOM)->state == CONF_NONE)
			break;
	}
	return count;
}

/* What a name of that type stands for; NULL: it is a word of its own. */
static const char *
custom_data(const struct conf *conf, const char *type, const char *name)
{
	const struct conf_object *root = conf_root(conf, CONF_TUNNEL_GROUPS);
	struct conf_object *const *data;
	size_t len =
	    root != NULL ? conf_subs(conf_sub(root, TGS_WEBVPN), WV_CUSTOM_DATA, &data) : 0;

	for (size_t i = 0; i < len; i++) {
		const char *its_type = conf_str(data[i], CD_TYPE);
		const char *its_name = conf_str(data[i], CD_NAME);

		if (its_type != NULL && its_name != NULL && strcmp(its_type, type) == 0 &&
		    strcmp(its_name, name) == 0)
			return conf_str(data[i], CD_VALUE);
	}
	return NULL;
}

enum err
inherit_custom_value(const struct conf *conf, const struct inherit_custom *custom, struct buf *out)
{
	char *const *values;
	size_t len = conf_list(custom->custom, CU_VALUE, &values);

	buf_reset(out);
	for (size_t i = 0; i < len; i++) {
		const char *value = custom_data(conf, custom->type, values[i]);

		if (i > 0)
			buf_puts(out, ",");
		buf_puts(out, value != NULL ? value : values[i]);
	}
	return out->err;
}
