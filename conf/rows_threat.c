/* SPDX-License-Identifier: Apache-2.0 */
/* The settings of "threat-detection" in gateway.conf, in the ASA's words. Nothing but rows; the
 * index is the enum in conf.h. */
#include "conf/row.h"
#include "conf/syntax.h"

#define ROWS(table)                                                                                \
	{                                                                                          \
		.rows = (table), .len = ARRAY_LEN(table)                                           \
	}

static const struct row threat[TD_COUNT] = {
    [TD_AUTHENTICATION] = {.name = "remote-access-authentication",
	.type = ROW_OBJECT,
	.kind = CONF_THREAT_SERVICE,
	.help = "logins that fail"},
    [TD_INITIATIONS] = {.name = "remote-access-client-initiations",
	.type = ROW_OBJECT,
	.kind = CONF_THREAT_SERVICE,
	.help = "logins that begin and do not end well"},
    [TD_INVALID_ACCESS] = {.name = "invalid-vpn-access",
	.type = ROW_BOOL,
	.def = false,
	.help = "shun who asks for a tunnel group of the ASA's own, as DefaultWEBVPNGroup"},
    [TD_SPRAYING] = {.name = "spraying",
	.type = ROW_OBJECT,
	.kind = CONF_THREAT_SPRAYING,
	.help = "many user names from one address, or with one password"},
    [TD_SHUN_MINUTES] = {.name = "shun-minutes",
	.type = ROW_INT,
	.min = 0,
	.max = 1440,
	.def = 60,
	.help = "minutes of the first shun, of each further one twice as many, up to a day; 0 is "
		"until it is lifted"},
    [TD_PREFIX_FACTOR] = {.name = "prefix-factor",
	.type = ROW_INT,
	.min = 0,
	.max = 1000,
	.def = 10,
	.help = "how many times a threshold an IPv4 /24 or IPv6 /48 may reach before it is shunned "
		"as a whole; 0 is never"},
    [TD_EXCEPTIONS] = {.name = "exceptions",
	.type = ROW_STRINGS,
	.max = 63,
	.max_count = 64,
	.syntax = syntax_source,
	.help = "addresses and networks that are never counted and never shunned"},
};
const struct row_kind rows_threat = ROWS(threat);

static const struct row service[TDS_COUNT] = {
    [TDS_HOLD_DOWN] = {.name = "hold-down",
	.type = ROW_INT,
	.min = 1,
	.max = 1440,
	.def = 10,
	.help = "minutes after which counting begins anew"},
    [TDS_THRESHOLD] = {.name = "threshold",
	.type = ROW_INT,
	.min = 0,
	.max = 100,
	.def = 0,
	.help = "how many in a row shun an address; 0 is off"},
};
const struct row_kind rows_threat_service = ROWS(service);

static const struct row spraying[TSP_COUNT] = {
    [TSP_HOLD_DOWN] = {.name = "hold-down",
	.type = ROW_INT,
	.min = 1,
	.max = 1440,
	.def = 60,
	.help = "minutes after which names are forgotten"},
    [TSP_USERS] = {.name = "users",
	.type = ROW_INT,
	.min = 0,
	.max = 32,
	.def = 0,
	.help = "user names that slow an address down, and then shun it; 0 is off"},
};
const struct row_kind rows_threat_spraying = ROWS(spraying);
