/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asking servers about a login: for each password the one who checks it, side by side, whatever one
 * of them says, so that nothing tells which was wrong (INV-3); then, once all are right, who knows
 * what the user may do. Where nobody at all gets in, nobody is asked about the password: LOCAL
 * looks at another one, of nobody, because that takes the time that a wrong password takes.
 */
#include <stdlib.h>
#include <string.h>

#include "auth/grant.h"
#include "auth/login_steps.h"
#include "auth/radius_profile.h"
#include "auth/threat.h"
#include "auth/trace_login.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/metric.h"
#include "common/str.h"

#define LOCAL_NAME "LOCAL"

static const struct conf_object *
general_of(const struct login *login)
{
	return conf_sub(login->choice.group, TG_GENERAL);
}

const char *
login_session_name(const struct login *login)
{
	const char *which = conf_str(general_of(login), TGG_SESSION_USERNAME);

	return login_has_second(login) && strcmp(which, "secondary") == 0 ? login->second_name
									  : login->username;
}

static const char *
name_of(const struct login *login, size_t which)
{
	return which == LOGIN_SECOND ? login->second_name : login->username;
}

/* ---- the log ---- */

static const char *
local_reason(enum local_result result)
{
	switch (result) {
	case LOCAL_NO_USER:
		return "User was not found";
	case LOCAL_BAD_PASSWORD:
		return "Invalid password";
	case LOCAL_LOCKED:
		return "Account has been locked out";
	case LOCAL_NO_PASSWORD:
		return "User has no password";
	default:
		return "AAA failure";
	}
}

/* Names that are nobody's are not logged: they are often passwords typed into the wrong field
 * (asa.md 8). Servers do not tell which those are. */
static void
log_rejected(const struct login *login, const char *username, bool local, enum local_result result)
{
	const char *policy = conf_str(general_of(login), TGG_DEFAULT_GROUP_POLICY);
	const char *user = !local || result == LOCAL_NO_USER ? log_username(username) : username;
	char ip[IP_STR_MAX];

	facts_ip(&login->facts, ip);
	if (local)
		log_event(LOGMSG_113015, local_reason(result), user, ip);
	log_event(LOGMSG_716039, policy != NULL ? policy : "DfltGrpPolicy", user, ip, "WebVPN");
}

/* ---- the question ---- */

/* Index and audit-session-id of the session that may come of it: servers are told of them. */
static void
identify(struct login *login)
{
	if (login->index != 0)
		return;
	login->index = session_index_next(login->table->config.sessions);
	login->login_wall = (int64_t)clock_wall_sec();
	session_audit_id(&login->facts, login->index, login->login_wall, login->audit_id);
}

static void
servers_of(const struct login *login, unsigned setting, struct aaa_question *question)
{
	question->servers_len = conf_list(general_of(login), setting, &question->servers);
}

static struct aaa_question
question_of(struct login *login, unsigned setting, const char *username)
{
	struct aaa_question question = {
	    .conf = login->conf,
	    .tunnel_group = login->choice.group,
	    .who =
		{
		    .username = username,
		    .tunnel_group = conf_str(login->choice.group, TG_NAME),
		    .facts = &login->facts,
		    .nas = login->facts.server.addr,
		},
	};

	servers_of(login, setting, &question);
	if (question.servers_len > 0 && strcmp(question.servers[0], LOCAL_NAME) != 0)
		identify(login);
	question.who.index = login->index;
	question.who.audit_id = login->audit_id;
	return question;
}

static struct aaa_question
password_question(struct login *login, size_t which)
{
	struct aaa_question question = question_of(login,
	    which == LOGIN_SECOND ? TGG_SECONDARY_SERVER_GROUP : TGG_AUTHENTICATION_SERVER_GROUP,
	    name_of(login, which));

	question.password_management = conf_bool(general_of(login), TGG_PASSWORD_MANAGEMENT);
	return question;
}

/* ---- the answers ---- */

bool
login_is_asking(const struct login *login)
{
	return login->proofs[LOGIN_FIRST].ask != NULL || login->proofs[LOGIN_SECOND].ask != NULL ||
	       login->authorization != NULL;
}

void
login_ask_cancel(struct login *login)
{
	login_cancel_fn cancel = login->table->config.cancel;

	for (size_t i = 0; i < LOGIN_PROOFS; i++) {
		if (login->proofs[i].ask != NULL && cancel != NULL)
			cancel(login->proofs[i].ask);
		login->proofs[i].ask = NULL;
	}
	if (login->authorization != NULL && cancel != NULL)
		cancel(login->authorization);
	login->authorization = NULL;
}

static enum metric
metric_of(const struct login_proof *proof)
{
	if (proof->status == AAA_FAILED)
		return METRIC_LOGIN_AAA_FAILED;
	if (!proof->local)
		return METRIC_LOGIN_REJECTED;
	switch (proof->local_result) {
	case LOCAL_NO_USER:
		return METRIC_LOGIN_UNKNOWN_USER;
	case LOCAL_BAD_PASSWORD:
		return METRIC_LOGIN_PASSWORD;
	case LOCAL_LOCKED:
		return METRIC_LOGIN_LOCKED_OUT;
	case LOCAL_NO_PASSWORD:
		return METRIC_LOGIN_NO_PASSWORD;
	default:
		return METRIC_LOGIN_AAA_FAILED;
	}
}

static void
note_proof(struct login *login, const struct login_proof *proof, size_t which)
{
	const char *step = which == LOGIN_SECOND ? "secondary authentication" : "authentication";
	const char *message = proof->message != NULL ? proof->message : "";
	char server[IP_STR_MAX];

	if (proof->status == AAA_FAILED)
		login_failed_at(login, step, "no server answers");
	else if (proof->local)
		login_failed_at(login, step, "LOCAL: %s", local_reason(proof->local_result));
	else
		login_failed_at(login, step, "server %s rejects it%s%.128s",
		    proof->server.family != 0 ? ip_str(&proof->server, server) : "none",
		    *message != '\0' ? ": " : "", message);
}

static void
refuse_proof(struct login *login, const struct login_proof *proof, size_t which)
{
	bool shown = conf_bool(conf_sub(login->choice.group, TG_WEBVPN), TGW_RADIUS_REJECT_MESSAGE);
	const char *text = shown && proof->status == AAA_REJECT ? proof->message : NULL;

	metric_count(metric_of(proof));
	note_proof(login, proof, which);
	/* A server that is away is nobody's guess. */
	if (proof->status != AAA_FAILED)
		login_blame(login, name_of(login, which));
	log_rejected(login, name_of(login, which), proof->local, proof->local_result);
	login_fail_text(login, text);
}

/* Nobody gets into this group. What was typed is not worth a word, but is a guess like others;
 * those who are only too early or too late are not blamed. */
static void
refuse_group(struct login *login)
{
	const char *why = judge_text(login->verdict);
	char ip[IP_STR_MAX];

	if (login->verdict != JUDGE_CLOSED ||
	    !grant_is_closed(login->conf, login->choice.group, &login->facts)) {
		metric_count(METRIC_LOGIN_POLICY);
		log_warn("IP <%s> login refused: nobody gets into tunnel-group %s: %s",
		    facts_ip(&login->facts, ip), conf_str(login->choice.group, TG_NAME), why);
	}
	login_failed_at(login, "tunnel-group", "%s",
	    login->verdict == JUDGE_CLOSED ? "the tunnel-group is closed" : why);
	if (login->verdict != JUDGE_HOURS)
		login_blame(login, login->username);
	login_deny(login);
}

/* All have had their say, but for those who ask back: they come one after the other. */
static void
proceed(struct login *login)
{
	for (size_t i = 0; i < LOGIN_PROOFS; i++) {
		const struct login_proof *proof = &login->proofs[i];

		if (proof->wanted &&
		    (proof->status == AAA_CHALLENGE || proof->status == AAA_EXPIRED)) {
			login_challenge(login, i);
			return;
		}
	}
	if (login->verdict != JUDGE_OK) {
		refuse_group(login);
		return;
	}
	for (size_t i = 0; i < LOGIN_PROOFS; i++)
		if (login->proofs[i].wanted && login->proofs[i].status != AAA_ACCEPT) {
			refuse_proof(login, &login->proofs[i], i);
			return;
		}
	login_authorize(login);
}

/* Keep what is of use for the next step. Memory: as if nobody had answered. */
static void
take_answer(struct login_proof *proof, struct aaa_answer *answer)
{
	proof->ask = NULL;
	proof->status = answer->status;
	/* Whose old password is not kept cannot change it: that is only offered where the group's
	 * password-management is on. */
	if (proof->status == AAA_EXPIRED && proof->password == NULL)
		proof->status = AAA_REJECT;
	proof->local = answer->local;
	proof->local_result = answer->local_result;
	proof->server = answer->server;
	radius_profile_free(proof->profile);
	proof->profile = answer->profile;
	free(proof->message);
	free(proof->state);
	proof->message = answer->message[0] != '\0' ? strdup(answer->message) : NULL;
	proof->state = NULL;
	proof->state_len = 0;
	if (answer->state_len == 0)
		return;
	proof->state = malloc(answer->state_len);
	if (proof->state == NULL) {
		proof->status = AAA_FAILED;
		return;
	}
	proof->state_len = answer->state_len;
	memcpy(proof->state, answer->state, answer->state_len);
}

/* LOCAL cannot know a password of somebody whom it does not know. */
static void
doubt(struct login_proof *proof, const char *username)
{
	if (!proof->local || proof->status != AAA_ACCEPT ||
	    conf_find(proof->login->conf, CONF_USERNAME, username) != NULL)
		return;
	proof->status = AAA_REJECT;
	proof->local_result = LOCAL_NO_USER;
}

static void
on_answer(struct aaa_answer *answer, void *arg)
{
	struct login_proof *proof = arg;

	trace_login_answer(
	    proof->login, name_of(proof->login, (size_t)(proof - proof->login->proofs)), answer);
	take_answer(proof, answer);
	doubt(proof, name_of(proof->login, (size_t)(proof - proof->login->proofs)));
	if (!login_is_asking(proof->login))
		proceed(proof->login);
}

/* Passwords of the question are taken. */
static enum err
ask(struct login *login, size_t which, const struct aaa_question *question)
{
	const struct login_config *config = &login->table->config;
	struct login_proof *proof = &login->proofs[which];

	proof->wanted = true;
	trace_login_question(login, question, "authentication");
	return config->ask(config->asker, question, on_answer, proof, &proof->ask);
}

static void
refuse_unasked(struct login *login)
{
	metric_count(METRIC_LOGIN_OVERLOAD);
	log_warn("too many logins at once: one is refused");
	login_failed_at(login, "authentication", "too many logins at once");
	login_ask_cancel(login);
	login_fail(login);
}

/* In place of a password that is not looked at. */
static enum err
ask_nobody(struct login *login, size_t which)
{
	static char local[] = LOCAL_NAME;
	static char *servers[] = {local};
	struct aaa_question question = question_of(login, TGG_AUTHENTICATION_SERVER_GROUP, "");

	question.servers = servers;
	question.servers_len = ARRAY_LEN(servers);
	question.password = secret_new("nobody", 6);
	return question.password == NULL ? ERR_NOMEM : ask(login, which, &question);
}

/* The first password, which may have to be changed. */
static enum err
ask_password(struct login *login, size_t which, struct secret *password)
{
	struct aaa_question question = password_question(login, which);
	struct login_proof *proof = &login->proofs[which];

	if (login->verdict != JUDGE_OK) {
		secret_free(password);
		return ask_nobody(login, which);
	}
	question.password = password;
	if (question.password_management) {
		proof->password = secret_new(secret_data(password), secret_len(password));
		if (proof->password == NULL) {
			secret_free(password);
			return ERR_NOMEM;
		}
	}
	return ask(login, which, &question);
}

void
login_ask(struct login *login, struct secret *first, struct secret *second)
{
	enum err err;

	login_proofs_clear(login);
	login->mark =
	    threat_mark(login->table->config.threat, secret_data(first), secret_len(first));
	login->verdict = judge_group(login->conf, login->choice.group, clock_wall_sec());
	err = ask_password(login, LOGIN_FIRST, first);
	if (err == ERR_OK && second != NULL)
		err = ask_password(login, LOGIN_SECOND, second);
	else
		secret_free(second);
	if (err != ERR_OK)
		refuse_unasked(login);
}

void
login_ask_again(struct login *login, size_t which, struct secret *answer)
{
	struct aaa_question question = password_question(login, which);
	struct login_proof *proof = &login->proofs[which];
	struct ip_addr server = proof->server;

	question.password = answer;
	question.state = proof->state;
	question.state_len = proof->state_len;
	question.server = &server;
	if (ask(login, which, &question) != ERR_OK)
		refuse_unasked(login);
}

void
login_ask_change(struct login *login, size_t which, struct secret *new_password)
{
	struct aaa_question question = password_question(login, which);
	struct login_proof *proof = &login->proofs[which];
	struct ip_addr server = proof->server;

	proof->changed = true;
	/* Once more, should the server not like the new one. */
	question.password = secret_new(secret_data(proof->password), secret_len(proof->password));
	question.new_password = new_password;
	question.server = &server;
	if (question.password == NULL) {
		secret_free(new_password);
		refuse_unasked(login);
	} else if (ask(login, which, &question) != ERR_OK) {
		refuse_unasked(login);
	}
}

/* ---- what the user may do ---- */

static bool
is_required(const struct login *login)
{
	return conf_bool(general_of(login), TGG_AUTHORIZATION_REQUIRED);
}

static void
refuse_unauthorized(struct login *login, bool local)
{
	char ip[IP_STR_MAX];

	metric_count(METRIC_LOGIN_UNAUTHORIZED);
	log_notice("Group <%s> User <%s> IP <%s> login refused: %s, and authorization-required is "
		   "set",
	    conf_str(login->choice.group, TG_NAME), login_session_name(login),
	    facts_ip(&login->facts, ip),
	    local ? "LOCAL does not know the user" : "the authorization server does not say yes");
	log_rejected(login, login_session_name(login), local, LOCAL_NO_USER);
	login_failed_at(login, "authorization", "%s, and authorization-required is set",
	    local ? "LOCAL does not know the user" : "the server does not say yes");
	login_deny(login);
}

static void
on_authorized(struct aaa_answer *answer, void *arg)
{
	struct login *login = arg;

	trace_login_answer(login, login_session_name(login), answer);
	login->authorization = NULL;
	login->authorized = answer->profile;
	/* An access list that cannot be had is no leave to go on without one. */
	if (answer->no_acl) {
		metric_count(METRIC_LOGIN_ACCESS_LIST);
		login_failed_at(
		    login, "authorization", "an access list from the server is missing");
		login_deny(login);
	} else if (answer->status == AAA_ACCEPT || !is_required(login)) {
		login->gain.local = answer->status == AAA_ACCEPT && answer->local;
		login_grant(login);
	} else {
		refuse_unauthorized(login, answer->local);
	}
}

/* Nobody is named: a certificate alone is of a user whom LOCAL may know. */
static void
authorize_local(struct login *login)
{
	bool by_password = conf_methods(login->choice.group).aaa;
	bool known = conf_find(login->conf, CONF_USERNAME, login_session_name(login)) != NULL;

	if (!by_password && !known && is_required(login)) {
		refuse_unauthorized(login, true);
		return;
	}
	login->gain.local = !by_password;
	login_grant(login);
}

void
login_authorize(struct login *login)
{
	const struct login_config *config = &login->table->config;
	struct aaa_question question;

	if (!conf_methods(login->choice.group).aaa)
		memcpy(login->username, login->filled, sizeof(login->username));
	question = question_of(login, TGG_AUTHORIZATION_SERVER_GROUP, login_session_name(login));
	question.purpose = AAA_AUTHORIZE;
	trace_login_user(login, login_session_name(login));
	if (!conf_methods(login->choice.group).aaa)
		trace_login_note(login, "Attempting cert only login");
	trace_login_note(login, "Authorization username = %s", login_session_name(login));
	if (question.servers_len > 0)
		trace_login_question(login, &question, "authorization");
	if (question.servers_len == 0)
		authorize_local(login);
	else if (config->ask(config->asker, &question, on_authorized, login,
		     &login->authorization) != ERR_OK)
		refuse_unasked(login);
}
