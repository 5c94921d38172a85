/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Change one user in the text of users.conf and leave every other byte as the administrator wrote
 * it: comments, order, indentation, attributes. Pure; the text must have passed conf_check_text()
 * before.
 */
#ifndef CONF_USERS_TEXT_H
#define CONF_USERS_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/attr.h"
#include "common/buf.h"
#include "common/err.h"

/*
 * The text with the user's password hash replaced, or the user added behind the others; *added
 * tells which. ERR_SYNTAX: the text has a form that cannot be changed; ERR_NOMEM, ERR_LIMIT.
 */
enum err users_text_set(const char *text, size_t len, const char *user, const char *hash,
    struct buf *out, bool *added) MUST_USE;
/* The text without the user. ERR_NOTFOUND, and as above. */
enum err users_text_delete(
    const char *text, size_t len, const char *user, struct buf *out) MUST_USE;

#endif
