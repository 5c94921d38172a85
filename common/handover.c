/* SPDX-License-Identifier: Apache-2.0 */
/* Two steps, so that no process uses a configuration before all of them can. */
#include "common/handover.h"

#include "common/log.h"
#include "common/proc.h"

#define WHY_MAX 8192

static void
drop(struct handover *handover)
{
	if (handover->made != NULL)
		handover->ops.drop(handover->made, handover->ops.arg);
	handover->made = NULL;
}

void
handover_receive(struct handover *handover, struct ipc *parent, const Ipc__RoleConfig *msg, int fd)
{
	Ipc__RoleConfigResult result = IPC__ROLE_CONFIG_RESULT__INIT;
	const void *slice = NULL;
	size_t len = 0;
	struct buf why;
	enum err err;

	drop(handover);
	buf_init(&why, WHY_MAX);
	handover->generation = msg->generation;
	err = proc_map(fd, &slice, &len);
	if (err != ERR_OK)
		buf_printf(&why, "cannot read what was handed over: %s", err_str(err));
	else
		handover->made =
		    handover->ops.make(slice, len, msg->generation, &why, handover->ops.arg);
	proc_unmap(slice, len);
	result.generation = msg->generation;
	result.ok = handover->made != NULL;
	result.error = (char *)(uintptr_t)buf_cstr(&why);
	/* A parent that is gone ends this process elsewhere. */
	err = ipc_send(parent, IPC__MSG_TYPE__MSG_ROLE_CONFIG_RESULT, &result.base);
	if (err != ERR_OK)
		log_err("cannot answer the parent: %s", err_str(err));
	buf_fini(&why);
}

void *
handover_commit(struct handover *handover, const Ipc__RoleCommit *msg)
{
	struct log_config config = {
	    .level = (int)msg->log_level,
	    .to_stderr = msg->log_stderr,
	    .to_syslog = msg->log_syslog,
	    .plan = msg->log_plan,
	};
	void *made = handover->made;

	if (made == NULL || handover->generation != msg->generation)
		return NULL;
	if (!msg->use) {
		drop(handover);
		return NULL;
	}
	handover->made = NULL;
	log_configure(&config);
	return made;
}

void
handover_fini(struct handover *handover)
{
	drop(handover);
}
