/* SPDX-License-Identifier: Apache-2.0 */
/* Hands configurations out, and routes their pools. */
#include "gateway/stage.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "gateway/log_conf.h"
#include "gateway/netif.h"

#define SLICE_MAX (64U * 1024 * 1024)
#define DRAINING_MAX 2000 /* what a message holds; of more, some stay routed until a restart */

/* A range and the message that points to it. */
struct drained_range {
	Ipc__PoolDrained msg;
	struct ip_addr first, last;
};

void
stage_fini(struct stage *stage)
{
	conf_unref(stage->conf);
	routes_free(stage->routes);
	routes_list_fini(&stage->added);
	free(stage->log_plan);
	*stage = (struct stage){0};
}

const struct conf_object *
stage_tun(const struct stage *stage)
{
	return conf_sub(conf_root(stage->conf, CONF_GATEWAY), GW_TUN);
}

struct log_config
stage_logging(struct stage *stage)
{
	const struct conf_object *logging =
	    conf_sub(conf_root(stage->conf, CONF_GATEWAY), GW_LOGGING);

	if (stage->log_plan == NULL)
		stage->log_plan = log_conf_plan(stage->conf);
	return (struct log_config){
	    .plan = stage->log_plan,
	    .level = (int)conf_int(logging, LOGGING_LEVEL) + LOG_ERR,
	    .to_stderr = conf_bool(logging, LOGGING_STDERR),
	    .to_syslog = conf_bool(logging, LOGGING_SYSLOG),
	};
}

/* As a sealed memfd. It may hold keys: it exists only as this descriptor. */
enum err
stage_give(const struct stage *stage, const struct role *role, struct ipc *ipc)
{
	Ipc__RoleConfig msg = IPC__ROLE_CONFIG__INIT;
	struct buf slice;
	enum err err;
	int fd = -1;

	buf_init(&slice, SLICE_MAX);
	err = conf_slice(stage->conf, role->id, &slice);
	if (err != ERR_OK)
		goto out;
	err = ERR_SYS;
	fd = memfd_create("sekisho-conf", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0 || write(fd, slice.data, slice.len) != (ssize_t)slice.len ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) < 0)
		goto out;
	msg.generation = stage->generation;
	err = ipc_send_fd(ipc, IPC__MSG_TYPE__MSG_ROLE_CONFIG, &msg.base, fd);
out:
	if (fd >= 0)
		close(fd);
	buf_wipe(&slice);
	return err;
}

enum err
stage_route(struct stage *stage, const struct routes *now)
{
	enum err err;

	stage->routes = routes_plan(now, stage->conf, &stage->added);
	if (stage->routes == NULL) {
		log_err("cannot plan the routes: out of memory");
		return ERR_NOMEM;
	}
	err = netif_add_routes(stage_tun(stage), stage->added.items, stage->added.len);
	if (err != ERR_OK) {
		netif_remove_routes(stage_tun(stage), stage->added.items, stage->added.len);
		routes_list_fini(&stage->added);
	}
	return err;
}

static Ipc__PoolDrained *
range_message(const struct ip_addr *first, const struct ip_addr *last)
{
	struct drained_range *range = calloc(1, sizeof(*range));

	if (range == NULL)
		return NULL;
	ipc__pool_drained__init(&range->msg);
	range->first = *first;
	range->last = *last;
	range->msg.first = (ProtobufCBinaryData){ip_len(first), range->first.bytes};
	range->msg.last = (ProtobufCBinaryData){ip_len(last), range->last.bytes};
	return &range->msg;
}

enum err
stage_draining(const struct stage *stage, struct stage_draining *out)
{
	struct ip_addr first, last;

	*out = (struct stage_draining){.list = calloc(DRAINING_MAX, sizeof(out->list[0]))};
	if (out->list == NULL)
		return ERR_NOMEM;
	while (out->len < DRAINING_MAX && routes_retired(stage->routes, out->len, &first, &last)) {
		out->list[out->len] = range_message(&first, &last);
		if (out->list[out->len] == NULL) {
			stage_draining_fini(out);
			return ERR_NOMEM;
		}
		out->len++;
	}
	return ERR_OK;
}

void
stage_draining_fini(struct stage_draining *draining)
{
	/* The message is the first member of what was allocated. */
	for (size_t i = 0; i < draining->len; i++)
		free(draining->list[i]);
	free(draining->list);
	*draining = (struct stage_draining){0};
}
