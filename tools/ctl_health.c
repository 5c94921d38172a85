/* SPDX-License-Identifier: Apache-2.0 */
/* "show version", "show cpu", "show memory", "show processes": how the daemon's processes are, read
 * from its metrics; and "show metrics", the metrics themselves. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/buf.h"
#include "common/str.h"
#include "tools/ctl_ask.h"
#include "tools/ctl_list.h"

#define TEXT_MAX (32U << 20)

/* In the order of their start; the parent first. */
static const char *const names[] = {"parent", "pki", "auth", "gateway"};

struct process {
	double up, start, cpu, memory, restarts;
};

static void
on_page(const ProtobufCMessage *msg, void *arg)
{
	ctl_put_lines(arg, ((const Ipc__CtlMetricsPage *)msg)->text);
}

static void
fetch(const struct ctl_options *options, struct buf *text)
{
	Ipc__CtlMetrics request = IPC__CTL_METRICS__INIT;
	const struct ctl_question question = {.type = IPC__MSG_TYPE__MSG_CTL_METRICS,
	    .request = &request.base,
	    .answer = IPC__MSG_TYPE__MSG_CTL_METRICS_PAGE};

	buf_init(text, TEXT_MAX);
	(void)ctl_ask(options->socket, &question, on_page, text, NULL, NULL);
	if (text->err != ERR_OK)
		ctl_fail(CTL_OPTIONS_DAEMON, "the metrics: %s", err_str(text->err));
}

/* The value of a sample: "NAME{process="auth"} 12.5". 0 when it is not there. */
static double
sample(struct buf *text, const char *name, const char *process)
{
	char head[128];
	const char *at = buf_cstr(text);
	size_t len = (size_t)snprintf(head, sizeof(head), "%s{process=\"%s\"} ", name, process);

	while (at != NULL && strncmp(at, head, len) != 0) {
		at = strchr(at, '\n');
		at = at != NULL ? at + 1 : NULL;
	}
	return at != NULL ? strtod(at + len, NULL) : 0;
}

static void
read_process(struct buf *text, const char *name, struct process *out)
{
	out->up = sample(text, "sekisho_process_up", name);
	out->start = sample(text, "sekisho_process_start_time_seconds", name);
	out->cpu = sample(text, "sekisho_process_cpu_seconds_total", name);
	out->memory = sample(text, "sekisho_process_resident_memory_bytes", name);
	out->restarts = sample(text, "sekisho_process_restarts_total", name);
}

static uint64_t
uptime(const struct process *process)
{
	double passed = (double)time(NULL) - process->start;

	return process->start > 0 && passed > 0 ? (uint64_t)passed : 0;
}

static json_t *
process_json(const char *name, const struct process *process)
{
	return json_pack("{s:s, s:b, s:I, s:I, s:f, s:I, s:I}", "process", name, "up",
	    process->up > 0, "start_time", (json_int_t)process->start, "uptime",
	    (json_int_t)uptime(process), "cpu_seconds", process->cpu, "resident_bytes",
	    (json_int_t)process->memory, "restarts", (json_int_t)process->restarts);
}

static void
print_process(const char *name, const struct process *process)
{
	char up[64];

	str_duration(up, sizeof(up), uptime(process));
	printf("%-10s %-5s %16s %12.2f %12.0f %9.0f\n", name, process->up > 0 ? "yes" : "NO", up,
	    process->cpu, process->memory / 1024, process->restarts);
}

int
ctl_health(const struct ctl_words_line *line)
{
	const struct ctl_options *options = line->arg;
	struct process processes[ARRAY_LEN(names)];
	json_t *list = json_array();
	struct buf text;

	fetch(options, &text);
	if (!options->json)
		printf("%-10s %-5s %16s %12s %12s %9s\n", "Process", "Up", "Uptime", "CPU seconds",
		    "Memory KB", "Restarts");
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		read_process(&text, names[i], &processes[i]);
		if (options->json)
			ctl_ask_append(list, process_json(names[i], &processes[i]));
		else
			print_process(names[i], &processes[i]);
	}
	buf_fini(&text);
	if (options->json)
		ctl_ask_print("processes", list);
	else
		json_decref(list);
	return 0;
}

/* The version that runs: the label of sekisho_build_info. */
static void
running_version(struct buf *text, char *out, size_t out_size)
{
	static const char label[] = "version=\"";
	const char *at = strstr(buf_cstr(text), "\nsekisho_build_info{");

	at = at != NULL ? strstr(at, label) : NULL;
	if (at == NULL || str_copy_n(out, out_size, at + sizeof(label) - 1,
			      strcspn(at + sizeof(label) - 1, "\"\n")) != ERR_OK)
		(void)str_copy(out, out_size, "unknown");
}

int
ctl_health_version(const struct ctl_words_line *line)
{
	const struct ctl_options *options = line->arg;
	struct process parent;
	char version[64], up[64];
	struct buf text;
	json_t *object;

	fetch(options, &text);
	running_version(&text, version, sizeof(version));
	read_process(&text, names[0], &parent);
	buf_fini(&text);
	if (options->json) {
		object = json_pack("{s:s, s:s, s:I, s:I}", "sekishod", version, "sekishoctl",
		    SEKISHO_VERSION, "start_time", (json_int_t)parent.start, "uptime",
		    (json_int_t)uptime(&parent));
		ctl_ask_print("software", object);
		return 0;
	}
	str_duration(up, sizeof(up), uptime(&parent));
	printf("Sekisho VPN gateway, version %s\nsekishod up %s\n", version, up);
	if (strcmp(version, SEKISHO_VERSION) != 0)
		printf("This program is of version %s\n", SEKISHO_VERSION);
	return 0;
}

int
ctl_health_metrics(const struct ctl_words_line *line)
{
	const struct ctl_options *options = line->arg;
	struct buf text;

	fetch(options, &text);
	if (options->json)
		ctl_ask_print("metrics", json_string(buf_cstr(&text)));
	else
		fputs(buf_cstr(&text), stdout);
	buf_fini(&text);
	return 0;
}
