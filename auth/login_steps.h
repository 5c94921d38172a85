/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Between the files of the login state machine: login.c (which way a login goes), login_answer.c
 * (what the client is told), login_password.c (the fields of its replies), login_ask.c (servers),
 * login_challenge.c (what they ask back), login_grant.c (from there to a session) and login_pair.c
 * (the second certificate). Each of these functions takes a login that is BUSY; it may be gone
 * afterwards.
 */
#ifndef AUTH_LOGIN_STEPS_H
#define AUTH_LOGIN_STEPS_H

#include "auth/form.h"
#include "auth/login_table.h"
#include "common/log.h"

/* What is known is known: ask for the next thing, or let it in, or not. */
void login_advance(struct login *login);

/* ---- login_answer.c: the request that is being looked at gets its answer ---- */

/* The login is over, in the one uniform text. */
void login_refuse(struct login *login);
/* The same for what is wrong with a certificate; the log gets the reason, the client does not. */
void login_refuse_certificate(struct login *login, const char *why);
/* An answer without a login. */
void login_answer_refused(login_answer_fn fn, void *arg);
/* An attempt failed: another form, unless attempts or time are used up. The text is the uniform one
 * but where a server's own may be shown. */
void login_fail(struct login *login);
void login_fail_text(struct login *login, const char *text);
bool login_is_time_over(const struct login *login);
/* Count it; false: attempts or time are used up. */
bool login_count_failure(struct login *login);
/* Give the login a fresh handle, and show the form, or the list of groups alone. */
void login_show_form(struct login *login, bool failed);
void login_show_choice(struct login *login);
/* What the server of login->challenged asks. */
void login_show_challenge(struct login *login, const struct form_challenge *challenge);
/* The same with the request for a second certificate. */
void login_show_request(struct login *login);
/* "Come again with a certificate"; the login is over. */
void login_ask_certificate(struct login *login);

/* ---- login_failure.c ---- */

/* The session that may come of it, for log_of(). */
struct log_about login_about(const struct login *login);
/* Before a login fails: at which step ("authentication", which must stay) and why, for the log. */
void login_failed_at(struct login *login, const char *step, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* It was the client's fault, who named this user ("": nobody): threat detection counts it. */
void login_blame(const struct login *login, const char *username);
/* The line about an attempt that failed. */
void login_log_failure(struct login *login);

/* ---- login_password.c ---- */

/* Does its group ask for a second password? */
bool login_has_second(const struct login *login);
/* A reply to a form with fields. */
void login_check(struct login *login, const Ipc__AuthReply *reply);
/* A field of a reply that is a secret; NULL: it is not there, or memory. An empty one only where it
 * may be. */
struct secret *login_field_secret(const Ipc__AuthReply *reply, const char *name, bool may_be_empty);

/* ---- login_ask.c ---- */

/* Ask who checks passwords; they are taken in every case. NULL: there is no second one. */
void login_ask(struct login *login, struct secret *first, struct secret *second);
/* The answer to a challenge: secrets are taken. new_password: where the password has expired. */
void login_ask_again(struct login *login, size_t which, struct secret *answer);
void login_ask_change(struct login *login, size_t which, struct secret *new_password);
/* Is somebody asked right now? */
bool login_is_asking(const struct login *login);
/* Forget what is under way. */
void login_ask_cancel(struct login *login);
/* The certificates were all that was asked for: what may the user do? */
void login_authorize(struct login *login);
/* Where a login fails for reasons of policy: a form to try again where there is one. */
void login_deny(struct login *login);
/* The name that the session will have. */
const char *login_session_name(const struct login *login);

/* ---- login_challenge.c ---- */

/* One of the proofs is a challenge, or an expired password: ask the client, or answer at once. */
void login_challenge(struct login *login, size_t which);
/* The reply to that. */
void login_challenge_reply(struct login *login, const Ipc__AuthReply *reply);

/* ---- login_grant.c ---- */

/* Everything was shown and asked: a session, or not. */
void login_grant(struct login *login);

/* ---- login_pair.c ---- */

/* A reply to a request for a second certificate, or one that pretends to be. */
void login_pair(struct login *login, const Ipc__AuthReply *reply);

#endif
