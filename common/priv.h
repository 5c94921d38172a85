/* SPDX-License-Identifier: Apache-2.0 */
/* Giving up root: user, groups, chroot, capabilities, no_new_privs, resource limits. */
#ifndef COMMON_PRIV_H
#define COMMON_PRIV_H

#include <stdbool.h>
#include <sys/types.h>

#include "common/attr.h"
#include "common/err.h"

/* A user by name or by "#uid" (then gid = uid). ERR_NOTFOUND. */
enum err priv_user(const char *name, uid_t *uid, gid_t *gid) MUST_USE;
/* A group by name or by "#gid". ERR_NOTFOUND. */
enum err priv_group(const char *name, gid_t *gid) MUST_USE;

/*
 * Before the first secret is read: no core files, nobody without root looks into this process.
 * lock_memory: all of it stays out of swap, now and later, as far as the limits go. ERR_SYS.
 */
enum err priv_hide_memory(bool lock_memory) MUST_USE;

struct priv {
	uid_t uid;
	gid_t gid;
	const char *root; /* chroot here; NULL: no chroot */
	unsigned long max_files;
	bool lock_memory; /* keep all of it, now and later, out of swap, as far as the limits go */
};

/*
 * Become that user for good: chroot, supplementary groups, gid, uid, empty capability sets,
 * no_new_privs, not dumpable, no core files, a bound on its processes. When the process is not root
 * already it only does what an ordinary user can. Checks that root cannot come back. ERR_SYS.
 */
enum err priv_drop(const struct priv *priv) MUST_USE;

#endif
