/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The steps of a login as "debug aggregate-auth xml" shows them from level 2 on, in the words of an
 * ASA where it has the same step. Each function costs one load and one branch while nobody debugs.
 * They also tell whose login it is, as soon as that is known (auth/trace_desk.h).
 */
#ifndef AUTH_TRACE_LOGIN_H
#define AUTH_TRACE_LOGIN_H

#include "auth/aaa.h"
#include "auth/login_table.h"
#include "common/trace.h"

void trace_login_show_group(const struct login *login);
void trace_login_show_question(
    const struct login *login, const struct aaa_question *question, const char *what);
void trace_login_show_answer(
    const struct login *login, const char *username, const struct aaa_answer *answer);

/* A line of the login's own. */
#define trace_login_note(login, ...) trace_note(TRACE_XML, 2, &(login)->facts.client, __VA_ARGS__)

/* The tunnel group is chosen. */
static inline void
trace_login_group(const struct login *login)
{
	if (trace_wanted(TRACE_XML, 2))
		trace_login_show_group(login);
}

/* The user has a name: typed, or of a certificate. "" is nobody's. */
static inline void
trace_login_user(const struct login *login, const char *username)
{
	if (trace_wanted(IPC__TRACE_KIND__TRACE_NONE, 1) && username[0] != '\0')
		trace_user(&login->facts.client, username);
}

/* A server is asked: what is "authentication", .. */
static inline void
trace_login_question(
    const struct login *login, const struct aaa_question *question, const char *what)
{
	if (trace_wanted(TRACE_XML, 2))
		trace_login_show_question(login, question, what);
}

/* It answered. */
static inline void
trace_login_answer(const struct login *login, const char *username, const struct aaa_answer *answer)
{
	if (trace_wanted(TRACE_XML, 2))
		trace_login_show_answer(login, username, answer);
}

#endif
