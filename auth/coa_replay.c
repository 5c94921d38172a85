/* SPDX-License-Identifier: Apache-2.0 */
/* Requests that were taken: one that comes again is answered as it was, and does nothing. */
#include <stdlib.h>
#include <string.h>

#include "auth/coa_parts.h"
#include "common/clock.h"

static struct coa_replay_key
key_of(const struct ip_addr *addr, const struct radius_packet *packet)
{
	struct coa_replay_key key;

	memset(&key, 0, sizeof(key));
	key.addr = *addr;
	key.id = packet->data[1];
	memcpy(key.authenticator, packet->data + 4, sizeof(key.authenticator));
	return key;
}

static struct coa_replay *
find(const struct coa *coa, const struct coa_replay_key *key)
{
	struct coa_replay *replay;

	HASH_FIND(hh, coa->replays, key, sizeof(*key), replay);
	return replay;
}

static void
replay_free(struct coa_replay *replay)
{
	free(replay->answer);
	free(replay);
}

/* Those that are older than a request may be, and the oldest when there are too many. */
static void
sweep(struct coa *coa, uint64_t now)
{
	struct coa_replay *replay, *next;

	/* The analyser does not see that HASH_DEL moves the head on. */
	/* NOLINTBEGIN(clang-analyzer-unix.Malloc) */
	HASH_ITER (hh, coa->replays, replay, next) {
		/* A timestamp may have been ahead of our clock, too. */
		bool stale = now - replay->ms >= (uint64_t)COA_REPLAY_SEC * 2 * 1000;

		if (!stale && HASH_COUNT(coa->replays) < COA_REPLAY_MAX)
			return;
		HASH_DEL(coa->replays, replay);
		replay_free(replay);
	}
	/* NOLINTEND(clang-analyzer-unix.Malloc) */
}

const struct coa_replay *
coa_replay_check(
    struct coa *coa, const struct ip_addr *addr, const struct radius_packet *packet, bool *again)
{
	struct coa_replay_key key = key_of(addr, packet);
	struct coa_replay *replay = find(coa, &key);
	uint64_t now = clock_mono_ms();

	*again = true;
	if (replay != NULL)
		return replay->answer != NULL ? replay : NULL;
	sweep(coa, now);
	replay = calloc(1, sizeof(*replay));
	if (replay == NULL)
		return NULL;
	replay->key = key;
	replay->ms = now;
	HASH_ADD(hh, coa->replays, key, sizeof(replay->key), replay);
	if (!table_added(replay, hh)) {
		free(replay);
		return NULL;
	}
	*again = false;
	return NULL;
}

void
coa_replay_set(struct coa *coa, const struct ip_addr *addr, const struct radius_packet *request,
    const struct radius_packet *answer)
{
	struct coa_replay_key key = key_of(addr, request);
	struct coa_replay *replay = find(coa, &key);

	if (replay == NULL || replay->answer != NULL)
		return;
	replay->answer = malloc(answer->len);
	if (replay->answer == NULL)
		return;
	memcpy(replay->answer, answer->data, answer->len);
	replay->answer_len = answer->len;
}

void
coa_replay_clear(struct coa *coa)
{
	struct coa_replay *replay = coa->replays, *next;

	HASH_CLEAR(hh, coa->replays);
	for (; replay != NULL; replay = next) {
		next = replay->hh.next;
		replay_free(replay);
	}
}
