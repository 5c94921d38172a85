/* SPDX-License-Identifier: Apache-2.0 */
/* One rule of an access list, read and with its objects and groups written out. */
#ifndef CONF_ACL_RULE_H
#define CONF_ACL_RULE_H

#include "conf/acl_read.h"

struct acl_rule {
	bool empty; /* a remark, or inactive: it decides nothing */
	bool permit;
	bool log;
	struct acl_side src;
	struct acl_side dst;
	struct acl_services services;
};

/* The rule in this place of its list, from 1. *out is to be ended with acl_rule_fini() in any case.
 * ERR_SYNTAX, ERR_LIMIT, ERR_NOMEM. */
enum err acl_rule_read(struct acl_read *read, bool extended, size_t line, const char *text,
    struct acl_rule *out) MUST_USE;
void acl_rule_fini(struct acl_rule *rule);

/* Add the entries of rule number i, from 0, of an access list of either type. The same errors, with
 * the rule's number and text. */
enum err acl_rule_entries(
    struct acl_read *read, const struct conf_object *list, size_t i, struct acl *out) MUST_USE;

#endif
