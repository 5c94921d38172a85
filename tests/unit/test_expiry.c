/* SPDX-License-Identifier: Apache-2.0 */
/* pki/expiry.c: when there is something to say about a certificate, and the lines that are logged
 * of a configuration. */
#include "tests/unit/tls_help.h"

#include "tests/unit/conf_help.h"
#include "tests/unit/verdict_help.h"

#include <stdio.h>

#include "common/log.h"
#include "pki/expiry.h"

#define DAY 86400L
#define NOW 1800000000L

static const struct {
	long left;   /* seconds */
	long before; /* seconds since the look before; 0: this is the first */
	enum expiry_news news;
	unsigned days;
} cases[] = {
    {400 * DAY, 0, EXPIRY_NOTHING, 0},
    {61 * DAY, 0, EXPIRY_NOTHING, 0},
    {61 * DAY - 1, 0, EXPIRY_SOON, 60},
    {45 * DAY, 0, EXPIRY_SOON, 45},
    {1, 0, EXPIRY_SOON, 0},
    {0, 0, EXPIRY_SOON, 0},
    {-1, 0, EXPIRY_OVER, 0},
    {-400 * DAY, 0, EXPIRY_OVER, 0},
    /* daily: once at 60 days, then not before 30 */
    {61 * DAY, DAY, EXPIRY_NOTHING, 0},
    {60 * DAY + 5, DAY, EXPIRY_SOON, 60},
    {59 * DAY + 5, DAY, EXPIRY_NOTHING, 59},
    {31 * DAY, DAY, EXPIRY_NOTHING, 31},
    {31 * DAY - 1, DAY, EXPIRY_SOON, 30},
    {29 * DAY, DAY, EXPIRY_SOON, 29},
    {7 * DAY, DAY, EXPIRY_SOON, 7},
    {-1, DAY, EXPIRY_OVER, 0},
    /* the machine slept, or its clock was set: the day of 60 was not seen */
    {50 * DAY, 30 * DAY, EXPIRY_SOON, 50},
    {45 * DAY, -3 * DAY, EXPIRY_NOTHING, 45},
};

static void
test_judge(UNUSED void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		time_t before = cases[i].before != 0 ? NOW - cases[i].before : 0;
		unsigned days = 77;
		enum expiry_news news = expiry_judge(NOW + cases[i].left, NOW, before, &days);

		if (news != cases[i].news || (news != EXPIRY_NOTHING && days != cases[i].days))
			fail_msg("case %zu: got %d, %u days", i, (int)news, days);
	}
}

/* A certificate that ends in a year is looked at for a year: what is said, day by day. */
static void
test_year(UNUSED void **state)
{
	time_t end = NOW + 365 * DAY + 4711, before = 0;
	unsigned soon = 0, over = 0, first = 0, days;

	for (time_t now = NOW; now < NOW + 370 * DAY; now += DAY) {
		enum expiry_news news = expiry_judge(end, now, before, &days);

		if (news == EXPIRY_SOON && soon++ == 0)
			first = days;
		over += news == EXPIRY_OVER;
		before = now;
	}
	assert_int_equal(first, 60);
	assert_int_equal(soon, 1 + 31); /* 60, and 30 to 0 */
	assert_int_equal(over, 4);
}

/* ---- the lines ---- */

static void
add_pem(struct texts *texts, const char *name, const char *pem, size_t len)
{
	assert_int_equal(texts_add(texts, TEXTS_PEM, name, pem, len), ERR_OK);
}

/* An identity with a chain of one, and a file of two CAs. */
static struct conf *
conf_with(const struct made *leaf, const struct made *issuer, const struct made *one,
    const struct made *two)
{
	static const char pki[] =
	    "trustpoints = ( { name = \"GW\"; certificate = \"gw.pem\"; key = \"gw.key\"; },\n"
	    "  { name = \"CA\"; ca-certificate = \"ca.pem\"; } );\nssl-trust-point = \"GW\";\n";
	const struct made *const certs[] = {leaf, issuer, one, two};
	struct texts texts = {0};
	struct conf_errors errors;
	struct buf slice, file;
	struct conf *conf;
	size_t len;
	char *pem;

	for (size_t i = 0; i < ARRAY_LEN(help_files); i++)
		if (help_files[i].type == TEXTS_CONF && strcmp(help_files[i].name, "pki.conf") != 0)
			assert_int_equal(texts_add(&texts, help_files[i].type, help_files[i].name,
					     help_files[i].text, strlen(help_files[i].text)),
			    ERR_OK);
	assert_int_equal(texts_add(&texts, TEXTS_CONF, "pki.conf", pki, sizeof pki - 1), ERR_OK);
	for (size_t i = 0; i < 4; i += 2) {
		buf_init(&file, 65536);
		for (size_t k = i; k < i + 2; k++) {
			pem = pem_of(NULL, certs[k]->cert, &len);
			buf_put(&file, pem, len);
			free(pem);
		}
		add_pem(&texts, i == 0 ? "gw.pem" : "ca.pem", (const char *)file.data, file.len);
		buf_fini(&file);
	}
	pem = pem_of(leaf->key, NULL, &len);
	add_pem(&texts, "gw.key", pem, len);
	free(pem);
	buf_init(&slice, 8 * TEXTS_FILE_MAX);
	assert_int_equal(slice_pack(&texts, help_wants, NULL, &slice), ERR_OK);
	texts_fini(&texts);
	conf_errors_init(&errors);
	conf = conf_from_slice(slice.data, slice.len, &errors);
	if (conf == NULL)
		fail_msg("expected no error, got: %s", buf_cstr(&errors.text));
	conf_errors_fini(&errors);
	buf_fini(&slice);
	return conf;
}

/* What is logged while a configuration is looked at for the first time; free it. */
static char *
watch_logged(struct expiry *expiry, struct conf *conf)
{
	static const struct log_config to_stderr = {.level = LOG_INFO, .to_stderr = true};
	static const struct log_config silent = {.level = LOG_INFO};
	FILE *file = tmpfile();
	int saved = dup(2);
	char *text = calloc(1, 65536);

	assert_non_null(file);
	assert_true(saved >= 0 && dup2(fileno(file), 2) == 2);
	log_configure(&to_stderr);
	expiry_watch(expiry, conf);
	log_configure(&silent);
	assert_int_equal(dup2(saved, 2), 2);
	close(saved);
	rewind(file);
	assert_true(fread(text, 1, 65535, file) > 0);
	(void)fclose(file);
	return text;
}

static unsigned
count(const char *text, const char *what)
{
	unsigned n = 0;

	for (const char *p = strstr(text, what); p != NULL; p = strstr(p + 1, what))
		n++;
	return n;
}

static void
expect(const char *text, const char *what, unsigned times)
{
	if (count(text, what) != times)
		fail_msg("expected %u times \"%s\" in:\n%s", times, what, text);
}

static void
test_lines(UNUSED void **state)
{
	struct made issuer = made_new(
	    &(struct order){.name = "Issuer", .ca = true, .from = -10 * DAY, .to = 45 * DAY + 100});
	struct made leaf = made_new(&(struct order){
	    .name = "gate.test", .by = &issuer, .from = -10 * DAY, .to = 14 * DAY + 100});
	struct made old =
	    made_new(&(struct order){.name = "Old CA", .ca = true, .from = -10 * DAY, .to = -DAY});
	struct made fine =
	    made_new(&(struct order){.name = "Fine CA", .ca = true, .from = 0, .to = 90 * DAY});
	struct conf *conf = conf_with(&leaf, &issuer, &old, &fine);
	struct loop *loop = loop_new();
	struct expiry *expiry = expiry_new(loop);
	char *text;

	assert_non_null(expiry);
	/* A reload says it all again. */
	for (unsigned i = 0; i < 2; i++) {
		text = watch_logged(expiry, conf);
		expect(text, "%ASA-", 3);
		expect(text,
		    "%ASA-1-717054: The ID certificate in the trustpoint GW is due to expire in 14 "
		    "days. Expiration ",
		    1);
		expect(text, " Subject Name cn=gate.test Issuer Name cn=Issuer Serial Number ", 1);
		expect(text,
		    "%ASA-1-717054: The CA certificate in the trustpoint GW is due to expire in 45 "
		    "days. Expiration ",
		    1);
		expect(text,
		    "%ASA-1-717055: The CA certificate in the trustpoint CA has expired. "
		    "Expiration ",
		    1);
		expect(text, " Subject Name cn=Old CA Issuer Name cn=Old CA ", 1);
		expect(text, "Fine", 0);
		free(text);
	}
	conf_unref(conf);
	expiry_free(expiry);
	expiry_free(NULL);
	loop_free(loop);
	made_free(&leaf);
	made_free(&issuer);
	made_free(&old);
	made_free(&fine);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_judge),
	    cmocka_unit_test(test_year),
	    cmocka_unit_test(test_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
