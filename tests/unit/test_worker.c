/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gateway/worker.c: configurations that change under running workers. Several threads at once, so
 * that ThreadSanitizer sees a swap that is not one; a leaked or lost reference is seen by the
 * others.
 */
#include "tests/unit/conf_help.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/log.h"
#include "gateway/conn.h"
#include "gateway/gateway.h"
#include "gateway/tls.h"
#include "gateway/worker.h"

#define WORKERS 3
#define RELOADS 200

static struct gateway gateway;
static atomic_uint looks;
static atomic_long last_seen[WORKERS];

static struct conf *
conf_with_limit(unsigned limit)
{
	char text[256];

	(void)snprintf(text, sizeof text,
	    "listeners = ( { address = \"0.0.0.0\"; } );\n"
	    "tun = { ipv4-address = \"192.168.100.254/24\"; ipv6-address = \"fd00:100::1/64\"; };\n"
	    "limits = { max-connections = %u; };\n",
	    limit);
	return help_load_fine("gateway.conf", text);
}

/* On a worker's thread: what it sees may only go up. */
static void
look(void *arg)
{
	struct worker *worker = arg;
	const struct conf_object *limits =
	    conf_sub(conf_root(worker->conf, CONF_GATEWAY), GW_LIMITS);
	long seen = (long)conf_int(limits, LIM_MAX_CONNECTIONS);

	assert_true(seen >= atomic_load(&last_seen[worker->index]));
	atomic_store(&last_seen[worker->index], seen);
	atomic_fetch_add(&looks, 1);
}

/* As worker_main(), without a data path: there is no tun device here. */
static void *
run(void *arg)
{
	struct worker *worker = arg;

	loop_run(worker->loop);
	return NULL;
}

static void
stop(void *arg)
{
	struct worker *worker = arg;

	conns_stop_accepting(worker->conns);
	loop_stop(worker->loop);
}

static void
start(struct worker **workers, pthread_t *threads, struct conf *conf)
{
	gateway = (struct gateway){.workers = workers, .threads = threads, .workers_len = WORKERS};
	for (unsigned i = 0; i < WORKERS; i++) {
		workers[i] = worker_new(&gateway, i, conf);
		assert_non_null(workers[i]);
		workers[i]->tls = tls_new(workers[i]);
		workers[i]->conns = conns_new(workers[i]);
		assert_non_null(workers[i]->tls);
		assert_non_null(workers[i]->conns);
		atomic_store(&last_seen[i], 0);
	}
	for (unsigned i = 0; i < WORKERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, run, workers[i]), 0);
}

static void
end(struct worker **workers, pthread_t *threads)
{
	for (unsigned i = 0; i < WORKERS; i++)
		assert_int_equal(loop_post(workers[i]->loop, stop, workers[i]), ERR_OK);
	for (unsigned i = 0; i < WORKERS; i++)
		pthread_join(threads[i], NULL);
}

static void
test_swap(UNUSED void **state)
{
	static const struct log_config quiet = {.level = LOG_ERR};
	struct worker *workers[WORKERS];
	pthread_t threads[WORKERS];
	struct conf *conf = conf_with_limit(1);

	log_init("test", &quiet);
	start(workers, threads, conf);
	for (unsigned n = 2; n < RELOADS; n++) {
		struct conf *next = conf_with_limit(n);

		for (unsigned i = 0; i < WORKERS; i++) {
			worker_set_conf(workers[i], next, n % 2 == 0);
			assert_int_equal(loop_post(workers[i]->loop, look, workers[i]), ERR_OK);
		}
		conf_unref(conf);
		conf = next;
	}
	end(workers, threads);
	/* Every post was called, in order. */
	assert_int_equal(atomic_load(&looks), WORKERS * (RELOADS - 2));
	for (unsigned i = 0; i < WORKERS; i++) {
		assert_int_equal(atomic_load(&last_seen[i]), RELOADS - 1);
		assert_ptr_equal(workers[i]->conf, conf);
		/* Too late: the reference is given back. */
		worker_set_conf(workers[i], conf, true);
		worker_free(workers[i]);
	}
	conf_unref(conf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_swap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
