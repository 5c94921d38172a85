/* SPDX-License-Identifier: Apache-2.0 */
/* The tun interface as the kernel sees it: created, addressed and routed by the parent, which has
 * the rights. */
#ifndef GATEWAY_NETIF_H
#define GATEWAY_NETIF_H

#include <stdbool.h>
#include <stddef.h>

#include "common/attr.h"
#include "common/err.h"
#include "common/ip.h"
#include "conf/conf.h"

/*
 * Create the multi-queue tun interface of the configuration with `queues` queues (IFF_MULTI_QUEUE,
 * IFF_VNET_HDR, no packet information, non-blocking); fds[] gets their descriptors. The interface
 * lives as long as one is open. Errors are logged here, since only here is known which step failed.
 * ERR_SYS.
 */
enum err netif_open(const struct conf_object *tun, int *fds, size_t queues) MUST_USE;
/* False: the interface of this queue was removed. */
bool netif_is_open(int queue);
/* Set MTU and addresses, bring it up. Logged likewise. */
enum err netif_configure(const struct conf_object *tun) MUST_USE;
/* Route prefixes to the interface. Logged likewise. ERR_SYS: it stopped at one that failed. */
enum err netif_add_routes(
    const struct conf_object *tun, const struct ip_prefix *list, size_t len) MUST_USE;
/* Route them there no more. Logged likewise. */
void netif_remove_routes(const struct conf_object *tun, const struct ip_prefix *list, size_t len);
/* Log a warning for each family that has a pool while the kernel does not forward it. */
void netif_warn_forwarding(const struct conf *conf);

#endif
