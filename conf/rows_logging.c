/* SPDX-License-Identifier: Apache-2.0 */
/* The settings of "logging" in gateway.conf (asa.md 8). Nothing but rows; the index is the enum in
 * conf.h. */
#include "conf/row.h"
#include "conf/syntax.h"

#define ROWS(table)                                                                                \
	{                                                                                          \
		.rows = (table), .len = ARRAY_LEN(table)                                           \
	}

static const char *const levels[] = {"err", "warning", "notice", "info", "debug", NULL};
/* The first is the level of logging. */
static const char *const own_levels[] = {
    "default", "err", "warning", "notice", "info", "debug", NULL};
static const char *const stderr_formats[] = {"plain", "key-value", "json", NULL};
static const char *const host_formats[] = {"asa", "rfc5424", NULL};
static const char *const transports[] = {"unix", "udp", "tcp", NULL};
static const char *const facilities[] = {"local0", "local1", "local2", "local3", "local4", "local5",
    "local6", "local7", "daemon", "auth", "user", NULL};

static const struct row logging[LOGGING_COUNT] = {
    [LOGGING_LEVEL] = {.name = "level",
	.type = ROW_ENUM,
	.def_text = "info",
	.words = levels,
	.help = "least severe lines that are written"},
    [LOGGING_STDERR] = {.name = "stderr",
	.type = ROW_BOOL,
	.def = true,
	.help = "write to standard error"},
    [LOGGING_SYSLOG] = {.name = "syslog",
	.type = ROW_BOOL,
	.def = true,
	.help = "write to the syslog daemon of this machine, /dev/log"},
    [LOGGING_STDERR_FORMAT] = {.name = "stderr-format",
	.type = ROW_ENUM,
	.def_text = "plain",
	.words = stderr_formats,
	.help = "format of lines on standard error"},
    [LOGGING_STDERR_LEVEL] = {.name = "stderr-level",
	.type = ROW_ENUM,
	.def_text = "default",
	.words = own_levels,
	.help = "least severe lines on standard error, in place of level"},
    [LOGGING_STDERR_LIST] = {.name = "stderr-list",
	.type = ROW_STRING,
	.max = 64,
	.syntax = syntax_name,
	.help = "list of the lines that standard error gets, in place of a level"},
    [LOGGING_SYSLOG_LEVEL] = {.name = "syslog-level",
	.type = ROW_ENUM,
	.def_text = "default",
	.words = own_levels,
	.help = "least severe lines on /dev/log, in place of level"},
    [LOGGING_SYSLOG_LIST] = {.name = "syslog-list",
	.type = ROW_STRING,
	.max = 64,
	.syntax = syntax_name,
	.help = "list of the lines that /dev/log gets, in place of a level"},
    [LOGGING_FACILITY] = {.name = "facility",
	.type = ROW_ENUM,
	.def_text = "local4",
	.words = facilities,
	.help = "facility of syslog lines"},
    [LOGGING_DEVICE_ID] = {.name = "device-id",
	.type = ROW_STRING,
	.max = 63,
	.syntax = syntax_device_id,
	.help = "name of this gateway in lines for hosts, by default that of the machine"},
    [LOGGING_HIDE_USERNAME] = {.name = "hide-username",
	.type = ROW_BOOL,
	.def = true,
	.help = "write ***** for user names that may be nobody's"},
    [LOGGING_HOSTS] = {.name = "hosts",
	.type = ROW_OBJECTS,
	.max_count = 16,
	.kind = CONF_LOG_HOST,
	.help = "collectors of log lines"},
    [LOGGING_LISTS] = {.name = "lists",
	.type = ROW_OBJECTS,
	.max_count = 32,
	.kind = CONF_LOG_LIST,
	.help = "selections of log lines"},
    [LOGGING_RATE_LIMIT] = {.name = "rate-limit",
	.type = ROW_STRINGS,
	.max = 100,
	.max_count = 64,
	.syntax = syntax_log_rate,
	.help = "how many lines of a message or a level are written in how many seconds"},
    [LOGGING_DISABLED] = {.name = "disabled-messages",
	.type = ROW_STRINGS,
	.max = 13,
	.max_count = 64,
	.syntax = syntax_log_range,
	.help = "numbers of messages that are never written"},
};
const struct row_kind rows_gateway_logging = ROWS(logging);

static const struct row host[LH_COUNT] = {
    [LH_TRANSPORT] = {.name = "transport",
	.type = ROW_ENUM,
	.def_text = "udp",
	.words = transports,
	.help = "how lines get there"},
    [LH_ADDRESS] = {.name = "address",
	.type = ROW_STRING,
	.syntax = syntax_ip_server,
	.help = "address of the collector, with udp and tcp"},
    [LH_PORT] =
	{.name = "port", .type = ROW_INT, .min = 1, .max = 65535, .def = 514, .help = "its port"},
    [LH_PATH] = {.name = "path",
	.type = ROW_STRING,
	.max = 107, /* what a struct sockaddr_un holds */
	.syntax = syntax_path,
	.help = "datagram socket of the collector, with unix"},
    [LH_FORMAT] = {.name = "format",
	.type = ROW_ENUM,
	.def_text = "asa",
	.words = host_formats,
	.help = "the ASA's own format, or that of RFC 5424"},
    [LH_LEVEL] = {.name = "level",
	.type = ROW_ENUM,
	.def_text = "default",
	.words = own_levels,
	.help = "least severe lines that it gets, in place of that of logging"},
    [LH_LIST] = {.name = "list",
	.type = ROW_STRING,
	.max = 64,
	.syntax = syntax_name,
	.help = "list of the lines that it gets, in place of a level"},
    [LH_QUEUE] = {.name = "queue",
	.type = ROW_INT,
	.min = 1,
	.max = 8192,
	.def = 512,
	.help = "lines that wait while a tcp collector is away; more are lost"},
};
const struct row_kind rows_logging_host = ROWS(host);

static const struct row list[LL_COUNT] = {
    [LL_NAME] = {.name = "name",
	.type = ROW_STRING,
	.required = true,
	.max = 64,
	.syntax = syntax_name,
	.help = "name of the list"},
    [LL_MATCH] = {.name = "match",
	.type = ROW_STRINGS,
	.required = true,
	.max = 100,
	.max_count = 64,
	.syntax = syntax_log_rule,
	.help = "what belongs to it: levels, classes, messages"},
};
const struct row_kind rows_logging_list = ROWS(list);
