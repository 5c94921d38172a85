/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pki role: holds the private keys and signs handshakes for the workers of gateway, and judges
 * clients' certificates for auth, for which it may have to fetch what responders and CRLs say. A
 * key leaves this process never; what a worker may have signed is checked by key.c.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/fips.h"
#include "common/handover.h"
#include "common/ipc.h"
#include "common/log.h"
#include "common/metric.h"
#include "common/proc.h"
#include "common/role.h"
#include "common/trace.h"
#include "conf/conf.h"
#include "pki/ca_list.h"
#include "pki/expiry.h"
#include "pki/fetch.h"
#include "pki/judgement.h"
#include "pki/keyring.h"
#include "pki/pair_desk.h"
#include "pki/revocation.h"
#include "pki/signers.h"
#include "pki/staple.h"
#include "pki/trace_ca.h"

#define SIGN_THREADS_MAX 4
#define WORKERS_MAX 64
#define WHY_MAX 8192

/* The channel to one worker, or to auth. */
struct peer {
	struct pki *pki;
	struct ipc *ipc;     /* NULL: it is being restarted */
	uint32_t generation; /* tells late signatures for a channel that is gone */
};

struct pki {
	struct loop *loop;
	struct ipc *parent;
	struct signers *signers;
	struct keyring_set *keyrings;
	struct expiry *expiry;
	struct fetcher *fetcher;
	struct revocation *revocation;
	struct staples *staples;
	struct judgements *judgements;
	struct pair_desk *pair_desk;
	struct handover handover;
	uint32_t epoch; /* of the last keyring that was made */
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

	const Ipc__KeyListReply *list = &keyring_set_now(pki->keyrings)->list;

	(void)msg, (void)fd;
	staples_fill(pki->staples, list);
	(void)ipc_reply(ipc, id, IPC__MSG_TYPE__MSG_KEY_LIST_REPLY, &list->base);
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

	metric_count(len > 0 ? METRIC_SIGNED : METRIC_SIGN_FAILED);
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
	struct key *key = keyring_set_key(pki->keyrings, order->key);
	unsigned suppressed = 0;
	enum err err = ERR_NOTFOUND;

	(void)fd;
	if (key != NULL)
		err = signers_order(pki->signers, key, order->op, order->data.data, order->data.len,
		    (uint64_t)peer->generation << 32 | id);
	if (err == ERR_OK)
		return;
	metric_count(METRIC_SIGN_REFUSED);
	if (log_limit_ok(&limit, &suppressed))
		log_warn("key %u, operation %d on %zu bytes refused: %s (%u more like this)",
		    order->key, (int)order->op, order->data.len, err_str(err), suppressed);
	answer(ipc, id, NULL, 0);
}

static const struct ipc_row worker_rows[] = {
    {.type = IPC__MSG_TYPE__MSG_KEY_LIST, .handle = handle_key_list, .request = true},
    {.type = IPC__MSG_TYPE__MSG_KEY_SIGN, .handle = handle_key_sign, .request = true},
};

/* ---- auth ---- */

/* Anybody can show a bad certificate, as often as they like. */
static void
log_refused(const struct verdict *verdict)
{
	static struct log_limit limit = {.burst = 20, .interval_sec = 10};
	const char *serial = verdict->names != NULL ? verdict->names->serial : "?";
	const char *subject = verdict->names != NULL ? verdict->names->subject_name : "?";
	unsigned suppressed = 0;

	if (!log_limit_ok(&limit, &suppressed))
		return;
	if (suppressed > 0)
		log_warn("%u lines about client certificates left out", suppressed);
	log_event(LOGMSG_717009, verdict->reason, serial, subject);
	log_event(LOGMSG_717027);
}

/* 717022, the same with names, is auth's. */
static void
log_believed(const struct verdict *verdict, bool checked, const char *note)
{
	log_event(LOGMSG_717030, verdict->trustpoint);
	if (note[0] != '\0')
		log_warn("trustpoint %s passes over a revocation check that failed: %s",
		    verdict->trustpoint, note);
	log_event(LOGMSG_717028,
	    checked ? "with revocation check" : "with warning, revocation status was not checked");
}

static void
log_verdict(const struct verdict *verdict, bool checked, const char *note)
{
	trace_ca_result(verdict, checked, note);
	metric_count(verdict->ok ? METRIC_JUDGED_GOOD : METRIC_JUDGED_REFUSED);
	if (verdict->ok)
		log_believed(verdict, checked, note);
	else
		log_refused(verdict);
}

/* Auth may have gone meanwhile. */
static void
on_judged(const struct verdict *verdict, bool checked, const char *note,
    struct judgement_asker asker, void *arg)
{
	const struct peer *auth = &((struct pki *)arg)->auth;
	Ipc__CertVerdict reply;

	log_verdict(verdict, checked, note);
	if (auth->ipc == NULL || auth->generation != asker.channel)
		return;
	verdict_message(verdict, &reply);
	(void)ipc_reply(auth->ipc, asker.id, IPC__MSG_TYPE__MSG_CERT_VERDICT, &reply.base);
}

static void
handle_cert_judge(
    UNUSED struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	const Ipc__CertJudge *judge = (const Ipc__CertJudge *)msg;
	const struct peer *auth = arg;
	const struct keyring *keyring = keyring_set_now(auth->pki->keyrings);

	(void)fd;
	trace_ca_client(&judge->client_ip, judge->client_port);
	judgement_begin(auth->pki->judgements, keyring->conf, keyring->book, judge->certificate,
	    judge->n_certificate, (struct judgement_asker){auth->generation, id});
}

static void
handle_pair_judge(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	const Ipc__PairJudge *judge = (const Ipc__PairJudge *)msg;
	struct pki *pki = ((struct peer *)arg)->pki;
	const struct keyring *keyring = keyring_set_now(pki->keyrings);

	(void)fd;
	trace_ca_client(&judge->client_ip, judge->client_port);
	pair_desk_judge(pki->pair_desk, ipc, id, keyring->conf, keyring->book, judge);
}

static void
handle_ca_list(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	const struct pki *pki = ((struct peer *)arg)->pki;
	struct ca_list list;

	(void)fd;
	ca_list_fill(&list, keyring_set_now(pki->keyrings)->conf,
	    revocation_answers(pki->revocation), (const Ipc__CaList *)msg);
	(void)ipc_reply(ipc, id, IPC__MSG_TYPE__MSG_CA_LIST_REPLY, &list.msg.base);
	ca_list_fini(&list);
}

static void
handle_trace_watch(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	(void)ipc, (void)id, (void)fd, (void)arg;
	trace_watch((const Ipc__TraceWatch *)msg);
}

static void
handle_metrics(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	const struct pki *pki = ((struct peer *)arg)->pki;
	Ipc__MetricsReport report;

	(void)msg, (void)fd;
	metric_report_fill(&report);
	expiry_report(pki->expiry, &report);
	(void)ipc_reply(ipc, id, IPC__MSG_TYPE__MSG_METRICS_REPORT, &report.base);
}

/* A trace is worth no waiting: while the channel is slow, there is none. */
static bool
on_trace(const Ipc__Trace *trace, void *arg)
{
	struct ipc *auth = ((struct pki *)arg)->auth.ipc;

	return auth != NULL && ipc_queued(auth) == 0 &&
	       ipc_send(auth, IPC__MSG_TYPE__MSG_TRACE, &trace->base) == ERR_OK;
}

static const struct ipc_row auth_rows[] = {
    {.type = IPC__MSG_TYPE__MSG_TRACE_WATCH, .handle = handle_trace_watch},
    {.type = IPC__MSG_TYPE__MSG_CA_LIST, .handle = handle_ca_list, .request = true},
    {.type = IPC__MSG_TYPE__MSG_METRICS_REQUEST, .handle = handle_metrics, .request = true},
    {.type = IPC__MSG_TYPE__MSG_CERT_JUDGE, .handle = handle_cert_judge, .request = true},
    {.type = IPC__MSG_TYPE__MSG_PAIR_JUDGE, .handle = handle_pair_judge, .request = true},
};

/* The parent notices a dead peer itself and brings a new channel. */
static void
on_peer_closed(struct ipc *ipc, const char *why, void *arg)
{
	struct peer *peer = arg;

	log_info("channel to %s closed: %s", peer == &peer->pki->auth ? "auth" : "gateway", why);
	if (peer == &peer->pki->auth)
		trace_stop();
	judgements_cancel(peer->pki->judgements, peer->generation);
	pair_desk_forget(peer->pki->pair_desk, ipc);
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
	    .rows = is_worker ? worker_rows : auth_rows,
	    .rows_len = is_worker ? ARRAY_LEN(worker_rows) : ARRAY_LEN(auth_rows),
	    .on_closed = on_peer_closed,
	    .arg = peer,
	};

	if (!is_worker && role != IPC__ROLE_ID__ROLE_AUTH) {
		close(fd);
		return;
	}
	pair_desk_forget(pki->pair_desk, peer->ipc);
	ipc_free(peer->ipc);
	judgements_cancel(pki->judgements, peer->generation);
	peer->pki = pki;
	peer->generation = ++pki->generation;
	peer->ipc = ipc_new(pki->loop, fd, &config);
	if (peer->ipc == NULL)
		log_err("no channel to %s: out of memory", config.peer);
	if (peer == &pki->auth)
		trace_start(on_trace, pki);
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

static void *
make_keyring(const void *slice, size_t len, UNUSED uint64_t generation, struct buf *why, void *arg)
{
	struct pki *pki = arg;
	struct conf *conf = conf_read_slice(slice, len, why);
	struct keyring *keyring;
	struct conf_errors errors;

	if (conf == NULL)
		return NULL;
	/* A reload cannot change it; before the first key is read. */
	if (conf_bool(conf_sub(conf_root(conf, CONF_GATEWAY), GW_SSL), SSLC_FIPS) &&
	    fips_only() != ERR_OK) {
		buf_puts(why, "the FIPS provider is not there");
		conf_unref(conf);
		return NULL;
	}
	conf_errors_init(&errors);
	keyring = keyring_new(conf, ++pki->epoch, &errors);
	if (keyring == NULL)
		buf_puts(why, buf_cstr(&errors.text));
	conf_errors_fini(&errors);
	conf_unref(conf);
	return keyring;
}

static void
drop_keyring(void *made, UNUSED void *arg)
{
	keyring_free(made);
}

static void
handle_role_config(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	struct pki *pki = arg;

	(void)id;
	handover_receive(&pki->handover, ipc, (const Ipc__RoleConfig *)msg, fd);
}

/* A worker that cannot be told is told when its channel is new. */
static void
tell_workers(struct pki *pki)
{
	Ipc__KeysChanged msg = IPC__KEYS_CHANGED__INIT;

	for (size_t i = 0; i < WORKERS_MAX; i++) {
		struct ipc *ipc = pki->workers[i].ipc;

		if (ipc != NULL &&
		    ipc_send(ipc, IPC__MSG_TYPE__MSG_KEYS_CHANGED, &msg.base) != ERR_OK)
			log_err("gateway worker %zu does not hear of new keys", i);
	}
}

static void
handle_role_commit(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	const Ipc__RoleCommit *commit = (const Ipc__RoleCommit *)msg;
	struct pki *pki = arg;
	struct keyring *keyring = handover_commit(&pki->handover, commit);

	(void)ipc, (void)id, (void)fd;
	if (keyring != NULL) {
		keyring_set_use(pki->keyrings, keyring);
		tell_workers(pki);
		expiry_watch(pki->expiry, keyring->conf);
		staples_watch(pki->staples, keyring);
	} else if (commit->use) {
		log_err("the configuration to use was not handed over: restarting");
		pki->status = 1;
		loop_stop(pki->loop);
	}
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
    {.type = IPC__MSG_TYPE__MSG_ROLE_CONFIG, .handle = handle_role_config, .wants_fd = true},
    {.type = IPC__MSG_TYPE__MSG_ROLE_COMMIT, .handle = handle_role_commit},
    {.type = IPC__MSG_TYPE__MSG_ROLE_STOP, .handle = handle_role_stop},
};

/* ---- start and end ---- */

static void
keys_take(struct pki *pki, const struct role_env *env)
{
	struct keyring *keyring;
	struct buf why;

	buf_init(&why, WHY_MAX);
	pki->keyrings = keyring_set_new(pki->loop);
	pki->expiry = expiry_new(pki->loop);
	if (pki->keyrings == NULL || pki->expiry == NULL)
		die("out of memory");
	keyring = make_keyring(env->slice, env->slice_len, env->generation, &why, pki);
	if (keyring == NULL)
		die("the configuration handed over is not valid: %s", buf_cstr(&why));
	buf_fini(&why);
	keyring_set_use(pki->keyrings, keyring);
	expiry_watch(pki->expiry, keyring->conf);
}

static void
on_staples_changed(void *arg)
{
	tell_workers(arg);
}

/* What judging needs, and what is asked of responders beside it, before the channel of auth is
 * there. */
static void
court_open(struct pki *pki)
{
	pki->fetcher = fetcher_new(pki->loop);
	if (pki->fetcher != NULL)
		pki->revocation = revocation_new(pki->loop, pki->fetcher, NULL);
	if (pki->revocation != NULL)
		pki->judgements = judgements_new(pki->revocation, on_judged, pki);
	if (pki->judgements != NULL)
		pki->pair_desk = pair_desk_new(pki->revocation, log_verdict);
	if (pki->pair_desk != NULL)
		pki->staples = staples_new(pki->loop, pki->fetcher, NULL, on_staples_changed, pki);
	if (pki->staples == NULL)
		die("out of memory");
	staples_watch(pki->staples, keyring_set_now(pki->keyrings));
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
	pair_desk_free(pki->pair_desk);
	judgements_free(pki->judgements);
	staples_free(pki->staples);
	revocation_free(pki->revocation);
	fetcher_free(pki->fetcher);
	keyring_set_free(pki->keyrings);
	expiry_free(pki->expiry);
	handover_fini(&pki->handover);
	loop_free(pki->loop);
}

static int
pki_run(struct role_env *env)
{
	Ipc__RoleReady ready = IPC__ROLE_READY__INIT;
	struct pki pki = {
	    .handover.ops = {.make = make_keyring, .drop = drop_keyring, .arg = &pki}};
	struct ipc_config config = {
	    .peer = "parent",
	    .rows = parent_rows,
	    .rows_len = ARRAY_LEN(parent_rows),
	    .on_closed = on_parent_closed,
	    .arg = &pki,
	};

	pki.loop = loop_new();
	if (pki.loop == NULL)
		die("out of memory");
	keys_take(&pki, env);
	court_open(&pki);
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
	/* It takes a reference and gives it back: nothing is changed. */
	keyring_free(keyring_new((struct conf *)(uintptr_t)conf, 0, errors));
}

const struct role pki_role = {
    .id = IPC__ROLE_ID__ROLE_PKI,
    .name = "pki",
    .user_setting = PU_PKI,
    .check = pki_check,
    .prepare = fetch_prepare,
    .run = pki_run,
};
