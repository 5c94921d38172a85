/* SPDX-License-Identifier: Apache-2.0 */
/* The messages of a token server: every text of asa.md 6.6, those of a host, and which of two that
 * fit wins. */
#include "tests/unit/conf_world.h"

#include "auth/sdi.h"

#define HOST(more)                                                                                 \
	"aaa-server-groups = ( { name = \"RAD\"; hosts = ( { address = \"192.0.2.1\"; key = "      \
	"\"k\"; " more " } ); } );"

static const struct conf_object *
host_of(struct conf *conf)
{
	const struct conf_object *group = conf_find(conf, CONF_AAA_SERVER_GROUP, "RAD");
	struct conf_object *const *hosts;

	assert_int_equal(conf_subs(group, ASG_HOSTS, &hosts), 1);
	return hosts[0];
}

static void
test_usual(void **state)
{
	static const struct {
		const char *message;
		enum sdi_code code;
	} rows[] = {
	    {"Enter Next PASSCODE:", SDI_NEXT_CODE},
	    {"Please remember your new PIN: 4711, and wait", SDI_NEW_PIN_SUP},
	    {"Do you want to enter your own pin? (y/n)", SDI_NEW_PIN_METH},
	    {"Enter your new Alpha-Numerical PIN, containing 4 to 8 digits", SDI_NEW_PIN_REQ},
	    {"Reenter PIN:", SDI_NEW_PIN_REENTER},
	    {"New PIN Accepted. Wait", SDI_NEW_PIN_SYS_OK},
	    {"Now the new PIN with the next card code", SDI_NEXT_CCODE_AND_REAUTH},
	    {"Will you ACCEPT A SYSTEM GENERATED PIN?", SDI_READY_FOR_SYS_PIN},
	    /* Two of them: the first of the table. */
	    {"New PIN Accepted: new PIN with the next card code", SDI_NEW_PIN_SYS_OK},
	    {"Reenter PIN: or Enter Next PASSCODE", SDI_NEXT_CODE},
	    {"enter next passcode", SDI_UNKNOWN},
	    {"", SDI_UNKNOWN},
	    {"Your code, please", SDI_UNKNOWN},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (sdi_read(NULL, rows[i].message) != rows[i].code)
			fail_msg("FAIL: code of \"%s\", expected %d, got %d", rows[i].message,
			    rows[i].code, sdi_read(NULL, rows[i].message));
}

static void
test_of_host(void **state)
{
	const struct conf_world_file files[] = {
	    {"aaa.conf", HOST("sdi-messages = ( { code = \"next-code\"; text = \"another one\"; }, "
			      "{ code = \"new-pin-sup\"; text = \"Your new one\"; } );")}};
	struct conf *conf = conf_world(files, ARRAY_LEN(files));
	const struct conf_object *host = host_of(conf);

	(void)state;
	assert_int_equal(sdi_read(host, "gimme another one"), SDI_NEXT_CODE);
	assert_int_equal(sdi_read(host, "Enter Next PASSCODE"), SDI_UNKNOWN);
	assert_int_equal(sdi_read(host, "Your new one is 4711"), SDI_NEW_PIN_SUP);
	assert_int_equal(sdi_read(host, "Reenter PIN:"), SDI_NEW_PIN_REENTER);
	conf_unref(conf);
}

static void
test_pin(void **state)
{
	static const struct {
		const char *pin;
		bool good;
	} rows[] = {{"1234", true}, {"12345678", true}, {"123", false}, {"123456789", false},
	    {"", false}, {"12a4", false}, {"12 4", false}, {"\xd9\xa1\xd9\xa2", false}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_int_equal(sdi_is_pin(rows[i].pin, strlen(rows[i].pin)), rows[i].good);
	assert_true(sdi_wants_digits("Enter your new PIN, 4 to 8 digits"));
	assert_false(sdi_wants_digits("Enter your new Alpha-Numerical PIN of 4 to 8 digits"));
	assert_false(sdi_wants_digits("Enter your new PIN"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_usual),
	    cmocka_unit_test(test_of_host),
	    cmocka_unit_test(test_pin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
