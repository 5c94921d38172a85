/* SPDX-License-Identifier: Apache-2.0 */
/* gateway/doors.c and what conf/resolve.c says of one group-url: who asks for one, and who does not
 * quite. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "gateway/doors.h"

static enum err
take(struct doors *doors, bool anew, char **urls, size_t len)
{
	Ipc__Doors msg = IPC__DOORS__INIT;

	msg.anew = anew;
	msg.url = urls;
	msg.n_url = len;
	return doors_take(doors, &msg);
}

static struct doors *
usual(void)
{
	char staff[] = "https://gw.example.com/staff", bare[] = "https://vpn.example.com",
	     port[] = "https://alt.example.com:4443/", none[] = "gw://x/y";
	char *urls[] = {staff, bare, port, none};
	struct doors *doors = doors_new();

	assert_non_null(doors);
	assert_int_equal(take(doors, true, urls, ARRAY_LEN(urls)), ERR_OK);
	return doors;
}

static void
test_fit(void **state)
{
	static const struct {
		const char *url, *host, *path;
		bool fits;
	} rows[] = {
	    {"", "gw.example.com", "/staff", true},
	    {"", "GW.example.com", "/STAFF/", true},
	    {"", "192.0.2.1", "/staff?x=1", true}, /* the path decides */
	    {"", "", "/staff", true},
	    {"", "gw.example.com", "/", false},
	    {"", "gw.example.com", "", false},
	    {"", "gw.example.com", "/staf", false},
	    {"", "gw.example.com", "/staffs", false},
	    {"", "gw.example.com", "/x/staff", false},
	    {"", "gw.example.com", "/staff/x", false},
	    {"", "gw.example.com", "/%73taff", false},
	    {"", "vpn.example.com", "/", true},
	    {"", "VPN.example.com:443", "", true},
	    {"", "vpn.example.com", "/x", false},
	    {"", "vpn.example.com:4443", "/", false},
	    {"", "alt.example.com", "/", false},
	    {"", "alt.example.com:4443", "/", true},
	    {"", "", "/", false},
	    {"", "x:y", "/staff", false},
	    {"https://gw.example.com/staff", "", "/", true},
	    {"gw.example.com/staff", "x", "/", true},
	    {"http://gw.example.com/staff", "", "/staff", false},
	    {"https://vpn.example.com/", "x", "/x", true},
	    {"https://gw.example.com/", "gw.example.com", "/staff", false}, /* its URL counts */
	    {"gw://x/y", "", "", false},
	};
	struct doors *doors = usual();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct resolve_input input = {
		    .url = rows[i].url, .host = rows[i].host, .path = rows[i].path, .select = ""};

		if (doors_fit(doors, &input) != rows[i].fits)
			fail_msg("'%s' '%s' '%s': expected %d", rows[i].url, rows[i].host,
			    rows[i].path, rows[i].fits);
		assert_false(doors_fit(NULL, &input));
	}
	doors_free(doors);
}

static void
test_name(void **state)
{
	struct doors *doors = usual();

	(void)state;
	assert_true(doors_have_name(doors, "vpn.example.com"));
	assert_true(doors_have_name(doors, "ALT.example.com"));
	assert_false(doors_have_name(doors, "gw.example.com")); /* its URL has a path */
	assert_false(doors_have_name(doors, ""));
	assert_false(doors_have_name(doors, "x.vpn.example.com"));
	assert_false(doors_have_name(NULL, "vpn.example.com"));
	doors_free(doors);
	doors_free(NULL);
}

static bool
has_path(const struct doors *doors, const char *path)
{
	return doors_fit(
	    doors, &(struct resolve_input){.url = "", .host = "x", .path = path, .select = ""});
}

static void
test_take(void **state)
{
	char one[] = "https://x/one", two[] = "https://x/two", huge[DOORS_URL_MAX + 2];
	char *first[] = {one}, *second[] = {two}, *bad[] = {two, huge, one};
	struct doors *doors = doors_new();

	(void)state;
	assert_false(has_path(doors, "/one"));
	assert_int_equal(take(doors, true, first, 1), ERR_OK);
	assert_int_equal(take(doors, false, second, 1), ERR_OK);
	assert_true(has_path(doors, "/one") && has_path(doors, "/two"));
	assert_int_equal(take(doors, true, second, 1), ERR_OK);
	assert_false(has_path(doors, "/one"));
	memset(huge, 'x', sizeof(huge) - 1);
	huge[sizeof(huge) - 1] = '\0';
	assert_int_equal(take(doors, true, bad, 3), ERR_RANGE);
	assert_true(has_path(doors, "/two"));
	assert_false(has_path(doors, "/one"));
	assert_int_equal(take(doors, true, NULL, 0), ERR_OK);
	assert_false(has_path(doors, "/two"));
	for (size_t i = 0; i < DOORS_MAX; i++)
		assert_int_equal(take(doors, false, first, 1), ERR_OK);
	assert_int_equal(take(doors, false, first, 1), ERR_LIMIT);
	doors_free(doors);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_fit),
	    cmocka_unit_test(test_name),
	    cmocka_unit_test(test_take),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
