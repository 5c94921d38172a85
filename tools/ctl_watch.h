/* SPDX-License-Identifier: Apache-2.0 */
/* "--watch": a command again and again, in place. */
#ifndef TOOLS_CTL_WATCH_H
#define TOOLS_CTL_WATCH_H

#include "common/attr.h"

/*
 * Run run(arg) every so many seconds until a signal, each time in a process of its own, so that it
 * may end as it likes. On a terminal what fits of its output is shown in place; else it is written
 * as it comes, an empty line between. title: the command.
 */
void ctl_watch(unsigned seconds, const char *title, int (*run)(void *arg), void *arg) NORETURN;

#endif
