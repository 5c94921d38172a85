/* SPDX-License-Identifier: Apache-2.0 */
/* Which tunnel group a login belongs to (asa.md 3, protocol.md 2.5): URL, chosen alias, alias as
 * path, default. */
#ifndef AUTH_GROUP_H
#define AUTH_GROUP_H

#include <stdbool.h>
#include <stddef.h>

#include "conf/conf.h"

/* The outcome. Borrows from the configuration. */
struct group_choice {
	const struct conf_object *group; /* CONF_TUNNEL_GROUP, never NULL */
	const char *alias;               /* the one that stands for it in the list; NULL: none */
	bool by_url; /* the URL settled it: no list is shown, none can be chosen */
	bool list;   /* the form shows the list of aliases */
};

/*
 * Resolve. url is <group-access>, or "" when the client sent none; then host and path of the
 * request count. select is <group-select>, or "". Hostile text is fine: what matches nothing leads
 * to the default.
 */
void group_resolve(const struct conf *conf, const char *url, const char *host, const char *path,
    const char *select, struct group_choice *out);

/* The group that an enabled alias names; *alias gets its spelling in the configuration. NULL: none.
 */
const struct conf_object *group_by_alias(
    const struct conf *conf, const char *name, const char **alias);

/* All enabled aliases in file order: writes at most max of them, returns how many there are. */
size_t group_aliases(const struct conf *conf, const char **out, size_t max);

#endif
