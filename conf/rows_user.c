/* SPDX-License-Identifier: Apache-2.0 */
/* The settings of users.conf (asa.md 5). Nothing but rows; the index is the enum in conf.h. */
#include "conf/row.h"
#include "conf/syntax.h"

#define ROWS(table)                                                                                \
	{                                                                                          \
		.rows = (table), .len = ARRAY_LEN(table)                                           \
	}

#define ROWS_REFUSED(table, refusals)                                                              \
	{                                                                                          \
		.rows = (table), .len = ARRAY_LEN(table), .refused = (refusals),                   \
		.refused_len = ARRAY_LEN(refusals)                                                 \
	}

static const struct row top[USERS_COUNT] = {
    [USERS_USERNAMES] = {.name = "usernames",
	.type = ROW_OBJECTS,
	.kind = CONF_USERNAME,
	.help = "the users of the LOCAL database"},
};
const struct row_kind rows_user = ROWS(top);

static const struct row username[USER_COUNT] = {
    [USER_NAME] = {.name = "name",
	.type = ROW_STRING,
	.required = true,
	.max = 64,
	.syntax = syntax_user,
	.help = "the user's name"},
    [USER_PASSWORD] = {.name = "password",
	.type = ROW_STRING,
	.secret = true,
	.max = 384,
	.syntax = syntax_hash,
	.help = "crypt(3) hash of the password, written by sekisho-passwd; without it no password "
		"fits"},
    [USER_ATTRIBUTES] = {.name = "attributes",
	.type = ROW_OBJECT,
	.kind = CONF_GP_ATTRIBUTES,
	.help = "what this user gets before any group policy is asked"},
};
static const struct row_refused username_refused[] = {
    {"nopassword", "everybody could log in; leave the password out, then no password fits"},
    {"privilege", "users of users.conf manage nothing; leave it out"},
};
const struct row_kind rows_user_username = ROWS_REFUSED(username, username_refused);
