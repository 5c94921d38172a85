/* SPDX-License-Identifier: Apache-2.0 */
/* What of a configuration cannot change while the daemon runs. */
#ifndef GATEWAY_RELOAD_COMPARE_H
#define GATEWAY_RELOAD_COMPARE_H

#include <stdbool.h>

#include "common/attr.h"
#include "conf/conf.h"

/*
 * Add an error for each setting that is different in next and is read at start only: listeners,
 * tun, workers, users, control-socket, state-directory, chroot-directory. True: there is none.
 */
bool reload_compare(
    const struct conf *now, const struct conf *next, struct conf_errors *errors) MUST_USE;

#endif
