/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first step of a login: to which tunnel group does the client come? Where the configuration
 * has certificate maps, or the tunnel group asks for a certificate, and the client showed one, pki
 * is asked to judge it first. Without a good one, or without an answer, the login goes on as if
 * there were none.
 */
#ifndef AUTH_ARRIVAL_H
#define AUTH_ARRIVAL_H

#include <stddef.h>

#include "common/attr.h"
#include "common/err.h"
#include "common/ipc.pb-c.h"
#include "conf/conf.h"
#include "conf/resolve.h"

#define ARRIVAL_JUDGED_MAX 256          /* certificates that are being judged at one time */
#define ARRIVAL_CERTIFICATES_MAX 10     /* of one client */
#define ARRIVAL_CERTIFICATE_BYTES 65536 /* all of them */
#define ARRIVAL_NAMES_MAX 8192          /* bytes of names that are kept for a login */

struct arrivals;

/* pki's word on a certificate; NULL: it did not answer. Borrowed. */
typedef void (*arrival_judged_fn)(const Ipc__CertVerdict *verdict, void *arg);
/* Ask pki: fn is called once, later. An error: it cannot be asked, fn is not called. */
typedef enum err (*arrival_judge_fn)(
    void *judge, const Ipc__CertJudge *msg, arrival_judged_fn fn, void *arg);

/* The outcome; choice borrows from the configuration that was given. names, NULL without a good
 * certificate, are the callee's to free. */
typedef void (*arrival_done_fn)(
    const struct resolve_choice *choice, Ipc__CertNames *names, void *arg);

/* What the client says; texts are never NULL and may be hostile. */
struct arrival_request {
	const Ipc__ClientFacts *facts; /* that passed facts_read() */
	const char *url;               /* <group-access>, or "" */
	const char *select;            /* <group-select>, or "" */
};

/* A copy of names to keep with a login; NULL: too big, or memory. */
Ipc__CertNames *arrival_names_keep(const Ipc__CertNames *names) MUST_USE;

/* judge NULL: no certificate is ever good. NULL: memory. */
struct arrivals *arrivals_new(arrival_judge_fn judge, void *arg) MUST_USE;
/* Nobody may be asked any more. */
void arrivals_free(struct arrivals *arrivals);

/* Calls done exactly once, before it returns or later; conf must live until then. */
void arrival_resolve(struct arrivals *arrivals, const struct conf *conf,
    const struct arrival_request *request, arrival_done_fn done, void *arg);

#endif
