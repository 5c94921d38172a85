/* SPDX-License-Identifier: Apache-2.0 */
/* The setting "logging", as the message that every process gets. */
#ifndef GATEWAY_LOG_CONF_H
#define GATEWAY_LOG_CONF_H

#include "common/attr.h"
#include "common/ipc.pb-c.h"
#include "conf/conf.h"

/* Borrows the texts of conf; free() it. NULL: memory. */
Ipc__LogPlan *log_conf_plan(const struct conf *conf) MUST_USE;

#endif
