/* SPDX-License-Identifier: Apache-2.0 */
/* The settings of tunnel-groups.conf (asa.md 1). Nothing but rows; the index is the enum in conf.h.
 */
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

static const char *const delimiters[] = {"none", "@", "#", "!", NULL};

static const struct row top[TGS_COUNT] = {
    [TGS_WEBVPN] = {.name = "webvpn",
	.type = ROW_OBJECT,
	.kind = CONF_WEBVPN,
	.help = "what holds for every tunnel group"},
    [TGS_GROUP_DELIMITER] = {.name = "group-delimiter",
	.type = ROW_ENUM,
	.def_text = "none",
	.words = delimiters,
	.help = "character at which strip-group cuts a user name"},
    [TGS_CERTIFICATE_MAPS] = {.name = "certificate-maps",
	.type = ROW_OBJECTS,
	.max_count = 4096,
	.kind = CONF_CERTIFICATE_MAP,
	.help = "rules about a client's certificate"},
    [TGS_TUNNEL_GROUPS] = {.name = "tunnel-groups",
	.type = ROW_OBJECTS,
	.kind = CONF_TUNNEL_GROUP,
	.help = "the ways to log in; DefaultWEBVPNGroup is there even if not written"},
};
const struct row_kind rows_group = ROWS(top);

static const char *const preferences[] = {"certificate-map", "group-url", NULL};

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
    [WV_TUNNEL_GROUP_PREFERENCE] = {.name = "tunnel-group-preference",
	.type = ROW_ENUM,
	.def_text = "certificate-map",
	.words = preferences,
	.help = "which wins when a certificate map and a group-url choose different groups"},
    [WV_CERTIFICATE_GROUP_MAP] = {.name = "certificate-group-map",
	.type = ROW_OBJECTS,
	.max_count = 4096,
	.kind = CONF_CERTIFICATE_GROUP_MAP,
	.help = "rules of certificate maps, and the tunnel group that each leads to"},
    [WV_CUSTOM_ATTR] = {.name = "anyconnect-custom-attr",
	.type = ROW_OBJECTS,
	.max_count = 256,
	.kind = CONF_CUSTOM_ATTR,
	.help = "types that anyconnect-custom may use"},
    [WV_CUSTOM_DATA] = {.name = "anyconnect-custom-data",
	.type = ROW_OBJECTS,
	.max_count = 1024,
	.kind = CONF_CUSTOM_DATA,
	.help = "named values for anyconnect-custom"},
};
const struct row_kind rows_group_webvpn = ROWS(webvpn);

static const struct row certificate_group_map[CGM_COUNT] = {
    [CGM_MAP] = {.name = "map",
	.type = ROW_STRING,
	.required = true,
	.max = 64,
	.syntax = syntax_name,
	.help = "name of the certificate map"},
    [CGM_SEQUENCE] = {.name = "sequence",
	.type = ROW_INT,
	.required = true,
	.min = 1,
	.max = 65535,
	.help = "number of the rule in it; the lowest that matches wins"},
    [CGM_TUNNEL_GROUP] = {.name = "tunnel-group",
	.type = ROW_STRING,
	.required = true,
	.max = 64,
	.syntax = syntax_name,
	.help = "where a certificate that matches leads to"},
};
const struct row_kind rows_group_certificate_group_map = ROWS(certificate_group_map);

static const struct row custom_attr[CA_COUNT] = {
    [CA_TYPE] = {.name = "type",
	.type = ROW_STRING,
	.required = true,
	.max = 64,
	.syntax = syntax_custom_type,
	.help = "name of the type"},
    [CA_DESCRIPTION] = {.name = "description",
	.type = ROW_STRING,
	.syntax = syntax_label,
	.help = "what it is for"},
};
const struct row_kind rows_group_custom_attr = ROWS(custom_attr);

static const struct row custom_data[CD_COUNT] = {
    [CD_TYPE] = {.name = "type",
	.type = ROW_STRING,
	.required = true,
	.max = 64,
	.syntax = syntax_custom_type,
	.help = "type of the value"},
    [CD_NAME] = {.name = "name",
	.type = ROW_STRING,
	.required = true,
	.max = 64,
	.syntax = syntax_name,
	.help = "name of the value"},
    [CD_VALUE] = {.name = "value",
	.type = ROW_STRING,
	.required = true,
	.max = 8192,
	.syntax = syntax_custom_value,
	.help = "the value"},
};
const struct row_kind rows_group_custom_data = ROWS(custom_data);

static const struct row certificate_map[CM_COUNT] = {
    [CM_NAME] = {.name = "name",
	.type = ROW_STRING,
	.def_text = "DefaultCertificateMap",
	.max = 64,
	.syntax = syntax_name,
	.help = "name of the map; its rules have different numbers"},
    [CM_SEQUENCE] = {.name = "sequence",
	.type = ROW_INT,
	.required = true,
	.min = 1,
	.max = 65535,
	.help = "number of the rule"},
    [CM_CRITERIA] = {.name = "criteria",
	.type = ROW_STRINGS,
	.required = true,
	.max_count = 64,
	.syntax = syntax_criterion,
	.help =
	    "what must be true of the certificate, all of it, as in subject-name attr ou eq Staff"},
};
const struct row_kind rows_group_certificate_map = ROWS(certificate_map);

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
static const struct row_refused tunnel_group_refused[] = {
    {"ipsec-attributes", "there is no IPsec; leave it out"},
    {"ppp-attributes", "there is no L2TP; leave it out"},
    {"type ipsec-l2l", "there is no IPsec and no site-to-site tunnel; leave the group out"},
};
const struct row_kind rows_group_tunnel_group = ROWS_REFUSED(tunnel_group, tunnel_group_refused);

static const char *const fields[] = {"C", "CN", "DNQ", "EA", "GENQ", "GN", "I", "L", "N", "O", "OU",
    "SER", "SN", "SP", "T", "UID", "UPN", "use-entire-name", NULL};
static const char *const servers[] = {"primary", "secondary", NULL};
static const char *const choices[] = {"first-certificate", "second-certificate", NULL};

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
	.syntax = syntax_name,
	.help = "who checks passwords: LOCAL, the users of users.conf, or an aaa-server-group, "
		"after which LOCAL may follow"},
    [TGG_SECONDARY_SERVER_GROUP] = {.name = "secondary-authentication-server-group",
	.type = ROW_STRINGS,
	.max = 64,
	.max_count = 2,
	.none = true,
	.syntax = syntax_name,
	.help = "who checks the second password"},
    [TGG_AUTHORIZATION_SERVER_GROUP] = {.name = "authorization-server-group",
	.type = ROW_STRINGS,
	.max = 64,
	.max_count = 2,
	.none = true,
	.syntax = syntax_name,
	.help = "who is asked what the user may do"},
    [TGG_STRIP_REALM] = {.name = "strip-realm",
	.type = ROW_BOOL,
	.def = false,
	.help = "cut the last @ and what follows it from the user name"},
    [TGG_STRIP_GROUP] = {.name = "strip-group",
	.type = ROW_BOOL,
	.def = false,
	.help = "cut the group-delimiter and what follows it from the user name"},
    [TGG_AUTHORIZATION_REQUIRED] = {.name = "authorization-required",
	.type = ROW_BOOL,
	.def = false,
	.help = "only users whom the authorization-server-group knows; LOCAL: users.conf"},
    [TGG_USERNAME_FROM_CERTIFICATE] = {.name = "username-from-certificate",
	.type = ROW_STRINGS,
	.max_count = 2,
	.words = fields,
	.help = "field of a certificate that is the user name, and another for when that is not "
		"there; CN and OU if not set"},
    [TGG_USERNAME_CHOICE] = {.name = "username-from-certificate-choice",
	.type = ROW_ENUM,
	.def_text = "first-certificate",
	.words = choices,
	.help = "which of two certificates names the user"},
    [TGG_SECONDARY_USERNAME] = {.name = "secondary-username-from-certificate",
	.type = ROW_STRINGS,
	.max_count = 2,
	.words = fields,
	.help = "the same for the second user name, of secondary-pre-fill-username"},
    [TGG_SECONDARY_CHOICE] = {.name = "secondary-username-from-certificate-choice",
	.type = ROW_ENUM,
	.def_text = "first-certificate",
	.words = choices,
	.help = "which of two certificates holds the second user name"},
    [TGG_SECONDARY_USE_PRIMARY] = {.name = "secondary-authentication-use-primary-username",
	.type = ROW_BOOL,
	.def = false,
	.help = "one user name is asked for, with both passwords"},
    [TGG_ACCOUNTING_SERVER_GROUP] = {.name = "accounting-server-group",
	.type = ROW_STRING,
	.max = 64,
	.none = true,
	.syntax = syntax_server_group,
	.help = "aaa-server-group that is told of sessions"},
    [TGG_PASSWORD_MANAGEMENT] = {.name = "password-management",
	.type = ROW_BOOL,
	.def = false,
	.help = "MS-CHAPv2 instead of PAP; a user may change a password that has expired"},
    [TGG_ATTR_FROM_SERVER] = {.name = "authentication-attr-from-server",
	.type = ROW_ENUM,
	.def_text = "primary",
	.words = servers,
	.help = "which of two servers gives the user's attributes"},
    [TGG_SESSION_USERNAME] = {.name = "authenticated-session-username",
	.type = ROW_ENUM,
	.def_text = "primary",
	.words = servers,
	.help = "which of two user names the session has"},
};
static const struct row_refused general_refused[] = {
    {"dhcp-server", "addresses come from pools, not from DHCP; use address-pool"},
    {"username-from-certificate use-script", "there are no scripts; name a field"},
    {"secondary-username-from-certificate use-script", "there are no scripts; name a field"},
    {"override-account-disable", "there is no such account state here; leave it out"},
    {"scep-enrollment", "there is no SCEP proxy; leave it out"},
    {"nat-assigned-to-public-ip", "addresses are not translated; use nftables"},
};
const struct row_kind rows_group_general = ROWS_REFUSED(general, general_refused);

static const char *const hashes[] = {"sha256", "sha384", "sha512", NULL};
static const char *const stores[] = {"any", "machine", "user", NULL};

static const struct row multiple[TGM_COUNT] = {
    [TGM_HASH_ALGORITHMS] = {.name = "hash-algorithms",
	.type = ROW_STRINGS,
	.max_count = 3,
	.words = hashes,
	.help = "what the second certificate may sign with; all if not set"},
    [TGM_FIRST_STORE] = {.name = "first-certificate-store",
	.type = ROW_ENUM,
	.def_text = "any",
	.words = stores,
	.help = "store that the certificate of the TLS handshake is from, as the client says"},
    [TGM_SECOND_STORE] = {.name = "second-certificate-store",
	.type = ROW_ENUM,
	.def_text = "any",
	.words = stores,
	.help = "store that the second certificate is from, as the client says"},
    [TGM_FIRST_TRUSTPOINT] = {.name = "first-certificate-trustpoint",
	.type = ROW_STRING,
	.max = 64,
	.syntax = syntax_name,
	.help = "trustpoint by which the certificate of the TLS handshake must be good"},
    [TGM_SECOND_TRUSTPOINT] = {.name = "second-certificate-trustpoint",
	.type = ROW_STRING,
	.max = 64,
	.syntax = syntax_name,
	.help = "trustpoint by which the second certificate must be good"},
    [TGM_FIRST_MAP] = {.name = "first-certificate-map",
	.type = ROW_STRING,
	.max = 64,
	.syntax = syntax_name,
	.help =
	    "certificate map of which one rule must match the certificate of the TLS handshake"},
    [TGM_SECOND_MAP] = {.name = "second-certificate-map",
	.type = ROW_STRING,
	.max = 64,
	.syntax = syntax_name,
	.help = "certificate map of which one rule must match the second certificate"},
};
const struct row_kind rows_group_multiple = ROWS(multiple);

static const char *const methods[] = {"aaa", "certificate", "multiple-certificate", NULL};

static const char *const proxy_auths[] = {"none", "sdi", NULL};
static const char *const pre_fills[] = {"none", "client", "client hide", NULL};

static const struct row webvpn_attributes[TGW_COUNT] = {
    [TGW_AUTHENTICATION] = {.name = "authentication",
	.type = ROW_STRINGS,
	.max_count = 2,
	.def_text = "aaa",
	.words = methods,
	.help = "what a login needs: aaa is a user name and password, certificate a client "
		"certificate, multiple-certificate two of them"},
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
    [TGW_PRE_FILL] = {.name = "pre-fill-username",
	.type = ROW_ENUM,
	.def_text = "none",
	.words = pre_fills,
	.help = "the certificate's user name is the one that counts; client hide does not show it"},
    [TGW_SECONDARY_PRE_FILL] = {.name = "secondary-pre-fill-username",
	.type = ROW_ENUM,
	.def_text = "none",
	.words = pre_fills,
	.help = "the same for the second user name"},
    [TGW_MULTIPLE] = {.name = "multiple-certificate",
	.type = ROW_OBJECT,
	.kind = CONF_TG_MULTIPLE,
	.help = "what the two certificates of a login must be"},
    [TGW_PROXY_AUTH] = {.name = "proxy-auth",
	.type = ROW_ENUM,
	.def_text = "none",
	.words = proxy_auths,
	.help = "sdi: challenges are those of a token server"},
    [TGW_RADIUS_REJECT_MESSAGE] = {.name = "radius-reject-message",
	.type = ROW_BOOL,
	.def = false,
	.help = "show the user what the server says when it rejects him"},
};
static const struct row_refused webvpn_attributes_refused[] = {
    {"customization", "the client's texts are not changed; leave it out"},
    {"dns-group", "the gateway resolves by the system's resolver; leave it out"},
    {"saml", "there are no SAML logins; use another authentication"},
    {"authentication saml", "there are no SAML logins; use another authentication"},
    {"without-csd", "no client is ever asked for a posture scan; leave it out"},
    {"override-svc-download", "no client packages are served; leave it out"},
    {"nbns-server", "there is no clientless access; leave it out"},
};
const struct row_kind rows_group_webvpn_attributes =
    ROWS_REFUSED(webvpn_attributes, webvpn_attributes_refused);

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
