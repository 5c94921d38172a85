/* SPDX-License-Identifier: Apache-2.0 */
/* The lists of system calls behind common/sandbox.h, as data. */
#ifndef COMMON_SANDBOX_CALLS_H
#define COMMON_SANDBOX_CALLS_H

#include <stddef.h>
#include <stdint.h>

#include "common/ipc.pb-c.h"

enum sandbox_verdict {
	SANDBOX_ALLOW,
	SANDBOX_REFUSE, /* fails with EACCES: libraries try it and can do without */
	SANDBOX_ABSENT, /* fails with ENOSYS: there is an older call that can be judged */
	SANDBOX_TRAP,   /* its end, by name in the log; for a child also: no row */
	SANDBOX_KILL    /* at once, without a word */
};

enum sandbox_when {
	SANDBOX_ALWAYS,
	SANDBOX_LOGS, /* lines go to collectors on the network */
	SANDBOX_QUIET /* they do not */
};

/* (argument & mask) == value; mask 0: any. */
struct sandbox_argument {
	unsigned index;
	uint64_t mask;
	uint64_t value;
};

/* A call that no row of a role matches ends the process, after it has written the call's number. */
struct sandbox_call {
	const char *name; /* what this architecture does not have is left out */
	enum sandbox_verdict verdict;
	unsigned roles; /* SANDBOX_BIT() of each */
	enum sandbox_when when;
	struct sandbox_argument first, second, third; /* of three arguments; all must fit */
};

#define SANDBOX_BIT(role) (1U << (role))

extern const struct sandbox_call sandbox_calls[];
extern const size_t sandbox_calls_len;

#endif
