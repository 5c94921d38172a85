/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Downloadable access lists: an accept names one
 * ("ACS:CiscoSecure-Defined-ACL=#ACSACL#-IP-NAME-VERSION"), a second request brings its lines, in
 * chunks if need be (asa.md 6.5). A name stands for one content for ever, so lists are kept, and
 * logins that wait for the same one share the request.
 */
#ifndef AUTH_DACL_H
#define AUTH_DACL_H

#include "auth/radius_client.h"

#define DACL_NAME_MAX 200
#define DACL_LINES_MAX 4096
#define DACL_BYTES_MAX 262144
#define DACL_CACHE_MAX 256 /* lists; the one that was longest unused goes */

struct dacl_cache;
struct dacl_wait;

/* Its lines, in order, without "ip:inacl#N="; borrowed until done returns. err: ERR_TIMEOUT,
 * ERR_DENIED (the server rejects), ERR_LIMIT, ERR_SYNTAX, ERR_NOMEM, errors of radius_client_ask():
 * there is none. It is logged. */
typedef void (*dacl_done_fn)(enum err err, char *const *lines, size_t len, void *arg);

/* Both must outlive. NULL: memory. */
struct dacl_cache *dacl_cache_new(struct loop *loop, struct radius_client *client) MUST_USE;
/* What is under way is dropped, its done is never called. NULL is fine. */
void dacl_cache_free(struct dacl_cache *cache);
/*
 * Fetch a list by its name ("#ACSACL#-IP-..") from this server of the group; nas is whom it is told
 * that we are. Lists are one group's: another's of the same name is another list. done is called
 * once, later (also when it is there already), unless cancelled. ERR_LIMIT: such a name cannot be;
 * ERR_NOMEM; errors of radius_client_ask().
 */
enum err dacl_fetch(struct dacl_cache *cache, const char *group, const struct ip_addr *server,
    const struct ip_addr *nas, const char *name, dacl_done_fn done, void *arg,
    struct dacl_wait **wait) MUST_USE;
void dacl_cancel(struct dacl_wait *wait);

#endif
