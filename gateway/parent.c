/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parent: opens everything that needs root, hands each child its share, watches the children
 * and brings back the ones that die. It holds every descriptor itself too, so that a child's death
 * loses no socket and no tun queue.
 */
#include "gateway/parent.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/ipc.h"
#include "common/log.h"
#include "common/loop.h"
#include "common/priv.h"
#include "common/role.h"
#include "common/str.h"
#include "conf/conf.h"
#include "gateway/children.h"
#include "gateway/listen.h"
#include "gateway/netif.h"

#define WORKERS_MAX 64
#define LISTENERS_MAX 16
#define SLICE_MAX (64U * 1024 * 1024)

/* Who a child becomes; indexed by its role's user_setting. */
struct process_user {
	uid_t uid;
	gid_t gid;
};

struct parent {
	struct loop *loop;
	struct conf *conf;
	uint64_t generation;
	unsigned workers;
	size_t listeners;
	int tcp_fds[WORKERS_MAX][LISTENERS_MAX];
	int udp_fds[WORKERS_MAX][LISTENERS_MAX];
	int tun_fds[WORKERS_MAX];
	int control_fd;
	int state_fd;
	const char *chroot_dir;
	const char *control_path;
	struct process_user users[PU_COUNT];
	struct children *children;
	struct event *signals[3];
	int status;
};

/* ---- what a child is given ---- */

static enum err
send_fd(struct ipc *ipc, Ipc__FdKind kind, unsigned worker, size_t listen, int fd)
{
	Ipc__RoleFd msg = IPC__ROLE_FD__INIT;

	msg.kind = kind;
	msg.worker = worker;
	msg.listen = (uint32_t)listen;
	return ipc_send_fd(ipc, IPC__MSG_TYPE__MSG_ROLE_FD, &msg.base, fd);
}

static enum err
give_gateway_fds(struct parent *parent, struct ipc *ipc)
{
	enum err err = ERR_OK;

	for (unsigned w = 0; w < parent->workers && err == ERR_OK; w++) {
		for (size_t l = 0; l < parent->listeners && err == ERR_OK; l++) {
			err = send_fd(
			    ipc, IPC__FD_KIND__FD_TCP_LISTENER, w, l, parent->tcp_fds[w][l]);
			if (err == ERR_OK && parent->udp_fds[w][l] >= 0)
				err = send_fd(
				    ipc, IPC__FD_KIND__FD_UDP_SOCKET, w, l, parent->udp_fds[w][l]);
		}
		if (err == ERR_OK)
			err = send_fd(ipc, IPC__FD_KIND__FD_TUN_QUEUE, w, 0, parent->tun_fds[w]);
	}
	return err;
}

static enum err
give_auth_fds(struct parent *parent, struct ipc *ipc)
{
	enum err err = send_fd(ipc, IPC__FD_KIND__FD_CONTROL, 0, 0, parent->control_fd);

	if (err == ERR_OK)
		err = send_fd(ipc, IPC__FD_KIND__FD_STATE_DIR, 0, 0, parent->state_fd);
	return err;
}

/* The role's part of the configuration as a sealed memfd. It may hold keys: it exists only as this
 * descriptor. */
static enum err
give_config(struct parent *parent, const struct role *role, struct ipc *ipc)
{
	Ipc__RoleConfig msg = IPC__ROLE_CONFIG__INIT;
	struct buf slice;
	enum err err;
	int fd = -1;

	buf_init(&slice, SLICE_MAX);
	err = conf_slice(parent->conf, role->id, &slice);
	if (err != ERR_OK)
		goto out;
	err = ERR_SYS;
	fd = memfd_create("sekisho-conf", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0 || write(fd, slice.data, slice.len) != (ssize_t)slice.len ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) < 0)
		goto out;
	err = ipc_send_fd(ipc, IPC__MSG_TYPE__MSG_ROLE_CONFIG, &msg.base, fd);
out:
	if (fd >= 0)
		close(fd);
	buf_wipe(&slice);
	return err;
}

static enum err
give_start(struct parent *parent, const struct role *role, struct ipc *ipc)
{
	const struct conf_object *logging =
	    conf_sub(conf_root(parent->conf, CONF_GATEWAY), GW_LOGGING);
	Ipc__RoleStart msg = IPC__ROLE_START__INIT;
	char root[PATH_MAX];

	if (str_copy(root, sizeof(root), parent->chroot_dir) != ERR_OK)
		return ERR_LIMIT;
	msg.workers = parent->workers;
	msg.generation = parent->generation;
	msg.uid = parent->users[role->user_setting].uid;
	msg.gid = parent->users[role->user_setting].gid;
	msg.chroot = root;
	msg.log_level = (uint32_t)conf_int(logging, LOGGING_LEVEL) + LOG_ERR;
	msg.log_stderr = conf_bool(logging, LOGGING_STDERR);
	msg.log_syslog = conf_bool(logging, LOGGING_SYSLOG);
	return ipc_send(ipc, IPC__MSG_TYPE__MSG_ROLE_START, &msg.base);
}

static enum err
give_all(const struct role *role, struct ipc *ipc, void *arg)
{
	struct parent *parent = arg;
	enum err err = ERR_OK;

	if (role == &gateway_role)
		err = give_gateway_fds(parent, ipc);
	else if (role == &auth_role)
		err = give_auth_fds(parent, ipc);
	if (err == ERR_OK)
		err = give_config(parent, role, ipc);
	if (err == ERR_OK)
		err = give_start(parent, role, ipc);
	return err;
}

/* ---- what the children and the administrator tell ---- */

static void
on_children_ready(void *arg)
{
	(void)arg;
	log_notice("sekishod %s ready", SEKISHO_VERSION);
}

static void
on_children_stopped(bool failed, void *arg)
{
	struct parent *parent = arg;

	if (failed)
		parent->status = 1;
	loop_stop(parent->loop);
}

static void
on_stop_signal(evutil_socket_t sig, short what, void *arg)
{
	struct parent *parent = arg;

	(void)what;
	log_notice("stopping (%s)", strsignal(sig));
	children_stop(parent->children);
}

static void
on_sighup(evutil_socket_t sig, short what, void *arg)
{
	(void)sig, (void)what, (void)arg;
	log_notice("SIGHUP: this version takes a changed configuration at restart only");
}

/* ---- start ---- */

static unsigned
worker_count(const struct conf_object *root)
{
	long n = conf_int(root, GW_WORKERS);

	if (n == 0)
		n = sysconf(_SC_NPROCESSORS_ONLN);
	if (n < 1)
		n = 1;
	return n > WORKERS_MAX ? WORKERS_MAX : (unsigned)n;
}

static enum err
open_sockets(struct parent *parent, const struct conf_object *root)
{
	struct conf_object *const *listeners;

	parent->listeners = conf_subs(root, GW_LISTENERS, &listeners);
	if (parent->listeners > LISTENERS_MAX)
		return ERR_LIMIT;
	for (unsigned w = 0; w < parent->workers; w++)
		for (size_t l = 0; l < parent->listeners; l++) {
			parent->tcp_fds[w][l] = listen_tcp(listeners[l]);
			if (parent->tcp_fds[w][l] < 0 ||
			    listen_udp(listeners[l], &parent->udp_fds[w][l]) != ERR_OK)
				return ERR_SYS;
		}
	return ERR_OK;
}

/* A directory that may exist already; owner and mode are set in any case. Returns a descriptor, -1:
 * logged. */
static int
directory_open(const char *path, uid_t uid, gid_t gid, mode_t mode)
{
	int fd;

	if (mkdir(path, mode) < 0 && errno != EEXIST) {
		log_err("cannot create %s: %m", path);
		return -1;
	}
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 || fchown(fd, uid, gid) < 0 || fchmod(fd, mode) < 0) {
		log_err("cannot use directory %s: %m", path);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return fd;
}

static enum err
open_directories(struct parent *parent, const struct conf_object *root)
{
	const struct process_user *auth = &parent->users[PU_AUTH];
	int fd;

	parent->chroot_dir = conf_str(root, GW_CHROOT_DIRECTORY);
	/* "/" means that the children keep the whole view: for debugging under tools that need it.
	 */
	if (strcmp(parent->chroot_dir, "/") != 0) {
		fd = directory_open(parent->chroot_dir, 0, 0, 0555);
		if (fd < 0)
			return ERR_SYS;
		close(fd);
	}
	parent->state_fd =
	    directory_open(conf_str(root, GW_STATE_DIRECTORY), auth->uid, auth->gid, 0700);
	return parent->state_fd >= 0 ? ERR_OK : ERR_SYS;
}

static enum err
find_users(struct parent *parent, const struct conf_object *root)
{
	const struct conf_object *users = conf_sub(root, GW_USERS);

	for (unsigned i = 0; i < PU_COUNT; i++) {
		const char *name = conf_str(users, i);

		if (priv_user(name, &parent->users[i].uid, &parent->users[i].gid) != ERR_OK) {
			log_err("gateway.conf: users.%s: there is no user %s",
			    conf_setting_name(CONF_PROCESS_USERS, i), name);
			return ERR_NOTFOUND;
		}
	}
	return ERR_OK;
}

static enum err
open_all(struct parent *parent)
{
	const struct conf_object *root = conf_root(parent->conf, CONF_GATEWAY);
	const struct conf_object *tun = conf_sub(root, GW_TUN);
	const struct conf_object *control = conf_sub(root, GW_CONTROL);
	enum err err = find_users(parent, root);

	if (err != ERR_OK)
		return err;
	parent->workers = worker_count(root);
	parent->control_fd = listen_control(control);
	if (parent->control_fd < 0)
		return ERR_SYS;
	parent->control_path = conf_str(control, CTL_PATH);
	err = open_directories(parent, root);
	if (err == ERR_OK)
		err = open_sockets(parent, root);
	if (err == ERR_OK)
		err = netif_open(tun, parent->tun_fds, parent->workers);
	if (err == ERR_OK)
		err = netif_configure(parent->conf, tun);
	if (err == ERR_OK)
		netif_warn_forwarding(parent->conf);
	return err;
}

static enum err
watch_signals(struct parent *parent)
{
	struct event_base *base = loop_base(parent->loop);

	parent->signals[0] = evsignal_new(base, SIGTERM, on_stop_signal, parent);
	parent->signals[1] = evsignal_new(base, SIGINT, on_stop_signal, parent);
	parent->signals[2] = evsignal_new(base, SIGHUP, on_sighup, parent);
	for (size_t i = 0; i < ARRAY_LEN(parent->signals); i++)
		if (parent->signals[i] == NULL || event_add(parent->signals[i], NULL) < 0)
			return ERR_NOMEM;
	return ERR_OK;
}

static enum err
start_children(struct parent *parent)
{
	struct children_owner owner = {
	    .workers = parent->workers,
	    .give = give_all,
	    .on_ready = on_children_ready,
	    .on_stopped = on_children_stopped,
	    .arg = parent,
	};

	parent->children = children_new(parent->loop, &owner);
	if (parent->children == NULL)
		return ERR_NOMEM;
	children_start(parent->children);
	return ERR_OK;
}

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

static struct conf *
load_configuration(const char *dir)
{
	struct conf_errors errors;
	struct conf *conf;

	conf_errors_init(&errors);
	conf = parent_load(dir, &errors);
	if (conf == NULL) {
		char *save = NULL, *text = strdup(buf_cstr(&errors.text));

		for (char *line = text == NULL ? NULL : strtok_r(text, "\n", &save); line != NULL;
		     line = strtok_r(NULL, "\n", &save))
			log_err("%s", line);
		free(text);
	}
	conf_errors_fini(&errors);
	return conf;
}

static void
configure_logging(const struct conf *conf)
{
	const struct conf_object *logging = conf_sub(conf_root(conf, CONF_GATEWAY), GW_LOGGING);
	struct log_config config = {
	    .level = (int)conf_int(logging, LOGGING_LEVEL) + LOG_ERR,
	    .to_stderr = conf_bool(logging, LOGGING_STDERR),
	    .to_syslog = conf_bool(logging, LOGGING_SYSLOG),
	};

	log_configure(&config);
}

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void
parent_close(struct parent *parent)
{
	for (unsigned w = 0; w < WORKERS_MAX; w++) {
		close_fd(&parent->tun_fds[w]);
		for (size_t l = 0; l < LISTENERS_MAX; l++) {
			close_fd(&parent->tcp_fds[w][l]);
			close_fd(&parent->udp_fds[w][l]);
		}
	}
	if (parent->control_fd >= 0 && parent->control_path != NULL)
		(void)unlink(parent->control_path);
	close_fd(&parent->control_fd);
	close_fd(&parent->state_fd);
	for (size_t i = 0; i < ARRAY_LEN(parent->signals); i++)
		if (parent->signals[i] != NULL)
			event_free(parent->signals[i]);
	children_free(parent->children);
	loop_free(parent->loop);
	conf_unref(parent->conf);
}

static struct parent *
parent_new(void)
{
	struct parent *parent = calloc(1, sizeof(*parent));

	if (parent == NULL)
		die("out of memory");
	memset(parent->tcp_fds, -1, sizeof(parent->tcp_fds));
	memset(parent->udp_fds, -1, sizeof(parent->udp_fds));
	memset(parent->tun_fds, -1, sizeof(parent->tun_fds));
	parent->control_fd = -1;
	parent->state_fd = -1;
	return parent;
}

int
parent_run(const char *conf_dir)
{
	struct log_config early = {.level = LOG_INFO, .to_stderr = true};
	struct parent *parent = parent_new();
	int status;

	log_init("parent", &early);
	(void)signal(SIGPIPE, SIG_IGN);
	parent->status = 1;
	parent->conf = load_configuration(conf_dir);
	if (parent->conf == NULL)
		goto out;
	configure_logging(parent->conf);
	parent->generation = (uint64_t)clock_wall_sec() * 1000;
	parent->loop = loop_new();
	if (parent->loop == NULL || watch_signals(parent) != ERR_OK || open_all(parent) != ERR_OK ||
	    start_children(parent) != ERR_OK)
		goto out;
	parent->status = 0;
	loop_run(parent->loop);
	log_notice("stopped");
out:
	status = parent->status;
	parent_close(parent);
	free(parent);
	return status;
}
