/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file for each user with failures or places, by a thread (auth/shelf.h): guesses do not make the
 * loop wait for a disk. Times are the wall clock's, because they outlive the process.
 */
#include "auth/lockout.h"

#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#include "auth/session.h"
#include "auth/shelf.h"
#include "auth/shun.h"
#include "auth/table.h"
#include "auth/threat.h"
#include "common/clock.h"
#include "common/ipc.pb-c.h"
#include "common/log.h"
#include "common/str.h"

#define RECORD_MAX 2048
#define PLACES 8            /* of one user; the one that was good longest ago gives way */
#define PLACE_NEW_SEC 21600 /* a place is not written again for each login */
#define DAY_SEC 86400
#define BY_TIMER "timer"

/* Wrong passwords in a row. */
struct count {
	unsigned failures;
	int64_t since; /* when that locked; 0: it did not */
};

/* Where a user's password was right before. */
struct place {
	struct ip_prefix from; /* family 0: there is none */
	int64_t good;          /* the last time; 0: never, it is one of the exceptions */
	struct count count;    /* of its own */
};

struct entry {
	char username[SESSION_NAME_SIZE];
	struct count count;  /* from everywhere else */
	struct ip_prefix by; /* the source of the failure that locked; family 0: unknown */
	struct place places[PLACES];
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
	Ipc__LockoutPlace places[PLACES], *list[PLACES];
	enum err err;

	if (lockout->shelf == NULL)
		return;
	record.username = (char *)(uintptr_t)entry->username;
	record.failures = entry->count.failures;
	record.since = entry->count.since;
	record.by.data = (uint8_t *)(uintptr_t)entry->by.addr.bytes;
	record.by.len = ip_len(&entry->by.addr);
	record.place = list;
	for (size_t i = 0; i < PLACES; i++) {
		const struct place *place = &entry->places[i];
		Ipc__LockoutPlace *out = &places[record.n_place];

		if (place->from.addr.family == 0)
			continue;
		ipc__lockout_place__init(out);
		out->address.data = (uint8_t *)(uintptr_t)place->from.addr.bytes;
		out->address.len = ip_len(&place->from.addr);
		out->good = place->good;
		out->failures = place->count.failures;
		out->since = place->count.since;
		list[record.n_place++] = out;
	}
	err = shelf_put(lockout->shelf, file_number(entry->username), &record.base);
	if (err != ERR_OK)
		log_err("logins of user %s are not stored: %s", entry->username, err_str(err));
}

static void
forget(struct lockout *lockout, struct entry *entry)
{
	enum err err = ERR_OK;

	if (lockout->shelf != NULL)
		err = shelf_remove(lockout->shelf, file_number(entry->username));
	if (err != ERR_OK)
		log_err("logins of user %s are not forgotten: %s", entry->username, err_str(err));
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

/* An address or an IPv6 /64, for addresses that are none the prefix without a family. */
static struct ip_prefix
source_of(const struct ip_addr *addr)
{
	struct ip_prefix prefixes[2];

	memset(prefixes, 0, sizeof(prefixes));
	if (addr != NULL && addr->family != 0)
		shun_prefixes(addr, prefixes);
	return prefixes[0];
}

static bool
is_same(const struct ip_prefix *a, const struct ip_prefix *b)
{
	return a->addr.family != 0 && a->len == b->len && ip_eq(&a->addr, &b->addr);
}

/* None: what it could not have been written with. */
static struct ip_prefix
read_source(const ProtobufCBinaryData *bytes)
{
	struct ip_addr addr;

	if (ip_from_bytes(bytes->data, bytes->len, &addr) != ERR_OK)
		return source_of(NULL);
	return source_of(&addr);
}

static void
take_record(struct entry *entry, const Ipc__LockoutRecord *record)
{
	entry->count = (struct count){record->failures, record->since};
	entry->by = read_source(&record->by);
	for (size_t i = 0; i < record->n_place && i < PLACES; i++) {
		const Ipc__LockoutPlace *place = record->place[i];

		entry->places[i] = (struct place){
		    .from = read_source(&place->address),
		    .good = place->good,
		    .count = {place->failures, place->since},
		};
	}
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
		take_record(entry, record);
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
lock_end(const struct conf *conf, const struct count *count)
{
	const struct conf_object *aaa = conf_root(conf, CONF_AAA);
	int64_t minutes = aaa == NULL ? 0 : conf_int(aaa, AAA_LOCAL_LOCKOUT_MINUTES);

	return minutes == 0 ? 0 : (time_t)(count->since + minutes * 60);
}

/* Whoever was locked when a lower limit was in force stays so; without a limit nobody is. */
static bool
is_locked(const struct conf *conf, const struct count *count)
{
	time_t end = lock_end(conf, count);

	return max_fail(conf) > 0 && count->since != 0 && (end == 0 || clock_wall_sec() < end);
}

/* Has this source locked so many users that it is to lock no more? Then nobody's password counts
 * from there: it would else have as many guesses as it wants. */
static bool
is_locker(const struct lockout *lockout, const struct conf *conf, const struct ip_prefix *source)
{
	unsigned users = 0;

	for (const struct entry *entry = lockout->entries; entry != NULL; entry = entry->hh.next)
		users += is_same(&entry->by, source) && is_locked(conf, &entry->count);
	return users >= LOCKOUT_SOURCE_USERS;
}

/* ---- places ---- */

static int64_t
known_days(const struct conf *conf)
{
	return conf_int(conf_root(conf, CONF_AAA), AAA_LOCAL_LOCKOUT_KNOWN_DAYS);
}

/* One that counts no more is as good as none. */
static struct place *
place_find(const struct conf *conf, struct entry *entry, const struct ip_prefix *source)
{
	int64_t from = (int64_t)clock_wall_sec() - known_days(conf) * DAY_SEC;

	for (size_t i = 0; i < PLACES; i++) {
		struct place *place = &entry->places[i];

		if (is_same(&place->from, source) &&
		    (place->good > from || threat_is_exempt(conf, &source->addr)))
			return place;
	}
	return NULL;
}

static struct place *
place_add(struct entry *entry, const struct ip_prefix *source)
{
	struct place *oldest = &entry->places[0];

	for (size_t i = 0; i < PLACES; i++) {
		struct place *place = &entry->places[i];

		if (is_same(&place->from, source)) {
			oldest = place;
			break;
		}
		if (place->from.addr.family == 0 || place->good < oldest->good)
			oldest = place;
		if (oldest->from.addr.family == 0)
			break;
	}
	*oldest = (struct place){.from = *source};
	return oldest;
}

static bool
is_worth_keeping(const struct entry *entry)
{
	bool worth = entry->count.failures > 0;

	for (size_t i = 0; i < PLACES; i++)
		worth = worth || entry->places[i].from.addr.family != 0;
	return worth;
}

static void
keep_or_forget(struct lockout *lockout, struct entry *entry)
{
	if (is_worth_keeping(entry))
		save(lockout, entry);
	else
		forget(lockout, entry);
}

/* ---- what happened ---- */

/* Users that were taken out of users.conf: never more entries than users. */
static void
forget_strangers(struct lockout *lockout, const struct conf *conf)
{
	const struct conf_object *const *users;
	struct entry *entry, *tmp;

	if (HASH_COUNT(lockout->entries) < conf_objects(conf, CONF_USERNAME, &users))
		return;
	HASH_ITER (hh, lockout->entries, entry, tmp)
		if (conf_find(conf, CONF_USERNAME, entry->username) == NULL)
			forget(lockout, entry);
}

static struct entry *
get(struct lockout *lockout, const struct conf *conf, const char *username)
{
	struct entry *entry = find(lockout, username);

	if (entry == NULL) {
		forget_strangers(lockout, conf);
		entry = add(lockout, username);
	}
	if (entry == NULL)
		log_err("a login of user %s is not counted: out of memory", username);
	return entry;
}

static void
count_failure(struct lockout *lockout, const struct conf *conf, const char *username,
    const struct ip_prefix *source)
{
	struct entry *entry = get(lockout, conf, username);
	unsigned max = max_fail(conf);
	struct place *place;
	struct count *count;
	char text[IP_STR_MAX];

	if (entry == NULL)
		return;
	place = place_find(conf, entry, source);
	if (place == NULL && source->addr.family != 0 && threat_is_exempt(conf, &source->addr))
		place = place_add(entry, source);
	count = place != NULL ? &place->count : &entry->count;
	if (++count->failures >= max) {
		count->since = (int64_t)clock_wall_sec();
		log_event(LOGMSG_113006, username, max);
	}
	if (count->since != 0 && place != NULL)
		log_notice("user %s is locked out where he is known, at %s: not elsewhere",
		    username, ip_prefix_str(source, text));
	else if (count->since != 0)
		entry->by = *source;
	save(lockout, entry);
}

/* A right password: what was counted in a row begins anew, but for a lock that holds elsewhere. */
static void
note_success(struct lockout *lockout, const struct conf *conf, const char *username,
    const struct ip_prefix *source)
{
	bool known = known_days(conf) > 0 && source->addr.family != 0;
	int64_t now = (int64_t)clock_wall_sec();
	struct entry *entry = known ? get(lockout, conf, username) : find(lockout, username);
	struct place *place = NULL;
	bool changed;

	if (entry == NULL)
		return;
	changed = entry->count.failures > 0 && entry->count.since == 0;
	if (changed)
		entry->count.failures = 0;
	if (known)
		place = place_find(conf, entry, source);
	if (known && place == NULL)
		place = place_add(entry, source);
	if (place != NULL &&
	    (place->count.failures > 0 || now - place->good > PLACE_NEW_SEC || now < place->good)) {
		place->count = (struct count){0};
		place->good = now;
		changed = true;
	}
	if (changed)
		keep_or_forget(lockout, entry);
}

/* True: it was locked. */
static bool
unlock(struct entry *entry, struct count *count, const char *by)
{
	bool locked = count->since != 0;

	if (locked)
		log_event(LOGMSG_113007, entry->username, by);
	*count = (struct count){0};
	return locked;
}

bool
lockout_judge(struct lockout *lockout, const struct conf *conf, const char *username,
    const struct ip_addr *from, bool right)
{
	struct entry *entry = find(lockout, username);
	struct ip_prefix source = source_of(from);
	struct place *place = NULL;
	struct count *count = NULL;

	if (max_fail(conf) == 0)
		return false;
	if (entry != NULL)
		place = place_find(conf, entry, &source);
	if (place != NULL)
		count = &place->count;
	else if (source.addr.family == 0 || !threat_is_exempt(conf, from))
		count = entry != NULL ? &entry->count : NULL;
	if (count != NULL && is_locked(conf, count))
		return true;
	if (count != NULL && count->since != 0) {
		(void)unlock(entry, count, BY_TIMER);
		keep_or_forget(lockout, entry);
	}
	if (place == NULL && is_locker(lockout, conf, &source))
		return true;
	if (right)
		note_success(lockout, conf, username, &source);
	else
		count_failure(lockout, conf, username, &source);
	return false;
}

size_t
lockout_clear(struct lockout *lockout, const char *username, const char *by)
{
	struct entry *entry, *tmp;
	size_t locked = 0;

	HASH_ITER (hh, lockout->entries, entry, tmp) {
		bool was = false;

		if (username != NULL && strcmp(entry->username, username) != 0)
			continue;
		was = unlock(entry, &entry->count, by);
		for (size_t i = 0; i < PLACES; i++)
			was = unlock(entry, &entry->places[i].count, by) || was;
		locked += was ? 1 : 0;
		keep_or_forget(lockout, entry);
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
		    .failures = entry->count.failures,
		    .locked = is_locked(conf, &entry->count),
		};

		if (out.failures == 0)
			continue;
		if (out.locked) {
			out.since = (time_t)entry->count.since;
			out.until = lock_end(conf, &entry->count);
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
		/* The analyser takes the last one for the only one. */
		HASH_DEL(lockout->entries, entry); /* NOLINT(clang-analyzer-unix.Malloc) */
		free(entry);
	}
	free(lockout);
}
