/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Accounting requests from within, for auth/acct_queue.c (records and server groups) and
 * auth/acct_lane.c (whose turn it is, sending).
 *
 * A group has lanes: one in mode single, one for each server in mode simultaneous. A record has a
 * job in every lane that has not answered for it. In a lane the jobs of one session stand in line;
 * the lines whose first job is not under way stand in line themselves, so that sessions take turns.
 */
#ifndef AUTH_ACCT_PARTS_H
#define AUTH_ACCT_PARTS_H

#include "auth/acct_queue.h"
#include "auth/table.h"
#include "common/log.h"

#define ACCT_LANES_MAX 16
#define ACCT_NAME_SIZE 65

struct lane;
struct record;

/* A record in a lane. */
struct job {
	struct record *record;
	struct line *line;
	struct radius_call *call; /* NULL: not under way */
	struct job *prev, *next;  /* in the line */
	struct job *record_next;  /* of the same record */
};

/* The jobs of one session in a lane, oldest first. */
struct line {
	uint64_t session;
	struct lane *lane;
	struct job *jobs;
	struct line *prev, *next; /* of lane->ready */
	UT_hash_handle hh;
};

struct lane {
	struct group *group;
	struct ip_addr server; /* family 0: whichever of the group */
	struct line *lines;    /* by session */
	struct line *ready;    /* those whose first job waits */
	unsigned under_way;
	bool silent;             /* nobody answered the last one */
	const struct job *probe; /* the one that is tried while it is silent */
	unsigned retry_sec;
	uint64_t retry_ms; /* when the next one may be tried */
};

struct group {
	char name[ACCT_NAME_SIZE];
	struct acct_queue *queue;
	bool simultaneous;
	struct lane *lanes;
	size_t lanes_len; /* 0: nobody to send to */
	UT_hash_handle hh;
};

struct record {
	uint64_t number;
	Ipc__AccountingRecord *msg;
	struct group *group;
	struct job *jobs;
	bool held;  /* no lane has it yet */
	bool found; /* an earlier process left it */
	struct record *prev, *next;
};

struct acct_queue {
	struct radius_client *client;
	struct acct_spool *spool;
	struct acct_queue_gate gate;
	size_t held;
	struct conf *conf;
	struct group *groups;
	struct record *records; /* oldest first */
	size_t len;
	size_t interims;
	struct log_limit limit; /* of lines about records that are given up */
};

/* ---- auth/acct_lane.c ---- */

/* Behind the session's other jobs. False: memory. */
bool acct_job_add(struct lane *lane, struct record *record) MUST_USE;
/* Out of its line; what is under way is cancelled. */
void acct_job_free(struct job *job);
/* Send what may be sent. */
void acct_lane_pump(struct lane *lane);

/* ---- auth/acct_queue.c ---- */

/* User-Name, for the log. */
void acct_record_user(const Ipc__AccountingRecord *msg, char *out, size_t size);
/* It is done, or given up: out of the spool, too. */
void acct_record_drop(struct acct_queue *queue, struct record *record);

#endif
