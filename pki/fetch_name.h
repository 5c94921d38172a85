/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names to addresses for fetch.c, by the system's nameservers and its hosts file. Both files are
 * read once, before the chroot: a later change of them needs a restart.
 */
#ifndef PKI_FETCH_NAME_H
#define PKI_FETCH_NAME_H

#include <stdbool.h>
#include <stddef.h>

#include "common/attr.h"
#include "common/ip.h"
#include "common/loop.h"

#define FETCH_NAME_ADDRS_MAX 8 /* of one name; more are ignored */

struct evdns_base;
struct fetch_name;

/* What a nameserver said. addrs is borrowed; none (len 0): why, static text. */
typedef void (*fetch_name_fn)(const struct ip_addr *addrs, size_t len, const char *why, void *arg);

/* Read the system's files. */
void fetch_name_prepare(void);
/* Take the texts of resolv.conf(5) and hosts(5); NULL: empty. For the above, and for tests. */
void fetch_name_read(const char *resolv_conf, const char *hosts);
/* A resolver that knows what was read; NULL: memory. Free it with fetch_name_close(). */
struct evdns_base *fetch_name_open(struct loop *loop) MUST_USE;
/* Questions that are open must have been cancelled. */
void fetch_name_close(struct evdns_base *dns);
/* What the hosts file says, into addrs (FETCH_NAME_ADDRS_MAX): how many. */
size_t fetch_name_hosts(const char *name, struct ip_addr *addrs);
/* Whether there is a nameserver to ask. */
bool fetch_name_can_ask(struct evdns_base *dns);
/* Ask for addresses of one family (4 or 6); fn is called once, later. NULL: memory, fn is not
 * called. */
struct fetch_name *fetch_name_ask(
    struct evdns_base *dns, const char *name, uint8_t family, fetch_name_fn fn, void *arg) MUST_USE;
/* fn will not be called. NULL is fine. */
void fetch_name_cancel(struct fetch_name *question);

#endif
