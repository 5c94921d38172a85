/* SPDX-License-Identifier: Apache-2.0 */
/* What struct coa is made of. For auth/coa*.c and the tests of them only. */
#ifndef AUTH_COA_PARTS_H
#define AUTH_COA_PARTS_H

#include "auth/coa.h"
#include "auth/coa_socket.h"
#include "auth/radius_packet.h"
#include "auth/table.h"
#include "common/log.h"
#include "common/secret.h"

#define COA_REPLAY_MAX 8192 /* answers that are remembered, the oldest goes */
#define COA_REPLAY_SEC 300  /* an Event-Timestamp may be as old or as far ahead */
#define COA_RATE 500        /* requests of one server in a second */
#define COA_WAITS_MAX 256   /* requests that wait for an access list */
#define COA_SESSIONS_MAX 64 /* that one request may end */

/* A server that may ask. */
struct coa_host {
	struct coa_host *prev, *next;
	struct ip_addr addr;
	uint16_t port; /* of ours */
	struct secret *secret;
	bool require; /* a Message-Authenticator */
	char group[65];
};

/* How many requests an address had within the second. */
struct coa_rate {
	UT_hash_handle hh;
	struct ip_addr addr;
	uint64_t second;
	unsigned count;
};

struct coa_listener {
	struct coa_listener *next;
	struct coa_socket *sock; /* NULL: could not be had */
	uint16_t port;
	bool wanted;
};

/* Zeroed: all of it is the key. A request that comes again from another port is the same. */
struct coa_replay_key {
	struct ip_addr addr;
	uint8_t id;
	uint8_t authenticator[RADIUS_AUTHENTICATOR_SIZE];
};

/* A request that was taken, and its answer. */
struct coa_replay {
	UT_hash_handle hh; /* oldest first */
	struct coa_replay_key key;
	uint64_t ms;
	uint8_t *answer; /* NULL: not yet */
	size_t answer_len;
};

/* A request while it is worked on; kept while it waits for an access list. */
struct coa_request {
	struct coa_request *prev, *next;
	struct coa *coa;
	struct coa_path path;
	uint16_t port; /* of ours */
	struct radius_packet packet;
	struct secret *secret; /* a copy: hosts may go */
	char group[65];
	Ipc__AaaProfile *change;
	uint64_t session;
	struct dacl_wait *wait;
};

/* Why datagrams are not answered; counted, and logged now and then. */
enum coa_drop { COA_DROP_SOURCE, COA_DROP_RATE, COA_DROP_PACKET, COA_DROP_AGE, COA_DROPS };

struct coa {
	struct coa_config config;
	struct coa_listener *listeners;
	struct coa_host *hosts;
	struct coa_rate *rates;
	struct coa_replay *replays;
	struct coa_request *waiting;
	unsigned waiting_len;
	struct log_limit limits[COA_DROPS];
	uint64_t drops[COA_DROPS];
	/* Tests: where answers go instead of a socket; NULL: none. */
	void (*sent)(const struct coa_path *path, const void *data, size_t len, void *arg);
	void *sent_arg;
};

/* A datagram came in at this port of ours. */
void coa_receive(
    struct coa *coa, const struct coa_path *path, uint16_t port, const void *data, size_t len);
/* Seal an answer, remember it and send it. cause COA_OK: acknowledge. */
void coa_answer(struct coa_request *request, unsigned cause);
/* Do what an authenticated request says; answers, now or later. Takes the request. */
void coa_work(struct coa_request *request);
void coa_request_free(struct coa_request *request);

/* ---- coa_replay.c ---- */

/* The answer to a request that was taken before, NULL: it is new, and remembered. *again: it is
 * being worked on, or it cannot be remembered (memory): nothing is to be done. */
const struct coa_replay *coa_replay_check(struct coa *coa, const struct ip_addr *addr,
    const struct radius_packet *packet, bool *again) MUST_USE;
/* Remember an answer; it is copied. */
void coa_replay_set(struct coa *coa, const struct ip_addr *addr,
    const struct radius_packet *request, const struct radius_packet *answer);
void coa_replay_clear(struct coa *coa);

#endif
