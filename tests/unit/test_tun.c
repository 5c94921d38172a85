/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gateway/tun.c on a real device in a network namespace of its own: what the kernel sends is read
 * and complete, and what is written arrives; and what netif_watch.c tells of it. Skipped where the
 * test may not make devices.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/ip.h"
#include "common/log.h"
#include "gateway/inner.h"
#include "gateway/netif.h"
#include "gateway/netif_watch.h"
#include "gateway/offload.h"
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
	tun = tun_new(tun_fd, OFFLOAD_ALL);
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

/* IPv4 packets of one batch. */
static size_t
batch_ipv4(struct tun *tun)
{
	struct tun_pkt pkts[TUN_BATCH];
	size_t n = tun_read_batch(tun, pkts, TUN_BATCH), count = 0;

	for (size_t i = 0; i < n; i++)
		count += pkts[i].data[0] == 0x45;
	return count;
}

/* A batch is no more than the socket of a client holds: two of these are above TUN_BATCH_RUNS. */
static void
test_batch_of_runs(UNUSED void **state)
{
	static const uint8_t run[40 * 1400];
	struct tun *tun;
	int fd, seg = 1400;

	if (tun_fd < 0)
		skip();
	tun = tun_new(tun_fd, OFFLOAD_ALL);
	assert_non_null(tun);
	if ((tun_offload(tun) & OFFLOAD_USO) == 0) {
		tun_free(tun);
		skip();
	}
	fd = inner_socket(7777);
	while (batch_ipv4(tun) > 0)
		;
	assert_int_equal(setsockopt(fd, SOL_UDP, UDP_SEGMENT, &seg, sizeof(seg)), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(send(fd, run, sizeof(run), 0), sizeof(run));
	assert_int_equal(batch_ipv4(tun), 2);
	assert_int_equal(batch_ipv4(tun), 1);
	/* What is no run is limited by its number only. */
	seg = 0;
	assert_int_equal(setsockopt(fd, SOL_UDP, UDP_SEGMENT, &seg, sizeof(seg)), 0);
	for (int i = 0; i < TUN_BATCH + 1; i++)
		assert_int_equal(send(fd, run, 1400, 0), 1400);
	assert_in_range(batch_ipv4(tun), TUN_BATCH - 8, TUN_BATCH);
	close(fd);
	tun_free(tun);
}

static void
test_not_a_tun(UNUSED void **state)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	assert_null(tun_new(fd, OFFLOAD_ALL));
	close(fd);
}

/* ---- what others do to the interface ---- */

struct watched {
	struct loop *loop;
	enum netif_event events[8];
	size_t len;
	size_t wanted;
};

static void
on_event(enum netif_event event, void *arg)
{
	struct watched *watched = arg;

	assert_true(watched->len < ARRAY_LEN(watched->events));
	watched->events[watched->len++] = event;
	if (watched->len >= watched->wanted)
		loop_stop(watched->loop);
}

/* As "ip link del". */
static void
remove_interface(const char *name)
{
	char buf[256] = {0}, answer[1024];
	struct nlmsghdr *head = mnl_nlmsg_put_header(buf);
	struct ifinfomsg *info;
	struct mnl_socket *nl = mnl_socket_open(NETLINK_ROUTE);
	ssize_t n;

	head->nlmsg_type = RTM_DELLINK;
	head->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	info = mnl_nlmsg_put_extra_header(head, sizeof(*info));
	info->ifi_family = AF_UNSPEC;
	mnl_attr_put_strz(head, IFLA_IFNAME, name);
	assert_non_null(nl);
	assert_true(mnl_socket_sendto(nl, head, head->nlmsg_len) > 0);
	n = mnl_socket_recvfrom(nl, answer, sizeof(answer));
	assert_true(n > 0);
	assert_true(mnl_cb_run(answer, (size_t)n, 0, 0, NULL, NULL) >= 0);
	mnl_socket_close(nl);
}

static void
set_flags(const char *name, short flags)
{
	struct ifreq req = {.ifr_flags = flags};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	assert_true(fd >= 0);
	memcpy(req.ifr_name, name, strlen(name) + 1);
	assert_int_equal(ioctl(fd, SIOCSIFFLAGS, &req), 0);
	close(fd);
}

static int
queue_of(const char *name)
{
	struct ifreq req = {.ifr_flags = IFF_TUN | IFF_NO_PI | IFF_VNET_HDR | IFF_MULTI_QUEUE};
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);

	memcpy(req.ifr_name, name, strlen(name) + 1);
	assert_true(fd >= 0);
	assert_int_equal(ioctl(fd, TUNSETIFF, &req), 0);
	return fd;
}

/* Down and up before anybody looks is seen, the like of other interfaces is not. */
static void
test_watch(UNUSED void **state)
{
	static const enum netif_event expected[] = {
	    NETIF_DOWN, NETIF_UP, NETIF_DOWN, NETIF_GONE, NETIF_UP};
	struct watched watched = {.wanted = ARRAY_LEN(expected)};
	struct netif_watch *watch;
	int fd, other;

	if (tun_fd < 0)
		skip();
	fd = queue_of("unit1");
	other = queue_of("unit10");
	set_flags("unit1", IFF_UP);
	set_flags("unit10", IFF_UP);
	watched.loop = loop_new();
	assert_non_null(watched.loop);
	watch = netif_watch_new(watched.loop, "unit1", on_event, &watched);
	assert_non_null(watch);
	set_flags("unit1", IFF_UP);
	set_flags("unit10", 0);
	set_flags("unit1", 0);
	set_flags("unit1", IFF_UP);
	close(other);
	close(fd);
	fd = queue_of("unit1");
	set_flags("unit1", IFF_UP);
	loop_run(watched.loop);
	assert_int_equal(watched.len, ARRAY_LEN(expected));
	assert_memory_equal(watched.events, expected, sizeof(expected));
	netif_watch_free(watch);
	loop_free(watched.loop);
	close(fd);
}

static void
test_watch_bad_name(UNUSED void **state)
{
	struct log_config quiet = {.level = LOG_EMERG};
	struct watched watched = {.loop = loop_new()};

	log_configure(&quiet);
	assert_non_null(watched.loop);
	assert_null(netif_watch_new(watched.loop, "a-name-of-16-let", on_event, &watched));
	netif_watch_free(NULL);
	loop_free(watched.loop);
}

/* The last test: afterwards there is no unit0. */
static void
test_lost(UNUSED void **state)
{
	struct tun_pkt pkts[TUN_BATCH];
	struct pollfd pollfd = {.events = POLLIN};
	struct tun *tun;

	if (tun_fd < 0)
		skip();
	tun = tun_new(tun_fd, OFFLOAD_ALL);
	assert_non_null(tun);
	(void)tun_read_batch(tun, pkts, TUN_BATCH);
	assert_false(tun_is_lost(tun));
	assert_true(netif_is_open(tun_fd));
	remove_interface("unit0");
	pollfd.fd = tun_fd;
	assert_int_equal(poll(&pollfd, 1, 5000), 1);
	assert_int_equal(tun_read_batch(tun, pkts, TUN_BATCH), 0);
	assert_true(tun_is_lost(tun));
	assert_false(netif_is_open(tun_fd));
	assert_false(netif_is_open(-1));
	tun_free(tun);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_both_ways),
	    cmocka_unit_test(test_batch_of_runs),
	    cmocka_unit_test(test_not_a_tun),
	    cmocka_unit_test(test_watch),
	    cmocka_unit_test(test_watch_bad_name),
	    cmocka_unit_test(test_lost),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
