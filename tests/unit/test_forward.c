/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gateway/forward.c: two workers with real tables, rings and loops between fakes of tun, UDP and
 * channels (defined here, so the library's are not linked). Packets reach the channel that they
 * belong to, wherever they come in, and nothing else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "gateway/forward.h"
#include "gateway/worker.h"

#define WORKERS 2

static struct worker workers[WORKERS];
static struct chan_env envs[WORKERS];
static struct directory *dirs[WORKERS];
static struct forward *fwds[WORKERS];
static struct chan chans[WORKERS]; /* 10.0.0.1 at worker 0, 10.0.0.2 at worker 1 */

/* ---- fakes ---- */

static uint8_t input[2048];
static size_t input_len, input_seg, inputs;
static struct virtio_net_hdr input_vnet;
static struct udp_flow input_flow;
static int feeding; /* the worker whose event is to get the input */

static struct chan *sent_to, *datagram_to, *hello_to;
static uint8_t output[2048];
static size_t output_len;
static unsigned sent, datagrams, hellos, refused;
static struct virtio_net_hdr sent_vnet;
static struct udp_flow datagram_flow;
static bool tun_lost;

static void
drain(int fd)
{
	uint64_t count;

	if (read(fd, &count, sizeof(count)) < 0)
		fail_msg("no event was waiting");
}

size_t
tun_read_batch(UNUSED struct tun *tun, struct tun_pkt *out, UNUSED size_t max)
{
	static uint8_t arena[4096];

	drain(workers[feeding].tun_fd);
	for (size_t i = 0; i < inputs; i++)
		out[i] = (struct tun_pkt){.vnet = input_vnet, .data = arena + 16, .len = input_len};
	memcpy(arena + 16, input, input_len);
	return inputs;
}

bool
tun_is_lost(UNUSED const struct tun *tun)
{
	return tun_lost;
}

void
tun_flush(UNUSED struct tun *tun)
{
}

size_t
udp_rx_batch(UNUSED struct udp *udp, UNUSED size_t listener, struct udp_rx *out, UNUSED size_t max)
{
	drain(workers[feeding].udp_fds[0]);
	out[0] =
	    (struct udp_rx){.flow = input_flow, .data = input, .len = input_len, .seg = input_seg};
	return 1;
}

void
udp_flush(UNUSED struct udp *udp)
{
}

void
chan_send(struct chan *chan, const struct tun_pkt *pkt)
{
	/* What a channel does with the headroom must harm nobody. */
	memset(pkt->data - TUN_HEADROOM, 0xee, TUN_HEADROOM);
	sent_to = chan;
	sent_vnet = pkt->vnet;
	memcpy(output, pkt->data, pkt->len);
	output_len = pkt->len;
	sent++;
}

void
chan_count_drop(UNUSED struct chan *chan)
{
	refused++;
}

void
chan_datagram(struct chan *chan, const struct udp_flow *flow, uint8_t *data, size_t len)
{
	datagram_to = chan;
	datagram_flow = *flow;
	memcpy(output, data, len);
	output_len = len;
	datagrams++;
}

void
chan_hello(struct chan *chan, const struct udp_flow *flow, UNUSED const struct dtls_hello *hello,
    uint8_t *data, size_t len)
{
	hello_to = chan;
	datagram_flow = *flow;
	memcpy(output, data, len);
	output_len = len;
	hellos++;
}

/* ---- helpers ---- */

static void
settle(void)
{
	/* Twice, because one worker's turn may wake the other. */
	for (int i = 0; i < 2 * WORKERS; i++)
		assert_true(
		    event_base_loop(loop_base(workers[i % WORKERS].loop), EVLOOP_NONBLOCK) >= 0);
}

static int
setup(UNUSED void **state)
{
	for (unsigned i = 0; i < WORKERS; i++) {
		workers[i] = (struct worker){.index = i, .loop = loop_new(), .listeners_len = 1};
		workers[i].tun_fd = eventfd(0, EFD_NONBLOCK);
		workers[i].udp_fds[0] = eventfd(0, EFD_NONBLOCK);
		assert_non_null(workers[i].loop);
		envs[i] = (struct chan_env){.worker = &workers[i], .loop = workers[i].loop};
		dirs[i] = directory_new(i, workers[i].loop);
		assert_non_null(dirs[i]);
		fwds[i] = forward_new(&envs[i], dirs[i]);
		assert_non_null(fwds[i]);
		chans[i] = (struct chan){.id = i + 1, .dtls_offered = true};
		chans[i].ipv4 =
		    (struct ip_addr){.family = 4, .bytes = {10, 0, 0, (uint8_t)(i + 1)}};
		memset(chans[i].app_id, (int)i + 1, DTLS_APP_ID_LEN);
	}
	assert_int_equal(directory_connect(dirs, WORKERS), ERR_OK);
	assert_int_equal(forward_connect(fwds, WORKERS), ERR_OK);
	for (unsigned i = 0; i < WORKERS; i++) {
		assert_int_equal(forward_start(fwds[i]), ERR_OK);
		assert_int_equal(directory_add_chan(dirs[i], &chans[i]), ERR_OK);
	}
	settle();
	tun_lost = false;
	sent = datagrams = hellos = 0;
	sent_to = datagram_to = hello_to = NULL;
	return 0;
}

static int
teardown(UNUSED void **state)
{
	for (unsigned i = 0; i < WORKERS; i++)
		forward_free(fwds[i]);
	for (unsigned i = 0; i < WORKERS; i++) {
		directory_free(dirs[i]);
		loop_free(workers[i].loop);
		close(workers[i].tun_fd);
		close(workers[i].udp_fds[0]);
	}
	return 0;
}

static void
wake(int fd)
{
	uint64_t one = 1;

	assert_int_equal(write(fd, &one, sizeof(one)), sizeof(one));
	settle();
}

static void
packet_to(uint8_t last)
{
	static const uint8_t packet[28] = {
	    0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, 8, 8, 8, 8, 10};

	memcpy(input, packet, sizeof(packet));
	input[19] = last;
	input_len = sizeof(packet);
	inputs = 1;
	input_vnet = (struct virtio_net_hdr){.gso_size = 77};
}

/* As short as a hello may be. */
static void
hello_with(uint8_t app_id)
{
	size_t len = 25 + 2 + 32 + 33 + 1;

	memset(input, 0, len);
	memcpy(input, "\x16\xfe\xff", 3);
	input[12] = (uint8_t)(len - 13);
	input[13] = 1;
	input[16] = input[24] = (uint8_t)(len - 25);
	memset(input + 27, 0xaa, 32);
	input[59] = 32;
	memset(input + 60, app_id, 32);
	input_len = input_seg = len;
	input_flow = (struct udp_flow){.peer = {9, 9, 9, 9}, .local = {1}, .family = 4, .port = 99};
}

/* ---- tests ---- */

static void
test_tun_to_own_channel(UNUSED void **state)
{
	feeding = 0;
	packet_to(1);
	inputs = 3;
	wake(workers[0].tun_fd);
	assert_int_equal(sent, 3);
	assert_ptr_equal(sent_to, &chans[0]);
	assert_memory_equal(output, input, input_len);
}

static void
test_tun_to_another_worker(UNUSED void **state)
{
	feeding = 0;
	packet_to(2);
	wake(workers[0].tun_fd);
	assert_int_equal(sent, 1);
	assert_ptr_equal(sent_to, &chans[1]);
	assert_int_equal(output_len, input_len);
	assert_memory_equal(output, input, input_len);
	assert_int_equal(sent_vnet.gso_size, 77);
}

static void
test_tun_to_nobody(UNUSED void **state)
{
	feeding = 0;
	packet_to(3);
	wake(workers[0].tun_fd);
	packet_to(1);
	input[3] = 29; /* longer than it is */
	wake(workers[0].tun_fd);
	input_len = 1;
	wake(workers[0].tun_fd);
	assert_int_equal(sent, 0);
}

/* What was read with the last batch still goes out; then the queue, which is always readable, is
 * left alone. */
static void
test_tun_lost(UNUSED void **state)
{
	feeding = 0;
	packet_to(1);
	tun_lost = true;
	wake(workers[0].tun_fd);
	assert_int_equal(sent, 1);
	wake(workers[0].tun_fd);
	assert_int_equal(sent, 1);
}

/* The tables of two workers may differ for a moment: a packet crosses once, and never back. */
static void
test_no_ping_pong(UNUSED void **state)
{
	directory_mute(dirs[1]);
	directory_remove_chan(dirs[1], &chans[1]); /* worker 0 still believes in it */
	feeding = 0;
	packet_to(2);
	wake(workers[0].tun_fd);
	assert_int_equal(sent, 0);
}

static void
test_hello(UNUSED void **state)
{
	for (feeding = 0; feeding < WORKERS; feeding++) {
		for (uint8_t i = 0; i < WORKERS; i++) {
			hellos = 0;
			hello_with((uint8_t)(i + 1));
			wake(workers[feeding].udp_fds[0]);
			if (hellos != 1 || hello_to != &chans[i])
				fail_msg(
				    "hello for worker %u at worker %d: expected one there, got %u",
				    i, feeding, hellos);
			assert_memory_equal(&datagram_flow, &input_flow, sizeof(input_flow));
			assert_memory_equal(output, input, input_len);
		}
	}
	/* INV-6: an App-ID that nobody has, and one that is too short. */
	hellos = 0;
	feeding = 0;
	hello_with(9);
	wake(workers[0].udp_fds[0]);
	hello_with(1);
	input[59] = 31;
	wake(workers[0].udp_fds[0]);
	assert_int_equal(hellos + datagrams, 0);
}

static void
test_datagrams(UNUSED void **state)
{
	input_flow = (struct udp_flow){.peer = {9, 9, 9, 9}, .local = {1}, .family = 4, .port = 99};
	memset(input, 0x17, 250);
	input_len = 250;
	input_seg = 100;
	/* Strangers get nowhere. */
	feeding = 0;
	wake(workers[0].udp_fds[0]);
	assert_int_equal(datagrams, 0);
	directory_add_flow(dirs[1], &chans[1], &input_flow);
	settle();
	for (feeding = 0; feeding < WORKERS; feeding++) {
		datagrams = 0;
		wake(workers[feeding].udp_fds[0]);
		if (datagrams != 3 || datagram_to != &chans[1] || output_len != 50)
			fail_msg(
			    "run at worker %d: expected 3 datagrams, the last of 50, got %u, %zu",
			    feeding, datagrams, output_len);
		assert_memory_equal(&datagram_flow, &input_flow, sizeof(input_flow));
	}
}

/* What follows a hello that went to another worker goes there too, before its address is known. */
static void
test_behind_a_hello(UNUSED void **state)
{
	feeding = 0;
	hello_with(2);
	wake(workers[0].udp_fds[0]);
	assert_ptr_equal(hello_to, &chans[1]);
	/* The news of the address is late. */
	directory_mute(dirs[1]);
	directory_add_flow(dirs[1], &chans[1], &input_flow);
	memset(input, 0x17, 250);
	input_len = 250;
	input_seg = 100;
	wake(workers[0].udp_fds[0]);
	assert_int_equal(datagrams, 3);
	assert_ptr_equal(datagram_to, &chans[1]);
	/* Nobody else's datagrams do. */
	for (uint16_t port = 100; port < 400; port++) {
		input_flow.port = port;
		wake(workers[0].udp_fds[0]);
	}
	input_flow.port = 99;
	input_flow.peer[3]++;
	wake(workers[0].udp_fds[0]);
	assert_int_equal(datagrams, 3);
}

static void
test_full_ring(UNUSED void **state)
{
	feeding = 0;
	packet_to(2);
	input[2] = 2000 >> 8;
	input[3] = 2000 & 0xff;
	input_len = 2000;
	inputs = TUN_BATCH;
	/* Worker 1 does not run: what does not fit is dropped and counted, and worker 0 goes on. */
	for (int i = 0; i < 100; i++) {
		uint64_t one = 1;

		assert_int_equal(write(workers[0].tun_fd, &one, sizeof(one)), sizeof(one));
		assert_true(event_base_loop(loop_base(workers[0].loop), EVLOOP_NONBLOCK) >= 0);
	}
	assert_true(forward_ring_drops(fwds[0]) > 0);
	assert_int_equal(sent, 0);
	for (int i = 0; i < 100; i++)
		settle();
	assert_int_equal(sent + forward_ring_drops(fwds[0]), 100 * TUN_BATCH);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(test_tun_to_own_channel),
	    T(test_tun_to_another_worker),
	    T(test_tun_to_nobody),
	    T(test_tun_lost),
	    T(test_no_ping_pong),
	    T(test_hello),
	    T(test_datagrams),
	    T(test_behind_a_hello),
	    T(test_full_ring),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
