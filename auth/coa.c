/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may ask, at which ports, and everything that is looked at before a request is believed: its
 * source before any work, then how often it asks, its secret, its age, whether it was there before.
 */
#include "auth/coa.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "auth/coa_parts.h"
#include "common/clock.h"
#include "common/str.h"

#define LOG_BURST 5 /* lines of one kind in an interval: anybody can cause them */
#define LOG_INTERVAL_SEC 60

/* ---- servers and ports ---- */

static void
host_free(struct coa_host *host)
{
	secret_free(host->secret);
	free(host);
}

static void
hosts_free(struct coa_host *hosts)
{
	struct coa_host *host, *next;

	DL_FOREACH_SAFE (hosts, host, next)
		host_free(host);
}

/* A host without a key cannot prove itself. */
static enum err
host_add(struct coa_host **hosts, const struct conf_object *group, const struct conf_object *of)
{
	const char *key = conf_str(of, AH_KEY);
	struct coa_host *host;

	if (key == NULL)
		return ERR_OK;
	host = calloc(1, sizeof(*host));
	if (host == NULL)
		return ERR_NOMEM;
	host->secret = secret_new(key, strlen(key));
	if (host->secret == NULL || ip_parse(conf_str(of, AH_ADDRESS), &host->addr) != ERR_OK) {
		host_free(host);
		return ERR_NOMEM;
	}
	host->port = (uint16_t)conf_int(group, ASG_DYNAMIC_AUTHORIZATION_PORT);
	host->require = conf_bool(of, AH_REQUIRE_MESSAGE_AUTHENTICATOR);
	(void)str_copy(host->group, sizeof(host->group), conf_str(group, ASG_NAME));
	DL_APPEND(*hosts, host);
	return ERR_OK;
}

static enum err
hosts_read(const struct conf *conf, struct coa_host **out)
{
	const struct conf_object *const *groups;
	size_t len = conf_objects(conf, CONF_AAA_SERVER_GROUP, &groups);
	enum err err = ERR_OK;

	*out = NULL;
	for (size_t i = 0; i < len; i++) {
		struct conf_object *const *hosts;

		if (!conf_bool(groups[i], ASG_DYNAMIC_AUTHORIZATION))
			continue;
		size_t hosts_len = conf_subs(groups[i], ASG_HOSTS, &hosts);
		for (size_t k = 0; k < hosts_len && err == ERR_OK; k++)
			err = host_add(out, groups[i], hosts[k]);
	}
	if (err == ERR_OK)
		return ERR_OK;
	hosts_free(*out);
	*out = NULL;
	return err;
}

static void
on_datagram(const struct coa_path *path, uint16_t port, const void *data, size_t len, void *arg)
{
	coa_receive(arg, path, port, data, len);
}

static struct coa_listener *
listener_find(const struct coa *coa, uint16_t port)
{
	struct coa_listener *listener;

	LL_FOREACH(coa->listeners, listener)
	{
		if (listener->port == port)
			return listener;
	}
	return NULL;
}

static void
listener_want(struct coa *coa, uint16_t port)
{
	struct coa_listener *listener = listener_find(coa, port);

	if (listener == NULL) {
		listener = calloc(1, sizeof(*listener));
		if (listener == NULL) {
			log_err("change of authorization: no memory for UDP port %u", port);
			return;
		}
		listener->port = port;
		LL_PREPEND(coa->listeners, listener);
	}
	listener->wanted = true;
	if (listener->sock != NULL || coa->config.loop == NULL)
		return;
	enum err err = coa_socket_open(coa->config.loop, port, on_datagram, coa, &listener->sock);
	if (err == ERR_OK)
		log_info("change of authorization: UDP port %u", port);
	else
		log_err("change of authorization: UDP port %u cannot be had: %s", port,
		    err == ERR_SYS ? strerror(errno) : err_str(err));
}

static void
listeners_settle(struct coa *coa)
{
	struct coa_listener *listener;
	struct coa_host *host;

	LL_FOREACH(coa->listeners, listener)
	listener->wanted = false;
	DL_FOREACH (coa->hosts, host)
		listener_want(coa, host->port);
	for (struct coa_listener **at = &coa->listeners; *at != NULL;) {
		listener = *at;
		if (listener->wanted) {
			at = &listener->next;
			continue;
		}
		*at = listener->next;
		coa_socket_close(listener->sock);
		free(listener);
	}
}

static void
rates_clear(struct coa *coa)
{
	struct coa_rate *rate = coa->rates, *next;

	HASH_CLEAR(hh, coa->rates);
	for (; rate != NULL; rate = next) {
		next = rate->hh.next;
		free(rate);
	}
}

void
coa_use(struct coa *coa, struct conf *conf)
{
	struct coa_host *hosts;

	conf_ref(conf);
	conf_unref(coa->config.conf);
	coa->config.conf = conf;
	if (hosts_read(conf, &hosts) != ERR_OK)
		log_err("change of authorization: no memory, nobody is listened to");
	hosts_free(coa->hosts);
	coa->hosts = hosts;
	rates_clear(coa);
	listeners_settle(coa);
}

struct coa *
coa_new(const struct coa_config *config)
{
	struct coa *coa = calloc(1, sizeof(*coa));

	if (coa == NULL)
		return NULL;
	coa->config = *config;
	coa->config.conf = NULL;
	for (size_t i = 0; i < COA_DROPS; i++)
		coa->limits[i] =
		    (struct log_limit){.burst = LOG_BURST, .interval_sec = LOG_INTERVAL_SEC};
	coa_use(coa, config->conf);
	return coa;
}

void
coa_free(struct coa *coa)
{
	struct coa_request *request, *next;
	struct coa_listener *listener, *next_listener;

	if (coa == NULL)
		return;
	DL_FOREACH_SAFE (coa->waiting, request, next)
		coa_request_free(request);
	LL_FOREACH_SAFE(coa->listeners, listener, next_listener)
	{
		coa_socket_close(listener->sock);
		free(listener);
	}
	hosts_free(coa->hosts);
	rates_clear(coa);
	coa_replay_clear(coa);
	conf_unref(coa->config.conf);
	free(coa);
}

/* ---- before it is believed ---- */

static void
drop(struct coa *coa, enum coa_drop why, const struct coa_path *path)
{
	static const char *const texts[COA_DROPS] = {
	    [COA_DROP_SOURCE] = "from an unknown source",
	    [COA_DROP_RATE] = "too many in a second",
	    [COA_DROP_PACKET] = ("wrong secret, no Message-Authenticator where one is required, or "
				 "not a request of RFC 5176"),
	    [COA_DROP_AGE] = "its Event-Timestamp is too far from our time",
	};
	char from[IP_STR_MAX], more[48] = "";
	unsigned suppressed;

	coa->drops[why]++;
	if (!log_limit_ok(&coa->limits[why], &suppressed))
		return;
	if (suppressed > 0)
		snprintf(more, sizeof(more), " (and %u more like it)", suppressed);
	log_warn("change of authorization: request of %s dropped: %s%s",
	    ip_endpoint_str(&path->from, from), texts[why], more);
}

static bool
is_host(const struct coa_host *host, const struct ip_addr *addr, uint16_t port)
{
	return host->port == port && ip_eq(&host->addr, addr);
}

static const struct coa_host *
host_find(const struct coa *coa, const struct ip_addr *addr, uint16_t port)
{
	const struct coa_host *host;

	DL_FOREACH (coa->hosts, host) {
		if (is_host(host, addr, port))
			return host;
	}
	return NULL;
}

/* Only configured addresses get here, so the table is as small as the configuration. */
static bool
rate_ok(struct coa *coa, const struct ip_addr *addr)
{
	uint64_t second = clock_mono_ms() / 1000;
	struct coa_rate *rate;

	HASH_FIND(hh, coa->rates, addr, sizeof(*addr), rate);
	if (rate == NULL) {
		rate = calloc(1, sizeof(*rate));
		if (rate == NULL)
			return false;
		rate->addr = *addr;
		HASH_ADD(hh, coa->rates, addr, sizeof(rate->addr), rate);
		if (!table_added(rate, hh)) {
			free(rate);
			return false;
		}
	}
	if (rate->second != second) {
		rate->second = second;
		rate->count = 0;
	}
	return rate->count++ < COA_RATE;
}

/* One address may be in several groups with keys of their own; the one that fits is meant. */
static const struct coa_host *
open_request(struct coa *coa, const struct coa_path *path, uint16_t port, const void *data,
    size_t len, struct radius_packet *out)
{
	const struct coa_host *host;

	DL_FOREACH (coa->hosts, host) {
		if (!is_host(host, &path->from.addr, port) ||
		    radius_open_request(data, len, host->secret, host->require, out) != ERR_OK)
			continue;
		enum radius_code code = radius_packet_code(out);

		if (code == RADIUS_DISCONNECT_REQUEST || code == RADIUS_COA_REQUEST)
			return host;
	}
	return NULL;
}

/* Without an Event-Timestamp only the memory of replays helps. */
static bool
is_timely(const struct radius_packet *packet)
{
	int64_t now = (int64_t)clock_wall_sec();
	struct radius_attr attr;
	uint32_t at;

	if (!radius_find(packet, 0, RADIUS_EVENT_TIMESTAMP, &attr))
		return true;
	return radius_attr_u32(&attr, &at) == ERR_OK && now - (int64_t)at <= COA_REPLAY_SEC &&
	       (int64_t)at - now <= COA_REPLAY_SEC;
}

static struct coa_request *
request_new(struct coa *coa, const struct coa_path *path, uint16_t port,
    const struct coa_host *host, const struct radius_packet *packet)
{
	struct coa_request *request = calloc(1, sizeof(*request));

	if (request == NULL)
		return NULL;
	request->coa = coa;
	request->path = *path;
	request->port = port;
	request->packet = *packet;
	memcpy(request->group, host->group, sizeof(request->group));
	request->secret = secret_new(secret_data(host->secret), secret_len(host->secret));
	if (request->secret != NULL)
		return request;
	coa_request_free(request);
	return NULL;
}

static void
send_again(
    struct coa *coa, const struct coa_path *path, uint16_t port, const struct coa_replay *replay)
{
	const struct coa_listener *listener = listener_find(coa, port);

	log_debug("a request of RFC 5176 came again");
	if (coa->sent != NULL)
		coa->sent(path, replay->answer, replay->answer_len, coa->sent_arg);
	else if (listener != NULL && listener->sock != NULL)
		coa_socket_send(listener->sock, path, replay->answer, replay->answer_len);
}

void
coa_receive(
    struct coa *coa, const struct coa_path *path, uint16_t port, const void *data, size_t len)
{
	const struct coa_host *host = host_find(coa, &path->from.addr, port);
	const struct coa_replay *replay;
	struct radius_packet packet;
	struct coa_request *request;
	bool again;

	if (host == NULL) {
		drop(coa, COA_DROP_SOURCE, path);
		return;
	}
	if (!rate_ok(coa, &path->from.addr)) {
		drop(coa, COA_DROP_RATE, path);
		return;
	}
	host = open_request(coa, path, port, data, len, &packet);
	if (host == NULL || !is_timely(&packet)) {
		drop(coa, host == NULL ? COA_DROP_PACKET : COA_DROP_AGE, path);
		return;
	}
	replay = coa_replay_check(coa, &path->from.addr, &packet, &again);
	if (replay != NULL)
		send_again(coa, path, port, replay);
	if (again)
		return;
	request = request_new(coa, path, port, host, &packet);
	if (request != NULL)
		coa_work(request);
	else
		log_err("a request of RFC 5176 is lost: out of memory");
}
