/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file for each user with failures, by a thread (auth/shelf.h): guesses do not make the loop wait
 * for a disk. Times are the wall clock's, because they outlive the process.
 */
#include "auth/lockout.h"

#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#include "auth/session.h"
#include "auth/shelf.h"
#include "auth/table.h"
#include "common/clock.h"
#include "common/ipc.pb-c.h"
#include "common/log.h"
#include "common/str.h"

#define RECORD_MAX 1024
#define BY_TIMER "timer"

struct entry {
	char username[SESSION_NAME_SIZE];
	unsigned failures;
	int64_t since; /* when he was locked; 0: he is not */
	UT_hash_handle hh;
};

struct lockout {
	struct entry *entries;
	struct shelf *shelf; /* NULL: nothing is kept */
};

/* ---- the state directory ---- */

static uint64_t
file_number(const char *username)
{
	uint8_t digest[SHA256_DIGEST_LENGTH];
	uint64_t number;

	(void)SHA256((const uint8_t *)username, strlen(username), digest);
	memcpy(&number, digest, sizeof(number));
	return number;
}

static void
save(struct lockout *lockout, const struct entry *entry)
{
	Ipc__LockoutRecord record = IPC__LOCKOUT_RECORD__INIT;
	enum err err;

	if (lockout->shelf == NULL)
		return;
	record.username = (char *)(uintptr_t)entry->username;
	record.failures = entry->failures;
	record.since = entry->since;
	err = shelf_put(lockout->shelf, file_number(entry->username), &record.base);
	if (err != ERR_OK)
		log_err(
		    "a failed login of user %s is not stored: %s", entry->username, err_str(err));
}

static void
forget(struct lockout *lockout, struct entry *entry)
{
	enum err err = ERR_OK;

	if (lockout->shelf != NULL)
		err = shelf_remove(lockout->shelf, file_number(entry->username));
	if (err != ERR_OK)
		log_err("failed logins of user %s are not forgotten: %s", entry->username,
		    err_str(err));
	HASH_DEL(lockout->entries, entry);
	free(entry);
}

static struct entry *
find(const struct lockout *lockout, const char *username)
{
	struct entry *entry;

	HASH_FIND_STR(lockout->entries, username, entry);
	return entry;
}

/* NULL: memory, or a name longer than any user's. */
static struct entry *
add(struct lockout *lockout, const char *username)
{
	struct entry *entry = calloc(1, sizeof(*entry));

	if (entry == NULL)
		return NULL;
	if (str_copy(entry->username, sizeof(entry->username), username) == ERR_OK) {
		HASH_ADD_STR(lockout->entries, username, entry);
		if (table_added(entry, hh))
			return entry;
	}
	free(entry);
	return NULL;
}

static enum shelf_verdict
on_found(uint64_t number, const void *data, size_t len, void *arg)
{
	Ipc__LockoutRecord *record = ipc__lockout_record__unpack(NULL, len, data);
	enum shelf_verdict verdict = SHELF_DAMAGED;
	struct lockout *lockout = arg;
	struct entry *entry = NULL;

	if (record == NULL)
		return SHELF_DAMAGED;
	if (file_number(record->username) == number && find(lockout, record->username) == NULL)
		entry = add(lockout, record->username);
	if (entry != NULL) {
		entry->failures = record->failures;
		entry->since = record->since;
		verdict = SHELF_KEEP;
	}
	ipc__lockout_record__free_unpacked(record, NULL);
	return verdict;
}

/* ---- who is locked ---- */

/* Without aaa.conf there is none. */
static unsigned
max_fail(const struct conf *conf)
{
	const struct conf_object *aaa = conf_root(conf, CONF_AAA);

	return aaa == NULL ? 0 : (unsigned)conf_int(aaa, AAA_LOCAL_MAX_FAIL);
}

/* 0: for ever. */
static time_t
lock_end(const struct conf *conf, const struct entry *entry)
{
	const struct conf_object *aaa = conf_root(conf, CONF_AAA);
	int64_t minutes = aaa == NULL ? 0 : conf_int(aaa, AAA_LOCAL_LOCKOUT_MINUTES);

	return minutes == 0 ? 0 : (time_t)(entry->since + minutes * 60);
}

/* Whoever was locked when a lower limit was in force stays so; without a limit nobody is. */
static bool
is_locked(const struct conf *conf, const struct entry *entry)
{
	time_t end = lock_end(conf, entry);

	return max_fail(conf) > 0 && entry->since != 0 && (end == 0 || clock_wall_sec() < end);
}

/* Users that were taken out of users.conf: never more entries than users that were. */
static void
forget_strangers(struct lockout *lockout, const struct conf *conf)
{
	struct entry *entry, *tmp;

	HASH_ITER (hh, lockout->entries, entry, tmp)
		if (conf_find(conf, CONF_USERNAME, entry->username) == NULL)
			forget(lockout, entry);
}

static void
count_failure(struct lockout *lockout, const struct conf *conf, const char *username)
{
	struct entry *entry = find(lockout, username);
	unsigned max = max_fail(conf);

	if (entry == NULL) {
		forget_strangers(lockout, conf);
		entry = add(lockout, username);
	}
	if (entry == NULL) {
		log_err("a failed login of user %s is not counted: out of memory", username);
		return;
	}
	entry->failures++;
	if (entry->failures >= max) {
		entry->since = (int64_t)clock_wall_sec();
		log_event(LOGMSG_113006, username, max);
	}
	save(lockout, entry);
}

static void
unlock(struct lockout *lockout, struct entry *entry, const char *by)
{
	if (entry->since != 0)
		log_event(LOGMSG_113007, entry->username, by);
	forget(lockout, entry);
}

bool
lockout_judge(struct lockout *lockout, const struct conf *conf, const char *username, bool right)
{
	struct entry *entry;

	if (max_fail(conf) == 0)
		return false;
	entry = find(lockout, username);
	if (entry != NULL && is_locked(conf, entry))
		return true;
	if (entry != NULL && entry->since != 0)
		unlock(lockout, entry, BY_TIMER);
	else if (entry != NULL && right)
		forget(lockout, entry);
	if (!right)
		count_failure(lockout, conf, username);
	return false;
}

size_t
lockout_clear(struct lockout *lockout, const char *username, const char *by)
{
	struct entry *entry, *tmp;
	size_t locked = 0;

	HASH_ITER (hh, lockout->entries, entry, tmp) {
		if (username != NULL && strcmp(entry->username, username) != 0)
			continue;
		locked += entry->since != 0 ? 1 : 0;
		unlock(lockout, entry, by);
	}
	return locked;
}

static int
by_name(const struct entry *a, const struct entry *b)
{
	return strcmp(a->username, b->username);
}

void
lockout_each(struct lockout *lockout, const struct conf *conf, lockout_fn fn, void *arg)
{
	HASH_SORT(lockout->entries, by_name);
	for (struct entry *entry = lockout->entries; entry != NULL; entry = entry->hh.next) {
		struct lockout_entry out = {
		    .username = entry->username,
		    .failures = entry->failures,
		    .locked = is_locked(conf, entry),
		};

		if (out.locked) {
			out.since = (time_t)entry->since;
			out.until = lock_end(conf, entry);
		}
		fn(&out, arg);
	}
}

/* ---- life ---- */

struct lockout *
lockout_new(int dir_fd)
{
	const struct shelf_config config = {
	    .dir_fd = dir_fd,
	    .suffix = ".lockout",
	    .temporary = "lockout.tmp",
	    .record_max = RECORD_MAX,
	};
	struct lockout *lockout = calloc(1, sizeof(*lockout));
	enum err err;

	if (dir_fd < 0)
		return lockout;
	struct shelf *shelf = shelf_new(&config);
	if (lockout == NULL || shelf == NULL) {
		shelf_free(shelf);
		free(lockout);
		return NULL;
	}
	lockout->shelf = shelf;
	err = shelf_load(shelf, on_found, lockout);
	if (err != ERR_OK)
		log_err("cannot read who is locked out: %s", err_str(err));
	return lockout;
}

void
lockout_free(struct lockout *lockout)
{
	struct entry *entry, *tmp;

	if (lockout == NULL)
		return;
	shelf_free(lockout->shelf);
	HASH_ITER (hh, lockout->entries, entry, tmp) {
		HASH_DEL(lockout->entries, entry);
		free(entry);
	}
	free(lockout);
}
