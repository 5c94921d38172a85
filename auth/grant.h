/* SPDX-License-Identifier: Apache-2.0 */
/* The last steps of a login: from "it has shown all that it was asked for" to a session, or to the
 * reason in the log why not. */
#ifndef AUTH_GRANT_H
#define AUTH_GRANT_H

#include "auth/gain.h"
#include "auth/session.h"
#include "conf/resolve.h"

struct grant {
	/* In. All borrowed. */
	struct conf *conf;
	struct session_table *sessions;
	const struct resolve_choice *choice;
	const struct facts *facts;
	const char *username; /* stripped */
	unsigned methods;     /* enum session_method: what the client has shown */
	struct gain *gain;    /* what servers said; the session takes it */
	bool local_password;  /* it was LOCAL that looked at the password */
	/* What servers were told, if they were: see struct session_login. */
	uint32_t index;
	int64_t login_wall;
	const char *audit_id;
	/* Out of grant_judge(). */
	const char *why; /* ERR_DENIED, and errors of grant_open(): for the log */
	bool crowded;    /* one of several sessions will end: session_is_crowded() */
	/* Out of grant_open(): the answer, which points into this struct and into conf. */
	Ipc__AuthAnswer answer;
	struct policy *policy;
	char token[TOKEN_TEXT_SIZE];
};

/* Does nobody get in there (conf_group_closed())? It is logged. */
bool grant_is_closed(const struct conf *conf, const struct conf_object *tunnel_group,
    const struct facts *facts) MUST_USE;
/* Everything was shown, and everybody who was asked said yes: judge the policy; log. ERR_DENIED: no
 * session, for whatever reason. */
enum err grant_judge(struct grant *grant) MUST_USE;
/* After grant_judge(): make the session, log, and have grant_fini() called. ERR_LIMIT, ERR_NOMEM,
 * ERR_SYNTAX (access lists from a server): no session, for the client as if it were denied. */
enum err grant_open(struct grant *grant) MUST_USE;
/* Wipe the token and free, once the answer is sent. */
void grant_fini(struct grant *grant);

#endif
