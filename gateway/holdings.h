/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parent opens for its children and holds itself too, so that a child's death loses no
 * socket and no tun queue: listening sockets, tun queues, control socket, directories; and the
 * users that the children become. All of it is from the configuration of the start and never
 * changes.
 */
#ifndef GATEWAY_HOLDINGS_H
#define GATEWAY_HOLDINGS_H

#include <stdbool.h>
#include <sys/types.h>

#include "common/attr.h"
#include "common/ipc.h"
#include "common/role.h"
#include "conf/conf.h"

struct holdings;

/* Open everything. conf gets a reference. NULL: logged. */
struct holdings *holdings_open(struct conf *conf) MUST_USE;
/* NULL is fine. */
void holdings_close(struct holdings *holdings);
unsigned holdings_workers(const struct holdings *holdings);
/* The directory to lock up in. */
const char *holdings_chroot(const struct holdings *holdings);
void holdings_user(
    const struct holdings *holdings, const struct role *role, uid_t *uid, gid_t *gid);
/* The tun interface was removed behind our back: its queues are of no use any more. */
bool holdings_tun_is_lost(const struct holdings *holdings);
/* Then make it anew, without addresses and routes. Logged. ERR_SYS: to be tried again. */
enum err holdings_renew_tun(struct holdings *holdings) MUST_USE;
/* Hand a child its descriptors. */
enum err holdings_give(
    const struct holdings *holdings, const struct role *role, struct ipc *ipc) MUST_USE;

#endif
