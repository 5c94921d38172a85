/* SPDX-License-Identifier: Apache-2.0 */
/* A table of sources, the longest quiet ones first, and a file for each by a thread (auth/shelf.h).
 */
#include "auth/shun.h"

#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#include "auth/shelf.h"
#include "common/clock.h"
#include "common/ipc.pb-c.h"
#include "common/log.h"

#define RECORD_MAX 1024
#define DAY_MINUTES 1440
#define NETWORK4 24
#define NETWORK6 48
#define HOST6 64

struct shun {
	struct shun_source *table;
	/* The longest quiet first. Those that are shunned are quiet because they are, and would be
	 * the first to give way to a flood of others: they are in a list of their own. */
	struct shun_source *at_large, *shunned;
	size_t len;
	struct shelf *shelf; /* NULL: nothing is kept */
	shun_change_fn changed;
	void *arg;
};

const char *
shun_service_name(enum shun_service service)
{
	static const char *const names[SHUN_SERVICES] = {"remote-access-authentication",
	    "remote-access-client-initiations", "invalid-vpn-access", "spraying", "administrator"};

	return names[service];
}

/* ---- the two lists ---- */

static struct shun_source **
list_of(struct shun *shun, const struct shun_source *source)
{
	return source->since != 0 ? &shun->shunned : &shun->at_large;
}

static void
take_out(struct shun *shun, struct shun_source *source)
{
	struct shun_source **list = list_of(shun, source);

	/* The analyser does not follow utlist's lists. */
	DL_DELETE(*list, source); /* NOLINT(clang-analyzer-core.NullDereference) */
}

static void
put_last(struct shun *shun, struct shun_source *source)
{
	struct shun_source **list = list_of(shun, source);

	DL_APPEND(*list, source);
}

/* 0: it is shunned no more. */
static void
set_since(struct shun *shun, struct shun_source *source, int64_t since)
{
	take_out(shun, source);
	source->since = since;
	put_last(shun, source);
}

/* Who gives way: of those that are shunned only if there are no others, and of those whom an
 * administrator has named only if there are no others again. */
static struct shun_source *
least(const struct shun *shun)
{
	struct shun_source *source = shun->at_large;

	if (source != NULL)
		return source;
	DL_FOREACH (shun->shunned, source)
		if (source->service != SHUN_BY_HAND)
			return source;
	return shun->shunned;
}

/* ---- the state directory ---- */

static uint64_t
file_number(const struct ip_prefix *prefix)
{
	uint8_t digest[SHA256_DIGEST_LENGTH];
	uint64_t number;

	(void)SHA256((const uint8_t *)prefix, sizeof(*prefix), digest);
	memcpy(&number, digest, sizeof(number));
	return number;
}

void
shun_keep(struct shun *shun, struct shun_source *source)
{
	Ipc__ThreatRecord record = IPC__THREAT_RECORD__INIT;
	char text[IP_STR_MAX];
	enum err err;

	take_out(shun, source);
	put_last(shun, source);
	if (shun->shelf == NULL)
		return;
	record.address.data = source->prefix.addr.bytes;
	record.address.len = ip_len(&source->prefix.addr);
	record.prefix_len = source->prefix.len;
	record.failed = source->failed;
	record.n_failed = SHUN_SERVICES;
	record.last = source->last;
	record.n_last = SHUN_SERVICES;
	record.since = source->since;
	record.until = source->until;
	record.service = source->service;
	record.times = source->times;
	err = shelf_put(shun->shelf, file_number(&source->prefix), &record.base);
	if (err != ERR_OK)
		log_err("what is held against %s is not stored: %s",
		    ip_prefix_str(&source->prefix, text), err_str(err));
}

static void
forget(struct shun *shun, struct shun_source *source)
{
	enum err err = ERR_OK;
	char text[IP_STR_MAX];

	if (shun->shelf != NULL)
		err = shelf_remove(shun->shelf, file_number(&source->prefix));
	if (err != ERR_OK)
		log_err("what is held against %s is not forgotten: %s",
		    ip_prefix_str(&source->prefix, text), err_str(err));
	HASH_DEL(shun->table, source);
	take_out(shun, source);
	shun->len--;
	free(source);
}

static void
tell(struct shun *shun, const struct shun_source *source, bool shunned)
{
	if (shun->changed != NULL)
		shun->changed(&source->prefix, shunned, shun->arg);
}

static struct shun_source *
add(struct shun *shun, const struct ip_prefix *prefix)
{
	struct shun_source *source = calloc(1, sizeof(*source));

	if (source == NULL)
		return NULL;
	source->prefix = *prefix;
	HASH_ADD(hh, shun->table, prefix, sizeof(source->prefix), source);
	if (table_added(source, hh)) {
		put_last(shun, source);
		shun->len++;
		return source;
	}
	free(source);
	return NULL;
}

/* A record is worth no more than what it could have been written with. */
static bool
read_prefix(const Ipc__ThreatRecord *record, struct ip_prefix *out)
{
	struct ip_prefix prefixes[2], exact;

	memset(out, 0, sizeof(*out));
	if (ip_from_bytes(record->address.data, record->address.len, &out->addr) != ERR_OK ||
	    record->prefix_len > 128 || record->n_failed != SHUN_SERVICES ||
	    record->n_last != SHUN_SERVICES || record->service >= SHUN_SERVICES)
		return false;
	out->len = (uint8_t)record->prefix_len;
	exact = *out;
	shun_prefixes(&out->addr, prefixes);
	return memcmp(&exact, &prefixes[0], sizeof(exact)) == 0 ||
	       memcmp(&exact, &prefixes[1], sizeof(exact)) == 0;
}

static enum shelf_verdict
on_found(uint64_t number, const void *data, size_t len, void *arg)
{
	Ipc__ThreatRecord *record = ipc__threat_record__unpack(NULL, len, data);
	enum shelf_verdict verdict = SHELF_DAMAGED;
	struct shun_source *source = NULL;
	struct shun *shun = arg;
	struct ip_prefix prefix;

	if (record == NULL)
		return SHELF_DAMAGED;
	if (read_prefix(record, &prefix) && file_number(&prefix) == number &&
	    shun_find(shun, &prefix) == NULL && shun->len < SHUN_SOURCES_MAX)
		source = add(shun, &prefix);
	if (source != NULL) {
		memcpy(source->failed, record->failed, sizeof(source->failed));
		memcpy(source->last, record->last, sizeof(source->last));
		set_since(shun, source, record->since);
		source->until = record->until;
		source->service = (enum shun_service)record->service;
		source->times = record->times;
		verdict = SHELF_KEEP;
	}
	ipc__threat_record__free_unpacked(record, NULL);
	return verdict;
}

/* ---- sources ---- */

void
shun_prefixes(const struct ip_addr *addr, struct ip_prefix out[2])
{
	out[0] = ip_prefix_of(addr, addr->family == 4 ? 32 : HOST6);
	out[1] = ip_prefix_of(addr, addr->family == 4 ? NETWORK4 : NETWORK6);
}

struct shun_source *
shun_find(const struct shun *shun, const struct ip_prefix *prefix)
{
	struct shun_source *source;

	HASH_FIND(hh, shun->table, prefix, sizeof(*prefix), source);
	return source;
}

/* One gives way. */
static void
make_room(struct shun *shun)
{
	struct shun_source *source = least(shun);

	if (source->since != 0)
		tell(shun, source, false);
	forget(shun, source);
}

struct shun_source *
shun_get(struct shun *shun, const struct ip_prefix *prefix)
{
	struct shun_source *source = shun_find(shun, prefix);

	if (source != NULL)
		return source;
	if (shun->len >= SHUN_SOURCES_MAX)
		make_room(shun);
	return add(shun, prefix);
}

/* The address that a line names; of a network with its length. */
static const char *
text_of(const struct shun_source *source, char text[IP_STR_MAX])
{
	uint8_t whole = source->prefix.addr.family == 4 ? 32 : 128;

	return source->prefix.len == whole ? ip_str(&source->prefix.addr, text)
					   : ip_prefix_str(&source->prefix, text);
}

/* How long this time: twice as long as the last time, up to a day. */
static int64_t
end_of(const struct shun_source *source, int64_t now, unsigned minutes)
{
	uint64_t length = minutes;

	if (minutes == 0)
		return SHUN_EVER;
	for (uint32_t i = 0; i < source->times && length < DAY_MINUTES; i++)
		length *= 2;
	if (length > DAY_MINUTES && minutes < DAY_MINUTES)
		length = DAY_MINUTES;
	return now + (int64_t)length * 60;
}

void
shun_add(struct shun *shun, struct shun_source *source, enum shun_service service, unsigned minutes)
{
	int64_t now = (int64_t)clock_wall_sec();
	bool before = source->since != 0;
	char text[IP_STR_MAX];

	if (before && service != SHUN_BY_HAND)
		return;
	source->until = end_of(source, now, minutes);
	set_since(shun, source, now);
	source->service = service;
	source->times++;
	log_event(LOGMSG_401002, text_of(source, text), "0.0.0.0", 0U, 0U);
	shun_keep(shun, source);
	if (!before)
		tell(shun, source, true);
}

/* What it did is forgotten; how often it was shunned is not, for a while. */
static void
end(struct shun *shun, struct shun_source *source)
{
	char text[IP_STR_MAX];

	log_event(LOGMSG_401003, text_of(source, text));
	set_since(shun, source, 0);
	source->until = 0;
	memset(source->failed, 0, sizeof(source->failed));
	source->last[source->service] = (int64_t)clock_wall_sec();
	tell(shun, source, false);
}

bool
shun_lift(struct shun *shun, struct shun_source *source)
{
	bool shunned = source->since != 0;

	if (shunned)
		end(shun, source);
	forget(shun, source);
	return shunned;
}

size_t
shun_clear(struct shun *shun)
{
	size_t lifted = 0;

	while (shun->len > 0)
		lifted += shun_lift(shun, least(shun));
	return lifted;
}

bool
shun_covers(const struct shun *shun, const struct ip_addr *addr)
{
	struct ip_prefix prefixes[2];

	shun_prefixes(addr, prefixes);
	for (size_t i = 0; i < 2; i++) {
		const struct shun_source *source = shun_find(shun, &prefixes[i]);

		if (source != NULL && source->since != 0)
			return true;
	}
	return false;
}

static int64_t
last_of(const struct shun_source *source)
{
	int64_t last = 0;

	for (size_t i = 0; i < SHUN_SERVICES; i++)
		last = source->last[i] > last ? source->last[i] : last;
	return last;
}

void
shun_tick(struct shun *shun)
{
	int64_t now = (int64_t)clock_wall_sec();
	struct shun_source *source, *tmp;

	DL_FOREACH_SAFE (shun->shunned, source, tmp) {
		if (now < source->until)
			continue;
		end(shun, source);
		shun_keep(shun, source);
	}
	DL_FOREACH_SAFE (shun->at_large, source, tmp)
		if (now - last_of(source) > SHUN_MEMORY_SEC)
			forget(shun, source);
}

void
shun_each(struct shun *shun, shun_fn fn, void *arg)
{
	struct shun_source *source;

	DL_FOREACH (shun->shunned, source)
		fn(source, arg);
	DL_FOREACH (shun->at_large, source)
		fn(source, arg);
}

void
shun_watch(struct shun *shun, shun_change_fn fn, void *arg)
{
	shun->changed = fn;
	shun->arg = arg;
}

/* ---- life ---- */

struct shun *
shun_new(int dir_fd)
{
	const struct shelf_config config = {
	    .dir_fd = dir_fd,
	    .suffix = ".threat",
	    .temporary = "threat.tmp",
	    .record_max = RECORD_MAX,
	};
	struct shun *shun = calloc(1, sizeof(*shun));
	enum err err;

	if (dir_fd < 0)
		return shun;
	struct shelf *shelf = shelf_new(&config);
	if (shun == NULL || shelf == NULL) {
		shelf_free(shelf);
		free(shun);
		return NULL;
	}
	shun->shelf = shelf;
	err = shelf_load(shelf, on_found, shun);
	if (err != ERR_OK)
		log_err("cannot read who is shunned: %s", err_str(err));
	return shun;
}

void
shun_free(struct shun *shun)
{
	struct shun_source *source, *tmp;

	if (shun == NULL)
		return;
	shelf_free(shun->shelf);
	/* The analyser takes the last one for the only one. */
	HASH_ITER (hh, shun->table, source, tmp) {
		HASH_DEL(shun->table, source); /* NOLINT(clang-analyzer-unix.Malloc) */
		free(source);
	}
	free(shun);
}
