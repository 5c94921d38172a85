/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Access lists: the ASA's rules, with the objects and object-groups that they name, as flat entries
 * (asa.md 2.1, 2.3). Pure.
 */
#ifndef CONF_ACL_H
#define CONF_ACL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/ip.h"
#include "conf/conf.h"

#define ACL_ENTRIES_MAX 65536 /* of one list, with every group in it written out */
#define ACL_ANY (-1)

/* Addresses from first to last; family 0: any of both families. */
struct acl_net {
	uint8_t family;
	struct ip_addr first;
	struct ip_addr last;
};

struct acl_ports {
	uint16_t first;
	uint16_t last;
};

/* One rule with nothing left to look up. Ports are 0-65535 where they do not matter. */
struct acl_entry {
	bool permit;
	bool log;
	uint16_t line;     /* of the rule in its list, from 1; remarks count */
	int16_t proto;     /* IP protocol, ACL_ANY */
	int16_t icmp_type; /* ACL_ANY; proto is 1 or 58 */
	int16_t icmp_code;
	struct acl_net src;
	struct acl_net dst;
	struct acl_ports sport;
	struct acl_ports dport;
};

struct acl {
	struct acl_entry *entries;
	size_t len;
	size_t cap;
};

/*
 * Write out a CONF_ACCESS_LIST of type extended. Remarks and rules marked inactive give nothing. An
 * error's text goes to why ("rule 3: ..; what would be right"). ERR_SYNTAX, ERR_LIMIT, ERR_NOMEM.
 */
enum err acl_compile(const struct conf *conf, const struct conf_object *list, struct acl *out,
    struct buf *why) MUST_USE;
void acl_fini(struct acl *acl);

/* One network of a list that split tunneling uses. */
struct acl_network {
	bool permit;
	bool any; /* both families */
	struct ip_prefix prefix;
};

struct acl_networks {
	struct acl_network *items;
	size_t len;
	size_t cap;
};

/*
 * The networks of a list of either type: of a standard rule the network, of an extended one its
 * source (asa.md 2.1). Ranges become prefixes. Errors as acl_compile().
 */
enum err acl_networks(const struct conf *conf, const struct conf_object *list,
    struct acl_networks *out, struct buf *why) MUST_USE;
void acl_networks_fini(struct acl_networks *networks);

/* Look at a CONF_OBJECT or CONF_OBJECT_GROUP by itself: false, and why, when it is not right
 * (unknown names, groups that contain themselves, ..). */
bool acl_object_ok(const struct conf *conf, const struct conf_object *object, struct buf *why);

#endif
