/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sekisho-pki show: the certificates of the trustpoints, from the files that pki.conf names, in the
 * layout of the ASA's "show crypto ca certificates" (asa.md 4).
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include "common/cert.h"
#include "common/str.h"
#include "tools/pki_parts.h"

#define SHOWN_MAX 4096
#define VALUE_MAX 1024

/* A certificate, once, with all trustpoints that have it. */
struct shown {
	X509 *cert;
	bool is_identity;
	struct buf trustpoints;
};

struct show {
	struct shown *list;
	size_t len;
	struct buf *why;
	bool incomplete;
};

/* ---- collecting ---- */

static struct shown *
find(struct show *show, const X509 *cert, bool is_identity)
{
	for (size_t i = 0; i < show->len; i++)
		if (show->list[i].is_identity == is_identity &&
		    X509_cmp(show->list[i].cert, cert) == 0)
			return &show->list[i];
	return NULL;
}

static void
add(struct show *show, X509 *cert, bool is_identity, const char *trustpoint)
{
	struct shown *shown = find(show, cert, is_identity);

	if (shown == NULL) {
		if (show->len == SHOWN_MAX) {
			show->incomplete = true;
			return;
		}
		shown = &show->list[show->len++];
		*shown = (struct shown){.cert = cert, .is_identity = is_identity};
		X509_up_ref(cert);
		buf_init(&shown->trustpoints, PKI_TEXT_MAX);
	}
	/* A file may have a certificate twice. */
	size_t len = strlen(trustpoint), have = shown->trustpoints.len;
	const char *text = buf_cstr(&shown->trustpoints);
	if (have < len || strcmp(text + have - len, trustpoint) != 0 ||
	    (have > len && text[have - len - 1] != ' '))
		buf_printf(&shown->trustpoints, " %s", trustpoint);
}

static void
add_file(struct show *show, const char *path, bool has_identity, const char *trustpoint)
{
	STACK_OF(X509) *list = sk_X509_new_null();
	struct buf data;

	if (path[0] == '\0') {
		sk_X509_free(list);
		return;
	}
	enum err err = list == NULL ? pki_say(show->why, ERR_NOMEM, "out of memory") : ERR_OK;
	buf_init(&data, 0);
	if (err == ERR_OK)
		err = pki_place_read_path(path, &data, show->why);
	if (err == ERR_OK)
		err = pki_answer_read(&data, path, list, show->why);
	for (int i = 0; err == ERR_OK && i < sk_X509_num(list); i++)
		add(show, sk_X509_value(list, i), has_identity && i == 0, trustpoint);
	show->incomplete = show->incomplete || err != ERR_OK;
	buf_wipe(&data);
	sk_X509_pop_free(list, X509_free);
}

/* ---- printing ---- */

/* Bits that sign and bits that encrypt: what the ASA sums up so. */
static const char *
usage_text(X509 *cert)
{
	uint32_t usage = X509_get_key_usage(cert); /* all bits when there is no such extension */
	bool encrypts = (usage & (KU_KEY_ENCIPHERMENT | KU_KEY_AGREEMENT)) != 0;
	bool is_signing = (usage & (KU_DIGITAL_SIGNATURE | KU_KEY_CERT_SIGN | KU_CRL_SIGN |
				       KU_NON_REPUDIATION)) != 0;

	if (encrypts && !is_signing)
		return "Encryption";
	return encrypts ? "General Purpose" : "Signature";
}

static void
put_key(struct buf *out, const X509 *cert)
{
	const EVP_PKEY *key = X509_get0_pubkey(cert);
	int type = key != NULL ? EVP_PKEY_get_base_id(key) : NID_undef;

	buf_printf(out, "  Public Key Type: %s (%d bits)\n",
	    type == EVP_PKEY_RSA  ? "RSA"
	    : type == EVP_PKEY_EC ? "EC"
				  : "unknown",
	    key != NULL ? EVP_PKEY_get_bits(key) : 0);
}

static void
put_signature(struct buf *out, X509 *cert)
{
	int digest = NID_undef, type = NID_undef;

	buf_puts(out, "  Signature Algorithm: ");
	if (X509_get_signature_info(cert, &digest, &type, NULL, NULL) != 1 || digest == NID_undef)
		buf_puts(out, OBJ_nid2ln(X509_get_signature_nid(cert)));
	else
		buf_printf(out, "%s with %s", OBJ_nid2sn(digest),
		    type == EVP_PKEY_RSA       ? "RSA Encryption"
		    : type == EVP_PKEY_EC      ? "ECDSA"
		    : type == EVP_PKEY_RSA_PSS ? "RSA-PSS"
					       : OBJ_nid2ln(type));
	buf_put_u8(out, '\n');
}

static void
put_name(struct buf *out, const char *title, Ipc__CertAttr *const *attrs, size_t len)
{
	char value[VALUE_MAX + 1];

	buf_printf(out, "  %s:\n", title);
	for (size_t i = 0; i < len; i++) {
		str_printable(value, sizeof(value), attrs[i]->value);
		buf_printf(out, "    %s=%s\n",
		    strcmp(attrs[i]->tag, "sp") == 0 ? "st" : attrs[i]->tag, value);
	}
}

static void
put_date(struct buf *out, const char *title, const ASN1_TIME *time)
{
	char text[64];
	struct tm tm;

	if (ASN1_TIME_to_tm(time, &tm) != 1 ||
	    strftime(text, sizeof(text), "%H:%M:%S UTC %b %d %Y", &tm) == 0)
		(void)str_copy(text, sizeof(text), "unknown");
	buf_printf(out, "    %s: %s\n", title, text);
}

static enum err
names_of(X509 *cert, Ipc__CertNames **out)
{
	unsigned char *der = NULL;
	int len = i2d_X509(cert, &der);
	enum err err = len > 0 ? cert_names_read(der, (size_t)len, out) : ERR_SYNTAX;

	OPENSSL_free(der);
	return err;
}

static void
put_certificate(struct show *show, const struct shown *shown, struct buf *out)
{
	Ipc__CertNames *names = NULL;
	struct buf trustpoints = shown->trustpoints; /* a view */
	enum err err = names_of(shown->cert, &names);

	if (err != ERR_OK) {
		(void)pki_say(show->why, err, "a certificate of%s has names that are no text: %s",
		    buf_cstr(&trustpoints), err_str(err));
		show->incomplete = true;
		return;
	}
	buf_puts(out, out->len > 0 ? "\n" : "");
	buf_puts(out, shown->is_identity ? "Certificate\n" : "CA Certificate\n");
	buf_puts(out, "  Status: Available\n");
	buf_printf(out, "  Certificate Serial Number: %s\n", names->serial);
	buf_printf(out, "  Certificate Usage: %s\n", usage_text(shown->cert));
	put_key(out, shown->cert);
	put_signature(out, shown->cert);
	put_name(out, "Issuer Name", names->issuer, names->n_issuer);
	put_name(out, "Subject Name", names->subject, names->n_subject);
	buf_puts(out, "  Validity Date:\n");
	put_date(out, "start date", X509_get0_notBefore(shown->cert));
	put_date(out, "end   date", X509_get0_notAfter(shown->cert));
	buf_puts(out, "  Storage: config\n");
	buf_printf(out, "  Associated Trustpoints:%s\n", buf_cstr(&trustpoints));
	ipc__cert_names__free_unpacked(names, NULL);
}

static void
collect(struct show *show, const struct pki_order *order, const struct pki_listed *list, size_t len)
{
	bool found = order->trustpoint == NULL;

	for (size_t i = 0; i < len; i++) {
		if (order->trustpoint != NULL && strcmp(order->trustpoint, list[i].name) != 0)
			continue;
		found = true;
		add_file(show, list[i].certificate, true, list[i].name);
		add_file(show, list[i].ca_certificate, false, list[i].name);
	}
	if (!found) {
		(void)pki_say(show->why, ERR_NOTFOUND, "%s/pki.conf has no trustpoint \"%s\"",
		    order->dir, order->trustpoint);
		show->incomplete = true;
	}
}

enum err
pki_show(const struct pki_order *order, struct buf *out, struct buf *why)
{
	struct show show = {.list = calloc(SHOWN_MAX, sizeof(struct shown)), .why = why};
	struct pki_listed *list = NULL;
	size_t len = 0;
	enum err err = show.list != NULL ? pki_listed_read(order->dir, &list, &len, why)
					 : pki_say(why, ERR_NOMEM, "out of memory");

	if (err == ERR_OK)
		collect(&show, order, list, len);
	for (size_t i = 0; i < show.len; i++) {
		put_certificate(&show, &show.list[i], out);
		X509_free(show.list[i].cert);
		buf_fini(&show.list[i].trustpoints);
	}
	free(show.list);
	free(list);
	if (err == ERR_OK && out->err != ERR_OK)
		err = pki_say(why, out->err, "%s", err_str(out->err));
	return err == ERR_OK && show.incomplete ? ERR_NOTFOUND : err;
}
