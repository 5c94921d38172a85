/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One OpenSSL store with every trustpoint's CAs, each of them an anchor by itself as on the ASA (an
 * intermediate CA is enough). The trustpoint that counts is that of the CA nearest to the leaf; if
 * several have this CA, each one's revocation-check is to hold.
 */
#include "pki/verdict.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cert.h"
#include "common/str.h"
#include "conf/errors.h"
#include "pki/strength.h"
#include "pki/trust.h"

#define SECURITY_LEVEL 0 /* OpenSSL's: strong_path() is ours */

struct ca {
	X509 *cert;
	const char *trustpoint;
	const struct conf_object *check; /* NULL: revocation is not checked */
};

struct verdict_book {
	X509_STORE *store;
	struct strength strength;
	struct ca *cas;
	size_t len;
	ProtobufCBinaryData *names; /* DER, each once */
	size_t names_len;
	size_t names_bytes;
};

/* ---- the book ---- */

struct verdict_book *
verdict_book_new(void)
{
	struct verdict_book *book = calloc(1, sizeof *book);

	if (book == NULL)
		return NULL;
	strength_read(&book->strength, NULL);
	book->store = X509_STORE_new();
	if (book->store == NULL) {
		free(book);
		return NULL;
	}
	return book;
}

void
verdict_book_free(struct verdict_book *book)
{
	if (book == NULL)
		return;
	for (size_t i = 0; i < book->len; i++)
		X509_free(book->cas[i].cert);
	for (size_t i = 0; i < book->names_len; i++)
		OPENSSL_free(book->names[i].data);
	X509_STORE_free(book->store);
	free(book->cas);
	free(book->names);
	free(book);
}

static bool
has_name(const struct verdict_book *book, const unsigned char *der, size_t len)
{
	for (size_t i = 0; i < book->names_len; i++)
		if (book->names[i].len == len && memcmp(book->names[i].data, der, len) == 0)
			return true;
	return false;
}

static enum err
add_name(struct verdict_book *book, X509 *ca)
{
	unsigned char *der = NULL;
	int len = i2d_X509_NAME(X509_get_subject_name(ca), &der);
	ProtobufCBinaryData *names;

	if (len <= 0)
		return ERR_NOMEM;
	if (has_name(book, der, (size_t)len)) {
		OPENSSL_free(der);
		return ERR_OK;
	}
	names = reallocarray(book->names, book->names_len + 1, sizeof names[0]);
	if (names == NULL) {
		OPENSSL_free(der);
		return ERR_NOMEM;
	}
	book->names = names;
	names[book->names_len++] = (ProtobufCBinaryData){(size_t)len, der};
	book->names_bytes += (size_t)len;
	return ERR_OK;
}

enum err
verdict_book_add(
    struct verdict_book *book, X509 *ca, const char *trustpoint, const struct conf_object *check)
{
	struct ca *cas = reallocarray(book->cas, book->len + 1, sizeof cas[0]);

	if (cas == NULL)
		return ERR_NOMEM;
	book->cas = cas;
	/* One that is there already is fine: several trustpoints may have it. */
	if (X509_STORE_add_cert(book->store, ca) != 1 || X509_up_ref(ca) != 1) {
		ERR_clear_error();
		return ERR_NOMEM;
	}
	cas[book->len++] = (struct ca){ca, trustpoint, check};
	return add_name(book, ca);
}

size_t
verdict_book_names(const struct verdict_book *book, const ProtobufCBinaryData **out)
{
	*out = book->names;
	return book->names_bytes <= VERDICT_NAMES_MAX ? book->names_len : 0;
}

/* ---- from the configuration ---- */

/* NULL: its key is strong enough. */
static const char *
weak_key(const struct verdict_book *book, X509 *cert)
{
	return strength_key(&book->strength, X509_get0_pubkey(cert));
}

/* The same of what it is signed with, which does not count for an anchor. */
static const char *
weak_signature(const struct verdict_book *book, const X509 *cert)
{
	const X509_ALGOR *alg;

	X509_get0_signature(NULL, &alg, cert);
	return strength_signature(&book->strength, alg);
}

/* Where the certificates of a file go to. */
struct loading {
	struct verdict_book *book;
	struct conf_errors *errors;
	const struct conf_object *trustpoint;
	const struct conf_object *check; /* the trustpoint, or NULL: as in struct ca */
	unsigned number;                 /* of the certificate within the file */
};

static enum err
load_ca(X509 *cert, void *arg)
{
	struct loading *loading = arg;
	const struct conf_object *tp = loading->trustpoint;
	const char *weak = weak_key(loading->book, cert);
	const char *file = conf_str(tp, TP_CA_CERTIFICATE);

	loading->number++;
	if (X509_check_ca(cert) == 0) {
		errors_setting(loading->errors, tp, TP_CA_CERTIFICATE,
		    "certificate %u in %s is not a CA's; leave only CA certificates in it",
		    loading->number, file);
		return ERR_OK;
	}
	if (X509_cmp_current_time(X509_get0_notAfter(cert)) < 0)
		errors_warn(loading->errors, tp,
		    "ca-certificate: certificate %u in %s has expired: nothing under it is "
		    "believed",
		    loading->number, file);
	else if (X509_cmp_current_time(X509_get0_notBefore(cert)) > 0)
		errors_warn(loading->errors, tp,
		    "ca-certificate: certificate %u in %s is not valid yet: nothing under it is "
		    "believed",
		    loading->number, file);
	if (weak != NULL)
		errors_warn(loading->errors, tp,
		    "ca-certificate: certificate %u in %s: %s: nothing under it is believed",
		    loading->number, file, weak);
	return verdict_book_add(loading->book, cert, conf_str(tp, TP_NAME), loading->check);
}

/* Anything but exactly "none". */
static bool
wants_revocation_check(const struct conf_object *trustpoint)
{
	char *const *methods;
	size_t len = conf_list(trustpoint, TP_REVOCATION_CHECK, &methods);

	for (size_t i = 0; i < len; i++)
		if (strcmp(methods[i], "none") != 0)
			return true;
	return false;
}

/* May its CAs vouch for SSL clients? */
static bool
is_for_clients(const struct conf_object *trustpoint)
{
	char *const *usages;
	size_t len = conf_list(trustpoint, TP_VALIDATION_USAGE, &usages);

	for (size_t i = 0; i < len; i++)
		if (strcmp(usages[i], "ssl-client") == 0)
			return true;
	return false;
}

static enum err
load_trustpoint(struct verdict_book *book, const struct conf *conf, const struct conf_object *tp,
    struct conf_errors *errors)
{
	struct loading loading = {book, errors, tp, wants_revocation_check(tp) ? tp : NULL, 0};
	const char *path = conf_str(tp, TP_CA_CERTIFICATE);
	const char *pem;
	size_t len;
	enum err err;

	if (path == NULL || !is_for_clients(tp))
		return ERR_OK;
	pem = conf_file_content(conf, path, &len);
	err = pem == NULL ? ERR_NOTFOUND : trust_each(pem, len, load_ca, &loading);
	if (err == ERR_NOMEM)
		return err;
	if (err != ERR_OK)
		errors_setting(errors, tp, TP_CA_CERTIFICATE,
		    "%s is not a list of CA certificates in PEM (%s); put them in one after the "
		    "other",
		    path, err_str(err));
	return ERR_OK;
}

enum err
verdict_book_load(struct verdict_book *book, const struct conf *conf, struct conf_errors *errors)
{
	const struct conf_object *const *trustpoints;
	size_t len = conf_objects(conf, CONF_TRUSTPOINT, &trustpoints);
	unsigned before = errors->count;
	enum err err = ERR_OK;

	strength_read(&book->strength, conf_root(conf, CONF_PKI));

	for (size_t i = 0; i < len && err == ERR_OK; i++)
		err = load_trustpoint(book, conf, trustpoints[i], errors);
	ERR_clear_error();
	if (err == ERR_OK && errors->count > before)
		err = ERR_SYNTAX;
	return err;
}

const struct strength *
verdict_book_strength(const struct verdict_book *book)
{
	return &book->strength;
}

/* ---- judging ---- */

static void PRINTF_LIKE(2, 3) refuse(struct verdict *verdict, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(verdict->reason, sizeof verdict->reason, fmt, ap);
	va_end(ap);
}

static X509 *
decode(const ProtobufCBinaryData *der)
{
	const unsigned char *p = der->data;
	X509 *cert = d2i_X509(NULL, &p, (long)der->len);

	if (cert != NULL && p != der->data + der->len) {
		X509_free(cert);
		return NULL;
	}
	return cert;
}

/* Every certificate of the chain, leaf first. NULL: the reason is set. */
static STACK_OF(X509) *
    decode_chain(const ProtobufCBinaryData *chain, size_t len, struct verdict *verdict)
{
	STACK_OF(X509) *certs = NULL;

	if (len == 0)
		refuse(verdict, "there is no certificate");
	else if (len > VERDICT_CHAIN_MAX)
		refuse(verdict, "more than %d certificates", VERDICT_CHAIN_MAX);
	else
		certs = sk_X509_new_reserve(NULL, VERDICT_CHAIN_MAX);
	for (size_t i = 0; certs != NULL && i < len; i++) {
		X509 *cert = chain[i].len <= VERDICT_DER_MAX ? decode(&chain[i]) : NULL;

		if (cert != NULL && sk_X509_push(certs, cert) > 0)
			continue;
		if (cert == NULL)
			refuse(verdict, "certificate %zu is %s", i + 1,
			    chain[i].len > VERDICT_DER_MAX ? "too big" : "malformed");
		X509_free(cert);
		sk_X509_pop_free(certs, X509_free);
		certs = NULL;
	}
	return certs;
}

/* Is this CA believed? Whose it is, and who wants to have checked what is under it. */
static bool
find_ca(const struct verdict_book *book, X509 *cert, struct verdict *verdict)
{
	for (size_t i = 0; i < book->len; i++) {
		const struct ca *ca = &book->cas[i];

		if (X509_cmp(ca->cert, cert) != 0)
			continue;
		if (verdict->trustpoint == NULL)
			verdict->trustpoint = ca->trustpoint;
		if (ca->check == NULL)
			continue;
		if (verdict->checks_len == VERDICT_CHECKS_MAX) {
			refuse(verdict, "more than %d trustpoints want its revocation checked",
			    VERDICT_CHECKS_MAX);
			return false;
		}
		verdict->checks[verdict->checks_len++] = ca->check;
	}
	return verdict->trustpoint != NULL;
}

/* The CA nearest to the leaf decides, and the path that counts ends with it. */
static bool
find_trustpoint(
    const struct verdict_book *book, const STACK_OF(X509) * path, struct verdict *verdict)
{
	refuse(verdict, "no trustpoint has its CA");
	for (int i = 0; i < sk_X509_num(path); i++) {
		X509 *cert = sk_X509_value(path, i);

		if (verdict->path_len == ARRAY_LEN(verdict->path) || X509_up_ref(cert) != 1)
			return false;
		verdict->path[verdict->path_len++] = cert;
		if (find_ca(book, cert, verdict))
			return true;
		if (verdict->trustpoint != NULL)
			return false;
	}
	return false;
}

static bool
strong_path(const struct verdict_book *book, const STACK_OF(X509) * path, struct verdict *verdict)
{
	int len = sk_X509_num(path);

	for (int i = 0; i < len; i++) {
		X509 *cert = sk_X509_value(path, i);
		const char *weak = weak_key(book, cert);

		if (weak == NULL && i + 1 < len)
			weak = weak_signature(book, cert);
		if (weak != NULL) {
			refuse(verdict, "certificate %d of the path: %s", i + 1, weak);
			return false;
		}
	}
	return true;
}

static bool
build_path(
    X509_STORE_CTX *ctx, struct verdict_book *book, STACK_OF(X509) * certs, struct verdict *verdict)
{
	X509_VERIFY_PARAM *param;
	int error;

	if (X509_STORE_CTX_init(ctx, book->store, sk_X509_value(certs, 0), certs) != 1) {
		refuse(verdict, "out of memory");
		return false;
	}
	param = X509_STORE_CTX_get0_param(ctx);
	X509_VERIFY_PARAM_set_depth(param, VERDICT_DEPTH_MAX);
	X509_VERIFY_PARAM_set_auth_level(param, SECURITY_LEVEL);
	if (X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_CLIENT) != 1 ||
	    X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN) != 1) {
		refuse(verdict, "out of memory");
		return false;
	}
	if (X509_verify_cert(ctx) == 1)
		return true;
	error = X509_STORE_CTX_get_error(ctx);
	refuse(verdict, "%s (certificate %d of the path)", X509_verify_cert_error_string(error),
	    X509_STORE_CTX_get_error_depth(ctx) + 1);
	return false;
}

void
verdict_judge(
    struct verdict_book *book, const ProtobufCBinaryData *chain, size_t len, struct verdict *out)
{
	STACK_OF(X509) * certs;
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();

	*out = (struct verdict){.reason = "out of memory"};
	certs = decode_chain(chain, len, out);
	if (certs == NULL || ctx == NULL)
		goto out;
	if (cert_names_read(chain[0].data, chain[0].len, &out->names) != ERR_OK) {
		out->names = NULL;
		refuse(out, "its names cannot be read");
		goto out;
	}
	(void)SHA256(chain[0].data, chain[0].len, out->leaf_sha256);
	if (build_path(ctx, book, certs, out)) {
		const STACK_OF(X509) *path = X509_STORE_CTX_get0_chain(ctx);

		out->ok = strong_path(book, path, out) && find_trustpoint(book, path, out);
	}
	if (out->ok)
		out->reason[0] = '\0';
	else
		out->trustpoint = NULL;
out:
	ERR_clear_error();
	X509_STORE_CTX_free(ctx);
	sk_X509_pop_free(certs, X509_free);
}

void
verdict_fini(struct verdict *verdict)
{
	if (verdict->names != NULL)
		ipc__cert_names__free_unpacked(verdict->names, NULL);
	verdict->names = NULL;
	while (verdict->path_len > 0)
		X509_free(verdict->path[--verdict->path_len]);
}

void
verdict_message(const struct verdict *verdict, Ipc__CertVerdict *out)
{
	ipc__cert_verdict__init(out);
	out->ok = verdict->ok;
	out->reason = (char *)(uintptr_t)verdict->reason;
	if (verdict->names != NULL) {
		out->leaf_sha256.data = (uint8_t *)(uintptr_t)verdict->leaf_sha256;
		out->leaf_sha256.len = sizeof verdict->leaf_sha256;
	}
	if (verdict->ok) {
		out->trustpoint = (char *)(uintptr_t)verdict->trustpoint;
		out->names = verdict->names;
	}
}
