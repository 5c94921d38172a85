/* SPDX-License-Identifier: Apache-2.0 */
/* Reports of the other processes, checked and kept. */
#include "auth/metrics_peer.h"

#include <stdlib.h>

#include "common/str.h"

static bool
is_gauge(enum metric metric)
{
	return metric_names[metric_rows[metric].name].type == METRIC_GAUGE;
}

static void
take_values(struct metrics_peer *peer, const Ipc__MetricsReport *report)
{
	bool again = peer->run != 0 && peer->run != report->run;

	for (enum metric m = 0; m < METRICS; m++) {
		uint64_t value = report->value[m];

		if (metric_rows[m].owner != peer->role)
			continue;
		if (!is_gauge(m) && (again || value < peer->last[m]))
			peer->base[m] += peer->last[m];
		peer->last[m] = value;
	}
	peer->run = report->run;
}

static void
take_expiries(struct metrics_peer *peer, const Ipc__MetricsReport *report)
{
	size_t len =
	    report->n_expiry < METRICS_EXPIRIES_MAX ? report->n_expiry : METRICS_EXPIRIES_MAX;
	struct metrics_expiry *expiries = calloc(len + 1, sizeof(*expiries));

	if (expiries == NULL)
		return;
	free(peer->expiries);
	peer->expiries = expiries;
	peer->expiries_len = len;
	for (size_t i = 0; i < len; i++) {
		str_printable(expiries[i].trustpoint, sizeof(expiries[i].trustpoint),
		    report->expiry[i]->trustpoint);
		expiries[i].ca = report->expiry[i]->ca;
		expiries[i].not_after = report->expiry[i]->not_after;
	}
}

static void
take_process(struct metrics_process *process, const Ipc__MetricsProcess *told)
{
	/* Another process has taken its place. */
	if (told->start_time != process->start_time || told->cpu_ms < process->cpu_ms)
		process->cpu_base_ms += process->cpu_ms;
	process->role = told->role;
	process->up = told->up;
	process->start_time = told->start_time;
	process->cpu_ms = told->cpu_ms;
	process->memory = told->memory;
}

void
metrics_peer_take(struct metrics_peer *peer, const Ipc__MetricsReport *report)
{
	if (report->n_value != METRICS)
		return;
	peer->fresh = true;
	take_values(peer, report);
	if (peer->role == IPC__ROLE_ID__ROLE_PKI)
		take_expiries(peer, report);
	for (size_t i = 0; peer->role == IPC__ROLE_ID__ROLE_PARENT && i < report->n_process; i++) {
		Ipc__RoleId role = report->process[i]->role;

		if (role >= IPC__ROLE_ID__ROLE_PARENT && role <= IPC__ROLE_ID__ROLE_PKI)
			take_process(&peer->processes[role - 1], report->process[i]);
	}
}

uint64_t
metrics_peer_value(const struct metrics_peer *peer, enum metric metric)
{
	if (is_gauge(metric))
		return peer->fresh ? peer->last[metric] : 0;
	return peer->base[metric] + peer->last[metric];
}

void
metrics_peer_fini(struct metrics_peer *peer)
{
	free(peer->expiries);
	peer->expiries = NULL;
	peer->expiries_len = 0;
}
