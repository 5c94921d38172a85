/* SPDX-License-Identifier: Apache-2.0 */
/* One state, composed into one message whenever a part of it changes. */
#include "gateway/notify.h"

#include <inttypes.h>
#include <stdlib.h>
#include <systemd/sd-daemon.h>
#include <time.h>

struct notify {
	struct event *timer;
	uint64_t watchdog_usec;
	uint64_t generation;
	const char *lost; /* a process, NULL: none */
	bool started;     /* all have served once */
	bool reloading;
	bool refused; /* the last reload was */
	bool stopping;
};

/* In microseconds, by the clock that the service manager compares with. */
static uint64_t
monotonic_usec(void)
{
	struct timespec now = {0};

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* A lost message is of no use to anybody here: the manager has its own time-outs. */
static void
tell(const struct notify *notify)
{
	if (!notify->started || notify->stopping)
		return;
	if (notify->reloading) /* the time belongs to it for Type=notify-reload, systemd 253 */
		(void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64 "\nSTATUS=reloading",
		    monotonic_usec());
	else if (notify->lost != NULL)
		(void)sd_notifyf(0, "READY=1\nSTATUS=%s is being restarted", notify->lost);
	else
		(void)sd_notifyf(0,
		    "READY=1\nSTATUS=serving, configuration of generation %" PRIu64 "%s",
		    notify->generation,
		    notify->refused ? "; the last reload was refused, see the log" : "");
}

static void
on_timer(UNUSED evutil_socket_t fd, UNUSED short what, UNUSED void *arg)
{
	(void)sd_notify(0, "WATCHDOG=1");
}

static enum err
start_watchdog(struct notify *notify, struct loop *loop)
{
	uint64_t half = notify->watchdog_usec / 2;
	struct timeval period = {
	    .tv_sec = (time_t)(half / 1000000), .tv_usec = (suseconds_t)(half % 1000000)};

	notify->timer = event_new(loop_base(loop), -1, EV_PERSIST, on_timer, notify);
	return notify->timer != NULL && event_add(notify->timer, &period) == 0 ? ERR_OK : ERR_NOMEM;
}

struct notify *
notify_new(struct loop *loop)
{
	struct notify *notify = calloc(1, sizeof(*notify));

	if (notify == NULL)
		return NULL;
	if (sd_watchdog_enabled(0, &notify->watchdog_usec) <= 0)
		notify->watchdog_usec = 0;
	else if (start_watchdog(notify, loop) != ERR_OK) {
		notify_free(notify);
		return NULL;
	}
	return notify;
}

void
notify_free(struct notify *notify)
{
	if (notify == NULL)
		return;
	if (notify->timer != NULL)
		event_free(notify->timer);
	free(notify);
}

uint64_t
notify_watchdog_usec(const struct notify *notify)
{
	return notify->watchdog_usec;
}

void
notify_serving(struct notify *notify, uint64_t generation)
{
	notify->started = true;
	notify->lost = NULL;
	notify->generation = generation;
	tell(notify);
}

void
notify_lost(struct notify *notify, const char *name)
{
	if (notify->lost == name)
		return;
	notify->lost = name;
	tell(notify);
}

void
notify_reloading(struct notify *notify)
{
	notify->reloading = true;
	tell(notify);
}

void
notify_reloaded(struct notify *notify, bool used, uint64_t generation)
{
	notify->reloading = false;
	notify->refused = !used;
	notify->generation = generation;
	tell(notify);
}

void
notify_stopping(struct notify *notify, bool end_sessions)
{
	notify->stopping = true;
	(void)sd_notifyf(0, "STOPPING=1\nSTATUS=stopping, sessions %s",
	    end_sessions ? "end" : "are kept for the next start");
}
