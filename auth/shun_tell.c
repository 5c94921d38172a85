/* SPDX-License-Identifier: Apache-2.0 */
/* In messages of so many sources that none is too long. */
#include "auth/shun_tell.h"

#include "common/log.h"

#define BATCH 512

/* A message that is being filled. */
struct batch {
	struct link_set *links;
	unsigned worker;
	Ipc__Shuns msg;
	Ipc__ShunPrefix prefixes[BATCH];
	Ipc__ShunPrefix *list[BATCH];
};

static void
send_to(struct link_set *links, unsigned worker, const Ipc__Shuns *msg)
{
	enum err err = link_send(links, worker, IPC__MSG_TYPE__MSG_SHUNS, &msg->base);

	if (err != ERR_OK && err != ERR_CLOSED)
		log_err("gateway worker %u does not hear who is shunned: %s", worker, err_str(err));
}

static void
fill(Ipc__ShunPrefix *out, const struct ip_prefix *prefix)
{
	ipc__shun_prefix__init(out);
	out->address.data = (uint8_t *)(uintptr_t)prefix->addr.bytes;
	out->address.len = ip_len(&prefix->addr);
	out->len = prefix->len;
}

static void
flush(struct batch *batch)
{
	send_to(batch->links, batch->worker, &batch->msg);
	batch->msg.anew = false;
	batch->msg.n_shun = 0;
}

static void
on_source(const struct shun_source *source, void *arg)
{
	struct batch *batch = arg;

	if (source->since == 0)
		return;
	fill(&batch->prefixes[batch->msg.n_shun++], &source->prefix);
	if (batch->msg.n_shun == BATCH)
		flush(batch);
}

void
shun_tell_all(struct shun *shun, struct link_set *links, unsigned worker)
{
	static struct batch batch; /* too large for the stack */

	batch.links = links;
	batch.worker = worker;
	ipc__shuns__init(&batch.msg);
	for (size_t i = 0; i < BATCH; i++)
		batch.list[i] = &batch.prefixes[i];
	batch.msg.shun = batch.list;
	batch.msg.anew = true;
	shun_each(shun, on_source, &batch);
	if (batch.msg.n_shun > 0)
		flush(&batch);
}

void
shun_tell_change(
    struct link_set *links, unsigned workers, const struct ip_prefix *prefix, bool shunned)
{
	Ipc__Shuns msg = IPC__SHUNS__INIT;
	Ipc__ShunPrefix one, *list[] = {&one};

	fill(&one, prefix);
	if (shunned) {
		msg.shun = list;
		msg.n_shun = 1;
	} else {
		msg.lift = list;
		msg.n_lift = 1;
	}
	for (unsigned i = 0; i < workers; i++)
		send_to(links, i, &msg);
}
