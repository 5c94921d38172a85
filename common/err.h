/* SPDX-License-Identifier: Apache-2.0 */
/* The one error idiom (style P13): fallible functions return enum err, 0 is fine. */
#ifndef COMMON_ERR_H
#define COMMON_ERR_H

enum err {
	ERR_OK = 0,
	ERR_NOMEM,       /* allocation failed */
	ERR_SYS,         /* a system call failed, errno tells */
	ERR_AGAIN,       /* would block, or more bytes are needed */
	ERR_CLOSED,      /* the other side is gone */
	ERR_SYNTAX,      /* malformed input */
	ERR_RANGE,       /* a value outside its limits */
	ERR_LIMIT,       /* a size, count or rate limit was hit */
	ERR_NOTFOUND,    /* no such thing */
	ERR_EXISTS,      /* it is there already */
	ERR_DENIED,      /* refused: not allowed */
	ERR_FULL,        /* nothing free */
	ERR_BADSTATE,    /* not legal in this state */
	ERR_TIMEOUT,     /* nobody answered in time */
	ERR_CRYPTO,      /* the crypto library refused */
	ERR_UNSUPPORTED, /* known, but not supported here */
	ERR_COUNT
};

/* A short lower-case text for an error, never NULL. Static storage. */
const char *err_str(enum err err);

#endif
