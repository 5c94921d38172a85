/* SPDX-License-Identifier: Apache-2.0 */
/* Needs root: runs in the parent at start. */
#include "gateway/holdings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"
#include "common/priv.h"
#include "gateway/listen.h"
#include "gateway/netif.h"

#define WORKERS_MAX 64
#define LISTENERS_MAX 16

/* Who a child becomes; indexed by its role's user_setting. */
struct process_user {
	uid_t uid;
	gid_t gid;
};

struct holdings {
	struct conf *conf;
	unsigned workers;
	size_t listeners;
	int tcp_fds[WORKERS_MAX][LISTENERS_MAX];
	int udp_fds[WORKERS_MAX][LISTENERS_MAX];
	int tun_fds[WORKERS_MAX];
	int control_fd;
	int state_fd;
	const char *chroot_dir;
	const char *control_path; /* NULL: there is no socket of ours to unlink */
	struct process_user users[PU_COUNT];
};

/* ---- opening ---- */

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
open_sockets(struct holdings *holdings, const struct conf_object *root)
{
	struct conf_object *const *listeners;

	holdings->listeners = conf_subs(root, GW_LISTENERS, &listeners);
	if (holdings->listeners > LISTENERS_MAX)
		return ERR_LIMIT;
	for (unsigned w = 0; w < holdings->workers; w++)
		for (size_t l = 0; l < holdings->listeners; l++) {
			holdings->tcp_fds[w][l] = listen_tcp(listeners[l]);
			if (holdings->tcp_fds[w][l] < 0 ||
			    listen_udp(listeners[l], &holdings->udp_fds[w][l]) != ERR_OK)
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
open_directories(struct holdings *holdings, const struct conf_object *root)
{
	const struct process_user *auth = &holdings->users[PU_AUTH];
	int fd;

	holdings->chroot_dir = conf_str(root, GW_CHROOT_DIRECTORY);
	/* "/" means that the children keep the whole view: for debugging under tools that need it.
	 */
	if (strcmp(holdings->chroot_dir, "/") != 0) {
		fd = directory_open(holdings->chroot_dir, 0, 0, 0555);
		if (fd < 0)
			return ERR_SYS;
		close(fd);
	}
	holdings->state_fd =
	    directory_open(conf_str(root, GW_STATE_DIRECTORY), auth->uid, auth->gid, 0700);
	return holdings->state_fd >= 0 ? ERR_OK : ERR_SYS;
}

static enum err
find_users(struct holdings *holdings, const struct conf_object *root)
{
	const struct conf_object *users = conf_sub(root, GW_USERS);

	for (unsigned i = 0; i < PU_COUNT; i++) {
		const char *name = conf_str(users, i);

		if (priv_user(name, &holdings->users[i].uid, &holdings->users[i].gid) != ERR_OK) {
			log_err("gateway.conf: users.%s: there is no user %s",
			    conf_setting_name(CONF_PROCESS_USERS, i), name);
			return ERR_NOTFOUND;
		}
	}
	return ERR_OK;
}

static enum err
open_all(struct holdings *holdings)
{
	const struct conf_object *root = conf_root(holdings->conf, CONF_GATEWAY);
	const struct conf_object *tun = conf_sub(root, GW_TUN);
	const struct conf_object *control = conf_sub(root, GW_CONTROL);
	enum err err = find_users(holdings, root);

	if (err != ERR_OK)
		return err;
	holdings->workers = worker_count(root);
	holdings->control_fd = listen_control(control);
	if (holdings->control_fd < 0)
		return ERR_SYS;
	holdings->control_path = conf_str(control, CTL_PATH);
	err = open_directories(holdings, root);
	if (err == ERR_OK)
		err = open_sockets(holdings, root);
	if (err == ERR_OK)
		err = netif_open(tun, holdings->tun_fds, holdings->workers);
	if (err == ERR_OK)
		err = netif_configure(tun);
	return err;
}

struct holdings *
holdings_open(struct conf *conf)
{
	struct holdings *holdings = calloc(1, sizeof(*holdings));

	if (holdings == NULL) {
		log_err("out of memory");
		return NULL;
	}
	memset(holdings->tcp_fds, -1, sizeof(holdings->tcp_fds));
	memset(holdings->udp_fds, -1, sizeof(holdings->udp_fds));
	memset(holdings->tun_fds, -1, sizeof(holdings->tun_fds));
	holdings->control_fd = -1;
	holdings->state_fd = -1;
	holdings->conf = conf_ref(conf);
	if (open_all(holdings) == ERR_OK)
		return holdings;
	holdings_close(holdings);
	return NULL;
}

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void
holdings_close(struct holdings *holdings)
{
	if (holdings == NULL)
		return;
	for (unsigned w = 0; w < WORKERS_MAX; w++) {
		close_fd(&holdings->tun_fds[w]);
		for (size_t l = 0; l < LISTENERS_MAX; l++) {
			close_fd(&holdings->tcp_fds[w][l]);
			close_fd(&holdings->udp_fds[w][l]);
		}
	}
	if (holdings->control_fd >= 0 && holdings->control_path != NULL)
		(void)unlink(holdings->control_path);
	close_fd(&holdings->control_fd);
	close_fd(&holdings->state_fd);
	conf_unref(holdings->conf);
	free(holdings);
}

/* ---- a tun interface that somebody removed ---- */

bool
holdings_tun_is_lost(const struct holdings *holdings)
{
	return !netif_is_open(holdings->tun_fds[0]);
}

enum err
holdings_renew_tun(struct holdings *holdings)
{
	const struct conf_object *root = conf_root(holdings->conf, CONF_GATEWAY);

	for (unsigned w = 0; w < holdings->workers; w++)
		close_fd(&holdings->tun_fds[w]);
	return netif_open(conf_sub(root, GW_TUN), holdings->tun_fds, holdings->workers);
}

/* ---- handing out ---- */

unsigned
holdings_workers(const struct holdings *holdings)
{
	return holdings->workers;
}

const char *
holdings_chroot(const struct holdings *holdings)
{
	return holdings->chroot_dir;
}

void
holdings_user(const struct holdings *holdings, const struct role *role, uid_t *uid, gid_t *gid)
{
	*uid = holdings->users[role->user_setting].uid;
	*gid = holdings->users[role->user_setting].gid;
}

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
give_gateway(const struct holdings *holdings, struct ipc *ipc)
{
	enum err err = ERR_OK;

	for (unsigned w = 0; w < holdings->workers && err == ERR_OK; w++) {
		for (size_t l = 0; l < holdings->listeners && err == ERR_OK; l++) {
			err = send_fd(
			    ipc, IPC__FD_KIND__FD_TCP_LISTENER, w, l, holdings->tcp_fds[w][l]);
			if (err == ERR_OK && holdings->udp_fds[w][l] >= 0)
				err = send_fd(ipc, IPC__FD_KIND__FD_UDP_SOCKET, w, l,
				    holdings->udp_fds[w][l]);
		}
		if (err == ERR_OK)
			err = send_fd(ipc, IPC__FD_KIND__FD_TUN_QUEUE, w, 0, holdings->tun_fds[w]);
	}
	return err;
}

static enum err
give_auth(const struct holdings *holdings, struct ipc *ipc)
{
	enum err err = send_fd(ipc, IPC__FD_KIND__FD_CONTROL, 0, 0, holdings->control_fd);

	if (err == ERR_OK)
		err = send_fd(ipc, IPC__FD_KIND__FD_STATE_DIR, 0, 0, holdings->state_fd);
	return err;
}

enum err
holdings_give(const struct holdings *holdings, const struct role *role, struct ipc *ipc)
{
	if (role == &gateway_role)
		return give_gateway(holdings, ipc);
	if (role == &auth_role)
		return give_auth(holdings, ipc);
	return ERR_OK;
}
