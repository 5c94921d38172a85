/* SPDX-License-Identifier: Apache-2.0 */
/* The group ssl of gateway.conf: a list of suites must leave something of the versions spoken. */
#include <string.h>

#include "conf/check.h"
#include "conf/errors.h"

static bool
speaks_13(const struct conf_object *ssl)
{
	char *const *names;
	size_t len = conf_list(ssl, SSLC_CIPHERS, &names);

	for (size_t i = 0; i < len; i++)
		if (strncmp(names[i], "TLS_", 4) == 0)
			return true;
	return len == 0;
}

/* strict is TLS 1.3, if server-version does not say otherwise. */
static bool
wants_13(const struct conf_object *ssl)
{
	const char *version = conf_str(ssl, SSLC_SERVER_VERSION);

	if (strcmp(version, "preset") == 0)
		return strcmp(conf_str(ssl, SSLC_PRESET), "strict") == 0;
	return strcmp(version, "tlsv1.3") == 0;
}

static void
check_one(UNUSED const struct conf *conf, const struct conf_object *ssl, struct conf_errors *errors)
{
	if (wants_13(ssl) && !speaks_13(ssl))
		errors_setting(errors, ssl, SSLC_CIPHERS,
		    "there is no suite of TLS 1.3, and no other version is spoken; add "
		    "TLS_AES_256_GCM_SHA384 or write server-version = \"tlsv1.2\"");
	if (strcmp(conf_str(ssl, SSLC_PRESET), "legacy") == 0)
		errors_warn(errors, ssl,
		    "preset legacy lets clients use AES-CBC; write \"default\" when the last "
		    "client that needs it is gone");
}

void
check_ssl(const struct conf *conf, struct conf_errors *errors)
{
	check_each(conf, CONF_SSL, check_one, errors);
}
