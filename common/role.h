/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a role is: one child process with one job (design 1, style P9). Each row is defined in the
 * entry file of its folder; gateway/main.c starts them by this table and so includes neither auth/
 * nor pki/.
 */
#ifndef COMMON_ROLE_H
#define COMMON_ROLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/ip.h"
#include "common/ipc.pb-c.h"

struct conf;
struct conf_errors;

#define ROLE_FDS_MAX 1024

/* A descriptor that the parent handed over. */
struct role_fd {
	Ipc__FdKind kind;
	Ipc__RoleId peer;
	unsigned worker;
	unsigned listen;
	int fd;
};

/* Addresses from first to last. */
struct role_range {
	struct ip_addr first;
	struct ip_addr last;
};

/* What a child is born with. Owned by the child's main; roles take descriptors out of it (set fd to
 * -1). */
struct role_env {
	int parent_fd; /* SEQPACKET channel to the parent */
	const void
	    *slice; /* the role's part of the configuration (conf_from_slice), mapped read-only */
	size_t slice_len;
	unsigned workers;
	uint64_t generation;
	unsigned uid;
	unsigned gid;
	char *chroot; /* heap; NULL or "": none */
	unsigned log_level;
	bool log_stderr;
	bool log_syslog;
	Ipc__LogPlan *log_plan;      /* heap; NULL: none */
	bool client_certificates;    /* gateway: TLS asks clients for one */
	struct role_range *draining; /* auth: of pools that were removed before it began; heap */
	size_t draining_len;
	struct role_fd fds[ROLE_FDS_MAX];
	size_t fds_len;
};

struct role {
	Ipc__RoleId id;
	const char *name;      /* of the process, in logs and in ps */
	unsigned user_setting; /* enum conf_process_users: which user it becomes */
	/*
	 * Judge the role's part of a configuration more deeply than its text allows (does the key
	 * fit the certificate?) and add what is wrong to errors. NULL: nothing to judge. Runs in
	 * "sekishod -t" and in the parent before a start.
	 */
	void (*check)(const struct conf *conf, struct conf_errors *errors);
	/* Read what the role needs of the file system, as root and before the chroot. NULL:
	 * nothing. */
	void (*prepare)(void);
	/* Runs as the role's user. Returns the exit status. Must send ROLE_READY when it serves. */
	int (*run)(struct role_env *env);
};

extern const struct role gateway_role;
extern const struct role auth_role;
extern const struct role pki_role;

#endif
