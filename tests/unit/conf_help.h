/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For the tests of conf/: a small configuration without errors, of which a test replaces one file,
 * loaded as a slice that holds everything.
 */
#ifndef TESTS_UNIT_CONF_HELP_H
#define TESTS_UNIT_CONF_HELP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "conf/conf.h"
#include "conf/slice.h"

#define HELP_HASH                                                                                  \
	"$6$sekishotest$BZMC9.wZGvkNcvVNBQQA/eNkLoyeyhIdXGXfYGTDwXqfEU8bmOq8Y3wPCyt2t8"            \
	"B/2xvoEpVKbJWNCjTxYDzrz."

static const struct {
	enum texts_type type;
	const char *name;
	const char *text;
} help_files[] = {
    {TEXTS_CONF, "gateway.conf",
	"listeners = ( { address = \"0.0.0.0\"; } );\n"
	"tun = { ipv4-address = \"192.168.100.254/24\"; ipv6-address = \"fd00:100::1/64\"; };\n"},
    {TEXTS_CONF, "tunnel-groups.conf",
	"tunnel-groups = ( { name = \"Staff\";\n"
	"  general-attributes = { address-pool = \"POOL\"; default-group-policy = \"Staff\"; };\n"
	"  webvpn-attributes = { group-alias = ( { name = \"staff\"; } );\n"
	"    group-url = ( { url = \"https://gw.example.com/Staff\"; } ); }; } );\n"},
    {TEXTS_CONF, "group-policies.conf",
	"group-policies = ( { name = \"Staff\"; attributes = { banner = \"hi\"; }; } );\n"
	"ip-local-pools = ( { name = \"POOL\"; range = \"192.168.100.1-192.168.100.200\"; } );\n"
	"access-lists = ( { name = \"split\"; rules = [ \"permit 10.0.0.0 255.0.0.0\" ]; } );\n"},
    {TEXTS_CONF, "aaa.conf", ""},
    {TEXTS_CONF, "users.conf",
	"usernames = ( { name = \"alice\"; password = \"" HELP_HASH "\"; } );\n"},
    {TEXTS_CONF, "pki.conf",
	"trustpoints = ( { name = \"GW\"; certificate = \"gw.pem\"; key = \"gw.key\"; } );\n"
	"ssl-trust-point = \"GW\";\n"},
    {TEXTS_PEM, "gw.pem", "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"},
    {TEXTS_PEM, "gw.key", "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n"},
};

static inline bool
help_wants(const struct text *text, void *arg)
{
	(void)text;
	(void)arg;
	return true;
}

/* The configuration with one file replaced (name NULL: none; text NULL: left out), as bytes. */
static inline void
help_slice(const char *name, const char *text, struct buf *out)
{
	struct texts texts = {0};

	for (size_t i = 0; i < ARRAY_LEN(help_files); i++) {
		bool replaced = name != NULL && strcmp(help_files[i].name, name) == 0;
		const char *content = replaced ? text : help_files[i].text;

		if (content != NULL)
			assert_int_equal(texts_add(&texts, help_files[i].type, help_files[i].name,
					     content, strlen(content)),
			    ERR_OK);
	}
	buf_init(out, 8 * TEXTS_FILE_MAX);
	assert_int_equal(slice_pack(&texts, help_wants, NULL, out), ERR_OK);
	texts_fini(&texts);
}

/* Load it. errors is initialised here; the caller ends it. */
static inline struct conf *
help_load(const char *name, const char *text, struct conf_errors *errors)
{
	struct buf slice;

	help_slice(name, text, &slice);
	conf_errors_init(errors);
	struct conf *conf = conf_from_slice(slice.data, slice.len, errors);
	buf_fini(&slice);
	return conf;
}

/* Load it, and fail the test if there is an error. */
static inline struct conf *
help_load_fine(const char *name, const char *text)
{
	struct conf_errors errors;
	struct conf *conf = help_load(name, text, &errors);

	if (conf == NULL)
		fail_msg("expected no error, got: %s", buf_cstr(&errors.text));
	assert_int_equal(errors.count, 0);
	conf_errors_fini(&errors);
	return conf;
}

#endif
