/* SPDX-License-Identifier: Apache-2.0 */
/*
 * show-sessions: who is connected, asked from the running daemon and shown as the ASA would ("show
 * vpn-sessiondb [detail] anyconnect") or as JSON. See show-sessions(8).
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/attr.h"
#include "common/ip.h"
#include "common/str.h"
#include "conf/conf.h"
#include "tools/column.h"
#include "tools/ctl.h"
#include "tools/ctl_options.h"

#define SESSION_TEXT_MAX (1U << 20)

enum { EXIT_DAEMON = CTL_OPTIONS_DAEMON, EXIT_USAGE = CTL_OPTIONS_USAGE };

enum filter { FILTER_NONE, FILTER_ASSIGNED, FILTER_PUBLIC };

struct options {
	struct ctl_options common;
	bool detail;
	Ipc__CtlSessions request;
	enum filter address_is; /* which of the two addresses the filter means */
	struct ip_addr address;
	char address_text[IP_STR_MAX];
};

static NORETURN void
usage(int status)
{
	FILE *out = status == 0 ? stdout : stderr;

	fputs("usage: show-sessions [-c DIR | -s SOCKET] [detail [policy]] [--json]\n"
	      "                     [filter KEY VALUE]\n"
	      "       show-sessions -V\n"
	      "  -c DIR     directory of gateway.conf, which names the control socket\n"
	      "  -s SOCKET  the control socket itself\n"
	      "  policy     every attribute of each session, and where it came from\n"
	      "  KEY        name, a-ipaddress, p-ipaddress, tunnel-group, group-policy, index\n",
	    out);
	exit(status);
}

static PRINTF_LIKE(2, 3) NORETURN void fail(int status, const char *fmt, ...)
{
	va_list args;

	fputs("show-sessions: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	exit(status);
}

static void
filter_name(struct options *options, char *value)
{
	options->request.username = value;
}

static void
filter_tunnel_group(struct options *options, char *value)
{
	options->request.tunnel_group = value;
}

static void
filter_group_policy(struct options *options, char *value)
{
	options->request.group_policy = value;
}

static void
filter_index(struct options *options, char *value)
{
	uint64_t index;

	if (str_to_u64(value, 1, UINT32_MAX, &index) != ERR_OK)
		fail(EXIT_USAGE, "\"%s\" is no index: a number from 1", value);
	options->request.index = (uint32_t)index;
}

/* The daemon looks for either address; which one was meant is sorted out here. */
static void
filter_address(struct options *options, char *value, enum filter which)
{
	if (ip_parse(value, &options->address) != ERR_OK)
		fail(EXIT_USAGE, "\"%s\" is no IPv4 or IPv6 address", value);
	options->address_is = which;
	options->request.address = ip_str(&options->address, options->address_text);
}

static void
filter_assigned(struct options *options, char *value)
{
	filter_address(options, value, FILTER_ASSIGNED);
}

static void
filter_public(struct options *options, char *value)
{
	filter_address(options, value, FILTER_PUBLIC);
}

static void
parse_filter(struct options *options, const char *key, char *value)
{
	static const struct {
		const char *key;
		void (*apply)(struct options *options, char *value);
	} filters[] = {
	    {"name", filter_name},
	    {"a-ipaddress", filter_assigned},
	    {"p-ipaddress", filter_public},
	    {"tunnel-group", filter_tunnel_group},
	    {"group-policy", filter_group_policy},
	    {"index", filter_index},
	};

	if (value[0] == '\0')
		fail(EXIT_USAGE, "filter %s: the value is empty", key);
	for (size_t i = 0; i < ARRAY_LEN(filters); i++)
		if (strcmp(filters[i].key, key) == 0) {
			filters[i].apply(options, value);
			return;
		}
	fail(EXIT_USAGE, "unknown filter \"%s\"", key);
}

/* The words behind the options: "detail", "policy" and "filter KEY VALUE", in any order. */
static void
parse_words(struct options *options, int argc, char **argv)
{
	for (int i = 0; i < argc; i++) {
		if (strcmp(argv[i], "detail") == 0) {
			options->detail = true;
		} else if (strcmp(argv[i], "policy") == 0) {
			options->request.policy = true;
		} else if (strcmp(argv[i], "filter") == 0 && i + 2 < argc) {
			parse_filter(options, argv[i + 1], argv[i + 2]);
			i += 2;
		} else {
			usage(EXIT_USAGE);
		}
	}
}

static void
parse_options(struct options *options, int argc, char **argv)
{
	int at = ctl_options_parse(&options->common, "show-sessions", true, argc, argv, usage);

	parse_words(options, argc - at, argv + at);
	if (options->request.policy && !options->detail && !options->common.json)
		usage(EXIT_USAGE);
}

/* Ask the daemon; does not return if it cannot be asked. */
static void
ask(const char *path, const Ipc__CtlSessions *request, struct ctl_list *list)
{
	enum err err;
	int fd;

	err = ctl_connect(path, &fd);
	if (err == ERR_SYS)
		fail(EXIT_DAEMON, "%s: %s: %s", path, strerror(errno), ctl_hint(errno));
	if (err != ERR_OK)
		fail(EXIT_DAEMON, "%s: the path is too long for a socket", path);
	err = ctl_sessions(fd, request, list);
	close(fd);
	if (err == ERR_DENIED)
		fail(EXIT_DAEMON, "sekishod refused: %s", list->error);
	if (err != ERR_OK)
		fail(EXIT_DAEMON, "%s: no proper answer from sekishod: %s", path, err_str(err));
}

static bool
is_address(const ProtobufCBinaryData *bytes, const struct ip_addr *wanted)
{
	struct ip_addr addr;

	return ip_from_bytes(bytes->data, bytes->len, &addr) == ERR_OK && ip_eq(&addr, wanted);
}

static bool
matches(const struct options *options, const Ipc__CtlSession *session)
{
	switch (options->address_is) {
	case FILTER_ASSIGNED:
		return is_address(&session->ipv4, &options->address) ||
		       is_address(&session->ipv6, &options->address);
	case FILTER_PUBLIC:
		return is_address(&session->public_ip, &options->address);
	default:
		return true;
	}
}

static void
print_text(const struct options *options, const struct ctl_list *list)
{
	bool any = false;
	struct buf out;

	buf_init(&out, SESSION_TEXT_MAX);
	for (size_t i = 0; i < list->len; i++) {
		if (!matches(options, list->sessions[i]))
			continue;
		buf_reset(&out);
		if (!any)
			column_heading(&out, options->detail);
		any = true;
		column_session(&out, list->sessions[i], options->detail);
		fputs(buf_cstr(&out), stdout);
	}
	if (!any) {
		column_nothing(&out);
		fputs(buf_cstr(&out), stdout);
	}
	buf_fini(&out);
}

static void
print_json(const struct options *options, const struct ctl_list *list)
{
	json_t *sessions = json_array();
	json_t *document;

	for (size_t i = 0; i < list->len; i++)
		if (matches(options, list->sessions[i]) &&
		    json_array_append_new(sessions, ctl_session_json(list->sessions[i])) != 0)
			fail(EXIT_DAEMON, "out of memory");
	document = json_pack("{s:o}", "sessions", sessions);
	if (document == NULL || json_dumpf(document, stdout, JSON_INDENT(2)) != 0)
		fail(EXIT_DAEMON, "cannot write: %s", strerror(errno));
	putchar('\n');
	json_decref(document);
}

int
main(int argc, char **argv)
{
	struct options options = {.request = IPC__CTL_SESSIONS__INIT};
	struct ctl_list list;
	char *path = NULL;

	parse_options(&options, argc, argv);
	path = ctl_options_socket(&options.common, "show-sessions");
	ask(options.common.socket, &options.request, &list);
	if (options.common.json)
		print_json(&options, &list);
	else
		print_text(&options, &list);
	ctl_list_fini(&list);
	free(path);
	if (fflush(stdout) != 0 || ferror(stdout))
		fail(EXIT_DAEMON, "cannot write: %s", strerror(errno));
	return 0;
}
