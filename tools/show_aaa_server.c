/* SPDX-License-Identifier: Apache-2.0 */
/*
 * show-aaa-server: the LOCAL database and the RADIUS servers with their state and counters, asked
 * from the running daemon and shown as the ASA would ("show aaa-server") or as JSON. See
 * show-aaa-server(8).
 */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/attr.h"
#include "common/ip.h"
#include "common/ipc.h"
#include "common/str.h"
#include "conf/conf.h"
#include "tools/ctl_ask.h"
#include "tools/ctl_options.h"
#include "tools/ctl_shows.h"

#define NAME_MAX_LEN 256
#define TIME_MAX_LEN 64

enum { EXIT_DAEMON = CTL_OPTIONS_DAEMON, EXIT_USAGE = CTL_OPTIONS_USAGE };

struct options {
	struct ctl_options common;
	const char *protocol; /* NULL: any */
	const char *server_group;
	struct ip_addr server; /* family 0: all */
};

static NORETURN void
usage(int status)
{
	FILE *out = status == 0 ? stdout : stderr;

	fputs("usage: show-aaa-server [-c DIR | -s SOCKET] [--json]\n"
	      "           [GROUP [host ADDRESS] | protocol {radius | local}]\n"
	      "       show-aaa-server -V\n"
	      "  -c DIR     directory of gateway.conf, which names the control socket\n"
	      "  -s SOCKET  the control socket itself\n"
	      "  GROUP      only the servers of this aaa-server group, or LOCAL\n",
	    out);
	exit(status);
}

/* "protocol radius", "GROUP" or "GROUP host ADDRESS". */
static void
parse_words(struct options *options, int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[0], "protocol") == 0) {
		options->protocol = argv[1];
		if (strcmp(argv[1], "radius") != 0 && strcmp(argv[1], "local") != 0)
			ctl_fail(EXIT_USAGE, "%s: the protocols are radius and local", argv[1]);
		return;
	}
	if (argc == 0)
		return;
	options->server_group = argv[0];
	if (argv[0][0] == '\0' || (argc != 1 && argc != 3))
		usage(EXIT_USAGE);
	if (argc == 1)
		return;
	if (strcmp(argv[1], "host") != 0)
		usage(EXIT_USAGE);
	if (ip_parse(argv[2], &options->server) != ERR_OK)
		ctl_fail(EXIT_USAGE, "%s: not an IP address", argv[2]);
}

static void
parse_options(struct options *options, int argc, char **argv)
{
	int at = ctl_options_parse(&options->common, "show-aaa-server", true, argc, argv, usage);

	parse_words(options, argc - at, argv + at);
}

/* ---- writing ---- */

/* The counters, in the ASA's order and words. */
static const struct counter {
	const char *label;
	const char *key; /* in JSON */
	size_t at;
	bool milliseconds;
	bool radius; /* LOCAL has not got it */
} counters[] = {
#define COUNTER(text, name, ms, rad)                                                               \
	{                                                                                          \
		text, #name, offsetof(Ipc__CtlAaaHost, name), ms, rad                              \
	}
    COUNTER("Number of pending requests", pending, false, false),
    COUNTER("Average round trip time", round_trip_ms, true, false),
    COUNTER("Number of authentication requests", authentications, false, false),
    COUNTER("Number of authorization requests", authorizations, false, false),
    COUNTER("Number of accounting requests", accountings, false, false),
    COUNTER("Number of retransmissions", retransmissions, false, false),
    COUNTER("Number of accepts", accepts, false, false),
    COUNTER("Number of rejects", rejects, false, false),
    COUNTER("Number of challenges", challenges, false, false),
    COUNTER("Number of malformed responses", malformed, false, true),
    COUNTER("Number of bad authenticators", bad_authenticators, false, false),
    COUNTER("Number of timeouts", timeouts, false, false),
    COUNTER("Number of unrecognized responses", unrecognized, false, false),
#undef COUNTER
};

static uint64_t
counter_value(const Ipc__CtlAaaHost *host, const struct counter *counter)
{
	uint64_t value;

	memcpy(&value, (const char *)host + counter->at, sizeof(value));
	return value;
}

/* "02:02:33 UTC Tue Jul 9 2024" */
static void
time_text(int64_t since, char *dst, size_t dst_size)
{
	time_t when = (time_t)since;
	struct tm tm;
	char head[TIME_MAX_LEN], year[16];

	if (localtime_r(&when, &tm) == NULL ||
	    strftime(head, sizeof(head), "%H:%M:%S %Z %a %b", &tm) == 0 ||
	    strftime(year, sizeof(year), "%Y", &tm) == 0)
		snprintf(dst, dst_size, "unknown");
	else
		snprintf(dst, dst_size, "%s %d %s", head, tm.tm_mday, year);
}

static void
status_text(const Ipc__CtlAaaHost *host, char *dst, size_t dst_size)
{
	char when[2 * TIME_MAX_LEN];

	time_text(host->since, when, sizeof(when));
	if (host->failed)
		snprintf(dst, dst_size, "FAILED, Server disabled at %s", when);
	else if (host->since == 0)
		snprintf(dst, dst_size, "ACTIVE, Last transaction at unknown");
	else
		snprintf(dst, dst_size, "ACTIVE, Last transaction at %s", when);
}

static bool
is_local(const Ipc__CtlAaaHost *host)
{
	return host->server.len == 0;
}

/* The server's address as text; false: it is none. */
static bool
address_text(const Ipc__CtlAaaHost *host, char *dst)
{
	struct ip_addr addr;

	if (ip_from_bytes(host->server.data, host->server.len, &addr) != ERR_OK)
		return false;
	ip_str(&addr, dst);
	return true;
}

static void
print_host(const Ipc__CtlAaaHost *host)
{
	char group[NAME_MAX_LEN], protocol[NAME_MAX_LEN], status[NAME_MAX_LEN];
	char addr[IP_STR_MAX] = "None";

	str_printable(group, sizeof(group), host->server_group);
	str_printable(protocol, sizeof(protocol), host->protocol);
	status_text(host, status, sizeof(status));
	printf("Server Group:    %s\nServer Protocol: %s\n", group, protocol);
	if (address_text(host, addr))
		printf("Server Address:  %s\nServer port:     %u(authentication), %u(accounting)\n",
		    addr, host->authentication_port, host->accounting_port);
	else
		printf("Server Address:  None\nServer port:     None\n");
	printf("Server status:   %s\n", status);
	for (size_t i = 0; i < ARRAY_LEN(counters); i++)
		if (!counters[i].radius || !is_local(host))
			printf("%-38s%" PRIu64 "%s\n", counters[i].label,
			    counter_value(host, &counters[i]),
			    counters[i].milliseconds ? "ms" : "");
	putchar('\n');
}

static void
json_host(json_t *hosts, const Ipc__CtlAaaHost *host)
{
	char group[NAME_MAX_LEN], protocol[NAME_MAX_LEN], addr[IP_STR_MAX];
	bool has_address = address_text(host, addr);
	json_t *item;

	str_printable(group, sizeof(group), host->server_group);
	str_printable(protocol, sizeof(protocol), host->protocol);
	item = json_pack("{s:s, s:s, s:s?, s:I, s:I, s:b, s:I}", "server_group", group, "protocol",
	    protocol, "server", has_address ? addr : NULL, "authentication_port",
	    (json_int_t)host->authentication_port, "accounting_port",
	    (json_int_t)host->accounting_port, "failed", host->failed, "since",
	    (json_int_t)host->since);
	for (size_t i = 0; item != NULL && i < ARRAY_LEN(counters); i++) {
		uint64_t value = counter_value(host, &counters[i]);
		json_int_t number = value > INT64_MAX ? INT64_MAX : (json_int_t)value;

		if (json_object_set_new(item, counters[i].key, json_integer(number)) != 0)
			ctl_fail(EXIT_DAEMON, "out of memory");
	}
	if (item == NULL || json_array_append_new(hosts, item) != 0)
		ctl_fail(EXIT_DAEMON, "out of memory");
}

struct output {
	const struct options *options;
	json_t *hosts; /* NULL: text */
};

static void
on_host(const ProtobufCMessage *msg, void *arg)
{
	const Ipc__CtlAaaHost *host = (const Ipc__CtlAaaHost *)msg;
	const struct output *output = arg;
	const char *protocol = output->options->protocol;

	if (protocol != NULL && (strcmp(protocol, "local") == 0) != is_local(host))
		return;
	if (output->hosts != NULL)
		json_host(output->hosts, host);
	else
		print_host(host);
}

/* ---- asking ---- */

static void
ask(const struct options *options, struct output *output)
{
	Ipc__CtlAaaServer request = IPC__CTL_AAA_SERVER__INIT;
	const struct ctl_question question = {
	    .type = IPC__MSG_TYPE__MSG_CTL_AAA_SERVER,
	    .request = &request.base,
	    .answer = IPC__MSG_TYPE__MSG_CTL_AAA_HOST,
	};

	if (options->server_group != NULL)
		request.server_group = (char *)options->server_group;
	request.server.data = (uint8_t *)options->server.bytes;
	request.server.len = ip_len(&options->server);
	ctl_ask(options->common.socket, &question, on_host, output, NULL, NULL);
}

int
show_aaa_server(int argc, char **argv)
{
	struct options options = {0};
	struct output output = {.options = &options};
	char *path = NULL;

	parse_options(&options, argc, argv);
	path = ctl_options_socket(&options.common, "show-aaa-server");
	if (options.common.json) {
		output.hosts = json_array();
		if (output.hosts == NULL)
			ctl_fail(EXIT_DAEMON, "out of memory");
	}
	ask(&options, &output);
	if (output.hosts != NULL)
		ctl_ask_print("aaa_servers", output.hosts);
	free(path);
	if (fflush(stdout) != 0 || ferror(stdout))
		ctl_fail(EXIT_DAEMON, "cannot write: %s", strerror(errno));
	return 0;
}
