/* SPDX-License-Identifier: Apache-2.0 */
/* The gateway workers, which do not see tunnel-groups.conf, hear of its group-urls: for
 * hide-gateway (gateway/doors.h). */
#ifndef AUTH_DOOR_TELL_H
#define AUTH_DOOR_TELL_H

#include "auth/link.h"
#include "conf/conf.h"

/* All of them, in place of what the worker was told before. */
void door_tell(const struct conf *conf, struct link_set *links, unsigned worker);

#endif
