/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gateway/tun.c on a real device in a network namespace of its own: what the kernel sends is read
 * and complete, and what is written arrives. Skipped where the test may not make devices.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/ip.h"
#include "gateway/inner.h"
#include "gateway/tun.h"
#include "gateway/tun_gso.h"

static int tun_fd = -1;

static bool
interface_up(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct ifreq req = {.ifr_name = "unit0"};
	struct sockaddr_in sin = {.sin_family = AF_INET};
	bool ok;

	sin.sin_addr.s_addr = htonl(0x0a090901);
	memcpy(&req.ifr_addr, &sin, sizeof(sin));
	ok = ioctl(fd, SIOCSIFADDR, &req) == 0;
	sin.sin_addr.s_addr = htonl(0xffffff00);
	memcpy(&req.ifr_netmask, &sin, sizeof(sin));
	ok = ok && ioctl(fd, SIOCSIFNETMASK, &req) == 0;
	req.ifr_flags = IFF_UP;
	ok = ok && ioctl(fd, SIOCSIFFLAGS, &req) == 0;
	close(fd);
	return ok;
}

static int
setup(UNUSED void **state)
{
	struct ifreq req = {
	    .ifr_name = "unit0", .ifr_flags = IFF_TUN | IFF_NO_PI | IFF_VNET_HDR | IFF_MULTI_QUEUE};

	if (unshare(CLONE_NEWNET) != 0)
		return 0;
	tun_fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (tun_fd >= 0 && (ioctl(tun_fd, TUNSETIFF, &req) != 0 || !interface_up())) {
		close(tun_fd);
		tun_fd = -1;
	}
	return 0;
}

static int
teardown(UNUSED void **state)
{
	if (tun_fd >= 0)
		close(tun_fd);
	return 0;
}

static int
inner_socket(uint16_t port)
{
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
	sin.sin_addr.s_addr = htonl(0x0a090902);
	assert_int_equal(connect(fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
	return fd;
}

/* The kernel's own chatter (IPv6) is not what the test waits for. */
static bool
next_ipv4(struct tun *tun, struct tun_pkt *out)
{
	struct tun_pkt pkts[TUN_BATCH];

	for (int tries = 0; tries < 50; tries++) {
		struct pollfd pollfd = {.fd = tun_fd, .events = POLLIN};
		size_t n;

		assert_true(poll(&pollfd, 1, 5000) >= 0);
		n = tun_read_batch(tun, pkts, TUN_BATCH);
		for (size_t i = 0; i < n; i++) {
			if (pkts[i].data[0] == 0x45) {
				*out = pkts[i];
				return true;
			}
		}
	}
	return false;
}

static void
test_both_ways(UNUSED void **state)
{
	struct gso_split split;
	struct tun_pkt pkt;
	struct inner inner;
	struct tun *tun;
	uint8_t cut[1600], swap[4], got[100];
	size_t len;
	int fd;

	if (tun_fd < 0)
		skip();
	tun = tun_new(tun_fd);
	assert_non_null(tun);
	fd = inner_socket(7777);
	assert_int_equal(send(fd, "question", 8, 0), 8);
	assert_true(next_ipv4(tun, &pkt));
	assert_int_equal(inner_parse(pkt.data, pkt.len, &inner), ERR_OK);
	assert_int_equal(gso_split_init(&split, &pkt.vnet, pkt.data, pkt.len), ERR_OK);
	assert_true(gso_split_largest(&split) <= sizeof(cut));
	len = gso_split_next(&split, cut, sizeof(cut));
	assert_int_equal(len, 36);
	assert_memory_equal(cut + 28, "question", 8);
	/* The headroom is ours. */
	memset(pkt.data - TUN_HEADROOM, 0xff, TUN_HEADROOM);

	/* Turned round (sums do not change by that) it is the answer. */
	memcpy(swap, cut + 12, 4);
	memcpy(cut + 12, cut + 16, 4);
	memcpy(cut + 16, swap, 4);
	tun_write(tun, cut, len);
	tun_flush(tun);
	assert_int_equal(recv(fd, got, sizeof(got), MSG_DONTWAIT), 8);
	assert_memory_equal(got, "question", 8);
	assert_int_equal(tun_write_drops(tun), 0);
	/* A wrong checksum is left for the kernel to find. */
	cut[26] ^= 0x55;
	tun_write(tun, cut, len);
	tun_flush(tun);
	assert_true(recv(fd, got, sizeof(got), MSG_DONTWAIT) < 0);
	close(fd);
	tun_free(tun);
}

static void
test_not_a_tun(UNUSED void **state)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	assert_null(tun_new(fd));
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_both_ways),
	    cmocka_unit_test(test_not_a_tun),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
