/* SPDX-License-Identifier: Apache-2.0 */
/* gateway/frag.c: pieces of every size put together again, fragments of fragments, and what may not
 * be cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "common/ip.h"
#include "gateway/frag.h"

static uint8_t pkt[3020], whole[8192];

static void
packet_make(size_t len, uint16_t field)
{
	for (size_t i = 20; i < sizeof(pkt); i++)
		pkt[i] = (uint8_t)(i * 7);
	memcpy(pkt,
	    "\x45\x10\x00\x00\x12\x34\x00\x00\x40\x11\x00\x00\x0a\x00\x00\x01\x0a\x00\x00\x02", 20);
	pkt[2] = (uint8_t)(len >> 8);
	pkt[3] = (uint8_t)len;
	pkt[6] = (uint8_t)(field >> 8);
	pkt[7] = (uint8_t)field;
}

/* Cut and put together; base: offset (in bytes) that the packet had, more: its own "more
 * fragments". */
static void
check(size_t len, size_t mtu, size_t base, bool more)
{
	uint8_t dst[1600];
	struct frag frag;
	size_t n, total = 0;

	packet_make(len, (uint16_t)(base / 8 | (more ? 0x2000 : 0)));
	assert_true(frag_is_allowed(pkt, len, mtu, false));
	frag_init(&frag, pkt, len, mtu, 1);
	while ((n = frag_next(&frag, dst)) > 0) {
		size_t off = (size_t)(dst[6] & 0x1f) << 11 | (size_t)dst[7] << 3;
		bool last = total + n - 20 == len - 20;

		if (n > mtu || off != base + total)
			fail_msg(
			    "%zu by %zu: expected a piece at %zu within %zu, got %zu bytes at %zu",
			    len, mtu, base + total, mtu, n, off);
		assert_int_equal(dst[2] << 8 | dst[3], n);
		assert_int_equal((dst[6] & 0x20) != 0, !last || more);
		assert_int_equal(ip_csum_fold(ip_csum_add(0, dst, 20)), 0);
		assert_memory_equal(dst + 4, pkt + 4, 2);
		assert_memory_equal(dst + 12, pkt + 12, 8);
		memcpy(whole + total, dst + 20, n - 20);
		total += n - 20;
	}
	assert_int_equal(total, len - 20);
	assert_memory_equal(whole, pkt + 20, total);
}

static void
test_pieces(UNUSED void **state)
{
	for (size_t mtu = 28; mtu < 1500; mtu += 13)
		for (size_t len = 21; len <= sizeof(pkt); len += 97)
			check(len, mtu, 0, false);
}

static void
test_pieces_of_a_piece(UNUSED void **state)
{
	check(1420, 1300, 2800, true);
	check(1420, 1300, 2800, false);
}

static void
test_not_allowed(UNUSED void **state)
{
	packet_make(1400, 0x4000);
	assert_false(frag_is_allowed(pkt, 1400, 1300, false));
	assert_true(frag_is_allowed(pkt, 1400, 1300, true));
	packet_make(1400, 0);
	assert_true(frag_is_allowed(pkt, 1400, 1300, false));
	pkt[0] = 0x46;
	assert_false(frag_is_allowed(pkt, 1400, 1300, true));
	pkt[0] = 0x60;
	assert_false(frag_is_allowed(pkt, 1400, 1300, true));
}

/* "Don't fragment" is ignored: the pieces have an identification of their own, and lose the bit. */
static void
test_against_its_wish(UNUSED void **state)
{
	uint8_t dst[1300];
	struct frag frag;
	size_t n, pieces = 0, total = 0;

	packet_make(3000, 0x4000);
	frag_init(&frag, pkt, 3000, 1300, 0xbeef);
	while ((n = frag_next(&frag, dst)) > 0) {
		assert_int_equal(dst[4] << 8 | dst[5], 0xbeef);
		assert_int_equal(dst[6] & 0x40, 0);
		assert_int_equal(ip_csum_fold(ip_csum_add(0, dst, 20)), 0);
		total += n - 20;
		pieces++;
	}
	assert_int_equal(pieces, 3);
	assert_int_equal(total, 2980);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_pieces),
	    cmocka_unit_test(test_pieces_of_a_piece),
	    cmocka_unit_test(test_not_allowed),
	    cmocka_unit_test(test_against_its_wish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
