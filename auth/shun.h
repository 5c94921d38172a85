/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is held against addresses: failures that auth/threat.h counts, and for how long they are
 * shunned for them ("show shun"). A source is an IPv4 address or an IPv6 /64, because whoever has
 * one address of that has them all, or the network around it (a /24 or /48). It is kept in the
 * state directory, so a restart pardons nobody; there are never more than SHUN_SOURCES_MAX.
 *
 * All on the loop's thread. Times are the wall clock's, because they outlive the process.
 */
#ifndef AUTH_SHUN_H
#define AUTH_SHUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "auth/table.h"
#include "common/attr.h"
#include "common/ip.h"

#define SHUN_SOURCES_MAX 16384
#define SHUN_EVER INT64_MAX
#define SHUN_MEMORY_SEC 86400 /* a source is forgotten when it was quiet and free for so long */

/* What a source did. The names are the ASA's, but for the last two. */
enum shun_service {
	SHUN_AUTHENTICATION, /* remote-access-authentication */
	SHUN_INITIATIONS,    /* remote-access-client-initiations */
	SHUN_INVALID,        /* invalid-vpn-access */
	SHUN_SPRAYING,       /* spraying */
	SHUN_BY_HAND,        /* an administrator's word */
	SHUN_SERVICES
};

/* A plain value, open for those who count. */
struct shun_source {
	struct ip_prefix prefix;
	uint32_t failed[SHUN_SERVICES];  /* in a row */
	int64_t last[SHUN_SERVICES];     /* of them, seconds since 1970 */
	int64_t since;                   /* shunned since then; 0: it is not */
	int64_t until;                   /* SHUN_EVER: until somebody lifts it */
	enum shun_service service;       /* what for */
	uint32_t times;                  /* that it was shunned, and not forgotten since */
	struct shun_source *prev, *next; /* of those that are shunned, or of the others */
	UT_hash_handle hh;
};

struct shun;

/* A source is shunned from now on, or no more. */
typedef void (*shun_change_fn)(const struct ip_prefix *prefix, bool shunned, void *arg);
typedef void (*shun_fn)(const struct shun_source *source, void *arg);

/* Takes the state directory and reads what an earlier run left there; -1: nothing is kept. NULL:
 * memory or threads. */
struct shun *shun_new(int dir_fd) MUST_USE;
/* Writes what is queued. NULL is fine. */
void shun_free(struct shun *shun);
/* Who is told of changes; NULL: nobody. */
void shun_watch(struct shun *shun, shun_change_fn fn, void *arg);

/* The sources that an address belongs to: itself, and the network around it. */
void shun_prefixes(const struct ip_addr *addr, struct ip_prefix out[2]);
/* NULL: nothing is held against it. */
struct shun_source *shun_find(const struct shun *shun, const struct ip_prefix *prefix);
/* The same, made if it is not there; the one that was quiet for longest gives way, those that are
 * shunned last. NULL: memory. */
struct shun_source *shun_get(struct shun *shun, const struct ip_prefix *prefix) MUST_USE;
/* It was changed: keep it. */
void shun_keep(struct shun *shun, struct shun_source *source);
/*
 * Shun a source. minutes: for the first time, for each further one twice as long, a day at most; 0:
 * until it is lifted. One that is shunned already stays so, by an administrator's word for as long
 * as that says.
 */
void shun_add(
    struct shun *shun, struct shun_source *source, enum shun_service service, unsigned minutes);
/* Lift it and forget what the source did. True: it was shunned. */
bool shun_lift(struct shun *shun, struct shun_source *source);
/* Lift all and forget everything. Returns how many were shunned. */
size_t shun_clear(struct shun *shun);
/* Is the address, or the network around it, shunned? */
bool shun_covers(const struct shun *shun, const struct ip_addr *addr) MUST_USE;
/* Once a second: end what is over. */
void shun_tick(struct shun *shun);
void shun_each(struct shun *shun, shun_fn fn, void *arg);
/* "remote-access-authentication" .. */
const char *shun_service_name(enum shun_service service);

#endif
