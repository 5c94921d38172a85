/* SPDX-License-Identifier: Apache-2.0 */
/* Tells what others do to an interface: set down, set up, removed. By rtnetlink's link group. */
#ifndef GATEWAY_NETIF_WATCH_H
#define GATEWAY_NETIF_WATCH_H

#include "common/attr.h"
#include "common/loop.h"

struct netif_watch;

enum netif_event {
	NETIF_DOWN,
	NETIF_UP,   /* after it was down or gone */
	NETIF_GONE, /* removed; NETIF_DOWN may have been told before */
};

/* It is taken to be up now. name is copied, the callback runs in the loop. NULL: logged. */
struct netif_watch *netif_watch_new(struct loop *loop, const char *name,
    void (*on_event)(enum netif_event event, void *arg), void *arg) MUST_USE;
/* NULL is fine. */
void netif_watch_free(struct netif_watch *watch);

#endif
