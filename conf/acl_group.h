/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Objects and object-groups, written out. Each function adds to its output what the object or group
 * of that name holds; ERR_SYNTAX with the reason if there is none, it is of another type, or
 * something in it is wrong (read->within is set then).
 */
#ifndef CONF_ACL_GROUP_H
#define CONF_ACL_GROUP_H

#include "conf/acl_read.h"

#define ACL_GROUP_DEPTH 16 /* groups in groups */

enum acl_group_type {
	ACL_GROUP_NONE, /* there is no such group */
	ACL_GROUP_NETWORK,
	ACL_GROUP_SERVICE, /* of service-objects */
	ACL_GROUP_PORTS,   /* of port-objects */
	ACL_GROUP_PROTOCOL,
	ACL_GROUP_ICMP,
};

/* The type of the group of that name. */
enum acl_group_type acl_group_type(const struct acl_read *read, const char *name);

enum err acl_group_object_net(
    struct acl_read *read, const char *name, struct acl_side *out) MUST_USE;
enum err acl_group_object_service(
    struct acl_read *read, const char *name, struct acl_services *out) MUST_USE;
enum err acl_group_nets(struct acl_read *read, const char *name, struct acl_side *out) MUST_USE;
enum err acl_group_services(
    struct acl_read *read, const char *name, struct acl_services *out) MUST_USE;
enum err acl_group_protos(struct acl_read *read, const char *name, struct acl_protos *out) MUST_USE;
/* A group of port-objects, in a rule whose protocols have the ports `of`. */
enum err acl_group_ports(
    struct acl_read *read, const char *name, unsigned of, struct acl_port_list *out) MUST_USE;
/* A group of ICMP types, in a rule for proto: one service for each. */
enum err acl_group_icmp(
    struct acl_read *read, const char *name, int16_t proto, struct acl_services *out) MUST_USE;
/* Look at an object or group by itself. */
enum err acl_group_check(struct acl_read *read, const struct conf_object *object) MUST_USE;

#endif
