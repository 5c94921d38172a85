/* SPDX-License-Identifier: Apache-2.0 */
/*
 * asa-import: group-policy and username with their attributes (asa.md 2.1, 2.2, 5). What restricts
 * users and cannot be carried over leaves them without a login or without traffic, never with more
 * than they had.
 */
#include <string.h>

#include "common/str.h"
#include "tools/import_row.h"

#define DEFAULT_POLICY "DfltGrpPolicy"
#define BANNER_MAX 3998

#define NO_IPSEC "there is no IPsec here"
#define NO_CLIENTLESS "there is no clientless access"
#define NO_PACKAGES "no client packages are served"
#define NO_SHELL "users of users.conf log in to the VPN only"

static const struct import_mode mode_policy, mode_user, mode_webvpn;

/* ---- attributes ---- */

/* What AnyConnect was called before 8.4. */
static const struct import_row_spelling spellings[] = {
    {"svc rekey", "anyconnect ssl rekey"},
    {"svc keepalive", "anyconnect ssl keepalive"},
    {"svc compression", "anyconnect ssl compression"},
    {"svc dtls compression", "anyconnect dtls compression"},
    {"svc dtls", "anyconnect ssl dtls"},
    {"svc df-bit-ignore", "anyconnect ssl df-bit-ignore"},
    {"svc", "anyconnect"},
};

/* Words that restrict; a line of them that cannot be read must not become "no restriction". */
static bool
is_restriction(const struct import_line *line)
{
	static const char *const words[] = {"vpn-filter", "ipv6-vpn-filter", "group-lock",
	    "vpn-access-hours", "vpn-simultaneous-logins", "vpn-tunnel-protocol",
	    "vpn-group-policy", "vpn-session-timeout", "vlan", "nac-settings"};

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strcmp(line->words[0], words[i]) == 0)
			return true;
	return false;
}

static void
close_if_lost(struct import *import, const struct import_line *line, struct node *object)
{
	if (line->fate == IMPORT_NOT_SUPPORTED && is_restriction(line) && object != NULL) {
		import_row_mark(object);
		import_todo(import,
		    "line %d: a restriction that could not be converted; until it is set, nobody "
		    "can log in with these attributes (vpn-simultaneous-logins, "
		    "vpn-tunnel-protocol)",
		    line->number);
	}
}

static void
run_attribute(struct import *import, struct import_line *line)
{
	struct node *object = import_object(import);

	if (!import_row_line(
		import, line, object, CONF_GP_ATTRIBUTES, spellings, ARRAY_LEN(spellings)))
		import_not_supported(line, "unknown among these attributes; check by hand");
	close_if_lost(import, line, object);
}

static void
run_nac(struct import *import, struct import_line *line)
{
	import_not_supported(line, "clients are not examined; leave it out");
	close_if_lost(import, line, import_object(import));
}

/* Old names of the protocols. */
static const char *
protocol_name(const char *word)
{
	static const struct {
		const char *from;
		const char *to;
	} names[] = {
	    {"svc", "ssl-client"},
	    {"webvpn", "ssl-clientless"},
	    {"ipsec", "ikev1"},
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (str_ieq(word, names[i].from))
			return names[i].to;
	return word;
}

static void
run_protocol(struct import *import, struct import_line *line)
{
	struct node *object = import_object(import);
	bool known = false;

	if (object == NULL) {
		import_row_orphan(line);
		return;
	}
	import_unset(object, "vpn-tunnel-protocol");
	for (size_t i = 1; i < line->len; i++) {
		const char *name = protocol_name(line->words[i]);

		if (import_row_fits(line, CONF_GP_ATTRIBUTES, GPA_VPN_TUNNEL_PROTOCOL, name)) {
			import_add_str(import, object, "vpn-tunnel-protocol", name);
			known = true;
		}
	}
	import_converted(line, "vpn-tunnel-protocol");
	if (!known)
		import_row_mark(object);
}

/* Text of a banner as it was written, its quotes off. */
static const char *
banner_text(const struct import_line *line)
{
	if (line->len < 3)
		return "";
	return line->len == 3 ? line->words[2] : line->rest[2];
}

/* Repeated lines are the lines of one banner. */
static void
run_banner(struct import *import, struct import_line *line)
{
	struct node *object = import_object(import);
	struct buf text;

	if (object == NULL) {
		import_row_orphan(line);
		return;
	}
	if (line->len == 2 && strcmp(line->words[1], "none") == 0) {
		import_set_str(import, object, "banner", "none");
		import_converted(line, "banner");
		return;
	}
	if (line->len < 2 || strcmp(line->words[1], "value") != 0) {
		import_not_supported(line, "is neither banner value TEXT nor banner none");
		return;
	}
	const char *before = import_get_str(object, "banner");
	buf_init(&text, BANNER_MAX + IMPORT_WORDS_MAX);
	if (before != NULL && strcmp(before, "none") != 0)
		buf_printf(&text, "%s\n", before);
	buf_puts(&text, banner_text(line));
	const char *whole = buf_cstr(&text);
	if (whole[0] == '\0')
		import_not_needed(line, "an empty line at the top of a banner");
	else if (text.err != ERR_OK || text.len > BANNER_MAX)
		import_not_supported(
		    line, "the banner would be longer than %d bytes; shorten it", BANNER_MAX);
	else if (import_row_fits(line, CONF_GP_ATTRIBUTES, GPA_BANNER, whole)) {
		import_set_str(import, object, "banner", whole);
		import_converted(line, "banner");
	}
	buf_fini(&text);
}

/* The element of a type; a second line for it replaces the first. */
static struct node *
custom_element(struct import *import, struct node *object, const char *type)
{
	struct node *list = import_row_child(object, "anyconnect-custom");

	for (size_t i = 0; i < import_row_len(list); i++) {
		struct node *element = import_row_at(list, i);
		const char *its = import_get_str(element, "type");

		if (its != NULL && strcmp(its, type) == 0)
			return element;
	}
	struct node *element = import_append(import, object, "anyconnect-custom");
	import_set_str(import, element, "type", type);
	return element;
}

/* "anyconnect-custom TYPE {value V..|none}" */
static void
run_custom(struct import *import, struct import_line *line)
{
	struct node *object = import_object(import);
	bool none = line->len == 3 && strcmp(line->words[2], "none") == 0;

	if (object == NULL) {
		import_row_orphan(line);
		return;
	}
	if (!none && (line->len < 4 || strcmp(line->words[2], "value") != 0)) {
		import_not_supported(line, "is neither anyconnect-custom TYPE value V nor none");
		return;
	}
	if (!import_row_fits(line, CONF_CUSTOM, CU_TYPE, line->words[1]))
		return;
	for (size_t i = 3; i < line->len; i++)
		if (!import_row_fits(line, CONF_CUSTOM, CU_VALUE, line->words[i]))
			return;
	struct node *element = custom_element(import, object, line->words[1]);
	if (none)
		import_set_str(import, element, "value", "none");
	else
		import_set_list(import, element, "value", line->words + 3, line->len - 3);
	import_converted(line, "anyconnect-custom");
}

/* "[gateway {S|none}] [client {S|none}]" on one line. */
static void
run_dpd(struct import *import, struct import_line *line)
{
	struct node *object = import_object(import);
	size_t i = 2;

	for (; i + 1 < line->len; i += 2) {
		bool gateway = strcmp(line->words[i], "gateway") == 0;

		if (!gateway && strcmp(line->words[i], "client") != 0)
			break;
		if (!import_row_set(import, line, object, CONF_GP_ATTRIBUTES,
			gateway ? GPA_ANYCONNECT_DPD_GATEWAY : GPA_ANYCONNECT_DPD_CLIENT,
			line->words + i + 1, 1))
			return;
	}
	if (i != line->len || i == 2)
		import_not_supported(line, "is not dpd-interval gateway S or client S");
	else
		import_converted(line, "%s", line->rest[1]);
}

static void
run_webvpn(struct import *import, struct import_line *line)
{
	struct node *object = import_object(import);

	if (object == NULL)
		import_row_orphan(line);
	else
		import_converted(line, "its lines join the attributes");
	import_enter(import, &mode_webvpn, object);
}

/* What inherits to an SSL client, the same for policies and users. */
#define ATTRIBUTES                                                                                 \
	{.words = "banner", .run = run_banner}, {.words = "anyconnect-custom", .run = run_custom}, \
	    {.words = "vpn-tunnel-protocol", .run = run_protocol},                                 \
	    {.words = "webvpn", .run = run_webvpn}, {.words = "dns-server", .run = run_attribute}, \
	    {.words = "wins-server", .run = run_attribute},                                        \
	    {.words = "default-domain", .run = run_attribute},                                     \
	    {.words = "split-tunnel-policy", .run = run_attribute},                                \
	    {.words = "ipv6-split-tunnel-policy", .run = run_attribute},                           \
	    {.words = "split-tunnel-network-list", .run = run_attribute},                          \
	    {.words = "split-dns", .run = run_attribute},                                          \
	    {.words = "split-tunnel-all-dns", .run = run_attribute},                               \
	    {.words = "client-bypass-protocol", .run = run_attribute},                             \
	    {.words = "vpn-simultaneous-logins", .run = run_attribute},                            \
	    {.words = "vpn-idle-timeout", .run = run_attribute},                                   \
	    {.words = "vpn-session-timeout", .run = run_attribute},                                \
	    {.words = "vpn-filter", .run = run_attribute},                                         \
	    {.words = "ipv6-vpn-filter", .run = run_attribute},                                    \
	    {.words = "vpn-access-hours", .run = run_attribute},                                   \
	    {.words = "group-lock", .run = run_attribute},                                         \
	    {.words = "address-pools", .run = run_attribute},                                      \
	    {.words = "ipv6-address-pools", .run = run_attribute},                                 \
	    {.words = "smartcard-removal-disconnect", .run = run_attribute},                       \
	    {.words = "gateway-fqdn", .run = run_attribute},                                       \
	    {.words = "msie-proxy", .run = run_attribute},                                         \
	    {.words = "always-on-vpn", .run = run_attribute},                                      \
	    {.words = "dhcp-network-scope", .run = run_attribute},                                 \
	    {.words = "scep-forwarding-url", .run = run_attribute},                                \
	    {.words = "vlan", .run = run_attribute},                                               \
	    {.words = "security-group-tag", .run = run_attribute},                                 \
	    {.words = "periodic-authentication", .run = run_attribute},                            \
	    {.words = "nac-settings none", .not_needed = "none is how it is here"},                \
	    {.words = "nac-settings", .run = run_nac},                                             \
	    {.words = "ip-comp", .not_needed = NO_IPSEC},                                          \
	    {.words = "re-xauth", .not_needed = NO_IPSEC},                                         \
	    {.words = "pfs", .not_needed = NO_IPSEC},                                              \
	    {.words = "ipsec-udp", .not_needed = NO_IPSEC},                                        \
	    {.words = "ipsec-udp-port", .not_needed = NO_IPSEC},                                   \
	    {.words = "secure-unit-authentication", .not_needed = NO_IPSEC},                       \
	    {.words = "user-authentication", .not_needed = NO_IPSEC},                              \
	    {.words = "user-authentication-idle-timeout", .not_needed = NO_IPSEC},                 \
	    {.words = "ip-phone-bypass", .not_needed = NO_IPSEC},                                  \
	    {.words = "leap-bypass", .not_needed = NO_IPSEC},                                      \
	    {.words = "nem", .not_needed = NO_IPSEC},                                              \
	    {.words = "backup-servers", .not_needed = NO_IPSEC},                                   \
	    {.words = "client-firewall", .not_needed = NO_IPSEC},                                  \
	    {.words = "client-access-rule", .not_needed = NO_IPSEC},                               \
	    {.words = "intercept-dhcp", .not_needed = NO_IPSEC},                                   \
	{                                                                                          \
		.words = "password-storage", .not_needed = NO_IPSEC                                \
	}

static const struct import_command policy[] = {ATTRIBUTES};

static const struct import_command user[] = {
    ATTRIBUTES,
    {.words = "vpn-group-policy", .run = run_attribute},
    {.words = "vpn-framed-ip-address", .run = run_attribute},
    {.words = "vpn-framed-ipv6-address", .run = run_attribute},
    {.words = "service-type", .not_needed = NO_SHELL},
    {.words = "ssh", .not_needed = NO_SHELL},
    {.words = "memberof",
	.not_supported = "there are no groups of LOCAL users; use "
			 "vpn-group-policy"},
};

/* ---- the webvpn part of attributes ---- */

#define ANYCONNECT(name)                                                                           \
	{.words = name " ssl", .run = run_attribute},                                              \
	    {.words = name " dtls", .run = run_attribute},                                         \
	    {.words = name " mtu", .run = run_attribute},                                          \
	    {.words = name " dpd-interval", .run = run_dpd},                                       \
	    {.words = name " modules", .run = run_attribute},                                      \
	    {.words = name " profiles", .run = run_attribute},                                     \
	    {.words = name " ask", .run = run_attribute},                                          \
	    {.words = name " keep-installer", .not_needed = NO_PACKAGES},                          \
	    {.words = name " firewall-rule", .run = run_attribute},                                \
	{                                                                                          \
		.words = name " routing-filtering-ignore", .run = run_attribute                    \
	}

static const struct import_command webvpn[] = {
    ANYCONNECT("anyconnect"),
    ANYCONNECT("svc"),
    {.words = "svc rekey", .run = run_attribute},
    {.words = "svc keepalive", .run = run_attribute},
    {.words = "svc compression", .run = run_attribute},
    {.words = "svc df-bit-ignore", .run = run_attribute},
    {.words = "svc enable", .not_needed = "it is what this gateway does"},
    {.words = "svc required", .not_needed = "it is what this gateway does"},
    {.words = "svc none", .not_needed = "use vpn-tunnel-protocol"},
    {.words = "anyconnect-custom", .run = run_custom},
    {.words = "always-on-vpn", .run = run_attribute},
    {.words = "functions", .not_needed = NO_CLIENTLESS},
    {.words = "url-list", .not_needed = NO_CLIENTLESS},
    {.words = "filter", .not_needed = NO_CLIENTLESS},
    {.words = "homepage", .not_needed = NO_CLIENTLESS},
    {.words = "html-content-filter", .not_needed = NO_CLIENTLESS},
    {.words = "port-forward", .not_needed = NO_CLIENTLESS},
    {.words = "port-forward-name", .not_needed = NO_CLIENTLESS},
    {.words = "http-proxy", .not_needed = NO_CLIENTLESS},
    {.words = "sso-server", .not_needed = NO_CLIENTLESS},
    {.words = "deny-message", .not_needed = NO_CLIENTLESS},
    {.words = "http-comp", .not_needed = NO_CLIENTLESS},
    {.words = "smart-tunnel", .not_needed = NO_CLIENTLESS},
    {.words = "storage-key", .not_needed = NO_CLIENTLESS},
    {.words = "storage-objects", .not_needed = NO_CLIENTLESS},
    {.words = "keep-alive-ignore", .not_needed = NO_CLIENTLESS},
    {.words = "user-storage", .not_needed = NO_CLIENTLESS},
    {.words = "download-max-size", .not_needed = NO_CLIENTLESS},
    {.words = "post-max-size", .not_needed = NO_CLIENTLESS},
    {.words = "upload-max-size", .not_needed = NO_CLIENTLESS},
    {.words = "customization", .not_needed = NO_CLIENTLESS},
    {.words = "hidden-shares", .not_needed = NO_CLIENTLESS},
    {.words = "unix-auth-uid", .not_needed = NO_CLIENTLESS},
    {.words = "unix-auth-gid", .not_needed = NO_CLIENTLESS},
    {.words = "file-entry", .not_needed = NO_CLIENTLESS},
    {.words = "file-browsing", .not_needed = NO_CLIENTLESS},
    {.words = "url-entry", .not_needed = NO_CLIENTLESS},
    {.words = "auto-signon", .not_needed = NO_CLIENTLESS},
    {.words = "activex-relay", .not_needed = NO_CLIENTLESS},
    {.words = "application-type", .not_needed = NO_CLIENTLESS},
    {.words = "mobile-device", .not_needed = NO_CLIENTLESS},
    {.words = "vdi", .not_needed = NO_CLIENTLESS},
};

static const struct import_mode mode_webvpn = {
    .name = "webvpn of attributes", .commands = webvpn, .len = ARRAY_LEN(webvpn)};

/* Lines of the webvpn part that stand among the attributes: a file whose indentation is not the
 * ASA's. */
static bool
other_webvpn(struct import *import, struct import_line *line)
{
	(void)import;
	for (size_t i = 0; i < ARRAY_LEN(webvpn); i++) {
		const struct import_command *command = &webvpn[i];
		size_t len = strlen(command->words);

		if (strncmp(line->text, command->words, len) != 0 ||
		    (line->text[len] != ' ' && line->text[len] != '\0'))
			continue;
		if (command->run != NULL)
			command->run(import, line);
		else
			import_not_needed(line, "%s", command->not_needed);
		return true;
	}
	return false;
}

static const struct import_mode mode_policy = {.name = "group-policy attributes",
    .commands = policy,
    .len = ARRAY_LEN(policy),
    .other = other_webvpn};
static const struct import_mode mode_user = {
    .name = "username attributes", .commands = user, .len = ARRAY_LEN(user), .other = other_webvpn};

/* ---- group-policy ---- */

/* The policy of a line; NULL: its name cannot be one, and the line says so. */
static struct node *
policy_of(struct import *import, struct import_line *line)
{
	if (!import_row_fits(line, CONF_GROUP_POLICY, GP_NAME, line->words[1]))
		return NULL;
	return import_named(import, CONF_GROUP_POLICY, line->words[1]);
}

static void
run_internal(struct import *import, struct import_line *line)
{
	struct node *object = policy_of(import, line);

	if (object == NULL)
		return;
	if (line->len == 5 && strcmp(line->words[3], "from") == 0) {
		struct node *from = import_find(import, CONF_GROUP_POLICY, line->words[4]);
		struct node *attributes = import_row_child(from, "attributes");

		if (from == NULL)
			import_not_supported(line, "there is no such group policy above");
		if (attributes != NULL)
			import_row_copy(
			    import, import_sub(import, object, "attributes"), attributes);
	} else if (line->len > 3) {
		import_not_supported(line, "is not group-policy NAME internal");
	}
	import_converted(line, "group policy %s", line->words[1]);
}

/* Its attributes are on a server that is not asked: nobody may log in with it. */
static void
run_external(struct import *import, struct import_line *line)
{
	struct node *object = policy_of(import, line);

	if (object == NULL)
		return;
	import_row_mark(import_sub(import, object, "attributes"));
	import_not_supported(
	    line, "attributes do not come from a server; the policy lets nobody in: write it");
	import_todo(import,
	    "group-policies.conf: group policy %s lets nobody in; write its "
	    "attributes, which the ASA asked a server for",
	    line->words[1]);
}

static void
run_policy_attributes(struct import *import, struct import_line *line)
{
	struct node *object = policy_of(import, line);

	if (object == NULL) {
		import_enter(import, &mode_policy, NULL);
		return;
	}
	import_converted(line, "group policy %s", line->words[1]);
	import_enter(import, &mode_policy, import_sub(import, object, "attributes"));
}

/* ---- username ---- */

static struct node *
user_of(struct import *import, struct import_line *line)
{
	if (!import_row_fits(line, CONF_USERNAME, USER_NAME, line->words[1]))
		return NULL;
	return import_named(import, CONF_USERNAME, line->words[1]);
}

/* The ASA's hashes are its own; only one of crypt(3) can be carried over. */
static void
run_password(struct import *import, struct import_line *line)
{
	struct node *object = user_of(import, line);
	const char *hash = line->len > 3 ? line->words[3] : "";
	const struct row *row = &row_kind(CONF_USERNAME)->rows[USER_PASSWORD];

	if (object == NULL)
		return;
	if (strlen(hash) <= (size_t)row->max && row->syntax(hash) == NULL) {
		import_set_str(import, object, "password", hash);
		import_converted(line, "user %s", line->words[1]);
		return;
	}
	import_not_supported(line,
	    "the password's hash cannot be carried over; the user is written without: set one with "
	    "sekisho-passwd");
	import_todo(import, "sekisho-passwd -c DIR %s", line->words[1]);
}

static void
run_nopassword(struct import *import, struct import_line *line)
{
	if (user_of(import, line) == NULL)
		return;
	import_not_supported(line, "nobody logs in without a password; the user is written, with "
				   "no password that fits: set one with sekisho-passwd");
	import_todo(import, "sekisho-passwd -c DIR %s", line->words[1]);
}

static void
run_user_attributes(struct import *import, struct import_line *line)
{
	struct node *object = user_of(import, line);

	if (object == NULL) {
		import_enter(import, &mode_user, NULL);
		return;
	}
	import_converted(line, "user %s", line->words[1]);
	import_enter(import, &mode_user, import_sub(import, object, "attributes"));
}

/* ---- when all is read: import_finish.c looks for what names nothing, and this goes before ---- */

/* Without its list a split policy would send everything one way or the other; all through the
 * tunnel is what protects. */
static void
finish_split(struct import *import, struct node *attributes)
{
	const char *name = import_get_str(attributes, "split-tunnel-network-list");

	if (name == NULL || strcmp(name, "none") == 0 ||
	    import_find(import, CONF_ACCESS_LIST, name) != NULL)
		return;
	struct import_line *line =
	    import_line_at(import, import_row_child(attributes, "split-tunnel-network-list")->line);

	if (line != NULL)
		import_not_supported(line, "no access list of this name was converted; everything "
					   "goes through the tunnel");
	import_unset(attributes, "split-tunnel-network-list");
	import_set_str(import, attributes, "split-tunnel-policy", "tunnelall");
	import_set_str(import, attributes, "ipv6-split-tunnel-policy", "tunnelall");
}

/* A user's own attributes come before the closed policy that will stand for the one he has lost. */
static void
finish_user_policy(struct import *import, struct node *attributes)
{
	const char *name = import_get_str(attributes, "vpn-group-policy");

	if (name != NULL && strcmp(name, "none") != 0 && strcmp(name, DEFAULT_POLICY) != 0 &&
	    import_find(import, CONF_GROUP_POLICY, name) == NULL)
		import_row_mark(attributes);
}

/* The same for a policy that is locked to a group that is not there. */
static void
finish_lock(struct import *import, struct node *attributes)
{
	const char *name = import_get_str(attributes, "group-lock");

	if (name != NULL && strcmp(name, "none") != 0 && strcmp(name, "DefaultWEBVPNGroup") != 0 &&
	    strcmp(name, "DefaultRAGroup") != 0 &&
	    import_find(import, CONF_TUNNEL_GROUP, name) == NULL)
		import_row_mark(attributes);
}

/* Two bolts: a user whose own attributes have one of the two settings must not open the door. */
static void
close_attributes(struct import *import, struct node *attributes)
{
	import_set_int(import, attributes, "vpn-simultaneous-logins", 0);
	import_set_str(import, attributes, "vpn-tunnel-protocol", "ssl-clientless");
}

static void
finish_list(struct import *import, enum conf_kind root, const char *list_name)
{
	struct node *list = import_row_child(import_root(import, root), list_name);

	for (size_t i = 0; i < import_row_len(list); i++) {
		struct node *attributes = import_row_child(import_row_at(list, i), "attributes");

		if (attributes == NULL)
			continue;
		finish_split(import, attributes);
		finish_user_policy(import, attributes);
		finish_lock(import, attributes);
		if (import_row_is_marked(attributes))
			close_attributes(import, attributes);
	}
}

/* An ASA's DfltGrpPolicy has no ssl-client unless somebody allowed it; ours has. */
static void
finish_default(struct import *import)
{
	static const char *const protocols[] = {"ikev1", "l2tp-ipsec", "ssl-clientless"};
	struct node *policy_node = import_named(import, CONF_GROUP_POLICY, DEFAULT_POLICY);
	struct node *attributes = import_sub(import, policy_node, "attributes");

	if (import_row_child(attributes, "vpn-tunnel-protocol") != NULL)
		return;
	for (size_t i = 0; i < ARRAY_LEN(protocols); i++)
		import_add_str(import, attributes, "vpn-tunnel-protocol", protocols[i]);
	import_todo(import, "group-policies.conf: vpn-tunnel-protocol of " DEFAULT_POLICY
			    " is the ASA's default, without ssl-client: who has no other policy "
			    "cannot log in, as before");
}

static void
finish(struct import *import)
{
	finish_default(import);
	finish_list(import, CONF_GROUP_POLICIES, "group-policies");
	finish_list(import, CONF_USERS, "usernames");
}

static const struct import_command commands[] = {
    {.words = "group-policy * internal", .run = run_internal},
    {.words = "group-policy * external", .run = run_external},
    {.words = "group-policy * attributes", .run = run_policy_attributes},
    {.words = "username * password", .run = run_password},
    {.words = "username * nopassword", .run = run_nopassword},
    {.words = "username * attributes", .run = run_user_attributes},
};
const struct import_table import_commands_policy = {
    .commands = commands, .len = ARRAY_LEN(commands), .finish = finish};
