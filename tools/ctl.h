/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tools' side of the control socket: ask for sessions, collect the answer, write it as JSON.
 * How one connects: common/ctl_client.h.
 */
#ifndef TOOLS_CTL_H
#define TOOLS_CTL_H

#include <jansson.h>
#include <stddef.h>

#include "common/attr.h"
#include "common/ctl_client.h"
#include "common/err.h"
#include "common/ipc.pb-c.h"

#define CTL_SESSIONS_MAX 1000000 /* as many as max-sessions allows */

/* Sessions in the order of their index. */
struct ctl_list {
	Ipc__CtlSession **sessions;
	size_t len;
	char error[256]; /* ERR_DENIED: what the daemon said, printable */
};

/*
 * Ask for the sessions that match. *list is filled on success and is the caller's (ctl_list_fini).
 * ERR_TIMEOUT: no answer within 10 s; ERR_CLOSED; ERR_SYNTAX: not our protocol; ERR_DENIED: the
 * daemon refused; ERR_LIMIT; ERR_NOMEM.
 */
enum err ctl_sessions(int fd, const Ipc__CtlSessions *request, struct ctl_list *list) MUST_USE;
void ctl_list_fini(struct ctl_list *list);

/* A session as JSON: the keys are the schema's names, lists in the plural, addresses as text or
 * null. NULL: memory. */
json_t *ctl_session_json(const Ipc__CtlSession *session) MUST_USE;

#endif
