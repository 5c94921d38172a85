/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A CRL's age is judged by each who asks, because trustpoints differ in what they take.
 */
#include "pki/answer_shelf.h"

#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "pki/crl.h"

/* The analyser does not follow what uthash keeps. */
/* NOLINTBEGIN(clang-analyzer-unix.Malloc,clang-analyzer-core.NullDereference) */

/* ---- one answer ---- */

struct answer *
answer_new(enum answer_kind kind, const uint8_t key[ANSWER_KEY_LEN])
{
	struct answer *answer = calloc(1, sizeof *answer);

	if (answer == NULL)
		return NULL;
	memcpy(answer->key, key, sizeof answer->key);
	answer->kind = kind;
	answer->fetched_ms = clock_mono_ms();
	return answer;
}

static void
answer_free(struct answer *answer)
{
	if (answer == NULL)
		return;
	crl_free(answer->crl);
	X509_free(answer->issuer);
	free(answer->url);
	for (size_t i = 0; i < answer->users_len; i++)
		free(answer->users[i]);
	free(answer);
}

static enum answer_status
judge_crl(const struct answer *answer, const struct answer_query *query, const char **why)
{
	if (answer->crl == NULL) {
		*why = answer->why;
		return ANSWER_NONE;
	}
	if (!crl_is_current(answer->crl, query->enforce_next_update, clock_wall_sec(), why) ||
	    !crl_covers(answer->crl, query->cert, why))
		return ANSWER_NONE;
	return crl_has(answer->crl, query->cert) ? ANSWER_REVOKED : ANSWER_GOOD;
}

enum answer_status
answer_judge(const struct answer *answer, const struct answer_query *query, const char **why)
{
	if (answer->kind == ANSWER_CRL)
		return judge_crl(answer, query, why);
	*why = answer->why;
	return answer->status;
}

/* What was worth nothing is not asked for again at once. */
bool
answer_is_fresh(
    const struct answer *answer, const struct answer_query *query, enum answer_status status)
{
	uint64_t age_ms = clock_mono_ms() - answer->fetched_ms;

	if (status == ANSWER_NONE)
		return age_ms < ANSWERS_RETRY_MS;
	if (answer->kind == ANSWER_CRL)
		return age_ms < query->cache_ms;
	return clock_wall_sec() < answer->until;
}

void
answer_note_use(struct answer *answer, const struct answer_query *query)
{
	uint64_t end_ms = answer->fetched_ms + query->cache_ms, now_ms = clock_mono_ms();
	time_t next;

	if (answer->kind != ANSWER_CRL || answer->crl == NULL || query->trustpoint == NULL)
		return;
	answer->cached_until =
	    clock_wall_sec() + (time_t)(end_ms > now_ms ? (end_ms - now_ms) / 1000 : 0);
	next = crl_next_update(answer->crl);
	if (query->enforce_next_update && next != 0 && next < answer->cached_until)
		answer->cached_until = next;
	for (size_t i = 0; i < answer->users_len; i++)
		if (strcmp(answer->users[i], query->trustpoint) == 0)
			return;
	if (answer->users_len == ANSWERS_USERS_MAX)
		return;
	answer->users[answer->users_len] = strdup(query->trustpoint);
	if (answer->users[answer->users_len] != NULL)
		answer->users_len++;
}

const char *
answer_worth(const struct answer *answer)
{
	static const char *const names[] = {
	    [ANSWER_GOOD] = "good", [ANSWER_REVOKED] = "revoked", [ANSWER_UNKNOWN] = "unknown"};

	if (answer->kind == ANSWER_CRL && answer->crl != NULL)
		return "a CRL of this issuer";
	if (answer->kind == ANSWER_OCSP && answer->status != ANSWER_NONE)
		return names[answer->status];
	return answer->why != NULL ? answer->why : "worth nothing";
}

/* ---- the shelf ---- */

static void
answer_shelf_remove(struct answer_shelf *shelf, struct answer *answer)
{
	HASH_DEL(shelf->answers, answer);
	shelf->bytes -= answer->bytes;
	answer_free(answer);
}

struct answer *
answer_shelf_find(const struct answer_shelf *shelf, const uint8_t key[ANSWER_KEY_LEN])
{
	struct answer *answer;

	HASH_FIND(hh, shelf->answers, key, ANSWER_KEY_LEN, answer);
	return answer;
}

void
answer_shelf_touch(struct answer_shelf *shelf, struct answer *answer)
{
	HASH_DEL(shelf->answers, answer);
	HASH_ADD(hh, shelf->answers, key, ANSWER_KEY_LEN, answer);
}

void
answer_shelf_put(struct answer_shelf *shelf, struct answer *answer)
{
	struct answer *old = answer_shelf_find(shelf, answer->key);

	if (old != NULL)
		answer_shelf_remove(shelf, old);
	while (shelf->answers != NULL && (HASH_COUNT(shelf->answers) >= shelf->max ||
					     shelf->bytes + answer->bytes > ANSWERS_CRL_BYTES_MAX))
		answer_shelf_remove(shelf, shelf->answers);
	HASH_ADD(hh, shelf->answers, key, ANSWER_KEY_LEN, answer);
	shelf->bytes += answer->bytes;
}

bool
answer_shelf_crl(const struct answer_shelf *shelf, size_t index, struct answers_crl *out)
{
	const struct answer *answer = shelf->answers;

	for (; answer != NULL; answer = answer->hh.next) {
		if (answer->crl == NULL || answer->issuer == NULL || answer->url == NULL)
			continue;
		if (index-- > 0)
			continue;
		*out = (struct answers_crl){
		    .crl = answer->crl,
		    .issuer = answer->issuer,
		    .url = answer->url,
		    .bytes = answer->body_len,
		    .cached_until = answer->cached_until,
		    .trustpoints = answer->users,
		    .trustpoints_len = answer->users_len,
		};
		return true;
	}
	return false;
}

void
answer_shelf_clear(struct answer_shelf *shelf)
{
	while (shelf->answers != NULL)
		answer_shelf_remove(shelf, shelf->answers);
}

/* NOLINTEND(clang-analyzer-unix.Malloc,clang-analyzer-core.NullDereference) */
