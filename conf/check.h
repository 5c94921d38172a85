/* SPDX-License-Identifier: Apache-2.0 */
/* What no single setting can tell: references, duplicates, overlaps, pairs. */
#ifndef CONF_CHECK_H
#define CONF_CHECK_H

#include "conf/conf.h"

/* All checks that the files at hand allow; a slice may lack some. Adds to errors. */
void check_conf(const struct conf *conf, struct conf_errors *errors);
/* The pools and the tun's addresses (check_pool.c). */
void check_pools(const struct conf *conf, struct conf_errors *errors);

#endif
