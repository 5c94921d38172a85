/* SPDX-License-Identifier: Apache-2.0 */
/* Texts of enum err: what a log line says when an operation failed. */
#include "common/err.h"

#include <stddef.h>

#include "common/attr.h"

static const char *const texts[ERR_COUNT] = {
    [ERR_OK] = "no error",
    [ERR_NOMEM] = "out of memory",
    [ERR_SYS] = "system call failed",
    [ERR_AGAIN] = "try again",
    [ERR_CLOSED] = "closed by the other side",
    [ERR_SYNTAX] = "malformed",
    [ERR_RANGE] = "out of range",
    [ERR_LIMIT] = "limit reached",
    [ERR_NOTFOUND] = "not found",
    [ERR_EXISTS] = "exists already",
    [ERR_DENIED] = "not allowed",
    [ERR_FULL] = "nothing free",
    [ERR_BADSTATE] = "not possible in this state",
    [ERR_TIMEOUT] = "timed out",
    [ERR_CRYPTO] = "cryptographic operation failed",
    [ERR_UNSUPPORTED] = "not supported",
};

const char *
err_str(enum err err)
{
	if ((size_t)err >= ARRAY_LEN(texts) || texts[err] == NULL)
		return "unknown error";
	return texts[err];
}
