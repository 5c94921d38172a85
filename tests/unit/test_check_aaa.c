/* SPDX-License-Identifier: Apache-2.0 */
/* aaa.conf and the servers that tunnel groups name: what is refused, what is warned of, and the
 * texts of a token server. */
#include <stdlib.h>

#include "conf/sdi_text.h"
#include "tests/unit/conf_help.h"

#define GROUPS(list) "aaa-server-groups = (\n" list " );"
#define GROUP(name, more) "{ name = \"" name "\"; " more " }"
#define HOSTS(list) "hosts = ( " list " );"
#define HOST(address, more) "{ address = \"" address "\"; key = \"k\"; " more " }"
#define SDI(code, text) "{ code = \"" code "\"; text = \"" text "\"; }"
#define RAD(more) GROUPS(GROUP("RAD", more HOSTS(HOST("192.0.2.1", ""))))
#define TG(general) "tunnel-groups = ( { name = \"S\";\ngeneral-attributes = { " general " }; } );"
#define A "aaa.conf:2: aaa-server-groups[0]"
#define T "tunnel-groups.conf:2: tunnel-groups[0].general-attributes."

/* aaa NULL: a group RAD with one host. */
static const struct {
	const char *aaa;
	const char *groups;
	const char *errors;
	const char *warnings;
} cases[] = {
    {NULL, NULL, "", ""},
    {NULL,
	TG("authentication-server-group = [ \"RAD\", \"LOCAL\" ]; authorization-server-group = "
	   "\"RAD\"; secondary-authentication-server-group = \"RAD\"; accounting-server-group = "
	   "\"RAD\"; password-management = true;"),
	"", ""},
    {NULL, TG("accounting-server-group = \"none\";"), "", ""},
    {NULL, TG("accounting-server-group = \"ISE\";"),
	T "accounting-server-group: \"ISE\" is not in aaa-server-groups of aaa.conf; known: RAD\n",
	""},
    {NULL, TG("accounting-server-group = \"LOCAL\";"),
	T "accounting-server-group: \"LOCAL\" is users.conf, which needs no entry here; use "
	  "another name\n",
	""},
    {NULL, TG("authentication-server-group = \"ISE\";"),
	T "authentication-server-group: \"ISE\" is not in aaa-server-groups of aaa.conf; known: "
	  "RAD; LOCAL is users.conf\n",
	""},
    {NULL, TG("authorization-server-group = [ \"LOCAL\", \"RAD\" ];"),
	T "authorization-server-group: \"RAD\" cannot be the second; only LOCAL can follow a "
	  "server group\n",
	""},
    {NULL, TG("password-management = true;"), "",
	"tunnel-groups.conf:1: tunnel-groups[0] (S): password-management does nothing without an "
	"aaa-server-group\n"},
    {GROUPS(GROUP("RAD", HOSTS(HOST("192.0.2.1", "mschapv2-capable = false;")))),
	TG("password-management = true; authentication-server-group = \"RAD\";"), "",
	"tunnel-groups.conf:1: tunnel-groups[0] (S): password-management does nothing: no server "
	"of RAD is mschapv2-capable\n"},
    {NULL, TG("authenticated-session-username = \"secondary\";"), "",
	"tunnel-groups.conf:1: tunnel-groups[0] (S): there is no second server and no second user "
	"name: authentication-attr-from-server and authenticated-session-username do nothing "
	"without secondary-authentication-server-group\n"},
    {NULL,
	TG("authenticated-session-username = \"secondary\"; "
	   "secondary-authentication-server-group = \"LOCAL\";"),
	"", ""},
    /* hosts */
    {GROUPS(GROUP(
	 "RAD", HOSTS(HOST("192.0.2.1", "") "," HOST("192.0.2.1", "authentication-port = 5;")))),
	NULL,
	A ".hosts[1].address: 192.0.2.1 is there twice, first in line 2; a server is known by its "
	  "address: use it once in a group\n",
	""},
    {GROUPS(GROUP("RAD", HOSTS(HOST("2001:db8::1", "") "," HOST("2001:DB8:0::1", "")))), NULL,
	A ".hosts[1].address: 2001:DB8:0::1 is there twice, first in line 2; a server is known by "
	  "its address: use it once in a group\n",
	""},
    {GROUPS(
	 GROUP("RAD", HOSTS(HOST("192.0.2.1", ""))) "," GROUP("TWO", HOSTS(HOST("192.0.2.1", "")))),
	NULL, "", ""},
    {GROUPS(GROUP("RAD", HOSTS("{ address = \"192.0.2.1\"; }"))), NULL, "",
	"aaa.conf:2: aaa-server-groups[0] (RAD): no host with a key; nobody can be asked\n"
	"aaa.conf:2: aaa-server-groups[0].hosts[0]: 192.0.2.1 has no key; it cannot be asked\n"},
    {GROUPS(GROUP("RAD", "")), NULL, "",
	"aaa.conf:2: aaa-server-groups[0] (RAD): no host with a key; nobody can be asked\n"},
    {GROUPS(GROUP("RAD", HOSTS(HOST("192.0.2.1", "timeout = 5;")))), NULL, "", ""},
    {GROUPS(GROUP("RAD", HOSTS(HOST("192.0.2.1", "timeout = 5; retry-interval = 5;")))), NULL, "",
	""},
    {GROUPS(GROUP("RAD", HOSTS(HOST("192.0.2.1", "timeout = 5; retry-interval = 6;")))), NULL, "",
	"aaa.conf:2: aaa-server-groups[0].hosts[0]: retry-interval 6 is longer than the timeout "
	"5; each request is sent once\n"},
    {GROUPS(GROUP("RAD", HOSTS(HOST("192.0.2.1", "require-message-authenticator = false;")))), NULL,
	"",
	"aaa.conf:2: aaa-server-groups[0].hosts[0]: answers of 192.0.2.1 without a "
	"Message-Authenticator are believed, which somebody in between can forge (CVE-2024-3596); "
	"make the server send it, then set require-message-authenticator to true\n"},
    /* change of authorization */
    {GROUPS(GROUP("RAD", "dynamic-authorization = true;" HOSTS(HOST("192.0.2.1", ""))) ",\n" GROUP(
	 "TWO",
	 "dynamic-authorization = true;" HOSTS(HOST("192.0.2.1", "") "," HOST("192.0.2.2", "")))),
	NULL, "", ""},
    {GROUPS(GROUP("RAD", "dynamic-authorization = true;" HOSTS(HOST("192.0.2.1", ""))) ",\n" GROUP(
	 "TWO",
	 "dynamic-authorization = true;" HOSTS("{ address = \"192.0.2.1\"; key = \"other\"; }"))),
	NULL,
	"aaa.conf:3: aaa-server-groups[1].dynamic-authorization-port: is 1700 for the group of "
	"line 2 too, which knows 192.0.2.1 by another key; use another port\n",
	""},
    {GROUPS(GROUP("RAD", "dynamic-authorization = true;" HOSTS(HOST("192.0.2.1", ""))) ",\n" GROUP(
	 "TWO", "dynamic-authorization = true; dynamic-authorization-port = 3799;" HOSTS(
		    "{ address = \"192.0.2.1\"; key = \"other\"; }"))),
	NULL, "", ""},
    {GROUPS(GROUP("RAD", HOSTS(HOST("192.0.2.1", ""))) ",\n" GROUP("TWO",
	 "dynamic-authorization = true;" HOSTS("{ address = \"192.0.2.1\"; key = \"other\"; }"))),
	NULL, "", ""},
    {RAD("dynamic-authorization-port = 1023;"), NULL,
	A ".dynamic-authorization-port: 1023 is out of range; use 1024 to 65535\n", ""},
    {RAD("interim-accounting-periodic = 121;"), NULL,
	A ".interim-accounting-periodic: 121 is out of range; use 0 to 120\n", ""},
    {RAD("merge-dacl = \"always\";"), NULL,
	A ".merge-dacl: \"always\" is not known; use one of none, before-avpair, after-avpair\n",
	""},
    /* texts of a token server */
    {GROUPS(GROUP("RAD", HOSTS(HOST("192.0.2.1", "sdi-messages = (\n" SDI("next-code",
						     "one") ",\n" SDI("next-code", "two") " );")))),
	NULL,
	"aaa.conf:4: aaa-server-groups[0].hosts[0].sdi-messages[1].code: \"next-code\" is the same "
	"as in line 3; a code has one text; remove one\n",
	""},
    {GROUPS(GROUP("RAD",
	 HOSTS(HOST("192.0.2.1", "sdi-messages = (\n" SDI("new-pin-sup", "new PIN") " );")))),
	NULL,
	"aaa.conf:3: aaa-server-groups[0].hosts[0].sdi-messages[0].text: \"new PIN\" of "
	"new-pin-sup is part of \"new PIN with the next card code\" of next-ccode-and-reauth, "
	"which "
	"would never be found; use a longer text\n",
	""},
    {GROUPS(GROUP("RAD",
	 HOSTS(HOST("192.0.2.1", "sdi-messages = (\n" SDI("ready-for-sys-pin",
				     "Reenter PIN: or ACCEPT A SYSTEM GENERATED PIN") " );")))),
	NULL,
	"aaa.conf:3: aaa-server-groups[0].hosts[0].sdi-messages[0].text: \"Reenter PIN: or ACCEPT "
	"A SYSTEM GENERATED PIN\" of ready-for-sys-pin contains \"Reenter PIN:\" of "
	"new-pin-reenter, which is looked for before it; use another text\n",
	""},
    {GROUPS(GROUP(
	 "RAD", HOSTS(HOST("192.0.2.1", "sdi-messages = (\n" SDI("next-ccode-and-reauth",
					    "Enter your new PIN and code") ",\n" SDI("new-pin-req",
					    "Enter your new PIN now") " );")))),
	NULL, "", ""},
};

static void
load_case(size_t i, struct conf_errors *errors, struct conf **conf)
{
	struct texts texts = {0};
	struct buf slice;

	for (size_t k = 0; k < ARRAY_LEN(help_files); k++) {
		const char *text = help_files[k].text;

		if (strcmp(help_files[k].name, "aaa.conf") == 0)
			text = cases[i].aaa != NULL ? cases[i].aaa : RAD("");
		else if (strcmp(help_files[k].name, "tunnel-groups.conf") == 0 &&
			 cases[i].groups != NULL)
			text = cases[i].groups;
		assert_int_equal(
		    texts_add(&texts, help_files[k].type, help_files[k].name, text, strlen(text)),
		    ERR_OK);
	}
	buf_init(&slice, 8 * TEXTS_FILE_MAX);
	assert_int_equal(slice_pack(&texts, help_wants, NULL, &slice), ERR_OK);
	texts_fini(&texts);
	conf_errors_init(errors);
	*conf = conf_from_slice(slice.data, slice.len, errors);
	buf_fini(&slice);
}

static void
servers_are_checked(void **state)
{
	unsigned failed = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct conf_errors errors;
		struct conf *conf;

		load_case(i, &errors, &conf);
		const char *got = buf_cstr(&errors.text), *warned = buf_cstr(&errors.warnings);
		if (strcmp(got, cases[i].errors) != 0 ||
		    (conf != NULL) != (cases[i].errors[0] == '\0') ||
		    (conf != NULL && strcmp(warned, cases[i].warnings) != 0)) {
			print_error("FAIL: case %zu, expected\n%s%sgot\n%s%s", i, cases[i].errors,
			    cases[i].warnings, got, warned);
			failed++;
		}
		conf_unref(conf);
		conf_errors_fini(&errors);
	}
	assert_int_equal(failed, 0);
}

static void
a_text_of_a_host_stands_in_for_the_usual_one(void **state)
{
	static const char aaa[] = GROUPS(
	    GROUP("RAD", HOSTS(HOST("192.0.2.1",
			     "sdi-messages = ( " SDI("next-code", "Give the next one") " );"))));
	struct conf *conf = help_load_fine("aaa.conf", aaa);
	struct conf_object *const *hosts;

	(void)state;
	conf_subs(conf_find(conf, CONF_AAA_SERVER_GROUP, "RAD"), ASG_HOSTS, &hosts);
	for (enum sdi_code code = 0; code < SDI_CODES; code++) {
		const char *usual = sdi_text(NULL, code);

		if (code != SDI_NEXT_CODE)
			assert_string_equal(sdi_text(hosts[0], code), usual);
		/* no usual text hides a later one */
		for (enum sdi_code later = code + 1; later < SDI_CODES; later++)
			assert_null(strstr(sdi_text(NULL, later), usual));
	}
	assert_string_equal(sdi_text(NULL, SDI_NEXT_CODE), "Enter Next PASSCODE");
	assert_string_equal(sdi_text(hosts[0], SDI_NEXT_CODE), "Give the next one");
	assert_string_equal(sdi_text_name(SDI_READY_FOR_SYS_PIN), "ready-for-sys-pin");
	conf_unref(conf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(servers_are_checked),
	    cmocka_unit_test(a_text_of_a_host_stands_in_for_the_usual_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
