/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asks, from the first of the servers that are named to the last. Each ask is in the list of those
 * under way until its answer is given; a list of access rules that an accept names is fetched
 * before that. What servers say of names that may be nobody's is logged without the name (asa.md
 * 8): it is often a password typed into the wrong field.
 */
#include "auth/aaa.h"

#include <event2/event_struct.h>
#include <stdlib.h>
#include <string.h>

#include "auth/aaa_proof.h"
#include "auth/radius_profile.h"
#include "auth/table.h"
#include "common/log.h"
#include "common/str.h"

#define ASKS_MAX RADIUS_CALLS_MAX
#define NAME_SIZE 128
#define MESSAGE_SIZE 1024 /* of Reply-Message: what a client can show */
#define LOCAL_NAME "LOCAL"

#define MS_EXPIRED 648
#define MS_NOT_CHANGED 709 /* the new password is not good enough */

struct aaa_ask {
	struct aaa *aaa;
	aaa_done_fn done; /* NULL: forgotten while LOCAL works */
	void *arg;
	struct conf *conf;
	enum aaa_purpose purpose;
	char *const *servers; /* in conf */
	size_t servers_len;
	size_t at;  /* whose turn it is */
	bool fixed; /* this server and no other: a challenge goes on */
	char username[NAME_SIZE];
	char client[IP_STR_MAX];
	struct ip_addr from; /* the client's; family 0: an administrator tries */
	struct ip_addr nas;
	struct secret *password;
	struct secret *new_password;
	struct aaa_proof proof;
	struct radius_call *call;
	struct dacl_wait *dacl;
	bool local_works;
	struct event later;
	struct aaa_answer answer;
	struct aaa_ask *prev, *next;
};

struct aaa {
	struct aaa_config config;
	struct aaa_ask *asks;
	size_t len;
};

/* ---- the answer ---- */

static void
ask_free(struct aaa_ask *ask)
{
	DL_DELETE(ask->aaa->asks, ask);
	ask->aaa->len--;
	event_del(&ask->later);
	secret_free(ask->password);
	secret_free(ask->new_password);
	aaa_proof_fini(&ask->proof);
	radius_profile_free(ask->answer.profile);
	conf_unref(ask->conf);
	free(ask);
}

/* The last word. The profile goes to the callee, message and state are borrowed. */
static void
finish(struct aaa_ask *ask, enum aaa_status status)
{
	struct aaa_answer answer = ask->answer;
	aaa_done_fn done = ask->done;
	void *arg = ask->arg;

	answer.status = status;
	if (answer.message == NULL)
		answer.message = "";
	ask->answer.profile = NULL;
	if (status != AAA_ACCEPT) {
		radius_profile_free(answer.profile);
		answer.profile = NULL;
	}
	ask_free(ask);
	if (done != NULL)
		done(&answer, arg);
	else
		radius_profile_free(answer.profile);
}

static void
on_later(UNUSED evutil_socket_t fd, UNUSED short what, void *arg)
{
	struct aaa_ask *ask = arg;

	finish(ask, ask->answer.status);
}

/* The same from the top of the loop. */
static void
finish_later(struct aaa_ask *ask, enum aaa_status status)
{
	ask->answer.status = status;
	event_active(&ask->later, EV_TIMEOUT, 0);
}

static const char *
purpose_text(const struct aaa_ask *ask)
{
	return ask->purpose == AAA_AUTHORIZE ? "authorization" : "authentication";
}

static const char *
server_text(const struct aaa_ask *ask, char out[IP_STR_MAX])
{
	if (ask->answer.server.family == 0)
		return "none";
	return ip_str(&ask->answer.server, out);
}

static void
reject(struct aaa_ask *ask, const char *reason)
{
	char server[IP_STR_MAX];

	log_event(LOGMSG_113005, purpose_text(ask), reason, server_text(ask, server),
	    log_username(ask->username), ask->client);
	finish(ask, AAA_REJECT);
}

/* ---- LOCAL ---- */

static void
on_local(enum local_result result, void *arg)
{
	struct aaa_ask *ask = arg;

	ask->local_works = false;
	ask->answer.local = true;
	ask->answer.local_result = result;
	finish(ask, result == LOCAL_OK ? AAA_ACCEPT : AAA_REJECT);
}

static enum err
local_ask(struct aaa_ask *ask)
{
	const struct local_who who = {.username = ask->username, .from = ask->from};
	struct secret *password = ask->password;
	enum err err;

	ask->answer.local = true;
	if (ask->purpose == AAA_AUTHORIZE) {
		bool known = conf_find(ask->conf, CONF_USERNAME, ask->username) != NULL;

		ask->answer.local_result = known ? LOCAL_OK : LOCAL_NO_USER;
		finish_later(ask, known ? AAA_ACCEPT : AAA_REJECT);
		return ERR_OK;
	}
	ask->password = NULL;
	err = local_verify(ask->aaa->config.local, ask->conf, &who, password, on_local, ask);
	ask->local_works = err == ERR_OK;
	return err;
}

/* ---- what a server says ---- */

/* The lines of the list that the accept names belong to it. */
static enum err
keep_lines(Ipc__AaaProfile *profile, char *const *lines, size_t len)
{
	profile->dacl_ace = calloc(len + 1, sizeof(*profile->dacl_ace));
	if (profile->dacl_ace == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < len; i++) {
		profile->dacl_ace[i] = strdup(lines[i]);
		if (profile->dacl_ace[i] == NULL)
			return ERR_NOMEM;
		profile->n_dacl_ace = i + 1;
	}
	return ERR_OK;
}

static void
accept_it(struct aaa_ask *ask)
{
	char server[IP_STR_MAX];

	log_event(LOGMSG_113004, purpose_text(ask), server_text(ask, server), ask->username);
	finish(ask, AAA_ACCEPT);
}

static void
no_list(struct aaa_ask *ask, enum err err)
{
	log_warn("user %s: the access list %s that the server names cannot be fetched: %s",
	    ask->username, ask->answer.profile->dacl, err_str(err));
	ask->answer.no_acl = true;
	finish(ask, AAA_REJECT);
}

static void
on_lines(enum err err, char *const *lines, size_t len, void *arg)
{
	struct aaa_ask *ask = arg;

	ask->dacl = NULL;
	if (err == ERR_OK)
		err = keep_lines(ask->answer.profile, lines, len);
	if (err == ERR_OK)
		accept_it(ask);
	else
		no_list(ask, err);
}

/* Rules of av-pairs that stand alone leave no use for a list. */
static bool
wants_list(const struct aaa_ask *ask)
{
	const struct conf_object *group =
	    conf_find(ask->conf, CONF_AAA_SERVER_GROUP, ask->answer.server_group);

	if (ask->answer.profile->dacl[0] == '\0')
		return false;
	return ask->answer.profile->n_ace == 0 || group == NULL ||
	       strcmp(conf_str(group, ASG_MERGE_DACL), "none") != 0;
}

static void
log_notes(const struct aaa_ask *ask, struct buf *notes)
{
	char *line = (char *)(uintptr_t)buf_cstr(notes), *rest = NULL;

	for (line = strtok_r(line, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest))
		log_warn("user %s: from the AAA server: %s", ask->username, line);
}

static enum err
profile_take(struct aaa_ask *ask, const struct radius_packet *packet)
{
	Ipc__AaaProfile *profile;
	struct buf notes;
	enum err err;

	buf_init(&notes, 8192);
	err = radius_profile_read(packet, &ask->answer.profile, &notes);
	if (notes.len > 0)
		log_notes(ask, &notes);
	buf_fini(&notes);
	if (err != ERR_OK)
		return err;
	profile = ask->answer.profile;
	profile->authorization = ask->purpose == AAA_AUTHORIZE;
	profile->server_group = strdup(ask->answer.server_group);
	profile->server.len = ip_len(&ask->answer.server);
	profile->server.data = malloc(profile->server.len);
	if (profile->server_group == NULL || profile->server.data == NULL) {
		profile->server.len = 0;
		return ERR_NOMEM;
	}
	memcpy(profile->server.data, ask->answer.server.bytes, profile->server.len);
	return ERR_OK;
}

static void
on_accept(struct aaa_ask *ask, const struct radius_packet *packet)
{
	struct aaa *aaa = ask->aaa;
	enum err err;

	if (!aaa_proof_holds(&ask->proof, packet)) {
		log_warn("user %s: the server does not prove that it knows the password "
			 "(MS-CHAP2-Success)",
		    ask->username);
		reject(ask, "AAA failure");
		return;
	}
	err = profile_take(ask, packet);
	if (err != ERR_OK) {
		log_err("user %s: an accept cannot be read: %s", ask->username, err_str(err));
		finish(ask, AAA_FAILED);
		return;
	}
	if (!wants_list(ask)) {
		accept_it(ask);
		return;
	}
	err = dacl_fetch(aaa->config.dacls, ask->answer.server_group, &ask->answer.server,
	    &ask->nas, ask->answer.profile->dacl, on_lines, ask, &ask->dacl);
	if (err != ERR_OK)
		no_list(ask, err);
}

static void
on_reject(struct aaa_ask *ask, const struct radius_packet *packet)
{
	unsigned error = aaa_proof_error(&ask->proof, packet);
	char server[IP_STR_MAX];

	if (error != MS_EXPIRED && error != MS_NOT_CHANGED) {
		reject(ask, "AAA failure");
		return;
	}
	log_event(LOGMSG_113005, purpose_text(ask),
	    error == MS_EXPIRED ? "Password has expired" : "Password malformed",
	    server_text(ask, server), log_username(ask->username), ask->client);
	finish(ask, AAA_EXPIRED);
}

static void
on_challenge(struct aaa_ask *ask, const struct radius_packet *packet)
{
	struct radius_attr state;
	char server[IP_STR_MAX];

	log_event(LOGMSG_113010, ask->username, server_text(ask, server));
	/* Without State there is nothing to answer to. */
	if (!radius_find(packet, 0, RADIUS_STATE, &state)) {
		log_warn("user %s: a challenge without State is taken as a reject", ask->username);
		reject(ask, "AAA failure");
		return;
	}
	ask->answer.state = state.value;
	ask->answer.state_len = state.len;
	finish(ask, AAA_CHALLENGE);
}

static void
on_packet(struct aaa_ask *ask, const struct radius_packet *packet)
{
	char message[MESSAGE_SIZE];

	radius_profile_message(packet, message, sizeof(message));
	ask->answer.message = message;
	switch (radius_packet_code(packet)) {
	case RADIUS_ACCESS_ACCEPT:
		on_accept(ask, packet);
		break;
	case RADIUS_ACCESS_CHALLENGE:
		/* Nobody is there to answer it. */
		if (ask->purpose == AAA_AUTHORIZE)
			reject(ask, "AAA failure");
		else
			on_challenge(ask, packet);
		break;
	default:
		on_reject(ask, packet);
		break;
	}
}

/* ---- whose turn it is ---- */

static void
no_answer(struct aaa_ask *ask)
{
	log_event(LOGMSG_113013, "no server answers", log_username(ask->username));
	finish_later(ask, AAA_FAILED);
}

static void
next_server(struct aaa_ask *ask)
{
	enum err err;

	ask->at++;
	if (ask->fixed || ask->at >= ask->servers_len ||
	    strcmp(ask->servers[ask->at], LOCAL_NAME) != 0) {
		no_answer(ask);
		return;
	}
	err = local_ask(ask);
	if (err != ERR_OK) {
		log_warn("LOCAL cannot be asked: %s", err_str(err));
		finish_later(ask, AAA_FAILED);
	}
}

static void
on_radius(const struct radius_result *result, void *arg)
{
	struct aaa_ask *ask = arg;
	char server[IP_STR_MAX];

	ask->call = NULL;
	ask->answer.server = result->server;
	if (result->outcome == RADIUS_ANSWERED) {
		on_packet(ask, result->packet);
		return;
	}
	log_event(LOGMSG_113014, purpose_text(ask), server_text(ask, server),
	    log_username(ask->username));
	next_server(ask);
}

/* A request that cannot be written is one that nobody would say yes to. */
static enum err
refuse_unwritten(struct aaa_ask *ask, const char *reason)
{
	log_event(LOGMSG_113005, purpose_text(ask), reason, "none", log_username(ask->username),
	    ask->client);
	finish_later(ask, AAA_REJECT);
	return ERR_OK;
}

static enum err
radius_send(
    struct aaa_ask *ask, const struct aaa_question *question, struct radius_request *request)
{
	struct radius_target target = {
	    .group = ask->servers[0],
	    .server = question->server,
	    .fallback = ask->servers_len > 1 && question->server == NULL,
	    .authorization = ask->purpose == AAA_AUTHORIZE,
	};
	enum err err = radius_client_ask(
	    ask->aaa->config.radius, &target, request, on_radius, ask, &ask->call);

	if (err != ERR_NOTFOUND)
		return err;
	log_warn("aaa-server-group %s has no server that can be asked", ask->servers[0]);
	next_server(ask);
	return ERR_OK;
}

static enum err
radius_ask(struct aaa_ask *ask, const struct aaa_question *question)
{
	struct radius_request request;
	enum err err;

	ask->answer.server_group = ask->servers[0];
	if (question->server != NULL)
		ask->answer.server = *question->server;
	err = aaa_proof_request(question, ask->servers[0], &ask->proof, &request);
	if (err == ERR_OK)
		err = radius_send(ask, question, &request);
	else if (err == ERR_SYNTAX || err == ERR_LIMIT)
		err = refuse_unwritten(ask, "Password malformed");
	radius_request_fini(&request);
	return err;
}

/* Names that can be nobody's are not worth a packet, and servers may drop one without a name. */
static enum err
begin(struct aaa_ask *ask, const struct aaa_question *question)
{
	if (ask->servers_len == 0) {
		no_answer(ask);
		return ERR_OK;
	}
	if (strcmp(ask->servers[0], LOCAL_NAME) == 0)
		return local_ask(ask);
	if (ask->username[0] != '\0')
		return radius_ask(ask, question);
	return refuse_unwritten(ask, "User was not found");
}

/* ---- for others ---- */

static struct aaa_ask *
ask_new(struct aaa *aaa, const struct aaa_question *question)
{
	struct aaa_ask *ask = calloc(1, sizeof(*ask));

	if (ask == NULL)
		return NULL;
	ask->aaa = aaa;
	ask->conf = conf_ref(question->conf);
	ask->purpose = question->purpose;
	ask->servers = question->servers;
	ask->servers_len = question->servers_len;
	ask->fixed = question->server != NULL;
	ask->nas = question->who.nas;
	if (str_copy(ask->username, sizeof(ask->username), question->who.username) != ERR_OK)
		ask->username[0] = '\0';
	facts_ip(question->who.facts, ask->client);
	ask->from = question->who.facts->client.addr;
	event_assign(&ask->later, loop_base(aaa->config.loop), -1, 0, on_later, ask);
	DL_APPEND(aaa->asks, ask);
	aaa->len++;
	return ask;
}

enum err
aaa_ask(struct aaa *aaa, const struct aaa_question *question, aaa_done_fn done, void *arg,
    struct aaa_ask **out)
{
	struct aaa_ask *ask = aaa->len < ASKS_MAX ? ask_new(aaa, question) : NULL;
	enum err err;

	if (ask == NULL) {
		secret_free(question->password);
		secret_free(question->new_password);
		return aaa->len < ASKS_MAX ? ERR_NOMEM : ERR_LIMIT;
	}
	ask->done = done;
	ask->arg = arg;
	ask->password = question->password;
	ask->new_password = question->new_password;
	err = begin(ask, question);
	if (err != ERR_OK) {
		ask_free(ask);
		return err;
	}
	*out = ask;
	return ERR_OK;
}

void
aaa_cancel(struct aaa_ask *ask)
{
	if (ask == NULL)
		return;
	if (ask->call != NULL)
		radius_call_cancel(ask->call);
	if (ask->dacl != NULL)
		dacl_cancel(ask->dacl);
	ask->call = NULL;
	ask->dacl = NULL;
	/* A thread has it. */
	if (ask->local_works)
		ask->done = NULL;
	else
		ask_free(ask);
}

struct aaa *
aaa_new(const struct aaa_config *config)
{
	struct aaa *aaa = calloc(1, sizeof(*aaa));

	if (aaa != NULL)
		aaa->config = *config;
	return aaa;
}

void
aaa_free(struct aaa *aaa)
{
	struct aaa_ask *ask, *tmp;

	if (aaa == NULL)
		return;
	DL_FOREACH_SAFE (aaa->asks, ask, tmp) {
		ask->local_works = false;
		aaa_cancel(ask);
	}
	free(aaa);
}
