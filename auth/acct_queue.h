/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Accounting requests on their way to the servers. One is kept (auth/acct_spool.h) until a server
 * of its group has answered, with accounting-mode simultaneous until all have. Those of one session
 * go out one after the other; of different sessions up to ACCT_WINDOW are under way to a group, and
 * to each server of a simultaneous one. Where nobody answers one is tried from time to time, the
 * others wait.
 */
#ifndef AUTH_ACCT_QUEUE_H
#define AUTH_ACCT_QUEUE_H

#include "auth/acct_spool.h"
#include "auth/radius_client.h"

#define ACCT_WINDOW 64
/* Seconds between tries while nobody answers: doubled from the first to the last. */
#define ACCT_RETRY_FIRST 2
#define ACCT_RETRY_LAST 30

struct acct_queue;

/*
 * Nothing is sent of a session before its own record is on the disk, which says the same: a process
 * that dies in between must not leave a Start of a session that nobody will end, nor end one twice.
 */
struct acct_queue_gate {
	/* May what was added before this turn of the loop be sent? NULL: at once. */
	bool (*is_open)(uint64_t session, void *arg);
	void *arg;
};

/* Both must outlive. gate may be NULL. NULL: memory. */
struct acct_queue *acct_queue_new(struct radius_client *client, struct acct_spool *spool,
    const struct acct_queue_gate *gate) MUST_USE;
/* What is under way is dropped; the spool keeps it. NULL is fine. */
void acct_queue_free(struct acct_queue *queue);
/* What an earlier process left, once. With a gate it waits for acct_queue_sift(). ERR_SYS,
 * ERR_NOMEM.
 */
enum err acct_queue_load(struct acct_queue *queue) MUST_USE;
/*
 * The sessions are known now: of what was found, a Start of a session that is not known to be
 * accounted and has no Stop was never sent, nor was a Stop of a session that is alive. Both are
 * dropped, and so is a second Stop. is_alive(): is there such a session, and is it accounted?
 */
void acct_queue_sift(
    struct acct_queue *queue, bool (*is_alive)(uint64_t session, void *arg), void *arg);
/* Another configuration is in force, in the client too: where servers came or went, requests are
 * given out anew. Takes a reference. */
void acct_queue_use(struct acct_queue *queue, struct conf *conf);
/*
 * Take a request, which is complete but for Acct-Delay-Time and Event-Timestamp. When the spool is
 * full the oldest Interim gives way, then the oldest of all that is not under way; each is logged.
 */
void acct_queue_add(struct acct_queue *queue, Ipc__AccountingRecord *record);
/* Once a second. */
void acct_queue_tick(struct acct_queue *queue);
/* Requests that wait or are under way. */
size_t acct_queue_len(const struct acct_queue *queue);

#endif
