/* SPDX-License-Identifier: Apache-2.0 */
/* For tests that play the servers of a login: answers of LOCAL, and the question whether it knows a
 * user. */
#ifndef TESTS_UNIT_ASK_HELP_H
#define TESTS_UNIT_ASK_HELP_H

#include <stdlib.h>

#include "auth/aaa.h"

/* LOCAL looked at a password. */
static inline void
ask_local(aaa_done_fn done, void *arg, enum local_result result)
{
	struct aaa_answer answer = {
	    .status = result == LOCAL_OK ? AAA_ACCEPT : AAA_REJECT,
	    .local = true,
	    .local_result = result,
	    .message = "",
	};

	done(&answer, arg);
}

/* Is it a question about authorization? Then it is answered, by users.conf. */
static inline bool
ask_authorization(const struct aaa_question *question, aaa_done_fn done, void *arg)
{
	if (question->purpose != AAA_AUTHORIZE)
		return false;
	ask_local(done, arg,
	    conf_find(question->conf, CONF_USERNAME, question->who.username) != NULL
		? LOCAL_OK
		: LOCAL_NO_USER);
	return true;
}

#endif
