/* SPDX-License-Identifier: Apache-2.0 */
/*
 * asa-import: trustpoints, the hexadecimal certificates of their chains as PEM files, certificate
 * maps (asa.md 3, 4). Private keys are never in a running-config.
 */
#include <string.h>

#include <openssl/evp.h>

#include "common/cert.h"
#include "common/str.h"
#include "conf/certmap.h"
#include "tools/import_row.h"

#define CERTIFICATE_MAX 65536 /* bytes of DER */
#define PEM_LINE 48           /* bytes of DER on a line of PEM */
#define DEFAULT_MAP "DefaultCertificateMap"

#define NO_ENROLLMENT "certificates are not requested from here"
#define BY_HTTP "revocation lists are fetched by http"
#define NO_LDAP BY_HTTP " only; set crl-urls"

static const struct import_mode mode_trustpoint, mode_crl, mode_chain, mode_map;

/* ---- trustpoints ---- */

/* The ASA's own, for calling its maker: nobody's client certificates. */
static bool
is_makers(const char *name)
{
	return str_istarts(name, "_SmartCallHome");
}

static void
run_trustpoint(struct import *import, struct import_line *line)
{
	const char *name = line->len > 3 ? line->words[3] : "";

	if (is_makers(name)) {
		import_not_needed(line, "the ASA's own");
		import_enter(import, &import_mode_any, NULL);
	} else if (!import_row_fits(line, CONF_TRUSTPOINT, TP_NAME, name)) {
		import_enter(import, &mode_trustpoint, NULL);
	} else {
		import_converted(line, "trustpoint %s", name);
		import_enter(import, &mode_trustpoint, import_named(import, CONF_TRUSTPOINT, name));
	}
}

static void
run_revocation(struct import *import, struct import_line *line)
{
	import_row_set(import, line, import_object(import), CONF_TRUSTPOINT, TP_REVOCATION_CHECK,
	    line->words + 1, line->len - 1);
}

/* "crl {required|optional|nocheck}", as it was before revocation-check. */
static void
run_old_crl(struct import *import, struct import_line *line)
{
	const char *word = line->len > 1 ? line->words[1] : "";
	struct node *object = import_object(import);
	bool required = strcmp(word, "required") == 0, optional = strcmp(word, "optional") == 0;

	if (object == NULL) {
		import_row_orphan(line);
	} else if (!required && !optional && strcmp(word, "nocheck") != 0) {
		import_not_supported(line, "unknown about revocation lists; check by hand");
	} else {
		import_unset(object, "revocation-check");
		if (required || optional)
			import_add_str(import, object, "revocation-check", "crl");
		if (!required)
			import_add_str(import, object, "revocation-check", "none");
		import_converted(line, "revocation-check");
	}
}

/* Whose certificates it vouches for; what else beside SSL clients makes no difference here. */
static void
run_usage(struct import *import, struct import_line *line)
{
	for (size_t i = 1; i < line->len; i++)
		if (strcmp(line->words[i], "ssl-client") == 0) {
			import_not_needed(line, "it is the default");
			return;
		}
	import_row_set(import, line, import_object(import), CONF_TRUSTPOINT, TP_VALIDATION_USAGE,
	    line->words + 1, line->len - 1);
}

/* What is for nobody, or not for SSL clients, must not let any in. */
static void
run_no_clients(struct import *import, struct import_line *line)
{
	import_row_mark(import_object(import));
	import_converted(line, "it has no ca-certificate: not for clients");
}

static void
run_ocsp_url(struct import *import, struct import_line *line)
{
	import_row_set(import, line, import_object(import), CONF_TRUSTPOINT, TP_OCSP_URL,
	    line->words + 2, line->len - 2);
}

static void
run_ocsp_nonce(struct import *import, struct import_line *line)
{
	import_row_set(import, line, import_object(import), CONF_TRUSTPOINT, TP_OCSP_DISABLE_NONCE,
	    line->words + 2, line->len - 2);
}

static void
run_crl(struct import *import, struct import_line *line)
{
	import_not_needed(line, "the lines below it say what there is to set");
	import_enter(import, &mode_crl, import_object(import));
}

/* ---- crl configure ---- */

static void
run_crl_policy(struct import *import, struct import_line *line)
{
	import_row_set(import, line, import_object(import), CONF_TRUSTPOINT, TP_CRL_POLICY,
	    line->words + 1, line->len - 1);
}

static void
run_crl_cache_time(struct import *import, struct import_line *line)
{
	import_row_set(import, line, import_object(import), CONF_TRUSTPOINT, TP_CRL_CACHE_TIME,
	    line->words + 1, line->len - 1);
}

static void
run_crl_enforce(struct import *import, struct import_line *line)
{
	struct node *object = import_object(import);

	if (object == NULL) {
		import_row_orphan(line);
		return;
	}
	import_set_bool(import, object, "crl-enforcenextupdate", strcmp(line->words[0], "no") != 0);
	import_converted(line, "crl-enforcenextupdate");
}

/* "url INDEX URL"; a running-config has them in order. */
static void
run_crl_url(struct import *import, struct import_line *line)
{
	const struct row *row = &row_kind(CONF_TRUSTPOINT)->rows[TP_CRL_URLS];
	struct node *object = import_object(import);

	if (object == NULL) {
		import_row_orphan(line);
	} else if (line->len != 3) {
		import_not_supported(line, "is not url NUMBER URL");
	} else if (import_row_len(import_row_child(object, row->name)) >= row->max_count) {
		import_not_supported(line, "there are %u already", (unsigned)row->max_count);
	} else if (import_row_fits(line, CONF_TRUSTPOINT, TP_CRL_URLS, line->words[2])) {
		import_add_str(import, object, row->name, line->words[2]);
		import_converted(line, "%s", row->name);
	}
}

static const struct import_command trustpoint[] = {
    {.words = "revocation-check", .run = run_revocation},
    {.words = "validation-usage", .run = run_usage},
    {.words = "no validation-usage", .run = run_no_clients},
    {.words = "crl configure", .run = run_crl},
    {.words = "crl", .run = run_old_crl},
    {.words = "enrollment", .not_needed = NO_ENROLLMENT},
    {.words = "auto-enroll", .not_needed = NO_ENROLLMENT},
    {.words = "subject-name", .not_needed = NO_ENROLLMENT},
    {.words = "fqdn", .not_needed = NO_ENROLLMENT},
    {.words = "alt-fqdn", .not_needed = NO_ENROLLMENT},
    {.words = "email", .not_needed = NO_ENROLLMENT},
    {.words = "ip-address", .not_needed = NO_ENROLLMENT},
    {.words = "serial-number", .not_needed = NO_ENROLLMENT},
    {.words = "keypair", .not_needed = NO_ENROLLMENT},
    {.words = "password", .not_needed = NO_ENROLLMENT},
    {.words = "usage", .not_needed = NO_ENROLLMENT},
    {.words = "no accept-subordinates",
	.not_supported = "certificates of CAs below this one are believed too; take it out of "
			 "pki.conf if they must not be"},
    {.words = "accept-subordinates", .not_needed = "it is the default"},
    {.words = "id-usage", .not_needed = "there is no IPsec here"},
    {.words = "id-cert-issuer", .not_needed = "certificates are not issued here"},
    {.words = "proxy-ldc-issuer", .not_needed = "there is no telephone proxy"},
    {.words = "support-user-cert-validation", .not_needed = "it is the default"},
    {.words = "no support-user-cert-validation", .run = run_no_clients},
    {.words = "client-types ssl", .not_needed = "it is the default"},
    {.words = "client-types ipsec ssl", .not_needed = "it is the default"},
    {.words = "client-types", .run = run_no_clients},
    {.words = "no ca-check",
	.not_supported = "a CA certificate must say that it is one; leave it out"},
    {.words = "ca-check", .not_needed = "it is always done"},
    {.words = "ocsp url", .run = run_ocsp_url},
    {.words = "ocsp disable-nonce", .run = run_ocsp_nonce},
    {.words = "ocsp interface", .not_needed = "routes decide how a responder is reached"},
    {.words = "match certificate",
	.not_supported = "there are no exceptions for single certificates; leave it out"},
};
static const struct import_mode mode_trustpoint = {
    .name = "crypto ca trustpoint", .commands = trustpoint, .len = ARRAY_LEN(trustpoint)};

static const struct import_command crl[] = {
    {.words = "policy", .run = run_crl_policy},
    {.words = "url", .run = run_crl_url},
    {.words = "protocol", .not_needed = BY_HTTP},
    {.words = "no protocol http", .not_supported = BY_HTTP "; leave crl out of revocation-check"},
    {.words = "cache-time", .run = run_crl_cache_time},
    {.words = "enforcenextupdate", .run = run_crl_enforce},
    {.words = "no enforcenextupdate", .run = run_crl_enforce},
    {.words = "ldap-defaults", .not_supported = NO_LDAP},
    {.words = "ldap-dn", .not_supported = NO_LDAP},
};
static const struct import_mode mode_crl = {
    .name = "crl configure", .commands = crl, .len = ARRAY_LEN(crl)};

/* ---- chains ---- */

static void
run_chain(struct import *import, struct import_line *line)
{
	const char *name = line->len > 4 ? line->words[4] : "";
	struct node *object = import_find(import, CONF_TRUSTPOINT, name);

	if (is_makers(name))
		import_not_needed(line, "the ASA's own");
	else if (object == NULL)
		import_not_supported(
		    line, "there is no line \"crypto ca trustpoint %.64s\" above", name);
	else
		import_converted(line, "trustpoint %s", name);
	import_enter(import, &mode_chain, object);
}

static bool
is_hex(const char *word)
{
	return word[0] != '\0' && strspn(word, "0123456789abcdefABCDEF") == strlen(word);
}

/* The lines up to "quit", as one hexadecimal text; they share the note. False: broken, and said. */
static bool
take_hex(struct import *import, struct import_line *head, struct buf *hex, const char *note)
{
	bool whole = true;

	for (;;) {
		struct import_line *line = import_next_line(import);

		if (line == NULL) {
			import_broken(import, head, "the input ends before the certificate's quit");
			return false;
		}
		if (line->fate == IMPORT_BLANK)
			continue;
		import_converted(line, "%s", note);
		if (line->len == 1 && strcmp(line->words[0], "quit") == 0)
			return whole;
		for (size_t i = 0; i < line->len && whole; i++) {
			whole = is_hex(line->words[i]);
			if (!whole)
				import_broken(import, line,
				    "\"%.32s\" is not hexadecimal; the certificate of line %d is "
				    "not whole",
				    line->words[i], head->number);
			buf_puts(hex, line->words[i]);
		}
		if (!whole)
			return false;
	}
}

/* The length that the outermost element says, with its head; 0: it is none. */
static size_t
der_len(const struct buf *der)
{
	struct cur cur;
	size_t len = 0;

	cur_init(&cur, der->data, der->len);
	bool sequence = cur_u8(&cur) == 0x30;
	uint8_t first = cur_u8(&cur);
	if (!sequence || cur.err != ERR_OK || first == 0x80 || first > 0x83)
		return 0;
	if (first < 0x80)
		return 2 + (size_t)first;
	for (unsigned i = 0; i < (first & 0x7fU); i++)
		len = len << 8 | cur_u8(&cur);
	return cur.err == ERR_OK ? 2 + (first & 0x7fU) + len : 0;
}

/* Hexadecimal text to a certificate that OpenSSL can read. False: broken, and said. */
static bool
check_der(struct import *import, const struct import_line *line, struct buf *hex, struct buf *der)
{
	Ipc__CertNames *names = NULL;
	size_t len = hex->len / 2;
	uint8_t *dst = len > 0 ? buf_reserve(der, len) : NULL;

	if (hex->err != ERR_OK || (len > 0 && dst == NULL)) {
		import_broken(
		    import, line, "the certificate is larger than %d bytes", CERTIFICATE_MAX);
		return false;
	}
	if (hex->len % 2 != 0 || dst == NULL || str_unhex(buf_cstr(hex), dst, len) != ERR_OK) {
		import_broken(import, line, "the certificate has an odd number of digits or none");
		return false;
	}
	buf_added(der, len);
	size_t wanted = der_len(der);
	if (wanted != len) {
		import_broken(import, line,
		    "the certificate is not whole: %zu bytes are there, and it says that it has "
		    "%zu",
		    len, wanted);
		return false;
	}
	enum err err = cert_names_read(der->data, der->len, &names);
	if (err != ERR_OK)
		import_broken(import, line, "it is not a certificate: %s", err_str(err));
	else
		ipc__cert_names__free_unpacked(names, NULL);
	return err == ERR_OK;
}

static void
put_pem(const struct buf *der, struct buf *pem)
{
	unsigned char text[2 * PEM_LINE];

	buf_puts(pem, "-----BEGIN CERTIFICATE-----\n");
	for (size_t at = 0; at < der->len; at += PEM_LINE) {
		size_t len = der->len - at < PEM_LINE ? der->len - at : PEM_LINE;

		EVP_EncodeBlock(text, der->data + at, (int)len);
		buf_printf(pem, "%s\n", (const char *)text);
	}
	buf_puts(pem, "-----END CERTIFICATE-----\n");
}

/* A file name of a trustpoint: what would not do in one is replaced, and then the line of the chain
 * keeps two apart. */
static void
put_file_name(
    const struct node *object, const char *what, const struct import_line *line, struct buf *out)
{
	const char *name = import_row_object_name(object);
	bool changed = false;

	for (const char *p = name; *p != '\0'; p++) {
		bool fine = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
			    (*p >= '0' && *p <= '9') || *p == '_' || *p == '-' ||
			    (*p == '.' && p > name);

		buf_put_u8(out, fine ? (uint8_t)*p : '_');
		changed = changed || !fine;
	}
	if (changed)
		buf_printf(out, "-%d", line->number);
	buf_printf(out, "-%s.pem", what);
}

/* Several CA certificates of a trustpoint share its file. */
static void
add_ca(struct import *import, const struct import_line *line, struct node *object,
    const struct buf *pem)
{
	const char *before = import_get_str(object, "ca-certificate");
	struct buf file;

	buf_init(&file, 512);
	if (before != NULL)
		buf_puts(&file, before);
	else
		put_file_name(object, "ca", line, &file);
	import_row_file(import, buf_cstr(&file), pem);
	if (before == NULL)
		import_set_str(import, object, "ca-certificate", buf_cstr(&file));
	buf_fini(&file);
}

/* Without its key an identity certificate serves nobody; it is kept as a file. */
static void
add_identity(
    struct import *import, struct import_line *line, struct node *object, const struct buf *pem)
{
	const char *name = import_row_object_name(object);
	struct buf file;

	buf_init(&file, 512);
	put_file_name(object, "identity", line, &file);
	import_row_file(import, buf_cstr(&file), pem);
	import_not_supported(line,
	    "an identity certificate, whose key no running-config has; export both with \"crypto "
	    "ca export %.64s pkcs12\"",
	    name);
	import_todo(import,
	    "pki.conf: trustpoint %s has an identity certificate (%s); export it on the ASA with "
	    "its key to use it",
	    name, buf_cstr(&file));
	buf_fini(&file);
}

/* "certificate [ca|ra-general|..] SERIAL", then hexadecimal lines and "quit". */
static void
run_certificate(struct import *import, struct import_line *line)
{
	const char *kind = line->len > 2 ? line->words[1] : "";
	struct node *object = import_object(import);
	bool ca = strcmp(kind, "ca") == 0;
	struct buf hex, der, pem;

	buf_init(&hex, 2 * CERTIFICATE_MAX);
	buf_init(&der, CERTIFICATE_MAX);
	buf_init(&pem, 2 * CERTIFICATE_MAX);
	if (take_hex(import, line, &hex, "line of a certificate") &&
	    check_der(import, line, &hex, &der)) {
		put_pem(&der, &pem);
		if (object == NULL) {
			import_not_needed(line, "its trustpoint was not converted");
		} else if (kind[0] != '\0' && !ca) {
			import_not_needed(line, NO_ENROLLMENT);
		} else if (!ca) {
			add_identity(import, line, object, &pem);
		} else if (import_row_is_marked(object)) {
			import_not_needed(line, "its trustpoint is not for clients");
		} else {
			add_ca(import, line, object, &pem);
			import_converted(line, "ca-certificate of trustpoint %s",
			    import_row_object_name(object));
		}
	}
	buf_fini(&hex);
	buf_fini(&der);
	buf_fini(&pem);
}

static const struct import_command chain[] = {
    {.words = "certificate", .run = run_certificate},
};
static const struct import_mode mode_chain = {
    .name = "crypto ca certificate chain", .commands = chain, .len = ARRAY_LEN(chain)};

/* ---- certificate maps ---- */

/* A rule that stands in the input twice is one rule. */
static struct node *
find_map(struct import *import, const char *name, int64_t sequence)
{
	struct node *list =
	    import_row_child(import_root(import, CONF_TUNNEL_GROUPS), "certificate-maps");

	for (size_t i = 0; i < import_row_len(list); i++) {
		struct node *rule = import_row_at(list, i);
		const struct node *number = import_row_child(rule, "sequence");

		if (number != NULL && number->num == sequence &&
		    strcmp(import_row_object_name(rule), name) == 0)
			return rule;
	}
	return NULL;
}

/* "crypto ca certificate map [NAME] SEQ" */
static void
run_map(struct import *import, struct import_line *line)
{
	const struct row *row = &row_kind(CONF_CERTIFICATE_MAP)->rows[CM_SEQUENCE];
	const char *name = line->len == 6 ? line->words[4] : DEFAULT_MAP;
	uint64_t sequence = 0;

	if (line->len < 5 || line->len > 6 ||
	    str_to_u64(line->words[line->len - 1], (uint64_t)row->min, (uint64_t)row->max,
		&sequence) != ERR_OK) {
		import_not_supported(line, "is not crypto ca certificate map NAME NUMBER");
		import_enter(import, &mode_map, NULL);
		return;
	}
	if (!import_row_fits(line, CONF_CERTIFICATE_MAP, CM_NAME, name)) {
		import_enter(import, &mode_map, NULL);
		return;
	}
	struct node *rule = find_map(import, name, (int64_t)sequence);
	if (rule == NULL) {
		rule = import_append(
		    import, import_root(import, CONF_TUNNEL_GROUPS), "certificate-maps");
		import_set_str(import, rule, "name", name);
		import_set_int(import, rule, "sequence", (long)sequence);
	}
	import_converted(line, "certificate map %s, rule %ld", name, (long)sequence);
	import_enter(import, &mode_map, rule);
}

/* A criterion as it is, without quotes. One that cannot be read would leave a rule that says more
 * than it should: finish() drops it. */
static void
run_criterion(struct import *import, struct import_line *line)
{
	struct node *rule = import_object(import);
	struct certmap_criterion criterion;
	struct buf text;

	if (rule == NULL) {
		import_row_orphan(line);
		return;
	}
	buf_init(&text, 4096);
	const char *joined = import_row_join(&text, line->words, line->len);
	if (certmap_parse(joined, &criterion) != ERR_OK) {
		import_not_supported(
		    line, "is no criterion of ours; its rule is dropped: write it by hand");
		import_row_mark(rule);
	} else if (import_row_fits(line, CONF_CERTIFICATE_MAP, CM_CRITERIA, joined)) {
		import_add_str(import, rule, "criteria", joined);
		import_converted(line, "criteria");
	} else {
		import_row_mark(rule);
	}
	buf_fini(&text);
}

static bool
other_criterion(struct import *import, struct import_line *line)
{
	if (line->indent == 0)
		return false;
	run_criterion(import, line);
	return true;
}

static const struct import_command map[] = {
    {.words = "subject-name", .run = run_criterion},
    {.words = "issuer-name", .run = run_criterion},
    {.words = "alt-subject-name", .run = run_criterion},
    {.words = "extended-key-usage", .run = run_criterion},
    {.words = "description", .not_needed = "a remark"},
};
static const struct import_mode mode_map = {.name = "crypto ca certificate map",
    .commands = map,
    .len = ARRAY_LEN(map),
    .other = other_criterion};

/* ---- when all is read ---- */

/* Rules that say less than they did, or nothing. */
static void
finish_rules(struct import *import)
{
	struct node *rules =
	    import_row_child(import_root(import, CONF_TUNNEL_GROUPS), "certificate-maps");

	for (size_t i = import_row_len(rules); i > 0; i--) {
		struct node *rule = import_row_at(rules, i - 1);
		struct import_line *line = import_line_at(import, rule->line);

		if (!import_row_is_marked(rule) && import_row_child(rule, "criteria") != NULL)
			continue;
		if (line != NULL)
			import_not_supported(line, "no rule without all of its criteria");
		import_row_drop(rules, i - 1);
	}
}

/* A trustpoint with an identity certificate and the CA above it: the ASA believed client
 * certificates of that CA, which is not always meant. */
static void
finish_trustpoints(struct import *import)
{
	struct node *list = import_row_child(import_root(import, CONF_PKI), "trustpoints");

	for (size_t i = 0; i < import_row_len(list); i++) {
		struct node *object = import_row_at(list, i);

		if (import_get_str(object, "ca-certificate") != NULL)
			import_todo(import,
			    "pki.conf: client certificates of the CA of trustpoint %s are "
			    "believed, as on the ASA; take ca-certificate out if they should not "
			    "be",
			    import_row_object_name(object));
	}
}

static void
finish(struct import *import)
{
	finish_rules(import);
	finish_trustpoints(import);
}

#define NO_POOL "CAs that everybody trusts judge no clients here"
static const struct import_command commands[] = {
    {.words = "crypto ca trustpoint", .run = run_trustpoint},
    {.words = "crypto ca certificate chain", .run = run_chain},
    {.words = "crypto ca certificate map", .run = run_map},
    {.words = "crypto ca trustpool", .not_needed = NO_POOL, .mode = &import_mode_any},
    {.words = "crypto ca server",
	.not_supported = "there is no CA here; keep one elsewhere",
	.mode = &import_mode_any},
    {.words = "crypto ca alerts", .not_needed = "no such alerts are sent"},
    {.words = "crypto ca reference-identity",
	.not_needed = "there is no such client here",
	.mode = &import_mode_any},
    {.words = "crypto ca permit-weak-crypto", .not_needed = "weak certificates are refused"},
};
const struct import_table import_commands_crypto = {
    .commands = commands, .len = ARRAY_LEN(commands), .finish = finish};
