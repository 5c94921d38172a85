/* SPDX-License-Identifier: Apache-2.0 */
/* One thread, one lock, two lists: what waits to be read, and what has been and waits for the loop.
 */
#include "pki/crl_reader.h"

#include <openssl/x509.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "pki/crl.h"

struct order {
	STAILQ_ENTRY(order) next;
	crl_reader_fn fn;
	void *arg;
	X509 *issuer;
	uint8_t *data;
	size_t len;
	enum err err; /* the result: */
	struct crl *crl;
	const char *why;
};

STAILQ_HEAD(orders, order);

struct crl_reader {
	struct loop *loop;
	pthread_t thread;
	bool started;
	pthread_mutex_t lock; /* covers the rest */
	pthread_cond_t wake;
	struct orders waiting;
	struct orders done;
	size_t bytes; /* of those that wait, and of the one that is being read */
	bool stopping;
};

static void
order_free(struct order *order)
{
	crl_free(order->crl);
	X509_free(order->issuer);
	free(order->data);
	free(order);
}

static void
orders_free(struct orders *orders)
{
	struct order *order;

	while ((order = STAILQ_FIRST(orders)) != NULL) {
		STAILQ_REMOVE_HEAD(orders, next);
		order_free(order);
	}
}

/* On the loop: hand out what is done. */
static void
on_done(void *arg)
{
	struct crl_reader *reader = arg;
	struct orders done = STAILQ_HEAD_INITIALIZER(done);
	struct order *order;

	pthread_mutex_lock(&reader->lock);
	STAILQ_CONCAT(&done, &reader->done);
	pthread_mutex_unlock(&reader->lock);
	while ((order = STAILQ_FIRST(&done)) != NULL) {
		STAILQ_REMOVE_HEAD(&done, next);
		order->fn(order->err, order->crl, order->why, order->arg);
		order->crl = NULL;
		order_free(order);
	}
}

/* The next order; NULL when the thread is to end. */
static struct order *
next_order(struct crl_reader *reader)
{
	struct order *order = NULL;

	pthread_mutex_lock(&reader->lock);
	while (!reader->stopping && STAILQ_EMPTY(&reader->waiting))
		pthread_cond_wait(&reader->wake, &reader->lock);
	if (!reader->stopping) {
		order = STAILQ_FIRST(&reader->waiting);
		STAILQ_REMOVE_HEAD(&reader->waiting, next);
	}
	pthread_mutex_unlock(&reader->lock);
	return order;
}

static void
order_done(struct crl_reader *reader, struct order *order)
{
	pthread_mutex_lock(&reader->lock);
	reader->bytes -= order->len;
	STAILQ_INSERT_TAIL(&reader->done, order, next);
	pthread_mutex_unlock(&reader->lock);
	/* Where that fails the loop has ended, or memory: the next one brings both. */
	if (loop_post(reader->loop, on_done, reader) != ERR_OK)
		return;
}

static void *
read_thread(void *arg)
{
	struct crl_reader *reader = arg;
	struct order *order;

	while ((order = next_order(reader)) != NULL) {
		order->err =
		    crl_read(order->data, order->len, order->issuer, &order->crl, &order->why);
		free(order->data);
		order->data = NULL;
		order_done(reader, order);
	}
	return NULL;
}

struct crl_reader *
crl_reader_new(struct loop *loop)
{
	struct crl_reader *reader = calloc(1, sizeof(*reader));

	if (reader == NULL)
		return NULL;
	reader->loop = loop;
	STAILQ_INIT(&reader->waiting);
	STAILQ_INIT(&reader->done);
	pthread_mutex_init(&reader->lock, NULL);
	pthread_cond_init(&reader->wake, NULL);
	reader->started = pthread_create(&reader->thread, NULL, read_thread, reader) == 0;
	if (reader->started)
		return reader;
	crl_reader_free(reader);
	return NULL;
}

void
crl_reader_free(struct crl_reader *reader)
{
	if (reader == NULL)
		return;
	pthread_mutex_lock(&reader->lock);
	reader->stopping = true;
	pthread_cond_broadcast(&reader->wake);
	pthread_mutex_unlock(&reader->lock);
	if (reader->started)
		pthread_join(reader->thread, NULL);
	orders_free(&reader->waiting);
	orders_free(&reader->done);
	pthread_cond_destroy(&reader->wake);
	pthread_mutex_destroy(&reader->lock);
	free(reader);
}

static struct order *
order_new(const void *data, size_t len, X509 *issuer, crl_reader_fn fn, void *arg)
{
	struct order *order = calloc(1, sizeof(*order));

	if (order == NULL)
		return NULL;
	order->fn = fn;
	order->arg = arg;
	order->len = len;
	order->data = malloc(len + 1);
	if (order->data == NULL || X509_up_ref(issuer) != 1) {
		order_free(order);
		return NULL;
	}
	order->issuer = issuer;
	memcpy(order->data, data, len);
	return order;
}

enum err
crl_reader_order(struct crl_reader *reader, const void *data, size_t len, struct x509_st *issuer,
    crl_reader_fn fn, void *arg)
{
	struct order *order = order_new(data, len, issuer, fn, arg);
	enum err err = ERR_OK;

	if (order == NULL)
		return ERR_NOMEM;
	pthread_mutex_lock(&reader->lock);
	if (len > CRL_READER_BYTES_MAX - reader->bytes) {
		err = ERR_FULL;
	} else {
		reader->bytes += len;
		STAILQ_INSERT_TAIL(&reader->waiting, order, next);
		pthread_cond_signal(&reader->wake);
	}
	pthread_mutex_unlock(&reader->lock);
	if (err != ERR_OK)
		order_free(order);
	return err;
}
