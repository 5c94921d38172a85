/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a user gets: each group-policy attribute from the first source that has it (asa.md 1.3): the
 * user's own attributes, the group policy named for the user, the tunnel group's default,
 * DfltGrpPolicy, the ASA's default.
 */
#ifndef CONF_INHERIT_H
#define CONF_INHERIT_H

#include "conf/conf.h"

#define INHERIT_OWN_MAX 3
#define INHERIT_SOURCES_MAX (INHERIT_OWN_MAX + 5)

/* The merged view. Borrows from the configuration: hold a reference. */
struct inherit {
	const struct conf_value
	    *value[GPA_COUNT]; /* never NULL; the row's default when nobody sets it */
	/* What was looked at, first wins: for explanations. from[a] indexes it, or is sources_len
	 * for the default. */
	const struct conf_object *source[INHERIT_SOURCES_MAX]; /* CONF_GP_ATTRIBUTES objects */
	const char
	    *source_kind[INHERIT_SOURCES_MAX]; /* "username", "aaa-server-group", "group-policy" */
	const char *source_name[INHERIT_SOURCES_MAX]; /* its name */
	size_t sources_len;
	size_t from[GPA_COUNT];
	const char *group_policy; /* name of the policy in force, for session records */
	/* Timeouts in seconds, finer than the attributes, which they stand in for; 0: there are
	 * none. Of the source at .._from. */
	uint32_t idle_sec;
	uint32_t session_sec;
	size_t idle_from;
	size_t session_from;
};

/* What one authority says about the user himself: an entry of users.conf, or an aaa-server-group.
 */
struct inherit_own {
	const struct conf_object *attributes; /* CONF_GP_ATTRIBUTES; NULL: it has none */
	const char *kind;                     /* "username", "aaa-server-group" */
	const char *name;
	const char *group_policy; /* that it names, or NULL */
	uint32_t idle_sec;        /* 0: says nothing */
	uint32_t session_sec;
};

/* An entry of users.conf. */
struct inherit_own inherit_own_user(const struct conf_object *user);
/*
 * Merge for a login: own, in order (the authorization's before the authentication's, asa.md 1.3),
 * then the first group policy that they name and that exists (one that does not is ignored as the
 * ASA does), the tunnel group's default, DfltGrpPolicy. Borrows what own points to.
 */
void inherit_login(const struct conf *conf, const struct conf_object *tunnel_group,
    const struct inherit_own *own, size_t own_len, struct inherit *out);

/* The same for a user of users.conf, or NULL for nobody there. group_policy is preferred to the one
 * that he names. */
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
