/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The access lists that sessions have as vpn-filter, or that a server gave them, as the gateway
 * workers get them: written out (conf/acl.h), named by a digest of their content, sent to each
 * worker once, kept as long as the configuration in force names them or a session holds them, and
 * the hits of their rules. Pure but for the callback.
 *
 * Use: at the start and for each new configuration filters_prepare(), then filters_use() (or
 * filters_use() of the one in force, which forgets what was prepared). A session takes its two
 * filters with filters_hold_policy() once, with the configuration that it logged in with, keeps the
 * ids, and gives each back with filters_release() when it ends. Before each SessionOpened,
 * filters_send() of both ids to that worker; where that fails the tunnel must not be opened.
 */
#ifndef AUTH_FILTERS_H
#define AUTH_FILTERS_H

#include <stdint.h>

#include "common/attr.h"
#include "common/err.h"
#include "common/ipc.pb-c.h"
#include "conf/conf.h"
#include "conf/inherit.h"

struct filters;

/* Send FILTER_ADD or FILTER_FORGET to a worker; one that is not there: ERR_CLOSED. */
typedef enum err (*filters_send_fn)(
    unsigned worker, Ipc__MsgType type, const ProtobufCMessage *msg, void *arg);

struct filters_config {
	unsigned workers;
	filters_send_fn send;
	void *arg; /* for send */
};

/* NULL: memory. */
struct filters *filters_new(const struct filters_config *config) MUST_USE;
/* Nothing is sent. NULL is fine. */
void filters_free(struct filters *filters);

/*
 * Write out every access list that a group policy or user of conf names as filter. Takes references
 * to conf. ERR_NOMEM, ERR_SYNTAX, ERR_LIMIT, ERR_NOTFOUND (not for a configuration that was
 * checked): nothing has changed.
 */
enum err filters_prepare(struct filters *filters, struct conf *conf) MUST_USE;
/* conf is the configuration in force: workers forget filters that it does not name and no session
 * holds. */
void filters_use(struct filters *filters, struct conf *conf);

/*
 * Filters for a session with this merged policy, *filter6 for its IPv6 packets; 0: none. Each that
 * is not 0 is the session's until filters_release(). Errors as filters_prepare(), both ids are 0
 * then: the session must not have a tunnel.
 */
enum err filters_hold_policy(struct filters *filters, struct conf *conf,
    const struct inherit *inherit, uint64_t *filter4, uint64_t *filter6) MUST_USE;
/* The same for one access list by name; NULL gives 0. */
enum err filters_hold(
    struct filters *filters, struct conf *conf, const char *access_list, uint64_t *id) MUST_USE;
/*
 * The filter that a RADIUS server gave a user, for both families (asa.md 6.5): the lines of
 * av-pairs, or those of the downloaded list, or both, as merge-dacl of its server group says; masks
 * as its host's acl-netmask-convert does. It belongs to no configuration; conf is where object
 * groups, the server group and the host are looked up. Nothing given: ERR_OK and 0. ERR_SYNTAX: a
 * line is not right (113018 is logged for it), or the downloaded list has none; ERR_LIMIT,
 * ERR_NOMEM. After an error the session must not be.
 */
enum err filters_hold_profile(struct filters *filters, struct conf *conf, const char *username,
    const Ipc__AaaProfile *profile, uint64_t *id) MUST_USE;
/* Does the profile give lines of a filter? */
bool filters_profile_has(const Ipc__AaaProfile *profile);
/* Hold one more of a filter that is held; returns its id. 0 is fine. */
uint64_t filters_hold_again(struct filters *filters, uint64_t id);
/* Give a filter back; 0 is fine. */
void filters_release(struct filters *filters, uint64_t id);

/* Name of the access list that a held filter is of; NULL: nobody holds it. Borrowed. */
const char *filters_name(const struct filters *filters, uint64_t id);

/* Have the worker know a filter; 0, and one that it has, are fine. An error of the callback, after
 * which it may be called again. ERR_NOTFOUND: nobody holds it. */
enum err filters_send(struct filters *filters, unsigned worker, uint64_t id) MUST_USE;
/* The channel to a worker broke: it has no filters any more. */
void filters_worker_gone(struct filters *filters, unsigned worker);

/* Add what a worker counted. What it says is not believed: unknown filters and lines are ignored.
 */
void filters_hits(struct filters *filters, const Ipc__FilterHits *msg);

/* For show-access-list: a copy of the state at one moment, to be sent in batches. */
struct filters_listing;

/*
 * name "": every list that is a filter at present, those in force first, then former ones that
 * sessions still have. Else the lists of that name, also one of conf (the configuration in force)
 * that is no filter. ERR_NOTFOUND, ERR_NOMEM.
 */
enum err filters_listing_new(const struct filters *filters, struct conf *conf, const char *name,
    struct filters_listing **out) MUST_USE;
void filters_listing_free(struct filters_listing *listing);
/* The next rule (remarks too); false: no more. *rule borrows from the listing. */
bool filters_listing_next(struct filters_listing *listing, Ipc__CtlRule *rule);
/* Stand again before the rule that was last returned, which could not be sent. */
void filters_listing_back(struct filters_listing *listing);

#endif
