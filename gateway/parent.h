/* SPDX-License-Identifier: Apache-2.0 */
/* The parent: root, opens what needs privilege, starts and watches the children. Reads no network
 * byte. */
#ifndef GATEWAY_PARENT_H
#define GATEWAY_PARENT_H

#include "common/attr.h"
#include "conf/conf.h"

/* Load and check a configuration, each role's own check included. NULL: errors tell. The caller
 * unrefs. */
struct conf *parent_load(const char *dir, struct conf_errors *errors) MUST_USE;
/* The warnings of such a load, each line with "warning: " before it, appended to out. */
void parent_warnings(struct conf_errors *errors, struct buf *out);
/* Run the daemon in the foreground until SIGTERM or SIGINT. Returns the exit status. */
int parent_run(const char *conf_dir);

#endif
