/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Passwords of a reply, and from there to a session. Where two are asked for, both are looked at
 * whatever the first one gave: the time tells nothing about which was wrong (INV-3).
 */
#include <string.h>

#include "auth/grant.h"
#include "auth/login_steps.h"
#include "common/log.h"
#include "common/str.h"
#include "conf/username.h"

#define TYPED_MAX 512 /* a user name with its realm and group */

bool
login_has_second(const struct login *login)
{
	char *const *list;

	return conf_methods(login->choice.group).aaa &&
	       conf_list(conf_sub(login->choice.group, TG_GENERAL), TGG_SECONDARY_SERVER_GROUP,
		   &list) > 0;
}

/* ---- right or wrong ---- */

static unsigned
methods_of(const struct login *login)
{
	struct conf_methods methods = conf_methods(login->choice.group);

	return (methods.aaa ? SESSION_PASSWORD : 0) |
	       (methods.certificate ? SESSION_CERTIFICATE : 0) |
	       (methods.multiple ? SESSION_MULTIPLE : 0);
}

static struct grant
grant_of(struct login *login, bool second, enum local_result result)
{
	return (struct grant){
	    .conf = login->conf,
	    .sessions = login->table->config.sessions,
	    .choice = &login->choice,
	    .facts = &login->facts,
	    .username = login->username,
	    .methods = methods_of(login),
	    .second_name = second ? login->second_name : NULL,
	    .second_result = result,
	};
}

/* Without a password to try again, there is no form to show again. */
static void
deny(struct login *login)
{
	if (conf_methods(login->choice.group).aaa)
		login_fail(login);
	else
		login_refuse(login);
}

/* What it depends on is known: the session. */
static void
on_fresh(void *arg)
{
	struct login *login = arg;
	struct grant grant = grant_of(login, false, LOCAL_OK);

	if (grant_open(&grant) != ERR_OK) {
		deny(login);
		return;
	}
	login->answer(&grant.answer, login->arg);
	grant_fini(&grant);
	login_table_drop(login);
}

static void
decide(struct login *login, const struct grant *grant, enum err err)
{
	const struct login_config *config = &login->table->config;

	if (err != ERR_OK)
		deny(login);
	else if (grant->crowded && config->refresh != NULL)
		config->refresh(config->refresher, on_fresh, login);
	else
		on_fresh(login);
}

void
login_grant(struct login *login)
{
	memcpy(login->username, login->filled, sizeof(login->username));

	struct grant grant = grant_of(login, false, LOCAL_OK);

	decide(login, &grant, grant_judge_certificate(&grant));
}

/* The verifier's word on the second password. */
static void
on_second_checked(enum local_result result, void *arg)
{
	struct login *login = arg;
	struct grant grant = grant_of(login, true, result);

	decide(login, &grant, grant_judge(&grant, login->first_result));
}

static void
verify(struct login *login, const char *username, struct secret *password, local_done_fn done)
{
	const struct login_config *config = &login->table->config;

	if (config->verify(config->verifier, login->conf, username, password, done, login) ==
	    ERR_OK)
		return;
	log_warn("too many logins at once: one is refused");
	login_fail(login);
}

/* The verifier's word, on the loop. */
static void
on_checked(enum local_result result, void *arg)
{
	struct login *login = arg;
	struct secret *second = login->second_password;

	if (second != NULL) {
		login->second_password = NULL;
		login->first_result = result;
		verify(login, login->second_name, second, on_second_checked);
		return;
	}

	struct grant grant = grant_of(login, false, LOCAL_OK);

	decide(login, &grant, grant_judge(&grant, result));
}

/* ---- the fields ---- */

static const Ipc__Field *
field_find(const Ipc__AuthReply *reply, const char *name)
{
	for (size_t i = 0; i < reply->n_field; i++)
		if (strcmp(reply->field[i]->name, name) == 0)
			return reply->field[i];
	return NULL;
}

/* A password of a reply; NULL: there is none that crypt(3) could take, or memory. */
static struct secret *
password_take(const Ipc__AuthReply *reply, const char *name)
{
	const Ipc__Field *field = field_find(reply, name);

	if (field == NULL || field->value.len == 0)
		return NULL;
	if (memchr(field->value.data, 0, field->value.len) != NULL)
		return NULL;
	return secret_new(field->value.data, field->value.len);
}

/*
 * The name that AAA sees: that of the certificate where there is one, whatever was posted. A typed
 * one that does not fit, or of which nothing is left, is nobody's, and is checked like any other
 * that is nobody's. False: there is none.
 */
static bool
username_take(const struct login *login, const Ipc__AuthReply *reply, const char *name,
    const char *filled, char out[SESSION_NAME_SIZE])
{
	const Ipc__Field *field = field_find(reply, name);
	char typed[TYPED_MAX], stripped[TYPED_MAX];

	if (filled[0] != '\0')
		return str_copy(out, SESSION_NAME_SIZE, filled) == ERR_OK;
	if (field == NULL || field->value.len == 0)
		return false;
	if (str_copy_n(typed, sizeof(typed), (const char *)field->value.data, field->value.len) !=
		ERR_OK ||
	    username_strip(login->conf, login->choice.group, typed, stripped, sizeof(stripped)) !=
		ERR_OK ||
	    str_copy(out, SESSION_NAME_SIZE, stripped) != ERR_OK)
		out[0] = '\0';
	return true;
}

/* What belongs to the second login; true when there is none. */
static bool
second_take(struct login *login, const Ipc__AuthReply *reply)
{
	secret_free(login->second_password);
	login->second_password = NULL;
	if (!login_has_second(login))
		return true;
	login->second_password = password_take(reply, "secondary_password");
	return login->second_password != NULL && username_take(login, reply, "secondary_username",
						     login->second_filled, login->second_name);
}

void
login_check(struct login *login, const Ipc__AuthReply *reply)
{
	struct secret *password = password_take(reply, "password");

	if (password == NULL ||
	    !username_take(login, reply, "username", login->filled, login->username) ||
	    !second_take(login, reply)) {
		log_info("a login reply without usable user name and password is refused");
		secret_free(password);
		login_fail(login);
		return;
	}
	verify(login, login->username, password, on_checked);
}
