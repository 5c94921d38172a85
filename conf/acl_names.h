/* SPDX-License-Identifier: Apache-2.0 */
/* The ASA's names for protocols, ports, ICMP types and log levels in access lists. */
#ifndef CONF_ACL_NAMES_H
#define CONF_ACL_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/err.h"

#define ACL_ICMP 1
#define ACL_TCP 6
#define ACL_UDP 17
#define ACL_ICMP6 58
#define ACL_SCTP 132

/* Whose ports: names are known to some protocols only. */
#define ACL_PORTS_TCP 1U
#define ACL_PORTS_UDP 2U
#define ACL_PORTS_SCTP 4U

/* A name or 0-255; "ip" and 0 are ACL_ANY, as on the ASA. ERR_NOTFOUND: no such name; ERR_RANGE. */
enum err acl_protocol(const char *word, int16_t *out) MUST_USE;
/* Which of ACL_PORTS_x a protocol has; 0: it has no ports. */
unsigned acl_ports_of(int16_t proto);
/* A name that one of these protocols has, or 0-65535. ERR_NOTFOUND: no name of theirs; ERR_RANGE.
 */
enum err acl_port(const char *word, unsigned of, uint16_t *out) MUST_USE;
/* A type of ICMP (proto ACL_ICMP or ACL_ICMP6) by name, or 0-255. ERR_NOTFOUND, ERR_RANGE. */
enum err acl_icmp_type(const char *word, int16_t proto, int16_t *out) MUST_USE;
/* Is it a syslog level as the ASA writes it: 0-7, "informational", ..? */
bool acl_is_level(const char *word);

#endif
