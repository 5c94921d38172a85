/* SPDX-License-Identifier: Apache-2.0 */
/* auth/control_aaa: which servers a request of "show aaa-server" means, and in what order. */
#include "tests/unit/conf_help.h"

#include "auth/control_aaa.h"

#define CONF                                                                                       \
	"aaa-server-groups = ( { name = \"A\"; hosts = ( { address = \"192.0.2.1\"; key = \"k\"; " \
	"}, "                                                                                      \
	"{ address = \"192.0.2.2\"; }, { address = \"2001:db8::1\"; key = \"k\"; } ); }, "         \
	"{ name = \"B\"; hosts = ( { address = \"192.0.2.1\"; key = \"l\"; } ); }, "               \
	"{ name = \"EMPTY\"; hosts = (); } );\n"

static struct loop *loop;
static struct local *local;
static struct radius_client *radius;

static int
setup(void **state)
{
	struct conf *conf = help_load_fine("aaa.conf", CONF);
	struct local_config config = {.conf = conf, .threads = 1, .queue_max = 1};

	(void)state;
	loop = config.loop = loop_new();
	local = local_new(&config);
	radius = radius_client_new(loop, conf);
	conf_unref(conf);
	return loop != NULL && local != NULL && radius != NULL ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	radius_client_free(radius);
	local_free(local);
	loop_free(loop);
	return 0;
}

static void
list(const char *group, const void *addr, size_t addr_len, const char *want, bool error)
{
	Ipc__CtlAaaServer request = IPC__CTL_AAA_SERVER__INIT;
	struct control_aaa *aaa;
	Ipc__CtlAaaHost host;
	struct buf out;
	enum err err;

	request.server_group = (char *)group;
	request.server.data = (uint8_t *)addr;
	request.server.len = addr_len;
	aaa = control_aaa_new(&request, local, radius);
	assert_non_null(aaa);
	buf_init(&out, 4096);
	while ((err = control_aaa_next(aaa, &host)) == ERR_OK) {
		struct ip_addr server = {0};
		char text[IP_STR_MAX];

		/* Not sent yet: it comes again. */
		assert_int_equal(control_aaa_next(aaa, &host), ERR_OK);
		if (host.server.len > 0)
			assert_int_equal(
			    ip_from_bytes(host.server.data, host.server.len, &server), ERR_OK);
		buf_printf(&out, "%s %s, ", host.server_group, ip_str(&server, text));
		control_aaa_sent(aaa);
	}
	assert_int_equal(err, ERR_NOTFOUND);
	assert_string_equal(buf_cstr(&out), want);
	assert_int_equal(control_aaa_error(aaa) != NULL, error);
	buf_fini(&out);
	control_aaa_free(aaa);
}

static void
test_lists(void **state)
{
	static const uint8_t one[] = {192, 0, 2, 1}, two[] = {192, 0, 2, 2};
	static const uint8_t six[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};

	(void)state;
	list("", NULL, 0, "LOCAL none, A 192.0.2.1, A 2001:db8::1, B 192.0.2.1, ", false);
	list("LOCAL", NULL, 0, "LOCAL none, ", false);
	list("A", NULL, 0, "A 192.0.2.1, A 2001:db8::1, ", false);
	list("B", one, 4, "B 192.0.2.1, ", false);
	list("", one, 4, "A 192.0.2.1, B 192.0.2.1, ", false);
	list("A", six, 16, "A 2001:db8::1, ", false);
	list("A", two, 4, "", true); /* it has no key */
	list("B", six, 16, "", true);
	list("LOCAL", one, 4, "", true);
	list("EMPTY", NULL, 0, "", true);
	list("C", NULL, 0, "", true);
	list("A", one, 3, "", true); /* not an address */
}

/* A role that has neither lists nothing, and that is no error. */
static void
test_nothing(void **state)
{
	Ipc__CtlAaaServer request = IPC__CTL_AAA_SERVER__INIT;
	struct control_aaa *aaa = control_aaa_new(&request, NULL, NULL);
	Ipc__CtlAaaHost host;

	(void)state;
	assert_non_null(aaa);
	assert_int_equal(control_aaa_next(aaa, &host), ERR_NOTFOUND);
	assert_null(control_aaa_error(aaa));
	control_aaa_free(aaa);
	control_aaa_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lists),
	    cmocka_unit_test(test_nothing),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
