/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counting what sources do. Sprayers are found by sets of names: those that came from one source,
 * and those that one password was tried with; a source that adds to a set that is full waits longer
 * each time, and is shunned in the end.
 */
#include "auth/threat.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/str.h"
#include "conf/resolve.h"

#define KEY_LEN 32
#define CROWDS_MAX 8192
#define NAMES_MAX 32
#define MARK_FAMILY 1 /* of a crowd's key that is no address */
#define SPRAY_STEPS 5 /* that end in a shun */
#define SPRAY_DELAY_MS 1000
#define SPRAY_DELAY_MAX_MS 8000
#define INVALID_HOLD_DOWN 1 /* the ASA's */

/* Names that failed from one source, or with one password. */
struct crowd {
	struct ip_prefix key;
	uint64_t names[NAMES_MAX];
	uint32_t len;
	int64_t last;
	struct crowd *prev, *next; /* the longest quiet first */
	UT_hash_handle hh;
};

/* One that is shunned and shall not be. */
struct pardon {
	const struct conf *conf;
	const struct ip_prefix *found; /* NULL: none */
};

struct threat {
	struct shun *shun;
	struct crowd *crowds, *by_age;
	size_t crowds_len;
	uint64_t failed[SHUN_SERVICES];
	uint8_t key[KEY_LEN];
};

/* ---- the configuration ---- */

static const struct conf_object *
settings(const struct conf *conf)
{
	const struct conf_object *root = conf_root(conf, CONF_GATEWAY);

	return root == NULL ? NULL : conf_sub(root, GW_THREAT_DETECTION);
}

static void
limits_of(const struct conf *conf, enum shun_service service, struct threat_service *out)
{
	static const unsigned objects[] = {
	    [SHUN_AUTHENTICATION] = TD_AUTHENTICATION, [SHUN_INITIATIONS] = TD_INITIATIONS};
	const struct conf_object *all = settings(conf);

	*out = (struct threat_service){.service = service};
	if (all == NULL)
		return;
	if (service == SHUN_INVALID) {
		out->threshold = conf_bool(all, TD_INVALID_ACCESS) ? 1 : 0;
		out->hold_down = INVALID_HOLD_DOWN;
	} else if (service == SHUN_SPRAYING) {
		const struct conf_object *spraying = conf_sub(all, TD_SPRAYING);

		out->threshold = (unsigned)conf_int(spraying, TSP_USERS);
		out->hold_down = (unsigned)conf_int(spraying, TSP_HOLD_DOWN);
	} else {
		const struct conf_object *one = conf_sub(all, objects[service]);

		out->threshold = (unsigned)conf_int(one, TDS_THRESHOLD);
		out->hold_down = (unsigned)conf_int(one, TDS_HOLD_DOWN);
	}
	out->enabled = out->threshold > 0;
}

static bool
overlaps(const struct ip_prefix *a, const struct ip_prefix *b)
{
	return ip_in_prefix(&a->addr, b) || ip_in_prefix(&b->addr, a);
}

/* Is one of the exceptions in it, or it in one of them? What is shunned is shunned as a whole. */
static bool
has_exception(const struct conf *conf, const struct ip_prefix *prefix)
{
	const struct conf_object *all = settings(conf);
	char *const *texts;
	size_t len = all == NULL ? 0 : conf_list(all, TD_EXCEPTIONS, &texts);

	for (size_t i = 0; i < len; i++) {
		struct ip_prefix exception;

		if (ip_prefix_parse(texts[i], &exception) == ERR_OK) {
			if (overlaps(&exception, prefix))
				return true;
		} else if (ip_parse(texts[i], &exception.addr) == ERR_OK &&
			   ip_in_prefix(&exception.addr, prefix)) {
			return true;
		}
	}
	return false;
}

bool
threat_is_exempt(const struct conf *conf, const struct ip_addr *addr)
{
	struct ip_prefix prefixes[2];

	shun_prefixes(addr, prefixes);
	return has_exception(conf, &prefixes[0]);
}

/* ---- counting ---- */

static void
shun_for(struct threat *threat, const struct conf *conf, struct shun_source *source,
    const struct threat_service *limits)
{
	char text[IP_STR_MAX];

	log_event(LOGMSG_733201, shun_service_name(limits->service),
	    ip_prefix_str(&source->prefix, text), source->failed[limits->service]);
	shun_add(threat->shun, source, limits->service,
	    (unsigned)conf_int(settings(conf), TD_SHUN_MINUTES));
}

/* One more of one source; too long after the last it is the first again. */
static struct shun_source *
count_one(
    struct threat *threat, const struct ip_prefix *prefix, const struct threat_service *limits)
{
	struct shun_source *source = shun_get(threat->shun, prefix);
	int64_t now = (int64_t)clock_wall_sec();

	if (source == NULL) {
		log_err("a failure is not counted: out of memory");
		return NULL;
	}
	if (now - source->last[limits->service] > (int64_t)limits->hold_down * 60)
		source->failed[limits->service] = 0;
	source->failed[limits->service]++;
	source->last[limits->service] = now;
	shun_keep(threat->shun, source);
	return source;
}

/* The address, and the network around it by a larger threshold, unless one of the exceptions is in
 * that. An address that is shunned does not count for its network again. */
static void
count(struct threat *threat, const struct conf *conf, const struct ip_addr *addr,
    enum shun_service service)
{
	struct threat_service limits;
	struct ip_prefix prefixes[2];
	unsigned factor;

	limits_of(conf, service, &limits);
	if (!limits.enabled || threat_is_exempt(conf, addr))
		return;
	threat->failed[service]++;
	factor = (unsigned)conf_int(settings(conf), TD_PREFIX_FACTOR);
	shun_prefixes(addr, prefixes);
	for (size_t i = 0; i < (factor > 0 ? 2 : 1); i++) {
		struct shun_source *source;
		uint64_t threshold = limits.threshold * (uint64_t)(i == 0 ? 1 : factor);

		if (i > 0 && has_exception(conf, &prefixes[i]))
			continue;
		source = count_one(threat, &prefixes[i], &limits);
		if (source != NULL && source->failed[service] >= threshold)
			shun_for(threat, conf, source, &limits);
	}
}

/* ---- spraying ---- */

static uint64_t
hash(const struct threat *threat, const void *data, size_t len)
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	uint64_t out = 0;
	size_t digest_len = 0;

	if (EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, threat->key, sizeof(threat->key), data,
		len, digest, sizeof(digest), &digest_len) != NULL)
		memcpy(&out, digest, sizeof(out));
	str_wipe(digest, sizeof(digest));
	return out;
}

uint64_t
threat_mark(const struct threat *threat, const void *password, size_t len)
{
	return threat == NULL || len == 0 ? 0 : hash(threat, password, len);
}

static struct crowd *
crowd_find(const struct threat *threat, const struct ip_prefix *key)
{
	struct crowd *crowd;

	HASH_FIND(hh, threat->crowds, key, sizeof(*key), crowd);
	return crowd;
}

static void
crowd_free(struct threat *threat, struct crowd *crowd)
{
	/* The analyser does not know that both hold the same. */
	HASH_DEL(threat->crowds, crowd); /* NOLINT(clang-analyzer-core.NullDereference) */
	DL_DELETE(threat->by_age, crowd);
	threat->crowds_len--;
	free(crowd);
}

/* NULL: memory. */
static struct crowd *
crowd_get(struct threat *threat, const struct ip_prefix *key)
{
	struct crowd *crowd = crowd_find(threat, key);

	if (crowd != NULL)
		return crowd;
	if (threat->crowds_len >= CROWDS_MAX)
		crowd_free(threat, threat->by_age);
	crowd = calloc(1, sizeof(*crowd));
	if (crowd == NULL)
		return NULL;
	crowd->key = *key;
	HASH_ADD(hh, threat->crowds, key, sizeof(crowd->key), crowd);
	if (!table_added(crowd, hh)) {
		free(crowd);
		return NULL;
	}
	DL_APPEND(threat->by_age, crowd);
	threat->crowds_len++;
	return crowd;
}

static struct ip_prefix
mark_key(uint64_t mark)
{
	struct ip_prefix key;

	memset(&key, 0, sizeof(key));
	key.addr.family = MARK_FAMILY;
	memcpy(key.addr.bytes, &mark, sizeof(mark));
	return key;
}

/* How many names there are, with this one. */
static uint32_t
crowd_add(struct threat *threat, const struct ip_prefix *key, uint64_t name, unsigned hold_down)
{
	struct crowd *crowd = crowd_get(threat, key);
	int64_t now = (int64_t)clock_wall_sec();

	if (crowd == NULL)
		return 0;
	if (now - crowd->last > (int64_t)hold_down * 60)
		crowd->len = 0;
	crowd->last = now;
	DL_DELETE(threat->by_age, crowd);
	DL_APPEND(threat->by_age, crowd);
	for (uint32_t i = 0; i < crowd->len; i++)
		if (crowd->names[i] == name)
			return crowd->len;
	if (crowd->len < NAMES_MAX)
		crowd->names[crowd->len++] = name;
	return crowd->len;
}

static void
note_name(struct threat *threat, const struct conf *conf, const struct ip_addr *addr,
    const char *username, uint64_t mark)
{
	uint64_t name = hash(threat, username, strlen(username));
	struct threat_service limits;
	struct ip_prefix prefixes[2], key = mark_key(mark);
	struct shun_source *source;
	uint32_t names, with_mark;

	limits_of(conf, SHUN_SPRAYING, &limits);
	if (!limits.enabled || username[0] == '\0' || threat_is_exempt(conf, addr))
		return;
	shun_prefixes(addr, prefixes);
	names = crowd_add(threat, &prefixes[0], name, limits.hold_down);
	with_mark = mark != 0 ? crowd_add(threat, &key, name, limits.hold_down) : 0;
	if (names < limits.threshold && with_mark < limits.threshold)
		return;
	threat->failed[SHUN_SPRAYING]++;
	source = count_one(threat, &prefixes[0], &limits);
	if (source == NULL)
		return;
	if (source->failed[SHUN_SPRAYING] == 1)
		log_warn("threat detection: %s",
		    names >= limits.threshold ? "many user names come from one address"
					      : "one password is tried with many user names");
	if (source->failed[SHUN_SPRAYING] > SPRAY_STEPS)
		shun_for(threat, conf, source, &limits);
}

/* Is the password of a reply one that is tried with many names? */
static bool
is_sprayed(
    const struct threat *threat, const Ipc__AuthReply *reply, const struct threat_service *limits)
{
	for (size_t i = 0; i < reply->n_field; i++) {
		const Ipc__Field *field = reply->field[i];
		const struct crowd *crowd;
		struct ip_prefix key;

		if (strcmp(field->name, "password") != 0 || field->value.len == 0)
			continue;
		key = mark_key(threat_mark(threat, field->value.data, field->value.len));
		crowd = crowd_find(threat, &key);
		if (crowd != NULL && crowd->len >= limits->threshold &&
		    (int64_t)clock_wall_sec() - crowd->last <= (int64_t)limits->hold_down * 60)
			return true;
	}
	return false;
}

unsigned
threat_delay(struct threat *threat, const struct conf *conf, const Ipc__AuthReply *reply)
{
	struct threat_service limits;
	const struct shun_source *source;
	struct ip_prefix prefixes[2];
	struct ip_addr addr;
	uint32_t step = 0;

	limits_of(conf, SHUN_SPRAYING, &limits);
	if (!limits.enabled || reply->facts == NULL ||
	    ip_from_bytes(reply->facts->client_ip.data, reply->facts->client_ip.len, &addr) !=
		ERR_OK ||
	    threat_is_exempt(conf, &addr))
		return 0;
	shun_prefixes(&addr, prefixes);
	source = shun_find(threat->shun, &prefixes[0]);
	if (source != NULL && (int64_t)clock_wall_sec() - source->last[SHUN_SPRAYING] <=
				  (int64_t)limits.hold_down * 60)
		step = source->failed[SHUN_SPRAYING];
	if (step == 0 && is_sprayed(threat, reply, &limits))
		step = 1;
	if (step == 0)
		return 0;
	return step > 3 ? SPRAY_DELAY_MAX_MS : SPRAY_DELAY_MS << (step - 1);
}

/* ---- what happens ---- */

bool
threat_is_shunned(const struct threat *threat, const struct ip_addr *addr)
{
	return threat != NULL && shun_covers(threat->shun, addr);
}

/* Is it this name, with slashes around it or a query behind it? */
static bool
is_path(const char *path, const char *name)
{
	size_t len;

	path += strspn(path, "/");
	len = strcspn(path, "?#;");
	while (len > 0 && path[len - 1] == '/')
		len--;
	return len == strlen(name) && strncasecmp(path, name, len) == 0;
}

/* Tunnel groups that each ASA has, and that nobody was told to use: who asks for one is a probe,
 * unless the configuration offers it under that name. */
static bool
is_probe(const struct conf *conf, const struct threat_wish *wish)
{
	static const char *const groups[] = {
	    "DefaultWEBVPNGroup", "DefaultRAGroup", "DefaultL2LGroup"};
	const char *path = str_istarts(wish->url, "https://") ? strchr(wish->url + 8, '/') : NULL;
	const char *alias;

	for (size_t i = 0; i < ARRAY_LEN(groups); i++) {
		bool named = strcasecmp(wish->select, groups[i]) == 0 ||
			     (path != NULL && is_path(path, groups[i])) ||
			     is_path(wish->path, groups[i]);

		if (named && resolve_alias(conf, groups[i], &alias) == NULL)
			return true;
	}
	return false;
}

void
threat_wish(struct threat *threat, const struct conf *conf, const struct ip_addr *addr,
    const struct threat_wish *wish)
{
	if (threat != NULL && is_probe(conf, wish))
		count(threat, conf, addr, SHUN_INVALID);
}

void
threat_begin(struct threat *threat, const struct conf *conf, const struct ip_addr *addr)
{
	if (threat != NULL)
		count(threat, conf, addr, SHUN_INITIATIONS);
}

/* Who has become one of the exceptions is free. */
static void
on_shunned(const struct shun_source *source, void *arg)
{
	struct pardon *pardon = arg;

	if (pardon->found == NULL && source->since != 0 && source->service != SHUN_BY_HAND &&
	    has_exception(pardon->conf, &source->prefix))
		pardon->found = &source->prefix;
}

void
threat_use(struct threat *threat, const struct conf *conf)
{
	struct pardon pardon = {.conf = conf};

	if (threat == NULL)
		return;
	do {
		pardon.found = NULL;
		shun_each(threat->shun, on_shunned, &pardon);
		if (pardon.found != NULL)
			(void)shun_lift(threat->shun, shun_find(threat->shun, pardon.found));
	} while (pardon.found != NULL);
}

void
threat_fail(struct threat *threat, const struct conf *conf, const struct ip_addr *addr,
    const char *username, uint64_t mark)
{
	if (threat == NULL)
		return;
	count(threat, conf, addr, SHUN_AUTHENTICATION);
	note_name(threat, conf, addr, username, mark);
}

/* What counts in a row begins anew. Names do not: whoever has one account may still try others. */
void
threat_pass(struct threat *threat, const struct ip_addr *addr)
{
	struct ip_prefix prefixes[2];

	if (threat == NULL)
		return;
	shun_prefixes(addr, prefixes);
	for (size_t i = 0; i < 2; i++) {
		struct shun_source *source = shun_find(threat->shun, &prefixes[i]);

		if (source == NULL)
			continue;
		source->failed[SHUN_AUTHENTICATION] = source->failed[SHUN_INITIATIONS] = 0;
		shun_keep(threat->shun, source);
	}
}

/* ---- the view ---- */

static void
on_source(const struct shun_source *source, void *arg)
{
	struct threat_service *out = arg;
	bool shunned = source->since != 0;

	if (shunned)
		out->blocking += source->service == out->service;
	else
		out->recording += source->failed[out->service] > 0;
}

void
threat_show(const struct threat *threat, const struct conf *conf, enum shun_service service,
    struct threat_service *out)
{
	limits_of(conf, service, out);
	out->failed = threat->failed[service];
	shun_each(threat->shun, on_source, out);
}

/* ---- life ---- */

struct threat *
threat_new(struct shun *shun)
{
	struct threat *threat = calloc(1, sizeof(*threat));

	if (threat == NULL)
		return NULL;
	threat->shun = shun;
	if (RAND_priv_bytes(threat->key, sizeof(threat->key)) == 1)
		return threat;
	free(threat);
	return NULL;
}

void
threat_free(struct threat *threat)
{
	if (threat == NULL)
		return;
	while (threat->by_age != NULL)
		crowd_free(threat, threat->by_age);
	str_wipe(threat->key, sizeof(threat->key));
	free(threat);
}
