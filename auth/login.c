/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pending logins. Whatever goes wrong looks the same to the client: "Login failed." and a fresh
 * form, after the time that hashing a password takes whenever a password was looked at (INV-3).
 * Only the log tells the reason.
 */
#include "auth/login.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "auth/form.h"
#include "auth/grant.h"
#include "auth/table.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/str.h"

enum login_state { LOGIN_FORM, LOGIN_CHECKING };

/* All pending logins of one source. */
struct source {
	struct ip_addr addr;
	struct login *logins; /* oldest first */
	unsigned count;
	UT_hash_handle hh;
};

struct login {
	struct login_table *table;
	enum login_state state;
	char handle[TOKEN_TEXT_SIZE];
	struct group_choice choice;
	uint64_t started_ms;
	uint64_t expires_ms;
	unsigned attempts;                       /* that failed */
	struct source *source;                   /* FORM */
	struct login *prev, *next;               /* FORM: by age; CHECKING: the list of those */
	struct login *source_prev, *source_next; /* FORM */
	UT_hash_handle hh;                       /* FORM */
	/* CHECKING: the reply that is being looked at. */
	struct facts facts;
	char username[SESSION_NAME_SIZE]; /* "" when the name is too long to be anybody's */
	login_answer_fn answer;
	void *arg;
};

struct login_table {
	struct login_config config;
	uint64_t login_ms; /* for a whole login */
	unsigned attempts_max;
	struct login *by_handle; /* FORM */
	struct login *by_age;    /* FORM, oldest handle first */
	struct login *checking;
	struct source *sources;
	size_t len;
};

struct login_table *
login_table_new(const struct login_config *config)
{
	struct login_table *table = calloc(1, sizeof(*table));
	const struct conf_object *limits =
	    conf_sub(conf_root(config->conf, CONF_GATEWAY), GW_LIMITS);

	if (table == NULL)
		return NULL;
	table->config = *config;
	table->login_ms = (uint64_t)conf_int(limits, LIM_LOGIN_TIMEOUT) * 1000;
	table->attempts_max = (unsigned)conf_int(limits, LIM_LOGIN_ATTEMPTS);
	return table;
}

size_t
login_table_len(const struct login_table *table)
{
	return table->len;
}

/* ---- membership: a login in state FORM is in all tables, in any other in none of them ---- */

/* The analyser does not follow utlist's lists: it believes that what was taken out of one is still
 * in it. */
/* NOLINTBEGIN(clang-analyzer-unix.Malloc,clang-analyzer-core.NullDereference) */

static void
form_leave(struct login *login)
{
	struct login_table *table = login->table;
	struct source *source = login->source;

	assert(login->state == LOGIN_FORM && source != NULL);
	HASH_DEL(table->by_handle, login);
	DL_DELETE(table->by_age, login);
	table->len--;
	DL_DELETE2(source->logins, login, source_prev, source_next);
	login->source = NULL;
	if (--source->count == 0) {
		HASH_DEL(table->sources, source);
		free(source);
	}
}

static void
login_drop(struct login *login)
{
	form_leave(login);
	free(login);
}

static struct source *
source_get(struct login_table *table, const struct ip_addr *client)
{
	struct ip_addr addr = *client;
	struct source *source;

	/* Whoever has one IPv6 address has its /64. */
	if (addr.family == 6)
		memset(addr.bytes + 8, 0, 8);
	HASH_FIND(hh, table->sources, &addr, sizeof(addr), source);
	if (source != NULL)
		return source;
	source = calloc(1, sizeof(*source));
	if (source == NULL)
		return NULL;
	source->addr = addr;
	HASH_ADD(hh, table->sources, addr, sizeof(source->addr), source);
	if (!table_added(source, hh)) {
		free(source);
		return NULL;
	}
	return source;
}

/* Into state FORM under a fresh handle; the oldest give way. */
static enum err
form_enter(struct login *login, const struct ip_addr *client)
{
	struct login_table *table = login->table;
	struct source *source = source_get(table, client);

	if (source == NULL)
		return ERR_NOMEM;
	login->state = LOGIN_FORM;
	login->source = source;
	login->expires_ms = clock_mono_ms() + LOGIN_HANDLE_SEC * 1000;
	token_new(login->handle);
	DL_APPEND(table->by_age, login);
	DL_APPEND2(source->logins, login, source_prev, source_next);
	source->count++;
	table->len++;
	HASH_ADD_STR(table->by_handle, handle, login);
	if (!table_added(login, hh)) {
		/* form_leave() takes it off the rest; the handle was never in. */
		DL_DELETE(table->by_age, login);
		DL_DELETE2(source->logins, login, source_prev, source_next);
		table->len--;
		if (--source->count == 0) {
			HASH_DEL(table->sources, source);
			free(source);
		}
		return ERR_NOMEM;
	}
	if (source->count > LOGIN_SOURCE_MAX)
		login_drop(source->logins);
	if (table->len > LOGIN_TABLE_MAX)
		login_drop(table->by_age);
	return ERR_OK;
}

void
login_table_tick(struct login_table *table)
{
	uint64_t now = clock_mono_ms();

	while (table->by_age != NULL && table->by_age->expires_ms <= now)
		login_drop(table->by_age);
}

void
login_table_free(struct login_table *table)
{
	struct login *login, *tmp;
	Ipc__AuthAnswer refused;

	if (table == NULL)
		return;
	while (table->by_age != NULL)
		login_drop(table->by_age);
	form_refused(&refused);
	DL_FOREACH_SAFE (table->checking, login, tmp) {
		DL_DELETE(table->checking, login);
		login->answer(&refused, login->arg);
		free(login);
	}
	free(table);
}

/* NOLINTEND(clang-analyzer-unix.Malloc,clang-analyzer-core.NullDereference) */

/* ---- answers ---- */

static void
answer_refused(login_answer_fn fn, void *arg)
{
	Ipc__AuthAnswer refused;

	form_refused(&refused);
	fn(&refused, arg);
}

/* Give the login a fresh handle and show its form; takes the login, which is in no table. */
static void
show_form(
    struct login *login, const struct ip_addr *client, bool failed, login_answer_fn fn, void *arg)
{
	const struct login_config *config = &login->table->config;
	struct form *form;

	if (form_enter(login, client) != ERR_OK) {
		free(login);
		answer_refused(fn, arg);
		return;
	}
	form = form_new(config->conf, &login->choice, login->handle, config->generation);
	if (form == NULL) {
		login_drop(login);
		answer_refused(fn, arg);
		return;
	}
	if (failed)
		form_set_failed(form);
	fn(form_answer(form), arg);
	form_free(form);
}

/* The first form of a login; `failed` when a reply led here that belonged to none. */
static void
start(struct login_table *table, const struct group_choice *choice, const struct ip_addr *client,
    bool failed, login_answer_fn fn, void *arg)
{
	struct login *login = calloc(1, sizeof(*login));

	if (login == NULL) {
		answer_refused(fn, arg);
		return;
	}
	login->table = table;
	login->choice = *choice;
	login->started_ms = clock_mono_ms();
	login->attempts = failed ? 1 : 0;
	show_form(login, client, failed, fn, arg);
}

/* An attempt failed: another form, unless attempts or time are used up. Takes the login, which is
 * in no table. */
static void
fail(struct login *login)
{
	struct login_table *table = login->table;
	bool over;

	login->attempts++;
	over = login->attempts >= table->attempts_max ||
	       clock_mono_ms() - login->started_ms >= table->login_ms;
	if (over) {
		answer_refused(login->answer, login->arg);
		free(login);
		return;
	}
	show_form(login, &login->facts.client.addr, true, login->answer, login->arg);
}

void
login_init(struct login_table *table, const Ipc__AuthInit *init, login_answer_fn fn, void *arg)
{
	struct group_choice choice;
	struct facts facts;

	if (facts_read(init->facts, &facts) != ERR_OK) {
		log_warn("a login without valid client facts is refused");
		answer_refused(fn, arg);
		return;
	}
	group_resolve(table->config.conf, init->group_access, init->facts->host, init->facts->path,
	    init->group_select, &choice);
	log_debug("login from %s: tunnel group %s, alias %s",
	    facts_ip(&facts, (char[IP_STR_MAX]){0}), conf_str(choice.group, TG_NAME),
	    choice.alias != NULL ? choice.alias : "none");
	start(table, &choice, &facts.client.addr, false, fn, arg);
}

/* ---- replies ---- */

/* The verifier's word, on the loop. */
static void
on_checked(enum local_result result, void *arg)
{
	struct login *login = arg;
	struct login_table *table = login->table;
	struct grant grant = {
	    .conf = table->config.conf,
	    .sessions = table->config.sessions,
	    .choice = &login->choice,
	    .facts = &login->facts,
	    .username = login->username,
	};

	DL_DELETE(table->checking, login);
	if (grant_session(&grant, result) != ERR_OK) {
		fail(login);
		return;
	}
	login->answer(&grant.answer, login->arg);
	grant_fini(&grant);
	free(login);
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

/* Hand name and password to the verifier. The login is in no table. */
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
	/* A name that does not fit is nobody's, and is checked like any other that is nobody's. */
	if (str_copy_n(login->username, sizeof(login->username), (const char *)name->value.data,
		name->value.len) != ERR_OK)
		login->username[0] = '\0';
	login->state = LOGIN_CHECKING;
	DL_APPEND(login->table->checking, login);
	if (config->verify(config->verifier, login->username, password, on_checked, login) ==
	    ERR_OK)
		return;
	log_warn("too many logins at once: one is refused");
	DL_DELETE(login->table->checking, login);
	fail(login);
}

/* Did the client choose another group than the one of this form? Then that one's form is the answer
 * (2.5). */
static bool
is_other_group(const struct login *login, const char *select)
{
	const char *alias;

	if (!login->choice.list || select[0] == '\0')
		return false;
	return group_by_alias(login->table->config.conf, select, &alias) != login->choice.group;
}

static bool
is_current(const struct login_table *table, const char *config_hash)
{
	uint64_t value;

	return str_to_u64(config_hash, 0, UINT64_MAX, &value) == ERR_OK &&
	       value == table->config.generation;
}

static struct login *
login_take(struct login_table *table, const Ipc__AuthReply *reply)
{
	uint64_t now = clock_mono_ms();
	struct login *login;

	HASH_FIND_STR(table->by_handle, reply->handle, login);
	if (login == NULL)
		return NULL;
	form_leave(login);
	if (now < login->expires_ms && now - login->started_ms < table->login_ms &&
	    is_current(table, reply->config_hash))
		return login;
	free(login);
	return NULL;
}

static void
reply_dispatch(struct login_table *table, const Ipc__AuthReply *reply, const struct facts *facts,
    login_answer_fn fn, void *arg)
{
	struct login *login = login_take(table, reply);
	struct group_choice choice;

	if (login != NULL && !is_other_group(login, reply->group_select)) {
		login->facts = *facts;
		login->answer = fn;
		login->arg = arg;
		check(login, reply);
		return;
	}
	group_resolve(table->config.conf, "", reply->facts->host, reply->facts->path,
	    reply->group_select, &choice);
	if (login == NULL)
		log_info("a login reply from %s has an unknown or expired handle",
		    facts_ip(facts, (char[IP_STR_MAX]){0}));
	start(table, &choice, &facts->client.addr, login == NULL, fn, arg);
	free(login);
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
