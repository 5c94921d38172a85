/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pki role: holds the private keys and signs handshakes for the workers of gateway. A key
 * leaves this process never; what a worker may have signed is checked by key.c. What auth may ask
 * will come with certificate logins.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/ipc.h"
#include "common/log.h"
#include "common/proc.h"
#include "common/role.h"
#include "conf/conf.h"
#include "pki/identity.h"
#include "pki/signers.h"

#define SIGN_THREADS_MAX 4
#define WORKERS_MAX 64

/* The channel to one worker, or to auth. */
struct peer {
	struct pki *pki;
	struct ipc *ipc;     /* NULL: it is being restarted */
	uint32_t generation; /* tells late signatures for a channel that is gone */
};

struct pki {
	struct loop *loop;
	struct conf *conf;
	struct ipc *parent;
	struct signers *signers;
	struct identities identities;
	struct peer workers[WORKERS_MAX];
	struct peer auth;
	uint32_t generation;
	int status;
};

/* ---- the workers of gateway ---- */

static void
handle_key_list(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	struct pki *pki = ((struct peer *)arg)->pki;
	size_t n = pki->identities.len;
	Ipc__KeyListReply reply = IPC__KEY_LIST_REPLY__INIT;
	Ipc__Identity *rows = calloc(n, sizeof *rows);
	Ipc__Identity **pointers = calloc(n, sizeof *pointers);
	ProtobufCBinaryData *ders = calloc(n * TRUST_CHAIN_MAX, sizeof *ders);

	(void)msg, (void)fd;
	if (rows == NULL || pointers == NULL || ders == NULL)
		goto out; /* the worker's request times out and it asks again */
	for (size_t i = 0; i < n; i++) {
		const struct identity *identity = &pki->identities.list[i];

		ipc__identity__init(&rows[i]);
		rows[i].key = (uint32_t)i;
		rows[i].trustpoint = (char *)(uintptr_t)identity->trustpoint;
		rows[i].certificate = &ders[i * TRUST_CHAIN_MAX];
		rows[i].n_certificate = identity->chain.len;
		for (size_t j = 0; j < identity->chain.len; j++) {
			rows[i].certificate[j].data = identity->chain.der[j];
			rows[i].certificate[j].len = identity->chain.der_len[j];
		}
		pointers[i] = &rows[i];
	}
	reply.identity = pointers;
	reply.n_identity = n;
	(void)ipc_reply(ipc, id, IPC__MSG_TYPE__MSG_KEY_LIST_REPLY, &reply.base);
out:
	free(rows);
	free(pointers);
	free(ders);
}

static void
answer(struct ipc *ipc, uint32_t id, const uint8_t *signature, size_t len)
{
	Ipc__KeySigned reply = IPC__KEY_SIGNED__INIT;

	reply.signature.data = (uint8_t *)(uintptr_t)signature;
	reply.signature.len = len;
	(void)ipc_reply(ipc, id, IPC__MSG_TYPE__MSG_KEY_SIGNED, &reply.base);
}

static void
on_signed(void *arg, uint64_t ticket, const uint8_t *signature, size_t len)
{
	struct pki *pki = arg;
	uint32_t generation = (uint32_t)(ticket >> 32);

	for (size_t i = 0; i < WORKERS_MAX; i++) {
		struct peer *peer = &pki->workers[i];

		if (peer->ipc != NULL && peer->generation == generation) {
			answer(peer->ipc, (uint32_t)ticket, signature, len);
			return;
		}
	}
}

static void
handle_key_sign(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	static struct log_limit limit = {.burst = 5, .interval_sec = 60};
	const Ipc__KeySign *order = (const Ipc__KeySign *)msg;
	struct peer *peer = arg;
	struct pki *pki = peer->pki;
	unsigned suppressed = 0;
	enum err err = ERR_NOTFOUND;

	(void)fd;
	if (order->key < pki->identities.len)
		err = signers_order(pki->signers, pki->identities.list[order->key].key, order->op,
		    order->data.data, order->data.len, (uint64_t)peer->generation << 32 | id);
	if (err == ERR_OK)
		return;
	if (log_limit_ok(&limit, &suppressed))
		log_warn("key %u, operation %d on %zu bytes refused: %s (%u more like this)",
		    order->key, (int)order->op, order->data.len, err_str(err), suppressed);
	answer(ipc, id, NULL, 0);
}

static const struct ipc_row worker_rows[] = {
    {.type = IPC__MSG_TYPE__MSG_KEY_LIST, .handle = handle_key_list, .request = true},
    {.type = IPC__MSG_TYPE__MSG_KEY_SIGN, .handle = handle_key_sign, .request = true},
};

/* The parent notices a dead peer itself and brings a new channel. */
static void
on_peer_closed(struct ipc *ipc, const char *why, void *arg)
{
	struct peer *peer = arg;

	log_info("channel to %s closed: %s", peer == &peer->pki->auth ? "auth" : "gateway", why);
	peer->ipc = NULL;
	ipc_free(ipc);
}

/* Take a channel that the parent brought; it replaces the one that was there. */
static void
peer_take(struct pki *pki, Ipc__RoleId role, unsigned worker, int fd)
{
	bool is_worker = role == IPC__ROLE_ID__ROLE_GATEWAY && worker < WORKERS_MAX;
	struct peer *peer = is_worker ? &pki->workers[worker] : &pki->auth;
	struct ipc_config config = {
	    .peer = is_worker ? "gateway" : "auth",
	    .rows = is_worker ? worker_rows : NULL,
	    .rows_len = is_worker ? ARRAY_LEN(worker_rows) : 0,
	    .on_closed = on_peer_closed,
	    .arg = peer,
	};

	if (!is_worker && role != IPC__ROLE_ID__ROLE_AUTH) {
		close(fd);
		return;
	}
	ipc_free(peer->ipc);
	peer->pki = pki;
	peer->generation = ++pki->generation;
	peer->ipc = ipc_new(pki->loop, fd, &config);
	if (peer->ipc == NULL)
		log_err("no channel to %s: out of memory", config.peer);
}

/* ---- the parent ---- */

static void
handle_role_fd(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	const Ipc__RoleFd *rf = (const Ipc__RoleFd *)msg;

	(void)ipc, (void)id;
	if (rf->kind == IPC__FD_KIND__FD_PEER)
		peer_take(arg, rf->peer, rf->worker, fd);
	else
		close(fd);
}

static void
handle_role_stop(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	struct pki *pki = arg;

	(void)ipc, (void)id, (void)msg, (void)fd;
	loop_stop(pki->loop);
}

static void
on_parent_closed(struct ipc *ipc, const char *why, void *arg)
{
	struct pki *pki = arg;

	log_err("channel to the parent closed: %s", why);
	pki->parent = NULL;
	pki->status = 1;
	ipc_free(ipc);
	loop_stop(pki->loop);
}

static const struct ipc_row parent_rows[] = {
    {.type = IPC__MSG_TYPE__MSG_ROLE_FD, .handle = handle_role_fd, .wants_fd = true},
    {.type = IPC__MSG_TYPE__MSG_ROLE_STOP, .handle = handle_role_stop},
};

/* ---- start and end ---- */

static void
conf_take(struct pki *pki, const struct role_env *env)
{
	struct conf_errors errors;

	pki->conf = conf_take_slice(env->slice, env->slice_len);
	conf_errors_init(&errors);
	if (identities_load(pki->conf, &errors, &pki->identities) != ERR_OK)
		die("the identities handed over are not valid: %s", buf_cstr(&errors.text));
	conf_errors_fini(&errors);
}

static unsigned
sign_threads(void)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	if (cpus < 1)
		return 1;
	return cpus > SIGN_THREADS_MAX ? SIGN_THREADS_MAX : (unsigned)cpus;
}

static void
peers_take(struct pki *pki, struct role_env *env)
{
	for (size_t i = 0; i < env->fds_len; i++) {
		struct role_fd *rf = &env->fds[i];

		if (rf->fd < 0 || rf->kind != IPC__FD_KIND__FD_PEER)
			continue;
		peer_take(pki, rf->peer, rf->worker, rf->fd);
		rf->fd = -1;
	}
}

static void
pki_close(struct pki *pki)
{
	signers_free(pki->signers);
	for (size_t i = 0; i < WORKERS_MAX; i++)
		ipc_free(pki->workers[i].ipc);
	ipc_free(pki->auth.ipc);
	ipc_free(pki->parent);
	loop_free(pki->loop);
	identities_fini(&pki->identities);
	conf_unref(pki->conf);
}

static int
pki_run(struct role_env *env)
{
	Ipc__RoleReady ready = IPC__ROLE_READY__INIT;
	struct pki pki = {0};
	struct ipc_config config = {
	    .peer = "parent",
	    .rows = parent_rows,
	    .rows_len = ARRAY_LEN(parent_rows),
	    .on_closed = on_parent_closed,
	    .arg = &pki,
	};

	conf_take(&pki, env);
	pki.loop = loop_new();
	if (pki.loop == NULL)
		die("out of memory");
	pki.signers = signers_new(pki.loop, sign_threads(), on_signed, &pki);
	pki.parent = ipc_new(pki.loop, env->parent_fd, &config);
	if (pki.signers == NULL || pki.parent == NULL)
		die("out of memory");
	peers_take(&pki, env);
	if (ipc_send(pki.parent, IPC__MSG_TYPE__MSG_ROLE_READY, &ready.base) != ERR_OK)
		die("the parent went away");
	loop_run(pki.loop);
	pki_close(&pki);
	return pki.status;
}

static void
pki_check(const struct conf *conf, struct conf_errors *errors)
{
	struct identities identities;

	if (identities_load(conf, errors, &identities) == ERR_OK)
		identities_fini(&identities);
}

const struct role pki_role = {
    .id = IPC__ROLE_ID__ROLE_PKI,
    .name = "pki",
    .user_setting = PU_PKI,
    .check = pki_check,
    .run = pki_run,
};
