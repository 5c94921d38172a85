/* SPDX-License-Identifier: Apache-2.0 */
/* The gateway role: main thread, worker threads, traffic with the parent. */
#ifndef GATEWAY_GATEWAY_H
#define GATEWAY_GATEWAY_H

#include <pthread.h>
#include <stddef.h>

#include "common/handover.h"
#include "common/loop.h"
#include "gateway/past_keys.h"
#include "gateway/worker.h"

struct gateway {
	struct loop *loop; /* of the main thread */
	struct ipc *parent;
	struct conf *conf;        /* what the workers have, or are about to */
	struct handover handover; /* what a reload has brought and not yet committed */
	struct worker **workers;
	pthread_t *threads;
	size_t workers_len;
	struct past_keys *past_keys; /* of all workers */
};

#endif
