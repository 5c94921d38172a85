/* SPDX-License-Identifier: Apache-2.0 */
/* Access lists that come from a RADIUS server, as objects like those of group-policies.conf
 * (asa.md 6.5). Pure. */
#ifndef CONF_ACL_DOWNLOAD_H
#define CONF_ACL_DOWNLOAD_H

#include "conf/conf.h"

enum acl_masks { ACL_MASKS_STANDARD, ACL_MASKS_WILDCARD, ACL_MASKS_AUTO };

/*
 * A CONF_ACCESS_LIST of type extended that belongs to no configuration; conf is where names of
 * object groups are looked up. Lines are without "ip:inacl#N="; "extended" before one is fine. No
 * lines: a list that denies all. Caller frees with row_object_free(). ERR_SYNTAX: lines are not
 * right, and why has one text for each of the first of them, with "\n" between (113018, 113033);
 * ERR_LIMIT, ERR_NOMEM.
 */
enum err acl_download(const struct conf *conf, const char *name, char *const *lines, size_t len,
    enum acl_masks masks, struct conf_object **out, struct buf *why) MUST_USE;

#endif
