/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a process may still ask of the kernel once it has given up root: a list of system calls for
 * each role (seccomp, by libseccomp), and what it reaches (Landlock: files, TCP, unix sockets with
 * an abstract name, other processes' signals). A call outside the list ends the process with SIGSYS
 * after one line that names it; common/sandbox_calls.c has the lists.
 */
#ifndef COMMON_SANDBOX_H
#define COMMON_SANDBOX_H

#include <stdbool.h>

#include "common/attr.h"
#include "common/err.h"
#include "common/ipc.pb-c.h"

struct sandbox {
	Ipc__RoleId role;  /* ROLE_GATEWAY, ROLE_AUTH, ROLE_PKI; ROLE_PARENT: a list of what nobody
			      needs */
	const char *name;  /* of the process, for the last line that it writes */
	bool network_logs; /* lines go to collectors: sockets for them may be opened at any time */
	int dir_fd;        /* the one folder it may work in; -1: no file at all. Borrowed */
};

/*
 * Enter it for good, with every thread and child that comes later. To be called before the first
 * thread, after priv_drop() (no_new_privs). What the kernel does not have is left out and logged as
 * a warning. ERR_SYS, ERR_NOMEM: it has it, and refused: do not go on.
 * Built with ASan or TSan it does nothing: they open files, fork and trace on their own.
 */
enum err sandbox_enter(const struct sandbox *sandbox) MUST_USE;
/* Is there a sandbox in this build? */
bool sandbox_is_built(void);

#endif
