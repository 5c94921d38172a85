/* SPDX-License-Identifier: Apache-2.0 */
/* Certificate maps (asa.md 3): how a criterion reads, and whether a certificate fits it. */
#include <stdio.h>

#include "conf/certmap.h"
#include "tests/unit/conf_world.h"

static const struct {
	const char *text;
	enum err err;
	enum certmap_field field;
	const char *tag;
	enum certmap_op op;
	const char *value;
} parsed[] = {
    {"subject-name attr ou eq Staff", ERR_OK, CERTMAP_SUBJECT_NAME, "ou", CERTMAP_EQ, "Staff"},
    {"subject-name attr OU EQ Staff", ERR_OK, CERTMAP_SUBJECT_NAME, "ou", CERTMAP_EQ, "Staff"},
    {"  issuer-name\tattr  st  nc  North West ", ERR_OK, CERTMAP_ISSUER_NAME, "sp", CERTMAP_NC,
	"North West"},
    {"subject-name co \"a b\"", ERR_OK, CERTMAP_SUBJECT_NAME, "", CERTMAP_CO, "a b"},
    {"subject-name eq \"", ERR_OK, CERTMAP_SUBJECT_NAME, "", CERTMAP_EQ, "\""},
    {"alt-subject-name co @corp.example", ERR_OK, CERTMAP_ALT_SUBJECT_NAME, "", CERTMAP_CO,
	"@corp.example"},
    {"extended-key-usage co 1.3.6.1.4.1.311.20.2.2", ERR_OK, CERTMAP_EXTENDED_KEY_USAGE, "",
	CERTMAP_CO, "1.3.6.1.4.1.311.20.2.2"},
    {"extended-key-usage nc clientAuth", ERR_OK, CERTMAP_EXTENDED_KEY_USAGE, "", CERTMAP_NC,
	"1.3.6.1.5.5.7.3.2"},
    {"", ERR_SYNTAX, 0, "", 0, ""},
    {"subject-name", ERR_SYNTAX, 0, "", 0, ""},
    {"subject-name attr", ERR_SYNTAX, 0, "", 0, ""},
    {"subject-name attr ou", ERR_SYNTAX, 0, "", 0, ""},
    {"subject-name attr ou eq", ERR_SYNTAX, 0, "", 0, ""},
    {"subject-name attr ou eq \"\"", ERR_SYNTAX, 0, "", 0, ""},
    {"subject-name attr zz eq x", ERR_SYNTAX, 0, "", 0, ""},
    {"subject-name attr ou is x", ERR_SYNTAX, 0, "", 0, ""},
    {"serial-number eq 12", ERR_SYNTAX, 0, "", 0, ""},
    {"alt-subject-name attr cn eq x", ERR_SYNTAX, 0, "", 0, ""},
    {"extended-key-usage eq 1.2.3", ERR_SYNTAX, 0, "", 0, ""},
    {"extended-key-usage co anything", ERR_SYNTAX, 0, "", 0, ""},
    {"extended-key-usage co .1.2", ERR_SYNTAX, 0, "", 0, ""},
    {"extended-key-usage co 1..2", ERR_SYNTAX, 0, "", 0, ""},
    {"extended-key-usage co 12", ERR_SYNTAX, 0, "", 0, ""},
    {"subject-namesubject-namesubject-name eq x", ERR_SYNTAX, 0, "", 0, ""},
};

static void
test_parse(void **state)
{
	static char longest[400] = "subject-name eq ";
	struct certmap_criterion criterion;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(parsed); i++) {
		enum err err = certmap_parse(parsed[i].text, &criterion);

		if (err != parsed[i].err)
			fail_msg("FAIL: '%s', expected %s, got %s", parsed[i].text,
			    err_str(parsed[i].err), err_str(err));
		if (err != ERR_OK)
			continue;
		if (criterion.field != parsed[i].field || criterion.op != parsed[i].op ||
		    strcmp(criterion.tag, parsed[i].tag) != 0 ||
		    strcmp(criterion.value, parsed[i].value) != 0)
			fail_msg("FAIL: '%s', got field %d tag '%s' op %d value '%s'",
			    parsed[i].text, criterion.field, criterion.tag, criterion.op,
			    criterion.value);
	}
	memset(longest + 16, 'x', 255);
	assert_int_equal(certmap_parse(longest, &criterion), ERR_OK);
	memset(longest + 16, 'x', 256);
	assert_int_equal(certmap_parse(longest, &criterion), ERR_LIMIT);
}

/* Every tag of the reference is known. */
static void
test_tags(void **state)
{
	static const char *const tags[] = {"c", "cn", "dnq", "ea", "genq", "gn", "i", "ip", "l",
	    "n", "o", "ou", "ser", "sn", "sp", "t", "uid", "dc"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(tags); i++) {
		struct certmap_criterion criterion;
		char text[64];

		snprintf(text, sizeof(text), "subject-name attr %s ne x", tags[i]);
		assert_int_equal(certmap_parse(text, &criterion), ERR_OK);
		assert_string_equal(criterion.tag, tags[i]);
	}
}

/* cn=Jane Doe,ou=Staff,ou=Sales,st=North,o=Corp issued by cn=CA,o=Corp */
static Ipc__CertAttr attrs[] = {
    {.tag = (char *)"cn", .value = (char *)"Jane Doe"},
    {.tag = (char *)"ou", .value = (char *)"Staff"},
    {.tag = (char *)"ou", .value = (char *)"Sales"},
    {.tag = (char *)"sp", .value = (char *)"North"},
    {.tag = (char *)"o", .value = (char *)"Corp"},
    {.tag = (char *)"cn", .value = (char *)"CA"},
};
static Ipc__CertAttr *refs[] = {&attrs[0], &attrs[1], &attrs[2], &attrs[3], &attrs[4], &attrs[5]};
static char *alts[] = {(char *)"jane@corp.example", (char *)"jane.corp.example"};
static char *usages[] = {(char *)"1.3.6.1.5.5.7.3.2", (char *)"1.3.6.1.5.5.7.3.21"};

static Ipc__CertNames
jane(void)
{
	Ipc__CertNames names = IPC__CERT_NAMES__INIT;

	names.subject = refs;
	names.n_subject = 5;
	names.issuer = refs + 5;
	names.n_issuer = 1;
	names.subject_name = (char *)"cn=Jane Doe,ou=Staff,ou=Sales,st=North,o=Corp";
	names.issuer_name = (char *)"cn=CA,o=Corp";
	names.alt_subject_name = alts;
	names.n_alt_subject_name = 2;
	names.extended_key_usage = usages;
	names.n_extended_key_usage = 2;
	return names;
}

static const struct {
	const char *text;
	bool holds;
} held[] = {
    {"subject-name attr cn eq jane doe", true},
    {"subject-name attr cn eq jane", false},
    {"subject-name attr cn co DOE", true},
    {"subject-name attr cn co doe jr", false},
    {"subject-name attr cn nc bob", true},
    {"subject-name attr cn ne Jane Doe", false},
    {"subject-name attr ou eq Sales", true}, /* one of two */
    {"subject-name attr ou ne Sales", false},
    {"subject-name attr ou ne Boss", true},
    {"subject-name attr ou nc S", false},
    {"subject-name attr st eq north", true},
    {"subject-name attr sp eq north", true},
    {"subject-name attr l eq north", false}, /* has none */
    {"subject-name attr l ne north", true},
    {"subject-name attr l nc north", true},
    {"subject-name eq cn=Jane Doe,ou=Staff,ou=Sales,st=North,o=Corp", true},
    {"subject-name co ou=staff", true},
    {"subject-name nc ou=staff", false},
    {"issuer-name attr cn eq CA", true},
    {"issuer-name attr ou eq Staff", false},
    {"issuer-name eq cn=ca,o=corp", true},
    {"issuer-name ne cn=ca,o=corp", false},
    {"alt-subject-name co @corp.example", true},
    {"alt-subject-name eq JANE.corp.example", true},
    {"alt-subject-name ne jane@corp.example", false},
    {"alt-subject-name nc other", true},
    {"extended-key-usage co clientauth", true},
    {"extended-key-usage co 1.3.6.1.5.5.7.3", false}, /* an OID is not a text */
    {"extended-key-usage nc 1.3.6.1.5.5.7.3", true},
    {"extended-key-usage nc clientauth", false},
};

static void
test_holds(void **state)
{
	Ipc__CertNames names = jane();
	Ipc__CertNames nobody = IPC__CERT_NAMES__INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(held); i++) {
		struct certmap_criterion criterion;

		assert_int_equal(certmap_parse(held[i].text, &criterion), ERR_OK);
		if (certmap_holds(&criterion, &names) != held[i].holds)
			fail_msg("FAIL: '%s', expected %d, got %d", held[i].text, held[i].holds,
			    !held[i].holds);
		/* A certificate without any name: only what denies holds. */
		bool denies = criterion.op == CERTMAP_NE || criterion.op == CERTMAP_NC;
		assert_int_equal(certmap_holds(&criterion, &nobody), denies);
	}
}

/* The first entry whose rule the certificate fits. */
static const char *
find(const struct conf *conf, const Ipc__CertNames *names)
{
	const struct conf_object *entry = NULL;

	while ((entry = certmap_next(conf, entry)) != NULL)
		if (certmap_matches(certmap_rule(conf, entry), names))
			return conf_str(entry, CGM_TUNNEL_GROUP);
	return "none";
}

static void
test_order(void **state)
{
	const struct conf_world_file files[] = {{"tunnel-groups.conf",
	    "webvpn = { certificate-group-map = (\n"
	    "  { map = \"M\"; sequence = 30; tunnel-group = \"C\"; },\n"
	    "  { map = \"N\"; sequence = 20; tunnel-group = \"B\"; },\n"
	    "  { map = \"M\"; sequence = 20; tunnel-group = \"A\"; } ); };\n"
	    "certificate-maps = (\n"
	    "  { name = \"M\"; sequence = 30; criteria = [ \"issuer-name attr cn eq CA\" ]; },\n"
	    "  { name = \"M\"; sequence = 20; criteria = [ \"subject-name attr ou eq Staff\",\n"
	    "      \"subject-name attr o eq Corp\" ]; },\n"
	    "  { name = \"N\"; sequence = 20; criteria = [ \"subject-name attr ou eq Staff\",\n"
	    "      \"subject-name attr o ne Corp\" ]; } );\n"
	    "tunnel-groups = ( { name = \"A\"; }, { name = \"B\"; }, { name = \"C\"; } );\n"}};
	struct conf *conf = conf_world(files, 1);
	Ipc__CertNames names = jane(), nobody = IPC__CERT_NAMES__INIT;
	static const char *const order[] = {"B", "A", "C"};
	const struct conf_object *entry = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(order); i++) {
		entry = certmap_next(conf, entry);
		assert_non_null(entry);
		assert_string_equal(conf_str(entry, CGM_TUNNEL_GROUP), order[i]);
		assert_int_equal(conf_int(certmap_rule(conf, entry), CM_SEQUENCE),
		    conf_int(entry, CGM_SEQUENCE));
	}
	assert_null(certmap_next(conf, entry));
	assert_string_equal(find(conf, &names), "A");
	names.n_subject = 0;
	assert_string_equal(find(conf, &names), "C");
	assert_string_equal(find(conf, &nobody), "none");
	conf_unref(conf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_parse),
	    cmocka_unit_test(test_tags),
	    cmocka_unit_test(test_holds),
	    cmocka_unit_test(test_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
