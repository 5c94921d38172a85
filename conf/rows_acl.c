/* SPDX-License-Identifier: Apache-2.0 */
/* The settings of group-policies.conf that speak of packets and hours: access lists, objects, time
 * ranges (asa.md 2.3). Nothing but rows; the index is the enum in conf.h. */
#include "conf/row.h"
#include "conf/syntax.h"

#define ROWS(table)                                                                                \
	{                                                                                          \
		.rows = (table), .len = ARRAY_LEN(table)                                           \
	}

static const char *const acl_types[] = {"standard", "extended", NULL};

static const struct row access_list[ACL_COUNT] = {
    [ACL_NAME] = {.name = "name",
	.type = ROW_STRING,
	.required = true,
	.max = 241,
	.syntax = syntax_name,
	.help = "name of the access list"},
    [ACL_TYPE] = {.name = "type",
	.type = ROW_ENUM,
	.def_text = "standard",
	.words = acl_types,
	.help = "form of the rules"},
    [ACL_RULES] = {.name = "rules",
	.type = ROW_STRINGS,
	.required = true,
	.max = 1024,
	.max_count = 16384,
	.repeats = true,
	.syntax = syntax_line,
	.help = "the rules in order, as in permit tcp any host 10.1.1.1 eq 443"},
};
const struct row_kind rows_acl_access_list = ROWS(access_list);

static const char *const object_types[] = {"network", "service", NULL};

static const struct row object[OB_COUNT] = {
    [OB_NAME] = {.name = "name",
	.type = ROW_STRING,
	.required = true,
	.max = 64,
	.syntax = syntax_name,
	.help = "name of the object"},
    [OB_TYPE] = {.name = "type",
	.type = ROW_ENUM,
	.def_text = "network",
	.words = object_types,
	.help = "what it names"},
    [OB_VALUE] = {.name = "value",
	.type = ROW_STRING,
	.required = true,
	.syntax = syntax_line,
	.help = "host A, subnet NET MASK, range A B, or a service as in tcp destination eq 443"},
};
const struct row_kind rows_acl_object = ROWS(object);

static const char *const group_types[] = {"network", "service", "protocol", "icmp-type", NULL};
static const char *const group_protocols[] = {"none", "tcp", "udp", "tcp-udp", NULL};

static const struct row object_group[OG_COUNT] = {
    [OG_NAME] = {.name = "name",
	.type = ROW_STRING,
	.required = true,
	.max = 64,
	.syntax = syntax_name,
	.help = "name of the group"},
    [OG_TYPE] = {.name = "type",
	.type = ROW_ENUM,
	.def_text = "network",
	.words = group_types,
	.help = "what its members are"},
    [OG_PROTOCOL] = {.name = "protocol",
	.type = ROW_ENUM,
	.def_text = "none",
	.words = group_protocols,
	.help = "of a service group of port-objects: whose ports they are"},
    [OG_MEMBERS] = {.name = "members",
	.type = ROW_STRINGS,
	.required = true,
	.max_count = 16384,
	.repeats = true,
	.syntax = syntax_line,
	.help = "members, as in network-object host 10.1.1.1, port-object eq 443, group-object G"},
};
const struct row_kind rows_acl_object_group = ROWS(object_group);

static const struct row time_range[TR_COUNT] = {
    [TR_NAME] = {.name = "name",
	.type = ROW_STRING,
	.required = true,
	.max = 64,
	.syntax = syntax_name,
	.help = "name of the time range"},
    [TR_ABSOLUTE] = {.name = "absolute",
	.type = ROW_STRING,
	.syntax = syntax_absolute,
	.help = "start 08:00 1 January 2026 end 18:00 31 December 2026; either may be missing"},
    [TR_PERIODIC] = {.name = "periodic",
	.type = ROW_STRINGS,
	.max_count = 64,
	.syntax = syntax_periodic,
	.help = "hours of a week, as in weekdays 8:00 to 18:00"},
};
const struct row_kind rows_acl_time_range = ROWS(time_range);
