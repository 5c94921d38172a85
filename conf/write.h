/* SPDX-License-Identifier: Apache-2.0 */
/* A tree of values as the text of a configuration file: the other direction of conf/file.h. */
#ifndef CONF_WRITE_H
#define CONF_WRITE_H

#include "common/buf.h"
#include "conf/file.h"

/*
 * Append the members of a top-level group. Reading it again with file_parse() gives the same tree.
 * Long strings are cut into pieces that libconfig joins again; a secret is written like any text.
 */
enum err write_conf(const struct node *root, struct buf *out) MUST_USE;

#endif
