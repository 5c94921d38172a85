/* SPDX-License-Identifier: Apache-2.0 */
/* The last steps of a login: from "it has shown all that it was asked for" to a session, or to the
 * reason in the log why not. */
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
	unsigned methods;     /* enum session_method: what the client has shown */
	/* The second login, where there is one. NULL: there is none. */
	const char *second_name;
	enum local_result second_result;
	/* Out of grant_judge(). */
	bool crowded; /* one of several sessions will end: session_is_crowded() */
	/* Out of grant_open(): the answer, which points into this struct and into conf. */
	Ipc__AuthAnswer answer;
	struct policy *policy;
	char token[TOKEN_TEXT_SIZE];
};

/* Judge the results and the policy; log. ERR_DENIED: no session, for whatever reason. */
enum err grant_judge(struct grant *grant, enum local_result result) MUST_USE;
/* The same where certificates were all that was asked for: LOCAL need not know the user. */
enum err grant_judge_certificate(struct grant *grant) MUST_USE;
/* After grant_judge(): make the session, log, and have grant_fini() called. ERR_LIMIT, ERR_NOMEM:
 * no session, for the client as if it were denied. */
enum err grant_open(struct grant *grant) MUST_USE;
/* Wipe the token and free, once the answer is sent. */
void grant_fini(struct grant *grant);

#endif
