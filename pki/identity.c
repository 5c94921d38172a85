/* SPDX-License-Identifier: Apache-2.0 */
/* Certificate and key of each trustpoint, and whether they belong together. */
#include "pki/identity.h"

#include <ctype.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/tls1.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "conf/check.h"
#include "conf/errors.h"
#include "pki/fetch.h"
#include "pki/ocsp.h"

static enum err
identity_load(const struct conf *conf, const struct conf_object *trustpoint,
    struct conf_errors *errors, struct identity *out)
{
	const char *cert_path = conf_str(trustpoint, TP_CERTIFICATE);
	const char *key_path = conf_str(trustpoint, TP_KEY);
	size_t cert_len = 0, key_len = 0;
	const char *cert = conf_file_content(conf, cert_path, &cert_len);
	const char *key = conf_file_content(conf, key_path, &key_len);
	enum err err;

	out->trustpoint = conf_str(trustpoint, TP_NAME);
	err = cert == NULL ? ERR_NOTFOUND : trust_chain_parse(cert, cert_len, &out->chain);
	if (err != ERR_OK) {
		errors_setting(errors, trustpoint, TP_CERTIFICATE,
		    "%s is not a certificate chain in PEM (%s); put the certificate first, then "
		    "its issuers",
		    cert_path, err_str(err));
		return ERR_SYNTAX;
	}
	err = key == NULL ? ERR_NOTFOUND : key_load(key, key_len, &out->key);
	if (err != ERR_OK) {
		errors_setting(errors, trustpoint, TP_KEY,
		    "%s is not a usable private key (%s); use an unencrypted RSA (2048 to 8192 "
		    "bits) or EC "
		    "(P-256, P-384, P-521) key in PEM",
		    key_path, err_str(err));
		return ERR_SYNTAX;
	}
	if (!key_matches(out->key, out->chain.leaf)) {
		errors_setting(errors, trustpoint, TP_KEY,
		    "%s is not the key of the first certificate in %s; use the key that the "
		    "certificate was "
		    "requested with",
		    key_path, cert_path);
		return ERR_SYNTAX;
	}
	return ERR_OK;
}

static void
identity_fini(struct identity *identity)
{
	key_free(identity->key);
	trust_chain_fini(&identity->chain);
	free(identity->domains); /* the texts are the configuration's */
	memset(identity, 0, sizeof(*identity));
}

static bool
has_identity(const struct conf_object *trustpoint)
{
	return conf_str(trustpoint, TP_CERTIFICATE) != NULL && conf_str(trustpoint, TP_KEY) != NULL;
}

/* Bring the one that is shown to the front. False: it is not among them. */
static bool
put_first(struct identities *identities, const char *name)
{
	for (size_t i = 0; name != NULL && i < identities->len; i++) {
		struct identity first = identities->list[i];

		if (strcmp(first.trustpoint, name) != 0)
			continue;
		identities->list[i] = identities->list[0];
		identities->list[0] = first;
		return true;
	}
	return false;
}

/* ---- server names ---- */

static struct identity *
find_identity(struct identities *identities, const char *name)
{
	for (size_t i = 0; i < identities->len; i++)
		if (strcmp(identities->list[i].trustpoint, name) == 0)
			return &identities->list[i];
	return NULL;
}

static const char *
key_kind(const struct identity *identity)
{
	const EVP_PKEY *key = X509_get0_pubkey(identity->chain.leaf);

	return EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA ? "RSA" : "EC";
}

static enum err
add_domain(struct identity *identity, const char *domain)
{
	char **domains =
	    realloc(identity->domains, (identity->domains_len + 1) * sizeof(domains[0]));

	if (domains == NULL)
		return ERR_NOMEM;
	identity->domains = domains;
	domains[identity->domains_len++] = (char *)(uintptr_t)domain;
	return ERR_OK;
}

/* What a client that asks for the name would say of the certificate. */
static void
warn_of_name(const struct identity *identity, const struct conf_object *entry, const char *domain,
    struct conf_errors *errors)
{
	bool any = str_istarts(domain, "*.");
	char name[300];

	/* One of the names that "*.example.com" means. */
	if (str_copy(name, sizeof(name), domain) != ERR_OK)
		return;
	if (any)
		name[0] = 'x';
	if (X509_check_host(
		identity->chain.leaf, name, 0, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, NULL) != 1)
		errors_warn(errors, entry,
		    "the certificate of trustpoint %s is not for \"%s\"; clients that ask for it "
		    "will not believe it",
		    identity->trustpoint, domain);
	ERR_clear_error();
}

static void
note_domain(struct check_same *same, const struct identity *identity,
    const struct conf_object *entry, const char *domain, struct conf_errors *errors)
{
	char key[300];

	snprintf(key, sizeof(key), "%s %s", key_kind(identity), domain);
	for (char *p = key; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	check_same_add(same, key, entry, STP_DOMAIN, errors);
}

/* Tell the identities the names that ssl-trust-points gives them. */
static enum err
domains_load(
    const struct conf_object *root, struct conf_errors *errors, struct identities *identities)
{
	struct conf_object *const *entries;
	size_t n = conf_subs(root, PKI_SSL_TRUST_POINTS, &entries);
	unsigned before = errors->count;
	struct check_same same = {0};
	enum err err = ERR_OK;

	for (size_t i = 0; i < n && err == ERR_OK; i++) {
		const char *domain = conf_str(entries[i], STP_DOMAIN);
		struct identity *identity =
		    find_identity(identities, conf_str(entries[i], STP_TRUSTPOINT));

		if (identity == NULL) {
			errors_setting(errors, entries[i], STP_TRUSTPOINT,
			    "this trustpoint has no certificate and key; give it both");
			continue;
		}
		err = add_domain(identity, domain);
		note_domain(&same, identity, entries[i], domain, errors);
		warn_of_name(identity, entries[i], domain, errors);
	}
	check_same_report(&same,
	    "a name may have one certificate with an RSA key and one with an EC key", errors);
	if (err == ERR_OK && errors->count != before)
		err = ERR_SYNTAX;
	return err;
}

/* ---- stapling ---- */

static bool
has_issuer(const struct identity *identity)
{
	const unsigned char *p = identity->chain.der[1];
	X509 *issuer;
	bool ok;

	if (identity->chain.len < 2)
		return false;
	issuer = d2i_X509(NULL, &p, (long)identity->chain.der_len[1]);
	ok = issuer != NULL && X509_check_issued(issuer, identity->chain.leaf) == X509_V_OK;
	X509_free(issuer);
	return ok;
}

enum err
identity_responder(const struct identity *identity, const struct conf *conf, char *out, size_t size)
{
	const struct conf_object *trustpoint =
	    conf_find(conf, CONF_TRUSTPOINT, identity->trustpoint);
	const char *url = trustpoint != NULL ? conf_str(trustpoint, TP_OCSP_URL) : NULL;
	enum err err;

	err = url != NULL ? str_copy(out, size, url)
			  : ocsp_responder(identity->chain.leaf, out, size);
	if (err == ERR_OK && !has_issuer(identity))
		err = ERR_NOTFOUND;
	ERR_clear_error();
	return err;
}

bool
identity_must_staple(const struct identity *identity)
{
	TLS_FEATURE *features = X509_get_ext_d2i(identity->chain.leaf, NID_tlsfeature, NULL, NULL);
	bool must = false;

	for (int i = 0; i < sk_ASN1_INTEGER_num(features); i++)
		must = must || ASN1_INTEGER_get(sk_ASN1_INTEGER_value(features, i)) ==
				   TLSEXT_TYPE_status_request;
	TLS_FEATURE_free(features);
	ERR_clear_error();
	return must;
}

static void
warn_of_staples(
    const struct conf *conf, const struct identities *identities, struct conf_errors *errors)
{
	const struct conf_object *gateway = conf_root(conf, CONF_GATEWAY);
	char url[FETCH_URL_MAX];

	for (size_t i = 0; i < identities->len; i++) {
		const struct identity *identity = &identities->list[i];
		const struct conf_object *trustpoint =
		    conf_find(conf, CONF_TRUSTPOINT, identity->trustpoint);

		if (gateway == NULL || trustpoint == NULL || !identity_must_staple(identity))
			continue;
		if (!conf_bool(conf_sub(gateway, GW_SSL), SSLC_OCSP_STAPLING))
			errors_warn(errors, trustpoint,
			    "the certificate says must-staple, and ocsp-stapling is off: clients "
			    "may refuse it");
		else if (identity_responder(identity, conf, url, sizeof(url)) != ERR_OK)
			errors_warn(errors, trustpoint,
			    "the certificate says must-staple, but it names no responder, or its "
			    "issuer is not behind it in the file: clients may refuse it");
	}
}

enum err
identities_load(const struct conf *conf, struct conf_errors *errors, struct identities *out)
{
	const struct conf_object *root = conf_root(conf, CONF_PKI);
	const struct conf_object *const *trustpoints;
	size_t n = conf_objects(conf, CONF_TRUSTPOINT, &trustpoints);
	struct identities found = {.list = calloc(n > 0 ? n : 1, sizeof(struct identity))};
	enum err err = ERR_OK;

	if (found.list == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < n; i++) {
		if (!has_identity(trustpoints[i]))
			continue;
		if (identity_load(conf, trustpoints[i], errors, &found.list[found.len]) == ERR_OK) {
			found.len++;
		} else {
			identity_fini(&found.list[found.len]);
			err = ERR_SYNTAX;
		}
	}
	if (err == ERR_OK && !put_first(&found, conf_str(root, PKI_SSL_TRUST_POINT))) {
		errors_setting(errors, root, PKI_SSL_TRUST_POINT,
		    "this trustpoint has no certificate and key; give it both");
		err = ERR_SYNTAX;
	}
	if (err == ERR_OK)
		err = domains_load(root, errors, &found);
	if (err == ERR_OK)
		warn_of_staples(conf, &found, errors);
	if (err == ERR_OK)
		*out = found;
	else
		identities_fini(&found);
	return err;
}

void
identities_fini(struct identities *identities)
{
	for (size_t i = 0; i < identities->len; i++)
		identity_fini(&identities->list[i]);
	free(identities->list);
	*identities = (struct identities){0};
}
