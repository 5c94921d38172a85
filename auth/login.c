/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pending logins. Whatever goes wrong looks the same to the client: "Login failed." and a fresh
 * form, after the time that hashing a password takes whenever a password was looked at (INV-3).
 * Only the log tells the reason.
 */
#include "auth/login.h"

#include <string.h>

#include "auth/form.h"
#include "auth/grant.h"
#include "auth/login_table.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/str.h"
#include "conf/username.h"

#define TYPED_MAX 512 /* a user name with its realm and group */

/* ---- answers ---- */

static void
answer_refused(login_answer_fn fn, void *arg)
{
	Ipc__AuthAnswer refused;

	form_refused(&refused);
	fn(&refused, arg);
}

/* The login is over. */
static void
refuse(struct login *login)
{
	answer_refused(login->answer, login->arg);
	login_table_drop(login);
}

/* Give the login a fresh handle and show its form. */
static void
show_form(struct login *login, bool failed)
{
	login_answer_fn answer = login->answer;
	void *arg = login->arg;
	struct form *form;

	if (login_table_show(login) != ERR_OK) {
		refuse(login);
		return;
	}
	form = form_new(login->conf, &login->choice, login->handle, login->generation);
	if (form == NULL) {
		login_table_drop(login);
		answer_refused(answer, arg);
		return;
	}
	if (failed)
		form_set_failed(form);
	answer(form_answer(form), arg);
	form_free(form);
}

static const struct conf_object *
limits_of(const struct login *login)
{
	return conf_sub(conf_root(login->conf, CONF_GATEWAY), GW_LIMITS);
}

static bool
is_time_over(const struct login *login)
{
	uint64_t limit_ms = (uint64_t)conf_int(limits_of(login), LIM_LOGIN_TIMEOUT) * 1000;

	return clock_mono_ms() - login->started_ms >= limit_ms;
}

/* An attempt failed: another form, unless attempts or time are used up. */
static void
fail(struct login *login)
{
	login->attempts++;
	if (login->attempts >= (unsigned)conf_int(limits_of(login), LIM_LOGIN_ATTEMPTS) ||
	    is_time_over(login))
		refuse(login);
	else
		show_form(login, true);
}

/* ---- which group ---- */

static void
on_arrived(const struct resolve_choice *choice, Ipc__CertNames *names, void *arg)
{
	struct login *login = arg;

	login->choice = *choice;
	login->names = names;
	log_debug("login from %s: tunnel group %s, alias %s",
	    facts_ip(&login->facts, (char[IP_STR_MAX]){0}), conf_str(choice->group, TG_NAME),
	    choice->alias != NULL ? choice->alias : "none");
	show_form(login, login->failed);
}

/* The first form of a login; `failed` when a reply led here that belonged to none. */
static void
start(struct login_table *table, const struct arrival_request *request, const struct facts *facts,
    bool failed, login_answer_fn fn, void *arg)
{
	struct login *login = login_table_begin(table);

	if (login == NULL) {
		answer_refused(fn, arg);
		return;
	}
	login->facts = *facts;
	login->failed = failed;
	login->attempts = failed ? 1 : 0;
	login->answer = fn;
	login->arg = arg;
	arrival_resolve(table->config.arrivals, login->conf, request, on_arrived, login);
}

void
login_init(struct login_table *table, const Ipc__AuthInit *init, login_answer_fn fn, void *arg)
{
	struct arrival_request request = {
	    .facts = init->facts, .url = init->group_access, .select = init->group_select};
	struct facts facts;

	if (facts_read(init->facts, &facts) != ERR_OK) {
		log_warn("a login without valid client facts is refused");
		answer_refused(fn, arg);
		return;
	}
	start(table, &request, &facts, false, fn, arg);
}

/* ---- right or wrong ---- */

static struct grant
grant_of(struct login *login)
{
	return (struct grant){
	    .conf = login->conf,
	    .sessions = login->table->config.sessions,
	    .choice = &login->choice,
	    .facts = &login->facts,
	    .username = login->username,
	};
}

/* What it depends on is known: the session. */
static void
on_fresh(void *arg)
{
	struct login *login = arg;
	struct grant grant = grant_of(login);

	if (grant_open(&grant) != ERR_OK) {
		fail(login);
		return;
	}
	login->answer(&grant.answer, login->arg);
	grant_fini(&grant);
	login_table_drop(login);
}

/* The verifier's word, on the loop. */
static void
on_checked(enum local_result result, void *arg)
{
	struct login *login = arg;
	const struct login_config *config = &login->table->config;
	struct grant grant = grant_of(login);

	if (grant_judge(&grant, result) != ERR_OK)
		fail(login);
	else if (grant.crowded && config->refresh != NULL)
		config->refresh(config->refresher, on_fresh, login);
	else
		on_fresh(login);
}

static const Ipc__Field *
field_find(const Ipc__AuthReply *reply, const char *name)
{
	for (size_t i = 0; i < reply->n_field; i++)
		if (strcmp(reply->field[i]->name, name) == 0)
			return reply->field[i];
	return NULL;
}

/* The password of a reply; NULL: there is none that crypt(3) could take, or memory. */
static struct secret *
password_take(const Ipc__AuthReply *reply)
{
	const Ipc__Field *field = field_find(reply, "password");

	if (field == NULL || field->value.len == 0)
		return NULL;
	if (memchr(field->value.data, 0, field->value.len) != NULL)
		return NULL;
	return secret_new(field->value.data, field->value.len);
}

/* The name that AAA sees. One that does not fit, or of which nothing is left, is nobody's, and is
 * checked like any other that is nobody's. */
static void
username_take(struct login *login, const Ipc__Field *field)
{
	char typed[TYPED_MAX], stripped[TYPED_MAX];

	if (str_copy_n(typed, sizeof(typed), (const char *)field->value.data, field->value.len) !=
		ERR_OK ||
	    username_strip(login->conf, login->choice.group, typed, stripped, sizeof(stripped)) !=
		ERR_OK ||
	    str_copy(login->username, sizeof(login->username), stripped) != ERR_OK)
		login->username[0] = '\0';
}

/* Hand name and password to the verifier. */
static void
check(struct login *login, const Ipc__AuthReply *reply)
{
	const struct login_config *config = &login->table->config;
	const Ipc__Field *name = field_find(reply, "username");
	struct secret *password = password_take(reply);

	if (name == NULL || name->value.len == 0 || password == NULL) {
		log_info("a login reply without usable user name and password is refused");
		secret_free(password);
		fail(login);
		return;
	}
	username_take(login, name);
	if (config->verify(config->verifier, login->conf, login->username, password, on_checked,
		login) == ERR_OK)
		return;
	log_warn("too many logins at once: one is refused");
	fail(login);
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
	if (clock_mono_ms() < login->expires_ms && !is_time_over(login) &&
	    is_current(login, reply->config_hash)) {
		login_table_take(login);
		return login;
	}
	login_table_drop(login);
	return NULL;
}

static void
reply_dispatch(struct login_table *table, const Ipc__AuthReply *reply, const struct facts *facts,
    login_answer_fn fn, void *arg)
{
	struct login *login = login_take(table, reply);
	struct arrival_request request = {
	    .facts = reply->facts, .url = "", .select = reply->group_select};
	bool failed = login == NULL;

	if (login == NULL) {
		log_info("a login reply from %s has an unknown or expired handle",
		    facts_ip(facts, (char[IP_STR_MAX]){0}));
	} else if (!is_other_group(login, reply->group_select)) {
		login->facts = *facts;
		login->answer = fn;
		login->arg = arg;
		check(login, reply);
		return;
	} else {
		/* Its request is answered already. */
		login_table_drop(login);
	}
	start(table, &request, facts, failed, fn, arg);
}

void
login_reply(struct login_table *table, Ipc__AuthReply *reply, login_answer_fn fn, void *arg)
{
	struct facts facts;

	if (facts_read(reply->facts, &facts) == ERR_OK) {
		reply_dispatch(table, reply, &facts, fn, arg);
	} else {
		log_warn("a login without valid client facts is refused");
		answer_refused(fn, arg);
	}
	for (size_t i = 0; i < reply->n_field; i++)
		str_wipe(reply->field[i]->value.data, reply->field[i]->value.len);
}
