/* SPDX-License-Identifier: Apache-2.0 */
/* gateway/udp.c over loopback: batches both ways, runs of segments, source addresses; peer.c: the
 * address tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/peer.h"
#include "gateway/udp.h"

/* A socket as the parent makes it: wildcard, packet information. Its port in *port. */
static int
gateway_socket(int family, uint16_t *port)
{
	struct sockaddr_storage sa = {.ss_family = (sa_family_t)family};
	socklen_t len =
	    family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
	int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK, 0), on = 1;
	struct ip_endpoint ep;

	assert_true(fd >= 0);
	if (family == AF_INET) {
		assert_int_equal(setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on)), 0);
	} else {
		assert_int_equal(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)), 0);
		assert_int_equal(
		    setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on)), 0);
	}
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sa, &len), 0);
	assert_int_equal(ip_from_sockaddr((struct sockaddr *)&sa, &ep), ERR_OK);
	*port = ep.port;
	return fd;
}

/* A client's socket, connected: it takes answers from that address only. */
static int
client_socket(const char *address, uint16_t port)
{
	struct ip_endpoint ep = {.port = port};
	struct sockaddr_storage sa;
	socklen_t len;
	int fd;

	assert_int_equal(ip_parse(address, &ep.addr), ERR_OK);
	len = ip_to_sockaddr(&ep, &sa);
	fd = socket(sa.ss_family, SOCK_DGRAM, 0);
	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&sa, len), 0);
	return fd;
}

static size_t
receive_some(struct udp *udp, int fd, struct udp_rx *rx)
{
	struct pollfd pollfd = {.fd = fd, .events = POLLIN};

	assert_int_equal(poll(&pollfd, 1, 5000), 1);
	return udp_rx_batch(udp, 0, rx, UDP_RX_BATCH);
}

static void
queue(struct udp *udp, const struct udp_flow *flow, const void *data, size_t len)
{
	uint8_t *room = udp_room(udp, flow, len);

	assert_non_null(room);
	memcpy(room, data, len);
}

static void
check_round_trip(int family, const char *address)
{
	struct udp_rx rx[UDP_RX_BATCH];
	uint16_t port;
	int fds[1] = {gateway_socket(family, &port)};
	int client = client_socket(address, port);
	struct udp *udp = udp_new(fds, 1);
	struct ip_endpoint local, from;
	struct sockaddr_storage sa;
	socklen_t sa_len = sizeof(sa);
	uint8_t data[2000], got[2000];

	assert_non_null(udp);
	assert_int_equal(udp_rx_batch(udp, 0, rx, UDP_RX_BATCH), 0);
	assert_int_equal(send(client, "hello", 5, 0), 5);
	assert_int_equal(receive_some(udp, fds[0], rx), 1);
	assert_int_equal(rx[0].len, 5);
	assert_int_equal(rx[0].seg, 5);
	assert_memory_equal(rx[0].data, "hello", 5);
	assert_int_equal(getsockname(client, (struct sockaddr *)&sa, &sa_len), 0);
	assert_int_equal(ip_from_sockaddr((struct sockaddr *)&sa, &local), ERR_OK);
	udp_flow_peer(&rx[0].flow, &from);
	assert_true(ip_eq(&from.addr, &local.addr));
	assert_int_equal(from.port, local.port);
	/* Answers: 70 equal ones (more than one message holds), one short, one long, one short.
	 * They arrive only from the address that was asked. */
	for (size_t i = 0; i < 73; i++) {
		memset(data, (int)i, sizeof(data));
		queue(udp, &rx[0].flow, data, i < 70 ? 1400 : i == 71 ? 1500 : 10);
	}
	udp_flush(udp);
	for (size_t i = 0; i < 73; i++) {
		size_t expect = i < 70 ? 1400 : i == 71 ? 1500 : 10;
		ssize_t n = recv(client, got, sizeof(got), MSG_DONTWAIT);

		if (n != (ssize_t)expect || got[0] != (uint8_t)i)
			fail_msg(
			    "%s: answer %zu: expected %zu bytes, got %zd", address, i, expect, n);
	}
	assert_int_equal(udp_tx_drops(udp), 0);
	udp_free(udp);
	close(client);
	close(fds[0]);
}

static void
test_ipv4(UNUSED void **state)
{
	check_round_trip(AF_INET, "127.0.0.1");
	check_round_trip(AF_INET, "127.1.2.3");
}

static void
test_ipv6(UNUSED void **state)
{
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);
	struct sockaddr_in6 sa = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	bool works = fd >= 0 && bind(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0;

	close(fd);
	if (!works)
		skip();
	check_round_trip(AF_INET6, "::1");
}

/* Two clients alternating: nobody gets the other's. */
static void
test_two_clients(UNUSED void **state)
{
	struct udp_rx rx[UDP_RX_BATCH];
	struct udp_flow flows[2];
	uint16_t port;
	int fds[1] = {gateway_socket(AF_INET, &port)}, clients[2];
	struct udp *udp = udp_new(fds, 1);
	char got[16];

	assert_non_null(udp);
	for (int i = 0; i < 2; i++) {
		clients[i] = client_socket("127.0.0.1", port);
		assert_int_equal(send(clients[i], "x", 1, 0), 1);
		assert_int_equal(receive_some(udp, fds[0], rx), 1);
		flows[i] = rx[0].flow;
	}
	assert_false(udp_flow_eq(&flows[0], &flows[1]));
	for (int i = 0; i < 20; i++)
		queue(udp, &flows[i / 3 % 2], i / 3 % 2 == 0 ? "zero" : "one!", 4);
	udp_flush(udp);
	for (int i = 0; i < 20; i++) {
		assert_int_equal(recv(clients[i / 3 % 2], got, sizeof(got), MSG_DONTWAIT), 4);
		assert_memory_equal(got, i / 3 % 2 == 0 ? "zero" : "one!", 4);
	}
	assert_true(recv(clients[0], got, sizeof(got), MSG_DONTWAIT) < 0);
	udp_free(udp);
	close(clients[0]);
	close(clients[1]);
	close(fds[0]);
}

/* A run that arrives whole or in pieces: the same bytes either way. */
static void
test_receive_run(UNUSED void **state)
{
	struct udp_rx rx[UDP_RX_BATCH];
	uint16_t port;
	int fds[1] = {gateway_socket(AF_INET, &port)};
	int client = client_socket("127.0.0.1", port);
	struct udp *udp = udp_new(fds, 1);
	uint8_t data[300];
	size_t n = 0;

	assert_non_null(udp);
	for (int i = 0; i < 10; i++) {
		memset(data, i, sizeof(data));
		assert_int_equal(send(client, data, i == 9 ? 100 : 300, 0), i == 9 ? 100 : 300);
	}
	while (n < 10) {
		size_t got = receive_some(udp, fds[0], rx);

		for (size_t i = 0; i < got; i++) {
			for (size_t off = 0; off < rx[i].len; off += rx[i].seg, n++) {
				assert_int_equal(rx[i].data[off], n);
				assert_int_equal(
				    rx[i].len - off < rx[i].seg ? rx[i].len - off : rx[i].seg,
				    n == 9 ? 100 : 300);
			}
		}
	}
	udp_free(udp);
	close(client);
	close(fds[0]);
}

static void
test_peers_by_flow(UNUSED void **state)
{
	struct udp_flow a = {.peer = {10, 0, 0, 1}, .local = {1}, .family = 4, .port = 1}, b = a;
	struct peer_entry entry = {.owner = 1, .id = 10};
	struct peers *peers = peers_new();

	assert_non_null(peers);
	assert_null(peers_find_flow(peers, &a));
	assert_int_equal(peers_add_flow(peers, &a, &entry), ERR_OK);
	memset(b.local, 9, sizeof(b.local)); /* another of our addresses: the same client */
	assert_int_equal(peers_find_flow(peers, &b)->id, 10);
	b.listener = 1;
	assert_null(peers_find_flow(peers, &b));
	/* Another channel took the address over: the first one's farewell means nothing. */
	entry.id = 11;
	assert_int_equal(peers_add_flow(peers, &a, &entry), ERR_OK);
	peers_remove_flow(peers, &a, 10);
	assert_int_equal(peers_find_flow(peers, &a)->id, 11);
	peers_remove_flow(peers, &a, 11);
	assert_null(peers_find_flow(peers, &a));
	peers_free(peers);
}

static void
test_peers_by_app_id(UNUSED void **state)
{
	uint8_t id[32] = {1, 2, 3}, other[32] = {1, 2, 4};
	struct peer_entry entry = {.owner = 1, .id = 10};
	struct peers *peers = peers_new();

	assert_non_null(peers);
	assert_int_equal(peers_add_app_id(peers, id, sizeof(id), &entry), ERR_OK);
	assert_int_equal(peers_add_app_id(peers, id, sizeof(id), &entry), ERR_EXISTS);
	assert_int_equal(peers_find_app_id(peers, id, sizeof(id))->id, 10);
	assert_null(peers_find_app_id(peers, other, sizeof(other)));
	assert_null(peers_find_app_id(peers, id, 31));
	assert_null(peers_find_app_id(peers, id, 0));
	peers_remove_app_id(peers, id, sizeof(id), 9);
	assert_non_null(peers_find_app_id(peers, id, sizeof(id)));
	peers_remove_app_id(peers, id, sizeof(id), 10);
	assert_null(peers_find_app_id(peers, id, sizeof(id)));
	peers_free(peers);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_ipv4),
	    cmocka_unit_test(test_ipv6),
	    cmocka_unit_test(test_two_clients),
	    cmocka_unit_test(test_receive_run),
	    cmocka_unit_test(test_peers_by_flow),
	    cmocka_unit_test(test_peers_by_app_id),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
