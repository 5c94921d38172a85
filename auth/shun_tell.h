/* SPDX-License-Identifier: Apache-2.0 */
/* The gateway workers hear whose connections they are not to take. */
#ifndef AUTH_SHUN_TELL_H
#define AUTH_SHUN_TELL_H

#include "auth/link.h"
#include "auth/shun.h"

/* One worker, which is new and so knows of nobody: all that is shunned, if anybody is. */
void shun_tell_all(struct shun *shun, struct link_set *links, unsigned worker);
/* All workers: one source that is shunned from now on, or no more. */
void shun_tell_change(
    struct link_set *links, unsigned workers, const struct ip_prefix *prefix, bool shunned);

#endif
