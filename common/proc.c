/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Birth of a child. It is exec'd, not only forked, so that each role has an address space layout of
 * its own and inherits no byte of the parent's memory (design.md 1).
 */
#include "common/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/ipc.h"

static NORETURN void
child_exec(const struct role *role, int fd)
{
	char *argv[] = {(char *)"sekishod", (char *)"-R", (char *)role->name, NULL};

	if (fd == PROC_PARENT_FD) {
		if (fcntl(fd, F_SETFD, 0) < 0)
			_exit(127);
	} else if (dup2(fd, PROC_PARENT_FD) < 0) {
		_exit(127);
	}
	if (close_range(PROC_PARENT_FD + 1, ~0U, 0) < 0)
		_exit(127);
	execv("/proc/self/exe", argv);
	_exit(127);
}

enum err
proc_spawn(const struct role *role, pid_t *pid_out, int *fd_out)
{
	int fds[2];
	enum err err = ipc_pair(fds);
	pid_t pid;

	if (err != ERR_OK)
		return err;
	pid = fork();
	if (pid == 0)
		child_exec(role, fds[1]);
	close(fds[1]);
	if (pid < 0) {
		close(fds[0]);
		return ERR_SYS;
	}
	*pid_out = pid;
	*fd_out = fds[0];
	return ERR_OK;
}

static enum err
take_fd(struct role_env *env, const Ipc__RoleFd *msg, int fd)
{
	if (fd < 0)
		return ERR_SYNTAX;
	if (env->fds_len == ROLE_FDS_MAX) {
		close(fd);
		return ERR_LIMIT;
	}
	env->fds[env->fds_len++] = (struct role_fd){
	    .kind = msg->kind,
	    .peer = msg->peer,
	    .worker = msg->worker,
	    .listen = msg->listen,
	    .fd = fd,
	};
	return ERR_OK;
}

enum err
proc_map(int fd, const void **data, size_t *len)
{
	struct stat st;
	void *map;

	if (fd < 0)
		return ERR_SYNTAX;
	if (fstat(fd, &st) < 0 || st.st_size <= 0) {
		close(fd);
		return ERR_SYS;
	}
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (map == MAP_FAILED)
		return ERR_SYS;
	*data = map;
	*len = (size_t)st.st_size;
	return ERR_OK;
}

void
proc_unmap(const void *data, size_t len)
{
	if (data != NULL)
		(void)munmap((void *)(uintptr_t)data, len);
}

static enum err
take_config(struct role_env *env, int fd)
{
	if (env->slice != NULL) {
		if (fd >= 0)
			close(fd);
		return ERR_SYNTAX;
	}
	return proc_map(fd, &env->slice, &env->slice_len);
}

static enum err
take_draining(struct role_env *env, const Ipc__RoleStart *msg)
{
	env->draining = calloc(msg->n_draining + 1, sizeof(*env->draining));
	if (env->draining == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < msg->n_draining; i++) {
		const Ipc__PoolDrained *range = msg->draining[i];
		struct role_range *out = &env->draining[i];

		if (ip_from_bytes(range->first.data, range->first.len, &out->first) != ERR_OK ||
		    ip_from_bytes(range->last.data, range->last.len, &out->last) != ERR_OK)
			return ERR_SYNTAX;
	}
	env->draining_len = msg->n_draining;
	return ERR_OK;
}

static enum err
take_start(struct role_env *env, Ipc__RoleStart *msg)
{
	env->workers = msg->workers;
	env->generation = msg->generation;
	env->uid = msg->uid;
	env->gid = msg->gid;
	env->log_level = msg->log_level;
	env->log_stderr = msg->log_stderr;
	env->log_syslog = msg->log_syslog;
	env->log_plan = msg->log_plan;
	msg->log_plan = NULL; /* taken */
	env->client_certificates = msg->client_certificates;
	env->chroot = strdup(msg->chroot);
	return env->chroot != NULL ? take_draining(env, msg) : ERR_NOMEM;
}

enum err
proc_child_receive(struct role_env *env)
{
	memset(env, 0, sizeof(*env));
	env->parent_fd = PROC_PARENT_FD;
	for (;;) {
		ProtobufCMessage *msg = NULL;
		Ipc__MsgType type;
		int fd = -1;
		enum err err = ipc_read_blocking(env->parent_fd, &type, &msg, &fd);

		if (err != ERR_OK)
			return err;
		if (type == IPC__MSG_TYPE__MSG_ROLE_FD)
			err = take_fd(env, (const Ipc__RoleFd *)msg, fd);
		else if (type == IPC__MSG_TYPE__MSG_ROLE_CONFIG)
			err = take_config(env, fd);
		else if (type == IPC__MSG_TYPE__MSG_ROLE_START)
			err = take_start(env, (Ipc__RoleStart *)msg);
		else
			err = ERR_SYNTAX;
		protobuf_c_message_free_unpacked(msg, NULL);
		if (err != ERR_OK || type == IPC__MSG_TYPE__MSG_ROLE_START)
			return err;
	}
}

int
proc_take_fd(struct role_env *env, Ipc__FdKind kind, Ipc__RoleId peer, unsigned worker)
{
	for (size_t i = 0; i < env->fds_len; i++) {
		struct role_fd *rf = &env->fds[i];
		int fd = rf->fd;

		if (fd < 0 || rf->kind != kind || rf->peer != peer || rf->worker != worker)
			continue;
		rf->fd = -1;
		return fd;
	}
	return -1;
}
