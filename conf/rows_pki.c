/* SPDX-License-Identifier: Apache-2.0 */
/* The settings of pki.conf (asa.md 4). Nothing but rows; the index is the enum in conf.h. */
#include "conf/row.h"
#include "conf/syntax.h"

#define ROWS(table)                                                                                \
	{                                                                                          \
		.rows = (table), .len = ARRAY_LEN(table)                                           \
	}

static const char *const curves[] = {"P-256", "P-384", "P-521", "brainpoolP256r1",
    "brainpoolP384r1", "brainpoolP512r1", "Ed25519", "Ed448", NULL};
static const char *const hashes[] = {"sha1", "sha224", "sha256", "sha384", "sha512", NULL};

static const struct row top[PKI_COUNT] = {
    [PKI_TRUSTPOINTS] = {.name = "trustpoints",
	.type = ROW_OBJECTS,
	.required = true,
	.max_count = 256,
	.kind = CONF_TRUSTPOINT,
	.help = "certificates and keys"},
    [PKI_SSL_TRUST_POINT] = {.name = "ssl-trust-point",
	.type = ROW_STRING,
	.required = true,
	.max = 64,
	.syntax = syntax_name,
	.help = "the trustpoint whose certificate the listeners show"},
    [PKI_SSL_TRUST_POINTS] = {.name = "ssl-trust-points",
	.type = ROW_OBJECTS,
	.max_count = 64,
	.kind = CONF_SSL_TRUST_POINT,
	.help = "other certificates, shown to clients that ask for their names"},
    [PKI_REVOCATION_TIMEOUT] = {.name = "revocation-timeout",
	.type = ROW_INT,
	.min = 1,
	.max = 60,
	.def = 5,
	.help = "seconds until a responder or the server of a CRL is taken for dead"},
    [PKI_MINIMUM_RSA_MODULUS] = {.name = "minimum-rsa-modulus",
	.type = ROW_INT,
	.min = 1024,
	.max = 8192,
	.def = 2048,
	.help = "bits that an RSA key of a client's certificate, or of its CA, has at least"},
    [PKI_ELLIPTIC_CURVES] = {.name = "elliptic-curves",
	.type = ROW_STRINGS,
	.max_count = 8,
	.words = curves,
	.help = "curves that EC and EdDSA keys of such certificates may be on"},
    [PKI_SIGNATURE_HASHES] = {.name = "signature-hashes",
	.type = ROW_STRINGS,
	.max_count = 5,
	.words = hashes,
	.help = "hashes that such certificates may be signed with"},
};
const struct row_kind rows_pki = ROWS(top);

static const char *const crl_policies[] = {"cdp", "static", "both", NULL};
static const char *const usages[] = {"ipsec-client", "ssl-client", "ssl-server", NULL};
static const char *const revocation_methods[] = {"crl", "ocsp", "none", NULL};

static const struct row trustpoint[TP_COUNT] = {
    [TP_NAME] = {.name = "name",
	.type = ROW_STRING,
	.required = true,
	.max = 64,
	.syntax = syntax_name,
	.help = "name of the trustpoint"},
    [TP_CERTIFICATE] = {.name = "certificate",
	.type = ROW_STRING,
	.syntax = syntax_file,
	.help = "PEM file of the identity certificate, its chain behind it"},
    [TP_KEY] = {.name = "key",
	.type = ROW_STRING,
	.syntax = syntax_file,
	.help = "PEM file of its private key, not encrypted"},
    [TP_CA_CERTIFICATE] = {.name = "ca-certificate",
	.type = ROW_STRING,
	.syntax = syntax_file,
	.help = "PEM file of CA certificates whose client certificates are believed"},
    [TP_REVOCATION_CHECK] = {.name = "revocation-check",
	.type = ROW_STRINGS,
	.max_count = 3,
	.def_text = "none",
	.words = revocation_methods,
	.help = "how certificates of this CA are checked for revocation, in order"},
    [TP_OCSP_URL] = {.name = "ocsp-url",
	.type = ROW_STRING,
	.syntax = syntax_fetch_url,
	.help = "OCSP responder to ask in place of the one that the certificate names"},
    [TP_OCSP_DISABLE_NONCE] = {.name = "ocsp-disable-nonce",
	.type = ROW_BOOL,
	.def = false,
	.help = "ask without a nonce, for responders that sign answers ahead"},
    [TP_CRL_POLICY] = {.name = "crl-policy",
	.type = ROW_ENUM,
	.def_text = "cdp",
	.words = crl_policies,
	.help = "where CRLs are: as the certificate says, at crl-urls, or there if not here"},
    [TP_CRL_URLS] = {.name = "crl-urls",
	.type = ROW_STRINGS,
	.max_count = 5,
	.syntax = syntax_fetch_url,
	.help = "where CRLs of this CA are, tried in order"},
    [TP_CRL_CACHE_TIME] = {.name = "crl-cache-time",
	.type = ROW_INT,
	.min = 1,
	.max = 1440,
	.def = 60,
	.help = "minutes that a CRL is used before it is fetched again"},
    [TP_CRL_ENFORCE_NEXT_UPDATE] = {.name = "crl-enforcenextupdate",
	.type = ROW_BOOL,
	.def = true,
	.help = "a CRL after its next update, or without one, is worth nothing"},
    [TP_VALIDATION_USAGE] = {.name = "validation-usage",
	.type = ROW_STRINGS,
	.max_count = 3,
	.def_text = "ssl-client",
	.words = usages,
	.help = "whose certificates its CAs vouch for; clients need ssl-client"},
};
const struct row_kind rows_pki_trustpoint = ROWS(trustpoint);

static const struct row ssl_trust_point[STP_COUNT] = {
    [STP_TRUSTPOINT] = {.name = "trustpoint",
	.type = ROW_STRING,
	.required = true,
	.max = 64,
	.syntax = syntax_name,
	.help = "the trustpoint"},
    [STP_DOMAIN] = {.name = "domain",
	.type = ROW_STRING,
	.required = true,
	.syntax = syntax_sni,
	.help = "name that clients ask for, or *.example.com for all of one level"},
};
const struct row_kind rows_pki_ssl_trust_point = ROWS(ssl_trust_point);
