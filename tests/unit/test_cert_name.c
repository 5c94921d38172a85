/* SPDX-License-Identifier: Apache-2.0 */
/* The user name in a certificate: every field, the second choice, both certificates of a pair. */
#include <stdio.h>
#include <string.h>

#include "conf/cert_name.h"
#include "tests/unit/conf_world.h"

/* A certificate with everything in it, and one with little. */
static Ipc__CertAttr attrs[18];
static Ipc__CertAttr *attr_refs[18];
static char *upns[] = {(char *)"alice@corp", (char *)"other@corp"};
static char *emails[] = {(char *)"alt@example.com"};
static Ipc__CertNames full, bare;

static int
setup(void **state)
{
	static const char *const tags[][2] = {{"uid", "u1"}, {"cn", "alice"}, {"ou", "Inner"},
	    {"ou", "Outer"}, {"ea", "a@example.com"}, {"c", "JP"}, {"dnq", "q"}, {"genq", "III"},
	    {"gn", "Alice"}, {"i", "A"}, {"l", "Tokyo"}, {"n", "name"}, {"o", "Example"},
	    {"ser", "4711"}, {"sn", "Ito"}, {"sp", "Kanto"}, {"t", "Dr"}, {"dc", "x"}};

	(void)state;
	ipc__cert_names__init(&full);
	ipc__cert_names__init(&bare);
	for (size_t i = 0; i < ARRAY_LEN(tags); i++) {
		ipc__cert_attr__init(&attrs[i]);
		attrs[i].tag = (char *)tags[i][0];
		attrs[i].value = (char *)tags[i][1];
		attr_refs[i] = &attrs[i];
	}
	full.subject = attr_refs;
	full.n_subject = ARRAY_LEN(attr_refs);
	full.subject_name = (char *)"cn=alice,o=Example";
	full.alt_upn = upns;
	full.n_alt_upn = 2;
	full.alt_email = emails;
	full.n_alt_email = 1;
	bare.alt_email = emails;
	bare.n_alt_email = 1;
	return 0;
}

static void
test_fields(void **state)
{
	static const char *const rows[][2] = {{"C", "JP"}, {"CN", "alice"}, {"DNQ", "q"},
	    {"EA", "a@example.com"}, {"GENQ", "III"}, {"GN", "Alice"}, {"I", "A"}, {"L", "Tokyo"},
	    {"N", "name"}, {"O", "Example"}, {"OU", "Inner"}, {"SER", "4711"}, {"SN", "Ito"},
	    {"SP", "Kanto"}, {"T", "Dr"}, {"UID", "u1"}, {"UPN", "alice@corp"},
	    {"use-entire-name", "cn=alice,o=Example"}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *got = cert_name_field(&full, rows[i][0]);

		if (got == NULL || strcmp(got, rows[i][1]) != 0)
			fail_msg("FAIL: %s, expected %s, got %s", rows[i][0], rows[i][1],
			    got != NULL ? got : "nothing");
		got = cert_name_field(&bare, rows[i][0]);
		/* An e-mail address is no principal, nor anything else. */
		if ((got != NULL) != (strcmp(rows[i][0], "EA") == 0))
			fail_msg("FAIL: %s, expected nothing, got %s", rows[i][0], got);
	}
	assert_null(cert_name_field(&full, "DC"));
	assert_string_equal(cert_name_field(&bare, "EA"), "alt@example.com");
}

static const struct {
	const char *general, *webvpn;
	const char *cn1, *cn2; /* of the first and the second; NULL: there is none */
	bool secondary;
	enum err err;
	const char *name;
} rows[] = {
    {"", "\"certificate\"", "alice", NULL, false, ERR_OK, "alice"},
    {"username-from-certificate = [ \"UID\", \"CN\" ];", "\"certificate\"", "alice", NULL, false,
	ERR_OK, "alice"},
    {"username-from-certificate = \"UID\";", "\"certificate\"", "alice", NULL, false, ERR_NOTFOUND,
	""},
    {"strip-realm = true;", "\"certificate\"", "alice@corp", NULL, false, ERR_OK, "alice"},
    {"strip-realm = true;", "\"certificate\"", "@corp", NULL, false, ERR_SYNTAX, ""},
    {"", "\"certificate\"",
	"a\x01"
	"b",
	NULL, false, ERR_SYNTAX, ""},
    {"", "\"certificate\"",
	"a\xe2\x80\xae"
	"b",
	NULL, false, ERR_SYNTAX, ""},
    {"", "\"certificate\"", "0123456789012345678901234567890", NULL, false, ERR_OK,
	"0123456789012345678901234567890"},
    {"", "\"certificate\"", "01234567890123456789012345678901", NULL, false, ERR_LIMIT, ""},
    {"", "\"certificate\"", "", NULL, false, ERR_NOTFOUND, ""},
    {"", "\"multiple-certificate\"", "pc", "alice", false, ERR_OK, "pc"},
    {"username-from-certificate-choice = \"second-certificate\";", "\"multiple-certificate\"", "pc",
	"alice", false, ERR_OK, "alice"},
    {"username-from-certificate-choice = \"second-certificate\";", "\"multiple-certificate\"", "pc",
	NULL, false, ERR_NOTFOUND, ""},
    {"username-from-certificate-choice = \"second-certificate\";", "\"certificate\"", "pc", NULL,
	false, ERR_OK, "pc"},
    {"secondary-username-from-certificate-choice = \"second-certificate\";",
	"[ \"aaa\", \"multiple-certificate\" ]", "pc", "alice", true, ERR_OK, "alice"},
    {"secondary-username-from-certificate = \"OU\";", "[ \"aaa\", \"certificate\" ]", "pc", NULL,
	true, ERR_NOTFOUND, ""},
};

static void
names_make(const char *cn, Ipc__CertAttr *attr, Ipc__CertAttr **ref, Ipc__CertNames *out)
{
	ipc__cert_names__init(out);
	ipc__cert_attr__init(attr);
	attr->tag = (char *)"cn";
	attr->value = (char *)cn;
	*ref = attr;
	out->subject = ref;
	out->n_subject = 1;
}

static void
test_user(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char text[1024], name[32] = "";
		Ipc__CertAttr attr1, attr2, *ref1, *ref2;
		Ipc__CertNames first, second;
		struct cert_pair pair = {.first = rows[i].cn1 != NULL ? &first : NULL,
		    .second = rows[i].cn2 != NULL ? &second : NULL};

		snprintf(text, sizeof(text),
		    "tunnel-groups = ( { name = \"G\"; general-attributes = { %s }; "
		    "webvpn-attributes = { authentication = %s; }; } );\n",
		    rows[i].general, rows[i].webvpn);
		const struct conf_world_file files[] = {{"tunnel-groups.conf", text}};
		struct conf *conf = conf_world(files, 1);
		names_make(rows[i].cn1, &attr1, &ref1, &first);
		names_make(rows[i].cn2, &attr2, &ref2, &second);
		enum err err = cert_name_user(conf, conf_find(conf, CONF_TUNNEL_GROUP, "G"), &pair,
		    rows[i].secondary, name, sizeof(name));
		if (err != rows[i].err || (err == ERR_OK && strcmp(name, rows[i].name) != 0))
			fail_msg("FAIL: row %zu, expected %s '%s', got %s '%s'", i,
			    err_str(rows[i].err), rows[i].name, err_str(err), name);
		conf_unref(conf);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_fields, setup),
	    cmocka_unit_test(test_user),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
