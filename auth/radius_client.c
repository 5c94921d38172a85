/* SPDX-License-Identifier: Apache-2.0 */
/* The outside of the RADIUS client: asking, another configuration, the listing. */
#include "auth/radius_client.h"

#include <stdlib.h>
#include <string.h>

#include "auth/radius_parts.h"
#include "common/str.h"

#define LINES_BURST 5
#define LINES_SEC 60
#define MAC_SIZE 18 /* what sealing adds: the Message-Authenticator */

struct radius_client *
radius_client_new(struct loop *loop, struct conf *conf)
{
	struct radius_client *client = calloc(1, sizeof(*client));

	if (client == NULL)
		return NULL;
	client->loop = loop;
	client->wrong = (struct log_limit){.burst = LINES_BURST, .interval_sec = LINES_SEC};
	client->given_up = client->wrong;
	if (radius_dues_init(&client->dues, loop) == ERR_OK &&
	    radius_list_make(client, conf, &client->list) == ERR_OK)
		return client;
	radius_client_free(client);
	return NULL;
}

static void
client_free(void *arg)
{
	struct radius_client *client = arg;

	str_wipe(&client->sealed, sizeof(client->sealed));
	free(client);
}

void
radius_client_free(struct radius_client *client)
{
	if (client == NULL)
		return;
	while (client->calls != NULL)
		radius_call_free(client->calls);
	radius_list_free(&client->next);
	radius_list_free(&client->list);
	radius_dues_fini(&client->dues);
	loop_defer(client->loop, client_free, client);
}

/* ---- asking ---- */

static struct radius_call *
call_new(struct radius_client *client, struct radius_request *request)
{
	struct radius_call *call = calloc(1, sizeof(*call));

	if (call == NULL || radius_dues_join(&client->dues) != ERR_OK) {
		free(call);
		radius_request_fini(request);
		return NULL;
	}
	call->client = client;
	call->due.fn = radius_call_on_due;
	call->request = *request;
	radius_request_init(request, request->code);
	DL_APPEND(client->calls, call);
	client->calls_len++;
	return call;
}

/* Can it be sent at all? */
static enum err
check(const struct radius_client *client, const struct radius_target *target,
    const struct radius_request *request, struct radius_group **group)
{
	*group = radius_list_find(&client->list, target->group);
	if (*group == NULL || (*group)->len == 0 ||
	    (target->server != NULL && radius_group_place(*group, target->server) == (*group)->len))
		return ERR_NOTFOUND;
	if (client->calls_len >= RADIUS_CALLS_MAX ||
	    request->attrs.len > RADIUS_PACKET_MAX - RADIUS_HEADER_SIZE - MAC_SIZE)
		return ERR_LIMIT;
	return request->attrs.err;
}

enum err
radius_client_ask(struct radius_client *client, const struct radius_target *target,
    struct radius_request *request, radius_done_fn done, void *arg, struct radius_call **call)
{
	struct radius_group *group;
	struct radius_call *mine;
	enum err err = check(client, target, request, &group);

	if (call != NULL)
		*call = NULL;
	if (err != ERR_OK) {
		radius_request_fini(request);
		return err;
	}
	mine = call_new(client, request);
	if (mine == NULL)
		return ERR_NOMEM;
	mine->group = group;
	mine->lane = target->accounting ? RADIUS_LANE_ACCOUNTING : RADIUS_LANE_AUTHENTICATION;
	mine->authorization = target->authorization;
	mine->fallback = target->fallback;
	mine->pinned = target->server != NULL;
	if (mine->pinned)
		mine->pin = *target->server;
	mine->done = done;
	mine->arg = arg;
	if (call != NULL)
		*call = mine;
	radius_call_go(mine);
	return ERR_OK;
}

void
radius_call_cancel(struct radius_call *call)
{
	radius_call_free(call);
}

/* ---- another configuration ---- */

enum err
radius_client_prepare(struct radius_client *client, struct conf *conf)
{
	radius_list_free(&client->next);
	return radius_list_make(client, conf, &client->next);
}

/* The bits of the servers that were tried, by their places in the new list. */
static uint16_t
tried_now(const struct radius_call *call, const struct radius_group *group)
{
	uint16_t tried = 0;

	for (size_t i = 0; i < call->group->len; i++) {
		size_t place = radius_group_place(group, &call->group->servers[i]->addr);

		if ((call->tried & 1U << i) != 0 && place < group->len)
			tried |= (uint16_t)(1U << place);
	}
	return tried;
}

/* Its group may be another or none, its server may be gone or want another key. */
static void
call_carry(struct radius_call *call)
{
	struct radius_server *server = call->server;
	struct radius_group *group;

	if (call->last != NULL && call->last->gone)
		call->last = NULL;
	if (call->group == NULL)
		return;
	group = radius_list_find(&call->client->list, call->group->name);
	if (group == NULL) {
		radius_call_over(call);
		call->group = NULL;
		return;
	}
	call->tried = tried_now(call, group);
	call->group = group;
	if (server != NULL && (server->gone || call->socket == NULL)) {
		radius_call_leave(call);
		radius_call_go(call);
	}
}

void
radius_client_use(struct radius_client *client)
{
	struct radius_list old = client->list;
	struct radius_call *call, *tmp;

	if (client->next.conf == NULL)
		return;
	client->list = client->next;
	client->next = (struct radius_list){0};
	radius_list_adopt(&client->list, &old);
	DL_FOREACH_SAFE (client->calls, call, tmp)
		call_carry(call);
	radius_list_free(&old);
}

/* ---- what there is ---- */

size_t
radius_client_servers(
    const struct radius_client *client, const char *group, struct ip_addr *out, size_t max)
{
	const struct radius_group *found = radius_list_find(&client->list, group);
	size_t len = 0;

	for (; found != NULL && len < found->len && len < max; len++)
		out[len] = found->servers[len]->addr;
	return len;
}

/* The i-th server of all groups; NULL: no more. */
static const struct radius_server *
server_at(const struct radius_client *client, size_t i)
{
	for (size_t g = 0; g < client->list.len; g++) {
		const struct radius_group *group = &client->list.groups[g];

		if (i < group->len)
			return group->servers[i];
		i -= group->len;
	}
	return NULL;
}

static size_t
group_clear(struct radius_group *group, const struct ip_addr *server)
{
	size_t cleared = 0;

	for (size_t i = 0; i < group->len; i++)
		if (server == NULL || ip_eq(&group->servers[i]->addr, server)) {
			group->servers[i]->counts = (struct radius_counts){0};
			cleared++;
		}
	return cleared;
}

size_t
radius_client_clear(struct radius_client *client, const char *group, const struct ip_addr *server)
{
	size_t cleared = 0;

	for (size_t i = 0; i < client->list.len; i++)
		if (group == NULL || strcmp(client->list.groups[i].name, group) == 0)
			cleared += group_clear(&client->list.groups[i], server);
	return cleared;
}

bool
radius_client_listing(const struct radius_client *client, size_t i, Ipc__CtlAaaHost *out)
{
	const struct radius_server *server = server_at(client, i);

	if (server != NULL)
		radius_server_list(server, out);
	return server != NULL;
}

const struct metric_histogram *
radius_client_times(const struct radius_client *client, size_t i)
{
	const struct radius_server *server = server_at(client, i);

	return server != NULL ? &server->counts.times : NULL;
}
