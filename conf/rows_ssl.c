/* SPDX-License-Identifier: Apache-2.0 */
/* The settings of the group ssl of gateway.conf. Nothing but rows; the index is enum conf_ssl. */
#include "conf/row.h"

#define BROKEN "it is broken; leave it out"
#define STATIC_RSA                                                                                 \
	"what was recorded could be read with the key of the certificate; write the one with "     \
	"ECDHE-RSA- in front"
#define FINITE_FIELD                                                                               \
	"it makes the gateway work hard for anybody who asks; write the one with ECDHE in place "  \
	"of DHE"

static const char *const presets[] = {"default", "strict", "legacy", NULL};
static const char *const versions[] = {"preset", "tlsv1.2", "tlsv1.3", NULL};
static const char *const groups[] = {"x25519", "group19", "group20", "group21", NULL};
static const char *const ciphers[] = {
    "TLS_AES_256_GCM_SHA384",
    "TLS_AES_128_GCM_SHA256",
    "TLS_CHACHA20_POLY1305_SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
    "ECDHE-RSA-CHACHA20-POLY1305",
    "ECDHE-ECDSA-AES256-SHA384",
    "ECDHE-RSA-AES256-SHA384",
    "ECDHE-ECDSA-AES128-SHA256",
    "ECDHE-RSA-AES128-SHA256",
    "ECDHE-ECDSA-AES256-SHA",
    "ECDHE-RSA-AES256-SHA",
    "ECDHE-ECDSA-AES128-SHA",
    "ECDHE-RSA-AES128-SHA",
    NULL,
};

static const struct row_refused refused[] = {
    {"server-version sslv3", "it is broken; write tlsv1.2"},
    {"server-version tlsv1", "it is broken; write tlsv1.2"},
    {"server-version tlsv1.1", "it is broken; write tlsv1.2"},
    {"ciphers RC4-SHA", BROKEN},
    {"ciphers DES-CBC3-SHA", BROKEN},
    {"ciphers AES256-GCM-SHA384", STATIC_RSA},
    {"ciphers AES128-GCM-SHA256", STATIC_RSA},
    {"ciphers AES256-SHA256", STATIC_RSA},
    {"ciphers AES128-SHA256", STATIC_RSA},
    {"ciphers AES256-SHA", STATIC_RSA},
    {"ciphers AES128-SHA", STATIC_RSA},
    {"ciphers DHE-RSA-AES256-GCM-SHA384", FINITE_FIELD},
    {"ciphers DHE-RSA-AES128-GCM-SHA256", FINITE_FIELD},
    {"ciphers DHE-RSA-AES256-SHA", FINITE_FIELD},
    {"ciphers DHE-RSA-AES128-SHA", FINITE_FIELD},
};

static const struct row ssl[SSLC_COUNT] = {
    [SSLC_PRESET] = {.name = "preset",
	.type = ROW_ENUM,
	.def_text = "default",
	.words = presets,
	.help = "what the settings below are where they are not written"},
    [SSLC_SERVER_VERSION] = {.name = "server-version",
	.type = ROW_ENUM,
	.def_text = "preset",
	.words = versions,
	.help = "lowest version of TLS that is spoken"},
    [SSLC_CIPHERS] = {.name = "ciphers",
	.type = ROW_STRINGS,
	.max_count = ARRAY_LEN(ciphers) - 1,
	.words = ciphers,
	.help = "cipher suites of TLS, the best first"},
    [SSLC_ECDH_GROUPS] = {.name = "ecdh-groups",
	.type = ROW_STRINGS,
	.max_count = ARRAY_LEN(groups) - 1,
	.words = groups,
	.help = "groups for the key exchange, the best first"},
    [SSLC_OCSP_STAPLING] = {.name = "ocsp-stapling",
	.type = ROW_BOOL,
	.def = true,
	.help = "show clients what the OCSP responder says of our certificate"},
    [SSLC_FIPS] = {.name = "fips",
	.type = ROW_BOOL,
	.def = false,
	.help = "TLS, DTLS and signatures from OpenSSL's FIPS provider only"},
};
const struct row_kind rows_gateway_ssl = {
    .rows = ssl,
    .len = ARRAY_LEN(ssl),
    .refused = refused,
    .refused_len = ARRAY_LEN(refused),
};
