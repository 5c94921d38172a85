/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What servers ask back: a code, a new PIN, a new password in place of one that has expired. Each
 * is a form of its own with a handle of its own; the State of the server never leaves us.
 */
#include <string.h>

#include "auth/form.h"
#include "auth/login_steps.h"
#include "auth/sdi.h"
#include "common/log.h"
#include "common/metric.h"
#include "common/str.h"

/* A server that keeps asking what the user is not shown would never end. */
#define SILENT_MAX 4

#define TEXT_EXPIRED "Your password has expired. Please enter a new one."
#define TEXT_NOT_SAME "The two entries are not the same."
#define TEXT_NOT_TAKEN "The server does not take this password."
#define TEXT_NOT_PIN "A PIN has 4 to 8 digits."

static bool
is_sdi(const struct login *login)
{
	const char *word = conf_str(conf_sub(login->choice.group, TG_WEBVPN), TGW_PROXY_AUTH);

	return word != NULL && strcmp(word, "sdi") == 0;
}

/* The host's object, for its texts. */
static const struct conf_object *
host_of(const struct login *login, size_t which)
{
	unsigned setting =
	    which == LOGIN_SECOND ? TGG_SECONDARY_SERVER_GROUP : TGG_AUTHENTICATION_SERVER_GROUP;
	struct conf_object *const *hosts;
	const struct conf_object *group;
	char *const *names;
	struct ip_addr addr;
	size_t len;

	len = conf_list(conf_sub(login->choice.group, TG_GENERAL), setting, &names);
	group = len > 0 ? conf_find(login->conf, CONF_AAA_SERVER_GROUP, names[0]) : NULL;
	len = group != NULL ? conf_subs(group, ASG_HOSTS, &hosts) : 0;
	for (size_t i = 0; i < len; i++)
		if (ip_parse(conf_str(hosts[i], AH_ADDRESS), &addr) == ERR_OK &&
		    ip_eq(&addr, &login->proofs[which].server))
			return hosts[i];
	return NULL;
}

static const char *
message_of(const struct login_proof *proof)
{
	return proof->message != NULL ? proof->message : "";
}

static enum sdi_code
code_of(const struct login *login, const struct login_proof *proof)
{
	if (!is_sdi(login) || proof->status != AAA_CHALLENGE)
		return SDI_UNKNOWN;
	return sdi_read(host_of(login, login->challenged), message_of(proof));
}

/* ---- the form ---- */

static void
show(struct login *login, const char *error)
{
	struct login_proof *proof = &login->proofs[login->challenged];
	struct form_challenge challenge = {
	    .message = message_of(proof), .label = "Response:", .error = error};

	if (proof->status == AAA_EXPIRED) {
		challenge.kind = FORM_NEW_PASSWORD;
		challenge.message = TEXT_EXPIRED;
	}
	switch (code_of(login, proof)) {
	case SDI_NEW_PIN_REQ:
	case SDI_NEW_PIN_REENTER:
		challenge.kind = FORM_NEW_PIN;
		break;
	case SDI_NEW_PIN_METH:
		challenge.kind = FORM_CHOICE_PIN;
		break;
	case SDI_NEXT_CODE:
	case SDI_NEW_PIN_SYS_OK:
	case SDI_NEXT_CCODE_AND_REAUTH:
		challenge.label = "Passcode:";
		break;
	default:
		break;
	}
	proof->silent = 0;
	login_show_challenge(login, &challenge);
}

/* The answer that the user need not give; NULL: he must. */
static struct secret *
silent_answer(const struct login *login, struct login_proof *proof)
{
	switch (code_of(login, proof)) {
	case SDI_NEW_PIN_REENTER:
		return proof->pin != NULL
			   ? secret_new(secret_data(proof->pin), secret_len(proof->pin))
			   : NULL;
	case SDI_READY_FOR_SYS_PIN:
		return secret_new("y", 1);
	default:
		return NULL;
	}
}

/* A slip of the fingers costs an attempt all the same: the server may not be asked for ever. */
static void
ask_once_more(struct login *login, const char *wrong)
{
	metric_count(METRIC_LOGIN_CHALLENGE);
	if (login_count_failure(login)) {
		show(login, wrong);
	} else {
		login_failed_at(login, "challenge", "%s", wrong);
		login_refuse(login);
	}
}

void
login_challenge(struct login *login, size_t which)
{
	struct login_proof *proof = &login->proofs[which];
	struct secret *answer = NULL;

	login->challenged = which;
	if (login_is_time_over(login)) {
		login_failed_at(login, "challenge", "login-timeout is over");
		login_refuse(login);
		return;
	}
	if (proof->status == AAA_EXPIRED && proof->changed) {
		ask_once_more(login, TEXT_NOT_TAKEN);
		return;
	}
	if (proof->silent < SILENT_MAX)
		answer = silent_answer(login, proof);
	if (answer == NULL) {
		show(login, NULL);
		return;
	}
	proof->silent++;
	login_ask_again(login, which, answer);
}

/* ---- the reply ---- */

static bool
is_same(const struct secret *a, const struct secret *b)
{
	return secret_len(a) == secret_len(b) &&
	       str_eq_secret(secret_data(a), secret_data(b), secret_len(a));
}

/* Clients send a new secret as the password, and compare the second entry themselves; one that
 * sends both is taken at its word (protocol.md 2.3). */
static struct secret *
new_take(const Ipc__AuthReply *reply, const char *verify, const char **wrong)
{
	struct secret *value = login_field_secret(reply, "new_password", false);
	struct secret *again = login_field_secret(reply, verify, true);

	if (value == NULL)
		value = login_field_secret(reply, "password", false);
	*wrong = NULL;
	if (value == NULL || (again != NULL && !is_same(value, again))) {
		*wrong = TEXT_NOT_SAME;
		secret_free(value);
		value = NULL;
	}
	secret_free(again);
	return value;
}

static void
reply_password(struct login *login, const Ipc__AuthReply *reply)
{
	const char *wrong;
	struct secret *value = new_take(reply, "verify_password", &wrong);

	if (value == NULL)
		ask_once_more(login, wrong);
	else
		login_ask_change(login, login->challenged, value);
}

static void
reply_pin(struct login *login, struct login_proof *proof, const Ipc__AuthReply *reply)
{
	const char *wrong;
	struct secret *value = new_take(reply, "verify_pin", &wrong);

	if (value != NULL && sdi_wants_digits(message_of(proof)) &&
	    !sdi_is_pin(secret_data(value), secret_len(value))) {
		wrong = TEXT_NOT_PIN;
		secret_free(value);
		value = NULL;
	}
	if (value == NULL) {
		ask_once_more(login, wrong);
		return;
	}
	secret_free(proof->pin);
	proof->pin = secret_new(secret_data(value), secret_len(value));
	login_ask_again(login, login->challenged, value);
}

static struct secret *
answer_take(const Ipc__AuthReply *reply)
{
	static const char *const names[] = {"answer", "whichpin", "password"};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct secret *value = login_field_secret(reply, names[i], true);

		if (value != NULL)
			return value;
	}
	return NULL;
}

static void
reply_answer(struct login *login, const Ipc__AuthReply *reply)
{
	struct secret *value = answer_take(reply);

	if (value == NULL) {
		log_info("a reply without an answer to a challenge is refused");
		login_failed_at(login, "challenge", "the reply has no answer in it");
		login_fail(login);
		return;
	}
	login_ask_again(login, login->challenged, value);
}

void
login_challenge_reply(struct login *login, const Ipc__AuthReply *reply)
{
	struct login_proof *proof = &login->proofs[login->challenged];
	enum sdi_code code = code_of(login, proof);

	if (proof->status == AAA_EXPIRED)
		reply_password(login, reply);
	else if (code == SDI_NEW_PIN_REQ || code == SDI_NEW_PIN_REENTER)
		reply_pin(login, proof, reply);
	else
		reply_answer(login, reply);
}
