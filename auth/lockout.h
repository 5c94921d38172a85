/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "aaa local authentication attempts max-fail" (asa.md 5): users of the LOCAL database whom too
 * many wrong passwords in a row have locked out. It is kept in the state directory, so a restart
 * unlocks nobody. Only names of users.conf are ever counted: strangers cost no memory. What the
 * client is told is the same as for a wrong password (INV-3).
 *
 * Nobody can be locked out of everything: a place where the user's password was right not long ago
 * (an address or an IPv6 /64), and one of threat-detection's exceptions, has a count of its own and
 * is not touched by the lock. A source that has locked LOCKOUT_SOURCE_USERS users locks no more:
 * while those locks hold, nobody's password counts from there, but for those who are known there.
 *
 * All on the loop's thread.
 */
#ifndef AUTH_LOCKOUT_H
#define AUTH_LOCKOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "common/attr.h"
#include "common/ip.h"
#include "conf/conf.h"

#define LOCKOUT_SOURCE_USERS 5

struct lockout;

/* One user with failures, borrowed. */
struct lockout_entry {
	const char *username;
	unsigned failures; /* in a row */
	bool locked;
	time_t since; /* locked: seconds since 1970 */
	time_t until; /* locked: when it ends by itself; 0: never */
};
typedef void (*lockout_fn)(const struct lockout_entry *entry, void *arg);

/* Takes the state directory and reads what an earlier run left there; -1: nothing is kept. NULL:
 * memory or threads. */
struct lockout *lockout_new(int dir_fd) MUST_USE;
/* Writes what is queued. NULL is fine. */
void lockout_free(struct lockout *lockout);

/*
 * A password of a user of conf was judged; from: where it came from, NULL or family 0 if that is
 * not known. True: he is locked out there, and the password counts for nothing, right or wrong.
 * Logs 113006 when this one was the last.
 */
bool lockout_judge(struct lockout *lockout, const struct conf *conf, const char *username,
    const struct ip_addr *from, bool right) MUST_USE;
/* Unlock one user, or with NULL all, and forget their failures; places stay known. by: the
 * administrator's name, for 113007. Returns how many were locked. */
size_t lockout_clear(struct lockout *lockout, const char *username, const char *by);
/* Everybody who has failures or is locked, places apart, sorted by name. conf: the one in force,
 * for its limits.
 */
void lockout_each(struct lockout *lockout, const struct conf *conf, lockout_fn fn, void *arg);

#endif
