/* SPDX-License-Identifier: Apache-2.0 */
/* One worker's view of who is where, and the messages that keep the workers' views alike. */
#include "gateway/directory.h"

#include <stdlib.h>
#include <string.h>

#include "common/log.h"

struct directory {
	unsigned worker;
	struct loop *loop;
	struct fib *fib;
	struct peers *peers;
	struct directory **all;
	size_t all_len;
	bool muted;
};

enum change_kind {
	CHANGE_ADDR,
	CHANGE_APP_ID,
	CHANGE_FLOW,
};

/* One entry that comes or goes. */
struct change {
	struct directory *to;
	enum change_kind kind;
	bool add;
	unsigned owner;
	uint64_t id;
	struct ip_addr addr;
	uint8_t app_id[DTLS_APP_ID_LEN];
	struct udp_flow flow;
};

struct directory *
directory_new(unsigned worker, struct loop *loop)
{
	struct directory *dir = calloc(1, sizeof(*dir));

	if (dir == NULL)
		return NULL;
	dir->worker = worker;
	dir->loop = loop;
	dir->fib = fib_new();
	dir->peers = peers_new();
	if (dir->fib == NULL || dir->peers == NULL) {
		directory_free(dir);
		return NULL;
	}
	return dir;
}

void
directory_free(struct directory *dir)
{
	if (dir == NULL)
		return;
	fib_free(dir->fib);
	peers_free(dir->peers);
	free(dir->all);
	free(dir);
}

enum err
directory_connect(struct directory *const *all, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		all[i]->all = calloc(len, sizeof(*all[i]->all));
		if (all[i]->all == NULL)
			return ERR_NOMEM;
		memcpy(all[i]->all, all, len * sizeof(*all));
		all[i]->all_len = len;
	}
	return ERR_OK;
}

void
directory_mute(struct directory *dir)
{
	dir->muted = true;
}

const struct fib *
directory_fib(const struct directory *dir)
{
	return dir->fib;
}

const struct peers *
directory_peers(const struct directory *dir)
{
	return dir->peers;
}

/* ---- changes ---- */

/* chan is NULL except at the owner. */
static enum err
apply_add(struct directory *dir, const struct change *change, struct chan *chan)
{
	struct fib_entry route = {.owner = change->owner, .id = change->id, .chan = chan};
	struct peer_entry peer = {.owner = change->owner, .id = change->id, .chan = chan};

	switch (change->kind) {
	case CHANGE_ADDR:
		return fib_add(dir->fib, &change->addr, &route);
	case CHANGE_APP_ID:
		return peers_add_app_id(dir->peers, change->app_id, DTLS_APP_ID_LEN, &peer);
	default:
		return peers_add_flow(dir->peers, &change->flow, &peer);
	}
}

static void
apply_remove(struct directory *dir, const struct change *change)
{
	switch (change->kind) {
	case CHANGE_ADDR:
		fib_remove(dir->fib, &change->addr, change->id);
		break;
	case CHANGE_APP_ID:
		peers_remove_app_id(dir->peers, change->app_id, DTLS_APP_ID_LEN, change->id);
		break;
	default:
		peers_remove_flow(dir->peers, &change->flow, change->id);
		break;
	}
}

static void
on_change(void *arg)
{
	struct change *change = arg;

	if (!change->add)
		apply_remove(change->to, change);
	else if (apply_add(change->to, change, NULL) != ERR_OK)
		log_warn("worker %u: out of memory for an address table", change->to->worker);
	free(change);
}

static void
tell_others(struct directory *dir, const struct change *change)
{
	for (size_t i = 0; i < dir->all_len && !dir->muted; i++) {
		struct change *copy;

		if (dir->all[i] == dir)
			continue;
		copy = malloc(sizeof(*copy));
		if (copy == NULL) {
			log_warn("worker %u: out of memory for a message", dir->worker);
			return;
		}
		*copy = *change;
		copy->to = dir->all[i];
		/* Refused only by a worker that has stopped. */
		if (loop_post(copy->to->loop, on_change, copy) != ERR_OK)
			free(copy);
	}
}

static enum err
enter(struct directory *dir, struct change *change, struct chan *chan)
{
	enum err err;

	change->add = true;
	change->owner = dir->worker;
	change->id = chan->id;
	err = apply_add(dir, change, chan);
	if (err == ERR_OK)
		tell_others(dir, change);
	return err;
}

static void
leave(struct directory *dir, struct change *change, const struct chan *chan)
{
	change->add = false;
	change->owner = dir->worker;
	change->id = chan->id;
	apply_remove(dir, change);
	tell_others(dir, change);
}

/* ---- channels ---- */

static enum err
enter_addr(struct directory *dir, struct chan *chan, const struct ip_addr *addr)
{
	struct change change = {.kind = CHANGE_ADDR, .addr = *addr};

	return addr->family == 0 ? ERR_OK : enter(dir, &change, chan);
}

static void
leave_addr(struct directory *dir, const struct chan *chan, const struct ip_addr *addr)
{
	struct change change = {.kind = CHANGE_ADDR, .addr = *addr};

	if (addr->family != 0)
		leave(dir, &change, chan);
}

enum err
directory_add_chan(struct directory *dir, struct chan *chan)
{
	struct change change = {.kind = CHANGE_APP_ID};
	enum err err = enter_addr(dir, chan, &chan->ipv4);

	if (err == ERR_OK)
		err = enter_addr(dir, chan, &chan->ipv6);
	if (err == ERR_OK && chan->dtls_offered) {
		memcpy(change.app_id, chan->app_id, sizeof(change.app_id));
		err = enter(dir, &change, chan);
	}
	if (err != ERR_OK)
		directory_remove_chan(dir, chan);
	return err;
}

void
directory_remove_chan(struct directory *dir, const struct chan *chan)
{
	struct change change = {.kind = CHANGE_APP_ID};

	leave_addr(dir, chan, &chan->ipv4);
	leave_addr(dir, chan, &chan->ipv6);
	if (chan->dtls_offered) {
		memcpy(change.app_id, chan->app_id, sizeof(change.app_id));
		leave(dir, &change, chan);
	}
}

void
directory_add_flow(struct directory *dir, struct chan *chan, const struct udp_flow *flow)
{
	struct change change = {.kind = CHANGE_FLOW, .flow = *flow};

	if (enter(dir, &change, chan) != ERR_OK)
		log_warn("worker %u: out of memory for an address table", dir->worker);
}

void
directory_remove_flow(struct directory *dir, const struct chan *chan, const struct udp_flow *flow)
{
	struct change change = {.kind = CHANGE_FLOW, .flow = *flow};

	leave(dir, &change, chan);
}
