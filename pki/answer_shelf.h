/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was said and is kept: answers by their key on a shelf of bounded size, what each says to a
 * query, and for how long it does.
 */
#ifndef PKI_ANSWER_SHELF_H
#define PKI_ANSWER_SHELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include <uthash.h>

#include "common/attr.h"
#include "pki/answers.h"

#define ANSWER_KEY_LEN 32 /* of a SHA-256 digest */

/* Something that was said. What it points to is its own, but for why. */
struct answer {
	uint8_t key[ANSWER_KEY_LEN];
	enum answer_kind kind;
	enum answer_status status; /* OCSP */
	time_t until;              /* OCSP */
	struct crl *crl;           /* CRL; NULL: worth nothing */
	size_t bytes;              /* CRL: of memory */
	struct x509_st *issuer;    /* CRL: these are for show */
	char *url;
	size_t body_len;
	time_t cached_until;
	char *users[ANSWERS_USERS_MAX]; /* names of trustpoints */
	size_t users_len;
	uint64_t fetched_ms;
	const char *why; /* static */
	UT_hash_handle hh;
};

/* Those of one kind, the one that was used longest ago first. */
struct answer_shelf {
	struct answer *answers;
	size_t max;
	size_t bytes;
};

/* Empty at first, which takes no memory; NULL: memory. */
struct answer *answer_new(enum answer_kind kind, const uint8_t key[ANSWER_KEY_LEN]) MUST_USE;
/*
 * What it says to a query, whatever its age. *why, static, is set if it knows why that is
 * ANSWER_NONE.
 */
enum answer_status answer_judge(
    const struct answer *answer, const struct answer_query *query, const char **why) MUST_USE;
/* Is it still to be used, where status is its word? */
bool answer_is_fresh(const struct answer *answer, const struct answer_query *query,
    enum answer_status status) MUST_USE;
/* Remember who used a CRL, and until when it serves him. */
void answer_note_use(struct answer *answer, const struct answer_query *query);
/* Its worth before anybody asks, for the log; static. */
const char *answer_worth(const struct answer *answer) MUST_USE;

/* The one with this key, the shelf's still; NULL: there is none. */
struct answer *answer_shelf_find(
    const struct answer_shelf *shelf, const uint8_t key[ANSWER_KEY_LEN]) MUST_USE;
/* It was used just now: the last to go. */
void answer_shelf_touch(struct answer_shelf *shelf, struct answer *answer);
/* The answer is the shelf's then; the one with the same key goes, and old ones if it is full. */
void answer_shelf_put(struct answer_shelf *shelf, struct answer *answer);
/* answers_crl() of one shelf. */
bool answer_shelf_crl(const struct answer_shelf *shelf, size_t index, struct answers_crl *out);
/* All of them go. */
void answer_shelf_clear(struct answer_shelf *shelf);

#endif
