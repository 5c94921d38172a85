/* SPDX-License-Identifier: Apache-2.0 */
/* Which pending logins there are, and how many there may be. */
#include "auth/login_table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "auth/form.h"
#include "auth/login_steps.h"
#include "auth/radius_profile.h"
#include "common/clock.h"

struct login_table *
login_table_new(const struct login_config *config)
{
	struct login_table *table = calloc(1, sizeof(*table));

	if (table == NULL)
		return NULL;
	table->config = *config;
	conf_ref(config->conf);
	return table;
}

void
login_table_use(struct login_table *table, struct conf *conf, uint64_t generation)
{
	struct conf *old = table->config.conf;

	table->config.conf = conf_ref(conf);
	table->config.generation = generation;
	conf_unref(old);
}

uint64_t
login_table_generation(const struct login_table *table)
{
	return table->config.generation;
}

size_t
login_table_len(const struct login_table *table)
{
	return table->len;
}

/* The analyser does not follow utlist's lists: it believes that what was taken out of one is still
 * in it. */
/* NOLINTBEGIN(clang-analyzer-unix.Malloc,clang-analyzer-core.NullDereference) */

static void
source_leave(struct login *login)
{
	struct login_table *table = login->table;
	struct source *source = login->source;

	DL_DELETE(table->by_age, login);
	DL_DELETE2(source->logins, login, source_prev, source_next);
	table->len--;
	login->source = NULL;
	if (--source->count == 0) {
		HASH_DEL(table->sources, source);
		free(source);
	}
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

struct login *
login_table_begin(struct login_table *table)
{
	struct login *login = calloc(1, sizeof(*login));

	if (login == NULL)
		return NULL;
	login->table = table;
	login->conf = conf_ref(table->config.conf);
	login->generation = table->config.generation;
	login->started_ms = clock_mono_ms();
	login->state = LOGIN_BUSY;
	for (size_t i = 0; i < LOGIN_PROOFS; i++)
		login->proofs[i].login = login;
	DL_APPEND(table->busy, login);
	return login;
}

enum err
login_table_show(struct login *login)
{
	struct login_table *table = login->table;
	struct source *source = source_get(table, &login->facts.client.addr);

	assert(login->state == LOGIN_BUSY);
	if (source == NULL)
		return ERR_NOMEM;
	token_new(login->handle);
	HASH_ADD_STR(table->by_handle, handle, login);
	if (!table_added(login, hh)) {
		if (source->count == 0) {
			HASH_DEL(table->sources, source);
			free(source);
		}
		return ERR_NOMEM;
	}
	DL_DELETE(table->busy, login);
	login->state = LOGIN_FORM;
	login->source = source;
	login->expires_ms = clock_mono_ms() + LOGIN_HANDLE_SEC * 1000;
	DL_APPEND(table->by_age, login);
	DL_APPEND2(source->logins, login, source_prev, source_next);
	source->count++;
	table->len++;
	if (source->count > LOGIN_SOURCE_MAX)
		login_table_drop(source->logins);
	if (table->len > LOGIN_TABLE_MAX)
		login_table_drop(table->by_age);
	return ERR_OK;
}

void
login_table_take(struct login *login)
{
	assert(login->state == LOGIN_FORM && login->source != NULL);
	HASH_DEL(login->table->by_handle, login);
	source_leave(login);
	login->state = LOGIN_BUSY;
	DL_APPEND(login->table->busy, login);
}

static void
proof_clear(struct login_proof *proof)
{
	struct login *login = proof->login;

	radius_profile_free(proof->profile);
	free(proof->message);
	free(proof->state);
	secret_free(proof->password);
	secret_free(proof->pin);
	*proof = (struct login_proof){.login = login};
}

void
login_proofs_clear(struct login *login)
{
	for (size_t i = 0; i < LOGIN_PROOFS; i++)
		proof_clear(&login->proofs[i]);
	radius_profile_free(login->authorized);
	login->authorized = NULL;
	gain_fini(&login->gain);
}

void
login_table_drop(struct login *login)
{
	if (login->state == LOGIN_FORM)
		login_table_take(login);
	DL_DELETE(login->table->busy, login);
	ipc__cert_names__free_unpacked(login->names, NULL);
	ipc__cert_names__free_unpacked(login->second, NULL);
	second_request_free(login->request);
	login_proofs_clear(login);
	conf_unref(login->conf);
	free(login);
}

void
login_table_tick(struct login_table *table)
{
	struct login *login, *tmp;
	uint64_t now = clock_mono_ms();

	while (table->by_age != NULL && table->by_age->expires_ms <= now)
		login_table_drop(table->by_age);
	DL_FOREACH_SAFE (table->busy, login, tmp) {
		if (login_is_asking(login) && login_is_time_over(login)) {
			login_ask_cancel(login);
			login_refuse(login);
		}
	}
}

void
login_table_free(struct login_table *table)
{
	struct login *login, *tmp;
	Ipc__AuthAnswer refused;

	if (table == NULL)
		return;
	while (table->by_age != NULL)
		login_table_drop(table->by_age);
	form_refused(&refused);
	DL_FOREACH_SAFE (table->busy, login, tmp) {
		login->answer(&refused, login->arg);
		login_table_drop(login);
	}
	conf_unref(table->config.conf);
	free(table);
}

/* NOLINTEND(clang-analyzer-unix.Malloc,clang-analyzer-core.NullDereference) */
