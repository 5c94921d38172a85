/* SPDX-License-Identifier: Apache-2.0 */
/* The trustpoints: what belongs together is there, and the files are what their settings say. */
#include <string.h>

#include "conf/check.h"
#include "conf/errors.h"

#define RSA_BITS_SAFE 2048

static bool
has_text(const char *data, size_t len, const char *wanted)
{
	return memmem(data, len, wanted, strlen(wanted)) != NULL;
}

/* The outside of a PEM file; pki looks inside. */
static void
check_pem(const struct conf *conf, const struct conf_object *trustpoint, unsigned setting,
    struct conf_errors *errors)
{
	const char *path = conf_str(trustpoint, setting);
	size_t len;

	if (path == NULL)
		return;
	const char *data = conf_file_content(conf, path, &len);
	if (data == NULL) {
		/* A file that could not be read is reported already. */
		if (errors->count == 0)
			errors_setting(errors, trustpoint, setting, "%s is empty", path);
		return;
	}
	if (setting != TP_KEY) {
		if (setting == TP_CA_CERTIFICATE && has_text(data, len, "PRIVATE KEY-----"))
			errors_setting(errors, trustpoint, setting,
			    "%s holds a private key, which has no place among CA certificates; "
			    "take it "
			    "out",
			    path);
		if (!has_text(data, len, "-----BEGIN CERTIFICATE-----") ||
		    !has_text(data, len, "-----END CERTIFICATE-----"))
			errors_setting(errors, trustpoint, setting,
			    "%s has no certificate; it must be PEM, with a BEGIN CERTIFICATE line",
			    path);
		return;
	}
	if (has_text(data, len, "-----BEGIN ENCRYPTED PRIVATE KEY-----") ||
	    has_text(data, len, "Proc-Type: 4,ENCRYPTED"))
		errors_setting(errors, trustpoint, setting,
		    "%s is encrypted; remove its pass phrase with \"openssl pkey\"", path);
	else if (!has_text(data, len, "-----BEGIN ") || !has_text(data, len, "PRIVATE KEY-----") ||
		 !has_text(data, len, "-----END "))
		errors_setting(errors, trustpoint, setting,
		    "%s has no private key; it must be PEM, with a BEGIN PRIVATE KEY line", path);
}

/* "none" lets everything pass: a method behind it would never be asked. */
static void
check_revocation(const struct conf_object *trustpoint, struct conf_errors *errors)
{
	const char *policy = conf_str(trustpoint, TP_CRL_POLICY);
	char *const *methods, *const *urls;
	size_t len = conf_list(trustpoint, TP_REVOCATION_CHECK, &methods);
	bool crl = false;

	for (size_t i = 0; i < len; i++) {
		crl = crl || strcmp(methods[i], "crl") == 0;
		if (strcmp(methods[i], "none") == 0 && i + 1 < len) {
			errors_setting(errors, trustpoint, TP_REVOCATION_CHECK,
			    "%s is never asked behind none; put none last", methods[i + 1]);
			return;
		}
	}
	if (crl && strcmp(policy, "cdp") != 0 && conf_list(trustpoint, TP_CRL_URLS, &urls) == 0)
		errors_warn(errors, trustpoint, "crl-policy is %s, and there are no crl-urls%s",
		    policy, strcmp(policy, "static") == 0 ? "; no CRL will be found" : "");
}

/* What is weaker than it should be today. */
static void
check_strength(const struct conf_object *root, struct conf_errors *errors)
{
	int64_t bits = conf_int(root, PKI_MINIMUM_RSA_MODULUS);
	char *const *hashes;
	size_t len = conf_list(root, PKI_SIGNATURE_HASHES, &hashes);

	if (bits < RSA_BITS_SAFE)
		errors_warn(errors, root,
		    "minimum-rsa-modulus is %lld; RSA keys of less than %d bits can be broken",
		    (long long)bits, RSA_BITS_SAFE);
	for (size_t i = 0; i < len; i++)
		if (strcmp(hashes[i], "sha1") == 0)
			errors_warn(errors, root,
			    "signature-hashes has sha1; certificates signed with it can be forged");
}

static bool
is_for_clients(const struct conf_object *trustpoint)
{
	char *const *usages;
	size_t len = conf_list(trustpoint, TP_VALIDATION_USAGE, &usages);

	for (size_t i = 0; i < len; i++)
		if (strcmp(usages[i], "ssl-client") == 0)
			return conf_str(trustpoint, TP_CA_CERTIFICATE) != NULL;
	return false;
}

/* A trustpoint that is to be shown to clients. */
static void
check_shown(const struct conf *conf, const struct conf_object *object, unsigned setting,
    struct conf_errors *errors)
{
	const char *name = conf_str(object, setting);
	const struct conf_object *trustpoint =
	    name != NULL ? conf_find(conf, CONF_TRUSTPOINT, name) : NULL;

	if (trustpoint != NULL &&
	    (conf_str(trustpoint, TP_CERTIFICATE) == NULL || conf_str(trustpoint, TP_KEY) == NULL))
		errors_setting(errors, object, setting,
		    "\"%s\" has no certificate or no key; the listeners need both", name);
}

/* A trustpoint by which a client's certificate must be good. */
static void
check_anchor(
    const struct conf *conf, const struct conf_object *multiple, struct conf_errors *errors)
{
	static const unsigned settings[] = {TGM_FIRST_TRUSTPOINT, TGM_SECOND_TRUSTPOINT};

	for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
		const char *name = conf_str(multiple, settings[i]);
		const struct conf_object *trustpoint =
		    name != NULL ? conf_find(conf, CONF_TRUSTPOINT, name) : NULL;

		if (trustpoint != NULL && !is_for_clients(trustpoint))
			errors_setting(errors, multiple, settings[i],
			    "\"%.64s\" has no ca-certificate, or its validation-usage has no "
			    "ssl-client; nobody could log in",
			    name);
	}
}

void
check_pki(const struct conf *conf, struct conf_errors *errors)
{
	const struct conf_object *root = conf_root(conf, CONF_PKI);
	const struct conf_object *const *trustpoints;
	struct conf_object *const *entries;
	size_t len = conf_objects(conf, CONF_TRUSTPOINT, &trustpoints);

	for (size_t i = 0; i < len; i++) {
		const char *certificate = conf_str(trustpoints[i], TP_CERTIFICATE);
		const char *key = conf_str(trustpoints[i], TP_KEY);

		if (key != NULL && certificate == NULL)
			errors_setting(errors, trustpoints[i], TP_CERTIFICATE,
			    "is missing; a key needs its certificate");
		check_pem(conf, trustpoints[i], TP_CERTIFICATE, errors);
		check_pem(conf, trustpoints[i], TP_KEY, errors);
		check_pem(conf, trustpoints[i], TP_CA_CERTIFICATE, errors);
		check_revocation(trustpoints[i], errors);
	}
	if (root == NULL)
		return;
	check_each(conf, CONF_TG_MULTIPLE, check_anchor, errors);
	check_strength(root, errors);
	check_shown(conf, root, PKI_SSL_TRUST_POINT, errors);
	size_t names = conf_subs(root, PKI_SSL_TRUST_POINTS, &entries);
	for (size_t i = 0; i < names; i++)
		check_shown(conf, entries[i], STP_TRUSTPOINT, errors);
}
