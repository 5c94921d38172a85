/* SPDX-License-Identifier: Apache-2.0 */
/* The modes login, hold and flood: clients are started, kept, asked for a sign of life, ended. */
#include "tests/load/load_run.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/attr.h"
#include "tests/load/load_client.h"
#include "tests/load/load_dtls.h"
#include "tests/load/load_flood.h"
#include "tests/load/load_mint.h"
#include "tests/load/load_tunnel.h"

#define SLICE 100 /* clients that are probed or ended at once */
#define SLICE_USEC 5000
#define ANSWER_SECONDS 5
#define DRAIN_SECONDS 20

enum phase { PHASE_START, PHASE_STAY, PHASE_PROBE, PHASE_END };

struct run {
	struct load load;
	const struct load_options *opt;
	enum phase phase;
	struct load_client up; /* list head of the clients that are up */
	uint32_t pending;      /* neither up nor gone */
	uint32_t held;
	uint32_t lost;  /* ended by the server, or broken, while held */
	uint32_t alive; /* answered the last probe */
	uint32_t leaving;
	struct load_client *cursor; /* the next to be probed or ended */
	uint64_t began_us;
	double seconds; /* that logins were counted over */
	struct event *timer;
	struct event *slice;
	struct event *dpd;
	struct event *signals[3];
	struct load_flood *flood;
};

static void
list_add(struct run *run, struct load_client *client)
{
	client->prev = run->up.prev;
	client->next = &run->up;
	client->prev->next = client;
	run->up.prev = client;
}

static void
list_remove(struct run *run, struct load_client *client)
{
	if (client->next == NULL)
		return;
	if (run->cursor == client)
		run->cursor = client->next;
	client->prev->next = client->next;
	client->next->prev = client->prev;
	client->next = client->prev = NULL;
	run->held--;
}

static json_t *
result(struct run *run)
{
	struct rusage usage;
	json_t *json = load_stats_json(&run->load.stats, run->seconds);

	(void)getrusage(RUSAGE_SELF, &usage);
	(void)json_object_update_new(
	    json, json_pack("{s:i, s:i, s:i, s:f, s:f}", "held", (int)run->held, "lost",
		      (int)run->lost, "alive", (int)run->alive, "own_cpu_seconds",
		      (double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec / 1e6 +
			  (double)usage.ru_stime.tv_sec + (double)usage.ru_stime.tv_usec / 1e6,
		      "elapsed", (double)(load_now_us() - run->began_us) / 1e6));
	if (run->flood != NULL)
		(void)json_object_update_new(json, load_flood_json(run->flood));
	return json;
}

static void
print(struct run *run, FILE *file)
{
	json_t *json = result(run);

	(void)json_dumpf(json, file, JSON_COMPACT | JSON_REAL_PRECISION(6));
	(void)fputc('\n', file);
	(void)fflush(file);
	json_decref(json);
}

/* Written beside and renamed: whoever waits for it reads it whole. */
static void
write_file(struct run *run, const char *path, void (*fill)(struct run *, FILE *))
{
	char beside[512];
	FILE *file;

	if (path == NULL)
		return;
	(void)snprintf(beside, sizeof(beside), "%s.new", path);
	file = fopen(beside, "we");
	if (file == NULL) {
		perror(beside);
		return;
	}
	fill(run, file);
	(void)fclose(file);
	if (rename(beside, path) != 0)
		perror(path);
}

static void
print_addresses(struct run *run, FILE *file)
{
	for (struct load_client *c = run->up.next; c != &run->up; c = c->next) {
		struct in_addr in = {htonl(c->address)};

		(void)fprintf(file, "%s\n", inet_ntoa(in));
	}
}

static bool
enough(const struct run *run)
{
	uint32_t limit = run->opt->mode == LOAD_MODE_LOGIN ? run->opt->count : run->opt->sessions;

	return run->phase != PHASE_START || (limit != 0 && run->load.started >= limit);
}

static void
start_more(struct run *run)
{
	while (!enough(run) && run->pending + run->leaving < run->opt->parallel) {
		if (load_client_start(&run->load) == NULL)
			exit(1);
		run->pending++;
	}
}

static void
set_timer(struct run *run, uint32_t seconds)
{
	struct timeval tv = {.tv_sec = seconds};

	(void)event_add(run->timer, &tv);
}

static void
next_slice(struct run *run)
{
	static const struct timeval tv = {.tv_usec = SLICE_USEC};

	(void)event_add(run->slice, &tv);
}

static void
begin_phase(struct run *run, enum phase phase)
{
	run->phase = phase;
	run->cursor = run->up.next;
	if (phase == PHASE_PROBE && run->flood != NULL)
		load_flood_stop(run->flood);
	if (phase == PHASE_END)
		set_timer(run, DRAIN_SECONDS);
	else
		(void)event_del(run->timer);
	next_slice(run);
}

static void
count_time(struct run *run)
{
	if (run->seconds == 0)
		run->seconds = (double)(load_now_us() - run->began_us) / 1e6;
}

/* All that were to be started are up or have failed. */
static void
all_started(struct run *run)
{
	count_time(run);
	if (run->opt->mode == LOAD_MODE_LOGIN) {
		begin_phase(run, PHASE_END);
		return;
	}
	run->phase = PHASE_STAY;
	write_file(run, run->opt->addresses, print_addresses);
	write_file(run, run->opt->ready, print);
	if (run->opt->mode == LOAD_MODE_FLOOD)
		run->flood = load_flood_new(&run->load, &run->up);
	if (run->opt->seconds != 0)
		set_timer(run, run->opt->seconds);
	if (run->opt->dpd != 0) {
		struct timeval tv = {.tv_sec = run->opt->dpd};

		(void)event_add(run->dpd, &tv);
	}
}

static void
go_on(struct run *run)
{
	start_more(run);
	if (run->phase == PHASE_START && run->pending == 0 && enough(run) && run->leaving == 0)
		all_started(run);
	if (run->phase == PHASE_END && run->held == 0 && run->pending == 0 && run->leaving == 0)
		(void)event_base_loopbreak(run->load.base);
}

static void
on_up(struct load_client *client)
{
	struct run *run = client->load->arg;

	run->pending--;
	if (run->opt->mode == LOAD_MODE_LOGIN || run->phase == PHASE_END) {
		run->leaving++;
		load_client_leave(client);
	} else {
		run->held++;
		list_add(run, client);
	}
	go_on(run);
}

static void
on_gone(struct load_client *client, const char *reason)
{
	struct run *run = client->load->arg;

	if (client->leaving) {
		run->leaving--;
	} else {
		load_stats_fail(&run->load.stats, reason);
		if (client->up)
			run->lost++;
		else
			run->pending--;
	}
	list_remove(run, client);
	go_on(run);
}

static void
count_alive(struct run *run)
{
	run->alive = 0;
	for (struct load_client *c = run->up.next; c != &run->up; c = c->next)
		run->alive += c->answered;
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct run *run = arg;

	(void)fd;
	(void)what;
	switch (run->phase) {
	case PHASE_START: /* login: its time is over */
		count_time(run);
		begin_phase(run, PHASE_END);
		go_on(run);
		break;
	case PHASE_STAY:
		begin_phase(run, PHASE_PROBE);
		break;
	case PHASE_PROBE: /* who has not answered by now is not alive */
		begin_phase(run, PHASE_END);
		break;
	case PHASE_END:
		(void)event_base_loopbreak(run->load.base);
	}
}

/* All are asked: until each has answered, or the time for it is over. */
static void
await_answers(struct run *run)
{
	count_alive(run);
	if (run->alive == run->held) {
		begin_phase(run, PHASE_END);
		return;
	}
	if (!event_pending(run->timer, EV_TIMEOUT, NULL))
		set_timer(run, ANSWER_SECONDS);
	next_slice(run);
}

static void
on_slice(evutil_socket_t fd, short what, void *arg)
{
	struct run *run = arg;

	(void)fd;
	(void)what;
	for (unsigned i = 0; i < SLICE && run->cursor != &run->up; i++) {
		struct load_client *client = run->cursor;

		run->cursor = client->next;
		if (run->phase == PHASE_END) {
			list_remove(run, client);
			run->leaving++;
			load_client_leave(client);
		} else {
			load_tunnel_probe(client);
		}
	}
	if (run->cursor != &run->up)
		next_slice(run);
	else if (run->phase == PHASE_PROBE)
		await_answers(run);
	else
		go_on(run);
}

static void
on_dpd(evutil_socket_t fd, short what, void *arg)
{
	struct run *run = arg;
	struct timeval tv = {.tv_sec = run->opt->dpd};

	(void)fd;
	(void)what;
	if (run->phase != PHASE_STAY)
		return;
	run->cursor = run->up.next;
	next_slice(run);
	(void)event_add(run->dpd, &tv);
}

static void
on_signal(evutil_socket_t number, short what, void *arg)
{
	struct run *run = arg;

	(void)what;
	if (number == SIGUSR1) {
		print(run, stdout);
		return;
	}
	count_time(run);
	if (run->phase == PHASE_STAY)
		begin_phase(run, PHASE_PROBE);
	else if (run->phase == PHASE_START)
		begin_phase(run, PHASE_END);
}

static SSL_CTX *
tls_context(void)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	if (ctx == NULL) {
		ERR_print_errors_fp(stderr);
		return NULL;
	}
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
				  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	(void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	/* As openconnect: no session is ever resumed, so every login is a full handshake. */
	SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
	return ctx;
}

static bool
open_events(struct run *run)
{
	static const int signals[] = {SIGTERM, SIGINT, SIGUSR1};
	struct event_base *base = run->load.base;
	bool ok = true;

	run->timer = event_new(base, -1, 0, on_timer, run);
	run->slice = event_new(base, -1, 0, on_slice, run);
	run->dpd = event_new(base, -1, 0, on_dpd, run);
	for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
		run->signals[i] = evsignal_new(base, signals[i], on_signal, run);
		ok = ok && run->signals[i] != NULL && event_add(run->signals[i], NULL) == 0;
	}
	return ok && run->timer != NULL && run->slice != NULL && run->dpd != NULL;
}

static bool
run_open(struct run *run, const struct load_options *opt)
{
	run->opt = opt;
	run->up.next = run->up.prev = run->cursor = &run->up;
	run->load = (struct load){
	    .opt = opt,
	    .base = event_base_new(),
	    .tls = tls_context(),
	    .dtls = load_dtls_context(),
	    .on_up = on_up,
	    .on_gone = on_gone,
	    .arg = run,
	};
	if (run->load.base == NULL || run->load.tls == NULL || run->load.dtls == NULL)
		return false;
	if (opt->certificates != NULL) {
		run->load.mint = load_mint_new(opt->certificates, opt->user, opt->users);
		if (run->load.mint == NULL)
			return false;
	}
	return open_events(run);
}

static void
run_close(struct run *run)
{
	load_flood_free(run->flood);
	while (run->up.next != &run->up) {
		struct load_client *client = run->up.next;

		list_remove(run, client);
		load_client_free(client);
	}
	for (size_t i = 0; i < ARRAY_LEN(run->signals); i++)
		event_free(run->signals[i]);
	event_free(run->timer);
	event_free(run->slice);
	event_free(run->dpd);
	SSL_CTX_free(run->load.tls);
	SSL_CTX_free(run->load.dtls);
	load_mint_free(run->load.mint);
	load_stats_fini(&run->load.stats);
}

int
load_run(const struct load_options *opt)
{
	struct run run = {.phase = PHASE_START};

	if (!run_open(&run, opt))
		return 1;
	run.began_us = load_now_us();
	if (opt->mode == LOAD_MODE_LOGIN && opt->seconds != 0)
		set_timer(&run, opt->seconds);
	start_more(&run);
	(void)event_base_dispatch(run.load.base);
	print(&run, stdout);
	run_close(&run);
	return 0;
}
