/* SPDX-License-Identifier: Apache-2.0 */
/* Slices: who sees what, and that a damaged one is an error and nothing worse. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/conf_help.h"

/* A slice of a role, loaded again. */
static struct conf *
reload_as(const struct conf *conf, Ipc__RoleId role, const char *hidden)
{
	struct conf_errors errors;
	struct buf slice;

	buf_init(&slice, 1 << 20);
	assert_int_equal(conf_slice(conf, role, &slice), ERR_OK);
	if (memmem(slice.data, slice.len, hidden, strlen(hidden)) != NULL)
		fail_msg("role %d, expected not to see \"%s\"", role, hidden);
	conf_errors_init(&errors);
	struct conf *again = conf_from_slice(slice.data, slice.len, &errors);
	if (again == NULL)
		fail_msg("expected no error, got: %s", buf_cstr(&errors.text));
	conf_errors_fini(&errors);
	buf_fini(&slice);
	return again;
}

static void
each_role_sees_its_part(void **state)
{
	struct conf *conf = help_load_fine(NULL, NULL);
	size_t len;

	(void)state;
	struct conf *gateway = reload_as(conf, IPC__ROLE_ID__ROLE_GATEWAY, "$6$");
	assert_non_null(conf_root(gateway, CONF_GATEWAY));
	for (unsigned root = CONF_TUNNEL_GROUPS; root <= CONF_PKI; root++)
		assert_null(conf_root(gateway, root));
	assert_null(conf_file_content(gateway, "gw.key", &len));
	conf_unref(gateway);

	struct conf *auth = reload_as(conf, IPC__ROLE_ID__ROLE_AUTH, "PRIVATE KEY");
	for (unsigned root = CONF_GATEWAY; root < CONF_PKI; root++)
		assert_non_null(conf_root(auth, root));
	assert_null(conf_root(auth, CONF_PKI));
	assert_string_equal(
	    conf_str(conf_find(auth, CONF_USERNAME, "alice"), USER_PASSWORD), HELP_HASH);
	conf_unref(auth);

	struct conf *pki = reload_as(conf, IPC__ROLE_ID__ROLE_PKI, "$6$");
	assert_non_null(conf_root(pki, CONF_PKI));
	assert_null(conf_root(pki, CONF_USERS));
	assert_string_equal(conf_file_content(pki, "gw.key", &len), help_files[7].text);
	assert_string_equal(conf_file_content(pki, "gw.pem", &len), help_files[6].text);
	conf_unref(pki);
	conf_unref(conf);
}

/* A CA file is the pki process's as much as the others are; warnings come with each slice. */
static void
the_ca_file_goes_to_pki(void **state)
{
	struct conf *conf = help_load_fine("pki.conf",
	    "trustpoints = ( { name = \"GW\"; certificate = \"gw.pem\"; key = \"gw.key\";\n"
	    "ca-certificate = \"gw.pem\"; revocation-check = [ \"ocsp\", \"none\" ]; } );\n"
	    "ssl-trust-point = \"GW\";");
	char *const *list;

	(void)state;
	conf_unref(reload_as(conf, IPC__ROLE_ID__ROLE_GATEWAY, "CERTIFICATE"));
	conf_unref(reload_as(conf, IPC__ROLE_ID__ROLE_AUTH, "CERTIFICATE"));
	struct conf *pki = reload_as(conf, IPC__ROLE_ID__ROLE_PKI, "$6$");
	const struct conf_object *trustpoint = conf_find(pki, CONF_TRUSTPOINT, "GW");
	assert_string_equal(conf_str(trustpoint, TP_CA_CERTIFICATE), "gw.pem");
	assert_int_equal(conf_list(trustpoint, TP_REVOCATION_CHECK, &list), 2);
	assert_string_equal(list[1], "none");
	conf_unref(pki);
	conf_unref(conf);
}

static void
expect_refused(const void *data, size_t len, const char *wanted)
{
	struct conf_errors errors;

	conf_errors_init(&errors);
	struct conf *conf = conf_from_slice(data, len, &errors);
	assert_null(conf);
	if (wanted != NULL)
		assert_string_equal(buf_cstr(&errors.text), wanted);
	assert_true(errors.count > 0);
	conf_errors_fini(&errors);
}

static void
a_cut_slice_is_refused(void **state)
{
	struct buf slice;

	(void)state;
	help_slice(NULL, NULL, &slice);
	for (size_t len = 0; len < slice.len; len++) {
		/* A cut between two texts leaves a slice that only lacks files. */
		struct conf_errors errors;
		uint8_t *copy = malloc(len > 0 ? len : 1);

		assert_non_null(copy);
		memcpy(copy, slice.data, len);
		conf_errors_init(&errors);
		struct conf *conf = conf_from_slice(copy, len, &errors);
		assert_true((conf == NULL) == (errors.count > 0));
		conf_unref(conf);
		conf_errors_fini(&errors);
		free(copy);
	}
	buf_fini(&slice);
}

static void
a_hostile_slice_is_refused(void **state)
{
	struct buf slice;

	(void)state;
	expect_refused("", 0, "slice: cannot be read: malformed\n");
	expect_refused("SKC1", 4, "slice: gateway.conf is not in it\n");
	expect_refused("SKC2", 4, NULL);
	expect_refused("SKC1\0\0\5x.con\0\0\0\0", 16, "slice: \"x.con\" is no file of ours\n");
	expect_refused("SKC1\2\0\1x\0\0\0\0", 12, NULL);
	expect_refused("SKC1\0\0\1\0\0\0\0\0", 12, NULL);
	expect_refused("SKC1\0\0\1x\xff\xff\xff\xff", 12, NULL);
	expect_refused("SKC1\0\xff\xffx\0\0\0\0", 12, NULL);
	buf_init(&slice, 65536);
	buf_puts(&slice, "SKC1");
	for (int i = 0; i < 2; i++)
		buf_put(&slice, "\0\0\10aaa.conf\0\0\0\0", 15);
	expect_refused(slice.data, slice.len, NULL);
	buf_fini(&slice);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_role_sees_its_part),
	    cmocka_unit_test(the_ca_file_goes_to_pki),
	    cmocka_unit_test(a_cut_slice_is_refused),
	    cmocka_unit_test(a_hostile_slice_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
