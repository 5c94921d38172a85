/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "show running-config": the configuration in force as blocks of settings, one after the other, in
 * pieces that fit into messages. Secrets are five stars.
 */
#ifndef AUTH_RUNNING_H
#define AUTH_RUNNING_H

#include "common/attr.h"
#include "common/err.h"
#include "common/ipc.pb-c.h"
#include "conf/conf.h"

struct running;

/* Takes a reference to conf: a reload on the way does not change what is shown. NULL: memory. */
struct running *running_new(struct conf *conf, const Ipc__CtlRunning *request) MUST_USE;
/* NULL is fine. */
void running_free(struct running *running);
/* The piece at hand, borrowed until running_sent() or running_free(). ERR_NOTFOUND: there is no
 * more; ERR_NOMEM. */
enum err running_next(struct running *running, Ipc__CtlBlock *out) MUST_USE;
/* It has been taken: go on behind it. */
void running_sent(struct running *running);

#endif
