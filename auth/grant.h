/* SPDX-License-Identifier: Apache-2.0 */
/* The last step of a login: from "the password was checked" to a session, or to the reason in the
 * log why not. */
#ifndef AUTH_GRANT_H
#define AUTH_GRANT_H

#include "auth/group.h"
#include "auth/local.h"
#include "auth/session.h"

struct grant {
	/* In. All borrowed. */
	const struct conf *conf;
	struct session_table *sessions;
	const struct group_choice *choice;
	const struct facts *facts;
	const char *username;
	/* Out, on success: the answer, which points into this struct and into the configuration. */
	Ipc__AuthAnswer answer;
	char token[TOKEN_TEXT_SIZE];
};

/* Judge the result and the policy, make the session, log. ERR_DENIED, ERR_LIMIT, ERR_NOMEM: no
 * session, for the client all alike. */
enum err grant_session(struct grant *grant, enum local_result result) MUST_USE;
/* Wipe the token once the answer is sent. */
void grant_fini(struct grant *grant);

#endif
