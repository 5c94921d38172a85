/* SPDX-License-Identifier: Apache-2.0 */
/* The settings of aaa.conf (asa.md 5). Nothing but rows; the index is the enum in conf.h. */
#include "conf/row.h"
#include "conf/syntax.h"

#define ROWS(table)                                                                                \
	{                                                                                          \
		.rows = (table), .len = ARRAY_LEN(table)                                           \
	}

#define ROWS_REFUSED(table, refusals)                                                              \
	{                                                                                          \
		.rows = (table), .len = ARRAY_LEN(table), .refused = (refusals),                   \
		.refused_len = ARRAY_LEN(refusals)                                                 \
	}

static const struct row top[AAA_COUNT] = {
    [AAA_SERVER_GROUPS] = {.name = "aaa-server-groups",
	.type = ROW_OBJECTS,
	.max_count = 200,
	.kind = CONF_AAA_SERVER_GROUP,
	.help = "RADIUS servers; a tunnel group that needs them is closed in this version"},
};
const struct row_kind rows_aaa = ROWS(top);

static const char *const protocols[] = {"radius", NULL};
static const char *const accounting_modes[] = {"single", "simultaneous", NULL};
static const char *const reactivation_modes[] = {"depletion", "timed", NULL};

static const struct row server_group[ASG_COUNT] = {
    [ASG_NAME] = {.name = "name",
	.type = ROW_STRING,
	.required = true,
	.max = 64,
	.syntax = syntax_server_group,
	.help = "name of the server group"},
    [ASG_PROTOCOL] = {.name = "protocol",
	.type = ROW_ENUM,
	.def_text = "radius",
	.words = protocols,
	.help = "what the servers speak"},
    [ASG_ACCOUNTING_MODE] = {.name = "accounting-mode",
	.type = ROW_ENUM,
	.def_text = "single",
	.words = accounting_modes,
	.help = "account to the active server or to all"},
    [ASG_REACTIVATION_MODE] = {.name = "reactivation-mode",
	.type = ROW_ENUM,
	.def_text = "depletion",
	.words = reactivation_modes,
	.help = "when a failed server is tried again"},
    [ASG_DEADTIME] = {.name = "deadtime",
	.type = ROW_INT,
	.min = 0,
	.max = 1440,
	.def = 10,
	.help = "minutes from the failure of the last server until all are tried again"},
    [ASG_MAX_FAILED_ATTEMPTS] = {.name = "max-failed-attempts",
	.type = ROW_INT,
	.min = 1,
	.max = 5,
	.def = 3,
	.help = "requests to one server before the next is tried"},
    [ASG_HOSTS] = {.name = "hosts",
	.type = ROW_OBJECTS,
	.max_count = 16,
	.kind = CONF_AAA_HOST,
	.help = "the servers, in order"},
};
static const struct row_refused server_group_refused[] = {
    {"protocol ldap", "only RADIUS is planned; use a RADIUS server in front of the directory"},
    {"protocol tacacs+", "only RADIUS is planned; use a RADIUS server"},
    {"protocol kerberos", "only RADIUS is planned; use a RADIUS server in front of it"},
    {"protocol sdi", "only RADIUS is planned; use the RADIUS of the token server"},
    {"protocol nt", "only RADIUS is planned; use a RADIUS server in front of the domain"},
    {"protocol http-form", "only RADIUS is planned; use a RADIUS server"},
    {"merge-dacl", "there is no RADIUS yet; leave it out"},
    {"interim-accounting-update", "there is no RADIUS accounting yet; leave it out"},
    {"dynamic-authorization", "there is no RADIUS yet; leave it out"},
    {"authorize-only", "there is no RADIUS yet; leave it out"},
};
const struct row_kind rows_aaa_server_group = ROWS_REFUSED(server_group, server_group_refused);

static const struct row host[AH_COUNT] = {
    [AH_ADDRESS] = {.name = "address",
	.type = ROW_STRING,
	.required = true,
	.syntax = syntax_ip,
	.help = "address of the server"},
    [AH_KEY] = {.name = "key",
	.type = ROW_STRING,
	.secret = true,
	.max = 127,
	.help = "secret shared with the server"},
    [AH_AUTHENTICATION_PORT] = {.name = "authentication-port",
	.type = ROW_INT,
	.min = 1,
	.max = 65535,
	.def = 1645,
	.help = "UDP port of authentication"},
    [AH_ACCOUNTING_PORT] = {.name = "accounting-port",
	.type = ROW_INT,
	.min = 1,
	.max = 65535,
	.def = 1646,
	.help = "UDP port of accounting"},
    [AH_TIMEOUT] = {.name = "timeout",
	.type = ROW_INT,
	.min = 1,
	.max = 300,
	.def = 10,
	.help = "seconds until a server is given up"},
    [AH_RETRY_INTERVAL] = {.name = "retry-interval",
	.type = ROW_INT,
	.min = 1,
	.max = 10,
	.def = 10,
	.help = "seconds between tries"},
};
static const struct row_refused host_refused[] = {
    {"radius-common-pw", "there is no RADIUS yet; leave it out"},
    {"mschapv2-capable", "there is no RADIUS yet; leave it out"},
    {"acl-netmask-convert", "there is no RADIUS yet; leave it out"},
};
const struct row_kind rows_aaa_host = ROWS_REFUSED(host, host_refused);
