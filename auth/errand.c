/* SPDX-License-Identifier: Apache-2.0 */
/* Requests to pki and to the parent. */
#include "auth/errand.h"

#include <stdlib.h>
#include <utlist.h>

#include "common/log.h"

#define JUDGE_TIMEOUT_MS 25000  /* responders may have to be asked; less than gateway waits */
#define CA_TIMEOUT_MS 5000      /* nothing is fetched for it */
#define ACCOUNT_TIMEOUT_MS 8000 /* a directory may have to be asked */
#define RELOAD_TIMEOUT_MS 50000 /* less than a caller of the control socket waits */

/* ---- pki ---- */

/* A certificate that pki is asked about. */
struct judging {
	arrival_judged_fn done;
	void *arg;
};

static void
on_verdict(enum err err, const ProtobufCMessage *msg, void *arg)
{
	struct judging *judging = arg;

	judging->done(err == ERR_OK ? (const Ipc__CertVerdict *)msg : NULL, judging->arg);
	free(judging);
}

enum err
errand_judge(void *arg, const Ipc__CertJudge *msg, arrival_judged_fn fn, void *fn_arg)
{
	struct errand *errand = arg;
	struct judging *judging;
	enum err err;

	if (errand->pki == NULL)
		return ERR_CLOSED;
	judging = malloc(sizeof(*judging));
	if (judging == NULL)
		return ERR_NOMEM;
	*judging = (struct judging){.done = fn, .arg = fn_arg};
	err = ipc_request(errand->pki, IPC__MSG_TYPE__MSG_CERT_JUDGE, &msg->base,
	    IPC__MSG_TYPE__MSG_CERT_VERDICT, JUDGE_TIMEOUT_MS, on_verdict, judging, NULL);
	if (err != ERR_OK)
		free(judging);
	return err;
}

/* Two certificates that pki is asked about. */
struct pairing {
	login_paired_fn done;
	void *arg;
};

static void
on_pair_verdict(enum err err, const ProtobufCMessage *msg, void *arg)
{
	struct pairing *pairing = arg;

	pairing->done(err == ERR_OK ? (const Ipc__PairVerdict *)msg : NULL, pairing->arg);
	free(pairing);
}

enum err
errand_pair(void *arg, const Ipc__PairJudge *msg, login_paired_fn fn, void *fn_arg)
{
	struct errand *errand = arg;
	struct pairing *pairing;
	enum err err;

	if (errand->pki == NULL)
		return ERR_CLOSED;
	pairing = malloc(sizeof(*pairing));
	if (pairing == NULL)
		return ERR_NOMEM;
	*pairing = (struct pairing){.done = fn, .arg = fn_arg};
	err = ipc_request(errand->pki, IPC__MSG_TYPE__MSG_PAIR_JUDGE, &msg->base,
	    IPC__MSG_TYPE__MSG_PAIR_VERDICT, JUDGE_TIMEOUT_MS, on_pair_verdict, pairing, NULL);
	if (err != ERR_OK)
		free(pairing);
	return err;
}

/* A page that pki is asked for. */
struct ca_asking {
	struct errand *errand;
	control_ca_fn done; /* NULL: he does not wait any more */
	void *arg;
	struct ca_asking *prev, *next;
};

/* The analyser does not follow utlist's lists. */
/* NOLINTBEGIN(clang-analyzer-unix.Malloc) */

static void
on_ca_page(enum err err, const ProtobufCMessage *msg, void *arg)
{
	struct ca_asking *asking = arg;

	DL_DELETE(asking->errand->ca_askings, asking);
	if (asking->done != NULL)
		asking->done(err == ERR_OK ? (const Ipc__CaListReply *)msg : NULL, asking->arg);
	free(asking);
}

enum err
errand_ca_list(const Ipc__CaList *msg, control_ca_fn fn, void *fn_arg, void *ctx)
{
	struct errand *errand = ctx;
	struct ca_asking *asking;
	enum err err;

	if (errand->pki == NULL)
		return ERR_CLOSED;
	asking = malloc(sizeof(*asking));
	if (asking == NULL)
		return ERR_NOMEM;
	*asking = (struct ca_asking){.errand = errand, .done = fn, .arg = fn_arg};
	DL_APPEND(errand->ca_askings, asking);
	err = ipc_request(errand->pki, IPC__MSG_TYPE__MSG_CA_LIST, &msg->base,
	    IPC__MSG_TYPE__MSG_CA_LIST_REPLY, CA_TIMEOUT_MS, on_ca_page, asking, NULL);
	if (err != ERR_OK) {
		DL_DELETE(errand->ca_askings, asking);
		free(asking);
	}
	return err;
}

/* NOLINTEND(clang-analyzer-unix.Malloc) */

/* Outstanding requests hear of the end inside ipc_free(), hence the field is cleared first. */
static void
detach_pki(struct errand *errand)
{
	struct ipc *ipc = errand->pki;

	errand->pki = NULL;
	ipc_free(ipc);
}

static void
on_pki_closed(struct ipc *ipc, const char *why, void *arg)
{
	(void)ipc;
	log_info("channel to pki closed: %s", why);
	detach_pki(arg);
}

static void
handle_trace(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	struct errand *errand = arg;

	(void)ipc, (void)id, (void)fd;
	if (errand->desk != NULL)
		trace_desk_take(errand->desk, (const Ipc__Trace *)msg);
}

static const struct ipc_row pki_rows[] = {
    {.type = IPC__MSG_TYPE__MSG_TRACE, .handle = handle_trace},
};

/* One that is gone will be told when it is new. */
void
errand_tell_watch(const Ipc__TraceWatch *watch, void *arg)
{
	struct errand *errand = arg;
	enum err err = ERR_OK;

	if (errand->pki != NULL)
		err = ipc_send(errand->pki, IPC__MSG_TYPE__MSG_TRACE_WATCH, &watch->base);
	if (err != ERR_OK && err != ERR_CLOSED)
		log_warn("pki does not hear what is debugged: %s", err_str(err));
}

void
errand_attach_pki(struct errand *errand, int fd)
{
	struct ipc_config config = {
	    .peer = "pki",
	    .rows = pki_rows,
	    .rows_len = ARRAY_LEN(pki_rows),
	    .on_closed = on_pki_closed,
	    .arg = errand,
	};

	detach_pki(errand);
	errand->pki = ipc_new(errand->loop, fd, &config);
	if (errand->pki == NULL)
		log_err("no channel to pki: out of memory");
	else if (errand->desk != NULL && trace_desk_is_watched(errand->desk))
		trace_desk_tell(errand->desk, errand_tell_watch, errand);
}

void
errand_fini(struct errand *errand)
{
	detach_pki(errand);
}

/* ---- the parent ---- */

static void
on_reloaded(enum err err, const ProtobufCMessage *msg, void *arg)
{
	const Ipc__Reloaded *reloaded = (const Ipc__Reloaded *)msg;
	struct errand *errand = arg;
	control_reloaded_fn done = errand->reload_done;

	errand->reloading = false;
	errand->reload_done = NULL;
	if (done == NULL)
		return;
	if (err == ERR_OK)
		done(reloaded->ok, reloaded->text, errand->reload_arg);
	else
		done(false, "the parent process gave no answer; its log tells more",
		    errand->reload_arg);
}

void
errand_reload(struct errand *errand, control_reloaded_fn done, void *arg)
{
	Ipc__Reload msg = IPC__RELOAD__INIT;

	if (errand->reloading) {
		done(false, "a reload is running already", arg);
		return;
	}
	if (errand->parent == NULL || ipc_request(errand->parent, IPC__MSG_TYPE__MSG_RELOAD,
					  &msg.base, IPC__MSG_TYPE__MSG_RELOADED, RELOAD_TIMEOUT_MS,
					  on_reloaded, errand, NULL) != ERR_OK) {
		done(false, "the parent process cannot be asked", arg);
		return;
	}
	errand->reloading = true;
	errand->reload_done = done;
	errand->reload_arg = arg;
}

/* Names that the parent is asked for. */
struct account_asking {
	struct errand *errand;
	control_account_fn done; /* NULL: nobody waits any more */
	void *arg;
	struct account_asking *prev, *next;
};

/* As above: the analyser does not follow who holds it meanwhile. */
/* NOLINTBEGIN(clang-analyzer-unix.Malloc) */

static void
on_account(enum err err, const ProtobufCMessage *msg, void *arg)
{
	struct account_asking *asking = arg;

	DL_DELETE(asking->errand->account_askings, asking);
	if (asking->done != NULL)
		asking->done(err == ERR_OK ? (const Ipc__Account *)msg : NULL, asking->arg);
	free(asking);
}

enum err
errand_account(const Ipc__AccountAsk *ask, control_account_fn fn, void *arg, void *ctx)
{
	struct errand *errand = ctx;
	struct account_asking *asking;
	enum err err;

	if (errand->parent == NULL)
		return ERR_CLOSED;
	asking = malloc(sizeof(*asking));
	if (asking == NULL)
		return ERR_NOMEM;
	*asking = (struct account_asking){.errand = errand, .done = fn, .arg = arg};
	DL_APPEND(errand->account_askings, asking);
	err = ipc_request(errand->parent, IPC__MSG_TYPE__MSG_ACCOUNT_ASK, &ask->base,
	    IPC__MSG_TYPE__MSG_ACCOUNT, ACCOUNT_TIMEOUT_MS, on_account, asking, NULL);
	if (err != ERR_OK) {
		DL_DELETE(errand->account_askings, asking);
		free(asking);
	}
	return err;
}

/* NOLINTEND(clang-analyzer-unix.Malloc) */

void
errand_cancel(struct errand *errand, const void *arg)
{
	struct account_asking *account;
	struct ca_asking *asking;

	if (errand->reload_arg == arg)
		errand->reload_done = NULL;
	DL_FOREACH (errand->ca_askings, asking)
		if (asking->arg == arg)
			asking->done = NULL;
	DL_FOREACH (errand->account_askings, account)
		if (account->arg == arg)
			account->done = NULL;
}
