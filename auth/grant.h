/* SPDX-License-Identifier: Apache-2.0 */
/* The last steps of a login: from "the password was checked" to a session, or to the reason in the
 * log why not. */
#ifndef AUTH_GRANT_H
#define AUTH_GRANT_H

#include "auth/local.h"
#include "auth/session.h"
#include "conf/resolve.h"

struct grant {
	/* In. All borrowed. */
	struct conf *conf;
	struct session_table *sessions;
	const struct resolve_choice *choice;
	const struct facts *facts;
	const char *username; /* stripped */
	/* Out of grant_judge(). */
	bool crowded; /* one of several sessions will end: session_is_crowded() */
	/* Out of grant_open(): the answer, which points into this struct and into conf. */
	Ipc__AuthAnswer answer;
	struct policy *policy;
	char token[TOKEN_TEXT_SIZE];
};

/* Judge the result and the policy; log. ERR_DENIED: no session, for whatever reason. */
enum err grant_judge(struct grant *grant, enum local_result result) MUST_USE;
/* After grant_judge(): make the session, log, and have grant_fini() called. ERR_LIMIT, ERR_NOMEM:
 * no session, for the client as if it were denied. */
enum err grant_open(struct grant *grant) MUST_USE;
/* Wipe the token and free, once the answer is sent. */
void grant_fini(struct grant *grant);

#endif
