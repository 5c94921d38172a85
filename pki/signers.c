/* SPDX-License-Identifier: Apache-2.0 */
/* The sign threads: one lock, one list of orders that wait and one of those that are done. The loop
 * is woken once for all that are done by then. */
#include "pki/signers.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "common/log.h"

#define THREADS_MAX 16

struct order {
	STAILQ_ENTRY(order) next;
	struct key *key; /* a reference: a reload may drop the identity meanwhile */
	Ipc__SignOp op;
	uint64_t ticket;
	size_t data_len;
	size_t signature_len;
	uint8_t data[KEY_DATA_MAX];
	uint8_t signature[KEY_DATA_MAX];
};

STAILQ_HEAD(orders, order);

struct signers {
	struct loop *loop;
	signers_done_fn fn;
	void *arg;
	pthread_t threads[THREADS_MAX];
	unsigned threads_len;
	pthread_mutex_t lock; /* covers the rest */
	pthread_cond_t wake;
	struct orders waiting;
	size_t waiting_len;
	struct orders done;
	bool woken; /* the loop has been told of done, and has not looked yet */
	bool stopping;
};

static void
order_free(struct order *order)
{
	key_free(order->key);
	free(order);
}

static void
free_all(struct orders *orders)
{
	struct order *order;

	while ((order = STAILQ_FIRST(orders)) != NULL) {
		STAILQ_REMOVE_HEAD(orders, next);
		order_free(order);
	}
}

/* In the loop. */
static void
on_done(void *arg)
{
	struct orders done = STAILQ_HEAD_INITIALIZER(done);
	struct signers *signers = arg;
	struct order *order;

	pthread_mutex_lock(&signers->lock);
	STAILQ_CONCAT(&done, &signers->done);
	signers->woken = false;
	pthread_mutex_unlock(&signers->lock);
	STAILQ_FOREACH(order, &done, next)
	signers->fn(signers->arg, order->ticket, order->signature, order->signature_len);
	free_all(&done);
}

/* In a thread. */
static void
put_done(struct signers *signers, struct order *order)
{
	pthread_mutex_lock(&signers->lock);
	STAILQ_INSERT_TAIL(&signers->done, order, next);
	if (!signers->woken)
		signers->woken = loop_post(signers->loop, on_done, signers) == ERR_OK;
	pthread_mutex_unlock(&signers->lock);
}

/* The next order; NULL when the threads are to end. */
static struct order *
next_order(struct signers *signers)
{
	struct order *order = NULL;

	pthread_mutex_lock(&signers->lock);
	while (!signers->stopping && STAILQ_EMPTY(&signers->waiting))
		pthread_cond_wait(&signers->wake, &signers->lock);
	if (!signers->stopping) {
		order = STAILQ_FIRST(&signers->waiting);
		STAILQ_REMOVE_HEAD(&signers->waiting, next);
		signers->waiting_len--;
	}
	pthread_mutex_unlock(&signers->lock);
	return order;
}

static void *
sign_thread(void *arg)
{
	struct signers *signers = arg;
	struct order *order;

	while ((order = next_order(signers)) != NULL) {
		enum err err = key_sign(order->key, order->op, order->data, order->data_len,
		    order->signature, &order->signature_len);

		if (err != ERR_OK) {
			order->signature_len = 0;
			log_err("signing failed: %s", err_str(err));
		}
		put_done(signers, order);
	}
	return NULL;
}

struct signers *
signers_new(struct loop *loop, unsigned threads, signers_done_fn fn, void *arg)
{
	struct signers *signers = calloc(1, sizeof *signers);

	if (signers == NULL)
		return NULL;
	signers->loop = loop;
	signers->fn = fn;
	signers->arg = arg;
	STAILQ_INIT(&signers->waiting);
	STAILQ_INIT(&signers->done);
	pthread_mutex_init(&signers->lock, NULL);
	pthread_cond_init(&signers->wake, NULL);
	if (threads > THREADS_MAX)
		threads = THREADS_MAX;
	while (signers->threads_len < threads) {
		if (pthread_create(
			&signers->threads[signers->threads_len], NULL, sign_thread, signers) != 0) {
			signers_free(signers);
			return NULL;
		}
		signers->threads_len++;
	}
	return signers;
}

void
signers_free(struct signers *signers)
{
	if (signers == NULL)
		return;
	pthread_mutex_lock(&signers->lock);
	signers->stopping = true;
	pthread_cond_broadcast(&signers->wake);
	pthread_mutex_unlock(&signers->lock);
	for (unsigned i = 0; i < signers->threads_len; i++)
		pthread_join(signers->threads[i], NULL);
	free_all(&signers->waiting);
	free_all(&signers->done);
	pthread_cond_destroy(&signers->wake);
	pthread_mutex_destroy(&signers->lock);
	free(signers);
}

enum err
signers_order(struct signers *signers, struct key *key, Ipc__SignOp op, const uint8_t *data,
    size_t data_len, uint64_t ticket)
{
	struct order *order;
	enum err err = key_check(key, op, data_len);

	if (err != ERR_OK)
		return err;
	order = calloc(1, sizeof *order);
	if (order == NULL)
		return ERR_NOMEM;
	order->key = key_ref(key);
	order->op = op;
	order->ticket = ticket;
	order->data_len = data_len;
	memcpy(order->data, data, data_len);
	pthread_mutex_lock(&signers->lock);
	if (signers->waiting_len >= SIGNERS_QUEUE_MAX) {
		err = ERR_FULL;
	} else {
		STAILQ_INSERT_TAIL(&signers->waiting, order, next);
		signers->waiting_len++;
		pthread_cond_signal(&signers->wake);
	}
	pthread_mutex_unlock(&signers->lock);
	if (err != ERR_OK)
		order_free(order);
	return err;
}
