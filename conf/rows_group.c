/* SPDX-License-Identifier: Apache-2.0 */
/* The settings of tunnel-groups.conf (asa.md 1). Nothing but rows; the index is the enum in conf.h.
 */
#include "conf/row.h"
#include "conf/syntax.h"

#define ROWS(table)                                                                                \
	{                                                                                          \
		.rows = (table), .len = ARRAY_LEN(table)                                           \
	}

static const struct row top[TGS_COUNT] = {
    [TGS_WEBVPN] = {.name = "webvpn",
	.type = ROW_OBJECT,
	.kind = CONF_WEBVPN,
	.help = "what holds for every tunnel group"},
    [TGS_TUNNEL_GROUPS] = {.name = "tunnel-groups",
	.type = ROW_OBJECTS,
	.kind = CONF_TUNNEL_GROUP,
	.help = "the ways to log in; DefaultWEBVPNGroup is there even if not written"},
};
const struct row_kind rows_group = ROWS(top);

static const struct row webvpn[WV_COUNT] = {
    [WV_TUNNEL_GROUP_LIST] = {.name = "tunnel-group-list",
	.type = ROW_BOOL,
	.def = false,
	.help = "show the group aliases in the login form"},
    [WV_DEFAULT_IDLE_TIMEOUT] = {.name = "default-idle-timeout",
	.type = ROW_INT,
	.min = 60,
	.max = 86400,
	.def = 1800,
	.help = "idle seconds when vpn-idle-timeout is none"},
};
const struct row_kind rows_group_webvpn = ROWS(webvpn);

static const char *const types[] = {"remote-access", NULL};

static const struct row tunnel_group[TG_COUNT] = {
    [TG_NAME] = {.name = "name",
	.type = ROW_STRING,
	.required = true,
	.max = 64,
	.syntax = syntax_name,
	.help = "name of the tunnel group"},
    [TG_TYPE] = {.name = "type",
	.type = ROW_ENUM,
	.def_text = "remote-access",
	.words = types,
	.help = "what connects here"},
    [TG_GENERAL] = {.name = "general-attributes",
	.type = ROW_OBJECT,
	.kind = CONF_TG_GENERAL,
	.help = "addresses, group policy and servers"},
    [TG_WEBVPN] = {.name = "webvpn-attributes",
	.type = ROW_OBJECT,
	.kind = CONF_TG_WEBVPN,
	.help = "how clients find the group and log in"},
};
const struct row_kind rows_group_tunnel_group = ROWS(tunnel_group);

static const struct row general[TGG_COUNT] = {
    [TGG_ADDRESS_POOL] = {.name = "address-pool",
	.type = ROW_STRINGS,
	.max = 64,
	.max_count = 6,
	.none = true,
	.syntax = syntax_name,
	.help = "ip-local-pools, tried in order"},
    [TGG_IPV6_ADDRESS_POOL] = {.name = "ipv6-address-pool",
	.type = ROW_STRINGS,
	.max = 64,
	.max_count = 6,
	.none = true,
	.syntax = syntax_name,
	.help = "ipv6-local-pools, tried in order"},
    [TGG_DEFAULT_GROUP_POLICY] = {.name = "default-group-policy",
	.type = ROW_STRING,
	.max = 64,
	.def_text = "DfltGrpPolicy",
	.syntax = syntax_name,
	.help = "group policy of users who have none of their own"},
    [TGG_AUTHENTICATION_SERVER_GROUP] = {.name = "authentication-server-group",
	.type = ROW_STRINGS,
	.max = 64,
	.max_count = 2,
	.def_text = "LOCAL",
	.syntax = syntax_server_group,
	.help = "who checks passwords: LOCAL, the users of users.conf"},
};
const struct row_kind rows_group_general = ROWS(general);

static const struct row webvpn_attributes[TGW_COUNT] = {
    [TGW_AUTHENTICATION] = {.name = "authentication",
	.type = ROW_STRINGS,
	.max_count = 2,
	.def_text = "aaa",
	.syntax = syntax_authentication,
	.help = "what a login needs: aaa, a user name and password"},
    [TGW_GROUP_ALIAS] = {.name = "group-alias",
	.type = ROW_OBJECTS,
	.max_count = 64,
	.kind = CONF_GROUP_ALIAS,
	.help = "names of the group in the login form's list"},
    [TGW_GROUP_URL] = {.name = "group-url",
	.type = ROW_OBJECTS,
	.max_count = 64,
	.kind = CONF_GROUP_URL,
	.help = "URLs that select the group without a list"},
};
const struct row_kind rows_group_webvpn_attributes = ROWS(webvpn_attributes);

static const struct row alias[GA_COUNT] = {
    [GA_NAME] = {.name = "name",
	.type = ROW_STRING,
	.required = true,
	.max = 64,
	.syntax = syntax_label,
	.help = "the alias"},
    [GA_ENABLE] = {.name = "enable",
	.type = ROW_BOOL,
	.def = true,
	.help = "false keeps it without using it"},
};
const struct row_kind rows_group_alias = ROWS(alias);

static const struct row url[GU_COUNT] = {
    [GU_URL] = {.name = "url",
	.type = ROW_STRING,
	.required = true,
	.syntax = syntax_url,
	.help = "the URL, https://host[:port][/path]"},
    [GU_ENABLE] = {.name = "enable",
	.type = ROW_BOOL,
	.def = true,
	.help = "false keeps it without using it"},
};
const struct row_kind rows_group_url = ROWS(url);
