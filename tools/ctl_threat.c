/* SPDX-License-Identifier: Apache-2.0 */
/* "show threat-detection service", "show shun", "shun", "no shun", "clear shun", in the ASA's
 * layout or as JSON. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/ip.h"
#include "common/str.h"
#include "tools/ctl_ask.h"
#include "tools/ctl_list.h"

#define SERVICES_MAX 16

static void
parse(const char *text, struct ip_addr *addr, ProtobufCBinaryData *out)
{
	if (ip_parse(text, addr) != ERR_OK)
		ctl_fail(CTL_OPTIONS_USAGE, "\"%s\" is no IPv4 or IPv6 address", text);
	out->data = addr->bytes;
	out->len = ip_len(addr);
}

/* ---- services ---- */

struct services {
	const char *only; /* NULL: all */
	json_t *list;     /* NULL: text */
	bool found;
};

static void
json_service(json_t *list, const Ipc__CtlThreat *threat)
{
	json_t *service = json_object();

	ctl_ask_set(service, "service", ctl_ask_text(threat->name));
	ctl_ask_set(service, "enabled", json_boolean(threat->enabled));
	ctl_ask_set(service, "hold_down", json_integer((json_int_t)threat->hold_down * 60));
	ctl_ask_set(service, "threshold", json_integer(threat->threshold));
	ctl_ask_set(service, "failed", ctl_ask_number(threat->failed));
	ctl_ask_set(service, "blocking", json_integer(threat->blocking));
	ctl_ask_set(service, "recording", json_integer(threat->recording));
	ctl_ask_append(list, service);
}

static void
on_service(const ProtobufCMessage *msg, void *arg)
{
	const Ipc__CtlThreat *threat = (const Ipc__CtlThreat *)msg;
	struct services *services = arg;
	char name[64];

	str_printable(name, sizeof(name), threat->name);
	if (services->only != NULL && strcmp(services->only, name) != 0)
		return;
	services->found = true;
	if (services->list != NULL) {
		json_service(services->list, threat);
		return;
	}
	printf("Service: %s\n    State     : %s\n    Hold-down : %" PRIu32 " minutes\n"
	       "    Threshold : %" PRIu32 "\n    Stats:\n        failed    : %10" PRIu64 "\n"
	       "        blocking  : %10" PRIu32 "\n        recording : %10" PRIu32 "\n"
	       "    Total entries: %" PRIu32 "\n\n",
	    name, threat->enabled ? "Enabled" : "Disabled", threat->hold_down, threat->threshold,
	    threat->failed, threat->blocking, threat->recording,
	    threat->blocking + threat->recording);
}

int
ctl_threat_services(const struct ctl_words_line *line)
{
	Ipc__CtlThreats request = IPC__CTL_THREATS__INIT;
	const struct ctl_question question = {.type = IPC__MSG_TYPE__MSG_CTL_THREATS,
	    .request = &request.base,
	    .answer = IPC__MSG_TYPE__MSG_CTL_THREAT};
	const struct ctl_options *options = line->arg;
	struct services services = {0};

	/* "show threat-detection service NAME" */
	if (line->len > 3)
		services.only = line->words[3];
	if (options->json)
		services.list = json_array();
	(void)ctl_ask(options->socket, &question, on_service, &services, NULL, NULL);
	if (services.only != NULL && !services.found)
		ctl_fail(CTL_OPTIONS_USAGE, "there is no service of that name");
	if (options->json)
		ctl_ask_print("threat_services", services.list);
	return 0;
}

/* ---- sources ---- */

struct sources {
	json_t *list; /* NULL: text */
	bool shuns;   /* as "show shun" */
	unsigned n;
};

static const char *
source_text(const Ipc__ShunPrefix *msg, char text[IP_STR_MAX])
{
	struct ip_prefix prefix = {.len = (uint8_t)msg->len};

	if (ip_from_bytes(msg->address.data, msg->address.len, &prefix.addr) != ERR_OK)
		return "none";
	if (prefix.addr.family == 4 && prefix.len == 32)
		return ip_str(&prefix.addr, text);
	return ip_prefix_str(&prefix, text);
}

static void
json_source(json_t *list, const Ipc__CtlSource *msg, const char *source)
{
	json_t *out = json_object(), *failed = json_array();

	for (size_t i = 0; i < msg->n_failed; i++)
		ctl_ask_append(failed, json_integer(msg->failed[i]));
	ctl_ask_set(out, "source", ctl_ask_text(source));
	ctl_ask_set(out, "shunned", json_boolean(msg->shunned));
	ctl_ask_set(out, "service", ctl_ask_text(msg->service));
	ctl_ask_set(out, "since", json_integer(msg->since));
	ctl_ask_set(out, "remaining", json_integer(msg->remaining));
	ctl_ask_set(out, "failed", failed);
	ctl_ask_set(out, "last", json_integer(msg->last));
	ctl_ask_append(list, out);
}

/* As the ASA names a shun: no destination, no ports. */
static void
print_shun(const Ipc__CtlSource *msg, const char *source)
{
	char service[64];

	str_printable(service, sizeof(service), msg->service);
	printf("shun (outside) %s 0.0.0.0 0 0 0  %s, ", source, service);
	if (msg->remaining < 0)
		puts("until it is lifted");
	else
		printf("%" PRId64 " s left\n", msg->remaining);
}

static void
print_source(struct sources *sources, const Ipc__CtlSource *msg, const char *source)
{
	int64_t age = (int64_t)time(NULL) - msg->last;
	uint64_t count = 0;

	for (size_t i = 0; i < msg->n_failed; i++)
		count += msg->failed[i];
	if (sources->n++ == 0)
		puts("Idx Source                                      Count        Age  Hold-down\n"
		     "--- ------------------------------------------- ----- ---------- ----------");
	printf(
	    "%3u %-43s %5" PRIu64 " %10" PRId64 " ", sources->n, source, count, age > 0 ? age : 0);
	if (msg->remaining < 0)
		printf("%10s\n", "for ever");
	else
		printf("%10" PRId64 "\n", msg->remaining);
}

static void
on_source(const ProtobufCMessage *msg, void *arg)
{
	const Ipc__CtlSource *source = (const Ipc__CtlSource *)msg;
	struct sources *sources = arg;
	char text[IP_STR_MAX];

	if (source->prefix == NULL)
		return;
	(void)source_text(source->prefix, text);
	if (sources->list != NULL)
		json_source(sources->list, source, text);
	else if (sources->shuns)
		print_shun(source, text);
	else
		print_source(sources, source, text);
}

static int
show(const struct ctl_words_line *line, bool shuns, const char *address)
{
	Ipc__CtlSources request = IPC__CTL_SOURCES__INIT;
	const struct ctl_question question = {.type = IPC__MSG_TYPE__MSG_CTL_SOURCES,
	    .request = &request.base,
	    .answer = IPC__MSG_TYPE__MSG_CTL_SOURCE};
	const struct ctl_options *options = line->arg;
	struct sources sources = {.shuns = shuns};
	struct ip_addr addr;

	request.shunned = shuns;
	if (address != NULL)
		parse(address, &addr, &request.address);
	if (options->json)
		sources.list = json_array();
	(void)ctl_ask(options->socket, &question, on_source, &sources, NULL, NULL);
	if (options->json)
		ctl_ask_print(shuns ? "shuns" : "threat_sources", sources.list);
	else if (!shuns)
		printf("Total number of entries: %u\nNOTE: Age is in seconds since last reported. "
		       "Hold-down is in seconds remaining.\n",
		    sources.n);
	return 0;
}

int
ctl_threat_shuns(const struct ctl_words_line *line)
{
	/* "show shun ADDRESS" */
	return show(line, true, line->len > 2 ? line->words[2] : NULL);
}

int
ctl_threat_sources(const struct ctl_words_line *line)
{
	/* "show threat-detection entries ADDRESS" */
	return show(line, false, line->len > 3 ? line->words[3] : NULL);
}

/* ---- acts ---- */

static unsigned
act(const struct ctl_words_line *line, const char *address, bool lift)
{
	Ipc__CtlShun request = IPC__CTL_SHUN__INIT;
	const struct ctl_question question = {
	    .type = IPC__MSG_TYPE__MSG_CTL_SHUN, .request = &request.base};
	const struct ctl_options *options = line->arg;
	struct ip_addr addr;
	unsigned count = 0;

	if (address != NULL)
		parse(address, &addr, &request.address);
	request.lift = lift;
	(void)ctl_ask(options->socket, &question, NULL, NULL, &count, NULL);
	return count;
}

int
ctl_threat_shun(const struct ctl_words_line *line)
{
	/* "shun ADDRESS" */
	(void)act(line, line->words[1], false);
	printf("Shun %s added\n", line->words[1]);
	return 0;
}

int
ctl_threat_no_shun(const struct ctl_words_line *line)
{
	/* "no shun ADDRESS" */
	(void)act(line, line->words[2], true);
	printf("Shun %s deleted\n", line->words[2]);
	return 0;
}

int
ctl_threat_clear(const struct ctl_words_line *line)
{
	printf("INFO: Number of shuns cleared : %u\n", act(line, NULL, true));
	return 0;
}
