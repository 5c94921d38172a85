/* SPDX-License-Identifier: Apache-2.0 */
/* gateway/directory.c: what one worker enters, all workers know; and nobody forgets what a later
 * channel entered. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "gateway/directory.h"

#define WORKERS 3

static struct loop *loops[WORKERS];
static struct directory *dirs[WORKERS];

static int
setup(UNUSED void **state)
{
	for (unsigned i = 0; i < WORKERS; i++) {
		loops[i] = loop_new();
		assert_non_null(loops[i]);
		dirs[i] = directory_new(i, loops[i]);
		assert_non_null(dirs[i]);
	}
	assert_int_equal(directory_connect(dirs, WORKERS), ERR_OK);
	return 0;
}

static int
teardown(UNUSED void **state)
{
	for (unsigned i = 0; i < WORKERS; i++) {
		directory_free(dirs[i]);
		loop_free(loops[i]);
	}
	return 0;
}

/* Deliver every message that was posted. */
static void
deliver(void)
{
	for (unsigned i = 0; i < WORKERS; i++)
		assert_true(event_base_loop(loop_base(loops[i]), EVLOOP_NONBLOCK) >= 0);
}

static struct chan
chan_make(uint64_t id, uint8_t last)
{
	struct chan chan = {.id = id, .dtls_offered = true};

	chan.ipv4 = (struct ip_addr){.family = 4, .bytes = {10, 0, 0, last}};
	chan.ipv6 = (struct ip_addr){.family = 6, .bytes = {0xfd, [15] = last}};
	memset(chan.app_id, (int)id, sizeof(chan.app_id));
	return chan;
}

/* Id of whoever has the address at worker w; 0: nobody. */
static uint64_t
route(unsigned w, const struct ip_addr *addr)
{
	struct inner inner = {.version = addr->family, .dst = addr->bytes};
	const struct fib_entry *entry = fib_find(directory_fib(dirs[w]), &inner);

	return entry == NULL ? 0 : entry->id;
}

static void
expect_everywhere(
    const struct chan *chan, uint64_t id, const struct chan *app_id_of, bool app_id_known)
{
	for (unsigned w = 0; w < WORKERS; w++) {
		const struct peer_entry *entry =
		    peers_find_app_id(directory_peers(dirs[w]), app_id_of->app_id, DTLS_APP_ID_LEN);

		if (route(w, &chan->ipv4) != id || route(w, &chan->ipv6) != id)
			fail_msg("worker %u: expected channel %llu, got %llu and %llu", w,
			    (unsigned long long)id, (unsigned long long)route(w, &chan->ipv4),
			    (unsigned long long)route(w, &chan->ipv6));
		if ((entry != NULL) != app_id_known)
			fail_msg("worker %u: expected the App-ID to be %s", w,
			    app_id_known ? "known" : "unknown");
	}
}

static void
test_everybody_knows(UNUSED void **state)
{
	struct chan chan = chan_make(5, 1);
	struct inner inner = {.version = 4, .dst = chan.ipv4.bytes};

	assert_int_equal(directory_add_chan(dirs[1], &chan), ERR_OK);
	deliver();
	expect_everywhere(&chan, 5, &chan, true);
	assert_ptr_equal(fib_find(directory_fib(dirs[1]), &inner)->chan, &chan);
	assert_null(fib_find(directory_fib(dirs[0]), &inner)->chan);
	assert_int_equal(fib_find(directory_fib(dirs[0]), &inner)->owner, 1);
	directory_remove_chan(dirs[1], &chan);
	deliver();
	expect_everywhere(&chan, 0, &chan, false);
}

/* The new channel of a session opens at worker 2 before the old one at worker 1 is gone. */
static void
test_successor_elsewhere(UNUSED void **state)
{
	struct chan old = chan_make(5, 1), next = chan_make(6, 1);

	assert_int_equal(directory_add_chan(dirs[1], &old), ERR_OK);
	deliver();
	assert_int_equal(directory_add_chan(dirs[2], &next), ERR_OK);
	directory_remove_chan(dirs[1], &old);
	deliver();
	expect_everywhere(&next, 6, &old, false);
	expect_everywhere(&next, 6, &next, true);
}

static void
test_flows(UNUSED void **state)
{
	struct chan old = chan_make(5, 1), next = chan_make(6, 1);
	struct udp_flow flow = {.peer = {9, 9, 9, 9}, .family = 4, .port = 9};

	directory_add_flow(dirs[0], &old, &flow);
	deliver();
	for (unsigned w = 0; w < WORKERS; w++)
		assert_int_equal(peers_find_flow(directory_peers(dirs[w]), &flow)->id, 5);
	directory_add_flow(dirs[2], &next, &flow);
	directory_remove_flow(dirs[0], &old, &flow);
	deliver();
	for (unsigned w = 0; w < WORKERS; w++) {
		assert_int_equal(peers_find_flow(directory_peers(dirs[w]), &flow)->id, 6);
		assert_int_equal(peers_find_flow(directory_peers(dirs[w]), &flow)->owner, 2);
	}
	directory_remove_flow(dirs[2], &next, &flow);
	deliver();
	for (unsigned w = 0; w < WORKERS; w++)
		assert_null(peers_find_flow(directory_peers(dirs[w]), &flow));
}

static void
test_muted(UNUSED void **state)
{
	struct chan chan = chan_make(5, 1);

	assert_int_equal(directory_add_chan(dirs[1], &chan), ERR_OK);
	deliver();
	directory_mute(dirs[1]);
	directory_remove_chan(dirs[1], &chan);
	deliver();
	assert_int_equal(route(1, &chan.ipv4), 0);
	assert_int_equal(route(0, &chan.ipv4), 5);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(test_everybody_knows),
	    T(test_successor_elsewhere),
	    T(test_flows),
	    T(test_muted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
