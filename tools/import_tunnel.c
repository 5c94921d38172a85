/* SPDX-License-Identifier: Apache-2.0 */
/*
 * asa-import: tunnel-group and its attributes (asa.md 1). What protects a login there and cannot be
 * carried over leaves the group closed (servers that there are none of), never weaker.
 */
#include <string.h>
#include <strings.h>

#include "common/str.h"
#include "tools/import_row.h"

/* Server groups without a server, which stand for what is not served: nobody gets in there. */
#define NOT_CONVERTED "authentication-not-converted"
#define NO_AUTHENTICATION "authentication-none"

#define SERVERS "authentication-server-group"
#define AUTHORIZATION "authorization-server-group"
#define SECONDARY "secondary-authentication-server-group"
#define NO_IPSEC "there is no IPsec here"

static const struct import_mode mode_general, mode_webvpn, mode_ipsec, mode_ppp, mode_site;

/* ---- the group ---- */

static bool
is_remote_access(const char *type)
{
	return strcmp(type, "remote-access") == 0 || strcmp(type, "webvpn") == 0 ||
	       strcmp(type, "ipsec-ra") == 0;
}

static void
run_type(struct import *import, struct import_line *line)
{
	if (line->len != 4) {
		import_not_supported(line, "is not tunnel-group NAME type TYPE");
	} else if (!is_remote_access(line->words[3])) {
		import_not_needed(line, "not for remote access");
	} else if (import_row_fits(line, CONF_TUNNEL_GROUP, TG_NAME, line->words[1])) {
		import_named(import, CONF_TUNNEL_GROUP, line->words[1]);
		import_converted(line, "tunnel group %s", line->words[1]);
	}
}

/* Was the group's type a line above, and another than ours? */
static bool
is_other_type(const struct import *import, const struct import_line *line)
{
	const struct import_line *const *lines;

	(void)import_lines(import, &lines);
	for (int i = line->number - 2; i >= 0; i--)
		if (lines[i]->len == 4 && strcmp(lines[i]->words[0], "tunnel-group") == 0 &&
		    strcmp(lines[i]->words[1], line->words[1]) == 0 &&
		    strcmp(lines[i]->words[2], "type") == 0)
			return !is_remote_access(lines[i]->words[3]);
	return strcmp(line->words[1], "DefaultL2LGroup") == 0;
}

/* The group of an attributes line; NULL: the line is accounted for and its mode entered. */
static struct node *
group_of(struct import *import, struct import_line *line)
{
	const char *name = line->words[1];
	struct node *group = import_find(import, CONF_TUNNEL_GROUP, name);

	if (group != NULL)
		return group;
	/* Those that an ASA has without being written. */
	if (strcmp(name, "DefaultWEBVPNGroup") == 0 || strcmp(name, "DefaultRAGroup") == 0)
		return import_named(import, CONF_TUNNEL_GROUP, name);
	if (is_other_type(import, line)) {
		import_not_needed(line, "not for remote access");
		import_enter(import, &mode_site, NULL);
	} else {
		import_not_supported(
		    line, "there is no line \"tunnel-group %.64s type\" above", name);
		import_enter(import, &import_mode_any, NULL);
	}
	return NULL;
}

static void
run_general(struct import *import, struct import_line *line)
{
	struct node *group = group_of(import, line);

	if (group == NULL)
		return;
	import_converted(line, "tunnel group %s", line->words[1]);
	import_enter(import, &mode_general, import_sub(import, group, "general-attributes"));
}

static void
run_webvpn(struct import *import, struct import_line *line)
{
	struct node *group = group_of(import, line);

	if (group == NULL)
		return;
	import_converted(line, "tunnel group %s", line->words[1]);
	import_enter(import, &mode_webvpn, import_sub(import, group, "webvpn-attributes"));
}

static void
run_ipsec(struct import *import, struct import_line *line)
{
	import_not_needed(line, NO_IPSEC);
	import_enter(import, &mode_ipsec, NULL);
}

static void
run_ppp(struct import *import, struct import_line *line)
{
	import_not_needed(line, "there is no L2TP here");
	import_enter(import, &mode_ppp, NULL);
}

static void
run_delimiter(struct import *import, struct import_line *line)
{
	import_row_set(import, line, import_root(import, CONF_TUNNEL_GROUPS), CONF_TUNNEL_GROUPS,
	    TGS_GROUP_DELIMITER, line->words + 1, line->len - 1);
}

/* ---- general-attributes ---- */

/* How many words "(inside)" in front of the value are: the interface does not matter here. */
static size_t
interface_words(const struct import_line *line, size_t at)
{
	return line->len > at && line->words[at][0] == '(' ? 1 : 0;
}

static void
note_interface(struct import_line *line, size_t words, const char *setting)
{
	if (words > 0 && line->fate == IMPORT_CONVERTED)
		import_converted(line, "%s, on every interface", setting);
}

/* Names of pools. A line for one interface adds to the general one's. */
static void
set_pools(struct import *import, struct import_line *line, unsigned setting)
{
	const char *name = import_row_name(CONF_TG_GENERAL, setting);
	struct node *object = import_object(import);
	size_t skip = interface_words(line, 1);
	struct node *before = skip > 0 ? import_row_child(object, name) : NULL;

	if (before == NULL || before->type != NODE_LIST) {
		import_row_set(import, line, object, CONF_TG_GENERAL, setting,
		    line->words + 1 + skip, line->len - 1 - skip);
	} else {
		for (size_t i = 1 + skip; i < line->len; i++) {
			if (import_row_len(before) >= 6)
				import_not_supported(line, "%s: more than 6 pools", name);
			else if (import_row_fits(line, CONF_TG_GENERAL, setting, line->words[i]))
				import_add_str(import, object, name, line->words[i]);
		}
		import_converted(line, "%s", name);
	}
	note_interface(line, skip, name);
}

static void
run_address_pool(struct import *import, struct import_line *line)
{
	set_pools(import, line, TGG_ADDRESS_POOL);
}

static void
run_ipv6_address_pool(struct import *import, struct import_line *line)
{
	set_pools(import, line, TGG_IPV6_ADDRESS_POOL);
}

static void
run_attribute(struct import *import, struct import_line *line)
{
	if (!import_row_line(import, line, import_object(import), CONF_TG_GENERAL, NULL, 0))
		import_not_supported(line, "unknown in general-attributes; check by hand");
}

/* A policy that cannot be named is one that nobody may log in with: finish() closes the group. */
static void
run_default_policy(struct import *import, struct import_line *line)
{
	struct node *object = import_object(import);

	if (!import_row_set(import, line, object, CONF_TG_GENERAL, TGG_DEFAULT_GROUP_POLICY,
		line->words + 1, line->len - 1))
		import_row_mark(object);
}

/* The first word of a list of server groups; NULL: it is not set. */
static const char *
first_server(const struct node *object, const char *setting)
{
	const struct node *list = import_row_child(object, setting);

	if (list == NULL)
		return NULL;
	if (list->type != NODE_LIST)
		return list->str;
	return import_row_len(list) > 0 ? import_row_at(list, 0)->str : NULL;
}

/*
 * A server group, and LOCAL behind it. Lines for single interfaces beside a general one become one
 * setting: a server group wins over LOCAL, because that one is the weaker.
 */
static void
set_servers(struct import *import, struct import_line *line, unsigned setting)
{
	const char *name = import_row_name(CONF_TG_GENERAL, setting);
	struct node *object = import_object(import);
	size_t skip = interface_words(line, 1), first = 1 + skip;
	const char *before = first_server(object, name);
	size_t len = line->len - first;
	char *const *words = line->words + first;

	if (len == 0) {
		import_not_supported(line, "names no server group; the group is closed");
		import_row_mark(object);
		return;
	}
	if (before != NULL && strcmp(before, "LOCAL") != 0) {
		if (strcmp(before, words[0]) == 0)
			import_converted(line, "%s", name);
		else
			import_not_supported(
			    line, "one server group for all interfaces; %.64s is kept", before);
		return;
	}
	bool local = len > 1 && strcmp(words[1], "LOCAL") == 0;
	if (!import_row_set(import, line, object, CONF_TG_GENERAL, setting, words, local ? 2 : 1)) {
		import_row_mark(object);
		return;
	}
	note_interface(line, skip, name);
}

static void
run_servers(struct import *import, struct import_line *line)
{
	struct node *object = import_object(import);
	size_t first = 1 + interface_words(line, 1);

	if (line->len > first && str_ieq(line->words[first], "NONE")) {
		import_set_str(import, object, SERVERS, NO_AUTHENTICATION);
		import_not_supported(
		    line, "a login without authentication; the group is closed: choose one");
		return;
	}
	set_servers(import, line, TGG_AUTHENTICATION_SERVER_GROUP);
}

static void
run_secondary(struct import *import, struct import_line *line)
{
	struct node *object = import_object(import);
	size_t first = 1 + interface_words(line, 1);

	if (line->len > first && str_ieq(line->words[first], "none"))
		import_not_needed(line, "none is the default");
	else
		set_servers(import, line, TGG_SECONDARY_SERVER_GROUP);
	/* Both passwords are of one user. */
	if (object != NULL && first_server(object, SECONDARY) != NULL &&
	    str_ieq(line->words[line->len - 1], "use-primary-username"))
		import_set_bool(
		    import, object, "secondary-authentication-use-primary-username", true);
}

/* "accounting-server-group [(IF)] GRP" */
static void
run_accounting(struct import *import, struct import_line *line)
{
	size_t skip = interface_words(line, 1);

	import_row_set(import, line, import_object(import), CONF_TG_GENERAL,
	    TGG_ACCOUNTING_SERVER_GROUP, line->words + 1 + skip, line->len - 1 - skip);
	note_interface(line, skip, import_row_name(CONF_TG_GENERAL, TGG_ACCOUNTING_SERVER_GROUP));
}

/* "password-management [password-expire-in-days N]": no server here tells of the days before. */
static void
run_password_management(struct import *import, struct import_line *line)
{
	struct node *object = import_object(import);

	if (object == NULL) {
		import_row_orphan(line);
		return;
	}
	import_set_bool(import, object, "password-management", true);
	import_converted(line, "password-management%s",
	    line->len > 1 ? "; RADIUS does not tell when a password will expire" : "");
}

static void
run_authorization(struct import *import, struct import_line *line)
{
	set_servers(import, line, TGG_AUTHORIZATION_SERVER_GROUP);
}

/* It needs servers, which a line below may name; a server group closes. */
static void
run_authorization_required(struct import *import, struct import_line *line)
{
	struct node *object = import_object(import);

	if (object == NULL) {
		import_row_orphan(line);
		return;
	}
	if (first_server(object, AUTHORIZATION) == NULL)
		import_set_str(import, object, AUTHORIZATION, "LOCAL");
	import_set_bool(import, object, "authorization-required", true);
	import_converted(line, "authorization-required");
}

/* Which field of a certificate is the user name: without it, others would log in, and as somebody
 * else. */
static void
run_certificate_name(struct import *import, struct import_line *line)
{
	struct node *object = import_object(import);

	if (!import_row_line(import, line, object, CONF_TG_GENERAL, NULL, 0))
		import_not_supported(line, "unknown in general-attributes; the group is closed");
	if (object != NULL && line->fate != IMPORT_CONVERTED)
		import_row_mark(object);
}

static const struct import_command general[] = {
    {.words = "address-pool", .run = run_address_pool},
    {.words = "ipv6-address-pool", .run = run_ipv6_address_pool},
    {.words = "default-group-policy", .run = run_default_policy},
    {.words = "authentication-server-group", .run = run_servers},
    {.words = "secondary-authentication-server-group", .run = run_secondary},
    {.words = "authorization-server-group", .run = run_authorization},
    {.words = "authorization-required", .run = run_authorization_required},
    {.words = "strip-realm", .run = run_attribute},
    {.words = "strip-group", .run = run_attribute},
    {.words = "dhcp-server", .run = run_attribute},
    {.words = "accounting-server-group", .run = run_accounting},
    {.words = "username-from-certificate CN OU", .not_needed = "it is the default"},
    {.words = "username-from-certificate", .run = run_certificate_name},
    {.words = "username-from-certificate-choice", .run = run_certificate_name},
    {.words = "secondary-username-from-certificate CN OU", .not_needed = "it is the default"},
    {.words = "secondary-username-from-certificate", .run = run_certificate_name},
    {.words = "secondary-username-from-certificate-choice", .run = run_certificate_name},
    {.words = "authenticated-session-username primary", .not_needed = "it is the default"},
    {.words = "authenticated-session-username", .run = run_attribute},
    {.words = "authentication-attr-from-server primary", .not_needed = "it is the default"},
    {.words = "authentication-attr-from-server", .run = run_attribute},
    {.words = "password-management", .run = run_password_management},
    {.words = "override-account-disable", .run = run_attribute},
    {.words = "scep-enrollment", .run = run_attribute},
    {.words = "nat-assigned-to-public-ip", .run = run_attribute},
    {.words = "authorization-dn-attributes",
	.not_supported = "the user name is that of username-from-certificate; leave it out"},
};

/* ---- webvpn-attributes ---- */

static bool
set_methods(struct import *import, struct node *object, const struct import_line *line)
{
	bool known = line->len > 1 && line->len < 4;

	for (size_t i = 1; i < line->len; i++)
		known = known && (strcmp(line->words[i], "aaa") == 0 ||
				     strcmp(line->words[i], "certificate") == 0 ||
				     strcmp(line->words[i], "multiple-certificate") == 0);
	if (known)
		import_set_list(import, object, "authentication", line->words + 1, line->len - 1);
	return known;
}

/* A method that is not known, SAML among them: closed, and so for good. */
static void
run_authentication(struct import *import, struct import_line *line)
{
	struct node *object = import_object(import);

	if (object == NULL) {
		import_row_orphan(line);
	} else if (!set_methods(import, object, line)) {
		import_row_mark(object);
		import_not_supported(
		    line, line->len > 1 && strcmp(line->words[1], "saml") == 0
			      ? "there are no SAML logins; the group is closed: use "
				"another authentication"
			      : "unknown authentication; the group is closed");
	} else {
		import_converted(line, "authentication");
	}
}

/* "NAME [enable|disable]" as an element of a list. */
static void
add_selector(struct import *import, struct import_line *line, const char *list, enum conf_kind kind,
    unsigned setting)
{
	struct node *object = import_object(import);
	const char *last = line->len == 3 ? line->words[2] : "enable";

	if (object == NULL) {
		import_row_orphan(line);
		return;
	}
	if (line->len < 2 || line->len > 3 ||
	    (strcmp(last, "enable") != 0 && strcmp(last, "disable") != 0)) {
		import_not_supported(line, "is not %s VALUE enable or disable", list);
		return;
	}
	if (!import_row_fits(line, kind, setting, line->words[1]))
		return;
	struct node *element = import_append(import, object, list);
	import_set_str(import, element, import_row_name(kind, setting), line->words[1]);
	import_set_bool(import, element, "enable", strcmp(last, "enable") == 0);
	import_converted(line, "%s", list);
}

static void
run_alias(struct import *import, struct import_line *line)
{
	add_selector(import, line, "group-alias", CONF_GROUP_ALIAS, GA_NAME);
}

static void
run_url(struct import *import, struct import_line *line)
{
	add_selector(import, line, "group-url", CONF_GROUP_URL, GU_URL);
}

static void
run_webvpn_attribute(struct import *import, struct import_line *line)
{
	if (!import_row_line(import, line, import_object(import), CONF_TG_WEBVPN, NULL, 0))
		import_not_supported(line, "unknown in webvpn-attributes; check by hand");
}

/* The server group of the present webvpn-attributes, by the line that began them. */
static struct node *
servers_of(struct import *import, const struct import_line *line)
{
	const struct import_line *const *lines;
	const struct node *group = NULL;
	const char *servers;

	(void)import_lines(import, &lines);
	for (int i = line->number - 2; i >= 0 && group == NULL; i--)
		if (lines[i]->len == 3 && strcmp(lines[i]->words[0], "tunnel-group") == 0 &&
		    strcmp(lines[i]->words[2], "webvpn-attributes") == 0)
			group = import_find(import, CONF_TUNNEL_GROUP, lines[i]->words[1]);
	servers = first_server(import_row_child(group, "general-attributes"), SERVERS);
	return servers != NULL ? import_find(import, CONF_AAA_SERVER_GROUP, servers) : NULL;
}

/* Texts of the token server stand at the servers here: at all that the group asks. */
static void
run_sdi_map(struct import *import, struct import_line *line)
{
	const struct node *hosts = import_row_child(servers_of(import, line), "hosts");

	if (import_object(import) == NULL)
		import_row_orphan(line);
	else if (import_row_len(hosts) == 0)
		import_not_supported(
		    line, "there is no RADIUS server above; write sdi-messages in aaa.conf");
	for (size_t i = 0; import_object(import) != NULL && i < import_row_len(hosts); i++)
		import_radius_sdi(import, line, import_row_at(hosts, i));
}

/*
 * "pre-fill-username {client|ssl-client|clientless} [hide]". Without it the certificate does not
 * say who logs in: a line that cannot be carried over closes the group.
 */
static void
set_pre_fill(struct import *import, struct import_line *line, const char *setting, size_t at)
{
	struct node *object = import_object(import);
	bool client = line->len > at && (strcmp(line->words[at], "client") == 0 ||
					    strcmp(line->words[at], "ssl-client") == 0);
	bool hide = line->len == at + 2 && strcmp(line->words[at + 1], "hide") == 0;

	if (object == NULL) {
		import_row_orphan(line);
	} else if (line->len > at && strcmp(line->words[at], "clientless") == 0) {
		import_not_needed(line, "there is no clientless access");
	} else if (!client || (line->len != at + 1 && !hide)) {
		import_row_mark(object);
		import_not_supported(
		    line, "is not %s client, with or without hide; the group is closed", setting);
	} else {
		import_set_str(import, object, setting, hide ? "client hide" : "client");
		import_converted(line, "%s", setting);
	}
}

static void
run_pre_fill(struct import *import, struct import_line *line)
{
	set_pre_fill(import, line, "pre-fill-username", 1);
}

static void
run_secondary_pre_fill(struct import *import, struct import_line *line)
{
	set_pre_fill(import, line, "secondary-pre-fill-username",
	    strcmp(line->words[0], "secondary") == 0 ? 2 : 1);
}

static const struct import_command webvpn[] = {
    {.words = "authentication", .run = run_authentication},
    {.words = "group-alias", .run = run_alias},
    {.words = "group-url", .run = run_url},
    {.words = "customization DfltCustomization", .not_needed = "it is the default"},
    {.words = "customization", .run = run_webvpn_attribute},
    {.words = "dns-group DefaultDNS", .not_needed = "it is the default"},
    {.words = "dns-group", .run = run_webvpn_attribute},
    {.words = "pre-fill-username", .run = run_pre_fill},
    {.words = "secondary-pre-fill-username", .run = run_secondary_pre_fill},
    {.words = "secondary pre-fill-username", .run = run_secondary_pre_fill},
    {.words = "proxy-auth", .run = run_webvpn_attribute},
    {.words = "proxy-auth_map", .run = run_sdi_map},
    {.words = "radius-reject-message", .run = run_webvpn_attribute},
    {.words = "saml", .run = run_webvpn_attribute},
    {.words = "external-browser", .not_supported = "there are no SAML logins; leave it out"},
    {.words = "without-csd", .not_needed = "no client is ever asked for a posture scan"},
    {.words = "override-svc-download", .not_needed = "no client packages are served"},
    {.words = "nbns-server", .not_needed = "there is no clientless access"},
    {.words = "hic-fail-group-policy",
	.not_supported = "no client is ever asked for a posture scan; leave it out"},
};

/* ---- what is not ours ---- */

/* Listed one by one, so that a file without indentation knows them. */
static const struct import_command ipsec[] = {
    {.words = "ikev1", .not_needed = NO_IPSEC},
    {.words = "ikev2", .not_needed = NO_IPSEC},
    {.words = "pre-shared-key", .not_needed = NO_IPSEC},
    {.words = "trust-point", .not_needed = NO_IPSEC},
    {.words = "chain", .not_needed = NO_IPSEC},
    {.words = "peer-id-validate", .not_needed = NO_IPSEC},
    {.words = "radius-with-expiry", .not_needed = NO_IPSEC},
    {.words = "radius-sdi-xauth", .not_needed = NO_IPSEC},
    {.words = "isakmp", .not_needed = NO_IPSEC},
    {.words = "client-update", .not_needed = NO_IPSEC},
};

static const struct import_command ppp[] = {
    {.words = "authentication", .not_needed = "there is no L2TP here"},
};

#define NOT_REMOTE "not for remote access"
static const struct import_command site[] = {
    {.words = "default-group-policy", .not_needed = NOT_REMOTE},
    {.words = "accounting-server-group", .not_needed = NOT_REMOTE},
};

/* What else is below their heads. */
static bool
other_elsewhere(struct import *import, struct import_line *line)
{
	(void)import;
	if (line->indent == 0) /* without indentation it may be of another mode */
		return false;
	import_not_needed(line, "not for SSL clients");
	return true;
}

static const struct import_mode mode_general = {
    .name = "general-attributes", .commands = general, .len = ARRAY_LEN(general)};
static const struct import_mode mode_webvpn = {
    .name = "webvpn-attributes", .commands = webvpn, .len = ARRAY_LEN(webvpn)};
static const struct import_mode mode_ipsec = {.name = "ipsec-attributes",
    .commands = ipsec,
    .len = ARRAY_LEN(ipsec),
    .other = other_elsewhere};
static const struct import_mode mode_ppp = {
    .name = "ppp-attributes", .commands = ppp, .len = ARRAY_LEN(ppp), .other = other_elsewhere};
static const struct import_mode mode_site = {.name = "attributes of a site-to-site group",
    .commands = site,
    .len = ARRAY_LEN(site),
    .other = other_elsewhere};

/* ---- when all is read ---- */

static bool
has_method(const struct node *group, bool certificates)
{
	const struct node *list =
	    import_row_child(import_row_child(group, "webvpn-attributes"), "authentication");

	for (size_t i = 0; i < import_row_len(list); i++)
		if ((strcmp(import_row_at(list, i)->str, "aaa") != 0) == certificates)
			return true;
	return import_row_len(list) == 0 && !certificates; /* aaa is the default */
}

/* A server group that has no servers: nobody gets in. Where no password is asked for, nobody looks
 * at the servers that would check it. */
static void
close_group(struct import *import, struct node *group, const char *servers)
{
	static const char authorization[] = AUTHORIZATION;
	const char *setting = has_method(group, false) ? SERVERS : authorization;

	(void)import_named(import, CONF_AAA_SERVER_GROUP, servers);
	import_set_str(import, import_sub(import, group, "general-attributes"), setting, servers);
	if (setting == authorization)
		import_set_bool(import, import_sub(import, group, "general-attributes"),
		    "authorization-required", true);
	import_todo(import,
	    "tunnel-groups.conf: tunnel group %s is closed, because what it asked for is not "
	    "supported; set its %s in place of %s",
	    import_row_object_name(group), setting, servers);
}

static void
finish_closed(struct import *import, struct node *group)
{
	struct node *general_of = import_row_child(group, "general-attributes");
	struct node *webvpn_of = import_row_child(group, "webvpn-attributes");
	const char *servers = first_server(general_of, SERVERS);

	if (import_row_is_marked(general_of) || import_row_is_marked(webvpn_of) ||
	    import_row_is_marked(import_root(import, CONF_TUNNEL_GROUPS)))
		close_group(import, group, NOT_CONVERTED);
	else if (servers != NULL && strcmp(servers, NO_AUTHENTICATION) == 0)
		close_group(import, group, NO_AUTHENTICATION);
	else if (has_method(group, true))
		import_todo(import,
		    "tunnel group %s asks for certificates: some trustpoint of pki.conf needs the "
		    "ca-certificate of the CA that issues them",
		    import_row_object_name(group));
}

/* Is it the same selector to a client? */
static bool
same_selector(const char *one, const char *two)
{
	size_t one_len = strlen(one), two_len = strlen(two);

	while (one_len > 0 && one[one_len - 1] == '/')
		one_len--;
	while (two_len > 0 && two[two_len - 1] == '/')
		two_len--;
	return one_len == two_len && strncasecmp(one, two, one_len) == 0;
}

/* Does an enabled element before this one, in this group or another, select the same? */
static bool
is_taken(const struct node *groups, const struct node *element, const char *list_name,
    const char *setting)
{
	const char *text = import_get_str(element, setting);

	for (size_t i = 0; i < import_row_len(groups) && text != NULL; i++) {
		struct node *list = import_row_child(
		    import_row_child(import_row_at(groups, i), "webvpn-attributes"), list_name);

		for (size_t k = 0; k < import_row_len(list); k++) {
			const struct node *other = import_row_at(list, k);
			const char *its = import_get_str(other, setting);

			if (other == element)
				return false;
			if (its != NULL && import_row_child(other, "enable")->num != 0 &&
			    same_selector(its, text))
				return true;
		}
	}
	return false;
}

/* Two groups under one name would leave it to chance which a client gets: the first has it. */
static void
finish_selectors(struct import *import, const struct node *groups, const struct node *group,
    const char *list_name, const char *setting)
{
	struct node *list =
	    import_row_child(import_row_child(group, "webvpn-attributes"), list_name);

	for (size_t i = 0; i < import_row_len(list); i++) {
		struct node *element = import_row_at(list, i);
		struct import_line *line = import_line_at(import, element->line);

		if (import_row_child(element, "enable")->num == 0 ||
		    !is_taken(groups, element, list_name, setting))
			continue;
		import_set_bool(import, element, "enable", false);
		if (line != NULL)
			import_not_supported(line, "it selects a tunnel group above already");
	}
}

static void
finish(struct import *import)
{
	struct node *root = import_root(import, CONF_TUNNEL_GROUPS);

	/* Something that stood before all groups is lost: none may stay open, written or not. */
	if (import_row_is_marked(root))
		(void)import_named(import, CONF_TUNNEL_GROUP, "DefaultWEBVPNGroup");
	struct node *groups = import_row_child(root, "tunnel-groups");

	for (size_t i = 0; i < import_row_len(groups); i++) {
		struct node *group = import_row_at(groups, i);

		finish_closed(import, group);
		finish_selectors(import, groups, group, "group-alias", "name");
		finish_selectors(import, groups, group, "group-url", "url");
	}
}

static const struct import_command commands[] = {
    {.words = "tunnel-group * type", .run = run_type},
    {.words = "tunnel-group * general-attributes", .run = run_general},
    {.words = "tunnel-group * webvpn-attributes", .run = run_webvpn},
    {.words = "tunnel-group * ipsec-attributes", .run = run_ipsec},
    {.words = "tunnel-group * ppp-attributes", .run = run_ppp},
    {.words = "tunnel-group-map", .not_needed = NO_IPSEC},
    {.words = "group-delimiter", .run = run_delimiter},
};
const struct import_table import_commands_tunnel = {
    .commands = commands, .len = ARRAY_LEN(commands), .finish = finish};
