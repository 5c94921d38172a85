/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Presets, and what is set beside them. Every suite is forward secret: the keys of our certificates
 * sign and do nothing else (gateway/tls_key.h), so that key exchange by RSA is not possible at all.
 */
#include "gateway/tls_policy.h"

#include <openssl/ssl.h>
#include <string.h>

#include "common/str.h"

#define TEXT_MAX 1024 /* of a list for OpenSSL */

/* Forward secret AEAD suites, the fastest first; Secure Client and openconnect have had them since
 * TLS 1.2. */
#define SUITES_TLS12                                                                               \
	"ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"                               \
	"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"                               \
	"ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"
#define SUITES_TLS13 "TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256"
/* For phones and for AnyConnect on systems whose TLS has no AES-GCM (Windows 7 and 8 without
 * updates): AES-CBC, still forward secret, after everything that is better. */
#define SUITES_OLD                                                                                 \
	"ECDHE-ECDSA-AES256-SHA384:ECDHE-RSA-AES256-SHA384:"                                       \
	"ECDHE-ECDSA-AES128-SHA256:ECDHE-RSA-AES128-SHA256:"                                       \
	"ECDHE-ECDSA-AES256-SHA:ECDHE-RSA-AES256-SHA:"                                             \
	"ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA"
#define GROUPS "X25519:P-256:P-384"

struct preset {
	int lowest;
	const char *tls12;
};

/* In the order of the words of conf/rows_ssl.c. */
static const struct preset presets[] = {
    {TLS1_2_VERSION, SUITES_TLS12},                /* default */
    {TLS1_3_VERSION, SUITES_TLS12},                /* strict */
    {TLS1_2_VERSION, SUITES_TLS12 ":" SUITES_OLD}, /* legacy */
};

/* OpenSSL's names of ecdh-groups. */
static const struct {
	const char *word;
	const char *name;
} groups[] = {
    {"x25519", "X25519"},
    {"group19", "P-256"},
    {"group20", "P-384"},
    {"group21", "P-521"},
};

struct wish {
	int lowest;
	int highest;
	char tls12[TEXT_MAX];
	char tls13[TEXT_MAX];
	char groups[TEXT_MAX];
};

/* Add a name to a list with colons. What does not fit, which no list of known names can come to, is
 * left out. */
static void
add(char text[TEXT_MAX], const char *name)
{
	size_t at = strlen(text), colon = at > 0;

	if (at + colon + strlen(name) >= TEXT_MAX)
		return;
	if (colon)
		text[at++] = ':';
	memcpy(text + at, name, strlen(name) + 1);
}

static const char *
group_name(const char *word)
{
	for (size_t i = 0; i < ARRAY_LEN(groups); i++)
		if (strcmp(groups[i].word, word) == 0)
			return groups[i].name;
	return word;
}

/* A list of suites has those of both versions; without any of one, that version is not spoken. */
static void
read_ciphers(const struct conf_object *ssl, const struct preset *preset, struct wish *wish)
{
	char *const *names;
	size_t len = conf_list(ssl, SSLC_CIPHERS, &names);

	if (len == 0) {
		add(wish->tls12, preset->tls12);
		add(wish->tls13, SUITES_TLS13);
		return;
	}
	for (size_t i = 0; i < len; i++)
		add(strncmp(names[i], "TLS_", 4) == 0 ? wish->tls13 : wish->tls12, names[i]);
	if (wish->tls12[0] == '\0')
		wish->lowest = TLS1_3_VERSION;
	if (wish->tls13[0] == '\0')
		wish->highest = TLS1_2_VERSION;
}

static void
read_wish(const struct conf_object *ssl, struct wish *wish)
{
	const struct preset *preset = &presets[conf_int(ssl, SSLC_PRESET)];
	const char *version = conf_str(ssl, SSLC_SERVER_VERSION);
	char *const *names;
	size_t len;

	*wish = (struct wish){.lowest = preset->lowest, .highest = TLS1_3_VERSION};
	if (strcmp(version, "preset") != 0)
		wish->lowest = strcmp(version, "tlsv1.3") == 0 ? TLS1_3_VERSION : TLS1_2_VERSION;
	read_ciphers(ssl, preset, wish);
	len = conf_list(ssl, SSLC_ECDH_GROUPS, &names);
	for (size_t i = 0; i < len; i++)
		add(wish->groups, group_name(names[i]));
	if (len == 0)
		add(wish->groups, GROUPS);
}

enum err
tls_policy_apply(SSL_CTX *ctx, const struct conf *conf)
{
	struct wish wish = {
	    .lowest = TLS1_2_VERSION,
	    .highest = TLS1_3_VERSION,
	    .tls12 = SUITES_TLS12,
	    .tls13 = SUITES_TLS13,
	    .groups = GROUPS,
	};

	if (conf != NULL)
		read_wish(conf_sub(conf_root(conf, CONF_GATEWAY), GW_SSL), &wish);
	if (SSL_CTX_set_min_proto_version(ctx, wish.lowest) != 1 ||
	    SSL_CTX_set_max_proto_version(ctx, wish.highest) != 1 ||
	    (wish.tls12[0] != '\0' && SSL_CTX_set_cipher_list(ctx, wish.tls12) != 1) ||
	    (wish.tls13[0] != '\0' && SSL_CTX_set_ciphersuites(ctx, wish.tls13) != 1) ||
	    SSL_CTX_set1_groups_list(ctx, wish.groups) != 1)
		return ERR_CRYPTO;
	return ERR_OK;
}
