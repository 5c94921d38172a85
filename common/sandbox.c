/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The filter is made of the table in common/sandbox_calls.c. What it does not name is not killed at
 * once but trapped, so that the process can still write which call it was: the handler's last act
 * is a call that is. Nobody can put another handler in its place: sigaction is not in the list for
 * it.
 */
#include "common/sandbox.h"

#include <errno.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/log.h"
#include "common/sandbox_calls.h"
#include "common/str.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define BUILT false
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
    __has_feature(memory_sanitizer)
#define BUILT false
#endif
#endif
#ifndef BUILT
#define BUILT true
#endif

#define NAME_MAX_LEN 16
#define CALLS_MAX 512 /* of which we know the names; numbers of this architecture are below */
#define CALL_NAME_MAX 32

static char trapped_name[NAME_MAX_LEN];
static char call_names[CALLS_MAX][CALL_NAME_MAX];

/* ---- what is done about a call that is not listed ---- */

static size_t
put_text(char *out, const char *text)
{
	size_t len = 0;

	for (; text[len] != '\0'; len++)
		out[len] = text[len];
	return len;
}

static size_t
put_number(char *out, unsigned number)
{
	char digits[10];
	size_t len = 0;

	do
		digits[len++] = (char)('0' + number % 10);
	while ((number /= 10) > 0);
	for (size_t i = 0; i < len; i++)
		out[i] = digits[len - 1 - i];
	return len;
}

/* Whatever the process was doing, it may hold any lock: nothing but write. */
static void
on_trap(int sig, siginfo_t *info, void *context)
{
	unsigned call = (unsigned)info->si_syscall;
	char line[160];
	size_t len = 0;

	(void)sig, (void)context;
	len += put_text(line + len, "sekishod ");
	len += put_text(line + len, trapped_name);
	len += put_text(line + len, ": sandbox: system call ");
	len += put_text(line + len, call < CALLS_MAX ? call_names[call] : "");
	len += put_text(line + len, " (");
	len += put_number(line + len, call);
	len += put_text(line + len, "), with these arguments, is not in its list\n");
	(void)!write(STDERR_FILENO, line, len);
	(void)syscall(SYS_ptrace, -1, 0, 0, 0); /* kills with SIGSYS, for the parent to see */
	_exit(127);
}

/* While it may still ask for memory. */
static void
learn_names(void)
{
	for (int call = 0; call < CALLS_MAX; call++) {
		char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, call);

		if (name != NULL)
			(void)str_copy(call_names[call], sizeof(call_names[call]), name);
		free(name);
	}
}

static enum err
catch_traps(const char *name)
{
	struct sigaction action = {.sa_sigaction = on_trap, .sa_flags = SA_SIGINFO};

	(void)str_copy(trapped_name, sizeof(trapped_name), name);
	learn_names();
	return sigaction(SIGSYS, &action, NULL) == 0 ? ERR_OK : ERR_SYS;
}

/* ---- the filter ---- */

static uint32_t
action_of(enum sandbox_verdict verdict)
{
	switch (verdict) {
	case SANDBOX_ALLOW:
		return SCMP_ACT_ALLOW;
	case SANDBOX_REFUSE:
		return SCMP_ACT_ERRNO(EACCES);
	case SANDBOX_ABSENT:
		return SCMP_ACT_ERRNO(ENOSYS);
	case SANDBOX_TRAP:
		return SCMP_ACT_TRAP;
	case SANDBOX_KILL:
		break;
	}
	return SCMP_ACT_KILL_PROCESS;
}

static int
add_row(scmp_filter_ctx filter, const struct sandbox_call *row)
{
	const struct sandbox_argument *given[] = {&row->first, &row->second, &row->third};
	struct scmp_arg_cmp tests[ARRAY_LEN(given)];
	int nr = seccomp_syscall_resolve_name(row->name);
	unsigned len = 0;

	if (nr == __NR_SCMP_ERROR || nr < 0)
		return 0; /* not here */
	for (size_t i = 0; i < ARRAY_LEN(given); i++)
		if (given[i]->mask != 0)
			tests[len++] = SCMP_CMP(
			    given[i]->index, SCMP_CMP_MASKED_EQ, given[i]->mask, given[i]->value);
	return seccomp_rule_add_array(filter, action_of(row->verdict), nr, len, tests);
}

static bool
row_applies(const struct sandbox_call *row, const struct sandbox *sandbox)
{
	if ((row->roles & SANDBOX_BIT(sandbox->role)) == 0)
		return false;
	return row->when == SANDBOX_ALWAYS || (row->when == SANDBOX_LOGS) == sandbox->network_logs;
}

/* abort() is allowed, to kill others is not. */
static int
add_own_signals(scmp_filter_ctx filter)
{
	struct scmp_arg_cmp self = SCMP_CMP(0, SCMP_CMP_MASKED_EQ, UINT32_MAX, (uint32_t)getpid());

	return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, &self);
}

static int
fill_filter(scmp_filter_ctx filter, const struct sandbox *sandbox)
{
	int result = 0;

	for (size_t i = 0; i < sandbox_calls_len && result == 0; i++)
		if (row_applies(&sandbox_calls[i], sandbox))
			result = add_row(filter, &sandbox_calls[i]);
	if (result == 0 && sandbox->role != IPC__ROLE_ID__ROLE_PARENT)
		result = add_own_signals(filter);
	if (result == 0)
		result = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	/* A slower kernel for every process is not what the list is for. */
	if (result == 0)
		(void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_SSB, 1);
	if (result == 0)
		(void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	return result;
}

static bool
has_seccomp(void)
{
	return prctl(PR_GET_SECCOMP, 0, 0, 0, 0) >= 0 || errno != EINVAL;
}

static enum err
limit_calls(const struct sandbox *sandbox)
{
	bool is_parent = sandbox->role == IPC__ROLE_ID__ROLE_PARENT;
	scmp_filter_ctx filter;
	int result;

	if (!has_seccomp()) {
		log_warn("this kernel has no seccomp: %s may make any system call", sandbox->name);
		return ERR_OK;
	}
	filter = seccomp_init(is_parent ? SCMP_ACT_ALLOW : SCMP_ACT_TRAP);
	if (filter == NULL)
		return ERR_NOMEM;
	result = fill_filter(filter, sandbox);
	if (result == 0)
		result = seccomp_load(filter);
	seccomp_release(filter);
	if (result == 0)
		return ERR_OK;
	errno = -result;
	return ERR_SYS;
}

/* ---- files, and whom it reaches ---- */

/* What the first version of Landlock knows; without a rule, none of it is allowed anywhere. */
#define ALL_OF_FILES ((LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1)
#define WORK_IN_FOLDER                                                                             \
	(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE |                            \
	    LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |                            \
	    LANDLOCK_ACCESS_FS_REMOVE_FILE)

/* Of later versions, which the headers of the oldest system that we build on do not have. */
#define FIRST_WITH_TCP 4
#define FIRST_WITH_SCOPES 6
#define TCP_BIND (1ULL << 0)
#define TCP_CONNECT (1ULL << 1)
#define SCOPE_ABSTRACT_UNIX (1ULL << 0)
#define SCOPE_SIGNAL (1ULL << 1)

struct ruleset {
	uint64_t files;
	uint64_t network;
	uint64_t scopes;
};

/* A second wall behind the list of calls: what it does not do, it shall not reach either. */
static int
create_ruleset(const struct sandbox *sandbox)
{
	struct ruleset ruleset = {.files = ALL_OF_FILES};
	size_t len = offsetof(struct ruleset, network);
	int version =
	    (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	if (version < 0)
		return -1;
	if (version >= FIRST_WITH_TCP) {
		ruleset.network = TCP_BIND;
		if (sandbox->role != IPC__ROLE_ID__ROLE_PKI && !sandbox->network_logs)
			ruleset.network |= TCP_CONNECT;
		len = offsetof(struct ruleset, scopes);
	}
	if (version >= FIRST_WITH_SCOPES) {
		ruleset.scopes = SCOPE_ABSTRACT_UNIX | SCOPE_SIGNAL;
		len = sizeof(ruleset);
	}
	return (int)syscall(SYS_landlock_create_ruleset, &ruleset, len, 0);
}

static int
restrict_files(int rules, int dir_fd)
{
	const struct landlock_path_beneath_attr folder = {
	    .allowed_access = WORK_IN_FOLDER,
	    .parent_fd = dir_fd,
	};

	if (dir_fd >= 0 &&
	    syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &folder, 0) < 0)
		return -1;
	return (int)syscall(SYS_landlock_restrict_self, rules, 0);
}

static enum err
limit_reach(const struct sandbox *sandbox)
{
	int rules = create_ruleset(sandbox);
	int result;

	/* EPERM: a service manager's or container's filter does not know it. */
	if (rules < 0 && (errno == ENOSYS || errno == EOPNOTSUPP || errno == EPERM)) {
		log_warn("this kernel has no Landlock: its user, its list of system calls and its "
			 "empty root are all that keeps %s from files",
		    sandbox->name);
		return ERR_OK;
	}
	if (rules < 0)
		return ERR_SYS;
	result = restrict_files(rules, sandbox->dir_fd);
	close(rules);
	return result == 0 ? ERR_OK : ERR_SYS;
}

bool
sandbox_is_built(void)
{
	return BUILT;
}

enum err
sandbox_enter(const struct sandbox *sandbox)
{
	enum err err;

	if (!BUILT) {
		log_debug("built with a sanitizer: %s has no sandbox", sandbox->name);
		return ERR_OK;
	}
	err = catch_traps(sandbox->name);
	if (err == ERR_OK && sandbox->role != IPC__ROLE_ID__ROLE_PARENT)
		err = limit_reach(sandbox);
	return err == ERR_OK ? limit_calls(sandbox) : err;
}
