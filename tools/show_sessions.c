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
#include "tools/ctl_ask.h"
#include "tools/ctl_options.h"
#include "tools/ctl_shows.h"
#include "tools/session_pick.h"

#define SESSION_TEXT_MAX (1U << 20)

enum { EXIT_DAEMON = CTL_OPTIONS_DAEMON, EXIT_USAGE = CTL_OPTIONS_USAGE };

struct options {
	struct ctl_options common;
	bool detail;
	struct session_pick pick;
};

static NORETURN void
usage(int status)
{
	FILE *out = status == 0 ? stdout : stderr;

	fputs("usage: show-sessions [-c DIR | -s SOCKET] [detail [policy]] [--json]\n"
	      "                     [filter KEY VALUE] [sort KEY]\n"
	      "       show-sessions -V\n"
	      "  -c DIR     directory of gateway.conf, which names the control socket\n"
	      "  -s SOCKET  the control socket itself\n"
	      "  policy     every attribute of each session, and where it came from\n"
	      "  KEY        of filters: name, ipaddress, a-ipaddress, p-ipaddress, tunnel-group,\n"
	      "             group-policy, index, protocol, encryption, ipversion, inactive (no "
	      "value);\n"
	      "             to sort by: these, duration and inactivity\n",
	    out);
	exit(status);
}

static void
parse_filter(struct options *options, const char *key, char *value)
{
	const char *why;

	if (value[0] == '\0')
		ctl_fail(EXIT_USAGE, "filter %s: the value is empty", key);
	if (!session_pick_is_filter(key))
		ctl_fail(
		    EXIT_USAGE, "unknown filter \"%s\"; filters are %s", key, SESSION_PICK_FILTERS);
	why = session_pick_filter(&options->pick, key, value);
	if (why != NULL)
		ctl_fail(EXIT_USAGE, "\"%s\" %s", value, why);
}

/* The words behind the options: "detail", "policy", "filter KEY VALUE", "sort KEY", in any order.
 */
static void
parse_words(struct options *options, int argc, char **argv)
{
	for (int i = 0; i < argc; i++) {
		if (strcmp(argv[i], "detail") == 0) {
			options->detail = true;
		} else if (strcmp(argv[i], "policy") == 0) {
			options->pick.request.policy = true;
		} else if (strcmp(argv[i], "filter") == 0 && i + 1 < argc &&
			   session_pick_is_alone(argv[i + 1])) {
			parse_filter(options, argv[i + 1], argv[i + 1]);
			i++;
		} else if (strcmp(argv[i], "filter") == 0 && i + 2 < argc) {
			parse_filter(options, argv[i + 1], argv[i + 2]);
			i += 2;
		} else if (strcmp(argv[i], "sort") == 0 && i + 1 < argc) {
			if (!session_pick_sort(&options->pick, argv[++i]))
				ctl_fail(EXIT_USAGE, "\"%s\" is nothing to sort by", argv[i]);
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
	if (options->pick.request.policy && !options->detail && !options->common.json)
		usage(EXIT_USAGE);
}

/* Ask the daemon; does not return if it cannot be asked. */
static void
ask(const char *path, const Ipc__CtlSessions *request, struct ctl_list *list)
{
	int fd = ctl_ask_connect(path);
	enum err err;

	err = ctl_sessions(fd, request, list);
	close(fd);
	if (err == ERR_DENIED)
		ctl_fail(EXIT_DAEMON, "sekishod refused: %s", list->error);
	if (err != ERR_OK)
		ctl_fail(EXIT_DAEMON, "%s: no proper answer from sekishod: %s", path, err_str(err));
}

static void
print_text(const struct options *options, const struct ctl_list *list)
{
	bool any = false;
	struct buf out;

	buf_init(&out, SESSION_TEXT_MAX);
	for (size_t i = 0; i < list->len; i++) {
		if (!session_pick_match(&options->pick, list->sessions[i]))
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

/* A line for each session: ten thousand of them need not be in memory twice. */
static void
print_json(const struct options *options, const struct ctl_list *list)
{
	const char *comma = "";

	printf("{ \"version\": %d, \"sessions\": [", CTL_JSON_VERSION);
	for (size_t i = 0; i < list->len; i++) {
		json_t *session;

		if (!session_pick_match(&options->pick, list->sessions[i]))
			continue;
		session = ctl_session_json(list->sessions[i]);
		printf("%s\n", comma);
		comma = ",";
		if (session == NULL || json_dumpf(session, stdout, 0) != 0)
			ctl_fail(EXIT_DAEMON, "cannot write: %s", strerror(errno));
		json_decref(session);
	}
	puts("\n] }");
}

int
show_sessions(int argc, char **argv)
{
	struct options options = {0};
	struct ctl_list list;
	char *path = NULL;

	session_pick_init(&options.pick);
	parse_options(&options, argc, argv);
	path = ctl_options_socket(&options.common, "show-sessions");
	ask(options.common.socket, &options.pick.request, &list);
	session_pick_order(&options.pick, list.sessions, list.len);
	if (options.common.json)
		print_json(&options, &list);
	else
		print_text(&options, &list);
	ctl_list_fini(&list);
	free(path);
	if (fflush(stdout) != 0 || ferror(stdout))
		ctl_fail(EXIT_DAEMON, "cannot write: %s", strerror(errno));
	return 0;
}
