/* SPDX-License-Identifier: Apache-2.0 */
/* INV-5: an address is never leased twice and always comes back; against a model, and pools to the
 * last address. */
#include "tests/unit/auth_help.h"

static char *const pool_name[] = {(char *)"POOL"};
static char *const small_name[] = {(char *)"SMALL"};
static char *const pool6_name[] = {(char *)"POOL6"};
static char *const both_names[] = {(char *)"SMALL", (char *)"POOL"};

static struct pool_set *
make(struct conf **conf)
{
	*conf = world_conf(NULL, 0);
	struct pool_set *set = pool_set_new(*conf);
	assert_non_null(set);
	return set;
}

static void
expect_addr(const struct lease *lease, const char *text)
{
	char have[IP_STR_MAX];

	assert_string_equal(ip_str(&lease->addr, have), text);
}

static void
test_exhaust(void **state)
{
	struct conf *conf;
	struct pool_set *set = make(&conf);
	static struct lease leases[200];
	struct lease extra;
	struct pool_counts counts;

	(void)state;
	for (int i = 0; i < 200; i++) {
		assert_int_equal(pool_lease(set, 4, pool_name, 1, &leases[i]), ERR_OK);
		assert_int_equal(leases[i].addr.bytes[3], i + 1);
		assert_int_equal(leases[i].prefix_len, 24);
		assert_string_equal(leases[i].pool, "POOL");
	}
	assert_int_equal(pool_lease(set, 4, pool_name, 1, &extra), ERR_FULL);
	pool_count(set, 0, &counts);
	assert_int_equal(counts.size, 200);
	assert_int_equal(counts.leased, 200);
	/* The one that rested longest comes first. */
	pool_release(set, &leases[50]);
	assert_int_equal(leases[50].addr.family, 0);
	pool_release(set, &leases[10]);
	assert_int_equal(pool_lease(set, 4, pool_name, 1, &extra), ERR_OK);
	expect_addr(&extra, "192.168.100.51");
	assert_int_equal(pool_lease(set, 4, pool_name, 1, &extra), ERR_OK);
	expect_addr(&extra, "192.168.100.11");
	assert_int_equal(pool_lease(set, 4, pool_name, 1, &extra), ERR_FULL);
	pool_set_free(set);
	conf_unref(conf);
}

static void
test_order(void **state)
{
	struct conf *conf;
	struct pool_set *set = make(&conf);
	struct lease a, b, c;

	(void)state;
	assert_int_equal(pool_lease(set, 4, both_names, 2, &a), ERR_OK);
	assert_int_equal(pool_lease(set, 4, both_names, 2, &b), ERR_OK);
	assert_int_equal(pool_lease(set, 4, both_names, 2, &c), ERR_OK);
	expect_addr(&a, "10.9.0.1");
	expect_addr(&b, "10.9.0.2");
	expect_addr(&c, "192.168.100.1");
	/* A released address is not the next one while others never were used. */
	pool_release(set, &c);
	assert_int_equal(pool_lease(set, 4, both_names, 2, &c), ERR_OK);
	expect_addr(&c, "192.168.100.2");
	/* Unknown names, another family, no names. */
	assert_int_equal(pool_lease(set, 6, small_name, 1, &a), ERR_FULL);
	assert_int_equal(pool_lease(set, 4, NULL, 0, &a), ERR_FULL);
	assert_int_equal(pool_lease(set, 6, pool6_name, 1, &a), ERR_OK);
	expect_addr(&a, "fd00:100::10");
	assert_int_equal(a.prefix_len, 64);
	pool_set_free(set);
	conf_unref(conf);
}

static void
test_restore(void **state)
{
	static const struct {
		const char *addr;
		enum err err;
	} cases[] = {
	    {"192.168.100.5", ERR_OK},
	    {"192.168.100.5", ERR_EXISTS},
	    {"192.168.100.201", ERR_NOTFOUND},
	    {"192.168.100.0", ERR_NOTFOUND},
	    {"10.9.0.2", ERR_OK},
	    {"fd00:100::73", ERR_OK},
	    {"fd00:100::74", ERR_NOTFOUND},
	    {"::", ERR_NOTFOUND},
	};
	struct conf *conf;
	struct pool_set *set = make(&conf);
	struct lease lease;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct ip_addr addr;

		assert_int_equal(ip_parse(cases[i].addr, &addr), ERR_OK);
		if (pool_restore(set, &addr, &lease) != cases[i].err)
			fail_msg("FAIL: restore of %s, expected %s", cases[i].addr,
			    err_str(cases[i].err));
	}
	/* Restored addresses are skipped when their turn comes. */
	for (int last = 1; last < 8; last++) {
		if (last == 5)
			continue;
		assert_int_equal(pool_lease(set, 4, pool_name, 1, &lease), ERR_OK);
		assert_int_equal(lease.addr.bytes[3], last);
	}
	pool_set_free(set);
	conf_unref(conf);
}

/* What of two pools is leased, by last byte. */
struct model {
	bool leased[256];
	struct lease leases[256];
	unsigned count;
};

static uint32_t
next_random(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

static void
model_lease(struct model *model, struct pool_set *set)
{
	struct lease lease;
	enum err err = pool_lease(set, 4, pool_name, 1, &lease);

	if (model->count == 200) {
		assert_int_equal(err, ERR_FULL);
		return;
	}
	assert_int_equal(err, ERR_OK);
	uint8_t n = lease.addr.bytes[3];
	if (model->leased[n])
		fail_msg("FAIL: .%u was leased twice", n);
	assert_true(n >= 1 && n <= 200);
	model->leased[n] = true;
	model->leases[n] = lease;
	model->count++;
}

static void
model_restore(struct model *model, struct pool_set *set, uint8_t n)
{
	struct ip_addr addr = {.family = 4, .bytes = {192, 168, 100, n}};
	struct lease lease;
	bool outside = n < 1 || n > 200;
	enum err err = pool_restore(set, &addr, &lease);

	if (outside) {
		assert_int_equal(err, ERR_NOTFOUND);
		return;
	}
	assert_int_equal(err, model->leased[n] ? ERR_EXISTS : ERR_OK);
	if (err != ERR_OK)
		return;
	model->leased[n] = true;
	model->leases[n] = lease;
	model->count++;
}

static void
model_release(struct model *model, struct pool_set *set, uint8_t n)
{
	if (!model->leased[n])
		return;
	pool_release(set, &model->leases[n]);
	pool_release(set, &model->leases[n]); /* twice is harmless */
	model->leased[n] = false;
	model->count--;
}

static void
test_model(void **state)
{
	static struct model model;
	struct conf *conf;
	struct pool_set *set = make(&conf);
	struct pool_counts counts;
	uint32_t seed = 42;

	(void)state;
	for (int step = 0; step < 50000; step++) {
		uint32_t r = next_random(&seed);
		/* Phases that fill and phases that empty. */
		bool fill = (step / 2000) % 2 == 0;

		if (r % 16 == 0)
			model_restore(&model, set, (uint8_t)(r >> 8));
		else if ((r % 4 == 1) == fill)
			model_release(&model, set, (uint8_t)(r >> 8));
		else
			model_lease(&model, set);
		pool_count(set, 0, &counts);
		assert_int_equal(counts.leased, model.count);
	}
	pool_set_free(set);
	conf_unref(conf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_exhaust),
	    cmocka_unit_test(test_order),
	    cmocka_unit_test(test_restore),
	    cmocka_unit_test(test_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
