/* SPDX-License-Identifier: Apache-2.0 */
/* What stands between a user whose password is right and a session. The daemon and explain-policy
 * both ask here. */
#ifndef CONF_JUDGE_H
#define CONF_JUDGE_H

#include <time.h>

#include "conf/conf.h"
#include "conf/inherit.h"

enum judge_verdict {
	JUDGE_OK,
	JUDGE_CLOSED,      /* conf_group_closed() */
	JUDGE_GROUP_LOCK,  /* locked to another tunnel group (113040) */
	JUDGE_NO_PROTOCOL, /* vpn-tunnel-protocol lacks ssl-client (722050) */
	JUDGE_NO_LOGINS,   /* vpn-simultaneous-logins 0 */
	JUDGE_HOURS,       /* outside vpn-access-hours */
};

/* Has the user an entry in users.conf, if authorization-required asks LOCAL for one? Without one he
 * is nobody there, and a certificate alone does not make him somebody. */
bool judge_authorized(const struct conf_object *tunnel_group, const struct conf_object *user);
/* The first that applies, in this order. */
enum judge_verdict judge_login(const struct conf *conf, const struct conf_object *tunnel_group,
    const struct inherit *inherit, time_t when);
/*
 * The same before anybody is known: what is said of each user of the group, whoever it is.
 * JUDGE_OK: that depends, on an entry of users.conf or on what a server says. No password is worth
 * a look where it is anything else.
 */
enum judge_verdict judge_group(
    const struct conf *conf, const struct conf_object *tunnel_group, time_t when);
/* "the user is locked to another tunnel-group": for logs and explanations. */
const char *judge_text(enum judge_verdict verdict);

#endif
