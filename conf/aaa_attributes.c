/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From what a server said to group-policy attributes: every value passes the row that a value of
 * group-policies.conf passes, and what it names must exist. The origins' texts are kept in one
 * piece with the object.
 */
#include "conf/aaa_attributes.h"

#include <string.h>

#include "conf/row.h"
#include "conf/row_unknown.h"

#define ORIGIN_MAX 128 /* bytes of an origin; what is longer is cut */
#define VALUES_MAX 64  /* entries of the longest list in the rows */

/* While an object is being made. */
struct build {
	const struct conf *conf;
	struct conf_object *object;
	struct conf_errors errors; /* of the rows; who gets them cannot see a file */
	char *room;                /* for the origins, behind the object */
	char *room_end;
	aaa_problem_fn fn;
	void *arg;
};

/* Attributes that name something. Those that are not here name a tunnel group (a lock to one that
 * is not there locks the user out, which is what it says), or nothing. */
static const struct reference {
	enum conf_gp_attributes attribute;
	enum conf_kind kind;
	enum aaa_problem problem;
	bool extended; /* the access list must be of that type */
} references[] = {
    {GPA_VPN_FILTER, CONF_ACCESS_LIST, AAA_NO_ACL, true},
    {GPA_IPV6_VPN_FILTER, CONF_ACCESS_LIST, AAA_NO_ACL, true},
    {GPA_SPLIT_TUNNEL_NETWORK_LIST, CONF_ACCESS_LIST, AAA_NO_ACL, false},
    {GPA_ADDRESS_POOLS, CONF_IP_LOCAL_POOL, AAA_NO_POOL, false},
    {GPA_IPV6_ADDRESS_POOLS, CONF_IPV6_LOCAL_POOL, AAA_NO_POOL, false},
    {GPA_VPN_ACCESS_HOURS, CONF_TIME_RANGE, AAA_NO_HOURS, false},
};

static void
tell(const struct build *build, enum aaa_problem problem, const char *name, const char *value)
{
	if (build->fn != NULL)
		build->fn(problem, name, value, build->arg);
}

/* A copy that lives as long as the object. */
static const char *
keep(struct build *build, const char *origin)
{
	size_t len = strnlen(origin, ORIGIN_MAX - 1);
	char *copy = build->room;

	if ((size_t)(build->room_end - build->room) <= len)
		return "";
	memcpy(copy, origin, len); /* NUL: the room was zeros */
	build->room += len + 1;
	return copy;
}

static const struct reference *
reference_of(unsigned attribute)
{
	for (size_t i = 0; i < ARRAY_LEN(references); i++)
		if (references[i].attribute == attribute)
			return &references[i];
	return NULL;
}

static bool
is_there(const struct build *build, const struct reference *reference, const char *name)
{
	const struct conf_object *object = conf_find(build->conf, reference->kind, name);

	return object != NULL &&
	       (!reference->extended || strcmp(conf_str(object, ACL_TYPE), "extended") == 0);
}

/* Of texts those that name something that is there, into out; the others are told of. */
static size_t
existing(const struct build *build, unsigned attribute, char *const *texts, size_t len, char **out)
{
	const struct reference *reference = reference_of(attribute);
	size_t count = 0;

	for (size_t i = 0; i < len; i++) {
		if (reference == NULL || strcmp(texts[i], "none") == 0 ||
		    is_there(build, reference, texts[i]))
			out[count++] = texts[i];
		else
			tell(build, reference->problem,
			    conf_setting_name(CONF_GP_ATTRIBUTES, attribute), texts[i]);
	}
	return count;
}

/* All texts of a value as one, for the log. */
static void
tell_all(const struct build *build, enum aaa_problem problem, const Ipc__AaaAttr *attr)
{
	struct buf all;

	buf_init(&all, 4096);
	for (size_t i = 0; i < attr->n_value && all.len + strlen(attr->value[i]) + 2 < all.max; i++)
		buf_printf(&all, "%s%s", i > 0 ? " " : "", attr->value[i]);
	tell(build, problem, attr->name, buf_cstr(&all));
	buf_fini(&all);
}

/* Set what is left of the texts. What should restrict the user and cannot be read is as bad as a
 * name that is not there. */
static enum err
set(struct build *build, unsigned attribute, const Ipc__AaaAttr *attr, char **texts, size_t len)
{
	const struct reference *reference = reference_of(attribute);
	enum err err = row_set_texts(build->object, attribute, texts, len, &build->errors);

	if (err == ERR_OK)
		build->object->values[attribute].origin.file = keep(build, attr->origin);
	else if (err == ERR_SYNTAX)
		tell_all(build, reference != NULL ? reference->problem : AAA_INVALID, attr);
	return err == ERR_SYNTAX ? ERR_OK : err;
}

/* One attribute; the first of two counts. ERR_NOMEM. */
static enum err
add(struct build *build, const Ipc__AaaAttr *attr)
{
	const struct row_kind *table = row_kind(CONF_GP_ATTRIBUTES);
	unsigned attribute = row_find(table, attr->name);
	char *texts[VALUES_MAX];
	size_t len;

	/* The policy has a field of its own in the profile. */
	if (attribute == table->len || attribute == GPA_VPN_GROUP_POLICY || attr->n_value == 0 ||
	    attr->n_value > VALUES_MAX ||
	    conf_value(build->object, attribute)->state != CONF_ABSENT) {
		tell_all(build, AAA_INVALID, attr);
		return ERR_OK;
	}
	len = existing(build, attribute, attr->value, attr->n_value, texts);
	return len > 0 ? set(build, attribute, attr, texts, len) : ERR_OK;
}

/* The group policy, as far as it exists: for explanations, inherit_own names it once more. */
static enum err
add_policy(struct build *build, const Ipc__AaaProfile *profile)
{
	const char *setting = conf_setting_name(CONF_GP_ATTRIBUTES, GPA_VPN_GROUP_POLICY);
	enum err err;

	if (profile->group_policy[0] == '\0')
		return ERR_OK;
	if (conf_find(build->conf, CONF_GROUP_POLICY, profile->group_policy) == NULL) {
		tell(build, AAA_NO_POLICY, setting, profile->group_policy);
		return ERR_OK;
	}
	err = row_set_texts(
	    build->object, GPA_VPN_GROUP_POLICY, &profile->group_policy, 1, &build->errors);
	build->object->values[GPA_VPN_GROUP_POLICY].origin.file =
	    keep(build, profile->group_policy_origin);
	return err == ERR_NOMEM ? err : ERR_OK;
}

struct conf_object *
aaa_attributes_new(
    const struct conf *conf, const Ipc__AaaProfile *profile, aaa_problem_fn fn, void *arg)
{
	struct build build = {.conf = conf, .fn = fn, .arg = arg};
	/* An attribute counts once, so that there are no more origins than attributes. */
	size_t room = (size_t)GPA_COUNT * ORIGIN_MAX, needed = 0;
	enum err err;

	needed = strnlen(profile->group_policy_origin, ORIGIN_MAX) + 1;
	for (size_t i = 0; i < profile->n_attr && needed < room; i++)
		needed += strnlen(profile->attr[i]->origin, ORIGIN_MAX) + 1;
	room = needed < room ? needed : room;
	conf_errors_init(&build.errors);
	build.object =
	    row_object_room("aaa-server", CONF_GP_ATTRIBUTES, room, &build.room, &build.errors);
	if (build.object == NULL) {
		conf_errors_fini(&build.errors);
		return NULL;
	}
	build.room_end = build.room + room;
	err = add_policy(&build, profile);
	for (size_t i = 0; i < profile->n_attr && err == ERR_OK; i++)
		err = add(&build, profile->attr[i]);
	if (build.errors.out_of_memory)
		err = ERR_NOMEM;
	conf_errors_fini(&build.errors);
	if (err == ERR_OK)
		return build.object;
	row_object_free(build.object);
	return NULL;
}
