/* SPDX-License-Identifier: Apache-2.0 */
/* Giving up root. Order matters: what needs root first, then the groups, then the user, then the
 * proof. */
#include "common/priv.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/log.h"
#include "common/str.h"

#define PROCESSES_MAX 4096
#define SECRETS_MAX (64UL << 20)
#define PRIV_ID_MAX 4294967294U /* (uid_t)-1 means "no change" to the kernel */

static enum err
numeric_id(const char *name, unsigned *out)
{
	uint64_t id;
	enum err err = str_to_u64(name + 1, 0, PRIV_ID_MAX, &id);

	if (err == ERR_OK)
		*out = (unsigned)id;
	return err;
}

enum err
priv_user(const char *name, uid_t *uid, gid_t *gid)
{
	struct passwd *pw;

	if (name[0] == '#') {
		unsigned id;

		if (numeric_id(name, &id) != ERR_OK)
			return ERR_NOTFOUND;
		*uid = id;
		*gid = id;
		return ERR_OK;
	}
	pw = getpwnam(name);
	if (pw == NULL)
		return ERR_NOTFOUND;
	*uid = pw->pw_uid;
	*gid = pw->pw_gid;
	return ERR_OK;
}

enum err
priv_group(const char *name, gid_t *gid)
{
	struct group *gr;

	if (name[0] == '#') {
		unsigned id;

		if (numeric_id(name, &id) != ERR_OK)
			return ERR_NOTFOUND;
		*gid = id;
		return ERR_OK;
	}
	gr = getgrnam(name);
	if (gr == NULL)
		return ERR_NOTFOUND;
	*gid = gr->gr_gid;
	return ERR_OK;
}

/* With a limit that a later mmap() could hit it would do harm. Pages count when they are used, not
 * the whole stacks of threads. */
static void
lock_all(void)
{
	struct rlimit lock = {RLIM_INFINITY, RLIM_INFINITY};

	if (setrlimit(RLIMIT_MEMLOCK, &lock) < 0 ||
	    mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) < 0)
		log_debug("memory cannot be kept out of swap as a whole: %m");
}

enum err
priv_hide_memory(bool lock_memory)
{
	struct rlimit core = {0, 0};

	/* A handler of core files that is a program gets them whatever the limit. */
	if (setrlimit(RLIMIT_CORE, &core) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return ERR_SYS;
	if (lock_memory)
		lock_all();
	return ERR_OK;
}

static enum err
set_limits(const struct priv *priv)
{
	struct rlimit files = {priv->max_files, priv->max_files};

	if (priv->max_files > 0 && setrlimit(RLIMIT_NOFILE, &files) < 0) {
		/* An ordinary user may not raise the hard limit: take what there is. */
		if (getrlimit(RLIMIT_NOFILE, &files) < 0)
			return ERR_SYS;
		files.rlim_cur = files.rlim_max;
		if (setrlimit(RLIMIT_NOFILE, &files) < 0)
			return ERR_SYS;
	}
	return ERR_OK;
}

/*
 * Threads count as processes, of all roles that have this user. The size of files is not limited:
 * stderr may be one.
 */
static void
set_bounds(const struct priv *priv)
{
	struct rlimit processes = {PROCESSES_MAX, PROCESSES_MAX};
	struct rlimit secrets = {SECRETS_MAX, SECRETS_MAX};

	(void)setrlimit(RLIMIT_NPROC, &processes);
	if (priv->lock_memory)
		lock_all();
	else
		(void)setrlimit(RLIMIT_MEMLOCK, &secrets);
}

static enum err
enter_root(const char *root)
{
	if (root == NULL || root[0] == '\0' || strcmp(root, "/") == 0)
		return ERR_OK;
	if (chroot(root) < 0 || chdir("/") < 0)
		return ERR_SYS;
	return ERR_OK;
}

enum err
priv_drop(const struct priv *priv)
{
	enum err err = set_limits(priv);

	if (err != ERR_OK)
		return err;
	if (geteuid() == 0) {
		set_bounds(priv);
		err = enter_root(priv->root);
		if (err != ERR_OK)
			return err;
		/* Leaving uid 0 in all three ids empties the permitted and effective capability
		 * sets. */
		if (setgroups(0, NULL) < 0 || setresgid(priv->gid, priv->gid, priv->gid) < 0 ||
		    setresuid(priv->uid, priv->uid, priv->uid) < 0)
			return ERR_SYS;
		if (priv->uid != 0 && (setuid(0) == 0 || seteuid(0) == 0)) {
			errno = EPERM;
			return ERR_SYS;
		}
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return ERR_SYS;
	return priv_hide_memory(false); /* another user: the kernel has changed its mind */
}
