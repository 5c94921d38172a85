/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which tunnel group a login belongs to (asa.md 3, protocol.md 2.5): certificate map and group-url
 * in the order of tunnel-group-preference, chosen alias, alias as path, default. The daemon and
 * explain-policy both ask here.
 */
#ifndef CONF_RESOLVE_H
#define CONF_RESOLVE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/ipc.pb-c.h"
#include "conf/conf.h"

/* What a client brings. Text is never NULL and may be hostile. */
struct resolve_input {
	const char *url; /* <group-access>, or "" when it sent none; then host and path of the
			    request count */
	const char *host;
	const char *path;
	const char *select;                /* <group-select>, or "" */
	const Ipc__CertNames *certificate; /* of a certificate that was judged good; NULL: none */
};

enum resolve_rule {
	RESOLVE_CERTIFICATE_MAP,
	RESOLVE_GROUP_URL,
	RESOLVE_GROUP_ALIAS, /* chosen from the list */
	RESOLVE_ALIAS_PATH,  /* https://host/ALIAS */
	RESOLVE_DEFAULT,     /* DefaultWEBVPNGroup, or the first of the list */
};

/* The outcome. Borrows from the configuration. */
struct resolve_choice {
	const struct conf_object *group; /* CONF_TUNNEL_GROUP, never NULL */
	enum resolve_rule rule;          /* that chose it */
	const char *alias;               /* the one that stands for it in the list; NULL: none */
	bool settled; /* by URL or certificate: no list is shown, none can be chosen */
	bool list;    /* the form shows the list of aliases */
};

/* One rule that was looked at, for explanations. */
struct resolve_step {
	enum resolve_rule rule;
	bool matched;
	/* CONF_GROUP_URL, CONF_CERTIFICATE_GROUP_MAP or CONF_GROUP_ALIAS; NULL: the rule as a whole
	 * did not apply. */
	const struct conf_object *object;
	const char *why; /* static text: "disabled", "no certificate", .. */
};

#define RESOLVE_STEPS_MAX 256

struct resolve_trace {
	struct resolve_step steps[RESOLVE_STEPS_MAX];
	size_t len;
	size_t dropped; /* steps that had no room */
};

/* Resolve. trace may be NULL. What matches nothing leads to the default. */
void resolve_group(const struct conf *conf, const struct resolve_input *input,
    struct resolve_choice *out, struct resolve_trace *trace);

/* The group that an enabled alias names; *alias gets its spelling in the configuration. NULL: none.
 */
const struct conf_object *resolve_alias(
    const struct conf *conf, const char *name, const char **alias);

/* All enabled aliases in file order: writes at most max of them, returns how many there are. */
size_t resolve_aliases(const struct conf *conf, const char **out, size_t max);

/* Does a client that brings this ask for a group-url? It does as resolve_group() would have it. */
bool resolve_url_fits(const char *group_url, const struct resolve_input *input);
/* Is the group-url one without a path, of a host of this name? */
bool resolve_url_is_host(const char *group_url, const char *name);

#endif
