/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Session records: a session is a login that was granted. It has a token, holds addresses, survives
 * its tunnels and ends by a timeout, by a word of the user or of the administrator, or by the login
 * limit (protocol.md 6, asa.md 2.1).
 *
 * The struct is open for the files that work on sessions: session.c (life and limits), tunnel.c
 * (what gateway workers say about tunnels), session_record.c (to and from the store), listing.c
 * (for show-sessions). A pointer to a session is valid until the next call that may end sessions;
 * across calls, keep the id.
 */
#ifndef AUTH_SESSION_H
#define AUTH_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "auth/facts.h"
#include "auth/filters.h"
#include "auth/policy.h"
#include "auth/pool.h"
#include "auth/store.h"
#include "auth/table.h"
#include "auth/token.h"
#include "common/attr.h"
#include "common/err.h"
#include "common/ip.h"
#include "common/log.h"
#include "conf/inherit.h"

#define SESSION_NAME_SIZE 65
#define SESSION_PROFILES_MAX 2
#define SESSION_INDEX_MAX ((1U << 20) - 1) /* the ASA shifts it by 12 into 32 bits */

enum session_state {
	SESSION_NEW,     /* logged in, the cookie was never used */
	SESSION_UP,      /* a tunnel is there */
	SESSION_WAITING, /* the tunnel is lost, the client may resume */
	SESSION_ENDING,  /* ended by us, the worker is still closing the tunnel: addresses are not
			    free yet */
	SESSION_GONE,    /* about to be freed */
	SESSION_STATES
};

/* What a login has proven; bits, also in the store. 0 there: before there was anything but
 * passwords. */
enum session_method {
	SESSION_PASSWORD = 1,
	SESSION_CERTIFICATE = 2,
	SESSION_MULTIPLE = 4, /* two certificates */
	SESSION_METHODS = 7
};

struct session_counts {
	Ipc__ChannelStats tls;
	Ipc__ChannelStats dtls;
};

/* What is known of one channel of the tunnel. */
struct session_channel {
	bool up;
	bool seen;      /* it was up at least once in this session */
	bool replacing; /* the next one to come up replaces one that was up */
	uint32_t id;    /* the N of INDEX.N */
	char version[16];
	char cipher[64];
	struct ip_endpoint client;
	uint16_t server_port;
};

/* A tunnel that a newer one replaced and whose SessionClosed has not come yet. */
struct session_stale {
	unsigned worker;
	struct session_counts counted; /* what of it is in the totals already */
	struct session_stale *prev, *next;
};

struct session_user;

struct session {
	uint64_t id; /* random, known to gateway and auth only */
	/* What it logged in with: it keeps that policy whatever comes later. After a restart: the
	 * one then in force. */
	struct conf *conf;
	uint32_t index;
	uint8_t token_hash[TOKEN_HASH_SIZE];
	enum session_state state;
	unsigned methods; /* enum session_method */
	/* What servers said about the user, authorization first; the session's. attributes: what
	 * conf/aaa_attributes.h makes of each. */
	Ipc__AaaProfile *profiles[SESSION_PROFILES_MAX];
	struct conf_object *attributes[SESSION_PROFILES_MAX];
	size_t profiles_len;
	bool local_policy;       /* LOCAL's entry for him counts, too */
	bool accounting_started; /* a Start was queued */
	char username[SESSION_NAME_SIZE];
	char tunnel_group[SESSION_NAME_SIZE];
	char group_policy[SESSION_NAME_SIZE];
	char audit_id[25];
	char hostname[SESSION_NAME_SIZE];
	struct facts facts;
	struct policy_limits limits;
	struct lease ipv4;
	struct lease ipv6;
	uint64_t filter4; /* held, 0: none (auth/filters.h) */
	uint64_t filter6;
	/* Times in milliseconds of clock_mono_ms(); signed, as a restored session may be older than
	 * the boot. */
	int64_t login_ms;
	int64_t data_ms;    /* last data, as far as it was reported */
	int64_t opened_ms;  /* when its tunnel was granted, in state UP */
	int64_t lost_ms;    /* when the last tunnel went */
	int64_t ended_ms;   /* when it became ENDING */
	int64_t login_wall; /* seconds since 1970 */
	Ipc__CloseCause cause;
	unsigned worker;  /* whose tunnel it is, in states UP and ENDING */
	uint32_t tunnels; /* numbers given out */
	uint32_t parent_id;
	struct session_channel tls;
	struct session_channel dtls;
	struct session_counts current; /* of the tunnel that is up */
	struct session_counts total;   /* of those before it */
	struct session_stale *stale;
	struct session_user *user;
	struct session *user_prev, *user_next; /* oldest first */
	UT_hash_handle hh;                     /* by id, oldest login first */
	UT_hash_handle hh_token;
	UT_hash_handle hh_index;
};

struct session_table;

/* Of one kind, since the table was made. */
struct session_tally {
	uint64_t all;
	uint32_t peak; /* at one time, as seen once a second */
};
struct session_past {
	struct session_tally sessions, tls, dtls;
};

/* The session that a line is about, for log_of(). */
struct log_about session_about(const struct session *session);

/* For accounting. */
enum session_event {
	SESSION_STARTED, /* it has its addresses, and a tunnel for the first time */
	SESSION_CHANGED, /* of address, inside or outside */
	SESSION_ENDED,   /* cause and counts are final; addresses are still there */
};
typedef void (*session_event_fn)(enum session_event event, struct session *session, void *arg);

/* Tell a worker to end its tunnel of a session. */
typedef void (*session_end_fn)(unsigned worker, const Ipc__SessionEnd *end, void *arg);

struct session_config {
	struct conf *conf;       /* the one in force; the table takes a reference */
	struct pool_set *pools;  /* must outlive, as must the next two */
	struct filters *filters; /* conf was given to filters_use() */
	struct store *store;
	session_end_fn end;
	session_event_fn event; /* NULL: nobody wants to know. May set accounting_started */
	void *arg;              /* of both */
};

/* Who logs in, and as what. All borrowed. */
struct session_login {
	struct conf *conf;              /* that the next three are of */
	const struct conf_object *user; /* CONF_USERNAME; NULL: LOCAL does not know him */
	const char *username;           /* NULL: the name of user */
	unsigned methods;               /* enum session_method; 0: SESSION_PASSWORD */
	const struct conf_object *group;
	const struct inherit *inherit;
	const struct facts *facts;
	/* Taken when the session is made, and only then (the pointers are NULL afterwards). */
	Ipc__AaaProfile **profiles;
	struct conf_object **attributes;
	size_t profiles_len;
	bool local_policy; /* LOCAL vouches for him; always where there is a user */
	/* What servers were told: session_index_next(), and session_audit_id() at login_wall. 0: a
	 * new one. */
	uint32_t index;
	int64_t login_wall;
	const char *audit_id;
};

struct session_table *session_table_new(const struct session_config *config) MUST_USE;
/* Frees all; the records stay in the store. */
void session_table_free(struct session_table *table);
const struct session_config *session_table_config(const struct session_table *table);
/* Another configuration is in force: for its limits, and for sessions that are restored. Takes a
 * reference. */
void session_table_use(struct session_table *table, struct conf *conf);
/* Read the store: every session that still makes sense waits to be resumed. */
void session_table_load(struct session_table *table);
/* Once a second: timeouts. */
void session_table_tick(struct session_table *table);
/* The channel to a worker is dead, and its tunnels with it. */
void session_table_worker_gone(struct session_table *table, unsigned worker);
/* Sessions that are alive: all but ENDING. */
size_t session_table_len(const struct session_table *table);
unsigned session_table_max(const struct session_table *table);
/* What there was, brought up to date; valid until the table ends. */
const struct session_past *session_table_past(struct session_table *table);
/* A tunnel came up. */
void session_table_came_up(struct session_table *table, Ipc__Channel channel);

/* An index for a login that begins; nothing is reserved, another is taken if it is in use by then.
 */
uint32_t session_index_next(struct session_table *table);
/* audit-session-id of a session that is not made yet (asa.md 6.1). */
void session_audit_id(const struct facts *facts, uint32_t index, int64_t login_wall, char out[25]);
/* Would a login end one of several sessions of the user? Then it should be known how long each of
 * them has been idle. */
bool session_is_crowded(
    const struct session_table *table, const char *username, const struct policy_limits *limits);
/*
 * A new session, after the login limit of its user has been applied (the new login wins). text gets
 * the token. ERR_LIMIT: max-sessions is reached; ERR_DENIED: the user may have none (limit 0);
 * ERR_NOMEM; errors of filters_hold_policy().
 */
enum err session_login(struct session_table *table, const struct session_login *login,
    struct session **out, char token[TOKEN_TEXT_SIZE]) MUST_USE;
/* A session read back, or a new one: into all tables, the state as given. ERR_EXISTS: id, index or
 * token are there; ERR_LIMIT: more than there are indexes; ERR_NOMEM. */
enum err session_adopt(struct session_table *table, struct session *session) MUST_USE;

struct session *session_find(const struct session_table *table, uint64_t id);
/* By token as presented; NULL: malformed, unknown or ended. */
struct session *session_find_token(const struct session_table *table, const char *token);
/* Walk, oldest login first. */
struct session *session_first(const struct session_table *table);
struct session *session_next(const struct session *session);

/* End it for good. The tunnel is told if there is one, and its last word awaited; else the session
 * is freed here. */
void session_end(struct session_table *table, struct session *session, Ipc__CloseCause cause);
/* The tunnel is closed and the session ends with it: frees. */
void session_finish(struct session_table *table, struct session *session, Ipc__CloseCause cause);
/* The service stops for good, no worker is there any more: frees all. */
void session_table_end_all(struct session_table *table, Ipc__CloseCause cause);
/* The tunnel is gone, the session waits. */
void session_wait(struct session_table *table, struct session *session);
/* A tunnel is there. */
void session_up(struct session_table *table, struct session *session, unsigned worker);
/* Write the session's present state to the store. */
void session_save(struct session_table *table, struct session *session);

/* Tell whoever wants to know. */
void session_tell(
    const struct session_config *config, enum session_event event, struct session *session);

/* The merged policy view of a session, in its configuration, by what servers said of the user and
 * what users.conf says. ERR_NOTFOUND: not with one that came from session_login() or the store. */
enum err session_inherit(const struct session *session, struct inherit *out) MUST_USE;
/* "userPassword", "Certificate" and kin: Auth Mode of show-sessions (asa.md 7). */
const char *session_method_text(unsigned methods);
/* "Idle Timeout" and kin: the reason of 113019, and the text for the client. */
const char *session_cause_text(Ipc__CloseCause cause);
/* Seconds since the last data; seconds left of the idle and the session timeout (0: none or over).
 */
uint32_t session_idle(const struct session *session);
uint32_t session_idle_left(const struct session *session);
uint32_t session_time_left(const struct session *session);
/* Sum of all tunnels and channels. */
void session_sum(const struct session *session, Ipc__ChannelStats *out);
/* a += b, without wrapping. */
void session_count_add(Ipc__ChannelStats *a, const Ipc__ChannelStats *b);
/* Forget replaced tunnels: those of one worker, or the given one only. */
void session_stale_clear(struct session *session, unsigned worker);
void session_stale_remove(struct session *session, struct session_stale *stale);
/* Give back what a session holds that never was in the tables, and free it. */
void session_drop(const struct session_config *config, struct session *session);
void session_free(struct session *session);

#endif
