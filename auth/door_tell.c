/* SPDX-License-Identifier: Apache-2.0 */
/* In messages of so many that none is too long. */
#include "auth/door_tell.h"

#include <string.h>

#include "common/log.h"

#define BATCH 128
#define URL_MAX 512 /* longer ones are none that resolve.c can read */

/* A message that is being filled. */
struct batch {
	struct link_set *links;
	unsigned worker;
	Ipc__Doors msg;
	char *list[BATCH];
};

static void
flush(struct batch *batch)
{
	enum err err =
	    link_send(batch->links, batch->worker, IPC__MSG_TYPE__MSG_DOORS, &batch->msg.base);

	if (err != ERR_OK && err != ERR_CLOSED)
		log_err("gateway worker %u does not hear of the group-urls: %s", batch->worker,
		    err_str(err));
	batch->msg.anew = false;
	batch->msg.n_url = 0;
}

static void
add_group(struct batch *batch, const struct conf_object *group)
{
	struct conf_object *const *urls;
	size_t len = conf_subs(conf_sub(group, TG_WEBVPN), TGW_GROUP_URL, &urls);

	for (size_t i = 0; i < len; i++) {
		const char *text = conf_str(urls[i], GU_URL);

		if (text == NULL || !conf_bool(urls[i], GU_ENABLE) || strlen(text) > URL_MAX)
			continue;
		batch->list[batch->msg.n_url++] = (char *)(uintptr_t)text;
		if (batch->msg.n_url == BATCH)
			flush(batch);
	}
}

void
door_tell(const struct conf *conf, struct link_set *links, unsigned worker)
{
	struct batch batch = {.links = links, .worker = worker, .msg = IPC__DOORS__INIT};
	const struct conf_object *const *groups;
	size_t len = conf_objects(conf, CONF_TUNNEL_GROUP, &groups);

	batch.msg.url = batch.list;
	batch.msg.anew = true;
	for (size_t i = 0; i < len; i++)
		add_group(&batch, groups[i]);
	if (batch.msg.anew || batch.msg.n_url > 0)
		flush(&batch);
}
