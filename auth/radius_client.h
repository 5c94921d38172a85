/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The RADIUS servers of aaa.conf, by server group: who is asked, when he is asked again, when he is
 * given up and when he is tried once more (asa.md 5). Everything is asynchronous on auth's loop;
 * hundreds of requests are under way at one time.
 *
 * A request goes to the first server of the group that is not FAILED. It is sent again each
 * retry-interval, and after timeout it has failed once. So many failures in a row of one server (of
 * all requests, max-failed-attempts; any answer that is genuine sets the count back) make it FAILED
 * (113022), and everything that waits for it goes to the next at once. Mode depletion: FAILED
 * servers come back (113023) when all of the group are FAILED and deadtime is over; mode timed:
 * each after 30 s. While all are FAILED: a request with fallback fails at once, one without begins
 * again with the first server, and tries each for one timeout; a FAILED server that answers is
 * ACTIVE again. A request that failed max-failed-attempts times at a server that answers others
 * goes to the next, too.
 */
#ifndef AUTH_RADIUS_CLIENT_H
#define AUTH_RADIUS_CLIENT_H

#include "auth/radius_packet.h"
#include "common/ipc.pb-c.h"
#include "common/loop.h"
#include "common/metric.h"
#include "conf/conf.h"

#define RADIUS_CALLS_MAX 16384 /* requests under way, in all */

struct radius_client;
struct radius_call;

enum radius_outcome {
	RADIUS_ANSWERED,
	RADIUS_SILENT, /* no server of the group answered, or none can be asked */
};

struct radius_result {
	enum radius_outcome outcome;
	const struct radius_packet *packet; /* ANSWERED; borrowed */
	struct ip_addr server;              /* who answered, or was asked last; family 0: nobody */
	const struct conf_object *host;     /* CONF_AAA_HOST of it, in the configuration in force */
};

typedef void (*radius_done_fn)(const struct radius_result *result, void *arg);

/* Where a request goes. Borrowed. */
struct radius_target {
	const char *group;
	const struct ip_addr
	    *server;        /* this one only (a challenge goes on where it began), or NULL */
	bool accounting;    /* to the accounting port */
	bool fallback;      /* somebody else can be asked: fail at once when all are FAILED */
	bool authorization; /* counted as such, not as an authentication */
};

/* Takes a reference to conf. NULL: memory. */
struct radius_client *radius_client_new(struct loop *loop, struct conf *conf) MUST_USE;
/* What is under way is dropped, its done is never called. NULL is fine. */
void radius_client_free(struct radius_client *client);
/* Another configuration: made ready (ERR_NOMEM: nothing changed), then used. Servers that stay keep
 * their state and counters; calls to those that go are answered SILENT. */
enum err radius_client_prepare(struct radius_client *client, struct conf *conf) MUST_USE;
void radius_client_use(struct radius_client *client);

/*
 * Ask. Takes the content of request, in any case. done is called once, later, on the loop, unless
 * the call is cancelled. ERR_NOTFOUND: no such group or server, or it has no key; ERR_LIMIT: too
 * many are under way, or it is too long for a packet; ERR_NOMEM; the error of what was put. *call
 * may be kept for radius_call_cancel() until done.
 */
enum err radius_client_ask(struct radius_client *client, const struct radius_target *target,
    struct radius_request *request, radius_done_fn done, void *arg,
    struct radius_call **call) MUST_USE;
void radius_call_cancel(struct radius_call *call);

/* Addresses of a group's servers, in order; returns how many, at most max. For accounting-mode
 * simultaneous. */
size_t radius_client_servers(
    const struct radius_client *client, const char *group, struct ip_addr *out, size_t max);
/* The counters of a group's servers begin anew: of all of them or one, of all groups (NULL) or one.
 * Returns how many servers that were. */
size_t radius_client_clear(
    struct radius_client *client, const char *group, const struct ip_addr *server);
/* For show aaa-server: the i-th server of all groups; false: no more. Borrowed until the loop runs
 * again. */
bool radius_client_listing(const struct radius_client *client, size_t i, Ipc__CtlAaaHost *out);
/* How long the same server took to answer, since the start; NULL: no more. */
const struct metric_histogram *radius_client_times(const struct radius_client *client, size_t i);

#endif
