/* SPDX-License-Identifier: Apache-2.0 */
/* Asking the other processes what they have counted. */
#include "auth/metrics.h"

#include <event2/event.h>
#include <stdlib.h>

#include "auth/errand.h"
#include "auth/table.h"

#define TIMEOUT_MS 1000

struct waiter {
	metrics_done_fn done;
	void *arg;
	struct waiter *prev, *next;
};

/* A peer, and whose answer it is. */
struct asked {
	struct metrics *metrics;
	struct metrics_peer *peer;
};

struct metrics {
	struct metrics_config config;
	struct metrics_peer parent;
	struct metrics_peer pki;
	struct metrics_peer *workers;
	struct asked *asked; /* the workers, then pki, then the parent */
	struct waiter *waiters;
	unsigned outstanding;
	bool asking;
	struct event *nobody; /* made active when there is nobody to ask */
};

/* The analyser does not follow utlist's lists. */
/* NOLINTBEGIN(clang-analyzer-unix.Malloc) */

static void
round_end(struct metrics *metrics)
{
	struct waiter *waiters = metrics->waiters, *waiter;

	if (metrics->outstanding > 0 || metrics->asking)
		return;
	metrics->waiters = NULL;
	while ((waiter = waiters) != NULL) {
		DL_DELETE(waiters, waiter);
		waiter->done(waiter->arg);
		free(waiter);
	}
}

static void
on_report(enum err err, const ProtobufCMessage *msg, void *arg)
{
	struct asked *asked = arg;

	if (err == ERR_OK)
		metrics_peer_take(asked->peer, (const Ipc__MetricsReport *)msg);
	asked->metrics->outstanding--;
	round_end(asked->metrics);
}

static void
ask(struct asked *asked, struct ipc *ipc)
{
	Ipc__MetricsRequest request = IPC__METRICS_REQUEST__INIT;

	asked->peer->fresh = false;
	if (ipc != NULL &&
	    ipc_request(ipc, IPC__MSG_TYPE__MSG_METRICS_REQUEST, &request.base,
		IPC__MSG_TYPE__MSG_METRICS_REPORT, TIMEOUT_MS, on_report, asked, NULL) == ERR_OK)
		asked->metrics->outstanding++;
}

static void
ask_all(struct metrics *metrics)
{
	const struct metrics_config *config = &metrics->config;

	metrics->asking = true;
	for (unsigned i = 0; i < config->workers; i++)
		ask(&metrics->asked[i], link_channel(config->links, i));
	ask(&metrics->asked[config->workers], config->errand->pki);
	ask(&metrics->asked[config->workers + 1], config->errand->parent);
	metrics->asking = false;
}

static void
on_nobody(UNUSED evutil_socket_t fd, UNUSED short what, void *arg)
{
	round_end(arg);
}

void
metrics_refresh(struct metrics *metrics, metrics_done_fn done, void *arg)
{
	struct waiter *waiter = calloc(1, sizeof(*waiter));
	bool running = metrics->waiters != NULL || metrics->outstanding > 0;

	if (waiter == NULL) {
		done(arg);
		return;
	}
	waiter->done = done;
	waiter->arg = arg;
	DL_APPEND(metrics->waiters, waiter);
	if (running)
		return;
	ask_all(metrics);
	if (metrics->outstanding == 0)
		event_active(metrics->nobody, EV_TIMEOUT, 0);
}

void
metrics_cancel(struct metrics *metrics, const void *arg)
{
	struct waiter *waiter, *tmp;

	DL_FOREACH_SAFE (metrics->waiters, waiter, tmp) {
		if (waiter->arg != arg)
			continue;
		DL_DELETE(metrics->waiters, waiter);
		free(waiter);
	}
}

enum err
metrics_write(const struct metrics *metrics, struct buf *out)
{
	const struct metrics_peers peers = {
	    .parent = &metrics->parent,
	    .pki = &metrics->pki,
	    .workers = metrics->workers,
	    .workers_len = metrics->config.workers,
	};

	return metrics_show(&metrics->config.sources, &peers, out);
}

struct metrics *
metrics_new(const struct metrics_config *config)
{
	struct metrics *metrics = calloc(1, sizeof(*metrics));

	if (metrics == NULL)
		return NULL;
	metrics->config = *config;
	metrics->workers = calloc(config->workers + 1, sizeof(*metrics->workers));
	metrics->asked = calloc(config->workers + 2, sizeof(*metrics->asked));
	metrics->nobody = event_new(loop_base(config->loop), -1, 0, on_nobody, metrics);
	if (metrics->workers == NULL || metrics->asked == NULL || metrics->nobody == NULL) {
		metrics_free(metrics);
		return NULL;
	}
	for (unsigned i = 0; i < config->workers; i++) {
		metrics->workers[i].role = IPC__ROLE_ID__ROLE_GATEWAY;
		metrics->asked[i] = (struct asked){metrics, &metrics->workers[i]};
	}
	metrics->pki.role = IPC__ROLE_ID__ROLE_PKI;
	metrics->parent.role = IPC__ROLE_ID__ROLE_PARENT;
	metrics->asked[config->workers] = (struct asked){metrics, &metrics->pki};
	metrics->asked[config->workers + 1] = (struct asked){metrics, &metrics->parent};
	return metrics;
}

void
metrics_free(struct metrics *metrics)
{
	struct waiter *waiter, *tmp;

	if (metrics == NULL)
		return;
	DL_FOREACH_SAFE (metrics->waiters, waiter, tmp) {
		DL_DELETE(metrics->waiters, waiter);
		free(waiter);
	}
	metrics_peer_fini(&metrics->pki);
	metrics_peer_fini(&metrics->parent);
	if (metrics->nobody != NULL)
		event_free(metrics->nobody);
	free(metrics->workers);
	free(metrics->asked);
	free(metrics);
}

/* NOLINTEND(clang-analyzer-unix.Malloc) */
