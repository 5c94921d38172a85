/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One libevent base per thread. The base itself has no lock (style P18): other threads only append
 * to a list under a mutex and write to an eventfd, and everything else happens on the loop's own
 * thread.
 */
#include "common/loop.h"

#include <event2/thread.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/queue.h>
#include <unistd.h>

#include "common/log.h"

/* Calls whose memory is kept for later ones: a worker that moves packets defers something in every
 * turn. */
#define SPARE_MAX 32

struct call {
	STAILQ_ENTRY(call) next;
	loop_fn fn;
	void *arg;
};

STAILQ_HEAD(calls, call);

struct loop {
	struct event_base *base;
	struct event *defer_event; /* made active by hand */
	struct calls deferred;     /* this thread only, as the next two */
	struct calls spare;
	unsigned spare_len;
	bool stopping;
	int post_fd;
	struct event *post_event;
	pthread_mutex_t lock; /* covers the rest */
	struct calls posted;
	bool closed;
};

static pthread_once_t threads_once = PTHREAD_ONCE_INIT;

static void
threads_init(void)
{
	if (evthread_use_pthreads() != 0)
		die("libevent refuses threads");
}

static struct event_base *
base_new(void)
{
	struct event_config *config = event_config_new();
	struct event_base *base = NULL;

	if (config == NULL)
		return NULL;
	if (event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK) == 0)
		base = event_base_new_with_config(config);
	event_config_free(config);
	return base;
}

static void
call_free(struct loop *loop, struct call *call)
{
	if (loop->spare_len < SPARE_MAX) {
		STAILQ_INSERT_HEAD(&loop->spare, call, next);
		loop->spare_len++;
	} else {
		free(call);
	}
}

/* Call everything in the list, which ends empty. What is added meanwhile to another list waits its
 * turn. */
static void
run_calls(struct loop *loop, struct calls *calls)
{
	struct call *call;

	while ((call = STAILQ_FIRST(calls)) != NULL) {
		STAILQ_REMOVE_HEAD(calls, next);
		call->fn(call->arg);
		call_free(loop, call);
	}
}

static void
on_deferred(UNUSED evutil_socket_t fd, UNUSED short what, void *arg)
{
	struct loop *loop = arg;
	struct calls calls = STAILQ_HEAD_INITIALIZER(calls);

	STAILQ_CONCAT(&calls, &loop->deferred);
	run_calls(loop, &calls);
}

/* Take what others posted and call it; `close` refuses later posts. */
static void
run_posted(struct loop *loop, bool close)
{
	struct calls calls = STAILQ_HEAD_INITIALIZER(calls);

	pthread_mutex_lock(&loop->lock);
	STAILQ_CONCAT(&calls, &loop->posted);
	loop->closed = close;
	pthread_mutex_unlock(&loop->lock);
	run_calls(loop, &calls);
}

static void
on_posted(evutil_socket_t fd, UNUSED short what, void *arg)
{
	uint64_t count;

	/* Before the list is taken: a post that comes in between wakes us once more. */
	if (read(fd, &count, sizeof(count)) < 0)
		return;
	run_posted(arg, false);
}

struct loop *
loop_new(void)
{
	struct loop *loop = calloc(1, sizeof(*loop));

	if (loop == NULL)
		return NULL;
	pthread_once(&threads_once, threads_init);
	pthread_mutex_init(&loop->lock, NULL);
	STAILQ_INIT(&loop->deferred);
	STAILQ_INIT(&loop->posted);
	STAILQ_INIT(&loop->spare);
	loop->post_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	loop->base = base_new();
	if (loop->base == NULL || loop->post_fd < 0)
		goto out;
	loop->defer_event = event_new(loop->base, -1, 0, on_deferred, loop);
	loop->post_event =
	    event_new(loop->base, loop->post_fd, EV_READ | EV_PERSIST, on_posted, loop);
	if (loop->defer_event == NULL || loop->post_event == NULL ||
	    event_add(loop->post_event, NULL) != 0)
		goto out;
	return loop;
out:
	loop_free(loop);
	return NULL;
}

/* Forget calls that will not happen any more. */
static void
drop_calls(struct calls *calls)
{
	struct call *call;

	while ((call = STAILQ_FIRST(calls)) != NULL) {
		STAILQ_REMOVE_HEAD(calls, next);
		free(call);
	}
}

void
loop_free(struct loop *loop)
{
	if (loop == NULL)
		return;
	run_calls(loop, &loop->deferred);
	drop_calls(&loop->posted);
	drop_calls(&loop->spare);
	if (loop->defer_event != NULL)
		event_free(loop->defer_event);
	if (loop->post_event != NULL)
		event_free(loop->post_event);
	if (loop->base != NULL)
		event_base_free(loop->base);
	if (loop->post_fd >= 0)
		close(loop->post_fd);
	pthread_mutex_destroy(&loop->lock);
	free(loop);
}

struct event_base *
loop_base(struct loop *loop)
{
	return loop->base;
}

void
loop_run(struct loop *loop)
{
	pthread_mutex_lock(&loop->lock);
	loop->closed = false;
	pthread_mutex_unlock(&loop->lock);
	while (!loop->stopping)
		if (event_base_dispatch(loop->base) != 0 && !loop->stopping) {
			log_err("event loop failed");
			abort();
		}
	loop->stopping = false;
	/* Posts that were accepted are honoured, later ones refused: nothing that they carry is
	 * lost. */
	run_posted(loop, true);
}

void
loop_stop(struct loop *loop)
{
	loop->stopping = true;
	event_base_loopbreak(loop->base);
}

static struct call *
call_new(loop_fn fn, void *arg)
{
	struct call *call = malloc(sizeof(*call));

	if (call != NULL)
		*call = (struct call){.fn = fn, .arg = arg};
	return call;
}

void
loop_defer(struct loop *loop, loop_fn fn, void *arg)
{
	struct call *call = STAILQ_FIRST(&loop->spare);

	if (call != NULL) {
		STAILQ_REMOVE_HEAD(&loop->spare, next);
		loop->spare_len--;
		*call = (struct call){.fn = fn, .arg = arg};
	} else {
		call = call_new(fn, arg);
	}
	if (call == NULL) {
		log_err("out of memory");
		abort();
	}
	STAILQ_INSERT_TAIL(&loop->deferred, call, next);
	event_active(loop->defer_event, EV_TIMEOUT, 0);
}

enum err
loop_post(struct loop *loop, loop_fn fn, void *arg)
{
	struct call *call = call_new(fn, arg);
	const uint64_t one = 1;
	bool closed;

	if (call == NULL)
		return ERR_NOMEM;
	pthread_mutex_lock(&loop->lock);
	closed = loop->closed;
	if (!closed)
		STAILQ_INSERT_TAIL(&loop->posted, call, next);
	pthread_mutex_unlock(&loop->lock);
	if (closed) {
		free(call);
		return ERR_CLOSED;
	}
	/* Fails only when the counter is at its limit, and then the loop is awake anyway. */
	if (write(loop->post_fd, &one, sizeof(one)) < 0)
		return ERR_OK;
	return ERR_OK;
}
