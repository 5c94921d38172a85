/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Between the files of the login state machine: login.c (which way a login goes), login_answer.c
 * (what the client is told), login_password.c (passwords) and login_pair.c (the second
 * certificate). Each of these functions takes a login that is BUSY; it may be gone afterwards.
 */
#ifndef AUTH_LOGIN_STEPS_H
#define AUTH_LOGIN_STEPS_H

#include "auth/login_table.h"

/* What is known is known: ask for the next thing, or let it in, or not. */
void login_advance(struct login *login);

/* ---- login_answer.c: the request that is being looked at gets its answer ---- */

/* The login is over, in the one uniform text. */
void login_refuse(struct login *login);
/* The same for what is wrong with a certificate; the log gets the reason, the client does not. */
void login_refuse_certificate(struct login *login, const char *why);
/* An answer without a login. */
void login_answer_refused(login_answer_fn fn, void *arg);
/* An attempt failed: another form, unless attempts or time are used up. */
void login_fail(struct login *login);
bool login_is_time_over(const struct login *login);
/* Give the login a fresh handle, and show the form, or the list of groups alone. */
void login_show_form(struct login *login, bool failed);
void login_show_choice(struct login *login);
/* The same with the request for a second certificate. */
void login_show_request(struct login *login);
/* "Come again with a certificate"; the login is over. */
void login_ask_certificate(struct login *login);

/* ---- login_password.c ---- */

/* Does its group ask for a second password? */
bool login_has_second(const struct login *login);
/* A reply to a form with fields. */
void login_check(struct login *login, const Ipc__AuthReply *reply);
/* Nothing more is asked for: a session by the certificate alone. */
void login_grant(struct login *login);

/* ---- login_pair.c ---- */

/* A reply to a request for a second certificate, or one that pretends to be. */
void login_pair(struct login *login, const Ipc__AuthReply *reply);

#endif
