/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a user gets: each group-policy attribute from the first source that has it (asa.md 1.3): the
 * user's own attributes, the group policy named for the user, the tunnel group's default,
 * DfltGrpPolicy, the ASA's default.
 */
#ifndef CONF_INHERIT_H
#define CONF_INHERIT_H

#include "conf/conf.h"

#define INHERIT_SOURCES_MAX 6

/* The merged view. Borrows from the configuration: hold a reference. */
struct inherit {
	const struct conf_value
	    *value[GPA_COUNT]; /* never NULL; the row's default when nobody sets it */
	/* What was looked at, first wins: for explanations. from[a] indexes it, or is sources_len
	 * for the default. */
	const struct conf_object *source[INHERIT_SOURCES_MAX]; /* CONF_GP_ATTRIBUTES objects */
	const char *source_kind[INHERIT_SOURCES_MAX];          /* "username", "group-policy" */
	const char *source_name[INHERIT_SOURCES_MAX];          /* its name */
	size_t sources_len;
	size_t from[GPA_COUNT];
	const char *group_policy; /* name of the policy in force, for session records */
};

/*
 * Merge for a user in a tunnel group. user may be NULL (not LOCAL). group_policy names the policy
 * that AAA gave, or NULL; one that does not exist is ignored as the ASA does.
 */
void inherit_merge(const struct conf *conf, const struct conf_object *tunnel_group,
    const struct conf_object *user, const char *group_policy, struct inherit *out);

#define INHERIT_CUSTOM_MAX (INHERIT_SOURCES_MAX * 32) /* 32: the row's max_count */

/* One anyconnect-custom attribute in force. */
struct inherit_custom {
	const char *type;
	const struct conf_object *custom; /* CONF_CUSTOM */
	size_t from;                      /* index of its source */
};

/* Custom attributes, each TYPE from the first source that has it; a "none" hides those behind it.
 * At most max; returns how many. */
size_t inherit_custom(const struct inherit *inherit, struct inherit_custom *out, size_t max);
/* Its value as the client gets it, in place of what out held: named data written out, several
 * joined by ",". ERR_NOMEM, ERR_LIMIT. */
enum err inherit_custom_value(
    const struct conf *conf, const struct inherit_custom *custom, struct buf *out) MUST_USE;

/*
 * The names of the local pools of a family (4, 6) in the order in which they are tried: the
 * policy's, then the tunnel group's. Returns how many; from_policy of them are the policy's.
 * Borrows from the configuration.
 */
#define INHERIT_POOLS_MAX 12
size_t inherit_pools(const struct inherit *inherit, const struct conf_object *tunnel_group,
    unsigned family, const char *out[INHERIT_POOLS_MAX], size_t *from_policy);
/*
 * The access list that filters packets of a family (4, 6): vpn-filter for both, but ipv6-vpn-filter
 * for IPv6 where it is set or none. NULL: no filter. *attribute: which of the two decided.
 */
const char *inherit_filter(
    const struct inherit *inherit, unsigned family, enum conf_gp_attributes *attribute);

/* Accessors on the merged view, as conf_int and kin. */
bool inherit_bool(const struct inherit *inherit, enum conf_gp_attributes attribute);
int64_t inherit_int(const struct inherit *inherit, enum conf_gp_attributes attribute);
const char *inherit_str(const struct inherit *inherit, enum conf_gp_attributes attribute);
size_t inherit_list(
    const struct inherit *inherit, enum conf_gp_attributes attribute, char *const **out);

#endif
