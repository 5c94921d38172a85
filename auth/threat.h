/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threat detection: who fails too often, begins too often without an end, asks for what is nobody's
 * or tries many names is slowed down or shunned (auth/shun.h), as "threat-detection" of
 * gateway.conf says, which is off but for what is set there. Sources among its exceptions are never
 * counted. Passwords and names are kept as keyed hashes only, whose key dies with the process.
 *
 * conf is the configuration in force; without gateway.conf nothing is counted.
 */
#ifndef AUTH_THREAT_H
#define AUTH_THREAT_H

#include <stdint.h>

#include "auth/shun.h"
#include "common/attr.h"
#include "common/ipc.pb-c.h"
#include "conf/conf.h"

struct threat;

/* What one service counts. */
struct threat_service {
	enum shun_service service;
	bool enabled;
	unsigned hold_down; /* minutes */
	unsigned threshold;
	uint64_t failed;    /* since the process began */
	uint32_t blocking;  /* sources that are shunned for it */
	uint32_t recording; /* others that are counted */
};

/* shun is borrowed. NULL: memory or random numbers. */
struct threat *threat_new(struct shun *shun) MUST_USE;
/* NULL is fine. */
void threat_free(struct threat *threat);

/* Does the source make no more logins? */
bool threat_is_shunned(const struct threat *threat, const struct ip_addr *addr) MUST_USE;
/* How long a reply has to wait before it is looked at: milliseconds. */
unsigned threat_delay(
    struct threat *threat, const struct conf *conf, const Ipc__AuthReply *reply) MUST_USE;

/* A login begins. */
void threat_begin(struct threat *threat, const struct conf *conf, const struct ip_addr *addr);
/* Where a client wants to get: url of <group-access>, path of the request, the group that it chose;
 * all of them its own words, or "". */
struct threat_wish {
	const char *url, *path, *select;
};
/* Look whether that is what nobody was told to want. */
void threat_wish(struct threat *threat, const struct conf *conf, const struct ip_addr *addr,
    const struct threat_wish *wish);
/* Another configuration is in force: what its exceptions hold is shunned no more, but for what an
 * administrator said by hand. */
void threat_use(struct threat *threat, const struct conf *conf);
/* What stands for a password; 0 for none. */
uint64_t threat_mark(const struct threat *threat, const void *password, size_t len);
/* A login failed for what its client sent. username: "" for none; mark: threat_mark(). */
void threat_fail(struct threat *threat, const struct conf *conf, const struct ip_addr *addr,
    const char *username, uint64_t mark);
/* A login ended well. */
void threat_pass(struct threat *threat, const struct ip_addr *addr);
/* Is the address, or one of its IPv6 /64, one of the exceptions? */
bool threat_is_exempt(const struct conf *conf, const struct ip_addr *addr) MUST_USE;
/* How a service is; not SHUN_BY_HAND. */
void threat_show(const struct threat *threat, const struct conf *conf, enum shun_service service,
    struct threat_service *out);

#endif
