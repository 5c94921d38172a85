/* SPDX-License-Identifier: Apache-2.0 */
/* Server groups as configured, and what is known of each server: is it alive, and how much has it
 * done. */
#include <stdlib.h>
#include <string.h>

#include "auth/radius_parts.h"
#include "common/clock.h"
#include "common/str.h"

#define HOSTS_MAX ARRAY_LEN(((struct radius_group *)0)->servers)

/* ---- FAILED and ACTIVE ---- */

static void
mark(struct radius_health *health, bool failed)
{
	const char *group = health->server->group->name;
	char addr[IP_STR_MAX];

	ip_str(&health->server->addr, addr);
	health->failed = failed;
	health->failures = 0;
	if (health->lane == RADIUS_LANE_ACCOUNTING)
		log_notice("accounting by RADIUS server %s in aaa-server group %s: %s", addr, group,
		    failed ? "no answer" : "tried again");
	else if (failed)
		log_event(LOGMSG_113022, "RADIUS", addr, group);
	else
		log_event(LOGMSG_113023, "RADIUS", addr, group);
}

static void
on_revive(struct radius_due *due)
{
	struct radius_health *health = CONTAINER_OF(due, struct radius_health, revive);

	if (health->failed)
		mark(health, false);
}

static bool
all_failed(const struct radius_group *group, enum radius_lane lane)
{
	for (size_t i = 0; i < group->len; i++)
		if (!group->servers[i]->health[lane].failed)
			return false;
	return true;
}

/* When will the failed servers of the group be tried again? Those for which it is settled keep
 * their time, unless a server has just failed. */
static void
set_revivals(struct radius_group *group, enum radius_lane lane, const struct radius_server *newest)
{
	bool depleted = all_failed(group, lane);

	for (size_t i = 0; i < group->len; i++) {
		struct radius_server *server = group->servers[i];
		struct radius_health *health = &server->health[lane];
		struct radius_dues *dues = &server->client->dues;

		if (!health->failed)
			continue;
		if (group->timed && (server == newest || health->revive.place == 0))
			radius_due_set(dues, &health->revive, RADIUS_TIMED_MS);
		else if (!group->timed && depleted && (newest != NULL || health->revive.place == 0))
			radius_due_set(dues, &health->revive, group->deadtime_ms);
	}
}

bool
radius_server_missed(struct radius_server *server, enum radius_lane lane)
{
	struct radius_health *health = &server->health[lane];

	server->counts.timeouts++;
	if (health->failed || ++health->failures < server->group->max_failed)
		return false;
	mark(health, true);
	health->since = clock_wall_sec();
	set_revivals(server->group, lane, server);
	return true;
}

void
radius_server_answered(struct radius_server *server, enum radius_lane lane)
{
	struct radius_health *health = &server->health[lane];

	health->failures = 0;
	health->since = clock_wall_sec();
	if (!health->failed)
		return;
	radius_due_clear(&server->client->dues, &health->revive);
	mark(health, false);
}

/* ---- the list ---- */

static void
server_free(struct radius_server *server)
{
	if (server == NULL)
		return;
	radius_socket_close_all(server);
	for (size_t i = 0; i < server->joined; i++)
		radius_dues_part(&server->client->dues, &server->health[i].revive);
	secret_free(server->set.key);
	free(server);
}

static enum err
health_make(struct radius_server *server)
{
	for (enum radius_lane lane = 0; lane < RADIUS_LANES; lane++) {
		struct radius_health *health = &server->health[lane];

		if (radius_dues_join(&server->client->dues) != ERR_OK)
			return ERR_NOMEM;
		server->joined++;
		health->server = server;
		health->lane = lane;
		health->revive.fn = on_revive;
	}
	return ERR_OK;
}

static enum err
server_make(struct radius_client *client, const struct conf_object *host, const char *key,
    struct radius_server **out)
{
	struct radius_server *server = calloc(1, sizeof(*server));

	*out = NULL;
	if (server == NULL)
		return ERR_NOMEM;
	server->client = client;
	if (health_make(server) != ERR_OK) {
		server_free(server);
		return ERR_NOMEM;
	}
	server->set.host = host;
	server->set.ports[RADIUS_LANE_AUTHENTICATION] =
	    (uint16_t)conf_int(host, AH_AUTHENTICATION_PORT);
	server->set.ports[RADIUS_LANE_ACCOUNTING] = (uint16_t)conf_int(host, AH_ACCOUNTING_PORT);
	server->set.timeout_ms = (uint64_t)conf_int(host, AH_TIMEOUT) * 1000;
	server->set.retry_ms = (uint64_t)conf_int(host, AH_RETRY_INTERVAL) * 1000;
	server->set.require = conf_bool(host, AH_REQUIRE_MESSAGE_AUTHENTICATOR);
	server->set.key = secret_new(key, strlen(key));
	if (server->set.key == NULL) {
		server_free(server);
		return ERR_NOMEM;
	}
	*out = server;
	return ERR_OK;
}

/* A host that cannot be asked, because it has no key, is left out. */
static enum err
group_fill(
    struct radius_client *client, const struct conf_object *object, struct radius_group *group)
{
	struct conf_object *const *hosts;
	size_t len = conf_subs(object, ASG_HOSTS, &hosts);
	enum err err = ERR_OK;

	for (size_t i = 0; i < len && group->len < HOSTS_MAX && err == ERR_OK; i++) {
		const char *key = conf_str(hosts[i], AH_KEY);
		struct radius_server *server;
		struct ip_addr addr;

		if (key == NULL || ip_parse(conf_str(hosts[i], AH_ADDRESS), &addr) != ERR_OK)
			continue;
		err = server_make(client, hosts[i], key, &server);
		if (err != ERR_OK)
			break;
		server->addr = addr;
		server->group = group;
		group->servers[group->len++] = server;
	}
	return err;
}

enum err
radius_list_make(struct radius_client *client, struct conf *conf, struct radius_list *out)
{
	const struct conf_object *const *objects;
	size_t len = conf_objects(conf, CONF_AAA_SERVER_GROUP, &objects);
	enum err err = ERR_OK;

	*out = (struct radius_list){.groups = calloc(len + 1, sizeof(*out->groups))};
	if (out->groups == NULL)
		return ERR_NOMEM;
	out->conf = conf_ref(conf);
	for (size_t i = 0; i < len && err == ERR_OK; i++) {
		struct radius_group *group = &out->groups[out->len++];
		const char *mode = conf_str(objects[i], ASG_REACTIVATION_MODE);

		group->name = conf_str(objects[i], ASG_NAME);
		group->timed = strcmp(mode, "timed") == 0;
		group->deadtime_ms = (uint64_t)conf_int(objects[i], ASG_DEADTIME) * 60 * 1000;
		group->max_failed = (unsigned)conf_int(objects[i], ASG_MAX_FAILED_ATTEMPTS);
		err = group_fill(client, objects[i], group);
	}
	if (err != ERR_OK)
		radius_list_free(out);
	return err;
}

void
radius_list_free(struct radius_list *list)
{
	for (size_t i = 0; i < list->len; i++)
		for (size_t s = 0; s < list->groups[i].len; s++)
			server_free(list->groups[i].servers[s]);
	free(list->groups);
	conf_unref(list->conf);
	*list = (struct radius_list){0};
}

struct radius_group *
radius_list_find(const struct radius_list *list, const char *name)
{
	for (size_t i = 0; i < list->len; i++)
		if (strcmp(list->groups[i].name, name) == 0)
			return &list->groups[i];
	return NULL;
}

size_t
radius_group_place(const struct radius_group *group, const struct ip_addr *addr)
{
	size_t i = 0;

	while (i < group->len && !ip_eq(&group->servers[i]->addr, addr))
		i++;
	return i;
}

/* ---- another configuration ---- */

static bool
is_same_place(const struct radius_settings *a, const struct radius_settings *b)
{
	return a->ports[0] == b->ports[0] && a->ports[1] == b->ports[1] &&
	       secret_len(a->key) == secret_len(b->key) &&
	       str_eq_secret(secret_data(a->key), secret_data(b->key), secret_len(a->key));
}

/* What was sent with another key, or to another port, must be sent anew. */
static void
seal_anew(struct radius_server *server)
{
	for (struct radius_call *call = server->calls; call != NULL; call = call->server_next)
		radius_socket_give_back(call);
	radius_socket_close_all(server);
}

static void
adopt(struct radius_group *group, size_t place, struct radius_group *old, size_t old_place)
{
	struct radius_server *fresh = group->servers[place];
	struct radius_server *stays = old->servers[old_place];
	bool same = is_same_place(&fresh->set, &stays->set);
	struct radius_settings was = stays->set;

	stays->set = fresh->set;
	fresh->set = was; /* freed with it */
	group->servers[place] = stays;
	old->servers[old_place] = fresh;
	stays->group = group;
	stays->gone = false;
	if (!same)
		seal_anew(stays);
}

void
radius_list_adopt(struct radius_list *list, struct radius_list *old)
{
	for (size_t i = 0; i < old->len; i++)
		for (size_t s = 0; s < old->groups[i].len; s++)
			old->groups[i].servers[s]->gone = true;
	for (size_t i = 0; i < list->len; i++) {
		struct radius_group *group = &list->groups[i];
		struct radius_group *before = radius_list_find(old, group->name);

		for (size_t s = 0; before != NULL && s < group->len; s++) {
			size_t place = radius_group_place(before, &group->servers[s]->addr);

			if (place < before->len)
				adopt(group, s, before, place);
		}
		for (enum radius_lane lane = 0; lane < RADIUS_LANES; lane++)
			set_revivals(group, lane, NULL);
	}
}

/* ---- show aaa-server ---- */

void
radius_server_list(const struct radius_server *server, Ipc__CtlAaaHost *out)
{
	const struct radius_counts *counts = &server->counts;

	ipc__ctl_aaa_host__init(out);
	out->server_group = (char *)server->group->name;
	out->protocol = (char *)"radius";
	out->server.data = (uint8_t *)server->addr.bytes;
	out->server.len = ip_len(&server->addr);
	out->authentication_port = server->set.ports[RADIUS_LANE_AUTHENTICATION];
	out->accounting_port = server->set.ports[RADIUS_LANE_ACCOUNTING];
	/* Of two ports that were asked, the one that logs people in counts. */
	out->failed = server->health[RADIUS_LANE_AUTHENTICATION].failed;
	out->since = server->health[RADIUS_LANE_AUTHENTICATION].since;
	if (counts->authentications + counts->authorizations == 0) {
		out->failed = server->health[RADIUS_LANE_ACCOUNTING].failed;
		out->since = server->health[RADIUS_LANE_ACCOUNTING].since;
	}
	out->pending = server->calls_len;
	out->round_trip_ms = counts->trips > 0 ? counts->trips_ms / counts->trips : 0;
	out->authentications = counts->authentications;
	out->authorizations = counts->authorizations;
	out->accountings = counts->accountings;
	out->retransmissions = counts->retransmissions;
	out->accepts = counts->accepts;
	out->rejects = counts->rejects;
	out->challenges = counts->challenges;
	out->malformed = counts->malformed;
	out->bad_authenticators = counts->bad_authenticators;
	out->timeouts = counts->timeouts;
	out->unrecognized = counts->unrecognized;
}
