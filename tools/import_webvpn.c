/* SPDX-License-Identifier: Apache-2.0 */
/*
 * asa-import: the global webvpn block, ssl, and the custom attributes of AnyConnect (asa.md 2.2,
 * 2.3, 3). The address of a listener is nothing that stands here; import_finish.c adds it.
 */
#include <string.h>

#include "common/str.h"
#include "tools/import_row.h"

#define NO_CLIENTLESS "there is no clientless access"
#define NO_PACKAGES "no client packages are served"
#define NO_SCAN "clients are not examined"
#define NO_SAML "there are no SAML logins; use another authentication"
#define TLS_POLICY "TLS 1.2 and 1.3 with strong ciphers only, which is fixed here"

static const struct import_mode mode_webvpn;

static struct node *
webvpn_of(struct import *import)
{
	return import_sub(import, import_root(import, CONF_TUNNEL_GROUPS), "webvpn");
}

static void
run_webvpn(struct import *import, struct import_line *line)
{
	import_converted(line, "webvpn of tunnel-groups.conf");
	import_enter(import, &mode_webvpn, webvpn_of(import));
}

static void
run_setting(struct import *import, struct import_line *line)
{
	if (!import_row_line(import, line, webvpn_of(import), CONF_WEBVPN, NULL, 0))
		import_not_supported(line, "unknown in webvpn; check by hand");
}

/* ---- listeners ---- */

static struct node *
listener_of(struct import *import)
{
	struct node *root = import_root(import, CONF_GATEWAY);
	struct node *list = import_row_child(root, "listeners");

	return import_row_len(list) > 0 ? import_row_at(list, 0)
					: import_append(import, root, "listeners");
}

static void
run_enable(struct import *import, struct import_line *line)
{
	struct node *listener = listener_of(import);

	if (line->len > 2 && strcmp(line->words[2], "tls-only") == 0)
		import_set_int(import, listener, "dtls-port", 0);
	import_converted(line, "listeners of gateway.conf");
}

static void
run_port(struct import *import, struct import_line *line)
{
	import_row_set(import, line, listener_of(import), CONF_LISTENER, LI_PORT, line->words + 1,
	    line->len - 1);
}

static void
run_dtls_port(struct import *import, struct import_line *line)
{
	import_row_set(import, line, listener_of(import), CONF_LISTENER, LI_DTLS_PORT,
	    line->words + 2, line->len - 2);
}

/* ---- tunnel groups ---- */

/* "tunnel-group-list enable" */
static void
run_list(struct import *import, struct import_line *line)
{
	import_row_set(import, line, webvpn_of(import), CONF_WEBVPN, WV_TUNNEL_GROUP_LIST,
	    line->words + 1, line->len - 1);
}

/* "certificate-group-map MAP SEQ TUNNEL-GROUP" */
static void
run_group_map(struct import *import, struct import_line *line)
{
	const struct row *row = &row_kind(CONF_CERTIFICATE_GROUP_MAP)->rows[CGM_SEQUENCE];
	uint64_t sequence = 0;

	if (line->len != 4 || str_to_u64(line->words[2], (uint64_t)row->min, (uint64_t)row->max,
				  &sequence) != ERR_OK) {
		import_not_supported(line, "is not certificate-group-map MAP NUMBER TUNNEL-GROUP");
		return;
	}
	if (!import_row_fits(line, CONF_CERTIFICATE_GROUP_MAP, CGM_MAP, line->words[1]) ||
	    !import_row_fits(line, CONF_CERTIFICATE_GROUP_MAP, CGM_TUNNEL_GROUP, line->words[3]))
		return;
	struct node *entry = import_append(import, webvpn_of(import), "certificate-group-map");
	import_set_str(import, entry, "map", line->words[1]);
	import_set_int(import, entry, "sequence", (long)sequence);
	import_set_str(import, entry, "tunnel-group", line->words[3]);
	import_converted(line, "certificate-group-map");
}

/* How everybody logged in before there were tunnel groups for it (7.0). */
static void
run_old_login(struct import *import, struct import_line *line)
{
	struct node *group = import_named(import, CONF_TUNNEL_GROUP, "DefaultWEBVPNGroup");

	import_row_mark(import_sub(import, group, "general-attributes"));
	import_not_supported(
	    line, "is a setting of tunnel groups now; DefaultWEBVPNGroup is closed");
}

/* ---- custom attributes ---- */

static struct node *
find_custom(struct import *import, const char *list_name, const char *type, const char *name)
{
	struct node *list = import_row_child(webvpn_of(import), list_name);

	for (size_t i = 0; i < import_row_len(list); i++) {
		struct node *element = import_row_at(list, i);
		const char *its_type = import_get_str(element, "type");

		if (its_type != NULL && strcmp(its_type, type) == 0 &&
		    (name == NULL || strcmp(import_row_object_name(element), name) == 0))
			return element;
	}
	return NULL;
}

/* "anyconnect-custom-attr TYPE [description TEXT]" */
static void
run_custom_attr(struct import *import, struct import_line *line)
{
	struct buf text;

	if (line->len < 2) {
		import_not_supported(line, "is not anyconnect-custom-attr TYPE");
		return;
	}
	if (!import_row_fits(line, CONF_CUSTOM_ATTR, CA_TYPE, line->words[1]))
		return;
	struct node *element = find_custom(import, "anyconnect-custom-attr", line->words[1], NULL);
	if (element == NULL) {
		element = import_append(import, webvpn_of(import), "anyconnect-custom-attr");
		import_set_str(import, element, "type", line->words[1]);
	}
	buf_init(&text, 4096);
	if (line->len > 3 && strcmp(line->words[2], "description") == 0)
		import_set_str(import, element, "description",
		    import_row_join(&text, line->words + 3, line->len - 3));
	buf_fini(&text);
	import_converted(line, "anyconnect-custom-attr");
}

/* "anyconnect-custom-data TYPE NAME VALUE"; the ASA cuts a long value into several lines, which
 * join as they are. */
static void
run_custom_data(struct import *import, struct import_line *line)
{
	const char *type = line->len > 1 ? line->words[1] : "";
	const char *name = line->len > 2 ? line->words[2] : "";
	struct buf text, words;

	if (line->len < 4) {
		import_not_supported(line, "is not anyconnect-custom-data TYPE NAME VALUE");
		return;
	}
	if (!import_row_fits(line, CONF_CUSTOM_DATA, CD_TYPE, type) ||
	    !import_row_fits(line, CONF_CUSTOM_DATA, CD_NAME, name))
		return;
	struct node *element = find_custom(import, "anyconnect-custom-data", type, name);
	const char *before = element != NULL ? import_get_str(element, "value") : NULL;
	buf_init(&text, 65536);
	buf_init(&words, 65536);
	buf_puts(&text, before != NULL ? before : "");
	buf_puts(&text, import_row_join(&words, line->words + 3, line->len - 3));
	if (import_row_fits(line, CONF_CUSTOM_DATA, CD_VALUE, buf_cstr(&text))) {
		if (element == NULL) {
			element =
			    import_append(import, webvpn_of(import), "anyconnect-custom-data");
			import_set_str(import, element, "type", type);
			import_set_str(import, element, "name", name);
		}
		import_set_str(import, element, "value", buf_cstr(&text));
		import_converted(line, "anyconnect-custom-data");
	}
	buf_fini(&words);
	buf_fini(&text);
}

static const struct import_command webvpn[] = {
    {.words = "enable", .run = run_enable},
    {.words = "port", .run = run_port},
    {.words = "dtls port", .run = run_dtls_port},
    {.words = "tunnel-group-list enable", .run = run_list},
    {.words = "tunnel-group-preference", .run = run_setting},
    {.words = "certificate-group-map", .run = run_group_map},
    {.words = "default-idle-timeout", .run = run_setting},
    {.words = "anyconnect-custom-attr", .run = run_custom_attr},
    {.words = "anyconnect-custom-data", .run = run_custom_data},
    {.words = "anyconnect enable", .not_needed = "it is what this gateway does"},
    {.words = "anyconnect image", .not_needed = NO_PACKAGES},
    {.words = "anyconnect external-browser-pkg", .not_needed = NO_PACKAGES},
    {.words = "anyconnect profiles",
	.not_supported = "no client profiles are served; give the file to the clients"},
    {.words = "svc enable", .not_needed = "it is what this gateway does"},
    {.words = "svc image", .not_needed = NO_PACKAGES},
    {.words = "svc profiles",
	.not_supported = "no client profiles are served; give the file to the clients"},
    {.words = "anyconnect-essentials", .not_needed = "there are no licences"},
    {.words = "csd enable", .not_supported = NO_SCAN "; do without the check"},
    {.words = "csd image", .not_needed = NO_SCAN},
    {.words = "csd hostscan image", .not_needed = NO_SCAN},
    {.words = "hostscan enable", .not_supported = NO_SCAN "; do without the check"},
    {.words = "hostscan image", .not_needed = NO_SCAN},
    {.words = "saml idp", .not_supported = NO_SAML, .mode = &import_mode_any},
    {.words = "portal-access-rule none", .not_needed = "none is how it is here"},
    {.words = "portal-access-rule",
	.not_supported = "clients are not refused by their name; leave it out"},
    {.words = "keepout", .not_supported = "stop the gateway to keep everybody out"},
    {.words = "authentication aaa", .not_needed = "it is the default"},
    {.words = "authentication", .run = run_old_login},
    {.words = "default-group-policy", .run = run_old_login},
    {.words = "authentication-server-group", .run = run_old_login},
    {.words = "authorization-server-group", .run = run_old_login},
    {.words = "authorization-required", .run = run_old_login},
    {.words = "error-recovery", .not_needed = NO_CLIENTLESS},
    {.words = "cache", .not_needed = NO_CLIENTLESS, .mode = &import_mode_any},
    {.words = "hsts", .not_needed = "there are no web pages", .mode = &import_mode_any},
    {.words = "http-headers", .not_needed = "there are no web pages", .mode = &import_mode_any},
    {.words = "default-language", .not_needed = NO_CLIENTLESS},
    {.words = "character-encoding", .not_needed = NO_CLIENTLESS},
    {.words = "file-encoding", .not_needed = NO_CLIENTLESS},
    {.words = "rewrite", .not_needed = NO_CLIENTLESS},
    {.words = "proxy-bypass", .not_needed = NO_CLIENTLESS},
    {.words = "http-proxy", .not_needed = NO_CLIENTLESS},
    {.words = "https-proxy", .not_needed = NO_CLIENTLESS},
    {.words = "smart-tunnel", .not_needed = NO_CLIENTLESS},
    {.words = "port-forward", .not_needed = NO_CLIENTLESS},
    {.words = "url-list", .not_needed = NO_CLIENTLESS},
    {.words = "apcf", .not_needed = NO_CLIENTLESS},
    {.words = "onscreen-keyboard", .not_needed = NO_CLIENTLESS},
    {.words = "internal-password", .not_needed = NO_CLIENTLESS},
    {.words = "java-trustpoint", .not_needed = NO_CLIENTLESS},
    {.words = "sso-server", .not_needed = NO_CLIENTLESS, .mode = &import_mode_any},
    {.words = "auto-signon", .not_needed = NO_CLIENTLESS},
    {.words = "kcd-server", .not_needed = NO_CLIENTLESS},
    {.words = "mobile-device", .not_needed = NO_CLIENTLESS},
    {.words = "memory-size", .not_needed = NO_CLIENTLESS},
    {.words = "nbns-server", .not_needed = NO_CLIENTLESS},
    {.words = "csc", .not_needed = NO_CLIENTLESS},
    {.words = "mus", .not_needed = "there is no web security appliance to tell"},
    {.words = "transcoder", .not_needed = NO_CLIENTLESS},
};

static const struct import_mode mode_webvpn = {
    .name = "webvpn", .commands = webvpn, .len = ARRAY_LEN(webvpn)};

/* ---- ssl ---- */

static bool
has_identity(struct import *import, const char *name)
{
	const struct node *trustpoint = import_find(import, CONF_TRUSTPOINT, name);

	return trustpoint != NULL && import_get_str(trustpoint, "certificate") != NULL &&
	       import_get_str(trustpoint, "key") != NULL;
}

/* The key of a trustpoint is never in a running-config; what the listeners show is set by hand. */
static void
run_trust_point(struct import *import, struct import_line *line)
{
	const char *name = line->len > 2 ? line->words[2] : "";

	if (has_identity(import, name)) {
		import_row_set(import, line, import_root(import, CONF_PKI), CONF_PKI,
		    PKI_SSL_TRUST_POINT, line->words + 2, 1);
		return;
	}
	import_not_supported(line,
	    "a running-config has no private keys; export with \"crypto ca export %.64s pkcs12\" "
	    "and set certificate, key and ssl-trust-point",
	    name);
	import_todo(import,
	    "pki.conf: the listeners showed the certificate of trustpoint %s; export it on the ASA "
	    "with its key, and set certificate, key and ssl-trust-point",
	    name);
}

/* "ssl trust-point TP domain NAME": the same, for clients that ask for the name. */
static void
run_trust_point_domain(struct import *import, struct import_line *line)
{
	const char *name = line->words[2];
	const char *domain = line->len > 4 ? line->words[4] : "";

	if (!import_row_fits(line, CONF_SSL_TRUST_POINT, STP_DOMAIN, domain))
		return;
	if (has_identity(import, name)) {
		struct node *entry =
		    import_append(import, import_root(import, CONF_PKI), "ssl-trust-points");

		import_set_str(import, entry, "trustpoint", name);
		import_set_str(import, entry, "domain", domain);
		import_converted(line, "ssl-trust-points");
		return;
	}
	import_not_supported(line,
	    "a running-config has no private keys; export with \"crypto ca export %.64s pkcs12\" "
	    "and set certificate, key and ssl-trust-points",
	    name);
	import_todo(import,
	    "pki.conf: clients that asked for %s saw the certificate of trustpoint %s; export it "
	    "on the ASA with its key, set certificate and key, and add { trustpoint = \"%s\"; "
	    "domain = \"%s\"; } to ssl-trust-points",
	    domain, name, name, domain);
}

/* A certificate that every login had to show besides what its tunnel group asks for. */
static void
run_certificate_authentication(struct import *import, struct import_line *line)
{
	import_not_supported(line, "every tunnel group is closed: set authentication of each");
	import_row_mark(import_root(import, CONF_TUNNEL_GROUPS));
}

#define DTLS_POLICY                                                                                \
	"DTLS 1.2 with AES-GCM or ChaCha20, unless dtls-ciphers of gateway.conf says otherwise"
#define DTLS_CUSTOM "dtls-ciphers of gateway.conf"

static bool
is_dtls_cipher(const char *name)
{
	const char *const *words = row_kind(CONF_GATEWAY)->rows[GW_DTLS_CIPHERS].words;

	for (; *words != NULL; words++)
		if (strcmp(*words, name) == 0)
			return true;
	return false;
}

/* "ssl cipher dtlsv1.2 custom "A:B"": those that are served, in the same order. */
static void
run_dtls_ciphers(struct import *import, struct import_line *line)
{
	struct node *gateway = import_root(import, CONF_GATEWAY);
	const char *rest = line->len > 4 ? line->words[4] : "";
	unsigned kept = 0, dropped = 0;
	char name[64];

	import_unset(gateway, "dtls-ciphers");
	while (*rest != '\0') {
		size_t len = strcspn(rest, ":");

		if (str_copy_n(name, sizeof(name), rest, len) == ERR_OK && is_dtls_cipher(name)) {
			import_add_str(import, gateway, "dtls-ciphers", name);
			kept++;
		} else if (len > 0) {
			dropped++;
		}
		rest += len;
		rest += *rest == ':';
	}
	if (kept == 0)
		import_not_supported(line, "no suite of it is served; " DTLS_POLICY);
	else if (dropped > 0)
		import_converted(line, DTLS_CUSTOM "; %u suites are not served", dropped);
	else
		import_converted(line, DTLS_CUSTOM);
}

static const struct import_command commands[] = {
    {.words = "webvpn", .run = run_webvpn},
    {.words = "anyconnect-custom-attr", .run = run_custom_attr},
    {.words = "anyconnect-custom-data", .run = run_custom_data},
    {.words = "ssl trust-point", .run = run_trust_point},
    {.words = "ssl trust-point * domain", .run = run_trust_point_domain},
    {.words = "ssl server-version", .not_needed = TLS_POLICY},
    {.words = "ssl client-version", .not_needed = TLS_POLICY},
    {.words = "ssl cipher", .not_needed = TLS_POLICY},
    {.words = "ssl cipher dtlsv1", .not_needed = DTLS_POLICY},
    {.words = "ssl cipher dtlsv1.2", .not_needed = DTLS_POLICY},
    {.words = "ssl cipher dtlsv1.2 custom", .run = run_dtls_ciphers},
    {.words = "ssl encryption", .not_needed = TLS_POLICY},
    {.words = "ssl dh-group", .not_needed = TLS_POLICY},
    {.words = "ssl ecdh-group", .not_needed = TLS_POLICY},
    {.words = "ssl certificate-authentication fca-timeout",
	.not_needed = "no certificate is asked of browsers"},
    {.words = "ssl certificate-authentication", .run = run_certificate_authentication},
};

/* A type that policies use without a line that declares it. */
static void
declare_types(struct import *import, enum conf_kind root, const char *list_name)
{
	struct node *list = import_row_child(import_root(import, root), list_name);

	for (size_t i = 0; i < import_row_len(list); i++) {
		struct node *attributes = import_row_child(import_row_at(list, i), "attributes");
		struct node *custom = import_row_child(attributes, "anyconnect-custom");

		for (size_t k = 0; k < import_row_len(custom); k++) {
			const char *type = import_get_str(import_row_at(custom, k), "type");

			if (type != NULL &&
			    find_custom(import, "anyconnect-custom-attr", type, NULL) == NULL)
				import_set_str(import,
				    import_append(
					import, webvpn_of(import), "anyconnect-custom-attr"),
				    "type", type);
		}
	}
}

/* The same for values. */
static void
declare_data(struct import *import)
{
	struct node *list = import_row_child(webvpn_of(import), "anyconnect-custom-data");

	for (size_t i = 0; i < import_row_len(list); i++) {
		const char *type = import_get_str(import_row_at(list, i), "type");

		if (type != NULL &&
		    find_custom(import, "anyconnect-custom-attr", type, NULL) == NULL)
			import_set_str(import,
			    import_append(import, webvpn_of(import), "anyconnect-custom-attr"),
			    "type", type);
	}
}

static void
finish(struct import *import)
{
	declare_types(import, CONF_GROUP_POLICIES, "group-policies");
	declare_types(import, CONF_USERS, "usernames");
	declare_data(import);
}

const struct import_table import_commands_webvpn = {
    .commands = commands, .len = ARRAY_LEN(commands), .finish = finish};
