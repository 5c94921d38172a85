/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The LOCAL user database: crypt(3) on threads of its own, since a hash takes tens of milliseconds
 * and the event loop must not wait. A name that does not exist costs the same hash as one that does
 * (INV-3).
 */
#ifndef AUTH_LOCAL_H
#define AUTH_LOCAL_H

#include <stdbool.h>
#include <stddef.h>

#include "common/attr.h"
#include "common/err.h"
#include "common/ip.h"
#include "common/ipc.pb-c.h"
#include "common/loop.h"
#include "common/metric.h"
#include "common/secret.h"
#include "conf/conf.h"

struct local;
struct lockout;

enum local_result {
	LOCAL_OK,
	LOCAL_NO_USER,
	LOCAL_NO_PASSWORD, /* the user has none: none fits */
	LOCAL_BAD_PASSWORD,
	LOCAL_FAILED, /* could not be checked */
	LOCAL_LOCKED, /* too many wrong ones before it: it was not even looked at */
};

typedef void (*local_done_fn)(enum local_result result, void *arg);
/* As crypt(3), thread safe: hash of password under setting into out; false if that is impossible.
 */
typedef bool (*local_hash_fn)(
    const char *password, const char *setting, char *out, size_t out_size);

struct local_config {
	struct loop *loop;
	const struct conf *conf; /* the first one, for the key of the decoys */
	unsigned threads;
	unsigned queue_max;
	local_hash_fn hash;      /* NULL: crypt_r */
	struct lockout *lockout; /* must outlive; NULL: nobody is ever locked out */
};

/* Starts the threads. NULL: memory or threads. */
struct local *local_new(const struct local_config *config) MUST_USE;
/* Ends the threads; what is queued or under way is dropped, its done is never called. */
void local_free(struct local *local);

/* Whose password it is said to be, and from where; family 0: that is not known. */
struct local_who {
	const char *username;
	struct ip_addr from;
};

/*
 * Check a password against the users of conf. It is taken in every case. done is called once,
 * later, on the loop. ERR_LIMIT: too many are waiting; ERR_NOMEM.
 */
enum err local_verify(struct local *local, struct conf *conf, const struct local_who *who,
    struct secret *password, local_done_fn done, void *arg) MUST_USE;

/* Its counters begin anew. On the loop's thread. */
void local_clear(struct local *local);
/* For show aaa-server. On the loop's thread. */
void local_listing(const struct local *local, Ipc__CtlAaaHost *out);
/* How long a check took, since the start. */
const struct metric_histogram *local_times(const struct local *local);

/*
 * The crypt setting that this name is checked against. *real is LOCAL_OK when it is the user's own,
 * else why no password can fit. For tests of INV-3.
 */
const char *local_setting(const struct local *local, const struct conf *conf, const char *username,
    enum local_result *real);

#endif
