/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asking the servers that a tunnel group names: an aaa-server-group, LOCAL, or the one and then the
 * other when nobody answers (asa.md 1.1, 5). One answer for each ask, later, on the loop.
 */
#ifndef AUTH_AAA_H
#define AUTH_AAA_H

#include "auth/dacl.h"
#include "auth/local.h"
#include "auth/radius_ask.h"
#include "auth/radius_client.h"
#include "common/loop.h"

struct aaa;
struct aaa_ask;

enum aaa_purpose {
	AAA_AUTHENTICATE,
	AAA_AUTHORIZE, /* no password is looked at; LOCAL: does it know the user? */
};

enum aaa_status {
	AAA_ACCEPT,
	AAA_REJECT,
	AAA_CHALLENGE, /* message and state */
	AAA_EXPIRED,   /* the password is right and has expired: it may be changed */
	AAA_FAILED,    /* nobody answered, or the question could not be asked */
};

/* The question. Borrowed, but for passwords, which are taken in every case. */
struct aaa_question {
	enum aaa_purpose purpose;
	struct conf *conf;
	const struct conf_object *tunnel_group;
	char *const *servers; /* a setting's list: "RAD", "LOCAL" */
	size_t servers_len;
	struct radius_who who;
	struct secret *password;
	struct secret *new_password; /* change an expired one */
	bool password_management;    /* MS-CHAPv2 where the server is capable of it */
	const void *state;           /* the answer to a challenge .. */
	size_t state_len;
	const struct ip_addr *server; /* .. of this server */
};

struct aaa_answer {
	enum aaa_status status;
	bool local;                     /* LOCAL had the last word .. */
	enum local_result local_result; /* .. and this is it */
	struct ip_addr server;          /* else who answered, or was asked last */
	const char *server_group;
	Ipc__AaaProfile *profile; /* ACCEPT by RADIUS, its dACL fetched; the callee's */
	const char *message;      /* Reply-Message, "" without one */
	const void *state;        /* CHALLENGE */
	size_t state_len;
	bool no_acl; /* REJECT because an access list could not be fetched or read (113033) */
};

typedef void (*aaa_done_fn)(struct aaa_answer *answer, void *arg);

struct aaa_config {
	struct loop *loop;
	struct local *local;
	struct radius_client *radius;
	struct dacl_cache *dacls;
};

/* All of config must outlive. NULL: memory. */
struct aaa *aaa_new(const struct aaa_config *config) MUST_USE;
/* What is under way is dropped, its done is never called. */
void aaa_free(struct aaa *aaa);
/* done is called once, later. ERR_LIMIT: too many are waiting; ERR_NOMEM. */
enum err aaa_ask(struct aaa *aaa, const struct aaa_question *question, aaa_done_fn done, void *arg,
    struct aaa_ask **ask) MUST_USE;
/* Forget an ask that has not been answered. */
void aaa_cancel(struct aaa_ask *ask);

#endif
