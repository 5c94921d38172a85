/* SPDX-License-Identifier: Apache-2.0 */
/* gateway/icmp.c: "packet too big" for both families, and the packets that get none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <netinet/in.h>
#include <string.h>

#include "common/ip.h"
#include "gateway/icmp.h"

static void
ipv4_make(uint8_t *pkt, size_t len, uint8_t protocol)
{
	memset(pkt, 0xee, len);
	memset(pkt, 0, 20);
	pkt[0] = 0x45;
	pkt[2] = (uint8_t)(len >> 8);
	pkt[3] = (uint8_t)len;
	pkt[6] = 0x40;
	pkt[9] = protocol;
	memcpy(pkt + 12, "\x0a\x00\x00\x01\xc0\xa8\x64\x05", 8);
}

static void
ipv6_make(uint8_t *pkt, size_t len, uint8_t next)
{
	memset(pkt, 0xee, len);
	memset(pkt, 0, 40);
	pkt[0] = 0x60;
	pkt[4] = (uint8_t)((len - 40) >> 8);
	pkt[5] = (uint8_t)(len - 40);
	pkt[6] = next;
	memset(pkt + 8, 0x20, 16);
	memset(pkt + 24, 0xfd, 16);
}

static void
test_ipv4(UNUSED void **state)
{
	uint8_t pkt[1500], out[1280];
	size_t len;

	ipv4_make(pkt, sizeof(pkt), IPPROTO_UDP);
	len = icmp_too_big(out, sizeof(out), pkt, sizeof(pkt), 1390);
	assert_int_equal(len, 576);
	assert_int_equal(out[2] << 8 | out[3], 576);
	assert_int_equal(ip_csum_fold(ip_csum_add(0, out, 20)), 0);
	assert_int_equal(ip_csum_fold(ip_csum_add(0, out + 20, len - 20)), 0);
	/* From the destination of the packet, to its source. */
	assert_memory_equal(out + 12, "\xc0\xa8\x64\x05\x0a\x00\x00\x01", 8);
	assert_int_equal(out[9], IPPROTO_ICMP);
	assert_memory_equal(out + 20, "\x03\x04", 2);
	assert_int_equal(out[26] << 8 | out[27], 1390);
	assert_memory_equal(out + 28, pkt, 548);
}

static void
test_ipv6(UNUSED void **state)
{
	uint8_t pkt[1500], out[1280], pseudo[8] = {0};
	uint32_t sum;
	size_t len;

	ipv6_make(pkt, sizeof(pkt), IPPROTO_TCP);
	len = icmp_too_big(out, sizeof(out), pkt, sizeof(pkt), 1280);
	assert_int_equal(len, 1280);
	assert_int_equal(out[6], IPPROTO_ICMPV6);
	assert_memory_equal(out + 40, "\x02\x00", 2);
	assert_memory_equal(out + 44, "\x00\x00\x05\x00", 4);
	assert_memory_equal(out + 8, pkt + 24, 16);
	assert_memory_equal(out + 24, pkt + 8, 16);
	pseudo[2] = (uint8_t)((len - 40) >> 8);
	pseudo[3] = (uint8_t)(len - 40);
	pseudo[7] = IPPROTO_ICMPV6;
	sum = ip_csum_add(ip_csum_add(0, out + 8, 32), pseudo, sizeof(pseudo));
	assert_int_equal(ip_csum_fold(ip_csum_add(sum, out + 40, len - 40)), 0);
}

static void
test_short_packets_are_quoted_whole(UNUSED void **state)
{
	uint8_t pkt[100], out[1280];

	ipv4_make(pkt, sizeof(pkt), IPPROTO_UDP);
	assert_int_equal(icmp_too_big(out, sizeof(out), pkt, sizeof(pkt), 68), 128);
	ipv6_make(pkt, sizeof(pkt), IPPROTO_UDP);
	assert_int_equal(icmp_too_big(out, sizeof(out), pkt, sizeof(pkt), 1280), 148);
}

static void
test_no_answer(UNUSED void **state)
{
	static const struct {
		const char *what;
		bool v6;
		uint8_t protocol;
		size_t at;
		uint8_t value;
		bool answer;
	} rows[] = {
	    {"echo request", false, IPPROTO_ICMP, 20, 8, true},
	    {"ICMP error", false, IPPROTO_ICMP, 20, 3, false},
	    {"first fragment", false, IPPROTO_UDP, 6, 0x20, true},
	    {"later fragment", false, IPPROTO_UDP, 7, 1, false},
	    {"from the unspecified network", false, IPPROTO_UDP, 12, 0, false},
	    {"from loopback", false, IPPROTO_UDP, 12, 127, false},
	    {"from multicast", false, IPPROTO_UDP, 12, 224, false},
	    {"ICMPv6 echo request", true, IPPROTO_ICMPV6, 40, 128, true},
	    {"ICMPv6 error", true, IPPROTO_ICMPV6, 40, 1, false},
	    {"from IPv6 multicast", true, IPPROTO_UDP, 8, 0xff, false},
	    {"not a packet", false, IPPROTO_UDP, 0, 0x99, false},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint8_t pkt[1400], out[1280];
		size_t len;

		if (rows[i].v6)
			ipv6_make(pkt, sizeof(pkt), rows[i].protocol);
		else
			ipv4_make(pkt, sizeof(pkt), rows[i].protocol);
		pkt[rows[i].at] = rows[i].value;
		len = icmp_too_big(out, sizeof(out), pkt, sizeof(pkt), 1300);
		if ((len > 0) != rows[i].answer)
			fail_msg("%s: expected %s, got %zu bytes", rows[i].what,
			    rows[i].answer ? "an answer" : "none", len);
	}
}

static void
test_no_room(UNUSED void **state)
{
	uint8_t pkt[1400], out[575];

	ipv4_make(pkt, sizeof(pkt), IPPROTO_UDP);
	assert_int_equal(icmp_too_big(out, sizeof(out), pkt, sizeof(pkt), 1300), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_ipv4),
	    cmocka_unit_test(test_ipv6),
	    cmocka_unit_test(test_short_packets_are_quoted_whole),
	    cmocka_unit_test(test_no_answer),
	    cmocka_unit_test(test_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
