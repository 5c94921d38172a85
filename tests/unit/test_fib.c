/* SPDX-License-Identifier: Apache-2.0 */
/* gateway/fib.c and inner.c: addresses to channels, generations, and what is no packet. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "gateway/fib.h"
#include "gateway/inner.h"

static struct ip_addr
addr(const char *text)
{
	struct ip_addr out;

	assert_int_equal(ip_parse(text, &out), ERR_OK);
	return out;
}

static const struct fib_entry *
lookup(const struct fib *fib, const char *text)
{
	struct ip_addr a = addr(text);
	struct inner inner = {.version = a.family, .dst = a.bytes};

	return fib_find(fib, &inner);
}

static void
add(struct fib *fib, const char *text, uint64_t id)
{
	struct fib_entry entry = {.owner = 3, .id = id};
	struct ip_addr a = addr(text);

	assert_int_equal(fib_add(fib, &a, &entry), ERR_OK);
}

static void
del(struct fib *fib, const char *text, uint64_t id)
{
	struct ip_addr a = addr(text);

	fib_remove(fib, &a, id);
}

static void
test_find(UNUSED void **state)
{
	struct fib *fib = fib_new();

	assert_non_null(fib);
	assert_null(lookup(fib, "10.0.0.1"));
	add(fib, "10.0.0.1", 1);
	add(fib, "10.0.0.2", 2);
	add(fib, "fd00::1", 1);
	/* The first bytes of this one are the IPv4 address above. */
	add(fib, "a00:1::", 4);
	assert_int_equal(lookup(fib, "10.0.0.1")->id, 1);
	assert_int_equal(lookup(fib, "10.0.0.1")->owner, 3);
	assert_int_equal(lookup(fib, "10.0.0.2")->id, 2);
	assert_int_equal(lookup(fib, "fd00::1")->id, 1);
	assert_int_equal(lookup(fib, "a00:1::")->id, 4);
	assert_null(lookup(fib, "fd00::2"));
	del(fib, "10.0.0.1", 1);
	assert_null(lookup(fib, "10.0.0.1"));
	assert_non_null(lookup(fib, "fd00::1"));
	fib_free(fib);
}

/* A session opened anew before its old channel is gone: whichever message comes first, the new
 * entry stays. */
static void
test_old_channel_leaves_the_new_entry(UNUSED void **state)
{
	struct fib *fib = fib_new();

	assert_non_null(fib);
	add(fib, "10.0.0.1", 1);
	add(fib, "10.0.0.1", 2);
	del(fib, "10.0.0.1", 1);
	assert_non_null(lookup(fib, "10.0.0.1"));
	assert_int_equal(lookup(fib, "10.0.0.1")->id, 2);
	del(fib, "10.0.0.1", 2);
	assert_null(lookup(fib, "10.0.0.1"));
	del(fib, "10.0.0.1", 2);
	fib_free(fib);
}

static void
test_many(UNUSED void **state)
{
	struct fib *fib = fib_new();
	struct ip_addr first = addr("10.0.0.0"), a;
	struct fib_entry entry = {0};

	assert_non_null(fib);
	for (uint64_t i = 0; i < 5000; i++) {
		assert_int_equal(ip_add(&first, i, &a), ERR_OK);
		entry.id = i;
		assert_int_equal(fib_add(fib, &a, &entry), ERR_OK);
	}
	for (uint64_t i = 0; i < 5000; i++) {
		struct inner inner = {.version = 4};

		assert_int_equal(ip_add(&first, i, &a), ERR_OK);
		inner.dst = a.bytes;
		assert_int_equal(fib_find(fib, &inner)->id, i);
	}
	fib_free(fib);
}

static const uint8_t ipv4[24] = {
    0x45, 0, 0, 24, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2};
static const uint8_t ipv6[44] = {
    0x60, 0, 0, 0, 0, 4, 17, 64, 0xfd, [23] = 1, [24] = 0xfd, [39] = 2};

static void
test_inner_good(UNUSED void **state)
{
	struct inner inner;

	assert_int_equal(inner_parse(ipv4, sizeof(ipv4), &inner), ERR_OK);
	assert_int_equal(inner.version, 4);
	assert_int_equal(inner.len, 24);
	assert_memory_equal(inner.src, "\x0a\x00\x00\x01", 4);
	assert_memory_equal(inner.dst, "\x0a\x00\x00\x02", 4);
	assert_int_equal(inner_parse(ipv6, sizeof(ipv6), &inner), ERR_OK);
	assert_int_equal(inner.version, 6);
	assert_int_equal(inner.len, 44);
	assert_ptr_equal(inner.src, ipv6 + 8);
	assert_ptr_equal(inner.dst, ipv6 + 24);
}

static void
test_inner_bad(UNUSED void **state)
{
	uint8_t pkt[64] = {0};
	struct inner inner;

	for (size_t len = 0; len < sizeof(ipv4); len++)
		if (inner_parse(ipv4, len, &inner) != ERR_SYNTAX)
			fail_msg("IPv4 of %zu bytes: expected a refusal, got none", len);
	for (size_t len = 0; len < sizeof(ipv6); len++)
		if (inner_parse(ipv6, len, &inner) != ERR_SYNTAX)
			fail_msg("IPv6 of %zu bytes: expected a refusal, got none", len);
	memcpy(pkt, ipv4, sizeof(ipv4));
	pkt[0] = 0x44; /* header of 16 bytes */
	assert_int_equal(inner_parse(pkt, sizeof(pkt), &inner), ERR_SYNTAX);
	pkt[0] = 0x4f; /* of 60, in a packet of 24 */
	assert_int_equal(inner_parse(pkt, sizeof(pkt), &inner), ERR_SYNTAX);
	pkt[0] = 0x55;
	assert_int_equal(inner_parse(pkt, sizeof(pkt), &inner), ERR_SYNTAX);
	/* What lies behind the packet is not part of it. */
	memcpy(pkt, ipv4, sizeof(ipv4));
	assert_int_equal(inner_parse(pkt, sizeof(pkt), &inner), ERR_OK);
	assert_int_equal(inner.len, 24);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_find),
	    cmocka_unit_test(test_old_channel_leaves_the_new_entry),
	    cmocka_unit_test(test_many),
	    cmocka_unit_test(test_inner_good),
	    cmocka_unit_test(test_inner_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
