/* SPDX-License-Identifier: Apache-2.0 */
/* User names and passwords of a reply. */
#include <string.h>

#include "auth/login_steps.h"
#include "auth/trace_login.h"
#include "common/log.h"
#include "common/metric.h"
#include "common/str.h"
#include "conf/username.h"

#define TYPED_MAX 512 /* a user name with its realm and group */

static const struct conf_object *
general_of(const struct login *login)
{
	return conf_sub(login->choice.group, TG_GENERAL);
}

bool
login_has_second(const struct login *login)
{
	char *const *list;

	return conf_methods(login->choice.group).aaa &&
	       conf_list(general_of(login), TGG_SECONDARY_SERVER_GROUP, &list) > 0;
}

static const Ipc__Field *
field_find(const Ipc__AuthReply *reply, const char *name)
{
	for (size_t i = 0; i < reply->n_field; i++)
		if (strcmp(reply->field[i]->name, name) == 0)
			return reply->field[i];
	return NULL;
}

struct secret *
login_field_secret(const Ipc__AuthReply *reply, const char *name, bool may_be_empty)
{
	const Ipc__Field *field = field_find(reply, name);

	if (field == NULL)
		return NULL;
	if (field->value.len == 0)
		return may_be_empty ? secret_new("", 0) : NULL;
	/* Neither crypt(3) nor a server would take it. */
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
second_take(struct login *login, const Ipc__AuthReply *reply, struct secret **password)
{
	if (!login_has_second(login))
		return true;
	*password = login_field_secret(reply, "secondary_password", false);
	if (*password == NULL)
		return false;
	if (conf_bool(general_of(login), TGG_SECONDARY_USE_PRIMARY)) {
		memcpy(login->second_name, login->username, sizeof(login->second_name));
		return true;
	}
	return username_take(
	    login, reply, "secondary_username", login->second_filled, login->second_name);
}

void
login_check(struct login *login, const Ipc__AuthReply *reply)
{
	struct secret *first = login_field_secret(reply, "password", false);
	struct secret *second = NULL;

	if (first == NULL ||
	    !username_take(login, reply, "username", login->filled, login->username) ||
	    !second_take(login, reply, &second)) {
		metric_count(METRIC_LOGIN_MALFORMED);
		log_info("a login reply without usable user name and password is refused");
		login_failed_at(login, "form", "the reply has no usable user name and password");
		login_blame(login, "");
		secret_free(first);
		secret_free(second);
		login_fail(login);
		return;
	}
	trace_login_user(login, login_session_name(login));
	login_ask(login, first, second);
}
