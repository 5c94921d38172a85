/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of a certificate, in the ASA's words. The bytes come from anybody: sizes and counts are
 * limited before anything is copied, and no text with a NUL inside or that is not UTF-8 gets
 * through, so that what is compared is what is there.
 */
#include "common/cert.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "common/buf.h"
#include "common/ip.h"
#include "common/str.h"

#define CERT_DER_MAX 65536
#define CERT_FILE_MAX (1024 * 1024)
#define CERT_ATTRS_MAX 64 /* of one name */
#define CERT_ALTS_MAX 256 /* alternative names, all kinds */
#define CERT_USAGES_MAX 64
#define CERT_VALUE_MAX 1024 /* bytes of one value */
#define CERT_NAME_MAX 16384 /* bytes of a name in one line */
#define CERT_SERIAL_MAX 64

#define OID_UPN "1.3.6.1.4.1.311.20.2.3" /* userPrincipalName, an otherName */

/* Tags by OID. In one line the ASA writes "st" (asa.md 4), as a tag of a rule "sp". */
static const struct {
	const char *oid, *tag, *in_line;
} tags[] = {
    {"2.5.4.3", "cn", NULL},
    {"2.5.4.4", "sn", NULL},
    {"2.5.4.5", "ser", NULL},
    {"2.5.4.6", "c", NULL},
    {"2.5.4.7", "l", NULL},
    {"2.5.4.8", "sp", "st"},
    {"2.5.4.9", "street", NULL},
    {"2.5.4.10", "o", NULL},
    {"2.5.4.11", "ou", NULL},
    {"2.5.4.12", "t", NULL},
    {"2.5.4.41", "n", NULL},
    {"2.5.4.42", "gn", NULL},
    {"2.5.4.43", "i", NULL},
    {"2.5.4.44", "genq", NULL},
    {"2.5.4.46", "dnq", NULL},
    {"0.9.2342.19200300.100.1.1", "uid", NULL},
    {"0.9.2342.19200300.100.1.25", "dc", NULL},
    {"1.2.840.113549.1.9.1", "ea", NULL},
    {"1.2.840.113549.1.9.2", "n", NULL}, /* unstructuredName: what the ASA's client calls N */
    {"1.2.840.113549.1.9.8", "ip", NULL},
};

static enum err
oid_text(const ASN1_OBJECT *object, char *out, size_t size)
{
	int len = OBJ_obj2txt(out, (int)size, object, 1);

	if (len <= 0)
		return ERR_SYNTAX;
	return (size_t)len < size ? ERR_OK : ERR_LIMIT;
}

/* Bytes that are said to be text, as a new string. */
static enum err
text_take(const void *data, size_t len, char **out)
{
	enum err err;

	if (len > CERT_VALUE_MAX)
		return ERR_LIMIT;
	*out = malloc(len + 1);
	if (*out == NULL)
		return ERR_NOMEM;
	err = str_copy_n(*out, len + 1, data, len);
	for (const char *p = *out; err == ERR_OK && *p != '\0';) {
		uint32_t code;
		size_t step = str_utf8(p, &code);

		if (step == 0)
			err = ERR_SYNTAX;
		p += step;
	}
	if (err != ERR_OK) {
		free(*out);
		*out = NULL;
	}
	return err;
}

/* A string of any ASN.1 type as UTF-8. */
static enum err
string_take(const ASN1_STRING *string, char **out)
{
	unsigned char *utf8 = NULL;
	int len;
	enum err err;

	if (ASN1_STRING_length(string) > 4 * CERT_VALUE_MAX)
		return ERR_LIMIT;
	len = ASN1_STRING_to_UTF8(&utf8, string);
	if (len < 0)
		return ERR_SYNTAX;
	err = text_take(utf8, (size_t)len, out);
	OPENSSL_free(utf8);
	return err;
}

/* ---- names ---- */

static const char *
tag_of(const char *oid, const char **in_line)
{
	for (size_t i = 0; i < ARRAY_LEN(tags); i++)
		if (strcmp(tags[i].oid, oid) == 0) {
			*in_line = tags[i].in_line != NULL ? tags[i].in_line : tags[i].tag;
			return tags[i].tag;
		}
	*in_line = oid;
	return oid;
}

/*
 * A value in the one-line name. What would read as the next attribute is escaped (RFC 4514 2.4):
 * nobody can put ",ou=Admins" into his own common name.
 */
static void
line_put(struct buf *line, const char *tag, const char *value)
{
	buf_printf(line, "%s=", tag);
	for (; *value != '\0'; value++) {
		if (strchr(",+=\\", *value) != NULL)
			buf_put_u8(line, '\\');
		buf_put_u8(line, (uint8_t)*value);
	}
}

static enum err
attr_take(const X509_NAME_ENTRY *entry, Ipc__CertAttr **out, const char **in_line)
{
	char oid[128];
	Ipc__CertAttr *attr;
	enum err err = oid_text(X509_NAME_ENTRY_get_object(entry), oid, sizeof(oid));

	if (err != ERR_OK)
		return err;
	attr = malloc(sizeof(*attr));
	if (attr == NULL)
		return ERR_NOMEM;
	ipc__cert_attr__init(attr);
	const char *tag = tag_of(oid, in_line);
	if (tag == oid) /* the local buffer does not outlive us */
		*in_line = NULL;
	attr->tag = strdup(tag);
	err = attr->tag != NULL ? string_take(X509_NAME_ENTRY_get_data(entry), &attr->value)
				: ERR_NOMEM;
	if (err != ERR_OK) {
		free(attr->tag);
		free(attr);
		return err;
	}
	if (*in_line == NULL)
		*in_line = attr->tag;
	*out = attr;
	return ERR_OK;
}

/* A distinguished name, from its end: certificates put the most specific part last. */
static enum err
name_read(const X509_NAME *name, Ipc__CertAttr ***attrs, size_t *attrs_len, char **one_line)
{
	int len = X509_NAME_entry_count(name);
	int set = -1;
	struct buf line;
	enum err err = ERR_OK;

	if (len > CERT_ATTRS_MAX)
		return ERR_LIMIT;
	*attrs = calloc((size_t)len + 1, sizeof(**attrs));
	if (*attrs == NULL)
		return ERR_NOMEM;
	buf_init(&line, CERT_NAME_MAX);
	for (int i = len - 1; err == ERR_OK && i >= 0; i--) {
		const X509_NAME_ENTRY *entry = X509_NAME_get_entry(name, i);
		const char *in_line;
		Ipc__CertAttr *attr;

		err = attr_take(entry, &attr, &in_line);
		if (err != ERR_OK)
			break;
		(*attrs)[(*attrs_len)++] = attr;
		if (line.len > 0)
			buf_puts(&line, X509_NAME_ENTRY_set(entry) == set ? "+" : ",");
		set = X509_NAME_ENTRY_set(entry);
		line_put(&line, in_line, attr->value);
	}
	if (err == ERR_OK)
		err = line.err;
	if (err == ERR_OK) {
		*one_line = strdup(buf_cstr(&line));
		if (*one_line == NULL)
			err = ERR_NOMEM;
	}
	buf_fini(&line);
	return err;
}

/* ---- extensions ---- */

static enum err
alt_ip(const ASN1_OCTET_STRING *string, char **out)
{
	struct ip_addr addr;
	char text[IP_STR_MAX];
	enum err err =
	    ip_from_bytes(ASN1_STRING_get0_data(string), (size_t)ASN1_STRING_length(string), &addr);

	if (err != ERR_OK)
		return ERR_SYNTAX;
	*out = strdup(ip_str(&addr, text));
	return *out != NULL ? ERR_OK : ERR_NOMEM;
}

/* A userPrincipalName. Other otherNames are nothing that a rule can speak of. */
static enum err
alt_other(const OTHERNAME *other, char **out)
{
	char oid[128];
	enum err err = oid_text(other->type_id, oid, sizeof(oid));

	if (err != ERR_OK || strcmp(oid, OID_UPN) != 0)
		return err;
	if (other->value == NULL || other->value->type != V_ASN1_UTF8STRING)
		return ERR_SYNTAX;
	return string_take(other->value->value.utf8string, out);
}

/* Kinds that a user name can be taken from are kept a second time: a rule asks for any of them, a
 * user name for one kind only. */
static enum err
alt_keep(const GENERAL_NAME *name, const char *text, Ipc__CertNames *names)
{
	char *copy;

	if (name->type != GEN_EMAIL && name->type != GEN_OTHERNAME)
		return ERR_OK;
	copy = strdup(text);
	if (copy == NULL)
		return ERR_NOMEM;
	if (name->type == GEN_EMAIL)
		names->alt_email[names->n_alt_email++] = copy;
	else
		names->alt_upn[names->n_alt_upn++] = copy;
	return ERR_OK;
}

static enum err
alts_room(size_t len, Ipc__CertNames *names)
{
	names->alt_subject_name = calloc(len, sizeof(*names->alt_subject_name));
	names->alt_upn = calloc(len, sizeof(*names->alt_upn));
	names->alt_email = calloc(len, sizeof(*names->alt_email));
	if (names->alt_subject_name == NULL || names->alt_upn == NULL || names->alt_email == NULL)
		return ERR_NOMEM;
	return ERR_OK;
}

/* One alternative name; *out stays NULL for kinds that no rule speaks of. */
static enum err
alt_take(const GENERAL_NAME *name, char **out)
{
	*out = NULL;
	switch (name->type) {
	case GEN_EMAIL:
	case GEN_DNS:
	case GEN_URI:
		return text_take(ASN1_STRING_get0_data(name->d.ia5),
		    (size_t)ASN1_STRING_length(name->d.ia5), out);
	case GEN_IPADD:
		return alt_ip(name->d.iPAddress, out);
	case GEN_OTHERNAME:
		return alt_other(name->d.otherName, out);
	default:
		return ERR_OK;
	}
}

/* An extension that is there and cannot be read is not the same as none. */
static void *
extension_read(const X509 *x509, int nid, enum err *err)
{
	int critical;
	void *list = X509_get_ext_d2i(x509, nid, &critical, NULL);

	*err = list != NULL || critical == -1 ? ERR_OK : ERR_SYNTAX;
	return list;
}

static enum err
alts_read(const X509 *x509, Ipc__CertNames *names)
{
	enum err err;
	GENERAL_NAMES *list = extension_read(x509, NID_subject_alt_name, &err);
	int len = list != NULL ? sk_GENERAL_NAME_num(list) : 0;

	if (len > CERT_ALTS_MAX)
		err = ERR_LIMIT;
	if (err == ERR_OK && len > 0)
		err = alts_room((size_t)len, names);
	for (int i = 0; err == ERR_OK && i < len; i++) {
		char *text;

		err = alt_take(sk_GENERAL_NAME_value(list, i), &text);
		if (err == ERR_OK && text != NULL) {
			names->alt_subject_name[names->n_alt_subject_name++] = text;
			err = alt_keep(sk_GENERAL_NAME_value(list, i), text, names);
		}
	}
	GENERAL_NAMES_free(list);
	return err;
}

static enum err
usages_read(const X509 *x509, Ipc__CertNames *names)
{
	enum err err;
	EXTENDED_KEY_USAGE *list = extension_read(x509, NID_ext_key_usage, &err);
	int len = list != NULL ? sk_ASN1_OBJECT_num(list) : 0;

	if (len > CERT_USAGES_MAX)
		err = ERR_LIMIT;
	if (err == ERR_OK && len > 0) {
		names->extended_key_usage = calloc((size_t)len, sizeof(char *));
		if (names->extended_key_usage == NULL)
			err = ERR_NOMEM;
	}
	for (int i = 0; err == ERR_OK && i < len; i++) {
		char oid[128];

		err = oid_text(sk_ASN1_OBJECT_value(list, i), oid, sizeof(oid));
		if (err != ERR_OK)
			break;
		names->extended_key_usage[i] = strdup(oid);
		if (names->extended_key_usage[i] == NULL)
			err = ERR_NOMEM;
		else
			names->n_extended_key_usage++;
	}
	EXTENDED_KEY_USAGE_free(list);
	return err;
}

/* The number's own bytes, with the leading 00 that the ASA prints too (asa.md 4). */
static enum err
serial_read(const X509 *x509, char **out)
{
	unsigned char *der = NULL;
	int len = i2d_ASN1_INTEGER(X509_get0_serialNumber(x509), &der);
	enum err err = ERR_OK;

	if (len < 3)
		err = ERR_SYNTAX;
	else if (len - 2 > CERT_SERIAL_MAX)
		err = ERR_LIMIT;
	if (err == ERR_OK) { /* short enough for a length of one byte */
		*out = malloc(2 * (size_t)(len - 2) + 1);
		if (*out != NULL)
			str_hex(*out, der + 2, (size_t)(len - 2));
		else
			err = ERR_NOMEM;
	}
	OPENSSL_free(der);
	return err;
}

static enum err
names_fill(const X509 *x509, Ipc__CertNames *names)
{
	enum err err = name_read(
	    X509_get_subject_name(x509), &names->subject, &names->n_subject, &names->subject_name);

	if (err == ERR_OK)
		err = name_read(X509_get_issuer_name(x509), &names->issuer, &names->n_issuer,
		    &names->issuer_name);
	if (err == ERR_OK)
		err = alts_read(x509, names);
	if (err == ERR_OK)
		err = usages_read(x509, names);
	if (err == ERR_OK)
		err = serial_read(x509, &names->serial);
	return err;
}

enum err
cert_names_read(const void *der, size_t len, Ipc__CertNames **out)
{
	const unsigned char *p = der;
	Ipc__CertNames *names;
	enum err err;

	if (len == 0)
		return ERR_SYNTAX;
	if (len > CERT_DER_MAX)
		return ERR_LIMIT;
	X509 *x509 = d2i_X509(NULL, &p, (long)len);
	if (x509 == NULL || p != (const unsigned char *)der + len) {
		X509_free(x509);
		ERR_clear_error();
		return ERR_SYNTAX;
	}
	names = malloc(sizeof(*names));
	if (names == NULL) {
		X509_free(x509);
		return ERR_NOMEM;
	}
	ipc__cert_names__init(names);
	err = names_fill(x509, names);
	X509_free(x509);
	ERR_clear_error();
	if (err != ERR_OK) {
		ipc__cert_names__free_unpacked(names, NULL);
		return err;
	}
	*out = names;
	return ERR_OK;
}

/* The first certificate of a PEM file; whatever else is in it is passed over. */
static enum err
pem_read(const void *data, size_t len, Ipc__CertNames **out)
{
	BIO *bio = BIO_new_mem_buf(data, (int)len);
	enum err err = bio != NULL ? ERR_SYNTAX : ERR_NOMEM;
	char *name, *header;
	unsigned char *der;
	long der_len;

	while (bio != NULL && PEM_read_bio(bio, &name, &header, &der, &der_len) == 1) {
		bool found = strcmp(name, PEM_STRING_X509) == 0;

		if (found)
			err = cert_names_read(der, (size_t)der_len, out);
		OPENSSL_free(name);
		OPENSSL_free(header);
		OPENSSL_clear_free(der, (size_t)der_len); /* it may have been a key */
		if (found)
			break;
	}
	BIO_free(bio);
	ERR_clear_error();
	return err;
}

enum err
cert_names_read_file(const void *data, size_t len, Ipc__CertNames **out)
{
	static const char begin[] = "-----BEGIN ";

	if (len > CERT_FILE_MAX)
		return ERR_LIMIT;
	if (memmem(data, len, begin, sizeof(begin) - 1) != NULL)
		return pem_read(data, len, out);
	return cert_names_read(data, len, out);
}
