/* SPDX-License-Identifier: Apache-2.0 */
/* The text of access-list rules. Pure parser; standard lists for now (asa.md 2.3, S1). */
#ifndef CONF_ACL_H
#define CONF_ACL_H

#include "common/ip.h"
#include "conf/conf.h"

struct acl_rule {
	bool permit;
	bool any; /* both families */
	struct ip_prefix prefix;
};

/* "permit 10.0.0.0 255.0.0.0", "permit host 10.1.2.3", "permit any", "permit 2001:db8::/32"; deny
 * likewise. ERR_SYNTAX, ERR_RANGE. */
enum err acl_rule_parse(const char *text, struct acl_rule *out) MUST_USE;

#endif
