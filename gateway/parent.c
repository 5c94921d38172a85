/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parent: opens everything that needs root (holdings.c), hands each child its share, watches
 * the children (children.c) and brings back the ones that die, and does what a reload's steps say
 * (reload.c).
 */
#include "gateway/parent.h"

#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/ipc.h"
#include "common/log.h"
#include "common/loop.h"
#include "common/priv.h"
#include "common/role.h"
#include "common/sandbox.h"
#include "common/str.h"
#include "conf/conf.h"
#include "gateway/children.h"
#include "gateway/holdings.h"
#include "gateway/netif.h"
#include "gateway/netif_watch.h"
#include "gateway/notify.h"
#include "gateway/reload.h"
#include "gateway/reload_compare.h"
#include "gateway/stage.h"

#define DRAINING_MAX 1024 /* of them fit into a message */
#define LINES_MAX 524288

struct parent {
	const char *conf_dir;
	struct loop *loop;
	struct stage now;
	struct stage next; /* while a reload runs */
	struct holdings *holdings;
	struct children *children;
	struct reload *reload;
	struct event *reload_timer;
	struct event *signals[4];
	struct netif_watch *watch;
	struct notify *notify;
	bool bare; /* the tun interface is new, without addresses or routes */
	int status;
};

static const struct role *const child_roles[RELOAD_CHILDREN] = {
    [RELOAD_PKI] = &pki_role,
    [RELOAD_AUTH] = &auth_role,
    [RELOAD_GATEWAY] = &gateway_role,
};

/* ---- the tun interface, when others meddle with it ---- */

/* Addresses and routes, where they are not there any more. */
static enum err
equip_interface(const struct parent *parent)
{
	const struct routes_list *list = routes_installed(parent->now.routes);
	enum err err = netif_configure(stage_tun(&parent->now));

	if (err == ERR_OK)
		err = netif_add_routes(stage_tun(&parent->now), list->items, list->len);
	return err;
}

/* Before the gateway starts. What fails is tried again with its next start. */
static enum err
restore_interface(struct parent *parent)
{
	bool lost = holdings_tun_is_lost(parent->holdings);
	enum err err = ERR_OK;

	if (!lost && !parent->bare)
		return ERR_OK;
	parent->bare = true;
	if (lost)
		err = holdings_renew_tun(parent->holdings);
	if (err == ERR_OK)
		err = equip_interface(parent);
	parent->bare = err != ERR_OK;
	if (err == ERR_OK)
		log_notice(
		    "tun interface %s was made again", conf_str(stage_tun(&parent->now), TUN_NAME));
	return err;
}

/* Its queues cannot be exchanged while they work: the gateway gets new ones when it starts. */
static void
on_interface(enum netif_event event, void *arg)
{
	struct parent *parent = arg;
	const char *name = conf_str(stage_tun(&parent->now), TUN_NAME);

	switch (event) {
	case NETIF_DOWN:
		log_warn("tun interface %s is down: packets are dropped until it is up", name);
		break;
	case NETIF_UP:
		/* The kernel forgets routes and IPv6 addresses of what is down. */
		if (equip_interface(parent) == ERR_OK)
			log_notice("tun interface %s is up", name);
		break;
	case NETIF_GONE:
		if (!holdings_tun_is_lost(parent->holdings))
			break; /* long replaced */
		log_err(
		    "tun interface %s was removed: restarting the gateway with a new one", name);
		children_kill(parent->children, &gateway_role);
		break;
	}
}

/* ---- what a child is given ---- */

static enum err
give_start(struct parent *parent, const struct role *role, struct ipc *ipc)
{
	struct log_config logging = stage_logging(&parent->now);
	struct stage_draining draining;
	Ipc__RoleStart msg = IPC__ROLE_START__INIT;
	char root[PATH_MAX];
	enum err err;
	uid_t uid;
	gid_t gid;

	if (str_copy(root, sizeof(root), holdings_chroot(parent->holdings)) != ERR_OK)
		return ERR_LIMIT;
	holdings_user(parent->holdings, role, &uid, &gid);
	msg.workers = holdings_workers(parent->holdings);
	msg.generation = parent->now.generation;
	msg.uid = uid;
	msg.gid = gid;
	msg.chroot = root;
	msg.log_level = (uint32_t)logging.level;
	msg.log_stderr = logging.to_stderr;
	msg.log_syslog = logging.to_syslog;
	msg.log_plan = (Ipc__LogPlan *)(uintptr_t)logging.plan;
	msg.client_certificates = conf_wants_client_certificate(parent->now.conf);
	err = stage_draining(&parent->now, &draining);
	if (err == ERR_OK && role == &auth_role) {
		msg.draining = draining.list;
		msg.n_draining = draining.len;
	}
	if (err == ERR_OK)
		err = ipc_send(ipc, IPC__MSG_TYPE__MSG_ROLE_START, &msg.base);
	stage_draining_fini(&draining);
	return err;
}

static enum err
give_all(const struct role *role, struct ipc *ipc, void *arg)
{
	struct parent *parent = arg;
	enum err err = ERR_OK;

	if (role == &gateway_role)
		err = restore_interface(parent);
	if (err == ERR_OK)
		err = holdings_give(parent->holdings, role, ipc);
	if (err == ERR_OK)
		err = stage_give(&parent->now, role, ipc);
	if (err == ERR_OK)
		err = give_start(parent, role, ipc);
	return err;
}

/* ---- the configuration ---- */

struct conf *
parent_load(const char *dir, struct conf_errors *errors)
{
	static const struct role *const roles[] = {&gateway_role, &auth_role, &pki_role};
	struct conf *conf = conf_load(dir, errors);

	if (conf == NULL)
		return NULL;
	for (size_t i = 0; i < ARRAY_LEN(roles); i++)
		if (roles[i]->check != NULL)
			roles[i]->check(conf, errors);
	if (errors->count == 0)
		return conf;
	conf_unref(conf);
	return NULL;
}

void
parent_warnings(struct conf_errors *errors, struct buf *out)
{
	const char *text = buf_cstr(&errors->warnings);

	while (*text != '\0') {
		size_t len = strcspn(text, "\n");

		buf_puts(out, "warning: ");
		buf_put(out, text, len);
		buf_puts(out, "\n");
		text += len + (text[len] == '\n' ? 1 : 0);
	}
}

/* Each configuration has a number of its own, even if two come in one second. */
static uint64_t
next_generation(const struct parent *parent)
{
	uint64_t generation = (uint64_t)clock_wall_sec() * 1000;

	return generation > parent->now.generation ? generation : parent->now.generation + 1;
}

/* ---- the steps of a reload ---- */

static bool
step_load(uint64_t *generation, struct buf *errors_out, struct buf *warnings_out, void *arg)
{
	struct parent *parent = arg;
	struct conf_errors errors;
	bool fine = false;

	notify_reloading(parent->notify);
	conf_errors_init(&errors);
	parent->next.conf = parent_load(parent->conf_dir, &errors);
	if (parent->next.conf != NULL)
		fine = reload_compare(parent->now.conf, parent->next.conf, &errors);
	parent->next.generation = *generation = next_generation(parent);
	buf_puts(errors_out, buf_cstr(&errors.text));
	parent_warnings(&errors, warnings_out);
	conf_errors_fini(&errors);
	return fine;
}

static bool
step_prepare(enum reload_child child, void *arg)
{
	struct parent *parent = arg;
	const struct role *role = child_roles[child];
	struct ipc *ipc = children_channel(parent->children, role);

	return ipc != NULL && stage_give(&parent->next, role, ipc) == ERR_OK;
}

static bool
step_adopt(struct buf *errors, void *arg)
{
	struct parent *parent = arg;
	struct log_config logging = stage_logging(&parent->next);
	struct stage old = parent->now;

	if (stage_route(&parent->next, parent->now.routes) != ERR_OK) {
		buf_puts(errors, "a local pool cannot be routed: see the line before\n");
		return false;
	}
	/* From here on a child that is restarted gets the new one. */
	parent->now = parent->next;
	parent->next = old;
	log_configure(&logging);
	return true;
}

/*
 * A child that cannot be told is ended: it comes back with the configuration that is used now. One
 * without a channel is on its way there already.
 */
static void
send_commit(struct parent *parent, enum reload_child child, const struct stage *stage, bool use)
{
	struct ipc *ipc = children_channel(parent->children, child_roles[child]);
	struct log_config logging = stage_logging(&parent->now);
	Ipc__RoleCommit msg = IPC__ROLE_COMMIT__INIT;

	msg.generation = stage->generation;
	msg.use = use;
	msg.log_level = (uint32_t)logging.level;
	msg.log_stderr = logging.to_stderr;
	msg.log_syslog = logging.to_syslog;
	msg.log_plan = (Ipc__LogPlan *)(uintptr_t)logging.plan;
	msg.client_certificates = conf_wants_client_certificate(parent->now.conf);
	if (ipc != NULL && ipc_send(ipc, IPC__MSG_TYPE__MSG_ROLE_COMMIT, &msg.base) != ERR_OK)
		children_kill(parent->children, child_roles[child]);
}

static void
step_commit(enum reload_child child, void *arg)
{
	struct parent *parent = arg;

	send_commit(parent, child, &parent->now, true);
}

static void
step_abort(enum reload_child child, void *arg)
{
	struct parent *parent = arg;

	send_commit(parent, child, &parent->next, false);
}

static void
step_finish(bool used, void *arg)
{
	struct parent *parent = arg;

	notify_reloaded(parent->notify, used, parent->now.generation);
	stage_fini(&parent->next);
}

static void
step_timer(bool on, void *arg)
{
	const struct timeval limit = {.tv_sec = RELOAD_TIMEOUT_SEC};
	struct parent *parent = arg;

	if (on)
		evtimer_add(parent->reload_timer, &limit);
	else
		evtimer_del(parent->reload_timer);
}

static void
step_answer(uint32_t id, bool ok, const char *text, void *arg)
{
	struct parent *parent = arg;

	children_reloaded(parent->children, id, ok, text);
}

static void
on_reload_timer(UNUSED evutil_socket_t fd, UNUSED short what, void *arg)
{
	struct parent *parent = arg;

	reload_timeout(parent->reload);
}

static enum err
make_reload(struct parent *parent)
{
	struct reload_ops ops = {
	    .load = step_load,
	    .prepare = step_prepare,
	    .adopt = step_adopt,
	    .commit = step_commit,
	    .abort = step_abort,
	    .finish = step_finish,
	    .timer = step_timer,
	    .answer = step_answer,
	    .arg = parent,
	};

	parent->reload = reload_new(&ops);
	parent->reload_timer = evtimer_new(loop_base(parent->loop), on_reload_timer, parent);
	return parent->reload != NULL && parent->reload_timer != NULL ? ERR_OK : ERR_NOMEM;
}

/* ---- what the children and the administrator tell ---- */

static void
on_children_ready(void *arg)
{
	const struct parent *parent = arg;

	log_notice("sekishod %s ready", SEKISHO_VERSION);
	notify_serving(parent->notify, parent->now.generation);
}

static void
on_children_stopped(bool failed, void *arg)
{
	struct parent *parent = arg;

	if (failed)
		parent->status = 1;
	loop_stop(parent->loop);
}

static enum reload_child
reload_child_of(const struct role *role)
{
	enum reload_child child = RELOAD_PKI;

	while (child < RELOAD_GATEWAY && child_roles[child] != role)
		child++;
	return child;
}

static void
on_child_lost(const struct role *role, void *arg)
{
	struct parent *parent = arg;

	notify_lost(parent->notify, role->name);
	if (role == &auth_role)
		reload_forget_askers(parent->reload);
	reload_lost(parent->reload, reload_child_of(role));
}

static void
on_config_result(const struct role *role, const Ipc__RoleConfigResult *result, void *arg)
{
	struct parent *parent = arg;

	reload_result(parent->reload, reload_child_of(role), result);
}

static void
on_reload_asked(uint32_t id, void *arg)
{
	struct parent *parent = arg;

	log_notice("reload asked for on the control socket");
	reload_ask(parent->reload, id);
}

static void
on_pool_drained(const Ipc__PoolDrained *drained, void *arg)
{
	struct parent *parent = arg;
	struct ip_addr first, last;
	struct routes_list list;

	if (ip_from_bytes(drained->first.data, drained->first.len, &first) != ERR_OK ||
	    ip_from_bytes(drained->last.data, drained->last.len, &last) != ERR_OK ||
	    routes_drained(parent->now.routes, &first, &last, &list) != ERR_OK) {
		log_err("auth told of a drained pool that is none");
		return;
	}
	netif_remove_routes(stage_tun(&parent->now), list.items, list.len);
	routes_list_fini(&list);
}

static void
on_stop_signal(evutil_socket_t sig, short what, void *arg)
{
	struct parent *parent = arg;

	(void)what;
	log_notice("stopping (%s), sessions are kept for the next start", strsignal(sig));
	notify_stopping(parent->notify, false);
	children_stop(parent->children, false);
}

static void
on_end_signal(UNUSED evutil_socket_t sig, UNUSED short what, void *arg)
{
	struct parent *parent = arg;

	log_notice("stopping for good (SIGUSR1), all sessions end");
	notify_stopping(parent->notify, true);
	children_stop(parent->children, true);
}

static void
on_sighup(evutil_socket_t sig, short what, void *arg)
{
	struct parent *parent = arg;

	(void)sig, (void)what;
	log_notice("reload asked for by SIGHUP");
	reload_ask(parent->reload, 0);
}

/* ---- start and end ---- */

static enum err
watch_signals(struct parent *parent)
{
	struct event_base *base = loop_base(parent->loop);

	parent->signals[0] = evsignal_new(base, SIGTERM, on_stop_signal, parent);
	parent->signals[1] = evsignal_new(base, SIGINT, on_stop_signal, parent);
	parent->signals[2] = evsignal_new(base, SIGHUP, on_sighup, parent);
	parent->signals[3] = evsignal_new(base, SIGUSR1, on_end_signal, parent);
	for (size_t i = 0; i < ARRAY_LEN(parent->signals); i++)
		if (parent->signals[i] == NULL || event_add(parent->signals[i], NULL) < 0)
			return ERR_NOMEM;
	return ERR_OK;
}

static enum err
open_all(struct parent *parent)
{
	struct routes *none = routes_new();
	enum err err = ERR_SYS;

	parent->holdings = holdings_open(parent->now.conf);
	if (parent->holdings != NULL)
		err = none != NULL ? stage_route(&parent->now, none) : ERR_NOMEM;
	routes_free(none);
	if (err == ERR_OK)
		netif_warn_forwarding(parent->now.conf);
	return err;
}

static enum err
start_children(struct parent *parent)
{
	struct children_owner owner = {
	    .workers = holdings_workers(parent->holdings),
	    .give = give_all,
	    .on_ready = on_children_ready,
	    .on_lost = on_child_lost,
	    .on_config_result = on_config_result,
	    .on_reload = on_reload_asked,
	    .on_pool_drained = on_pool_drained,
	    .on_stopped = on_children_stopped,
	    .arg = parent,
	};

	parent->notify = notify_new(parent->loop);
	parent->children = children_new(parent->loop, &owner);
	parent->watch = netif_watch_new(
	    parent->loop, conf_str(stage_tun(&parent->now), TUN_NAME), on_interface, parent);
	if (parent->notify == NULL || parent->children == NULL || parent->watch == NULL)
		return ERR_NOMEM;
	children_start(parent->children);
	return ERR_OK;
}

/* The configuration to start with, errors and warnings to the log. */
static struct conf *
load_configuration(const char *dir)
{
	struct conf_errors errors;
	struct buf warnings;
	struct conf *conf;

	conf_errors_init(&errors);
	buf_init(&warnings, LINES_MAX);
	conf = parent_load(dir, &errors);
	parent_warnings(&errors, &warnings);
	log_lines(LOG_WARNING, buf_cstr(&warnings));
	log_lines(LOG_ERR, buf_cstr(&errors.text));
	buf_fini(&warnings);
	conf_errors_fini(&errors);
	return conf;
}

static void
parent_close(struct parent *parent)
{
	for (size_t i = 0; i < ARRAY_LEN(parent->signals); i++)
		if (parent->signals[i] != NULL)
			event_free(parent->signals[i]);
	if (parent->reload_timer != NULL)
		event_free(parent->reload_timer);
	netif_watch_free(parent->watch);
	notify_free(parent->notify);
	children_free(parent->children);
	reload_free(parent->reload);
	loop_free(parent->loop);
	holdings_close(parent->holdings);
	stage_fini(&parent->next);
	stage_fini(&parent->now);
}

int
parent_run(const char *conf_dir)
{
	const struct sandbox sandbox = {.role = IPC__ROLE_ID__ROLE_PARENT, .name = "parent"};
	struct log_config early = {.level = LOG_INFO, .to_stderr = true};
	struct parent parent = {.conf_dir = conf_dir, .status = 1};

	log_init("parent", &early);
	(void)signal(SIGPIPE, SIG_IGN);
	if (priv_hide_memory(true) != ERR_OK) {
		log_err("cannot turn core files off: %m");
		goto out;
	}
	parent.now.conf = load_configuration(conf_dir);
	if (parent.now.conf == NULL)
		goto out;
	early = stage_logging(&parent.now);
	log_configure(&early);
	if (sandbox_enter(&sandbox) != ERR_OK) {
		log_err("cannot enter the sandbox: %m");
		goto out;
	}
	parent.now.generation = next_generation(&parent);
	parent.loop = loop_new();
	if (parent.loop == NULL || watch_signals(&parent) != ERR_OK ||
	    make_reload(&parent) != ERR_OK || open_all(&parent) != ERR_OK ||
	    start_children(&parent) != ERR_OK)
		goto out;
	parent.status = 0;
	loop_run(parent.loop);
	log_notice("stopped");
out:
	parent_close(&parent);
	log_close();
	return parent.status;
}
