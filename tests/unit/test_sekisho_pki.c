/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of sekisho-pki: subjects and requests, every form of an answer, which chains are taken
 * and in what order, files that are replaced as a whole or not at all. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/pkcs7.h>
#include <openssl/x509v3.h>

#include <cmocka.h>

#include "tools/pki_parts.h"

#define NOW INT64_C(1800000000)
#define DAY INT64_C(86400)

/* A certificate to make. */
struct made {
	const char *subject;
	const char *issuer;
	EVP_PKEY *key;
	EVP_PKEY *issuer_key;
	int64_t from, to; /* days from NOW */
	const char *usage;
	const char *extended;
	bool is_ca;
	const EVP_MD *digest; /* NULL: SHA-256 */
};

static EVP_PKEY *leaf_key, *other_key, *sub_key, *root_key;
static X509 *leaf, *sub, *root, *stranger;
static char dir[] = "/tmp/test_sekisho_pki.XXXXXX";

/* ---- making things ---- */

static EVP_PKEY *
make_key(void)
{
	struct buf why;
	EVP_PKEY *key;

	buf_init(&why, PKI_TEXT_MAX);
	assert_int_equal(pki_private_make("ec:P-256", &key, &why), ERR_OK);
	buf_fini(&why);
	return key;
}

static void
add_extension(X509 *cert, int nid, const char *value)
{
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	assert_non_null(extension);
	assert_int_equal(X509_add_ext(cert, extension, -1), 1);
	X509_EXTENSION_free(extension);
}

static void
set_name(X509_NAME *name, const char *cn)
{
	assert_int_equal(X509_NAME_add_entry_by_txt(
			     name, "CN", MBSTRING_UTF8, (const unsigned char *)cn, -1, -1, 0),
	    1);
}

static X509 *
make_cert(const struct made *made)
{
	static long serial = 1;
	X509 *cert = X509_new();

	assert_non_null(cert);
	X509_set_version(cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), serial++);
	ASN1_TIME_set(X509_getm_notBefore(cert), (time_t)(NOW + made->from * DAY));
	ASN1_TIME_set(X509_getm_notAfter(cert), (time_t)(NOW + made->to * DAY));
	set_name(X509_get_subject_name(cert), made->subject);
	set_name(X509_get_issuer_name(cert), made->issuer);
	X509_set_pubkey(cert, made->key);
	if (made->is_ca)
		add_extension(cert, NID_basic_constraints, "critical,CA:TRUE");
	if (made->usage != NULL)
		add_extension(cert, NID_key_usage, made->usage);
	if (made->extended != NULL)
		add_extension(cert, NID_ext_key_usage, made->extended);
	assert_true(X509_sign(cert, made->issuer_key,
			made->digest != NULL ? made->digest : EVP_sha256()) > 0);
	return cert;
}

static int
setup(UNUSED void **state)
{
	leaf_key = make_key();
	other_key = make_key();
	sub_key = make_key();
	root_key = make_key();
	leaf = make_cert(&(struct made){"leaf", "sub", leaf_key, sub_key, -1, 30,
	    "digitalSignature", "serverAuth", false, NULL});
	sub = make_cert(&(struct made){
	    "sub", "root", sub_key, root_key, -1, 30, "keyCertSign", NULL, true, NULL});
	root = make_cert(&(struct made){
	    "root", "root", root_key, root_key, -1, 30, "keyCertSign", NULL, true, NULL});
	stranger = make_cert(&(struct made){
	    "stranger", "stranger", other_key, other_key, -1, 30, NULL, NULL, true, NULL});
	return mkdtemp(dir) != NULL ? 0 : -1;
}

static int
teardown(UNUSED void **state)
{
	char command[128];

	X509_free(leaf);
	X509_free(sub);
	X509_free(root);
	X509_free(stranger);
	EVP_PKEY_free(leaf_key);
	EVP_PKEY_free(other_key);
	EVP_PKEY_free(sub_key);
	EVP_PKEY_free(root_key);
	(void)snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command);
}

/* ---- names and requests ---- */

static void
test_subject(UNUSED void **state)
{
	static const struct {
		const char *text;
		const char *name; /* NULL: refused */
	} rows[] = {
	    {"CN=vpn.example.com", "CN=vpn.example.com"},
	    {"CN=vpn.example.com,O=Example", "CN=vpn.example.com,O=Example"},
	    {" cn = vpn , ou = a b , c = DE ", "CN=vpn,OU=a b,C=DE"},
	    {"CN=a\\,b,O=c\\+d\\\\e", "CN=a\\,b,O=c\\+d\\\\e"},
	    {"CN=a\\ ", "CN=a\\ "},
	    {"O=x=y,SP=Bavaria", "O=x=y,ST=Bavaria"},
	    {"O=M\xc3\xbcller", "O=M\xc3\xbcller"},
	    {"", NULL},
	    {",", NULL},
	    {"CN", NULL},
	    {"CN=", NULL},
	    {"CN=a,", NULL},
	    {"CN=a,,O=b", NULL},
	    {"=a", NULL},
	    {"CN=a+O=b", NULL},
	    {"CN=a\\", NULL},
	    {"XX=a", NULL},
	    {"C=DEU", NULL},
	    {"O=\xff\xfe", NULL},
	    {"CN=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		X509_NAME *name = NULL;
		struct buf why;
		char text[256];

		buf_init(&why, PKI_TEXT_MAX);
		enum err err = pki_request_subject(rows[i].text, &name, &why);
		if ((err == ERR_OK) != (rows[i].name != NULL))
			fail_msg("%s: got %s (%s)", rows[i].text, err_str(err), buf_cstr(&why));
		assert_int_equal(err != ERR_OK, why.len > 0);
		if (err == ERR_OK)
			assert_string_equal(pki_say_name(name, text, sizeof(text)), rows[i].name);
		X509_NAME_free(name);
		buf_fini(&why);
	}
}

/* The alternative names of a request, "DNS:a IP:192.0.2.1". */
static void
request_names(const struct buf *pem, char *out, size_t size)
{
	BIO *bio = BIO_new_mem_buf(pem->data, (int)pem->len);
	X509_REQ *request = PEM_read_bio_X509_REQ(bio, NULL, NULL, NULL);
	char *text = NULL;
	size_t len;
	FILE *file = open_memstream(&text, &len);

	assert_non_null(request);
	assert_int_equal(X509_REQ_verify(request, leaf_key), 1);
	STACK_OF(X509_EXTENSION) *extensions = X509_REQ_get_extensions(request);
	GENERAL_NAMES *names = X509V3_get_d2i(extensions, NID_subject_alt_name, NULL, NULL);
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
		const ASN1_STRING *string = name->d.ia5;

		if (name->type == GEN_DNS)
			fprintf(file, " %.*s", ASN1_STRING_length(string),
			    (const char *)ASN1_STRING_get0_data(string));
		else
			fprintf(file, " %d", ASN1_STRING_length(string));
	}
	fclose(file);
	(void)snprintf(out, size, "%s", text);
	free(text);
	GENERAL_NAMES_free(names);
	sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
	X509_REQ_free(request);
	BIO_free(bio);
}

static void
test_request(UNUSED void **state)
{
	static const struct {
		struct pki_order order;
		const char *names; /* NULL: refused */
	} rows[] = {
	    {{.dns = {"a.example.com"}, .dns_len = 1}, " a.example.com"},
	    {{.dns = {"*.example.com", "b.example.com"},
		 .dns_len = 2,
		 .ip = {"192.0.2.1", "2001:db8::1"},
		 .ip_len = 2},
		" *.example.com b.example.com 4 16"},
	    {{.subject = "CN=c.example.com,O=x"}, " c.example.com"},
	    {{.subject = "CN=c.example.com", .ip = {"192.0.2.1"}, .ip_len = 1}, " 4"},
	    {{.subject = "CN=192.0.2.1"}, NULL},
	    {{.subject = "CN=Our gateway"}, NULL},
	    {{.subject = "O=x"}, NULL},
	    {{.subject = NULL}, NULL},
	    {{.dns = {"a b"}, .dns_len = 1}, NULL},
	    {{.dns = {""}, .dns_len = 1}, NULL},
	    {{.ip = {"192.0.2"}, .ip_len = 1}, NULL},
	    {{.subject = "CN", .dns = {"a.example.com"}, .dns_len = 1}, NULL},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct buf out, why;
		char names[256];

		buf_init(&out, PKI_FILE_MAX);
		buf_init(&why, PKI_TEXT_MAX);
		enum err err = pki_request_make(&rows[i].order, leaf_key, &out, &why);
		if ((err == ERR_OK) != (rows[i].names != NULL))
			fail_msg("row %zu: got %s (%s)", i, err_str(err), buf_cstr(&why));
		if (err == ERR_OK) {
			request_names(&out, names, sizeof(names));
			assert_string_equal(names, rows[i].names);
		} else {
			assert_int_equal(out.len, 0);
		}
		buf_fini(&out);
		buf_fini(&why);
	}
}

static void
test_keys(UNUSED void **state)
{
	static const char *const kinds[] = {"rsa:2048", "ec:P-256", "ec:P-384"};
	static const char *const wrong[] = {
	    "", "rsa", "rsa:1024", "rsa:2048 ", "ec:P-224", "ed25519"};
	struct buf why, text;
	EVP_PKEY *key, *again;

	buf_init(&why, PKI_TEXT_MAX);
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		assert_int_equal(pki_private_make(kinds[i], &key, &why), ERR_OK);
		assert_int_equal(pki_private_write(key, &text, &why), ERR_OK);
		assert_int_equal(pki_private_read(&text, "it", &again, &why), ERR_OK);
		assert_int_equal(EVP_PKEY_eq(key, again), 1);
		buf_wipe(&text);
		EVP_PKEY_free(key);
		EVP_PKEY_free(again);
	}
	assert_int_equal(why.len, 0);
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		assert_int_equal(pki_private_make(wrong[i], &key, &why), ERR_SYNTAX);
	/* What the daemon would not take. */
	key = EVP_RSA_gen(1024);
	assert_int_equal(pki_private_write(key, &text, &why), ERR_OK);
	assert_int_equal(pki_private_read(&text, "it", &again, &why), ERR_UNSUPPORTED);
	assert_null(again);
	buf_reset(&text);
	assert_int_equal(pki_private_read(&text, "it", &again, &why), ERR_SYNTAX);
	buf_fini(&text);
	EVP_PKEY_free(key);
	buf_fini(&why);
}

/* ---- answers ---- */

enum form { FORM_PEM, FORM_DER, FORM_P7_PEM, FORM_P7_DER, FORM_COUNT };

static STACK_OF(X509) * list_of(X509 *const *certs, size_t len)
{
	STACK_OF(X509) *list = sk_X509_new_null();

	for (size_t i = 0; i < len; i++) {
		X509_up_ref(certs[i]);
		assert_true(sk_X509_push(list, certs[i]) > 0);
	}
	return list;
}

static PKCS7 *
make_p7(STACK_OF(X509) * list)
{
	PKCS7 *p7 = PKCS7_new();

	assert_int_equal(PKCS7_set_type(p7, NID_pkcs7_signed), 1);
	assert_int_equal(PKCS7_content_new(p7, NID_pkcs7_data), 1);
	for (int i = 0; i < sk_X509_num(list); i++)
		assert_int_equal(PKCS7_add_certificate(p7, sk_X509_value(list, i)), 1);
	return p7;
}

static void
take_bio(BIO *bio, struct buf *out)
{
	char *data;
	long len = BIO_get_mem_data(bio, &data);

	buf_init(out, 2 * (size_t)PKI_FILE_MAX);
	buf_put(out, data, (size_t)len);
	BIO_free(bio);
}

static void
make_answer(enum form form, STACK_OF(X509) * list, struct buf *out)
{
	BIO *bio = BIO_new(BIO_s_mem());
	PKCS7 *p7 = make_p7(list);

	for (int i = 0; form <= FORM_DER && i < sk_X509_num(list); i++) {
		X509 *cert = sk_X509_value(list, i);

		if (form == FORM_PEM)
			assert_int_equal(PEM_write_bio_X509(bio, cert), 1);
		else
			assert_int_equal(i2d_X509_bio(bio, cert), 1);
	}
	if (form == FORM_P7_PEM)
		assert_int_equal(PEM_write_bio_PKCS7(bio, p7), 1);
	if (form == FORM_P7_DER)
		assert_int_equal(i2d_PKCS7_bio(bio, p7), 1);
	PKCS7_free(p7);
	take_bio(bio, out);
}

static void
test_answer_forms(UNUSED void **state)
{
	X509 *const certs[] = {root, leaf, sub};

	for (int form = 0; form < FORM_COUNT; form++) {
		STACK_OF(X509) *list = list_of(certs, 3), *got = sk_X509_new_null();
		struct buf data, why;

		buf_init(&why, PKI_TEXT_MAX);
		make_answer((enum form)form, list, &data);
		assert_int_equal(pki_answer_read(&data, "it", got, &why), ERR_OK);
		assert_int_equal(sk_X509_num(got), 3);
		/* A set has an order of its own. */
		for (int i = 0; form <= FORM_DER && i < 3; i++)
			assert_int_equal(X509_cmp(sk_X509_value(got, i), certs[i]), 0);
		/* One byte more or less is not the same answer. */
		if (form == FORM_DER || form == FORM_P7_DER) {
			buf_put_u8(&data, 0);
			assert_int_equal(pki_answer_read(&data, "it", got, &why), ERR_SYNTAX);
			data.len -= 2;
			assert_int_equal(pki_answer_read(&data, "it", got, &why), ERR_SYNTAX);
		}
		assert_false(pki_answer_is_pkcs12(&data));
		sk_X509_pop_free(list, X509_free);
		sk_X509_pop_free(got, X509_free);
		buf_fini(&data);
		buf_fini(&why);
	}
}

static void
test_answer_junk(UNUSED void **state)
{
	static const struct {
		const char *text;
		const char *why;
	} rows[] = {
	    {"", "is no certificate"},
	    {"hello", "is no certificate"},
	    {"0", "is no certificate"},
	    {"0\x82\xff\xff", "is no certificate"},
	    {"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", "is no certificate"},
	    {"-----BEGIN CERTIFICATE-----\nMIIB\n", "broken or was cut off"},
	    {"-----BEGIN PKCS7-----\nMAA=\n-----END PKCS7-----\n", "is no certificate"},
	    {"-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n",
		"holds a private key"},
	    {"-----BEGIN EC PRIVATE KEY-----\nMAA=\n-----END EC PRIVATE KEY-----\n",
		"holds a private key"},
	    {"-----BEGIN CERTIFICATE REQUEST-----\nMAA=\n-----END CERTIFICATE REQUEST-----\n",
		"is a request"},
	    {"-----BEGIN X509 CRL-----\nMAA=\n-----END X509 CRL-----\n", "BEGIN X509 CRL"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		STACK_OF(X509) *list = sk_X509_new_null();
		struct buf data, why;

		buf_init(&data, PKI_FILE_MAX);
		buf_init(&why, PKI_TEXT_MAX);
		buf_puts(&data, rows[i].text);
		assert_int_equal(pki_answer_read(&data, "it", list, &why), ERR_SYNTAX);
		if (strstr(buf_cstr(&why), rows[i].why) == NULL)
			fail_msg(
			    "row %zu: expected \"%s\", got \"%s\"", i, rows[i].why, buf_cstr(&why));
		sk_X509_pop_free(list, X509_free);
		buf_fini(&data);
		buf_fini(&why);
	}
}

static void
test_answer_many(UNUSED void **state)
{
	STACK_OF(X509) *list = sk_X509_new_null(), *got = sk_X509_new_null();
	struct buf data, why;

	for (int i = 0; i <= PKI_CERTS_MAX; i++) {
		X509_up_ref(leaf);
		assert_true(sk_X509_push(list, leaf) > 0);
	}
	make_answer(FORM_DER, list, &data);
	buf_init(&why, PKI_TEXT_MAX);
	assert_int_equal(pki_answer_read(&data, "it", got, &why), ERR_LIMIT);
	assert_int_equal(sk_X509_num(got), PKI_CERTS_MAX);
	sk_X509_pop_free(list, X509_free);
	sk_X509_pop_free(got, X509_free);
	buf_fini(&data);
	buf_fini(&why);
}

static void
make_pkcs12(int mac_rounds, struct buf *out)
{
	X509 *const certs[] = {root, sub};
	STACK_OF(X509) *others = list_of(certs, 2);
	PKCS12 *pkcs12 =
	    PKCS12_create("secret", "gw", leaf_key, leaf, others, 0, 0, 1000, mac_rounds, 0);
	BIO *bio = BIO_new(BIO_s_mem());

	assert_non_null(pkcs12);
	assert_int_equal(i2d_PKCS12_bio(bio, pkcs12), 1);
	take_bio(bio, out);
	PKCS12_free(pkcs12);
	sk_X509_pop_free(others, X509_free);
}

static enum err
read_pkcs12(const struct buf *data, const char *passphrase, int *certs)
{
	STACK_OF(X509) *list = sk_X509_new_null();
	EVP_PKEY *key = NULL;
	struct buf why;

	buf_init(&why, PKI_TEXT_MAX);
	enum err err = pki_answer_pkcs12(data, "it", passphrase, list, &key, &why);
	assert_int_equal(err != ERR_OK, why.len > 0);
	if (err == ERR_OK)
		assert_int_equal(EVP_PKEY_eq(key, leaf_key), 1);
	else
		assert_null(key);
	*certs = sk_X509_num(list);
	EVP_PKEY_free(key);
	sk_X509_pop_free(list, X509_free);
	buf_fini(&why);
	return err;
}

/* Base64 in lines of 64, as an ASA prints it. */
static void
put_base64(struct buf *out, const struct buf *der)
{
	unsigned char line[80];

	for (size_t at = 0; at < der->len; at += 48) {
		size_t n = der->len - at < 48 ? der->len - at : 48;

		EVP_EncodeBlock(line, der->data + at, (int)n);
		buf_printf(out, "%s\r\n", (const char *)line);
	}
}

static void
test_pkcs12(UNUSED void **state)
{
	struct buf der, pem, bare, none;
	int certs;

	make_pkcs12(1000, &der);
	buf_init(&pem, PKI_FILE_MAX);
	buf_init(&bare, PKI_FILE_MAX);
	buf_init(&none, PKI_FILE_MAX);
	buf_puts(&pem, "\nExported pkcs12 follows:\n-----BEGIN PKCS12-----\n");
	put_base64(&pem, &der);
	buf_puts(&pem, "-----END PKCS12-----\n");
	put_base64(&bare, &der);
	buf_puts(&bare, "quit\n");
	const struct buf *const forms[] = {&der, &pem, &bare};
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		assert_true(pki_answer_is_pkcs12(forms[i]));
		assert_int_equal(read_pkcs12(forms[i], "secret", &certs), ERR_OK);
		assert_int_equal(certs, 3);
		assert_int_equal(read_pkcs12(forms[i], "Secret", &certs), ERR_DENIED);
		assert_int_equal(read_pkcs12(forms[i], "", &certs), ERR_DENIED);
		assert_int_equal(certs, 0);
	}
	assert_int_equal(read_pkcs12(&none, "secret", &certs), ERR_SYNTAX);
	/* Changed on its way. */
	der.data[der.len / 2] ^= 1;
	assert_int_not_equal(read_pkcs12(&der, "secret", &certs), ERR_OK);
	buf_fini(&der);
	/* Without a MAC. */
	make_pkcs12(-1, &der);
	assert_int_equal(read_pkcs12(&der, "secret", &certs), ERR_SYNTAX);
	buf_fini(&der);
	buf_fini(&pem);
	buf_fini(&bare);
	buf_fini(&none);
}

/* ---- chains ---- */

/* The names of the chain that comes of it, "leaf sub root", or what is wrong. */
static enum err
order_chain(X509 *const *certs, size_t len, char *out, size_t size, struct buf *notes)
{
	STACK_OF(X509) *list = list_of(certs, len), *chain = NULL;
	struct buf why;

	out[0] = '\0';
	buf_init(&why, PKI_TEXT_MAX);
	enum err err = pki_chain_order(list, leaf_key, NOW, &chain, notes, &why);
	if (err != ERR_OK)
		(void)snprintf(out, size, "%s", buf_cstr(&why));
	for (int i = 0; err == ERR_OK && i < sk_X509_num(chain); i++) {
		char name[64];

		pki_say_name(X509_get_subject_name(sk_X509_value(chain, i)), name, sizeof(name));
		size_t at = strlen(out);
		(void)snprintf(out + at, size - at, "%s%s", i > 0 ? " " : "", name + 3);
	}
	sk_X509_free(chain);
	sk_X509_pop_free(list, X509_free);
	buf_fini(&why);
	return err;
}

static void
expect_chain(X509 *const *certs, size_t len, const char *wanted)
{
	struct buf notes;
	char got[512];

	buf_init(&notes, PKI_TEXT_MAX);
	enum err err = order_chain(certs, len, got, sizeof(got), &notes);
	if (err == ERR_OK ? strcmp(got, wanted) != 0 : strstr(got, wanted) == NULL)
		fail_msg("expected \"%s\", got \"%s\"", wanted, got);
	buf_fini(&notes);
}

static void
test_order(UNUSED void **state)
{
	X509 *const all[] = {leaf, sub, root, stranger};
	char got[512];

	for (unsigned i = 0; i < 256; i++) {
		X509 *const picked[] = {all[i & 3], all[i >> 2 & 3], all[i >> 4 & 3], all[i >> 6]};
		unsigned have =
		    1U << (i & 3) | 1U << (i >> 2 & 3) | 1U << (i >> 4 & 3) | 1U << (i >> 6);
		struct buf notes;

		buf_init(&notes, PKI_TEXT_MAX);
		enum err err = order_chain(picked, 4, got, sizeof(got), &notes);
		assert_int_equal(err, (have & 1) != 0 ? ERR_OK : ERR_NOTFOUND);
		assert_string_equal(got, !(have & 1)       ? "no certificate belongs to the key"
					 : !(have & 2)     ? "leaf"
					 : (have & 4) != 0 ? "leaf sub root"
							   : "leaf sub");
		if ((have & 1) != 0) {
			const char *text = buf_cstr(&notes);

			assert_int_equal(
			    strstr(text, "left out") != NULL, (have & 8) != 0 || (have & 6) == 4);
			assert_int_equal(
			    strstr(text, "issuer is not there: CN=sub") != NULL, !(have & 2));
		}
		buf_fini(&notes);
	}
}

static void
test_judged(UNUSED void **state)
{
	const struct {
		struct made made;
		const char *wanted;
	} rows[] = {
	    {{.from = -1, .to = 1}, "leaf"},
	    {{.from = -1, .to = 1, .extended = "serverAuth,clientAuth"}, "leaf"},
	    {{.from = -1, .to = 1, .extended = "anyExtendedKeyUsage"}, "leaf"},
	    {{.from = -1, .to = 1, .usage = "critical,digitalSignature"}, "leaf"},
	    {{.from = -2, .to = -1}, "of CN=leaf has expired: "},
	    {{.from = 1, .to = 2}, "of CN=leaf is not valid before "},
	    {{.from = -1, .to = 1, .extended = "clientAuth"}, "without serverAuth"},
	    {{.from = -1, .to = 1, .extended = "codeSigning"}, "without serverAuth"},
	    {{.from = -1, .to = 1, .usage = "keyEncipherment"}, "without digitalSignature"},
	    {{.from = -1, .to = 1, .digest = EVP_sha1()}, "signed with ecdsa-with-SHA1"},
	    {{.from = -1, .to = 1, .digest = EVP_sha512()}, "leaf"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct made made = rows[i].made;

		made.subject = "leaf";
		made.issuer = "sub";
		made.key = leaf_key;
		made.issuer_key = sub_key;
		X509 *cert = make_cert(&made);
		expect_chain(&cert, 1, rows[i].wanted);
		X509_free(cert);
	}
}

/* A good certificate among bad ones for the same key; an issuer that only has the right name; one
 * that is no CA; one that has expired, and one of the same name that has not. */
static void
test_choice(UNUSED void **state)
{
	X509 *expired = make_cert(
	    &(struct made){"leaf", "sub", leaf_key, sub_key, -9, -1, NULL, NULL, false, NULL});
	X509 *later = make_cert(
	    &(struct made){"leaf", "root", leaf_key, root_key, -1, 90, NULL, NULL, false, NULL});
	X509 *namesake = make_cert(
	    &(struct made){"sub", "root", other_key, root_key, -1, 90, NULL, NULL, true, NULL});
	X509 *no_ca = make_cert(
	    &(struct made){"sub", "root", sub_key, root_key, -1, 90, NULL, NULL, false, NULL});
	X509 *old_sub = make_cert(
	    &(struct made){"sub", "root", sub_key, root_key, -9, -1, NULL, NULL, true, NULL});

	expect_chain((X509 *[]){expired, leaf, sub, root}, 4, "leaf sub root");
	expect_chain((X509 *[]){leaf, later, sub, root}, 4, "leaf root");
	expect_chain((X509 *[]){leaf, namesake, sub, root}, 4, "leaf sub root");
	expect_chain((X509 *[]){leaf, namesake, root}, 3, "leaf");
	expect_chain((X509 *[]){leaf, no_ca, root}, 3, "leaf");
	expect_chain((X509 *[]){leaf, old_sub, sub}, 3, "leaf sub");
	expect_chain((X509 *[]){leaf, old_sub, root}, 3, "of CN=sub has expired");
	X509_free(expired);
	X509_free(later);
	X509_free(namesake);
	X509_free(no_ca);
	X509_free(old_sub);
}

static void
test_long_chain(UNUSED void **state)
{
	X509 *certs[PKI_CHAIN_MAX + 1];
	char names[PKI_CHAIN_MAX + 2][16];

	for (int i = 0; i < PKI_CHAIN_MAX + 2; i++)
		(void)snprintf(names[i], sizeof(names[i]), "ca%d", i);
	for (int i = 0; i < PKI_CHAIN_MAX + 1; i++)
		certs[i] = make_cert(&(struct made){names[i], names[i + 1],
		    i == 0 ? leaf_key : other_key, other_key, -1, 9, NULL, NULL, i > 0, NULL});
	expect_chain(certs, PKI_CHAIN_MAX, "ca0 ca1 ca2 ca3 ca4 ca5 ca6 ca7 ca8 ca9");
	expect_chain(certs, PKI_CHAIN_MAX + 1, "the chain has more than 10 certificates");
	for (int i = 0; i < PKI_CHAIN_MAX + 1; i++)
		X509_free(certs[i]);
}

/* ---- files ---- */

static void
write_text(const char *name, const char *text, mode_t mode)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	assert_int_equal(chmod(path, mode), 0);
}

/* Content and mode; "" and 0 when there is no such file. */
static void
expect_file(const char *name, const char *text, mode_t mode)
{
	char path[128], got[256] = "";
	struct stat st = {0};

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	FILE *file = fopen(path, "r");
	if (file != NULL) {
		got[fread(got, 1, sizeof(got) - 1, file)] = '\0';
		assert_int_equal(fstat(fileno(file), &st), 0);
		fclose(file);
	}
	if (strcmp(got, text) != 0 || (st.st_mode & 07777) != mode)
		fail_msg("%s: expected \"%s\" %o, got \"%s\" %o", name, text, (unsigned)mode, got,
		    (unsigned)st.st_mode & 07777);
}

static void
test_names(UNUSED void **state)
{
	static const char *const fine[] = {"GW", "Trust Point 1", "a.b", "x-y_z"};
	static const char *const wrong[] = {"", "none", ".", "..", ".x", "../GW", "a/b", "a\nb",
	    "a\"b", "a\\b", " a",
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
	struct buf why;

	buf_init(&why, PKI_TEXT_MAX);
	for (size_t i = 0; i < ARRAY_LEN(fine); i++)
		assert_int_equal(pki_place_check_name(fine[i], &why), ERR_OK);
	assert_int_equal(why.len, 0);
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		if (pki_place_check_name(wrong[i], &why) != ERR_SYNTAX)
			fail_msg("\"%s\" is taken", wrong[i]);
	buf_fini(&why);
}

static void
test_place(UNUSED void **state)
{
	struct pki_place place;
	struct buf one, two, got, why;

	buf_init(&one, 16);
	buf_init(&two, 16);
	buf_init(&why, PKI_TEXT_MAX);
	buf_puts(&one, "one");
	buf_puts(&two, "two");
	assert_int_equal(pki_place_open(&place, dir, "T", &why), ERR_OK);
	assert_false(pki_place_has(&place, ".key"));
	assert_int_equal(pki_place_read(&place, ".key", &got, &why), ERR_NOTFOUND);
	buf_fini(&got);
	assert_int_equal(pki_place_make(&place, ".key", &one, 0600, &why), ERR_OK);
	expect_file("T.key", "one", 0600);
	assert_int_equal(why.len, 0);
	assert_int_equal(pki_place_make(&place, ".key", &two, 0600, &why), ERR_EXISTS);
	expect_file("T.key", "one", 0600);
	/* One that is there and one that is not. The mode stays, but a key is for nobody else. */
	write_text("T.key", "zero", 0644);
	struct pki_change changes[] = {{.suffix = ".key", .text = &one, .mode = 0600},
	    {.suffix = ".pem", .text = &two, .mode = 0644}};
	assert_int_equal(pki_place_replace(&place, changes, 2, &why), ERR_OK);
	expect_file("T.key", "one", 0640);
	expect_file("T.key.old", "zero", 0644);
	expect_file("T.pem", "two", 0644);
	expect_file("T.pem.old", "", 0);
	/* The second cannot be: so not the first either. */
	char path[128];
	(void)snprintf(path, sizeof(path), "%s/T.dir", dir);
	assert_int_equal(mkdir(path, 0700), 0);
	changes[0].text = &two;
	changes[1].suffix = ".dir";
	assert_int_not_equal(pki_place_replace(&place, changes, 2, &why), ERR_OK);
	expect_file("T.key", "one", 0640);
	assert_int_equal(rmdir(path), 0);
	pki_place_remove(&place, ".pem");
	assert_false(pki_place_has(&place, ".pem"));
	pki_place_close(&place);
	/* Nothing is left over. */
	(void)snprintf(path, sizeof(path), "! ls -A %s | grep -q tmp", dir);
	assert_int_equal(system(path), 0);
	buf_fini(&one);
	buf_fini(&two);
	buf_fini(&why);
}

static void
test_listed(UNUSED void **state)
{
	struct pki_listed *list = NULL;
	struct buf why;
	char path[128];
	size_t len = 0;

	buf_init(&why, PKI_TEXT_MAX);
	assert_int_equal(pki_listed_read(dir, &list, &len, &why), ERR_NOTFOUND);
	write_text("pki.conf",
	    "trustpoints = (\n { name = \"A\"; certificate = \"a.pem\"; key = \"/k\"; },\n"
	    " { name = \"B\"; ca-certificate = \"b.pem\"; },\n { name = \"C\"; } );\n"
	    "ssl-trust-point = \"A\";\n"
	    "ssl-trust-points = ( { trustpoint = \"C\"; domain = \"c.example.com\"; } );\n",
	    0600);
	assert_int_equal(pki_listed_read(dir, &list, &len, &why), ERR_OK);
	assert_int_equal(len, 3);
	assert_string_equal(list[0].name, "A");
	(void)snprintf(path, sizeof(path), "%s/a.pem", dir);
	assert_string_equal(list[0].certificate, path);
	assert_string_equal(list[0].key, "/k");
	assert_string_equal(list[0].ca_certificate, "");
	assert_true(list[0].shown);
	assert_false(list[1].shown);
	assert_int_equal(list[1].line, 3);
	assert_string_equal(list[1].certificate, "");
	assert_true(list[2].shown);
	free(list);
	write_text("pki.conf", "trustpoints = ( { } );\n", 0600);
	assert_int_equal(pki_listed_read(dir, &list, &len, &why), ERR_SYNTAX);
	write_text("pki.conf", "trustpoints = (\n", 0600);
	assert_int_equal(pki_listed_read(dir, &list, &len, &why), ERR_SYNTAX);
	write_text("pki.conf", "trustpoints = 5; ssl-trust-points = \"x\";\n", 0600);
	assert_int_equal(pki_listed_read(dir, &list, &len, &why), ERR_OK);
	assert_int_equal(len, 0);
	free(list);
	buf_fini(&why);
}

/* A name in a certificate cannot write to the terminal. */
static void
test_printable(UNUSED void **state)
{
	struct buf why;

	buf_init(&why, PKI_TEXT_MAX);
	assert_int_equal(pki_say(&why, ERR_DENIED, "a%sb", "\x1b[2J\n"), ERR_DENIED);
	assert_string_equal(buf_cstr(&why), "a?[2J?b");
	assert_int_equal(pki_say(&why, ERR_OK, "second"), ERR_OK);
	assert_string_equal(buf_cstr(&why), "a?[2J?b\nsecond");
	buf_fini(&why);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_subject),
	    cmocka_unit_test(test_request),
	    cmocka_unit_test(test_keys),
	    cmocka_unit_test(test_answer_forms),
	    cmocka_unit_test(test_answer_junk),
	    cmocka_unit_test(test_answer_many),
	    cmocka_unit_test(test_pkcs12),
	    cmocka_unit_test(test_order),
	    cmocka_unit_test(test_judged),
	    cmocka_unit_test(test_choice),
	    cmocka_unit_test(test_long_chain),
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_place),
	    cmocka_unit_test(test_listed),
	    cmocka_unit_test(test_printable),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
