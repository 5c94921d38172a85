/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hash table in the order of adding, so that the oldest is its first.
 */
#include "pki/dead_url.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/str.h"
#include "pki/answers.h"

#define WHY_SIZE 128

struct dead_url {
	uint64_t until_ms;
	UT_hash_handle hh;
	char why[WHY_SIZE];
	char url[];
};

/* The analyser does not follow what uthash keeps. */
/* NOLINTBEGIN(clang-analyzer-unix.Malloc,clang-analyzer-core.NullDereference) */

static void
remove_one(struct dead_url **set, struct dead_url *dead)
{
	HASH_DEL(*set, dead);
	free(dead);
}

/* One whose time is over goes. */
static struct dead_url *
find(struct dead_url **set, const char *url)
{
	struct dead_url *dead;

	HASH_FIND(hh, *set, url, strlen(url), dead);
	if (dead != NULL && clock_mono_ms() >= dead->until_ms) {
		remove_one(set, dead);
		return NULL;
	}
	return dead;
}

const char *
dead_url_find(struct dead_url **set, const char *url)
{
	const struct dead_url *dead = find(set, url);

	return dead != NULL ? dead->why : NULL;
}

void
dead_url_forget(struct dead_url **set, const char *url)
{
	struct dead_url *dead = find(set, url);

	if (dead != NULL)
		remove_one(set, dead);
}

void
dead_url_add(struct dead_url **set, const char *url, const char *why)
{
	size_t len = strlen(url);
	struct dead_url *dead;

	/* When many had asked, one line is enough. */
	if (find(set, url) == NULL)
		log_warn("%s does not serve: %s; it is left alone for %d s", url, why,
		    ANSWERS_RETRY_MS / 1000);
	dead_url_forget(set, url);
	dead = malloc(sizeof *dead + len + 1);
	if (dead == NULL)
		return;
	memset(dead, 0, sizeof *dead);
	memcpy(dead->url, url, len + 1);
	(void)str_copy(dead->why, sizeof dead->why, why);
	dead->until_ms = clock_mono_ms() + ANSWERS_RETRY_MS;
	if (HASH_COUNT(*set) >= ANSWERS_DEAD_MAX)
		remove_one(set, *set);
	HASH_ADD(hh, *set, url[0], len, dead);
}

void
dead_url_clear(struct dead_url **set)
{
	while (*set != NULL)
		remove_one(set, *set);
}

/* NOLINTEND(clang-analyzer-unix.Malloc,clang-analyzer-core.NullDereference) */
