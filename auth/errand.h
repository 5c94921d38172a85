/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What auth asks of the processes beside and above it: of pki to judge a certificate, of the parent
 * to reload. Each answer goes to who waits for it, if he still does.
 */
#ifndef AUTH_ERRAND_H
#define AUTH_ERRAND_H

#include <stdbool.h>

#include "auth/arrival.h"
#include "auth/control.h"
#include "auth/login.h"
#include "auth/trace_desk.h"
#include "common/ipc.h"
#include "common/loop.h"

/* Plain value; set the loop, zero the rest. */
struct errand {
	struct loop *loop;
	struct ipc *parent;      /* the owner's; NULL: gone */
	struct ipc *pki;         /* NULL while pki is being restarted */
	struct trace_desk *desk; /* the owner's: who hears what pki traces */
	/* Who asked for the reload that runs; NULL: nobody who still waits. */
	control_reloaded_fn reload_done;
	void *reload_arg;
	bool reloading;
	struct ca_asking *ca_askings; /* pages of "show crypto ca" that are waited for */
	struct account_asking *account_askings;
};

/* A trace_desk_tell_fn for pki; arg is the struct errand. */
void errand_tell_watch(const Ipc__TraceWatch *watch, void *arg);
/* Take a channel to pki, in place of an older one. */
void errand_attach_pki(struct errand *errand, int fd);
/* An arrival_judge_fn; arg is the struct errand. */
enum err errand_judge(
    void *arg, const Ipc__CertJudge *msg, arrival_judged_fn fn, void *fn_arg) MUST_USE;
/* A login_pair_fn; arg is the struct errand. */
enum err errand_pair(
    void *arg, const Ipc__PairJudge *msg, login_paired_fn fn, void *fn_arg) MUST_USE;
/* A control_ca_ask_fn; ctx is the struct errand. */
enum err errand_ca_list(const Ipc__CaList *msg, control_ca_fn fn, void *fn_arg, void *ctx) MUST_USE;
/* Have the parent reload; done is called once, at once or later. One at a time. */
void errand_reload(struct errand *errand, control_reloaded_fn done, void *arg);
/* Have the parent look up names; a control_config.account, ctx is the struct errand. */
enum err errand_account(
    const Ipc__AccountAsk *ask, control_account_fn fn, void *arg, void *ctx) MUST_USE;
/* Who asked with this arg does not wait any more. */
void errand_cancel(struct errand *errand, const void *arg);
/* Close the channel to pki: whoever waits for it hears so. */
void errand_fini(struct errand *errand);

#endif
