/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The control socket: the administrator's programs ask here (SEQPACKET, messages of
 * common/ipc.proto). Who may connect is decided by the mode and group of the socket file; what
 * changes something is for root and control-socket.admin-group, as the kernel names the caller.
 */
#ifndef AUTH_CONTROL_H
#define AUTH_CONTROL_H

#include "auth/aaa.h"
#include "auth/control_ca.h"
#include "auth/local.h"
#include "auth/lockout.h"
#include "auth/radius_client.h"
#include "auth/session.h"
#include "auth/trace_desk.h"
#include "common/attr.h"
#include "common/loop.h"

#define CONTROL_CONNS_MAX 16

struct control;
struct metrics;
struct shun;
struct threat;

typedef void (*control_reloaded_fn)(bool ok, const char *text, void *arg);
/* account NULL: nobody knows. Borrowed. */
typedef void (*control_account_fn)(const Ipc__Account *account, void *arg);

struct control_config {
	struct loop *loop;
	struct session_table *sessions;
	struct filters *filters;
	const struct pool_set *pools;
	struct aaa *aaa;              /* NULL: cannot be tested */
	struct local *local;          /* NULL: not shown */
	struct radius_client *radius; /* NULL: not shown */
	struct lockout *lockout;      /* NULL: nobody is locked out */
	struct shun *shun;            /* NULL: nobody is shunned */
	struct threat *threat;        /* NULL: not shown */
	struct trace_desk *desk;      /* NULL: nothing can be traced */
	struct metrics *metrics;      /* NULL: not shown */
	/* Fetch fresh statistics, then call done(arg) once, later. */
	void (*refresh)(void (*done)(void *arg), void *arg, void *ctx);
	/* Have the configuration read again, then call done once, at once or later. text: what was
	 * done, or why not. */
	void (*reload)(control_reloaded_fn done, void *arg, void *ctx);
	/* Have names of users and groups looked up; NULL: nobody can. */
	enum err (*account)(
	    const Ipc__AccountAsk *ask, control_account_fn fn, void *arg, void *ctx);
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
