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
	.help = "RADIUS servers"},
    [AAA_LOCAL_MAX_FAIL] = {.name = "local-authentication-attempts-max-fail",
	.type = ROW_INT,
	.min = 0,
	.max = 16,
	.help = "wrong passwords in a row that lock a user of users.conf out; 0 is no lockout"},
    [AAA_LOCAL_LOCKOUT_MINUTES] = {.name = "local-lockout-minutes",
	.type = ROW_INT,
	.min = 0,
	.max = 1440,
	.def = 10,
	.help = "minutes that a lockout lasts; 0 is until an administrator clears it"},
    [AAA_LOCAL_LOCKOUT_KNOWN_DAYS] = {.name = "local-lockout-known-days",
	.type = ROW_INT,
	.min = 0,
	.max = 365,
	.def = 30,
	.help = "days that an address where the password was right has a count of its own, which "
		"a lockout does not touch; 0 is never"},
};
const struct row_kind rows_aaa = ROWS(top);

static const char *const protocols[] = {"radius", NULL};
static const char *const accounting_modes[] = {"single", "simultaneous", NULL};
static const char *const merge_modes[] = {"none", "before-avpair", "after-avpair", NULL};
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
    [ASG_MERGE_DACL] = {.name = "merge-dacl",
	.type = ROW_ENUM,
	.def_text = "none",
	.words = merge_modes,
	.help =
	    "where a downloaded access list stands beside the rules of av-pairs; none: those of "
	    "av-pairs alone count"},
    [ASG_INTERIM_UPDATE] = {.name = "interim-accounting-update",
	.type = ROW_BOOL,
	.def = false,
	.help = "account when a session's addresses change"},
    [ASG_INTERIM_PERIODIC] = {.name = "interim-accounting-periodic",
	.type = ROW_INT,
	.min = 0,
	.max = 120,
	.def = 0,
	.help = "hours between accounts of each session, 0: none"},
    [ASG_DYNAMIC_AUTHORIZATION] = {.name = "dynamic-authorization",
	.type = ROW_BOOL,
	.def = false,
	.help = "the servers may change and end sessions"},
    [ASG_DYNAMIC_AUTHORIZATION_PORT] = {.name = "dynamic-authorization-port",
	.type = ROW_INT,
	.min = 1024,
	.max = 65535,
	.def = 1700,
	.help = "UDP port on which they ask for that"},
    [ASG_AUTHORIZE_ONLY] = {.name = "authorize-only",
	.type = ROW_BOOL,
	.def = false,
	.help = "authorization requests carry no password"},
};
static const struct row_refused server_group_refused[] = {
    {"protocol ldap", "only RADIUS is served; use a RADIUS server in front of the directory"},
    {"protocol tacacs+", "only RADIUS is served; use a RADIUS server"},
    {"protocol kerberos", "only RADIUS is served; use a RADIUS server in front of it"},
    {"protocol sdi", "only RADIUS is served; use the RADIUS of the token server"},
    {"protocol nt", "only RADIUS is served; use a RADIUS server in front of the domain"},
    {"protocol http-form", "only RADIUS is served; use a RADIUS server"},
};
const struct row_kind rows_aaa_server_group = ROWS_REFUSED(server_group, server_group_refused);

static const char *const netmask_modes[] = {"standard", "wildcard", "auto-detect", NULL};

static const struct row host[AH_COUNT] = {
    [AH_ADDRESS] = {.name = "address",
	.type = ROW_STRING,
	.required = true,
	.syntax = syntax_ip_server,
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
    [AH_RADIUS_COMMON_PW] = {.name = "radius-common-pw",
	.type = ROW_STRING,
	.secret = true,
	.max = 127,
	.help = "password of requests that only authorize; else it is the user name"},
    [AH_MSCHAPV2_CAPABLE] = {.name = "mschapv2-capable",
	.type = ROW_BOOL,
	.def = true,
	.help = "password-management may use MS-CHAPv2"},
    [AH_ACL_NETMASK_CONVERT] = {.name = "acl-netmask-convert",
	.type = ROW_ENUM,
	.def_text = "standard",
	.words = netmask_modes,
	.help = "how masks in access lists from this server are read"},
    [AH_REQUIRE_MESSAGE_AUTHENTICATOR] = {.name = "require-message-authenticator",
	.type = ROW_BOOL,
	.def = true,
	.help = "drop answers that carry no Message-Authenticator (CVE-2024-3596)"},
    [AH_SDI_MESSAGES] = {.name = "sdi-messages",
	.type = ROW_OBJECTS,
	.max_count = 8,
	.kind = CONF_SDI_MESSAGE,
	.help = "texts by which the challenges of a token server are known, where they differ from "
		"the usual ones"},
};
const struct row_kind rows_aaa_host = ROWS(host);

static const char *const sdi_codes[] = {"next-code", "new-pin-sup", "new-pin-meth", "new-pin-req",
    "new-pin-reenter", "new-pin-sys-ok", "next-ccode-and-reauth", "ready-for-sys-pin", NULL};

static const struct row sdi_message[SDI_COUNT] = {
    [SDI_CODE] = {.name = "code",
	.type = ROW_ENUM,
	.required = true,
	.words = sdi_codes,
	.help = "what the text means"},
    [SDI_TEXT] = {.name = "text",
	.type = ROW_STRING,
	.required = true,
	.syntax = syntax_label,
	.help = "a part of the server's message"},
};
const struct row_kind rows_aaa_sdi_message = ROWS(sdi_message);
