/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz what auth makes of the other processes' METRICS_REPORTs: each step's op says whose it is,
 * its bytes are the report. Whatever they say, no counter goes back, nobody fills another's series,
 * and the text is whole: every line a comment or a sample, every family declared before its
 * samples.
 */
/* For coverage.sh: auth/metrics_peer.c auth/metrics_text.c
 * auth/metrics_show.c:-configured,tally_,show_sessions,show_alive,show_limit,show_pending,show_pools,show_aaa,show_accounting
 */
#include "tests/fuzz/scripted_peer.h"

#include "auth/metrics_peer.h"
#include "auth/metrics_show.h"
#include "common/str.h"

#define WORKERS 2

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct metrics_peer workers[WORKERS], pki, parent;

static void
check_peer(struct metrics_peer *peer, const Ipc__MetricsReport *report)
{
	static uint64_t before[METRICS];

	for (enum metric m = 0; m < METRICS; m++)
		before[m] = metrics_peer_value(peer, m);
	metrics_peer_take(peer, report);
	if (peer->expiries_len > METRICS_EXPIRIES_MAX)
		abort();
	for (enum metric m = 0; m < METRICS; m++) {
		uint64_t now = metrics_peer_value(peer, m);
		bool gauge = metric_names[metric_rows[m].name].type == METRIC_GAUGE;
		/* What a liar counts beyond 2^64 begins anew, as every counter does. */
		bool wrapped = before[m] > UINT64_MAX / 2 || now > UINT64_MAX / 2 ||
			       peer->base[m] > UINT64_MAX / 2;

		if (metric_rows[m].owner != peer->role && now != 0)
			abort();
		if (!gauge && !wrapped && now < before[m])
			abort();
	}
}

/* "sekisho_NAME" and what follows the name. */
static size_t
name_len(const char *line)
{
	return strspn(line, "abcdefghijklmnopqrstuvwxyz0123456789_");
}

static void
check_line(const char *line, char *family, size_t family_size)
{
	if (str_istarts(line, "# TYPE ")) {
		line += strlen("# TYPE ");
		if (name_len(line) >= family_size || line[name_len(line)] != ' ')
			abort();
		memcpy(family, line, name_len(line));
		family[name_len(line)] = '\0';
	} else if (line[0] != '#') {
		const char *value = strrchr(line, ' ');

		if (!str_istarts(line, family) || value == NULL || value[1] == '\0' ||
		    (line[name_len(line)] != '{' && line[name_len(line)] != ' '))
			abort();
	}
}

static void
check_text(void)
{
	static const struct metrics_sources none;
	const struct metrics_peers peers = {
	    .parent = &parent, .pki = &pki, .workers = workers, .workers_len = WORKERS};
	char family[128] = "?";
	struct buf out;
	char *line, *rest;

	buf_init(&out, METRICS_TEXT_MAX);
	if (metrics_show(&none, &peers, &out) != ERR_OK)
		abort();
	rest = (char *)(uintptr_t)buf_cstr(&out);
	if (strlen(rest) != out.len || out.len < 6 || strcmp(rest + out.len - 6, "# EOF\n") != 0)
		abort();
	while ((line = strsep(&rest, "\n")) != NULL && rest != NULL)
		check_line(line, family, sizeof(family));
	buf_fini(&out);
}

static struct metrics_peer *
peer_of(uint8_t op)
{
	switch (op % 4) {
	case 0:
	case 1:
		return &workers[op % 4];
	case 2:
		return &pki;
	default:
		return &parent;
	}
}

/* As many values as there are counters: a report with another number is not looked at. */
static void
fill(Ipc__MetricsReport *report)
{
	uint64_t *values = calloc(METRICS, sizeof(*values));

	if (values == NULL)
		abort();
	for (size_t i = 0; i < METRICS && report->n_value > 0; i++)
		values[i] = report->value[i % report->n_value];
	free(report->value);
	report->value = values;
	report->n_value = METRICS;
}

static void
step(const struct peer_step *step)
{
	Ipc__MetricsReport *report = ipc__metrics_report__unpack(NULL, step->len, step->data);

	if (report == NULL)
		return;
	if (step->op & 0x80)
		fill(report);
	check_peer(peer_of(step->op), report);
	ipc__metrics_report__free_unpacked(report, NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct peer_step next;
	struct cur cur;

	memset(workers, 0, sizeof(workers));
	memset(&pki, 0, sizeof(pki));
	memset(&parent, 0, sizeof(parent));
	for (size_t i = 0; i < WORKERS; i++)
		workers[i].role = IPC__ROLE_ID__ROLE_GATEWAY;
	pki.role = IPC__ROLE_ID__ROLE_PKI;
	parent.role = IPC__ROLE_ID__ROLE_PARENT;
	cur_init(&cur, data, size);
	for (unsigned i = 0; i < PEER_STEPS_MAX && peer_next(&cur, &next); i++)
		step(&next);
	check_text();
	metrics_peer_fini(&pki);
	metrics_peer_fini(&parent);
	return 0;
}
