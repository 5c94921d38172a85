/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pending logins: which way each goes. Whatever goes wrong looks the same to the client: "Login
 * failed." and a fresh form, after the time that hashing a password takes whenever a password was
 * looked at (INV-3). Only the log tells the reason.
 */
#include "auth/login.h"

#include <string.h>

#include "auth/factor.h"
#include "auth/form.h"
#include "auth/login_steps.h"
#include "auth/threat.h"
#include "auth/trace_login.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/str.h"
#include "conf/cert_name.h"

/* ---- what is next ---- */

static bool
is_pre_filled(const struct login *login, unsigned setting)
{
	return strcmp(conf_str(conf_sub(login->choice.group, TG_WEBVPN), setting), "none") != 0;
}

/* The user names that certificates give, where they count. */
static enum err
take_names(struct login *login, const struct conf_methods *methods)
{
	struct cert_pair pair = {.first = login->names, .second = login->second};
	enum err err = ERR_OK;

	if (!methods->aaa || is_pre_filled(login, TGW_PRE_FILL))
		err = cert_name_user(login->conf, login->choice.group, &pair, false, login->filled,
		    sizeof(login->filled));
	if (err == ERR_OK && login_has_second(login) &&
	    is_pre_filled(login, TGW_SECONDARY_PRE_FILL))
		err = cert_name_user(login->conf, login->choice.group, &pair, true,
		    login->second_filled, sizeof(login->second_filled));
	return err;
}

/* All certificates are there: the password, or that was all. */
static void
pass_certificates(struct login *login, const struct conf_methods *methods, bool grant)
{
	enum err err = ERR_OK;

	if (factor_needs_certificate(methods)) {
		login->bound = true;
		err = take_names(login, methods);
		trace_login_user(login, login->filled);
	}
	if (err == ERR_NOTFOUND)
		login_refuse_certificate(login, "no field of username-from-certificate is in it");
	else if (err == ERR_LIMIT)
		login_refuse_certificate(login, "the user name in it is too long");
	else if (err != ERR_OK)
		login_refuse_certificate(login, "the user name in it is none");
	else if (grant)
		login_authorize(login);
	else
		login_show_form(login, login->stray);
}

void
login_advance(struct login *login)
{
	struct conf_methods methods = conf_methods(login->choice.group);
	struct factor_state state = {
	    .shown = login->shown,
	    .good = login->names != NULL,
	    .cert_failed = login->cert_failed,
	    .can_multiple = login->can_multiple,
	    .paired = login->second != NULL,
	    .unchosen = login->choice.list && login->choice.rule == RESOLVE_DEFAULT,
	    .stray = login->stray,
	};
	const char *why;

	switch (factor_next(&methods, &state, &why)) {
	case FACTOR_PASSWORD:
		pass_certificates(login, &methods, false);
		break;
	case FACTOR_GRANT:
		pass_certificates(login, &methods, true);
		break;
	case FACTOR_CHOICE:
		login_show_choice(login);
		break;
	case FACTOR_CERTIFICATE:
		login_ask_certificate(login);
		break;
	case FACTOR_PAIR:
		login_show_request(login);
		break;
	default:
		login_refuse_certificate(login, why);
		break;
	}
}

/* ---- which group ---- */

static void
on_arrived(const struct resolve_choice *choice, Ipc__CertNames *names, void *arg)
{
	struct login *login = arg;

	login->choice = *choice;
	login->names = names;
	trace_login_group(login);
	log_debug("login from %s: tunnel group %s, alias %s",
	    facts_ip(&login->facts, (char[IP_STR_MAX]){0}), conf_str(choice->group, TG_NAME),
	    choice->alias != NULL ? choice->alias : "none");
	login_advance(login);
}

/* What a login begins with. Borrowed. */
struct beginning {
	struct arrival_request request;
	const struct facts *facts;
	bool cert_failed;
	bool can_multiple;
	bool stray; /* a reply led here that belonged to no login */
};

static void
start(struct login_table *table, const struct beginning *from, login_answer_fn fn, void *arg)
{
	struct login *login = login_table_begin(table);

	if (login == NULL) {
		login_answer_refused(fn, arg);
		return;
	}
	login->facts = *from->facts;
	login->shown = from->request.facts->n_certificate > 0;
	leaf_read(from->request.facts, &login->leaf);
	login->cert_failed = from->cert_failed;
	login->can_multiple = from->can_multiple;
	login->stray = from->stray;
	login->attempts = from->stray ? 1 : 0;
	login->answer = fn;
	login->arg = arg;
	arrival_resolve(table->config.arrivals, login->conf, &from->request, on_arrived, login);
}

/* A probe need not begin with an init. */
static void
look_at_wish(struct login_table *table, const struct beginning *from)
{
	const struct threat_wish wish = {
	    .url = from->request.url,
	    .path = from->request.facts->path,
	    .select = from->request.select,
	};

	threat_wish(table->config.threat, table->config.conf, &from->facts->client.addr, &wish);
}

void
login_init(struct login_table *table, const Ipc__AuthInit *init, login_answer_fn fn, void *arg)
{
	struct facts facts;
	struct beginning from = {
	    .request = {.facts = init->facts,
		.url = init->group_access,
		.select = init->group_select},
	    .facts = &facts,
	    .cert_failed = init->client_cert_fail,
	};

	if (facts_read(init->facts, &facts) != ERR_OK) {
		log_warn("a login without valid client facts is refused");
		login_answer_refused(fn, arg);
		return;
	}
	if (threat_is_shunned(table->config.threat, &facts.client.addr)) {
		login_answer_refused(fn, arg);
		return;
	}
	look_at_wish(table, &from);
	threat_begin(table->config.threat, table->config.conf, &facts.client.addr);
	from.can_multiple = second_is_announced(init->facts);
	start(table, &from, fn, arg);
}

/* ---- replies ---- */

/* Did the client choose another group than the one of this form? Then that one's form is the answer
 * (2.5). A group that a certificate or a URL chose has no list to choose from. */
static bool
is_other_group(const struct login *login, const char *select)
{
	const char *alias;

	if (!login->choice.list || select[0] == '\0')
		return false;
	return resolve_alias(login->conf, select, &alias) != login->choice.group;
}

static bool
is_current(const struct login *login, const char *config_hash)
{
	uint64_t value;

	return str_to_u64(config_hash, 0, UINT64_MAX, &value) == ERR_OK &&
	       value == login->generation;
}

/* The login that this reply belongs to, now BUSY; NULL: none, or none any more. */
static struct login *
login_take(struct login_table *table, const Ipc__AuthReply *reply)
{
	struct login *login;

	HASH_FIND_STR(table->by_handle, reply->handle, login);
	if (login == NULL)
		return NULL;
	if (clock_mono_ms() < login->expires_ms && !login_is_time_over(login) &&
	    is_current(login, reply->config_hash)) {
		login_table_take(login);
		return login;
	}
	login_table_drop(login);
	return NULL;
}

/* The reply is the choice of a group, and of nothing else: the login of that group begins. Its own
 * request is answered already. */
static void
choose(struct login *login, const struct beginning *from, login_answer_fn fn, void *arg)
{
	struct beginning chosen = *from;

	if (chosen.request.select[0] == '\0' && login->choice.alias != NULL)
		chosen.request.select = login->choice.alias;
	chosen.can_multiple = login->can_multiple || from->can_multiple;
	start(login->table, &chosen, fn, arg);
	login_table_drop(login);
}

/* A reply to what this login was asked. */
static void
answer_to(struct login *login, const Ipc__AuthReply *reply)
{
	struct leaf leaf;

	leaf_read(reply->facts, &leaf);
	if (login->wait == LOGIN_WAIT_PAIR || reply->n_chain > 0)
		login_pair(login, reply);
	else if (login->bound && !leaf_eq(&leaf, &login->leaf))
		login_refuse_certificate(
		    login, "its reply comes with another certificate than its init, or without");
	else if (login->wait == LOGIN_WAIT_CHALLENGE)
		login_challenge_reply(login, reply);
	else
		login_check(login, reply);
}

/* A reply to nothing. One with certificates would be answered by a form that its client cannot
 * show. */
static void
stray(struct login_table *table, const Ipc__AuthReply *reply, struct beginning *from,
    login_answer_fn fn, void *arg)
{
	Ipc__AuthAnswer refused;

	threat_begin(table->config.threat, table->config.conf, &from->facts->client.addr);
	log_info("a login reply from %s has an unknown or expired handle",
	    facts_ip(from->facts, (char[IP_STR_MAX]){0}));
	if (reply->hidden) {
		login_answer_refused(fn, arg);
		return;
	}
	if (reply->n_chain > 0) {
		form_refused_certificate(&refused);
		fn(&refused, arg);
		return;
	}
	from->stray = true;
	start(table, from, fn, arg);
}

static void
reply_dispatch(struct login_table *table, const Ipc__AuthReply *reply, const struct facts *facts,
    login_answer_fn fn, void *arg)
{
	struct login *login = login_take(table, reply);
	struct beginning from = {
	    .request = {.facts = reply->facts, .url = "", .select = reply->group_select},
	    .facts = facts,
	    .can_multiple = second_is_announced(reply->facts),
	};

	look_at_wish(table, &from);
	if (login == NULL) {
		stray(table, reply, &from, fn, arg);
	} else if (login->wait == LOGIN_WAIT_CHOICE ||
		   (login->wait == LOGIN_WAIT_PASSWORD &&
		       is_other_group(login, reply->group_select))) {
		choose(login, &from, fn, arg);
	} else {
		if (!ip_eq(&login->facts.client.addr, &facts->client.addr))
			log_info("a login of %s goes on from %s",
			    facts_ip(&login->facts, (char[IP_STR_MAX]){0}),
			    facts_ip(facts, (char[IP_STR_MAX]){0}));
		login->facts = *facts;
		login->answer = fn;
		login->arg = arg;
		answer_to(login, reply);
	}
}

void
login_reply_wipe(Ipc__AuthReply *reply)
{
	for (size_t i = 0; i < reply->n_field; i++)
		str_wipe(reply->field[i]->value.data, reply->field[i]->value.len);
}

void
login_reply_refuse(Ipc__AuthReply *reply, login_answer_fn fn, void *arg)
{
	login_answer_refused(fn, arg);
	login_reply_wipe(reply);
}

void
login_reply(struct login_table *table, Ipc__AuthReply *reply, login_answer_fn fn, void *arg)
{
	struct facts facts;

	if (facts_read(reply->facts, &facts) != ERR_OK) {
		log_warn("a login without valid client facts is refused");
		login_answer_refused(fn, arg);
	} else if (threat_is_shunned(table->config.threat, &facts.client.addr)) {
		login_answer_refused(fn, arg);
	} else {
		reply_dispatch(table, reply, &facts, fn, arg);
	}
	login_reply_wipe(reply);
}
