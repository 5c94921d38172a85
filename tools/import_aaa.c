/* SPDX-License-Identifier: Apache-2.0 */
/*
 * asa-import: aaa-server (asa.md 5) and dynamic access policies (asa.md 9). A group that cannot be
 * converted is written without servers, so that nobody can log in by the tunnel groups that name
 * it, and they never fall to LOCAL.
 */
#include <string.h>

#include "common/str.h"
#include "conf/syntax.h"
#include "tools/import_row.h"

static const struct import_mode mode_group, mode_host, mode_other_group, mode_other_host;

/* ---- the group ---- */

static void
run_protocol(struct import *import, struct import_line *line)
{
	const char *name = line->words[1], *protocol = line->len > 3 ? line->words[3] : "";
	bool radius = strcmp(protocol, "radius") == 0;

	if (str_ieq(name, "LOCAL")) {
		import_not_needed(line, "LOCAL is users.conf");
		import_enter(import, &mode_other_group, NULL);
		return;
	}
	if (!import_row_fits(line, CONF_AAA_SERVER_GROUP, ASG_NAME, name)) {
		import_enter(import, radius ? &mode_group : &mode_other_group, NULL);
		return;
	}
	struct node *group = import_named(import, CONF_AAA_SERVER_GROUP, name);
	if (radius) {
		import_converted(line, "server group %s", name);
		import_enter(import, &mode_group, group);
		return;
	}
	import_not_supported(line,
	    "%.32s servers are not asked; the group is written without servers, so that nobody "
	    "can log in by it: use RADIUS",
	    protocol);
	import_todo(import,
	    "aaa.conf: server group %s spoke %s; write RADIUS servers in its place, or let its "
	    "tunnel groups use LOCAL",
	    name, protocol);
	import_enter(import, &mode_other_group, NULL);
}

/* "aaa local authentication attempts max-fail N" */
static void
run_local_attempts(struct import *import, struct import_line *line)
{
	import_row_set(import, line, import_root(import, CONF_AAA), CONF_AAA, AAA_LOCAL_MAX_FAIL,
	    line->words + 5, line->len > 5 ? 1 : 0);
}

static void
set_word(struct import *import, struct import_line *line, enum conf_kind kind, unsigned setting)
{
	import_row_set(import, line, import_object(import), kind, setting, line->words + 1,
	    line->len > 1 ? 1 : 0);
}

static void
run_accounting_mode(struct import *import, struct import_line *line)
{
	set_word(import, line, CONF_AAA_SERVER_GROUP, ASG_ACCOUNTING_MODE);
}

static void
run_attempts(struct import *import, struct import_line *line)
{
	set_word(import, line, CONF_AAA_SERVER_GROUP, ASG_MAX_FAILED_ATTEMPTS);
}

/* "reactivation-mode {depletion [deadtime MIN]|timed}" */
static void
run_reactivation(struct import *import, struct import_line *line)
{
	set_word(import, line, CONF_AAA_SERVER_GROUP, ASG_REACTIVATION_MODE);
	if (line->fate == IMPORT_CONVERTED && line->len == 4 &&
	    strcmp(line->words[2], "deadtime") == 0 &&
	    import_row_set(import, line, import_object(import), CONF_AAA_SERVER_GROUP, ASG_DEADTIME,
		line->words + 3, 1))
		import_converted(line, "reactivation-mode and deadtime");
	else if (line->len > 2 && line->fate == IMPORT_CONVERTED)
		import_not_supported(line, "is not reactivation-mode depletion deadtime MINUTES");
}

static void
run_merge(struct import *import, struct import_line *line)
{
	set_word(import, line, CONF_AAA_SERVER_GROUP, ASG_MERGE_DACL);
}

static void
run_authorize_only(struct import *import, struct import_line *line)
{
	import_row_set(import, line, import_object(import), CONF_AAA_SERVER_GROUP,
	    ASG_AUTHORIZE_ONLY, line->words + 1, line->len - 1);
}

static const struct import_command group[] = {
    {.words = "accounting-mode", .run = run_accounting_mode},
    {.words = "reactivation-mode", .run = run_reactivation},
    {.words = "max-failed-attempts", .run = run_attempts},
    {.words = "merge-dacl", .run = run_merge},
    {.words = "interim-accounting-update", .run = import_radius_interim},
    {.words = "dynamic-authorization", .run = import_radius_dynamic},
    {.words = "authorize-only", .run = run_authorize_only},
    {.words = "ad-agent-mode", .not_needed = "there is no identity firewall"},
};
static const struct import_mode mode_group = {
    .name = "aaa-server group", .commands = group, .len = ARRAY_LEN(group)};

/* ---- the host ---- */

/* A server of a group whose protocol is not served. */
static bool
is_other_protocol(const struct import *import, const struct import_line *line)
{
	const struct import_line *const *lines;

	(void)import_lines(import, &lines);
	for (int i = line->number - 2; i >= 0; i--)
		if (lines[i]->len > 3 && strcmp(lines[i]->words[0], "aaa-server") == 0 &&
		    strcmp(lines[i]->words[1], line->words[1]) == 0 &&
		    strcmp(lines[i]->words[2], "protocol") == 0)
			return strcmp(lines[i]->words[3], "radius") != 0;
	return false;
}

static struct node *
host_with_address(struct import *import, const char *group_name, const char *address)
{
	struct node *object = import_find(import, CONF_AAA_SERVER_GROUP, group_name);
	struct node *hosts = import_row_child(object, "hosts");

	for (size_t i = 0; i < import_row_len(hosts); i++) {
		const char *its = import_get_str(import_row_at(hosts, i), "address");

		if (its != NULL && strcmp(its, address) == 0)
			return import_row_at(hosts, i);
	}
	return NULL;
}

/* A key that is not there, or not in clear text. */
static bool
is_hidden(const char *key)
{
	return key[0] == '\0' || strspn(key, "*") == strlen(key) || strncmp(key, "<", 1) == 0;
}

static void
set_key(struct import *import, struct import_line *line, struct node *host, char *const *words,
    size_t len)
{
	const char *key = len > 0 ? words[len - 1] : "";
	const char *address = host != NULL ? import_get_str(host, "address") : NULL;
	bool plain = len == 1 || (len == 2 && strcmp(words[0], "0") == 0);

	if (host == NULL) {
		import_row_orphan(line);
	} else if (!plain || is_hidden(key)) {
		import_not_supported(line, "the key is not shown; set it in aaa.conf");
		import_todo(import, "aaa.conf: the key of server %s, which the ASA did not show",
		    address != NULL ? address : "");
	} else if (import_row_fits(line, CONF_AAA_HOST, AH_KEY, key)) {
		import_set_str(import, host, "key", key);
		import_converted(line, "key");
	}
}

/* What may stand behind the address: "[KEY] [timeout N]". */
static void
set_rest(struct import *import, struct import_line *line, struct node *host, size_t at)
{
	if (at < line->len && strcmp(line->words[at], "timeout") != 0)
		set_key(import, line, host, line->words + at++, 1);
	if (at + 2 == line->len && strcmp(line->words[at], "timeout") == 0)
		import_row_set(
		    import, line, host, CONF_AAA_HOST, AH_TIMEOUT, line->words + at + 1, 1);
	else if (at < line->len)
		import_not_supported(line, "unknown behind the address; check by hand");
}

static void
add_host(struct import *import, struct import_line *line, size_t at)
{
	const char *name = line->words[1], *address = import_name(import, line->words[at]);
	struct node *object = import_find(import, CONF_AAA_SERVER_GROUP, name);

	if (object == NULL) {
		import_not_supported(
		    line, "there is no line \"aaa-server %.64s protocol\" above", name);
		import_enter(import, &mode_host, NULL);
		return;
	}
	if (syntax_ip(address) != NULL) {
		import_not_supported(line,
		    "a name; servers are asked by address: write \"%.64s\" as an address in "
		    "aaa.conf",
		    address);
		import_todo(
		    import, "aaa.conf: the address of server %s of group %s", address, name);
		import_enter(import, &mode_host, NULL);
		return;
	}
	struct node *host = host_with_address(import, name, address);
	if (host == NULL) {
		host = import_append(import, object, "hosts");
		import_set_str(import, host, "address", address);
		/* An ASA asks for none, and the servers beside it may send none. */
		import_set_bool(import, host, "require-message-authenticator", false);
		import_todo(import,
		    "aaa.conf: answers of server %s are believed without a Message-Authenticator, "
		    "as the ASA did (CVE-2024-3596): make the server send it, then set "
		    "require-message-authenticator to true",
		    address);
	}
	import_converted(line, "server %s of %s", address, name);
	set_rest(import, line, host, at + 1);
	import_enter(import, &mode_host, host);
}

/* "aaa-server GRP [(IF)] host ADDR .." */
static void
run_host(struct import *import, struct import_line *line)
{
	size_t at = strcmp(line->words[2], "host") == 0 ? 3 : 4;

	if (line->len <= at) {
		import_not_supported(line, "has no address");
		import_enter(import, &mode_host, NULL);
	} else if (is_other_protocol(import, line)) {
		import_not_supported(line, "not a RADIUS server; write one in aaa.conf");
		import_enter(import, &mode_other_host, NULL);
	} else {
		add_host(import, line, at);
	}
}

static void
run_key(struct import *import, struct import_line *line)
{
	set_key(import, line, import_object(import), line->words + 1, line->len - 1);
}

static void
run_authentication_port(struct import *import, struct import_line *line)
{
	set_word(import, line, CONF_AAA_HOST, AH_AUTHENTICATION_PORT);
}

static void
run_accounting_port(struct import *import, struct import_line *line)
{
	set_word(import, line, CONF_AAA_HOST, AH_ACCOUNTING_PORT);
}

static void
run_timeout(struct import *import, struct import_line *line)
{
	set_word(import, line, CONF_AAA_HOST, AH_TIMEOUT);
}

static void
run_retry(struct import *import, struct import_line *line)
{
	set_word(import, line, CONF_AAA_HOST, AH_RETRY_INTERVAL);
}

static void
run_netmask(struct import *import, struct import_line *line)
{
	set_word(import, line, CONF_AAA_HOST, AH_ACL_NETMASK_CONVERT);
}

static void
run_common_pw(struct import *import, struct import_line *line)
{
	struct node *host = import_object(import);
	const char *password = line->len > 1 ? line->words[line->len - 1] : "";

	if (host == NULL) {
		import_row_orphan(line);
	} else if (line->len != 2 || is_hidden(password)) {
		import_not_supported(line, "the password is not shown; set it in aaa.conf");
		import_todo(import,
		    "aaa.conf: the radius-common-pw of server %s, which the ASA did not show",
		    import_get_str(host, "address"));
	} else if (import_row_fits(line, CONF_AAA_HOST, AH_RADIUS_COMMON_PW, password)) {
		import_set_str(import, host, "radius-common-pw", password);
		import_converted(line, "radius-common-pw");
	}
}

static void
run_sdi(struct import *import, struct import_line *line)
{
	import_radius_sdi(import, line, import_object(import));
}

static const struct import_command host_commands[] = {
    {.words = "key", .run = run_key},
    {.words = "authentication-port", .run = run_authentication_port},
    {.words = "accounting-port", .run = run_accounting_port},
    {.words = "timeout", .run = run_timeout},
    {.words = "retry-interval", .run = run_retry},
    {.words = "no mschapv2-capable", .run = import_radius_capable},
    {.words = "mschapv2-capable", .run = import_radius_capable},
    {.words = "radius-common-pw", .run = run_common_pw},
    {.words = "acl-netmask-convert", .run = run_netmask},
    {.words = "proxy-auth_map", .run = run_sdi},
};
static const struct import_mode mode_host = {
    .name = "aaa-server host", .commands = host_commands, .len = ARRAY_LEN(host_commands)};

/* ---- what is not RADIUS ---- */

#define NOT_RADIUS "not a RADIUS server; write one in aaa.conf"
static bool
other_protocol(struct import *import, struct import_line *line)
{
	(void)import;
	if (line->indent == 0) /* without indentation it may be of another mode */
		return false;
	import_not_supported(line, NOT_RADIUS);
	return true;
}

/* Listed for files without indentation; the others go the same way. */
static const struct import_command other_group[] = {
    {.words = "accounting-mode", .not_supported = NOT_RADIUS},
    {.words = "reactivation-mode", .not_supported = NOT_RADIUS},
    {.words = "max-failed-attempts", .not_supported = NOT_RADIUS},
};
static const struct import_command other_host[] = {
    {.words = "key", .not_supported = NOT_RADIUS},
    {.words = "timeout", .not_supported = NOT_RADIUS},
    {.words = "server-port", .not_supported = NOT_RADIUS},
    {.words = "server-type", .not_supported = NOT_RADIUS},
    {.words = "ldap-base-dn", .not_supported = NOT_RADIUS},
    {.words = "ldap-group-base-dn", .not_supported = NOT_RADIUS},
    {.words = "ldap-scope", .not_supported = NOT_RADIUS},
    {.words = "ldap-naming-attribute", .not_supported = NOT_RADIUS},
    {.words = "ldap-login-dn", .not_supported = NOT_RADIUS},
    {.words = "ldap-login-password", .not_supported = NOT_RADIUS},
    {.words = "ldap-over-ssl", .not_supported = NOT_RADIUS},
    {.words = "ldap-attribute-map", .not_supported = NOT_RADIUS},
    {.words = "sasl-mechanism", .not_supported = NOT_RADIUS},
    {.words = "kerberos-realm", .not_supported = NOT_RADIUS},
    {.words = "nt-auth-domain-controller", .not_supported = NOT_RADIUS},
    {.words = "sdi-version", .not_supported = NOT_RADIUS},
    {.words = "retry-interval", .not_supported = NOT_RADIUS},
};
static const struct import_mode mode_other_group = {.name = "aaa-server group",
    .commands = other_group,
    .len = ARRAY_LEN(other_group),
    .other = other_protocol};
static const struct import_mode mode_other_host = {.name = "aaa-server host",
    .commands = other_host,
    .len = ARRAY_LEN(other_host),
    .other = other_protocol};

/* ---- dynamic access policies ---- */

#define NO_DAP                                                                                     \
	"there are no dynamic access policies; put what it grants and refuses into group-policies"

static const struct import_mode mode_default_record, mode_record;

static void
run_default_record(struct import *import, struct import_line *line)
{
	import_not_needed(line, "the default record");
	import_enter(import, &mode_default_record, NULL);
}

static void
run_record(struct import *import, struct import_line *line)
{
	import_not_supported(line, NO_DAP);
	import_enter(import, &mode_record, NULL);
}

/* Whom it meets is not in a running-config (dap.xml has it), so that it might be anybody. */
static void
run_refusal(struct import *import, struct import_line *line)
{
	if (line->len == 2 && strcmp(line->words[1], "continue") == 0) {
		import_not_needed(line, "it is what is done here");
		return;
	}
	import_not_supported(line, "whom it met is not known: every tunnel group is closed");
	import_todo(import,
	    "line %d: a dynamic access policy refused or restricted logins, and there are none "
	    "here: put it into group-policies, then open the tunnel groups",
	    line->number);
	import_row_mark(import_root(import, CONF_TUNNEL_GROUPS));
}

#define DEFAULT_RECORD "the default record adds nothing"
static const struct import_command default_record[] = {
    {.words = "action", .run = run_refusal},
    {.words = "network-acl", .run = run_refusal},
    {.words = "description", .not_needed = DEFAULT_RECORD},
    {.words = "user-message", .not_needed = DEFAULT_RECORD},
    {.words = "priority", .not_needed = DEFAULT_RECORD},
    {.words = "webvpn", .not_needed = DEFAULT_RECORD, .mode = &import_mode_any},
};
static const struct import_mode mode_default_record = {
    .name = "DfltAccessPolicy", .commands = default_record, .len = ARRAY_LEN(default_record)};

static const struct import_command record[] = {
    {.words = "action", .run = run_refusal},
    {.words = "network-acl", .run = run_refusal},
    {.words = "description", .not_supported = NO_DAP},
    {.words = "user-message", .not_supported = NO_DAP},
    {.words = "priority", .not_supported = NO_DAP},
    {.words = "webvpn", .not_supported = NO_DAP, .mode = &import_mode_any},
};
static const struct import_mode mode_record = {
    .name = "dynamic-access-policy-record", .commands = record, .len = ARRAY_LEN(record)};

static const struct import_command commands[] = {
    {.words = "dynamic-access-policy-record DfltAccessPolicy", .run = run_default_record},
    {.words = "dynamic-access-policy-record *", .run = run_record},
    {.words = "aaa-server * protocol", .run = run_protocol},
    {.words = "aaa-server * host", .run = run_host},
    {.words = "aaa-server * * host", .run = run_host},
    {.words = "aaa-server radius-authport",
	.not_supported = "set authentication-port of each server in aaa.conf"},
    {.words = "aaa-server radius-acctport",
	.not_supported = "set accounting-port of each server in aaa.conf"},
    {.words = "aaa local authentication attempts", .run = run_local_attempts},
    {.words = "ldap attribute-map",
	.not_supported = "there is no LDAP; let a RADIUS server name the group policy",
	.mode = &import_mode_any},
};
const struct import_table import_commands_aaa = {
    .commands = commands, .len = ARRAY_LEN(commands), .finish = import_radius_finish};
