/* SPDX-License-Identifier: Apache-2.0 */
/* The user name that AAA sees: strip-realm and strip-group of a tunnel group (asa.md 1.1). */
#ifndef CONF_USERNAME_H
#define CONF_USERNAME_H

#include <stddef.h>

#include "common/attr.h"
#include "common/err.h"
#include "conf/conf.h"

/* Into out. ERR_LIMIT: it does not fit; ERR_SYNTAX: nothing is left of it. */
enum err username_strip(const struct conf *conf, const struct conf_object *tunnel_group,
    const char *name, char *out, size_t size) MUST_USE;

#endif
