/* SPDX-License-Identifier: Apache-2.0 */
/* Starting a child: fork and exec of this very binary in a role, and the child's first steps. */
#ifndef COMMON_PROC_H
#define COMMON_PROC_H

#include <stddef.h>
#include <sys/types.h>

#include "common/attr.h"
#include "common/err.h"
#include "common/role.h"

#define PROC_PARENT_FD 3 /* where a child finds its channel to the parent */

/*
 * fork + exec of /proc/self/exe as "sekishod -R <role>", with descriptors 0-2 and PROC_PARENT_FD
 * only. *fd_out gets the parent's end of the channel, which the caller owns. ERR_SYS.
 */
enum err proc_spawn(const struct role *role, pid_t *pid_out, int *fd_out) MUST_USE;
/* Child: take descriptors and configuration until ROLE_START. ERR_CLOSED when the parent went away.
 */
enum err proc_child_receive(struct role_env *env) MUST_USE;
/*
 * Child: map the memfd of a configuration that was handed over, read only; fd is closed in any
 * case. ERR_SYNTAX: no descriptor; ERR_SYS. proc_unmap() takes it back; NULL is fine.
 */
enum err proc_map(int fd, const void **data, size_t *len) MUST_USE;
void proc_unmap(const void *data, size_t len);
/* Child: the descriptor of that kind (peer and worker must match), taken out of env; -1: none. */
int proc_take_fd(struct role_env *env, Ipc__FdKind kind, Ipc__RoleId peer, unsigned worker);

#endif
