/* SPDX-License-Identifier: Apache-2.0 */
/* A PKCS#10 request: subject, alternative names, signed with SHA-256. */
#include <string.h>

#include <openssl/bio.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "common/ip.h"
#include "common/str.h"
#include "conf/syntax.h"
#include "tools/pki_parts.h"

#define VALUE_MAX 512
#define CN_MAX 64

/* Names of attributes, the ASA's among them (asa.md 3); others as OpenSSL knows them. */
static const struct {
	const char *name;
	int nid;
} attributes[] = {
    {"CN", NID_commonName},
    {"OU", NID_organizationalUnitName},
    {"O", NID_organizationName},
    {"L", NID_localityName},
    {"ST", NID_stateOrProvinceName},
    {"SP", NID_stateOrProvinceName},
    {"S", NID_stateOrProvinceName},
    {"C", NID_countryName},
    {"DC", NID_domainComponent},
    {"UID", NID_userId},
    {"EA", NID_pkcs9_emailAddress},
    {"E", NID_pkcs9_emailAddress},
    {"emailAddress", NID_pkcs9_emailAddress},
    {"SER", NID_serialNumber},
    {"serialNumber", NID_serialNumber},
    {"T", NID_title},
};

static int
attribute_nid(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(attributes); i++)
		if (str_ieq(attributes[i].name, name))
			return attributes[i].nid;
	return NID_undef;
}

/* One piece up to `end` or the text's end, without blanks around it and without "\". NULL: too
 * long, or cut off after a "\". */
static const char *
take_piece(const char *p, const char *ends, char out[VALUE_MAX])
{
	size_t len = 0, kept = 0;

	while (*p == ' ')
		p++;
	for (; *p != '\0' && strchr(ends, *p) == NULL; p++) {
		bool escaped = *p == '\\';

		if (escaped && *++p == '\0')
			return NULL;
		if (len + 1 >= VALUE_MAX)
			return NULL;
		out[len++] = *p;
		if (*p != ' ' || escaped)
			kept = len;
	}
	out[kept] = '\0';
	return p;
}

/* "CN=vpn.example.com" up to the next comma. Puts it at the name's begin: in DER the most specific
 * part is last. */
static enum err
take_attribute(const char **text, X509_NAME *name, struct buf *why)
{
	char tag[VALUE_MAX], value[VALUE_MAX];
	const char *p = take_piece(*text, "=,+", tag);

	if (p == NULL || *p != '=' || tag[0] == '\0')
		return pki_say(why, ERR_SYNTAX,
		    "--subject: \"%s\" does not begin with an attribute; write it so: "
		    "\"CN=vpn.example.com,O=Example\"",
		    *text);
	int nid = attribute_nid(tag);
	if (nid == NID_undef)
		return pki_say(why, ERR_SYNTAX,
		    "--subject: there is no attribute \"%s\"; use CN, OU, O, L, ST, C, DC, UID, "
		    "EA, SER or T",
		    tag);
	p = take_piece(p + 1, ",+", value);
	if (p == NULL || value[0] == '\0' || *p == '+')
		return pki_say(why, ERR_SYNTAX,
		    "--subject: \"%s\" has no value, one that is too long, or one with a \"+\", "
		    "\",\" or \"\\\" that has no \"\\\" before it",
		    tag);
	if (X509_NAME_add_entry_by_NID(
		name, nid, MBSTRING_UTF8, (const unsigned char *)value, -1, 0, 0) != 1)
		return pki_say(why, ERR_SYNTAX,
		    "--subject: \"%s\" cannot be %s: it is too long, too short, or has characters "
		    "that it must not have",
		    value, tag);
	*text = *p == ',' ? p + 1 : p;
	if (*p == ',' && p[1] == '\0')
		return pki_say(why, ERR_SYNTAX, "--subject: ends with a comma");
	return ERR_OK;
}

enum err
pki_request_subject(const char *text, X509_NAME **out, struct buf *why)
{
	X509_NAME *name = X509_NAME_new();
	enum err err = name != NULL ? ERR_OK : pki_say(why, ERR_NOMEM, "out of memory");

	if (err == ERR_OK && *text == '\0')
		err = pki_say(why, ERR_SYNTAX, "--subject: is empty");
	while (err == ERR_OK && *text != '\0')
		err = take_attribute(&text, name, why);
	if (err == ERR_OK) {
		*out = name;
		return ERR_OK;
	}
	X509_NAME_free(name);
	return err;
}

/* ---- alternative names ---- */

static enum err
push(GENERAL_NAMES *names, int type, const void *data, size_t len)
{
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_STRING *string =
	    ASN1_STRING_type_new(type == GEN_DNS ? V_ASN1_IA5STRING : V_ASN1_OCTET_STRING);

	if (name != NULL && string != NULL && ASN1_STRING_set(string, data, (int)len) == 1) {
		GENERAL_NAME_set0_value(name, type, string);
		string = NULL;
		if (sk_GENERAL_NAME_push(names, name) > 0)
			return ERR_OK;
	}
	ASN1_STRING_free(string);
	GENERAL_NAME_free(name);
	return ERR_NOMEM;
}

static enum err
push_dns(GENERAL_NAMES *names, const char *dns, struct buf *why)
{
	const char *wrong = dns[0] == '\0' ? "is empty" : syntax_sni(dns);

	if (wrong != NULL)
		return pki_say(why, ERR_SYNTAX, "--dns %s: %s", dns, wrong);
	return push(names, GEN_DNS, dns, strlen(dns)) == ERR_OK
		   ? ERR_OK
		   : pki_say(why, ERR_NOMEM, "out of memory");
}

static enum err
push_ip(GENERAL_NAMES *names, const char *ip, struct buf *why)
{
	struct ip_addr addr;

	if (ip_parse(ip, &addr) != ERR_OK)
		return pki_say(why, ERR_SYNTAX, "--ip %s: is not an IPv4 or IPv6 address", ip);
	return push(names, GEN_IPADD, addr.bytes, ip_len(&addr)) == ERR_OK
		   ? ERR_OK
		   : pki_say(why, ERR_NOMEM, "out of memory");
}

/* Clients look at nothing but alternative names, so a common name must be among them. */
static enum err
push_common_name(GENERAL_NAMES *names, const X509_NAME *subject, struct buf *why)
{
	char cn[VALUE_MAX];
	struct ip_addr addr;

	if (X509_NAME_get_text_by_NID(subject, NID_commonName, cn, sizeof(cn)) <= 0 ||
	    strchr(cn, '.') == NULL || syntax_sni(cn) != NULL || ip_parse(cn, &addr) == ERR_OK)
		return pki_say(why, ERR_SYNTAX,
		    "there is no host name: clients look at the alternative names only; give "
		    "--dns, or --ip");
	return push_dns(names, cn, why);
}

static enum err
add_alternatives(
    const struct pki_order *order, X509_REQ *request, GENERAL_NAMES *names, struct buf *why)
{
	STACK_OF(X509_EXTENSION) *extensions = NULL;
	enum err err = ERR_OK;

	for (size_t i = 0; i < order->dns_len && err == ERR_OK; i++)
		err = push_dns(names, order->dns[i], why);
	for (size_t i = 0; i < order->ip_len && err == ERR_OK; i++)
		err = push_ip(names, order->ip[i], why);
	if (err == ERR_OK && order->dns_len + order->ip_len == 0)
		err = push_common_name(names, X509_REQ_get_subject_name(request), why);
	if (err != ERR_OK)
		return err;
	/* Without a subject nothing else names the holder (RFC 5280 4.2.1.6). */
	int critical = X509_NAME_entry_count(X509_REQ_get_subject_name(request)) == 0;
	if (X509V3_add1_i2d(&extensions, NID_subject_alt_name, names, critical, 0) != 1 ||
	    X509_REQ_add_extensions(request, extensions) != 1)
		err = pki_say(why, ERR_CRYPTO, "the alternative names cannot be put in");
	sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
	return err;
}

/* ---- the request ---- */

/* --subject, or else the first name that fits into a common name; or none. */
static enum err
set_subject(const struct pki_order *order, X509_REQ *request, struct buf *why)
{
	const char *cn = order->dns_len > 0  ? order->dns[0]
			 : order->ip_len > 0 ? order->ip[0]
					     : NULL;
	X509_NAME *name = NULL;
	enum err err = ERR_OK;

	if (order->subject != NULL) {
		err = pki_request_subject(order->subject, &name, why);
		if (err == ERR_OK && X509_REQ_set_subject_name(request, name) != 1)
			err = pki_say(why, ERR_NOMEM, "out of memory");
		X509_NAME_free(name);
	} else if (cn != NULL && strlen(cn) <= CN_MAX) {
		if (X509_NAME_add_entry_by_NID(X509_REQ_get_subject_name(request), NID_commonName,
			MBSTRING_UTF8, (const unsigned char *)cn, -1, -1, 0) != 1)
			err = pki_say(why, ERR_SYNTAX, "\"%s\" cannot be a common name", cn);
	}
	return err;
}

static enum err
write_request(const X509_REQ *request, struct buf *out, struct buf *why)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *data;
	long len = 0;

	if (bio != NULL && PEM_write_bio_X509_REQ(bio, request) == 1)
		len = BIO_get_mem_data(bio, &data);
	if (len > 0)
		buf_put(out, data, (size_t)len);
	BIO_free(bio);
	return len > 0 && out->err == ERR_OK
		   ? ERR_OK
		   : pki_say(why, ERR_CRYPTO, "the request cannot be written");
}

enum err
pki_request_make(const struct pki_order *order, EVP_PKEY *key, struct buf *out, struct buf *why)
{
	X509_REQ *request = X509_REQ_new();
	GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
	enum err err = ERR_OK;

	if (request == NULL || names == NULL || X509_REQ_set_version(request, 0) != 1 ||
	    X509_REQ_set_pubkey(request, key) != 1)
		err = pki_say(why, ERR_CRYPTO, "the request cannot be made");
	if (err == ERR_OK)
		err = set_subject(order, request, why);
	if (err == ERR_OK)
		err = add_alternatives(order, request, names, why);
	if (err == ERR_OK && X509_REQ_sign(request, key, EVP_sha256()) <= 0)
		err = pki_say(why, ERR_CRYPTO, "the request cannot be signed");
	if (err == ERR_OK)
		err = write_request(request, out, why);
	GENERAL_NAMES_free(names);
	X509_REQ_free(request);
	return err;
}
