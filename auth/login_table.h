/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of pending logins from within: by handle, by age, by source. Only the files of the
 * states (login_steps.h) and login_table.c (this) include it; the others use login.h.
 */
#ifndef AUTH_LOGIN_TABLE_H
#define AUTH_LOGIN_TABLE_H

#include "auth/aaa.h"
#include "auth/arrival.h"
#include "auth/facts.h"
#include "auth/gain.h"
#include "auth/leaf.h"
#include "auth/login.h"
#include "auth/second.h"
#include "auth/table.h"
#include "auth/token.h"
#include "conf/judge.h"
#include "conf/resolve.h"

enum login_state {
	LOGIN_BUSY, /* something is asked: pki, the verifier, the workers */
	LOGIN_FORM, /* the client is */
};

/* What the client was asked for. */
enum login_wait {
	LOGIN_WAIT_PASSWORD,
	LOGIN_WAIT_CHOICE,    /* of a group, nothing else */
	LOGIN_WAIT_PAIR,      /* its second certificate */
	LOGIN_WAIT_CHALLENGE, /* what a server asks it */
};

/* Two passwords at most, and after them what the user may do. */
enum {
	LOGIN_FIRST,
	LOGIN_SECOND,
	LOGIN_PROOFS,
};

/* What one server was asked, and what it said last. */
struct login_proof {
	struct login *login;
	struct aaa_ask *ask; /* under way */
	bool wanted;
	enum aaa_status status;
	bool local;
	enum local_result local_result;
	struct ip_addr server;    /* who challenges: the answer goes there */
	Ipc__AaaProfile *profile; /* of its accept */
	char *message;            /* of its challenge or reject; NULL: none */
	uint8_t *state;
	size_t state_len;
	struct secret *password; /* the one in use, where it may turn out to have expired */
	struct secret *pin;      /* a new one, which a token server wants twice */
	bool changed;            /* a new password was tried */
	unsigned silent;         /* challenges in a row that the user did not see */
};

/* All pending logins of one source. */
struct source {
	struct ip_addr addr;
	struct login *logins; /* oldest first */
	unsigned count;
	UT_hash_handle hh;
};

struct login {
	struct login_table *table;
	/* That it began with: it stays with the login to its end. */
	struct conf *conf;
	uint64_t generation;
	enum login_state state;
	char handle[TOKEN_TEXT_SIZE];
	struct resolve_choice choice;
	Ipc__CertNames *names;  /* of the client's certificate; NULL: none that is good */
	Ipc__CertNames *second; /* of the other one of two; NULL: none that is good */
	struct leaf leaf;       /* of the certificate that names belong to */
	bool bound;             /* replies must come with that one */
	bool shown;             /* a certificate, good or not */
	bool cert_failed;       /* the client says that it has none */
	bool can_multiple;      /* it can show two: said with the init, not with each reply */
	enum login_wait wait;
	struct second_request *request; /* WAIT_PAIR: what it signs */
	/* User names of the certificates, which count in place of typed ones; "": there are none.
	 */
	char filled[SESSION_NAME_SIZE];
	char second_filled[SESSION_NAME_SIZE];
	uint64_t started_ms;
	uint64_t expires_ms;
	unsigned attempts;                       /* that failed */
	struct source *source;                   /* FORM */
	struct login *prev, *next;               /* FORM: by age; BUSY: the list of those */
	struct login *source_prev, *source_next; /* FORM */
	UT_hash_handle hh;                       /* FORM */
	/* Of the request that is being looked at. */
	struct facts facts;
	char username[SESSION_NAME_SIZE]; /* stripped; "" when it cannot be anybody's */
	char second_name[SESSION_NAME_SIZE];
	enum judge_verdict verdict; /* on everybody in the group, before passwords are looked at */
	struct login_proof proofs[LOGIN_PROOFS];
	size_t challenged;             /* WAIT_CHALLENGE: by which of them */
	struct aaa_ask *authorization; /* under way */
	Ipc__AaaProfile *authorized;   /* the authorization server's word */
	struct gain gain;              /* of all of them, once nothing more is asked */
	/* What servers were told; 0: nothing yet. */
	uint32_t index;
	int64_t login_wall;
	char audit_id[25];
	const char *failed_at; /* login_failed_at(); NULL: nothing to tell */
	char failed_why[256];
	bool stray;    /* a reply that belonged to no login led here */
	uint64_t mark; /* of the password: threat_mark() */
	login_answer_fn answer;
	void *arg;
};

struct login_table {
	struct login_config config; /* conf and generation: those in force */
	struct login *by_handle;    /* FORM */
	struct login *by_age;       /* FORM, oldest handle first */
	struct login *busy;
	struct source *sources;
	size_t len;     /* FORM */
	unsigned pairs; /* being judged */
};

/* A login that begins, in state BUSY, with the configuration in force. NULL: memory. */
struct login *login_table_begin(struct login_table *table) MUST_USE;
/* From BUSY into FORM, under a fresh handle; the oldest give way, never this one. ERR_NOMEM: it
 * stays BUSY. */
enum err login_table_show(struct login *login) MUST_USE;
/* From FORM into BUSY: the handle is worth nothing any more. */
void login_table_take(struct login *login);
/* Forget what servers said, and what was kept for them. Nothing may be under way. */
void login_proofs_clear(struct login *login);
/* Out of the table and freed, from any state. */
void login_table_drop(struct login *login);

#endif
