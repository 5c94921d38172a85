/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a login gained: the words of the servers that vouched for it, as group-policy attributes,
 * and whether LOCAL is one of them. From there to the merged policy of a session.
 */
#ifndef AUTH_GAIN_H
#define AUTH_GAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "common/attr.h"
#include "common/err.h"
#include "common/ipc.pb-c.h"
#include "conf/inherit.h"

#define GAIN_PROFILES_MAX 2 /* of the authorization server, then of the authentication server */

/* Plain value; zero it to begin. Owns what is in it. */
struct gain {
	Ipc__AaaProfile *profiles[GAIN_PROFILES_MAX];
	struct conf_object *attributes[GAIN_PROFILES_MAX];
	size_t len;
	bool local; /* an entry of users.conf counts, too */
};

/* Whom it is about, for the log. Borrowed. */
struct gain_who {
	const char *username;
	const char *ip;
	const struct conf_object *tunnel_group;
};

/* Behind those that are there; takes the profile. NULL is none. */
void gain_add(struct gain *gain, Ipc__AaaProfile *profile);
/* Make attributes of the profiles; what is wrong in them is logged. ERR_DENIED: a session must not
 * come of it (113030); ERR_NOMEM. */
enum err gain_read(struct gain *gain, const struct conf *conf, const struct gain_who *who) MUST_USE;
void gain_fini(struct gain *gain);

/* The policy of a user with these gains (conf/inherit.h). username is looked up in users.conf if
 * LOCAL counts. */
void gain_inherit(const struct gain *gain, const struct conf *conf,
    const struct conf_object *tunnel_group, const char *username, struct inherit *out);
/* Is the group policy in force one that somebody named for the user? */
bool gain_names_policy(const struct gain *gain, const struct conf *conf, const char *username,
    const char *group_policy);

#endif
