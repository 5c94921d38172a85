/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The login state machine (protocol.md 2.1 - 2.8): from init through forms, requests and replies to
 * a session, or not. Pending logins are known by an unguessable handle that serves one reply; they
 * are limited in number, in all and for each source, the oldest giving way. Each keeps the
 * configuration that it began with.
 *
 *   init     which group?        reply     password?  right                   fresh counters
 *   ------> BUSY -------> FORM -------> BUSY ----------> user has many sessions? ------> session
 *            |             ^ ^            |                        ^
 *            |             | +------------+ wrong: a fresh handle, until attempts or time are used
 *            |             |                                       |   up
 *            +---> PAIR ---+---------------------------------------+
 *            |     second certificate good: password, or that was all
 *            +---> over: no certificate, a bad one, "come again with one", nothing else asked for
 *
 * A login that needs a certificate belongs to the one of the TLS connection of its init (its hash):
 * replies count only when they come with the same. What a gateway that lies can do: claim any
 * certificate for a connection, for only it sees the proof of its key. What it cannot: make the
 * second signature, or use a password that it was not told.
 */
#ifndef AUTH_LOGIN_H
#define AUTH_LOGIN_H

#include <stddef.h>
#include <stdint.h>

#include "auth/aaa.h"
#include "auth/arrival.h"
#include "auth/session.h"
#include "common/attr.h"
#include "common/err.h"
#include "common/ipc.pb-c.h"
#include "common/secret.h"

#define LOGIN_HANDLE_SEC 180 /* life of a handle */
#define LOGIN_TABLE_MAX 65536
#define LOGIN_SOURCE_MAX 256 /* of one IPv4 address or one IPv6 /64 */
#define LOGIN_PAIRS_MAX 128  /* second certificates that are being judged at one time */

struct login_table;
struct threat;

/* The answer to an init or a reply: called once for each, now or later. The message is borrowed. */
typedef void (*login_answer_fn)(const Ipc__AuthAnswer *answer, void *arg);
/* aaa_ask() and aaa_cancel(), or what a test has instead. */
typedef enum err (*login_ask_fn)(void *asker, const struct aaa_question *question, aaa_done_fn done,
    void *arg, struct aaa_ask **ask);
typedef void (*login_cancel_fn)(struct aaa_ask *ask);
/* Have the workers report, then call done once, later. */
typedef void (*login_refresh_fn)(void *refresher, void (*done)(void *arg), void *arg);

/* pki's word on two certificates; NULL: it did not answer. Borrowed. */
typedef void (*login_paired_fn)(const Ipc__PairVerdict *verdict, void *arg);
/* Ask pki: fn is called once, later. An error: it cannot be asked, fn is not called. */
typedef enum err (*login_pair_fn)(
    void *pairer, const Ipc__PairJudge *msg, login_paired_fn fn, void *arg);

struct login_config {
	struct conf *conf;              /* the one in force; the table takes a reference */
	uint64_t generation;            /* of it: the config-hash */
	struct session_table *sessions; /* must outlive, as must arrivals */
	struct arrivals *arrivals;
	login_ask_fn ask;
	login_cancel_fn cancel; /* NULL: an ask always ends by itself */
	void *asker;
	login_refresh_fn refresh; /* NULL: sessions know how long they have been idle */
	void *refresher;
	login_pair_fn pair; /* NULL: no second certificate is ever good */
	void *pairer;
	struct threat *threat; /* NULL: nobody's failures are counted */
};

struct login_table *login_table_new(const struct login_config *config) MUST_USE;
/* Another configuration is in force, for logins that begin. Takes a reference. */
void login_table_use(struct login_table *table, struct conf *conf, uint64_t generation);
/* Refuses what is still busy. Asker, arrivals, refresher and pairer must be at rest. */
void login_table_free(struct login_table *table);
/* Forget what is over its time. */
void login_table_tick(struct login_table *table);
/* Handles that wait for a reply. */
size_t login_table_len(const struct login_table *table);
/* Of the configuration in force. */
uint64_t login_table_generation(const struct login_table *table);

void login_init(
    struct login_table *table, const Ipc__AuthInit *init, login_answer_fn fn, void *arg);
/* Wipe the values of the fields. */
void login_reply_wipe(Ipc__AuthReply *reply);
/* The same, with the answer of a login that failed: nobody looks at it. */
void login_reply_refuse(Ipc__AuthReply *reply, login_answer_fn fn, void *arg);
/* The values of the fields are wiped. */
void login_reply(struct login_table *table, Ipc__AuthReply *reply, login_answer_fn fn, void *arg);

#endif
