/* SPDX-License-Identifier: Apache-2.0 */
/* Finding sessions, and keeping the several tables of them in step. */
#include "auth/session_table.h"

#include <stdlib.h>

#include "auth/radius_profile.h"
#include "common/rnd.h"
#include "common/str.h"
#include "conf/row.h"

struct session_table *
session_table_new(const struct session_config *config)
{
	struct session_table *table = calloc(1, sizeof(*table));

	if (table == NULL)
		return NULL;
	table->config = *config;
	table->config.conf = NULL;
	session_table_use(table, config->conf);
	/* Indexes go round; after a restart they should not begin where the last run did. */
	table->next_index = (uint32_t)(rnd_u64() % SESSION_INDEX_MAX) + 1;
	return table;
}

void
session_table_use(struct session_table *table, struct conf *conf)
{
	const struct conf_object *limits = conf_sub(conf_root(conf, CONF_GATEWAY), GW_LIMITS);
	struct conf *old = table->config.conf;

	table->config.conf = conf_ref(conf);
	table->max_sessions = (unsigned)conf_int(limits, LIM_MAX_SESSIONS);
	table->cookie_ms = conf_int(limits, LIM_COOKIE_TIMEOUT) * 1000;
	conf_unref(old);
}

void
session_free(struct session *session)
{
	struct session_stale *stale, *tmp;

	if (session == NULL)
		return;
	DL_FOREACH_SAFE (session->stale, stale, tmp) {
		free(stale);
	}
	str_wipe(session->token_hash, sizeof(session->token_hash));
	for (size_t i = 0; i < session->profiles_len; i++) {
		row_object_free(session->attributes[i]);
		radius_profile_free(session->profiles[i]);
	}
	conf_unref(session->conf);
	free(session);
}

void
session_drop(const struct session_config *config, struct session *session)
{
	pool_release(config->pools, &session->ipv4);
	pool_release(config->pools, &session->ipv6);
	filters_release(config->filters, session->filter4);
	filters_release(config->filters, session->filter6);
	session_free(session);
}

const struct session_config *
session_table_config(const struct session_table *table)
{
	return &table->config;
}

size_t
session_table_len(const struct session_table *table)
{
	return table->alive;
}

unsigned
session_table_max(const struct session_table *table)
{
	return table->max_sessions;
}

void
session_table_came_up(struct session_table *table, Ipc__Channel channel)
{
	if (channel == IPC__CHANNEL__CHANNEL_TLS)
		table->past.tls.all++;
	else
		table->past.dtls.all++;
}

static void
tally_raise(struct session_tally *tally, uint32_t now)
{
	if (tally->peak < now)
		tally->peak = now;
}

const struct session_past *
session_table_past(struct session_table *table)
{
	uint32_t tls = 0, dtls = 0;

	for (const struct session *s = table->by_id; s != NULL; s = s->hh.next) {
		tls += s->tls.up;
		dtls += s->dtls.up;
	}
	tally_raise(&table->past.sessions, (uint32_t)table->alive);
	tally_raise(&table->past.tls, tls);
	tally_raise(&table->past.dtls, dtls);
	return &table->past;
}

struct session *
session_find(const struct session_table *table, uint64_t id)
{
	struct session *session;

	HASH_FIND(hh, table->by_id, &id, sizeof(id), session);
	return session;
}

struct session *
session_table_index(const struct session_table *table, uint32_t index)
{
	struct session *session;

	HASH_FIND(hh_index, table->by_index, &index, sizeof(index), session);
	return session;
}

static struct session *
find_hash(const struct session_table *table, const uint8_t *hash)
{
	struct session *session;

	HASH_FIND(hh_token, table->by_token, hash, TOKEN_HASH_SIZE, session);
	return session;
}

struct session *
session_find_token(const struct session_table *table, const char *token)
{
	uint8_t hash[TOKEN_HASH_SIZE];

	return token_hash(token, hash) == ERR_OK ? find_hash(table, hash) : NULL;
}

struct session *
session_first(const struct session_table *table)
{
	return table->by_id;
}

struct session *
session_next(const struct session *session)
{
	return session->hh.next;
}

static struct session_user *
user_get(struct session_table *table, const char *name)
{
	struct session_user *user;

	HASH_FIND_STR(table->users, name, user);
	if (user != NULL)
		return user;
	user = calloc(1, sizeof(*user));
	if (user == NULL)
		return NULL;
	(void)str_copy(user->name, sizeof(user->name), name);
	HASH_ADD_STR(table->users, name, user);
	if (!table_added(user, hh)) {
		free(user);
		return NULL;
	}
	return user;
}

void
session_table_retire(struct session_table *table, struct session *session)
{
	struct session_user *user = session->user;

	if (user == NULL)
		return;
	session->user = NULL;
	if (table_added(session, hh_token))
		HASH_DELETE(hh_token, table->by_token, session);
	DL_DELETE2(user->sessions, session, user_prev, user_next);
	table->alive--;
	if (--user->count == 0) {
		HASH_DEL(table->users, user);
		free(user);
	}
}

void
session_table_remove(struct session_table *table, struct session *session)
{
	session_table_retire(table, session);
	/* What was freed above is the user's entry, not the session, and each has a table of its
	 * own; the analyser mixes the tables up. */
	/* NOLINTBEGIN(clang-analyzer-core.NullDereference) */
	if (table_added(session, hh_index))
		HASH_DELETE(hh_index, table->by_index, session);
	/* NOLINTEND(clang-analyzer-core.NullDereference) */
	if (table_added(session, hh))
		HASH_DELETE(hh, table->by_id, session); /* NOLINT(clang-analyzer-unix.Malloc) */
}

enum err
session_adopt(struct session_table *table, struct session *session)
{
	struct session_user *user;

	/* max-sessions is for logins: one that is lower than before ends nobody's session. */
	if (table->alive >= SESSION_INDEX_MAX / 2)
		return ERR_LIMIT;
	if (session_find(table, session->id) != NULL ||
	    session_table_index(table, session->index) != NULL ||
	    find_hash(table, session->token_hash) != NULL)
		return ERR_EXISTS;
	user = user_get(table, session->username);
	if (user == NULL)
		return ERR_NOMEM;
	session->user = user;
	user->count++;
	table->alive++;
	table->past.sessions.all++;
	DL_APPEND2(user->sessions, session, user_prev, user_next);
	HASH_ADD(hh_token, table->by_token, token_hash, sizeof(session->token_hash), session);
	HASH_ADD(hh_index, table->by_index, index, sizeof(session->index), session);
	HASH_ADD(hh, table->by_id, id, sizeof(session->id), session);
	if (table_added(session, hh_token) && table_added(session, hh_index) &&
	    table_added(session, hh))
		return ERR_OK;
	session_table_remove(table, session);
	return ERR_NOMEM;
}

void
session_stale_remove(struct session *session, struct session_stale *stale)
{
	DL_DELETE(session->stale, stale);
	free(stale);
}

void
session_stale_clear(struct session *session, unsigned worker)
{
	struct session_stale *stale, *tmp;

	DL_FOREACH_SAFE (session->stale, stale, tmp) {
		if (stale->worker == worker)
			session_stale_remove(session, stale);
	}
}

void
session_table_free(struct session_table *table)
{
	struct session *session, *tmp;

	if (table == NULL)
		return;
	HASH_ITER (hh, table->by_id, session, tmp) {
		session_table_remove(table, session);
		filters_release(table->config.filters, session->filter4);
		filters_release(table->config.filters, session->filter6);
		session_free(session);
	}
	conf_unref(table->config.conf);
	free(table);
}
