/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The control socket: the administrator's programs ask here (SEQPACKET, messages of
 * common/ipc.proto). Who may connect is decided by the mode and group of the socket file; what
 * changes something is for root only, as the kernel names the caller (SO_PEERCRED).
 */
#ifndef AUTH_CONTROL_H
#define AUTH_CONTROL_H

#include "auth/control_ca.h"
#include "auth/local.h"
#include "auth/radius_client.h"
#include "auth/session.h"
#include "auth/trace_desk.h"
#include "common/attr.h"
#include "common/loop.h"

#define CONTROL_CONNS_MAX 16

struct control;

typedef void (*control_reloaded_fn)(bool ok, const char *text, void *arg);

struct control_config {
	struct loop *loop;
	struct session_table *sessions;
	struct filters *filters;
	const struct local *local;          /* NULL: not shown */
	const struct radius_client *radius; /* NULL: not shown */
	struct trace_desk *desk;            /* NULL: nothing can be traced */
	/* Fetch fresh statistics, then call done(arg) once, later. */
	void (*refresh)(void (*done)(void *arg), void *arg, void *ctx);
	/* Have the configuration read again, then call done once, at once or later. text: what was
	 * done, or why not. */
	void (*reload)(control_reloaded_fn done, void *arg, void *ctx);
	/* Ask pki for a page of "show crypto ca"; NULL: nobody can. */
	control_ca_ask_fn ca_list;
	/* Forget the calls with this arg. */
	void (*cancel)(const void *arg, void *ctx);
	void *ctx;
};

/* Takes the listening socket. NULL: memory. */
struct control *control_new(const struct control_config *config, int fd) MUST_USE;
void control_free(struct control *control);

#endif
