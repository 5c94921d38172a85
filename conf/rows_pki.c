/* SPDX-License-Identifier: Apache-2.0 */
/* The settings of pki.conf (asa.md 4). Nothing but rows; the index is the enum in conf.h. */
#include "conf/row.h"
#include "conf/syntax.h"

#define ROWS(table)                                                                                \
	{                                                                                          \
		.rows = (table), .len = ARRAY_LEN(table)                                           \
	}

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
};
const struct row_kind rows_pki = ROWS(top);

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
};
const struct row_kind rows_pki_trustpoint = ROWS(trustpoint);
