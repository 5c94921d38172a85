/* SPDX-License-Identifier: Apache-2.0 */
/* The answers of a login as messages: form, refusal, success (protocol.md 2.3, 2.4, 2.10). */
#ifndef AUTH_FORM_H
#define AUTH_FORM_H

#include <stdbool.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/ipc.pb-c.h"
#include "conf/resolve.h"

#define FORM_ERROR_TEXT "Login failed." /* for whatever reason (INV-3) */
#define FORM_ERROR_ID 88
#define FORM_CERTIFICATE_TEXT                                                                      \
	"Certificate Validation Failure" /* for whatever is wrong with one                         \
					  */

struct form;

/* A user name field of a form. */
struct form_name {
	const char *value; /* of the certificate; NULL: the client types it */
	bool hide;         /* a value that is not shown */
};

/* What a form asks for, beside the group. Borrowed. */
struct form_fields {
	bool choice; /* nothing: the group is to be chosen */
	struct form_name name;
	bool second; /* a second user name and password */
	struct form_name second_name;
	bool one_name; /* both passwords are of the first user name */
	bool passcode; /* it is a token's code that is typed, rather than a password */
};

enum form_kind {
	FORM_ANSWER,
	FORM_CHOICE_PIN,   /* which way to get a new PIN */
	FORM_NEW_PIN,      /* twice */
	FORM_NEW_PASSWORD, /* twice */
};

/* What a server asks for in the middle of a login. Borrowed. */
struct form_challenge {
	enum form_kind kind;
	const char *message;
	const char *label; /* of an answer */
	const char *error; /* what was wrong with the last one; NULL: nothing */
};

/*
 * The username and password form of a group, with the list of aliases if the choice says so, the
 * chosen one first. Borrows handle, values and what is in the configuration. NULL: memory.
 */
struct form *form_new(const struct conf *conf, const struct resolve_choice *choice,
    const struct form_fields *fields, const char *handle, uint64_t generation) MUST_USE;
/* The form of a challenge. Borrows the same, and the texts. */
struct form *form_challenge_new(const struct resolve_choice *choice,
    const struct form_challenge *challenge, const char *handle, uint64_t generation) MUST_USE;
void form_free(struct form *form);
/* Say that the login failed: FORM_ERROR_TEXT, or what a server says. Borrowed. */
void form_set_failed(struct form *form, const char *text);
const Ipc__AuthAnswer *form_answer(const struct form *form);

/* The end of a login without a form; nothing is borrowed. */
void form_refused(Ipc__AuthAnswer *answer);
/* The same for what is wrong with a certificate. */
void form_refused_certificate(Ipc__AuthAnswer *answer);
/* "Come again with a certificate": no login waits for it. Nothing is borrowed. */
void form_certificate_request(Ipc__AuthAnswer *answer);

#endif
