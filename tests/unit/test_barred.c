/* SPDX-License-Identifier: Apache-2.0 */
/* gateway/barred.c: which connections are not taken after which messages of auth, good and bad. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/barred.h"

#define LIST_MAX 8

/* A message made of texts "192.0.2.1/32", separated by blanks; the length is not checked. */
struct made {
	Ipc__Shuns msg;
	Ipc__ShunPrefix prefix[2 * LIST_MAX], *list[2][LIST_MAX];
	struct ip_addr addr[2 * LIST_MAX];
	size_t len;
};

static size_t
add_all(struct made *made, const char *texts, Ipc__ShunPrefix **list)
{
	char copy[256], *rest = NULL;
	size_t n = 0;

	assert_in_range(snprintf(copy, sizeof(copy), "%s", texts), 0, sizeof(copy) - 1);
	for (char *text = strtok_r(copy, " ", &rest); text != NULL;
	     text = strtok_r(NULL, " ", &rest)) {
		Ipc__ShunPrefix *prefix = &made->prefix[made->len];
		struct ip_addr *addr = &made->addr[made->len++];
		char *slash = strchr(text, '/');

		assert_non_null(slash);
		assert_true(n < LIST_MAX);
		*slash = '\0';
		assert_int_equal(ip_parse(text, addr), ERR_OK);
		ipc__shun_prefix__init(prefix);
		prefix->address.data = addr->bytes;
		prefix->address.len = ip_len(addr);
		prefix->len = (uint32_t)strtoul(slash + 1, NULL, 10);
		list[n++] = prefix;
	}
	return n;
}

static enum err
take(struct barred *barred, bool anew, const char *shun, const char *lift)
{
	struct made made = {.len = 0};

	ipc__shuns__init(&made.msg);
	made.msg.anew = anew;
	made.msg.shun = made.list[0];
	made.msg.lift = made.list[1];
	made.msg.n_shun = add_all(&made, shun, made.list[0]);
	made.msg.n_lift = add_all(&made, lift, made.list[1]);
	return barred_take(barred, &made.msg);
}

static bool
has(const struct barred *barred, const char *text)
{
	struct ip_addr addr;

	assert_int_equal(ip_parse(text, &addr), ERR_OK);
	return barred_has(barred, &addr);
}

static void
test_sources(void **state)
{
	struct barred *barred = barred_new();

	(void)state;
	assert_non_null(barred);
	assert_false(has(NULL, "192.0.2.1"));
	assert_false(has(barred, "192.0.2.1"));
	assert_int_equal(
	    take(barred, true, "192.0.2.1/32 198.51.100.0/24 2001:db8::/64 2001:db8:7::/48", ""),
	    ERR_OK);
	assert_true(has(barred, "192.0.2.1"));
	assert_false(has(barred, "192.0.2.2"));
	assert_true(has(barred, "198.51.100.255"));
	assert_false(has(barred, "198.51.101.0"));
	assert_true(has(barred, "2001:db8::ffff:1"));
	assert_false(has(barred, "2001:db8:0:1::1"));
	assert_true(has(barred, "2001:db8:7:ffff::1"));
	assert_false(has(barred, "2001:db8:8::1"));
	/* The same once more is the same; another one comes beside it. */
	assert_int_equal(take(barred, false, "192.0.2.1/32 192.0.2.2/32", ""), ERR_OK);
	assert_true(has(barred, "192.0.2.2"));
	assert_int_equal(take(barred, false, "", "192.0.2.1/32 203.0.113.9/32"), ERR_OK);
	assert_false(has(barred, "192.0.2.1"));
	assert_true(has(barred, "192.0.2.2"));
	/* A list that is new forgets the one before. */
	assert_int_equal(take(barred, true, "192.0.2.9/32", ""), ERR_OK);
	assert_false(has(barred, "192.0.2.2"));
	assert_true(has(barred, "192.0.2.9"));
	barred_clear(barred);
	assert_false(has(barred, "192.0.2.9"));
	barred_clear(NULL);
	barred_free(barred);
	barred_free(NULL);
}

/* What stands before a mistake counts, what follows it does not. */
static void
test_mistakes(void **state)
{
	static const char *const bad[] = {"192.0.2.1/31", "192.0.2.1/24", "192.0.2.0/0",
	    "192.0.2.0/4294967295", "2001:db8::1/64", "2001:db8::/128", "2001:db8::/24",
	    "2001:db8::/32"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct barred *barred = barred_new();
		char text[128];

		snprintf(text, sizeof(text), "203.0.113.1/32 %s 203.0.113.2/32", bad[i]);
		if (take(barred, false, text, "") != ERR_SYNTAX)
			fail_msg("%s: expected that it makes no sense", bad[i]);
		assert_true(has(barred, "203.0.113.1"));
		assert_false(has(barred, "203.0.113.2"));
		assert_int_equal(take(barred, false, "", bad[i]), ERR_SYNTAX);
		assert_false(has(barred, "192.0.2.200"));
		barred_free(barred);
	}
}

/* An address of a length that is none. */
static void
test_no_address(void **state)
{
	struct barred *barred = barred_new();

	(void)state;
	for (size_t len = 0; len <= 17; len++) {
		Ipc__Shuns msg = IPC__SHUNS__INIT;
		Ipc__ShunPrefix prefix = IPC__SHUN_PREFIX__INIT, *list = &prefix;
		uint8_t bytes[17] = {0};

		prefix.address.data = bytes;
		prefix.address.len = len;
		prefix.len = len == 16 ? 64 : 32;
		msg.shun = &list;
		msg.n_shun = 1;
		assert_int_equal(
		    barred_take(barred, &msg), len == 4 || len == 16 ? ERR_OK : ERR_SYNTAX);
	}
	barred_free(barred);
}

/* auth never has so many. */
static void
test_limit(void **state)
{
	struct barred *barred = barred_new();
	char text[64];

	(void)state;
	for (unsigned i = 0; i < BARRED_MAX; i++) {
		snprintf(text, sizeof(text), "10.%u.%u.1/32", i >> 8, i & 255);
		assert_int_equal(take(barred, false, text, ""), ERR_OK);
	}
	assert_int_equal(take(barred, false, "192.0.2.1/32", ""), ERR_LIMIT);
	assert_false(has(barred, "192.0.2.1"));
	assert_int_equal(take(barred, false, "10.0.0.1/32", ""), ERR_OK);
	assert_int_equal(take(barred, false, "192.0.2.1/32", "10.255.255.1/32"), ERR_OK);
	assert_true(has(barred, "192.0.2.1"));
	barred_free(barred);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sources),
	    cmocka_unit_test(test_mistakes),
	    cmocka_unit_test(test_no_address),
	    cmocka_unit_test(test_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
