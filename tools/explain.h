/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What explain-policy(8) finds out and prints. The decisions are the daemon's own functions
 * (conf/resolve.h, conf/username.h, conf/inherit.h, conf/judge.h); here they are only asked and
 * put in order.
 */
#ifndef TOOLS_EXPLAIN_H
#define TOOLS_EXPLAIN_H

#include <stdbool.h>
#include <time.h>

#include <jansson.h>

#include "common/attr.h"
#include "common/buf.h"
#include "common/ipc.pb-c.h"
#include "conf/aaa_attributes.h"
#include "conf/inherit.h"
#include "conf/judge.h"
#include "conf/resolve.h"

#define EXPLAIN_NAME_SIZE 512 /* a user name as typed, with realm and group */

/* Who comes, and how. */
struct explain_query {
	const char *group_url; /* as the client was told; NULL: none */
	const char *alias;     /* chosen from the list; NULL: none */
	const char *user;      /* as typed; NULL: whom the certificate names, else anybody whom
				  LOCAL does not know */
	const Ipc__CertNames *names; /* of his certificate, believed; NULL: none */
	time_t when;
	/* What servers would say when they accept him: "NAME=VALUE" that explain_said_is_fine(). */
	const char *const *aaa;
	size_t aaa_len;
	const char *const *authorization; /* the authorization server */
	size_t authorization_len;
};

/* What servers are asked for. */
enum explain_purpose {
	EXPLAIN_AUTHENTICATION,
	EXPLAIN_SECONDARY,
	EXPLAIN_AUTHORIZATION,
	EXPLAIN_ACCOUNTING,
	EXPLAIN_PURPOSES
};

struct explain_servers {
	const struct conf_object *group; /* CONF_AAA_SERVER_GROUP; NULL: LOCAL */
	bool local;                      /* LOCAL is asked .. */
	bool fallback;                   /* .. or only when no server of the group answers */
};

#define EXPLAIN_VALUES_MAX 64
#define EXPLAIN_PROBLEMS_MAX 64

/* A made-up answer. attributes NULL: there is none. */
struct explain_said {
	Ipc__AaaProfile profile;
	Ipc__AaaAttr attrs[GPA_COUNT];
	Ipc__AaaAttr *refs[GPA_COUNT];
	char *values[GPA_COUNT][EXPLAIN_VALUES_MAX];
	struct conf_object *attributes;
};

/* Something in it that cannot be. */
struct explain_problem {
	enum aaa_problem problem;
	char name[64];
	char value[128];
};

/* Somebody who has a say about an attribute, or would have if nobody before him had. */
struct explain_source {
	const char *kind; /* "username", "aaa-server-group", "group-policy", "default" */
	const char *name; /* ""  for the default */
	const struct conf_value *value;
	const struct conf_object *custom; /* of one anyconnect-custom; NULL: value counts */
	struct conf_origin origin;        /* file NULL: nowhere */
	uint32_t seconds;                 /* stand in for the value; 0: there are none */
};

/* One attribute; of anyconnect-custom one for each type. */
struct explain_attribute {
	enum conf_gp_attributes attribute;
	const char *name;
	const char *type; /* of anyconnect-custom; NULL */
	struct explain_source from;
	struct explain_source overrides[INHERIT_SOURCES_MAX]; /* nearest first */
	size_t overrides_len;
	char note[128]; /* what else decides; "" */
};

#define EXPLAIN_ATTRIBUTES_MAX (GPA_COUNT + INHERIT_CUSTOM_MAX)

/* All that is to be said. Borrows from conf and query. */
struct explain {
	const struct conf *conf;
	const struct explain_query *query;
	struct resolve_choice choice;
	struct resolve_trace trace;
	struct buf closed;           /* why the tunnel-group is closed; empty: it is open */
	struct conf_methods methods; /* what the tunnel-group asks for */
	bool by_certificate;         /* the certificate names the user */
	char username[EXPLAIN_NAME_SIZE];
	bool username_ok;               /* something is left of it, and it fits */
	const struct conf_object *user; /* of LOCAL; NULL: unknown there, or nobody was asked for,
					   or LOCAL does not count */
	struct explain_said authorization;
	struct explain_said authentication;
	const char *unheard; /* an option whose answer nobody can give; NULL: none */
	struct explain_problem problems[EXPLAIN_PROBLEMS_MAX];
	size_t problems_len;
	struct inherit inherit;
	enum judge_verdict verdict;
	struct explain_attribute attributes[EXPLAIN_ATTRIBUTES_MAX];
	size_t attributes_len;
};

/* Find out everything. explain_free() also after NULL: memory. */
struct explain *explain_new(const struct conf *conf, const struct explain_query *query) MUST_USE;
void explain_free(struct explain *explain);

/* Is it something that a server may be made to say? "accept": nothing more than that. */
bool explain_said_is_fine(const char *text);
/* Who is asked for something; false: nobody. */
bool explain_servers(
    const struct explain *explain, enum explain_purpose purpose, struct explain_servers *out);
/* Does an entry of users.conf count? */
bool explain_is_local(const struct explain *explain);
/* The merged policy, with what servers are made to say. ERR_NOMEM. */
enum err explain_inherit(struct explain *explain) MUST_USE;
const char *explain_problem_text(enum aaa_problem problem);
const char *explain_problem_word(enum aaa_problem problem);
/* The first problem that ends a login; NULL: none does. */
const struct explain_problem *explain_refusal(const struct explain *explain);

/* What a login has to show, in the order of the asking: "certificate", "username", .. */
#define EXPLAIN_ASKS_MAX 6
size_t explain_asks(const struct explain *explain, const char *out[EXPLAIN_ASKS_MAX]);
/* "group-url", "alias-path": what a rule goes by, in one word. */
const char *explain_rule_name(enum resolve_rule rule);
/* The object of a step in words ("https://gw.example.com/Staff"); "" when it has none. */
void explain_step_text(const struct resolve_step *step, struct buf *out);
/* The step that decided; never NULL. */
const struct resolve_step *explain_decisive(const struct explain *explain);
/* May he come in? Reasons are words for programs ("ok", "hours", ..), texts for people. */
struct explain_answer {
	bool allowed;
	const char *reason;
	const char *text;
	const char *policy_reason; /* what the policy alone says (judge_login) */
	const char *policy_text;
};

/* Is it about one user, typed or named by the certificate? */
bool explain_has_user(const struct explain *explain);
void explain_verdict(const struct explain *explain, struct explain_answer *out);

/* The value of a source: text for people, typed for JSON (a new reference, NULL: memory). */
void explain_value_text(const struct explain *explain, enum conf_gp_attributes attribute,
    const struct explain_source *source, struct buf *out);
json_t *explain_value_json(const struct explain *explain, enum conf_gp_attributes attribute,
    const struct explain_source *source) MUST_USE;

/* A JSON string of a text that may not be UTF-8; a new reference, NULL: memory. */
json_t *explain_text_json(const char *text) MUST_USE;

/* The whole as text. */
void explain_text(struct explain *explain, struct buf *out);
/* The whole as one document (explain-policy(8)); a new reference, NULL: memory. */
json_t *explain_json(struct explain *explain) MUST_USE;

#endif
