/* SPDX-License-Identifier: Apache-2.0 */
/* Pre-shared keys of each session, oldest first, and which of them worked last. */
#include "gateway/past_keys.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/str.h"

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#define SWEEP_MS 60000

struct history {
	UT_hash_handle hh;
	uint64_t session;
	uint64_t left_ms; /* when the last tunnel went; counts if tunnels is 0 */
	unsigned tunnels;
	uint8_t keys[PAST_KEYS_MAX][DTLS_PSK_LEN]; /* oldest first */
	size_t len;
	bool settled; /* keys[liked] worked, and it was not the newest */
	size_t liked;
};

struct past_keys {
	pthread_mutex_t lock; /* covers the rest */
	struct history *histories;
	uint64_t keep_ms;
	uint64_t swept_ms;
};

struct past_keys *
past_keys_new(uint64_t keep_ms)
{
	struct past_keys *past = calloc(1, sizeof(*past));

	if (past == NULL)
		return NULL;
	past->keep_ms = keep_ms;
	pthread_mutex_init(&past->lock, NULL);
	return past;
}

static void
drop(struct past_keys *past, struct history *history)
{
	/* The analyser does not see that HASH_DEL moves the head on. */
	HASH_DEL(past->histories, history); /* NOLINT(clang-analyzer-unix.Malloc) */
	str_wipe(history, sizeof(*history));
	free(history);
}

void
past_keys_free(struct past_keys *past)
{
	struct history *history, *next;

	if (past == NULL)
		return;
	for (history = past->histories; history != NULL; history = next) {
		next = history->hh.next;
		drop(past, history);
	}
	pthread_mutex_destroy(&past->lock);
	free(past);
}

static struct history *
find(struct past_keys *past, uint64_t session)
{
	struct history *history;

	HASH_FIND(hh, past->histories, &session, sizeof(session), history);
	return history;
}

static void
sweep(struct past_keys *past, uint64_t now_ms)
{
	struct history *history, *next;

	if (now_ms - past->swept_ms < SWEEP_MS)
		return;
	past->swept_ms = now_ms;
	for (history = past->histories; history != NULL; history = next) {
		next = history->hh.next;
		if (history->tunnels == 0 && now_ms - history->left_ms >= past->keep_ms)
			drop(past, history);
	}
}

static struct history *
find_or_make(struct past_keys *past, uint64_t session)
{
	struct history *history = find(past, session);

	if (history != NULL)
		return history;
	history = calloc(1, sizeof(*history));
	if (history == NULL)
		return NULL;
	history->session = session;
	HASH_ADD(hh, past->histories, session, sizeof(history->session), history);
	if (history->hh.tbl == NULL) {
		free(history);
		return NULL;
	}
	return history;
}

/* The oldest and the one that works stay; of the others the older goes. */
static void
make_room(struct history *history)
{
	size_t victim = history->settled && history->liked == 1 ? 2 : 1;

	if (history->len < PAST_KEYS_MAX)
		return;
	memmove(history->keys[victim], history->keys[victim + 1],
	    (history->len - victim - 1) * sizeof(history->keys[0]));
	history->len--;
	if (history->liked > victim)
		history->liked--;
}

/* Which key is the n-th to try: the one that worked or the newest, then the others, oldest first.
 */
static size_t
order(const struct history *history, size_t n)
{
	size_t first = history->settled ? history->liked : history->len - 1;

	if (n == 0)
		return first;
	return n - 1 < first ? n - 1 : n;
}

size_t
past_keys_enter(struct past_keys *past, uint64_t session, const uint8_t *key,
    uint8_t out[PAST_KEYS_MAX][DTLS_PSK_LEN], uint64_t now_ms)
{
	struct history *history = NULL;
	size_t len = 1;

	memcpy(out[0], key, DTLS_PSK_LEN);
	if (past == NULL)
		return len;
	pthread_mutex_lock(&past->lock);
	sweep(past, now_ms);
	history = find_or_make(past, session);
	if (history != NULL) {
		make_room(history);
		memcpy(history->keys[history->len++], key, DTLS_PSK_LEN);
		history->tunnels++;
		len = history->len;
		for (size_t i = 0; i < len; i++)
			memcpy(out[i], history->keys[order(history, i)], DTLS_PSK_LEN);
	}
	pthread_mutex_unlock(&past->lock);
	return len;
}

void
past_keys_worked(struct past_keys *past, uint64_t session, const uint8_t *key)
{
	struct history *history;

	if (past == NULL)
		return;
	pthread_mutex_lock(&past->lock);
	history = find(past, session);
	for (size_t i = 0; history != NULL && i < history->len; i++)
		if (str_eq_secret(history->keys[i], key, DTLS_PSK_LEN)) {
			history->liked = i;
			history->settled = i + 1 < history->len;
		}
	pthread_mutex_unlock(&past->lock);
}

void
past_keys_leave(struct past_keys *past, uint64_t session, uint64_t now_ms)
{
	struct history *history;

	if (past == NULL)
		return;
	pthread_mutex_lock(&past->lock);
	history = find(past, session);
	if (history != NULL && history->tunnels > 0) {
		history->tunnels--;
		history->left_ms = now_ms;
	}
	pthread_mutex_unlock(&past->lock);
}

void
past_keys_forget(struct past_keys *past, uint64_t session)
{
	struct history *history;

	if (past == NULL)
		return;
	pthread_mutex_lock(&past->lock);
	history = find(past, session);
	if (history != NULL)
		drop(past, history);
	pthread_mutex_unlock(&past->lock);
}
